"""What this machine does with the hub, measured beside the limits of the machine itself."""
