"""A customer's events on one lane per channel.

Time runs to the right. A quiet spell longer than `QUIET_DAYS` is folded into a narrow gap that says how long it was,
so that a year of a customer who came six times is six readable stretches and not six specks. A long stretch is dated
along its way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Literal

from noline.doors.console import wording
from noline.doors.console.wording import Row
from noline.kernel.words import word_for

QUIET_DAYS = 30
"""A pause this long ends a journey; the same default as the journeys' own."""

TOUCHING = 1.7
"""Marks of one lane closer than this, in percent of the width, become one mark with a number."""

LANE_HEIGHT = 52
TOP = 34
LATEST = 50
"""So many events stand open in the list; those before them are folded."""

_DATE_WIDTH = 12.0
"""The room that a date needs, in percent of the width."""

_MONTHS_APART = (1, 2, 3, 6, 12, 24, 60)
_GAP_WIDTH = 5.0
_INSET = 1.6

Weight = Literal["goal", "intent", "plain", "exposure"]
_PLAIN_WORDS = {"identify": "Said who they are", "group": "Joined a group", "alias": "Two names of one person"}
_HEAVIER: dict[Weight, int] = {"goal": 3, "intent": 2, "plain": 1, "exposure": 0}


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the timeline, ready to be read."""

    seq: int
    channel: str
    label: str
    action: str
    stage: str
    moment: datetime
    time: str
    value: str
    store: str
    source: str
    thing: str
    weight: Weight


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot on a lane: one event, or several that would touch. `x` in percent of the width."""

    x: float
    y: int
    events: tuple[Event, ...]
    weight: Weight

    @property
    def first(self) -> Event:
        """The earliest of its events."""
        return self.events[0]

    @property
    def weightiest(self) -> Event:
        """The event the dot leads to: the earliest of those that made it as heavy as it is."""
        return next(event for event in self.events if event.weight == self.weight)

    @property
    def text(self) -> str:
        """What the dot says when pointed at or read aloud."""
        if len(self.events) == 1:
            parts = (self.first.label, self.first.time, self.first.value, self.first.store)
            return " · ".join(part for part in parts if part)
        kinds = list(dict.fromkeys(event.label for event in self.events))
        more = f" and {len(kinds) - 3} more kinds" if len(kinds) > 3 else ""
        span = f"{self.first.time} to {self.events[-1].time}"
        return f"{len(self.events)} events: {', '.join(kinds[:3])}{more} · {span}"


