"""What the doors answer: the same JSON over HTTP, on the command line and under the pages of the console."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from noline.doors.plain import plain
from noline.flows.people import Known
from noline.hub import Hub
from noline.insight.journeys.model import HandoffPart, LostPerson, Reporting
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Record
from noline.kernel.money import Money
from noline.stores.log import is_sealed, records_at
from noline.stores.transactional import Reader
from noline.truth.customers.model import person_of
from noline.truth.feedback.model import Loop
from noline.truth.orders.model import Order, OrderLine

Json = dict[str, Any]


COUNTED_BY_BOOKS: Json = {
    "books": {
        "words": "Every item that a source sent is counted once, in the commit that took it: received = accepted + "
        "duplicate + conflict + parked.",
        "sql": "SELECT source, hour, received, accepted, duplicate, conflict, parked FROM books",
        "parameters": {},
    },
    "sources": {
        "words": "A source's numbers are the sum of its hours in the books.",
        "sql": "SELECT source, sum(received), sum(accepted), sum(parked), max(hour) FROM books GROUP BY source",
        "parameters": {},
    },
    "dead_letters": {
        "words": "Items that could not be taken, each with its reason; the same bytes sent again are counted on the "
        "same letter.",
        "sql": "SELECT * FROM dead_letters WHERE state = 'open' ORDER BY id",
        "parameters": {},
    },
}
"""How the numbers about the intake are counted."""


def handoffs(hub: Hub) -> list[Json]:
    """Each pair of channels that people were handed over between, most lost people first."""
    hub.refresh()
    return [_with_values(one.as_dict()) for one in hub.journeys.handoffs()]


def handoff_groups(hub: Hub, sender: str, receiver: str) -> list[Json]:
    """The declared hand-offs of one border by their group."""
    hub.refresh()
    return [one.as_dict() for one in hub.journeys.handoff_groups(sender, receiver)]


def handoff_breakdown(hub: Hub, sender: str, receiver: str, by: str = "store", *, monthly: bool = False) -> list[Json]:
    """One border in parts: each store, month, article, country or group; monthly: each of them month by month."""
    hub.refresh()
    found = hub.journeys.handoff_breakdown(sender, receiver, by, monthly=monthly)
    return _parts(hub, found)


def handoff_seasons(hub: Hub, sender: str, receiver: str) -> dict[str, list[Json]]:
    """Where and when one border loses people: by `store`, by `month`, and by `store_and_month`."""
    hub.refresh()
    found = hub.journeys.handoff_seasons(sender, receiver)
    return {name: _parts(hub, parts) for name, parts in found.items()}


def carried_over(hub: Hub, sender: str, receiver: str, within_days: int) -> list[Json]:
    """By place: what was wanted in one channel and reached in another, such as advice of a store sold on the web."""
    hub.refresh()
    found = hub.journeys.carried_over(sender, receiver, within_days=within_days)
    with hub.store.reading() as reader:
        places = _place_names(hub, reader)
    return [
        {**_with_values(one.as_dict(), "revenue"), "place": places.get(one.store_id or "", one.store_id)}
        for one in found
    ]


def lost_people(hub: Hub, sender: str, receiver: str, limit: int, offset: int = 0) -> list[Json]:
    """Who was lost on a border, the latest loss first, with the evidence."""
    hub.refresh()
    found = hub.journeys.lost_people(sender, receiver, limit=limit, offset=offset)
    with hub.store.reading() as reader:
        places = _place_names(hub, reader)
        return [_lost_person(hub, reader, one, places) for one in found]


def drop_offs(hub: Hub) -> list[Json]:
    """By channel: who showed intent and reached no goal there, and who only seemed to be lost."""
    hub.refresh()
    return [_with_values(one.as_dict()) for one in hub.journeys.drop_offs()]


def sales_by_channel(hub: Hub, *, by_month: bool = False) -> list[Json]:
    """Orders, people and revenue of each channel in each currency."""
    hub.refresh()
    return [one.as_dict() for one in hub.scorecards.sales_by_channel(by_month=by_month)]


def sales_together(hub: Hub, rows: Sequence[Json]) -> Json:
    """Sales of each channel as one sum in the currency of reports, at the hub's rates.

    rows: as `sales_by_channel` answers them. rates: those that were used. left_out: currencies without a rate; they are
    in no sum and in no share.
    """
    reporting = Reporting(hub.settings.currency, hub.settings.rates)
    by_channel: dict[str, list[Money]] = defaultdict(list)
    for row in rows:
        if row["currency"] is not None:
            by_channel[row["channel"]].append(Money(row["revenue_minor"], row["currency"]))
    sums = {channel: reporting.total(amounts) for channel, amounts in by_channel.items()}
    whole_minor = sum(total_minor for total_minor, _ in sums.values())
    used = {amount.currency for amounts in by_channel.values() for amount in amounts}
    return {
        "currency": reporting.currency,
        "rates": {name: str(rate) for name, rate in sorted(reporting.rates.items()) if name in used},
        "left_out": sorted({amount.currency for _, other in sums.values() for amount in other}),
        "channels": [
            {
                "channel": channel,
                "total_minor": total_minor,
                "share": total_minor / whole_minor if whole_minor > 0 else None,
            }
            for channel, (total_minor, _) in sorted(sums.items(), key=lambda one: (-one[1][0], one[0]))
        ],
    }


def counted(hub: Hub, question: str, **asked: Any) -> Json:
    """How a question is counted: words, SQL, parameters. Raises NotFound."""
    room = hub.scorecards if question == "sales_by_channel" else hub.journeys
    return room.counted(question, **asked)


def home(hub: Hub) -> Json:
    """Everything on the page "Where do we lose people?"."""
    sales = sales_by_channel(hub)
    return {
        "handoffs": handoffs(hub),
        "dropoffs": [
            {**one, "dropped": one["own_view"], "false_dropped": one["false_drop_offs"]} for one in drop_offs(hub)
        ],
        "sales": [
            {**one, "average_minor": one["average_basket_minor"]} for one in sales if one["currency"] is not None
        ],
        "sales_together": sales_together(hub, sales),
        "feedback": feedback_by_place(hub),
        "books": plain(hub.books_in_all()),
        "counted": {
            "handoffs": counted(hub, "handoffs"),
            "dropoffs": counted(hub, "drop_offs"),
            "sales": counted(hub, "sales_by_channel"),
            "books": COUNTED_BY_BOOKS["books"],
            "feedback": _COUNTED_FEEDBACK,
        },
        "has_sources": bool(hub.sources()),
    }


def border(hub: Hub, sender: str, receiver: str, limit: int = 100, offset: int = 0, *, in_parts: bool = False) -> Json:
    """One pair of channels: its numbers, its groups, a page of who was lost. Raises NotFound.

    in_parts: also `breakdowns`, by store, by month, and by store and month.
    """
    row = next((one for one in handoffs(hub) if (one["from"], one["to"]) == (sender, receiver)), None)
    if row is None:
        raise NotFound(what="border", name=f"{sender} to {receiver}")
    asked = {"sender": sender, "receiver": receiver}
    told: Json = {
        "row": row,
        "groups": handoff_groups(hub, sender, receiver),
        "lost_people": lost_people(hub, sender, receiver, limit, offset),
        "counted": {
            "handoffs": counted(hub, "handoffs"),
            "groups": counted(hub, "handoff_groups", **asked),
            "lost_people": counted(hub, "lost_people", **asked, limit=limit, offset=offset),
        },
    }
    if in_parts:
        told["breakdowns"] = handoff_seasons(hub, sender, receiver)
        told["counted"]["breakdowns"] = counted(hub, "handoff_breakdown", **asked)
    return told


_COUNTED_FEEDBACK: Json = {
    "words": "A loop opens when somebody posts a review or gives feedback, and closes when it is answered and closed. "
    "Ages are counted up to the latest event of the log.",
    "sql": "SELECT channel, store_id, count(*), min(opened_at) FROM feedback_loops WHERE state = 'open' "
    "GROUP BY channel, store_id",
    "parameters": {},
}


def _with_values(row: Json, amount: str = "value") -> Json:
    """A row whose amount (`value`, `revenue`) stands in several currencies, one pair each."""
    name = f"{amount}_minor"
    other = [{name: one["amount_minor"], "currency": one["currency"]} for one in row.pop(f"{amount}_other")]
    if other:
        row[f"{amount}s"] = [{name: row[name], "currency": row["currency"]}, *other]
    return row


def _parts(hub: Hub, parts: Sequence[HandoffPart]) -> list[Json]:
    """Parts of a border; a store also by the name that the catalogue gives it."""
    with hub.store.reading() as reader:
        places = _place_names(hub, reader)
    return [
        {**_with_values(one.as_dict()), "place": places.get(one.value or "", one.value) if one.by == "store" else None}
        for one in parts
    ]


def _lost_person(hub: Hub, reader: Reader, lost: LostPerson, places: Mapping[str, str]) -> Json:
    """A lost person by the id that every other page uses, with a name if one is known."""
    person = person_of(lost.person)
    try:
        name = hub.recognition.profile(reader, person).name
    except NotFound:
        name = None
    sent = _sending_record(reader, lost)
    return {
        "person": person,
        "name": name,
        "at": as_text(lost.lost_at),
        "where": lost.where,
        "label": f"{lost.action}: {lost.sku}" if lost.action and lost.sku else lost.action,
        "group": lost.store_id,
        "place": places.get(lost.store_id or "", lost.store_id),
        "value_minor": lost.value.amount_minor if lost.value else None,
        "currency": lost.value.currency if lost.value else None,
        "seq": sent.seq if sent else None,
        "evidence": list(lost.evidence),
        "source": sent.source if sent else "",
    }


def _sending_record(reader: Reader, lost: LostPerson) -> Record | None:
    """The record that set somebody out: the last of its kind before what may show the arrival."""
    for seq in reversed(lost.evidence):
        found = records_at(reader, [seq])
        if found and found[0].kind == lost.action:
            return found[0]
    return None


def _place_names(hub: Hub, reader: Reader) -> dict[str, str]:
    """What the catalogue calls each place."""
    return {one.location: one.name for one in hub.catalogue.locations(reader) if one.name}


def record(hub: Hub, seq: int) -> Json:
    """One record of the log, unsealed: when, from whom, about whom, and what it says. Raises NotFound.

    body: what was sent, as JSON; None when it was erased.
    """
    with hub.store.reading() as reader:
        found = records_at(reader, [seq])
        if not found:
            raise NotFound(what="record", name=seq)
        head, body = next(iter(hub.log.opened(reader, found)))
        fact = next(iter(hub.facts.of(reader, found)), None)
        person = hub.customers.person_of(reader, head.subject)
    return {
        "seq": head.seq,
        "kind": head.kind,
        "occurred_at": as_text(head.occurred_at),
        "received_at": as_text(head.received_at),
        "source": head.source,
        "channel": fact.channel if fact else None,
        "schema": head.schema,
        "message_id": head.message_id,
        "person": person,
        "identifiers": [plain(one) for one in fact.identifiers] if fact else [],
        "sealed": is_sealed(head),
        "erased": body is None,
        "body": None if body is None else _as_json(body),
    }


def _as_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return plain(body)


def counted_of_customer(told: Json) -> Json:
    """How the numbers on a customer's page are counted."""
    return {
        "timeline": {
            "words": f"All {told['events']} records of the log that carry one of this person's identifiers, by the "
            "time they happened. A dot leads to the record's position in the log.",
            "sql": "SELECT seq, occurred_at, kind FROM log WHERE route_key IN (one for each identifier) "
            "ORDER BY occurred_at DESC",
            "parameters": {"person": told["person"]},
        },
        "identifiers": {
            "words": "Names that were seen together in one message are linked; links that glue make one person.",
            "sql": "SELECT namespace, value, first_at FROM identifiers WHERE person = ?",
            "parameters": {"person": told["person"]},
        },
        "orders": {
            "words": "Orders placed under one of these names, as all messages about each order tell it together.",
            "sql": "SELECT * FROM orders WHERE subject IN (one for each identifier)",
            "parameters": {"person": told["person"]},
        },
    }


