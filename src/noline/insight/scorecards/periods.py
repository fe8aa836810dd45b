"""Stretches of time as whole numbers: the one before a period is its number less one."""

from datetime import MAXYEAR, MINYEAR, date, timedelta

from noline.kernel.clock import DAY, Micros, as_datetime

_EPOCH = date(1970, 1, 1)
_FIRST_MONDAY_DAYS = -3
"""Week 0 began on the Monday before 1970."""

BEGINS: Micros = (date.min - _EPOCH).days * DAY
ENDS: Micros = (date.max - _EPOCH).days * DAY + DAY - 1
"""The first and the last instant that the calendar has, of the years 1 and 9999: no period reaches beyond them."""


def number_of(period: str, at: Micros) -> int:
    """The day, week or month of an instant, UTC, as the statements of this room number them."""
    days = at // DAY
    if period == "day":
        return days
    if period == "week":
        return (days - _FIRST_MONDAY_DAYS) // 7
    moment = as_datetime(min(max(at, BEGINS), ENDS))
    return 12 * moment.year + moment.month - 1


def start_of(period: str, number: int) -> Micros:
    """The first instant of a day, week or month; where the calendar ends, its first or its last one."""
    return min(max(_start_of(period, number), BEGINS), ENDS)


def _start_of(period: str, number: int) -> Micros:
    if period == "day":
        return number * DAY
    if period == "week":
        return (7 * number + _FIRST_MONDAY_DAYS) * DAY
    year, month = divmod(number, 12)
    if not MINYEAR <= year <= MAXYEAR:
        return BEGINS if year < MINYEAR else ENDS
    return (date(year, month + 1, 1) - _EPOCH).days * DAY


def begins_one(period: str, at: Micros) -> bool:
    """Whether an instant is the first of a day, week or month; the ends of the calendar are."""
    return at in (BEGINS, ENDS) or start_of(period, number_of(period, at)) == at


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
