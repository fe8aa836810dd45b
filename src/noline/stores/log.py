"""The one append-only log, and the one place where it grows.

A group of waiting requests becomes one transaction: records, dead letters, what the truth rooms make of them, and the
books. When `accept` returns, all of it is durable, and every item has its receipt.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Draft, Fact, Fold, Receipt, Record, Refusal
from noline.stores import books, dead_letters
from noline.stores.portions import flat, marks, portions
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.stores.vault import Vault

_INSERT = """
INSERT INTO log (seq, route_key, message_id, kind, subject, occurred_at, received_at, source, schema, body, body_hash)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, message_id) DO NOTHING
"""
_COLUMNS = "seq, route_key, message_id, kind, subject, occurred_at, received_at, source, schema, body, body_hash"
_BY_IDS = f"SELECT {_COLUMNS} FROM log WHERE (route_key, message_id) IN (VALUES {{marks}})"
_AFTER = f"SELECT {_COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?"

_SEALED = "+sealed"

_Key = tuple[int, str]


class Group(NamedTuple):
    """One request: whose it is, when it came, by which route, and its items."""

    source: str
    received_at: Micros
    route: str
    items: Sequence[Draft | Refusal]


class Sealed(msgspec.Struct, gc=False):
    """A draft with the key under which it is unique, its sealed body and its hash: ready for a row."""

    key: _Key
    draft: Draft
    body: bytes
    body_hash: bytes

    def row(self, seq: int) -> tuple[Any, ...]:
        """The row of the log at this position."""
        fact = self.draft.fact
        schema = self.draft.schema
        return (
            seq, fact.route_key, fact.message_id, fact.kind, fact.subject, fact.occurred_at, fact.received_at,
            fact.source, schema + _SEALED if self.draft.personal else schema, self.body, self.body_hash,
        )  # fmt: skip


class Log:
    """The log of one hub.

    comparable: makes of a body what it says apart from how it travelled; decides between duplicate and conflict.
    """

    def __init__(
        self,
        store: TransactionalStore,
        vault: Vault,
        folds: Sequence[Fold],
        comparable: Callable[[bytes], Any],
    ) -> None:
        """Wire the log of a store."""
        self._store = store
        self._vault = vault
        self._folds = folds
        self._comparable = comparable
        self._next_seq: int | None = None

    def accept(self, groups: Sequence[Group]) -> list[list[Receipt]]:
        """Make these requests durable in one commit and answer each item, in order."""
        with self._store.transaction() as tx:
            return self.accept_in(tx, groups)

    def accept_in(self, tx: Transaction, groups: Sequence[Group]) -> list[list[Receipt]]:
        """The same inside a transaction of the caller."""
        last = last_seq(tx)
        # A log that ends elsewhere than remembered says that a transaction of ours was undone.
        if tx.others_wrote or last + 1 != self._next_seq:
            self._forget()
            self._next_seq = last + 1
        drafts = [item for group in groups for item in group.items if isinstance(item, Draft)]
        receipts = iter(self._append(tx, self._seal(tx, drafts)))
        answers = [
            [next(receipts) if isinstance(item, Draft) else self._park(tx, group, item) for item in group.items]
            for group in groups
        ]
        outcomes: dict[tuple[str, Micros], list[str]] = {}
        for group, answer in zip(groups, answers, strict=True):
            page = outcomes.setdefault((group.source, books.hour_of(group.received_at)), [])
            page += [receipt.status for receipt in answer]
        counts = {page: Counter(statuses) for page, statuses in outcomes.items()}
        if any(outcome["conflict"] for outcome in counts.values()):
            self._keep_conflicts(tx, groups, answers)
        books.enter(tx, counts)
        return answers

    def fold_again(self, tx: Transaction, facts: list[Fact]) -> None:
        """Give facts that are in the log to the folds; what a room cannot take is kept as a dead letter."""
        for fold in self._folds:
            heard = facts if fold.kinds is None else [fact for fact in facts if fact.kind in fold.kinds]
            if heard:
                self._fold(tx, fold, heard)

    def _seal(self, tx: Transaction, drafts: list[Draft]) -> list[Sealed]:
        personal = [draft.fact for draft in drafts if draft.personal]
        keys = self._vault.keys_for(tx, [fact.subject for fact in personal])
        closed = self._vault.seal(
            keys,
            ((draft.fact.subject, draft.fact.message_id, draft.body) for draft in drafts if draft.personal),
            len(personal),
        )
        body_hash = self._vault.body_hash
        return [
            Sealed(
                (draft.fact.route_key, draft.fact.message_id),
                draft,
                next(closed) if draft.personal else draft.body,
                body_hash(draft.body),
            )
            for draft in drafts
        ]

    def _append(self, tx: Transaction, sealed: list[Sealed]) -> list[Receipt]:
        """Insert what is new, fold it, and answer for each."""
        first: dict[_Key, Sealed] = {}
        for one in sealed:
            first.setdefault(one.key, one)
        known: dict[_Key, Record] = {} if self._inserted(tx, list(first.values())) else self._known(tx, list(first))
        fresh = [one for one in first.values() if one.key not in known] if known else list(first.values())
        if known:
            self._insert(tx, fresh)
        for seq, one in enumerate(fresh, self._seq):
            one.draft.fact.seq = seq
        self._next_seq = self._seq + len(fresh)
        self.fold_again(tx, [one.draft.fact for one in fresh])
        if len(fresh) == len(sealed):
            return [Receipt("accepted", seq=one.draft.fact.seq) for one in sealed]
        return [self._receipt(tx, one, first, known) for one in sealed]

    @property
    def _seq(self) -> int:
        return self._next_seq or 1

    def _inserted(self, tx: Transaction, new: list[Sealed]) -> bool:
        """Try to insert all as new; False (and nothing done) when some were there already."""
        try:
            with tx.savepoint():
                if self._insert(tx, new) != len(new):
                    raise _SomeKnown  # noqa: TRY301  only a raise takes a savepoint back
        except _SomeKnown:
            return False
        return True

    def _insert(self, tx: Transaction, new: list[Sealed]) -> int:
        if not new:
            return 0
        return tx.run_many(_INSERT, (one.row(seq) for seq, one in enumerate(new, self._seq)))

    @staticmethod
    def _known(tx: Transaction, keys: list[_Key]) -> dict[_Key, Record]:
        found: dict[_Key, Record] = {}
        for some in portions(keys):
            for row in tx.rows(_BY_IDS.format(marks=marks(len(some), 2)), flat(some)):
                record = Record(*row)
                found[record.route_key, record.message_id] = record
        return found

    def _receipt(self, tx: Transaction, one: Sealed, first: dict[_Key, Sealed], known: dict[_Key, Record]) -> Receipt:
        earlier = known.get(one.key)
        if earlier is not None:
            same = earlier.body_hash == one.body_hash or self._says_the_same(tx, earlier, one.draft.body)
            return Receipt("duplicate" if same else "conflict", seq=earlier.seq)
        winner = first[one.key]
        seq = winner.draft.fact.seq
        if winner is one:
            return Receipt("accepted", seq=seq)
        same = winner.body_hash == one.body_hash or self._comparable(winner.draft.body) == self._comparable(
            one.draft.body
        )
        return Receipt("duplicate" if same else "conflict", seq=seq)

    def _says_the_same(self, reader: Reader, earlier: Record, body: bytes) -> bool:
        """Compare with the body in the log; an erased one can no longer disagree."""
        opened = self._opened_one(reader, earlier)
        return opened is None or self._comparable(opened) == self._comparable(body)

    def _park(self, tx: Transaction, group: Group, refusal: Refusal) -> Receipt:
        raw_hash = self._vault.body_hash(refusal.raw)
        number = dead_letters.park(tx, group.source, refusal, raw_hash, group.received_at, route=group.route)
        return Receipt("parked", id=number, code=refusal.code, path=refusal.pointer)

    def _keep_conflicts(self, tx: Transaction, groups: Sequence[Group], answers: list[list[Receipt]]) -> None:
        """An item that contradicts its earlier self is answered, and kept for somebody to look at."""
        for group, answer in zip(groups, answers, strict=True):
            for item, receipt in zip(group.items, answer, strict=True):
                if receipt.status == "conflict" and isinstance(item, Draft):
                    why = f"message {item.fact.message_id} is in the log with another body"
                    self._park(tx, group, Refusal("conflict", "/messageId", why, item.body))

    def _fold(self, tx: Transaction, fold: Fold, facts: list[Fact]) -> None:
        try:
            with tx.savepoint():
                fold.take(tx, facts)
        except Exception as cause:
            if self._store.is_outage(cause):
                raise
            fold.forget()
            if len(facts) == 1:
                self._park_projection(tx, fold, facts[0], cause)
                return
            middle = len(facts) // 2
            self._fold(tx, fold, facts[:middle])
            self._fold(tx, fold, facts[middle:])

    def _park_projection(self, tx: Transaction, fold: Fold, fact: Fact, cause: Exception) -> None:
        refusal = Refusal("projection_error", "", f"{fold.name}: {cause}", f"seq {fact.seq} in {fold.name}".encode())
        dead_letters.park(
            tx, fact.source, refusal, self._vault.body_hash(refusal.raw), fact.received_at, route="fold", seq=fact.seq
        )

    def _forget(self) -> None:
        self._next_seq = None
        self._vault.forget_caches()
        for fold in self._folds:
            fold.forget()

    def opened(self, reader: Reader, records: Sequence[Record]) -> Iterator[tuple[Record, bytes | None]]:
        """Records with their bodies unsealed; None where the subject was erased."""
        closed = [is_sealed(record) for record in records]
        sealed = [
            (record.subject, record.message_id, record.body)
            for record, is_closed in zip(records, closed, strict=True)
            if is_closed
        ]
        bodies = iter(self._vault.open(reader, sealed))
        return (
            (record, next(bodies) if is_closed else record.body)
            for record, is_closed in zip(records, closed, strict=True)
        )

    def _opened_one(self, reader: Reader, record: Record) -> bytes | None:
        return next(self.opened(reader, [record]))[1]


class _SomeKnown(Exception):
    pass


def is_sealed(record: Record) -> bool:
    """Whether the body lies under the key of its subject."""
    return record.schema.endswith(_SEALED)


def last_seq(reader: Reader) -> int:
    """The last position of the log; 0 when it is empty."""
    row = reader.row("SELECT coalesce(max(seq), 0) FROM log")
    return row[0] if row else 0


def latest_occurrence(reader: Reader) -> Micros:
    """The latest time at which something occurred among the newest records; 0 for an empty log."""
    row = reader.row(
        "SELECT coalesce(max(occurred_at), 0) FROM (SELECT occurred_at FROM log ORDER BY seq DESC LIMIT 2000) AS newest"
    )
    return row[0] if row else 0


def records_after(reader: Reader, after: int, limit: int) -> list[Record]:
    """The next records of the log."""
    return list(map(Record._make, reader.rows(_AFTER, (after, limit))))


def record_heads_of(reader: Reader, route_key: int, subject: bytes) -> list[tuple[int, Micros]]:
    """Where the records of one subject lie: (seq, occurred at)."""
    rows = reader.rows("SELECT seq, occurred_at, subject FROM log WHERE route_key = ?", (route_key,))
    return [(seq, occurred_at) for seq, occurred_at, whose in rows if whose == subject]


def records_at(reader: Reader, seqs: Sequence[int]) -> list[Record]:
    """The records at these positions."""
    found = (reader.row(f"SELECT {_COLUMNS} FROM log WHERE seq = ?", (seq,)) for seq in seqs)
    return [Record(*row) for row in found if row is not None]
