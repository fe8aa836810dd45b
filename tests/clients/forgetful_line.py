"""A line between a client and the server that delivers what is sent but loses the first answers.

That is the commonest accident of mobile networks and proxies, and the reason why clients send an event twice.
"""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import NamedTuple

from clients.serving import LOOPBACK, PATIENCE_SECONDS

# Belong to one hop of the line, not to the message.
_OF_THE_HOP = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"))


class Passed(NamedTuple):
    """A request that went over the line; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class ForgetfulLine:
    """Forwards everything to the server; the answers to the first `losses` posted requests become 503."""

    def __init__(self, server_port: int, losses: int) -> None:
        self.passed: list[Passed] = []
        self.server_port = server_port
        self._losses = losses
        self._lock = Lock()
        self._door = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        self.origin = f"http://{LOOPBACK}:{self._door.server_port}"

    @property
    def posted(self) -> list[Passed]:
        """The requests that carried events."""
        return [one for one in self.passed if one.method == "POST"]

    def open(self) -> None:
        Thread(target=self._door.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._door.shutdown()
        self._door.server_close()

    def loses_this(self, method: str) -> bool:
        """Whether the answer to this request gets lost."""
        with self._lock:
            lost = method == "POST" and self._losses > 0
            self._losses -= lost
            return lost

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        line = self

        class Hop(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """The line is silent."""

            def forward(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                answer, payload = line.ask(self.command, self.path, dict(self.headers.items()), body)
                status = 503 if line.loses_this(self.command) else answer.status
                self.send_response(status)
                for name, value in answer.getheaders():
                    if name.lower() not in _OF_THE_HOP:
                        self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = do_OPTIONS = forward  # noqa: N815  the names that http.server looks for

        return Hop

    def ask(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """Remember a request, and hand it to the server as it came."""
        lowered = {name.lower(): value for name, value in headers.items()}
        self.passed.append(Passed(method, path, lowered, body))
        connection = http.client.HTTPConnection(LOOPBACK, self.server_port, timeout=PATIENCE_SECONDS)
        sent = {name: value for name, value in headers.items() if name.lower() != "connection"}
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        payload = response.read()
        connection.close()
        return response, payload


@contextmanager
def forgetful_line(server_port: int, losses: int) -> Iterator[ForgetfulLine]:
    """An open line that loses as many answers."""
    line = ForgetfulLine(server_port, losses)
    line.open()
    yield line
    line.close()
