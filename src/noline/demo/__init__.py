"""Maison Ristretto: a coffee brand that does not exist, with a year of customers and known faults in its data."""
