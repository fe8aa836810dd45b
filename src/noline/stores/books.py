"""The books: what was received is accepted, duplicate, conflict or parked. Always.

Counters per source and hour, written in the commit of what they count; a CHECK holds the equality in the store.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from noline.kernel.clock import HOUR, Micros
from noline.stores.transactional import Reader, Transaction

OUTCOMES = ("accepted", "duplicate", "conflict", "parked")

_ADD = """
INSERT INTO books (source, hour, received, accepted, duplicate, conflict, parked)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, hour) DO UPDATE SET
    received = books.received + excluded.received,
    accepted = books.accepted + excluded.accepted,
    duplicate = books.duplicate + excluded.duplicate,
    conflict = books.conflict + excluded.conflict,
    parked = books.parked + excluded.parked
"""
_TOTAL = """
SELECT source, CAST(sum(received) AS BIGINT), CAST(sum(accepted) AS BIGINT), CAST(sum(duplicate) AS BIGINT),
       CAST(sum(conflict) AS BIGINT), CAST(sum(parked) AS BIGINT), max(hour)
FROM books GROUP BY source ORDER BY source
"""
_HOURS = """
SELECT source, received, accepted, duplicate, conflict, parked, hour
FROM books ORDER BY hour DESC, source LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Page:
    """The books of one source, in all or of one hour (`hour` in microseconds since 1970)."""

    source: str
    received: int
    accepted: int
    duplicate: int
    conflict: int
    parked: int
    hour: Micros

    @property
    def balanced(self) -> bool:
        """Whether nothing vanished."""
        return self.received == self.accepted + self.duplicate + self.conflict + self.parked


def enter(tx: Transaction, counts: Iterable[tuple[str, Micros, Counter[str]]]) -> None:
    """Add outcomes of (source, received at) to the books."""
    hours: dict[tuple[str, Micros], Counter[str]] = {}
    for source, received_at, outcomes in counts:
        page = (source, received_at // HOUR * HOUR)
        if page in hours:
            hours[page].update(outcomes)
        else:
            hours[page] = Counter(outcomes)
    for page, outcomes in hours.items():
        if outcomes:
            tx.run(_ADD, (*page, outcomes.total(), *(outcomes[name] for name in OUTCOMES)))


def pages(reader: Reader) -> list[Page]:
    """The books of each source, in all."""
    return [Page(*row) for row in reader.rows(_TOTAL)]


def hours(reader: Reader, limit: int = 200) -> list[Page]:
    """The latest hours of each source."""
    return [Page(*row) for row in reader.rows(_HOURS, (limit,))]
