"""What is sold, and where: items and locations as the people who know them described them.

A description may say only a part. Each property is as it was last said; who speaks later about another property takes
nothing back.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact, Json
from noline.kernel.gs1 import gtin as read_gtin
from noline.kernel.money import Money, to_minor
from noline.kernel.quantities import to_units

KINDS = frozenset({"Product Described", "Location Opened"})
"""The words this room listens to."""

Thing = Literal["item", "location"]
Key = tuple[Micros, str, int]
"""What decides between two descriptions: when, then the message, then the subject that told it."""

_NAME_CHARACTERS = 200
_MINOR_LIMIT = 10**15
_CURRENCY = re.compile(r"[A-Z]{3}")


class DescriptionUnreadable(NotReadable):
    """A description of an item or a location that cannot be understood."""

    code = "catalogue.unreadable"
    sentence = "{kind} cannot be taken into the catalogue: {why}."
    hint = "Correct the property that is named and replay the dead letter."


@dataclass(frozen=True, slots=True)
class Item:
    """Something we sell. list_price: what its maker says it costs; channels may have prices of their own."""

    sku: str
    name: str | None
    brand: str | None
    category: str | None
    list_price: Money | None
    gtin: str | None
    attributes: Json
    described_at: Micros


@dataclass(frozen=True, slots=True)
class Location:
    """A place that sells, keeps or ships goods. channel: the channel it serves. country: ISO 3166, two letters.

    latitude, longitude: in millionths of a degree; both or neither.
    """

    location: str
    name: str | None
    channel: str
    country: str | None
    city: str | None
    described_at: Micros
    latitude: int | None = None
    longitude: int | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """What one message said of one thing; `said` holds only what was there, `name` among it."""

    thing: Thing
    name: str
    key: Key
    said: Json


def read_description(fact: Fact, default_currency: str) -> Description:
    """What a fact says of an item or a location; raises a NotReadable of this room or of the kernel."""
    key = (fact.occurred_at, fact.message_id, fact.route_key)
    if fact.kind == "Location Opened":
        place = _named(fact, "location", "location_id", "store_id")
        return Description("location", place, key, _said_of_location(fact, place))
    sku = _named(fact, "sku", "product_id")
    return Description("item", sku, key, _said_of_item(fact, sku, default_currency))


def latest_words(descriptions: Iterable[Description]) -> Json:
    """Each property as it was last said."""
    words: Json = {}
    for description in sorted(descriptions, key=lambda one: one.key):
        words.update(description.said)
    return words


def still_deciding(descriptions: Iterable[Description]) -> set[Key]:
    """The keys of descriptions that have the last word on some property; the others can never matter again."""
    last: dict[str, Key] = {}
    for description in sorted(descriptions, key=lambda one: one.key):
        last.update(dict.fromkeys(description.said, description.key))
    return set(last.values())


def item_from(words: Json, described_at: Micros) -> Item:
    """The item that these words describe."""
    money = words.get("price")
    return Item(
        sku=words["sku"],
        name=words.get("name"),
        brand=words.get("brand"),
        category=words.get("category"),
        list_price=Money(money[0], money[1]) if money else None,
        gtin=words.get("gtin"),
        attributes=words.get("attributes", {}),
        described_at=described_at,
    )


def location_from(words: Json, described_at: Micros) -> Location:
    """The location that these words describe; a location that names no channel is a store."""
    return Location(
        location=words["location"],
        name=words.get("name"),
        channel=words.get("channel", "store"),
        country=words.get("country"),
        city=words.get("city"),
        described_at=described_at,
        latitude=words["point"][0] if "point" in words else None,
        longitude=words["point"][1] if "point" in words else None,
    )


def search_words(item: Item) -> str:
    """What a search looks into, in one case."""
    parts = (item.sku, item.name, item.brand, item.category, item.gtin)
    return " ".join(part for part in parts if part).casefold()


def canonical(value: object) -> str:
    """JSON that is the same text for the same value; raises ValueError for a number that JSON does not have."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _said_of_item(fact: Fact, sku: str, default_currency: str) -> Json:
    said: Json = {"sku": sku, **_texts(fact, ("name", "brand", "category"))}
    price = _list_price(fact, default_currency)
    if price is not None:
        said["price"] = price
    gtin = fact.text("gtin")
    if gtin is not None:
        # Refused whole, not without its number: under a wrong one another item would be sold.
        said["gtin"] = read_gtin(gtin)
    if fact.properties.get("attributes") is not None:
        said["attributes"] = _attributes(fact)
    return said


def _said_of_location(fact: Fact, place: str) -> Json:
    said: Json = {"location": place, **_texts(fact, ("name", "channel", "country", "city"))}
    if fact.context.country:
        said.setdefault("country", fact.context.country)
    point = _point(fact)
    if point is not None:
        said["point"] = point
    return said


def _point(fact: Fact) -> list[int] | None:
    """Latitude and longitude in millionths of a degree, when both were said."""
    said = [fact.properties.get(name) for name in ("latitude", "longitude")]
    if None in said:
        return None
    point: list[int] = []
    for name, degrees, most in (("latitude", said[0], 90), ("longitude", said[1], 180)):
        if isinstance(degrees, bool) or not isinstance(degrees, (int, float)) or not -most <= degrees <= most:
            raise DescriptionUnreadable(kind=fact.kind, why=f"its {name} is no number of degrees up to {most}")
        point.append(round(degrees * 1_000_000))
    return point


def _texts(fact: Fact, names: Sequence[str]) -> dict[str, str]:
    found = ((name, fact.text(name)) for name in names)
    return {name: value for name, value in found if value is not None}


def _named(fact: Fact, *names: str) -> str:
    value = fact.text(*names)
    if value is None:
        raise DescriptionUnreadable(kind=fact.kind, why=f"it has no {names[0]}")
    if len(value) > _NAME_CHARACTERS:
        raise DescriptionUnreadable(kind=fact.kind, why=f"its {names[0]} has more than {_NAME_CHARACTERS} characters")
    return value


def _list_price(fact: Fact, default_currency: str) -> tuple[int, str] | None:
    """Minor units and currency, when a price was said."""
    minor, major = fact.properties.get("price_minor"), fact.properties.get("price")
    if minor is None and major is None:
        return None
    currency = (fact.text("currency") or default_currency).upper()
    if not _CURRENCY.fullmatch(currency):
        raise DescriptionUnreadable(kind=fact.kind, why=f"{currency!r} is no currency of three letters")
    amount = to_units(minor) if minor is not None else to_minor(major, currency)
    if not 0 <= amount < _MINOR_LIMIT:
        raise DescriptionUnreadable(kind=fact.kind, why="its price is negative or too large")
    return amount, currency


def _attributes(fact: Fact) -> Json:
    attributes = fact.properties["attributes"]
    if not isinstance(attributes, dict):
        raise DescriptionUnreadable(kind=fact.kind, why="its attributes are no object")
    try:
        canonical(attributes)
    except ValueError as cause:
        raise DescriptionUnreadable(kind=fact.kind, why="an attribute is no value of JSON") from cause
    return attributes
