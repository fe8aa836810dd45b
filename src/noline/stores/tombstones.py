"""Tombstones: names that were erased, as keyed digests that nobody can read, so that an old message brings none back.

Beside them stand the receipts of erasures, and what an erasure still has to do outside the store.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Identifier, route_of
from noline.stores import rows
from noline.stores.portions import marks as places
from noline.stores.portions import portions
from noline.stores.transactional import Reader, Transaction

MARK_BYTES = 16

_BURY = """
INSERT INTO tombstones (route_key, mark, number, erased_at)
VALUES (?, ?, (SELECT coalesce(max(number), 0) + 1 FROM tombstones), ?)
ON CONFLICT (route_key, mark) DO UPDATE SET
    number = excluded.number,
    erased_at = CASE
        WHEN excluded.erased_at > tombstones.erased_at THEN excluded.erased_at ELSE tombstones.erased_at
    END
"""
_KEEP_RECEIPT = """
INSERT INTO erasures (route_key, receipt, erased_at, erased_by, reason, marks, told, to_do)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
_KEEP_PERSON = """
INSERT INTO erased_people (route_key, mark, receipt, erased_at) VALUES (?, ?, ?, ?)
ON CONFLICT (route_key, mark) DO UPDATE SET receipt = excluded.receipt, erased_at = excluded.erased_at
"""
_LINKED = "SELECT DISTINCT subject, other, trust FROM links WHERE route_key IN ({marks})"
_DECIDED_WITH = """
SELECT ends.subject, others.subject FROM decision_ends AS ends
JOIN decision_ends AS others ON others.decision = ends.decision
WHERE ends.route_key IN ({marks})
"""
_MATCHED_WITH = "SELECT subject, other FROM model_links WHERE route_key IN ({marks})"


@dataclass(frozen=True, slots=True)
class Receipt:
    """That a person was erased, when, by whom and why, and what it came to; nothing that says who it was.

    told: counts by what was counted, and the receivers who had been sent events. done: nothing is left to do.
    """

    id: str
    erased_at: Micros
    by: str
    reason: str
    told: Mapping[str, Any]
    done: bool


