"""The one append-only log, and the one place where it grows.

A group of waiting requests becomes one transaction: records, dead letters, what the truth rooms make of them, and the
books. When `accept` returns, all of it is durable, and every item has its receipt.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.events import Draft, Fact, Fold, Identifier, Receipt, Record, Refusal, route_of
from noline.stores import books, dead_letters
from noline.stores.inserting import insert
from noline.stores.portions import flat, marks, portions
from noline.stores.tombstones import Tombstones
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.stores.vault import Vault

_INSERT = """
INSERT INTO log (seq, route_key, message_id, kind, subject, occurred_at, received_at, source, schema, body, body_hash)
VALUES {rows}
ON CONFLICT (route_key, message_id) DO NOTHING
"""
_COLUMNS = "seq, route_key, message_id, kind, subject, occurred_at, received_at, source, schema, body, body_hash"
_BY_IDS = f"SELECT {_COLUMNS} FROM log WHERE (route_key, message_id) IN (VALUES {{marks}})"
_AFTER = f"SELECT {_COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?"

_OF_SUBJECT = f"SELECT {_COLUMNS} FROM log WHERE route_key = ? AND message_id > ? ORDER BY message_id LIMIT ?"
_REWRITE = """
UPDATE log SET route_key = ?, message_id = ?, subject = ?, schema = ?, body = ?, body_hash = ? WHERE seq = ?
"""
_TAKE_BACK = "DELETE FROM log WHERE seq >= ?"

_SEALED, _REMAINDER, _EMPTIED = "+sealed", "+remainder", "+erased"
_SUPPRESSED = "a name in it was erased, and it happened before that; only its hash is kept"
_IN_ONE_READ = 2_000
_CAREFUL_AFTER_A_REFUSAL = 100
"""Commits. Who sends what a room refuses sends more of it, and a commit that is undone costs what rooms remember."""

Names = Callable[[bytes], tuple[Iterable[Identifier], Micros | None]]
"""Every name that some bytes may hold, and when they say it happened; None when they do not say."""

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
        names_in: Names,
    ) -> None:
        """Wire the log of a store. names_in: finds names in items that could not be read."""
        self._store = store
        self._vault = vault
        self._folds = folds
        self._comparable = comparable
        self._names_in = names_in
        self._tombstones = Tombstones(vault.digest)
        self._next_seq: int | None = None
        self._careful_for = 0

    def accept(self, groups: Sequence[Group]) -> list[list[Receipt]]:
        """Make these requests durable in one commit and answer each item, in order.

        A part that can fail alone makes the store copy what it changes, and nearly no room ever refuses a fact. So the
        first try has no such parts; a refusal undoes the whole, and it is done again, as are the next, with them.
        """
        if not self._careful_for:
            try:
                with self._store.transaction() as tx:
                    return self.accept_in(tx, groups, strict=True)
            except Exception as cause:
                if self._store.is_outage(cause):
                    raise
                self.forget()
                self._careful_for = _CAREFUL_AFTER_A_REFUSAL
        self._careful_for -= 1
        with self._store.transaction() as tx:
            return self.accept_in(tx, groups)

    def accept_in(self, tx: Transaction, groups: Sequence[Group], *, strict: bool = False) -> list[list[Receipt]]:
        """The same inside a transaction of the caller.

        strict: what a room cannot take is raised instead of being kept as a dead letter; for what we decide ourselves.
        """
        last = last_seq(tx)
        # A log that ends elsewhere than remembered says that a transaction of ours was undone.
        if tx.others_wrote or last + 1 != self._next_seq:
            self.forget()
            self._next_seq = last + 1
        if self._tombstones.look(tx, again=tx.others_wrote):
            groups = [self._without_erased(group) for group in groups]
        drafts = [item for group in groups for item in group.items if isinstance(item, Draft)]
        receipts = iter(self._append(tx, self._seal(tx, drafts), strict=strict))
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

    def fold_again(
        self, tx: Transaction, facts: list[Fact], folds: Sequence[Fold] | None = None, *, strict: bool = False
    ) -> None:
        """Give facts of the log to the folds (all, or these); what one cannot take is kept as a dead letter.

        strict: or raised.
        """
        listening = self._folds if folds is None else folds
        for fold, heard in zip(listening, _heard(listening, facts), strict=True):
            if heard and strict:
                fold.take(tx, heard)
            elif heard:
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

    def _append(self, tx: Transaction, sealed: list[Sealed], *, strict: bool) -> list[Receipt]:
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
        self.fold_again(tx, [one.draft.fact for one in fresh], strict=strict)
        if len(fresh) == len(sealed):
            return [Receipt("accepted", seq=one.draft.fact.seq) for one in sealed]
        return [self._receipt(tx, one, first, known) for one in sealed]

    @property
    def _seq(self) -> int:
        return self._next_seq or 1

    def _inserted(self, tx: Transaction, new: list[Sealed]) -> bool:
        """Try to insert all as new; False (and nothing done) when some were there already."""
        if self._insert(tx, new) == len(new):
            return True
        # A savepoint would do the same, and cost the store a copy of each page for every insert that goes well.
        tx.run(_TAKE_BACK, (self._seq,))
        return False

    def _insert(self, tx: Transaction, new: list[Sealed]) -> int:
        return insert(tx, _INSERT, [one.row(seq) for seq, one in enumerate(new, self._seq)])

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
        """Compare with the body in the log; one of which something was erased can no longer disagree."""
        if earlier.schema.endswith((_REMAINDER, _EMPTIED)):
            return True
        opened = self._opened_one(reader, earlier)
        return opened is None or self._comparable(opened) == self._comparable(body)

    def _park(self, tx: Transaction, group: Group, refusal: Refusal) -> Receipt:
        raw_hash = self._vault.body_hash(refusal.raw)
        kept = self._may_be_kept(refusal)
        if not kept:
            refusal = Refusal(refusal.code, "", _SUPPRESSED, b"")
        number = dead_letters.park(
            tx, group.source, refusal, raw_hash, group.received_at, route=group.route, mendable=kept
        )
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

    def forget(self) -> None:
        """Drop whatever is remembered of the tables, here and in the rooms."""
        self._next_seq = None
        self._tombstones.forget()
        self._vault.forget_caches()
        for fold in self._folds:
            fold.forget()

    def _without_erased(self, group: Group) -> Group:
        """A group in which what tells of an erased name from before its erasure is refused."""
        return group._replace(items=[self._unless_erased(item) for item in group.items])

    def _unless_erased(self, item: Draft | Refusal) -> Draft | Refusal:
        if isinstance(item, Draft):
            fact = item.fact
            if self._tombstones.suppress(fact.identifiers, fact.occurred_at):
                return Refusal("suppressed_subject", "", _SUPPRESSED, item.body)
        return item

    def _may_be_kept(self, refusal: Refusal) -> bool:
        """Whether the bytes of something refused may lie with the dead letters."""
        if refusal.code == "suppressed_subject":
            return False
        return not (self._tombstones.any and self._tombstones.suppress(*self._names_in(refusal.raw)))

    def opened(self, reader: Reader, records: Sequence[Record]) -> Iterator[tuple[Record, bytes | None]]:
        """Records with their bodies unsealed; None where nothing is left of them."""
        closed = [is_sealed(record) for record in records]
        sealed = [
            (record.subject, record.message_id, record.body)
            for record, is_closed in zip(records, closed, strict=True)
            if is_closed
        ]
        bodies = iter(self._vault.open(reader, sealed))
        return (
            (record, next(bodies) if is_closed else None if is_emptied(record) else record.body)
            for record, is_closed in zip(records, closed, strict=True)
        )

    def _opened_one(self, reader: Reader, record: Record) -> bytes | None:
        return next(self.opened(reader, [record]))[1]

    @staticmethod
    def count_of(reader: Reader, subjects: Sequence[bytes]) -> int:
        """How many records are filed under these subjects."""
        counted: dict[bytes, int] = {}
        for some in portions([route_of(subject) for subject in subjects]):
            question = f"SELECT subject, count(*) FROM log WHERE route_key IN ({marks(len(some))}) GROUP BY subject"
            counted.update(reader.rows(question, some))
        return sum(counted.get(subject, 0) for subject in set(subjects))

    def rewrite(self, tx: Transaction, changes: Sequence["Rewritten"]) -> int:
        """Put other words into records, sealed again where they were; their positions stay. Answers how many."""
        closed = [change for change in changes if change.schema.endswith(_SEALED)]
        keys = self._vault.keys_for(tx, [change.subject for change in closed])
        sealed = self._vault.seal(
            keys, ((change.subject, change.message_id, change.body) for change in closed), len(closed)
        )
        rows = [
            (
                route_of(change.subject), change.message_id, change.subject, change.schema,
                next(sealed) if change.schema.endswith(_SEALED) else change.body,
                self._vault.body_hash(change.body), change.seq,
            )
            for change in changes
        ]  # fmt: skip
        return tx.run_many(_REWRITE, rows)


class Rewritten(NamedTuple):
    """What is to stand at a position of the log from now on; the body as it is before it is sealed."""

    seq: int
    subject: bytes
    message_id: str
    schema: str
    body: bytes
    kind: str


def _heard(folds: Sequence[Fold], facts: list[Fact]) -> list[list[Fact]]:
    """What each of these folds listens to, in the order of the facts; each fact is looked at once."""
    heard: list[list[Fact]] = [facts if fold.kinds is None else [] for fold in folds]
    listeners: dict[str, list[list[Fact]]] = {}
    for fact in facts:
        listening = listeners.get(fact.kind)
        if listening is None:
            listening = listeners[fact.kind] = [
                mine
                for fold, mine in zip(folds, heard, strict=True)
                if fold.kinds is not None and fact.kind in fold.kinds
            ]
        for mine in listening:
            mine.append(fact)
    return heard


def is_sealed(record: Record) -> bool:
    """Whether the body lies under the key of its subject."""
    return record.schema.endswith(_SEALED)


def is_emptied(record: Record) -> bool:
    """Whether nothing is left of it but that it was there."""
    return record.schema.endswith(_EMPTIED)


def is_remainder(record: Record) -> bool:
    """Whether it is what an erasure left of it."""
    return record.schema.endswith((_REMAINDER, _EMPTIED))


def schema_of_remainder(schema: str, *, empty: bool) -> str:
    """The schema of what is left of a record of this schema."""
    return schema.partition("+")[0] + (_EMPTIED if empty else _REMAINDER)


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


def records_of(reader: Reader, subject: bytes) -> Iterator[list[Record]]:
    """Every record of one subject, some thousand at a time."""
    after = ""
    while found := list(map(Record._make, reader.rows(_OF_SUBJECT, (route_of(subject), after, _IN_ONE_READ)))):
        after = found[-1].message_id
        yield [record for record in found if record.subject == subject]


def records_at(reader: Reader, seqs: Sequence[int]) -> list[Record]:
    """The records at these positions."""
    found = (reader.row(f"SELECT {_COLUMNS} FROM log WHERE seq = ?", (seq,)) for seq in seqs)
    return [Record(*row) for row in found if row is not None]
