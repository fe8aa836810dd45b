"""What a fact is to the books of sale: pseudonymous rows for the questions about who earned what.

Pure and quick, and as lenient as a touchpoint: what cannot be read is left out.
"""

from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Fact, Json
from noline.kernel.lenient import (
    amount_minor_of,
    code_of,
    count_of,
    currency_of,
    instant_of,
    is_net_total,
    line_minor_of,
    minutes_of,
    products_of,
    sku_of,
    text_of,
    total_minor_of,
    units_of,
    whole_of,
)
from noline.kernel.words import Word

CONTENT_WORDS = ("Order Placed", "Order Completed", "Order Updated")
"""The words that say what is in an order."""

WORK_WORDS = frozenset(
    {
        "Advice Given", "Appointment Booked", "Appointment Kept", "Call Started", "Call Transferred", "Call Resolved",
        "Case Opened", "Case Resolved",
    }
)  # fmt: skip
"""The words of work that may be done for an order: of an order they tell that, and their minutes, and nothing else."""

ORDER_WORDS = WORK_WORDS | frozenset(
    {
        *CONTENT_WORDS, "Order Paid", "Order Cancelled", "Order Promised", "Order Picked", "Order Shipped",
        "Order Delivered", "Delivery Missed", "Pickup Requested", "Pickup Ready", "Pickup Collected", "Pickup Expired",
        "Return Requested", "Return Accepted", "Return Refused", "Return Redirected", "Return Refunded",
        "Order Refunded",
    }
)  # fmt: skip
"""The words that tell of one order, when they name it."""

OF_REFUND = "refund:"
"""Before the id of a refund, so that it is no return of the same id."""

_BACK_WORDS = frozenset({"Return Requested", "Return Accepted", "Return Refused", "Return Refunded", "Order Refunded"})
_PROMISING = frozenset({"Order Promised", "Pickup Requested"})
_COST_WORD = "Product Described"


class OrderEvent(NamedTuple):
    """A row of the analytical table `order_events`: what one message says of one order, or of one line of it.

    line: 0 for the message as a whole, 1.. for the lines of its basket.
    subject: who, as a pseudonym (the routing key); None when nobody is known.
    return_id: as told; of `Order Refunded` the `refund_id` after `OF_REFUND`, where it tells one.
    store_id: the store that told it, or that it names. location: where the goods lie, where the message says it.
    total_minor: of the whole, or of the line. tax_minor, shipping_minor: what of the whole is tax and postage; 0 where
    the whole is told as `revenue`, which is without both. What came or was given back is 0 or above, whatever its sign.
    cost_minor: what the goods cost us, where the message tells. minutes: of work, where it tells.
    promised_at: when the customer may expect the order: `promised_at`, or of a pick-up `handoff_until`.
    """

    seq: int
    line: int
    subject: int | None
    occurred_at: Micros
    channel: str
    action: str
    order_id: str
    return_id: str | None
    account_id: str | None
    store_id: str | None
    location: str | None
    country: str | None
    sku: str | None
    units: int | None
    currency: str
    total_minor: int | None
    tax_minor: int | None
    shipping_minor: int | None
    cost_minor: int | None
    minutes: int | None
    promised_at: Micros | None


class GoodsCost(NamedTuple):
    """A row of the analytical table `goods_costs`: what one unit of an item costs us, from a moment on."""

    seq: int
    occurred_at: Micros
    sku: str
    currency: str
    cost_minor: int


def is_of_an_order(word: Word) -> bool:
    """Whether what bears this name can tell of an order."""
    return word.name in ORDER_WORDS


def tells_of_cost(word: Word) -> bool:
    """Whether what bears this name can tell what goods cost us."""
    return word.name == _COST_WORD


def order_events(fact: Fact, default_currency: str = "EUR") -> list[OrderEvent]:
    """What a fact says of an order: itself, then its lines; nothing when it names no order.

    default_currency: ISO 4217, of amounts that do not name theirs.
    """
    order_id = text_of(fact.properties.get("order_id"))
    if order_id is None or not is_of_an_order(fact.word):
        return []
    products = products_of(fact.properties)
    whole = _whole(fact, order_id, products, currency_of(fact.properties, default_currency))
    if fact.kind in WORK_WORDS:
        return [_of_work(whole)]
    if fact.kind not in CONTENT_WORDS and fact.kind != "Return Accepted":
        return [whole]
    if not products and whole.sku is not None:
        # An order of one item without a list: what it tells of cost and price is that of a unit.
        products, whole = [fact.properties], whole._replace(cost_minor=None)
    return [whole, *(_line(whole, number, product) for number, product in enumerate(products, start=1))]


