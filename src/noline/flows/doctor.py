"""Is this machine, and is this hub, well? Each finding says what to do."""

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from noline.kernel.clock import DAY, Clock
from noline.kernel.settings import FILE_NAME, Settings
from noline.stores import books, dead_letters
from noline.stores.durability import weaknesses
from noline.stores.log import Log, is_sealed, last_seq, records_after
from noline.stores.outbox import Outbox, Subscription
from noline.stores.transactional import Reader, TransactionalStore

_PASSWORD = re.compile(r"://[^:/@]*:[^@]+@|[?&]password=")
_LEAST_FREE_BYTES = 1_000_000_000
_NEWEST = 100
_LONGEST_WAIT_DAYS = 14


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. advice: what to do, empty when it is well."""

    subject: str
    well: bool
    finding: str
    advice: str = ""


def examine(store: TransactionalStore, log: Log, folder: Path, settings: Settings, clock: Clock) -> list[Finding]:
    """Look at everything that can be seen without changing anything."""
    with store.reading() as reader:
        return [
            Finding("python", True, sys.version.split()[0]),
            _disk(folder),
            _settings(settings),
            _store(store, reader),
            _durability(store, reader),
            *_secret(reader, log, folder),
            *_password(folder, settings),
            _books(reader),
            _letters(reader, clock),
            *_webhooks(store, reader, clock),
        ]


def _finding(subject: str, finding: str, trouble: bool, advice: str) -> Finding:  # noqa: FBT001
    return Finding(subject, not trouble, finding, advice if trouble else "")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    advice = "make room: below 1 GB writes may soon fail"
    return _finding("disk", f"{free // 10**6:,} MB free", free < _LEAST_FREE_BYTES, advice)


def _settings(settings: Settings) -> Finding:
    """Every setting but the store's address, which may hold a password."""
    rates = ", ".join(f"{code} {rate}" for code, rate in settings.rates.items()) or "none"
    days = f"drop_off_days {settings.drop_off_days}, handoff_days {settings.handoff_days}"
    return Finding("settings", True, f"company {settings.company}, currency {settings.currency}, rates {rates}, {days}")


def _store(store: TransactionalStore, reader: Reader) -> Finding:
    return Finding("store", True, f"{store.dialect}, {last_seq(reader):,} records")


def _durability(store: TransactionalStore, reader: Reader) -> Finding:
    weak = weaknesses(store, reader)
    words = ", ".join(weak) if weak else "every commit is synced"
    return _finding(
        "durability", words, bool(weak), "set these on in PostgreSQL: a power cut can lose acknowledged events"
    )


def _secret(reader: Reader, log: Log, folder: Path) -> Iterator[Finding]:
    mode = (folder / "secret.key").stat().st_mode & 0o777
    open_to_others = mode & 0o077 != 0
    yield _finding("secret", f"secret.key has mode {mode:o}", open_to_others, "chmod 600 secret.key")
    newest = records_after(reader, max(last_seq(reader) - _NEWEST, 0), _NEWEST)
    sealed = [record for record in newest if is_sealed(record)]
    opened = sum(body is not None for _, body in log.opened(reader, sealed))
    advice = "bring back the secret.key this store was written with, or name this hub's own store"
    words = f"{opened} of the {len(sealed)} newest sealed records can be read"
    yield _finding("sealed records", words, bool(sealed) and not opened, advice)


def _password(folder: Path, settings: Settings) -> Iterator[Finding]:
    """A settings file matters to others only when it holds the password of the database."""
    path = folder / FILE_NAME
    if path.exists() and _PASSWORD.search(settings.store):
        mode = path.stat().st_mode & 0o777
        words = f"{FILE_NAME} holds a password and has mode {mode:o}"
        yield _finding("password", words, mode & 0o077 != 0, f"chmod 600 {FILE_NAME}")


def _books(reader: Reader) -> Finding:
    crooked = [page.source for page in books.pages(reader) if not page.balanced]
    words = f"crooked: {', '.join(crooked)}" if crooked else "balanced"
    return _finding("books", words, bool(crooked), "run noline verify")


def _letters(reader: Reader, clock: Clock) -> Finding:
    waiting = sum(count for (_, state), count in dead_letters.counts(reader).items() if state == "open")
    oldest = dead_letters.letters(reader, limit=1)
    days = (clock.now() - oldest[0].first_at) // DAY if oldest else 0
    words = f"{waiting} open, the oldest {days} days" if waiting else "none open"
    return _finding("dead letters", words, days >= _LONGEST_WAIT_DAYS, "look at them: noline dead-letters list")


def _webhooks(store: TransactionalStore, reader: Reader, clock: Clock) -> Iterator[Finding]:
    end = last_seq(reader)
    for one in Outbox(store, clock).subscriptions():
        trouble = one.state == "paused" or one.failing_since is not None
        yield _finding(
            f"webhook {one.name}", _words(one, end), trouble, f"mend it, then noline webhooks resume {one.name}"
        )


def _words(one: Subscription, end: int) -> str:
    behind = f"{one.state}, {max(end - one.delivered_seq, 0):,} behind"
    return f"{behind}: {one.last_error}" if one.last_error else behind
