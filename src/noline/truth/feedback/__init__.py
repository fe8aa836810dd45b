"""Feedback: what people say of us, and whether somebody answered."""
