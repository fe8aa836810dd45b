"""The door of the agenda: it listens to what was saved, raised and cared for, and answers how it stands."""

from typing import TypeVar

import msgspec

from noline.kernel.events import Digest, Fact, Json, route_of
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.agenda import tables
from noline.truth.agenda.model import Alert, Care, Question, Raised

SAVED, DROPPED = "Question Saved", "Question Dropped"
CARED_FOR = "Friction Cared For"
RAISED, ENDED = "Alert Raised", "Alert Ended"

KINDS = frozenset({SAVED, DROPPED, CARED_FOR, RAISED, ENDED})
"""The words this room listens to."""

Thing = TypeVar("Thing", Question, Alert, Care)

_read_question = msgspec.json.Decoder(Question).decode
_read_alert = msgspec.json.Decoder(Alert).decode
_read_care = msgspec.json.Decoder(Care).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def said(thing: Question | Alert | Care) -> Json:
    """The properties of a deed that tells of a question, an alert or a care; who did it stands beside them."""
    return {"said": msgspec.to_builtins(thing)}


class Agenda:
    """The agenda of one hub."""

    name = "agenda"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was saved, dropped, raised and cared for."""
        of_kinds = {kind: [fact for fact in facts if fact.kind == kind] for kind in KINDS}
        tx.run_many(tables.KEEP_QUESTION, [self._question_row(fact) for fact in of_kinds[SAVED] + of_kinds[DROPPED]])
        tx.run_many(tables.KEEP_ALERT, [self._alert_row(fact) for fact in of_kinds[RAISED] + of_kinds[ENDED]])
        tx.run_many(tables.KEEP_CARE, [self._care_row(fact) for fact in of_kinds[CARED_FOR]])

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    # -- what is asked

    def question(self, reader: Reader, name: str) -> Question | None:
        """A saved question by its id; None when there is none now."""
        state, question = self._known(reader, name)
        return question if state == "saved" else None

    def was_saved(self, reader: Reader, name: str) -> bool:
        """Whether a question of that id was ever saved."""
        return self._known(reader, name)[0] is not None

    def questions(self, reader: Reader) -> list[Question]:
        """The saved questions, the one saved last first."""
        return [_read_question(text) for (text,) in reader.rows(tables.QUESTIONS)]

    def alerts(self, reader: Reader, limit: int = 100, offset: int = 0) -> list[Raised]:
        """Alerts raised and ended, the last one first."""
        return [Raised(_read_alert(text), at) for text, at in reader.rows(tables.ALERTS, (limit, offset))]

    def last_alert(self, reader: Reader, question: str) -> Raised | None:
        """What was last raised or ended by a question."""
        row = reader.row(tables.LAST_ALERT, (self._route_of_question(question), question))
        return Raised(_read_alert(row[0]), row[1]) if row else None

    def care(self, reader: Reader, friction: str) -> Care | None:
        """The care of a friction; None while nobody said anything."""
        row = reader.row(tables.CARE, (route_of(self.subject_of_friction(friction)), friction))
        return _read_care(row[0]) if row else None

    def cares(self, reader: Reader) -> list[Care]:
        """The care of every friction that somebody cares for."""
        return [_read_care(text) for (text,) in reader.rows(tables.CARES)]

    def question_id(self, name: str) -> str:
        """The id of a question: the same for the same name."""
        return f"q-{self._digest(f'question called {name.strip()}').hex()[:16]}"

    def subject_of_question(self, question: str) -> bytes:
        """How the log names a question."""
        return self._digest(f"question:{question}")

    def subject_of_friction(self, friction: str) -> bytes:
        """How the log names a friction."""
        return self._digest(f"friction:{friction}")

    def subjects(self, reader: Reader) -> list[bytes]:
        """How the log names every question ever saved and every friction that somebody cared for."""
        questions = [self.subject_of_question(name) for (name,) in reader.rows(tables.KNOWN_QUESTIONS)]
        return questions + [self.subject_of_friction(name) for (name,) in reader.rows(tables.KNOWN_FRICTIONS)]

    # -- inside

    def _known(self, reader: Reader, name: str) -> tuple[str | None, Question | None]:
        row = reader.row(tables.QUESTION, (self._route_of_question(name), name))
        return (row[0], _read_question(row[1])) if row else (None, None)

    def _question_row(self, fact: Fact) -> Row:
        state = "saved" if fact.kind == SAVED else "dropped"
        question = msgspec.structs.replace(_told(fact, Question), by=fact.properties["by"])
        route = self._route_of_question(question.id)
        return (route, question.id, state, fact.occurred_at, fact.seq, _encode(question).decode())

    def _alert_row(self, fact: Fact) -> Row:
        alert = _told(fact, Alert)
        route = self._route_of_question(alert.question)
        return (
            route, alert.question, alert.id, alert.state, fact.occurred_at, fact.seq, _encode(alert).decode(),
        )  # fmt: skip

    def _care_row(self, fact: Fact) -> Row:
        care = msgspec.structs.replace(_told(fact, Care), by=fact.properties["by"])
        route = route_of(self.subject_of_friction(care.friction))
        return (
            route, care.friction, care.state, care.owner, fact.occurred_at, fact.seq, _encode(care).decode(),
        )  # fmt: skip

    def _route_of_question(self, question: str) -> int:
        return route_of(self.subject_of_question(question))


def _told(fact: Fact, kind: type[Thing]) -> Thing:
    return msgspec.convert(fact.properties["said"], kind)
