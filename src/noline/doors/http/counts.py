"""Counts over HTTP: what lies there, told while selling goes on."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import goods as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.goods_bodies import Actor, NewCount, Tellings, counted
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]

_Limit = Annotated[int, Parameter(ge=1, le=1000)]
_Offset = Annotated[int, Parameter(ge=0, le=2**53)]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]


@post("/v1/counts", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def open_count(state: State, request: Asking, data: NewCount) -> Response[dict[str, Any]]:
    """Begin a count; with lines it is counted and closed at once."""
    counting, by = state.hub.counting, who(request, data.by)

    def do() -> dict[str, Any]:
        if data.lines is not None:
            return answers.count(counting.at_once(data.location, counted(data.lines), by=by))
        return answers.count(counting.open(data.location, by=by, skus=data.skus, category=data.category))

    return once(request, data, do, status=201)


@get("/v1/counts", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def list_counts(
    state: State,
    location: _Place = None,
    state_: Annotated[str | None, Parameter(query="state", max_length=20)] = None,
    limit: _Limit = 100,
    offset: _Offset = 0,
) -> list[dict[str, Any]]:
    """Counts of a location, or all; touched last first."""
    found = state.hub.counting.counts(location=location, state=state_, limit=limit, offset=offset)
    return [answers.paper(one.paper) for one in found]


@get("/v1/counts/{count:str}", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def get_count(state: State, count: str) -> dict[str, Any]:
    """One count, and who brought it how far."""
    return answers.with_steps(state.hub, state.hub.counting.count(count))


@post("/v1/counts/{count:str}/lines", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def add_counted(state: State, request: Asking, count: str, data: Tellings) -> Response[dict[str, Any]]:
    """Say what was counted; an item counted again stands as counted last."""
    counting, by = state.hub.counting, who(request, data.by)
    return once(request, data, lambda: answers.count(counting.add(count, counted(data.lines), by=by)))


@post("/v1/counts/{count:str}/close", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def close_count(state: State, request: Asking, count: str, data: Actor) -> Response[dict[str, Any]]:
    """End a count: the books follow what was counted, less what moved since; answers the variance of each line."""
    counting, by = state.hub.counting, who(request, data.by)
    return once(request, data, lambda: answers.count(counting.close(count, by=by)))


@post("/v1/counts/{count:str}/cancel", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def cancel_count(state: State, request: Asking, count: str, data: Actor) -> Response[dict[str, Any]]:
    """Give up a count; the books stay as they are."""
    counting, by = state.hub.counting, who(request, data.by)
    return once(request, data, lambda: answers.count(counting.cancel(count, by=by)))


COUNT_ROUTES = [open_count, list_counts, get_count, add_counted, close_count, cancel_count]
