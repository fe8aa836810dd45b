"""Stretches of time as whole numbers: the one before a period is its number less one."""

from datetime import date, timedelta

from noline.kernel.clock import DAY, Micros, as_datetime

_EPOCH = date(1970, 1, 1)
_FIRST_MONDAY_DAYS = -3
"""Week 0 began on the Monday before 1970."""


def number_of(period: str, at: Micros) -> int:
    """The day, week or month of an instant, UTC, as the statements of this room number them."""
    days = at // DAY
    if period == "day":
        return days
    if period == "week":
        return (days - _FIRST_MONDAY_DAYS) // 7
    moment = as_datetime(at)
    return 12 * moment.year + moment.month - 1


def start_of(period: str, number: int) -> Micros:
    """The first instant of a day, week or month."""
    if period == "day":
        return number * DAY
    if period == "week":
        return (7 * number + _FIRST_MONDAY_DAYS) * DAY
    first = date(number // 12, number % 12 + 1, 1)
    return (first - _EPOCH).days * DAY


def label_of(period: str, number: int) -> str:
    """How a reader names it: `2026-03-02`, `2026-W10` (ISO 8601) or `2026-03`."""
    day = _EPOCH + timedelta(days=start_of(period, number) // DAY)
    if period == "day":
        return day.isoformat()
    if period == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return f"{day.year:04}-{day.month:02}"


def month_number(label: str) -> int:
    """The number of a month named `2026-03`."""
    year, month = label.split("-")
    return 12 * int(year) + int(month) - 1
