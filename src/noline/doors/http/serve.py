"""One server for one hub: it holds the hub's lock, takes events, answers, draws the console, and stops gracefully."""

import asyncio
import contextlib
import fcntl
import json
import os
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path

from noline.doors.http.background import keep_up
from noline.doors.http.intake import IntakeDoor, Receive, Scope, Send
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.errors import HubBusy

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOCK_FILE = "server.lock"


@contextlib.contextmanager
def only_server(folder: Path) -> Iterator[Callable[[str], None]]:
    """Hold the right to serve a hub; raises HubBusy when another process has it. The system frees it with the process.

    Gives a function that writes where the server answers, for other commands on this machine.
    """
    with (folder / LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            raise HubBusy(path=folder, pid=_holder(folder)) from cause

        def tell(address: str | None) -> None:
            file.truncate(0)
            file.write(json.dumps({"pid": os.getpid(), "address": address}))
            file.flush()

        tell(None)
        yield tell
        file.truncate(0)


def application(hub: Hub, writer: Writer) -> Application:
    """The whole ASGI application: the intake bare, the rest behind it."""
    from noline.doors.http.api import api  # noqa: PLC0415  the framework is loaded only by a server

    intake = IntakeDoor(hub.intake, hub.access, writer)
    rest = api(hub, writer)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and intake.handles(scope["path"]):
            await intake(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return serve


def run(hub: Hub, host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop; then finish what waits. `ready` is called with the address once it answers."""
    with only_server(hub.folder) as tell:
        writer = Writer(hub.accept_groups)

        def answers(address: str) -> None:
            tell(address)
            ready(address)

        try:
            asyncio.run(_serve(application(hub, writer), host, port, answers, keep_up(hub)))
        finally:
            writer.stop()


async def _serve(
    application: Application, host: str, port: int, ready: Callable[[str], None], beside: Coroutine[None, None, None]
) -> None:
    """Serve until a signal comes, with one coroutine working beside."""
    import uvicorn  # noqa: PLC0415

    config = uvicorn.Config(
        application, host=host, port=port, log_level="warning", access_log=False, lifespan="on",
        loop="uvloop", http="httptools", timeout_graceful_shutdown=10,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if server.started:
        bound = server.servers[0].sockets[0].getsockname()[1]
        ready(f"http://{host}:{bound}")
    working = asyncio.create_task(beside)
    await serving
    working.cancel()


def _holder(folder: Path) -> int:
    try:
        return int(json.loads((folder / LOCK_FILE).read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def address_of(folder: Path) -> str | None:
    """Where the server of this hub answers, when one runs."""
    try:
        return json.loads((folder / LOCK_FILE).read_text())["address"]
    except (OSError, ValueError, KeyError):
        return None