def goods_cost(fact: Fact, default_currency: str = "EUR") -> GoodsCost | None:
    """What a description says that an item costs us; None when it does not say."""
    sku = text_of(fact.properties.get("sku")) or text_of(fact.properties.get("product_id"))
    if sku is None or not tells_of_cost(fact.word):
        return None
    named = text_of(fact.properties.get("cost_currency"))
    currency = currency_of(fact.properties, default_currency) if named is None else code_of(named)
    cost = _cost(fact.properties, currency)
    return None if cost is None else GoodsCost(fact.seq, fact.occurred_at, sku, currency, cost)


def _whole(fact: Fact, order_id: str, products: list[Json], currency: str) -> OrderEvent:
    said, context = fact.properties, fact.context
    net = is_net_total(said)
    return OrderEvent(
        fact.seq,
        0,
        fact.route_key if fact.identifiers else None,
        fact.occurred_at,
        fact.channel,
        fact.kind,
        order_id,
        _return_id(fact.kind, said),
        text_of(said.get("account_id")),
        context.store_id or text_of(said.get("store_id")),
        text_of(said.get("fulfilment_location")) or text_of(said.get("location")),
        context.country,
        sku_of(said, []),
        _as_told(fact.kind, units_of(said, products)),
        currency,
        _as_told(fact.kind, total_minor_of(said, products, currency)),
        0 if net else _minor(said, "tax", currency),
        0 if net else _minor(said, "shipping", currency),
        _cost(said, currency),
        minutes_of(said),
        promised_at(fact),
    )


def _of_work(whole: OrderEvent) -> OrderEvent:
    """Who did something for the order, when and for how long: amounts of such a message are not the order's."""
    return whole._replace(
        sku=None, units=None, total_minor=None, tax_minor=None, shipping_minor=None, cost_minor=None, promised_at=None
    )


def _return_id(kind: str, said: Json) -> str | None:
    """The return that a message names; of money given back the refund, where it has an id of its own."""
    refund = text_of(said.get("refund_id")) if kind == "Order Refunded" else None
    return text_of(said.get("return_id")) if refund is None else f"{OF_REFUND}{refund}"


def _as_told(kind: str, number: int | None) -> int | None:
    """Some tell what came back with a minus before it."""
    return abs(number) if number is not None and kind in _BACK_WORDS else number


def promised_at(fact: Fact) -> Micros | None:
    """When the customer may expect the order that a fact tells of; None where it does not say."""
    told = instant_of(fact.properties.get("promised_at"))
    return instant_of(fact.properties.get("handoff_until")) if told is None and fact.kind in _PROMISING else told


def _line(whole: OrderEvent, number: int, product: Json) -> OrderEvent:
    units = _as_told(whole.action, count_of(product.get("quantity", 1)))
    cost = _cost(product, whole.currency)
    return whole._replace(
        line=number,
        sku=sku_of(product, []),
        units=units,
        total_minor=_as_told(whole.action, _line_total(product, whole.currency)),
        tax_minor=None,
        shipping_minor=None,
        cost_minor=None if cost is None or units is None else whole_of(cost * units),
        minutes=None,
        promised_at=None,
    )


def _line_total(product: Json, currency: str) -> int | None:
    told = _minor(product, "total", currency)
    return line_minor_of(product, currency) if told is None else told


def _cost(said: Json, currency: str) -> int | None:
    """What goods cost us; below 0 it cannot be."""
    cost = _minor(said, "cost", currency)
    return None if cost is None or cost < 0 else cost


def _minor(said: Json, name: str, currency: str) -> int | None:
    """An amount, said as `name_minor` or in major units as `name`."""
    if said.get(f"{name}_minor") is not None:
        return whole_of(said[f"{name}_minor"])
    return None if said.get(name) is None else amount_minor_of(said[name], currency)
