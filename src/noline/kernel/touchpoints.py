"""What a fact is to a journey: one pseudonymous row for the questions about where people cross between channels.

Pure and quick: it runs for each record of the log. It never refuses; what it cannot read it leaves out.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from noline.kernel.clock import Micros, parse_instant
from noline.kernel.errors import UnreadableMoney
from noline.kernel.events import Fact, Json
from noline.kernel.money import to_minor
from noline.kernel.words import OBJECT_PROPERTIES, Word

LARGEST = 10**15
"""Amounts (minor units) and units at or above this are not believed."""

NO_TOUCHPOINT = frozenset({"identify", "group", "alias", "Consent Changed", "Segment Consent Preference Updated"})
"""Records about a person that are no step of a journey."""

_ABOUT_NOBODY = frozenset({"sku", "business", "deed"})

_LONGEST_NUMBER_BITS = 256  # of a number that stands as an id; Python refuses to print very long ones
_NO_PRODUCTS: list[Json] = []
_MINOR_TOTALS = ("value_minor", "total_minor", "revenue_minor")
_TOTALS = ("total", "revenue", "value")
_TOPICS = ("topic", "reason", "category")
_LONGEST_TOPIC = 40
_BEST_RATING = 5


class Touchpoint(NamedTuple):
    """A row of the analytical table `touchpoints`.

    subject: who, as a pseudonym (the routing key); None when nobody is known, such as at a till without a card.
    occurred_at, handoff_until: microseconds since 1970 UTC.
    value_minor: the amount in minor units of `currency`; both None when there is none.
    exposure: something merely sent; it is in no visit, but it may hand over.
    topic: what a contact or a refusal was about, as one of the sender's few words for it.
    rating_hundredths: of a review or an answer; 450 is 4.5 of 5 stars.
    """

    seq: int
    subject: int | None
    occurred_at: Micros
    channel: str
    action: str
    stage: str
    source: str
    store_id: str | None
    sku: str | None
    object_id: str | None
    value_minor: int | None
    currency: str | None
    handoff_to: str | None
    handoff_object: str | None
    handoff_until: Micros | None
    handoff_group: str | None
    country: str | None
    units: int | None
    exposure: bool
    topic: str | None
    rating_hundredths: int | None


def is_of_a_journey(word: Word) -> bool:
    """Whether what bears this name can be a step of a person's journey."""
    return word.name not in NO_TOUCHPOINT and word.about not in _ABOUT_NOBODY


def touchpoint(fact: Fact, default_currency: str = "EUR") -> Touchpoint | None:
    """The touchpoint of a fact; None when it is not of a person's journey.

    default_currency: ISO 4217, of amounts that do not name theirs.
    """
    word = fact.word
    if not is_of_a_journey(word):
        return None
    properties = fact.properties
    products = _products(properties)
    currency = _currency(properties, default_currency)
    value_minor = _value_minor(properties, products, currency)
    handoff_to = _text(properties.get("handoff_to")) or word.hands_over_to
    context = fact.context
    return Touchpoint(
        fact.seq,
        fact.route_key if fact.identifiers else None,
        fact.occurred_at,
        fact.channel,
        fact.kind,
        word.stage.value,
        fact.source,
        context.store_id or _text(properties.get("store_id")),
        _sku(properties, products),
        _object(properties),
        value_minor,
        None if value_minor is None else currency,
        handoff_to,
        _text(properties.get("handoff_object")) if handoff_to else None,
        _instant(properties.get("handoff_until")) if handoff_to else None,
        _text(properties.get("handoff_group")) if handoff_to else None,
        context.country,
        _units(properties, products),
        word.exposure,
        _topic(properties),
        _rating(properties),
    )


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value) if value.bit_length() <= _LONGEST_NUMBER_BITS else None
    return str(value) if isinstance(value, float) else None


def _products(properties: Json) -> list[Json]:
    products = properties.get("products")
    if not isinstance(products, list):
        return _NO_PRODUCTS
    return [product for product in products if isinstance(product, dict)]


def _currency(properties: Json, default: str) -> str:
    named = properties.get("currency")
    return named if isinstance(named, str) and len(named) == 3 else default


