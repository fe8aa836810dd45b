"""Calendars: for each key (a person, a person in a channel, ...) the moments at which something happened, in order."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from noline.stores.walks.arrays import NONE, Longs, first_beyond, firsts


class Calendar(NamedTuple):
    """Rows sorted by key and moment. keys: the different ones, rising; offsets: where the rows of each begin, and end.

    rows: what each row stands for, a number of whoever made the calendar.
    """

    keys: Longs
    offsets: Longs
    times: Longs
    rows: Longs

    @classmethod
    def of(cls, keys: Longs, times: Longs, rows: Longs, then: npt.NDArray[Any] | None = None) -> "Calendar":
        """A calendar of rows in any order. then: what equal moments are sorted by; as they stand if not told."""
        order = np.lexsort((times, keys) if then is None else (then, times, keys))
        keys = keys[order]
        begins = np.flatnonzero(firsts(keys))
        return cls(keys[begins], np.append(begins, keys.size), times[order], rows[order])

    def span(self, keys: Longs) -> tuple[Longs, Longs]:
        """Where the rows of each key begin and end; nowhere for a key that there is not."""
        if not self.keys.size:
            nowhere = np.zeros(keys.size, np.int64)
            return nowhere, nowhere
        place = np.minimum(np.searchsorted(self.keys, keys), self.keys.size - 1)
        there = self.keys[place] == keys
        return np.where(there, self.offsets[place], 0), np.where(there, self.offsets[place + 1], 0)

    def between(self, keys: Longs, since: Longs, until: Longs) -> tuple[Longs, Longs]:
        """Where the rows from one moment to another, both included, begin and end."""
        low, high = self.span(keys)
        return first_beyond(self.times, low, high, since - 1), first_beyond(self.times, low, high, until)

    def first_from(self, keys: Longs, moments: Longs) -> Longs:
        """The place of the first row at a moment or after it; NONE where there is none."""
        low, high = self.span(keys)
        found = first_beyond(self.times, low, high, moments - 1)
        return np.where(found < high, found, NONE)

    def last_until(self, keys: Longs, moments: Longs) -> Longs:
        """The place of the last row at a moment or before it; NONE where there is none."""
        low, high = self.span(keys)
        found = first_beyond(self.times, low, high, moments) - 1
        return np.where(found >= low, found, NONE)

    def at(self, places: Longs, missing: int) -> Longs:
        """The moments at these places; `missing` at NONE."""
        return taken(self.times, places, missing)


def taken(values: Longs, places: Longs, missing: int) -> Longs:
    """The values at these places; `missing` at NONE."""
    if not values.size:
        return np.full(places.size, missing, np.int64)
    return np.where(places == NONE, missing, values[places])
