"""What comes in: one file for each foreign format, all of them become messages of the tracking contract."""
