"""Units by name while the books are read: codes as they come up, put in order when all are known."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from noline.insight.credit.model import BASELINE, NOBODY
from noline.stores.walks.arrays import Longs

STORE, DEPOT = "store", "depot"
"""Kinds of units; every other unit is a channel and of a kind of its own name."""


def named(unit: str) -> str:
    """The name of a unit in the books: a channel or store called as the payee `baseline` is told apart from it."""
    return f"{BASELINE} (unit)" if unit == BASELINE else unit


class Names:
    """Names in the order in which they came up; a code is a place in it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Begin with some names."""
        self._codes: dict[str, int] = {}
        for name in names:
            self.code(name)

    def __iter__(self) -> Any:
        """The names."""
        return iter(self._codes)

    def code(self, name: str) -> int:
        """The code of a name, which is known from now on."""
        return self._codes.setdefault(named(name), len(self._codes))

    def codes(self, column: "pa.ChunkedArray[Any]") -> Longs:
        """The code of each text; NOBODY where there is none."""
        encoded = column.combine_chunks().dictionary_encode()
        known = np.array([self.code(name) for name in encoded.dictionary.to_pylist()] or [NOBODY], np.int64)
        places = longs(encoded.indices, NOBODY)
        return np.where(places < 0, NOBODY, known[places])

    def in_order(self) -> tuple[tuple[str, ...], Longs]:
        """The names in the order of the alphabet, and for each code its place there."""
        ordered = sorted(self._codes)
        places = {name: place for place, name in enumerate(ordered)}
        return tuple(ordered), np.array([places[name] for name in self._codes], np.int64)


def kinds_of(units: Iterable[str], stores: frozenset[str], channels: frozenset[str]) -> Mapping[str, str]:
    """The kind of each unit: a store that a message names, a channel that told one, else a depot."""
    stores, channels = frozenset(map(named, stores)), frozenset(map(named, channels))
    return {unit: STORE if unit in stores else unit if unit in channels else DEPOT for unit in units}


def longs(column: "pa.ChunkedArray[Any] | pa.Array[Any]", untold: int) -> Longs:
    """Whole numbers, `untold` where there is none."""
    whole = pc.cast(column, pa.int64())
    told = pc.fill_null(whole, untold) if whole.null_count else whole
    return np.asarray(told.to_numpy(zero_copy_only=False) if isinstance(told, pa.Array) else told.to_numpy(), np.int64)


def rows_of(column: Any, known: Any) -> Longs:
    """The place of each value among the known ones; NOBODY for a value that is none of them, and for no value."""
    options = pc.SetLookupOptions(value_set=known, skip_nulls=True)
    return longs(pc.call_function("index_in", [column], options), NOBODY)
