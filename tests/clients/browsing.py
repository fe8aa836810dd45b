"""A shop window on an origin of its own, and a headless Chromium that looks at it."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from clients.serving import LOOPBACK, PATIENCE_SECONDS

PAGES = Path(__file__).parents[1] / "sdks" / "shop_window"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

_DONE_OR_STUCK = """
(patience_ms) => Promise.race([
  window.done,
  new Promise((_, stuck) => setTimeout(() => stuck(new Error('the page did not finish')), patience_ms)),
])
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a page came to: what its script answered, what it asked for, what the browser complained of."""

    answer: Any
    asked: list[tuple[str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


class Chromium:
    """One browser, kept in a thread of its own, so that it shares no event loop with other tests."""

    def __init__(self, executable: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1)
        self._playwright, self._browser = self._thread.submit(_launch, executable).result()

    def close(self) -> None:
        self._thread.submit(self._close).result()
        self._thread.shutdown()

    def look(self, url: str, visit: dict[str, Any], until: Callable[[], bool]) -> Look:
        """Open a page as a new visitor, hand it the visit, and stay until something has come true."""
        return self._thread.submit(self._look, url, visit, until).result()

    def _close(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def _look(self, url: str, visit: dict[str, Any], until: Callable[[], bool]) -> Look:
        context = self._browser.new_context()
        page = context.new_page()
        page.add_init_script(f"window.visit = {json.dumps(visit)}")
        look = Look(None)
        page.on("request", lambda request: look.asked.append((request.method, request.url)))
        page.on("requestfailed", lambda request: look.complaints.append(f"{request.url}: {request.failure}"))
        page.on("pageerror", lambda error: look.complaints.append(str(error)))
        page.goto(url)
        answer = page.evaluate(_DONE_OR_STUCK, PATIENCE_SECONDS * 1000)
        _stay(page, until)
        context.close()
        return Look(answer, look.asked, look.complaints)


@contextmanager
def shop_window(node_modules: Path) -> Iterator[str]:
    """A web server with the pages of the shop and the SDKs as npm brought them; answers its origin."""

    class Window(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            plain = path.split("?", maxsplit=1)[0].lstrip("/")
            inside = plain.removeprefix("node_modules/")
            return str(PAGES / plain if inside == plain else node_modules / inside)

        def log_message(self, *_: object) -> None:
            """The window is silent."""

    door = ThreadingHTTPServer((LOOPBACK, 0), Window)
    Thread(target=door.serve_forever, daemon=True).start()
    yield f"http://{LOOPBACK}:{door.server_port}"
    door.shutdown()
    door.server_close()


def _launch(executable: str) -> tuple[Playwright, Browser]:
    playwright = sync_playwright().start()
    return playwright, playwright.chromium.launch(executable_path=executable, args=FLAGS)


def _stay(page: Page, until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not until() and time.monotonic() < deadline:
        page.wait_for_timeout(50)
