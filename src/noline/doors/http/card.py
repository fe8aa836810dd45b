"""The card of a customer over HTTP, and the client book of a store's day.

A card that is asked for with a key, in words that need no explaining, comes a short way past the framework, which costs
as much as composing the card of somebody who was met before. Everything else goes the long way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import get
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Parameter

from noline.doors.answers import card as answers
from noline.doors.answers.naming import called
from noline.doors.http.auth import NEEDED, Connection, Guard, needs
from noline.doors.http.commands import Asking, who
from noline.doors.http.intake import Receive, Scope, Send
from noline.doors.http.threads import in_thread
from noline.hub import Hub
from noline.stores.access import Role


def _beside(guard: Guard) -> Guard:
    """The same guard, asked where the request is read when the store lies in this process.

    Of a guard that is a plain function Litestar makes a thread's work, which costs many times what looking up a key
    does.
    """

    async def asked(connection: Connection, handler: BaseRouteHandler) -> None:
        if connection.app.state.hub.store.dialect == "sqlite":
            guard(connection, handler)
        else:
            await asyncio.to_thread(guard, connection, handler)

    beside = cast("Guard", asked)
    NEEDED[beside] = NEEDED[guard]
    return beside


_ASSOCIATE = [_beside(needs(Role.ASSOCIATE))]

Store = Annotated[str | None, Parameter(min_length=1, max_length=200)]
Words = Annotated[str, Parameter(max_length=200)]
Present = Literal["declared", "appointment", "pickup", "passive"]
Language = Literal["en", "de", "fr", "ja"]
Purpose = Literal["service", "personalisation", "marketing"]


@get("/v1/customers/{person:str}/card", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_card(  # noqa: PLR0917  its query parameters
    state: State,
    request: Asking,
    person: str,
    store: Store = None,
    presence: Present = "declared",
    lang: Language | None = None,
    purpose: Purpose = "personalisation",
    by: Words = "",
    identified_by: Words = "",
) -> dict[str, Any]:
    """What matters of a customer, what may be said, and what to do next; that somebody looked is noted."""
    role = str(request.state.role)
    return answers.card(
        state.hub, person, store=store, presence=presence, language=lang, purpose=purpose, role=role,
        by=who(request, by), identified_by=called(identified_by),
    )  # fmt: skip


@get("/v1/counter/book", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_client_book(
    state: State,
    request: Asking,
    store: Annotated[str, Parameter(min_length=1, max_length=200)],
    lang: Language | None = None,
    by: Words = "",
) -> dict[str, Any]:
    """The client book of a store's day: what is arranged and open, with the cards of these customers and no others."""
    role = str(request.state.role)
    return answers.book(state.hub, store, role=role, by=who(request, by), language=lang)


CARD_ROUTES = [get_card, get_client_book]


# The short way

_BEFORE, _AFTER = "/v1/customers/", "/card"
_encode = msgspec.json.Encoder().encode

_Told = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class _Query(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a card may be asked for with, as the route describes it."""

    store: _Told | None = None
    presence: Present = "declared"
    lang: Language | None = None
    purpose: Purpose = "personalisation"
    by: _Told = ""
    identified_by: _Told = ""


class CardDoor:
    """Answers `GET /v1/customers/{person}/card` to who has a key and is no page of another site.

    It is the answer of the route, byte for byte, but never compressed. Whatever has to be refused or explained goes the
    long way.
    """

    def __init__(
        self, hub: Hub, protection: dict[str, str], rest: Callable[[Scope, Receive, Send], Awaitable[None]]
    ) -> None:
        """protection: headers of every answer. rest: serves what is not answered here."""
        self._hub = hub
        self._rest = rest
        told = {"content-type": "application/json", "cache-control": "no-store", **protection}
        self._headers = [(name.encode(), value.encode()) for name, value in told.items()]

    @staticmethod
    def handles(scope: Scope) -> bool:
        """Whether it may be answered here."""
        path: str = scope["path"]
        return (
            path.endswith(_AFTER)
            and path.startswith(_BEFORE)
            and scope["method"] == "GET"
            and path.count("/") == _BEFORE.count("/") + _AFTER.count("/")
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        key, query = _key_of(scope), _query_of(scope["query_string"])
        body = None
        if key is not None and query is not None:
            # A look is a durable write and a language model may be slow, so the event loop does not wait for it.
            person = scope["path"][len(_BEFORE) : -len(_AFTER)]
            body = await asyncio.to_thread(self._card, key, person, query)
        if body is None:
            await self._rest(scope, receive, send)
            return
        length = (b"content-length", str(len(body)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [*self._headers, length]})
        await send({"type": "http.response.body", "body": body})

    def _card(self, key: str, person: str, query: _Query) -> bytes | None:
        """The answer; None for what the long way has to answer. Nothing is noted of a look that came to nothing."""
        try:
            role = self._hub.access.role_of_key(key)
            if not role.includes(Role.ASSOCIATE):
                return None
            found = answers.card(
                self._hub, person, store=query.store, presence=query.presence, language=query.lang,
                purpose=query.purpose, role=str(role), by=called(query.by) or f"a key of role {role}",
                identified_by=called(query.identified_by),
            )  # fmt: skip
        except Exception:  # noqa: BLE001  whatever it is, the long way meets it again and tells it as everywhere
            return None
        return _encode(found)


def _key_of(scope: Scope) -> str | None:
    """The key that is told; None also for a browser's page of another site, which has to be let in first."""
    headers = dict(scope["headers"])
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    is_plain = b"origin" not in headers and "\0" not in scope["path"]
    return key.strip() or None if is_plain and scheme.lower() == "bearer" else None


def _query_of(told: bytes) -> _Query | None:
    """What is asked for, each thing once and in so many words; None for what the framework has to judge."""
    try:
        said = parse_qsl(told.decode("ascii"), keep_blank_values=True, strict_parsing=bool(told), errors="strict")
        values = dict(said)
        if len(values) < len(said) or any("\0" in value or value.lower() == "null" for value in values.values()):
            return None
        return msgspec.convert(values, _Query)
    except ValueError:
        return None
