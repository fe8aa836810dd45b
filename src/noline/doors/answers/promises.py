"""Stock and holds as JSON, the same for every door."""

from collections.abc import Sequence
from typing import Any

from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.truth.stock.decided import Hold
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.promising import open_to

Json = dict[str, Any]


def hold(found: Hold) -> Json:
    """A hold."""
    return {
        "id": found.id,
        "state": found.state,
        "expires_at": as_text(found.expires_at),
        "channel": found.channel,
        "document": found.document,
        "lines": [{"sku": sku, "location": location, "units": units} for sku, location, units in found.lines],
    }


def availability(hub: Hub, items: Sequence[str], channel: str = "") -> Json:
    """What each location has of some items and can promise to a channel."""
    looked = hub.shelves.look(items, hub.clock.now())
    return {
        "items": [
            {
                "sku": sku,
                "available": max(0, open_to(sku, channel, looked, looked)),
                "locations": [
                    _shelf(one)
                    for one in zip(*looked.shelves[sku][1:], strict=True)
                    if one[0] != UNSOURCED and looked.serves(one[0], channel)
                ],
            }
            for sku in items
        ]
    }


def _shelf(one: tuple[Any, ...]) -> Json:
    """One location of a shelf, in the order of its fields."""
    location, on_hand, unsellable, held, allocated, incoming, safety, counted_at, free = one
    return {
        "location": location,
        "available": max(0, free),
        "on_hand": on_hand,
        "held": held,
        "allocated": allocated,
        "unsellable": unsellable,
        "incoming": incoming,
        "safety": safety,
        "counted_at": None if counted_at is None else as_text(counted_at),
    }
