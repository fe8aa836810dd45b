"""What each channel is for, measured from orders."""
