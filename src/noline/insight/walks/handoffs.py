"""Hand-offs: visits of one journey that follow each other in different channels."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from noline.insight.walks.histogram import BINS, bins_of
from noline.insight.walks.model import HandoffCounts, Pauses
from noline.insight.walks.visits import Visits, lengths, looping, visits
from noline.stores.walks.arrays import Longs, firsts, order_by_number, tallied
from noline.stores.walks.kernels import Held, looped
from noline.stores.walks.store import WalkStore

MOST_CHANNELS = 64


def counted(store: WalkStore, pauses: Pauses) -> HandoffCounts:
    """Visits, journeys, and the matrix of hand-offs with how long they waited."""
    columns = looping(store)
    # The loops keep a table of gaps for each border, in each thread; of many channels that is a waste.
    if columns is not None and len(store.channels.names) <= MOST_CHANNELS:
        found = looped(lambda: _walked(columns, store, pauses))
        if found is not None:
            return found
    return counted_of(store, visits(store, pauses))


class _Tables(NamedTuple):
    """Counts as the loops add them: by channel, by border, by border, by border and bin, and journeys."""

    visits: Longs
    borders: Longs
    persons: Longs
    gaps: Longs
    journeys: Longs


def _walked(columns: Held, store: WalkStore, pauses: Pauses) -> HandoffCounts:
    names = store.channels.names
    longest = lengths(store, pauses)
    sizes = (len(names), len(names) ** 2, len(names) ** 2, len(names) ** 2 * BINS, 1)

    def part(first: int, last: int) -> _Tables:
        tables = _Tables(*(np.zeros(size, np.int64) for size in sizes))
        columns.loops.handoffs(columns.part(first, last), longest, *tables)
        return tables

    parts = columns.in_parts(part)
    whole = _Tables(*(np.sum(tables, axis=0) for tables in zip(*parts, strict=True)))
    visited, handed, people, gaps = (_told(table) for table in whole[:4])
    ends = [(sender, receiver) for sender in names for receiver in names]
    return HandoffCounts(
        store.person_count,
        int(whole.journeys[0]),
        {names[code]: count for code, count in visited},
        {ends[number]: count for number, count in handed},
        {ends[number]: count for number, count in people},
        {(*ends[number // BINS], number % BINS): count for number, count in gaps},
    )


def _told(table: Longs) -> Iterator[tuple[int, int]]:
    found = np.flatnonzero(table)
    return zip(found.tolist(), table[found].tolist(), strict=True)


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
