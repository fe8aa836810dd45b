"""What no intake on this machine can exceed: how often its disk confirms a write, and what HTTP alone costs."""

import os
import sys
import time
from pathlib import Path
from typing import Any

from noline.doors.http.intake import Receive, Scope, Send

_PAGE = b"\x5a" * 8192
_PAGES = 1024

_ANSWER = b'{"success":true}'
_HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_ANSWER))]


def syncs_per_second(folder: Path, seconds: float = 2.0) -> float:
    """How often in a second a page in this folder can be written and confirmed by the disk, one after the other.

    The file is written in full before, as a write-ahead log is after its first checkpoint.
    """
    path = folder / "syncs.tmp"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        for page in range(_PAGES):
            os.pwrite(descriptor, _PAGE, page * len(_PAGE))
        os.fsync(descriptor)
        return _syncs(descriptor, seconds)
    finally:
        os.close(descriptor)
        path.unlink()


def _syncs(descriptor: int, seconds: float) -> float:
    sync = getattr(os, "fdatasync", os.fsync)
    began, done = time.perf_counter(), 0
    while (gone := time.perf_counter() - began) < seconds:
        os.pwrite(descriptor, _PAGE, done % _PAGES * len(_PAGE))
        sync(descriptor)
        done += 1
    return done / gone


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """The least an ASGI application can do: take the whole body and answer a constant."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _ANSWER})


async def _live(receive: Receive, send: Send) -> None:
    for stage in ("startup", "shutdown"):
        message: Any = await receive()
        assert message["type"] == f"lifespan.{stage}"  # noqa: S101  the protocol's only order
        await send({"type": f"lifespan.{stage}.complete"})


def main() -> None:
    """Serve the echo as a hub is served, and print its address."""
    from noline.doors.http.serve import serve_until_stopped

    serve_until_stopped(echo, "127.0.0.1", 0, ready=lambda address: print(address, flush=True))  # noqa: T201  to the bench


if __name__ == "__main__":
    sys.exit(main())
