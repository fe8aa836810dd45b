"""A browser, a manager before it, and what judges a page: the rules of axe-core, installed once with npm."""

import fcntl
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from clients.serving import ServedHub
from console.shop_story import looked_at

if TYPE_CHECKING:
    from console.test_browser import Desk

FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with looked_at(chromium) as opened:
        yield opened


@pytest.fixture
def manager(served: ServedHub, browser: Browser) -> Iterator["Desk"]:
    """A manager at a desk before the hub that a module serves, who must leave nothing red behind."""
    from console.test_browser import Desk

    context = browser.new_context(viewport={"width": 1280, "height": 900})
    at = Desk(served, context.new_page())
    at.log_in()
    yield at
    assert at.complaints == []
    context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The script of axe-core in the version of package.json."""
    installed = FOLDER / "node_modules" / "axe-core"
    installed.parent.mkdir(exist_ok=True)
    with (installed.parent / ".one-at-a-time").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_installed(installed):
            _install()
    return (installed / "axe.min.js").read_text("utf-8")


def _is_installed(package: Path) -> bool:
    wanted = json.loads((FOLDER / "package.json").read_text("utf-8"))["dependencies"][package.name]
    described = package / "package.json"
    return described.exists() and json.loads(described.read_text("utf-8"))["version"] == wanted


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is missing: install Node 20 or newer with npm (Debian: apt-get install nodejs npm)")
    done = subprocess.run(
        [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"],
        cwd=FOLDER, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        why = next((line for line in done.stderr.splitlines() if line.startswith("npm error")), "npm install failed")
        pytest.skip(f"npm could not install axe-core ({why.removeprefix('npm error').strip()}): connect to a registry")
