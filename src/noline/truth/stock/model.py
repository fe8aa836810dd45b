"""Goods that move: every change of stock is one move from a place to a place, so nothing appears or vanishes unsaid.

A place is a bucket at a location. Beside the real locations there are four that are not: the supplier goods come from,
the customer they go to, shrink for what is lost or found, and count for what a recount corrected. A count is absolute:
what lies on a shelf is what was last counted there plus the moves after that instant.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, NoReturn

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact, Json
from noline.kernel.quantities import Units, to_units

SUPPLIER, CUSTOMER, SHRINK, COUNT = "supplier", "customer", "shrink", "count"
VIRTUAL = frozenset({SUPPLIER, CUSTOMER, SHRINK, COUNT})
"""Locations without shelves; no real location may have such a name."""

ON_HAND, UNSELLABLE = "on_hand", "unsellable"
BUCKETS = frozenset({ON_HAND, UNSELLABLE})
"""Where at a location: ready to be sold, or damaged, on display, in quality control. A unit is in one of them."""

_NAME_CHARACTERS = 200
_MOST_UNITS = 10**9


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
    """Which fact said so, and who. Orders itself by time, then message."""

    occurred_at: Micros
    message_id: str
    fact_route: int
    document: str
    actor: str


class Move(msgspec.Struct, frozen=True, gc=False):
    """Units of one item that went from one place to another.

    deed: what happened, in one word for all who tell of it: the same order told twice leaves the shelf once.
    """

    sku: str
    units: Units
    source: Place
    target: Place
    reason: str
    deed: str
    evidence: Evidence

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


@dataclass(frozen=True, slots=True)
class Availability:
    """What a location can promise of an item. counted_at: the last count that on_hand rests on."""

    sku: str
    location: str
    on_hand: Units
    unsellable: Units
    counted_at: Micros | None

    @property
    def available(self) -> Units:
        """What may be sold; never below zero, though on_hand is when more was sold than was known."""
        return max(0, self.on_hand)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger as seen from one location. change, on_hand_after: units ready for sale there."""

    evidence: Evidence
    reason: str
    source: Place
    target: Place
    change: Units
    on_hand_after: Units


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
    told: list[tuple[Micros, bool, Evidence, Move | Count]] = []
    told += [(move.evidence.occurred_at, False, move.evidence, move) for move in moves]
    told += [(count.evidence.occurred_at, True, count.evidence, count) for count in counts]
    entries: list[Entry] = []
    on_hand = 0
    for _, _, evidence, line in sorted(told, key=lambda one: one[:3]):
        move = _correction(line, on_hand) if isinstance(line, Count) else line
        change = sum(units for place, units in move.effects() if place == Place(location))
        on_hand += change
        entries.append(
            Entry(evidence, move.reason, move.source, move.target, change, on_hand),
        )
    return entries


def _correction(count: Count, on_hand: Units) -> Move:
    """The move that a count amounts to."""
    missing = on_hand - count.units
    shelf, elsewhere = Place(count.location), Place(COUNT)
    source, target = (shelf, elsewhere) if missing > 0 else (elsewhere, shelf)
    return Move(count.sku, abs(missing), source, target, "counted", "", count.evidence)


def moves_of(fact: Fact) -> list[Move]:
    """What a fact moved; raises StockUnreadable or UnreadableUnits."""
    reader = _MOVERS.get(fact.kind)
    return reader(fact) if reader else []


