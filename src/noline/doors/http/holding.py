"""The short way to a hold: requests that wait while the disk syncs are decided together, in one transaction.

The route is described and refused by the framework like every other. What is plainly a basket, sent with a key, is
answered here without the framework; everything else goes the long way with its body as it came.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, NamedTuple

import msgspec
import structlog

from noline.doors.answers import promises as answers
from noline.doors.http.commands import caller_of
from noline.doors.http.intake import Receive, Scope, Send
from noline.doors.http.promises import NewHold
from noline.doors.http.writer import Batcher
from noline.flows.once import Asked, Outcome
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotReadable, Refused, StoreUnreachable
from noline.stores.access import Role
from noline.stores.transactional import Transaction
from noline.truth.stock.decided import Hold
from noline.truth.stock.promising import Ask

PATH = "/v1/holds"
MOST_HOLDS_IN_ONE_COMMIT = 512

_MOST_BYTES = 65_536
_MOST_KEYS = 4_096
_JSON = b"application/json"
_WHAT = f"POST {PATH} ".encode()

_log = structlog.get_logger("noline.holding")
_encode = msgspec.json.Encoder(decimal_format="string").encode
_read = msgspec.json.Decoder(NewHold).decode

Headers = list[tuple[bytes, bytes]]


class Wanted(NamedTuple):
    """A basket that somebody with a key wants held. by: who was named; asked: when it came with an idempotency key."""

    key: str
    ask: Ask
    by: str | None
    asked: Asked | None


Answer = Outcome | None
"""Status and body, or why not; None for whom the key lets in no more: the long way tells them."""

Holder = Batcher[Wanted, Answer]
"""Decides baskets and makes the holds durable."""


def holder(hub: Hub) -> Holder:
    """The thread that places the holds of a hub."""
    return Holder(lambda wanted: place(hub, wanted), name="noline-holder", most_in_one_commit=MOST_HOLDS_IN_ONE_COMMIT)


def place(hub: Hub, wanted: Sequence[Wanted]) -> list[Answer]:
    """Decide baskets in one transaction, each once; answers in order."""
    roles = {key: _role(hub, key) for key in {one.key for one in wanted}}
    allowed = [number for number, one in enumerate(wanted) if roles[one.key] is not None]

    def do(tx: Transaction, positions: Sequence[int]) -> list[Outcome]:
        mine = [wanted[allowed[position]] for position in positions]
        by = [one.by or f"a key of role {roles[one.key]}" for one in mine]
        return [_told(one) for one in hub.promising.hold_all(tx, [one.ask for one in mine], by=by)]

    done = hub.once.do_all([wanted[number].asked for number in allowed], do)
    found: list[Answer] = [None] * len(wanted)
    for number, outcome in zip(allowed, done, strict=True):
        found[number] = outcome
    return found


def _told(outcome: Hold | Refused) -> Outcome:
    return outcome if isinstance(outcome, Refused) else (201, _encode(answers.hold(outcome)))


def _role(hub: Hub, key: str) -> Role | None:
    """What a key may do, when that is enough to hold something; asked of the store, so a removed key is nobody's."""
    try:
        role = hub.access.role_of_key(key)
    except Refused:
        return None
    return role if role.includes(Role.ASSOCIATE) else None


class HoldDoor:
    """Answers `POST /v1/holds` to who has a key."""

    def __init__(
        self,
        hub: Hub,
        holder: Holder,
        protection: dict[str, str],
        rest: Callable[[Scope, Receive, Send], Awaitable[None]],
    ) -> None:
        """protection: headers of every answer. rest: serves what is not answered here."""
        self._hub = hub
        self._holder = holder
        self._rest = rest
        self._seen: set[str] = set()
        told = {"content-type": "application/json", "cache-control": "no-store", **protection}
        self._headers = [(name.encode(), value.encode()) for name, value in told.items()]

    @staticmethod
    def handles(scope: Scope) -> bool:
        """Whether it may be answered here."""
        return scope["path"] == PATH and scope["method"] == "POST"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = dict(scope["headers"])
        if not _is_plain(scope, headers):
            await self._rest(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:
            return
        answer = await self._answer(headers, body)
        if answer is None:
            await self._rest(scope, _again(body, receive), send)
            return
        status, told, more = answer
        length = (b"content-length", str(len(told)).encode())
        await send({"type": "http.response.start", "status": status, "headers": [*self._headers, *more, length]})
        await send({"type": "http.response.body", "body": told})

    async def _answer(self, headers: dict[bytes, bytes], body: bytes) -> tuple[int, bytes, Headers] | None:
        """Status, body and headers; None for what has to go the long way."""
        try:
            wanted = self._wanted(headers, body)
            if wanted is None or not await self._is_known(wanted.key):
                return None
            answer = await self._holder.accept(wanted)
        except (msgspec.MsgspecError, UnicodeError, RecursionError, NotReadable):
            return None
        except NoLineError as error:
            return _refusal(error)
        except Exception as cause:  # noqa: BLE001  whatever it was, the sender learns that it may try again
            _log.error("failed", path=PATH, exc_info=cause)
            return _refusal(StoreUnreachable(why="see the server's log"))
        if answer is None:
            self._seen.discard(wanted.key)
            return None
        return _refusal(answer) if isinstance(answer, Refused) else (*answer, [])

    def _wanted(self, headers: dict[bytes, bytes], body: bytes) -> Wanted | None:
        """What a request asks for. Raises MsgspecError, UnicodeError, RecursionError and IdempotencyKeyUnreadable."""
        said = headers.get(b"authorization", b"").decode("latin-1")
        scheme, _, key = said.partition(" ")
        if scheme.lower() != "bearer" or not key:
            return None
        data = _read(body)
        asked = None
        if (once := headers.get(b"idempotency-key")) is not None:
            caller = caller_of(self._hub, said)
            asked = self._hub.once.asked(caller, once.decode("latin-1"), _WHAT + _encode(data))
        return Wanted(key.strip(), data.ask(), data.by, asked)

    async def _is_known(self, key: str) -> bool:
        """Keep strangers out of the queue. Whoever gets in is asked for the role again, in the transaction."""
        if key in self._seen:
            return True
        if await asyncio.to_thread(_role, self._hub, key) is None:
            return False
        if len(self._seen) >= _MOST_KEYS:
            self._seen.clear()
        self._seen.add(key)
        return True


def _is_plain(scope: Scope, headers: dict[bytes, bytes]) -> bool:
    """Whether it is a small JSON body of a program that says each header once."""
    length = headers.get(b"content-length", b"")
    return (
        len(headers) == len(scope["headers"])
        and not scope["query_string"]
        and length.isdigit()
        and int(length) <= _MOST_BYTES
        and headers.get(b"content-type", _JSON).partition(b";")[0] == _JSON
        and b"content-encoding" not in headers
        and b"html" not in headers.get(b"accept", b"")
    )


async def _whole(receive: Receive) -> bytes | None:
    """The body, whose length is told and small; None when the sender went away."""
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already once more."""
    left: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": body, "more_body": False}]

    async def told() -> MutableMapping[str, Any]:
        return left.pop() if left else await receive()

    return told


def _refusal(error: NoLineError) -> tuple[int, bytes, Headers]:
    return error.status, _encode(error.as_dict()), [(b"retry-after", b"1")] if error.retryable else []
