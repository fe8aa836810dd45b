"""Luck that repeats itself: the same name always brings the same year."""

from random import Random


def luck(name: str) -> Random:
    """The luck of this name, the same on every machine."""
    return Random(name)  # noqa: S311  a made-up company wants luck that repeats, not secrets
