"""The door of the aims: it listens to charters, goals and check-ins, and answers how they stand."""

from typing import TypeVar

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, Json, route_of
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.aims import tables
from noline.truth.aims.model import Charter, Checked, CheckIn, Goal

STATED = "Charter Stated"
SET, DROPPED = "Goal Set", "Goal Dropped"
CHECKED = "Goal Checked"

KINDS = frozenset({STATED, SET, DROPPED, CHECKED})
"""The words this room listens to."""

EXACT = frozenset({"id", "channel", "main", "others", "since", "aim", "goal", "until", "measured", "status"})
"""What in a deed of this room is no text that people write: rows are found and numbers are read by it."""

Thing = TypeVar("Thing", Charter, Goal, CheckIn)

_read_charter = msgspec.json.Decoder(Charter).decode
_read_goal = msgspec.json.Decoder(Goal).decode
_read_check_in = msgspec.json.Decoder(CheckIn).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def said(thing: Charter | Goal | CheckIn) -> Json:
    """The properties of a deed that tells of a charter, a goal or a check-in; who did it stands beside them."""
    return {"said": msgspec.to_builtins(thing)}


class Aims:
    """The aims of one hub."""

    name = "aims"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was stated, set, dropped and checked."""
        of_kinds = {kind: [fact for fact in facts if fact.kind == kind] for kind in KINDS}
        tx.run_many(tables.KEEP_CHARTER, [self._charter_row(fact) for fact in of_kinds[STATED]])
        tx.run_many(tables.KEEP_GOAL, [self._goal_row(fact) for fact in of_kinds[SET] + of_kinds[DROPPED]])
        tx.run_many(tables.KEEP_CHECK_IN, [self._check_in_row(fact) for fact in of_kinds[CHECKED]])

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    # -- what is asked

    def charter(self, reader: Reader, channel: str) -> Charter | None:
        """The charter of a channel or unit; None while nobody stated one."""
        row = reader.row(tables.CHARTER, (route_of(self.subject_of_charter(channel)), channel))
        return _read_charter(row[0]) if row else None

    def charters(self, reader: Reader) -> list[Charter]:
        """The charter of every channel and unit that has one, by name."""
        return [_read_charter(text) for (text,) in reader.rows(tables.CHARTERS)]

    def goal(self, reader: Reader, goal: str) -> Goal | None:
        """A goal by its id; None when there is none now."""
        state, found = self._known(reader, goal)
        return found if state == "set" else None

    def was_set(self, reader: Reader, goal: str) -> bool:
        """Whether a goal of that id was ever set."""
        return self._known(reader, goal)[0] is not None

    def goals(self, reader: Reader) -> list[Goal]:
        """The goals, the one that is due first at the top."""
        return [_read_goal(text) for (text,) in reader.rows(tables.GOALS)]

    def check_ins(self, reader: Reader, goal: str, limit: int = 100, offset: int = 0) -> list[Checked]:
        """The looks at a goal, the last one first."""
        rows = reader.rows(tables.CHECK_INS, (self._route_of_goal(goal), goal, limit, offset))
        return [Checked(_read_check_in(text), at) for text, at in rows]

    def check_ins_since(self, reader: Reader, goal: str, since: Micros) -> list[Checked]:
        """The looks at a goal from an instant on, in the order of the log."""
        rows = reader.rows(tables.CHECK_INS_SINCE, (self._route_of_goal(goal), goal, since))
        return [Checked(_read_check_in(text), at) for text, at in rows]

    def goal_id(self, name: str) -> str:
        """The id of a goal: the same for the same name."""
        return f"g-{self._digest(f'goal called {name.strip()}').hex()[:16]}"

    def subject_of_charter(self, channel: str) -> bytes:
        """How the log names the charter of a channel or unit."""
        return self._digest(f"charter:{channel}")

    def subject_of_goal(self, goal: str) -> bytes:
        """How the log names a goal."""
        return self._digest(f"goal:{goal}")

    def subjects(self, reader: Reader) -> list[bytes]:
        """How the log names every charter ever stated and every goal ever set."""
        charters = [self.subject_of_charter(name) for (name,) in reader.rows(tables.KNOWN_CHARTERS)]
        return charters + [self.subject_of_goal(name) for (name,) in reader.rows(tables.KNOWN_GOALS)]

    # -- inside

    def _known(self, reader: Reader, goal: str) -> tuple[str | None, Goal | None]:
        row = reader.row(tables.GOAL, (self._route_of_goal(goal), goal))
        return (row[0], _read_goal(row[1])) if row else (None, None)

    def _charter_row(self, fact: Fact) -> Row:
        charter = _told(fact, Charter)
        route = route_of(self.subject_of_charter(charter.channel))
        return (
            route, charter.channel, charter.main, charter.owner, fact.occurred_at, fact.seq, _encode(charter).decode(),
        )  # fmt: skip

    def _goal_row(self, fact: Fact) -> Row:
        state = "set" if fact.kind == SET else "dropped"
        goal = _told(fact, Goal)
        return (
            self._route_of_goal(goal.id), goal.id, state, goal.aim.due, fact.occurred_at, fact.seq,
            _encode(goal).decode(),
        )  # fmt: skip

    def _check_in_row(self, fact: Fact) -> Row:
        found = _told(fact, CheckIn)
        return (
            self._route_of_goal(found.goal), found.goal, found.id, found.status, fact.occurred_at, fact.seq,
            _encode(found).decode(),
        )  # fmt: skip

    def _route_of_goal(self, goal: str) -> int:
        return route_of(self.subject_of_goal(goal))


def _told(fact: Fact, kind: type[Thing]) -> Thing:
    """What a deed tells, with who did it."""
    return msgspec.structs.replace(msgspec.convert(fact.properties["said"], kind), by=fact.properties["by"])
