"""What can be promised, from memory: the cells of items that were asked for, compact, and right at every question.

Each question looks in one snapshot of the store what moved since the last one, and reads those items anew; so what it
answers is what the tables say in that snapshot, whichever process wrote, and no half transaction is ever seen. Nothing
is decided from here: a promise is decided over figures read in its own transaction.
"""

import threading
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.quantities import Units
from noline.stores.portions import portions
from noline.stores.transactional import Reader, Row, TransactionalStore
from noline.truth.stock.model import BUCKETS, UNSOURCED
from noline.truth.stock.policies import Policy
from noline.truth.stock.service import Stock

_NEVER: Micros = -(2**63)
_NOBODY_RAN_OUT: Mapping[str, Units] = {}

Numbers = Sequence[int]


class Shelf(NamedTuple):
    """An item at all its locations: each sequence has one value a location. free: what may be promised.

    counted_at: the last count that on hand rests on; None where nobody counted.
    """

    sku: str
    locations: tuple[str, ...]
    on_hand: Numbers
    unsellable: Numbers
    held: Numbers
    allocated: Numbers
    incoming: Numbers
    safety: Numbers
    counted_at: Sequence[Micros | None]
    free: Numbers


class Looked(NamedTuple):
    """Some items as one snapshot has them, with the rules that were set for them; answers what a channel may have."""

    shelves: dict[str, Shelf]
    rules: Mapping[str, Mapping[str, Policy]]
    stock: Stock

    def everywhere(self, sku: str) -> Mapping[str, Units]:
        """Units that may still be promised at every location that has, or had, the item."""
        shelf = self.shelves[sku]
        return {name: units for name, units in zip(shelf.locations, shelf.free, strict=True) if name != UNSOURCED}

    def unsourced(self, sku: str) -> Units:
        """Units of orders that no location has taken yet."""
        shelf = self.shelves[sku]
        return -shelf.free[shelf.locations.index(UNSOURCED)] if UNSOURCED in shelf.locations else 0

    def policy(self, sku: str, channel: str) -> Policy:
        """The rule of an item in a channel."""
        return self.stock.settings.policy(self.rules.get(sku, {}), channel)

    def serves(self, location: str, channel: str) -> bool:
        """Whether a location may serve a channel."""
        return self.stock.settings.serves(location, channel)


class _Places(NamedTuple):
    """Locations that items have in common, and what is kept back there where no rule of an item says otherwise."""

    names: tuple[str, ...]
    safety: Numbers


class _Cells(NamedTuple):
    """One item: its buckets one after the other, each with a number for each place. counted: None when nobody did."""

    places: _Places
    units: "array[int]"
    counted: "array[int] | None"


class ShelvesInMemory:
    """The shelves of one hub."""

    def __init__(self, store: TransactionalStore, stock: Stock) -> None:
        """Nothing is read yet."""
        self._store = store
        self._stock = stock
        self._one_at_a_time = threading.Lock()
        self._items: dict[str, _Cells] = {}
        self._rules: dict[str, dict[str, Policy]] = defaultdict(dict)
        self._places: dict[tuple[str, ...], _Places] = {}
        self._seen = self._ruled = 0

    def look(self, items: Sequence[str], now: Micros) -> Looked:
        """These items as they stand; holds whose time has run out by now hold nothing any more."""
        # Snapshots begin in the order of this lock, so that none of them can be older than what is remembered.
        with self._one_at_a_time, self._store.reading() as reader:
            self._catch_up(reader)
            self._read(reader, items)
            ran_out = self._stock.ran_out(reader, now)
            shelves = {sku: self._shelf(sku, ran_out.get(sku, _NOBODY_RAN_OUT)) for sku in items}
            return Looked(shelves, {sku: self._rules[sku] for sku in items if sku in self._rules}, self._stock)

    def fill(self) -> int:
        """Read every item there is; answers how many there are."""
        with self._one_at_a_time, self._store.reading() as reader:
            self._catch_up(reader)
            after: str | None = None
            while found := self._stock.items_after(reader, after):
                self._read(reader, found)
                after = found[-1]
        return len(self._items)

    # -- inside

    def _catch_up(self, reader: Reader) -> None:
        """Let go of what moved since the last snapshot."""
        moved, last = self._stock.items_moved_after(reader, self._seen)
        for sku in moved:
            self._items.pop(sku, None)
        self._seen = last
        for sku, channel, policy, seq in self._stock.rules_after(reader, self._ruled):
            self._rules[sku][channel] = policy
            self._ruled = seq

    def _read(self, reader: Reader, items: Iterable[str]) -> None:
        missing = list(dict.fromkeys(sku for sku in items if sku not in self._items))
        for some in portions(missing):
            rows: dict[str, list[Row]] = defaultdict(list)
            for sku, *row in self._stock.cells_of(reader, some):
                rows[sku].append(tuple(row))
            self._items.update((sku, self._compact(cells)) for sku, cells in rows.items())

    def _compact(self, cells: list[Row]) -> _Cells:
        """Cells of one item, lots and owners added up."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
        counted: dict[str, Micros] = {}
        for location, _, _, *units, counted_at in cells:
            sums[location] = [have + more for have, more in zip(sums[location], units, strict=True)]
            if counted_at is not None:
                counted[location] = max(counted.get(location, _NEVER), counted_at)
        names = tuple(sorted(sums))
        units = [sums[name][bucket] for bucket in range(len(BUCKETS)) for name in names]
        times = array("q", [counted.get(name, _NEVER) for name in names]) if counted else None
        return _Cells(self._same(names), _narrow(units), times)

    def _same(self, names: tuple[str, ...]) -> _Places:
        """Many items lie at the same locations, which are kept once."""
        if names not in self._places:
            safety = [self._safety({}, name) for name in names]
            self._places[names] = _Places(names, safety)
        return self._places[names]

    def _shelf(self, sku: str, ran_out: Mapping[str, Units]) -> Shelf:
        cells = self._items.get(sku)
        if cells is None:
            return Shelf(sku, (), (), (), (), (), (), (), (), ())
        (names, safety), units, counted = cells
        count = len(names)
        on_hand, unsellable, held, allocated, incoming = (
            units[bucket * count : (bucket + 1) * count] for bucket in range(len(BUCKETS))
        )
        if ran_out:
            held = [claimed - ran_out.get(name, 0) for name, claimed in zip(names, held, strict=True)]
        if sku in self._rules:
            safety = [self._safety(self._rules[sku], name) for name in names]
        free = [
            there - carts - orders - kept
            for there, carts, orders, kept in zip(on_hand, held, allocated, safety, strict=True)
        ]
        times = [None if at == _NEVER else at for at in counted] if counted else [None] * count
        return Shelf(sku, names, on_hand, unsellable, held, allocated, incoming, safety, times, free)

    def _safety(self, rules: Mapping[str, Policy], location: str) -> Units:
        return 0 if location == UNSOURCED else self._stock.settings.safety(rules, location)


def _narrow(units: list[int]) -> "array[int]":
    """The smallest numbers that hold these."""
    for code in "bhi":
        try:
            return array(code, units)
        except OverflowError:
            continue
    return array("q", units)
