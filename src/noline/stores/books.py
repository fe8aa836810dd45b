"""The books: what was received is accepted, duplicate, conflict or parked. Always.

Counters per source and hour, written in the commit of what they count; a CHECK holds the equality in the store.
"""

from collections import Counter
from collections.abc import Mapping
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


def hour_of(instant: Micros) -> Micros:
    """The hour under which the books count what came at this instant."""
    return instant // HOUR * HOUR


def enter(tx: Transaction, counts: Mapping[tuple[str, Micros], Counter[str]]) -> None:
    """Add outcomes of (source, hour) to the books."""
    for (source, hour), outcomes in counts.items():
        if outcomes:
            tx.run(_ADD, (source, hour, outcomes.total(), *(outcomes[name] for name in OUTCOMES)))


def pages(reader: Reader) -> list[Page]:
    """The books of each source, in all."""
    return [Page(*row) for row in reader.rows(_TOTAL)]


def hours(reader: Reader, limit: int = 200) -> list[Page]:
    """The latest hours of each source."""
    return [Page(*row) for row in reader.rows(_HOURS, (limit,))]
