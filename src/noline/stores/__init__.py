"""Where things are kept: two ports with their adapters, the log, the vault, the outbox, the projector."""
