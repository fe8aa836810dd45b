"""Goods that move: every change of stock is one move from a place to a place, so nothing appears or vanishes unsaid.

A place is a bucket at a location. Beside the real locations there are some that are not: the supplier goods come from,
the customer they go to, shrink for what is lost or found, count for what a recount corrected, and demand, from which a
claim on goods comes and to which it returns. A count is absolute: what lies on a shelf is what was last counted there
plus the moves after that instant.

A claim does not move goods: units that are held or allocated still lie on hand until somebody hands them over. Nobody
sells from on hand; everybody sells from `available`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.quantities import Units

SUPPLIER, CUSTOMER, SHRINK, COUNT, DEMAND = "supplier", "customer", "shrink", "count", "demand"
VIRTUAL = frozenset({SUPPLIER, CUSTOMER, SHRINK, COUNT, DEMAND})
"""Locations without shelves; no real location may have such a name."""

UNSOURCED = "unsourced"
"""Where the claim of an order stands that no location has taken yet. It has cells and no goods."""

ON_HAND, UNSELLABLE, HELD, ALLOCATED, INCOMING = "on_hand", "unsellable", "held", "allocated", "incoming"
SHELVED = frozenset({ON_HAND, UNSELLABLE})
"""Where at a location goods lie: ready to be sold, or damaged, on display, in quality control. A unit is in one."""

BUCKETS = (ON_HAND, UNSELLABLE, HELD, ALLOCATED, INCOMING)
"""Every bucket of a cell: what lies there, what is claimed (held in a cart, allocated to an order), what is coming."""


class StockUnreadable(NotReadable):
    """A move or a count that cannot be understood."""

    code = "stock.unreadable"
    sentence = "{kind} cannot be taken into the stock: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class Place(NamedTuple):
    """A bucket at a location."""

    location: str
    bucket: str = ON_HAND


class Evidence(NamedTuple):
    """Which fact said so, and who. Orders itself by time, then message. seq: where it stands in the log."""

    occurred_at: Micros
    message_id: str
    fact_route: int
    document: str
    actor: str
    seq: int = 0


class Move(msgspec.Struct, frozen=True, gc=False):
    """Units of one item that went from one place to another.

    deed: what happened, in one word for all who tell of it: the same order told twice leaves the shelf once.
    lot, owner: which batch of production and whose goods, where somebody keeps them apart.
    """

    sku: str
    units: Units
    source: Place
    target: Place
    reason: str
    deed: str
    evidence: Evidence
    lot: str = ""
    owner: str = ""

    def effects(self) -> Iterator[tuple[Place, Units]]:
        """The real places that change, each with its change."""
        if self.source.location not in VIRTUAL:
            yield self.source, -self.units
        if self.target.location not in VIRTUAL:
            yield self.target, self.units


@dataclass(frozen=True, slots=True)
class Count:
    """Units of one item that were counted ready for sale at a location."""

    sku: str
    location: str
    units: Units
    evidence: Evidence
    lot: str = ""
    owner: str = ""


class Availability(msgspec.Struct, frozen=True, gc=False):
    """What a location has of an item, over all lots and owners, and what it can promise.

    held: by carts whose time has not run out. safety: units that are never promised. counted_at: the last count that
    on_hand rests on.
    """

    sku: str
    location: str
    on_hand: Units
    unsellable: Units = 0
    held: Units = 0
    allocated: Units = 0
    incoming: Units = 0
    safety: Units = 0
    counted_at: Micros | None = None

    @property
    def free(self) -> Units:
        """On hand less every claim; below zero when more is promised, or was sold, than is there."""
        return self.on_hand - self.held - self.allocated - self.safety

    @property
    def available(self) -> Units:
        """What may be promised."""
        return max(0, self.free)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger as seen from one location. change, on_hand_after: units ready for sale there."""

    evidence: Evidence
    reason: str
    units: Units
    source: Place
    target: Place
    change: Units
    on_hand_after: Units


class Supply(NamedTuple):
    """Units on their way to a location by one document. due_at: None when nobody said."""

    sku: str
    location: str
    document: str
    units: Units
    due_at: Micros | None


def earliest(moves: Iterable[Move]) -> Move | None:
    """Of several tellings of one deed the one that stands, or None when there is none."""
    return min(moves, key=lambda one: one.evidence, default=None)


def latest_count(counts: Iterable[Count]) -> Count | None:
    """The count that on_hand rests on, or None."""
    return max(counts, key=lambda one: one.evidence, default=None)


def ledger_at(location: str, moves: Iterable[Move], counts: Iterable[Count]) -> list[Entry]:
    """The ledger of one item at one location, oldest first, with the units on hand after each line.

    A count stands as a move between the location and `count`. What
    moved in the very instant of a count is in the count.
    """
    told: list[tuple[Micros, bool, int, Evidence, Move | Count]] = []
    told += [(move.evidence.occurred_at, False, move.evidence.seq, move.evidence, move) for move in moves]
    told += [(count.evidence.occurred_at, True, count.evidence.seq, count.evidence, count) for count in counts]
    entries: list[Entry] = []
    on_hand: dict[tuple[str, str], int] = {}
    for *_, evidence, line in sorted(told, key=lambda one: one[:4]):
        pile = (line.lot, line.owner)
        move = _correction(line, on_hand.get(pile, 0)) if isinstance(line, Count) else line
        change = sum(units for place, units in move.effects() if place == Place(location))
        on_hand[pile] = on_hand.get(pile, 0) + change
        entries.append(
            Entry(evidence, move.reason, move.units, move.source, move.target, change, sum(on_hand.values())),
        )
    return entries


def _correction(count: Count, on_hand: Units) -> Move:
    """The move that a count amounts to."""
    missing = on_hand - count.units
    shelf, elsewhere = Place(count.location), Place(COUNT)
    source, target = (shelf, elsewhere) if missing > 0 else (elsewhere, shelf)
    return Move(count.sku, abs(missing), source, target, "counted", "", count.evidence, count.lot, count.owner)
