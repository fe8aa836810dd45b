"""Verify: rebuild every fold from the log in an empty store and compare each row; check the books and the log itself."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from noline.flows.facts import Facts
from noline.kernel.events import Fold
from noline.stores import books
from noline.stores.sqlite import SqliteStore
from noline.stores.transactional import Reader, TransactionalStore


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


def verify(store: TransactionalStore, facts: Facts, fresh_folds: Sequence[Fold]) -> Verification:
    """Compare the truth with what the log says it must be."""
    with TemporaryDirectory(prefix="noline-verify-") as folder:
        rebuilt = SqliteStore(Path(folder) / "rebuilt.sqlite", synchronous="OFF")
        rebuilt.migrate()
        _rebuild(rebuilt, facts, fresh_folds)
        with store.reading() as here, rebuilt.reading() as there:
            tables = tuple(
                _compare(here, there, table, columns)
                for fold in fresh_folds
                for table, columns in sorted(fold.tables.items())
            )
            records, trouble = _log_trouble(here)
        rebuilt.close()
    trouble += [f"{check.table} is not what the log says" for check in tables if not check.equal]
    return Verification(not trouble, records, tables, tuple(trouble))


def fingerprint(rows: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """How many rows, and a sum of their hashes that does not depend on their order."""
    count = total = 0
    for row in rows:
        plain = repr(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row))
        total += int.from_bytes(blake2b(plain.encode(), digest_size=16).digest())
        count += 1
    return count, total % 2**128


def _rebuild(rebuilt: SqliteStore, facts: Facts, folds: Sequence[Fold]) -> None:
    for portion in facts.all():
        with rebuilt.transaction() as tx:
            for fold in folds:
                _take(tx, fold, portion)


def _take(tx: Any, fold: Fold, portion: list[Any]) -> None:
    """As the log does it: what a room cannot take is left out, the rest goes on."""
    try:
        with tx.savepoint():
            fold.take(tx, portion)
    except Exception:  # noqa: BLE001  the log parks whatever a room raises; the comparison shows what is missing
        fold.forget()
        if len(portion) > 1:
            middle = len(portion) // 2
            _take(tx, fold, portion[:middle])
            _take(tx, fold, portion[middle:])


def _compare(here: Reader, there: Reader, table: str, columns: tuple[str, ...]) -> TableCheck:
    question = f"SELECT {', '.join(columns)} FROM {table}"
    mine, rebuilt = fingerprint(here.rows(question)), fingerprint(there.rows(question))
    return TableCheck(table, mine[0], rebuilt[0], mine == rebuilt)


def _log_trouble(reader: Reader) -> tuple[int, list[str]]:
    (records, last) = reader.row("SELECT count(*), coalesce(max(seq), 0) FROM log") or (0, 0)
    trouble = [] if records == last else [f"the log has {records} records but ends at {last}"]
    pages = books.pages(reader)
    trouble += [f"the books of {page.source} do not balance" for page in pages if not page.balanced]
    accepted = sum(page.accepted for page in pages)
    if accepted != records:
        trouble.append(f"the books say {accepted} accepted, the log has {records} records")
    return records, trouble
