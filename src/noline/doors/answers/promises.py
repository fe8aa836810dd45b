"""Stock and holds as JSON, the same for every door."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from noline.hub import Hub
from noline.kernel.clock import Micros, as_text, to_instant
from noline.kernel.errors import NotReadable
from noline.kernel.geo import kilometres, point_of
from noline.truth.stock.decided import Hold
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.promising import open_to
from noline.truth.stock.shelves import Looked

Json = dict[str, Any]

_as_text = lru_cache(256)(as_text)
"""Holds that are placed together end together."""


class NotAPlace(NotReadable):
    """A place that cannot be found on the map."""

    code = "stock.not_a_place"
    sentence = "{text!r} is no location whose place is known, and no latitude and longitude."
    hint = "Send the id of a location that was opened with latitude and longitude, or numbers such as 48.8692,2.3319."


def hold(found: Hold) -> Json:
    """A hold."""
    return {
        "id": found.id,
        "state": found.state,
        "expires_at": _as_text(found.expires_at),
        "channel": found.channel,
        "document": found.document,
        "order_id": found.order_id,
        "lines": [{"sku": sku, "location": location, "units": units} for sku, location, units in found.lines],
    }


def availability(
    hub: Hub, items: Sequence[str], channel: str = "", *, near: str | None = None, at: str | None = None
) -> Json:
    """What each location has of some items and can promise to a channel.

    near: a location, or latitude and longitude; the nearest comes first. at: an instant; what is on its way and due by
    then counts as `available_by`. Raises UnreadableInstant, NotFound and NotAPlace.
    """
    due_by = None if at is None else to_instant(at)
    ways = None if near is None else _ways(hub, near)
    looked = hub.shelves.look(items, hub.clock.now())
    found = [_item(looked, sku, channel) for sku in items]
    if due_by is not None:
        _add_what_comes(hub, found, due_by)
    if ways is not None:
        _sort_by_way(found, ways)
    return {"items": found}


def _item(looked: Looked, sku: str, channel: str) -> Json:
    return {
        "sku": sku,
        "available": max(0, open_to(sku, channel, looked, looked)),
        "locations": [
            _shelf(one)
            for one in zip(*looked.shelves[sku][1:], strict=True)
            if one[0] != UNSOURCED and looked.serves(one[0], channel)
        ],
    }


def _add_what_comes(hub: Hub, items: list[Json], due_by: Micros) -> None:
    """Beside what is available now, what will be by an instant: what is on its way and due by then."""
    with hub.store.reading() as reader:
        for item in items:
            coming: Counter[str] = Counter()
            for supply in hub.stock.supplies(reader, item["sku"]):
                if supply.due_at is not None and supply.due_at <= due_by:
                    coming[supply.location] += supply.units
            for place in item["locations"]:
                place["available_by"] = place["available"] + coming[place["location"]]
            item["available_by"] = item["available"] + sum(coming[one["location"]] for one in item["locations"])


def _sort_by_way(items: list[Json], ways: Mapping[str, float]) -> None:
    """The nearest first; where nobody knows a place, it stands at the end."""
    for item in items:
        for place in item["locations"]:
            place["distance_km"] = ways.get(place["location"])
        item["locations"].sort(key=_nearness)


def _nearness(place: Json) -> tuple[bool, float, str]:
    unknown = place["distance_km"] is None
    return unknown, 0.0 if unknown else place["distance_km"], place["location"]


def _ways(hub: Hub, near: str) -> dict[str, float]:
    """How many kilometres each location is from a place."""
    with hub.store.reading() as reader:
        known = hub.catalogue.locations(reader)
    points = {
        one.location: (one.latitude / 1_000_000, one.longitude / 1_000_000)
        for one in known
        if one.latitude is not None and one.longitude is not None
    }
    here = points.get(near) or point_of(near)
    if here is None:
        raise NotAPlace(text=near)
    return {location: round(kilometres(here, point), 1) for location, point in points.items()}


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
