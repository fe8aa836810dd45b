"""What leaves in Shopify's shape: stock that changed and orders that moved on, as a shop's own webhooks tell them.

A program that already listens to Shopify listens to this hub without a change: the same topics, the same members, the
same signature. What an item or a location is called there is what `[shopify.NAME]` of the settings says for the
receiver of that name; without a number an item goes by its SKU and a location by its name.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from noline.channels.segment import decoded
from noline.channels.shopify import NO_SHOP, Shop, signature_of
from noline.kernel.clock import as_text
from noline.kernel.errors import UnreadableMoney, UnreadableUnits
from noline.kernel.events import Json, Record
from noline.kernel.money import minor_digits, to_minor
from noline.kernel.quantities import Units, to_units
from noline.stores.outbox import SHOPIFY, Subscription
from noline.truth.stock.model import UNSOURCED

Availability = Callable[[str], Sequence[tuple[str, Units]]]
"""What can be sold of an item now, by location."""

STOCK_TOPIC = "inventory_levels/update"
ORDER_TOPICS: Mapping[str, str] = {
    "Order Placed": "orders/create",
    "Order Completed": "orders/create",
    "Order Cancelled": "orders/cancelled",
    "Order Shipped": "orders/fulfilled",
}
"""The topic that each event of an order becomes."""

_NUMBER_DIGITS = 18  # a number of 64 bits, as Shopify's ids are
_PLACES = (
    "location", "location_id", "store_id", "fulfilment_location", "from_location", "from", "to_location", "to",
)  # fmt: skip


class Parcel(NamedTuple):
    """One request to a receiver. seq: the record it tells of. last: the record is told with it."""

    seq: int
    last: bool
    id: str
    body: bytes
    headers: Mapping[str, str]


class Told(NamedTuple):
    """One webhook before it is packed. key: what makes its id; the same whenever the same is told."""

    topic: str
    key: str
    body: Json


class Company(NamedTuple):
    """What a hub knows that a record does not say.

    stock_kinds: kinds of records that change what can be sold. shops: numbers of others, by the name of the receiver.
    currency: of amounts that name none.
    """

    availability: Availability
    stock_kinds: frozenset[str]
    shops: Mapping[str, Shop]
    currency: str


def parcels_of(
    record: Record, body: bytes | None, subscription: Subscription, company: Company, now_text: str
) -> list[Parcel]:
    """What one receiver is told of a record; nothing of one that was erased or that Shopify has no word for."""
    shop = company.shops.get(subscription.name, NO_SHOP)
    message = decoded(body) if body is not None else None
    if not isinstance(message, dict):
        return []
    told = [
        one
        for one in [*_stock(record, message, shop, company, now_text), *_orders(record, message, shop, company)]
        if _is_wanted(record.kind, one.topic, subscription.kinds)
    ]
    return [_packed(record, one, subscription.secret, shop, last=one is told[-1]) for one in told]


def kinds_about_people(subscription: Subscription) -> tuple[str, ...]:
    """Kinds of events about people that a receiver is told of; empty for every kind."""
    if subscription.format != SHOPIFY:
        return subscription.kinds
    told = tuple(kind for kind, topic in ORDER_TOPICS.items() if _is_wanted(kind, topic, subscription.kinds))
    return told or (STOCK_TOPIC,)


def event_id(secret: str, key: str) -> str:
    """A UUID that is the same for the same receiver and key, and that nobody can guess without the secret."""
    return str(UUID(bytes=hmac.new(secret.encode(), key.encode("utf-8", "replace"), hashlib.sha256).digest()[:16]))


def _is_wanted(kind: str, topic: str, kinds: Sequence[str]) -> bool:
    """A receiver may ask for events by our word or by Shopify's topic."""
    return not kinds or kind in kinds or topic in kinds


def _packed(record: Record, told: Told, secret: str, shop: Shop, *, last: bool) -> Parcel:
    body = msgspec.json.encode(told.body)
    name = event_id(secret, told.key)
    headers = {
        "content-type": "application/json",
        "x-shopify-topic": told.topic,
        "x-shopify-hmac-sha256": signature_of(body, secret),
        "x-shopify-event-id": name,
        "x-shopify-webhook-id": name,
        "x-shopify-triggered-at": as_text(record.received_at),
    }
    if shop.domain:
        headers["x-shopify-shop-domain"] = shop.domain
    return Parcel(record.seq, last, name, body, headers)


# Stock


def _stock(record: Record, message: Json, shop: Shop, company: Company, now_text: str) -> Iterator[Told]:
    """What can be sold now, of each item a record tells of, where it tells of; everywhere when it names no place."""
    if record.kind not in company.stock_kinds:
        return
    said = _object(message, "properties")
    items = dict(_items(said))
    everywhere = _places(said) | _places(_object(message, "context"))
    for sku, places in items.items():
        named = places or everywhere
        cells = [(location, units) for location, units in company.availability(sku) if location != UNSOURCED]
        for location, units in [cell for cell in cells if cell[0] in named] or cells:
            level = {
                "inventory_item_id": _number(shop.item_ids.get(sku, sku)),
                "location_id": _number(shop.location_ids.get(location, location)),
                "available": units,
                "updated_at": now_text,
            }
            yield Told(STOCK_TOPIC, f"{record.seq}:{STOCK_TOPIC}:{sku}:{location}", level)


