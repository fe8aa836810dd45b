"""Profiles: what was told of people, every value with its lineage, and the golden record."""
