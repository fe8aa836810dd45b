"""The door of the stock: it listens to what moved and what was counted, and answers what lies where."""

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from noline.kernel.events import Digest, Fact, route_of
from noline.kernel.quantities import Units
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.stock import tables
from noline.truth.stock.model import (
    KINDS,
    ON_HAND,
    UNSELLABLE,
    VIRTUAL,
    Availability,
    Count,
    Entry,
    Evidence,
    Move,
    Place,
    counts_of,
    earliest,
    latest_count,
    ledger_at,
    moves_of,
)

_REMEMBERED_ROUTES = 65_536


class _Posting(NamedTuple):
    """What a batch of moves does to the ledger: rows to add, moves overruled, and what the cells feel."""

    added: list[Row]
    overruled: list[Row]
    felt: list[Row]


_ByDeed = dict[tuple[int, bytes, str], dict[Evidence, Move]]
"""Moves by routing key, deed and item, each under who told of it."""


class Stock:
    """The stock of one hub: a ledger, counts, and cells that follow from them."""

    name = "stock"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest
        self._route = lru_cache(_REMEMBERED_ROUTES)(self._route_afresh)

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold moves, counts, sales and returns; raises StockUnreadable or UnreadableUnits."""
        concerned = [fact for fact in facts if fact.kind in KINDS]
        moves = [move for fact in concerned for move in moves_of(fact)]
        counts = [count for fact in concerned for count in counts_of(fact)]
        if moves:
            self._post(tx, moves)
        if counts:
            self._count(tx, counts)

    def forget(self) -> None:
        """Nothing is remembered of the tables."""

    def availability(self, reader: Reader, sku: str) -> list[Availability]:
        """What each location has of an item, by location; empty when it never was anywhere."""
        shelves: dict[str, dict[str, Row]] = defaultdict(dict)
        for location, bucket, *cell in reader.rows(tables.CELLS_OF, (self._route(sku), sku)):
            shelves[location][bucket] = tuple(cell)
        nothing = (0, None)
        return [
            Availability(sku, location, *_shelf(cells.get(ON_HAND, nothing), cells.get(UNSELLABLE, nothing)))
            for location, cells in sorted(shelves.items())
        ]

    def moves(self, reader: Reader, sku: str, location: str) -> list[Entry]:
        """The ledger of an item at a location, oldest first, each line with the units on hand after it."""
        route = self._route(sku)
        moves = [_move(row, "") for row in reader.rows(tables.MOVES_AT, (route, sku, location, location))]
        counts = [_counted(row) for row in reader.rows(tables.COUNTS_AT, (route, sku, location))]
        return ledger_at(location, moves, counts)

    def cells(self, reader: Reader) -> dict[tuple[str, Place], Units]:
        """Every cell as it is kept: units by item and place."""
        return {(sku, Place(location, bucket)): units for sku, location, bucket, units in reader.rows(tables.CELLS)}

    def recounted(self, reader: Reader) -> dict[tuple[str, Place], Units]:
        """Every cell as it follows from the ledger and the counts; always equal to `cells`."""
        counts: dict[tuple[str, Place], list[Count]] = defaultdict(list)
        for row in reader.rows(tables.ALL_COUNTS):
            count = _counted(row)
            counts[count.sku, Place(count.location)].append(count)
        found = {cell: max(those, key=lambda one: one.evidence).units for cell, those in counts.items()}
        for sku, location, bucket, units in reader.rows(tables.CHANGES_AFTER_COUNTS):
            if location not in VIRTUAL:
                cell = (sku, Place(location, bucket))
                found[cell] = found.get(cell, 0) + units
        return found

    def _route_afresh(self, sku: str) -> int:
        return route_of(self._digest(f"sku:{sku}"))

    def _post(self, tx: Transaction, moves: list[Move]) -> None:
        told: _ByDeed = defaultdict(dict)
        for move in moves:
            told[self._route(move.sku), self._digest(f"deed:{move.deed}"), move.sku][move.evidence] = move
        known = _known(tx, told)
        posting = _Posting([], [], [])
        for where, tellings in told.items():
            _decide(posting, where[:2], known[where], tellings)
        tx.run_many(tables.KEEP_MOVE, posting.added)
        tx.run_many(tables.OVERRULE_MOVE, posting.overruled)
        tx.run_many(tables.CHANGE_CELL, posting.felt)

    def _count(self, tx: Transaction, counts: list[Count]) -> None:
        tx.run_many(tables.KEEP_COUNT, [(self._route(count.sku), *_count_row(count)) for count in counts])
        for sku, location in {(count.sku, count.location) for count in counts}:
            self._recount(tx, sku, location)

    def _recount(self, tx: Transaction, sku: str, location: str) -> None:
        """Set a cell to its last count and what moved since."""
        cell = (self._route(sku), sku, location)
        count = latest_count(_counted(row) for row in tx.rows(tables.LATEST_COUNTS, (*cell, *cell)))
        if count is None:
            return
        counted_at = count.evidence.occurred_at
        (change,) = tx.row(tables.CHANGE_SINCE, (location, location, *cell[:2], counted_at)) or (0,)
        tx.run(tables.SET_CELL, (*cell, ON_HAND, count.units + change, counted_at))


def _known(reader: Reader, told: _ByDeed) -> _ByDeed:
    """What is in the ledger of these deeds already."""
    found: _ByDeed = defaultdict(dict)
    for some in portions(list({where[:2] for where in told})):
        for route, deed, *row in reader.rows(tables.moves_of_deeds(len(some)), flat(some)):
            move = _move(tuple(row), "")
            found[route, deed, move.sku][move.evidence] = move
    return found


def _decide(
    posting: _Posting, where: tuple[int, bytes], known: dict[Evidence, Move], told: dict[Evidence, Move]
) -> None:
    """Which telling of a deed about one item stands, and what its rows and cells feel of that."""
    stood, stands = earliest(known.values()), earliest((told | known).values())
    for evidence, move in told.items():
        if evidence not in known:
            posting.added.append((*where, *_row(move, standing=move is stands)))
            posting.felt.extend(_felt(where[0], move, 1 if move is stands else 0))
    if stood is not None and stood is not stands:
        said = stood.evidence
        posting.overruled.append((*where, stood.sku, said.fact_route, said.message_id))
        posting.felt.extend(_felt(where[0], stood, -1))


def _shelf(on_hand: Row, unsellable: Row) -> Row:
    """Units on hand, units unsellable, and when on hand was counted."""
    return (on_hand[0], unsellable[0], on_hand[1])


def _felt(route: int, move: Move, sign: int) -> list[Row]:
    """What the cells feel of a move, or of taking it back (-1); 0 only makes them known."""
    at = move.evidence.occurred_at
    return [(route, move.sku, place.location, place.bucket, sign * units, at) for place, units in move.effects()]


def _row(move: Move, *, standing: bool) -> Row:
    said = move.evidence
    return (
        move.sku, said.fact_route, said.message_id, said.occurred_at, move.reason, said.document, said.actor,
        *move.source, *move.target, move.units, int(standing),
    )  # fmt: skip


def _move(row: Row, deed: str) -> Move:
    sku, fact_route, message_id, occurred_at, reason, document, actor, *places, units, _ = row
    evidence = Evidence(occurred_at, message_id, fact_route, document, actor)
    return Move(sku, units, Place(*places[:2]), Place(*places[2:]), reason, deed, evidence)


def _count_row(count: Count) -> Row:
    said = count.evidence
    return (
        count.sku, count.location, said.fact_route, said.message_id, said.occurred_at, said.document, said.actor,
        count.units,
    )  # fmt: skip


def _counted(row: Row) -> Count:
    sku, location, fact_route, message_id, occurred_at, document, actor, units = row
    return Count(sku, location, units, Evidence(occurred_at, message_id, fact_route, document, actor))
