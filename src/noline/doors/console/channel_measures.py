"""What the orders of a channel show of it: ratios on an axis with 1 in the middle, and whether they show its role."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

from noline.doors.console import wording
from noline.doors.console.channel_charters import Charter
from noline.doors.console.wording import Row

MEASURES = {
    "acquire": ("First orders are placed here", "brings in new customers"),
    "retain": ("Another order follows, anywhere", "is followed by another order"),
    "sticky": ("The next order is placed here again", "is where people stay"),
    "back": ("Who began here comes back here", "gets its own customers back"),
    "frequency": ("Orders of each of its customers", "has customers who order often"),
    "experience": ("An order follows a visit without one", "leads from a visit to an order, anywhere"),
}
"""What is measured of a channel, and what is claimed of it where the interval lies above 1."""

_SHOWN_BY = {"acquire": ("acquire",), "retain": ("retain", "sticky", "back"), "experience": ("experience",)}
"""Which measures show what a channel is meant for."""

_WIDEST = 3.0
"""The axis of ratios goes from a third to three times."""

_PLAIN = 10
_TIMES = "\u00d7"


@dataclass(frozen=True, slots=True)
class Measure:
    """How many times more than chance would have it. x: places on an axis with 1 in the middle, in percent.

    of: what it was counted from. why: why it is not told, or cannot be claimed.
    """

    role: str
    words: str
    value: str
    interval: str
    of: str
    claimed: bool
    less: bool
    told: bool
    why: str
    x: float
    low_x: float
    high_x: float


def times(value: float | None) -> str:
    """A ratio: `1.4 ×`; a dash where none is told."""
    return wording.UNKNOWN if value is None else f"{_ratio(value)}{wording.SPACE}{_TIMES}"


def times_interval(low: float | None, high: float | None) -> str:
    """The two ends of an interval of ratios: `1.2 – 1.7`."""
    return "" if low is None or high is None else f"{_ratio(low)}{wording.SPACE}–{wording.SPACE}{_ratio(high)}"


def _ratio(value: float) -> str:
    return f"{value:.2f}" if value < _PLAIN else f"{value:,.0f}"


def place(value: float | None) -> float:
    """The place of a ratio on an axis with 1 in the middle, in percent; half and double are as far from it."""
    if value is None or value <= 0:
        return 0.0
    return round(min(100.0, max(0.0, 50 + 50 * log(value) / log(_WIDEST))), 2)


def measure(row: Row) -> Measure:
    """One ratio of `answers.roles.roles` as a person reads it."""
    told = row["value"] is not None
    return Measure(
        role=row["name"],
        words=MEASURES[row["name"]][0],
        value=times(row["value"]),
        interval=times_interval(row["low"], row["high"]),
        of=_of(row),
        claimed=row["claimed"],
        less=row["less"],
        told=told,
        why=(row["why"] or "") if row["too_few"] or not told else "",
        x=place(row["value"]),
        low_x=place(row["low"] if row["low"] is not None else row["value"]),
        high_x=place(row["high"] if row["high"] is not None else row["value"]),
    )


def _of(row: Row) -> str:
    """What a ratio was counted from, and what it is compared with."""
    if row["here"] is None or row["expected"] is None:
        return ""
    if row["name"] == "frequency":
        persons = wording.plural(row["persons"], "person", "people")
        return f"{row['here']:.2f} here, {row['expected']:.2f} in all channels; {persons}"
    counted = f"{wording.count(row['cases'])} of {wording.count(row['of'])}: {wording.percent(row['here'])}"
    return f"{counted}, expected {wording.percent(row['expected'])}"


def verdict_of(charter: Charter, measures: Sequence[Measure], row: Row) -> tuple[str, bool | None]:
    """Whether orders show what a channel is meant for; nothing where it is not stated or no measure tells."""
    if charter.main not in _SHOWN_BY:
        return _not_by_ratios(charter.main, row)
    of_it = [one for one in measures if one.role in _SHOWN_BY[charter.main] and one.told]
    if not of_it or row["too_few"]:
        return "Too few customers to tell whether it does.", None
    if any(one.claimed for one in of_it):
        return "Its orders show it.", True
    if all(one.less for one in of_it):
        return "Its orders show the opposite.", False
    return "Its orders do not show it beyond chance.", False


def _not_by_ratios(role: str, row: Row) -> tuple[str, bool | None]:
    if not role:
        return "", None
    if role != "assist":
        return "No measure from orders tells of this role.", None
    if row["assist"] is None:
        return "What it earns on orders of others is not told.", None
    if not any(one["amount_minor"] > 0 for one in row["assist"]):
        return "It earned nothing on orders that others took.", False
    return f"It earned {_assisted(row)} on orders that others took.", True


def _assisted(row: Row) -> str:
    earned = [one for one in row["assist"] if one["amount_minor"]]
    return " and ".join(wording.money(one["amount_minor"], one["currency"]) for one in earned)


def facts_of(row: Row) -> list[tuple[str, str]]:
    """Further numbers of a channel, each with its count."""
    found = [(f"Basket, {one['currency']}", _basket(one)) for one in row["baskets"]]
    kept = row["convenience"]
    if kept["share"] is not None:
        told = f"{wording.percent(kept['share'])} of {wording.count(kept['of'])}"
        found.append(("Ready when promised", f"{told} ({wording.interval(kept['low'], kept['high'])})"))
    if any(one["amount_minor"] for one in row["assist"] or ()):
        found.append(("Earned on orders of others", _assisted(row)))
    if row["orders_of_nobody"]:
        found.append(("Orders of nobody known", wording.count(row["orders_of_nobody"])))
    return found


def _basket(row: Row) -> str:
    mean, middle = (wording.money(row[name], row["currency"]) for name in ("mean_minor", "median_minor"))
    return f"{mean}, middle one {middle} ({wording.plural(row['orders'], 'order', 'orders')})"
