"""The door of the papers of goods: it listens to what became of them, and answers how far each has come."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from noline.kernel.events import Digest, Fact, Json, route_of
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.goods import tables
from noline.truth.goods.model import Closing, Count, Paper, Return, ShortPick, Step, Transfer

TRANSFER_CHANGED, COUNT_CHANGED, RETURN_CHANGED = "Transfer Changed", "Count Changed", "Return Changed"
TASK_CLOSED = "Task Closed"
_PAPER_KINDS = {Transfer: TRANSFER_CHANGED, Count: COUNT_CHANGED, Return: RETURN_CHANGED}
_NAMES = {Transfer: "transfer", Count: "count", Return: "return"}

KINDS = frozenset({*_PAPER_KINDS.values(), TASK_CLOSED})
"""The words this room listens to."""

_read = msgspec.json.Decoder(Paper).decode


class Kept(NamedTuple):
    """A paper and the place in the log of what was last said of it."""

    paper: Paper
    seq: int


def kind_of(paper: Paper) -> str:
    """The word of a deed that tells of a paper."""
    return _PAPER_KINDS[type(paper)]


def paper_said(paper: Paper) -> Json:
    """The properties of a deed that tells of a paper."""
    return {"said": msgspec.to_builtins(paper)}


def task_closed(task: str, reason: str, about: Json) -> Json:
    """The properties of `Task Closed`. about: what the task was, for whoever reads the log."""
    return {"task": task, "reason": reason, "about": about}


class Goods:
    """The papers of one hub."""

    name = "goods"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what became of papers and tasks."""
        self._keep_papers(tx, [fact for fact in facts if fact.kind in _PAPER_KINDS.values()])
        closings = [fact for fact in facts if fact.kind == TASK_CLOSED]
        tx.run_many(tables.KEEP_CLOSING, [self._closing_row(fact) for fact in closings])

    def reword(self, tx: Transaction, facts: list[Fact]) -> None:
        """Let papers and closings that were folded say what they say now."""
        self.take(tx, [fact for fact in facts if fact.kind in KINDS])

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    # -- what is asked

    def paper(self, reader: Reader, name: str) -> Paper | None:
        """A paper as it stands; None when nobody knows it."""
        row = reader.row(tables.PAPER, (self._route_of(name), name))
        return _read(row[0]) if row else None

    def papers(
        self,
        reader: Reader,
        kind: type[Paper],
        *,
        location: str | None = None,
        states: Sequence[str] = (),
        limit: int = 100,
        offset: int = 0,
    ) -> list[Kept]:
        """Papers of a kind, touched last first; of a transfer both its ends are locations."""
        places = () if location is None else (location, location)
        question = tables.papers(states, anywhere=location is None)
        rows = reader.rows(question, (_NAMES[kind], *states, *places, limit, offset))
        return [Kept(_read(said), seq) for said, seq in rows]

    def returns_of(self, reader: Reader, order_id: str) -> list[Return]:
        """The returns of an order, the first announced first."""
        found = [_read(said) for (said,) in reader.rows(tables.PAPERS_OF_ORDER, (order_id,))]
        return [one for one in found if isinstance(one, Return)]

    def steps(self, reader: Reader, name: str) -> list[Step]:
        """Who did what with a paper, the first step first."""
        return [Step(*row) for row in reader.rows(tables.STEPS, (self._route_of(name), name))]

    def short_picks(self, reader: Reader, limit: int = 1000) -> list[ShortPick]:
        """The latest short pick of each item and place, the last one first."""
        return [ShortPick(*row) for row in reader.rows(tables.SHORT_PICKS, (limit,))]

    def closings(self, reader: Reader, tasks: Iterable[str]) -> dict[str, Closing]:
        """Which of these tasks somebody closed, and how."""
        found: dict[str, Closing] = {}
        for some in portions([(self._route_of_task(task), task) for task in tasks]):
            rows = reader.rows(tables.closings(len(some)), flat(some))
            found |= {row[0]: Closing(*row) for row in rows}
        return found

    def subject_of(self, name: str) -> bytes:
        """How the log names a paper, or another document of goods."""
        return self._digest(f"paper:{name}")

    def subject_of_task(self, task: str) -> bytes:
        """How the log names a task."""
        return self._digest(f"task:{task}")

    def task_id(self, kind: str, *about: str) -> str:
        """The id of a task: the same for the same thing."""
        return f"task-{self._digest(f'task about {kind}:' + msgspec.json.encode(about).decode()).hex()[:16]}"

    # -- inside

    def _keep_papers(self, tx: Transaction, facts: list[Fact]) -> None:
        told = [(fact, msgspec.convert(fact.properties["said"], Paper)) for fact in facts]
        tx.run_many(tables.KEEP_PAPER, [self._paper_row(fact, paper) for fact, paper in told])
        tx.run_many(tables.KEEP_STEP, [self._step_row(fact, paper) for fact, paper in told])
        shorts = [row for fact, paper in told for row in self._short_rows(fact, paper)]
        tx.run_many(tables.KEEP_SHORT_PICK, shorts)

    def _paper_row(self, fact: Fact, paper: Paper) -> Row:
        location = paper.source if isinstance(paper, Transfer) else paper.location
        target = paper.target if isinstance(paper, Transfer) else ""
        order_id = paper.order_id if isinstance(paper, Return) else ""
        said = msgspec.json.encode(paper).decode()
        return (
            self._route_of(paper.id), paper.id, _NAMES[type(paper)], paper.state, location, target, order_id,
            fact.occurred_at, fact.seq, said,
        )  # fmt: skip

    def _step_row(self, fact: Fact, paper: Paper) -> Row:
        actor = fact.properties["by"]
        return (self._route_of(paper.id), paper.id, fact.seq, paper.state, fact.occurred_at, actor)

    def _short_rows(self, fact: Fact, paper: Paper) -> list[Row]:
        """What a transfer could not take from its shelves."""
        if not isinstance(paper, Transfer) or paper.state != "picked":
            return []
        missing: dict[str, int] = {}
        for line in paper.lines:
            missing[line.sku] = missing.get(line.sku, 0) + line.units - (line.picked or 0)
        return [
            (
                route_of(self._digest(f"sku:{sku}")), sku, paper.source, paper.id, units, fact.occurred_at, fact.seq,
            )
            for sku, units in missing.items()
            if units
        ]  # fmt: skip

    def _closing_row(self, fact: Fact) -> Row:
        said: dict[str, Any] = fact.properties
        task = said["task"]
        return (self._route_of_task(task), task, said["reason"], said["by"], fact.occurred_at, fact.seq)

    def _route_of(self, name: str) -> int:
        return route_of(self.subject_of(name))

    def _route_of_task(self, task: str) -> int:
        return route_of(self.subject_of_task(task))
