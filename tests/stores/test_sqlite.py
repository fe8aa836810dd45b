"""What only the store in one file does. What it shares with PostgreSQL is in test_transactional.py."""

import apsw
import pytest

from noline.kernel.errors import StoreUnreachable
from noline.stores.sqlite import SqliteStore

_ADD = "INSERT INTO sources (name, channel, trust, key_hash, key_hint, created_at) VALUES (?, ?, 'server', ?, '', 0)"


@pytest.fixture
def file(tmp_path):
    store = SqliteStore(tmp_path / "store.sqlite")
    store.migrate()
    yield store
    store.close()


def add(store: SqliteStore, name: str, note: str = "") -> None:
    with store.transaction() as tx:
        tx.run(_ADD, (name, note, name.encode()))


def names_in(store: SqliteStore) -> list[str]:
    with store.reading() as reader:
        return [name for (name,) in reader.rows("SELECT name FROM sources ORDER BY name")]


@pytest.mark.parametrize(
    ("setting", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1), ("mmap_size", 0), ("page_size", 8192)],
)
def test_the_writer_keeps_the_settings_that_durability_and_erasure_stand_on(file, setting, value):
    assert file._writer.execute(f"PRAGMA {setting}").fetchall() == [(value,)]


def test_a_full_disk_is_an_outage_and_nothing_of_the_transaction_stays(file):
    add(file, "before")
    (pages,) = file._writer.execute("PRAGMA page_count").fetchone()
    file._writer.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall()
    with pytest.raises(apsw.FullError) as failure, file.transaction() as tx:
        tx.run_many(_ADD, [(str(number), "x" * 4000, str(number).encode()) for number in range(100)])
    assert file.is_outage(failure.value)
    assert names_in(file) == ["before"]
    file._writer.execute("PRAGMA max_page_count = 1000000").fetchall()
    add(file, "after")
    assert names_in(file) == ["after", "before"]


def test_a_file_that_somebody_else_holds_is_an_outage(file):
    other = SqliteStore(file.address)
    other._writer.set_busy_timeout(20)
    with file.transaction() as tx:
        tx.run(_ADD, ("mine", "", b""))
        with pytest.raises(apsw.BusyError) as failure:
            add(other, "theirs")
    assert other.is_outage(failure.value)
    add(other, "theirs")
    other.close()
    assert names_in(file) == ["mine", "theirs"]


def test_a_value_larger_than_the_store_takes_is_no_outage(file):
    file._writer.limit(apsw.SQLITE_LIMIT_LENGTH, 2000)
    with pytest.raises(apsw.TooBigError) as failure:
        add(file, "web", "x" * 3000)
    assert not file.is_outage(failure.value)


def test_a_place_where_no_file_can_be_is_unreachable(tmp_path):
    with pytest.raises(StoreUnreachable, match=r"nowhere/store\.sqlite"):
        SqliteStore(tmp_path / "nowhere" / "store.sqlite")


def test_a_file_that_is_no_database_is_unreachable_and_left_as_it_is(tmp_path):
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"till roll " * 1000)
    with pytest.raises(StoreUnreachable, match="not a database"):
        SqliteStore(path)
    assert path.read_bytes() == b"till roll " * 1000


def test_a_closed_store_is_one_file(file, tmp_path):
    add(file, "web")
    names_in(file)
    assert (tmp_path / "store.sqlite-wal").stat().st_size > 0
    file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["store.sqlite"]
    again = SqliteStore(tmp_path / "store.sqlite")
    assert names_in(again) == ["web"]
    again.close()


def test_readers_are_used_again(file):
    for _ in range(5):
        names_in(file)
    with file.reading(), file.reading():
        assert names_in(file) == []
    assert len(file._readers) == 3
