"""Stories that need more than one room."""
