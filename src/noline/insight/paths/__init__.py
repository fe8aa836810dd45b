"""Attribution on journeys: what each channel, and each hand-off between two, is worth to what was reached."""