def counts_of(fact: Fact) -> list[Count]:
    """What a fact counted; raises StockUnreadable or UnreadableUnits."""
    if fact.kind != "Stock Counted":
        return []
    location = _location(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    evidence = _evidence(fact, fact.text("document", "count_id"))
    return [Count(sku, location, units, evidence) for sku, units in _units(fact).items()]


def _received(fact: Fact) -> list[Move]:
    location = _location(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    return _moves(fact, _units(fact), Place(SUPPLIER), Place(location), "received")


def _moved(fact: Fact) -> list[Move]:
    here = _location(fact, "location", "location_id", "store_id")
    source = _location(fact, "from_location", "from") or here or _missing(fact, "from_location")
    target = _location(fact, "to_location", "to") or here or _missing(fact, "to_location")
    source_place, target_place = Place(source, _bucket(fact, "from_bucket")), Place(target, _bucket(fact, "to_bucket"))
    if source_place == target_place:
        raise StockUnreadable(kind=fact.kind, why="it goes from a place to the same place")
    return _moves(fact, _units(fact), source_place, target_place, fact.text("reason") or "moved")


def _adjusted(fact: Fact) -> list[Move]:
    location = _location(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    shelf, shrink = Place(location, _bucket(fact, "bucket")), Place(SHRINK)
    reason = fact.text("reason") or "adjusted"
    change = _units(fact, signed=True)
    found = {sku: units for sku, units in change.items() if units > 0}
    lost = {sku: -units for sku, units in change.items() if units < 0}
    return _moves(fact, found, shrink, shelf, reason) + _moves(fact, lost, shelf, shrink, reason)


def _sold(fact: Fact) -> list[Move]:
    """A sale leaves the shelf that fulfils it; without one it waits until somebody says which."""
    location = _location(fact, "fulfilment_location", "location")
    if location is None and fact.channel == "store":
        location = _location(fact, "store_id", told_in_context=True)
    if location is None:
        return []
    order_id = fact.text("order_id") or _missing(fact, "order_id")
    units = _units(fact, default=1)
    return _moves(fact, units, Place(location), Place(CUSTOMER), "sold", document=order_id, deed=f"sold:{order_id}")


def _returned(fact: Fact) -> list[Move]:
    location = _location(fact, "location", "store_id", told_in_context=True)
    if location is None:
        return []
    return_id = fact.text("return_id")
    return _moves(
        fact,
        _units(fact, default=1),
        Place(CUSTOMER),
        Place(location, _bucket(fact, "to_bucket")),
        "returned",
        document=return_id or fact.text("order_id"),
        deed=f"returned:{return_id}" if return_id else None,
    )


_MOVERS: Mapping[str, Callable[[Fact], list[Move]]] = {
    "Stock Received": _received,
    "Stock Moved": _moved,
    "Stock Adjusted": _adjusted,
    "Order Completed": _sold,
    "Return Accepted": _returned,
}

KINDS = frozenset({*_MOVERS, "Stock Counted"})
"""The words this room listens to."""


def _moves(
    fact: Fact,
    units_by_sku: Mapping[str, Units],
    source: Place,
    target: Place,
    reason: str,
    *,
    document: str | None = None,
    deed: str | None = None,
) -> list[Move]:
    evidence = _evidence(fact, document or fact.text("document", "order_id"))
    deed = deed or f"message:{fact.route_key}:{fact.message_id}"
    return [Move(sku, units, source, target, reason, deed, evidence) for sku, units in units_by_sku.items() if units]


def _evidence(fact: Fact, document: str | None) -> Evidence:
    actor = fact.context.associate_id or fact.source
    return Evidence(fact.occurred_at, fact.message_id, fact.route_key, document or "", actor)


def _location(fact: Fact, *names: str, told_in_context: bool = False) -> str | None:
    """The first of these properties, else the store of the context where that says the place."""
    location = fact.text(*names) or (fact.context.store_id if told_in_context else None)
    if not location:
        return None
    if location in VIRTUAL or len(location) > _NAME_CHARACTERS:
        raise StockUnreadable(kind=fact.kind, why=f"{location[:_NAME_CHARACTERS]!r} cannot be a location")
    return location


def _bucket(fact: Fact, name: str) -> str:
    bucket = fact.text(name) or ON_HAND
    if bucket not in BUCKETS:
        raise StockUnreadable(kind=fact.kind, why=f"{name} is {bucket!r}, not one of {', '.join(sorted(BUCKETS))}")
    return bucket


def _units(fact: Fact, *, signed: bool = False, default: Units | None = None) -> dict[str, Units]:
    """Units per SKU. default: what a line means that names no quantity; None when it must."""
    units: Counter[str] = Counter()
    for line in _lines(fact):
        sku = line.get("sku") or line.get("product_id")
        if not isinstance(sku, (str, int)) or len(str(sku)) > _NAME_CHARACTERS:
            raise StockUnreadable(kind=fact.kind, why="a line has no sku, or one that is too long")
        said = _said_units(line, default)
        if said is None:
            _missing(fact, "quantity")
        number = to_units(said)
        if (number < 0 and not signed) or abs(number) > _MOST_UNITS:
            raise StockUnreadable(kind=fact.kind, why=f"{number} units of {sku}")
        units[str(sku)] += number
    return units


def _said_units(line: Json, default: Units | None) -> object:
    for name in ("quantity", "units", "delta"):
        said = line.get(name)
        if said is not None:
            return said
    return default


def _lines(fact: Fact) -> list[Json]:
    """The products of a fact, or the fact itself when it is about one item."""
    products = fact.properties.get("products")
    if products is None:
        return [fact.properties] if fact.kind.startswith("Stock ") or fact.text("sku") else []
    if not isinstance(products, list) or not all(isinstance(line, dict) for line in products):
        raise StockUnreadable(kind=fact.kind, why="products is no list of objects")
    return products


def _missing(fact: Fact, what: str) -> NoReturn:
    raise StockUnreadable(kind=fact.kind, why=f"it has no {what}")
