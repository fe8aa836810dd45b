"""The door of the stock: it listens to what moved, was counted and was promised, and answers what lies where."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Literal, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, Json, route_of
from noline.kernel.quantities import Units
from noline.stores.inserting import insert
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.stock import recount, tables
from noline.truth.stock.cells import Cells, Effects, Pile
from noline.truth.stock.decided import (
    DECIDED_KINDS,
    ENDED,
    EXTENDED,
    HELD_NOW,
    POLICY_SET,
    POSTED,
    Claim,
    Hold,
    moves_decided,
    postings_of,
)
from noline.truth.stock.model import (
    BUCKETS,
    INCOMING,
    VIRTUAL,
    Availability,
    Count,
    Entry,
    Evidence,
    Move,
    Place,
    Supply,
    earliest,
    latest_count,
    ledger_at,
)
from noline.truth.stock.policies import Policy, StockSettings, policy_told
from noline.truth.stock.recount import read_count
from noline.truth.stock.told import TOLD_KINDS, counts_of, moves_of

_REMEMBERED_ROUTES = 65_536
_FIRST_ROUTE = -(2**63)
_EVER: Micros = -(2**62)
_REMEMBERED_MOMENTS = 1_024
_MOMENT_OF_HOLD = len("hold-") + 9
"""The characters of a hold's name that all of one moment (65 ms) have in common."""

_place_in_ledger = Struct(">QI").pack
"""Stands for the name of a deed of ours: nobody else tells of it, so its place in the log will do, in order."""

_as_json = msgspec.json.Encoder().encode
_read_lines = msgspec.json.Decoder(tuple[Claim, ...]).decode

KINDS = TOLD_KINDS | DECIDED_KINDS
"""The words this room listens to."""


class _Posting(NamedTuple):
    """What a batch of moves does to the ledger: rows to add, moves overruled, and what the cells feel."""

    added: list[Row]
    overruled: list[Row]
    felt: Effects


_ByDeed = dict[tuple[int, bytes, str], dict[Evidence, Move]]
"""Moves by routing key, deed and item, each under who told of it."""


