"""The ways out and in for people and programs: HTTP, console, command line. Thin; the same words as the rooms."""
