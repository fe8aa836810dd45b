"""What a customer is likely to buy next, from his own purchases first: repeat beats taste."""
