"""What one customer's card holds: what follows from purchases, and how much of it is shown."""
