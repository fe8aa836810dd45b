"""What the company holds about one person, for that person: readable (Art. 15) and to take along (Art. 20).

Messages leave as they were sent, without write keys and without the names of other people. A name that the person
shares with others, such as a family's e-mail, is the person's too and stays.
"""

import io
import zipfile
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from noline.channels.segment import decoded
from noline.flows.carts import described
from noline.flows.facts import Facts
from noline.flows.mentions import Names
from noline.flows.parcels import kinds_about_people
from noline.kernel.clock import Clock, as_text
from noline.kernel.events import Identifier, Json, Record
from noline.kernel.words import WORDS
from noline.stores.access import OURS, Access
from noline.stores.log import Log, records_of
from noline.stores.outbox import Outbox
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.accounts.service import Accounts
from noline.truth.carts.service import Carts
from noline.truth.cases.model import Case
from noline.truth.cases.service import Cases
from noline.truth.clients.model import Client
from noline.truth.clients.service import Clients
from noline.truth.consents.service import Consents
from noline.truth.customers.service import Customers
from noline.truth.offers.model import Record as Offered
from noline.truth.offers.service import Offers
from noline.truth.orders.model import Order, OrderLine
from noline.truth.orders.service import Orders
from noline.truth.profiles.model import TRUST_WORDS
from noline.truth.profiles.service import Profiles

RETENTION = (
    "Everything is kept until the person is erased. What must be kept of sales and stock then stays under a pseudonym "
    "that nobody can trace back; backups are kept as long as the company has promised."
)
SOMEBODY_ELSE = "(somebody else)"


class Rooms(NamedTuple):
    """The rooms that hold something about people."""

    customers: Customers
    profiles: Profiles
    consents: Consents
    accounts: Accounts
    orders: Orders
    carts: Carts
    offers: Offers
    clients: Clients
    cases: Cases


class Exporting:
    """Tells people what is held about them."""

    def __init__(
        self,
        *,
        store: TransactionalStore,
        log: Log,
        facts: Facts,
        rooms: Rooms,
        access: Access,
        outbox: Outbox,
        clock: Clock,
        company: str,
    ) -> None:
        """Wire exporting. company: the controller's name."""
        self._store = store
        self._log = log
        self._facts = facts
        self._rooms = rooms
        self._access = access
        self._outbox = outbox
        self._clock = clock
        self._company = company

    def export(self, person: str) -> Json:
        """All about one person, by the id of today or an older one; raises NotFound."""
        rooms = self._rooms
        with self._store.reading() as reader:
            known = rooms.customers.get(reader, person)
            subjects = rooms.customers.subjects(reader, person)
            events, others = self._events(reader, subjects, {name for name, _ in known.identifiers})
            orders = [
                _order(one, rooms.orders.lines(reader, one.order_id))
                for one in rooms.orders.orders_of(reader, subjects)
            ]
            consents = self._consents(reader, person, subjects)
            return {
                "person": known.person,
                "controller": self._company,
                "exported_at": as_text(self._clock.now()),
                "identifiers": [
                    {"namespace": name.namespace, "value": name.value, "first_seen": as_text(at)}
                    for name, at in known.identifiers
                ],
                "attributes": self._attributes(reader, subjects, Names(others)),
                "consents": consents,
                "purposes": sorted({one["purpose"] for one in consents}),
                "orders": orders,
                "carts": [described(one) for one in rooms.carts.of_subjects(reader, subjects)],
                "accounts": self._accounts(reader, subjects),
                "offers": _offers(rooms.offers.of(reader, subjects)),
                **_client(rooms.clients.all_of(reader, subjects), Names(others)),
                "cases": [_case(one, Names(others)) for one in rooms.cases.all_of(reader, subjects)],
                "sources": self._sources(events),
                "recipients": self._recipients(events),
                "retention": RETENTION,
                "events": events,
            }

    def _events(
        self, reader: Reader, subjects: Sequence[bytes], own: set[Identifier]
    ) -> tuple[list[Json], set[Identifier]]:
        """Every message about the person as it was sent, oldest first, and the names of others that are left out."""
        found: list[Json] = []
        everybody: set[Identifier] = set()
        for subject in subjects:
            for records in records_of(reader, subject):
                facts = {fact.seq: fact for fact in self._facts.of(reader, records)}
                named = {name for fact in facts.values() for name in fact.identifiers}
                others = self._of_others(reader, named - own)
                everybody |= others
                for record, body in self._log.opened(reader, records):
                    if body is not None:
                        left_out = Names(others.intersection(facts[record.seq].identifiers), instead=SOMEBODY_ELSE)
                        found.append(_event(record, _message(record, body, left_out)))
        return sorted(found, key=lambda one: (one["occurred_at"], one["sequence"])), everybody

    def _of_others(self, reader: Reader, names: set[Identifier]) -> set[Identifier]:
        """Those of these names that are somebody else's alone."""
        subjects = {self._rooms.customers.subject(name): name for name in names}
        standing = self._rooms.customers.standing(reader, subjects)
        return {name for subject, name in subjects.items() if subject not in standing or not standing[subject].shared}

    def _attributes(self, reader: Reader, subjects: Sequence[bytes], others: Names) -> list[Json]:
        return [
            {
                "name": one.name, "value": one.value, "source": one.source, "trust": TRUST_WORDS[one.trust],
                "first_told": as_text(one.first_at), "last_told": as_text(one.last_at),
            }
            for one in self._rooms.profiles.values(reader, subjects)
            if others.taken_out(one.value) == one.value
        ]  # fmt: skip

    def _consents(self, reader: Reader, person: str, subjects: Sequence[bytes]) -> list[Json]:
        joined_at = self._rooms.customers.joined_at(reader, person)
        heard = self._rooms.consents.history(reader, subjects, joined_at)
        return [
            {
                "purpose": one.statement.purpose, "channel": one.statement.channel, "granted": one.statement.granted,
                "told_at": as_text(one.statement.told_at), "source": one.statement.source,
                "method": one.statement.method, "description": one.statement.description,
                "policy": one.statement.policy, "stands": one.stands,
            }
            for one in heard
        ]  # fmt: skip

    def _accounts(self, reader: Reader, subjects: Sequence[bytes]) -> list[Json]:
        return [
            {
                "account": one.account, "role": one.role, "sources": list(one.sources), "verified": one.verified,
                "first_told": as_text(one.first_at), "last_told": as_text(one.last_at),
            }
            for one in self._rooms.accounts.of_subjects(reader, subjects)
        ]  # fmt: skip

    def _sources(self, events: Sequence[Json]) -> list[Json]:
        counts = Counter(one["source"] for one in events)
        return [
            {
                "source": name,
                "channel": OURS.channel if name == OURS.name else self._access.source(name).channel,
                "events": count,
            }
            for name, count in sorted(counts.items())
        ]

    def _recipients(self, events: Sequence[Json]) -> list[Json]:
        """Receivers that were sent events about the person."""
        return [
            {"receiver": one.name, "events": sent}
            for one in self._outbox.subscriptions()
            if (sent := sum(_was_sent(event, kinds_about_people(one), one.delivered_seq) for event in events))
        ]


