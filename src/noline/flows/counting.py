"""Counting while selling goes on: each line has its own instant, and is reconciled with what moved since.

A count is told as `Stock Counted` at the instant when somebody stood before the shelf. What was sold after that is
sold from what was counted; what was sold before, but is told later by a till, was not there to be counted.

Where an item is kept by lot, tills often do not say which lot they sold; such sales stand as less than nothing in the
pile without a name. What is missing from a lot that is counted is what they took from it, and is written down once;
where every lot is counted, nothing is left without a name.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from noline.flows.goods import Desk, Entry, place, posting
from noline.flows.piles import NAMELESS, Key
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction
from noline.truth.catalogue.service import Catalogue
from noline.truth.goods.model import (
    MOST_LINES,
    Batch,
    Count,
    Counted,
    CountLine,
    GoodsUnreadable,
    Pile,
    closed,
    counted,
    merged,
    must_be,
    name,
)
from noline.truth.goods.service import Kept
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import COUNT, Place

_ITEMS_AT_ONCE = 500


class Told(NamedTuple):
    """Units that somebody counted. at: when; None for now."""

    batch: Batch
    at: Micros | None = None


class Counting:
    """The counts of a hub."""

    def __init__(self, desk: Desk, catalogue: Catalogue) -> None:
        """Wire the counting of goods."""
        self._desk = desk
        self._store = desk.store
        self._stock = desk.stock
        self._catalogue = catalogue

    def count(self, count: str) -> Count:
        """A count as it stands; raises NotFound."""
        with self._store.reading() as reader:
            return self._desk.known(reader, Count, count)

    def counts(
        self, *, location: str | None = None, state: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Kept]:
        """Counts, touched last first."""
        with self._store.reading() as reader:
            states = (state,) if state else ()
            return self._desk.goods.papers(reader, Count, location=location, states=states, limit=limit, offset=offset)

    def open(self, location: str, *, by: str, skus: Sequence[str] = (), category: str = "") -> Count:
        """Begin a count of these items, of those of a category, or of everything that the location has.

        The lines say what the books have now. Raises GoodsUnreadable, and NotFound when there is nothing to count.
        """
        place(location)
        with self._store.transaction() as tx:
            wanted = list(dict.fromkeys(skus)) or self._items_at(tx, location, category)
            if not wanted:
                raise NotFound(what="item to be counted", name=category or location)
            lines = [line for sku in wanted for line in self._lines_of(tx, name("sku", sku), location)]
            if len(lines) > MOST_LINES:
                raise GoodsUnreadable(why=f"a count has at most {MOST_LINES} lines; count a category, or some items")
            count_id, now = self._desk.deeds.new_id("count"), self._desk.clock.now()
            count = Count(count_id, "open", location, tuple(lines), now, category)
            self._desk.write(tx, [count], by=by)
            return count

    def add(self, count: str, told: Sequence[Told], *, by: str) -> Count:
        """Say what was counted; an item counted again stands as counted last.

        Raises NotFound, PaperStateWrong and GoodsUnreadable.
        """
        with self._store.transaction() as tx:
            after = self._with(tx, self._desk.known(tx, Count, count), told)
            self._desk.write(tx, [after], by=by)
            return after

    def close(self, count: str, *, by: str) -> Count:
        """End a count: what was counted is told, and the books follow. Lines that nobody counted stay as they are.

        Raises NotFound and PaperStateWrong.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Count, count)
            must_be(before, "open")
            return self._close(tx, before, by=by)

    def at_once(self, location: str, told: Sequence[Told], *, by: str) -> Count:
        """Open, count and close in one step; raises GoodsUnreadable."""
        place(location)
        with self._store.transaction() as tx:
            count = Count(self._desk.deeds.new_id("count"), "open", location, (), self._desk.clock.now())
            return self._close(tx, self._with(tx, count, told), by=by)

    def cancel(self, count: str, *, by: str) -> Count:
        """Give up a count; the books stay as they are. Raises NotFound and PaperStateWrong."""
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Count, count)
            must_be(before, "open")
            after = replace(before, state="cancelled")
            self._desk.write(tx, [after], by=by)
            return after

    # -- inside

    def _with(self, reader: Reader, count: Count, told: Sequence[Told]) -> Count:
        now = self._desk.clock.now()
        tellings: list[Counted] = []
        for one in told:
            ((pile, units),) = merged([one.batch], least=0).items()
            at = now if one.at is None else one.at
            if at > now:
                raise GoodsUnreadable(why=f"{pile.sku} was counted at {as_text(at)}, which is still to come")
            tellings.append(Counted(pile, units, at))
        if not 1 <= len(tellings) <= MOST_LINES:
            raise GoodsUnreadable(why=f"{len(tellings)} lines were counted, not 1 to {MOST_LINES}")
        there = {
            pile: self._there(reader, pile, count.location) for pile in dict.fromkeys(one.pile for one in tellings)
        }
        return counted(count, tellings, there)

    def _there(self, reader: Reader, pile: Pile, location: str) -> int:
        """Units on hand of a pile; raises GoodsUnreadable when the item is kept by lot and no lot was told."""
        piles = self._stock.piles(reader, pile.sku, location)
        kept = sorted(" of ".join(filter(None, one)) for one in _kept_apart(piles))
        if kept and not (pile.lot or pile.owner) and piles.get(NAMELESS, 0) <= 0:
            raise GoodsUnreadable(why=f"{pile.sku} is kept apart there ({', '.join(kept)}); say which was counted")
        return piles.get((pile.lot, pile.owner), 0)

    def _close(self, tx: Transaction, count: Count, *, by: str) -> Count:
        booked: dict[Pile, int] = {}
        messages: list[Json] = []
        for number, line in enumerate(count.lines, 1):
            if line.counted is not None and line.counted_at is not None:
                pile = (line.sku, count.location, line.lot, line.owner)
                booked[line.pile] = self._stock.on_hand_at(tx, pile, line.counted_at)
                messages.append(_told(count, number, line, by))
        after = closed(count, booked)
        nothing = self._unnamed_lines(tx, after)
        messages += [_told(count, number, line, by) for number, line in enumerate(nothing, len(count.lines) + 1)]
        self._desk.tell(tx, messages)
        # What was told above is in the books now, so nothing of it is written down twice.
        found = self._sold_unnamed(tx, after)
        self._desk.write(tx, [after], [Entry(after.id, "counted", found)], by=by)
        return after

    def _unnamed_lines(self, reader: Reader, count: Count) -> list[CountLine]:
        """Where every lot of an item was counted, nothing lies there without a lot, whatever tills may tell."""
        found: list[CountLine] = []
        for sku, lines in _counted_by_lot(count).items():
            at = max(line.counted_at or 0 for line in lines)
            lots = _kept_apart(self._stock.piles(reader, sku, count.location))
            if lots <= {(line.lot, line.owner) for line in lines} and self._unnamed_at(reader, sku, count, at) <= 0:
                found.append(CountLine(sku, 0, counted=0, counted_at=at))
        return found

    def _sold_unnamed(self, reader: Reader, count: Count) -> list[Posting]:
        """What is missing from some of an item's lots was sold without a lot, as far as such sales are known."""
        found: list[Posting] = []
        for sku, lines in _counted_by_lot(count).items():
            at = max(line.counted_at or 0 for line in lines)
            now = self._stock.piles(reader, sku, count.location).get(NAMELESS, 0)
            missing = sum(max(0, -(line.variance or 0)) for line in lines)
            sold = min(missing, -max(now, self._unnamed_at(reader, sku, count, at)))
            if sold > 0:
                found.append(posting(Pile(sku), sold, Place(COUNT), Place(count.location)))
        return found

    def _unnamed_at(self, reader: Reader, sku: str, count: Count, at: Micros) -> int:
        """What the books have of an instant of an item without lot and owner."""
        return self._stock.on_hand_at(reader, (sku, count.location, *NAMELESS), at)

    def _lines_of(self, reader: Reader, sku: str, location: str) -> list[CountLine]:
        piles = self._stock.piles(reader, sku, location)
        if _kept_apart(piles) and piles.get(NAMELESS, 0) < 0:
            # Nobody can count less than nothing; it is settled with the lots.
            del piles[NAMELESS]
        lines = [CountLine(sku, units, lot, owner) for (lot, owner), units in sorted(piles.items()) if units]
        return lines or [CountLine(sku, 0)]

    def _items_at(self, reader: Reader, location: str, category: str) -> list[str]:
        found: list[str] = []
        after = ""
        while some := self._stock.items_at(reader, location, after, _ITEMS_AT_ONCE):
            after = some[-1].sku
            found += [one.sku for one in some if not category or self._is_of(reader, one.sku, category)]
            if len(found) > MOST_LINES:
                raise GoodsUnreadable(why=f"more than {MOST_LINES} items lie there; count a category, or some items")
        return list(dict.fromkeys(found))

    def _is_of(self, reader: Reader, sku: str, category: str) -> bool:
        item = self._catalogue.item(reader, sku)
        return item is not None and (item.category or "").casefold() == category.casefold()


