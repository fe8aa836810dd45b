"""The geometry of small charts: shares over time with their band, bars by month, and bars of a funnel.

Widths and places along an axis are percent of the picture, so that it fits any width; curves are drawn in a box of
`BOX` by `BOX` units that the page stretches.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import ceil

from noline.doors.console import wording
from noline.doors.console.wording import Row

BOX = 1000
MOST_COMPETING_SHOWN = 3
MOST_MONTHS = 12
"""More months than this are not told apart in a spark; the page of the friction has them all."""

_DAY = 86_400_000_000
_NEAREST_LABELS = 9.0
"""Names of lines closer than this, in percent of the height, would touch."""


@dataclass(frozen=True, slots=True)
class Line:
    """How many had come to one end, over time.

    path: of the line; band: of its interval, empty where there is none. y: of its last point; label_y: of its name,
    both in percent from the top. share, low, high: at the last moment that anybody was watched.
    """

    end: str
    path: str
    band: str
    y: float
    label_y: float
    share: float
    low: float | None
    high: float | None
    persons: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis, `at` in percent from its beginning."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Curve:
    """Lines on one pair of axes, the one asked for first."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    upwards: tuple[Tick, ...]
    until: str


def curve(rows: Sequence[Row], names: Mapping[str, str]) -> Curve | None:
    """Shares over time as lines; None where nobody was watched.

    rows: `incidence` of `answers.journeys.time_to`, the end asked for first. names: how a person calls each end.
    """
    told = [row for row in rows if row["share"] is not None]
    ends = {end: list(found) for end, found in groupby(told, key=lambda row: row["end"])}
    if not ends:
        return None
    first = rows[0]["end"]
    if first not in ends:
        return None
    last_us = max(row["at_us"] for row in ends[first])
    others = sorted((end for end in ends if end != first), key=lambda end: -ends[end][-1]["share"])
    shown = [first, *(end for end in others if ends[end][-1]["share"] > 0)][: MOST_COMPETING_SHOWN + 1]
    top = _top(max(row["high"] or row["share"] for end in shown for row in ends[end]))
    lines = [_line(names.get(end, end), ends[end], last_us, top) for end in shown]
    return Curve(
        lines=tuple(_apart(lines)),
        across=tuple(_days(last_us)),
        upwards=tuple(Tick(round(100 - 100 * step / 4, 2), wording.percent(top * step / 4)) for step in (0, 2, 4)),
        until=wording.span(last_us),
    )


def _top(highest: float) -> float:
    """An axis that holds this share, in steps of ten percent, of which half has a plain name too."""
    return min(1.0, max(1, ceil(round(highest * 10, 6))) / 10)


def _line(name: str, rows: Sequence[Row], last_us: int, top: float) -> Line:
    places = [(BOX * row["at_us"] / last_us, row) for row in rows]
    begin = [] if rows[0]["at_us"] == 0 else [(0.0, 0.0)]
    line = [*begin, *((x, row["share"]) for x, row in places)]
    sure = [(x, row) for x, row in places if row["low"] is not None]
    band = [(x, row["low"]) for x, row in sure] + [(x, row["high"]) for x, row in reversed(sure)]
    last = rows[-1]
    y = round(100 - 100 * last["share"] / top, 2)
    return Line(
        end=name,
        path=_path(line, top),
        band=_path([*begin, *band], top) + "Z" if band else "",
        y=y,
        label_y=y,
        share=last["share"],
        low=last["low"],
        high=last["high"],
        persons=last["ended"],
    )


def _path(points: Sequence[tuple[float, float]], top: float) -> str:
    return "".join(
        f"{'L' if number else 'M'}{x:.1f} {BOX - BOX * share / top:.1f}" for number, (x, share) in enumerate(points)
    )


def _apart(lines: Sequence[Line]) -> list[Line]:
    """The lines with their names moved down where they would touch, and up again where they would leave the picture."""
    ordered = sorted(range(len(lines)), key=lambda number: lines[number].y)
    places = dict.fromkeys(ordered, 0.0)
    before = -_NEAREST_LABELS
    for number in ordered:
        before = places[number] = max(lines[number].y, before + _NEAREST_LABELS)
    below = 100.0 + _NEAREST_LABELS
    for number in reversed(ordered):
        below = places[number] = min(places[number], below - _NEAREST_LABELS)
    return [replace(line, label_y=round(places[number], 2)) for number, line in enumerate(lines)]


def _days(last_us: int) -> list[Tick]:
    """Marks of an axis of days: at most seven, at whole days."""
    days = last_us / _DAY
    step = next((step for step in (1, 2, 5, 7, 10, 15, 30, 60, 90) if days / step <= 4), 180)
    marks = range(0, int(days) + 1, step)
    return [
        Tick(round(100 * day / days, 2), "at once" if day == 0 else wording.plural(day, "day", "days")) for day in marks
    ]


@dataclass(frozen=True, slots=True)
class MonthBar:
    """One month as a bar: its place and size in percent of the picture."""

    month: str
    short: str
    persons: int
    x: float
    width: float
    y: float
    height: float
    middle: float


def months(trend: Sequence[Row], most: int | None = None) -> tuple[MonthBar, ...]:
    """Persons by month as bars beside each other, the latest last. most: only so many, the latest."""
    told = list(trend if most is None else trend[-most:])
    highest = max((row["persons"] for row in told), default=0)
    room = 100 / max(1, len(told))
    return tuple(
        MonthBar(
            month=wording.month(row["month"]),
            short=wording.month(row["month"])[:3],
            persons=row["persons"],
            x=round(at * room + room * 0.12, 2),
            width=round(room * 0.76, 2),
            y=round(100 - wording.part(row["persons"], highest), 2),
            height=wording.part(row["persons"], highest),
            middle=round((at + 0.5) * room, 2),
        )
        for at, row in enumerate(told)
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a whole as a bar: `width` and the ends of its interval in percent of the picture."""

    name: str
    persons: int | None
    share: float | None
    low: float | None
    high: float | None
    width: float
    low_x: float
    high_x: float
    too_few: bool


def bar(
    name: str, persons: int | None, share: float | None, low: float | None, high: float | None, *, too_few: bool
) -> Bar:
    """A share of one as a bar on an axis from nothing to all."""
    return Bar(
        name=name,
        persons=persons,
        share=share,
        low=low,
        high=high,
        width=wording.part(share, 1),
        low_x=wording.part(low, 1),
        high_x=wording.part(high, 1),
        too_few=too_few,
    )
