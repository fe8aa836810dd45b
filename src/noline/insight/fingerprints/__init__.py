"""The fingerprint of a company: which ways its customers take between channels, in numbers that show nobody."""
