"""An order is what all messages about it say together: who bought what, for how much, and how far it has come.

Tills, web shops, parcel services and call centres tell of the same order, late, twice and in any order. So nothing is
decided when a message arrives; everything is decided from the set of what was said so far.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable, UnreadableMoney
from noline.kernel.events import Fact, Json
from noline.kernel.money import Money, to_minor
from noline.kernel.quantities import Units, to_units
from noline.kernel.sales import promised_at

CONTENT = frozenset({"Order Placed", "Order Completed", "Order Updated"})
"""The words that say what is in an order."""

_WITH_LINES = CONTENT | {"Return Accepted", "Order Refunded"}
_WITH_TOTAL = CONTENT | {"Order Refunded"}

_OF_AN_ORDER = CONTENT | {"Order Cancelled", "Order Shipped", "Order Delivered", "Order Refunded"}
_PERHAPS_OF_AN_ORDER = frozenset(
    {
        "Pickup Requested", "Pickup Ready", "Pickup Collected", "Pickup Expired",
        "Return Requested", "Return Accepted", "Return Refunded", "Order Promised",
    }
)  # fmt: skip

READY_TOLD = "Pickup Ready"
"""The word of a channel that an order lies ready to be collected."""

KINDS = _OF_AN_ORDER | _PERHAPS_OF_AN_ORDER
"""The words this room listens to."""

_NAME_CHARACTERS = 200
_MOST_UNITS = 10**9
_MINOR_LIMIT = 10**15
_CURRENCY = re.compile(r"[A-Z]{3}")


Key = tuple[Micros, str, int]
"""What decides between two messages: when, then the message, then the subject that told it."""


class OrderUnreadable(NotReadable):
    """A message about an order that cannot be understood."""

    code = "orders.unreadable"
    sentence = "{kind} cannot be taken into the orders: {why}."
    hint = "Correct the property that is named and replay the dead letter."


class State(StrEnum):
    """How far an order has come. `known`: only spoken of, by a message that needs an order to be there."""

    KNOWN = "known"
    PLACED = "placed"
    COMPLETED = "completed"
    PICKUP_REQUESTED = "pickup_requested"
    READY = "ready"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    RETURN_REQUESTED = "return_requested"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    REFUNDED = "refunded"


class Line(NamedTuple):
    """One line as it was said. price_minor: of one unit; total_minor: of the line."""

    sku: str
    units: Units
    price_minor: int | None
    total_minor: int | None


class Telling(msgspec.Struct, frozen=True, gc=False):
    """What one message says of one order. lines, total_minor, promised_at: None when it does not say."""

    order_id: str
    key: Key
    kind: str
    channel: str
    store_id: str | None
    subject: bytes
    currency: str
    total_minor: int | None
    return_id: str | None
    lines: tuple[Line, ...] | None
    promised_at: Micros | None = None

    @property
    def occurred_at(self) -> Micros:
        """When it was said to have happened."""
        return self.key[0]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order and how many units of it came back. Money is None where nobody said it."""

    line: int
    sku: str
    units: Units
    price: Money | None
    total: Money | None
    returned_units: Units


@dataclass(frozen=True, slots=True)
class Order:
    """One order.

    subject: the log's name of who placed it. placed_at: or, while that is unknown, first heard of. promised_at: when
    the customer may expect it, as last told; None where nobody did.
    """

    order_id: str
    state: State
    channel: str
    store_id: str | None
    subject: bytes
    placed_at: Micros
    changed_at: Micros
    total: Money | None
    promised_at: Micros | None = None


def decide(tellings: Iterable[Telling]) -> tuple[Order, list[OrderLine]]:
    """The order and its lines that follow from everything said about it (at least one telling)."""
    told = sorted(tellings, key=lambda one: one.key)
    lines = lines_of(told)
    origin = _first(told, {"Order Placed", "Order Completed"}) or _first(told, CONTENT) or told[0]
    total = total_of(told)
    order = Order(
        order_id=origin.order_id,
        state=state_of(told, lines, total),
        channel=origin.channel,
        store_id=origin.store_id,
        subject=origin.subject,
        placed_at=origin.occurred_at,
        changed_at=told[-1].occurred_at,
        total=total,
        promised_at=next((one.promised_at for one in reversed(told) if one.promised_at is not None), None),
    )
    return order, lines