class Stock:
    """The stock of one hub: a ledger, counts, holds, and cells that follow from them."""

    name = "stock"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, settings: StockSettings | None = None) -> None:
        """digest: the hub's keyed hash. settings: the `[stock]` table of noline.toml."""
        self.settings = settings or StockSettings()
        self._digest = digest
        self._route = lru_cache(_REMEMBERED_ROUTES)(self._route_afresh)
        self._moment = lru_cache(_REMEMBERED_MOMENTS)(self._moment_afresh)
        self._cells = Cells()

    # -- what is folded

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold moves, counts, sales, returns and what the hub decided; raises StockUnreadable or UnreadableUnits."""
        told = [fact for fact in facts if fact.kind in TOLD_KINDS]
        decided = [fact for fact in facts if fact.kind in DECIDED_KINDS]
        moves = [move for fact in told for move in moves_of(fact)]
        counts = [count for fact in told for count in counts_of(fact)]
        if moves:
            self._post(tx, moves)
        if counts:
            self._count(tx, counts)
        if decided:
            self._take_decided(tx, decided)

    def forget(self) -> None:
        """Drop what is remembered of the tables."""
        self._cells.forget()

    # -- what is asked

    def availability(
        self, reader: Reader, sku: str, now: Micros | None = None, rules: Mapping[str, Policy] | None = None
    ) -> list[Availability]:
        """What each location has of an item, by location; empty when it never was anywhere.

        now: holds whose time has run out by then hold nothing any more; None leaves every hold in force.
        """
        rules = self.rules(reader, sku) if rules is None else rules
        ran_out = self.ran_out(reader, now).get(sku, {}) if now is not None else {}
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
        counted: dict[str, Micros | None] = {}
        for location, _, _, *units, counted_at in reader.rows(tables.CELLS_OF, (self._route(sku), sku)):
            sums[location] = [have + more for have, more in zip(sums[location], units, strict=True)]
            counted[location] = max(filter(None, (counted.get(location), counted_at)), default=None)
        return [
            Availability(
                sku, location, on_hand, unsellable, held - ran_out.get(location, 0), allocated, incoming,
                self.settings.safety(rules, location), counted[location],
            )
            for location, (on_hand, unsellable, held, allocated, incoming) in sorted(sums.items())
        ]  # fmt: skip

    def rules(self, reader: Reader, sku: str) -> dict[str, Policy]:
        """The rules set for one item, by channel (empty text: every channel)."""
        found = reader.rows(tables.POLICIES_OF, (self._route(sku), sku))
        return {channel: Policy(*said) for channel, *said in found}

    def supplies(self, reader: Reader, sku: str) -> list[Supply]:
        """What is on its way, the first due first."""
        return [Supply(*row) for row in reader.rows(tables.SUPPLIES_OF, (self._route(sku), sku))]

    def policies(self, reader: Reader, limit: int = 100, offset: int = 0) -> list[tuple[str, str, Policy]]:
        """Every rule that was set: item, channel (empty text: every channel), rule."""
        found = reader.rows(tables.POLICIES, (limit, offset))
        return [(sku, channel, Policy(*said)) for sku, channel, *said in found]

    def awaited(self, reader: Reader, document: str) -> list[Supply]:
        """What is still on its way by a document."""
        return [Supply(*row) for row in reader.rows(tables.AWAITED, (document,))]

    def on_its_way(
        self, reader: Reader, sku: str, location: str, document: str, since: Micros
    ) -> dict[tuple[str, str], Units]:
        """Units of an item that a document has on their way to a location, by lot and owner.

        since: before that nothing was sent by it.
        """
        told = (location, location, self._route(sku), sku, since, document)
        return {(lot, owner): units for lot, owner, units in reader.rows(tables.ON_ITS_WAY, told) if units}

    def versions(self, reader: Reader, sku: str) -> dict[str, int]:
        """The version of an item's cell at each location: where in the log its last move or count stands.

        It reads every move of the item.
        """
        which = (self._route(sku), sku)
        found: dict[str, int] = dict(reader.rows(tables.LAST_COUNTS_OF, which))  # type: ignore[arg-type]
        for source, target, seq in reader.rows(tables.LAST_MOVES_OF, which):
            found[source], found[target] = max(found.get(source, 0), seq), max(found.get(target, 0), seq)
        return {location: seq for location, seq in found.items() if location not in VIRTUAL}

    def piles(self, reader: Reader, sku: str, location: str) -> dict[tuple[str, str], Units]:
        """Units of an item on hand at a location by lot and owner."""
        found = reader.rows(tables.CELLS_OF, (self._route(sku), sku))
        return {(lot, owner): on_hand for place, lot, owner, on_hand, *_ in found if place == location}

    def on_hand_at(self, reader: Reader, pile: tuple[str, str, str, str], at: Micros) -> Units:
        """What the books say was on hand of (item, location, lot, owner) at an instant, what moved then included."""
        sku, location, lot, owner = pile
        cell = (self._route(sku), sku, location, lot, owner)
        count = latest_count(read_count(row) for row in reader.rows(tables.COUNTS_UNTIL, (*cell, *cell, at)))
        since = count.evidence.occurred_at if count else _EVER
        told = (location, location, self._route(sku), sku, lot, owner, since, at)
        (change,) = reader.row(tables.CHANGE_BETWEEN, told) or (0,)
        return (count.units if count else 0) + change

    def moves(self, reader: Reader, sku: str, location: str) -> list[Entry]:
        """The ledger of an item at a location, oldest first, each line with the units on hand after it."""
        route = self._route(sku)
        moves = [_move(row, "") for row in reader.rows(tables.MOVES_AT, (route, sku, location, location))]
        counts = [read_count(row) for row in reader.rows(tables.COUNTS_AT, (route, sku, location))]
        return ledger_at(location, moves, counts)

    def moves_after(self, reader: Reader, seq: int, limit: int) -> list[Move]:
        """The ledger behind a position of the log, in its order; a position is given whole."""
        found = [_move(row, "") for row in reader.rows(tables.MOVES_AFTER, (seq, limit + 1))]
        if len(found) <= limit:
            return found
        whole = [move for move in found if move.evidence.seq != found[-1].evidence.seq]
        return whole or self.moves_after(reader, seq, 4 * limit)

    def items_moved_after(self, reader: Reader, seq: int) -> tuple[set[str], int]:
        """Items whose stock changed behind a position of the log, and the last position that changed any."""
        (last,) = reader.row(tables.LAST_SEQ) or (0,)
        return {sku for (sku,) in reader.rows(tables.SKUS_MOVED_AFTER, (seq, seq))} if last > seq else set(), last

    def cells_of(self, reader: Reader, items: Sequence[str]) -> list[Row]:
        """The cells of a portion of items: item, location, lot, owner, buckets, last count."""
        return reader.rows(tables.cells_of(len(items)), flat((self._route(sku), sku) for sku in items))

    def items_after(self, reader: Reader, after: str | None, limit: int = 1024) -> list[str]:
        """The next items that have cells, in the order of the table; None begins with the first."""
        position = (_FIRST_ROUTE, "") if after is None else (self._route(after), after)
        return [sku for _, sku in reader.rows(tables.ITEMS_AFTER, (*position, limit))]

    def rules_after(self, reader: Reader, seq: int) -> list[tuple[str, str, Policy, int]]:
        """Rules set behind a position of the log, in its order: item, channel, rule, position."""
        found = reader.rows(tables.RULES_AFTER, (seq,))
        return [(sku, channel, Policy(*said), at) for sku, channel, *said, at in found]

    def overpromised(self, reader: Reader, limit: int = 1000) -> list[Availability]:
        """Where more is claimed than lies there, because it was sold, lost or counted away meanwhile."""
        rows = reader.rows(tables.OVERPROMISED, (limit,))
        return [
            Availability(sku, location, on_hand, held=held, allocated=allocated)
            for sku, location, on_hand, held, allocated in rows
        ]

    def items_at(self, reader: Reader, location: str, after: str = "", limit: int = 100) -> list[Availability]:
        """What a location has, by item; lots and owners apart are added up."""
        sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
        for sku, _, _, _, *units, _ in reader.rows(tables.ITEMS_AT, (location, after, limit)):
            sums[sku] = [have + more for have, more in zip(sums[sku], units, strict=True)]
        return [Availability(sku, location, *units) for sku, units in sums.items()]

    # -- holds

    def hold(self, reader: Reader, hold: str) -> Hold | None:
        """A hold as it stands; None when nobody knows it."""
        row = reader.row(tables.HOLD, (self._route_of_hold(hold), hold))
        return _hold(row) if row else None

    def holds_due(self, reader: Reader, now: Micros, limit: int = 1000) -> list[Hold]:
        """Holds whose time has run out and that nobody has ended yet, the longest overdue first."""
        # Every decision asks this, and nearly always there are none: a store prepares to sort before it looks.
        if reader.row(tables.ANY_DUE, (now,)) is None:
            return []
        return [_hold(row) for row in reader.rows(tables.HOLDS_DUE, (now, limit))]

    def ran_out(self, reader: Reader, now: Micros) -> dict[str, dict[str, Units]]:
        """Units that holds still claim though their time has run out, by item and location."""
        units: dict[str, dict[str, Units]] = {}
        for lines, *_ in reader.rows(tables.RAN_OUT, (now,)):
            for sku, location, claimed in _read_lines(lines):
                there = units.setdefault(sku, {})
                there[location] = there.get(location, 0) + claimed
        return units

    def active_holds(self, reader: Reader) -> list[Hold]:
        """Holds in force, or not yet ended, the first to run out first."""
        return [_hold(row) for row in reader.rows(tables.ACTIVE_HOLDS)]

    def committed_holds(self, reader: Reader) -> list[Hold]:
        """Holds that became part of an order."""
        return [_hold(row) for row in reader.rows(tables.COMMITTED_HOLDS)]

    def subject_of_hold(self, hold: str) -> bytes:
        """The log's name of a hold. Those of one moment begin alike, so that a batch of them touches few pages."""
        return self._moment(hold[:_MOMENT_OF_HOLD]) + self._digest(f"hold:{hold}")[:12]

    def subject_of_item(self, sku: str) -> bytes:
        """The log's name of an item."""
        return self._digest(f"sku:{sku}")

    def at(self, reader: Reader, places: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Units, Units]]:
        """Of (item, location) pairs: units on hand, and units claimed. What never was there is left out."""
        found: dict[tuple[str, str], tuple[Units, Units]] = {}
        for some in portions([(self._route(sku), sku, location) for sku, location in places]):
            there: dict[tuple[str, str], tuple[Units, Units]] = {}
            for sku, location, on_hand, held, allocated in reader.rows(tables.cells_at(len(some)), flat(some)):
                had, claimed = there.get((sku, location), (0, 0))
                there[sku, location] = (had + on_hand, claimed + held + allocated)
            found.update(there)
        return found

    def has_policies(self, reader: Reader) -> bool:
        """Whether any item has a rule of its own."""
        return reader.row(tables.ANY_POLICY) is not None

    # -- for those who check

    def cells(self, reader: Reader) -> dict[recount.Key, Units]:
        """Every cell as it is kept: units by item, place, lot and owner; zeros left out."""
        return recount.kept(reader)

    def recounted(self, reader: Reader) -> dict[recount.Key, Units]:
        """Every cell as it follows from the ledger and the counts; always equal to `cells`."""
        return recount.followed(reader)

    def astray(self, reader: Reader, most_items: int = 50) -> list[recount.Astray]:
        """Where `cells` and `recounted` differ, of at most so many items; empty when all is well."""
        return recount.astray(reader, most_items)

    def claimed(self, reader: Reader, bucket: Literal["held", "allocated"]) -> Counter[tuple[str, str]]:
        """Units that are claimed in all, by item and location; zeros left out."""
        rows = reader.rows(tables.CLAIMED.format(bucket=bucket))
        return Counter({(sku, location): units for sku, location, units in rows})

    # -- inside

    def _moment_afresh(self, begins: str) -> bytes:
        return self._digest(f"holds:{begins}")[:4]

    def _route_afresh(self, sku: str) -> int:
        return route_of(self._digest(f"sku:{sku}"))

    def _route_of_hold(self, hold: str) -> int:
        return route_of(self.subject_of_hold(hold))

    def _post(self, tx: Transaction, moves: list[Move]) -> None:
        told: _ByDeed = defaultdict(dict)
        for move in moves:
            told[self._route(move.sku), self._digest(f"deed:{move.deed}"), move.sku][move.evidence] = move
        known = _known(tx, told)
        posting = _Posting([], [], Effects())
        # In the order of the table: neighbours lie on one page.
        for where in sorted(told):
            _decide(posting, where[:2], known[where], told[where])
        insert(tx, tables.KEEP_MOVE, posting.added)
        tx.run_many(tables.OVERRULE_MOVE, posting.overruled)
        self._cells.change(tx, posting.felt)

    def _count(self, tx: Transaction, counts: list[Count]) -> None:
        tx.run_many(tables.KEEP_COUNT, [(self._route(count.sku), *_count_row(count)) for count in counts])
        piles = {(self._route(one.sku), one.sku, one.location, one.lot, one.owner) for one in counts}
        self._cells.make(tx, piles)
        for pile in piles:
            _recount(tx, pile)

    def _take_decided(self, tx: Transaction, facts: list[Fact]) -> None:
        """Deeds of the hub, in the order of the log; one that was folded before changes nothing."""
        try:
            with tx.savepoint():
                self._fold_decided(tx, facts)
        except _FoldedBefore:
            if len(facts) > 1:
                for fact in facts:
                    self._take_decided(tx, [fact])

    def _fold_decided(self, tx: Transaction, facts: list[Fact]) -> None:
        moves: list[Move] = []
        rows: list[Row] = []
        for fact in facts:
            for number, move in enumerate(moves_decided(fact)):
                moves.append(move)
                rows.append((self._route(move.sku), _place_in_ledger(fact.seq, number), *_row(move, standing=True)))
        if insert(tx, tables.KEEP_MOVE, rows) < len(rows):
            raise _FoldedBefore
        effects = Effects()
        for (route, *_), move in zip(rows, moves, strict=True):
            effects.feel(route, move)
        self._cells.change(tx, effects)
        self._keep_holds(tx, facts)
        self._expect(tx, facts)
        self._keep_policies(tx, facts)

    def _keep_holds(self, tx: Transaction, facts: list[Fact]) -> None:
        placed = [_placed_row(fact) for fact in facts if fact.kind == HELD_NOW]
        extended = [fact.properties for fact in facts if fact.kind == EXTENDED]
        ended = [(fact.properties, fact.occurred_at) for fact in facts if fact.kind == ENDED]
        route = self._route_of_hold
        insert(tx, tables.PLACE_HOLD, placed)
        tx.run_many(tables.EXTEND_HOLD, [(said["expires_at"], route(said["hold"]), said["hold"]) for said in extended])
        tx.run_many(
            tables.END_HOLD,
            [(said["how"], at, _kept_for(said), route(said["hold"]), said["hold"]) for said, at in ended],
        )

    def _expect(self, tx: Transaction, facts: list[Fact]) -> None:
        """Keep what is on its way by document, and when it is due."""
        rows: list[Row] = []
        for move, due_at in (one for fact in facts if fact.kind == POSTED for one in postings_of(fact)):
            for place, units in move.effects():
                if place.bucket == INCOMING:
                    document = move.evidence.document
                    rows.append((self._route(move.sku), move.sku, place.location, document, units, due_at))
        tx.run_many(tables.EXPECT, rows)

    def _keep_policies(self, tx: Transaction, facts: list[Fact]) -> None:
        told = [(*policy_told(fact.properties), fact.seq) for fact in facts if fact.kind == POLICY_SET]
        rows = [(self._route(sku), sku, channel, *_policy_row(policy), seq) for sku, channel, policy, seq in told]
        tx.run_many(tables.SET_POLICY, rows)


