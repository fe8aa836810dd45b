"""Hand-offs: visits of one journey that follow each other in different channels."""

import numpy as np

from noline.insight.walks.histogram import BINS, bins_of
from noline.insight.walks.model import HandoffCounts, Pauses
from noline.insight.walks.visits import Visits, visits
from noline.stores.walks.arrays import firsts, order_by_number, tallied
from noline.stores.walks.store import WalkStore


def counted(store: WalkStore, pauses: Pauses) -> HandoffCounts:
    """Visits, journeys, and the matrix of hand-offs with how long they waited."""
    return counted_of(store, visits(store, pauses))


def counted_of(store: WalkStore, walk: Visits) -> HandoffCounts:
    """The same, of visits that are known already."""
    names = store.channels.names
    leaving = np.flatnonzero(~walk.opens[1:] & (walk.channels[1:] != walk.channels[:-1]))
    border = walk.channels[leaving] * len(names) + walk.channels[leaving + 1]
    waited = np.maximum(store.times[walk.first[leaving + 1]] - store.times[walk.last[leaving]], 0)
    persons = walk.persons[leaving]
    grouped = order_by_number(border)
    alone = firsts(border[grouped]) | firsts(persons[grouped])
    borders = len(names) ** 2

    def ends(number: int) -> tuple[str, str]:
        return names[number // len(names)], names[number % len(names)]

    return HandoffCounts(
        store.person_count,
        int(walk.opens.sum()),
        {names[code]: count for code, count in zip(*tallied(walk.channels, len(names)), strict=True)},
        {ends(number): count for number, count in zip(*tallied(border, borders), strict=True)},
        {ends(number): count for number, count in zip(*tallied(border[grouped][alone], borders), strict=True)},
        {
            (*ends(number // BINS), number % BINS): count
            for number, count in zip(*tallied(border * BINS + bins_of(waited), borders * BINS), strict=True)
        },
    )