def state_of(told: Sequence[Telling], lines: Sequence[OrderLine], total: Money | None) -> State:
    """The furthest state that is legal: what has left the house cannot be cancelled any more."""
    kinds = {telling.kind for telling in told}
    if "Pickup Expired" in kinds and "Order Shipped" in kinds and _is_back_on_the_shelf(told):
        kinds.discard("Order Shipped")
    back = _came_back(told, lines) if "Return Accepted" in kinds else None
    if ("Order Refunded" in kinds and _refunded_whole(told, total)) or (
        back is State.RETURNED and "Return Refunded" in kinds
    ):
        return State.REFUNDED
    return back or next((state for kind, state in _FURTHEST_FIRST if kind in kinds), State.KNOWN)


_FURTHEST_FIRST = (
    ("Return Requested", State.RETURN_REQUESTED),
    ("Pickup Collected", State.COLLECTED),
    ("Order Delivered", State.DELIVERED),
    ("Order Shipped", State.SHIPPED),
    ("Order Cancelled", State.CANCELLED),
    ("Pickup Expired", State.EXPIRED),
    ("Pickup Ready", State.READY),
    ("Pickup Requested", State.PICKUP_REQUESTED),
    ("Order Completed", State.COMPLETED),
    ("Order Placed", State.PLACED),
    ("Order Updated", State.PLACED),
)


def _is_back_on_the_shelf(told: Sequence[Telling]) -> bool:
    """Whether nobody came for what was sent to a store, and nothing was sent after that: it is on its way no longer."""
    last = {one.kind: one.occurred_at for one in told}
    return last["Pickup Expired"] >= last["Order Shipped"]


def total_of(told: Sequence[Telling]) -> Money | None:
    """The total as last said by a message about the content."""
    said = [one for one in told if one.kind in CONTENT and one.total_minor is not None]
    return Money(said[-1].total_minor or 0, said[-1].currency) if said else None


def lines_of(told: Sequence[Telling]) -> list[OrderLine]:
    """The lines as last said, with what came back; what came back and was never said to be bought stands at the end."""
    said = [one for one in told if one.kind in CONTENT and one.lines is not None]
    currency = said[-1].currency if said else told[-1].currency
    bought = said[-1].lines or () if said else ()
    lines, returned = _with_returns(bought, accepted_returns(told))
    return [
        _order_line(number, line, currency, units)
        for number, (line, units) in enumerate(zip(lines, returned, strict=True), start=1)
    ]


def _with_returns(bought: Sequence[Line], returns: Sequence[Telling]) -> tuple[Sequence[Line], list[Units]]:
    """The lines, those that only came back at the end, and the units that came back of each."""
    if not returns:
        return bought, [0] * len(bought)
    back = sum((Counter(_units(one.lines or ())) for one in returns), Counter[str]())
    whole = any(one.lines is None for one in returns)
    lines = [*bought, *(Line(sku, 0, None, None) for sku in sorted(back.keys() - {line.sku for line in bought}))]
    return lines, [line.units for line in lines] if whole else _spread(back, lines)


def _order_line(number: int, line: Line, currency: str, returned: Units) -> OrderLine:
    price, total = _money(line.price_minor, currency), _money(line.total_minor, currency)
    return OrderLine(number, line.sku, line.units, price, total, returned)


def accepted_returns(told: Iterable[Telling]) -> list[Telling]:
    """The returns that were accepted; the same return told twice counts once, as it was first told."""
    first: dict[object, Telling] = {}
    for telling in told:
        if telling.kind == "Return Accepted":
            first.setdefault(telling.return_id or telling.key, telling)
    return list(first.values())


def _spread(back: Mapping[str, Units], lines: Sequence[Line]) -> list[Units]:
    """Units that came back, on the lines of their item in turn; what is too much stands on the last of them."""
    left = dict(back)
    last = {line.sku: number for number, line in enumerate(lines)}
    returned: list[Units] = []
    for number, line in enumerate(lines):
        here = left.get(line.sku, 0) if last[line.sku] == number else min(left.get(line.sku, 0), line.units)
        left[line.sku] = left.get(line.sku, 0) - here
        returned.append(here)
    return returned


def _came_back(told: Sequence[Telling], lines: Sequence[OrderLine]) -> State | None:
    returns = accepted_returns(told)
    if not returns:
        return None
    bought = [line for line in lines if line.units]
    all_back = bool(bought) and all(line.returned_units >= line.units for line in bought)
    whole = all_back or any(one.lines is None for one in returns)
    return State.RETURNED if whole else State.PARTLY_RETURNED


def _refunded_whole(told: Iterable[Telling], total: Money | None) -> bool:
    """A refund that names a smaller sum in the order's currency is partial; any other one is whole."""
    refunds = [one for one in told if one.kind == "Order Refunded"]
    return any(not _smaller(_money(one.total_minor, one.currency), total) for one in refunds)


