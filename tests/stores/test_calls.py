"""Calls of tools: kept and listed, the last first; and keys that were made before there were partners stay good."""

import pytest

from noline.stores import calls, schema
from noline.stores.calls import Call

BEFORE_PARTNERS = 22


def test_the_latest_calls_come_first(store):
    made = [Call(f"{number:016x}", 10 * number, "lea", "staff", "get_card", "done", number) for number in range(5)]
    with store.transaction() as tx:
        for one in made:
            calls.note(tx, one)
    with store.reading() as reader:
        assert calls.latest(reader, 2) == [made[4], made[3]]
        assert calls.latest(reader, 10, until=20) == [made[2], made[1], made[0]]


@pytest.fixture(params=["sqlite", "postgres"])
def older(request, tmp_path, monkeypatch):
    """A store as it was before keys could be those of partners."""
    if request.param == "sqlite":
        from noline.stores.sqlite import SqliteStore

        opened = SqliteStore(tmp_path / "store.sqlite")
    else:
        from noline.stores.postgres import PostgresStore

        opened = PostgresStore(request.getfixturevalue("empty_postgres_url"))
    every = schema.steps
    with monkeypatch.context() as patched:
        patched.setattr(schema, "steps", lambda dialect: (one for one in every(dialect) if one[0] <= BEFORE_PARTNERS))
        opened.migrate()
    yield opened
    opened.close()


def test_a_key_stays_good_when_partners_come(older):
    key = ("me", "admin", b"hash", "nk_abcd", 7)
    add = "INSERT INTO keys (name, role, key_hash, key_hint, created_at) VALUES (?, ?, ?, ?, ?)"
    with older.transaction() as tx:
        tx.run(add, key)
    older.migrate()
    with older.transaction() as tx:
        assert tx.rows("SELECT name, role, key_hash, key_hint, created_at FROM keys") == [key]
        tx.run(add, ("theirs", "partner", b"other", "nk_efgh", 8))
        assert tx.row("SELECT count(*) FROM keys") == (2,)