def _kept_for(said: Json) -> str | None:
    """The order that a committed hold is part of from then on."""
    return said["document"] if said["how"] == "committed" else None


class _FoldedBefore(Exception):
    pass


def _recount(tx: Transaction, pile: Pile) -> None:
    """Set a cell to its last count and what moved since."""
    count = latest_count(read_count(row) for row in tx.rows(tables.LATEST_COUNTS, (*pile, *pile)))
    if count is None:
        return
    route, sku, location, lot, owner = pile
    counted_at = count.evidence.occurred_at
    told = (location, location, route, sku, lot, owner, counted_at)
    (change,) = tx.row(tables.CHANGE_SINCE, told) or (0,)
    tx.run(tables.COUNT_CELL, (count.units + change, counted_at, *pile))


def _known(reader: Reader, told: _ByDeed) -> _ByDeed:
    """What is in the ledger of these deeds already."""
    found: _ByDeed = defaultdict(dict)
    for some in portions(sorted({where[:2] for where in told})):
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
            posting.felt.feel(where[0], move, 1 if move is stands else 0)
    if stood is not None and stood is not stands:
        said = stood.evidence
        posting.overruled.append((*where, stood.sku, said.fact_route, said.message_id))
        posting.felt.feel(where[0], stood, -1)


def _row(move: Move, *, standing: bool) -> Row:
    said = move.evidence
    return (
        move.sku, said.fact_route, said.message_id, said.seq, said.occurred_at, move.reason, said.document, said.actor,
        *move.source, *move.target, move.lot, move.owner, move.units, int(standing),
    )  # fmt: skip