@dataclass(frozen=True, slots=True)
class ToDo:
    """What an erasure has to do outside the store: records whose touchpoints changed, and names to take out."""

    positions: tuple[int, ...] = ()
    routes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An erasure as the ledger beside the hub keeps it."""

    receipt: str
    erased_at: Micros
    by: str
    reason: str
    marks: tuple[bytes, ...]


def mark_of(digest: Digest, name: Identifier) -> bytes:
    """The tombstone of a name; it is no subject of the log, and cannot be told from chance without the secret."""
    return digest(f"erased:{name.namespace}:{name.value}")


class Tombstones:
    """The tombstones of one hub, remembered: while there are none, asking costs nothing."""

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest
        self._erased_at: dict[bytes, Micros] = {}
        self._seen = -1

    def forget(self) -> None:
        """A transaction was undone, or tombstones were set: read them anew."""
        self._erased_at = {}
        self._seen = -1

    @property
    def any(self) -> bool:
        """Whether there are tombstones at all, as far as was looked."""
        return bool(self._erased_at)

    def look(self, reader: Reader, *, again: bool) -> bool:
        """Read what is new; answers whether there are any. again: another process may have set some."""
        if again or self._seen < 0:
            found = reader.rows("SELECT number, mark, erased_at FROM tombstones WHERE number > ?", (self._seen,))
            self._erased_at.update((mark, erased_at) for _, mark, erased_at in found)
            self._seen = max([0, self._seen, *(number for number, _, _ in found)])
        return bool(self._erased_at)

    def suppress(self, names: Iterable[Identifier], occurred_at: Micros | None) -> bool:
        """Whether one of these names was erased after this happened; None: nobody knows when it happened."""
        for name in names:
            erased_at = self._erased_at.get(mark_of(self._digest, name))
            if erased_at is not None and (occurred_at is None or occurred_at < erased_at):
                return True
        return False


def bury(tx: Transaction, marks: Iterable[bytes], erased_at: Micros) -> int:
    """Set tombstones; answers how many."""
    return tx.run_many(_BURY, [(route_of(mark), mark, erased_at) for mark in sorted(set(marks))])


def keep_receipt(tx: Transaction, receipt: Receipt, marks: Sequence[bytes], to_do: ToDo, digest: Digest) -> None:
    """Keep a receipt with what is still to be done."""
    tx.run(
        _KEEP_RECEIPT,
        (
            _route(digest, receipt.id), receipt.id, receipt.erased_at, receipt.by, receipt.reason,
            b"".join(sorted(marks)), msgspec.json.encode(receipt.told).decode(), msgspec.json.encode(to_do).decode(),
        ),
    )  # fmt: skip


def keep_people(tx: Transaction, people: Iterable[str], receipt: Receipt, digest: Digest) -> None:
    """Keep under which receipt these people were erased; their ids cannot be read from it."""
    marks = [_person_mark(digest, person) for person in sorted(set(people))]
    tx.run_many(_KEEP_PERSON, [(route_of(mark), mark, receipt.id, receipt.erased_at) for mark in marks])


def receipt(reader: Reader, number: str, digest: Digest) -> Receipt | None:
    """The receipt of that id."""
    row = reader.row(
        "SELECT receipt, erased_at, erased_by, reason, told, to_do FROM erasures WHERE route_key = ? AND receipt = ?",
        (_route(digest, number), number),
    )
    if row is None:
        return None
    *head, told, to_do = row
    return Receipt(*head, told=msgspec.json.decode(told), done=not to_do)


def receipt_of_person(reader: Reader, person: str, digest: Digest) -> Receipt | None:
    """The receipt under which the person of that id was erased."""
    mark = _person_mark(digest, person)
    row = reader.row("SELECT receipt FROM erased_people WHERE route_key = ? AND mark = ?", (route_of(mark), mark))
    return receipt(reader, row[0], digest) if row else None


def unfinished(reader: Reader) -> list[tuple[Entry, ToDo]]:
    """Erasures that have something left to do, oldest first."""
    found = reader.rows(
        "SELECT receipt, erased_at, erased_by, reason, marks, to_do FROM erasures WHERE to_do <> '' ORDER BY erased_at"
    )
    return [(_entry(*head, marks=marks), msgspec.json.decode(to_do, type=ToDo)) for *head, marks, to_do in found]


def done(tx: Transaction, number: str, told: Mapping[str, Any], digest: Digest) -> None:
    """Nothing is left to do for this receipt; `told` is added to what it tells."""
    known = receipt(tx, number, digest)
    if known is not None:
        tx.run(
            "UPDATE erasures SET told = ?, to_do = '' WHERE route_key = ? AND receipt = ?",
            (msgspec.json.encode({**known.told, **told}).decode(), _route(digest, number), number),
        )


def linked(reader: Reader, subjects: Iterable[bytes]) -> Iterator[tuple[bytes, bytes, int]]:
    """Every link of these names of the log, as (name, other name, trust)."""
    wanted = set(subjects)
    for some in portions([route_of(subject) for subject in sorted(wanted)]):
        for near, far, trust in reader.rows(_LINKED.format(marks=places(len(some))), some):
            if near in wanted:
                yield near, far, trust


def decided_with(reader: Reader, subjects: Iterable[bytes]) -> set[bytes]:
    """Names of the log of which a person or a model decided something together with one of these."""
    wanted = set(subjects)
    found: set[bytes] = set()
    for some in portions([route_of(subject) for subject in sorted(wanted)]):
        for sql in (_DECIDED_WITH, _MATCHED_WITH):
            found.update(far for near, far in reader.rows(sql.format(marks=places(len(some))), some) if near in wanted)
    return found - wanted


def forget_reasons(tx: Transaction, decisions: Iterable[tuple[int, str]]) -> None:
    """Take the reasons out of decisions (route key, id): they are what somebody wrote of people."""
    tx.run_many("UPDATE decisions SET reason = '' WHERE route_key = ? AND decision = ?", decisions)


def identifiers(reader: Reader) -> Iterator[tuple[bytes, Identifier]]:
    """Every name that is known, with its subject; what restoring an old backup looks through."""
    for stretch in rows.stretches(reader, "identifiers", ("subject", "namespace", "value")):
        for subject, namespace, value in stretch:
            yield subject, Identifier(namespace, value)


def wipe_answers(tx: Transaction, rows_of: Iterable[tuple[str, str]]) -> int:
    """Take the content out of answers that were kept under (caller, idempotency key)."""
    return tx.run_many(
        "UPDATE command_results SET answer = ? WHERE caller = ? AND idempotency_key = ?",
        [(b"{}", caller, key) for caller, key in rows_of],
    )


def answers(reader: Reader) -> Iterator[tuple[str, str, bytes]]:
    """Every answer kept under an idempotency key: (caller, key, answer)."""
    for stretch in rows.stretches(reader, "command_results", ("caller", "idempotency_key", "answer")):
        yield from stretch


def _entry(receipt_id: str, erased_at: Micros, by: str, reason: str, *, marks: bytes) -> Entry:
    each = tuple(marks[start : start + MARK_BYTES] for start in range(0, len(marks), MARK_BYTES))
    return Entry(receipt_id, erased_at, by, reason, each)


def _route(digest: Digest, receipt_id: str) -> int:
    return route_of(digest(f"receipt:{receipt_id}"))


def _person_mark(digest: Digest, person: str) -> bytes:
    return digest(f"erased person:{person}")
