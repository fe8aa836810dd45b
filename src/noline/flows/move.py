"""Moving house: a hub's rows from one store to another, checked; backups are the same journey into a file and back."""

import json
import os
import struct
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from noline.kernel.errors import BackupBroken, MoveNotEqual, StoreUnreachable, TargetNotEmpty
from noline.stores import rows
from noline.stores.sqlite import SqliteStore
from noline.stores.transactional import Reader, TransactionalStore

_NOT_MOVED = frozenset(("schema_version", "writer", "sessions"))
_ROWS, _MANIFEST = "rows.sqlite", "manifest.json"

_UNREADABLE_ZIP = (
    OSError, EOFError, zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError,
    OverflowError, MemoryError,
)  # fmt: skip
"""What Python's own reader raises for a zip file that is damaged in one place or another."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One table that was copied and compared. digest: of its rows, whatever their order; 32 hex digits."""

    table: str
    rows: int
    digest: str


def move(source: TransactionalStore, target: TransactionalStore) -> list[Moved]:
    """Copy every table and compare. Raises TargetNotEmpty and MoveNotEqual; the target has no row then.

    Nobody writes to the source meanwhile: who tries waits.
    """
    target.migrate()
    names = _tables(source, target)
    with target.reading() as there:
        _refuse_rows(there, names)
    with source.reading() as reader:
        if not _rows_in_all(reader, names):
            return [Moved(name, 0, rows.sum_of(reader, name).digest) for name in names]
    with source.transaction() as standing_still:
        return _copy(standing_still, target, names)


def back_up(source: TransactionalStore, files: Mapping[str, Path], target: Path) -> list[Moved]:
    """Write a hub into one zip file: its rows, and small files such as its secret, with a manifest of digests.

    The file appears whole or not at all, readable by its owner alone. Writers go on meanwhile.
    """
    with TemporaryDirectory(prefix="noline-backup-", dir=target.parent) as folder:
        copied = Path(folder) / _ROWS
        moved = _copied_into_file(source, copied)
        packed = Path(folder) / "packed.zip"
        with zipfile.ZipFile(packed, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(_MANIFEST, json.dumps(_manifest(moved), indent=1))
            archive.write(copied, _ROWS)
            for name, path in files.items():
                if path.exists():
                    archive.write(path, name)
        packed.chmod(0o600)
        _sync(packed)
        packed.replace(target)
        _sync(target.parent)
    return moved


class Backup:
    """A backup whose bytes are whole."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        """Use `opened`."""
        self._path = path
        self._archive = archive

    def read(self, name: str) -> bytes:
        """The bytes of one of its small files."""
        return self._archive.read(name)

    def unpack(self, name: str, folder: Path) -> None:
        """Put one of its small files into a folder, readable by its owner alone; nothing happens when it has none."""
        if name in self._archive.namelist():
            descriptor = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self._archive.read(name))
                file.flush()
                os.fsync(file.fileno())

    def restore(self, target: TransactionalStore, scratch: Path) -> list[Moved]:
        """Put its rows into an empty store; scratch: a folder with room for them.

        Raises BackupBroken when they are not what its manifest says, TargetNotEmpty and MoveNotEqual. The target has
        no row then.
        """
        with TemporaryDirectory(prefix="noline-restore-", dir=scratch) as folder:
            self._archive.extract(_ROWS, folder)
            unpacked = self._store(Path(folder) / _ROWS)
            try:
                self._compare(unpacked)
                # A backup of an earlier version takes the steps that have come since.
                unpacked.migrate()
                return move(unpacked, target)
            finally:
                unpacked.close()

    def _store(self, path: Path) -> SqliteStore:
        try:
            return SqliteStore(path)
        except StoreUnreachable as cause:
            raise BackupBroken(path=self._path, why=str(cause)) from cause

    def _compare(self, unpacked: SqliteStore) -> None:
        told: Any = json.loads(self._archive.read(_MANIFEST))
        names = [name for name in unpacked.table_names() if name not in _NOT_MOVED]
        with unpacked.reading() as reader:
            there = {name: {"rows": found.rows, "digest": found.digest} for name, found in _sums(reader, names)}
        wrong = sorted(name for name in told.keys() | there.keys() if told.get(name) != there.get(name))
        if wrong:
            raise BackupBroken(path=self._path, why=f"not what its manifest says: {', '.join(wrong)}")


@contextmanager
def opened(path: Path, needs: Collection[str] = ()) -> Iterator[Backup]:
    """A backup to restore from; needs: the small files it must hold. Raises BackupBroken."""
    try:
        with zipfile.ZipFile(path) as archive:
            missing = sorted({_ROWS, _MANIFEST, *needs} - set(archive.namelist()))
            if missing:
                raise BackupBroken(path=path, why=f"{', '.join(missing)} is missing")
            damaged = archive.testzip()
            if damaged is not None:
                raise BackupBroken(path=path, why=f"{damaged} is damaged")
            told = json.loads(archive.read(_MANIFEST))
    except _UNREADABLE_ZIP as cause:
        raise BackupBroken(path=path, why=str(cause) or type(cause).__name__) from cause
    if not isinstance(told, dict):
        raise BackupBroken(path=path, why="its manifest is no object")
    with zipfile.ZipFile(path) as archive:
        yield Backup(path, archive)


def _copied_into_file(source: TransactionalStore, path: Path) -> list[Moved]:
    target = SqliteStore(path, synchronous="OFF")
    try:
        target.migrate()
        with source.reading() as reader:
            return _copy(reader, target, _tables(source, target))
    finally:
        target.close()


def _copy(source: Reader, target: TransactionalStore, names: Sequence[str]) -> list[Moved]:
    """Everything in one transaction, compared before it counts."""
    with target.transaction() as tx:
        _refuse_rows(tx, names)
        for name in names:
            rows.copy(source, tx, name)
        return [_compared(source, tx, name) for name in names]


def _compared(source: Reader, target: Reader, name: str) -> Moved:
    here, there = rows.sum_of(source, name), rows.sum_of(target, name)
    if here != there:
        raise MoveNotEqual(table=name, source_rows=here.rows, target_rows=there.rows)
    return Moved(name, here.rows, here.digest)


def _tables(source: TransactionalStore, target: TransactionalStore) -> list[str]:
    """Our tables; a database can hold others beside them."""
    return sorted(set(source.table_names()) & set(target.table_names()) - _NOT_MOVED)


def _refuse_rows(target: Reader, names: Sequence[str]) -> None:
    there = _rows_in_all(target, names)
    if there:
        raise TargetNotEmpty(rows=there)


def _rows_in_all(reader: Reader, names: Sequence[str]) -> int:
    return sum(rows.count(reader, name) for name in names)


def _sums(reader: Reader, names: Sequence[str]) -> Iterator[tuple[str, rows.Sum]]:
    return ((name, rows.sum_of(reader, name)) for name in names)


def _manifest(moved: Sequence[Moved]) -> dict[str, dict[str, int | str]]:
    return {one.table: {"rows": one.rows, "digest": one.digest} for one in moved}


def _sync(path: Path) -> None:
    """Until a file and its folder are synced, a power cut can undo them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
