"""Building the demo company: its year of messages goes in like any channel's.

This process writes the messages and takes them in, and a second reads history along. A third that wrote or read the
messages was slower: what it sent had to be packed, carried and unpacked.
"""

import gc
import json
import multiprocessing
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path

from noline.demo.books import credit_settings
from noline.demo.company import YEAR_END
from noline.demo.counter import open_counters
from noline.demo.floor import Evening, work
from noline.demo.generator import BROWSER_SOURCES, SOURCES, generate
from noline.demo.hints import Size
from noline.hub import Hub
from noline.kernel.clock import Micros
from noline.kernel.settings import FILE_NAME

MARK = "demo.json"
COMPANY = "Maison Ristretto"
SEED = 7
RATES = {"JPY": "0.006"}
"""Euro for a yen, fixed so that every run adds up to the same."""

_IN_ONE_COMMIT = 50_000
"""Nobody else waits for this hub: fewer commits write fewer pages twice, and decide an order fewer times anew."""

_PAUSE_S = 2.0


def is_built(folder: Path, size: Size) -> bool:
    """Whether the demo company of this size lies complete in a folder."""
    try:
        return json.loads((folder / MARK).read_text("utf-8"))["size"] == size
    except (OSError, ValueError, KeyError):
        return False


def build(folder: Path, size: Size, advance: Callable[[int], None]) -> Counter[str]:
    """Build the company in a folder; what is half built is begun anew. Answers what became of the messages."""
    half = folder.with_name(folder.name + ".building")
    shutil.rmtree(half, ignore_errors=True)
    with Hub.init(half, company=COMPANY, currency="EUR", rates=RATES) as hub:
        # Whoever opens the company today meets the counters on this day, though the year has ended before.
        opens_at = max(hub.clock.now(), YEAR_END)
        for name, channel in SOURCES.items():
            hub.access.add_source(name, channel, trust="browser" if name in BROWSER_SOURCES else "server")
        with _history_read_along(half):
            outcomes = _take_in_the_year(hub, size, advance)
            with (half / FILE_NAME).open("a", encoding="utf-8") as settings:
                settings.write(credit_settings(size))
            _work_at_the_counters(half, opens_at)
    with Hub.open(half) as hub:
        hub.refresh()
        _ask_what_the_first_page_asks(hub)
    (half / MARK).write_text(json.dumps({"size": size, **outcomes}), "utf-8")
    half.rename(folder)
    return outcomes


def _take_in_the_year(hub: Hub, size: Size, advance: Callable[[int], None]) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    with _nothing_collected():
        for receipts in hub.intake.stream(generate(size, SEED), _IN_ONE_COMMIT):
            outcomes.update(receipt.status for receipt in receipts)
            advance(len(receipts))
    return outcomes


def _work_at_the_counters(folder: Path, opens_at: Micros) -> None:
    """What people of the company do at the end of the year, under the settings that stand by then."""
    with Hub.open(folder, clock=Evening(SEED)) as hub:
        work(hub, SEED)
        open_counters(hub, SEED, opens_at)


def _ask_what_the_first_page_asks(hub: Hub) -> None:
    """Answers are remembered, so the page is there at once when the company is opened."""
    hub.journeys.handoffs()
    hub.journeys.drop_offs()
    hub.scorecards.sales_by_channel()
    _ = hub.lost_together, hub.frictions


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Nearly everything made here is still needed or freed at once; looking for the rest takes a fifth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@contextmanager
def _history_read_along(folder: Path) -> Iterator[None]:
    """A second process brings history up to the log while this one fills it."""
    context = multiprocessing.get_context("spawn")
    filled = context.Event()
    reader = context.Process(target=_read_along, args=(folder, filled), daemon=True)
    reader.start()
    try:
        yield
    finally:
        filled.set()
        reader.join()


def _read_along(folder: Path, filled: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    builder = multiprocessing.parent_process()
    with Hub.open(folder) as hub, _nothing_collected():
        while not filled.wait(_PAUSE_S):
            if builder is not None and not builder.is_alive():
                return
            hub.refresh()
        hub.refresh()
