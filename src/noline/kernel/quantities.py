"""Quantities of goods: whole numbers of the smallest unit."""

from noline.kernel.errors import UnreadableUnits

Units = int
"""A count of goods in the smallest unit sold."""


def to_units(value: object) -> Units:
    """Read a whole number of units; `2`, `2.0` and `"2"` are two. Raises UnreadableUnits."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise UnreadableUnits(value=value)
    try:
        number = float(value) if isinstance(value, str) else value
        units = int(number)
    except (ValueError, OverflowError) as cause:
        raise UnreadableUnits(value=value) from cause
    if units != number or abs(units) >= 2**53:
        raise UnreadableUnits(value=value)
    return units
