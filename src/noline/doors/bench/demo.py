"""How soon the demo company answers when it is started again, and how long the page of one of its customers takes."""

import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from noline.demo.build import build, is_built
from noline.demo.hints import THOUSANDS, Size
from noline.doors.bench import machine
from noline.doors.bench.serving import LOCAL, Server, serving
from noline.hub import Hub
from noline.kernel.errors import NoLineError, Refused
from noline.stores.log import records_after

_DEMO = (sys.executable, "-c", "from noline.doors.cli.main import main; main()", "demo", "--no-open", "--port", "0")
_LINK = re.compile(r'"login": "http://[^/]+(/[^"]+)"')
_WARM_PAGES = 10


class NoDemo(Refused):
    """There is no finished demo company in the folder."""

    code = "bench.no_demo"
    sentence = "{path} holds no demo company."
    hint = "Build one with `noline demo --build-only --dir DIR`."


class PageFailed(NoLineError):
    """A page that the bench measures was not shown."""

    code = "bench.page_failed"
    sentence = "{path} was answered with {status}."
    hint = "Open the page by hand and read what it says."


class Started(NamedTuple):
    """A start of `noline demo` when the company lies there already.

    ready_seconds: until the server answers; front_page_seconds: until the first page came. resident_mb: after that.
    """

    size: str
    events: int
    ready_seconds: float
    front_page_seconds: float
    resident_mb: float


class Pages(NamedTuple):
    """Customers' pages, one after the other. The time is the server's: it waits for nobody else."""

    pages: int
    events: int
    events_on_a_page: float
    p50_ms: float
    p99_ms: float
    slowest_ms: float
    cpu_ms: float


class Visitor:
    """Somebody who is logged in."""

    def __init__(self, server: Server) -> None:
        """Log in with the server's one-time link."""
        self._connection = HTTPConnection(LOCAL, server.port, timeout=60)
        self._headers = {"accept": "text/html"}
        link = _LINK.search(server.said())
        if link is None:
            raise PageFailed(path="/login", status="no link")
        self._connection.request("GET", link[1], headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        self._headers["cookie"] = (answer.getheader("set-cookie") or "").partition(";")[0]

    def visit(self, path: str) -> bytes:
        """The page at a path. Raises PageFailed."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise PageFailed(path=path, status=answer.status)
        return body


def start_again(folder: Path) -> Started:
    """Start the demo company that lies in a folder, look at the first page, and stop it. Raises NoDemo, PageFailed."""
    size = size_of(folder)
    began = time.perf_counter()
    with serving((*_DEMO, "--json", "--dir", str(folder), "--size", size)) as server:
        ready = time.perf_counter() - began
        Visitor(server).visit("/")
        front_page = time.perf_counter() - began
        resident_mb = machine.used(server.pid).resident_mb
    with Hub.open(folder) as hub:
        return Started(size, hub.last_seq(), ready, front_page, resident_mb)


def start_small_again(say: Callable[[str], None], place: Path | None = None) -> Started:
    """The same with a small company that is built for it and removed."""
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=place) as made:
        say("demo: the small company is built")
        folder = Path(made) / "demo"
        build(folder, "small", lambda _: None)
        say("demo: it is started again")
        return start_again(folder)


def customer_pages(folder: Path, count: int) -> Pages:
    """Time the pages of customers met at even distances in the log. Raises NoDemo, PageFailed."""
    size = size_of(folder)
    with Hub.open(folder) as hub:
        events, people = hub.last_seq(), list(_people(hub, count + _WARM_PAGES))
        lengths = [hub.timeline(person, limit=1).total for person in people[_WARM_PAGES:]]
    with serving((*_DEMO, "--json", "--dir", str(folder), "--size", size)) as server:
        visitor = Visitor(server)
        _timed(visitor, people[:_WARM_PAGES])
        before = sum(machine.used(server.pid).cpu_seconds)
        took = sorted(_timed(visitor, people[_WARM_PAGES:]))
        cpu_seconds = sum(machine.used(server.pid).cpu_seconds) - before
    return Pages(
        pages=len(took),
        events=events,
        events_on_a_page=sum(lengths) / len(lengths),
        p50_ms=took[len(took) // 2] * 1000,
        p99_ms=took[len(took) * 99 // 100] * 1000,
        slowest_ms=took[-1] * 1000,
        cpu_ms=cpu_seconds * 1000 / len(took),
    )


def size_of(folder: Path) -> Size:
    """The size of the demo company in a folder; raises NoDemo."""
    found = next((size for size in THOUSANDS if is_built(folder, size)), None)
    if found is None:
        raise NoDemo(path=folder)
    return found


def _people(hub: Hub, count: int) -> Iterable[str]:
    """Whoever the records at even distances are about; who has more events is met more often, as at a counter."""
    last = hub.last_seq()
    with hub.store.reading() as reader:
        found: list[str] = []
        for step in range(3 * count):
            for record in records_after(reader, last * step // (3 * count), 1):
                person = hub.customers.person_of(reader, record.subject)
                if person is not None and len(found) < count:
                    found.append(person)
    return found


def _timed(visitor: Visitor, people: Iterable[str]) -> list[float]:
    took = []
    for person in people:
        began = time.perf_counter()
        visitor.visit(f"/customers/{person}")
        took.append(time.perf_counter() - began)
    return took
