"""What channels tell of goods: deliveries, moves, corrections, counts, sales and returns, as moves and counts."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NoReturn

from noline.kernel.events import Fact, Json
from noline.kernel.quantities import Units, to_units
from noline.stores.access import OURS
from noline.truth.stock.model import (
    CUSTOMER,
    ON_HAND,
    SHELVED,
    SHRINK,
    SUPPLIER,
    VIRTUAL,
    Count,
    Evidence,
    Move,
    Place,
    StockUnreadable,
)

_NAME_CHARACTERS = 200
_MOST_UNITS = 10**9


def moves_of(fact: Fact) -> list[Move]:
    """What a fact moved; raises StockUnreadable or UnreadableUnits."""
    reader = _MOVERS.get(fact.kind)
    return reader(fact) if reader else []


def counts_of(fact: Fact) -> list[Count]:
    """What a fact counted; raises StockUnreadable or UnreadableUnits."""
    if fact.kind != "Stock Counted":
        return []
    location = location_of(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    evidence = _evidence(fact, fact.text("document", "count_id"))
    lot, owner = _lot_and_owner(fact)
    return [Count(sku, location, units, evidence, lot, owner) for sku, units in units_of(fact).items()]


def _received(fact: Fact) -> list[Move]:
    location = location_of(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    return _moves(fact, units_of(fact), Place(SUPPLIER), Place(location), "received")


def _moved(fact: Fact) -> list[Move]:
    here = location_of(fact, "location", "location_id", "store_id")
    source = location_of(fact, "from_location", "from") or here or _missing(fact, "from_location")
    target = location_of(fact, "to_location", "to") or here or _missing(fact, "to_location")
    source_place, target_place = Place(source, _bucket(fact, "from_bucket")), Place(target, _bucket(fact, "to_bucket"))
    if source_place == target_place:
        raise StockUnreadable(kind=fact.kind, why="it goes from a place to the same place")
    return _moves(fact, units_of(fact), source_place, target_place, fact.text("reason") or "moved")


def _adjusted(fact: Fact) -> list[Move]:
    location = location_of(fact, "location", "location_id", "store_id") or _missing(fact, "location")
    shelf, shrink = Place(location, _bucket(fact, "bucket")), Place(SHRINK)
    reason = fact.text("reason") or "adjusted"
    change = units_of(fact, signed=True)
    found = {sku: units for sku, units in change.items() if units > 0}
    lost = {sku: -units for sku, units in change.items() if units < 0}
    return _moves(fact, found, shrink, shelf, reason) + _moves(fact, lost, shelf, shrink, reason)


def _sold(fact: Fact) -> list[Move]:
    """A sale leaves the shelf that fulfils it; without one it waits until somebody says which.

    What the hub tells of an order that it runs itself moves nothing: that stands in the ledger as postings.
    """
    if fact.source == OURS.name:
        return []
    location = location_of(fact, "fulfilment_location", "location")
    if location is None and fact.channel == "store":
        location = location_of(fact, "store_id", told_in_context=True)
    if location is None:
        return []
    order_id = fact.text("order_id") or _missing(fact, "order_id")
    units = units_of(fact, default=1)
    return _moves(fact, units, Place(location), Place(CUSTOMER), "sold", document=order_id, deed=f"sold:{order_id}")


def _returned(fact: Fact) -> list[Move]:
    if fact.source == OURS.name:
        return []
    location = location_of(fact, "location", "store_id", told_in_context=True)
    if location is None:
        return []
    return_id = fact.text("return_id")
    return _moves(
        fact,
        units_of(fact, default=1),
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

TOLD_KINDS = frozenset({*_MOVERS, "Stock Counted"})
"""What channels tell of goods."""


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
    lot, owner = _lot_and_owner(fact)
    return [
        Move(sku, units, source, target, reason, deed, evidence, lot, owner)
        for sku, units in units_by_sku.items()
        if units
    ]


def _evidence(fact: Fact, document: str | None) -> Evidence:
    actor = fact.context.associate_id or fact.source
    return Evidence(fact.occurred_at, fact.message_id, fact.route_key, document or "", actor, fact.seq)


def _lot_and_owner(fact: Fact) -> tuple[str, str]:
    """Which batch of production the goods are of, and whose they are; empty where nobody keeps them apart."""
    lot, owner = fact.text("lot") or "", fact.text("owner") or ""
    if len(lot) > _NAME_CHARACTERS or len(owner) > _NAME_CHARACTERS:
        raise StockUnreadable(kind=fact.kind, why="its lot or owner is too long")
    return lot, owner


def location_of(fact: Fact, *names: str, told_in_context: bool = False) -> str | None:
    """The first of these properties, else the store of the context where that says the place."""
    location = fact.text(*names) or (fact.context.store_id if told_in_context else None)
    if not location:
        return None
    if location in VIRTUAL or len(location) > _NAME_CHARACTERS:
        raise StockUnreadable(kind=fact.kind, why=f"{location[:_NAME_CHARACTERS]!r} cannot be a location")
    return location


def _bucket(fact: Fact, name: str) -> str:
    bucket = fact.text(name) or ON_HAND
    if bucket not in SHELVED:
        raise StockUnreadable(kind=fact.kind, why=f"{name} is {bucket!r}, not one of {', '.join(sorted(SHELVED))}")
    return bucket


def units_of(fact: Fact, *, signed: bool = False, default: Units | None = None) -> dict[str, Units]:
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
