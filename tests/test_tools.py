"""The tools of the tests themselves: a check that could never fail would prove nothing."""

import psycopg
import pytest

from postgres_server import PostgresServer
from shop import Day, assert_books_balance, track


def test_the_check_of_the_books_notices_an_event_that_vanished(hub):
    hub.access.add_source("web", "web")
    hub.accept("web", [track("Product Viewed", id="m-1", at=Day().next(), user="catherine", sku="ristretto-50")])
    assert_books_balance(hub.store)

    with hub.store.transaction() as tx:
        gone = tx.row("SELECT * FROM log")
        tx.run("DELETE FROM log")
    with pytest.raises(AssertionError):
        assert_books_balance(hub.store)

    with hub.store.transaction() as tx:
        tx.run(f"INSERT INTO log VALUES ({', '.join('?' * len(gone))})", gone)


def test_the_check_of_the_books_notices_a_dead_letter_that_vanished(hub):
    hub.access.add_source("web", "web")
    hub.accept("web", [b"no JSON", b"no JSON"])
    assert_books_balance(hub.store)

    with hub.store.transaction() as tx:
        tx.run("UPDATE dead_letters SET times = 1")
    with pytest.raises(AssertionError):
        assert_books_balance(hub.store)

    with hub.store.transaction() as tx:
        tx.run("UPDATE dead_letters SET times = 2")


def test_a_database_of_a_test_is_its_own_and_gone_afterwards(postgres_server: PostgresServer):
    with postgres_server.database() as first, postgres_server.database(migrated=False) as second:
        assert first != second
        with psycopg.connect(first) as one, psycopg.connect(second) as other:
            tables = "SELECT count(*) FROM pg_tables WHERE tablename = 'log'"
            assert (one.execute(tables).fetchone(), other.execute(tables).fetchone()) == ((1,), (0,))
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(first)


def test_a_day_goes_on_by_a_minute():
    day = Day()
    assert [day.next(), day.next()] == ["2026-03-02T09:00:00+00:00", "2026-03-02T09:01:00+00:00"]


def test_a_sentence_is_a_message_of_the_contract():
    assert track("Stock Counted", id="m-1", at="2026-03-02", sku="a", units=3, context_store_id="paris-1") == {
        "type": "track",
        "event": "Stock Counted",
        "messageId": "m-1",
        "timestamp": "2026-03-02",
        "properties": {"sku": "a", "units": 3},
        "context": {"store_id": "paris-1"},
    }
