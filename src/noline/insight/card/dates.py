"""Days and months of instants, in UTC."""

from calendar import monthrange
from datetime import UTC, date, datetime
from functools import lru_cache

from noline.kernel.clock import DAY, SECOND, Micros


def day_of(at: Micros) -> date:
    """The day of an instant."""
    return datetime.fromtimestamp(at // SECOND, UTC).date()


def month_of(at: Micros) -> int:
    """The month of an instant, as months since the year 0."""
    return _month_of_day(at // DAY)


@lru_cache(maxsize=4096)
def _month_of_day(days: int) -> int:
    day = day_of(days * DAY)
    return day.year * 12 + day.month - 1


@lru_cache(maxsize=1024)
def month_name(month: int) -> str:
    """A month as `2026-03`."""
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def months_later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
