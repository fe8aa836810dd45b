"""The agenda: questions are saved and dropped, and somebody cares for a friction. Each of it is a deed of the log.

Whatever is said twice is said once: the same words change nothing and leave no second deed.
"""

from collections.abc import Callable

import msgspec

from noline.flows.agenda_words import NAMES_SOMEBODY, names_a_customer
from noline.flows.deeds import Deed, Deeds
from noline.kernel.clock import Clock, Micros
from noline.kernel.errors import NotFound
from noline.stores.transactional import Transaction, TransactionalStore
from noline.truth.agenda import service as room
from noline.truth.agenda.model import (
    MOST_QUESTIONS,
    Asked,
    Care,
    CareState,
    CareWrong,
    Question,
    QuestionWrong,
    Raised,
    Tally,
    why_not_noted,
    why_not_saved,
)
from noline.truth.customers.service import Customers

Measured = Callable[[Asked], tuple[Tally, Micros]]
"""What a question says of all who began until an instant, and that instant."""


class Keeping:
    """Keeps the agenda of one hub."""

    def __init__(
        self,
        store: TransactionalStore,
        agenda: room.Agenda,
        deeds: Deeds,
        clock: Clock,
        measured: Measured,
        customers: Customers,
    ) -> None:
        """measured: asks a question of history. customers: whose addresses no text may hold."""
        self._store = store
        self._agenda = agenda
        self._deeds = deeds
        self._clock = clock
        self._measured = measured
        self._customers = customers

    # -- questions

    def save(self, name: str, asked: Asked, *, by: str, alert: bool = False) -> Question:
        """Keep a question under a name. Asked as it stands already, it goes on as it is, with this alert.

        Raises QuestionWrong, and what cannot be asked of history: StepUnknown, FunnelUnreadable, SpanUnreadable.
        """
        if why := why_not_saved(name, asked):
            raise QuestionWrong(why=why)
        question_id = self._agenda.question_id(name)
        with self._store.reading() as reader:
            known = self._agenda.question(reader, question_id)
            texts = (name, *asked.steps, *asked.without)
            as_it_stands = known is not None and known.asked == asked
            if not as_it_stands and names_a_customer(reader, self._customers, texts):
                raise QuestionWrong(why=NAMES_SOMEBODY)
        if known is None or known.asked != asked:
            baseline, since = self._measured(asked)
            wanted = Question(question_id, name.strip(), asked, alert, since, baseline, by)
        else:
            wanted = msgspec.structs.replace(known, alert=alert, by=by)
        with self._store.transaction() as tx:
            return self._saved(tx, wanted, by)

    def _saved(self, tx: Transaction, wanted: Question, by: str) -> Question:
        known = self._agenda.question(tx, wanted.id)
        if known is not None and (known.asked, known.alert) == (wanted.asked, wanted.alert):
            return known
        if known is None and len(self._agenda.questions(tx)) >= MOST_QUESTIONS:
            raise QuestionWrong(why=f"there are {MOST_QUESTIONS} questions already; drop one first")
        subject = self._agenda.subject_of_question(wanted.id)
        self._deeds.do(tx, [Deed(room.SAVED, subject, room.said(wanted), personal=False)], by=by)
        return wanted

    def drop(self, question_id: str, *, by: str) -> bool:
        """Forget a question; False when it was dropped before. Raises NotFound when nobody ever saved it."""
        with self._store.transaction() as tx:
            known = self._agenda.question(tx, question_id)
            if known is None:
                if self._agenda.was_saved(tx, question_id):
                    return False
                raise NotFound(what="question", name=question_id)
            subject = self._agenda.subject_of_question(question_id)
            self._deeds.do(tx, [Deed(room.DROPPED, subject, room.said(known), personal=False)], by=by)
        return True

    def question(self, question_id: str) -> Question:
        """A saved question; raises NotFound."""
        with self._store.reading() as reader:
            found = self._agenda.question(reader, question_id)
        if found is None:
            raise NotFound(what="question", name=question_id)
        return found

    def id_of(self, name: str) -> str:
        """The id of a question by its id or its name, dropped ones too; raises NotFound."""
        with self._store.reading() as reader:
            for one in (name, self._agenda.question_id(name)):
                if self._agenda.was_saved(reader, one):
                    return one
        raise NotFound(what="question", name=name)

    def questions(self) -> list[tuple[Question, Raised | None]]:
        """The saved questions, the one saved last first, each with what was last raised or ended of it."""
        with self._store.reading() as reader:
            return [(one, self._agenda.last_alert(reader, one.id)) for one in self._agenda.questions(reader)]

    def alerts(self, limit: int = 100, offset: int = 0) -> list[Raised]:
        """Alerts raised and ended, the last one first."""
        with self._store.reading() as reader:
            return self._agenda.alerts(reader, limit, offset)

    # -- frictions

    def care(
        self,
        friction: str,
        *,
        by: str,
        owner: str | None = None,
        state: CareState | None = None,
        note: str | None = None,
        proof: str | None = None,
    ) -> Care:
        """Note who cares for a friction and how far it is; what is None stays as it was. Raises CareWrong.

        friction: its id; whether there is one, the caller knows.
        """
        told = {"owner": owner, "state": state, "note": note, "proof": proof}
        said = {name: text.strip() for name, text in told.items() if text is not None}
        with self._store.transaction() as tx:
            known = self._agenda.care(tx, friction)
            before = known or Care(friction, "", "open", "", "", self._clock.now(), by)
            wanted = msgspec.structs.replace(before, by=by, **said)
            if wanted.state != before.state:
                wanted = msgspec.structs.replace(wanted, since=self._clock.now())
            if why := why_not_noted(wanted):
                raise CareWrong(why=why)
            if names_a_customer(tx, self._customers, said.values()):
                raise CareWrong(why=NAMES_SOMEBODY)
            if known is not None and msgspec.structs.replace(wanted, by=known.by) == known:
                return known
            subject = self._agenda.subject_of_friction(friction)
            self._deeds.do(tx, [Deed(room.CARED_FOR, subject, room.said(wanted), personal=False)], by=by)
        return wanted

    def cares(self) -> dict[str, Care]:
        """The care of each friction that somebody cares for, by the friction's id."""
        with self._store.reading() as reader:
            return {one.friction: one for one in self._agenda.cares(reader)}
