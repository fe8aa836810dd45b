"""Cells beside what they are sums of: for those who check whether the ledger, the counts and the cells agree."""

from collections import defaultdict
from typing import NamedTuple, TypeAlias

from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Row
from noline.truth.stock import tables
from noline.truth.stock.model import BUCKETS, Count, Evidence, Place

Key: TypeAlias = tuple[str, Place, str, str]
"""A bucket of a cell: item, place, lot, owner."""


class Astray(NamedTuple):
    """A bucket of a cell that is not what moves and counts make it. kept: as it is; follows: as it must be."""

    sku: str
    place: Place
    lot: str
    owner: str
    kept: Units
    follows: Units


def kept(reader: Reader, route: int | None = None) -> dict[Key, Units]:
    """Every bucket as the cells have it, zeros left out. route: only of items with this routing key."""
    return {
        (sku, Place(location, bucket), lot, owner): units
        for sku, location, lot, owner, *cell, _ in _asked(reader, tables.CELLS, tables.CELLS_OF_ROUTE, route)
        for bucket, units in zip(BUCKETS, cell, strict=True)
        if units
    }


def followed(reader: Reader, route: int | None = None) -> dict[Key, Units]:
    """Every bucket as it follows from the ledger and the counts, zeros left out."""
    counts: dict[Key, list[Count]] = defaultdict(list)
    for row in _asked(reader, tables.ALL_COUNTS, tables.COUNTS_OF_ROUTE, route):
        count = read_count(row)
        counts[count.sku, Place(count.location), count.lot, count.owner].append(count)
    found = {cell: max(those, key=lambda one: one.evidence).units for cell, those in counts.items()}
    changes = _asked(reader, tables.CHANGES_AFTER_COUNTS, tables.CHANGES_AFTER_COUNTS_OF_ROUTE, route)
    for sku, location, lot, owner, bucket, units in changes:
        cell = (sku, Place(location, bucket), lot, owner)
        found[cell] = found.get(cell, 0) + units
    return {cell: units for cell, units in found.items() if units}


def astray(reader: Reader, most_items: int) -> list[Astray]:
    """Where `kept` and `followed` differ, of at most so many items.

    The store itself compares, item by item, so that no cell that is right leaves it.
    """
    found: list[Astray] = []
    for (route,) in reader.rows(tables.ROUTES_ASTRAY, (most_items,)):
        have, must = kept(reader, route), followed(reader, route)
        differing = sorted(key for key in have.keys() | must.keys() if have.get(key, 0) != must.get(key, 0))
        found += [Astray(*key, have.get(key, 0), must.get(key, 0)) for key in differing]
    return found


def read_count(row: Row) -> Count:
    """A count as the table keeps it."""
    sku, location, lot, owner, fact_route, message_id, seq, occurred_at, document, actor, units = row
    return Count(sku, location, units, Evidence(occurred_at, message_id, fact_route, document, actor, seq), lot, owner)


def _asked(reader: Reader, of_all: str, of_route: str, route: int | None) -> list[Row]:
    """A question about everything, or the same about one routing key, which it names at each of its places."""
    return reader.rows(of_all) if route is None else reader.rows(of_route, [route] * of_route.count("?"))
