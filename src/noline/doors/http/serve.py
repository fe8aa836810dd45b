"""One server for one hub: it holds the hub's lock, takes events, answers, draws the console, and stops gracefully."""

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

from noline.doors.http import logs
from noline.doors.http.background import keep_up
from noline.doors.http.intake import IntakeDoor, Receive, Scope, Send
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.errors import HubBusy, Refused

if TYPE_CHECKING:
    from noline.doors.http.holding import Holder

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOCK_FILE = "server.lock"

_MOST_SECONDS_TO_STOP = 10
_BACKLOG = 2048
_NEW_OBJECTS = 20_000
_ROUNDS = (20, 50)
"""When to look for objects that only hold one another: after so many new ones, and how often among the older ones."""


class PortTaken(Refused):
    """Something else answers there, or the address is not this machine's."""

    code = "server.port_taken"
    sentence = "Cannot serve at {host}:{port}: {why}."
    hint = "Choose another --port, or 0 for a free one."


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
        try:
            yield tell
        finally:
            file.truncate(0)


def application(hub: Hub, writer: Writer, holder: "Holder | None" = None) -> Application:
    """The whole ASGI application: the intake, profiles, cards and holds bare, the rest behind them.

    holder: places holds together; without one they go the long way.
    """
    from noline.doors.http.api import PROTECTION, api
    from noline.doors.http.card import CardDoor
    from noline.doors.http.fast import ProfileDoor
    from noline.doors.http.holding import HoldDoor

    intake = IntakeDoor(hub.intake, hub.access, writer)
    rest = cast("Application", api(hub, writer))
    profile = ProfileDoor(hub, PROTECTION, rest)
    card = CardDoor(hub, PROTECTION, rest)
    holds = None if holder is None else HoldDoor(hub, holder, PROTECTION, rest)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and intake.handles(scope["path"]):
            await intake(scope, receive, send)
        elif holds is not None and scope["type"] == "http" and holds.handles(scope):
            await holds(scope, receive, send)
        elif scope["type"] == "http" and profile.handles(scope):
            await profile(scope, receive, send)
        elif scope["type"] == "http" and card.handles(scope):
            await card(scope, receive, send)
        else:
            await rest(scope, receive, send)

    return serve


def run(hub: Hub, host: str, port: int, *, ready: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop; then finish what waits. `ready` is called with the address once it answers.

    port: 0 takes a free one. Raises HubBusy and PortTaken.
    """
    from noline.doors.http.holding import holder

    logs.configure()
    with only_server(hub.folder) as tell:
        writer, holding = Writer(hub.accept_groups), holder(hub)

        def answers(address: str) -> None:
            tell(address)
            ready(address)

        try:
            served = application(hub, writer, holding)
            _search_seldom()
            serve_until_stopped(served, host, port, ready=answers, beside=lambda: keep_up(hub))
        finally:
            holding.stop()
            writer.stop()


def _search_seldom() -> None:
    """Let the search for garbage pass over what the server is made of, and rest while a commit is put together.

    Events are freed by counting references; the usual search would look at each of them, some thousand at a time, for
    circles that they do not form.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *_ROUNDS)


def serve_until_stopped(
    application: Application,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None],
    beside: Callable[[], Coroutine[None, None, None]] | None = None,
) -> None:
    """Run an ASGI application until SIGINT or SIGTERM, with one coroutine working beside it once it answers.

    Requests that have begun are answered. Raises PortTaken.
    """
    import uvloop

    working: list[asyncio.Task[None]] = []

    with _listening(host, port) as listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:

        def started() -> None:
            ready(_address(listener))
            if beside is not None:
                working.append(asyncio.get_running_loop().create_task(beside()))

        runner.run(_serve(application, listener, started))


@contextlib.contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket of our own: its port is known, and taken by nobody else, before anything is started."""
    try:
        listener = socket.create_server((host, port), family=_family(host, port), backlog=_BACKLOG)
    except OSError as cause:
        raise PortTaken(host=host, port=port, why=cause.strerror or cause) from cause
    with listener:
        yield listener


def _family(host: str, port: int) -> socket.AddressFamily:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(application: Application, listener: socket.socket, ready: Callable[[], None]) -> None:
    import uvicorn

    class Server(uvicorn.Server):
        """Signals only ask it to stop: uvicorn would raise them again at the end, and the process die of them."""

        @contextlib.contextmanager
        # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
        def capture_signals(self) -> Iterator[None]:
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.handle_exit, number, None)
            yield

        # pyrefly: ignore[missing-override-decorator]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

    config = uvicorn.Config(
        application, http="httptools", ws="none", lifespan="on", log_level="warning", access_log=False,
        date_header=False, server_header=False, backlog=_BACKLOG, timeout_graceful_shutdown=_MOST_SECONDS_TO_STOP,
    )  # fmt: skip
    await Server(config).serve([listener])


def _holder(folder: Path) -> int:
    try:
        return int(json.loads((folder / LOCK_FILE).read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return 0


def address_of(folder: Path) -> str | None:
    """Where the server of this hub answers, when one runs."""
    try:
        with (folder / LOCK_FILE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return None  # nobody holds it: what stands there was left by a process that was killed
    except BlockingIOError:
        return _told_address(folder)
    except OSError:
        return None


def _told_address(folder: Path) -> str | None:
    try:
        return json.loads((folder / LOCK_FILE).read_text())["address"]
    except (OSError, ValueError, KeyError):
        return None
