"""Customers: who is known by which names, and which names are one person."""
