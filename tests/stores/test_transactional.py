"""What every transactional store must do: all of this holds on SQLite and on PostgreSQL alike."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TypeVar

import pytest

from noline.kernel.errors import SchemaTooNew
from noline.stores.transactional import Transaction, TransactionalStore

T = TypeVar("T")

LARGEST = 2**63 - 1

_ADD = "INSERT INTO sources (name, channel, trust, key_hash, key_hint, created_at) VALUES (?, ?, 'server', ?, '', ?)"


class _Undone(Exception):
    pass


@contextmanager
def undone(begun: AbstractContextManager[T]) -> Iterator[T]:
    """A transaction or a savepoint that is taken back at its end."""
    try:
        with begun as inside:
            yield inside
            raise _Undone  # noqa: TRY301  only a raise takes it back
    except _Undone:
        return


def open_again(store: TransactionalStore) -> TransactionalStore:
    """The same database as another process would open it."""
    if store.dialect == "sqlite":
        from noline.stores.sqlite import SqliteStore

        return SqliteStore(store.address)
    from noline.stores.postgres import PostgresStore

    return PostgresStore(store.address)


@pytest.fixture
def other(store) -> Iterator[TransactionalStore]:
    opened = open_again(store)
    yield opened
    opened.close()


def add(tx: Transaction, *names: str) -> int:
    return tx.run_many(_ADD, [(name, "web", name.encode(), 0) for name in names])


def names_in(store: TransactionalStore) -> list[str]:
    with store.reading() as reader:
        return [name for (name,) in reader.rows("SELECT name FROM sources ORDER BY name")]


# Transactions


def elsewhere(question: Callable[[TransactionalStore], T], store: TransactionalStore) -> T:
    """What another thread sees."""
    with ThreadPoolExecutor(1) as others:
        return others.submit(question, store).result()


def two_readers(store: TransactionalStore) -> tuple[list[tuple[str]], list[tuple[str]]]:
    """What two readers at once see."""
    with store.reading() as one, store.reading() as two:
        return one.rows("SELECT name FROM sources"), two.rows("SELECT name FROM sources")


def test_a_transaction_is_seen_when_its_block_has_ended_and_not_before(store, other):
    with store.transaction() as tx:
        add(tx, "web")
        assert tx.rows("SELECT name FROM sources") == [("web",)]
        assert elsewhere(names_in, store) == names_in(other) == []
    assert names_in(store) == names_in(other) == ["web"]


def test_who_writes_reads_what_was_written(store):
    with store.transaction() as tx:
        add(tx, "web")
        assert names_in(store) == ["web"]


def test_a_transaction_inside_another_one_is_a_part_of_it(store, other):
    with store.transaction() as tx:
        add(tx, "web")
        with store.transaction() as part:
            add(part, "app")
        with undone(store.transaction()) as failing:
            add(failing, "till")
        assert names_in(store) == ["app", "web"]
        assert names_in(other) == []
    assert names_in(other) == ["app", "web"]


def test_a_part_is_undone_with_the_whole(store):
    with undone(store.transaction()), store.transaction() as part:
        add(part, "web")
    assert names_in(store) == []


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(store):
    with undone(store.transaction()) as tx:
        add(tx, "web")
    assert names_in(store) == []
    with store.transaction() as tx:
        add(tx, "app")
    assert names_in(store) == ["app"]


def test_a_statement_that_fails_undoes_the_whole_transaction(store):
    with pytest.raises(Exception, match=r"(?i)unique") as failure, store.transaction() as tx:
        add(tx, "web", "app", "web")
    assert not store.is_outage(failure.value)
    assert names_in(store) == []


def test_a_savepoint_fails_alone(store):
    with store.transaction() as tx:
        add(tx, "before")
        with undone(tx.savepoint()):
            add(tx, "inside")
        add(tx, "after")
    assert names_in(store) == ["after", "before"]


def test_after_a_wrong_statement_in_a_savepoint_the_transaction_goes_on(store):
    with store.transaction() as tx:
        with pytest.raises(Exception, match=r"(?i)unique"), tx.savepoint():
            add(tx, "web", "web")
        add(tx, "web")
    assert names_in(store) == ["web"]


def test_an_inner_savepoint_fails_without_the_outer_one(store):
    with store.transaction() as tx:
        with tx.savepoint():
            add(tx, "outer")
            with undone(tx.savepoint()):
                add(tx, "inner")
            add(tx, "outer-again")
        add(tx, "after")
    assert names_in(store) == ["after", "outer", "outer-again"]


def test_an_outer_savepoint_that_fails_takes_the_inner_one_with_it(store):
    with store.transaction() as tx:
        add(tx, "before")
        with undone(tx.savepoint()), tx.savepoint():
            add(tx, "inner")
    assert names_in(store) == ["before"]


def test_what_two_writers_read_and_write_back_is_counted_once_for_each(store, other):
    with store.transaction() as tx:
        add(tx, "web")

    def count_up(one: TransactionalStore) -> None:
        for _ in range(25):
            with one.transaction() as tx:
                (number,) = tx.row("SELECT created_at FROM sources WHERE name = 'web'")
                tx.run("UPDATE sources SET created_at = ? WHERE name = 'web'", (number + 1,))

    in_threads([lambda: count_up(store), lambda: count_up(store), lambda: count_up(other)])
    with store.reading() as reader:
        assert reader.row("SELECT created_at FROM sources") == (75,)


def in_threads(deeds: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=deed) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Counting


def test_run_answers_how_many_rows_it_changed(store):
    with store.transaction() as tx:
        assert tx.run(_ADD, ("web", "web", b"1", 0)) == 1
        assert tx.run(_ADD, ("app", "app", b"2", 0)) == 1
        assert tx.run(_ADD + " ON CONFLICT DO NOTHING", ("app", "app", b"2", 0)) == 0
        assert tx.run(_ADD + " ON CONFLICT (name) DO UPDATE SET channel = 'x'", ("app", "app", b"2", 0)) == 1
        assert tx.run("UPDATE sources SET created_at = ?", (5,)) == 2
        assert tx.run("UPDATE sources SET created_at = 6 WHERE name = ?", ("nobody",)) == 0
        assert tx.run("DELETE FROM sources") == 2
        assert tx.run("DELETE FROM sources") == 0


def test_run_many_answers_how_many_rows_all_of_them_changed(store):
    with store.transaction() as tx:
        assert add(tx, "a", "b", "c") == 3
        more = [(name, "web", name.encode(), 0) for name in ("b", "c", "d")]
        assert tx.run_many(_ADD + " ON CONFLICT (name) DO NOTHING", more) == 1
        assert tx.run_many("UPDATE sources SET created_at = ? WHERE name <> ?", [(1, "a"), (2, "none")]) == 7
        assert tx.run_many(_ADD, []) == 0
        assert tx.run_many(_ADD, iter(more[:0])) == 0


# Values


@pytest.mark.parametrize("value", [0, -1, LARGEST, -LARGEST - 1])
def test_a_number_comes_back_as_it_went(store, value):
    with store.transaction() as tx:
        tx.run(_ADD, ("web", "web", b"", value))
    with store.reading() as reader:
        assert reader.row("SELECT created_at FROM sources WHERE created_at = ?", (value,)) == (value,)


@pytest.mark.parametrize("text", ["", "50 % off?", "%s ? %%", 'it\'s "so"', "Zoë\n\t\\", "\U0001f6d2" * 300])
def test_a_text_comes_back_as_it_went(store, text):
    with store.transaction() as tx:
        tx.run(_ADD, ("web", text, b"", 0))
    with store.reading() as reader:
        assert reader.rows("SELECT channel FROM sources WHERE channel = ?", (text,)) == [(text,)]


def test_bytes_and_nothing_come_back_as_they_went(store):
    every_byte = bytes(range(256))
    with store.transaction() as tx:
        tx.run(_ADD, ("web", "web", every_byte, 0))
    with store.reading() as reader:
        (found, nothing) = reader.row("SELECT key_hash, NULL FROM sources WHERE key_hash = ?", (every_byte,))
    assert (bytes(found), nothing) == (every_byte, None)


def test_a_per_cent_sign_in_a_statement_is_itself(store):
    with store.transaction() as tx:
        add(tx, "paris-1", "lyon-1")
        assert tx.rows("SELECT name FROM sources WHERE name LIKE 'paris%' AND created_at = ?", (0,)) == [("paris-1",)]
        assert tx.row("SELECT name FROM sources WHERE name = 'nobody'") is None
        assert tx.rows("SELECT name FROM sources WHERE name = 'nobody'") == []


# Reading


def test_a_reader_sees_one_state_while_others_write(store, other):
    with store.transaction() as tx:
        add(tx, "first")
    with store.reading() as reader:
        assert reader.rows("SELECT name FROM sources") == [("first",)]
        with store.transaction() as tx:
            add(tx, "second")
        with other.transaction() as tx:
            tx.run("DELETE FROM sources WHERE name = 'first'")
        assert reader.rows("SELECT name FROM sources") == [("first",)]
        assert reader.row("SELECT count(*) FROM sources") == (1,)
    assert names_in(store) == ["second"]


def test_a_reader_does_not_wait_for_a_writer(store):
    with store.transaction() as tx:
        add(tx, "web")
        assert elsewhere(two_readers, store) == ([], [])


def test_a_reader_cannot_write(store):
    with store.transaction() as tx:
        add(tx, "web")
    with pytest.raises(Exception, match=r"(?i)read-?only"), store.reading() as reader:
        reader.rows("DELETE FROM sources RETURNING name")
    assert names_in(store) == ["web"]


def test_after_a_question_that_fails_the_next_one_is_answered(store):
    for _ in range(3):
        with pytest.raises(Exception, match="no_such_table"), store.reading() as reader:
            reader.rows("SELECT 1 FROM no_such_table")
    assert names_in(store) == []


# Who else wrote


def wrote(store: TransactionalStore, *names: str) -> bool:
    """Write, and answer whether others had written since this store's last transaction."""
    with store.transaction() as tx:
        add(tx, *names)
        return tx.others_wrote


