"""The door of the clients: it listens to what is decided and told about customers, and answers what people know."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.clients import tables
from noline.truth.clients.model import (
    KINDS,
    STANDING_OF,
    Adviser,
    Appointment,
    Client,
    Day,
    FollowUp,
    Key,
    Note,
    Telling,
    View,
    decide,
    read_telling,
)
from noline.truth.clients.rows import (
    WRITES,
    appointment_in,
    appointment_row,
    follow_up_in,
    telling_in,
    telling_row,
    view_in,
)

SHOWN = 20
"""Rows of one kind that a card has use for."""

_ALL = 1_000_000
_FOLLOW_UPS_OF_A_DAY = 200

Told = dict[str, dict[Key, Telling]]


class Kept(NamedTuple):
    """Where a note stands: the subject it is filed under, and whether it was withdrawn."""

    subject: bytes
    withdrawn: bool


class Look(NamedTuple):
    """Where a look stands: whose card it was, when, and the id of its deed."""

    subject: bytes
    at: Micros
    deed: str


class Clients:
    """The clients of one hub. A person is asked for by the subjects of the names the person has."""

    name = "clients"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was decided about customers and told of appointments; raises AppointmentUnreadable."""
        told: Told = defaultdict(dict)
        rows: dict[str, list[Row]] = defaultdict(list)
        for fact in facts:
            if fact.kind in WRITES:
                rows[fact.kind].append((fact.route_key, fact.subject, *WRITES[fact.kind].row(fact)))
            elif fact.kind in STANDING_OF and (telling := read_telling(fact)) is not None:
                told[telling.appointment][telling.key] = telling
        for kind, some in rows.items():
            tx.run_many(WRITES[kind].statement, some)
        if told:
            self._learn(tx, told)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    # -- what is asked

    def for_subjects(self, reader: Reader, subjects: Sequence[bytes], *, views: bool = True) -> Client:
        """What people know of a customer, as far as a card shows it: of each kind the first `SHOWN`, no closed ones.

        views: whether it is read who looked; otherwise there are none.
        """
        names = _names(subjects)
        return Client(
            notes=_notes(reader, names)[:SHOWN],
            adviser=_adviser(reader, names),
            appointments=_appointments(reader, names)[:SHOWN],
            follow_ups=_follow_ups(reader, names)[:SHOWN],
            views=_views(reader, names, SHOWN) if views else (),
        )

    def all_of(self, reader: Reader, subjects: Sequence[bytes]) -> Client:
        """Everything that people know of a customer, closed follow-ups too."""
        names = _names(subjects)
        return Client(
            notes=_notes(reader, names),
            adviser=_adviser(reader, names),
            appointments=_appointments(reader, names),
            follow_ups=_follow_ups(reader, names, closed=True),
            views=_views(reader, names, _ALL),
        )

    def views(self, reader: Reader, subjects: Sequence[bytes], limit: int = 100) -> list[View]:
        """Who looked at the card of a customer, the latest first."""
        return _views(reader, _names(subjects), limit)

    def looks(self, reader: Reader, subjects: Sequence[bytes]) -> list[View]:
        """The first `SHOWN` of the views, without the facts that were shown."""
        return _looks(reader, _names(subjects), SHOWN)

    def looks_and(self, reader: Reader, before: Sequence[View], new: Sequence[Look]) -> Sequence[View] | None:
        """What `looks` answers after these were added to what it answered before, for the cost of the new ones.

        None when one of them is not younger than all before, so that their order has to be asked for.
        """
        if not new:
            return before
        if min(one.at for one in new) <= (before[0].at if before else 0) or len({one.at for one in new}) < len(new):
            return None
        found = (reader.row(tables.LOOK, (route_of(one.subject), *one)) for one in new)
        younger = sorted((View(*row, facts=()) for row in found if row), key=lambda one: -one.at)
        return [*younger, *before][:SHOWN]

    def is_noted(self, reader: Reader, subjects: Sequence[bytes], look: str) -> bool:
        """Whether a look, by the id of its deed, stands under one of these subjects."""
        names = _names(subjects)
        return any(
            bytes(subject) in names.own
            for some in names.routes
            for (subject,) in reader.rows(tables.look_of(len(some)), (*some, look))
        )

    def days_seen(
        self,
        reader: Reader,
        subjects: Sequence[bytes],
        before: Micros,
        offset: Micros = 0,
        views: Sequence[View] | None = None,
    ) -> int:
        """On how many days before an instant somebody looked at a customer's card. offset: local time minus UTC.

        views: those of `looks`; where they are fewer than it answers they are all, and nothing more is read.
        """
        if views is not None and len(views) < SHOWN:
            return len({(one.at + offset) // DAY for one in views if one.at < before})
        names = _names(subjects)
        days = {
            day
            for some in names.routes
            for subject, day in reader.rows(tables.days_seen(len(some)), (offset, *some, before))
            if subject in names.own
        }
        return len(days)

    def today(self, reader: Reader, store: str, day_from: Micros, day_to: Micros) -> Day:
        """What is agreed at a store for the span from `day_from` up to `day_to`, and what is due by then."""
        appointments = reader.rows(tables.APPOINTMENTS_AT, (store, day_from, day_to))
        follow_ups = reader.rows(tables.FOLLOW_UPS_DUE, (day_to, store, _FOLLOW_UPS_OF_A_DAY))
        return Day([appointment_in(row) for row in appointments], [follow_up_in(row) for row in follow_ups])

    def appointment(self, reader: Reader, appointment: str) -> Appointment:
        """One appointment; raises NotFound."""
        row = reader.row(tables.APPOINTMENT, (self._route(appointment), appointment))
        if row is None:
            raise NotFound(what="appointment", name=appointment)
        return appointment_in(row)

    def is_agreed(self, reader: Reader, appointment: str) -> bool:
        """Whether anything was ever told of this appointment."""
        return reader.row(tables.APPOINTMENT, (self._route(appointment), appointment)) is not None

    def follow_up(self, reader: Reader, follow_up: str) -> FollowUp:
        """One follow-up; raises NotFound."""
        row = reader.row(tables.FOLLOW_UPS_NAMED, (follow_up,))
        if row is None:
            raise NotFound(what="follow-up", name=follow_up)
        return follow_up_in(row)

    def note(self, reader: Reader, subjects: Sequence[bytes], note: str) -> Kept:
        """Where a note of a customer stands; raises NotFound."""
        names = _names(subjects)
        for some in names.routes:
            for subject, state in reader.rows(tables.note_of(len(some)), (*some, note)):
                if subject in names.own:
                    return Kept(bytes(subject), state == "withdrawn")
        raise NotFound(what="note", name=note)

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Forget all that is known of these and what these told of appointments; answers how many rows went."""
        own = sorted(set(subjects))
        gone = sum(tx.run_many(sql, [(route_of(one), one) for one in own]) for sql in tables.FORGET)
        touched: dict[str, None] = {}
        for some in portions(own):
            touched |= dict.fromkeys(name for (name,) in tx.rows(tables.told_by(len(some)), some))
        if touched:
            gone += tx.run_many(tables.FORGET_TOLD_BY, [(one,) for one in own])
            tx.run_many(tables.DROP_APPOINTMENT, self._named(touched))
            self._write(tx, self._heard(tx, touched))
        return gone

    # -- appointments

    def _learn(self, tx: Transaction, told: Told) -> None:
        """Keep what is new, then decide each appointment from all that is known of it."""
        heard = self._heard(tx, told)
        changed: Told = {}
        kept: list[Row] = []
        for name, tellings in told.items():
            new = {key: one for key, one in tellings.items() if key not in heard[name]}
            if new:
                changed[name] = heard[name] | new
                kept += [(self._route(name), *telling_row(one)) for one in new.values()]
        tx.run_many(tables.KEEP_FACT, kept)
        self._write(tx, changed)

    def _write(self, tx: Transaction, told: Mapping[str, Mapping[Key, Telling]]) -> None:
        decided = [decide(tellings.values()) for tellings in told.values() if tellings]
        tx.run_many(tables.WRITE_APPOINTMENT, [(self._route(one.id), *appointment_row(one)) for one in decided])

    def _heard(self, reader: Reader, names: Iterable[str]) -> Told:
        """What was told of these appointments, each telling under its key."""
        heard: Told = {name: {} for name in names}
        for some in portions(self._named(heard)):
            for row in reader.rows(tables.facts_of(len(some)), flat(some)):
                telling = telling_in(row)
                heard[telling.appointment][telling.key] = telling
        return heard

    def _named(self, names: Iterable[str]) -> list[tuple[int, str]]:
        return [(self._route(name), name) for name in names]

    def _route(self, appointment: str) -> int:
        return route_of(self._digest(f"appointment:{appointment}"))


class _Names(NamedTuple):
    """The subjects of a person: each once, and in portions with their routing keys."""

    own: frozenset[bytes]
    subjects: Sequence[list[bytes]]
    routes: Sequence[list[int]]


def _names(subjects: Sequence[bytes]) -> _Names:
    some = [*portions([*dict.fromkeys(subjects)])]
    return _Names(frozenset(subjects), some, [[route_of(one) for one in each] for each in some])


def _rows(reader: Reader, names: _Names, statement: Callable[[int], str], *after: int | str) -> list[Row]:
    """What a statement that asks by routing keys, and then by `after`, finds of these subjects; without the subject."""
    return [
        row[1:]
        for some in names.routes
        for row in reader.rows(statement(len(some)), (*some, *after))
        if row[0] in names.own
    ]


def _notes(reader: Reader, names: _Names) -> list[Note]:
    found = _rows(reader, names, tables.notes_of)
    return sorted((Note(*row) for row in found), key=lambda one: (-one.at, one.id))


def _adviser(reader: Reader, names: _Names) -> Adviser | None:
    found = _rows(reader, names, tables.advisers_of)
    adviser, since, _ = max(found, key=lambda row: row[2], default=("", 0, 0))
    return Adviser(adviser, since) if adviser else None


def _follow_ups(reader: Reader, names: _Names, *, closed: bool = False) -> list[FollowUp]:
    found = _rows(reader, names, tables.all_follow_ups_of if closed else tables.follow_ups_of)
    return sorted((follow_up_in(row) for row in found), key=lambda one: (one.due, one.id))


def _views(reader: Reader, names: _Names, limit: int) -> list[View]:
    found = _rows(reader, names, tables.views_of, limit)
    return sorted((view_in(row) for row in found), key=lambda one: -one.at)[:limit]


def _looks(reader: Reader, names: _Names, limit: int) -> list[View]:
    """Who looked, without what was shown."""
    found = _rows(reader, names, tables.looks_of, limit)
    return sorted((View(*row, facts=()) for row in found), key=lambda one: -one.at)[:limit]


def _appointments(reader: Reader, names: _Names) -> list[Appointment]:
    rows = (row for some in names.subjects for row in reader.rows(tables.appointments_of(len(some)), some))
    return sorted((appointment_in(row) for row in rows), key=lambda one: (-_when(one), one.id))


def _when(one: Appointment) -> Micros:
    return one.told_at if one.at is None else one.at
