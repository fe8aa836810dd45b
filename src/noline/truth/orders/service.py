"""The door of the orders: it listens to what is said of them and answers what became of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from noline.kernel.events import Digest, Fact, route_of
from noline.kernel.money import Money
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.orders import tables
from noline.truth.orders.model import KINDS, Key, Line, Order, OrderLine, State, Telling, decide, read_telling

_SUBJECTS_AT_ONCE = 500
_read_lines = msgspec.json.Decoder(tuple[Line, ...]).decode


class Orders:
    """The orders of one hub."""

    name = "orders"
    kinds = KINDS
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

    def _route(self, order_id: str) -> int:
        return route_of(self._digest(f"order:{order_id}"))

    def _settle(self, tx: Transaction, told: dict[str, list[Telling]]) -> None:
        """Keep what is new, then decide each order from all that is known of it."""
        routes = {order_id: self._route(order_id) for order_id in told}
        heard = self._heard(tx, routes)
        kept: list[Row] = []
        dropped: list[Row] = []
        orders: list[Row] = []
        lines: list[Row] = []
        for order_id, tellings in told.items():
            route, known = routes[order_id], heard[order_id]
            new = {telling.key: telling for telling in tellings if telling.key not in known}
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


def _telling_row(said: Telling) -> Row:
    occurred_at, message_id, fact_route = said.key
    lines = None if said.lines is None else msgspec.json.encode(said.lines).decode()
    return (
        said.order_id, fact_route, message_id, said.kind, occurred_at, said.channel, said.store_id, said.subject,
        said.currency, said.total_minor, said.return_id, lines,
    )  # fmt: skip


def _telling(row: Row) -> Telling:
    order_id, fact_route, message_id, kind, occurred_at, *said, lines = row
    key = (occurred_at, message_id, fact_route)
    return Telling(order_id, key, kind, *said, lines=None if lines is None else _read_lines(lines))


def _order_row(order: Order) -> Row:
    total = order.total
    return (
        order.order_id, str(order.state), order.channel, order.store_id, order.subject, order.placed_at,
        order.changed_at, total.currency if total else None, total.amount_minor if total else None,
    )  # fmt: skip


def _order(row: Row) -> Order:
    order_id, state, *said, currency, total_minor = row
    total = None if currency is None else Money(total_minor, currency)
    return Order(order_id, State(state), *said, total=total)


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
