"""Looking after customers: notes, an adviser, appointments, follow-ups and cases, told or decided at a counter.

What only people of the company know is a deed about the customer, sealed and erased with the customer. What a channel
could have told as well – an appointment, a case – is told as a message, so journeys and frictions hear of it too.
"""

from collections.abc import Sequence
from typing import NamedTuple

from noline.flows.consent import addressed
from noline.flows.deeds import Deed, Deeds
from noline.flows.naming import why_no_order, why_not_of
from noline.kernel.clock import Clock, Micros, as_text
from noline.kernel.errors import NotFound, Refused
from noline.kernel.events import Digest, Json, Receipt
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.cases.model import CALLBACK, LONGEST_TEXT, LONGEST_TOPIC, OPENED, RECEIVED, RESOLVED, Case, Kind
from noline.truth.cases.model import State as CaseState
from noline.truth.cases.service import Cases
from noline.truth.clients import model
from noline.truth.clients.model import (
    LONGEST_NAME,
    WORD_OF,
    Appointment,
    Client,
    ClientUnreadable,
    FollowUp,
    Standing,
    View,
    is_further,
    why_not_kept,
)
from noline.truth.clients.service import Clients
from noline.truth.consents.model import State as ConsentState
from noline.truth.consents.service import Consents
from noline.truth.customers.model import alone
from noline.truth.customers.service import Customers, Whom
from noline.truth.feedback.model import ANSWERED, Loop
from noline.truth.feedback.model import State as LoopState
from noline.truth.feedback.service import Feedback

_CHANNEL = "store"
_SERVICE = "service"

ASKED = {Kind.COMPLAINT: OPENED, Kind.UNANSWERED: RECEIVED, Kind.CALLBACK: CALLBACK}
"""The word that tells that a customer waits for something of this kind."""


class ClientKeyReused(Refused):
    """An idempotency key that came with something else about the same customer before."""

    code = "clients.key_reused"
    sentence = "The idempotency key {key!r} was used for something else about this customer; nothing was noted."
    hint = "Send a new key for a new note, appointment, follow-up or case."


class AppointmentOver(Refused):
    """An appointment that has come further than what it should become."""

    code = "clients.appointment_over"
    sentence = "Appointment {appointment} is {state}; it cannot become {wanted}."
    hint = "Book another appointment."


class ServiceWithdrawn(Refused):
    """An appointment for a customer who takes no service of ours."""

    code = "clients.service_withdrawn"
    sentence = "The customer withdrew the consent to service, so no appointment is booked."
    hint = "Ask the customer; when they agree to service again, note that first."


class Done(NamedTuple):
    """What became of a deed: the id of what it made or changed, and what the log answered.

    status: accepted; duplicate when it was done before, seq is then where it stands, if that is known.
    """

    id: str
    status: str
    seq: int | None = None


