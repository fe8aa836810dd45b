"""What a fact is to a journey: one pseudonymous row for the questions about where people cross between channels.

Pure and quick: it runs for each record of the log. It never refuses; what it cannot read it leaves out.
"""

from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Fact, Json
from noline.kernel.lenient import (
    currency_of,
    instant_of,
    minutes_of,
    products_of,
    sku_of,
    text_of,
    total_minor_of,
    units_of,
)
from noline.kernel.words import OBJECT_PROPERTIES, Word

NO_TOUCHPOINT = frozenset({"identify", "group", "alias", "Consent Changed", "Segment Consent Preference Updated"})
"""Records about a person that are no step of a journey."""

_ABOUT_NOBODY = frozenset({"sku", "business", "deed"})

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
    rating_hundredths: of a review or an answer; 450 is 4.5 of 5 stars. minutes: of work that it took.
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
    minutes: int | None


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
    products = products_of(properties)
    currency = currency_of(properties, default_currency)
    value_minor = total_minor_of(properties, products, currency)
    handoff_to = text_of(properties.get("handoff_to")) or word.hands_over_to
    context = fact.context
    return Touchpoint(
        fact.seq,
        fact.route_key if fact.identifiers else None,
        fact.occurred_at,
        fact.channel,
        fact.kind,
        word.stage.value,
        fact.source,
        context.store_id or text_of(properties.get("store_id")),
        sku_of(properties, products),
        _object(properties),
        value_minor,
        None if value_minor is None else currency,
        handoff_to,
        text_of(properties.get("handoff_object")) if handoff_to else None,
        instant_of(properties.get("handoff_until")) if handoff_to else None,
        text_of(properties.get("handoff_group")) if handoff_to else None,
        context.country,
        units_of(properties, products),
        word.exposure,
        _topic(properties),
        _rating(properties),
        minutes_of(properties) if "minutes" in properties else None,
    )


def _object(properties: Json) -> str | None:
    for name in OBJECT_PROPERTIES:
        if name in properties and (found := text_of(properties[name])):
            return found
    return None


def _topic(properties: Json) -> str | None:
    for name in _TOPICS:
        if name in properties and (found := text_of(properties[name])):
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
