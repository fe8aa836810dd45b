"""Where customers cross between channels, and where they are lost."""