def found_customers(hub: Hub, text: str, limit: int) -> list[Json]:
    """People that a text finds."""
    return [_in_short(one) for one in hub.find_customers(text, limit)]


def customer(hub: Hub, person: str, before: Micros | None = None, limit: int = 500) -> Json:
    """One person: names, orders, and the latest events of every channel."""
    found = hub.customer(person, most_names=None)
    line = hub.timeline(person, before=before, limit=limit)
    with hub.store.reading() as reader:
        places = _place_names(hub, reader)
    return {
        **_in_short(found),
        "traits": dict(found.traits),
        "orders": [order_in_short(one) for one in hub.orders_of(person)],
        "timeline": [{**plain(one), "place": places.get(one.store_id or "", one.store_id)} for one in line.events],
        "events": line.total,
        "older": line.older,
    }


def _in_short(found: Known) -> Json:
    return {
        "person": found.person,
        "name": found.name,
        "identifiers": [
            {"namespace": one.namespace, "value": one.value, "first_seen": as_text(at)} for one, at in found.identifiers
        ],
        "names": found.names,
        "found_by": list(found.found_by),
    }


def order(hub: Hub, order_id: str) -> Json:
    """One order with its lines. Raises NotFound."""
    with hub.store.reading() as reader:
        found = hub.orders.order(reader, order_id)
        if found is None:
            raise NotFound(what="order", name=order_id)
        lines = hub.orders.lines(reader, order_id)
        person = hub.customers.person_of(reader, found.subject)
    return {**order_in_short(found), "person": person, "lines": [_line(one) for one in lines]}