def _object(properties: Json) -> str | None:
    for name in OBJECT_PROPERTIES:
        if name in properties and (found := _text(properties[name])):
            return found
    return None


def _topic(properties: Json) -> str | None:
    for name in _TOPICS:
        if name in properties and (found := _text(properties[name])):
            # A topic is one of few words; what is longer or holds an address is somebody's own text, and stays out.
            return found if len(found) <= _LONGEST_TOPIC and "@" not in found else None
    return None


def _rating(properties: Json) -> int | None:
    """Hundredths of a star, of five."""
    if "rating" not in properties:
        return None
    try:
        stars = float(properties["rating"])
    except (TypeError, ValueError, OverflowError):
        return None
    return round(100 * stars) if 0 <= stars <= _BEST_RATING else None


def _sku(properties: Json, products: list[Json]) -> str | None:
    own = _text(properties.get("sku")) or _text(properties.get("product_id"))
    if own or not products:
        return own
    dearest = products[0] if len(products) == 1 else max(products, key=_price_rank)
    return _text(dearest.get("sku")) or _text(dearest.get("product_id"))


def _price_rank(product: Json) -> float:
    """Only to compare the lines of one basket; never an amount."""
    price = product.get("price", product.get("price_minor"))
    try:
        rank = float(price)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return float("-inf")
    return rank if rank == rank else float("-inf")  # noqa: PLR0124  NaN is no price


def _value_minor(properties: Json, products: list[Json], currency: str) -> int | None:
    """The amount a message speaks of: its total, else price times quantity, else the sum of its products."""
    for name in _MINOR_TOTALS:
        if name in properties:
            return _whole(properties[name])
    for name in _TOTALS:
        if name in properties:
            return _amount(properties[name], currency)
    if "price" in properties or "price_minor" in properties:
        return _line_minor(properties, currency)
    lines = [_line_minor(product, currency) for product in products]
    known = [line for line in lines if line is not None]
    return sum(known) if known and len(known) == len(lines) else None


def _line_minor(line: Json, currency: str) -> int | None:
    price = _whole(line["price_minor"]) if "price_minor" in line else _amount(line.get("price"), currency)
    quantity = _count(line.get("quantity", 1))
    if price is None or quantity is None:
        return None
    return _whole(price * quantity)


def _units(properties: Json, products: list[Json]) -> int | None:
    if "quantity" in properties:
        return _count(properties["quantity"])
    counts = [_count(product.get("quantity", 1)) for product in products]
    known = [count for count in counts if count is not None]
    return sum(known) if known and len(known) == len(counts) else None


def _count(value: object) -> int | None:
    """A whole number of units; `2`, `2.0` and `"2"` are two."""
    if type(value) is int:
        return _whole(value)
    return _quietly(_count_of, value) if isinstance(value, (float, str)) else None


def _count_of(value: float | str) -> int | None:
    number = float(value)
    return _whole(int(number)) if number == int(number) else None


def _whole(value: object) -> int | None:
    """Minor units as sent: a whole number, not absurd."""
    if type(value) is int:
        return value if -LARGEST < value < LARGEST else None
    return _quietly(_count_of, value) if isinstance(value, (float, str)) else None


def _amount(value: object, currency: str) -> int | None:
    return _minor(value, currency) if isinstance(value, (int, float, str)) else None


# Prices repeat all day long, and reading one exactly costs more than the rest of the row.
@lru_cache(maxsize=16_384, typed=True)
def _minor(amount: float | str, currency: str) -> int | None:
    return _quietly(_readable_minor, amount, currency)


def _readable_minor(amount: float | str, currency: str) -> int | None:
    # An amount is measured as a float before it is read exactly: `1e99999` would cost a quarter of a second.
    return to_minor(amount, currency) if abs(float(amount)) < LARGEST else None


def _instant(value: object) -> Micros | None:
    return _quietly(parse_instant, value) if isinstance(value, str) else None


def _quietly(read: Callable[..., int | None], *arguments: Any) -> int | None:
    try:
        return read(*arguments)
    except (ArithmeticError, TypeError, ValueError, UnreadableMoney):
        return None
