"""Visits: maximal runs of one person in one channel without a longer pause; journeys: visits without a longer gap."""

from typing import NamedTuple

import numpy as np

from noline.insight.walks.model import Pauses
from noline.kernel.clock import DAY, Micros
from noline.stores.walks.arrays import Flags, Longs, firsts, order_by_number
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
    parts = [_in_channel(store, code, pauses.within(name)) for code, name in enumerate(store.channels.names)] or [
        (np.zeros(0, np.int64),) * 3
    ]
    first, last, channels = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = order_by_number(first)
    first, last, channels = first[order], last[order], channels[order]
    persons = store.persons[first].astype(np.int64)
    return Visits(first, last, channels, persons, _opens(store, first, last, persons, pauses.journey))


def by_channel(store: WalkStore, pauses: Pauses) -> dict[str, int]:
    """How many visits each channel had."""
    counts = {
        name: int(_opening(store, _places(store, code), pauses.within(name)).sum())
        for code, name in enumerate(store.channels.names)
    }
    return {name: count for name, count in counts.items() if count}


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
