"""Actions: what to offer a customer next, and what may not be offered now."""
