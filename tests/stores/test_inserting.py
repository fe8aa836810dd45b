"""Many rows in few statements are the rows that were given, each once."""

from contextlib import contextmanager
from threading import Event, Thread

import pytest

from noline.stores.inserting import insert

KEEP = """
INSERT INTO sources (name, channel, trust, key_hash, key_hint, created_at) VALUES {rows} ON CONFLICT (name) DO NOTHING
"""


def sources(count, first=0):
    return [
        (f"s-{number}", "web", "server", number.to_bytes(16), "c", number) for number in range(first, first + count)
    ]


@contextmanager
def another_thread():
    over = Event()
    thread = Thread(target=over.wait)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 63, 64, 65, 200])
def test_every_row_is_there_once(store, count):
    with store.transaction() as tx:
        assert insert(tx, KEEP, sources(count)) == count
        found = tx.rows("SELECT name, channel, trust, key_hash, key_hint, created_at FROM sources ORDER BY created_at")
    assert [(name, *rest[:2], bytes(rest[2]), *rest[3:]) for name, *rest in found] == sources(count)


def test_what_was_there_before_is_not_counted(store):
    with store.transaction() as tx:
        insert(tx, KEEP, sources(70))
        assert insert(tx, KEEP, sources(100, first=30)) == 60
        assert tx.row("SELECT count(*) FROM sources") == (130,)


def test_beside_another_thread_the_rows_are_the_same(store):
    with another_thread(), store.transaction() as tx:
        assert tx.wide
        assert insert(tx, KEEP, sources(70)) == 70
        assert insert(tx, KEEP, sources(200, first=30)) == 160
        assert tx.rows("SELECT name, created_at FROM sources ORDER BY created_at") == [
            (f"s-{number}", number) for number in range(230)
        ]
