"""The door of the orders: it listens to what is said of them and answers what became of each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, Json, route_of
from noline.kernel.money import Money
from noline.kernel.quantities import Units
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.orders import tables
from noline.truth.orders.fulfilments import (
    DECIDED_KINDS,
    Book,
    Fulfilment,
    Said,
    Step,
    follow,
    order_of,
    picks,
    said_of,
)
from noline.truth.orders.model import (
    KINDS,
    READY_TOLD,
    Key,
    Line,
    Order,
    OrderLine,
    State,
    Telling,
    decide,
    read_telling,
)

_SUBJECTS_AT_ONCE = 500
_read_lines = msgspec.json.Decoder(tuple[Line, ...]).decode
_read_said = msgspec.json.Decoder(Json).decode
_write_said = msgspec.json.Encoder(order="sorted").encode


class Sourcing(NamedTuple):
    """One time that units of an order were given to locations. decision: None where there was no choice."""

    at: Micros
    said: Json
    decision: Json | None


class Stage(NamedTuple):
    """How far one location has come with an order. place: where the next step is to be done."""

    order_id: str
    fulfilment: str
    place: str
    step: Step
    promised_at: Micros | None
    changed_at: Micros


class Missing(NamedTuple):
    """Units of an item that were not found where the books have them. missed_at: the last time."""

    sku: str
    location: str
    units: Units
    missed_at: Micros


class Orders:
    """The orders of one hub."""

    name = "orders"
    kinds = KINDS | DECIDED_KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, default_currency: str) -> None:
        """digest: the hub's keyed hash. default_currency: of amounts that name none (ISO 4217)."""
        self._digest = digest
        self._default_currency = default_currency

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what is said of orders; raises OrderUnreadable, UnreadableMoney or UnreadableUnits."""
        told: dict[str, list[Telling]] = defaultdict(list)
        for fact in facts:
            if fact.kind in KINDS:
                telling = read_telling(fact, self._default_currency)
                if telling is not None:
                    told[telling.order_id].append(telling)
        if told:
            self._settle(tx, told)
        decided: dict[str, list[Fact]] = defaultdict(list)
        for fact in facts:
            if fact.kind in DECIDED_KINDS:
                decided[fact.properties["order"]].append(fact)
        for order_id, deeds in decided.items():
            self._follow(tx, order_id, deeds)

    def reword(self, tx: Transaction, facts: Iterable[Fact]) -> None:
        """Let deeds that were folded say what they say now, when only what somebody wrote went out of them."""
        rows = [
            (_write_said(said_of(fact.kind, fact.properties)[0]).decode(), self._route(order), order, fact.message_id)
            for fact in facts
            if fact.kind in DECIDED_KINDS and (order := fact.properties["order"])
        ]
        tx.run_many(tables.REWORD_DEED, rows)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def order(self, reader: Reader, order_id: str) -> Order | None:
        """The order of that id, or None when nobody spoke of it."""
        row = reader.row(tables.ORDER, (self._route(order_id), order_id))
        return _order(row) if row else None

    def lines(self, reader: Reader, order_id: str) -> list[OrderLine]:
        """The lines of an order, with the units that came back; empty when they are not known."""
        return [_order_line(row) for row in reader.rows(tables.LINES, (self._route(order_id), order_id))]

    def orders_of(self, reader: Reader, subjects: Sequence[bytes]) -> list[Order]:
        """The orders placed by any of these subjects (16-byte names of the log), latest first."""
        found: list[Order] = []
        distinct = sorted(set(subjects))
        for start in range(0, len(distinct), _SUBJECTS_AT_ONCE):
            some = distinct[start : start + _SUBJECTS_AT_ONCE]
            found += [_order(row) for row in reader.rows(tables.orders_of(len(some)), some)]
        return sorted(found, key=lambda one: (-one.placed_at, one.order_id))

    def bought_by(
        self, reader: Reader, subjects: Sequence[bytes], limit: int = 500
    ) -> list[tuple[Order, list[OrderLine]]]:
        """The latest orders that any of these subjects placed, each with its lines, the latest first."""
        found: dict[str, tuple[Order, list[OrderLine]]] = {}
        for some in portions(sorted(set(subjects))):
            found |= self._bought_by(reader, some, limit)
        return sorted(found.values(), key=_latest_first)[:limit]

    @staticmethod
    def _bought_by(reader: Reader, some: list[bytes], limit: int) -> dict[str, tuple[Order, list[OrderLine]]]:
        """The same of one portion of subjects, in no order; only where there are more than the limit a store sorts."""
        found = _with_lines(reader.rows(tables.bought_by(len(some), latest=False), (*some, limit + 1)))
        if len(found) > limit:
            found = _with_lines(reader.rows(tables.bought_by(len(some), latest=True), (*some, limit)))
        return found

    def steps(self, reader: Reader, order_ids: Iterable[str]) -> list[Stage]:
        """How far each location has come with these orders, as far as the hub runs them itself."""
        asked = [(self._route(one), one) for one in sorted(set(order_ids))]
        return [
            Stage(order_id, name, place, Step(state), promised_at, changed_at)
            for some in portions(asked)
            for order_id, name, _, _, _, place, state, promised_at, _, changed_at in reader.rows(
                tables.steps_of(len(some)), flat(some)
            )
        ]

    def told_ready(self, reader: Reader, order_ids: Iterable[str]) -> list[Stage]:
        """Where these orders lie ready by what channels told last; `fulfilment` is empty: the hub runs none of them."""
        heard = self._heard(reader, {one: self._route(one) for one in order_ids})
        last = {
            order_id: max(ready, key=lambda one: one.key)
            for order_id, told in heard.items()
            if (ready := [one for one in told.values() if one.kind == READY_TOLD])
        }
        return [
            Stage(order_id, "", one.store_id, Step.READY, None, one.occurred_at)
            for order_id, one in sorted(last.items())
            if one.store_id is not None
        ]

    def told_ready_at(self, reader: Reader, store: str, since: Micros, limit: int = 100) -> list[tuple[Order, Stage]]:
        """Orders that lie ready at a store by what channels told, of those placed since an instant, the oldest first.

        Those that the hub runs itself are among `fulfilments`.
        """
        ready = {row[0]: _order(row) for row in reader.rows(tables.TOLD_READY_SINCE, (since,))}
        stages = [one for one in self.told_ready(reader, ready) if one.place == store]
        return [(ready[one.order_id], one) for one in sorted(stages, key=_since)[:limit]]

    def tellings(self, reader: Reader, order_id: str) -> list[Telling]:
        """Everything that was said of an order, in the order in which it happened."""
        heard = self._heard(reader, {order_id: self._route(order_id)})[order_id]
        return [heard[key] for key in sorted(heard)]

    # -- orders that the hub runs itself

    def subject_of(self, order_id: str) -> bytes:
        """The log's name of what the hub decides about an order; not that of the order, which may be a person's."""
        return self._digest(f"fulfilling:{order_id}")

    def book(self, reader: Reader, order_id: str) -> Book | None:
        """An order as the hub runs it; None for one that it does not."""
        return follow(order_id, self._deeds(reader, order_id))

    def fulfilment(self, reader: Reader, fulfilment: str) -> tuple[Book, Fulfilment] | None:
        """What one location does for an order, and the order."""
        book = self.book(reader, order_of(fulfilment))
        found = book.fulfilments.get(fulfilment) if book else None
        return None if book is None or found is None else (book, found)

    def fulfilments(
        self,
        reader: Reader,
        *,
        place: str | None = None,
        state: str | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> list[Fulfilment]:
        """Fulfilments, the oldest first: of the place where the next step is to be done, or in a state."""
        asked = [one for one in (place, state) if one is not None]
        statement = tables.fulfilments_where(
            place=place is not None, state=state is not None, newest_first=newest_first
        )  # fmt: skip
        rows = reader.rows(statement, (*asked, limit))
        books = {order_id: self.book(reader, order_id) for order_id in {row[0] for row in rows}}
        return [book.fulfilments[name] for order_id, name in rows if (book := books[order_id])]

    def sourcings(self, reader: Reader, order_id: str) -> list[Sourcing]:
        """Every time that units of an order were given to locations, the first first."""
        rows = reader.rows(tables.DECISIONS_OF, (self._route(order_id), order_id))
        return [Sourcing(at, _read_said(said), _read_said(one) if one else None) for at, said, one in rows]

    def claims(self, reader: Reader) -> dict[tuple[str, str], Units]:
        """Units that orders run here claim, by item and place; those that wait stand at `unsourced`."""
        return {(sku, place): int(units) for sku, place, units in reader.rows(tables.CLAIMS) if units}

    def is_run_here(self, reader: Reader, order_id: str) -> bool:
        """Whether the hub itself runs an order of that id."""
        return self.book(reader, order_id) is not None

    def decisions(self, reader: Reader, since: Micros, until: Micros) -> list[tuple[str, Json]]:
        """Decisions of that time with their orders, the first first. until: excluded."""
        return [(name, _read_said(one)) for name, one in reader.rows(tables.DECISIONS_BETWEEN, (since, until))]

    def waiting(self, reader: Reader, limit: int = 1000) -> list[tuple[str, str, Units]]:
        """(order, item, units) that no location has taken, the order that was placed first first."""
        return [(order_id, sku, units) for order_id, sku, units in reader.rows(tables.WAITING, (limit,))]

    def pick_record(self, reader: Reader) -> dict[str, tuple[Units, Units]]:
        """By location: units that were found when they were looked for, and units that were not, or were refused."""
        return {location: (found, missed) for location, found, missed in reader.rows(tables.PICKS)}

    def parcels_since(self, reader: Reader, instant: Micros, locations: Sequence[str]) -> dict[str, int]:
        """How many fulfilments each of these locations was given since then and did not send back."""
        found: dict[str, int] = {}
        for some in portions(sorted(set(locations))):
            found.update(reader.rows(tables.parcels_since(len(some)), (instant, *some)))  # type: ignore[arg-type]
        return found

    def missing(self, reader: Reader, since: Micros = 0) -> list[Missing]:
        """What was not found where the books have it, by location and item."""
        return [Missing(sku, place, int(units), at) for sku, place, units, at in reader.rows(tables.MISSED, (since,))]

    def _deeds(self, reader: Reader, order_id: str) -> list[Said]:
        """Everything the hub decided about an order, in no order: who follows it puts it in that of the log."""
        rows = reader.rows(tables.DEEDS_OF, (self._route(order_id), order_id))
        return [Said(seq, message_id, kind, at, _read_said(said)) for seq, message_id, kind, at, said in rows]

    def _follow(self, tx: Transaction, order_id: str, facts: list[Fact]) -> None:
        """Keep the deeds that are new and write what follows from all of them."""
        known = self._deeds(tx, order_id)
        before = follow(order_id, known)
        heard = {deed.message_id for deed in known}
        route = self._route(order_id)
        kept: list[Row] = []
        for fact in facts:
            if fact.message_id in heard:
                continue
            heard.add(fact.message_id)
            said, decision = said_of(fact.kind, fact.properties)
            known.append(Said(fact.seq, fact.message_id, fact.kind, fact.occurred_at, said))
            texts = (_write_said(said).decode(), None if decision is None else _write_said(decision).decode())
            kept.append((route, order_id, fact.message_id, fact.seq, fact.occurred_at, fact.kind, *texts))
        if not kept:
            return
        book = follow(order_id, known)
        tx.run_many(tables.KEEP_DEED, kept)
        if book is None:
            return
        for statement in tables.DROP_OF_ORDER:
            tx.run(statement, (route, order_id))
        tx.run_many(tables.WRITE_UNITS, [(route, *row) for row in _units_rows(book)])
        tx.run_many(tables.WRITE_FULFILMENT, [(route, *row) for row in _fulfilment_rows(book)])
        tx.run_many(tables.WRITE_FULFILMENT_LINE, [(route, *row) for row in _fulfilment_line_rows(book)])
        self._count_picks(tx, before, book)

    def _count_picks(self, tx: Transaction, before: Book | None, book: Book) -> None:
        had, have = picks(before), picks(book)
        places = {location for location, _ in had.keys() | have.keys()}
        changes = [
            (location, have[location, True] - had[location, True], have[location, False] - had[location, False])
            for location in sorted(places)
        ]
        rows = [(route_of(self._digest(f"location:{one[0]}")), *one) for one in changes if one[1] or one[2]]
        tx.run_many(tables.COUNT_PICKS, rows)

    def _route(self, order_id: str) -> int:
        return route_of(self._digest(f"order:{order_id}"))

    def _settle(self, tx: Transaction, told: dict[str, list[Telling]]) -> None:
        """Keep what is new, then decide each order from all that is known of it."""
        # In the order of the tables: neighbours lie on one page.
        routes = dict(sorted(((one, self._route(one)) for one in told), key=itemgetter(1)))
        heard = self._heard(tx, routes)
        kept: list[Row] = []
        dropped: list[Row] = []
        orders: list[Row] = []
        lines: list[Row] = []
        for order_id, route in routes.items():
            known = heard[order_id]
            new = {telling.key: telling for telling in told[order_id] if telling.key not in known}
            if not new:
                continue
            if known:
                dropped.append((route, order_id))
            order, order_lines = decide([*known.values(), *new.values()])
            kept.extend((route, *_telling_row(telling)) for telling in new.values())
            orders.append((route, *_order_row(order)))
            lines.extend((route, order_id, *_line_row(line)) for line in order_lines)
        tx.run_many(tables.DROP_LINES, dropped)
        tx.run_many(tables.KEEP_FACT, kept)
        tx.run_many(tables.WRITE_ORDER, orders)
        tx.run_many(tables.WRITE_LINE, lines)

    @staticmethod
    def _heard(reader: Reader, routes: Mapping[str, int]) -> dict[str, dict[Key, Telling]]:
        """What was said of these orders before, each telling under its key."""
        heard: dict[str, dict[Key, Telling]] = {order_id: {} for order_id in routes}
        for some in portions([(route, order_id) for order_id, route in routes.items()]):
            for row in reader.rows(tables.facts_of(len(some)), flat(some)):
                telling = _telling(row)
                heard[telling.order_id][telling.key] = telling
        return heard


def _since(stage: Stage) -> tuple[Micros, str]:
    return stage.changed_at, stage.order_id


def _telling_row(said: Telling) -> Row:
    occurred_at, message_id, fact_route = said.key
    lines = None if said.lines is None else msgspec.json.encode(said.lines).decode()
    return (
        said.order_id, fact_route, message_id, said.kind, occurred_at, said.channel, said.store_id, said.subject,
        said.currency, said.total_minor, said.return_id, lines, said.promised_at,
    )  # fmt: skip


def _telling(row: Row) -> Telling:
    order_id, fact_route, message_id, kind, occurred_at, *said, lines, promised_at = row
    key = (occurred_at, message_id, fact_route)
    return Telling(
        order_id, key, kind, *said, lines=None if lines is None else _read_lines(lines), promised_at=promised_at
    )


def _order_row(order: Order) -> Row:
    total = order.total
    return (
        order.order_id, str(order.state), order.channel, order.store_id, order.subject, order.placed_at,
        order.changed_at, total.currency if total else None, total.amount_minor if total else None,
        order.promised_at,
    )  # fmt: skip


def _order(row: Row) -> Order:
    order_id, state, channel, store_id, subject, placed_at, changed_at, currency, total_minor, promised_at = row
    total = None if currency is None else Money(total_minor, currency)
    return Order(order_id, _STATES[state], channel, store_id, subject, placed_at, changed_at, total, promised_at)


_STATES: dict[str, State] = {str(state): state for state in State}


def _with_lines(rows: Iterable[Row]) -> dict[str, tuple[Order, list[OrderLine]]]:
    """Orders by their ids, each with its lines in their order. rows: one for each line, or for an order without any."""
    found: dict[str, tuple[Order, list[OrderLine]]] = {}
    for row in rows:
        order_id = row[0]
        if order_id not in found:
            found[order_id] = (_order(row[: tables.ORDER_WIDTH]), [])
        if row[tables.ORDER_WIDTH] is not None:
            found[order_id][1].append(_order_line(row[tables.ORDER_WIDTH :]))
    for _, lines in found.values():
        if len(lines) > 1:
            lines.sort(key=_place)
    return found


def _latest_first(one: tuple[Order, list[OrderLine]]) -> tuple[Micros, str]:
    return (-one[0].placed_at, one[0].order_id)


def _place(line: OrderLine) -> int:
    return line.line


def _line_row(line: OrderLine) -> Row:
    money = line.total or line.price
    return (
        line.line, line.sku, line.units, line.price.amount_minor if line.price else None,
        line.total.amount_minor if line.total else None, money.currency if money else None, line.returned_units,
    )  # fmt: skip


def _order_line(row: Row) -> OrderLine:
    _, number, sku, units, price_minor, total_minor, currency, returned_units = row
    price = None if price_minor is None else Money(price_minor, currency)
    total = None if total_minor is None else Money(total_minor, currency)
    return OrderLine(number, sku, units, price, total, returned_units)


def _units_rows(book: Book) -> list[Row]:
    return [
        (book.order_id, one.sku, one.ordered, one.waiting, one.cancelled, one.promised_at, book.placed_seq)
        for one in book.units.values()
    ]


def _fulfilment_rows(book: Book) -> list[Row]:
    return [
        (
            book.order_id, one.id, one.location, str(one.method), one.destination, one.stands_at, str(one.state),
            one.promised_at, one.made_at, one.changed_at,
        )
        for one in book.fulfilments.values()
    ]  # fmt: skip


def _fulfilment_line_rows(book: Book) -> list[Row]:
    return [
        (book.order_id, one.id, line.sku, line.asked, line.picked, line.rejected, line.cancelled, line.missed_at)
        for one in book.fulfilments.values()
        for line in one.lines
    ]
