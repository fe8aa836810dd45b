"""What can be promised, and holds, over HTTP."""

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import promises as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.stores.access import Role
from noline.truth.stock.promising import Ask, Line

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Units = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Seconds = Annotated[int, msgspec.Meta(ge=1, le=2**31)]
_Items = Annotated[str, Parameter(min_length=1, max_length=20_000)]
_Channel = Annotated[str, Parameter(max_length=200)]
_Place = Annotated[str | None, Parameter(max_length=200)]


class AskedLine(msgspec.Struct):
    """Units of an item that are asked for; without a location they are taken where they can best be had."""

    sku: Text
    units: Units = 1
    location: Text | None = None


class NewHold(msgspec.Struct):
    """A basket to be held, all lines or none. document: what it is for, such as a cart."""

    lines: Annotated[list[AskedLine], msgspec.Meta(min_length=1, max_length=200)]
    ttl_s: Seconds | None = None
    channel: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")] = ""
    document: Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")] = ""
    by: Text | None = None

    def ask(self) -> Ask:
        """The basket as the stock reads it."""
        lines = tuple(Line(one.sku, one.units, one.location) for one in self.lines)
        return Ask(lines, self.channel, self.document, self.ttl_s)


class Commit(msgspec.Struct):
    """What a hold becomes part of."""

    document: Text
    by: Text | None = None


class Extend(msgspec.Struct):
    """How many seconds a hold lasts from now; without a number as long as a new one."""

    ttl_s: Seconds | None = None
    by: Text | None = None


class Release(msgspec.Struct):
    """Who gives the units back; the role of the key when nobody is named."""

    by: Text | None = None


@get("/v1/availability", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def get_availability(
    state: State, items: _Items, channel: _Channel = "", near: _Place = None, at: _Place = None
) -> dict[str, Any]:
    """What each location has of some items (SKUs, parted by commas) and can promise to a channel.

    `near`: a location, or latitude and longitude; the nearest comes first. `at`: an instant (ISO 8601); what is due by
    then is added as `available_by`.
    """
    wanted = [sku for sku in items.split(",") if sku]
    return answers.availability(state.hub, wanted, channel, near=near, at=at)


@post("/v1/holds", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def place_hold(state: State, request: Asking, data: NewHold) -> Response[dict[str, Any]]:
    """Promise a basket for a while, all lines or none; send an `Idempotency-Key` to ask once."""
    hub = state.hub
    return once(
        request, data, lambda: answers.hold(hub.promising.hold(data.ask(), by=who(request, data.by))), status=201
    )


@get("/v1/holds/{hold:str}", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def get_hold(state: State, hold: str) -> dict[str, Any]:
    """One hold as it stands."""
    return answers.hold(state.hub.promising.find(hold))


@post("/v1/holds/{hold:str}/commit", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def commit_hold(state: State, request: Asking, hold: str, data: Commit) -> Response[dict[str, Any]]:
    """Make a hold part of an order: its units are allocated."""
    promising = state.hub.promising
    return once(request, data, lambda: answers.hold(promising.commit(hold, data.document, by=who(request, data.by))))


@post("/v1/holds/{hold:str}/extend", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def extend_hold(state: State, request: Asking, hold: str, data: Extend) -> Response[dict[str, Any]]:
    """Let a hold last longer, counted from now."""
    promising = state.hub.promising
    return once(request, data, lambda: answers.hold(promising.extend(hold, data.ttl_s, by=who(request, data.by))))


@post("/v1/holds/{hold:str}/release", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def release_hold(state: State, request: Asking, hold: str, data: Release) -> Response[dict[str, Any]]:
    """Give the units back."""
    promising = state.hub.promising
    return once(request, data, lambda: answers.hold(promising.release(hold, by=who(request, data.by))))


PROMISE_ROUTES = [get_availability, place_hold, get_hold, commit_hold, extend_hold, release_hold]
