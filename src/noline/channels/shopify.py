"""Shopify's webhooks: what a shop tells of stock, orders, refunds and products, as messages of the tracking contract.

A webhook is JSON in Shopify's REST shape; its topic, its ids and its signature stand in headers. Shopify numbers its
items, variants and locations; a shop's settings say which SKU and which location of ours a number is, and a number that
nobody mapped stands for itself, as text.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec

from noline.channels.hostile import is_suspicious, refusal_by_content, refusal_of
from noline.channels.segment import Envelope, read_item
from noline.kernel.errors import Refused, SettingWrong
from noline.kernel.events import Json, Message, Refusal
from noline.kernel.gs1 import is_gtin
from noline.stores.access import OURS

_LONGEST_ID = 100
_MOST_UNITS = 10**9
_PLAIN_VARIANT = "Default Title"  # what Shopify calls the only variant of a product without options
_NOT_SENT = frozenset(("cancelled", "error", "failure"))
_CAME_BACK = frozenset(("return", "legacy_restock"))
_KEYS = frozenset(("secret", "channel", "currency", "domain", "items", "locations"))


class ShopifySignatureWrong(Refused):
    """A webhook that the shop's secret did not sign, or that another shop sent."""

    code = "shopify.signature_wrong"
    status = 401
    sentence = "This webhook is not signed with the secret of {shop!r}."
    hint = "Put the secret of the app that sends it under [shopify.NAME] in noline.toml; nothing of it was kept."


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop that sends or is sent webhooks; one table `[shopify.NAME]` of the settings.

    secret: signs what it sends. channel: where its orders are made, unless a till of its own made them. currency: of
    its prices, where a webhook does not say; empty for the hub's own. domain: the only shop that may send, empty for
    any that the secret signs for. items, locations: Shopify's numbers to SKUs and locations of ours; the number of an
    item may be that of its inventory or of its variant. item_ids, location_ids: the same the other way round.
    """

    secret: str = field(repr=False)
    channel: str = "web"
    currency: str = ""
    domain: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    locations: Mapping[str, str] = field(default_factory=dict)
    item_ids: Mapping[str, str] = field(default_factory=dict)
    location_ids: Mapping[str, str] = field(default_factory=dict)


NO_SHOP = Shop("")
"""A receiver that no table of the settings names: everything is called as it is called here."""


class Delivery(NamedTuple):
    """What the headers of a webhook say. event_id: the same in every repetition; empty when none was sent."""

    topic: str
    event_id: str = ""
    triggered_at: str = ""


class _Unreadable(Exception):
    """Something that a webhook must say, and does not."""

    def __init__(self, pointer: str, why: str) -> None:
        super().__init__(why)
        self.pointer = pointer
        self.why = why


def shops_of(told: Mapping[str, Any]) -> dict[str, Shop]:
    """The shops that the settings name. Raises SettingWrong."""
    return {name: _shop(name, one) for name, one in told.items()}


def without_secrets(told: Mapping[str, Any]) -> Json:
    """The tables of the settings as they may be shown."""
    return {name: {**one, "secret": "..."} if isinstance(one, dict) else one for name, one in told.items()}


def verify(body: bytes, signature: str, domain: str, name: str, shop: Shop) -> None:
    """Raise ShopifySignatureWrong unless this shop's secret signed these very bytes."""
    expected = signature_of(body, shop.secret).encode()
    signed = hmac.compare_digest(expected, signature.strip().encode("utf-8", "replace"))
    if not signed or (shop.domain and domain.lower() != shop.domain.lower()):
        raise ShopifySignatureWrong(shop=name)


