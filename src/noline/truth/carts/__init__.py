"""Carts: what somebody means to buy, one cart in every channel."""
