"""Time and chance, the two things a test must be able to hold still.

Instants are whole microseconds since 1970-01-01 UTC: they sort, subtract and travel between engines without loss.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

from noline.kernel.errors import UnreadableInstant

Micros = int
"""An instant or a span, in microseconds."""

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Where the present and fresh randomness come from."""

    def now(self) -> Micros:
        """The present instant."""
        ...

    def random_bytes(self, count: int) -> bytes:
        """Fresh unguessable bytes."""
        ...


class SystemClock:
    """The machine's clock and the operating system's randomness."""

    def now(self) -> Micros:
        """The present instant of this machine."""
        return time.time_ns() // 1000

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the operating system."""
        return os.urandom(count)


def parse_instant(text: str) -> Micros:
    """Read an ISO 8601 date or time; without an offset it is UTC.

    Raises ValueError, and OverflowError for one that in UTC lies outside the years 1 to 9999.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    elif moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return (moment - _EPOCH) // _MICROSECOND


def to_instant(text: str) -> Micros:
    """Read a time that somebody sent. Raises UnreadableInstant."""
    try:
        return parse_instant(text)
    except (ValueError, OverflowError) as cause:
        raise UnreadableInstant(value=text) from cause


def as_datetime(instant: Micros) -> datetime:
    """The aware datetime of an instant."""
    return _EPOCH + timedelta(microseconds=instant)


def as_text(instant: Micros) -> str:
    """ISO 8601 in UTC with milliseconds, e.g. `2026-03-01T09:30:00.000Z`."""
    return as_datetime(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")
