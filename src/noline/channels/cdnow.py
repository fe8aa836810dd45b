"""A web shop's first year and a half: the purchases of everybody who bought at CDNOW for the first time in early 1997.

23,570 customers and 69,659 purchases from January 1997 to June 1998, each with its day, number of CDs and dollars. One
channel alone: it says when people come again, and nothing about where else they go. A purchase without dollars was
free. The data were given away for research by P. Fader and B. Hardie; the file travels inside the package `lifetimes`.

Only days are told. A purchase is put at noon UTC, which is the same day from New York to Tokyo's morning; purchases of
one person on one day are separate orders at the same moment.
"""

from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from noline.channels.bulk import Bulk, track
from noline.kernel.errors import FileNotUnderstood, PackageMissing
from noline.kernel.events import Json

WEB = "cdnow-web"
SOURCES = {WEB: "web"}
FILE = "CDNOW_master.txt"

_PACKAGE = "lifetimes"


class Purchase(NamedTuple):
    """A line of the file. day: YYYYMMDD. number: the place among all lines, counted from 1. cds: how many."""

    customer: str
    day: str
    cds: int
    cents: int
    number: int


def read(folder: Path | None = None) -> Bulk:
    """Every purchase as an order, in time order.

    folder: where CDNOW_master.txt lies; without it, the one inside the package lifetimes.
    Raises PackageMissing without that package, FileNotUnderstood for a folder or a line that is not of this file.
    """
    path = (folder or _packaged()) / FILE
    if not path.is_file():
        raise FileNotUnderstood(path=path.parent, why=f"the file {FILE} is missing")
    bought = sorted(purchases(path), key=lambda one: (one.day, one.number))
    return Bulk(dict(SOURCES), len(bought), ((WEB, _order(one)) for one in bought))


def _packaged() -> Path:
    found = find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PackageMissing(feature="Importing cdnow", package="lifetimes==0.11.3")
    return Path(found.submodule_search_locations[0]) / "datasets"


def purchases(path: Path) -> Iterator[Purchase]:
    """The lines of the file as they stand. Raises FileNotUnderstood."""
    with path.open(encoding="ascii", errors="replace") as lines:
        for number, line in enumerate(lines):
            words = line.split()
            # The first line names the columns in some copies; an empty one ends others.
            if not words or (number == 0 and not words[0].isdigit()):
                continue
            yield _purchase(path, number, words)


def _purchase(path: Path, number: int, words: list[str]) -> Purchase:
    try:
        customer, day, cds, dollars = words
        datetime.strptime(day, "%Y%m%d")  # noqa: DTZ007  only whether there is such a day
        whole, _, hundredths = dollars.partition(".")
        return Purchase(customer, day, int(cds), int(whole) * 100 + int(f"{hundredths:0<2}"), number)
    except ValueError as cause:
        raise FileNotUnderstood(path=path, why=f"line {number + 1} is no purchase: {' '.join(words)!r}") from cause


def _order(bought: Purchase) -> Json:
    at = f"{bought.day[:4]}-{bought.day[4:6]}-{bought.day[6:]}T12:00:00.000Z"
    dollars = f"{bought.cents // 100}.{bought.cents % 100:02d}"
    properties = {
        "order_id": f"cdnow-{bought.number}",
        "currency": "USD",
        "total": dollars,
        "revenue": dollars,
        "quantity": bought.cds,
    }
    message = track("Order Completed", f"cdnow-order-{bought.number}", at, "web", properties)
    message["userId"] = f"cdnow-{bought.customer}"
    message["context"]["country"] = "US"
    return message
