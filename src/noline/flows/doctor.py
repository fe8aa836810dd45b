"""Is this machine, and is this hub, well? Each finding says what to do."""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from noline.kernel.clock import DAY, Clock
from noline.kernel.settings import Settings
from noline.stores import books, dead_letters
from noline.stores.log import last_seq
from noline.stores.transactional import TransactionalStore

_LEAST_FREE_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. advice: what to do when it is not well."""

    subject: str
    well: bool
    finding: str
    advice: str = ""


def examine(store: TransactionalStore, folder: Path, settings: Settings, clock: Clock) -> list[Finding]:
    """Look at everything that can be seen without changing anything."""
    return [
        Finding("python", True, sys.version.split()[0]),
        *_disk(folder),
        *_secret(folder),
        *_store(store, settings),
        *_letters(store, clock),
    ]


def _disk(folder: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    yield Finding("disk", free >= _LEAST_FREE_BYTES, f"{free // 10**6:,} MB free", "make room: below 1 GB writes may fail")


def _secret(folder: Path) -> Iterator[Finding]:
    mode = (folder / "secret.key").stat().st_mode & 0o777
    yield Finding("secret", mode & 0o077 == 0, f"secret.key has mode {mode:o}", "chmod 600 secret.key")


def _store(store: TransactionalStore, settings: Settings) -> Iterator[Finding]:
    with store.reading() as reader:
        pages = books.pages(reader)
        records = last_seq(reader)
    yield Finding("store", True, f"{store.dialect}, {records:,} records, reports in {settings.currency}")
    crooked = [page.source for page in pages if not page.balanced]
    yield Finding("books", not crooked, "balanced" if not crooked else f"crooked: {crooked}", "run noline verify")


def _letters(store: TransactionalStore, clock: Clock) -> Iterator[Finding]:
    with store.reading() as reader:
        waiting = sum(count for (_, state), count in dead_letters.counts(reader).items() if state == "open")
        oldest = dead_letters.letters(reader, limit=1)
    days = (clock.now() - oldest[0].first_at) // DAY if oldest else 0
    words = f"{waiting} open, the oldest {days} days" if waiting else "none open"
    yield Finding("dead letters", days < 14, words, "look at them: noline dead-letters list")
