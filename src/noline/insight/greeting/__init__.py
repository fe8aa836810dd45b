"""Words for the counter: how a customer is greeted, and what is told of what may be said."""
