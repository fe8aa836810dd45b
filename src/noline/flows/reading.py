"""What a message says: from the wire to a draft of a record, and from a record back to its fact."""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from noline.channels.segment import kind_of
from noline.kernel.clock import DAY, MINUTE, Micros, parse_instant
from noline.kernel.events import Context, Digest, Draft, Fact, Identifier, Message, Record, Refusal, route_of
from noline.kernel.words import Word, word_for
from noline.truth.customers.identifiers import identifiers_of

EARLIEST: Micros = parse_instant("1990-01-01")
TOLERATED_SKEW: Micros = 2 * MINUTE
"""Below this the difference of two clocks is the way of the message, and correcting it would shuffle events."""

_NO_CONTEXT = Context()
_decode = msgspec.json.Decoder(Message).decode


class Origin(NamedTuple):
    """A source of events: its name, its channel, and whether it is a server of the company."""

    name: str
    channel: str
    trusted: bool


def draft_of(
    message: Message, raw: bytes, origin: Origin, *, sent_at: Micros | None, received_at: Micros, digest: Digest
) -> Draft | Refusal:
    """What the log will keep of a message, or why it cannot."""
    try:
        occurred_at = occurred(message, sent_at, received_at)
    except (ValueError, OverflowError) as cause:
        return Refusal("schema_violation", "/timestamp", str(cause), raw)
    if not EARLIEST <= occurred_at <= received_at + DAY:
        return Refusal("clock_absurd", "/timestamp", "before 1990 or more than a day ahead", raw)
    kind = kind_of(message)
    word = word_for(kind)
    identifiers = () if word.about in ("sku", "business") else identifiers_of(message)
    topic = topic_of(message, word, identifiers)
    if topic is None:
        pointer = "/properties/sku" if word.about == "sku" else "/userId"
        return Refusal("schema_violation", pointer, f"{kind!r} does not say whom or what it is about", raw)
    subject = digest(topic)
    message_id = str(message.messageId) if message.messageId is not None else "sha-" + digest(raw.decode()).hex()
    if not 0 < len(message_id) <= 256:
        return Refusal("schema_violation", "/messageId", "an id has 1 to 256 characters", raw)
    fact = Fact(
        0, kind, word, route_of(subject), subject, message_id, occurred_at, received_at, origin.name,
        _channel(message, origin), identifiers, message.properties or {}, _traits(message),
        message.context or _NO_CONTEXT, origin.trusted,
    )  # fmt: skip
    return Draft(fact, "segment", raw, bool(identifiers))


def fact_of(record: Record, body: bytes, origin: Origin) -> Fact:
    """The fact that a record of the log holds; `body` is unsealed."""
    message = _decode(body)
    word = word_for(record.kind)
    identifiers = () if word.about in ("sku", "business") else identifiers_of(message)
    return Fact(
        record.seq, record.kind, word, record.route_key, record.subject, record.message_id, record.occurred_at,
        record.received_at, record.source, _channel(message, origin), identifiers, message.properties or {},
        _traits(message), message.context or _NO_CONTEXT, origin.trusted,
    )  # fmt: skip


def occurred(message: Message, sent_at: Micros | None, received_at: Micros) -> Micros:
    """When it happened: the sender's time, moved by the difference of clocks where that is large. Raises ValueError."""
    stamp = message.timestamp or message.originalTimestamp
    if not stamp:
        return received_at
    told = parse_instant(stamp)
    if sent_at is None or abs(received_at - sent_at) <= TOLERATED_SKEW or sent_at < told:
        return told
    return told + (received_at - sent_at)


def topic_of(message: Message, word: Word, identifiers: tuple[Identifier, ...]) -> str | None:
    """Whom or what a message is about, as `namespace:value`; None when it does not say."""
    if identifiers:
        return f"{identifiers[0].namespace}:{identifiers[0].value}"
    properties = message.properties or {}
    if word.about == "sku":
        return _named("sku", properties.get("sku") or properties.get("product_id"))
    if word.about == "business":
        return _named("location", properties.get("location") or properties.get("store_id"))
    for namespace in ("order_id", "review_id", "case_id", "reservation_id"):
        if properties.get(namespace):
            return _named(namespace.removesuffix("_id"), properties[namespace])
    nameless = message.anonymousId is not None or message.userId is not None
    return _named("message", message.messageId) if nameless else None


@lru_cache(maxsize=4096)
def instant_or_none(text: str | None) -> Micros | None:
    """When a request was sent, if it says so readably."""
    try:
        return parse_instant(text) if text else None
    except (ValueError, OverflowError):
        return None


def _named(namespace: str, value: object) -> str | None:
    return f"{namespace}:{value}" if isinstance(value, (str, int)) and value != "" else None


def _channel(message: Message, origin: Origin) -> str:
    return (message.context.channel if message.context is not None else None) or origin.channel


def _traits(message: Message) -> dict[str, object]:
    if message.traits:
        return message.traits
    return (message.context.traits if message.context is not None else None) or {}