def test_a_writer_is_told_whether_others_wrote_since_it_did(store, other):
    wrote(store, "1")
    assert wrote(store, "2") is False
    wrote(other, "3")
    assert wrote(store, "4") is True
    assert wrote(store, "5") is False
    assert wrote(other, "6") is True


def test_what_others_wrote_is_told_again_when_the_transaction_that_heard_it_was_undone(store, other):
    wrote(store, "1")
    wrote(other, "2")
    with undone(store.transaction()) as tx:
        assert tx.others_wrote
    assert wrote(store, "3") is True
    assert wrote(store, "4") is False


def test_after_an_undone_transaction_its_writer_is_told_to_forget(store):
    """Whatever was remembered of it, such as keys and positions, never came to be."""
    wrote(store, "1")
    with undone(store.transaction()) as tx:
        assert not tx.others_wrote
    assert wrote(store, "2") is True
    assert wrote(store, "3") is False


def test_reading_is_not_writing(store, other):
    wrote(store, "1")
    assert names_in(other) == ["1"]
    assert wrote(store, "2") is False


# The schema


def versions(store: TransactionalStore) -> list[int]:
    with store.reading() as reader:
        return [version for (version,) in reader.rows("SELECT version FROM schema_version ORDER BY version")]


def test_migrating_twice_changes_nothing(store):
    before = (store.table_names(), versions(store))
    wrote(store, "web")
    store.migrate()
    assert (store.table_names(), versions(store), names_in(store)) == (*before, ["web"])


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_two_processes_may_migrate_at_the_same_time(dialect, tmp_path, request):
    address = str(tmp_path / "new.sqlite") if dialect == "sqlite" else request.getfixturevalue("empty_postgres_url")
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    processes = [context.Process(target=_migrate, args=(dialect, address, barrier)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    with _opened(dialect, address) as store:
        assert versions(store) == list(range(1, versions(store)[-1] + 1))
        assert "log" in store.table_names()


@contextmanager
def _opened(dialect: str, address: str) -> Iterator[TransactionalStore]:
    from noline.stores.postgres import PostgresStore
    from noline.stores.sqlite import SqliteStore

    store = SqliteStore(address) if dialect == "sqlite" else PostgresStore(address)
    yield store
    store.close()


def _migrate(dialect: str, address: str, barrier: threading.Barrier) -> None:
    with _opened(dialect, address) as store:
        barrier.wait()
        store.migrate()
        store.migrate()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(store, other):
    known = versions(store)[-1]
    with store.transaction() as tx:
        tx.run("INSERT INTO schema_version (version) VALUES (999)")
    with pytest.raises(SchemaTooNew) as refusal:
        other.migrate()
    assert (refusal.value.found, refusal.value.known) == (999, known)
    assert versions(store)[-1] == 999


def test_a_store_tells_its_tables_their_columns_and_their_keys(store):
    tables = store.table_names()
    assert tables == sorted(tables)
    assert {"log", "books", "dead_letters", "subject_keys", "schema_version", "subscriptions"} <= set(tables)
    with store.reading() as reader:
        assert reader.columns("subject_keys") == ["route_key", "salt", "subject"]
        assert reader.key("subject_keys") == ["route_key", "subject"]
        assert reader.key("books") == ["hour", "source"]
        assert reader.columns("schema_version") == reader.key("schema_version") == ["version"]
    with store.transaction() as tx:
        assert tx.key("sources") == ["name"]


# Whose trouble it is


@pytest.mark.parametrize(
    ("statement", "params"),
    [
        ("INSERT INTO schema_version (version) VALUES (1)", ()),
        ("INSERT INTO books VALUES ('web', 0, 2, 1, 0, 0, 0)", ()),
        ("INSERT INTO schema_version (version) VALUES (?)", (2**63,)),
        ("INSERT INTO sources VALUES ('web', NULL, 'server', ?, '', 0)", (b"",)),
        ("INSERT INTO sources VALUES (?, '', 'server', ?, '', 0)", ("\ud800", b"")),
    ],
    ids=["a key twice", "books that do not balance", "a number too large", "nothing where there must be", "no text"],
)
def test_rows_that_do_not_fit_are_no_outage(store, statement, params):
    with pytest.raises(Exception, match=r".") as failure, store.transaction() as tx:
        tx.run(statement, params)
    assert not store.is_outage(failure.value)
    assert not store.is_outage(ValueError("of a room"))
