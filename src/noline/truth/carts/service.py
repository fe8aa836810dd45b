"""The door of the carts: it listens to what is told of them and answers what is in each, and whose it is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from noline.kernel.events import Digest, Fact, route_of
from noline.kernel.money import Money
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.carts import tables
from noline.truth.carts.model import (
    KINDS,
    Cart,
    Key,
    Line,
    Said,
    State,
    Telling,
    Touch,
    code_in,
    code_of,
    decide,
    read_telling,
)

_read_said = msgspec.json.Decoder(Said).decode

Told = dict[str, dict[Key, Telling]]


class Carts:
    """The carts of one hub."""

    name = "carts"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, default_currency: str, claimable: frozenset[str]) -> None:
        """default_currency: of amounts that name none (ISO 4217). claimable: kinds of names that anybody can type."""
        self._digest = digest
        self._default_currency = default_currency
        self._claimable = claimable

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what is told of carts; raises CartUnreadable, UnreadableMoney and UnreadableUnits."""
        told: Told = defaultdict(dict)
        for fact in facts:
            if fact.kind in KINDS:
                telling = read_telling(fact, self._digest, self._claimable, self._default_currency)
                if telling is not None:
                    told[telling.cart_id][telling.key] = telling
        if told:
            self._learn(tx, told)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def subject_of(self, cart_id: str) -> bytes:
        """How the log names a cart that is nobody's."""
        return self._digest(f"cart:{cart_id}")

    def cart(self, reader: Reader, cart_id: str) -> Cart | None:
        """The cart of that id, or None when nobody told of it."""
        found = self._at(reader, [cart_id])
        return found[0] if found else None

    def by_code(self, reader: Reader, code: str) -> list[Cart]:
        """The carts of a code as somebody typed it; codes are short, so two old ones may share one."""
        spelled = code_in(code)
        return [] if spelled is None else self._with_lines(reader, reader.rows(tables.BY_CODE, (spelled,)))

    def of_subjects(
        self, reader: Reader, subjects: Sequence[bytes], states: frozenset[State] = frozenset(State)
    ) -> list[Cart]:
        """The carts of any of these (as the log names them), touched last first."""
        rows: dict[str, Row] = {}
        for some in portions(sorted(set(subjects))):
            rows |= {row[1]: row for row in reader.rows(tables.carts_of(len(some)), some) if row[3] in states}
        found = self._with_lines(reader, list(rows.values()))
        return sorted(found, key=lambda one: (-one.changed_at, one.cart_id))

    def touches(self, reader: Reader, cart_id: str) -> list[Touch]:
        """Who touched a cart, the first first."""
        decided = self._decided(cart_id, self._heard(reader, [cart_id])[cart_id].values())
        return decided[1] if decided else []

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Forget what these told of carts; what others told of the same carts stays. Answers how many tellings went."""
        touched: dict[str, None] = {}
        for some in portions(sorted(set(subjects))):
            touched |= dict.fromkeys(cart_id for (cart_id,) in tx.rows(tables.told_by(len(some)), some))
        gone = tx.run_many(tables.FORGET_TOLD_BY, [(subject,) for subject in set(subjects)]) if touched else 0
        self._write(tx, self._heard(tx, list(touched)), touched)
        return gone

    def _learn(self, tx: Transaction, told: Told) -> None:
        """Keep what is new, then decide each cart from all that is known of it."""
        # In the order of the tables: neighbours lie on one page.
        cart_ids = sorted(told, key=self._route)
        heard = self._heard(tx, cart_ids)
        changed: Told = {}
        kept: list[Row] = []
        for cart_id in cart_ids:
            new = {key: one for key, one in told[cart_id].items() if key not in heard[cart_id]}
            if new:
                changed[cart_id] = heard[cart_id] | new
                kept += [(self._route(cart_id), *_telling_row(one)) for one in new.values()]
        tx.run_many(tables.KEEP_FACT, kept)
        self._write(tx, changed, [cart_id for cart_id in changed if heard[cart_id]])

    def _write(self, tx: Transaction, told: Mapping[str, Mapping[Key, Telling]], known: Iterable[str]) -> None:
        """Write these carts anew. known: those that may have rows."""
        decided = [one for cart_id, tellings in told.items() if (one := self._decided(cart_id, tellings.values()))]
        carts = [cart for cart, _ in decided]
        places = self._places(known)
        tx.run_many(tables.DROP_LINES, places)
        tx.run_many(tables.DROP_CART, places)
        tx.run_many(tables.WRITE_CART, [(self._route(cart.cart_id), *_cart_row(cart)) for cart in carts])
        lines = [
            (self._route(cart.cart_id), cart.cart_id, number, *_line_row(line))
            for cart in carts
            for number, line in enumerate(cart.lines, start=1)
        ]
        tx.run_many(tables.WRITE_LINE, lines)

    def _decided(self, cart_id: str, tellings: Iterable[Telling]) -> tuple[Cart, list[Touch]] | None:
        return decide(code_of(self._digest, cart_id), tellings, self._default_currency)

    def _heard(self, reader: Reader, cart_ids: Sequence[str]) -> Told:
        """What was told of these carts, each telling under its key."""
        heard: Told = {cart_id: {} for cart_id in cart_ids}
        for some in portions(self._places(cart_ids)):
            for row in reader.rows(tables.facts_of(len(some)), flat(some)):
                telling = _telling(row)
                heard[telling.cart_id][telling.key] = telling
        return heard

    def _at(self, reader: Reader, cart_ids: Sequence[str]) -> list[Cart]:
        rows = [
            row
            for some in portions(self._places(cart_ids))
            for row in reader.rows(tables.carts_at(len(some)), flat(some))
        ]
        return self._with_lines(reader, rows)

    def _with_lines(self, reader: Reader, rows: Sequence[Row]) -> list[Cart]:
        lines: dict[str, list[Line]] = defaultdict(list)
        for some in portions([(row[0], row[1]) for row in rows]):
            # A portion repeats its last cart; its lines come once all the same.
            for cart_id, _, *line in reader.rows(tables.lines_of(len(some)), flat(some)):
                lines[cart_id].append(_line(line))
        return [_cart(row, tuple(lines[row[1]])) for row in rows]

    def _places(self, cart_ids: Iterable[str]) -> list[tuple[int, str]]:
        return [(self._route(cart_id), cart_id) for cart_id in cart_ids]

    def _route(self, cart_id: str) -> int:
        return route_of(self.subject_of(cart_id))


def _telling_row(one: Telling) -> Row:
    at, position, message_id, fact_route = one.key
    return (
        one.cart_id, fact_route, message_id, position, at, one.received_at, one.teller, one.kind, int(one.trusted),
        one.channel, one.store_id, msgspec.json.encode(one.said).decode(),
    )  # fmt: skip


def _telling(row: Row) -> Telling:
    cart_id, fact_route, message_id, position, at, received_at, teller, kind, trusted, channel, store_id, said = row
    key = (at, position, message_id, fact_route)
    return Telling(
        cart_id, key, received_at, bytes(teller), kind, bool(trusted), channel, store_id, _read_said(said)
    )  # fmt: skip


def _cart_row(cart: Cart) -> Row:
    return (
        cart.cart_id, cart.code, str(cart.state), cart.subject, cart.began_in, cart.touched_in, cart.store_id,
        cart.currency, cart.version, cart.order_id, cart.hold_id, cart.opened_at, cart.changed_at,
    )  # fmt: skip


def _cart(row: Row, lines: tuple[Line, ...]) -> Cart:
    _, cart_id, code, state, subject, *rest = row
    return Cart(cart_id, code, State(state), None if subject is None else bytes(subject), *rest, lines=lines)


def _line_row(line: Line) -> Row:
    price = line.price
    return (
        line.sku, line.units, price.amount_minor if price else None, price.currency if price else None, line.note,
    )  # fmt: skip


def _line(row: Sequence[object]) -> Line:
    sku, units, price_minor, currency, note = row
    price = None if price_minor is None else Money(price_minor, currency)  # type: ignore[arg-type]
    return Line(sku, units, price, note)  # type: ignore[arg-type]
