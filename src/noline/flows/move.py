"""Moving house: a hub's rows from one store to another, checked; backups are the same journey into a file."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from noline.flows.verify import fingerprint
from noline.kernel.errors import BackupBroken, MoveNotEqual, TargetNotEmpty
from noline.stores.sqlite import SqliteStore
from noline.stores.transactional import Reader, Row, TransactionalStore

_NOT_MOVED = ("schema_version", "writer", "sessions")
_ROWS_AT_ONCE = 5_000
_ROWS, _MANIFEST = "rows.sqlite", "manifest.json"


@dataclass(frozen=True, slots=True)
class Moved:
    """One table that was copied and compared."""

    table: str
    rows: int
    digest: str


def copy(source: TransactionalStore, target: TransactionalStore) -> list[Moved]:
    """Copy every table of one consistent state and compare. Raises TargetNotEmpty and MoveNotEqual."""
    target.migrate()
    with source.reading() as reader:
        names = [name for name in source.table_names() if name not in _NOT_MOVED]
        with target.transaction() as tx:
            (there,) = tx.row("SELECT count(*) FROM log") or (0,)
            if there:
                raise TargetNotEmpty(rows=there)
            for name in names:
                for columns, rows in _portions(reader, name):
                    marks = ", ".join("?" * len(columns))
                    tx.run_many(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({marks})", rows)
        with target.reading() as copied:
            return [_compare(reader, copied, name) for name in names]


def back_up(source: TransactionalStore, files: dict[str, Path], target: Path) -> list[Moved]:
    """Write a hub into one zip file: its rows, and small files such as its secret, with a manifest of hashes."""
    with TemporaryDirectory(prefix="noline-backup-") as folder:
        rows = SqliteStore(Path(folder) / _ROWS)
        moved = copy(source, rows)
        rows.close()
        manifest = {one.table: {"rows": one.rows, "digest": one.digest} for one in moved}
        partial = target.with_suffix(target.suffix + ".partial")
        with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            packed.writestr(_MANIFEST, json.dumps(manifest, indent=1))
            packed.write(Path(folder) / _ROWS, _ROWS)
            for name, path in files.items():
                packed.write(path, name)
        partial.replace(target)
    return moved


def unpack(backup: Path, names: tuple[str, ...], folder: Path) -> None:
    """Take the small files out of a backup. Raises BackupBroken."""
    with _opened(backup) as packed:
        for name in names:
            if name not in packed.namelist():
                raise BackupBroken(path=backup, why=f"{name} is missing")
            target = folder / name
            target.write_bytes(packed.read(name))
            target.chmod(0o600)


def restore(backup: Path, target: TransactionalStore) -> list[Moved]:
    """Put the rows of a backup into an empty store and compare with its manifest. Raises BackupBroken."""
    with TemporaryDirectory(prefix="noline-restore-") as folder:
        with _opened(backup) as packed:
            manifest = json.loads(packed.read(_MANIFEST))
            packed.extract(_ROWS, folder)
        rows = SqliteStore(Path(folder) / _ROWS)
        moved = copy(rows, target)
        rows.close()
    for one in moved:
        told = manifest.get(one.table)
        if told != {"rows": one.rows, "digest": one.digest}:
            raise BackupBroken(path=backup, why=f"table {one.table} is not what the manifest says")
    return moved


def _opened(backup: Path) -> zipfile.ZipFile:
    try:
        packed = zipfile.ZipFile(backup)
        if packed.testzip() is not None or not {_ROWS, _MANIFEST} <= set(packed.namelist()):
            raise BackupBroken(path=backup, why="a part is damaged or missing")
    except (OSError, zipfile.BadZipFile) as cause:
        raise BackupBroken(path=backup, why=str(cause)) from cause
    return packed


def _compare(source: Reader, target: Reader, name: str) -> Moved:
    here, there = _fingerprint(source, name), _fingerprint(target, name)
    if here != there:
        raise MoveNotEqual(table=name, source_rows=here[0], target_rows=there[0])
    return Moved(name, here[0], f"{here[1]:032x}")


def _fingerprint(reader: Reader, name: str) -> tuple[int, int]:
    return fingerprint(row for _, rows in _portions(reader, name) for row in rows)


def _portions(reader: Reader, name: str) -> Iterator[tuple[list[str], list[Row]]]:
    columns, order = reader.columns(name), reader.key(name)
    position: Row | None = None
    named, key = ", ".join(columns), ", ".join(order)
    places = [columns.index(one) for one in order]
    while True:
        after = f"WHERE ({key}) > ({', '.join('?' * len(order))})" if position else ""
        rows = reader.rows(f"SELECT {named} FROM {name} {after} ORDER BY {key} LIMIT {_ROWS_AT_ONCE}", position or ())
        if not rows:
            return
        yield columns, rows
        position = tuple(rows[-1][place] for place in places)
