"""Carts over HTTP: opened, shown by id, code or customer, and changed."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, patch, post
from litestar.datastructures import State

from noline.doors.answers import carts as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.flows.carts import Wanted
from noline.hub import Hub
from noline.stores.access import Role
from noline.truth.carts.model import Cart
from noline.truth.carts.model import State as CartState

_ASSOCIATE = [needs(Role.ASSOCIATE)]

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Note = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Minor = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class CartLine(msgspec.Struct):
    """An item that is put in. price_minor: of one unit, in the currency of the request, else of the cart."""

    sku: Name
    units: Annotated[int, msgspec.Meta(ge=1, le=10**9)] = 1
    price_minor: Minor | None = None
    note: Note | None = None


class LineSet(msgspec.Struct):
    """What a line is to be; 0 units take the item out. An empty note takes the note away."""

    sku: Name
    units: Annotated[int, msgspec.Meta(ge=0, le=10**9)]
    price_minor: Minor | None = None
    note: Note | None = None


class CartOpening(msgspec.Struct):
    """Where a cart is opened, for whom, and with what.

    customer: names by their kind, such as phone, email, loyalty_id, user_id or anonymous_id, or the customer's id as
    person; who has an open cart goes on with it. by: who opens it; the role of the key when nobody is named.
    """

    channel: Name
    lines: Annotated[list[CartLine], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)
    store_id: Name | None = None
    customer: dict[str, Text] | None = None
    currency: Currency | None = None
    by: Text | None = None


class CartChange(msgspec.Struct):
    """What is to be changed. version: as the caller saw it; with another one nothing is changed."""

    set: Annotated[list[LineSet], msgspec.Meta(max_length=500)] = msgspec.field(default_factory=list)
    channel: Name | None = None
    store_id: Name | None = None
    customer: dict[str, Text] | None = None
    currency: Currency | None = None
    state: Literal["open", "abandoned"] | None = None
    hold_id: Name | None = None
    version: Version | None = None
    by: Text | None = None


@post("/v1/carts", guards=_ASSOCIATE, tags=["carts"], status_code=200)
@in_thread
def open_cart(state: State, request: Asking, data: CartOpening) -> Response[dict[str, Any]]:
    """Open a cart; a customer who has an open one goes on with it, and the lines come to it."""
    return once(request, data, lambda: _open(state.hub, data, who(request, data.by)))


@get("/v1/carts/of/{customer:str}", guards=_ASSOCIATE, tags=["carts"])
@in_thread
def list_carts(state: State, customer: str) -> list[dict[str, Any]]:
    """The open carts of a customer, by id or by a name such as `phone:+33612345678`, touched last first."""
    return answers.of(state.hub, customer)


@get("/v1/carts/{cart:str}", guards=_ASSOCIATE, tags=["carts"])
@in_thread
def get_cart(state: State, cart: str) -> dict[str, Any]:
    """A cart by its id or code, with whoever touched it in which channel."""
    return answers.cart(state.hub, cart)


@patch("/v1/carts/{cart:str}", guards=_ASSOCIATE, tags=["carts"])
@in_thread
def change_cart(state: State, request: Asking, cart: str, data: CartChange) -> Response[dict[str, Any]]:
    """Change lines, customer or state of a cart; 409 with the present cart when `version` is another."""
    return once(request, data, lambda: _change(state.hub, cart, data, who(request, data.by)))


def _open(hub: Hub, data: CartOpening, by: str) -> dict[str, Any]:
    def command() -> Cart:
        return hub.carting.open(
            channel=data.channel, by=by, lines=_wanted(data.lines), store_id=data.store_id, customer=data.customer,
            currency=data.currency,
        )  # fmt: skip

    return answers.after(hub, command)


def _change(hub: Hub, name: str, data: CartChange, by: str) -> dict[str, Any]:
    def command() -> Cart:
        return hub.carting.change(
            name, by=by, lines=_wanted(data.set), channel=data.channel, store_id=data.store_id,
            customer=data.customer, currency=data.currency, state=CartState(data.state) if data.state else None,
            hold_id=data.hold_id, version=data.version,
        )  # fmt: skip

    return answers.after(hub, command)


def _wanted(lines: Sequence[CartLine | LineSet]) -> list[Wanted]:
    return [Wanted(one.sku, one.units, one.price_minor, one.note) for one in lines]


CART_ROUTES = [open_cart, list_carts, get_cart, change_cart]