def order_in_short(one: Order) -> Json:
    """One order without its lines."""
    return {
        "order_id": one.order_id,
        "state": str(one.state),
        "channel": one.channel,
        "store_id": one.store_id,
        "placed_at": as_text(one.placed_at),
        "total_minor": one.total.amount_minor if one.total else None,
        "currency": one.total.currency if one.total else None,
    }


def _line(one: OrderLine) -> Json:
    return {
        "sku": one.sku,
        "units": one.units,
        "returned_units": one.returned_units,
        "price_minor": one.price.amount_minor if one.price else None,
        "currency": one.price.currency if one.price else None,
    }


def stock(hub: Hub, sku: str) -> Json:
    """Where an item is, company-wide."""
    with hub.store.reading() as reader:
        shelves = hub.stock.availability(reader, sku, hub.clock.now())
        versions = hub.stock.versions(reader, sku)
    told = [{**plain(one), "available": one.available, "version": versions.get(one.location, 0)} for one in shelves]
    return {"sku": sku, "locations": told}


def prices(hub: Hub, sku: str) -> Json:
    """Every price of an item that was set."""
    with hub.store.reading() as reader:
        history = hub.prices.history(reader, sku)
    return {
        "sku": sku,
        "prices": [
            {
                "channel": one.channel,
                "country": one.country,
                "price_minor": one.money.amount_minor,
                "currency": one.money.currency,
                "valid_from": as_text(one.key.valid_from),
                "valid_until": as_text(one.valid_until) if one.valid_until else None,
            }
            for one in history
        ],
    }


