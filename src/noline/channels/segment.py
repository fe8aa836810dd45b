"""Segment's HTTP tracking specification, as Segment, RudderStack and Jitsu clients speak it.

The body is JSON whatever its content type says. A batch is an envelope around items; every other route is one item.
"""

import zlib
from typing import Any, NamedTuple

import msgspec

from noline.channels.hostile import (
    MAX_ITEM_BYTES,
    is_suspicious,
    refusal_by_content,
    refusal_by_size,
    refusal_of,
    whole_characters,
)  # fmt: skip
from noline.kernel.errors import RequestTooLarge
from noline.kernel.events import Message, Refusal

MAX_BODY_BYTES = 500 * 1024
MAX_ITEMS = 2_500
MAX_LINES = 100_000

ROUTES: dict[str, str | None] = {
    "batch": None, "b": None, "import": None,
    "track": "track", "t": "track",
    "identify": "identify", "i": "identify",
    "page": "page", "p": "page",
    "screen": "screen", "s": "screen",
    "group": "group", "g": "group",
    "alias": "alias", "a": "alias",
}  # fmt: skip
"""Route name to the type of its single item; None for batches."""

_TYPES = frozenset(("track", "identify", "page", "screen", "group", "alias"))
_NAMED = {
    "page": "Page Viewed", "screen": "Screen Viewed", "identify": "identify", "group": "group", "alias": "alias",
}  # fmt: skip


class _Batch(msgspec.Struct, gc=False):
    batch: list[msgspec.Raw]
    sentAt: str | None = None  # noqa: N815
    writeKey: str | None = None  # noqa: N815
    context: msgspec.Raw = msgspec.Raw()


class Envelope(NamedTuple):
    """A request taken apart as far as needed to know whose it is."""

    items: list[Message | Refusal]
    raws: list[bytes]
    sent_at: str | None
    write_key: str | None


_read_batch = msgspec.json.Decoder(_Batch).decode
_read_message = msgspec.json.Decoder(Message).decode
_UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError)


def unzip(body: bytes, *, limit_bytes: int = MAX_BODY_BYTES) -> bytes:
    """Undo gzip, recognised by its magic bytes; stops at the limit, so that a bomb stays small.

    Raises RequestTooLarge. What is not gzip, or broken gzip, is answered as it is.
    """
    if body[:2] != b"\x1f\x8b":
        return body
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(body, limit_bytes + 1)
    except zlib.error:
        return body
    if len(plain) > limit_bytes:
        raise RequestTooLarge(limit_bytes=limit_bytes)
    return plain


def read_request(body: bytes, route: str) -> Envelope:
    """Take a request body apart; what cannot be read becomes a Refusal in its place."""
    kind = ROUTES[route]
    if kind is not None:
        return read_single(body, kind)
    try:
        batch, raws = _split(body)
    except _UNREADABLE as cause:
        return Envelope([refusal_of(cause, body)], [body], None, _key_of(body))
    if len(raws) > MAX_ITEMS:
        return _refused(body, "/batch", f"{len(raws)} items; a batch may have {MAX_ITEMS}", batch.writeKey)
    context = bytes(batch.context)
    if len(context) > MAX_ITEM_BYTES:
        return _refused(body, "/context", f"{len(context)} bytes; a context may have {MAX_ITEM_BYTES}", batch.writeKey)
    if context not in (b"", b"null"):
        raws = [_with_context(raw, batch.context) for raw in raws]
    somewhere = is_suspicious(body)
    items = [read_item(raw, suspicious=somewhere and is_suspicious(raw)) for raw in raws]
    return Envelope(items, raws, batch.sentAt, batch.writeKey)


def _refused(body: bytes, pointer: str, why: str, write_key: str | None) -> Envelope:
    """A whole request that is more than one may bring."""
    return Envelope([Refusal("too_large", pointer, why, body)], [body], None, write_key)


def read_lines(body: bytes) -> Envelope:
    """NDJSON: each line is an item; empty lines are passed over."""
    if body.count(b"\n") > MAX_LINES:
        return _refused(body, "", f"an import may have {MAX_LINES} lines", None)
    raws = [line for line in body.split(b"\n") if line.strip()]
    return Envelope([read_item(raw, suspicious=is_suspicious(raw)) for raw in raws], raws, None, None)


