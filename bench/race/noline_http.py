"""NoLine over HTTP. `--hub DIR` serves a hub of its own making; `--url`, `--key` and `--write-key` race one that runs.

With `--hub` the server is started and killed from here, so `noline` must be on the PATH or named with `--noline`.
"""

import argparse
import base64
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

from race import PATIENCE_S, Answer, Line, NoAnswer

LOCATION = "the-race"
JSON = {"content-type": "application/json"}


class NoLine:
    """One hub. hub: where it lies, when it is served from here."""

    def __init__(self, url: str, key: str, write_key: str, hub: Path | None = None, noline: str = "noline") -> None:
        """key: of role associate. write_key: of a source that may tell of deliveries."""
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._asking = {"authorization": f"Bearer {key}", **JSON}
        self._telling = {"authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode(), **JSON}
        self._hub, self._noline = hub, noline
        self._server: subprocess.Popen[bytes] | None = None

    def line(self) -> Line:
        """A new connection."""
        return Line(self._host, self._port)

    async def stock(self, line: Line, sku: str, units: int) -> None:
        """Tell of a delivery."""
        said = {"sku": sku, "location": LOCATION, "quantity": units}
        body = {"type": "track", "event": "Stock Received", "messageId": sku, "userId": "till", "properties": said}
        await _told(line, "POST", "/v1/track", self._telling, json.dumps(body).encode(), 200)

    async def reserve(self, line: Line, sku: str, units: int, key: str, ttl_s: int) -> Answer:
        """Hold units at the one location."""
        asked = {"lines": [{"sku": sku, "units": units, "location": LOCATION}], "ttl_s": ttl_s}
        headers = {**self._asking, "idempotency-key": key}
        status, told = await _told(line, "POST", "/v1/holds", headers, json.dumps(asked).encode(), 201, 409)
        answer = json.loads(told)
        if status == 409 and answer["code"] != "stock.not_enough":
            raise SystemExit(f"a reservation was refused for no good reason: {answer}")
        return Answer(answer.get("id"), told)

    async def release(self, line: Line, reservation: str) -> None:
        """Give a hold back."""
        await _told(line, "POST", f"/v1/holds/{quote(reservation)}/release", self._asking, b"{}", 200)

    async def available(self, line: Line, sku: str) -> int:
        """What the company can promise."""
        _, told = await _told(line, "GET", f"/v1/availability?items={quote(sku)}", self._asking, b"", 200)
        return json.loads(told)["items"][0]["available"]

    def kill(self) -> None:
        """SIGKILL the server and every process of it, and start it again."""
        if self._hub is None:
            raise SystemExit("only a server that was started from here, with --hub, can be killed")
        self.stop(signal.SIGKILL)
        self.start()

    def start(self) -> None:
        """Serve the hub, and come back when it takes requests."""
        command = [self._noline, "serve", "--hub", str(self._hub), "--host", self._host, "--port", str(self._port)]
        with (Path(str(self._hub)).parent / "race-server.log").open("ab") as log:
            self._server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        given_up = time.monotonic() + PATIENCE_S
        while not self._is_ready():
            if self._server.poll() is not None or time.monotonic() > given_up:
                raise SystemExit(f"the server did not start; look at {log.name}")
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server that was started from here."""
        if self._server is not None and self._server.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._server.pid, how)
            self._server.wait()


async def _told(
    line: Line, method: str, path: str, headers: dict[str, str], body: bytes, *wanted: int
) -> tuple[int, bytes]:
    """The answer, if its status is one of these; a server that is busy or going down has not answered."""
    status, told = await line.ask(method, path, headers, body)
    if status in (429, 503):
        raise NoAnswer(told.decode())
    if status not in wanted:
        raise SystemExit(f"{method} {path} was answered {status}: {told.decode(errors='replace')}")
    return status, told


@contextmanager
def opened(words: list[str]) -> Iterator[NoLine]:
    """The shop that these words of the command line name."""
    parser = argparse.ArgumentParser(prog="race.py noline_http")
    parser.add_argument("--hub", type=Path, help="a folder; a hub is made there if there is none")
    parser.add_argument("--noline", default="noline", help="the command")
    parser.add_argument("--url")
    parser.add_argument("--key")
    parser.add_argument("--write-key")
    told = parser.parse_args(words)
    if told.hub is None:
        yield NoLine(told.url, told.key, told.write_key)
        return
    if not told.hub.exists():
        subprocess.run([told.noline, "init", str(told.hub)], check=True, capture_output=True)
    name = f"race-{time.time_ns():x}"
    key = _made(told.noline, told.hub, "key", "add", "--name", name, "--role", "associate")["key"]
    write_key = _made(told.noline, told.hub, "source", "add", name, "--channel", "warehouse")["write_key"]
    shop = NoLine(f"http://127.0.0.1:{_free_port()}", key, write_key, told.hub, told.noline)
    shop.start()
    try:
        yield shop
    finally:
        shop.stop()


def _made(noline: str, hub: Path, *words: str) -> dict[str, str]:
    command = [noline, *words, "--json", "--hub", str(hub)]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