def price_conflicts(hub: Hub, at: Micros, limit: int) -> list[Json]:
    """Items whose price differs between channels at an instant."""
    with hub.store.reading() as reader:
        found = hub.prices.conflicts(reader, at, limit=limit)
    return [{**plain(one), "prices_minor": dict(one.prices_minor)} for one in found]


def open_feedback(hub: Hub, limit: int) -> list[Json]:
    """Loops nobody has answered or closed, oldest first."""
    with hub.store.reading() as reader:
        return [_loop(one, hub.now_of_history()) for one in hub.feedback.open_loops(reader, limit)]


def _loop(one: Loop, now: Micros) -> Json:
    rating = None if one.rating_hundredths is None else one.rating_hundredths / 100
    return {
        "id": one.loop_id,
        "state": str(one.state),
        "channel": one.channel,
        "site": one.site,
        "store_id": one.store_id,
        "sku": one.sku,
        "rating": rating,
        "opened_at": as_text(one.opened_at) if one.opened_at else None,
        "open_days": one.age_days(now),
    }


def feedback_by_place(hub: Hub) -> Json:
    """How many loops are open, since when, and where."""
    with hub.store.reading() as reader:
        counts = hub.feedback.counts(reader, hub.now_of_history())
        places = _place_names(hub, reader)
    still = [one for one in counts if one.open]
    return {
        "open": sum(one.open for one in still),
        "oldest_days": max((one.oldest_open_days or 0 for one in still), default=0),
        "by_place": [
            {
                "place": one.store_id or one.channel,
                "name": places.get(one.store_id or ""),
                "channel": one.channel,
                "open": one.open,
                "oldest_days": one.oldest_open_days or 0,
            }
            for one in sorted(still, key=lambda one: (-(one.oldest_open_days or 0), -one.open))
        ],
    }


def sources(hub: Hub) -> list[Json]:
    """Where events come from, with the books of each."""
    pages = {page.source: page for page in hub.books()}
    answers = []
    for one in hub.sources():
        page = pages.get(one.name)
        answers.append(
            {
                "name": one.name,
                "channel": one.channel,
                "trust": one.trust,
                "key_hint": one.key_hint,
                "created_at": as_text(one.created_at),
                **(
                    {
                        name: getattr(page, name, 0)
                        for name in ("received", "accepted", "duplicate", "conflict", "parked")
                    }
                ),
                "last_received_at": as_text(page.hour) if page else None,
            }
        )
    return answers


def dead_letter(one: Any) -> Json:
    """A dead letter with readable times."""
    return {**plain(one), "received_at": as_text(one.last_at)}
