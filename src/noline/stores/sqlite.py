"""The embedded transactional store: one SQLite file, WAL, every commit synced.

One connection writes and alone checkpoints; readers have their own and never wait. A failed sync ends the process:
after it nobody can say what the disk holds, so nothing more may be acknowledged.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from noline.kernel.errors import StoreUnreachable
from noline.stores import schema
from noline.stores.transactional import Params, Row

_BUSY_MS = 60_000
_NONE_SEEN = -1
"""After an undone transaction, what was remembered of it must go as if another process had written."""

_CHECKPOINT_PAGES = 8_192
_FAULTS_OF_ROWS = (apsw.ConstraintError, apsw.MismatchError, apsw.TooBigError)
_SYNC_FAILURES = {apsw.SQLITE_IOERR_FSYNC, apsw.SQLITE_IOERR_DIR_FSYNC}


def end_process(why: BaseException) -> None:
    """Stop at once: an acknowledged write can no longer be promised."""
    sys.stderr.write(f"noline: the disk did not confirm a write, stopping: {why}\n")
    sys.stderr.flush()
    os._exit(74)


class _Reading:
    """Questions on one connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        return self._connection.execute(sql, params).fetchall()

    def row(self, sql: str, params: Params = ()) -> Row | None:
        return self._connection.execute(sql, params).fetchone()

    def columns(self, table: str) -> list[str]:
        return sorted(name for (name,) in self.rows("SELECT name FROM pragma_table_info(?)", (table,)))

    def key(self, table: str) -> list[str]:
        return sorted(name for (name,) in self.rows("SELECT name FROM pragma_table_info(?) WHERE pk > 0", (table,)))


class _Writing(_Reading):
    """Questions and deeds on the writing connection."""

    def __init__(self, connection: apsw.Connection, *, others_wrote: bool) -> None:
        super().__init__(connection)
        self.others_wrote = others_wrote

    @property
    def wide(self) -> bool:
        # Of a statement with many rows SQLite copies every page before it changes it, in case that a later row fails.
        # That costs more than a statement for each row, as long as no other thread wants to run between two of them.
        return threading.active_count() > 1

    def run(self, sql: str, params: Params = ()) -> int:
        before = self._connection.total_changes()
        self._connection.execute(sql, params).fetchall()
        return self._connection.total_changes() - before

    def run_many(self, sql: str, params: Iterable[Params]) -> int:
        before = self._connection.total_changes()
        self._connection.executemany(sql, params).fetchall()
        return self._connection.total_changes() - before

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO part")
            self._connection.execute("RELEASE part")
            raise
        self._connection.execute("RELEASE part")


class SqliteStore:
    """A transactional store in one file.

    vfs: the name of an apsw VFS to write through. synchronous: `FULL`; anything less loses acknowledged rows in a
    power cut and exists for the test that shows it.
    """

    dialect = "sqlite"

    def __init__(
        self,
        path: Path | str,
        *,
        vfs: str | None = None,
        synchronous: str = "FULL",
        on_sync_failure: Callable[[BaseException], None] = end_process,
    ) -> None:
        """Open (and create) the file."""
        self.address = str(path)
        self._vfs = vfs
        self._synchronous = synchronous
        self._on_sync_failure = on_sync_failure
        self._writing = threading.RLock()
        self._current: _Writing | None = None
        self._held_by = 0
        self._readers: list[apsw.Connection] = []
        self._reader_lock = threading.Lock()
        try:
            self._writer = self._connect()
            self._writer.execute("PRAGMA page_size = 8192")
            self._writer.execute("PRAGMA journal_mode = WAL").fetchall()
            self._writer.execute(f"PRAGMA synchronous = {synchronous}")
            self._writer.set_wal_hook(self._checkpoint_when_long)
            self._writer.execute("PRAGMA cache_size = -65536")
            self._writer.execute("PRAGMA temp_store = MEMORY").fetchall()
            self._writer.execute("PRAGMA secure_delete = ON").fetchall()
        except apsw.Error as cause:
            raise StoreUnreachable(why=f"{path}: {cause}") from cause
        self._seen_version = self._data_version()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(self.address, vfs=self._vfs)
        connection.set_busy_timeout(_BUSY_MS)
        connection.execute("PRAGMA mmap_size = 0").fetchall()
        return connection

    def _data_version(self) -> int:
        return self._writer.execute("PRAGMA data_version").fetchall()[0][0]

    @contextmanager
    def transaction(self) -> Iterator[_Writing]:
        """Write alone; synced to disk when the block ends, or with the transaction of this thread that it stands in."""
        with self._writing:
            if self._current is not None:
                with self._current.savepoint():
                    yield self._current
                return
            self._writer.execute("BEGIN IMMEDIATE")
            version = self._data_version()
            self._current = _Writing(self._writer, others_wrote=version != self._seen_version)
            self._held_by = threading.get_ident()
            try:
                yield self._current
                self._commit()
            except BaseException:
                self._seen_version = _NONE_SEEN
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
            finally:
                self._current, self._held_by = None, 0
            self._seen_version = version

    def _commit(self) -> None:
        try:
            self._writer.execute("COMMIT")
        except apsw.IOError as cause:
            if getattr(cause, "extendedresult", 0) in _SYNC_FAILURES:
                self._on_sync_failure(cause)
            raise

    def _checkpoint_when_long(self, connection: apsw.Connection, database: str, pages: int) -> int:
        """After a commit. SQLite's own checkpoint keeps a failed sync to itself; the next would then drop the log."""
        if pages >= _CHECKPOINT_PAGES:
            try:
                connection.wal_checkpoint(database)
            except apsw.Error as cause:
                if getattr(cause, "extendedresult", 0) in _SYNC_FAILURES:
                    self._on_sync_failure(cause)
        return apsw.SQLITE_OK

    @contextmanager
    def reading(self) -> Iterator[_Reading]:
        """Read one consistent state; inside a transaction of this thread, what that has written."""
        if self._held_by == threading.get_ident() and self._current is not None:
            yield self._current
            return
        connection = self._borrow()
        connection.execute("BEGIN")
        try:
            yield _Reading(connection)
        finally:
            connection.execute("ROLLBACK")
            with self._reader_lock:
                self._readers.append(connection)

    def _borrow(self) -> apsw.Connection:
        with self._reader_lock:
            if self._readers:
                return self._readers.pop()
        connection = self._connect()
        connection.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        connection.execute("PRAGMA query_only = ON")
        return connection

    def migrate(self) -> None:
        """Apply the steps this file has not had; raises SchemaTooNew for a file of a later version."""
        with self.transaction() as tx:
            schema.migrate(tx, self.dialect)

    def table_names(self) -> list[str]:
        """Our tables, sorted."""
        with self.reading() as reader:
            found = reader.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return sorted(name for (name,) in found)

    def is_outage(self, cause: BaseException) -> bool:
        """Whether an error is the disk's or a lock's, not that of the rows."""
        return isinstance(cause, apsw.Error) and not isinstance(cause, _FAULTS_OF_ROWS)

    def close(self) -> None:
        """Checkpoint and let go of the file."""
        with self._writing, self._reader_lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
            self._writer.close()