@dataclass(frozen=True, slots=True)
class Date:
    """The first day of a month, at `x` in percent of the width."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the time line without a long pause, from `x` to `end` in percent.

    quiet_days: the pause before it, none before the first; written at `quiet_x`. dates: those after its first one.
    """

    x: float
    end: float
    starts: str
    quiet_days: int | None
    quiet_x: float
    dates: tuple[Date, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """One channel; `y` is its middle in pixels."""

    channel: str
    events: int
    y: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Crossing:
    """A line from one event to the next one, when the channel changes."""

    x1: float
    y1: int
    x2: float
    y2: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The picture and, newest first, the same events as a list."""

    lanes: tuple[Lane, ...]
    stretches: tuple[Stretch, ...]
    crossings: tuple[Crossing, ...]
    events: tuple[Event, ...]
    height: int

    @property
    def latest(self) -> tuple[Event, ...]:
        """The events that stand open in the list."""
        return self.events[:LATEST]

    @property
    def earlier(self) -> tuple[Event, ...]:
        """Those before them."""
        return self.events[LATEST:]


def draw(rows: Sequence[Row]) -> Timeline:
    """Lay out the events of one customer, given in any order."""
    events = sorted((_read(row) for row in rows), key=lambda event: (event.moment, event.seq))
    groups = _split_at_pauses(events)
    stretches = _stretches(groups)
    places = _places(groups, stretches)
    levels = {name: TOP + LANE_HEIGHT * at + LANE_HEIGHT // 2 for at, name in enumerate(_lane_order(events))}
    return Timeline(
        lanes=tuple(_lane(name, y, events, places) for name, y in levels.items()),
        stretches=stretches,
        crossings=_crossings(events, places, levels),
        events=tuple(reversed(events)),
        height=TOP + LANE_HEIGHT * len(levels),
    )


def _read(row: Row) -> Event:
    moment = wording.instant(row["at"])
    if moment is None:
        raise ValueError("An event without a time cannot stand on a time line.")
    currency = row.get("currency")
    label = _label(row)
    has_value = currency and row.get("value_minor") is not None
    return Event(
        seq=row["seq"],
        channel=row["channel"],
        label=label,
        action=row["action"],
        stage=row.get("stage") or "",
        moment=moment,
        time=wording.minute(moment),
        value=wording.exact_money(row["value_minor"], currency) if has_value else "",
        store=row.get("place") or row.get("store_id") or "",
        source=row.get("source") or "",
        thing="" if (thing := _thing(row.get("object"))) in label else thing,
        weight=_weight(row["action"]),
    )


def _label(row: Row) -> str:
    told = row.get("label") or row["action"]
    return _PLAIN_WORDS.get(told, told)


def _thing(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {held}" for name, held in value.items())
    return str(value or "")


def _weight(action: str) -> Weight:
    word = word_for(action)
    if word.goal:
        return "goal"
    if word.intent or word.hands_over_to:
        return "intent"
    return "exposure" if word.exposure else "plain"


def _lane_order(events: Sequence[Event]) -> list[str]:
    """Channels as the customer came to know them."""
    return list(dict.fromkeys(event.channel for event in events))


def _split_at_pauses(events: Sequence[Event]) -> list[list[Event]]:
    groups: list[list[Event]] = []
    for event in events:
        if not groups or event.moment - groups[-1][-1].moment > timedelta(days=QUIET_DAYS):
            groups.append([])
        groups[-1].append(event)
    return groups


def _stretches(groups: Sequence[Sequence[Event]]) -> tuple[Stretch, ...]:
    """Share the width: a stretch gets more the more days have events, each pause the same narrow gap."""
    days = [len({event.moment.date() for event in group}) + 1 for group in groups]
    gap = min(_GAP_WIDTH, 40 / max(1, len(groups) - 1))
    room = 100 - gap * (len(groups) - 1)
    stretches: list[Stretch] = []
    x = 0.0
    for at, group in enumerate(groups):
        end = x + room * days[at] / sum(days)
        quiet_days = (group[0].moment - groups[at - 1][-1].moment).days if at else None
        starts = wording.day(group[0].moment)
        dates = _dates(group, x, end)
        stretches.append(Stretch(round(x, 2), round(end, 2), starts, quiet_days, round(x - gap / 2, 2), dates))
        x = end + gap
    return tuple(stretches)


def _dates(group: Sequence[Event], x: float, end: float) -> tuple[Date, ...]:
    """First days of months along a stretch, as close to each other as can be read."""
    start, last = group[0].moment, group[-1].moment
    left, width = x + _INSET, end - x - 2 * _INSET
    for apart in _MONTHS_APART:
        firsts = _first_days(start, last, apart)
        dates = [
            Date(round(left + width * ((one - start) / (last - start)), 2), wording.month(f"{one:%Y-%m}"))
            for one in firsts
        ]
        within = tuple(one for one in dates if x + _DATE_WIDTH <= one.x <= end - _DATE_WIDTH)
        if all(later.x - earlier.x >= _DATE_WIDTH for earlier, later in pairwise(within)):
            return within
    return ()


def _first_days(start: datetime, end: datetime, apart: int) -> list[datetime]:
    """The first day of every so many months, after a moment and up to another one; January among them."""
    months = range(_month_number(start) + 1, _month_number(end) + 1)
    return [datetime(at // 12, at % 12 + 1, 1, tzinfo=start.tzinfo) for at in months if at % apart == 0]


def _month_number(moment: datetime) -> int:
    return moment.year * 12 + moment.month - 1


def _places(groups: Sequence[Sequence[Event]], stretches: Sequence[Stretch]) -> dict[int, float]:
    """Where each event stands, by its log position, in percent of the width."""
    places: dict[int, float] = {}
    for group, stretch in zip(groups, stretches, strict=True):
        start, span = group[0].moment, group[-1].moment - group[0].moment
        left, right = stretch.x + _INSET, stretch.end - _INSET
        for event in group:
            part = (event.moment - start) / span if span else 0.5
            places[event.seq] = round(left + (right - left) * part, 2)
    return places


def _lane(name: str, y: int, events: Sequence[Event], places: dict[int, float]) -> Lane:
    marks: list[Mark] = []
    mine = [event for event in events if event.channel == name]
    for event in mine:
        x = places[event.seq]
        if marks and x - marks[-1].x < TOUCHING:
            marks[-1] = _join(marks[-1], event)
        else:
            marks.append(Mark(x, y, (event,), event.weight))
    return Lane(name, len(mine), y, tuple(marks))


def _join(mark: Mark, event: Event) -> Mark:
    weight = max(mark.weight, event.weight, key=_HEAVIER.__getitem__)
    return replace(mark, events=(*mark.events, event), weight=weight)


def _crossings(events: Sequence[Event], places: dict[int, float], levels: dict[str, int]) -> tuple[Crossing, ...]:
    pauses = timedelta(days=QUIET_DAYS)
    felt = [event for event in events if event.weight != "exposure"]
    return tuple(
        Crossing(places[a.seq], levels[a.channel], places[b.seq], levels[b.channel])
        for a, b in pairwise(felt)
        if a.channel != b.channel and b.moment - a.moment <= pauses
    )
