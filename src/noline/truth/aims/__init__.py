"""What each channel is meant for, what should be reached by when, and what was looked at on the way."""
