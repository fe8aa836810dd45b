"""What happened to one person around a friction: a lane for each channel, and the events that prove it, numbered.

Events stand at equal distances in their order, because minutes and weeks do not fit on one axis; a line marks where a
new day begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from noline.doors.console import wording
from noline.doors.console.wording import Row
from noline.kernel.words import word_for

MOST_EVENTS = 14
"""More events than this are not told apart beside each other; those that prove the friction are always there."""

BEFORE = timedelta(days=2)
AFTER = timedelta(days=14)
"""How much of what came before and after is shown."""

LANE_HEIGHT = 34
TOP = 26
_LEFT, _RIGHT = 3.0, 97.0
_FEWEST_PERCENT = 11.0
"""Two dates nearer than this, in percent of the width, would touch."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One event. number: its place among the evidence, 0 for what only stands around it."""

    x: float
    y: int
    number: int
    words: str
    weight: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """An event that proves the friction. after: how long after the one before, empty for the first."""

    number: int
    label: str
    channel: str
    time: str
    after: str
    place: str
    seq: int
    source: str


@dataclass(frozen=True, slots=True)
class Day:
    """Where a day begins, in percent; words is empty where there is no room."""

    x: float
    words: str


@dataclass(frozen=True, slots=True)
class Glimpse:
    """The picture of one case and its evidence in words. left_out: events of that time that are not drawn."""

    lanes: tuple[tuple[str, int], ...]
    spots: tuple[Spot, ...]
    steps: tuple[tuple[float, int, float, int], ...]
    days: tuple[Day, ...]
    evidence: tuple[Evidence, ...]
    left_out: int
    height: int


def glimpse(events: Sequence[Row], evidence: Sequence[int], at: datetime, ended_at: datetime) -> Glimpse:
    """Lay out the events around a case, given in any order; those of `evidence` are numbered in their order."""
    proof = set(evidence)
    read = sorted(((_moment(row), row) for row in events), key=lambda one: (one[0], one[1]["seq"]))
    near = [(moment, row) for moment, row in read if row["seq"] in proof or at - BEFORE <= moment <= ended_at + AFTER]
    shown = _chosen(near, proof)
    channels = list(dict.fromkeys(row["channel"] for _, row in shown))
    levels = {channel: TOP + LANE_HEIGHT * number + LANE_HEIGHT // 2 for number, channel in enumerate(channels)}
    numbers = {seq: number for number, seq in enumerate((row["seq"] for _, row in shown if row["seq"] in proof), 1)}
    places = _places(len(shown))
    spots = tuple(
        Spot(x, levels[row["channel"]], numbers.get(row["seq"], 0), _words(moment, row), _weight(row["action"]))
        for x, (moment, row) in zip(places, shown, strict=True)
    )
    return Glimpse(
        lanes=tuple(levels.items()),
        spots=spots,
        steps=tuple((one.x, one.y, two.x, two.y) for one, two in pairwise(spots)),
        days=tuple(_days([moment for moment, _ in shown], places)),
        evidence=tuple(_evidence([one for one in shown if one[1]["seq"] in proof])),
        left_out=len(near) - len(shown),
        height=TOP + LANE_HEIGHT * len(channels),
    )


def _moment(row: Row) -> datetime:
    moment = wording.instant(row["at"])
    if moment is None:
        raise ValueError("An event without a time has no place in the picture.")
    return moment


def _chosen(near: Sequence[tuple[datetime, Row]], proof: set[int]) -> list[tuple[datetime, Row]]:
    """As many as there is room for: the evidence, then what is nearest to it."""
    marks = [number for number, (_, row) in enumerate(near) if row["seq"] in proof]
    if not marks:
        return list(near[:MOST_EVENTS])
    nearest = sorted(range(len(near)), key=lambda number: (min(abs(number - mark) for mark in marks), number))
    return [near[number] for number in sorted(nearest[: max(MOST_EVENTS, len(marks))])]


def _places(many: int) -> list[float]:
    if many == 1:
        return [50.0]
    return [round(_LEFT + (_RIGHT - _LEFT) * number / (many - 1), 2) for number in range(many)]


def _days(moments: Sequence[datetime], places: Sequence[float]) -> list[Day]:
    days: list[Day] = []
    last_named = -_FEWEST_PERCENT
    for number, moment in enumerate(moments):
        if number and moment.date() == moments[number - 1].date():
            continue
        x = 0.0 if number == 0 else round((places[number - 1] + places[number]) / 2, 2)
        named = x - last_named >= _FEWEST_PERCENT and x <= 100 - _FEWEST_PERCENT
        last_named = x if named else last_named
        days.append(Day(x, f"{moment.day}{wording.SPACE}{moment:%b}" if named else ""))
    return days


def _words(moment: datetime, row: Row) -> str:
    parts = (row.get("label") or row["action"], wording.channel(row["channel"]), wording.minute(moment))
    return " · ".join(parts)


def _weight(action: str) -> str:
    word = word_for(action)
    return "goal" if word.goal else "exposure" if word.exposure else "plain"


def _evidence(rows: Sequence[tuple[datetime, Row]]) -> list[Evidence]:
    moments = [None, *(moment for moment, _ in rows)]
    return [
        Evidence(
            number=number,
            label=row.get("label") or row["action"],
            channel=row["channel"],
            time=wording.minute(moment),
            after=wording.delay(moments[number - 1], moment),
            place=row.get("place") or row.get("store_id") or "",
            seq=row["seq"],
            source=row.get("source") or "",
        )
        for number, (moment, row) in enumerate(rows, 1)
    ]
