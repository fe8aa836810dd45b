"""The same port on PostgreSQL, for when one file is outgrown.

Writers take one row lock before anything else, so the order of the log is the order of commits and no reader that
follows it by `seq` can miss a row; the same row tells a process whether another one wrote in between.
"""

import select
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

import psycopg

from noline.kernel.clock import SystemClock
from noline.kernel.errors import StoreUnreachable
from noline.stores import schema
from noline.stores.transactional import Params, Row

_MIGRATION_LOCK = 7_205_151_905
_NONE_SEEN = -1


@lru_cache(maxsize=1024)
def adapted(sql: str) -> bytes:
    """Our `?` as psycopg's `%s`."""
    return sql.replace("%", "%%").replace("?", "%s").encode()


class _Reading:
    """Questions on one connection."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        return self._connection.execute(adapted(sql), params).fetchall()

    def row(self, sql: str, params: Params = ()) -> Row | None:
        return self._connection.execute(adapted(sql), params).fetchone()

    def columns(self, table: str) -> list[str]:
        found = self.rows(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(? AS regclass) AND attnum > 0 AND NOT attisdropped",
            (table,),
        )
        return sorted(name for (name,) in found)

    def key(self, table: str) -> list[str]:
        found = self.rows(
            "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) "
            "WHERE indrelid = CAST(? AS regclass) AND indisprimary",
            (table,),
        )
        return sorted(name for (name,) in found)


class _Writing(_Reading):
    """Questions and deeds inside one transaction."""

    def __init__(self, connection: psycopg.Connection, *, others_wrote: bool) -> None:
        super().__init__(connection)
        self.others_wrote = others_wrote

    @property
    def wide(self) -> bool:
        return True

    def run(self, sql: str, params: Params = ()) -> int:
        return max(self._connection.execute(adapted(sql), params).rowcount, 0)

    def run_many(self, sql: str, params: Iterable[Params]) -> int:
        with self._connection.cursor() as cursor:
            cursor.executemany(adapted(sql), params)
            return max(cursor.rowcount, 0)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with self._connection.transaction():
            yield


def _is_lost(connection: psycopg.Connection) -> bool:
    """Whether the server has let a connection go: to one that asks nothing it has nothing else to say."""
    if connection.closed:
        return True
    line = select.poll()
    line.register(connection.pgconn.socket, select.POLLIN)
    return bool(line.poll(0))


@contextmanager
def _outages_told(connection: psycopg.Connection) -> Iterator[None]:
    """A connection that breaks is the store's trouble, and said so; the next call makes a new one."""
    try:
        yield
    except psycopg.OperationalError as cause:
        if connection.closed:
            raise StoreUnreachable(why=str(cause).strip()) from cause
        raise


class PostgresStore:
    """A transactional store in one PostgreSQL database."""

    dialect = "postgres"

    def __init__(self, url: str) -> None:
        """Connect; raises StoreUnreachable."""
        self.address = url
        self._writing = threading.RLock()
        self._current: _Writing | None = None
        self._held_by = 0
        self._reader_lock = threading.Lock()
        self._readers: list[psycopg.Connection] = []
        self._name = SystemClock().random_bytes(16).hex()
        self._seen_epoch = _NONE_SEEN
        self._writer = self._connect()

    def _connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(self.address, autocommit=True)
        except psycopg.OperationalError as cause:
            raise StoreUnreachable(why=str(cause).strip()) from cause

    @contextmanager
    def transaction(self) -> Iterator[_Writing]:
        """Write alone, across processes; durable when the block ends, or with the transaction it stands in."""
        with self._writing:
            if self._current is not None:
                with self._current.savepoint():
                    yield self._current
                return
            if _is_lost(self._writer):
                self._writer = self._connect()
            # Until this one is durable: after an undone transaction, what was remembered of it must go.
            seen, self._seen_epoch = self._seen_epoch, _NONE_SEEN
            with _outages_told(self._writer), self._writer.transaction():
                found = self._writer.execute("SELECT name, epoch FROM writer WHERE id = 1 FOR UPDATE").fetchone()
                name, epoch = found or ("", 0)
                self._writer.execute("UPDATE writer SET name = %s, epoch = %s WHERE id = 1", (self._name, epoch + 1))
                self._current = _Writing(self._writer, others_wrote=(name, epoch) != (self._name, seen))
                self._held_by = threading.get_ident()
                try:
                    yield self._current
                finally:
                    self._current, self._held_by = None, 0
            self._seen_epoch = epoch + 1

    @contextmanager
    def reading(self) -> Iterator[_Reading]:
        """Read one consistent state; inside a transaction of this thread, what that has written."""
        if self._held_by == threading.get_ident() and self._current is not None:
            yield self._current
            return
        connection = self._borrow()
        try:
            with _outages_told(connection), connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                yield _Reading(connection)
        finally:
            if not connection.closed:
                with self._reader_lock:
                    self._readers.append(connection)

    def _borrow(self) -> psycopg.Connection:
        with self._reader_lock:
            while self._readers:
                connection = self._readers.pop()
                if not _is_lost(connection):
                    return connection
                connection.close()
        return self._connect()

    def migrate(self) -> None:
        """Apply the steps this database has not had; raises SchemaTooNew for one of a later version."""
        with self._writing, self._writer.transaction():
            tx = _Writing(self._writer, others_wrote=True)
            tx.row("SELECT pg_advisory_xact_lock(?)", (_MIGRATION_LOCK,))
            schema.migrate(tx, self.dialect)

    def table_names(self) -> list[str]:
        """Our tables, sorted."""
        with self.reading() as reader:
            found = reader.rows("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        return sorted(name for (name,) in found)

    def is_outage(self, cause: BaseException) -> bool:
        """Whether an error is the server's or the connection's, not that of the rows."""
        outages = (psycopg.OperationalError, psycopg.InterfaceError, StoreUnreachable)
        return isinstance(cause, outages) and not isinstance(cause, psycopg.errors.ProgramLimitExceeded)

    def close(self) -> None:
        """Close every connection."""
        with self._writing, self._reader_lock:
            for connection in self._readers:
                connection.close()
            self._readers.clear()
            self._writer.close()
