"""Orders over HTTP: placed, changed and explained, and what locations do for them."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import orders as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.flows.goods import instant_or_none
from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.stores.access import Role
from noline.truth.orders.fulfilments import Method, Step

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, msgspec.Meta(max_length=2000, pattern=r"^[^\x00]*$")]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Country = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]
Minor = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Units = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
UnitsOrNone = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Instant = Annotated[str, msgspec.Meta(max_length=40)]
_MethodName = Literal["ship", "pickup", "curbside", "counter", "ship_to_store"]
_Place = Annotated[str | None, Parameter(min_length=1, max_length=200)]
_Limit = Annotated[int, Parameter(ge=1, le=1000)]


class OrderLine(msgspec.Struct):
    """An item that is ordered. price_minor: of one unit; without it the price of the account or the channel."""

    sku: Name
    units: Units = 1
    price_minor: Minor | None = None


class Deliver(msgspec.Struct):
    """How goods come to who ordered them. location: where they are collected, or the only one that may send."""

    method: _MethodName
    location: Name | None = None
    country: Country | None = None
    postal_code: Annotated[str, msgspec.Meta(max_length=20, pattern=r"^[^\x00]*$")] | None = None
    latitude: Annotated[float, msgspec.Meta(ge=-90, le=90)] | None = None
    longitude: Annotated[float, msgspec.Meta(ge=-180, le=180)] | None = None


class OrderPlacing(msgspec.Struct):
    """An order to be placed.

    customer: names by their kind, or the customer's id as person. account: the business that buys. hold: becomes part
    of it. cart: by id or code; its lines, customer and hold count where none are named. unpriced: it may be placed
    though nobody knows a price. by: who places it; the role of the key when nobody is named.
    """

    channel: Name
    deliver: Deliver
    lines: Annotated[list[OrderLine], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)
    order_id: Annotated[str, msgspec.Meta(min_length=1, max_length=180, pattern=r"^[^\x00]*\S[^\x00]*$")] | None = None
    store_id: Name | None = None
    customer: dict[str, Text] | None = None
    account: Name | None = None
    currency: Currency | None = None
    hold: Name | None = None
    cart: Name | None = None
    wanted_by: Instant | None = None
    unpriced: bool = False
    by: Text | None = None

    def order(self) -> NewOrder:
        """The order as the hub reads it. Raises UnreadableInstant."""
        deliver = self.deliver
        return NewOrder(
            channel=self.channel,
            deliver=Delivery(
                Method(deliver.method), deliver.location, deliver.country, deliver.postal_code, deliver.latitude,
                deliver.longitude,
            ),
            lines=tuple(Ordered(one.sku, one.units, one.price_minor) for one in self.lines),
            order_id=self.order_id, store_id=self.store_id, customer=self.customer or None, account=self.account,
            currency=self.currency, hold=self.hold, cart=self.cart,
            wanted_by=instant_or_none(self.wanted_by), unpriced=self.unpriced,
        )  # fmt: skip


class LineCancelled(msgspec.Struct):
    """Units of an item that are not wanted any more."""

    sku: Name
    units: Units


class Cancelling(msgspec.Struct):
    """What is cancelled; all of the order when no lines are named."""

    lines: Annotated[list[LineCancelled], msgspec.Meta(min_length=1, max_length=200)] | None = None
    reason: Reason = ""
    by: Text | None = None


class LineWanted(msgspec.Struct):
    """What a line is to be; 0 units take the item out."""

    sku: Name
    units: UnitsOrNone
    price_minor: Minor | None = None


class Editing(msgspec.Struct):
    """Lines as they are wanted now; items that are not named stay."""

    lines: Annotated[list[LineWanted], msgspec.Meta(min_length=1, max_length=200)]
    by: Text | None = None


class Exchanging(msgspec.Struct):
    """What comes back, where it is awaited, and the order for what is wanted instead."""

    back: Annotated[list[LineCancelled], msgspec.Meta(min_length=1, max_length=200)]
    order: OrderPlacing
    location: Name | None = None
    by: Text | None = None


class Resourcing(msgspec.Struct):
    """Locations that must not serve it."""

    exclude: Annotated[list[Name], msgspec.Meta(max_length=200)] = msgspec.field(default_factory=list)
    by: Text | None = None


class Replaying(msgspec.Struct):
    """Rules as the table `[sourcing]` of noline.toml has them, and the time of the decisions; until is excluded."""

    rules: dict[str, Any]
    since: Instant | None = None
    until: Instant | None = None


class Doing(msgspec.Struct):
    """Who does it; the role of the key when nobody is named."""

    by: Text | None = None


class Found(msgspec.Struct):
    """How many of the asked units were found."""

    sku: Name
    units: UnitsOrNone


class Picking(msgspec.Struct):
    """What was found; without lines all of it, and an item that is left out not at all."""

    lines: Annotated[list[Found], msgspec.Meta(max_length=200)] | None = None
    by: Text | None = None


class Rejecting(msgspec.Struct):
    """Why the location cannot."""

    reason: Reason = ""
    by: Text | None = None


class Shipping(msgspec.Struct):
    """The number under which the parcel can be followed."""

    tracking: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] | None = None
    by: Text | None = None


Told = Response[dict[str, Any]]


@post("/v1/orders", guards=_ASSOCIATE, tags=["orders"], status_code=201)
@in_thread
def place_order(state: State, request: Asking, data: OrderPlacing) -> Told:
    """Place an order: priced, promised, told and given to locations in one step; the same number again changes nothing.

    Send an `Idempotency-Key` when the order has no number yet.
    """
    place, by = state.hub.ordering.place, who(request, data.by)
    return once(request, data, lambda: answers.placed(place(data.order(), by=by)), status=201)


@get("/v1/orders/{order_id:str}/fulfilments", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def get_order_run(state: State, order_id: str) -> dict[str, Any]:
    """One order that was placed here: where the units of each line are, and what each location does."""
    return answers.run(state.hub, order_id)


@post("/v1/orders/{order_id:str}/cancel", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def cancel_order(state: State, request: Asking, order_id: str, data: Cancelling) -> Told:
    """Cancel an order or some units of it; what has left the house cannot be cancelled."""
    lines = None if data.lines is None else _summed(data.lines)
    cancel, by = state.hub.ordering.cancel, who(request, data.by)
    return once(request, data, lambda: answers.placed(cancel(order_id, lines, by=by, reason=data.reason)))


@post("/v1/orders/{order_id:str}/edit", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def edit_order(state: State, request: Asking, order_id: str, data: Editing) -> Told:
    """Change units, add or remove lines, until they are picked."""
    lines = [Ordered(one.sku, one.units, one.price_minor) for one in data.lines]
    edit, by = state.hub.ordering.edit, who(request, data.by)
    return once(request, data, lambda: answers.placed(edit(order_id, lines, by=by)))


@post("/v1/orders/{order_id:str}/exchange", guards=_ASSOCIATE, tags=["orders"], status_code=201)
@in_thread
def exchange_order(state: State, request: Asking, order_id: str, data: Exchanging) -> Told:
    """Announce a return and place the order for what is wanted instead."""
    by = who(request, data.by)

    def do() -> dict[str, Any]:
        exchange = state.hub.exchanging.exchange
        return answers.placed(
            exchange(order_id, _summed(data.back), data.order.order(), by=by, location=data.location)
        )  # fmt: skip

    return once(request, data, do, status=201)


@post("/v1/orders/{order_id:str}/source", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def source_order(state: State, request: Asking, order_id: str, data: Resourcing) -> Told:
    """Decide again where an order comes from, as far as nobody has begun with it."""
    source, by = state.hub.ordering.source, who(request, data.by)
    return once(request, data, lambda: answers.placed(source(order_id, data.exclude, by=by)))


@get("/v1/orders/{order_id:str}/why", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def get_order_why(state: State, order_id: str) -> list[dict[str, Any]]:
    """Why an order comes from where it comes from: every decision in sentences, with all that was compared."""
    return answers.why(state.hub, order_id)


@post("/v1/sourcing/replay", guards=_MANAGER, tags=["orders"], status_code=200)
@in_thread
def replay_decisions(state: State, data: Replaying) -> dict[str, Any]:
    """What other rules would have made of past decisions, beside what was decided; changes nothing."""
    since = instant_or_none(data.since) or 0
    until = instant_or_none(data.until)
    return answers.replayed(state.hub.ordering.replay(data.rules, since, until))


@get("/v1/sourcing/prices", guards=_MANAGER, tags=["orders"])
@in_thread
def list_shadow_prices(state: State) -> list[dict[str, Any]]:
    """What a unit in each place is worth to later orders, made anew; the next orders are decided with it."""
    return answers.worth(state.hub)


@get("/v1/fulfilments", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def list_fulfilments(
    state: State,
    location: _Place = None,
    stage: Annotated[Step | None, Parameter(query="state")] = None,
    limit: _Limit = 100,
) -> list[dict[str, Any]]:
    """What is to be done at a location, or is in a state, the oldest first: to pick, packed, ready, on its way."""
    return answers.fulfilments(state.hub, location, stage, limit)


@get("/v1/fulfilments/counts-due", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def list_counts_due(state: State) -> list[dict[str, Any]]:
    """Shelves where units were not found, until somebody counts them."""
    return answers.counts_due(state.hub)


@get("/v1/fulfilments/{fulfilment:str}", guards=_ASSOCIATE, tags=["orders"])
@in_thread
def get_fulfilment(state: State, fulfilment: str) -> dict[str, Any]:
    """What one location does for an order."""
    return answers.fulfilment(state.hub.fulfilling.find(fulfilment))


@post("/v1/fulfilments/{fulfilment:str}/accept", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def accept_fulfilment(state: State, request: Asking, fulfilment: str, data: Doing) -> Told:
    """The location takes it."""
    accept, by = state.hub.fulfilling.accept, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(accept(fulfilment, by=by)))


@post("/v1/fulfilments/{fulfilment:str}/reject", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def reject_fulfilment(state: State, request: Asking, fulfilment: str, data: Rejecting) -> Told:
    """The location cannot; another one is asked."""
    reject, by = state.hub.fulfilling.reject, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(reject(fulfilment, by=by, reason=data.reason)))


@post("/v1/fulfilments/{fulfilment:str}/pick", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def pick_fulfilment(state: State, request: Asking, fulfilment: str, data: Picking) -> Told:
    """What was found; the rest is looked for elsewhere, and the shelf is to be counted."""
    found = None if data.lines is None else _summed(data.lines)
    pick, by = state.hub.fulfilling.pick, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(pick(fulfilment, found, by=by)))


@post("/v1/fulfilments/{fulfilment:str}/ready", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def ready_fulfilment(state: State, request: Asking, fulfilment: str, data: Doing) -> Told:
    """Packed to be sent, or waiting to be collected; sent to a store, it has come there."""
    ready, by = state.hub.fulfilling.ready, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(ready(fulfilment, by=by)))


@post("/v1/fulfilments/{fulfilment:str}/ship", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def ship_fulfilment(state: State, request: Asking, fulfilment: str, data: Shipping) -> Told:
    """It left the house."""
    ship, by = state.hub.fulfilling.ship, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(ship(fulfilment, by=by, tracking=data.tracking)))


@post("/v1/fulfilments/{fulfilment:str}/deliver", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def deliver_fulfilment(state: State, request: Asking, fulfilment: str, data: Doing) -> Told:
    """It came to the customer."""
    deliver, by = state.hub.fulfilling.deliver, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(deliver(fulfilment, by=by)))


@post("/v1/fulfilments/{fulfilment:str}/hand-over", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def hand_over_fulfilment(state: State, request: Asking, fulfilment: str, data: Doing) -> Told:
    """The customer has collected it."""
    hand_over, by = state.hub.fulfilling.hand_over, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(hand_over(fulfilment, by=by)))


@post("/v1/fulfilments/{fulfilment:str}/no-show", guards=_ASSOCIATE, tags=["orders"], status_code=200)
@in_thread
def miss_fulfilment(state: State, request: Asking, fulfilment: str, data: Doing) -> Told:
    """Nobody came; the goods are free again."""
    no_show, by = state.hub.fulfilling.no_show, who(request, data.by)
    return once(request, data, lambda: answers.fulfilment(no_show(fulfilment, by=by)))


def _summed(lines: list[LineCancelled] | list[Found]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in lines:
        found[one.sku] = found.get(one.sku, 0) + one.units
    return found


ORDER_ROUTES = [
    place_order, get_order_run, cancel_order, edit_order, exchange_order, source_order, get_order_why,
    replay_decisions, list_shadow_prices, list_fulfilments, list_counts_due, get_fulfilment, accept_fulfilment,
    reject_fulfilment, pick_fulfilment, ready_fulfilment, ship_fulfilment, deliver_fulfilment, hand_over_fulfilment,
    miss_fulfilment,
]  # fmt: skip
