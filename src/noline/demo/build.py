"""Building the demo company: its year of messages goes in like any channel's.

One process writes the messages, this one takes them in, and a third reads history along, so that both cores work.
"""

import gc
import json
import multiprocessing
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from noline.demo.books import credit_settings
from noline.demo.company import YEAR_END
from noline.demo.counter import open_counters
from noline.demo.floor import Evening, work
from noline.demo.generator import BROWSER_SOURCES, SOURCES, generate
from noline.demo.hints import Size
from noline.hub import Hub
from noline.kernel.settings import FILE_NAME

MARK = "demo.json"
COMPANY = "Maison Ristretto"
SEED = 7
RATES = {"JPY": "0.006"}
"""Euro for a yen, fixed so that every run adds up to the same."""

_AT_ONCE = 5_000
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
    outcomes: Counter[str] = Counter()
    with Hub.init(half, company=COMPANY, currency="EUR", rates=RATES) as hub:
        # Whoever opens the company today meets the counters on this day, though the year has ended before.
        opens_at = max(hub.clock.now(), YEAR_END)
        for name, channel in SOURCES.items():
            hub.access.add_source(name, channel, trust="browser" if name in BROWSER_SOURCES else "server")
        with _history_read_along(half), _nothing_collected():
            for receipts in hub.intake.stream(_messages(size), in_one_commit=_IN_ONE_COMMIT):
                outcomes.update(receipt.status for receipt in receipts)
                advance(len(receipts))
    with (half / FILE_NAME).open("a", encoding="utf-8") as settings:
        settings.write(credit_settings(size))
    with Hub.open(half, clock=Evening(SEED)) as hub:
        work(hub, SEED)
        open_counters(hub, SEED, opens_at)
    with Hub.open(half) as hub:
        hub.refresh()
        _ask_what_the_first_page_asks(hub)
    (half / MARK).write_text(json.dumps({"size": size, **outcomes}), "utf-8")
    half.rename(folder)
    return outcomes


def _ask_what_the_first_page_asks(hub: Hub) -> None:
    """Answers are remembered, so the page is there at once when the company is opened."""
    hub.journeys.handoffs()
    hub.journeys.drop_offs()
    hub.scorecards.sales_by_channel()


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
    with Hub.open(folder) as hub, _nothing_collected():
        while not filled.wait(_PAUSE_S):
            hub.refresh()
        hub.refresh()


def _messages(size: Size) -> Iterator[tuple[str, bytes]]:
    """The messages of the company, written by a second process so that both cores work."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    writer = context.Process(target=_write, args=(sender, size), daemon=True)
    writer.start()
    sender.close()
    while portion := receiver.recv():
        yield from portion
    writer.join()


def _write(sender: Connection, size: Size) -> None:
    portion: list[tuple[str, bytes]] = []
    with _nothing_collected():
        for message in generate(size, SEED):
            portion.append(message)
            if len(portion) >= _AT_ONCE:
                sender.send(portion)
                portion = []
    if portion:
        sender.send(portion)
    sender.send([])
