"""Wishes: what customers looked for and did not get."""
