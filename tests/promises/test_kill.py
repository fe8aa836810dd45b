"""What the server has acknowledged is there after the server was killed, once; and a broken disk stops the server.

The real server is started as a process of its own, loaded over HTTP by several threads, and killed (SIGKILL) at a
moment drawn by chance; then it is started again, and again. What was sent and not answered is sent again.
"""

import base64
import ctypes
import http.client
import json
import logging
import multiprocessing
import os
import platform
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LONG = bool(os.environ.get("NOLINE_LONG"))
KILLS = 200 if LONG else 10
SENDERS = 4
NOLINE = str(Path(sys.executable).parent / "noline")

Item = dict[str, object]

_told = logging.getLogger(__name__)
"""`pytest --log-cli-level=info` shows how much was tried."""


def noline(*words: str, hub: Path) -> dict[str, object]:
    """What a command answers with --json."""
    done = subprocess.run([NOLINE, *words, "--json", "--hub", str(hub)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"noline {' '.join(words)}: {done.returncode} {done.stdout} {done.stderr}"
    return json.loads(done.stdout)


@contextmanager
def served(hub: Path) -> Iterator["Served"]:
    """The server of a hub, ready to take; killed when the block ends and it still runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log_file = hub.parent / "server.log"
    with log_file.open("ab") as log:
        process = subprocess.Popen(
            [NOLINE, "serve", "--hub", str(hub), "--port", str(port), "--host", "127.0.0.1"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Served(process, port, log_file)
    try:
        server.wait_until_ready()
        yield server
    finally:
        server.kill()


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    log_file: Path

    def wait_until_ready(self) -> None:
        """Return when the server says that it takes requests."""
        for _ in range(600):
            assert self.process.poll() is None, f"the server ended:\n{self.log_file.read_text()[-2_000:]}"
            if self._is_ready():
                return
            time.sleep(0.1)
        pytest.fail("the server did not become ready")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """SIGKILL the server and every process it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> int:
        """Ask the server to stop and wait until it has; answers its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@dataclass(slots=True)
class Sender:
    """A channel that sends over one connection, remembers what was acknowledged, and sends again what was not."""

    name: str
    write_key: str
    chance: random.Random
    acknowledged: dict[str, int] = field(default_factory=dict)
    unanswered: list[list[Item]] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    _sent: int = 0

    def send_until(self, port: int, ended: threading.Event) -> None:
        """First what was not answered, then news, until the server goes away."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        waiting, self.unanswered = self.unanswered, []
        try:
            while waiting or not ended.is_set():
                items = waiting[0] if waiting else self._news()
                if not self._send(connection, items):
                    break
                del waiting[:1]
        finally:
            connection.close()
            self.unanswered += waiting

    def _send(self, connection: http.client.HTTPConnection, items: list[Item]) -> bool:
        """One request; False when no answer came. Single items go to their own route, sometimes."""
        single = len(items) == 1 and items[0]["type"] == "track" and self.chance.random() < 0.8
        path, body = ("/v1/track", items[0]) if single else ("/v1/batch", {"batch": items})
        credentials = base64.b64encode(f"{self.write_key}:".encode()).decode()
        headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/json"}
        try:
            connection.request("POST", path, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            self.unanswered.append(items)
            return False
        if response.status == 429:
            self.unanswered.append(items)
            return True
        self._book(items, response.status, text)
        return True

    def _book(self, items: list[Item], status: int, text: bytes) -> None:
        """Keep each receipt."""
        answer = json.loads(text) if status == 200 else {}
        results = answer.get("results", [])
        if answer.get("success") is not True or len(results) != len(items):
            self.wrong.append(f"{status} {text[:500]!r}")
            return
        for item, result in zip(items, results, strict=True):
            self.answers[result["status"]] += 1
            if result["status"] in ("accepted", "duplicate"):
                self._keep(str(item["messageId"]), result["seq"])
            elif result["status"] != "parked" or item["type"] != "nonsense":
                self.wrong.append(f"{item} was answered {result}")

    def _keep(self, message_id: str, seq: int) -> None:
        if self.acknowledged.setdefault(message_id, seq) != seq:
            self.wrong.append(f"{message_id} was seq {self.acknowledged[message_id]}, then {seq}")

    def _news(self) -> list[Item]:
        """A single item or a batch; now and then with something sent before, or something nobody can read."""
        items = [self._item() for _ in range(1 if self.chance.random() < 0.5 else self.chance.randint(2, 60))]
        if len(items) > 1 and self.chance.random() < 0.2:
            items.append(items[0])
        return items

    def _item(self) -> Item:
        self._sent += 1
        person = f"{self.name}-{self.chance.randrange(200)}"
        sku = f"sku-{self.chance.randrange(30)}"
        item: Item = {"messageId": f"{self.name}/{self._sent}", "timestamp": _instant(self._sent)}
        draw = self.chance.randrange(100)
        if draw == 0:
            return item | {"type": "nonsense"}
        if draw < 20:
            traits = {"email": f"{person}@example.com", "first_name": person}
            return item | {"type": "identify", "userId": person, "anonymousId": f"a-{person}", "traits": traits}
        if draw < 40:
            stock = {"sku": sku, "location": "paris-1", "quantity": self.chance.randint(1, 9)}
            return item | {"userId": "till"} | _track("Stock Received", stock)
        if draw < 60:
            return item | {"userId": person} | _track("Order Completed", self._order(sku))
        return item | {"anonymousId": f"a-{person}"} | _track("Product Viewed", {"sku": sku, "product_id": sku})

    def _order(self, sku: str) -> Item:
        line = {"sku": sku, "product_id": sku, "quantity": 2, "price": 4.5}
        return {"order_id": f"o-{self.name}-{self._sent}", "currency": "EUR", "total": 9.0, "products": [line]}


def _track(event: str, properties: Item) -> Item:
    return {"type": "track", "event": event, "properties": properties}


def _instant(number: int) -> str:
    return f"2026-03-{1 + number // 86_400:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}Z"


@dataclass(slots=True)
class Shop:
    """A hub and the channels that send to it."""

    hub: Path
    senders: list[Sender]

    def load_and_kill(self, after_seconds: float) -> None:
        """Start the server, send from every channel, and kill it in the middle."""
        with served(self.hub) as server, self._sending(server.port):
            time.sleep(after_seconds)
            server.kill()

    def resend_and_stop(self) -> int:
        """Start the server, send what was never answered, and stop it; answers its exit code."""
        with served(self.hub) as server:
            with self._sending(server.port) as ended:
                ended.set()
            return server.stop()

    @contextmanager
    def _sending(self, port: int) -> Iterator[threading.Event]:
        ended = threading.Event()
        threads = [threading.Thread(target=sender.send_until, args=(port, ended)) for sender in self.senders]
        for thread in threads:
            thread.start()
        try:
            yield ended
        finally:
            ended.set()
            for thread in threads:
                thread.join()

    def log(self) -> list[tuple[str, int]]:
        """Message id and seq of every record that came from the channels."""
        from noline.hub import Hub

        hub = Hub.open(self.hub)
        try:
            with hub.store.reading() as reader:
                rows = reader.rows("SELECT message_id, seq FROM log WHERE source LIKE 'channel-%' ORDER BY seq")
                return [(message_id, seq) for message_id, seq in rows]
        finally:
            hub.close()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A new hub with four channels."""
    hub = tmp_path / "shop.noline"
    done = subprocess.run([NOLINE, "init", str(hub)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = [f"channel-{number}" for number in range(SENDERS)]
    keys = [noline("source", "add", name, "--channel", "web", hub=hub)["write_key"] for name in names]
    return Shop(hub, [Sender(name, str(key), random.Random(name)) for name, key in zip(names, keys, strict=True)])


def test_what_was_acknowledged_is_in_the_log_once_after_any_number_of_kills(shop: Shop) -> None:
    chance = random.Random(17)
    for _ in range(KILLS):
        shop.load_and_kill(after_seconds=chance.uniform(0.05, 0.6))
    unanswered = sum(len(items) for sender in shop.senders for items in sender.unanswered)
    exit_code = shop.resend_and_stop()

    acknowledged = {key: seq for sender in shop.senders for key, seq in sender.acknowledged.items()}
    log = shop.log()
    answers = sum((sender.answers for sender in shop.senders), Counter())
    _told.info("%d kills, %d records, answers %s, %d sent again at last", KILLS, len(log), dict(answers), unanswered)

    assert [problem for sender in shop.senders for problem in sender.wrong[:5]] == []
    assert exit_code == 0
    assert [len(sender.unanswered) for sender in shop.senders] == [0] * SENDERS
    assert unanswered > 0
    assert sorted(acknowledged.keys() - dict(log).keys()) == []
    assert [key for key, times in Counter(key for key, _ in log).items() if times > 1] == []
    assert sorted(dict(log).items() - acknowledged.items()) == []
    assert noline("verify", hub=shop.hub)["ok"] is True
    assert_books_hold(shop, len(log), answers)


def assert_books_hold(shop: Shop, records: int, answers: Counter[str]) -> None:
    """The books balance, count each record of the log once, and miss no answer that was given."""
    books = noline("books", hub=shop.hub)
    outcomes = {name: int(str(books[name])) for name in ("accepted", "duplicate", "conflict", "parked")}
    assert books["received"] == sum(outcomes.values())
    assert outcomes["accepted"] == records
    assert outcomes["conflict"] == 0
    assert all(outcomes[name] >= count for name, count in answers.items())


# A disk that cannot confirm a write: Linux can be told to refuse the syncs of one file.

_SYNC_CALLS = {"x86_64": (74, 75), "aarch64": (82, 83)}
_STOPPED_BY_THE_DISK = 74


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in _SYNC_CALLS, reason="needs Linux to refuse a sync"
)
@pytest.mark.parametrize("ending", ["-wal", ""], ids=["write-ahead log", "database"])
def test_a_sync_that_fails_ends_the_process(tmp_path: Path, ending: str) -> None:
    """After a failed sync the next one may claim success for pages that are gone; nothing may be promised any more."""
    path = os.path.realpath(tmp_path / "store.sqlite")
    process = multiprocessing.get_context("spawn").Process(target=_write_until_stopped, args=(path, path + ending))
    process.start()
    process.join()
    assert process.exitcode == _STOPPED_BY_THE_DISK


def _write_until_stopped(path: str, unsyncable: str) -> None:
    """Write 192 MB, enough for a checkpoint, on a disk that never confirms the syncs of one file."""
    from noline.stores.sqlite import SqliteStore

    store = SqliteStore(path)
    with store.transaction() as tx:
        tx.run("CREATE TABLE t (b BLOB)")
    _refuse_syncs_of(unsyncable)
    for _ in range(12):
        with store.transaction() as tx:
            tx.run_many("INSERT INTO t VALUES (zeroblob(?))", [(1_000_000,)] * 16)


def _refuse_syncs_of(path: str) -> None:
    """From now on fsync and fdatasync of this open file fail with EIO in this process (a seccomp filter)."""
    handles = [int(handle.name) for handle in Path("/proc/self/fd").iterdir() if _is_open_as(handle, path)]
    assert handles
    load, jump_if_equal, answer = 0x20, 0x15, 0x06
    allow, fail_with_eio = 0x7FFF0000, 0x00050005
    fsync, fdatasync = _SYNC_CALLS[platform.machine()]
    program = [
        (load, 0, 0, 0),
        (jump_if_equal, 1, 0, fsync),
        (jump_if_equal, 0, len(handles) + 1, fdatasync),
        (load, 0, 0, 16),
        *((jump_if_equal, len(handles) - place, 0, handle) for place, handle in enumerate(handles)),
        (answer, 0, 0, allow),
        (answer, 0, 0, fail_with_eio),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    described = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2
    assert libc.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert libc.prctl(set_seccomp, filter_mode, described, 0, 0) == 0


def _is_open_as(handle: Path, path: str) -> bool:
    try:
        return handle.readlink() == Path(path)
    except OSError:
        return False
