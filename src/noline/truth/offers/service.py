"""The door of the offers: it listens to what was drawn and answered, and tells it of one customer and of all."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Transaction
from noline.truth.offers import tables
from noline.truth.offers.model import ARMS, KINDS, Answered, Drawn, Record, Row, row_of

_Key = tuple[str, str]
"""A programme and what was told of it."""


class Draw(NamedTuple):
    """What one subject drew in a programme."""

    subject: bytes
    arm: str
    at: Micros
    until: Micros


class Overruled(NamedTuple):
    """Why an associate decided against an offer."""

    reason: str
    by: str
    at: Micros


class Offers:
    """What was offered to the customers of one hub."""

    name = "offers"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was drawn and answered; what is known already counts no second time."""
        by_key: dict[_Key, list[Row]] = defaultdict(list)
        for fact in facts:
            row = row_of(fact)
            if row is not None:
                by_key[row.programme, row.told].append(row)
        new: Counter[_Key] = Counter()
        for key, rows in by_key.items():
            new[key] = tx.run_many(tables.KEEP, [(route_of(row.subject), *row) for row in rows])
        self._count(tx, new)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Delete what was drawn and answered of these subjects, also from the counts; answers how many rows."""
        gone: Counter[_Key] = Counter()
        for subject in set(subjects):
            where = (route_of(subject), subject)
            for programme, told, times in tx.rows(tables.COUNTS_OF, where):
                gone[programme, told] -= times
            tx.run(tables.FORGET, where)
        self._count(tx, gone)
        if gone:
            tx.run(tables.DROP_EMPTY_COUNTS)
        return -sum(gone.values())

    # -- what is asked

    def of(self, reader: Reader, subjects: Sequence[bytes]) -> Record:
        """What was drawn for a customer and answered, asked for by the subjects of all names of the customer."""
        draws: list[Drawn] = []
        answers: list[Answered] = []
        for some in portions([(route_of(subject), subject) for subject in sorted(set(subjects))]):
            for programme, told, at, until, reason, by in reader.rows(tables.told_of(len(some)), flat(some)):
                if told in ARMS:
                    draws.append(Drawn(programme, told, at, until))
                else:
                    answers.append(Answered(programme, told, at, reason, by))
        if len(subjects) > 1:
            draws.sort(key=lambda one: one.at)
            answers.sort(key=lambda one: one.at)
        return Record(tuple(draws), tuple(answers))

    def counts(self, reader: Reader) -> dict[str, dict[str, int]]:
        """By programme how often each arm was drawn and each answer given, over all customers."""
        found: dict[str, dict[str, int]] = defaultdict(dict)
        for programme, told, times in reader.rows(tables.COUNTS):
            found[programme][told] = times
        return dict(found)

    def draws(self, reader: Reader, programme: str) -> list[Draw]:
        """Every draw in a programme, the earliest first."""
        return [Draw(bytes(subject), *rest) for subject, *rest in reader.rows(tables.DRAWS, (programme,))]

    def overruled(self, reader: Reader, programme: str, limit: int = 50) -> list[Overruled]:
        """Why associates decided against a programme, the latest first."""
        return [Overruled(*row) for row in reader.rows(tables.OVERRULED, (programme, limit))]

    # -- inside

    def _count(self, tx: Transaction, changes: Mapping[_Key, int]) -> None:
        rows = [
            (route_of(self._digest(f"programme:{programme}")), programme, told, times)
            for (programme, told), times in changes.items()
            if times
        ]
        tx.run_many(tables.COUNT, rows)
