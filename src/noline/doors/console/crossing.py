"""On the page of one border: how far people came, and how long the way takes while other ends compete."""

from dataclasses import dataclass

from noline.doors.console import asking, wording
from noline.doors.console.borders import Border
from noline.doors.console.curves import Bar, Curve, Line, bar, curve
from noline.doors.console.wording import Row
from noline.kernel.shares import share
from noline.truth.agenda.model import Asked

MOMENTS = (
    "1h", "3h", "6h", "12h", "1d", "36h", "2d", "3d", "4d", "5d", "6d", "7d", "8d", "9d", "10d", "11d", "12d", "13d",
    "14d", "16d", "18d", "20d", "22d", "24d", "26d", "28d", "30d",
)  # fmt: skip
"""After how long the share that has arrived is drawn."""

MOST_OTHERS = 8
"""Channels beyond the most frequent ones are not waited for."""

_BOUGHT = "Order Completed"


@dataclass(frozen=True, slots=True)
class Took:
    """How long it takes from one channel to the other. words: the ends at the last moment, with their intervals."""

    curve: Curve
    headline: str
    words: str
    persons: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """How far people came, and where the question is asked with other steps."""

    bars: tuple[Bar, ...]
    took: Took | None
    explore: str


def competing(names: Row, sender: str, receiver: str) -> list[str]:
    """What may come before the way to the other channel: another channel, or an order where they are."""
    own = f"{sender}/{_BOUGHT}"
    bought = [own] if any(row["step"] == own for row in names["pairs"]) else []
    others = [row["name"] for row in names["channels"] if row["name"] not in (sender, receiver)]
    return bought + [f"{channel}/*" for channel in others[:MOST_OTHERS]]


def crossing(border: Border, time_to: Row | None) -> Crossing:
    """The funnel of a pair of channels and the time to its hand-off."""
    return Crossing(
        bars=_bars(border),
        took=_took(border, time_to) if time_to else None,
        explore=asking.path_of(Asked((f"{border.from_channel}/*", f"{border.to_channel}/*"))),
    )


def _bars(border: Border) -> tuple[Bar, ...]:
    # Only people whose time is over: who comes further is seen sooner than who does not.
    whole = border.decided or 0
    steps = (("set out", border.decided), ("arrived", border.arrived_decided), ("went on", border.succeeded))
    made: list[Bar] = []
    for name, persons in steps:
        if persons is not None:
            told = share(persons, whole)
            low, high = (told.low, told.high) if made else (None, None)
            made.append(bar(name, persons, told.value, low, high, too_few=told.too_few))
    return tuple(made)


def _took(border: Border, told: Row) -> Took | None:
    names = {row["end"]: _end_words(row["end"], border.from_channel) for row in told["incidence"]}
    drawn = curve(told["incidence"], names)
    if drawn is None:
        return None
    first = drawn.lines[0]
    who = wording.plural(told["persons"], "person", "people")
    headline = (
        f"{_share_words(first)} of {who} seen in {wording.channel(border.from_channel)} had come to "
        f"{wording.channel(border.to_channel)} first, within {drawn.until}."
    )
    return Took(drawn, headline, _words(drawn), told["persons"])


def _words(drawn: Curve) -> str:
    return f"Within {drawn.until}: " + "; ".join(f"{_share_words(line)} {line.end}" for line in drawn.lines) + "."


def _share_words(line: Line) -> str:
    sure = f" ({wording.interval(line.low, line.high)})" if line.low is not None else ""
    return f"{wording.percent(line.share)}{sure}"


def _end_words(end: str, sender: str) -> str:
    channel, _, action = end.partition("/")
    if action == "*":
        return f"came to {wording.channel(channel)}"
    return f"bought in {wording.channel(sender)}" if action == _BOUGHT else asking.step_words(end)
