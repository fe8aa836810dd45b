"""The door of the offers: it listens to what was drawn and answered, and tells it of one customer and of all."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.portions import portions
from noline.stores.transactional import Reader, Transaction
from noline.stores.transactional import Row as StoreRow
from noline.truth.offers import tables
from noline.truth.offers.model import ARMS, KINDS, OF_DRAW, Answered, Drawn, Record, Row, rank, row_of

_Key = tuple[str, str]
"""A programme and what was told of it."""


class Draw(NamedTuple):
    """What one subject drew in a programme. terms: of the experiment; "" where nobody told them (`model.terms_of`)."""

    subject: bytes
    arm: str
    at: Micros
    until: Micros
    terms: str = ""


class LastDraw(NamedTuple):
    """The last draw of a customer in a programme. id: of its deed. subject: under which it is filed."""

    id: str
    subject: bytes
    arm: str


class Overruled(NamedTuple):
    """Why an associate decided against an offer. subject: of the customer."""

    reason: str
    by: str
    at: Micros
    subject: bytes


def _when(row: StoreRow) -> tuple[Micros, str]:
    """When it was told of, of one moment by the name of the message."""
    return (row[1], row[2])


class Offers:
    """What was offered to the customers of one hub."""

    name = "offers"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what was drawn and answered; what is known already counts no second time.

        Of the answers to one draw the last one stands, whichever was heard first.
        """
        by_key: dict[_Key, list[Row]] = defaultdict(list)
        new: Counter[_Key] = Counter()
        for row in filter(None, map(row_of, facts)):
            if row.message_id.startswith(OF_DRAW):
                new.update(_settled(tx, row))
            else:
                by_key[row.programme, row.told].append(row)
        for key, rows in by_key.items():
            new[key] += tx.run_many(tables.KEEP, [(route_of(row.subject), *row) for row in rows])
        self._count(tx, new)
        if any(times < 0 for times in new.values()):
            tx.run(tables.DROP_EMPTY_COUNTS)

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
        own = set(subjects)
        found = [
            row
            for some in portions([route_of(subject) for subject in sorted(own)])
            for row in reader.rows(tables.told_of(len(some)), some)
            if row[0] in own
        ]
        draws: list[Drawn] = []
        answers: list[Answered] = []
        for _, at, _, programme, told, until, reason, by in sorted(found, key=_when):
            if told in ARMS:
                draws.append(Drawn(programme, told, at, until))
            else:
                answers.append(Answered(programme, told, at, reason, by))
        return Record(tuple(draws), tuple(answers))

    def last_draw(self, reader: Reader, subjects: Sequence[bytes], programme: str) -> LastDraw | None:
        """What a customer drew last in a programme; None when the customer never drew."""
        own = set(subjects)
        found = [
            row
            for some in portions([route_of(subject) for subject in sorted(own)])
            for row in reader.rows(tables.told_of(len(some)), some)
            if row[0] in own and row[3] == programme and row[4] in ARMS
        ]
        last = max(found, key=_when, default=None)
        return None if last is None else LastDraw(last[2], bytes(last[0]), last[4])

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
        found = reader.rows(tables.OVERRULED, (programme, limit))
        return [Overruled(reason, by, at, bytes(subject)) for reason, by, at, subject in found]

    # -- inside

    def _count(self, tx: Transaction, changes: Mapping[_Key, int]) -> None:
        rows = [
            (route_of(self._digest(f"programme:{programme}")), programme, told, times)
            for (programme, told), times in changes.items()
            if times
        ]
        tx.run_many(tables.COUNT, rows)


def _settled(tx: Transaction, row: Row) -> dict[_Key, int]:
    """Keep an answer to a draw unless a later one stands; answers how the counts change."""
    where = (route_of(row.subject), row.message_id)
    before = tx.row(tables.ANSWER, where)
    if before is None:
        tx.run(tables.KEEP, (where[0], *row))
        return {(row.programme, row.told): 1}
    stands = Row(bytes(before[0]), *before[1:])
    if rank(row) <= rank(stands):
        return {}
    tx.run(tables.ANSWER_AGAIN, (row.told, row.at, row.reason, row.by, *where))
    if row.told == stands.told:
        return {}
    return {(stands.programme, stands.told): -1, (row.programme, row.told): 1}