def _smaller(sum_named: Money | None, total: Money | None) -> bool:
    if sum_named is None or total is None:
        return False
    return sum_named.currency == total.currency and sum_named < total


def _first(told: Iterable[Telling], kinds: Iterable[str]) -> Telling | None:
    return next((telling for telling in told if telling.kind in kinds), None)


def _units(lines: Iterable[Line]) -> dict[str, Units]:
    units: Counter[str] = Counter()
    for line in lines:
        units[line.sku] += line.units
    return units


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)


def read_telling(fact: Fact, default_currency: str) -> Telling | None:
    """What a fact says of an order, or None for a pick-up or return that names none.

    Raises OrderUnreadable, UnreadableMoney or UnreadableUnits.
    """
    order_id = fact.text("order_id")
    if order_id is None and fact.kind in _PERHAPS_OF_AN_ORDER:
        return None
    if order_id is None or len(order_id) > _NAME_CHARACTERS:
        raise OrderUnreadable(kind=fact.kind, why="it has no order_id, or one that is too long")
    currency = (fact.text("currency") or default_currency).upper()
    if not _CURRENCY.fullmatch(currency):
        raise OrderUnreadable(kind=fact.kind, why=f"{currency!r} is no currency of three letters")
    lines = _read_lines(fact, currency)
    return Telling(
        order_id=order_id,
        key=(fact.occurred_at, fact.message_id, fact.route_key),
        kind=fact.kind,
        channel=fact.channel,
        store_id=fact.text("store_id") or fact.context.store_id,
        subject=fact.subject,
        currency=currency,
        total_minor=_read_total(fact, currency, lines),
        return_id=fact.text("return_id"),
        lines=lines,
        promised_at=promised_at(fact),
    )


def _read_lines(fact: Fact, currency: str) -> tuple[Line, ...] | None:
    """The products of a fact; a return may name its one item without a list."""
    if fact.kind not in _WITH_LINES:
        return None
    products = fact.properties.get("products")
    if products is None and fact.kind == "Return Accepted" and fact.text("sku"):
        products = [{"sku": fact.text("sku"), "quantity": fact.properties.get("quantity")}]
    if products is None:
        return None
    if not isinstance(products, list) or not all(isinstance(line, dict) for line in products):
        raise OrderUnreadable(kind=fact.kind, why="products is no list of objects")
    return tuple(_read_line(fact, line, currency) for line in products)


def _read_line(fact: Fact, said: Json, currency: str) -> Line:
    sku = said.get("sku") or said.get("product_id")
    if not isinstance(sku, (str, int)) or len(str(sku)) > _NAME_CHARACTERS:
        raise OrderUnreadable(kind=fact.kind, why="a line has no sku, or one that is too long")
    units = to_units(said.get("quantity", said.get("units")) if _has_quantity(said) else 1)
    if not 0 <= units <= _MOST_UNITS:
        raise OrderUnreadable(kind=fact.kind, why=f"{units} units of {sku}")
    price_minor = _minor(said, "price", currency)
    total_minor = _minor(said, "total", currency)
    if total_minor is None and price_minor is not None:
        total_minor = _bounded(units * price_minor, currency)
    return Line(str(sku), units, price_minor, total_minor)


def _has_quantity(said: Json) -> bool:
    return said.get("quantity") is not None or said.get("units") is not None


def _read_total(fact: Fact, currency: str, lines: tuple[Line, ...] | None) -> int | None:
    """The sum that a fact names, else the sum of its lines where each names its own."""
    if fact.kind not in _WITH_TOTAL:
        return None
    for name in ("total", "revenue", "value", "amount"):
        said = _minor(fact.properties, name, currency)
        if said is not None:
            return said
    sums = [line.total_minor for line in lines or ()]
    if not sums or None in sums:
        return None
    return _bounded(sum(one or 0 for one in sums), currency)


def _minor(said: Json, name: str, currency: str) -> int | None:
    """An amount, said as `name_minor` or in major units as `name`."""
    minor = said.get(f"{name}_minor")
    if minor is not None:
        return _bounded(to_units(minor), currency)
    major = said.get(name)
    if major is None:
        return None
    return _to_minor(major, currency) if isinstance(major, (int, float, str)) else to_minor(major, currency)


# The same prices come all day long, and reading one exactly costs more than the rest of its line.
_to_minor = lru_cache(maxsize=16_384, typed=True)(to_minor)


def _bounded(minor: int, currency: str) -> int:
    if abs(minor) >= _MINOR_LIMIT:
        raise UnreadableMoney(value=minor, currency=currency)
    return minor
