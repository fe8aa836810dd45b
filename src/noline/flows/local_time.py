"""What time it is where somebody stands: of a country with one time, its own; else as the settings say."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from noline.kernel.clock import DAY, HOUR, Micros, as_datetime, parse_instant
from noline.kernel.errors import SettingWrong

FIRST, LAST = parse_instant("0001-01-02"), parse_instant("9999-12-30")
"""Between these every clock on earth shows a day of the calendar; beyond them clocks go as on these days."""


def offset_at(country: str | None, now: Micros, zone: str = "") -> Micros:
    """Local time minus UTC, in microseconds. zone: of a country with several times, or none; UTC where it is empty."""
    return _offset(country, now // HOUR, zone)


def midnight_before(now: Micros, ahead: Micros) -> Micros:
    """The last midnight where the clock goes ahead of UTC by so much."""
    return (now + ahead) // DAY * DAY - ahead


def instant_of(local: Micros, country: str | None, zone: str = "") -> Micros:
    """When the clock on the wall shows a time, told as if it were UTC; also on days of 23 or 25 hours.

    Of a time that the clock shows twice it is one of both, of one that it leaves out the time beside it.
    """
    about = local - offset_at(country, local, zone)
    return local - offset_at(country, about, zone)


def day_of(now: Micros, country: str | None, zone: str = "") -> tuple[Micros, Micros]:
    """From the midnight before to the midnight after, where the clock of a country hangs."""
    day = (now + offset_at(country, now, zone)) // DAY
    return instant_of(day * DAY, country, zone), instant_of((day + 1) * DAY, country, zone)


def zone_of(told: Mapping[str, Any]) -> str:
    """The zone that `[counter]` names, such as `America/Chicago`; empty without one. Raises SettingWrong."""
    zone = told.get("time_zone", "")
    if not isinstance(zone, str) or (zone and _of(zone, datetime.fromtimestamp(0, UTC)) is None):
        why = "it takes a zone of the IANA time zone database, such as Europe/Paris"
        raise SettingWrong(key="[counter] time_zone", value=zone, why=why)
    return zone


@lru_cache(maxsize=256)
def _offset(country: str | None, hour: int, zone: str) -> Micros:
    at = as_datetime(min(max(hour * HOUR, FIRST), LAST))
    offsets = {found for name in _zones(country) if (found := _of(name, at)) is not None}
    if len(offsets) == 1:
        return offsets.pop()
    return (_of(zone, at) if zone else 0) or 0


def _of(zone: str, at: datetime) -> Micros | None:
    """None for a zone that this machine does not know."""
    try:
        offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    except (ZoneInfoNotFoundError, ValueError):
        return None
    return None if offset is None else int(offset.total_seconds()) * 1_000_000


@lru_cache(maxsize=256)
def _zones(country: str | None) -> tuple[str, ...]:
    from babel.core import get_global

    return tuple(zone for zone, where in get_global("zone_territories").items() if where == country)
