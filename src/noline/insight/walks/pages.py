"""The persons behind a step, page by page, without walking everybody for the first ones."""

from collections.abc import Iterator

import numpy as np

from noline.insight.walks import columns
from noline.insight.walks.looped import Asked, leveled, walked
from noline.insight.walks.model import Funnel
from noline.insight.walks.steps import Marked, Reached
from noline.stores.walks.arrays import Codes, Longs
from noline.stores.walks.kernels import looped

_FIRST_BLOCK = 4_096
"""Persons that are looked at first; then twice as many, and so on."""


def behind(events: Marked, funnel: Funnel, step: int, *, stopped: bool, limit: int, offset: int) -> Reached:
    """One page of those who reached a step. stopped: only who reached none of the steps after it."""
    rows = slice(offset, offset + limit)
    asked = Asked.of(events, funnel)
    found = None if asked is None else looped(lambda: _page(asked, step, stopped=stopped, rows=rows))
    return _part(_chosen(columns.reached(events, funnel), step, stopped=stopped), rows) if found is None else found


def _page(asked: Asked, step: int, *, stopped: bool, rows: slice) -> Reached:
    if asked.steps is None:
        blocks = (walked(asked, rows=True, first=first, last=last)[1] for first, last in _blocks(asked))
        return _part(_until((_chosen(block, step, stopped=stopped) for block in blocks), rows.stop), rows)
    # Of a plain funnel it is cheaper to count first, and to walk only the persons of the page again.
    numbers = _behind(asked, asked.steps, step, stopped=stopped, count=rows.stop)[rows].tolist()
    return _together([walked(asked, rows=True, first=one, last=one + 1)[1][step] for one in numbers])


def _blocks(asked: Asked) -> Iterator[tuple[int, int]]:
    people, first, size = asked.events.store.person_count, 0, _FIRST_BLOCK
    while first < people:
        last = min(first + size, people)
        yield first, last
        first, size = last, size * 2


def _until(blocks: Iterator[Reached], count: int) -> Reached:
    """Blocks until so many persons were found."""
    found: list[Reached] = []
    for block in blocks:
        found.append(block)
        count -= block.persons.size
        if count <= 0:
            break
    return _together(found)


def _behind(asked: Asked, steps: Codes, step: int, *, stopped: bool, count: int) -> Longs:
    """The first persons behind a step of a plain funnel, at least so many if there are."""
    here = np.uint32(1 << step)
    # Without `stopped` whatever was reached later does not matter.
    told = np.uint32((1 << len(asked.funnel.steps)) - (1 << step)) if stopped else here
    found = [np.zeros(0, np.int64)]
    for first, last in _blocks(asked):
        _, levels = leveled(asked, steps, levels=True, first=first, last=last)
        found.append(np.flatnonzero((levels & told) == here) + first)
        count -= found[-1].size
        if count <= 0:
            break
    return np.concatenate(found)


def _chosen(steps: list[Reached], step: int, *, stopped: bool) -> Reached:
    here = steps[step]
    if not stopped or not here.persons.size:
        return here
    first, last = here.persons[0], here.persons[-1]
    went_on = np.zeros(last - first + 1, np.bool_)
    for later in steps[step + 1 :]:
        went_on[later.persons[(later.persons >= first) & (later.persons <= last)] - first] = True
    kept = ~went_on[here.persons - first]
    return Reached(*(column[kept] for column in here))


def _together(parts: list[Reached]) -> Reached:
    nobody = Reached(*(np.zeros(0, np.int64) for _ in range(3)))
    return Reached(*(np.concatenate(column) for column in zip(nobody, *parts, strict=True)))


def _part(found: Reached, rows: slice) -> Reached:
    return Reached(*(column[rows] for column in found))