def signature_of(body: bytes, secret: str) -> str:
    """What stands in `X-Shopify-Hmac-Sha256`: base64 of HMAC-SHA256 over the bytes, keyed by the secret's text."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def read_webhook(body: bytes, delivery: Delivery, shop: Shop) -> Envelope:
    """The messages that a webhook amounts to; what cannot be read is a Refusal that keeps the bytes."""
    translate = _TOPICS.get(delivery.topic)
    if translate is None:
        why = f"{delivery.topic[:_LONGEST_ID]!r} is no topic that is read"
        return _refused(Refusal("unknown_schema", "", why, body))
    payload = _payload(body)
    if isinstance(payload, Refusal):
        return _refused(payload)
    try:
        messages = translate(payload, _named(delivery, body), shop)
    except _Unreadable as cause:
        return _refused(Refusal("schema_violation", cause.pointer, cause.why, body))
    raws = [msgspec.json.encode(message) for message in messages]
    items: list[Message | Refusal] = [read_item(raw, suspicious=is_suspicious(raw)) for raw in raws]
    return Envelope(items, raws, None, None)


def _payload(body: bytes) -> Json | Refusal:
    """The object that a body is. It may be larger than an item of ours: what becomes of it is measured instead."""
    try:
        refusal = refusal_by_content(body) if is_suspicious(body) else None
        payload = msgspec.json.decode(body) if refusal is None else None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as cause:
        return refusal_of(cause, body)
    if isinstance(payload, dict):
        return payload
    return refusal or Refusal("schema_violation", "", "a webhook is one object", body)


def _named(delivery: Delivery, body: bytes) -> Delivery:
    """A delivery whose event has an id of a bearable length: where none was sent, the bytes name the event."""
    if 0 < len(delivery.event_id) <= _LONGEST_ID:
        return delivery
    told = delivery.event_id.encode("utf-8", "replace") or body
    return delivery._replace(event_id="sha256-" + hashlib.sha256(told).hexdigest())


def _refused(refusal: Refusal) -> Envelope:
    return Envelope([refusal], [refusal.raw], None, None)


# Topics


def _inventory(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    """What can be sold at a place, counted anew. Shopify goes below zero where more was promised than is there."""
    item, place = _needed(payload, "inventory_item_id"), _needed(payload, "location_id")
    available = payload.get("available")
    if isinstance(available, bool) or not isinstance(available, int) or abs(available) > _MOST_UNITS:
        raise _Unreadable("/available", "it is no whole number of units")
    changed_at = _text(payload, "updated_at") or delivery.triggered_at
    said = {"sku": shop.items.get(item, item), "location": shop.locations.get(place, place)}
    counted = {**said, "quantity": max(0, available), "available": available}
    return [_track("Stock Counted", delivery, (item, place, changed_at), changed_at, counted)]


def _order_created(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    """An order; what a till of the shop handed over at once is complete, and has left its shelf."""
    order_id = _needed(payload, "id")
    handed_over = _text(payload, "fulfillment_status") == "fulfilled"
    place = _order_place(payload, shop)
    said = {
        "order_id": order_id,
        "order_name": _text(payload, "name"),
        "currency": _text(payload, "currency") or shop.currency,
        "total": _amount(payload, "total_price"),
        "coupon_id": next((_text(one, "code") for one in _objects(payload, "discount_codes")), None),
        "products": [_line(line, shop) for line in _objects(payload, "line_items")],
        "fulfilment_location": place if handed_over else None,
    }
    event = "Order Completed" if handed_over else "Order Placed"
    at = _text(payload, "processed_at", "created_at") or delivery.triggered_at
    return [_track(event, delivery, (order_id,), at, said, _context(payload, place))]


def _order_cancelled(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    order_id = _needed(payload, "id")
    said = {"order_id": order_id, "reason": _text(payload, "cancel_reason")}
    at = _text(payload, "cancelled_at", "updated_at") or delivery.triggered_at
    return [_track("Order Cancelled", delivery, (order_id,), at, said, _context(payload, _order_place(payload, shop)))]


def _order_fulfilled(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    """Each parcel that left, from where and with what; the order as one parcel when none is named."""
    order_id = _needed(payload, "id")
    context = _context(payload, _order_place(payload, shop))
    sent = [one for one in _objects(payload, "fulfillments") if _text(one, "status") not in _NOT_SENT]
    messages = []
    for number, parcel in enumerate(sent or [payload]):
        place = _text(parcel, "location_id") if sent else None
        said = {
            "order_id": order_id,
            "shipment_id": _text(parcel, "id") if sent else None,
            "location": shop.locations.get(place, place) if place else None,
            "carrier": _text(parcel, "tracking_company"),
            "tracking_number": _text(parcel, "tracking_number"),
            "products": [_line(line, shop) for line in _objects(parcel, "line_items")],
        }
        at = _text(parcel, "created_at" if sent else "updated_at") or delivery.triggered_at
        parts = (order_id, said["shipment_id"] or str(number))
        messages.append(_track("Order Shipped", delivery, parts, at, said, context))
    return messages


def _refunded(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    """What came back, one return for each place, and the money that was given back."""
    refund_id, order_id = _needed(payload, "id"), _needed(payload, "order_id")
    at = _text(payload, "processed_at", "created_at") or delivery.triggered_at
    back = _back_by_place(payload, shop)
    messages = []
    for place, products in back.items():
        name = refund_id if len(back) == 1 else f"{refund_id}@{place}"
        said = {"order_id": order_id, "return_id": name, "location": place or None, "products": products}
        messages.append(_track("Return Accepted", delivery, (refund_id, place), at, said))
    amount, currency = _given_back(payload)
    if amount or not messages:
        said = {"order_id": order_id, "refund_id": refund_id, "total": str(amount)}
        said = {**said, "currency": currency or shop.currency, "reason": _text(payload, "note")}
        messages.append(_track("Order Refunded", delivery, (refund_id,), at, said))
    return messages


def _product(payload: Json, delivery: Delivery, shop: Shop) -> list[Json]:
    """Each variant of a product as an item. A bar code that is no GTIN stays a bar code."""
    product_id = _needed(payload, "id")
    messages = []
    for variant in _objects(payload, "variants"):
        variant_id = _text(variant, "id") or product_id
        barcode = _text(variant, "barcode")
        known = barcode is not None and is_gtin(barcode)
        attributes = {
            "shopify_product_id": product_id,
            "shopify_variant_id": variant_id,
            "status": _text(payload, "status"),
            "barcode": None if known else barcode,
        }
        said = {
            "sku": _sku_of_variant(variant, shop),
            "name": _name(payload, variant),
            "brand": _text(payload, "vendor"),
            "category": _text(payload, "product_type"),
            "price": _amount(variant, "price"),
            "currency": shop.currency,
            "gtin": barcode if known else None,
            "attributes": _without_nothing(attributes),
        }
        at = _text(variant, "updated_at") or _text(payload, "updated_at") or delivery.triggered_at
        messages.append(_track("Product Described", delivery, (product_id, variant_id, at), at, said))
    if not messages:
        raise _Unreadable("/variants", "it has no variant")
    return messages


_TOPICS: dict[str, Callable[[Json, Delivery, Shop], list[Json]]] = {
    "inventory_levels/update": _inventory,
    "orders/create": _order_created,
    "orders/cancelled": _order_cancelled,
    "orders/fulfilled": _order_fulfilled,
    "refunds/create": _refunded,
    "products/create": _product,
    "products/update": _product,
}

TOPICS = frozenset(_TOPICS)
"""The topics that are read."""


# Parts of a payload


def _track(
    event: str, delivery: Delivery, parts: tuple[str, ...], at: str, said: Json, context: Json | None = None
) -> Json:
    """A message whose id is the same in every repetition, and another for each thing that an event is about."""
    message_id = ":".join(("shopify", delivery.topic, delivery.event_id, *parts))
    if len(message_id) > 2 * _LONGEST_ID:
        message_id = "shopify:" + hashlib.sha256(message_id.encode("utf-8", "replace")).hexdigest()
    message: Json = {"type": "track", "event": event, "messageId": message_id, "properties": _without_nothing(said)}
    if at:
        message["timestamp"] = at
    if context:
        message["context"] = context
    return message


def _context(order: Json, place: str | None) -> Json:
    """Who ordered, and where: a till of the shop is a store, everything else is the channel of the source."""
    customer = _object(order, "customer")
    traits = {
        "email": _text(order, "email", "contact_email") or _text(customer, "email"),
        "phone": _text(order, "phone") or _text(customer, "phone"),
        "firstName": _text(customer, "first_name"),
        "lastName": _text(customer, "last_name"),
    }
    number = _text(customer, "id")
    at_till = _text(order, "source_name") == "pos"
    address = _object(order, "shipping_address") or _object(order, "billing_address")
    context = {
        "externalIds": [{"type": "shopify_customer_id", "id": number}] if number else None,
        "traits": _without_nothing(traits),
        "channel": "store" if at_till else None,
        "store_id": place if at_till else None,
        "country": _text(address, "country_code"),
    }
    return _without_nothing(context)


def _order_place(order: Json, shop: Shop) -> str | None:
    """Where a till made an order, or the one place from which it was handed over."""
    told = _text(order, "location_id") or next(
        (_text(one, "location_id") for one in _objects(order, "fulfillments")), None
    )
    return None if told is None else shop.locations.get(told, told)


def _line(line: Json, shop: Shop) -> Json:
    """A line of an order: price of one unit before reductions, total of the line after them."""
    quantity = line.get("quantity")
    said: Json = {"sku": _sku(line, shop), "quantity": quantity, "price": _amount(line, "price")}
    reductions = [_decimal(_amount(one, "amount")) for one in _objects(line, "discount_allocations")]
    price = _decimal(said["price"])
    if reductions and price is not None and isinstance(quantity, int) and abs(quantity) <= _MOST_UNITS:
        said["total"] = str(price * quantity - sum((one for one in reductions if one is not None), Decimal(0)))
    return _without_nothing(said)


def _sku(line: Json, shop: Shop) -> str:
    """The SKU of a line; what stands in no catalogue, such as a tip, goes by its title."""
    variant = _text(line, "variant_id") or _text(line, "product_id")
    return _text(line, "sku") or (shop.items.get(variant, variant) if variant else None) or _text(line, "title") or ""


def _sku_of_variant(variant: Json, shop: Shop) -> str | None:
    numbers = [_text(variant, "inventory_item_id"), _text(variant, "id")]
    mapped = next((shop.items[number] for number in numbers if number in shop.items), None)
    return mapped or _text(variant, "sku") or numbers[0] or numbers[1]


def _name(product: Json, variant: Json) -> str | None:
    title, kind = _text(product, "title"), _text(variant, "title")
    return f"{title} {kind}" if title and kind and kind != _PLAIN_VARIANT else title


def _back_by_place(refund: Json, shop: Shop) -> dict[str, list[Json]]:
    """Units that came back to a shelf, by place; no place is an empty text."""
    back: dict[str, list[Json]] = {}
    for one in _objects(refund, "refund_line_items"):
        if _text(one, "restock_type") in _CAME_BACK:
            told = _text(one, "location_id") or ""
            line = {"sku": _sku(_object(one, "line_item"), shop), "quantity": one.get("quantity")}
            back.setdefault(shop.locations.get(told, told), []).append(_without_nothing(line))
    return back


def _given_back(refund: Json) -> tuple[Decimal, str | None]:
    """What the successful payments back add up to, and their currency."""
    paid = [
        one
        for one in _objects(refund, "transactions")
        if _text(one, "kind") == "refund" and _text(one, "status") == "success"
    ]
    amounts = [_decimal(_amount(one, "amount")) for one in paid]
    if None in amounts:
        raise _Unreadable("/transactions", "an amount is no number")
    currency = next((_text(one, "currency") for one in paid), None)
    return sum((one for one in amounts if one is not None), Decimal(0)), currency


def _decimal(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text or "")
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 2 * len(str(_MOST_UNITS)) else None


def _needed(said: Json, name: str) -> str:
    found = _text(said, name)
    if found is None:
        raise _Unreadable(f"/{name}", f"it has no {name}")
    return found


def _text(said: Json, *names: str) -> str | None:
    """The first of these that is there, as text."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    return None


