"""Looking after customers, as the doors tell it: the day of a store, who looked, and what became of a deed."""

from typing import Any

from noline.flows.clienteling import Done
from noline.flows.shop_day import Ready, Somebody, Waiting
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.truth.cases.model import Case
from noline.truth.clients.model import Appointment, FollowUp, View
from noline.truth.feedback.model import Loop

Json = dict[str, Any]


def today(hub: Hub, store: str, begins: Micros | None = None, ends: Micros | None = None) -> Json:
    """The day of a store: store, place, from, to, utc_offset_minutes, and what concerns whom, names only.

    appointments {id, at, person, name, topic, state}, pickups {order, fulfilment (None where a channel runs the order),
    since, person, name, lines [{sku, name, units}]}, loops {id, kind, text, since, order, person, name}, follow_ups
    {id, due, text, by, assigned_to, person, name}.
    """
    day = hub.shop_days.today(store, begins, ends)
    return {
        "store": day.store, "place": day.place, "from": as_text(day.begins), "to": as_text(day.ends),
        "utc_offset_minutes": day.ahead_minutes,
        "appointments": [{**told_appointment(one), **_named(whom)} for one, whom in day.appointments],
        "pickups": [{**_ready(one), **_named(whom)} for one, whom in day.pickups],
        "loops": [{**_waiting(one), **_named(whom)} for one, whom in day.loops],
        "follow_ups": [{**told_follow_up(one), **_named(whom)} for one, whom in day.follow_ups],
    }  # fmt: skip


def views(hub: Hub, person: str, limit: int = 100) -> list[Json]:
    """Who looked at the card of a customer, the latest first: by, at, store, purpose, facts (ids)."""
    return [told_view(one) for one in hub.clienteling.views(person, limit)]


def known(hub: Hub, person: str) -> Json:
    """What people know of a customer: notes, adviser, appointments, follow_ups, viewed, cases (the open ones)."""
    client, cases = hub.clienteling.of(person)
    adviser = client.adviser
    return {
        "notes": [{"id": one.id, "by": one.by, "at": as_text(one.at), "text": one.text} for one in client.notes],
        "adviser": None if adviser is None else {"by": adviser.by, "since": as_text(adviser.since)},
        "appointments": [told_appointment(one) for one in client.appointments],
        "follow_ups": [told_follow_up(one) for one in client.follow_ups],
        "viewed": [told_view(one) for one in client.views],
        "cases": [told_case(one) for one in cases],
    }


def done(made: Done) -> Json:
    """What became of a deed: id, status (accepted, or duplicate when it was done before), seq."""
    return {"id": made.id, "status": made.status, "seq": made.seq}


def made(hub: Hub, person: str, deed: Done) -> Json:
    """What became of a deed about a customer: as `done`, and the customer by the id of today.

    Such an answer may be kept under an idempotency key; by the id it is found when the customer is erased.
    """
    with hub.store.reading() as reader:
        customer = hub.customers.resolve(reader, person)
    return {**done(deed), "customer": customer}


def appointment(hub: Hub, deed: Done) -> Json:
    """What became of an appointment: as `done`, the appointment as it is now, and the customer as `made` tells it."""
    now = hub.clienteling.appointment(deed.id)
    return {**done(deed), "appointment": told_appointment(now), **_customer(hub, now.subject)}


def follow_up(hub: Hub, deed: Done) -> Json:
    """What became of a follow-up: as `done`, the follow-up as it is now, and the customer as `made` tells it."""
    now = hub.clienteling.follow_up(deed.id)
    return {**done(deed), "follow_up": told_follow_up(now), **_customer(hub, now.subject)}


def case(hub: Hub, deed: Done) -> Json:
    """What became of a case: as `done`, the case as it is now, and the customer as `made` tells it."""
    now = hub.clienteling.case(deed.id)
    return {**done(deed), "case": told_case(now), **_customer(hub, now.subject)}


def review(hub: Hub, deed: Done) -> Json:
    """What became of what a customer said of us: as `done`, how it stands, and the customer as `made` tells it."""
    now = hub.clienteling.review(deed.id)
    return {**done(deed), "review": told_review(now), **_customer(hub, now.subject)}


def told_appointment(one: Appointment) -> Json:
    """An appointment as data."""
    return {"id": one.id, "at": _time(one.at), "store": one.store, "topic": one.topic, "state": str(one.state)}


def told_follow_up(one: FollowUp) -> Json:
    """A follow-up as data."""
    return {
        "id": one.id, "due": as_text(one.due), "text": one.text, "by": one.by, "assigned_to": one.assigned_to or None,
        "closed_at": _time(one.closed_at), "outcome": one.outcome or None,
    }  # fmt: skip


def told_case(one: Case) -> Json:
    """A case as data."""
    return {
        "id": one.case_id, "kind": str(one.kind), "state": str(one.state), "topic": one.topic, "text": one.text,
        "order": one.order_id, "since": _time(one.opened_at), "missed": one.missed, "ended_at": _time(one.ended_at),
    }  # fmt: skip


def told_view(one: View) -> Json:
    """That somebody looked, as data."""
    return {"by": one.by, "at": as_text(one.at), "store": one.store, "purpose": one.purpose, "facts": list(one.facts)}


def told_review(one: Loop) -> Json:
    """What a customer said of us, as data."""
    return {
        "id": one.loop_id, "state": str(one.state), "order": one.order_id, "since": _time(one.opened_at),
        "answered_at": _time(one.answered_at),
    }  # fmt: skip


def _customer(hub: Hub, subject: bytes) -> Json:
    with hub.store.reading() as reader:
        return {"customer": hub.customers.person_of(reader, subject)}


def _ready(one: Ready) -> Json:
    return {
        "order": one.order, "fulfilment": one.fulfilment, "since": as_text(one.since),
        "lines": [{"sku": sku, "name": name, "units": units} for sku, name, units in one.lines],
    }  # fmt: skip


def _waiting(one: Waiting) -> Json:
    return {"id": one.id, "kind": one.kind, "text": one.text, "since": as_text(one.since), "order": one.order}


def _named(whom: Somebody | None) -> Json:
    return {"person": whom and whom.person, "name": whom and whom.name}


def _time(instant: Micros | None) -> str | None:
    return None if instant is None else as_text(instant)