def _kept_apart(piles: Mapping[Key, Units]) -> set[Key]:
    """The piles with a lot or an owner in which the books have anything."""
    return {pile for pile, units in piles.items() if units and pile != NAMELESS}


def _counted_by_lot(count: Count) -> dict[str, list[CountLine]]:
    """Lines that were counted, of items that were counted by lot or owner, and not without."""
    found: dict[str, list[CountLine]] = defaultdict(list)
    for line in count.lines:
        if line.counted_at is not None:
            found[line.sku].append(line)
    return {sku: lines for sku, lines in found.items() if all(line.lot or line.owner for line in lines)}


def _told(count: Count, number: int, line: CountLine, by: str) -> Json:
    """What is told of a line; the instant is written to the microsecond, so that nothing falls on the wrong side."""
    at = line.counted_at or 0
    seconds, micros = divmod(at, 1_000_000)
    stamp = as_text(seconds * 1_000_000).removesuffix(".000Z") + f".{micros:06}Z"
    said: Json = {
        "sku": line.sku, "location": count.location, "units": line.counted, "document": count.id, "lot": line.lot,
        "owner": line.owner,
    }  # fmt: skip
    return {
        "type": "track", "event": "Stock Counted", "messageId": f"{count.id}:{number}", "timestamp": stamp,
        "context": {"associate_id": by}, "properties": {name: one for name, one in said.items() if one != ""},
    }  # fmt: skip
