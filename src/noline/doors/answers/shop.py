"""The stock as people at the shop ask for it: what is where, why it is so, and what needs a look."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from noline.flows.promise import Shelves
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.errors import NotFound
from noline.stores.transactional import Reader
from noline.truth.catalogue.model import Item, Location
from noline.truth.stock import tables
from noline.truth.stock.model import ALLOCATED, HELD, UNSOURCED, Availability, Entry, Place, Supply
from noline.truth.stock.policies import Policy
from noline.truth.stock.promising import open_to

Json = dict[str, Any]

_ITEMS_IN_NEED = 200

COUNTED: Json = {
    "stock": {
        "words": "Each location's units are added up over all lots and owners. Promised is what carts hold, less holds "
        "whose time has run out, and what orders were given. Can be promised = on hand - promised - kept back, never "
        "below zero; for the company the locations are added up, less what the channel keeps back and what orders wait "
        "for that no location has taken.",
        "sql": tables.CELLS_OF,
    },
    "moves": {
        "words": "Every move of the item to or from this location, and every count, in the order in which it happened. "
        "A count says what lies there, whatever was written before it.",
        "sql": tables.MOVES_AT,
    },
    "overpromised": {
        "words": "Where carts and orders together claim more than lies on hand, because something was sold at a till, "
        "lost or counted away after it was promised.",
        "sql": tables.OVERPROMISED,
    },
}
"""How the numbers about the stock are counted."""


def counted(name: str, **parameters: Any) -> Json:
    """How one kind of number was counted, as the pages explain it."""
    return {name: {**COUNTED[name], "parameters": parameters}}


def locations(hub: Hub) -> list[Location]:
    """Every location that the catalogue knows, by country and name."""
    with hub.store.reading() as reader:
        return hub.catalogue.locations(reader)


def found_items(hub: Hub, text: str, limit: int) -> list[Json]:
    """Items that a text finds, each with the company's totals; an SKU nobody described is found when it is whole."""
    with hub.store.reading() as reader:
        shelves = Shelves(reader, hub.stock)
        items: dict[str, Item | None] = {one.sku: one for one in hub.catalogue.search(reader, text, limit)}
        sku = text.strip()
        if sku and sku not in items and hub.stock.availability(reader, sku):
            items = {sku: None, **items}
        return [{**_described(sku, one), **_totals(hub, reader, shelves, sku)} for sku, one in items.items()]


def item(hub: Hub, sku: str) -> Json:
    """Everything about the stock of one item: totals, every location, what is coming, the rules that differ by channel.

    Locations where too much is promised stand first, then those that can promise most. Raises NotFound for an item that
    neither catalogue nor stock knows.
    """
    with hub.store.reading() as reader:
        described = hub.catalogue.item(reader, sku)
        there = hub.stock.availability(reader, sku, hub.clock.now())
        if described is None and not there:
            raise NotFound(what="item", name=sku)
        names = names_of_places(hub, reader)
        shelves = Shelves(reader, hub.stock)
        supplies = hub.stock.supplies(reader, sku)
        return {
            **_described(sku, described),
            **_totals(hub, reader, shelves, sku),
            "locations": [_shelf(one, names, supplies) for one in sorted(there, key=_most_first) if _is_real(one)],
            "supplies": [_supply(one, names) for one in supplies],
            "policies": _policies(hub, reader, shelves, sku),
        }


def cell(hub: Hub, sku: str, location: str, limit: int) -> Json:
    """Why an item at a location is what it is: its ledger, newest first, with the figures after each line.

    promised: units in carts and orders. about: what a hold was for; order: the order that the document names, when
    there is one. Raises NotFound.
    """
    with hub.store.reading() as reader:
        described = hub.catalogue.item(reader, sku)
        there = {one.location: one for one in hub.stock.availability(reader, sku, hub.clock.now())}
        if location not in there:
            raise NotFound(what="item at this location", name=f"{sku} at {location}")
        names = names_of_places(hub, reader)
        entries = _with_promised(hub.stock.moves(reader, sku, location), location)
        shown = entries[::-1][:limit]
        about = _about_documents(hub, reader, {one.evidence.document for one, _, _ in shown})
        return {
            **_described(sku, described),
            **_shelf(there[location], names, hub.stock.supplies(reader, sku)),
            "moves": [_entry(one, change, after, names, about) for one, change, after in shown],
            "moves_in_all": len(entries),
        }


def overpromised(hub: Hub) -> list[Json]:
    """Where more is promised than lies there, the most units too many first."""
    with hub.store.reading() as reader:
        names = names_of_places(hub, reader)
        found = hub.stock.overpromised(reader, _ITEMS_IN_NEED)
        rows = [
            {
                **_described(one.sku, hub.catalogue.item(reader, one.sku)),
                "location": one.location,
                "place": names(one.location),
                "on_hand": one.on_hand,
                "held": one.held,
                "allocated": one.allocated,
                "too_many": _too_many(one),
            }
            for one in found
        ]
        return sorted(rows, key=lambda row: -row["too_many"])


Names = Callable[[str], str]
"""What people call a location."""