def _amount(said: Json, name: str) -> str | None:
    """An amount of money in the digits that were sent: Shopify sends texts, programs that imitate it send numbers."""
    value = said.get(name)
    return str(value) if isinstance(value, float) else _text(said, name)


def _object(said: Json, name: str) -> Json:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def _objects(said: Json, name: str) -> list[Json]:
    value = said.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _without_nothing(said: Mapping[str, Any]) -> Json:
    return {name: value for name, value in said.items() if value not in (None, "", {})}


# Settings


def _shop(name: str, told: Any) -> Shop:
    if not isinstance(told, dict):
        raise SettingWrong(key="shopify", value=name, why="it takes tables [shopify.NAME]")
    if name == OURS.name:
        raise SettingWrong(key="shopify", value=name, why="that is the hub's own name")
    for key in told.keys() - _KEYS:
        raise SettingWrong(key=f"shopify.{name}", value=key, why=f"it takes {', '.join(sorted(_KEYS))}")
    for key in _KEYS - {"items", "locations"}:
        if not isinstance(told.get(key, ""), str):
            raise SettingWrong(key=f"shopify.{name}.{key}", value=type(told[key]).__name__, why="it takes a text")
    if not told.get("secret"):
        raise SettingWrong(key=f"shopify.{name}.secret", value="", why="without it nobody can tell who sent a webhook")
    items, locations = _names(name, "items", told), _names(name, "locations", told)
    return Shop(
        secret=told["secret"],
        channel=told.get("channel") or "web",
        currency=told.get("currency", ""),
        domain=told.get("domain", ""),
        items=items,
        locations=locations,
        item_ids={sku: number for number, sku in items.items()},
        location_ids={location: number for number, location in locations.items()},
    )


def _names(shop: str, key: str, told: Json) -> dict[str, str]:
    names = told.get(key, {})
    if not isinstance(names, dict) or not all(isinstance(one, str) and one for one in names.values()):
        why = "it takes a table of numbers and names"
        raise SettingWrong(key=f"shopify.{shop}.{key}", value=type(names).__name__, why=why)
    return {str(number): one for number, one in names.items()}
