"""The tools over stdio and over HTTP, in processes of their own, asked by the SDK's client."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from clients.serving import NOLINE, PATIENCE_SECONDS
from doors.mcp_shop import filled
from noline.doors.cli.main import run
from noline.doors.mcp.calling import audit
from noline.doors.mcp.model import Caller, Scope
from noline.doors.mcp.scopes import calling
from noline.hub import Hub
from noline.stores.access import Role


class Shop:
    """A hub in a folder with Anna in it, and a key of each role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with Hub.init(folder) as hub:
            self.anna = filled(hub)
            self.keys = {role: hub.access.add_key(role, role)[1] for role in Role}

    def audit(self) -> list[tuple[str, str, str]]:
        with Hub.open(self.folder) as hub:
            return [(one["caller"], one["tool"], one["outcome"]) for one in reversed(audit(hub, 100))]


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    return Shop(tmp_path_factory.mktemp("mcp") / "shop.noline")


@pytest.fixture(scope="module")
def served(shop) -> Iterator[str]:
    """The address of the tools for staff over HTTP."""
    process = subprocess.Popen(
        [NOLINE, "mcp", "--scope", "staff", "--hub", shop.folder, "--http", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        assert line, process.stderr.read()
        text += line
    yield json.loads(text)["address"]
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_program_that_starts_the_server_talks_to_it_over_stdio(shop, mode):
    server = StdioServerParameters(
        command=str(NOLINE), args=["mcp", "--scope", "staff", "--hub", str(shop.folder)],
        env={"PATH": os.environ["PATH"], "NOLINE_KEY": shop.keys[Role.ASSOCIATE]},
    )  # fmt: skip

    async def asking() -> tuple[int, Any, Any]:
        async with Client(stdio_client(server), mode=mode) as client:
            tools = await client.list_tools()
            found = await client.call_tool("find_customers", {"text": "anna@example.com"})
            refusal = await client.call_tool("get_card", {"person": "p_nobody"})
            return len(tools.tools), found.structured_content, refusal

    count, found, refusal = anyio.run(asking)
    assert (count, found["customers"][0]["person"]) == (14, shop.anna)
    assert (refusal.is_error, refusal.structured_content["code"]) == (True, "not_found")
    assert shop.audit()[-2:] == [("associate", "find_customers", "done"), ("associate", "get_card", "not_found")]


@pytest.mark.parametrize(
    ("scope", "key", "says"),
    [
        ("staff", None, "auth.key_missing"),
        ("staff", "nk_nobodys", "auth.key_unknown"),
        ("manager", Role.ASSOCIATE, "auth.role_too_small"),
        ("staff", Role.PARTNER, "auth.role_too_small"),
    ],
)
def test_who_has_no_right_gets_no_server(shop, scope, key, says, monkeypatch, capsys):
    monkeypatch.delenv("NOLINE_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("NOLINE_KEY", shop.keys.get(key, key))
    assert run(["mcp", "--scope", scope, "--hub", str(shop.folder)]) == 3
    said = capsys.readouterr()
    assert (said.out, said.err.partition(":")[0]) == ("", says)


def test_a_program_with_a_key_talks_over_http(shop, served):
    async def asking(key: str) -> Any:
        sent = {"authorization": f"Bearer {key}"}
        async with (
            httpx2.AsyncClient(headers=sent, timeout=PATIENCE_SECONDS) as http,
            Client(streamable_http_client(served, http_client=http)) as client,
        ):
            await client.list_tools()
            return await client.call_tool("get_order", {"order": "o-1"})

    told = anyio.run(asking, shop.keys[Role.MANAGER]).structured_content
    assert told["order_id"] == "o-1"
    assert shop.audit()[-1] == ("manager", "get_order", "done")


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "auth.key_missing"),
        ("nk_nobodys", 401, "auth.key_unknown"),
        (Role.PARTNER, 403, "auth.role_too_small"),
    ],
)
def test_without_a_key_of_the_scope_nothing_is_said_over_http(shop, served, key, status, code):
    sent = {} if key is None else {"authorization": f"Bearer {shop.keys.get(key, key)}"}
    answer = httpx2.post(served, json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert ("www-authenticate" in answer.headers) is (status == 401)


def test_a_page_of_another_site_cannot_use_a_server_of_this_machine(shop, served):
    sent = {"authorization": f"Bearer {shop.keys[Role.ASSOCIATE]}", "accept": "application/json, text/event-stream"}
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for foreign in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        assert httpx2.post(served, json=asked, headers={**sent, **foreign}).status_code in (403, 421)


def test_who_called_what_is_listed_on_the_command_line(shop, capsys):
    with Hub.open(shop.folder) as hub:
        calling(hub, Scope.STAFF).call(Caller("lea", Role.ASSOCIATE), "list_recipes", {})
    capsys.readouterr()
    assert run(["mcp", "audit", "--hub", str(shop.folder), "--limit", "1", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["caller"], row["scope"], row["tool"], row["outcome"]) == ("lea", "staff", "list_recipes", "done")
