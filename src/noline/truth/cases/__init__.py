"""Open cases: what a customer asked us for and is still waiting for."""
