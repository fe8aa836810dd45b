"""What was acknowledged survives a power cut, at whatever operation the power goes away.

The simulated disk is tried first on plain SQLite, where it must also see the losses that are known to happen.
"""

import hashlib
import logging
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import apsw
import pytest

from noline.hub import STORE_FILE, Hub
from noline.kernel.clock import Micros, parse_instant
from noline.kernel.events import Receipt

from .powercut import (
    Acknowledged,
    Created,
    Deleted,
    DirectorySynced,
    DiskState,
    Run,
    Step,
    Synced,
    Trace,
    Truncated,
    Written,
    record,
)

Item = dict[str, object]

_told = logging.getLogger(__name__)
"""`pytest --log-cli-level=info` shows how much was tried."""

LONG = bool(os.environ.get("NOLINE_LONG"))
LEAST_STATES = 20_000 if LONG else 2_000


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a database is worth after a power cut."""

    lost: frozenset[str] = frozenset()
    damage: str | None = None


WHOLE = Verdict()


@contextmanager
def rebuilt(state: DiskState, scratch: Path) -> Iterator[Path]:
    """The files of a state in a directory of their own, for as long as they are looked at."""
    directory = scratch / "rebuilt"
    directory.mkdir()
    try:
        state.write_to(directory)
        yield directory
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def scratch(tmp_path: Path) -> Iterator[Path]:
    """A place for thousands of short-lived files: in memory where the machine has such a place."""
    memory = Path("/dev/shm")  # noqa: S108
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    directory = memory / f"noline-{os.getpid()}-{tmp_path.name}"
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


# A plain log on plain SQLite: groups of records of one to a few pages, and books that count them.

_PLAIN_TABLES = """
    CREATE TABLE IF NOT EXISTS log (
        seq INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL, body_hash BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS books (source TEXT PRIMARY KEY, accepted INTEGER NOT NULL);
    INSERT INTO books VALUES ('till', 0) ON CONFLICT DO NOTHING;
"""


def plain_log(*, synchronous: str, groups: int, journal: str = "WAL", seed: int = 0) -> Callable[[Run], None]:
    """A workload: groups of one to twelve records, each group one transaction, with a checkpoint every few pages.

    The database is closed and opened again in between, and goes on from what it finds.
    """

    def workload(run: Run) -> None:
        chance = random.Random(seed)
        for first in range(0, groups, 10):
            with closing(apsw.Connection(str(run.directory / "log.db"), vfs=run.vfs)) as database:
                database.execute(f"PRAGMA journal_mode = {journal}")
                database.execute(f"PRAGMA synchronous = {synchronous}; PRAGMA wal_autocheckpoint = 24")
                database.execute(f"BEGIN; {_PLAIN_TABLES} COMMIT")
                for group in range(first, min(groups, first + 10)):
                    run.acknowledge(_write_group(database, f"{seed}-{group}", chance))

    return workload


def _write_group(database: apsw.Connection, name: str, chance: random.Random) -> list[str]:
    """Commit one group and its books; answers the message ids that are now safe."""
    bodies = [chance.randbytes(chance.choice((60, 300, 900, 6_000))) for _ in range(chance.randint(1, 12))]
    message_ids = [f"{name}-{place}" for place in range(len(bodies))]
    with database:
        database.executemany(
            "INSERT INTO log (message_id, body, body_hash) VALUES (?, ?, ?)",
            ((key, body, hashlib.sha256(body).digest()) for key, body in zip(message_ids, bodies, strict=True)),
        )
        database.execute("UPDATE books SET accepted = accepted + ? WHERE source = 'till'", (len(bodies),))
    return message_ids


def plain_verdict(state: DiskState, scratch: Path) -> Verdict:
    """Open what the power cut left with plain SQLite, and look at every row."""
    with rebuilt(state, scratch) as directory:
        try:
            with closing(apsw.Connection(str(directory / "log.db"))) as database:
                return _judge_plain(database, state.acknowledged)
        except apsw.Error as error:
            return Verdict(lost=frozenset(state.acknowledged), damage=f"{type(error).__name__}: {error}")


def _judge_plain(database: apsw.Connection, acknowledged: Iterable[str]) -> Verdict:
    integrity = database.execute("PRAGMA integrity_check").fetchall()
    if integrity != [("ok",)]:
        return Verdict(damage=f"integrity_check: {integrity[:3]}")
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchall():
        return Verdict(lost=frozenset(acknowledged))
    rows = database.execute("SELECT seq, message_id, body, body_hash FROM log ORDER BY seq").fetchall()
    found = [message_id for _, message_id, _, _ in rows]
    lost = frozenset(acknowledged) - frozenset(found)
    [(accepted,)] = database.execute("SELECT accepted FROM books").fetchall()
    if [seq for seq, *_ in rows] != list(range(1, accepted + 1)):
        return Verdict(lost, f"{len(rows)} rows, books say {accepted}, or a gap in seq")
    if any(hashlib.sha256(body).digest() != body_hash for _, _, body, body_hash in rows):
        return Verdict(lost, "a body changed")
    twice = [message_id for message_id, times in Counter(found).items() if times > 1]
    return Verdict(lost, f"twice in the log: {twice}" if twice else None)


@dataclass(slots=True)
class Tally:
    """How many states were looked at, how many lost something acknowledged, and how many were damaged."""

    states: int = 0
    lost: int = 0
    damaged: int = 0
    faults: list[str] = field(default_factory=list)
    """The first few, in words."""

    def judge(self, states: Iterable[DiskState], judge: Callable[[DiskState, Path], Verdict], scratch: Path) -> None:
        """Look at each of these states."""
        for state in states:
            verdict = judge(state, scratch)
            self.states += 1
            self.lost += bool(verdict.lost)
            self.damaged += verdict.damage is not None
            if verdict != WHOLE and len(self.faults) < 3:
                self.faults.append(f"{state}: {verdict}")

    def pass_on(
        self, states: Iterable[DiskState], judge: Callable[[DiskState, Path], Verdict], scratch: Path, *, every: int
    ) -> Iterator[DiskState]:
        """Look at one of so many states, and pass all of them on."""
        for number, state in enumerate(states):
            if number % every == 0:
                self.judge([state], judge, scratch)
            yield state


def tally_of(trace: Trace, scratch: Path, seed: int = 1) -> Tally:
    """Every state of a run of the plain log, judged."""
    tally = Tally()
    tally.judge(trace.states(seed), plain_verdict, scratch)
    _told.info("%d states, %d lost something, %d damaged", tally.states, tally.lost, tally.damaged)
    return tally


def test_a_synced_commit_survives_every_power_cut(scratch: Path) -> None:
    tally = Tally()
    for seed in range(8 if LONG else 1):
        trace = record(plain_log(synchronous="FULL", groups=45, seed=seed), fresh(scratch / f"run-{seed}"))
        assert trace.changes_of(".db") > 100, "too few checkpoints"
        tally.judge(trace.states(seed, chances=3 if LONG else 1), plain_verdict, scratch)
    _told.info("plain log: %s", tally)
    assert tally.faults == []
    assert tally.states >= LEAST_STATES


def test_a_power_cut_while_recovering_from_a_power_cut_loses_nothing(scratch: Path) -> None:
    first = record(plain_log(synchronous="FULL", groups=20), fresh(scratch / "first"))
    cuts = random.Random(3).sample([state for state in first.states(seed=3) if state.acknowledged], 40 if LONG else 6)
    tally = Tally()
    for number, cut in enumerate(cuts):
        directory = fresh(scratch / f"second-{number}")
        cut.write_to(directory)
        again = record(recovery_after(cut), directory)
        tally.judge(again.states(seed=number, after=cut.acknowledged[-1]), plain_verdict, scratch)
    _told.info("recovering: %s", tally)
    assert tally.faults == []
    assert tally.states >= 100 * len(cuts)


def recovery_after(cut: DiskState) -> Callable[[Run], None]:
    """A workload: open what the power cut left, and take ten groups more."""

    def workload(run: Run) -> None:
        run.acknowledge(cut.acknowledged)
        plain_log(synchronous="FULL", groups=10, seed=99)(run)

    return workload


def fresh(directory: Path) -> Path:
    """A new empty directory."""
    directory.mkdir()
    return directory


def test_the_simulation_sees_what_unsynced_commits_lose(scratch: Path) -> None:
    trace = record(plain_log(synchronous="NORMAL", groups=20), scratch)
    tally = tally_of(trace, scratch)
    assert tally.damaged == 0
    assert tally.lost > 0


def test_the_simulation_sees_what_a_disk_that_lies_about_syncs_damages(scratch: Path) -> None:
    trace = record(plain_log(synchronous="FULL", groups=20), scratch).without_syncs()
    tally = tally_of(trace, scratch)
    assert tally.damaged > 0
    assert tally.lost > 0


@pytest.mark.parametrize(("synchronous", "can_lose"), [("FULL", True), ("EXTRA", False)])
def test_the_simulation_sees_a_rollback_journal_come_back(scratch: Path, synchronous: str, can_lose: bool) -> None:
    """SQLite documents it: without a sync of the directory, a deleted journal can return and undo its commit."""
    trace = record(plain_log(synchronous=synchronous, groups=20, journal="DELETE"), scratch)
    tally = tally_of(trace, scratch)
    assert tally.damaged == 0
    assert (tally.lost > 0) == can_lose


# The hub's own intake: messages of people and goods, single and in batches, with repeats and with what nobody can read.


class SeededClock:
    """A millisecond passes with each look; chance comes from a seed. The same run writes the same bytes."""

    def __init__(self, seed: int) -> None:
        self._now = parse_instant("2026-03-01")
        self._chance = random.Random(seed)

    def now(self) -> Micros:
        self._now += 1_000
        return self._now

    def random_bytes(self, count: int) -> bytes:
        return self._chance.randbytes(count)


def hub_intake(*, groups: int, seed: int, synchronous: str = "FULL") -> Callable[[Run], None]:
    """A workload: groups of one to forty messages; a checkpoint now and then, and a new start every twelve groups."""

    def workload(run: Run) -> None:
        chance, clock = random.Random(seed), SeededClock(seed)
        for first in range(0, groups, 12):
            with Hub.open(run.directory, clock=clock, vfs=run.vfs) as hub:
                hub.store._writer.execute(f"PRAGMA synchronous = {synchronous}")
                hub.access.ensure_source("till", "store")
                for group in range(first, min(groups, first + 12)):
                    items = messages(chance, f"{seed}-{group}")
                    run.acknowledge(map(receipt_text, items, hub.accept("till", items)))
                    if group % 5 == 4:
                        checkpoint(run)

    return workload


def checkpoint(run: Run) -> None:
    """Copy what can be copied from the write-ahead log into the database."""
    with closing(apsw.Connection(str(run.directory / STORE_FILE), vfs=run.vfs)) as database:
        database.wal_checkpoint()


def messages(chance: random.Random, name: str) -> list[Item]:
    """One to forty messages about a few people and goods; some twice, some unreadable."""
    items = [message(chance, f"{name}-{place}") for place in range(chance.choice((1, 1, 5, 40)))]
    return items + items[: chance.randrange(2)]


def message(chance: random.Random, message_id: str) -> Item:
    """A message that touches a person, an order, or stock; one of thirty is no message at all."""
    person, sku = f"u-{chance.randrange(20)}", f"sku-{chance.randrange(9)}"
    item: Item = {"messageId": message_id, "type": "track", "userId": person}
    draw = chance.randrange(30)
    if draw == 0:
        return item | {"type": "nonsense"}
    if draw < 8:
        return item | {"type": "identify", "anonymousId": f"a-{person}", "traits": {"email": f"{person}@example.com"}}
    if draw < 14:
        return item | {"event": "Stock Received", "properties": {"sku": sku, "location": "paris-1", "quantity": 3}}
    if draw < 20:
        line = {"sku": sku, "quantity": 2, "price": 4.5}
        order = {"order_id": f"o-{message_id}", "currency": "EUR", "total": 9.0, "products": [line]}
        return item | {"event": "Order Completed", "properties": order}
    return item | {"event": "Product Viewed", "properties": {"sku": sku, "note": "x" * chance.choice((10, 2_000))}}


def receipt_text(item: Item, receipt: Receipt) -> str:
    """What the sender of an item was told, in the form in which the store is asked for it."""
    return f"dead letter {receipt.id}" if receipt.status == "parked" else f"{item['messageId']} at {receipt.seq}"


def hub_verdict(state: DiskState, scratch: Path) -> Verdict:
    """Open what the power cut left of a hub with plain SQLite: the log, the dead letters and the books."""
    with rebuilt(state, scratch) as directory:
        try:
            with closing(apsw.Connection(str(directory / STORE_FILE))) as database:
                return _judge_hub(database, state.acknowledged)
        except apsw.Error as error:
            return Verdict(lost=frozenset(state.acknowledged), damage=f"{type(error).__name__}: {error}")


def _judge_hub(database: apsw.Connection, acknowledged: Iterable[str]) -> Verdict:
    integrity = database.execute("PRAGMA integrity_check").fetchall()
    if integrity != [("ok",)]:
        return Verdict(damage=f"integrity_check: {integrity[:3]}")
    if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'books'").fetchall():
        return Verdict(lost=frozenset(acknowledged))
    rows = database.execute("SELECT message_id, seq FROM log ORDER BY seq").fetchall()
    letters = database.execute("SELECT id FROM dead_letters").fetchall()
    found = {f"{message_id} at {seq}" for message_id, seq in rows} | {f"dead letter {number}" for (number,) in letters}
    lost = frozenset(acknowledged) - found
    [(received, answered, accepted)] = database.execute(_BOOKS).fetchall()
    if received != answered or accepted != len(rows):
        return Verdict(
            lost, f"books: {received} received, {answered} answered, {accepted} accepted, {len(rows)} in log"
        )
    if [seq for _, seq in rows] != list(range(1, len(rows) + 1)):
        return Verdict(lost, "a gap in the log")
    twice = [message_id for message_id, times in Counter(name for name, _ in rows).items() if times > 1]
    return Verdict(lost, f"twice in the log: {twice}" if twice else None)


_BOOKS = """
    SELECT coalesce(sum(received), 0), coalesce(sum(accepted + duplicate + conflict + parked), 0),
           coalesce(sum(accepted), 0)
    FROM books
"""


def full_verdict(state: DiskState, scratch: Path) -> Verdict:
    """Open what the power cut left as a hub: its truth is what its log says, and it takes and repeats as before."""
    with rebuilt(state, scratch) as directory, Hub.open(directory, clock=SeededClock(state.crash_point)) as hub:
        hub.access.ensure_source("till", "store")
        [told] = hub.accept("till", [{"messageId": "after", "type": "track", "userId": "u-1", "event": "Cart Viewed"}])
        with hub.store.reading() as reader:
            rows = reader.rows("SELECT message_id, seq FROM log ORDER BY seq")
        verification = hub.verify()
    if told.status != "accepted" or rows[-1] != ("after", told.seq):
        return Verdict(damage=f"the next message was answered {told}, the log ends with {rows[-1]}")
    return Verdict(damage=None if verification.ok else f"verify: {verification.trouble}")


@pytest.fixture
def new_hub(scratch: Path) -> Callable[[str], Path]:
    """Makes folders with a hub's settings and secret and no store yet, so that its first migration is recorded too."""
    template = scratch / "template"
    Hub.init(template, clock=SeededClock(0)).close()

    def make(name: str) -> Path:
        folder = fresh(scratch / name)
        for file in template.iterdir():
            if file.is_file() and not file.name.startswith(STORE_FILE):
                shutil.copy(file, folder)
        return folder

    return make


def test_what_the_hub_acknowledged_survives_every_power_cut(scratch: Path, new_hub: Callable[[str], Path]) -> None:
    tally, opened = Tally(), Tally()
    for seed in range(5 if LONG else 1):
        trace = record(hub_intake(groups=22, seed=seed), new_hub(f"run-{seed}"))
        assert trace.changes_of(STORE_FILE) > 100, "too few checkpoints"
        states = trace.states(seed, chances=3 if LONG else 1)
        tally.judge(opened.pass_on(states, full_verdict, scratch, every=100), hub_verdict, scratch)
    _told.info("hub: %s, of these opened as a hub: %s", tally, opened)
    assert tally.faults == []
    assert opened.faults == []
    assert tally.states >= LEAST_STATES
    assert opened.states >= LEAST_STATES // 100


def test_without_a_sync_in_each_commit_the_hub_would_lose_what_it_acknowledged(
    scratch: Path, new_hub: Callable[[str], Path]
) -> None:
    trace = record(hub_intake(groups=10, seed=1, synchronous="NORMAL"), new_hub("run"))
    tally = Tally()
    tally.judge(trace.states(seed=1), hub_verdict, scratch)
    _told.info("hub without syncs in commits: %d of %d lost something", tally.lost, tally.states)
    assert tally.damaged == 0
    assert tally.lost > 0


# The disk itself.


def contents(*steps: Step) -> set[bytes | None]:
    """Everything that can be found in the file `f` after these steps."""
    trace = Trace((*steps, Acknowledged("now")))
    return {state.files.get("f") for state in trace.states(seed=7, chances=200, after="now")}


EMPTY_FILE = (Created("f"), DirectorySynced())


def test_an_unsynced_write_is_there_or_not() -> None:
    assert contents(*EMPTY_FILE, Written("f", 0, b"ab")) == {b"", b"ab"}


def test_unsynced_writes_arrive_in_any_order_and_leave_holes() -> None:
    assert contents(*EMPTY_FILE, Written("f", 0, b"a"), Written("f", 2, b"c")) == {b"", b"a", b"\0\0c", b"a\0c"}


def test_a_write_is_cut_at_sectors_only() -> None:
    first, last = b"a" * 412, b"b" * 88
    assert contents(*EMPTY_FILE, Written("f", 100, first + last)) == {
        b"",
        bytes(100) + first,
        bytes(512) + last,
        bytes(100) + first + last,
    }


def test_a_synced_write_is_there() -> None:
    synced = (*EMPTY_FILE, Written("f", 0, b"old"), Synced("f"))
    assert contents(*synced, Truncated("f", 1)) == {b"old", b"o"}
    assert contents(*synced) == {b"old"}


def test_a_file_that_was_made_again_is_the_old_one_or_none_or_the_new_one() -> None:
    old = (*EMPTY_FILE, Written("f", 0, b"old"), Synced("f"))
    remade = (*old, Deleted("f"), Created("f"), Written("f", 0, b"new"), Synced("f"))
    assert contents(*remade) == {b"old", None, b"new"}
    assert contents(*remade, DirectorySynced()) == {b"new"}


def test_only_what_was_acknowledged_before_the_cut_is_asked_for() -> None:
    steps = (*EMPTY_FILE, Written("f", 0, b"1"), Synced("f"), Acknowledged("1"), Written("f", 1, b"2"))
    found = {(s.files.get("f"), s.acknowledged) for s in Trace(steps).states(seed=7)}
    assert found == {(None, ()), (b"", ()), (b"1", ()), (b"1", ("1",)), (b"12", ("1",))}
