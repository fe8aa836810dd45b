"""Places on the earth and how far they are from each other."""

from math import asin, cos, radians, sin, sqrt

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

_EARTH_KM = 6371.0
"""The mean radius of the earth."""


def kilometres(one: Point, other: Point) -> float:
    """The shortest way over the sphere (haversine formula)."""
    (north, east), (south, west) = (tuple(map(radians, point)) for point in (one, other))
    half = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin((east - west) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(min(1.0, half)))


def point_of(text: str) -> Point | None:
    """Read `48.8692,2.3319`; None when it is no point."""
    parts = text.split(",")
    try:
        north, east = map(float, parts)
    except ValueError:
        return None
    return (north, east) if -90 <= north <= 90 and -180 <= east <= 180 else None
