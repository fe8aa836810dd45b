"""Carts, as the doors tell them."""

from collections.abc import Callable
from typing import Any

from noline.flows.carts import CartSeen, described
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.truth.carts.model import Cart, Touch

Json = dict[str, Any]


def cart(hub: Hub, name: str) -> Json:
    """A cart by its id or code: what is in it, whose it is, and who touched it in which channel."""
    return _seen(hub.carting.show(name))


def after(hub: Hub, command: Callable[[], Cart]) -> Json:
    """A cart as a command left it, told in the state of the command."""
    with hub.store.transaction() as tx:
        return _seen(hub.carting.seen(tx, command()))


def of(hub: Hub, customer: str) -> list[Json]:
    """The open carts of a customer, touched last first."""
    return [described(one) for one in hub.carting.of(customer)]


def _seen(one: CartSeen) -> Json:
    return {**described(one.cart), "person": one.person, "touches": [_touch(touch) for touch in one.touches]}


def _touch(one: Touch) -> Json:
    return {
        "at": as_text(one.at),
        "event": one.kind,
        "channel": one.channel,
        "store_id": one.store_id,
        "by": one.by,
        "version": one.version,
    }
