"""Tools about goods: what can be had where, and holding it. A partner sees how much, never why."""

from typing import Annotated

import msgspec

from noline.doors.answers import promises
from noline.doors.mcp.model import Asks, Caller, Json, Name, Once, Tool, Units
from noline.hub import Hub
from noline.truth.stock.promising import Ask, Line

_SKU = msgspec.Meta(min_length=1, max_length=200, description="The number of an item, as the catalogue has it.")


class Availability(Asks, frozen=True):
    """Which items are asked for."""

    items: Annotated[list[Annotated[str, _SKU]], msgspec.Meta(min_length=1, max_length=50)]
    channel: Annotated[
        str, msgspec.Meta(max_length=200, description="What this channel may sell; any without one.")
    ] = ""
    near: (
        Annotated[
            str,
            msgspec.Meta(
                min_length=1,
                max_length=200,
                description="A location, or `latitude,longitude`: the nearest comes first.",
            ),
        ]
        | None
    ) = None


class HoldLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Units of an item, at a location or wherever they can best be had."""

    sku: Annotated[str, _SKU]
    units: Units = 1
    location: Name | None = None


class Reserve(Asks, frozen=True):
    """A basket to be held, all lines or none."""

    lines: Annotated[list[HoldLine], msgspec.Meta(min_length=1, max_length=50)]
    ttl_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] | None = None
    channel: Annotated[str, msgspec.Meta(max_length=200)] = ""
    document: Annotated[str, msgspec.Meta(max_length=200, description="What it is for, such as a cart.")] = ""
    idempotency_key: Once = None


class Release(Asks, frozen=True):
    """Which hold is given back."""

    hold: Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="The id that reserving answered.")]


def _availability(hub: Hub, _: Caller, asked: Availability) -> Json:
    return promises.availability(hub, asked.items, asked.channel, near=asked.near)


def _availability_for_partners(hub: Hub, _: Caller, asked: Availability) -> Json:
    """Without the figures behind it: what is held, on its way or kept back is nobody else's business."""
    told = promises.availability(hub, asked.items, asked.channel, near=asked.near)
    shown = ("location", "available", "distance_km")
    return {
        "items": [
            {
                **item,
                "locations": [{name: place[name] for name in shown if name in place} for place in item["locations"]],
            }
            for item in told["items"]
        ]
    }


def _reserve(hub: Hub, caller: Caller, asked: Reserve) -> Json:
    lines = tuple(Line(one.sku, one.units, one.location) for one in asked.lines)
    return promises.hold(hub.promising.hold(Ask(lines, asked.channel, asked.document, asked.ttl_s), by=caller.by))


def _release(hub: Hub, caller: Caller, asked: Release) -> Json:
    return promises.hold(hub.promising.release(asked.hold, by=caller.by))


_AVAILABLE = "How many units of some items each location can promise now."

CHECK_AVAILABILITY = Tool("check_availability", _AVAILABLE, Availability, _availability)
CHECK_AVAILABILITY_FOR_PARTNERS = Tool(
    "check_availability", _AVAILABLE, Availability, _availability_for_partners
)  # fmt: skip
RESERVE_STOCK = Tool(
    "reserve_stock",
    "Hold units for a while, all lines or none; answers the hold with its id and when it ends.",
    Reserve,
    _reserve,
    writes=True,
)
RELEASE_STOCK = Tool("release_stock", "Give the units of a hold back.", Release, _release, writes=True)
