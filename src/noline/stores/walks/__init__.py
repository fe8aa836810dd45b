"""The walk store: events clustered by person, in files that are mapped into memory."""
