"""The card of a customer over HTTP, and the client book of a store's day."""

import asyncio
from typing import Annotated, Any, Literal, cast

from litestar import get
from litestar.datastructures import State
from litestar.handlers.base import BaseRouteHandler
from litestar.params import Parameter

from noline.doors.answers import card as answers
from noline.doors.answers.naming import called
from noline.doors.http.auth import NEEDED, Connection, Guard, needs
from noline.doors.http.commands import Asking, who
from noline.doors.http.threads import in_thread
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


@get("/v1/customers/{person:str}/card", guards=_ASSOCIATE, tags=["counter"])
@in_thread
def get_card(  # noqa: PLR0917  its query parameters
    state: State,
    request: Asking,
    person: str,
    store: Store = None,
    presence: Literal["declared", "appointment", "pickup", "passive"] = "declared",
    lang: Literal["en", "de", "fr", "ja"] | None = None,
    purpose: Literal["service", "personalisation", "marketing"] = "personalisation",
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
    lang: Literal["en", "de", "fr", "ja"] | None = None,
    by: Words = "",
) -> dict[str, Any]:
    """The client book of a store's day: what is arranged and open, with the cards of these customers and no others."""
    role = str(request.state.role)
    return answers.book(state.hub, store, role=role, by=who(request, by), language=lang)


CARD_ROUTES = [get_card, get_client_book]
