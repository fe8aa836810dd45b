"""Visits: maximal runs of one person in one channel without a longer pause; journeys: visits without a longer gap."""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import Pauses
from noline.kernel.clock import DAY, Micros
from noline.stores.walks.arrays import Flags, Longs, firsts, order_by_number
from noline.stores.walks.kernels import Held, held, length, looped
from noline.stores.walks.store import WalkStore


class Visits(NamedTuple):
    """Visits in the order in which they began, person by person.

    first, last: positions of their events. opens: whether a visit is the first of a journey.
    """

    first: Longs
    last: Longs
    channels: Longs
    persons: Longs
    opens: Flags

    def of_events(self, store: WalkStore, places: Longs) -> Longs:
        """The visit that each of these events belongs to."""
        found = np.zeros(places.size, np.int64)
        for channel in np.unique(store.channels.codes[places]):
            mine = np.flatnonzero(store.channels.codes[places] == channel)
            numbers = np.flatnonzero(self.channels == channel)
            found[mine] = numbers[np.searchsorted(self.first[numbers], places[mine], "right") - 1]
        return found


def visits(store: WalkStore, pauses: Pauses) -> Visits:
    """Every visit."""
    columns = looping(store)
    found = None if columns is None else looped(lambda: _all(columns, store, pauses))
    return _visits(store, pauses) if found is None else found


def by_channel(store: WalkStore, pauses: Pauses) -> dict[str, int]:
    """How many visits each channel had."""
    columns = looping(store)
    found = None if columns is None else looped(lambda: _counted(columns, store, pauses).sum(axis=0))
    counts = _counts(store, pauses) if found is None else found.tolist()
    return {name: count for name, count in zip(store.channels.names, counts, strict=True) if count}


# By the loops in C


def looping(store: WalkStore) -> Held | None:
    """The store's columns for loops that tell channels apart; None where NumPy walks."""
    columns = held(store)
    return None if columns is None or columns.channels.dtype.itemsize > 1 else columns


def lengths(store: WalkStore, pauses: Pauses) -> Longs:
    """The longest pauses as the loops take them: within a visit by channel, -1 where it is a day; of a journey."""
    within = [length(pauses.within(name)) for name in store.channels.names]
    return np.array([*within, length(pauses.journey)], np.int64)


def _counted(columns: Held, store: WalkStore, pauses: Pauses) -> Longs:
    """Visits by part of the persons and channel."""
    longest = lengths(store, pauses)

    def part(first: int, last: int) -> Longs:
        counts = np.zeros(longest.size - 1, np.int64)
        columns.loops.visit_counts(columns.part(first, last), longest, counts)
        return counts

    return np.stack(columns.in_parts(part))


def _all(columns: Held, store: WalkStore, pauses: Pauses) -> Visits:
    longest = lengths(store, pauses)

    def part(first: int, last: int) -> Visits:
        counts = np.zeros(longest.size - 1, np.int64)
        columns.loops.visit_counts(columns.part(first, last), longest, counts)
        rows = int(counts.sum())
        room = np.empty((4, rows), np.int64)
        found = Visits(room[0], room[1], room[2], room[3], np.empty(rows, np.bool_))
        columns.loops.visits(columns.part(first, last), longest, *found)
        return found

    parts = columns.in_parts(part)
    return parts[0] if len(parts) == 1 else Visits(*(np.concatenate(one) for one in zip(*parts, strict=True)))


# By NumPy


def _visits(store: WalkStore, pauses: Pauses) -> Visits:
    parts = [_in_channel(store, code, pauses.within(name)) for code, name in enumerate(store.channels.names)] or [
        (np.zeros(0, np.int64),) * 3
    ]
    first, last, channels = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = order_by_number(first)
    first, last, channels = first[order], last[order], channels[order]
    persons = store.persons[first].astype(np.int64)
    return Visits(first, last, channels, persons, _opens(store, first, last, persons, pauses.journey))


def _counts(store: WalkStore, pauses: Pauses) -> list[int]:
    return [
        int(_opening(store, _places(store, code), pauses.within(name)).sum())
        for code, name in enumerate(store.channels.names)
    ]


def _in_channel(store: WalkStore, channel: int, pause: Micros | None) -> tuple[Longs, Longs, Longs]:
    places = _places(store, channel)
    opens = _opening(store, places, pause)
    closes = np.append(opens[1:], True) if places.size else opens
    return places[opens], places[closes], np.full(int(opens.sum()), channel, np.int64)


def _places(store: WalkStore, channel: int) -> Longs:
    return np.flatnonzero(store.channels.codes == channel)


def _opening(store: WalkStore, places: Longs, pause: Micros | None) -> Flags:
    """Which of the events of one channel are the first of a visit."""
    times = store.times[places]
    opens = firsts(store.persons[places])
    if pause is None:
        opens |= firsts(times // DAY)
    else:
        opens[1:] |= times[1:] - times[:-1] > pause
    return opens


def _opens(store: WalkStore, first: Longs, last: Longs, persons: Longs, gap: Micros) -> Flags:
    opens = firsts(persons)
    # Positions rise from person to person, so the latest end so far is one of the same person after the first visit.
    ended = np.maximum.accumulate(last)
    opens[1:] |= store.times[first[1:]] - store.times[ended[:-1]] > gap
    return opens
