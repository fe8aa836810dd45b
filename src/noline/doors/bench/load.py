"""A crowd of senders: keep-alive connections that each post a request and wait for its answer before the next.

It runs as a process of its own, builds every request before the first is sent, and reports its own CPU: where that
comes near one core, the crowd and not the server was the limit.
"""

import re
import selectors
import socket
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

import msgspec

from noline.doors.bench import stock_requests, traffic
from noline.kernel.clock import SystemClock
from noline.kernel.errors import NoLineError

_ACCEPTED = b'"status":"accepted"'
_HELD = b'"state":"active"'
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PATIENCE_SECONDS = 60.0

Kind = Literal["identify", "track", "echo", "hold", "race"]


class CrowdFailed(NoLineError):
    """The senders did not come to their end."""

    code = "bench.crowd_failed"
    sentence = "The senders stopped: {why}."
    hint = "Run the bench again; when it stays so, look at what the server writes."


class Job(msgspec.Struct, frozen=True):
    """What a crowd is to send.

    batch: messages in a request; 1 posts single calls; of a race the requests for one item. people: or items.
    first: the number of the first message, so that no id repeats.
    most_seconds: no request begins later than this.
    """

    port: int
    kind: Kind
    requests: int
    batch: int
    connections: int
    key: str = ""
    first: int = 0
    people: int = 1
    seed: int = 0
    most_seconds: float = 600.0


class Outcome(msgspec.Struct, frozen=True):
    """What came of a job.

    accepted: receipts that say so. refused: answers other than 200. cpu_seconds: the crowd's own.
    """

    requests: int
    refused: int
    accepted: int
    bytes_a_message: float
    seconds: float
    cpu_seconds: float
    p50_ms: float
    p99_ms: float


class Crowd:
    """A crowd in its own process: ready when made, it sends when told to."""

    def __init__(self, job: Job) -> None:
        """Start the process and wait until its requests are built. Raises CrowdFailed."""
        command = [sys.executable, "-m", __name__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._tell(msgspec.json.encode(job))
        self._hear()

    def send(self) -> Outcome:
        """Send everything; comes back with the last answer. Raises CrowdFailed."""
        self._tell(b"go")
        outcome = msgspec.json.decode(self._hear(), type=Outcome)
        self._process.communicate()
        return outcome

    def _tell(self, line: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101  asked for above
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def _hear(self) -> bytes:
        assert self._process.stdout is not None  # noqa: S101  asked for above
        line = self._process.stdout.readline()
        if not line:
            raise CrowdFailed(why=f"exit code {self._process.wait()}")
        return line


class _Sender:
    """One connection."""

    __slots__ = ("_socket", "answer", "begun")

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.answer = b""
        self.begun = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, request: bytes) -> None:
        self.answer = b""
        self.begun = time.perf_counter()
        self._socket.sendall(request)

    def receive(self) -> bool:
        """Read what is there; whether the answer is whole."""
        came = self._socket.recv(262_144)
        if not came:
            raise ConnectionResetError("the server hung up")
        self.answer = self.answer + came if self.answer else came
        return is_whole(self.answer)


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer has come to its end, by its length or its last chunk."""
    head = answer.find(b"\r\n\r\n")
    if head < 0:
        return False
    told = _LENGTH.search(answer, 0, head)
    if told:
        return len(answer) >= head + 4 + int(told[1])
    return answer.endswith(b"0\r\n\r\n")


def drive(job: Job, requests: list[bytes]) -> Outcome:
    """Send the requests over the job's connections, each waiting for its answer."""
    senders = [_Sender(job.port) for _ in range(min(job.connections, len(requests)))]
    took = array("d")
    refused = accepted = 0
    yes = _HELD if job.kind in ("hold", "race") else _ACCEPTED
    coming = iter(requests)
    cpu, began = time.process_time(), time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for sender in senders:
            sender.send(next(coming))
            selector.register(sender, selectors.EVENT_READ)
        while selector.get_map():
            for ready, _ in selector.select():
                sender: _Sender = ready.fileobj  # type: ignore[assignment,no-redef]
                if not sender.receive():
                    continue
                now = time.perf_counter()
                took.append(now - sender.begun)
                refused += not sender.answer.startswith(b"HTTP/1.1 20")
                accepted += sender.answer.count(yes)
                request = next(coming, None) if now - began < job.most_seconds else None
                if request is None:
                    selector.unregister(sender)
                else:
                    sender.send(request)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    ranked = sorted(took)
    return Outcome(
        requests=len(took),
        refused=refused,
        accepted=accepted,
        bytes_a_message=sum(map(len, requests)) / (len(requests) * job.batch),
        seconds=seconds,
        cpu_seconds=cpu,
        p50_ms=ranked[len(ranked) // 2] * 1000,
        p99_ms=ranked[len(ranked) * 99 // 100] * 1000,
    )


def built(job: Job) -> Iterator[bytes]:
    """The requests of a job, one after the other."""
    if job.kind in ("hold", "race"):
        yield from stock_requests.asked(
            job.kind, job.requests, job.key, items=job.people, seed=job.seed, turn=job.batch
        )
        return
    now = SystemClock().now()
    make = traffic.identifies if job.kind == "identify" else traffic.tracks
    messages = make(job.requests * job.batch, first=job.first, people=job.people, seed=job.seed, at=now)
    path = f"/v1/{job.kind if job.batch == 1 else 'batch'}"
    for _ in range(job.requests):
        taken = [next(messages) for _ in range(job.batch)]
        yield traffic.request(path, job.key, taken[0] if job.batch == 1 else traffic.batch(taken, now))


def main() -> None:
    """Read a job, say when it is built, wait for the word, send, report."""
    job = msgspec.json.decode(sys.stdin.buffer.readline(), type=Job)
    requests = list(built(job))
    _say(b"ready")
    if sys.stdin.buffer.readline():
        _say(msgspec.json.encode(drive(job, requests)))


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main()
