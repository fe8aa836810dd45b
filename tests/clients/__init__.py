"""Clients that stand outside the process: the served hub they talk to, the line between, what they say and see."""
