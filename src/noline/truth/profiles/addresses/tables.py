"""The SQL of the addresses."""

from collections.abc import Iterable, Iterator, Sequence

from noline.kernel.clock import Micros
from noline.kernel.events import route_of
from noline.stores.portions import marks, portions
from noline.stores.transactional import Reader, Row, Transaction

TABLES = {"addresses": ("route_key", "subject", "place", "trust", "first_at", "last_at")}
"""The table with the columns that must be as a rebuild makes them."""

_ADD = """
INSERT INTO addresses (route_key, subject, place, trust, first_at, last_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, place) DO UPDATE SET
    trust = CASE WHEN excluded.trust > addresses.trust THEN excluded.trust ELSE addresses.trust END,
    first_at = CASE WHEN excluded.first_at < addresses.first_at THEN excluded.first_at ELSE addresses.first_at END,
    last_at = CASE WHEN excluded.last_at > addresses.last_at THEN excluded.last_at ELSE addresses.last_at END
"""
_OF = "SELECT subject, place, trust, first_at, last_at FROM addresses WHERE route_key IN ({marks})"


def add(tx: Transaction, rows: Iterable[tuple[bytes, bytes, int, Micros, Micros]]) -> None:
    """Keep addresses (subject, place, trust, first told, last told)."""
    tx.run_many(_ADD, sorted((route_of(row[0]), *row) for row in rows))


def of_subjects(reader: Reader, subjects: Sequence[bytes]) -> Iterator[Row]:
    """The addresses of these subjects."""
    wanted = set(subjects)
    for some in portions([route_of(subject) for subject in subjects]):
        yield from (row for row in reader.rows(_OF.format(marks=marks(len(some))), some) if row[0] in wanted)


def at(reader: Reader, place: bytes, limit: int) -> list[bytes]:
    """Whose address this is or was, so many of them at most."""
    rows = reader.rows("SELECT subject FROM addresses WHERE place = ? ORDER BY subject LIMIT ?", (place, limit))
    return [subject for (subject,) in rows]


def erase(tx: Transaction, subjects: Sequence[bytes]) -> int:
    """Delete the addresses of these subjects; answers how many."""
    own = [(route_of(subject), subject) for subject in subjects]
    return tx.run_many("DELETE FROM addresses WHERE route_key = ? AND subject = ?", own)
