"""A cart is what all that is told of it says together, whichever channel told it.

The web shop, the app, the counter and the call centre put things into the same cart. Channels tell late, twice and in
any order, so nothing is decided when a message arrives: everything follows from the set of what was told.

Whoever names a cart does not own it yet. A server of the company may tell of any cart; the key of a browser, which
everybody can read, tells of a cart only under a name that the cart carries already, or begins one whose id nobody can
guess.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable, UnreadableMoney
from noline.kernel.events import Digest, Fact, Json
from noline.kernel.money import Money, to_minor
from noline.kernel.quantities import Units, to_units

CHANGED = "Cart Changed"
"""The deed by which a cart is changed through a door of the hub."""

KINDS = frozenset(
    {
        "Product Added", "Product Removed", "Cart Viewed", "Cart Shared", "Checkout Started", "Order Placed",
        "Order Completed", CHANGED,
    }
)  # fmt: skip
"""The words this room listens to."""

_WHOLE = frozenset({"Cart Viewed", "Checkout Started"})
"""The words that state all that is in a cart, when they name products."""

_ORDERED = frozenset({"Order Placed", "Order Completed"})
_DEVICES = frozenset({"anonymous_id", "device_id"})
"""Names of a browser or an app, not of somebody."""

_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Nobody takes one of these for another; what sounds or looks like one is read as it (Crockford's base 32)."""

_READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V", "-": None, " ": None})
CODE_LENGTH = 8

_SHORTEST_UNGUESSABLE = 16
_FEWEST_LETTERS = 8
"""Numbers that are only counted up, however many zeros stand before them, have fewer different letters."""

_NAME_CHARACTERS = 200
_NOTE_CHARACTERS = 500
_MOST_UNITS = 10**9
_MINOR_LIMIT = 10**15
_CURRENCY_LETTERS = 3

Key = tuple[Micros, int, str, int]
"""The place of a telling: when, the position of a deed in the log (0 for a channel), the message, who told it."""


class CartUnreadable(NotReadable):
    """A message about a cart that cannot be understood."""

    code = "carts.unreadable"
    sentence = "{kind} cannot be taken into the carts: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class State(StrEnum):
    """What became of a cart."""

    OPEN = "open"
    ORDERED = "ordered"
    ABANDONED = "abandoned"


