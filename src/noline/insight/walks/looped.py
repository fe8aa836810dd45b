"""Funnels by the loops in C: what `columns.py` counts, in one pass over each person's events.

Every mode is there. The plainest and most frequent funnel - steps in order within a window, whatever the channel - has
a loop of its own that only counts.
"""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import Funnel
from noline.insight.walks.steps import Marked, Reached
from noline.stores.walks.arrays import Codes, Longs
from noline.stores.walks.kernels import Held, held, length, looped, meanings

_MODES = ("ordered", "strict", "any")
_NOBODY = np.zeros(0, np.int64)


class Asked(NamedTuple):
    """A funnel as the loops take it. steps: the step of each action; None where more is asked than a plain funnel.

    only: a column of which the code `wanted` counts alone.
    """

    columns: Held
    events: Marked
    funnel: Funnel
    steps: Codes | None
    only: Codes | None
    wanted: int

    @classmethod
    def of(cls, events: Marked, funnel: Funnel) -> "Asked | None":
        """The same for the loops; None where NumPy counts."""
        columns = held(events.store)
        if columns is None:
            return None
        only, wanted = events.only or (None, 0)
        codes = None if only is None else np.ascontiguousarray(only)
        return cls(columns, events, funnel, _plain_steps(events, funnel, columns), codes, wanted)


def persons(events: Marked, funnel: Funnel) -> tuple[int, ...] | None:
    """How many persons reached each step; None where NumPy counts."""
    asked = Asked.of(events, funnel)
    if asked is None:
        return None
    found = looped(lambda: walked(asked, rows=False)[0] if asked.steps is None else leveled(asked, asked.steps)[0])
    return None if found is None else tuple(int(one) for one in found)


def reached(events: Marked, funnel: Funnel) -> list[Reached] | None:
    """Who reached each step; None where NumPy counts."""
    asked = Asked.of(events, funnel)
    return None if asked is None else looped(lambda: walked(asked, rows=True)[1])


def _plain_steps(events: Marked, funnel: Funnel, columns: Held) -> Codes | None:
    width = columns.actions.dtype.itemsize
    further = (
        funnel.mode != "ordered" or funnel.tolerance or events.overlapping or events.without.any() or width > 2,
        *((step.optional or step.least or step.most is not None) for step in funnel.steps),
        *((meant != meant[:1]).any() for meant in events.meanings),
    )
    if any(further):
        return None
    steps = np.full(256**width, len(funnel.steps), np.uint8)
    for number, meant in enumerate(events.meanings):
        steps[: meant.shape[1]][meant[0]] = number
    return steps


def leveled(
    asked: Asked, steps: Codes, *, levels: bool = False, first: int = 0, last: int | None = None
) -> tuple[Longs, Codes]:
    """Persons of each step of a plain funnel, among those from `first` to before `last`.

    levels: also the steps that each of these persons reached, a bit for each. Raises OverflowError.
    """
    end = asked.events.store.person_count if last is None else last
    count = len(asked.funnel.steps)
    told = np.zeros(end - first if levels else 0, np.uint32)

    def part(one: int, other: int) -> Longs:
        counts = np.zeros(count, np.int64)
        asked.columns.loops.funnel_counts(
            asked.columns.part(one, other), steps, count, length(asked.funnel.window), asked.only, asked.wanted, counts,
            told[one - first : other - first] if levels else None,
        )  # fmt: skip
        return counts

    return np.sum(asked.columns.in_parts(part, first, end), axis=0), told


def walked(asked: Asked, *, rows: bool, first: int = 0, last: int | None = None) -> tuple[Longs, list[Reached]]:
    """Persons of each step of any funnel, among those from `first` to before `last`.

    rows: also who they are. Raises OverflowError.
    """
    steps, plan = len(asked.funnel.steps), _asked(asked)

    def part(one: int, other: int) -> tuple[Longs, Longs]:
        counts = np.zeros(steps, np.int64)
        room = np.empty((steps, 3, other - one), np.int64) if rows else None
        asked.columns.loops.funnel_reached(asked.columns.part(one, other), *plan, counts, room, None, False, None)
        return counts, _NOBODY if room is None else room

    parts = asked.columns.in_parts(part, first, last)
    counts = np.sum([one for one, _ in parts], axis=0)
    return counts, [_joined(parts, step) for step in range(steps)] if rows else []


def parted(asked: Asked, codes: Codes, values: int) -> tuple[Longs, Longs]:
    """Persons of each step of any funnel, and of each step by the value of the event that the funnel credits.

    codes: of each event its value, a number below `values`. Raises OverflowError.
    """
    steps, plan = len(asked.funnel.steps), _asked(asked)
    column, of_last = np.ascontiguousarray(codes), asked.funnel.credit == "last"

    def part(one: int, other: int) -> tuple[Longs, Longs]:
        counts, parts = np.zeros(steps, np.int64), np.zeros((steps, values), np.int64)
        asked.columns.loops.funnel_reached(asked.columns.part(one, other), *plan, counts, None, column, of_last, parts)
        return counts, parts

    found = asked.columns.in_parts(part)
    return np.sum([counts for counts, _ in found], axis=0), np.sum([parts for _, parts in found], axis=0)


def _asked(asked: Asked) -> tuple[Codes, int, Codes | None, Longs]:
    events = asked.events
    table = meanings([*events.meanings, events.without])
    return table, len(events.store.actions.names), asked.only, _plan(events, asked.funnel, asked.wanted)


def _joined(parts: list[tuple[Longs, Longs]], step: int) -> Reached:
    columns = [[room[step, column, : counts[step]] for counts, room in parts] for column in range(3)]
    return Reached(*(column[0] if len(column) == 1 else np.concatenate(column) for column in columns))


def _plan(events: Marked, funnel: Funnel, wanted: int) -> Longs:
    head = [
        _MODES.index(funnel.mode),
        len(funnel.steps),
        length(funnel.window),
        length(funnel.tolerance),
        int(events.overlapping),
        int(events.spares),
        wanted,
    ]
    least = [length(step.least) for step in funnel.steps]
    most = [length(step.most) for step in funnel.steps]
    return np.array([*head, *least, *most, *(int(step.optional) for step in funnel.steps)], np.int64)