def _items(said: Json) -> Iterator[tuple[str, frozenset[str]]]:
    """Every item that properties name, with the places named beside it; each once, with all its places."""
    found: dict[str, frozenset[str]] = {}
    lines: list[Any] = [said]
    for name in ("products", "lines", "moves"):
        value = said.get(name)
        lines += value if isinstance(value, list) else []
    for line in lines:
        sku, places = _item(line)
        if sku is not None:
            found[sku] = found.get(sku, frozenset()) | places
    yield from found.items()


def _item(line: Any) -> tuple[str | None, frozenset[str]]:
    """The item of a line: an object, or the row of a claim (item, location, units)."""
    if isinstance(line, dict):
        sku = line.get("sku") or line.get("product_id")
        return (str(sku), _places(line)) if isinstance(sku, (str, int)) else (None, frozenset())
    match line:
        case [str(sku), str(location), int()]:
            return sku, frozenset((location,))
    return None, frozenset()


def _places(said: Json) -> frozenset[str]:
    return frozenset(str(said[name]) for name in _PLACES if isinstance(said.get(name), (str, int)))


# Orders


def _orders(record: Record, message: Json, shop: Shop, company: Company) -> list[Told]:
    """An order that was placed, called off or sent, as far as the record tells of it."""
    topic = ORDER_TOPICS.get(record.kind)
    said = _object(message, "properties")
    order_id = _text(said, "order_id")
    if topic is None or order_id is None:
        return []
    currency = (_text(said, "currency") or shop.currency or company.currency).upper()
    at = as_text(record.occurred_at)
    order = {**_order(order_id, said, currency, shop), **_buyer(message)}
    # An order is placed and called off once, whoever tells of it; each parcel of it is sent once.
    key = f"{topic}:{order_id}"
    if topic == "orders/create":
        handed_over = record.kind == "Order Completed"
        order |= {"created_at": at, "fulfillment_status": "fulfilled" if handed_over else None}
    elif topic == "orders/cancelled":
        order |= {"cancelled_at": at, "cancel_reason": _text(said, "reason")}
    else:
        key = f"{key}:{_text(said, 'shipment_id') or record.seq}"
        order |= {"updated_at": at, "fulfillment_status": "fulfilled", "fulfillments": [_sent(said, at, order, shop)]}
    return [Told(topic, key, order)]


def _order(order_id: str, said: Json, currency: str, shop: Shop) -> Json:
    lines = said.get("products")
    place = _text(said, "location", "fulfilment_location", "store_id")
    return {
        "id": _number(order_id),
        "name": _text(said, "order_name") or order_id,
        "currency": currency,
        "total_price": next(
            filter(None, (_amount(said, name, currency) for name in ("total", "revenue", "value"))), None
        ),
        "location_id": _number(shop.location_ids.get(place, place)) if place else None,
        "line_items": [
            _line(line, currency, shop)
            for line in (lines if isinstance(lines, list) else [])
            if isinstance(line, dict) and _text(line, "sku", "product_id")
        ],
    }


def _line(line: Json, currency: str, shop: Shop) -> Json:
    sku = _text(line, "sku", "product_id") or ""
    quantity = line.get("quantity", line.get("units"))
    return {
        "sku": sku,
        "inventory_item_id": _number(shop.item_ids.get(sku, sku)),
        "name": _text(line, "name") or sku,
        "quantity": _units(1 if quantity is None else quantity),
        "price": _amount(line, "price", currency),
    }


def _sent(said: Json, at: str, order: Json, shop: Shop) -> Json:
    place = _text(said, "location", "fulfilment_location", "store_id")
    return {
        "id": _text(said, "shipment_id"),
        "order_id": order["id"],
        "status": "success",
        "created_at": at,
        "location_id": _number(shop.location_ids.get(place, place)) if place else None,
        "tracking_company": _text(said, "carrier"),
        "tracking_number": _text(said, "tracking_number"),
        "line_items": order["line_items"],
    }


def _buyer(message: Json) -> Json:
    """Who ordered, as far as the message itself says so."""
    context = _object(message, "context")
    traits = _object(message, "traits") or _object(context, "traits")
    email, phone = _text(traits, "email"), _text(traits, "phone")
    customer = {
        "id": _text(message, "userId"),
        "email": email,
        "phone": phone,
        "first_name": _text(traits, "firstName", "first_name"),
        "last_name": _text(traits, "lastName", "last_name"),
    }
    return {"email": email, "phone": phone, "customer": customer if any(customer.values()) else None}


def _amount(said: Json, name: str, currency: str) -> str | None:
    """An amount in major units, as Shopify writes it; None when it was not said, or cannot be read."""
    minor, major = said.get(f"{name}_minor"), said.get(name)
    try:
        amount = to_units(minor) if minor is not None else None if major is None else to_minor(major, currency)
    except (UnreadableMoney, UnreadableUnits):
        return None
    return None if amount is None else str(Decimal(amount).scaleb(-minor_digits(currency)))


def _units(value: object) -> Units | None:
    try:
        return to_units(value)
    except UnreadableUnits:
        return None


def _number(name: str) -> int | str:
    """Digits as the number that Shopify's ids are; anything else as it is."""
    is_number = name.isascii() and name.isdigit() and len(name) <= _NUMBER_DIGITS and str(int(name)) == name
    return int(name) if is_number else name


def _text(said: Json, *names: str) -> str | None:
    for name in names:
        value = said.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)
    return None


def _object(said: Json, name: str) -> Json:
    value = said.get(name)
    return value if isinstance(value, dict) else {}