def _move(row: Row, deed: str) -> Move:
    sku, fact_route, message_id, seq, occurred_at, reason, document, actor, *places, lot, owner, units, _ = row
    evidence = Evidence(occurred_at, message_id, fact_route, document, actor, seq)
    return Move(sku, units, Place(*places[:2]), Place(*places[2:]), reason, deed, evidence, lot, owner)


def _count_row(count: Count) -> Row:
    said = count.evidence
    return (
        count.sku, count.location, count.lot, count.owner, said.fact_route, said.message_id, said.seq, said.occurred_at,
        said.document, said.actor, count.units,
    )  # fmt: skip


def _placed_row(fact: Fact) -> Row:
    """The row of a hold that `Stock Held` opened; its subject is that of the hold."""
    said = fact.properties
    return (
        fact.route_key, said["hold"], "active", said["channel"], said["document"], _as_json(said["lines"]).decode(),
        fact.occurred_at, said["expires_at"], None, None,
    )  # fmt: skip


def _hold(row: Row) -> Hold:
    name, state, channel, document, lines, placed_at, expires_at, ended_at, order_id = row
    return Hold(name, state, channel, document, _read_lines(lines), placed_at, expires_at, ended_at, order_id)


def _policy_row(policy: Policy) -> Row:
    return (policy.oversell, policy.beyond, policy.until_at, policy.buffer, policy.safety)
