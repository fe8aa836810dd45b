"""The tables: numbered SQL files, applied once each, in order.

A file `003_goods.sql` serves every dialect; `001_log.sqlite.sql` and `001_log.postgres.sql` are the two texts of one
step.
"""

import re
from collections.abc import Iterator
from importlib.resources import files

from noline.kernel.errors import SchemaTooNew
from noline.stores.transactional import Transaction

REFERENCE_TABLES: dict[str, str] = {
    "schema_version": "one row for the whole hub",
    "writer": "one row that serialises writers",
    "sources": "settings: a handful of write keys, copied to every shard",
    "keys": "settings: a handful of keys, copied to every shard",
    "sessions": "console logins, few and short-lived",
    "books": "counters per source and hour, kept where the source is received",
    "dead_letters": "what could not be read has no routing key yet",
    "subscriptions": "settings and cursors of receivers",
    "refold": "a handful of names, nearly always empty",
    "match_runs": "the latest run of the model, one row",
    "identity_rules": "settings: one row for the whole hub",
    "command_results": "answers kept under the caller's idempotency key",
    "tool_calls": "who called which tool of an assistant program, kept where it was called",
}
"""Tables without a routing key, each with the reason."""

_FILE_NAME = re.compile(r"(?P<number>\d{3})_(?P<topic>\w+?)(?:\.(?P<dialect>sqlite|postgres))?\.sql")


def steps(dialect: str) -> Iterator[tuple[int, list[str]]]:
    """The numbered migrations of a dialect, each as its statements."""
    found: dict[int, str] = {}
    for entry in files("noline.stores").joinpath("migrations").iterdir():
        match = _FILE_NAME.fullmatch(entry.name)
        if match and match["dialect"] in (None, dialect):
            found[int(match["number"])] = entry.read_text("utf-8")
    for number in sorted(found):
        yield number, statements(found[number])


def statements(text: str) -> list[str]:
    """Split an SQL file at the semicolons that end a line."""
    return [part.strip() for part in re.split(r";\s*\n", text + "\n") if part.strip()]


def migrate(tx: Transaction, dialect: str) -> None:
    """Apply the steps that this store has not had; raises SchemaTooNew when a later version wrote it."""
    tx.run("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)")
    (have,) = tx.row("SELECT coalesce(max(version), 0) FROM schema_version") or (0,)
    known = 0
    for known, texts in steps(dialect):
        if known > have:
            for text in texts:
                tx.run(text)
            tx.run("INSERT INTO schema_version (version) VALUES (?)", (known,))
    if have > known:
        raise SchemaTooNew(found=have, known=known)
