"""How the channels do, side by side."""
