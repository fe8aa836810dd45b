"""What a model proposes of who is who, until somebody decides: proposals are no evidence and glue nobody."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from noline.kernel.clock import Micros
from noline.kernel.events import route_of
from noline.stores.transactional import Reader, Transaction
from noline.truth.customers import tables
from noline.truth.customers.model import SAME, ModelLink, Subject

Reason = tuple[str, str, float]
"""A field, how far it agrees in words, and the bits it adds."""

_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two identifiers, each the strongest of a person, that may be one person.

    weight: log2 of the odds in thousandths. probability, household: that they are one person, or two of one household.
    sure: clear enough to be applied without a look.
    """

    one: Subject
    other: Subject
    weight: int
    probability: float
    household: float
    sure: bool
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the model. summary: what was done, in numbers; model: what scoring needs."""

    id: str
    planned_at: Micros
    summary: dict[str, Any]
    model: dict[str, Any]


class Suggestions:
    """The proposals of the latest run."""

    def propose(self, tx: Transaction, run: Run, found: Iterable[Suggestion]) -> None:
        """Put a run in the place of the one before."""
        tables.clear_runs(tx)
        tables.add_run(
            tx, run.id, run.planned_at, json.dumps(run.summary, sort_keys=True), json.dumps(run.model, sort_keys=True)
        )
        tables.add_suggestions(
            tx,
            [
                (
                    route_of(one.one), one.one, route_of(one.other), one.other, run.id, one.weight,
                    round(one.probability * 1_000_000), round(one.household * 1_000_000), int(one.sure), 0,
                    json.dumps(one.reasons),
                )
                for one in found
            ],
        )  # fmt: skip

    def run(self, reader: Reader) -> Run | None:
        """The latest run; None before the first."""
        row = tables.latest_run(reader)
        return None if row is None else Run(row[0], row[1], json.loads(row[2]), json.loads(row[3]))

    def sure(self, reader: Reader, run: Run) -> list[ModelLink]:
        """What is clear enough to be applied, as the links of a batch that is called as the run."""
        rows = tables.suggested(reader, sure=True, limit=2**62)
        return [ModelLink(min(row[0], row[1]), max(row[0], row[1]), row[2], run.id, run.planned_at) for row in rows]

    def waiting(self, reader: Reader, limit: int) -> list[Suggestion]:
        """What waits for somebody to look at, the likeliest first; not what was decided meanwhile.

        Once a run was applied, that is also what was sure and yet refused, such as two accounts of one person.
        """
        found: list[Suggestion] = []
        offset = 0
        applied = tables.is_applied(reader)
        while len(found) < limit:
            rows = tables.suggested(reader, sure=None if applied else False, limit=_LOOKED_AT, offset=offset)
            found += [one for one in map(_suggestion, rows) if self._is_open(reader, one)]
            if len(rows) < _LOOKED_AT:
                break
            offset += _LOOKED_AT
        return found[:limit]

    def put_off(self, tx: Transaction, one: Subject, other: Subject, at: Micros) -> int:
        """Look at these two later; answers how many suggestions that were (0 or 1)."""
        return tables.put_off(tx, one, other, at)

    @staticmethod
    def _is_open(reader: Reader, one: Suggestion) -> bool:
        standing = tables.identifiers(reader, sorted((one.one, one.other)))
        if len(standing) < 2 or standing[one.one].person == standing[one.other].person:
            return False
        ends = ({one.one}, {one.other})
        return not any(
            decision.kind != SAME and _stands_between(decision.one, decision.other, ends)
            for decision in tables.decisions_of(reader, [one.one])
        )


def _stands_between(one: frozenset[Subject], other: frozenset[Subject], ends: Sequence[set[Subject]]) -> bool:
    return bool((one & ends[0] and other & ends[1]) or (one & ends[1] and other & ends[0]))


def _suggestion(row: Any) -> Suggestion:
    one, other, weight, probability, household, sure, reasons = row
    told = tuple((str(field), str(words), float(bits)) for field, words, bits in json.loads(reasons))
    return Suggestion(one, other, weight, probability / 1_000_000, household / 1_000_000, bool(sure), told)
