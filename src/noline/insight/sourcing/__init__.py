"""Which location serves an order, and why."""
