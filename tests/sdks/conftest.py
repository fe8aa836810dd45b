"""A served hub, Node with its SDKs, and a shop window for browsers: what tests with real clients share."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from clients.browsing import Chromium, shop_window
from clients.serving import PATIENCE_SECONDS, ServedHub, Source
from clients.visits import Call

NODE_FOLDER = Path(__file__).parent / "node"
OLDEST_NODE = 20


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedHub]:
    """One server for all clients; its books must balance when they have gone."""
    hub = ServedHub(tmp_path_factory.mktemp("served")).start()
    yield hub
    hub.assert_books_balance()
    hub.stop()


@pytest.fixture(scope="session")
def names() -> Iterator[int]:
    """Numbers for the names of sources."""
    return count(1)


@pytest.fixture
def source(served: ServedHub, names: Iterator[int]) -> Source:
    """A source of this test alone, of the channel `web`, whose key only the company's servers know."""
    return served.add_source(f"shop-{next(names)}", "web")


@pytest.fixture
def page(served: ServedHub, names: Iterator[int]) -> Source:
    """A source of this test alone, of the channel `web`, whose key stands in a public page."""
    return served.add_source(f"page-{next(names)}", "web", trust="browser")


Play = Callable[..., list[str]]
"""Play a visit through a script: script, host, key, calls, options of the SDK -> what the SDK calls errors."""


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The SDKs from npm in the versions of package.json, installed once."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("Node is missing: install Node 20 or newer with npm (Debian: apt-get install nodejs npm)")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        pytest.skip(f"Node {version.strip()} is too old for the SDKs: install Node {OLDEST_NODE} or newer with npm")
    folder = NODE_FOLDER / "node_modules"
    folder.mkdir(exist_ok=True)
    with (folder / ".one-at-a-time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed():
            _install(npm)
    return folder


@pytest.fixture(scope="session")
def play(node_modules: Path) -> Play:
    """Runs a script of the node folder on a visit."""

    def run(script: str, host: str, key: str, calls: list[Call], **options: Any) -> list[str]:
        visit = json.dumps({"host": host, "key": key, "calls": calls, "options": options})
        done = subprocess.run(
            ["node", f"{script}.mjs"],
            input=visit, capture_output=True, text=True, cwd=NODE_FOLDER, check=False, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, f"{script} ended with {done.returncode}:\n{done.stderr}"
        return json.loads(done.stdout)["errors"]

    assert node_modules.is_dir()
    return run


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Chromium]:
    """A headless Chromium."""
    opened = Chromium(chromium)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def shop(node_modules: Path) -> Iterator[str]:
    """The origin of a shop that is not the origin of the hub."""
    with shop_window(node_modules) as origin:
        yield origin


def _is_installed() -> bool:
    """Whether each SDK is there in exactly the version that package.json names."""
    wanted: dict[str, str] = json.loads((NODE_FOLDER / "package.json").read_text())["dependencies"]
    return all(_version_of(name) == version for name, version in wanted.items())


def _version_of(name: str) -> str | None:
    described = NODE_FOLDER / "node_modules" / name / "package.json"
    return json.loads(described.read_text())["version"] if described.exists() else None


def _install(npm: str) -> None:
    done = subprocess.run(
        [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=NODE_FOLDER, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "npm install failed")
        pytest.skip(f"npm could not install the SDKs ({why.removeprefix('npm error').strip()}): connect to a registry")
