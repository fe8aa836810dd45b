"""Verify: rebuild every fold from the log in an empty store and compare each row; check the log itself and the books.

All of it is read from one consistent state, portion by portion, so a hub of any size can be verified while it serves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from noline.flows.facts import Facts
from noline.kernel.events import Fact, Fold, Record, route_of
from noline.stores import books, dead_letters, rows
from noline.stores.log import Log, is_sealed, records_after
from noline.stores.sqlite import SqliteStore
from noline.stores.transactional import Reader, Transaction, TransactionalStore

BodyHash = Callable[[bytes], bytes]
"""The hub's keyed hash of a body."""

Law = Callable[[Reader], Iterable[str]]
"""Something that must be true of a room's rows: sentences about where it is not."""

_IN_ONE_READ = 5_000
_MOST_SENTENCES = 50


@dataclass(frozen=True, slots=True)
class TableCheck:
    """One table of the hub beside the same table rebuilt: rows and whether all of them are equal."""

    table: str
    rows: int
    rebuilt_rows: int
    equal: bool


@dataclass(frozen=True, slots=True)
class Verification:
    """What `noline verify` found. records: in the log. trouble: sentences, empty when all is well."""

    ok: bool
    records: int
    tables: tuple[TableCheck, ...]
    trouble: tuple[str, ...]


class Complaints:
    """Sentences about what is wrong; beyond fifty they are only counted."""

    def __init__(self) -> None:
        """Nothing is wrong yet."""
        self._sentences: list[str] = []
        self._unsaid = 0

    def add(self, sentence: str) -> None:
        """One more thing is wrong."""
        if len(self._sentences) < _MOST_SENTENCES:
            self._sentences.append(sentence)
        else:
            self._unsaid += 1

    def told(self) -> tuple[str, ...]:
        """The sentences, and how many more there would be."""
        return (*self._sentences, f"and {self._unsaid} more") if self._unsaid else tuple(self._sentences)


def verify(
    store: TransactionalStore,
    log: Log,
    facts: Facts,
    fresh_folds: Sequence[Fold],
    body_hash: BodyHash,
    laws: Sequence[Law] = (),
    details: Mapping[str, Law] = {},
) -> Verification:
    """Compare the truth with what the log says it must be. fresh_folds: rooms that remember nothing yet.

    laws: what must be true of the rows besides, each telling what is not. details: of tables by name, where they are
    not what they must be; asked for those that are not.
    """
    complaints = Complaints()
    with TemporaryDirectory(prefix="noline-verify-") as folder, store.reading() as here:
        rebuilt = SqliteStore(Path(folder) / "rebuilt.sqlite", synchronous="OFF")
        try:
            rebuilt.migrate()
            for records in _sound_records(here, log, body_hash, complaints):
                _fold(here, rebuilt, fresh_folds, list(facts.of(here, records)), complaints)
            tables = _compare_all(here, rebuilt, fresh_folds, details, complaints)
        finally:
            rebuilt.close()
        _check_books(here, complaints)
        for sentence in (sentence for law in laws for sentence in law(here)):
            complaints.add(sentence)
        records_in_all = rows.count(here, "log")
    trouble = complaints.told()
    return Verification(not trouble, records_in_all, tables, trouble)


# The log itself


def _sound_records(reader: Reader, log: Log, body_hash: BodyHash, complaints: Complaints) -> Iterator[list[Record]]:
    """The records of the log whose bodies are what was accepted, some thousand at a time."""
    seen = last = 0
    while records := records_after(reader, last, _IN_ONE_READ):
        _check_positions(last, [record.seq for record in records], complaints)
        seen, last = seen + len(records), records[-1].seq
        yield [
            record for record, body in log.opened(reader, records)
            if _is_sound(reader, record, body, body_hash, complaints)
        ]  # fmt: skip
    unseen = rows.count(reader, "log") - seen
    if unseen:
        complaints.add(f"{unseen} records of the log share a position with another")


def _check_positions(last: int, positions: Sequence[int], complaints: Complaints) -> None:
    for position in positions:
        if position == last:
            complaints.add(f"position {position} stands in the log more than once")
        elif position == last + 2:
            complaints.add(f"position {last + 1} is missing in the log")
        elif position > last + 2:
            complaints.add(f"positions {last + 1} to {position - 1} are missing in the log")
        last = position


