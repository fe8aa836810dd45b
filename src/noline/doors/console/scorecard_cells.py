"""One number of the scorecard as a cell: value, what it was counted from, its interval, and the change."""

from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.credit_words import amount, worked
from noline.doors.console.wording import Row

_SAME = 0.005
"""A change of less than half a percent is none."""

_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as read; value is empty where it cannot be told, and why says so.

    trend: the change against the period before; good: `better`, `worse`, or `even` where that cannot be said.
    """

    value: str
    of: str
    interval: str
    trend: str
    good: str
    why: str


def cell_of(row: Row, metric: Row) -> Cell:
    """A row of a card as a cell."""
    told = row["value"] is not None and not row["too_few"]
    trend = _trend(row, metric) if told else ""
    return Cell(
        value=_value(row, metric) if told else "",
        of=_of(row, metric),
        interval=_interval(row) if told else "",
        trend=trend,
        good=_good(row, metric) if trend else "even",
        why="" if told else _why(row),
    )


def _value(row: Row, metric: Row) -> str:
    """The number in the words of its unit; an effect is a difference of two shares, in points."""
    if row["programme"]:
        return _signed(100 * row["value"], "points", 0.05, 1)
    return number(row["value"], metric["unit"], row["currency"])


def number(value: float | None, unit: str, currency: str | None) -> str:
    """A value in the words of its unit."""
    if value is None:
        return wording.UNKNOWN
    if unit == "share":
        return wording.percent(value)
    if unit == "money" and currency:
        return amount(round(value), currency)
    if unit == "minutes":
        return worked(round(value))
    return f"{value:,.2f}" if unit == "ratio" else wording.count(round(value))


def _of(row: Row, metric: Row) -> str:
    """What the value was counted from: `412 of 3,104`; nothing for a plain sum."""
    if row["denominator"] is None:
        return "" if row["is_over"] else "still going on"
    above = row["numerator"] or 0
    counted = number(above, "money", row["currency"]) if metric["unit"] == "money" else wording.count(above)
    between = "against" if row["programme"] else "/" if metric["unit"] in ("money", "ratio") else "of"
    told = f"{counted} {between} {wording.count(row['denominator'])}"
    return told if row["is_over"] else f"{told}, still going on"


def _interval(row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    if row["programme"]:
        low, high = (f"{100 * one:+,.1f}".replace("-", _MINUS) for one in (row["low"], row["high"]))
        return f"{low} to {high}"
    return wording.interval(row["low"], row["high"])


def _trend(row: Row, metric: Row) -> str:
    """The change against the period before: in points of a share, else in percent; empty where there is none."""
    before, value = row["before"], row["value"]
    if before is None or not row["is_over"]:
        return ""
    if metric["unit"] == "share":
        change = 100 * (value - before)
        return _signed(change, "points", 0.05, 1)
    return _signed(100 * (value / before - 1), "%", 100 * _SAME, 0) if before > 0 else ""


def _signed(change: float, unit: str, least: float, digits: int) -> str:
    if abs(change) < least:
        return f"±0{wording.SPACE}{unit}"
    return f"{'+' if change > 0 else _MINUS}{abs(change):,.{digits}f}{wording.SPACE}{unit}"


def _good(row: Row, metric: Row) -> str:
    """Whether the change is good; not said where more is neither better nor worse, or chance could do it."""
    before, value = row["before"], row["value"]
    inside = row["low"] is not None and row["high"] is not None and row["low"] <= before <= row["high"]
    known = row["low"] is not None or (metric["unit"] == "count" and _beyond_chance(value, before))
    if metric["more_is_better"] is None or inside or not known or value == before:
        return "even"
    return "better" if (value > before) == metric["more_is_better"] else "worse"


def _beyond_chance(value: float, before: float) -> bool:
    """Whether two counts differ by more than twice what counting alone scatters (Poisson)."""
    return (value - before) ** 2 > 4 * (value + before)


def _why(row: Row) -> str:
    if row["why"]:
        return str(row["why"])
    return "too few" if row["too_few"] and row["value"] is not None else "nothing to count"
