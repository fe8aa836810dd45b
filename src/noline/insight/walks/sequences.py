"""Sequences of visits as numbers, told in words only when they are read.

A hundred thousand different sequences are counted in no time; naming them all takes longer than everything else.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np

from noline.insight.walks.model import Sequence
from noline.stores.walks.arrays import Codes, Longs
from noline.stores.walks.store import WalkStore

LONGEST = 5
"""How many visits of a journey a sequence shows, the lost one included."""

_NUMBER = 64


def kinds_of(store: WalkStore) -> list[str]:
    """What a visit of a sequence may be: a channel and its last action, by channel * actions + action."""
    return [f"{channel}/{action}" for channel in store.channels.names for action in store.actions.names]


def packs(store: WalkStore) -> bool:
    """Whether every sequence of these channels and actions is a number of 64 bits."""
    return bits_of(store) * LONGEST <= _NUMBER


def packed(store: WalkStore, steps: Longs) -> Codes:
    """Sequences as numbers: `bits_of` for each visit, the last one lowest; 0 before the first.

    steps: a row of LONGEST kinds for each, -1 before the first.
    """
    bits = np.uint64(bits_of(store))
    found = np.zeros(steps.shape[0], np.uint64)
    for column in steps.T:
        found = found << bits | (column + 1).astype(np.uint64)
    return found


def bits_of(store: WalkStore) -> int:
    """How many bits of a sequence's number tell one of its visits; 1 at least."""
    return max(1, (len(store.channels.names) * len(store.actions.names)).bit_length())


class Packed(Mapping[Sequence, int]):
    """How often each sequence stands there, by the sequence; equal to a dictionary that says the same."""

    def __init__(self, numbers: Codes, counts: Longs, kinds: list[str]) -> None:
        """Take sequences as `packed` tells them, each once."""
        self._numbers = numbers
        self._counts = counts
        self._kinds = kinds

    @classmethod
    def of(cls, store: WalkStore, numbers: Codes, counts: Longs) -> "Packed":
        """Sequences of a store's visits."""
        return cls(numbers, counts, kinds_of(store))

    def __getitem__(self, key: Sequence) -> int:
        """How often a sequence stands there. Raises KeyError."""
        return self._told[key]

    def __iter__(self) -> Iterator[Sequence]:
        """Every sequence."""
        return iter(self._told)

    def __len__(self) -> int:
        """How many different ones there are."""
        return self._numbers.size

    def top(self, most: int) -> list[tuple[Sequence, int]]:
        """The most frequent; of equally frequent ones the first by name."""
        if most < 1 or not len(self):
            return []
        found = self._named(np.flatnonzero(self._counts >= self._least_of(min(most, len(self)))))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:most]

    def _least_of(self, rank: int) -> int:
        """How often the sequence of this rank, from 1, stands there.

        Most sequences stand there once: they are left out before the few others are put in order.
        """
        left, least = self._counts, 2
        while (more := left[left >= least]).size >= rank:
            left, least = more, 2 * least
        return int(np.sort(left)[-rank])

    @cached_property
    def _told(self) -> dict[Sequence, int]:
        return self._named(np.arange(self._numbers.size))

    def _named(self, rows: Longs) -> dict[Sequence, int]:
        bits = np.uint64(max(1, len(self._kinds).bit_length()))
        whole = (np.uint64(1) << bits) - np.uint64(1)
        left = self._numbers[rows]
        columns: list[list[int]] = []
        for _ in range(LONGEST):
            columns.append((left & whole).tolist())
            left = left >> bits
        names = ["", *self._kinds]
        counts = self._counts[rows].tolist()
        return {
            tuple(names[kind] for kind in reversed(kinds) if kind): count
            for kinds, count in zip(zip(*columns, strict=True), counts, strict=True)
        }