def names_of_places(hub: Hub, reader: Reader) -> Names:
    """What the catalogue calls each location; one that nobody described is called as it is written."""
    known = {one.location: one.name for one in hub.catalogue.locations(reader) if one.name}
    return lambda location: known.get(location, location)


def name_of_item(hub: Hub, reader: Reader, sku: str) -> str:
    """What the catalogue calls an item; else its SKU."""
    found = hub.catalogue.item(reader, sku)
    return (found.name if found else None) or sku


def _described(sku: str, found: Item | None) -> Json:
    return {
        "sku": sku,
        "name": (found.name if found else None) or sku,
        "brand": found.brand if found else None,
        "category": found.category if found else None,
        "gtin": found.gtin if found else None,
    }


def _totals(hub: Hub, reader: Reader, shelves: Shelves, sku: str) -> Json:
    there = hub.stock.availability(reader, sku, hub.clock.now())
    real = [one for one in there if _is_real(one)]
    return {
        "available": max(0, open_to(sku, "", shelves, shelves)),
        **{
            name: sum(getattr(one, name) for one in real)
            for name in ("on_hand", "held", "allocated", "incoming", "unsellable")
        },
        "waiting": sum(one.held + one.allocated for one in there if not _is_real(one)),
        "places_with_some": sum(one.available > 0 for one in real),
        "places_overpromised": sum(_too_many(one) > 0 for one in real),
    }


def _is_real(one: Availability) -> bool:
    return one.location != UNSOURCED


def _too_many(one: Availability) -> int:
    return max(0, one.held + one.allocated - one.on_hand)


def _most_first(one: Availability) -> tuple[bool, int, str]:
    return (_too_many(one) == 0, -one.available, one.location)


def _shelf(one: Availability, names: Names, supplies: Iterable[Supply]) -> Json:
    due = [supply.due_at for supply in supplies if supply.location == one.location and supply.due_at is not None]
    return {
        "location": one.location,
        "place": names(one.location),
        "available": one.available,
        "on_hand": one.on_hand,
        "held": one.held,
        "allocated": one.allocated,
        "too_many": _too_many(one),
        "incoming": one.incoming,
        "next_due_at": as_text(min(due)) if due else None,
        "unsellable": one.unsellable,
        "safety": one.safety,
        "counted_at": None if one.counted_at is None else as_text(one.counted_at),
    }


def _supply(one: Supply, names: Names) -> Json:
    return {
        "location": one.location,
        "place": names(one.location),
        "document": one.document,
        "units": one.units,
        "due_at": None if one.due_at is None else as_text(one.due_at),
    }


def _policies(hub: Hub, reader: Reader, shelves: Shelves, sku: str) -> list[Json]:
    """What holds for every channel, and for each channel where something else does."""
    rules = hub.stock.rules(reader, sku)
    settings = hub.stock.settings
    everywhere = settings.policy(rules, "")
    channels = sorted({*rules, *settings.channels, *settings.locations} - {""})
    differing = [
        channel
        for channel in channels
        if settings.policy(rules, channel) != everywhere or channel in settings.locations
    ]
    return [_policy(settings.policy(rules, one), one, shelves, sku, own=one in rules) for one in ("", *differing)]


def _policy(policy: Policy, channel: str, shelves: Shelves, sku: str, *, own: bool) -> Json:
    return {
        "channel": channel,
        "of_this_item": own,
        "oversell": policy.oversell,
        "beyond": policy.beyond,
        "until_at": None if policy.until_at is None else as_text(policy.until_at),
        "buffer": policy.buffer,
        "safety": policy.safety,
        "available": max(0, open_to(sku, channel, shelves, shelves)),
    }


def _with_promised(entries: Iterable[Entry], location: str) -> list[tuple[Entry, int, int]]:
    """Each line of a ledger with how it changed what is promised there, and what was promised after it."""
    promised = {Place(location, HELD), Place(location, ALLOCATED)}
    after = 0
    told: list[tuple[Entry, int, int]] = []
    for one in entries:
        change = one.units * ((one.target in promised) - (one.source in promised))
        after += change
        told.append((one, change, after))
    return told


def _about_documents(hub: Hub, reader: Reader, documents: Iterable[str]) -> dict[str, Json]:
    """Of each document that is a hold what it was for, and of each that is an order that it is one."""
    about: dict[str, Json] = {}
    for document in filter(None, documents):
        hold = hub.stock.hold(reader, document)
        named = hold.document if hold else document
        known = hub.orders.order(reader, named) if named else None
        about[document] = {"about": named, "order": known.order_id if known else None}
    return about


def _entry(one: Entry, change: int, after: int, names: Names, about: Mapping[str, Json]) -> Json:
    return {
        "at": as_text(one.evidence.occurred_at),
        "reason": one.reason,
        "units": one.units,
        "from_location": one.source.location,
        "from_bucket": one.source.bucket,
        "to_location": one.target.location,
        "to_bucket": one.target.bucket,
        "from_place": names(one.source.location),
        "to_place": names(one.target.location),
        "on_hand_change": one.change,
        "on_hand_after": one.on_hand_after,
        "promised_change": change,
        "promised_after": after,
        "document": one.evidence.document,
        **about.get(one.evidence.document, {"about": "", "order": None}),
        "by": one.evidence.actor,
        "seq": one.evidence.seq,
    }
