"""Looking after a hub over HTTP: sources, keys, books, dead letters, what goes out."""

import asyncio
from typing import Annotated, Any

import msgspec
from litestar import delete, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.kernel.events import Receipt
from noline.stores.access import Key, Role, Source
from noline.stores.outbox import Subscription

_POLL_S = 0.25
_MOST_WAIT_S = 60

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Position = Annotated[int, Parameter(ge=0, le=2**53)]
Number = Annotated[int, Parameter(ge=0, le=2**53)]


class NewSource(msgspec.Struct):
    """A source to be made. trust: `server` or `browser`."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    channel: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    trust: Annotated[str, msgspec.Meta(pattern="^(server|browser)$")] = "server"


class NewKey(msgspec.Struct):
    """A key to be made."""

    role: Role
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")] | None = None


class Patch(msgspec.Struct):
    """A value to be put at a JSON pointer."""

    pointer: str
    value: Any


class NewWebhook(msgspec.Struct):
    """A receiver of events.

    kinds: event names, all when empty. after: the position to begin behind. format: the shape in which it is told.
    """

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00]*$")]
    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^\x00]+$")]
    kinds: list[Annotated[str, msgspec.Meta(pattern=r"^[^\x00\n]+$")]] = []
    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    format: Annotated[str, msgspec.Meta(pattern="^(cloudevents|shopify)$")] = "cloudevents"


@get("/v1/sources", guards=[needs(Role.MANAGER)], tags=["sources"])
@in_thread
def list_sources(state: State) -> list[Source]:
    """Where events come from."""
    return state.hub.sources()


@post("/v1/sources", guards=[needs(Role.ADMIN)], tags=["sources"])
@in_thread
def add_source(state: State, data: NewSource) -> dict[str, str]:
    """Make a source; its write key is shown once."""
    key = state.hub.access.add_source(data.name, data.channel, trust=data.trust)
    return {"name": data.name, "channel": data.channel, "write_key": key}


@get("/v1/keys", guards=[needs(Role.ADMIN)], tags=["keys"])
@in_thread
def list_keys(state: State) -> list[Key]:
    """Keys of people and programs."""
    return state.hub.access.keys()


@post("/v1/keys", guards=[needs(Role.ADMIN)], tags=["keys"])
@in_thread
def add_key(state: State, data: NewKey) -> dict[str, str]:
    """Make a key; it is shown once."""
    name, key = state.hub.access.add_key(data.role, data.name)
    return {"name": name, "role": data.role, "key": key}


@delete("/v1/keys/{name:str}", guards=[needs(Role.ADMIN)], tags=["keys"])
@in_thread
def remove_key(state: State, name: str) -> None:
    """Make a key worthless."""
    state.hub.access.remove_key(name)


@get("/v1/books", guards=[needs(Role.MANAGER)], tags=["books"])
@in_thread
def books(state: State) -> dict[str, Any]:
    """Received = accepted + duplicate + conflict + parked, in all and per source."""
    return state.hub.books_in_all()


@get("/v1/dead-letters", guards=[needs(Role.MANAGER)], tags=["dead letters"])
@in_thread
def list_dead_letters(
    state: State,
    letters_in: Annotated[str, Parameter(query="state", pattern="^(open|fixed|ignored|all)$")] = "open",
    after: Position = 0,
    limit: Limit = 100,
) -> list[dict[str, Any]]:
    """What could not be taken, by id."""
    return plain(state.hub.dead_letters(None if letters_in == "all" else letters_in, after, limit))


@get("/v1/dead-letters/{number:int}", guards=[needs(Role.MANAGER)], tags=["dead letters"])
@in_thread
def get_dead_letter(state: State, number: Number) -> dict[str, Any]:
    """One dead letter with its bytes."""
    return plain(state.hub.dead_letter(number))


@post("/v1/dead-letters/{number:int}/patch", guards=[needs(Role.ADMIN)], tags=["dead letters"], status_code=200)
@in_thread
def patch_dead_letter(state: State, number: Number, data: Patch) -> dict[str, Any]:
    """Put a value at a JSON pointer."""
    return plain(state.hub.intake.patch(number, data.pointer, data.value))


@post("/v1/dead-letters/{number:int}/dry-run", guards=[needs(Role.MANAGER)], tags=["dead letters"], status_code=200)
@in_thread
def dry_run_dead_letter(state: State, number: Number) -> Receipt:
    """What a replay would answer; nothing moves."""
    return state.hub.intake.dry_run(number)


@post("/v1/dead-letters/{number:int}/replay", guards=[needs(Role.ADMIN)], tags=["dead letters"], status_code=200)
@in_thread
def replay_dead_letter(state: State, number: Number) -> list[Receipt]:
    """Take it in with the id it came with."""
    return state.hub.intake.replay(number)


@post("/v1/dead-letters/{number:int}/ignore", guards=[needs(Role.ADMIN)], tags=["dead letters"], status_code=200)
@in_thread
def ignore_dead_letter(state: State, number: Number) -> dict[str, Any]:
    """Close it without taking it in."""
    state.hub.intake.ignore(number)
    return plain(state.hub.dead_letter(number))


@get("/v1/changes", guards=[needs(Role.ADMIN)], tags=["what goes out"])
async def changes(
    state: State,
    after: Position = 0,
    limit: Limit = 200,
    wait: Annotated[float, Parameter(ge=0, le=_MOST_WAIT_S)] = 0,
    kind: list[str] | None = None,
) -> dict[str, Any]:
    """The log after a position as CloudEvents; waits up to `wait` seconds for something new."""
    found = await asyncio.to_thread(state.hub.deliveries.changes, after, limit, tuple(kind or ()))
    for _ in range(int(wait / _POLL_S)):
        if found.after > after:
            break
        await asyncio.sleep(_POLL_S)
        found = await asyncio.to_thread(state.hub.deliveries.changes, after, limit, tuple(kind or ()))
    return plain(found)


@get("/v1/webhooks", guards=[needs(Role.ADMIN)], tags=["what goes out"])
@in_thread
def list_webhooks(state: State) -> list[dict[str, Any]]:
    """Receivers and how far each has come; secrets are not shown again."""
    return [{**plain(one), "secret": None} for one in state.hub.outbox.subscriptions()]


@post("/v1/webhooks", guards=[needs(Role.ADMIN)], tags=["what goes out"])
@in_thread
def add_webhook(state: State, data: NewWebhook) -> Subscription:
    """Send events to a URL; the answer holds the secret that signs them."""
    return state.hub.outbox.subscribe(data.name, data.url, tuple(data.kinds), data.after, data.format)


@post("/v1/webhooks/{name:str}/pause", guards=[needs(Role.ADMIN)], tags=["what goes out"], status_code=200)
@in_thread
def pause_webhook(state: State, name: str) -> dict[str, Any]:
    """Send nothing until it is resumed."""
    return {**plain(state.hub.outbox.pause(name)), "secret": None}


@post("/v1/webhooks/{name:str}/resume", guards=[needs(Role.ADMIN)], tags=["what goes out"], status_code=200)
@in_thread
def resume_webhook(
    state: State, name: str, after: Annotated[int | None, Parameter(ge=0, le=2**53)] = None
) -> dict[str, Any]:
    """Try again now; `after` sends everything behind that position once more."""
    return {**plain(state.hub.outbox.resume(name, after)), "secret": None}


CARE_ROUTES = [
    list_sources, add_source, list_keys, add_key, remove_key, books, list_dead_letters, get_dead_letter,
    patch_dead_letter, dry_run_dead_letter, replay_dead_letter, ignore_dead_letter, changes, list_webhooks, add_webhook,
    pause_webhook, resume_webhook,
]  # fmt: skip
