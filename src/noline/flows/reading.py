"""What a message says: from the wire to a draft of a record, and from a record back to its fact."""

from functools import lru_cache
from typing import NamedTuple

import msgspec

from noline.channels.segment import kind_of
from noline.kernel.clock import DAY, MINUTE, Micros, parse_instant
from noline.kernel.events import Context, Digest, Draft, Fact, Identifier, Json, Message, Record, Refusal, route_of
from noline.kernel.words import WORDS, Word, word_for
from noline.truth.customers.identifiers import CLAIMABLE, identifiers_of

EARLIEST: Micros = parse_instant("1990-01-01")
TOLERATED_SKEW: Micros = 2 * MINUTE
"""Below this the difference of two clocks is the way of the message, and correcting it would shuffle events."""

_LONGEST_ID = 256
_LONGEST_REMEMBERED = 100
_NO_IDENTIFIERS: tuple[Identifier, ...] = ()
_NO_CONTEXT = Context()
_NOTHING: Json = {}
_decode = msgspec.json.Decoder(Message).decode

ABOUT_NOBODY = frozenset(("sku", "business", "deed"))
"""Records about goods and places, and decisions: who sent them is not whom they are about."""


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
    word = WORDS.get(kind) or _unnamed(kind)
    if unsayable := _unsayable(kind, word, origin):
        return Refusal("schema_violation", "/event", unsayable, raw)
    identifiers = _NO_IDENTIFIERS if word.about in ABOUT_NOBODY else identifiers_of(message)
    topic = topic_of(message, word, own_names(identifiers, origin))
    if topic is None:
        pointer = "/properties/sku" if word.about == "sku" else "/userId"
        return Refusal("schema_violation", pointer, f"{kind!r} does not say whom or what it is about", raw)
    subject = digest(topic)
    message_id = str(message.messageId) if message.messageId is not None else "sha-" + digest(raw.decode()).hex()
    if not 0 < len(message_id) <= _LONGEST_ID:
        return Refusal("schema_violation", "/messageId", "an id has 1 to 256 characters", raw)
    context = message.context or _NO_CONTEXT
    fact = Fact(
        0, kind, word, route_of(subject), subject, message_id, occurred_at, received_at, origin.name,
        channel_of(context, origin), identifiers, message.properties or _NOTHING,
        traits_of(message, context), context, origin.trusted,
    )  # fmt: skip
    return Draft(fact, "segment", raw, bool(identifiers))


def _unsayable(kind: str, word: Word, origin: Origin) -> str | None:
    """Why a source cannot send this; None when it can."""
    if word.about == "deed":
        return f"{kind!r} is decided through a door of the hub, not sent"
    if word.about != "person" and not origin.trusted:
        return f"the key of a browser cannot tell {kind!r}"
    return None


def fact_of(record: Record, body: bytes, origin: Origin) -> Fact:
    """The fact that a record of the log holds; `body` is unsealed."""
    message = _decode(body)
    word = WORDS.get(record.kind) or _unnamed(record.kind)
    identifiers = _NO_IDENTIFIERS if word.about in ABOUT_NOBODY else identifiers_of(message)
    context = message.context or _NO_CONTEXT
    return Fact(
        record.seq, record.kind, word, record.route_key, record.subject, record.message_id, record.occurred_at,
        record.received_at, record.source, channel_of(context, origin), identifiers,
        message.properties or _NOTHING, traits_of(message, context), context, origin.trusted,
    )  # fmt: skip


def traits_of(message: Message, context: Context) -> Json:
    """What a message tells of somebody; a group call tells of its group, whose id is `groupId` among its traits."""
    if message.type != "group":
        return message.traits or context.traits or _NOTHING
    told = message.traits or _NOTHING
    return told if message.groupId is None else {**told, "groupId": message.groupId}


def channel_of(context: Context, origin: Origin) -> str:
    """Where it happened: the message may say so, unless its key stands in a page that everybody can read."""
    return (context.channel if origin.trusted else None) or origin.channel


def occurred(message: Message, sent_at: Micros | None, received_at: Micros) -> Micros:
    """When it happened: the sender's time, moved by the difference of clocks where that is large. Raises ValueError."""
    stamp = message.timestamp or message.originalTimestamp
    if not stamp:
        return received_at
    told = parse_instant(stamp)
    if sent_at is None or abs(received_at - sent_at) <= TOLERATED_SKEW or sent_at < told:
        return told
    return told + (received_at - sent_at)


def own_names(identifiers: tuple[Identifier, ...], origin: Origin) -> tuple[Identifier, ...]:
    """The names under which a record may be filed: a browser cannot file under an address that it only claims."""
    if origin.trusted:
        return identifiers
    return tuple(one for one in identifiers if one.namespace not in CLAIMABLE)


def topic_of(message: Message, word: Word, identifiers: tuple[Identifier, ...]) -> str | None:
    """Whom or what a message is about, as `namespace:value`; None when it does not say."""
    if identifiers:
        namespace, value = identifiers[0]
        return f"{namespace}:{value}"
    properties = message.properties or {}
    if word.about == "sku":
        return _named("sku", properties.get("sku") or properties.get("product_id"))
    if word.about == "business":
        return _named("location", properties.get("location") or properties.get("store_id"))
    for namespace in ("order_id", "review_id", "case_id", "reservation_id"):
        if properties.get(namespace):
            return _named(namespace.removesuffix("_id"), properties[namespace])
    nameless = message.anonymousId is not None or message.userId is not None or bool(identifiers_of(message))
    return _named("message", message.messageId) if nameless else None


def instant_or_none(text: str | None) -> Micros | None:
    """When a request was sent, if it says so readably."""
    try:
        return parse_instant(text) if text else None
    except (ValueError, OverflowError):
        return None


def _unnamed(kind: str) -> Word:
    """The word of a name that the vocabulary does not have; short ones are remembered."""
    return _remembered_word(kind) if len(kind) <= _LONGEST_REMEMBERED else word_for(kind)


_remembered_word = lru_cache(maxsize=4096)(word_for)


def _named(namespace: str, value: object) -> str | None:
    return f"{namespace}:{value}" if isinstance(value, (str, int)) and value != "" else None
