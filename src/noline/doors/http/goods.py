"""Goods over HTTP: what comes in, what is corrected and why, what is to be done, and the rules of promising."""

from typing import Annotated, Any

from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import goods as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.goods_bodies import Closing, NewAdjustment, NewExpectation, NewPolicy, NewReceipt, batches
from noline.doors.http.threads import in_thread
from noline.flows.goods import instant_or_none
from noline.stores.access import Role
from noline.truth.goods.model import Batch
from noline.truth.stock.policies import Policy

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]

_Limit = Annotated[int, Parameter(ge=1, le=1000)]
_Offset = Annotated[int, Parameter(ge=0, le=2**53)]
_Position = Annotated[int, Parameter(ge=0, le=2**53)]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]
_Where = Annotated[str, Parameter(min_length=1, max_length=200)]


@post("/v1/receipts", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def receive_goods(state: State, request: Asking, data: NewReceipt) -> Response[dict[str, Any]]:
    """Take goods in, against what was awaited or without."""

    def do() -> dict[str, Any]:
        found = state.hub.handling.receive(
            data.location, batches(data.lines), by=who(request, data.by), document=data.document,
            expected=data.expected, close=data.close,
        )  # fmt: skip
        return answers.received(found)

    return once(request, data, do, status=201)


@post("/v1/receipts/expected", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def expect_goods(state: State, request: Asking, data: NewExpectation) -> Response[dict[str, Any]]:
    """Await a delivery; more of it by the same document adds up."""

    def do() -> dict[str, Any]:
        found = state.hub.handling.expect(
            data.document,
            data.location,
            batches(data.lines),
            due_at=instant_or_none(data.due),
            by=who(request, data.by),
        )
        return answers.awaited(data.document, found)

    return once(request, data, do, status=201)


@post("/v1/adjustments", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def adjust_stock(state: State, request: Asking, data: NewAdjustment) -> Response[dict[str, Any]]:
    """Correct what lies somewhere, and say why; 409 with the present figures when `expected_version` is another."""

    def do() -> dict[str, Any]:
        sku, lot, owner = data.pile()
        found = state.hub.handling.adjust(
            data.location, Batch(sku, data.units, lot, owner), data.reason, by=who(request, data.by),
            bucket=data.bucket, expected_version=data.expected_version,
        )  # fmt: skip
        return answers.figures(found)

    return once(request, data, do, status=201)


@get("/v1/tasks", guards=_ASSOCIATE, tags=["tasks"])
@in_thread
def list_tasks(
    state: State,
    location: _Place = None,
    kind: Annotated[str | None, Parameter(pattern="^(conflict|count|inspect|receive)$")] = None,
    limit: _Limit = 100,
) -> list[dict[str, Any]]:
    """What people have to do: conflicts, counts, returns to inspect, transfers to receive."""
    return [answers.task(one) for one in state.hub.tasks.open(location=location, kind=kind, limit=limit)]


@post("/v1/tasks/{task:str}/close", guards=_ASSOCIATE, tags=["tasks"], status_code=200)
@in_thread
def close_task(state: State, request: Asking, task: str, data: Closing) -> Response[dict[str, Any]]:
    """Say why nothing more is to be done; it comes back when what it is about changes and still is so."""
    tasks, by = state.hub.tasks, who(request, data.by)
    return once(request, data, lambda: answers.task(tasks.close(task, data.reason, by=by)))


@get("/v1/moves", guards=_MANAGER, tags=["stock"])
@in_thread
def list_moves(state: State, since: _Position = 0, limit: _Limit = 1000) -> dict[str, Any]:
    """The ledger behind a position of the log, positions whole; go on with `next`."""
    return answers.moves(state.hub, since, limit)


@get("/v1/stock/{sku:str}/moves", guards=_ASSOCIATE, tags=["stock"])
@in_thread
def list_moves_of_item(state: State, sku: str, location: _Where, limit: _Limit = 100) -> list[dict[str, Any]]:
    """Why a location has what it has of an item: the latest lines of its ledger, oldest first."""
    return answers.ledger(state.hub, sku, location, limit)


@get("/v1/stock/policies", guards=_MANAGER, tags=["stock"])
@in_thread
def list_policies(
    state: State,
    sku: Annotated[str | None, Parameter(min_length=1, max_length=200)] = None,
    limit: _Limit = 100,
    offset: _Offset = 0,
) -> list[dict[str, Any]]:
    """How far channels may go with an item, or with any item that has a rule of its own."""
    return answers.policies(state.hub, sku, limit, offset)


@put("/v1/stock/policies", guards=_MANAGER, tags=["stock"], status_code=200)
@in_thread
def set_policy(state: State, request: Asking, data: NewPolicy) -> Response[dict[str, Any]]:
    """Set how far a channel, or every channel, may go with an item."""

    def do() -> dict[str, Any]:
        rule = Policy(data.oversell, data.beyond, instant_or_none(data.until), data.buffer, data.safety)
        by = who(request, data.by)
        return answers.policy(data.sku, data.channel, state.hub.policies.set(data.sku, data.channel, rule, by=by))

    return once(request, data, do)


GOODS_ROUTES = [
    receive_goods,
    expect_goods,
    adjust_stock,
    list_tasks,
    close_task,
    list_moves,
    list_moves_of_item,
    list_policies,
    set_policy,
]