class Clienteling:
    """Looks after the customers of one hub. Where a person is asked for, an older id of the person will do.

    by: who does it. key: the same key of the same customer is the same deed, with other words under it a
    ClientKeyReused; a door that must do something once also while people merge keeps its answer (`flows/once.py`).
    No words of a deed may name another customer: that is a ClientUnreadable.
    """

    def __init__(
        self,
        store: TransactionalStore,
        customers: Customers,
        clients: Clients,
        cases: Cases,
        feedback: Feedback,
        consents: Consents,
        *,
        deeds: Deeds,
        clock: Clock,
        digest: Digest,
    ) -> None:
        """Wire the clienteling of a hub. digest: the hub's keyed hash."""
        self._store = store
        self._customers = customers
        self._clients = clients
        self._cases = cases
        self._feedback = feedback
        self._consents = consents
        self._deeds = deeds
        self._clock = clock
        self._digest = digest

    # -- what is asked

    def of(self, person: str) -> tuple[Client, list[Case]]:
        """What people know of a customer, as a card shows it, and the open cases; raises NotFound."""
        with self._store.reading() as reader:
            subjects = self._customers.subjects(reader, person)
            return self._clients.for_subjects(reader, subjects), self._cases.open_for(reader, subjects)

    def views(self, person: str, limit: int = 100) -> list[View]:
        """Who looked at the card of a customer, the latest first; raises NotFound."""
        with self._store.reading() as reader:
            return self._clients.views(reader, self._customers.subjects(reader, person), limit)

    def appointment(self, appointment: str) -> Appointment:
        """One appointment; raises NotFound."""
        with self._store.reading() as reader:
            return self._clients.appointment(reader, appointment)

    def follow_up(self, follow_up: str) -> FollowUp:
        """One follow-up; raises NotFound."""
        with self._store.reading() as reader:
            return self._clients.follow_up(reader, follow_up)

    def case(self, case_id: str) -> Case:
        """One case; raises NotFound."""
        with self._store.reading() as reader:
            return self._cases.case(reader, case_id)

    # -- notes and the adviser

    def note(self, person: str, text: str, *, by: str, key: str | None = None) -> Done:
        """Note something of a customer. Raises NotFound, ClientUnreadable and ClientKeyReused."""
        _check(why_not_kept(text=text))
        with self._store.transaction() as tx:
            self._refuse_others(tx, self._customers.subjects(tx, person), text, by)
            return self._do(
                tx, model.WRITTEN, self._customers.whom(tx, person).head, {"text": text.strip()}, "note", by, key
            )

    def withdraw_note(self, person: str, note: str, *, by: str) -> Done:
        """Take a note back: its words leave the table; withdrawn again nothing happens. Raises NotFound."""
        with self._store.transaction() as tx:
            kept = self._clients.note(tx, self._customers.subjects(tx, person), note)
            if kept.withdrawn:
                return Done(note, "duplicate")
            deed = Deed(model.WITHDRAWN, kept.subject, {"note": note}, f"withdrawn-{note}")
            (receipt,) = self._deeds.do(tx, [deed], by=by)
            return Done(note, receipt.status, receipt.seq)

    def name_adviser(self, person: str, adviser: str, *, by: str, key: str | None = None) -> Done:
        """Say who looks after a customer from now on; nobody when it is empty.

        Raises NotFound, ClientUnreadable and ClientKeyReused.
        """
        _check(why_not_kept(longest=LONGEST_NAME, adviser=adviser or None))
        with self._store.transaction() as tx:
            self._refuse_others(tx, self._customers.subjects(tx, person), adviser, by)
            said = {"adviser": adviser.strip()}
            return self._do(tx, model.NAMED, self._customers.whom(tx, person).head, said, "adviser", by, key)

    # -- appointments

    def book(self, person: str, store: str, at: Micros, topic: str, *, by: str, key: str | None = None) -> Done:
        """Agree on an appointment at a store.

        Raises NotFound, ClientUnreadable, ClientKeyReused, and ServiceWithdrawn when the customer wants no service.
        """
        _check(why_not_kept(longest=LONGEST_NAME, store=store, topic=topic))
        with self._store.transaction() as tx:
            whom = self._customers.whom(tx, person)
            self._refuse_others(tx, whom.subjects, topic, by)
            subject = whom.head
            appointment = self._id("appointment", subject, key)
            # Sent once more, an appointment of before the withdrawal is answered as it was.
            if not self._clients.is_agreed(tx, appointment):
                self._refuse_without_service(tx, whom)
            said = {"appointment_id": appointment, "topic": topic.strip(), "starts_at": as_text(at), "by": by}
            receipt = self._tell(tx, WORD_OF[Standing.BOOKED], subject, said, appointment, store, key)
            return Done(appointment, receipt.status, receipt.seq)

    def keep(self, appointment: str, *, by: str) -> Done:
        """The customer came. Raises NotFound."""
        return self._settle(appointment, Standing.KEPT, by)

    def miss(self, appointment: str, *, by: str) -> Done:
        """The customer did not come. Raises NotFound and AppointmentOver."""
        return self._settle(appointment, Standing.MISSED, by)

    def withdraw(self, appointment: str, *, by: str) -> Done:
        """The appointment is off. Raises NotFound and AppointmentOver."""
        return self._settle(appointment, Standing.WITHDRAWN, by)

    def _settle(self, appointment: str, wanted: Standing, by: str) -> Done:
        with self._store.transaction() as tx:
            known = self._clients.appointment(tx, appointment)
            if known.state is wanted:
                return Done(appointment, "duplicate")
            if not is_further(wanted, known.state):
                raise AppointmentOver(appointment=appointment, state=str(known.state), wanted=str(wanted))
            said = {"appointment_id": appointment, "by": by}
            if known.topic is not None:
                said["topic"] = known.topic
            told = self._tell(tx, WORD_OF[wanted], known.subject, said, self._deeds.new_id("told"), known.store)
            return Done(appointment, told.status, told.seq)

    # -- follow-ups

    def plan_follow_up(
        self,
        person: str,
        text: str,
        due: Micros,
        *,
        by: str,
        assigned_to: str | None = None,
        store: str | None = None,
        key: str | None = None,
    ) -> Done:
        """Plan something for a customer until `due`, for somebody or anybody, at a store or wherever.

        Raises NotFound, ClientUnreadable and ClientKeyReused.
        """
        _check(why_not_kept(text=text) or why_not_kept(longest=LONGEST_NAME, assigned_to=assigned_to, store=store))
        said: Json = {"text": text.strip(), "due": due, "assigned_to": assigned_to, "store_id": store}
        with self._store.transaction() as tx:
            self._refuse_others(tx, self._customers.subjects(tx, person), text, assigned_to, by)
            said = {name: one for name, one in said.items() if one is not None}
            return self._do(tx, model.PLANNED, self._customers.whom(tx, person).head, said, "follow-up", by, key)

    def close_follow_up(self, follow_up: str, outcome: str, *, by: str) -> Done:
        """Say what became of a follow-up; closed again it stays as it is. Raises NotFound and ClientUnreadable."""
        _check(why_not_kept(outcome=outcome))
        with self._store.transaction() as tx:
            known = self._clients.follow_up(tx, follow_up)
            if known.closed_at is not None:
                return Done(follow_up, "duplicate")
            self._refuse_others(tx, self._beside(tx, known.subject), outcome, by)
            said = {"follow_up": follow_up, "outcome": outcome.strip()}
            (receipt,) = self._deeds.do(tx, [Deed(model.CLOSED, known.subject, said, f"closed-{follow_up}")], by=by)
            return Done(follow_up, receipt.status, receipt.seq)

    # -- cases

    def open_case(
        self,
        person: str,
        topic: str,
        *,
        by: str,
        text: str | None = None,
        order_id: str | None = None,
        store: str | None = None,
        kind: Kind = Kind.COMPLAINT,
        key: str | None = None,
    ) -> Done:
        """Take down what a customer wants help with, a question (unanswered) or a call that the customer asks for.

        Raises NotFound, ClientUnreadable and ClientKeyReused.
        """
        _check(
            why_not_kept(longest=LONGEST_TOPIC, topic=topic, order_id=order_id, store=store)
            or why_not_kept(longest=LONGEST_TEXT, text=text)
        )
        with self._store.transaction() as tx:
            self._refuse_others(tx, self._customers.subjects(tx, person), topic, text, order_id, by)
            _check(why_no_order(tx, self._customers, order_id))
            subject = self._customers.whom(tx, person).head
            case_id = self._id("case", subject, key)
            said = {"case_id": case_id, "topic": topic.strip(), "text": text, "order_id": order_id, "by": by}
            receipt = self._tell(tx, ASKED[kind], subject, said, case_id, store, key)
            return Done(case_id, receipt.status, receipt.seq)

    def resolve_case(self, case_id: str, outcome: str, *, by: str) -> Done:
        """Say how a case ended; one that is closed stays as it is. Raises NotFound and ClientUnreadable."""
        _check(why_not_kept(outcome=outcome))
        with self._store.transaction() as tx:
            known = self._cases.case(tx, case_id)
            if known.state is CaseState.CLOSED:
                return Done(case_id, "duplicate")
            self._refuse_others(tx, self._beside(tx, known.subject), outcome, by)
            said = {
                "case_id": case_id if known.numbered else None, "topic": known.topic, "order_id": known.order_id,
                "outcome": outcome.strip(), "by": by,
            }  # fmt: skip
            told = self._tell(tx, RESOLVED, known.subject, said, self._deeds.new_id("told"), known.store_id)
            return Done(case_id, told.status, told.seq)

    # -- what customers say of us

    def review(self, review: str) -> Loop:
        """What a customer said of us, and whether somebody answered; raises NotFound."""
        with self._store.reading() as reader:
            return self._known_review(reader, review)

    def answer_review(self, review: str, outcome: str, *, by: str) -> Done:
        """Say what a customer was answered who said something of us; answered again it stays as it is.

        Raises NotFound and ClientUnreadable.
        """
        _check(why_not_kept(outcome=outcome))
        with self._store.transaction() as tx:
            known = self._known_review(tx, review)
            if known.state is not LoopState.OPEN:
                return Done(review, "duplicate")
            self._refuse_others(tx, self._beside(tx, known.subject), outcome, by)
            said = {
                "review_id": review, "order_id": known.order_id, "sku": known.sku, "outcome": outcome.strip(),
                "by": by,
            }  # fmt: skip
            told = self._tell(tx, ANSWERED, known.subject, said, self._deeds.new_id("told"), known.store_id)
            return Done(review, told.status, told.seq)

    def _known_review(self, reader: Reader, review: str) -> Loop:
        known = self._feedback.loop(reader, review)
        if known is None:
            raise NotFound(what="review", name=review)
        return known

    # -- who looked

    def viewed(
        self,
        tx: Transaction,
        whom: Whom,
        *,
        by: str,
        store: str | None,
        purpose: str,
        facts: tuple[str, ...],
        once: str | None = None,
        beside: Sequence[tuple[Deed, str]] = (),
    ) -> Receipt:
        """Note that somebody looked at a customer's card, for what, and which facts were shown.

        once: the same of the same customer is the same look, whatever it shows; without it each look is one.
        beside: what else comes of the look, each deed with who does it; it is done in the same write, before the look.
        """
        name = None if once is None else f"view-{self._digest(f'view:{once}').hex()}"
        if name is not None and self._clients.is_noted(tx, whom.subjects, name):
            if beside:
                self._deeds.do_for(tx, beside)
            return Receipt("duplicate")
        said: Json = {"purpose": purpose, "facts": facts}
        if store is not None:
            said["store_id"] = store
        return self._deeds.do_for(tx, [*beside, (Deed(model.VIEWED, whom.head, said, name), by)])[-1]

    # -- inside

    def _do(self, tx: Transaction, kind: str, subject: bytes, said: Json, what: str, by: str, key: str | None) -> Done:
        _check(why_not_kept(longest=LONGEST_NAME, by=by))
        name = self._id(what, subject, key)
        (receipt,) = self._deeds.do(tx, [Deed(kind, subject, said, name)], by=by)
        if receipt.status == "conflict":
            raise ClientKeyReused(key=key)
        return Done(name, receipt.status, receipt.seq)

    def _tell(
        self,
        tx: Transaction,
        event: str,
        subject: bytes,
        said: Json,
        message_id: str,
        store: str | None,
        key: str | None = None,
    ) -> Receipt:
        """Tell what was agreed with the customer of this subject, as the channel store."""
        named = self._customers.names_of(tx, [subject]).get(subject)
        if named is None:
            raise NotFound(what="customer", name=alone(subject))
        message: Json = {"type": "track", "event": event, "messageId": message_id, **addressed(named)}
        place = {"channel": _CHANNEL} if store is None else {"channel": _CHANNEL, "store_id": store}
        message["context"] = {**message.get("context", {}), **place}
        properties = said if store is None else {**said, "store_id": store}
        message["properties"] = {name: one for name, one in properties.items() if one is not None}
        (receipt,) = self._deeds.tell(tx, [message])
        if receipt.status == "conflict":
            raise ClientKeyReused(key=key)
        return receipt

    def _id(self, what: str, subject: bytes, key: str | None) -> str:
        """The id of something new; of something with an idempotency key one that tells nobody the key."""
        if key is None:
            return self._deeds.new_id(what)
        return f"{what}-{self._digest(f'{what}:{subject.hex()}:{key}').hex()}"

    def _beside(self, reader: Reader, subject: bytes) -> list[bytes]:
        """All subjects of whoever has this one."""
        person = self._customers.person_of(reader, subject)
        return [subject] if person is None else self._customers.subjects(reader, person)

    def _refuse_without_service(self, reader: Reader, whom: Whom) -> None:
        joined_at = self._customers.joined_at(reader, whom.person)
        service = self._consents.of(reader, whom.subjects, joined_at).get(_SERVICE)
        if service is not None and service.state is ConsentState.WITHDRAWN:
            raise ServiceWithdrawn

    def _refuse_others(self, reader: Reader, own: Sequence[bytes], *texts: str | None) -> None:
        """No other customer comes into these words: when that one is erased, nobody would find it here."""
        _check(why_not_of(reader, self._customers, own, texts))


def _check(why: str | None) -> None:
    if why is not None:
        raise ClientUnreadable(why=why)
