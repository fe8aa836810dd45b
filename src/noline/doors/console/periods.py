"""A stretch of time as an address names it, and as a page offers it: all of it, a quarter or a month, in UTC."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from noline.doors.console import wording
from noline.kernel.clock import Micros, parse_instant
from noline.kernel.errors import NotFound

ALL = "all"

_NAME = re.compile(r"(\d{4})-(?:q([1-4])|(0[1-9]|1[0-2]))")
_ORDINALS = ("first", "second", "third", "fourth")
_MOST_MONTHS = 18


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: from `since` on, before `until`; None where it has no end."""

    name: str
    words: str
    since: Micros | None
    until: Micros | None


EVER = Period(ALL, "the whole time", None, None)


def period_of(name: str) -> Period:
    """The period of a name: `all`, `2026-q1` or `2026-03`. Raises NotFound."""
    if name in ("", ALL):
        return EVER
    found = _NAME.fullmatch(name)
    if found is None or found[1] == "0000":
        raise NotFound(what="period", name=name)
    year = int(found[1])
    if found[2]:
        quarter = int(found[2])
        words = f"{_ORDINALS[quarter - 1]} quarter of {year}"
        return Period(name, words, _first_of(year, 3 * quarter - 2), _first_of(year, 3 * quarter + 1))
    month = int(found[3])
    words = f"{datetime(year, month, 1, tzinfo=UTC):%B}{wording.SPACE}{year}"
    return Period(name, words, _first_of(year, month), _first_of(year, month + 1))


def periods(months: Iterable[str]) -> tuple[Period, ...]:
    """What a page offers where something happened in these months (`2026-03`): all, quarters, months, the latest first.

    Quarters are offered where more than one is touched; of months the latest.
    """
    told = sorted(set(months), reverse=True)
    quarters = list(dict.fromkeys(_quarter(month) for month in told))
    return (
        EVER,
        *(period_of(one) for one in (quarters if len(quarters) > 1 else ())),
        *(period_of(one) for one in told[:_MOST_MONTHS]),
    )


def months_between(since: Micros, until: Micros) -> Sequence[str]:
    """The months from one instant to another, both ends included, as `2026-03`."""
    first, last = wording.instant(since), wording.instant(until)
    if first is None or last is None:
        return ()
    count = 12 * (last.year - first.year) + last.month - first.month
    return tuple(
        f"{first.year + (first.month - 1 + at) // 12:04}-{(first.month - 1 + at) % 12 + 1:02}"
        for at in range(count + 1)
    )


def _quarter(month: str) -> str:
    return f"{month[:4]}-q{(int(month[5:]) + 2) // 3}"


def _first_of(year: int, month: int) -> Micros:
    """The first instant of a month; the thirteenth is that of the next year."""
    years, months = divmod(month - 1, 12)
    return parse_instant(f"{year + years:04}-{months + 1:02}-01")
