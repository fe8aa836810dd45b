"""A day at a store: who is expected, what is ready to be collected, whom we still owe an answer, what is due.

Names and no more: whoever comes is opened as a card, which decides what may be seen and said. Goods and words that
would tell a special category of personal data are not there, and of customers who refuse to be served neither name nor
words.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, TypeVar

from noline.flows import matter
from noline.flows.local_time import FIRST, LAST, day_of, instant_of, offset_at
from noline.flows.recognise import Recognition
from noline.insight.card.service import named_items, product
from noline.kernel.clock import DAY, HOUR, MINUTE, Clock, Micros, as_text, parse_instant, to_instant
from noline.kernel.disclosure import SERVICE
from noline.kernel.errors import NotFound, NotReadable, UnreadableInstant
from noline.kernel.quantities import Units
from noline.kernel.special import special_in
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.cases.model import Case
from noline.truth.cases.service import Cases
from noline.truth.catalogue.model import Location
from noline.truth.catalogue.service import Catalogue
from noline.truth.clients.model import Appointment, FollowUp
from noline.truth.clients.service import Clients
from noline.truth.consents.service import Consents
from noline.truth.customers.service import Customers
from noline.truth.feedback.model import Loop
from noline.truth.feedback.service import Feedback
from noline.truth.orders.fulfilments import Step
from noline.truth.orders.model import OrderLine
from noline.truth.orders.service import Orders

MOST = 200
"""Rows of one kind that a day shows."""

MOST_DAYS = 8
_LIES_READY_DAYS = 60
"""An order that was placed longer ago and is still told to be ready lies nowhere any more: nobody told of its end."""

_LAST = parse_instant("9999-12-31T23:59:59Z")

Thing = TypeVar("Thing", Appointment, FollowUp)


class SpanUnreadable(NotReadable):
    """A span that is no day of a store, nor some days in a row."""

    code = "counter.span_unreadable"
    sentence = "A span that begins at {begins} ends after it, {most} days later at the latest."
    hint = "Leave out the span for the day of today, or ask for at most {most} days at once."


class AppointmentPast(NotReadable):
    """An appointment at a time that is over."""

    code = "counter.appointment_past"
    sentence = "{at} is over at {place}, where it is {now}; nothing was booked."
    hint = "Say a time to come; one of the last hour will do for somebody who has just come in."


class Somebody(NamedTuple):
    """A customer, by the id of today, and what the customer is called.

    name: None where nobody said, and of who refuses to be served.
    """

    person: str
    name: str | None


class There(NamedTuple):
    """What a store is called, and what its own clock shows at a moment, to the minute: `2026-11-24T15:00`."""

    place: str
    at: str


class Ready(NamedTuple):
    """What waits at the store for somebody.

    fulfilment: None where a channel told of it and hands it over. lines: SKU, name, units of what may be named.
    """

    order: str
    fulfilment: str | None
    since: Micros
    lines: tuple[tuple[str, str, Units], ...]


class Waiting(NamedTuple):
    """What a customer waits for. kind: complaint, callback or unanswered. text: what it is about; empty if unsaid."""

    id: str
    kind: str
    text: str
    since: Micros
    order: str | None


class ShopDay(NamedTuple):
    """A day at a store, each thing beside whom it is for.

    begins, ends: its span. place: what the store is called. ahead_minutes: the store's clock minus UTC, at this moment.
    """

    store: str
    place: str
    ahead_minutes: int
    begins: Micros
    ends: Micros
    appointments: Sequence[tuple[Appointment, Somebody]]
    pickups: Sequence[tuple[Ready, Somebody | None]]
    loops: Sequence[tuple[Waiting, Somebody]]
    follow_ups: Sequence[tuple[FollowUp, Somebody]]


class Rooms(NamedTuple):
    """The rooms that know something of a day."""

    customers: Customers
    clients: Clients
    cases: Cases
    feedback: Feedback
    orders: Orders
    catalogue: Catalogue
    consents: Consents


class ShopDays:
    """The days of the stores of one hub."""

    def __init__(
        self, store: TransactionalStore, rooms: Rooms, recognition: Recognition, clock: Clock, zone: str = ""
    ) -> None:
        """recognition: knows how people are called. zone: of stores in a country with several times, or in none."""
        self._store = store
        self._rooms = rooms
        self._recognition = recognition
        self._clock = clock
        self._zone = zone

    def today(self, store: str, begins: Micros | None = None, ends: Micros | None = None) -> ShopDay:
        """The day of a store, without a span from its midnight to the next.

        A store that nobody described is called by its id. Raises SpanUnreadable.
        """
        with self._store.reading() as reader:
            place = self._place(reader, store)
            country, now = place.country if place else None, self._clock.now()
            if begins is None:
                begins, midnight = day_of(now, country, self._zone)
                ends = midnight if ends is None else ends
            ends = begins + DAY if ends is None else ends
            if not begins < ends <= min(begins + MOST_DAYS * DAY, _LAST):
                raise SpanUnreadable(begins=as_text(begins), most=MOST_DAYS)
            people = _People(reader, self._rooms.customers, self._recognition, self._rooms.consents)
            agreed = self._rooms.clients.today(reader, store, begins, ends)
            appointments = [
                (one._replace(topic=people.words(one.topic, whom) or None), whom)
                for one, whom in people.beside(agreed.appointments)
            ]
            pickups = self._pickups(reader, store, people)
            expected = {one.person for _, one in [*appointments, *pickups] if one is not None}
            return ShopDay(
                store=store,
                place=(place.name if place else None) or store,
                ahead_minutes=offset_at(country, now, self._zone) // MINUTE,
                begins=begins,
                ends=ends,
                appointments=appointments,
                pickups=pickups,
                loops=self._loops(reader, store, people, expected),
                follow_ups=[
                    (one._replace(text=people.words(one.text, whom)), whom)
                    for one, whom in people.beside(agreed.follow_ups)
                ],
            )

    def instant(self, text: str, store: str | None) -> Micros:
        """Read a time that somebody sent, without an offset as the clock of the store says it. Raises NotReadable.

        Of a time that this clock shows twice it is one of both; one that it leaves out is the time beside it. Without
        a store it is the time of the zone in the settings.
        """
        with self._store.reading() as reader:
            return self._instant(text, None if store is None else self._place(reader, store))

    def bookable(self, text: str, store: str) -> Micros:
        """When an appointment at a store begins, read as `instant` does: a time to come, or of the last hour.

        Raises NotFound for a store that nobody described, NotReadable and AppointmentPast.
        """
        with self._store.reading() as reader:
            place = self._place(reader, store)
        if place is None:
            raise NotFound(what="store", name=store)
        at, now = self._instant(text, place), self._clock.now()
        if at < now - HOUR:
            there = self._clock_of(place)
            raise AppointmentPast(at=there(at), place=place.name or store, now=there(now))
        return at

    def there(self, moments: Iterable[tuple[str, Micros]]) -> list[There]:
        """Of each store and moment what the store is called, and what its clock shows then."""
        with self._store.reading() as reader:
            places = {one.location: one for one in self._rooms.catalogue.locations(reader)}
        told = [(places.get(store), store, at) for store, at in moments]
        return [There((place.name if place else None) or store, self._clock_of(place)(at)) for place, store, at in told]

    def _clock_of(self, place: Location | None) -> Callable[[Micros], str]:
        """What the clock of a place shows: `2026-11-24T15:00`."""
        country = place.country if place else None
        return lambda at: as_text(min(max(at + offset_at(country, at, self._zone), FIRST), LAST))[:16]

    def _instant(self, text: str, place: Location | None) -> Micros:
        told = to_instant(text)
        if not FIRST <= told <= LAST:
            raise UnreadableInstant(value=text)
        if datetime.fromisoformat(text).tzinfo is not None:
            return told
        return instant_of(told, place.country if place else None, self._zone)

    def _place(self, reader: Reader, store: str) -> Location | None:
        return next((one for one in self._rooms.catalogue.locations(reader) if one.location == store), None)

    def _pickups(self, reader: Reader, store: str, people: "_People") -> list[tuple[Ready, Somebody | None]]:
        """What lies ready by our own steps, and by what channels told."""
        orders, since = self._rooms.orders, self._clock.now() - _LIES_READY_DAYS * DAY
        ours = orders.fulfilments(reader, place=store, state=str(Step.READY), limit=MOST)
        told = [
            (order, stage.changed_at, _units(orders.lines(reader, order.order_id)))
            for order, stage in orders.told_ready_at(reader, store, since, MOST)
        ]
        items = self._rooms.catalogue.items(
            reader, {sku for one in ours for sku in one.open_units} | {sku for *_, units in told for sku in units}
        )
        products = {sku: product(sku, one.name, one.category, one.attributes) for sku, one in items.items()}

        def lines(units: Mapping[str, Units]) -> tuple[tuple[str, str, Units], ...]:
            return tuple((one.sku, one.name, one.units) for one in named_items(units.items(), products))

        found: list[tuple[Ready, Somebody | None]] = []
        for one in ours:
            ready = Ready(one.order_id, one.id, one.changed_at, lines(one.open_units))
            placed = orders.order(reader, one.order_id)
            found.append((ready, None if placed is None else people.of(placed.subject)))
        for order, at, units in told:
            found.append((Ready(order.order_id, None, at, lines(units)), people.of(order.subject)))
        return found[:MOST]

    def _loops(
        self, reader: Reader, store: str, people: "_People", expected: Iterable[str]
    ) -> list[tuple[Waiting, Somebody]]:
        """What was told of at the store, and what those wait for who are expected, who waits longest first."""
        found: dict[str, tuple[Waiting, Somebody]] = {}
        for case in self._rooms.cases.open_at(reader, store, MOST):
            if (somebody := people.of(case.subject)) is not None:
                found[case.case_id] = (_of_case(case), somebody)
        for loop in self._rooms.feedback.open_at(reader, store, MOST):
            # Who reviews us on some site under a name of that site is nobody whom a counter could recognise.
            somebody = people.of(loop.subject)
            if somebody is not None and people.is_known(somebody) and matter.complains(loop):
                found[loop.loop_id] = (_of_loop(loop), somebody)
        for person in sorted(expected):
            subjects = people.subjects(person)
            waits = [_of_case(one) for one in self._rooms.cases.open_for(reader, subjects)]
            waits += [_of_loop(one) for one in self._rooms.feedback.open_of(reader, subjects) if matter.complains(one)]
            found |= {one.id: (one, people.called(person)) for one in waits}
        told = [(one._replace(text=people.words(one.text, whom)), whom) for one, whom in found.values()]
        return sorted(told, key=lambda one: (one[0].since, one[0].id))[:MOST]


class _People:
    """Who is who, asked for once each."""

    def __init__(
        self, reader: Reader, customers: Customers, recognition: Recognition, consents: Consents
    ) -> None:  # fmt: skip
        self._reader = reader
        self._customers = customers
        self._recognition = recognition
        self._consents = consents
        self._called: dict[str, Somebody] = {}
        self._refuse: set[str] = set()

    def of(self, subject: bytes) -> Somebody | None:
        """Whose name the log has there; None when it is nobody's any more."""
        person = self._customers.person_of(self._reader, subject)
        return None if person is None else self.called(person)

    def subjects(self, person: str) -> list[bytes]:
        """How the log names somebody."""
        return self._customers.subjects(self._reader, person)

    def called(self, person: str) -> Somebody:
        """Somebody with the name."""
        if person not in self._called:
            subjects = self.subjects(person)
            joined_at = self._customers.joined_at(self._reader, person)
            if SERVICE in matter.granted(self._consents.of(self._reader, subjects, joined_at)):
                name = self._recognition.profile_of(self._reader, subjects).name
            else:
                name = None
                self._refuse.add(person)
            self._called[person] = Somebody(person, name)
        return self._called[person]

    def is_known(self, somebody: Somebody) -> bool:
        """Whether a counter could recognise somebody: by a name, though it may not be told here."""
        return somebody.name is not None or somebody.person in self._refuse

    def words(self, text: str | None, whom: Somebody) -> str:
        """Words about somebody as far as they may stand here."""
        return "" if not text or whom.person in self._refuse or special_in(text) else text

    def beside(self, things: Iterable[Thing]) -> Iterable[tuple[Thing, Somebody]]:
        """Things that belong to somebody, each beside whom."""
        return ((one, somebody) for one in things if (somebody := self.of(one.subject)) is not None)


def _units(lines: Iterable[OrderLine]) -> Mapping[str, Units]:
    """Units by item."""
    found: dict[str, Units] = {}
    for line in lines:
        found[line.sku] = Units(found.get(line.sku, 0) + line.units)
    return found


def _of_case(case: Case) -> Waiting:
    return Waiting(case.case_id, str(case.kind), case.topic or "", case.opened_at or 0, case.order_id)


def _of_loop(loop: Loop) -> Waiting:
    rated = "" if loop.rating_hundredths is None else f"a review, {loop.rating_hundredths / 100:g} of 5 stars"
    kind = "complaint" if matter.complains(loop) and loop.rating_hundredths is not None else "unanswered"
    return Waiting(loop.loop_id, kind, rated, loop.opened_at or 0, loop.order_id)
