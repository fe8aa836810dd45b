"""Orders: what was bought, how far it has come, and what came back."""
