"""The real server on a free port, and what it wrote down: for tests whose clients stand outside the process."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any, NamedTuple

from noline.hub import Hub
from noline.kernel.events import Identifier, Record
from noline.stores.books import OUTCOMES
from noline.stores.log import records_after
from noline.truth.customers import tables as customers

NOLINE = Path(sys.executable).with_name("noline")
LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 12.0
READY = "/readyz"


class Answer(NamedTuple):
    """What came back over HTTP; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def results(self) -> list[dict[str, Any]]:
        return self.json["results"]


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the hub under test, and the key its clients write with."""

    name: str
    channel: str
    key: str


class ServedHub:
    """A hub in a folder with its server as a process of its own."""

    def __init__(self, folder: Path, *, made: bool = False, **settings: str) -> None:
        """made: the hub `shop.noline` is in the folder already."""
        self.directory = folder / "shop.noline"
        self.port = free_port()
        self.origin = f"http://{LOOPBACK}:{self.port}"
        self._settings = {f"NOLINE_{name.upper()}": value for name, value in settings.items()}
        self._log_path = folder / "serve.log"
        self._log: IO[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if not made:
            noline("init", str(self.directory))

    def start(self) -> "ServedHub":
        """Serve, and come back when the server says that it is ready."""
        self._log = self._log_path.open("ab")
        self._process = subprocess.Popen(
            [NOLINE, "serve", "--hub", self.directory, "--host", LOOPBACK, "--port", str(self.port)],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=os.environ | self._settings,
        )
        self._wait_until_ready()
        return self

    def stop(self) -> None:
        """End the server as an operator would."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)
        if self._log is not None:
            self._log.close()
        if "hub" in self.__dict__:
            self.hub.close()

    def add_source(self, name: str, channel: str, *, trust: str = "server") -> Source:
        """A new source, while the server runs or before."""
        return Source(name, channel, self.hub.access.add_source(name, channel, trust=trust))

    def said(self) -> str:
        """What the server has written to its terminal."""
        return self._log_path.read_text(errors="replace")

    @cached_property
    def hub(self) -> Hub:
        """The same hub, opened beside the server."""
        return Hub.open(self.directory)

    def books(self, source: Source) -> dict[str, int]:
        """How the items of a source were answered."""
        page = next((page for page in self.hub.books() if page.source == source.name), None)
        return {name: getattr(page, name, 0) for name in ("received", *OUTCOMES)}

    def records(self, source: Source | None = None) -> list[Record]:
        """The log, or what one source wrote there, in its order."""
        with self.hub.store.reading() as reader:
            records = records_after(reader, 0, 1_000_000)
        return [record for record in records if source is None or record.source == source.name]

    def kinds(self, source: Source) -> list[str]:
        """What a source told, in the order of the log."""
        return [record.kind for record in self.records(source)]

    def channels(self, source: Source) -> list[str]:
        """Where what a source told has happened, in the order of the log."""
        return [fact.channel for facts in self.hub.facts.all() for fact in facts if fact.source == source.name]

    def person_of(self, namespace: str, value: str) -> str | None:
        """Who is known by this name; None when nobody is."""
        with self.hub.store.reading() as reader:
            return customers.person_of(reader, self.subject(namespace, value))

    def subject(self, namespace: str, value: str) -> bytes:
        """How the log names whoever has this name."""
        return self.hub.customers.subject(Identifier(namespace, value))

    def dead_letters(self, source: Source) -> list[str]:
        """Why items of a source could not be taken."""
        letters = self.hub.dead_letters(state=None, limit=1_000_000)
        return [letter.code for letter in letters if letter.source == source.name]

    def assert_books_balance(self) -> None:
        """Nothing that was received has vanished."""
        assert [page for page in self.hub.books() if not page.balanced] == []
        assert sum(page.accepted for page in self.hub.books()) == len(self.records())

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if self._process is not None and self._process.poll() is not None:
                raise RuntimeError(f"noline serve ended with {self._process.returncode}:\n{self.said()}")
            try:
                if call(self.port, "GET", READY).status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise TimeoutError(f"noline serve is not ready:\n{self.said()}")


def noline(*words: str, hub: Path | None = None) -> Any:
    """Run one command and read its JSON; a command that fails fails the test with what it said."""
    where = ["--hub", str(hub)] if hub else []
    done = subprocess.run([NOLINE, *words, *where, "--json"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"noline {' '.join(words)} ended with {done.returncode}:\n{done.stderr}{done.stdout}"
    return json.loads(done.stdout) if done.stdout.strip() else None


def call(
    port: int,
    method: str,
    path: str,
    body: bytes | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """One request, sent exactly as given."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return probe.getsockname()[1]
