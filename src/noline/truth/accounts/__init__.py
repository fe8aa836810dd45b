"""Accounts: businesses, and who acts for them in which role."""
