"""Returns over HTTP: goods that come back, wherever they were sold."""

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import goods as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.goods_bodies import Actor, Arrival, Inspection, NewReturn, Refund, batches, named
from noline.doors.http.threads import in_thread
from noline.stores.access import Role
from noline.truth.goods.model import Verdict

_ASSOCIATE = [needs(Role.ASSOCIATE)]

_Limit = Annotated[int, Parameter(ge=1, le=1000)]
_Offset = Annotated[int, Parameter(ge=0, le=2**53)]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]


@post("/v1/returns", guards=_ASSOCIATE, tags=["returns"], status_code=201)
@in_thread
def announce_return(state: State, request: Asking, data: NewReturn) -> Response[dict[str, Any]]:
    """Say that goods come back; with `received` they are here already."""
    returning, by = state.hub.returning, who(request, data.by)

    def do() -> dict[str, Any]:
        with state.hub.store.transaction():
            found = returning.announce(
                data.location, batches(data.lines), by=by, order_id=data.order_id, return_id=data.return_id,
                channel=data.channel, conditions={line.pile().sku: line.condition for line in data.lines},
            )  # fmt: skip
            return answers.back(returning.receive(found.id, by=by) if data.received else found)

    return once(request, data, do, status=201)


@get("/v1/returns", guards=_ASSOCIATE, tags=["returns"])
@in_thread
def list_returns(
    state: State,
    location: _Place = None,
    state_: Annotated[str | None, Parameter(query="state", max_length=20)] = None,
    limit: _Limit = 100,
    offset: _Offset = 0,
) -> list[dict[str, Any]]:
    """Returns of a location, or all; touched last first."""
    found = state.hub.returning.returns(location=location, state=state_, limit=limit, offset=offset)
    return [answers.paper(one.paper) for one in found]


@get("/v1/returns/{back:str}", guards=_ASSOCIATE, tags=["returns"])
@in_thread
def get_return(state: State, back: str) -> dict[str, Any]:
    """One return, and who brought it how far."""
    return answers.with_steps(state.hub, state.hub.returning.back(back))


@post("/v1/returns/{back:str}/receive", guards=_ASSOCIATE, tags=["returns"], status_code=200)
@in_thread
def receive_return(state: State, request: Asking, back: str, data: Arrival) -> Response[dict[str, Any]]:
    """Take back what was announced, wherever it comes; it cannot be sold until it was inspected."""
    returning, by = state.hub.returning, who(request, data.by)
    return once(
        request, data, lambda: answers.back(returning.receive(back, named(data.lines), by=by, location=data.location))
    )


@post("/v1/returns/{back:str}/inspect", guards=_ASSOCIATE, tags=["returns"], status_code=200)
@in_thread
def inspect_return(state: State, request: Asking, back: str, data: Inspection) -> Response[dict[str, Any]]:
    """Say what becomes of each unit: sold again, kept aside, or sent back to a depot."""
    returning, by = state.hub.returning, who(request, data.by)

    def do() -> dict[str, Any]:
        verdicts = [Verdict(line.pile(), line.outcome, line.units) for line in data.lines]
        return answers.back(returning.inspect(back, verdicts, by=by, others=data.outcome, depot=data.depot))

    return once(request, data, do)


@post("/v1/returns/{back:str}/refund", guards=_ASSOCIATE, tags=["returns"], status_code=200)
@in_thread
def refund_return(state: State, request: Asking, back: str, data: Refund) -> Response[dict[str, Any]]:
    """Say that the money was given back; the goods are apart."""
    returning, by = state.hub.returning, who(request, data.by)
    currency = data.currency or state.hub.settings.currency
    return once(request, data, lambda: answers.back(returning.refund(back, data.amount_minor, currency, by=by)))


@post("/v1/returns/{back:str}/cancel", guards=_ASSOCIATE, tags=["returns"], status_code=200)
@in_thread
def cancel_return(state: State, request: Asking, back: str, data: Actor) -> Response[dict[str, Any]]:
    """Nothing will come back."""
    returning, by = state.hub.returning, who(request, data.by)
    return once(request, data, lambda: answers.back(returning.cancel(back, by=by)))


RETURN_ROUTES = [
    announce_return,
    list_returns,
    get_return,
    receive_return,
    inspect_return,
    refund_return,
    cancel_return,
]
