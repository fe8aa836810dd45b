"""Transfers over HTTP: goods that go from one location to another."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import goods as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.goods_bodies import Actor, NewTransfer, StepOfTransfer, batches, named
from noline.doors.http.threads import in_thread
from noline.flows.goods import instant_or_none
from noline.stores.access import Role

_ASSOCIATE = [needs(Role.ASSOCIATE)]

_Limit = Annotated[int, Parameter(ge=1, le=1000)]
_Offset = Annotated[int, Parameter(ge=0, le=2**53)]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]


@post("/v1/transfers", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def draft_transfer(state: State, request: Asking, data: NewTransfer) -> Response[dict[str, Any]]:
    """Plan a transfer; its units are claimed where it starts."""

    def do() -> dict[str, Any]:
        found = state.hub.handling.draft(
            data.source, data.target, batches(data.lines), by=who(request, data.by), due_at=instant_or_none(data.due),
            bucket=data.bucket,
        )  # fmt: skip
        return answers.transfer(found)

    return once(request, data, do, status=201)


@get("/v1/transfers", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def list_transfers(
    state: State,
    location: _Place = None,
    state_: Annotated[str | None, Parameter(query="state", max_length=20)] = None,
    limit: _Limit = 100,
    offset: _Offset = 0,
) -> list[dict[str, Any]]:
    """Transfers from or to a location, or all; touched last first."""
    found = state.hub.handling.transfers(location=location, state=state_, limit=limit, offset=offset)
    return [answers.paper(one.paper) for one in found]


@get("/v1/transfers/{transfer:str}", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def get_transfer(state: State, transfer: str) -> dict[str, Any]:
    """One transfer, and who brought it how far."""
    return answers.with_steps(state.hub, state.hub.handling.transfer(transfer))


@post("/v1/transfers/{transfer:str}/pick", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def pick_transfer(state: State, request: Asking, transfer: str, data: StepOfTransfer) -> Response[dict[str, Any]]:
    """Take the goods from the shelves; what was not found there is claimed no longer, and is to be counted."""
    handling, by = state.hub.handling, who(request, data.by)
    return once(request, data, lambda: answers.transfer(handling.pick(transfer, named(data.lines), by=by)))


@post("/v1/transfers/{transfer:str}/send", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def send_transfer(state: State, request: Asking, transfer: str, data: StepOfTransfer) -> Response[dict[str, Any]]:
    """Let a transfer leave; its units are on their way."""
    handling, by = state.hub.handling, who(request, data.by)
    return once(
        request, data, lambda: answers.transfer(handling.send(transfer, by=by, due_at=instant_or_none(data.due)))
    )  # fmt: skip


@post("/v1/transfers/{transfer:str}/receive", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def receive_transfer(state: State, request: Asking, transfer: str, data: StepOfTransfer) -> Response[dict[str, Any]]:
    """Take a transfer in as it came; what is missing is shrink, what is too much was found."""
    handling, by = state.hub.handling, who(request, data.by)
    return once(
        request,
        data,
        lambda: answers.transfer(
            handling.receive_transfer(transfer, named(data.lines), by=by, into=data.bucket)
        ),
    )  # fmt: skip


@post("/v1/transfers/{transfer:str}/cancel", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def cancel_transfer(state: State, request: Asking, transfer: str, data: Actor) -> Response[dict[str, Any]]:
    """Give up a transfer that has not left."""
    handling, by = state.hub.handling, who(request, data.by)
    return once(request, data, lambda: answers.transfer(handling.cancel(transfer, by=by)))


TRANSFER_ROUTES = [
    draft_transfer,
    list_transfers,
    get_transfer,
    pick_transfer,
    send_transfer,
    receive_transfer,
    cancel_transfer,
]
