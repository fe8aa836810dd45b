"""Frictions: what goes wrong between channels, what it costs, and what to fix first."""
