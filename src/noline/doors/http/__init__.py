"""HTTP: the intake that existing SDKs speak, and the API."""
