"""Consents: what people agreed to, per purpose and channel, with the evidence."""
