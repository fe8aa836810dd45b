"""A server under test: a process of its own, started and stopped as an operator would."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from noline.kernel.errors import NoLineError

LOCAL = "127.0.0.1"

_ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)(?=[/\s\"])")
_PATIENCE_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.005
_MOST_SAID = 1 << 20


class ServerSilent(NoLineError):
    """A server under test did not begin."""

    code = "bench.server_silent"
    sentence = "The server ended with {exit_code} before it answered: {said}"
    hint = "Start `noline serve` by hand and read what it says."


class Server:
    """A process that serves, and what it uses."""

    def __init__(self, command: tuple[str, ...]) -> None:
        """Start it and wait until it says where it answers. Raises ServerSilent."""
        # A file, because a pipe that nobody reads would stop a server that complains.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  closed by stop()
        self._process = subprocess.Popen(command, stdout=self._said, stderr=subprocess.STDOUT)
        self.pid = self._process.pid
        self.port = self._port()

    def _port(self) -> int:
        while True:
            ended = self._process.poll()
            if found := _ADDRESS.search(self.said()):
                return int(found[1])
            if ended is not None:
                raise ServerSilent(exit_code=ended, said=self.said())
            time.sleep(_LOOK_AGAIN_SECONDS)

    def said(self) -> str:
        """What it has written to its terminal."""
        return os.pread(self._said.fileno(), _MOST_SAID, 0).decode("utf-8", "replace")

    def stop(self) -> None:
        """End it as an operator would."""
        self._process.terminate()
        self._process.wait(_PATIENCE_SECONDS)
        self._said.close()


@contextmanager
def serving(command: tuple[str, ...]) -> Iterator[Server]:
    """A server for the length of a block."""
    server = Server(command)
    try:
        yield server
    finally:
        server.stop()
