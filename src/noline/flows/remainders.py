"""What stays of a message when the person it is about is erased: what happened to the goods, and nobody's name.

Books of sale and of stock must be kept, so the numbers of orders, returns and reviews stay as they were given. Free
text, traits, addresses, carts, pages and everything unknown go.
"""

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from noline.channels.segment import decoded
from noline.kernel.events import Json, Record
from noline.kernel.lenient import instant_of
from noline.kernel.touchpoints import NO_TOUCHPOINT
from noline.kernel.words import WORDS

NAMESPACE = "erased"
"""The kind of name under which somebody who was erased goes on being counted."""

_NUMBERS = frozenset(
    "quantity units delta price price_minor total total_minor revenue revenue_minor value value_minor amount "
    "amount_minor rating".split(" ")
)
_IDS = frozenset(
    "order_id return_id review_id feedback_id reservation_id campaign_id document count_id sku product_id".split(" ")
)
_PLACES = frozenset(
    "currency store_id location location_id fulfilment_location from_location to_location from_bucket to_bucket site "
    "source_site".split(" ")
)
_HAND_OFF = frozenset(("handoff_to", "handoff_object", "handoff_until", "handoff_group"))
_MOMENTS = frozenset(("promised_at",))
KEPT = _NUMBERS | _IDS | _PLACES | _HAND_OFF | _MOMENTS
"""The properties that stay, as far as they are what their name says."""

_OF_A_LINE = frozenset("sku product_id quantity units delta price price_minor total total_minor".split(" "))
_OF_THE_CONTEXT = ("channel", "store_id", "associate_id", "country")
_LONGEST = 200


def is_worth_nothing(kind: str) -> bool:
    """Whether a record of this kind says nothing but who somebody is, so that nothing of it stays."""
    word = WORDS.get(kind)
    return kind in NO_TOUCHPOINT or (word is not None and word.about == "deed")


def without_words(kind: str, body: bytes) -> bytes | None:
    """A deed about an order, a cart, a paper or a task without what somebody wrote into it; None when that is nothing.

    Such a deed names nobody and stays: goods and promises follow from the rest of it.
    """
    take_out = _WORDS_OF.get(kind)
    if take_out is None:
        return None
    deed = decoded(body)
    said = _object(deed.get("properties"))
    left = take_out(said)
    return None if left == said else msgspec.json.encode({**deed, "properties": left})


def _without_reason(said: Json) -> Json:
    return {**said, "reason": ""} if "reason" in said else said


def _without_notes(said: Json) -> Json:
    """An empty note is left, so that what was noted before it does not come back."""
    changes = [{**step, "note": ""} if step.get("note") else step for step in said.get("changes") or ()]
    return {**said, "changes": changes} if changes else said


def _without_conditions(said: Json) -> Json:
    paper = said["said"]
    return {**said, "said": {**paper, "lines": [{**line, "condition": ""} for line in paper["lines"]]}}


_WORDS_OF = {
    "Fulfilment Changed": _without_reason,
    "Task Closed": _without_reason,
    "Cart Changed": _without_notes,
    "Return Changed": _without_conditions,
}
"""How what was written goes out of the properties of a deed."""


def remainder_of(record: Record, body: bytes, pseudonyms: Collection[str]) -> bytes:
    """What stays of a record, as a message of the tracking contract; pseudonyms: what it calls who did it from now."""
    message = decoded(body)
    said = message if isinstance(message, dict) else {}
    context = _scalars(_object(said.get("context")), frozenset(_OF_THE_CONTEXT))
    if pseudonyms:
        context["externalIds"] = [{"type": NAMESPACE, "id": one} for one in pseudonyms]
    left: Json = {
        "type": "track",
        "event": record.kind,
        "messageId": record.message_id,
        "properties": _properties(_object(said.get("properties"))),
    }
    return msgspec.json.encode({**left, "context": context} if context else left)


def _properties(said: Json) -> Json:
    kept = _scalars(said, KEPT)
    products = said.get("products")
    if isinstance(products, list):
        kept["products"] = [_scalars(_object(line), _OF_A_LINE) for line in products]
    return kept


def _scalars(said: Json, names: Collection[str]) -> Json:
    return {name: value for name, value in said.items() if name in names and _is_what_it_says(name, value)}


def _is_what_it_says(name: str, value: Any) -> bool:
    if name in _MOMENTS:
        # When an order was promised says nothing of who waits for it. Rooms read it from text alone, so a number there
        # can be anything, a telephone number too.
        return instant_of(value) is not None
    if isinstance(value, str):
        # What the rooms of truth read stays to the letter: their rows must follow from it as before.
        if name in _NUMBERS:
            return _is_number(value)
        if name in _HAND_OFF and len(value) > _LONGEST:
            return instant_of(value) is not None
        return True
    return isinstance(value, (int, float))


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return len(text) <= _LONGEST


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}