def read_single(body: bytes, kind: str | None) -> Envelope:
    """One item that is the whole body."""
    item = read_item(body, suspicious=is_suspicious(body), kind=kind)
    if isinstance(item, Refusal):
        return Envelope([item], [body], None, _key_of(body))
    return Envelope([item], [body], item.sentAt, item.writeKey)


def read_item(raw: bytes, *, suspicious: bool, kind: str | None = None) -> Message | Refusal:
    """Read one item within the limits; `kind` is the type its route gives it."""
    refusal = refusal_by_size(raw) or (refusal_by_content(raw) if suspicious else None)
    if refusal:
        return refusal
    try:
        message = _read_message(raw)
    except _UNREADABLE as cause:
        return refusal_of(cause, raw)
    if kind is not None:
        message.type = kind
    if message.type not in _TYPES:
        return Refusal("unknown_schema", "/type", f"{message.type!r} is not a call of the specification", raw)
    if message.type == "track" and not message.event:
        return Refusal("schema_violation", "/event", "a track call needs the name of its event", raw)
    return message


def read_again(raw: bytes, route: str) -> Envelope:
    """A dead letter as it would be read now: an item of a batch, a single call, or a whole envelope."""
    if route in ("batch", "b", "import") and _is_item(raw):
        return read_single(raw, None)
    return read_request(raw, route if route in ROUTES else "batch")


def decoded(raw: bytes) -> Any:
    """The JSON value of some bytes; an empty object when they hold none."""
    try:
        return msgspec.json.decode(raw)
    except _UNREADABLE:
        return dict[str, Any]()


def is_json(raw: bytes) -> bool:
    """Whether these bytes are JSON at all."""
    try:
        msgspec.json.decode(raw)
    except _UNREADABLE:
        return False
    return True


def kind_of(message: Message) -> str:
    """The kind of record a message becomes: the event's name, or the name of its call."""
    return message.event or "" if message.type == "track" else _NAMED[message.type or ""]


def comparable(raw: bytes) -> Any:
    """What an item says apart from how it travelled: two sendings of one event are equal here."""
    try:
        value = msgspec.json.decode(raw)
    except _UNREADABLE:
        return raw
    if isinstance(value, dict):
        for travel in ("sentAt", "writeKey", "_metadata", "type"):
            value.pop(travel, None)
        if value.get("timestamp"):
            value.pop("originalTimestamp", None)
    return value


def _split(body: bytes) -> tuple[_Batch, list[bytes]]:
    """An envelope and the bytes of its items. Half a character in one item does not spoil its neighbours.

    JavaScript writes a text that was cut through an emoji as an escape that is no character. A copy of the same length
    without such escapes is split instead, and the items are cut from the original at the same places.
    """
    try:
        batch = _read_batch(body)
        return batch, [bytes(raw) for raw in batch.batch]
    except msgspec.DecodeError:
        whole = whole_characters(body)
        if whole == body:
            raise
    batch = _read_batch(whole)
    raws: list[bytes] = []
    at = 0
    for raw in batch.batch:
        at = whole.index(bytes(raw), at)
        raws.append(body[at : at + len(bytes(raw))])
        at += len(bytes(raw))
    return batch, raws


def _is_item(raw: bytes) -> bool:
    value = decoded(raw)
    return not (isinstance(value, dict) and "batch" in value)


def _with_context(raw: bytes, context: msgspec.Raw) -> bytes:
    """An item with the envelope's context where it has none of its own."""
    try:
        item = msgspec.json.decode(raw)
    except _UNREADABLE:
        return raw
    if not isinstance(item, dict) or item.get("context") is not None:
        return raw
    return msgspec.json.encode({**item, "context": context})


def _key_of(body: bytes) -> str | None:
    """The write key of a body that could not be read, if it can be found at all."""

    class _Key(msgspec.Struct):
        writeKey: str | None = None  # noqa: N815

    try:
        return msgspec.json.decode(body, type=_Key).writeKey
    except _UNREADABLE:
        return None
