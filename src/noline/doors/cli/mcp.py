"""`noline mcp`: the hub's services as tools of an assistant program, and who called them."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from noline.doors.cli.talk import COUNT, hub_option, opened, say, show
from noline.kernel.errors import PackageMissing

if TYPE_CHECKING:
    from noline.hub import Hub

_SCOPES = ["staff", "manager", "partner"]
_COLUMNS = ("at", "caller", "scope", "tool", "outcome", "log_seq")


@click.group(invoke_without_command=True)
@click.option("--scope", type=click.Choice(_SCOPES), default="staff", show_default=True, help="Which tools.")
@click.option("--key", envvar="NOLINE_KEY", help="Whose calls these are, over stdio: a key of `noline key add`.")
@click.option(
    "--http", "port", type=click.IntRange(0, 65535), help="Serve streamable HTTP at this port; 0: a free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where it listens, with --http.")
@hub_option
@click.pass_context
def mcp(
    context: click.Context, *, scope: str, key: str | None, port: int | None, host: str, folder: Path, as_json: bool
) -> None:
    """Serve the hub's services as tools, by the Model Context Protocol.

    Over stdin and stdout for the program that starts it, or with --http for whoever brings a key.
    """
    if context.invoked_subcommand is not None:
        return
    with opened(folder) as hub:
        _serve(hub, scope, key, port, host, as_json=as_json)


@mcp.command("audit")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def audit(limit: int, folder: Path, as_json: bool) -> None:
    """Who called which tool and how it ended, the latest first."""
    from noline.doors.mcp.calling import audit as listed

    with opened(folder) as hub:
        show(listed(hub, limit), as_json=as_json, columns=_COLUMNS)


def _serve(hub: "Hub", scope: str, key: str | None, port: int | None, host: str, *, as_json: bool) -> None:
    import asyncio

    from noline.doors.http import logs
    from noline.doors.mcp.model import Scope
    from noline.doors.mcp.scopes import calling

    tools = calling(hub, Scope(scope))
    if port is None:
        tools.caller(key)
    try:
        from noline.doors.mcp import server
    except ModuleNotFoundError as cause:
        raise PackageMissing(feature="noline mcp", package=cause.name) from None
    logs.configure()
    if port is None:
        asyncio.run(server.over_stdio(tools, key))
        return
    from noline.doors.http.serve import serve_until_stopped

    ready = partial(_ready, scope=scope, as_json=as_json)
    serve_until_stopped(server.HttpDoor(tools, host), host, port, ready=ready)


def _ready(address: str, *, scope: str, as_json: bool) -> None:
    if as_json:
        show({"address": f"{address}/mcp", "scope": scope}, as_json=True)
    else:
        say(f"NoLine serves the tools for {scope} at {address}/mcp\nStop with Ctrl-C.")


COMMANDS = {"mcp": mcp}
