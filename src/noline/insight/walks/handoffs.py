"""Hand-offs: visits of one journey that follow each other in different channels."""

import numpy as np

from noline.insight.walks.arrays import firsts, order_by_number
from noline.insight.walks.histogram import BINS, bins_of
from noline.insight.walks.model import HandoffCounts, Pauses
from noline.insight.walks.store import WalkStore
from noline.insight.walks.visits import Visits, visits


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
    gaps, gap_counts = np.unique(border * BINS + bins_of(waited), return_counts=True)

    def ends(number: int) -> tuple[str, str]:
        return names[number // len(names)], names[number % len(names)]

    numbers, counts = np.unique(border, return_counts=True)
    seen, person_counts = np.unique(border[grouped][alone], return_counts=True)
    present, visit_counts = np.unique(walk.channels, return_counts=True)
    return HandoffCounts(
        store.person_count,
        int(walk.opens.sum()),
        {names[code]: int(count) for code, count in zip(present, visit_counts, strict=True)},
        {ends(int(number)): int(count) for number, count in zip(numbers, counts, strict=True)},
        {ends(int(number)): int(count) for number, count in zip(seen, person_counts, strict=True)},
        {
            (*ends(int(number) // BINS), int(number) % BINS): int(count)
            for number, count in zip(gaps, gap_counts, strict=True)
        },
    )
