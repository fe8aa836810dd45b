"""From which piles goods are taken when nobody said which: those that are there, what has no lot first.

Who orders units of an item asks for any of them, while the ledger knows them by lot and owner where somebody keeps
them apart. So what leaves a place leaves piles that lie there; only what is more than all of them hold is written
against the pile without a name, where a count will find it.
"""

from collections.abc import Iterable, Mapping

from noline.kernel.quantities import Units
from noline.stores.transactional import Reader
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import BUCKETS, ON_HAND, VIRTUAL, Place
from noline.truth.stock.service import Stock

Key = tuple[str, str]
"""The lot and the owner of a pile; both empty for what nobody keeps apart."""

NAMELESS: Key = ("", "")


def taken(units: Units, piles: Mapping[Key, Units]) -> dict[Key, Units]:
    """Units of each pile that make up so many; the nameless pile gives first, and what no pile has."""
    found: dict[Key, Units] = {}
    left = units
    for pile in sorted(piles):
        if some := min(left, max(0, piles[pile])):
            found[pile] = some
            left -= some
    if left:
        found[NAMELESS] = found.get(NAMELESS, 0) + left
    return found


def lying(stock: Stock, reader: Reader, sku: str, place: Place) -> dict[Key, Units]:
    """Units of an item in a bucket of a location, by lot and owner."""
    bucket = BUCKETS.index(place.bucket)
    return {
        (lot, owner): units[bucket]
        for _, location, lot, owner, *units, _ in stock.cells_of(reader, [sku])
        if location == place.location
    }


def from_piles(stock: Stock, reader: Reader, postings: Iterable[Posting]) -> list[Posting]:
    """The same moves, each unit that leaves a shelf from a pile that lies there.

    Claims stay as they are, and so does a move that names its lot or owner.
    """
    there: dict[tuple[str, Place], dict[Key, Units]] = {}
    found: list[Posting] = []
    for one in postings:
        if one.source.bucket != ON_HAND or one.source.location in VIRTUAL or one.lot or one.owner:
            found.append(one)
            continue
        which = (one.sku, one.source)
        if which not in there:
            there[which] = lying(stock, reader, *which)
        for (lot, owner), units in taken(one.units, there[which]).items():
            there[which][lot, owner] = there[which].get((lot, owner), 0) - units
            found.append(one._replace(units=units, lot=lot, owner=owner))
    return found
