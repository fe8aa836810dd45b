"""What can be bought, where and for how much, as JSON-LD in the words of schema.org, for search engines and agents."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from noline.doors.answers import promises
from noline.flows.promise import Shelves
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text, parse_instant
from noline.kernel.errors import NotFound
from noline.kernel.gs1 import gtin14
from noline.kernel.money import Money, minor_digits
from noline.kernel.quantities import Units
from noline.truth.catalogue.model import Item, Location
from noline.truth.stock.promising import open_to

Json = dict[str, Any]

CONTEXT = "https://schema.org"
FEW: Units = 5
"""So many units or fewer are a limited availability."""


class Supply(NamedTuple):
    """What can be had of an item.

    there: units that may be sold at the places that are meant. beyond: whether the rules of the stock let more be
    promised. released_at: when it is first sold; None for what is sold already.
    """

    there: Units
    beyond: bool = False
    released_at: Micros | None = None


def availability(supply: Supply, now: Micros, few: Units = FEW) -> str:
    """The word of schema.org's ItemAvailability, as its address."""
    return f"{CONTEXT}/{_word(supply, now, few)}"


def _word(supply: Supply, now: Micros, few: Units) -> str:
    if supply.released_at is not None and supply.released_at > now:
        return "PreOrder"
    if supply.there > few:
        return "InStock"
    if supply.there > 0:
        return "LimitedAvailability"
    return "BackOrder" if supply.beyond else "OutOfStock"


def offer(hub: Hub, sku: str, channel: str = "", location: str | None = None, few: Units = FEW) -> Json:
    """An item as a channel offers it: in all places that serve the channel, or in one. Raises NotFound.

    The price is the one of the channel now, else the list price, and is left out when nobody set one. An attribute
    `available_from` of the item, ISO 8601, makes a pre-order of it until then.
    """
    now = hub.clock.now()
    (found,) = promises.availability(hub, [sku], channel)["items"]
    with hub.store.reading() as reader:
        item = hub.catalogue.item(reader, sku)
        price = hub.prices.price_at(reader, sku, channel, now)
        places = {one.location: one for one in hub.catalogue.locations(reader)}
        rules = Shelves(reader, hub.stock)
        overdraft = rules.policy(sku, channel).overdraft
        free = open_to(sku, channel, rules, rules) if location is None else rules.at(sku, location)
    if item is None and price is None and not found["locations"]:
        raise NotFound(what="item", name=sku)
    if (
        location is not None
        and location not in places
        and all(one["location"] != location for one in found["locations"])
    ):
        raise NotFound(what="location", name=location)
    shelves = {one["location"]: one["available"] for one in found["locations"] if location in (None, one["location"])}
    # A channel that keeps a buffer may sell less than lies on its shelves.
    there = min(sum(shelves.values()), found["available"])
    supply = Supply(there, overdraft is None or free + overdraft > 0, _released_at(item))
    stocked = [name for name, units in shelves.items() if units > 0] if location is None else [location]
    money = price.money if price is not None else item.list_price if item is not None else None
    return {
        "@context": CONTEXT,
        "@type": "Offer",
        "availability": availability(supply, now, few),
        **({} if supply.released_at is None else {"availabilityStarts": as_text(supply.released_at)}),
        "inventoryLevel": {"@type": "QuantitativeValue", "value": there},
        "availableAtOrFrom": _places(stocked, places),
        **_price(money),
        "itemOffered": _product(sku, item),
    }


def _places(names: Iterable[str], known: Mapping[str, Location]) -> list[Json]:
    return [_place(name, known.get(name)) for name in sorted(names)]


def _place(name: str, location: Location | None) -> Json:
    place: Json = {"@type": "Place", "branchCode": name}
    if location is None:
        return place
    address = {"addressLocality": location.city, "addressCountry": location.country}
    told = {part: value for part, value in address.items() if value}
    if location.name:
        place["name"] = location.name
    if told:
        place["address"] = {"@type": "PostalAddress", **told}
    return place


def _price(money: Money | None) -> Json:
    if money is None:
        return {}
    amount = Decimal(money.amount_minor).scaleb(-minor_digits(money.currency))
    return {"price": str(amount), "priceCurrency": money.currency}


def _product(sku: str, item: Item | None) -> Json:
    product: Json = {"@type": "Product", "sku": sku}
    if item is None:
        return product
    told = {
        "name": item.name,
        "gtin14": gtin14(item.gtin) if item.gtin else None,
        "category": item.category,
        "brand": {"@type": "Brand", "name": item.brand} if item.brand else None,
    }
    return product | {part: value for part, value in told.items() if value}


def _released_at(item: Item | None) -> Micros | None:
    """When an item is first sold, as far as somebody said so readably."""
    said = item.attributes.get("available_from") if item is not None else None
    try:
        return parse_instant(said) if isinstance(said, str) else None
    except (ValueError, OverflowError):
        return None