def as_document(exported: Json) -> bytes:
    """An export as one JSON document."""
    return msgspec.json.format(msgspec.json.encode(exported), indent=1) + b"\n"


def as_lines(exported: Json) -> bytes:
    """An export as NDJSON: what is held in one line, then one line for each event."""
    head = {name: value for name, value in exported.items() if name != "events"}
    return b"".join(msgspec.json.encode(one) + b"\n" for one in [head, *exported["events"]])


def as_archive(exported: Json) -> bytes:
    """An export as a zip file: `person.json` to read, `events.ndjson` with the messages as sent to take along."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("person.json", as_document(exported))
        lines = (msgspec.json.encode(one["message"]) + b"\n" for one in exported["events"] if one["message"])
        archive.writestr("events.ndjson", b"".join(lines))
    return target.getvalue()


def _was_sent(event: Json, kinds: Sequence[str], delivered: int) -> bool:
    return event["sequence"] <= delivered and (not kinds or event["event"] in kinds)


def _event(record: Record, message: Any) -> Json:
    return {
        "sequence": record.seq,
        "event": record.kind,
        "occurred_at": as_text(record.occurred_at),
        "received_at": as_text(record.received_at),
        "source": record.source,
        "message": message,
    }


def _message(record: Record, body: bytes, others: Names) -> Any:
    """A message as sent, without the names of others; of a decision about who is who only that it was taken."""
    if record.kind in WORDS and WORDS[record.kind].about == "deed":
        return None
    message = others.taken_out(decoded(body))
    if isinstance(message, dict):
        message = {name: value for name, value in message.items() if name != "writeKey"}
    return message


def _order(order: Order, lines: Sequence[OrderLine]) -> Json:
    return {
        "order_id": order.order_id, "state": str(order.state), "channel": order.channel, "store_id": order.store_id,
        "placed_at": as_text(order.placed_at),
        "total_minor": order.total.amount_minor if order.total else None,
        "currency": order.total.currency if order.total else None,
        "lines": [
            {"sku": one.sku, "units": one.units, "returned_units": one.returned_units,
             "total_minor": one.total.amount_minor if one.total else None}
            for one in lines
        ],
    }  # fmt: skip


def _offers(offered: Offered) -> list[Json]:
    """What the person was offered or held out from, and what became of it, the oldest first."""
    drawn = [{"programme": one.programme, "told": one.arm, "at": as_text(one.at)} for one in offered.draws]
    answered = [
        {"programme": one.programme, "told": one.answer, "at": as_text(one.at), "reason": one.reason, "by": one.by}
        for one in offered.answers
    ]
    return sorted([*drawn, *answered], key=lambda one: one["at"])


def _client(known: Client, others: Names) -> Json:
    """What people of the company know of the person, and who looked."""
    return {
        "notes": [
            {"id": one.id, "by": one.by, "at": as_text(one.at), "text": others.taken_out(one.text)}
            for one in known.notes
        ],
        "adviser": known.adviser and {"by": known.adviser.by, "since": as_text(known.adviser.since)},
        "appointments": [
            {
                "id": one.id, "state": str(one.state), "store": one.store, "topic": one.topic,
                "at": None if one.at is None else as_text(one.at), "told_at": as_text(one.told_at),
            }
            for one in known.appointments
        ],
        "follow_ups": [
            {
                "id": one.id, "by": one.by, "planned_at": as_text(one.planned_at), "due": as_text(one.due),
                "text": others.taken_out(one.text), "assigned_to": one.assigned_to or None,
                "closed_at": None if one.closed_at is None else as_text(one.closed_at), "outcome": one.outcome,
            }
            for one in known.follow_ups
        ],
        "viewed": [
            {"by": one.by, "at": as_text(one.at), "store": one.store, "purpose": one.purpose, "facts": list(one.facts)}
            for one in known.views
        ],
    }  # fmt: skip


def _case(one: Case, others: Names) -> Json:
    return {
        "id": one.case_id, "kind": str(one.kind), "state": str(one.state), "channel": one.channel, "topic": one.topic,
        "order_id": one.order_id, "text": others.taken_out(one.text),
        "opened_at": None if one.opened_at is None else as_text(one.opened_at),
        "ended_at": None if one.ended_at is None else as_text(one.ended_at),
    }  # fmt: skip
