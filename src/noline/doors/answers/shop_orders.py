"""Orders as the pages of the console tell them: which wait, and one with its units, its reasons and its history."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from noline.doors.answers import order_in_short
from noline.doors.answers.shop import name_of_item, names_of_places
from noline.flows.ordering import Reason
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound
from noline.stores.log import records_of
from noline.stores.transactional import Reader
from noline.truth.orders import tables
from noline.truth.orders.fulfilments import CHANGED, EDITED, SOURCED, Book, Fulfilment, Step, balance, possible
from noline.truth.orders.model import Order

Json = dict[str, Any]

WAITING, TO_PICK, READY, ON_ITS_WAY, DONE = "waiting", "pick", "ready", "way", "done"
FILTERS = (WAITING, TO_PICK, READY, ON_ITS_WAY, DONE)
"""How far an order can be, the most urgent first."""

COUNTED: Json = {
    "orders": {
        "words": "Orders that were placed here, by what is still to be done with their units. An order whose units are "
        "differently far stands in several lists.",
        "sql": tables.fulfilments_where(place=False, state=True),
        "parameters": {},
    },
    "units": {
        "words": "Every unit of an order is in one place: it waits for a location, is to be picked, is picked, left "
        "the house, or was cancelled. That follows from every decision about the order, in the order of the log.",
        "sql": tables.DEEDS_OF,
        "parameters": {},
    },
}
"""How the numbers about orders are counted."""

_STEPS: Mapping[str, tuple[Step, ...]] = {
    TO_PICK: (Step.ASSIGNED, Step.ACCEPTED, Step.PICKING, Step.PACKED),
    READY: (Step.READY,),
    ON_ITS_WAY: (Step.SHIPPED,),
    DONE: (Step.DELIVERED, Step.HANDED_OVER, Step.RESTOCKED, Step.CANCELLED),
}
_OF_RETURNS = frozenset({"Return Requested", "Return Accepted", "Return Refunded", "Order Refunded"})


def orders_that(hub: Hub, how_far: str, limit: int) -> list[Json]:
    """Orders that the hub runs and that are so far, the longest waiting first; those that are done newest first.

    how_far: one of FILTERS. An order that is in two of them, because its units are, stands in both.
    """
    with hub.store.reading() as reader:
        if how_far == WAITING:
            found: Iterable[str] = (order_id for order_id, _, _ in hub.orders.waiting(reader, limit))
        else:
            steps = [
                hub.orders.fulfilments(reader, state=str(step), newest_first=how_far == DONE, limit=limit)
                for step in _STEPS[how_far]
            ]
            urgent = sorted(chain(*steps), key=lambda one: one.made_at, reverse=how_far == DONE)
            found = (one.order_id for one in urgent)
        rows = [_row(hub, reader, order_id) for order_id in list(dict.fromkeys(found))[:limit]]
        return [row for row in rows if row and (how_far != DONE or row["how_far"] == [DONE])]


def counted(hub: Hub, most: int) -> dict[str, int]:
    """How many orders are how far, of what is still to be done; `most` or more are told as `most`."""
    with hub.store.reading() as reader:
        told = {WAITING: {order_id for order_id, _, _ in hub.orders.waiting(reader, most)}}
        for name in (TO_PICK, READY, ON_ITS_WAY):
            found = [hub.orders.fulfilments(reader, state=str(step), limit=most) for step in _STEPS[name]]
            told[name] = {one.order_id for one in chain(*found)}
        return {name: min(len(orders), most) for name, orders in told.items()}


def exists(hub: Hub, order_id: str) -> bool:
    """Whether anybody told of an order of this number."""
    with hub.store.reading() as reader:
        return hub.orders.order(reader, order_id) is not None


def whole(hub: Hub, order_id: str) -> Json:
    """Everything about one order. Raises NotFound.

    runs_here: whether the hub gives its units to locations. why: each decision about where units come from. history:
    what happened, the latest first.
    """
    with hub.store.reading() as reader:
        order = hub.orders.order(reader, order_id)
        if order is None:
            raise NotFound(what="order", name=order_id)
        book = hub.orders.book(reader, order_id)
        called = Called(hub, reader)
        told = {
            **_in_short(hub, reader, order, called),
            "runs_here": book is not None,
            "lines": _lines(hub, reader, order, book, called),
            "fulfilments": [_fulfilment(one, called) for one in book.fulfilments.values()] if book else [],
            "history": _history(hub, reader, order, book, called),
            "method": None,
        }
        if book is not None:
            told |= {
                "method": str(book.opening.method),
                "collected_at": called.place(book.opening.location) if book.opening.location else None,
                "wanted_by": _text(book.opening.wanted_by),
                "exchange_of": book.opening.exchange_of,
                "how_far": _how_far(book),
                "can_be_cancelled": any(one.waiting + one.allocated + one.picked for one in balance(book).values()),
            }
    return told | {"why": _reasons(hub, order_id) if book is not None else []}


def still_here(hub: Hub, order_id: str) -> dict[str, int]:
    """Units by item that have not left the house and can be cancelled. Raises NotFound and NotOurs."""
    told = hub.ordering.show(order_id).balance
    return {sku: units for sku, one in told.items() if (units := one.waiting + one.allocated + one.picked)}


class Called:
    """What people call locations and items, each asked for once."""

    def __init__(self, hub: Hub, reader: Reader) -> None:
        """Nothing is read yet but the locations."""
        self._hub, self._reader = hub, reader
        self.place = names_of_places(hub, reader)
        self._items: dict[str, str] = {}

    def item(self, sku: str) -> str:
        """What the catalogue calls an item."""
        if sku not in self._items:
            self._items[sku] = name_of_item(self._hub, self._reader, sku)
        return self._items[sku]


def _row(hub: Hub, reader: Reader, order_id: str) -> Json | None:
    order, book = hub.orders.order(reader, order_id), hub.orders.book(reader, order_id)
    if order is None or book is None:
        return None
    called = Called(hub, reader)
    open_ones = [one for one in book.fulfilments.values() if one.state not in (Step.REJECTED, Step.CANCELLED)]
    promised = [one.promised_at for one in (*open_ones, *book.units.values()) if one.promised_at is not None]
    return {
        **_in_short(hub, reader, order, called),
        "method": str(book.opening.method),
        "how_far": _how_far(book),
        "goods": [
            {"sku": one.sku, "name": called.item(one.sku), "units": one.ordered - one.cancelled}
            for one in book.units.values()
        ],
        "places": list(dict.fromkeys(called.place(one.location) for one in open_ones)),
        "promised_at": _text(min(promised, default=None)),
    }


def _in_short(hub: Hub, reader: Reader, order: Order, called: Called) -> Json:
    person = hub.customers.person_of(reader, order.subject)
    return {
        **order_in_short(order),
        "place": called.place(order.store_id) if order.store_id else None,
        "person": person,
        "customer": hub.recognition.profile(reader, person).name if person else None,
    }


def _how_far(book: Book) -> list[str]:
    """Each way in which something of the order is still to be done; `done` when nothing is."""
    states = {one.state for one in book.fulfilments.values()}
    told = [WAITING] if book.waiting else []
    told += [name for name in (TO_PICK, READY, ON_ITS_WAY) if states & set(_STEPS[name])]
    return told or [DONE]


def _lines(hub: Hub, reader: Reader, order: Order, book: Book | None, called: Called) -> list[Json]:
    told = {one.sku: one for one in hub.orders.lines(reader, order.order_id)}
    where = balance(book) if book else {}
    rows: list[Json] = []
    for sku in dict.fromkeys([*where, *told]):
        line, units = told.get(sku), where.get(sku)
        rows.append(
            {
                "sku": sku,
                "name": called.item(sku),
                "units": units.ordered if units else line.units if line else 0,
                "price_minor": line.price.amount_minor if line and line.price else None,
                "currency": line.price.currency if line and line.price else None,
                "returned": line.returned_units if line else 0,
                "became": None if units is None else dict(zip(units._fields[1:], units[1:], strict=True)),
                "promised_at": _text(book.units[sku].promised_at) if book and units else None,
            }
        )
    return rows


def _fulfilment(one: Fulfilment, called: Called) -> Json:
    return {
        "id": one.id,
        "location": one.location,
        "place": called.place(one.location),
        "method": str(one.method),
        "destination": called.place(one.destination) if one.destination else None,
        "state": str(one.state),
        "possible": [str(step) for step in possible(one.method, one.state)],
        "promised_at": _text(one.promised_at),
        "changed_at": as_text(one.changed_at),
        "lines": [
            {
                "sku": line.sku,
                "name": called.item(line.sku),
                "asked": line.asked,
                "picked": line.picked,
                "not_found": line.rejected,
                "cancelled": line.cancelled,
            }
            for line in one.lines
        ],
    }


def _history(hub: Hub, reader: Reader, order: Order, book: Book | None, called: Called) -> list[Json]:
    """Of an order that runs here our deeds and what came back; of any other what its channels told."""
    told = hub.orders.tellings(reader, order.order_id)
    rows: list[Json] = [
        {"at": one.occurred_at, "what": one.kind, "channel": one.channel, "by": None, "seq": None,
         "place": called.place(one.store_id) if one.store_id else None}
        for one in told
        if book is None or one.kind in _OF_RETURNS
    ]  # fmt: skip
    if book is not None:
        rows += _deeds(hub, reader, order, book, called)
    return [{**row, "at": as_text(row["at"])} for row in sorted(rows, key=lambda row: -row["at"])]


def _why_cancelled(hub: Hub, reader: Reader, order: Order) -> dict[str, str]:
    """Why units were cancelled, by the deed that cancelled them; nothing of somebody who was erased."""
    found: dict[str, str] = {}
    for records in records_of(reader, order.subject):
        told = [one for one in records if one.kind in ("Order Cancelled", "Order Updated")]
        for fact in hub.facts.of(reader, told):
            deed, reason = fact.text("decision"), fact.text("reason")
            if deed and reason and fact.text("order_id") == order.order_id:
                found[deed] = reason
    return found


def _deeds(hub: Hub, reader: Reader, order: Order, book: Book, called: Called) -> Iterable[Json]:
    reasons = _why_cancelled(hub, reader, order)
    for records in records_of(reader, hub.orders.subject_of(order.order_id)):
        for fact in hub.facts.of(reader, [one for one in records if one.kind in (SOURCED, CHANGED, EDITED)]):
            said = fact.properties
            parcel = book.fulfilments.get(said.get("fulfilment", ""))
            yield {
                "at": fact.occurred_at,
                "what": fact.kind,
                "channel": None,
                "by": said["by"],
                "seq": fact.seq,
                "place": called.place(parcel.location) if parcel else None,
                "to": said.get("to"),
                "why": said.get("why"),
                "reason": said.get("reason") or reasons.get(fact.message_id),
                "opened": "opened" in said,
                "given": [
                    {"place": called.place(one["location"]), "units": sum(one["units"].values())}
                    for one in said.get("assigned", ())
                ],
                "units": _edited_units(said),
            }


def _edited_units(said: Json) -> int:
    """Units that an edit took out of an order."""
    parts: Sequence[Mapping[str, int]] = [said.get("waiting") or {}, *(said.get("taken") or {}).values()]
    return sum(units for part in parts for units in part.values())


def _reasons(hub: Hub, order_id: str) -> list[Json]:
    reasons = hub.ordering.why(order_id)
    with hub.store.reading() as reader:
        called = Called(hub, reader)
        return [_reason(one, called) for one in reasons]


def _reason(one: Reason, called: Called) -> Json:
    decision = one.decision or {}
    places = {each["location"] for each in (*one.assigned, *decision.get("candidates", ()))}
    items = {sku for each in one.assigned for sku in each["units"]} | {
        each["sku"] for each in decision.get("needs", ())
    }
    names = {name: called.place(name) for name in places} | {sku: called.item(sku) for sku in items}
    return {
        "at": as_text(one.at),
        "why": one.why,
        "sentences": [_with_names(sentence, names) for sentence in one.sentences],
        "candidates": _candidates(decision, called),
    }


def _with_names(sentence: str, names: Mapping[str, str]) -> str:
    """A sentence in which locations and items are called as people call them."""
    if not names:
        return sentence
    every = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.sub(rf"(?<![\w-])({every})(?![\w-])", lambda found: names[found[1]], sentence)


def _candidates(decision: Json, called: Called) -> list[Json]:
    """Each location that was looked at, those that send first, then the cheapest."""
    about = {one["location"]: one for one in decision.get("candidates", ())}
    sends = {one["location"]: one["units"] for one in decision.get("plan", {}).get("parcels", ())}
    rows = [
        {
            "location": one["location"],
            "place": called.place(one["location"]),
            "alone": one["alone"],
            "left_out": one.get("why"),
            "sends": sum(sends.get(one["location"], {}).values()),
            "available": sum(about[one["location"]]["available"].values()),
            "distance_km": about[one["location"]].get("distance_km"),
            "pick_success": about[one["location"]].get("pick_success"),
        }
        for one in decision.get("considered", ())
    ]
    return sorted(rows, key=lambda row: (-row["sends"], row["alone"] is None, row["alone"] or 0, row["location"]))


def _text(instant: Micros | None) -> str | None:
    return None if instant is None else as_text(instant)
