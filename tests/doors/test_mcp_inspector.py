"""The inspector of the Model Context Protocol, from npm, finds and calls the tools as any other program would."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clients.serving import NOLINE, PATIENCE_SECONDS
from doors.mcp_shop import filled
from noline.hub import Hub
from noline.stores.access import Role

PACKAGE = "@modelcontextprotocol/inspector"
FOLDER = Path(__file__).parent / "inspector"
VERSIONS = {(22, 19): "2.12.0", (20, 0): "1.0.3"}
"""The version for each Node, the newest first: the second line asks for Node 22, the first runs on 20 as well."""


@pytest.fixture(scope="module")
def inspector() -> Path:
    """The inspector's command, installed once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is missing: install Node 20 or newer with npm (Debian: apt-get install nodejs npm)")
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    here = tuple(map(int, told.removeprefix("v").split(".")[:2]))
    version = next((version for least, version in VERSIONS.items() if here >= least), None)
    if version is None:
        pytest.skip(f"Node {told} is too old for the inspector: install Node 20 or newer with npm")
    packages = FOLDER / "node_modules"
    packages.mkdir(parents=True, exist_ok=True)
    with (packages / ".one-at-a-time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _installed() != version:
            _install(npm, version)
    return packages / ".bin" / "mcp-inspector"


def _installed() -> str | None:
    described = FOLDER / "node_modules" / PACKAGE / "package.json"
    return json.loads(described.read_text())["version"] if described.exists() else None


def _install(npm: str, version: str) -> None:
    done = subprocess.run(
        [npm, "install", "--prefix", FOLDER, "--no-save", "--no-package-lock", "--no-audit", "--no-fund",
         "--ignore-scripts", f"{PACKAGE}@{version}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "npm install failed")
        pytest.skip(f"npm could not install the inspector ({why.removeprefix('npm error').strip()})")


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> tuple[Path, str]:
    """A hub with Anna in it, and a key of an associate."""
    folder = tmp_path_factory.mktemp("inspected") / "shop.noline"
    with Hub.init(folder) as hub:
        filled(hub)
        return folder, hub.access.add_key(Role.ASSOCIATE, "lea")[1]


def inspected(inspector: Path, shop: tuple[Path, str], scope: str, *words: str) -> Any:
    folder, key = shop
    done = subprocess.run(
        [inspector, "--cli", "-e", f"NOLINE_KEY={key}", NOLINE, "mcp", "--scope", scope, "--hub", folder, *words],
        capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS, stdin=subprocess.DEVNULL,
        env=os.environ | {"HOME": str(folder.parent)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_inspector_lists_the_tools(inspector, shop):
    tools = inspected(inspector, shop, "staff", "--method", "tools/list")["tools"]
    assert len(tools) == 14
    assert all(one["inputSchema"]["type"] == "object" for one in tools)


def test_the_inspector_calls_a_tool(inspector, shop):
    words = ("--method", "tools/call", "--tool-name", "find_customers", "--tool-arg", "text=anna@example.com")
    found = inspected(inspector, shop, "staff", *words)
    assert found["structuredContent"]["customers"][0]["name"] == "Anna Arabica"


def test_the_inspector_lists_what_can_be_read(inspector, shop):
    found = inspected(inspector, shop, "staff", "--method", "resources/list")["resources"]
    assert [one["uri"] for one in found] == ["noline://recipes"]