def _is_sound(reader: Reader, record: Record, body: bytes | None, body_hash: BodyHash, complaints: Complaints) -> bool:
    if route_of(record.subject) != record.route_key:
        complaints.add(f"record {record.seq} is filed under another subject than its own")
    elif body is not None and body_hash(body) != record.body_hash:
        complaints.add(f"record {record.seq} is not what was accepted")
    elif body is None and is_sealed(record) and _has_key(reader, record):
        complaints.add(f"record {record.seq} cannot be opened, although the key of its subject is there")
    else:
        return True
    return False


def _has_key(reader: Reader, record: Record) -> bool:
    return rows.is_there(reader, "subject_keys", route_key=record.route_key, subject=record.subject)


# What follows from the log


def _fold(here: Reader, rebuilt: SqliteStore, folds: Sequence[Fold], facts: list[Fact], complaints: Complaints) -> None:
    """Give facts to every room, but for those that lie with the dead letters because the room could not take them."""
    if not facts:
        return
    left_out = dead_letters.left_out(here, facts[0].seq, facts[-1].seq)
    with rebuilt.transaction() as tx:
        for fold in folds:
            mine = [fact for fact in facts if (fact.seq, fold.name) not in left_out] if left_out else facts
            for fact in _take(tx, rebuilt, fold, mine):
                complaints.add(f"record {fact.seq} cannot be taken into {fold.name} and has no dead letter")


def _take(tx: Transaction, rebuilt: SqliteStore, fold: Fold, facts: list[Fact]) -> list[Fact]:
    """As the log does it: what a room cannot take is left out, and answered; the rest goes on."""
    if not facts:
        return []
    try:
        with tx.savepoint():
            fold.take(tx, facts)
    except Exception as cause:
        if rebuilt.is_outage(cause):
            raise
        fold.forget()
        if len(facts) == 1:
            return facts
        middle = len(facts) // 2
        return _take(tx, rebuilt, fold, facts[:middle]) + _take(tx, rebuilt, fold, facts[middle:])
    return []


def _compare_all(
    here: Reader, rebuilt: SqliteStore, folds: Sequence[Fold], details: Mapping[str, Law], complaints: Complaints
) -> tuple[TableCheck, ...]:
    with rebuilt.reading() as there:
        checks = tuple(
            _compare(here, there, table, columns)
            for fold in folds
            for table, columns in sorted(fold.tables.items())
        )  # fmt: skip
    for check in checks:
        if not check.equal:
            found = f"it has {check.rows} rows, rebuilt {check.rebuilt_rows}"
            more = details[check.table](here) if check.table in details else ()
            complaints.add("; ".join([f"{check.table} is not what the log says: {found}", *more]))
    return checks


def _compare(here: Reader, there: Reader, table: str, columns: tuple[str, ...]) -> TableCheck:
    mine, rebuilt = rows.sum_of(here, table, columns), rows.sum_of(there, table, columns)
    return TableCheck(table, mine.rows, rebuilt.rows, mine == rebuilt)


# The books


def _check_books(reader: Reader, complaints: Complaints) -> None:
    """What a source was told must be there: accepted in the log, the rest with the dead letters."""
    logged = rows.counts_by(reader, "log", "source")
    kept = dead_letters.items_kept(reader)
    pages = {page.source: page for page in books.pages(reader)}
    for source in sorted(pages.keys() | logged.keys() | {source for source, _ in kept}):
        page = pages.get(source)
        accepted, conflict, parked = (page.accepted, page.conflict, page.parked) if page else (0, 0, 0)
        if page and not page.balanced:
            complaints.add(f"the books of {source} do not balance")
        _check_page(source, "accepted", accepted, logged.get(source, 0), complaints)
        _check_page(source, "conflict", conflict, kept.get((source, True), 0), complaints)
        _check_page(source, "parked", parked, kept.get((source, False), 0), complaints)


def _check_page(source: str, outcome: str, said: int, there: int, complaints: Complaints) -> None:
    if said != there:
        where = "the log has" if outcome == "accepted" else "the dead letters hold"
        complaints.add(f"the books of {source} say {said} {outcome}, {where} {there}")
