"""Compaction: what was deleted leaves the files too, freed pages and journals included."""

from typing import Any

from noline.kernel.errors import NoLineError
from noline.stores.transactional import TransactionalStore

_PATIENCE_MS = 30_000


class CompactionBusy(NoLineError):
    """Somebody reads an old state of the store all the time."""

    code = "store.compaction_busy"
    status = 409
    retryable = True
    sentence = "The journal of the store could not be emptied: another process reads an old state of it."
    hint = "End long readers of the store, then run `noline compact` again."


def compact(store: TransactionalStore) -> int:
    """Write the whole store anew without what was deleted; answers the bytes it has then. Raises CompactionBusy.

    Needs room for a second copy, and holds up writers meanwhile. PostgreSQL's write-ahead log is the server's: what its
    old segments and archives hold goes when the server recycles them.
    """
    if store.dialect == "postgres":
        return _compact_postgres(store)
    connection = _sqlite(store)
    try:
        connection.execute("VACUUM")
        _empty_journal(connection)
        return _only(connection, "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    finally:
        connection.close()


def empty_journal(store: TransactionalStore) -> bool:
    """Let the journal beside the store hold nothing any more; False when readers or the kind of store prevent it.

    SQLite overwrites what is deleted (`secure_delete`), but its journal keeps the page as it was until it is emptied.
    """
    if store.dialect == "postgres":
        return False
    connection = _sqlite(store)
    try:
        _empty_journal(connection)
    except CompactionBusy:
        return False
    finally:
        connection.close()
    return True


def _sqlite(store: TransactionalStore) -> Any:
    import apsw

    connection = apsw.Connection(store.address)
    connection.set_busy_timeout(_PATIENCE_MS)
    for setting in ("mmap_size = 0", "wal_autocheckpoint = 0", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {setting}").fetchall()
    return connection


def _empty_journal(connection: Any) -> None:
    busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
    if busy:
        raise CompactionBusy


def _compact_postgres(store: TransactionalStore) -> int:
    import psycopg

    size = 0
    with psycopg.connect(store.address, autocommit=True) as connection:
        for table in store.table_names():
            connection.execute(f"VACUUM (FULL, ANALYZE) {table}".encode())
            row = connection.execute("SELECT pg_total_relation_size(%s)", (table,)).fetchone()
            size += row[0] if row else 0
        connection.execute("CHECKPOINT")
    return size


def _only(connection: Any, sql: str) -> int:
    return connection.execute(sql).fetchall()[0][0]
