"""What only the store in PostgreSQL does: connections are lost and made anew. The rest is in test_transactional.py."""

import random

import psycopg
import pytest

from noline.hub import Hub
from noline.kernel.errors import StoreUnreachable
from noline.stores.durability import weaknesses
from noline.stores.postgres import PostgresStore
from shop import Day, track

_ADD = (
    "INSERT INTO sources (name, channel, trust, key_hash, key_hint, created_at) VALUES (?, 'web', 'server', ?, '', 0)"
)


@pytest.fixture
def database(postgres_url):
    store = PostgresStore(postgres_url)
    store.migrate()
    yield store
    store.close()


def add(store: PostgresStore, name: str) -> bool:
    """Write; answers whether others had written before."""
    with store.transaction() as tx:
        tx.run(_ADD, (name, name.encode()))
        return tx.others_wrote


def names_in(store: PostgresStore) -> list[str]:
    with store.reading() as reader:
        return [name for (name,) in reader.rows("SELECT name FROM sources ORDER BY name")]


def cut_every_line(store: PostgresStore) -> int:
    """As a restart of the server would: it ends all other connections to this database."""
    with psycopg.connect(store.address, autocommit=True) as administrator:
        ended = administrator.execute(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        ).fetchone()
    return ended[0]


def add_while_the_line_is_cut(store: PostgresStore, *names: str) -> None:
    """The line is cut behind the first name."""
    with store.transaction() as tx:
        for number, name in enumerate(names):
            tx.run(_ADD, (name, name.encode()))
            if number == 0:
                cut_every_line(store)


def ask_while_the_line_is_cut(store: PostgresStore) -> None:
    with store.reading() as reader:
        reader.row("SELECT 1")
        cut_every_line(store)
        reader.row("SELECT 1")


def test_a_writer_whose_connection_was_lost_makes_a_new_one(database):
    add(database, "before")
    assert cut_every_line(database) == 1
    add(database, "after")
    assert names_in(database) == ["after", "before"]


def test_readers_whose_connections_were_lost_make_new_ones(database):
    with database.reading(), database.reading():
        assert names_in(database) == []
    assert cut_every_line(database) == 4
    with database.reading(), database.reading():
        assert names_in(database) == []


def test_a_transaction_whose_connection_is_lost_leaves_nothing_and_the_next_one_works(database):
    add(database, "before")
    with pytest.raises(StoreUnreachable) as failure:
        add_while_the_line_is_cut(database, "lost", "never sent")
    assert database.is_outage(failure.value)
    assert names_in(database) == ["before"]
    assert add(database, "after") is True
    assert names_in(database) == ["after", "before"]


def test_a_commit_whose_connection_is_lost_is_no_success(database):
    with pytest.raises(StoreUnreachable):
        add_while_the_line_is_cut(database, "lost")
    assert names_in(database) == []


def test_a_question_whose_connection_is_lost_is_an_outage(database):
    with pytest.raises(StoreUnreachable) as failure:
        ask_while_the_line_is_cut(database)
    assert database.is_outage(failure.value)
    assert names_in(database) == []


def test_after_a_lost_connection_a_writer_still_knows_whether_others_wrote(database):
    other = PostgresStore(database.address)
    add(database, "1")
    cut_every_line(database)
    assert add(database, "2") is False
    add(other, "3")
    cut_every_line(database)
    assert add(database, "4") is True
    other.close()


def test_a_server_that_does_not_answer_is_unreachable(tmp_path):
    with pytest.raises(StoreUnreachable) as refusal:
        PostgresStore(f"postgresql://nobody:secret@/none?host={tmp_path}")
    assert (refusal.value.code, refusal.value.status, refusal.value.retryable) == ("store.unreachable", 503, True)
    assert "secret" not in str(refusal.value)


def test_a_key_longer_than_an_index_takes_is_no_outage(database):
    name = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=20_000))
    with pytest.raises(psycopg.OperationalError) as failure:
        add(database, name)
    assert not database.is_outage(failure.value)


def test_an_item_that_one_room_cannot_hold_is_in_the_log_and_holds_up_nothing(postgres_url, tmp_path):
    """Whether a room itself refuses it or the database does: it becomes a dead letter, and the hub verifies."""
    with Hub.init(tmp_path / "shop.noline", store=postgres_url) as hub:
        hub.access.add_source("till", "store")
        day = Day()
        endless = "".join(random.Random(2).choices("abcdefghijklmnopqrstuvwxyz", k=20_000))
        told = [
            track("Stock Counted", id=f"m-{number}", at=day.next(), sku=sku, units=3, location="paris-1")
            for number, sku in enumerate(["ristretto-50", endless, "lungo-40"])
        ]
        assert [receipt.status for receipt in hub.accept("till", told)] == ["accepted"] * 3
        assert [(letter.code, letter.seq) for letter in hub.dead_letters()] == [("projection_error", 2)]
        found = hub.verify()
        assert (found.trouble, found.records) == ((), 3)


def test_tables_of_others_in_the_database_are_not_ours(postgres_url, tmp_path):
    with Hub.init(tmp_path / "shop.noline", store=postgres_url) as hub:
        with psycopg.connect(postgres_url, autocommit=True) as neighbour:
            neighbour.execute("CREATE TABLE someone_elses (id BIGINT PRIMARY KEY)")
            neighbour.execute("INSERT INTO someone_elses VALUES (1)")
        moved = hub.back_up(tmp_path / "backup.zip")
    assert "someone_elses" not in {one.table for one in moved}
    assert "log" in {one.table for one in moved}


def test_a_server_that_may_lose_what_was_acknowledged_is_told(database):
    """The server of the tests is hasty on purpose."""
    with database.reading() as reader:
        assert weaknesses(database, reader) == ["fsync=off", "full_page_writes=off", "synchronous_commit=off"]
