"""Offers: who got which arm of which programme, and what became of it."""
