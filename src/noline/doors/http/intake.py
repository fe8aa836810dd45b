"""The hot door: Segment's HTTP tracking specification as bare ASGI.

Any SDK that speaks Segment, RudderStack or Jitsu works unchanged. The body is JSON whatever its content type; the
answer names what became of each item. What could be read as an item is never answered with an error: it is parked.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import msgspec
import structlog

from noline.channels import cloudevents, segment
from noline.channels.segment import Envelope
from noline.doors.http.writer import Writer
from noline.flows.consent import OptOuts
from noline.flows.intake import Intake
from noline.kernel.errors import (
    KeyMissing,
    MethodWrong,
    NoLineError,
    NotFound,
    RequestTooLarge,
    StoreUnreachable,
    UnreadableRequest,
)  # fmt: skip
from noline.kernel.events import Receipt, Refusal
from noline.stores.access import Access, Source

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

IMPORT_LIMIT_BYTES = 16 * 1024 * 1024

_CORS = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"retry-after"),
]
_PREFLIGHT = [
    *_CORS,
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, anonymousid, sentat, x-retry-count, x-write-key"),
    (b"access-control-max-age", b"86400"),
]
_JSON = (b"content-type", b"application/json")

_log = structlog.get_logger("noline.intake")
_encode = msgspec.json.Encoder().encode


class Disconnected(Exception):
    """The sender went away before the whole request was there; nothing of it is taken."""


class Answer(msgspec.Struct, frozen=True):
    """What a batch is answered: one receipt for each item, in order."""

    success: bool
    results: list[Receipt]


class IntakeDoor:
    """Routes of the tracking contract. `handles` says whether a path is one of them."""

    def __init__(self, intake: Intake, access: Access, writer: Writer) -> None:
        """Wire the door."""
        self._intake = intake
        self._access = access
        self._writer = writer
        self._opt_outs = OptOuts()

    @staticmethod
    def handles(path: str) -> bool:
        """Whether this path belongs to the intake."""
        return _route(path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            status, body, headers = await self._answer(scope, receive)
        except Disconnected:
            return
        except NoLineError as error:
            status, body, headers = error.status, _encode(error.as_dict()), _retry_after(error)
        except Exception as cause:  # noqa: BLE001  whatever it was, the sender learns that nothing was taken
            _log.error("failed", path=scope["path"], exc_info=cause)
            error = StoreUnreachable(why=type(cause).__name__)
            status, body, headers = error.status, _encode(error.as_dict()), _retry_after(error)
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        if scope["method"] == "OPTIONS":
            return 204, b"", _PREFLIGHT
        route = _route(scope["path"])
        headers = dict(scope["headers"])
        if route in ("settings", "sourceConfig"):
            return self._settings(route, scope, headers)
        if scope["method"] != "POST":
            told = _encode(MethodWrong(allowed="POST", method=scope["method"]).as_dict())
            return 405, told, [*_CORS, _JSON, (b"allow", b"POST, OPTIONS")]
        limit = IMPORT_LIMIT_BYTES if route == "import" else segment.MAX_BODY_BYTES
        body = segment.unzip(await _body(receive, headers, limit), limit_bytes=limit)
        envelope = _read(body, route or "")
        source = self._source(headers, envelope)
        if headers.get(b"sec-gpc") == b"1" and source.trust == "browser":
            receipts = await self._accept_opted_out(source, envelope, route or "")
        else:
            receipts = await self._writer.accept(self._intake.group(source, envelope, route or ""))
        if is_broken(envelope):
            told = UnreadableRequest(reason=receipts[0].code).as_dict()
            return 400, _encode({**told, "success": False, "results": receipts}), [*_CORS, _JSON]
        return 200, _encode(Answer(success=True, results=receipts)), [*_CORS, _JSON]

    async def _accept_opted_out(self, source: Source, envelope: Envelope, route: str) -> list[Receipt]:
        """Take a request together with the opt-outs of its visitors; answer for what was sent."""
        more, visitors = self._opt_outs.added(envelope)
        receipts = await self._writer.accept(self._intake.group(source, more, route))
        self._opt_outs.remember(visitors)
        return receipts[: len(envelope.items)]

    def _source(self, headers: dict[bytes, bytes], envelope: Envelope) -> Source:
        key = key_of(headers) or envelope.write_key
        if not key:
            raise KeyMissing
        return self._access.source_of_key(key)

    def _settings(
        self, route: str, scope: Scope, headers: dict[bytes, bytes]
    ) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        """What browser SDKs ask before they send: where to send, and that nothing else is to be loaded."""
        if route == "settings":
            key = scope["path"].split("/")[3]
        else:
            query = dict(part.partition("=")[::2] for part in scope["query_string"].decode("latin-1").split("&"))
            key = query.get("writeKey") or key_of(headers) or ""
        try:
            source = self._access.source_of_key(key)
        except NoLineError as cause:
            raise NotFound(what="write key", name=key) from cause
        if route == "sourceConfig":
            return 200, _encode(_rudder_config(source, key)), [*_CORS, _JSON]
        host = headers.get(b"host", b"").decode("latin-1")
        return 200, _encode(_segment_settings(key, host, scope.get("scheme", "http"))), [*_CORS, _JSON]


def key_of(headers: dict[bytes, bytes]) -> str | None:
    """The key a request carries in its headers: X-Write-Key, Basic user, or Bearer. What follows a colon is ignored."""
    told = headers.get(b"x-write-key")
    if told:
        return told.decode("latin-1").partition(":")[0]
    scheme, _, value = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip() or None
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=False).decode("latin-1").partition(":")[0] or None
        except binascii.Error:
            return None
    return None


def _route(path: str) -> str | None:
    parts = path.strip("/").split("/")
    match parts:
        case ["v1", name] if name in segment.ROUTES or name == "events":
            return name
        case ["v1", "projects", _, "settings"]:
            return "settings"
        case ["sourceConfig"]:
            return "sourceConfig"
        case ["api", "s", name] if name in segment.ROUTES:
            return name
        case ["api", "s", "s2s", name] if name in segment.ROUTES:
            return name
    return None


def _read(body: bytes, route: str) -> Envelope:
    if route == "events":
        return cloudevents.read_events(body)
    if route == "import":
        return segment.read_lines(body)
    return segment.read_request(body, route)


def is_broken(envelope: Envelope) -> bool:
    """Whether not even the envelope is JSON; an item that is wrong is parked and the rest goes on."""
    if len(envelope.items) != 1 or not isinstance(envelope.items[0], Refusal):
        return False
    code = envelope.items[0].code
    return code in ("malformed_json", "too_deep", "bad_encoding") and not segment.is_json(envelope.raws[0])


async def _body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """The whole body; raises RequestTooLarge as soon as that is certain."""
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told) > limit:
        raise RequestTooLarge(limit_bytes=limit)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise RequestTooLarge(limit_bytes=limit)
        if not message.get("more_body"):
            break
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _retry_after(error: NoLineError) -> list[tuple[bytes, bytes]]:
    headers = [*_CORS, _JSON]
    return [*headers, (b"retry-after", b"1")] if error.retryable else headers


def _segment_settings(key: str, host: str, scheme: str) -> dict[str, Any]:
    return {"integrations": {"Segment.io": {"apiKey": key, "apiHost": f"{host}/v1", "protocol": scheme}}}


def _rudder_config(source: Source, key: str) -> dict[str, Any]:
    quiet = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    return {
        "source": {
            "id": source.name,
            "name": source.name,
            "writeKey": key,
            "enabled": True,
            "workspaceId": "noline",
            "config": {"statsCollection": quiet},
            "destinations": [],
        },
        "updatedAt": "2026-01-01T00:00:00.000Z",
    }
