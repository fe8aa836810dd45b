"""Tools about orders and returns: how far they are."""

from typing import Annotated

import msgspec

from noline.doors.answers import goods, order, shop_orders
from noline.doors.mcp.model import Asks, Caller, Json, Tool
from noline.hub import Hub

_OF_AN_ORDER = ("order_id", "state", "channel", "placed_at")


class OneOrder(Asks, frozen=True):
    """Which order."""

    order: Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="The number of the order.")]


class OneReturn(Asks, frozen=True):
    """Which return."""

    back: Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="The number of the return.")]


def _order(hub: Hub, _: Caller, asked: OneOrder) -> Json:
    return shop_orders.whole(hub, asked.order)


def _order_for_partners(hub: Hub, _: Caller, asked: OneOrder) -> Json:
    """How far an order is: no customer, no money, no place of a person."""
    told = order(hub, asked.order)
    with hub.store.reading() as reader:
        book = hub.orders.book(reader, asked.order)
    steps = [] if book is None else list(book.fulfilments.values())
    return {
        **{name: told[name] for name in _OF_AN_ORDER},
        "lines": [
            {"sku": one["sku"], "units": one["units"], "returned_units": one["returned_units"]} for one in told["lines"]
        ],
        "fulfilments": [
            {"fulfilment": one.id, "location": one.location, "method": str(one.method), "state": str(one.state)}
            for one in steps
        ],
    }


def _return(hub: Hub, _: Caller, asked: OneReturn) -> Json:
    return goods.with_steps(hub, hub.returning.back(asked.back))


GET_ORDER = Tool("get_order", "One order: what is in it, where its units are, and how far each is.", OneOrder, _order)
GET_ORDER_STATUS = Tool(
    "get_order_status", "How far an order is, by its number; nothing about who ordered.", OneOrder, _order_for_partners
)
GET_RETURN = Tool("get_return", "One return: what came back, and who brought it how far.", OneReturn, _return)
