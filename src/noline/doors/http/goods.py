"""Goods that move inside the company, over HTTP: receipts, adjustments, transfers, counts, returns, tasks, rules."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import goods as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.flows.counting import Told
from noline.flows.goods import instant_or_none
from noline.kernel.gs1 import gtin
from noline.stores.access import Role
from noline.truth.goods.model import Batch, GoodsUnreadable, Pile, Verdict
from noline.truth.stock.policies import Oversell, Policy

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Optional = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
Units = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
UnitsOrNothing = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Signed = Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Minor = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Time = Annotated[str, msgspec.Meta(max_length=64)]
_Most = msgspec.Meta(max_length=5_000)
_Some = msgspec.Meta(min_length=1, max_length=5_000)
Bucket = Literal["on_hand", "unsellable"]
OutcomeName = Literal["restock", "unsellable", "send_back"]

_Limit = Annotated[int, Parameter(ge=1, le=1000)]
_Offset = Annotated[int, Parameter(ge=0, le=2**53)]
_Position = Annotated[int, Parameter(ge=0, le=2**53)]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]
_Where = Annotated[str, Parameter(min_length=1, max_length=200)]


class _Item(msgspec.Struct, kw_only=True):
    """An item by its SKU, or by a GTIN that is checked; its lot and owner where these are kept apart."""

    sku: Text | None = None
    gtin: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    lot: Optional = ""
    owner: Optional = ""

    def pile(self) -> Pile:
        """What it names; raises GtinWrong and GoodsUnreadable."""
        checked = None if self.gtin is None else gtin(self.gtin)
        named = self.sku or checked
        if named is None:
            raise GoodsUnreadable(why="a line names neither a sku nor a gtin")
        return Pile(named, self.lot, self.owner)


class GoodsLine(_Item, kw_only=True):
    """Units of an item."""

    units: Units

    def batch(self) -> Batch:
        """As the flows read it."""
        sku, lot, owner = self.pile()
        return Batch(sku, self.units, lot, owner)


class FoundLine(_Item, kw_only=True):
    """Units of an item that were found; none when there was nothing."""

    units: UnitsOrNothing

    def batch(self) -> Batch:
        """As the flows read it."""
        sku, lot, owner = self.pile()
        return Batch(sku, self.units, lot, owner)


class CountedLine(FoundLine, kw_only=True):
    """Units of an item that somebody counted. counted_at: when; now if nobody says."""

    counted_at: Time | None = None


class ReturnedLine(GoodsLine, kw_only=True):
    """Units of an item that come back, and how they are said to be."""

    condition: Optional = ""


class JudgedLine(GoodsLine, kw_only=True):
    """Units of a return and what becomes of them."""

    outcome: OutcomeName


class NewReceipt(msgspec.Struct):
    """Goods that came. document: of the delivery. expected: what they were awaited by, or a transfer.

    close: nothing more of what was awaited will come.
    """

    location: Text
    lines: Annotated[list[GoodsLine], _Most] = []
    document: Optional = ""
    expected: Optional = ""
    close: bool = False
    by: Text | None = None


class NewExpectation(msgspec.Struct):
    """Goods that are awaited. due: when, ISO 8601."""

    document: Text
    location: Text
    lines: Annotated[list[GoodsLine], _Some]
    due: Time | None = None
    by: Text | None = None


class NewAdjustment(_Item, kw_only=True):
    """Units found (above zero) or lost (below). expected_version: of the cell, as the caller saw it."""

    location: Text
    units: Signed
    reason: Text
    bucket: Bucket = "on_hand"
    expected_version: Version | None = None
    by: Text | None = None


class NewTransfer(msgspec.Struct, kw_only=True):
    """Goods to be sent from one location to another. due: when they should arrive, ISO 8601."""

    source: Text = msgspec.field(name="from")
    target: Text = msgspec.field(name="to")
    lines: Annotated[list[GoodsLine], _Some]
    due: Time | None = None
    bucket: Bucket = "on_hand"
    by: Text | None = None


class StepOfTransfer(msgspec.Struct):
    """A step of a transfer. lines: what was picked, or what arrived; everything when none are named.

    due: when it should arrive. bucket: where what arrived is put.
    """

    lines: Annotated[list[FoundLine], _Some] | None = None
    due: Time | None = None
    bucket: Bucket | None = None
    by: Text | None = None


class NewCount(msgspec.Struct):
    """What is to be counted: items, a category or all that lies there; with lines it is counted and closed at once."""

    location: Text
    skus: Annotated[list[Text], _Most] = []
    category: Optional = ""
    lines: Annotated[list[CountedLine], _Some] | None = None
    by: Text | None = None


class Tellings(msgspec.Struct):
    """What was counted."""

    lines: Annotated[list[CountedLine], _Some]
    by: Text | None = None


class NewReturn(msgspec.Struct):
    """Goods that come back. received: they are here already. channel: in which they are given back."""

    location: Text
    lines: Annotated[list[ReturnedLine], _Some]
    order_id: Optional = ""
    return_id: Optional = ""
    channel: Optional = ""
    received: bool = False
    by: Text | None = None


class Arrival(msgspec.Struct):
    """What came back and where; as announced when it is not said."""

    location: Text | None = None
    lines: Annotated[list[FoundLine], _Some] | None = None
    by: Text | None = None


class Inspection(msgspec.Struct):
    """What becomes of what came back. outcome: of units that no line names. depot: to which units are sent back."""

    lines: Annotated[list[JudgedLine], _Most] = []
    outcome: OutcomeName | None = None
    depot: Text | None = None
    by: Text | None = None


class Refund(msgspec.Struct):
    """Money that is given back; without an amount what the order took for these units."""

    amount_minor: Minor | None = None
    currency: Currency | None = None
    by: Text | None = None


class Actor(msgspec.Struct):
    """Who does it; the role of the key when nobody is named."""

    by: Text | None = None


class Closing(msgspec.Struct):
    """Why nothing more is to be done."""

    reason: Text
    by: Text | None = None


class NewPolicy(msgspec.Struct):
    """How far a channel may go with an item; every channel when none is named.

    What is left out is as the next wider rule says.
    """

    sku: Text
    channel: Optional = ""
    oversell: Oversell | None = None
    beyond: UnitsOrNothing | None = None
    until: Time | None = None
    buffer: UnitsOrNothing | None = None
    safety: UnitsOrNothing | None = None
    by: Text | None = None


@post("/v1/receipts", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def receive_goods(state: State, request: Asking, data: NewReceipt) -> Response[dict[str, Any]]:
    """Take goods in, against what was awaited or without."""

    def do() -> dict[str, Any]:
        found = state.hub.handling.receive(
            data.location, _batches(data.lines), by=who(request, data.by), document=data.document,
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
            _batches(data.lines),
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


@post("/v1/transfers", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def draft_transfer(state: State, request: Asking, data: NewTransfer) -> Response[dict[str, Any]]:
    """Plan a transfer; its units are claimed where it starts."""

    def do() -> dict[str, Any]:
        found = state.hub.handling.draft(
            data.source, data.target, _batches(data.lines), by=who(request, data.by), due_at=instant_or_none(data.due),
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
    return once(request, data, lambda: answers.transfer(handling.pick(transfer, _named(data.lines), by=by)))


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
            handling.receive_transfer(transfer, _named(data.lines), by=by, into=data.bucket)
        ),
    )  # fmt: skip


@post("/v1/transfers/{transfer:str}/cancel", guards=_ASSOCIATE, tags=["stock"], status_code=200)
@in_thread
def cancel_transfer(state: State, request: Asking, transfer: str, data: Actor) -> Response[dict[str, Any]]:
    """Give up a transfer that has not left."""
    handling, by = state.hub.handling, who(request, data.by)
    return once(request, data, lambda: answers.transfer(handling.cancel(transfer, by=by)))


@post("/v1/counts", guards=_ASSOCIATE, tags=["stock"], status_code=201)
@in_thread
def open_count(state: State, request: Asking, data: NewCount) -> Response[dict[str, Any]]:
    """Begin a count; with lines it is counted and closed at once."""
    counting, by = state.hub.counting, who(request, data.by)

    def do() -> dict[str, Any]:
        if data.lines is not None:
            return answers.count(counting.at_once(data.location, _counted(data.lines), by=by))
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
    return once(request, data, lambda: answers.count(counting.add(count, _counted(data.lines), by=by)))


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


@post("/v1/returns", guards=_ASSOCIATE, tags=["returns"], status_code=201)
@in_thread
def announce_return(state: State, request: Asking, data: NewReturn) -> Response[dict[str, Any]]:
    """Say that goods come back; with `received` they are here already."""
    returning, by = state.hub.returning, who(request, data.by)

    def do() -> dict[str, Any]:
        with state.hub.store.transaction():
            found = returning.announce(
                data.location, _batches(data.lines), by=by, order_id=data.order_id, return_id=data.return_id,
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
        request, data, lambda: answers.back(returning.receive(back, _named(data.lines), by=by, location=data.location))
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


def _batches(lines: list[Any]) -> list[Batch]:
    return [line.batch() for line in lines]


def _named(lines: list[FoundLine] | None) -> list[Batch] | None:
    return None if lines is None else _batches(lines)


def _counted(lines: list[CountedLine]) -> list[Told]:
    return [Told(line.batch(), instant_or_none(line.counted_at)) for line in lines]


GOODS_ROUTES = [
    receive_goods, expect_goods, adjust_stock, draft_transfer, list_transfers, get_transfer, pick_transfer,
    send_transfer, receive_transfer, cancel_transfer, open_count, list_counts, get_count, add_counted, close_count,
    cancel_count, announce_return, list_returns, get_return, receive_return, inspect_return, refund_return,
    cancel_return, list_tasks, close_task, list_moves, list_moves_of_item, list_policies, set_policy,
]  # fmt: skip