class Do(StrEnum):
    """What a step does. set: so many units; add, remove: so many more or fewer; belong: to somebody."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"
    BELONG = "belong"
    HOLD = "hold"
    ABANDON = "abandon"
    REOPEN = "reopen"
    ORDER = "order"


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a change.

    units: None with `remove` for all of them. price_minor: of one unit, in `currency`. name: of whose the cart is (hex
    of the log's name), of the hold, or of the order.
    """

    do: Do
    sku: str = ""
    units: Units | None = None
    price_minor: int | None = None
    currency: str | None = None
    note: str | None = None
    name: str | None = None


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one message says of a cart.

    whole: the steps state all that is in it. names: under which the teller may come again (hex of the log's names).
    owner: whom it names as the one whose cart it is. device: that is a browser, not somebody known.
    """

    steps: tuple[Step, ...] = ()
    whole: bool = False
    currency: str | None = None
    names: tuple[str, ...] = ()
    owner: str | None = None
    device: bool = False
    by: str | None = None


class Telling(msgspec.Struct, frozen=True):
    """One message about one cart. teller: the subject of its record. trusted: a server's, or a deed of the hub."""

    cart_id: str
    key: Key
    received_at: Micros
    teller: bytes
    kind: str
    trusted: bool
    channel: str | None
    store_id: str | None
    said: Said

    @property
    def at(self) -> Micros:
        """When it counts."""
        return self.key[0]

    @property
    def changes(self) -> bool:
        """Whether it says something of the cart, and not merely that somebody looked at it."""
        return bool(self.said.steps) or self.said.whole

    @property
    def order_of_receipt(self) -> tuple[Micros, str, int]:
        """Which of two was there first; no sender can choose it."""
        return (self.received_at, self.key[2], self.key[3])


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a cart. price: of one unit, as it was when it was put in; None when nobody said it."""

    sku: str
    units: Units
    price: Money | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Cart:
    """One cart.

    code: eight letters to type or to show as a picture at a counter. subject: the log's name of whose it is; None while
    it is nobody's. began_in, touched_in: the first and the last channel. version: how many changes were told so far.
    """

    cart_id: str
    code: str
    state: State
    subject: bytes | None
    began_in: str | None
    touched_in: str | None
    store_id: str | None
    currency: str
    version: int
    order_id: str | None
    hold_id: str | None
    opened_at: Micros
    changed_at: Micros
    lines: tuple[Line, ...] = ()


class Touch(NamedTuple):
    """Somebody touched a cart in a channel. version: of the cart afterwards. by: who did, where a door was told."""

    at: Micros
    kind: str
    channel: str | None
    store_id: str | None
    by: str | None
    version: int


def code_of(digest: Digest, cart_id: str) -> str:
    """The short code of a cart: 40 bits of the hub's keyed hash, so that no code can be told from an id."""
    bits = int.from_bytes(digest(f"cart code:{cart_id}")[:5], "big")
    return "".join(_CODE_LETTERS[(bits >> shift) & 31] for shift in range(5 * (CODE_LENGTH - 1), -1, -5))


def code_in(text: str) -> str | None:
    """A code as somebody typed it, in its one spelling; None when it is none."""
    spelled = text.upper().translate(_READ_AS)
    return spelled if len(spelled) == CODE_LENGTH and set(spelled) <= set(_CODE_LETTERS) else None


def is_unguessable(cart_id: str) -> bool:
    """Whether an id is long and mixed enough for a browser to begin a cart under it."""
    return len(cart_id) >= _SHORTEST_UNGUESSABLE and len(set(cart_id.lower())) >= _FEWEST_LETTERS


# What counts


def counted(tellings: Iterable[Telling]) -> list[Telling]:
    """The tellings that count, in the order in which they count.

    What servers and doors tell always counts, and of browsers the one that began the cart (whoever was received first,
    since a sender can claim any time). Beside these count the browsers that come under a name of one that counts.
    """
    told = sorted(tellings, key=lambda one: one.key)
    taken = [one for one in told if one.trusted]
    left = [one for one in told if not one.trusted]
    first = min(told, key=lambda one: one.order_of_receipt, default=None)
    if first is not None and not first.trusted and is_unguessable(first.cart_id):
        taken.append(first)
        left.remove(first)
    names = {name for one in taken for name in one.said.names}
    while known := [one for one in left if names.intersection(one.said.names)]:
        taken += known
        names.update(name for one in known for name in one.said.names)
        keys = {one.key for one in known}
        left = [one for one in left if one.key not in keys]
    return sorted(taken, key=lambda one: one.key)


def decide(code: str, tellings: Iterable[Telling], default_currency: str) -> tuple[Cart, list[Touch]] | None:
    """The cart that follows from everything told of it, and who touched it; None when nothing of it counts."""
    told = counted(tellings)
    if not told:
        return None
    walk = _Walk(default_currency)
    touches = [walk.take(one) for one in told]
    channels = [one.channel for one in told if one.channel is not None]
    cart = Cart(
        cart_id=told[0].cart_id,
        code=code,
        state=walk.state,
        subject=walk.subject,
        began_in=channels[0] if channels else None,
        touched_in=channels[-1] if channels else None,
        store_id=walk.store_id,
        currency=walk.currency,
        version=walk.version,
        order_id=walk.order_id,
        hold_id=walk.hold_id,
        opened_at=told[0].at,
        changed_at=told[-1].at,
        lines=tuple(walk.lines.values()),
    )
    return cart, touches


_DEVICE, _SOMEBODY, _DECIDED = range(3)
"""How surely a telling says whose a cart is: by a browser's own name, by somebody's, or by a decision at a door."""


@dataclass(slots=True)
class _Walk:
    """A cart on its way through what was told. An ordered cart stays as it was ordered."""

    currency: str
    lines: dict[str, Line] = field(default_factory=dict)
    state: State = State.OPEN
    subject: bytes | None = None
    surely: int = _DEVICE
    store_id: str | None = None
    order_id: str | None = None
    hold_id: str | None = None
    version: int = 0

    def take(self, one: Telling) -> Touch:
        self.version += one.changes
        if self.state is not State.ORDERED:
            self._take(one)
        return Touch(one.at, one.kind, one.channel, one.store_id, one.said.by, self.version)

    def _take(self, one: Telling) -> None:
        said = one.said
        self.store_id = one.store_id or self.store_id
        self.currency = said.currency or self.currency
        if said.owner is not None:
            self._belong(said.owner, _DEVICE if said.device else _SOMEBODY)
        if said.whole:
            before = self.lines
            self.lines = {}
            for step in said.steps:
                self._add(step, self.lines.get(step.sku) or _empty(before.get(step.sku)))
            self.state = State.OPEN
            return
        for step in said.steps:
            self._do(step)

    def _do(self, step: Step) -> None:
        if step.do in _ON_LINES:
            self.state = State.OPEN
            self._change_line(step)
        elif step.do is Do.BELONG and step.name is not None:
            self._belong(step.name, _DECIDED)
        elif step.do is Do.HOLD:
            self.hold_id = step.name
        elif step.do is Do.ORDER:
            self.state, self.order_id = State.ORDERED, step.name
        else:
            self.state = State.ABANDONED if step.do is Do.ABANDON else State.OPEN

    def _change_line(self, step: Step) -> None:
        line = self.lines.get(step.sku)
        if step.do is Do.REMOVE:
            units = 0 if line is None or step.units is None else line.units - step.units
            self._put(line or Line(step.sku, 0), units, step)
        elif step.do is Do.SET:
            self._put(line or Line(step.sku, 0), step.units or 0, step)
        else:
            self._add(step, line)

    def _add(self, step: Step, line: Line | None) -> None:
        line = line or Line(step.sku, 0)
        self._put(line, line.units + (step.units or 0), step)

    def _put(self, line: Line, units: Units, step: Step) -> None:
        if units <= 0:
            self.lines.pop(line.sku, None)
            return
        price = line.price
        if step.price_minor is not None:
            price = Money(step.price_minor, step.currency or self.currency)
        self.lines[line.sku] = Line(line.sku, units, price, line.note if step.note is None else step.note or None)

    def _belong(self, owner: str, surely: int) -> None:
        if surely >= self.surely:
            self.subject, self.surely = bytes.fromhex(owner), surely


_ON_LINES = frozenset({Do.SET, Do.ADD, Do.REMOVE})


def _empty(line: Line | None) -> Line | None:
    """A line of before without its units: a statement keeps the prices and notes that it does not say."""
    return None if line is None else Line(line.sku, 0, line.price, line.note)


# What a fact says


def read_telling(fact: Fact, digest: Digest, claimable: frozenset[str], default_currency: str) -> Telling | None:
    """What a fact says of a cart, or None when it names none.

    default_currency: of prices that name none. claimable: kinds of names that anybody can type; from a browser a cart
    is never known by such a one. Raises CartUnreadable, UnreadableMoney and UnreadableUnits.
    """
    cart_id = fact.text("cart" if fact.kind == CHANGED else "cart_id")
    if cart_id is None:
        return None
    if len(cart_id) > _NAME_CHARACTERS:
        raise CartUnreadable(kind=fact.kind, why="its cart_id is too long")
    if fact.kind == CHANGED:
        return _of_deed(fact, cart_id)
    own = [one for one in fact.identifiers if fact.trusted or one.namespace not in claimable]
    names = tuple(digest(":".join(one)).hex() for one in own if one.namespace not in claimable)
    currency = _currency(fact)
    said = Said(
        steps=_steps(fact, currency or default_currency),
        whole=fact.kind in _WHOLE and fact.properties.get("products") is not None,
        currency=currency,
        names=names,
        owner=fact.subject.hex() if own else None,
        device=bool(own) and own[0].namespace in _DEVICES,
    )
    key = (fact.occurred_at, 0, fact.message_id, fact.route_key)
    return _telling(fact, cart_id, key, said, fact.channel, fact.text("store_id") or fact.context.store_id)


def _of_deed(fact: Fact, cart_id: str) -> Telling:
    told = fact.properties
    at = told.get("at")
    said = Said(
        steps=_read_steps(fact, told.get("changes")),
        currency=_currency(fact),
        names=tuple(one for one in told.get("names") or () if isinstance(one, str)),
        by=fact.text("by"),
    )
    key = (at if isinstance(at, int) else fact.occurred_at, fact.seq, fact.message_id, fact.route_key)
    return _telling(fact, cart_id, key, said, fact.text("channel"), fact.text("store_id"))


def _telling(fact: Fact, cart_id: str, key: Key, said: Said, channel: str | None, store_id: str | None) -> Telling:
    return Telling(
        cart_id, key, fact.received_at, fact.subject, fact.kind, fact.trusted, channel, store_id, said
    )  # fmt: skip


def _read_steps(fact: Fact, told: object) -> tuple[Step, ...]:
    try:
        return msgspec.convert(told or (), tuple[Step, ...])
    except msgspec.ValidationError as cause:
        raise CartUnreadable(kind=fact.kind, why=str(cause)) from cause


def _steps(fact: Fact, currency: str) -> tuple[Step, ...]:
    if fact.kind in _ORDERED:
        return (Step(Do.ORDER, name=fact.text("order_id")),)
    if fact.kind == "Cart Shared":
        return ()
    products = fact.properties.get("products")
    if products is None and fact.kind in _WHOLE:
        return ()
    if products is None:
        products = [fact.properties]
    if not isinstance(products, list) or not all(isinstance(one, dict) for one in products):
        raise CartUnreadable(kind=fact.kind, why="products is no list of objects")
    do = Do.REMOVE if fact.kind == "Product Removed" else Do.ADD
    return tuple(_step(fact, do, one, currency) for one in products)


def _step(fact: Fact, do: Do, said: Json, currency: str) -> Step:
    sku = said.get("sku") or said.get("product_id")
    if isinstance(sku, bool) or not isinstance(sku, (str, int)) or len(str(sku)) > _NAME_CHARACTERS:
        raise CartUnreadable(kind=fact.kind, why="a line has no sku, or one that is too long")
    units = _units(fact, do, said)
    if do is Do.REMOVE:
        return Step(do, str(sku), units)
    price_minor = _price(said, currency)
    return Step(do, str(sku), units, price_minor, None if price_minor is None else currency, _note(said))


def _units(fact: Fact, do: Do, said: Json) -> Units | None:
    told = said.get("quantity", said.get("units"))
    if told is None:
        return None if do is Do.REMOVE else 1
    units = to_units(told)
    if not 0 <= units <= _MOST_UNITS:
        raise CartUnreadable(kind=fact.kind, why=f"{units} units of {said.get('sku') or said.get('product_id')}")
    return units


def _price(said: Json, currency: str) -> int | None:
    """The price of one unit in minor units."""
    minor, major = said.get("price_minor"), said.get("price")
    if minor is None and major is None:
        return None
    found = to_minor(major, currency) if minor is None else to_units(minor)
    if not 0 <= found < _MINOR_LIMIT:
        raise UnreadableMoney(value=found, currency=currency)
    return found


def _note(said: Json) -> str | None:
    note = said.get("note")
    return note[:_NOTE_CHARACTERS] if isinstance(note, str) else None


def _currency(fact: Fact) -> str | None:
    told = fact.text("currency")
    if told is None:
        return None
    spelled = told.upper()
    if len(spelled) != _CURRENCY_LETTERS or not (spelled.isascii() and spelled.isalpha()):
        raise CartUnreadable(kind=fact.kind, why=f"{told!r} is no currency of three letters")
    return spelled
