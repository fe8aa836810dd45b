"""Goods that move inside the company: they are awaited, received, corrected, and sent from one location to another.

Each step writes the paper as it is then and the moves that follow, as deeds in one transaction: a paper that says
something else than the ledger cannot come about. What is refused moves nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from noline.flows.deeds import Deed, Deeds
from noline.flows.piles import lying
from noline.kernel.clock import Clock, Micros, to_instant
from noline.kernel.errors import NameTaken, NotFound, Refused
from noline.kernel.events import Json
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.goods.model import (
    Batch,
    GoodsUnreadable,
    Paper,
    Pile,
    Transfer,
    TransferLine,
    arrived,
    by_pile,
    merged,
    must_be,
    name,
    picked,
    sent,
)
from noline.truth.goods.service import Goods, Kept, kind_of, paper_said
from noline.truth.orders.service import Orders
from noline.truth.stock import decided, promising
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import (
    ALLOCATED,
    DEMAND,
    INCOMING,
    ON_HAND,
    SHELVED,
    SHRINK,
    SUPPLIER,
    UNSELLABLE,
    UNSOURCED,
    VIRTUAL,
    Availability,
    Place,
    Supply,
)
from noline.truth.stock.promising import Short
from noline.truth.stock.service import Stock

_MOST_ADJUSTED = 10**9


class StockChangedMeanwhile(Refused):
    """Units moved since the caller looked."""

    code = "stock.changed_meanwhile"
    sentence = "{sku} at {location} is at version {version}, not at {expected}; nothing was moved."
    hint = "Look at `present` in the facts, then send the adjustment again with its version."


class LotNotThere(Refused):
    """Units of a lot, or of an owner, that the location does not have."""

    code = "stock.lot_not_there"
    sentence = "{location} has {available} of {sku} of {pile}; {asked} were asked."
    hint = "Look at `piles` in the facts; name a lot that is there, or none to take any. Nothing was moved."


class Figures(NamedTuple):
    """What a location has of an item, and the version of that: where in the log its last move or count stands."""

    shelf: Availability
    version: int


class ReceivedLine(NamedTuple):
    """Units that came. awaited: of the item before they came; left: what is still awaited after."""

    batch: Batch
    awaited: Units
    left: Units


class Received(NamedTuple):
    """A delivery as it was received. document: of the delivery; expected: of what was awaited, empty for nothing."""

    document: str
    expected: str
    location: str
    lines: tuple[ReceivedLine, ...]


class Entry(NamedTuple):
    """Moves of one document for one reason."""

    document: str
    reason: str
    postings: Sequence[Posting]


AnyPaper = TypeVar("AnyPaper", bound=Paper)


class Desk:
    """Where papers are kept and goods are posted; shared by all who do so."""

    def __init__(self, store: TransactionalStore, deeds: Deeds, stock: Stock, goods: Goods, clock: Clock) -> None:
        """Wire the desk of a hub."""
        self.store = store
        self.deeds = deeds
        self.stock = stock
        self.goods = goods
        self.clock = clock

    def write(self, tx: Transaction, papers: Sequence[Paper], entries: Iterable[Entry] = (), *, by: str) -> None:
        """Write papers as they are now, and what moves with them."""
        about = self.goods.subject_of
        told = [Deed(kind_of(one), about(one.id), paper_said(one), personal=False) for one in papers]
        told += [
            Deed(decided.POSTED, about(one.document), decided.posted(*one), personal=False)
            for one in entries
            if one.postings
        ]
        self.deeds.do(tx, told, by=by)

    def tell(self, tx: Transaction, messages: Sequence[Json]) -> None:
        """Tell the rooms what happened, in the words of channels; raises GoodsUnreadable when that cannot be said."""
        for receipt in self.deeds.tell(tx, messages):
            if receipt.status != "accepted":
                raise GoodsUnreadable(why=f"it cannot be told ({receipt.code or receipt.status} {receipt.path or ''})")

    def known(self, reader: Reader, kind: type[AnyPaper], paper: str) -> AnyPaper:
        """A paper of a kind; raises NotFound."""
        found = self.goods.paper(reader, paper)
        if not isinstance(found, kind):
            raise NotFound(what=kind.__name__.lower(), name=paper)
        return found

    def new_name(self, reader: Reader, prefix: str, named: str = "") -> str:
        """The id of a new paper: the one that was named, or a fresh one. Raises NameTaken and GoodsUnreadable."""
        if not named:
            return self.deeds.new_id(prefix)
        if self.goods.paper(reader, name("id", named)) is not None:
            raise NameTaken(what="paper", name=named)
        return named

    def shelf(self, reader: Reader, sku: str, location: str) -> Availability:
        """What a location has of an item now."""
        shelves = self.stock.availability(reader, sku, self.clock.now())
        return next((one for one in shelves if one.location == location), Availability(sku, location, 0))


def place(location: str) -> str:
    """A location where goods can lie; raises GoodsUnreadable."""
    name("location", location)
    if location in VIRTUAL or location == UNSOURCED:
        raise GoodsUnreadable(why=f"{location!r} cannot be a location")
    return location


def instant_or_none(text: str | None) -> Micros | None:
    """A time that somebody wrote; raises UnreadableInstant."""
    return None if text is None else to_instant(text)


def posting(pile: Pile, units: Units, source: Place, target: Place, due_at: Micros | None = None) -> Posting:
    """A move of a pile."""
    return Posting(pile.sku, units, source, target, pile.lot, pile.owner, due_at)


class Handling:
    """Receipts, corrections and transfers of a hub."""

    def __init__(self, desk: Desk, orders: Orders) -> None:
        """Wire the handling of goods."""
        self._desk = desk
        self._orders = orders
        self._store = desk.store
        self._stock = desk.stock

    # -- what comes in

    def expect(
        self, document: str, location: str, batches: Sequence[Batch], *, due_at: Micros | None, by: str
    ) -> list[Supply]:
        """Await a delivery: more of it by the same document adds up. Raises GoodsUnreadable and NameTaken."""
        name("document", document)
        wanted = merged(batches)
        if any(pile.lot or pile.owner for pile in wanted):
            raise GoodsUnreadable(why="the lot and the owner of a delivery are told when it is received")
        postings = [
            posting(pile, units, Place(SUPPLIER), Place(place(location), INCOMING), due_at)
            for pile, units in wanted.items()
        ]
        with self._store.transaction() as tx:
            self._desk.new_name(tx, "", document)
            self._refuse_order(tx, document)
            self._desk.write(tx, [], [Entry(document, "expected", postings)], by=by)
            return self._stock.awaited(tx, document)

    def receive(
        self,
        location: str,
        batches: Sequence[Batch],
        *,
        by: str,
        document: str = "",
        expected: str = "",
        close: bool = False,
    ) -> Received:
        """Take goods in. expected: the document of what was awaited, or a transfer, which then is received.

        close: nothing more of what was awaited will come; then there may be no lines.

        Raises NotFound, GoodsUnreadable and PaperStateWrong.
        """
        units = merged(batches) if batches or not (expected and close) else {}
        place(location)
        with self._store.transaction() as tx:
            document = name("document", document) if document else expected or self._desk.deeds.new_id("receipt")
            if not expected:
                moves = [posting(pile, count, Place(SUPPLIER), Place(location)) for pile, count in units.items()]
                self._desk.write(tx, [], [Entry(document, "received", moves)], by=by)
                lines = tuple(ReceivedLine(Batch(pile.sku, count, *pile[1:]), 0, 0) for pile, count in units.items())
                return Received(document, "", location, lines)
            paper = self._desk.goods.paper(tx, expected)
            if isinstance(paper, Transfer):
                return self._received_transfer(paper, location, batches, by=by)
            return self._received_awaited(tx, location, units, document, expected, by=by, close=close)

    def _received_awaited(
        self,
        tx: Transaction,
        location: str,
        units: Mapping[Pile, Units],
        document: str,
        expected: str,
        *,
        by: str,
        close: bool,
    ) -> Received:
        self._refuse_order(tx, expected)
        awaited = Counter({one.sku: one.units for one in self._stock.awaited(tx, expected) if one.location == location})
        if not awaited:
            raise NotFound(what=f"expected delivery at {location}", name=expected)
        left, taken, beside = Counter(awaited), list[Posting](), list[Posting]()
        ended, arriving, shelf = list[Posting](), Place(location, INCOMING), Place(location)
        for pile, count in units.items():
            known = min(count, left[pile.sku])
            left[pile.sku] -= known
            plain = document == expected and not (pile.lot or pile.owner)
            if known and plain:
                taken.append(posting(pile, known, arriving, shelf))
            elif known:
                # What is awaited has no lot, no owner and another document: it ends here and comes in there.
                ended.append(posting(Pile(pile.sku), known, arriving, Place(SUPPLIER)))
            if more := count - known if plain else count:
                beside.append(posting(pile, more, Place(SUPPLIER), shelf))
        missing = [
            posting(Pile(sku), count, arriving, Place(SUPPLIER)) for sku, count in left.items() if close and count > 0
        ]
        entries = [
            Entry(expected, "received", taken), Entry(expected, "arrived", ended),
            Entry(document, "received", beside), Entry(expected, "not delivered", missing),
        ]  # fmt: skip
        self._desk.write(tx, [], entries, by=by)
        still = Counter[str]() if close else left
        lines = tuple(
            ReceivedLine(Batch(pile.sku, count, *pile[1:]), awaited[pile.sku], max(0, still[pile.sku]))
            for pile, count in units.items()
        )
        return Received(document, expected, location, lines)

    def _refuse_order(self, reader: Reader, document: str) -> None:
        """What is on its way for an order comes in by the steps of the order, with the claim of who collects it."""
        if self._orders.book(reader, document) or self._orders.fulfilment(reader, document):
            raise GoodsUnreadable(why=f"{document} is an order; its goods come in with the steps of its parcels")

    def _received_transfer(self, transfer: Transfer, location: str, batches: Sequence[Batch], *, by: str) -> Received:
        if location != transfer.target:
            raise GoodsUnreadable(why=f"the transfer {transfer.id} goes to {transfer.target}, not to {location}")
        done = self.receive_transfer(transfer.id, batches, by=by)
        lines = tuple(
            ReceivedLine(Batch(line.sku, line.received or 0, line.lot, line.owner), line.picked or 0, 0)
            for line in done.lines
        )
        return Received(transfer.id, transfer.id, location, lines)

    # -- corrections

    def figures(self, reader: Reader, sku: str, location: str) -> Figures:
        """What a location has of an item, with its version."""
        return Figures(self._desk.shelf(reader, sku, location), self._stock.versions(reader, sku).get(location, 0))

    def adjust(
        self,
        location: str,
        batch: Batch,
        reason: str,
        *,
        by: str,
        bucket: str = ON_HAND,
        expected_version: int | None = None,
    ) -> Figures:
        """Units found (above zero) or lost (below), and why. expected_version: as the caller saw the cell.

        Raises GoodsUnreadable and StockChangedMeanwhile.
        """
        pile = Pile(name("sku", batch.sku), batch.lot, batch.owner)
        name("reason", reason.strip())
        if not 1 <= abs(batch.units) <= _MOST_ADJUSTED or bucket not in SHELVED:
            raise GoodsUnreadable(why=f"{batch.units} units of {batch.sku} in {bucket}")
        shelf, shrink = Place(place(location), bucket), Place(SHRINK)
        source, target = (shrink, shelf) if batch.units > 0 else (shelf, shrink)
        with self._store.transaction() as tx:
            if expected_version is not None:
                self._refuse_other_version(tx, batch.sku, location, expected_version)
            entry = Entry(
                self._desk.deeds.new_id("adjustment"), reason.strip(),
                [posting(pile, abs(batch.units), source, target)],
            )  # fmt: skip
            self._desk.write(tx, [], [entry], by=by)
            return self.figures(tx, batch.sku, location)

    def _refuse_other_version(self, reader: Reader, sku: str, location: str, expected: int) -> None:
        shelf, version = self.figures(reader, sku, location)
        if version != expected:
            present = {
                "version": version, "on_hand": shelf.on_hand, "unsellable": shelf.unsellable, "held": shelf.held,
                "allocated": shelf.allocated, "incoming": shelf.incoming, "available": shelf.available,
            }  # fmt: skip
            raise StockChangedMeanwhile(
                sku=sku, location=location, version=version, expected=expected, present=present
            )  # fmt: skip

    # -- transfers

    def transfer(self, transfer: str) -> Transfer:
        """A transfer as it stands; raises NotFound."""
        with self._store.reading() as reader:
            return self._desk.known(reader, Transfer, transfer)

    def transfers(
        self, *, location: str | None = None, state: str | None = None, limit: int = 100, offset: int = 0
    ) -> list[Kept]:
        """Transfers from or to a location, touched last first."""
        with self._store.reading() as reader:
            states = (state,) if state else ()
            return self._desk.goods.papers(
                reader, Transfer, location=location, states=states, limit=limit, offset=offset
            )

    def draft(
        self,
        source: str,
        target: str,
        batches: Sequence[Batch],
        *,
        by: str,
        due_at: Micros | None = None,
        bucket: str = ON_HAND,
        document: str = "",
    ) -> Transfer:
        """Plan a transfer; its units are claimed where it starts. document: what it is for.

        Raises GoodsUnreadable, NotEnoughStock when they are not free there, and LotNotThere.
        """
        units = merged(batches)
        if place(source) == place(target):
            raise GoodsUnreadable(why=f"it goes from {source} to {target}")
        if bucket not in SHELVED:
            raise GoodsUnreadable(why=f"{bucket!r} is no place for goods")
        with self._store.transaction() as tx:
            self._refuse_unless_there(tx, source, units, bucket)
            lines = tuple(TransferLine(pile.sku, count, *pile[1:]) for pile, count in units.items())
            transfer = Transfer(
                self._desk.deeds.new_id("transfer"), "draft", source, target, lines, self._desk.clock.now(), bucket,
                due_at, document,
            )  # fmt: skip
            self._desk.write(tx, [transfer], [_claimed(transfer)], by=by)
            return transfer

    def pick(self, transfer: str, batches: Sequence[Batch] | None = None, *, by: str) -> Transfer:
        """Take the goods from the shelves: all, or fewer; what was not found there is claimed no longer.

        Raises NotFound, PaperStateWrong and GoodsUnreadable.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Transfer, transfer)
            after = picked(before, None if batches is None else merged(batches, least=0))
            short = {line.pile: line.units - (line.picked or 0) for line in after.lines}
            self._desk.write(tx, [after], [_unclaimed(after, short, "not found")], by=by)
            return after

    def send(self, transfer: str, *, by: str, due_at: Micros | None = None) -> Transfer:
        """Let it leave: what was picked is on its way; of goods without a lot, the piles that are there.

        Raises NotFound, PaperStateWrong, GoodsUnreadable. Of goods that cannot be sold, which nobody can claim,
        NotEnoughStock and LotNotThere when they are gone.
        """
        with self._store.transaction() as tx:
            before = sent(self._desk.known(tx, Transfer, transfer), due_at)
            if before.bucket == UNSELLABLE:
                self._refuse_unless_there(tx, before.source, _picked(before), UNSELLABLE)
            after = by_pile(before, self._lying(tx, before.source, before.bucket, _picked(before)))
            units = _picked(after)
            leaving = [
                posting(pile, count, Place(after.source, after.bucket), Place(after.target, INCOMING), after.due_at)
                for pile, count in units.items()
            ]
            entries = [_unclaimed(after, units, "released"), Entry(after.id, "sent", leaving)]
            self._desk.write(tx, [after], entries, by=by)
            return after

    def receive_transfer(
        self, transfer: str, batches: Sequence[Batch] | None = None, *, by: str, into: str | None = None
    ) -> Transfer:
        """Take it in: all, or as it came. What is missing is shrink, and what is too much was found.

        into: `on_hand` or `unsellable`; as it left when not told. Raises NotFound, PaperStateWrong, GoodsUnreadable.
        """
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Transfer, transfer)
            after = arrived(before, None if batches is None else merged(batches, least=0))
            bucket = before.bucket if into is None else into
            if bucket not in SHELVED:
                raise GoodsUnreadable(why=f"{bucket!r} is no place for goods")
            self._desk.write(tx, [after], _arrivals(after, Place(after.target, bucket)), by=by)
            return after

    def cancel(self, transfer: str, *, by: str) -> Transfer:
        """Give up a transfer that has not left; its claim ends. Raises NotFound and PaperStateWrong."""
        with self._store.transaction() as tx:
            before = self._desk.known(tx, Transfer, transfer)
            must_be(before, "draft", "picked")
            claimed = {line.pile: line.units if line.picked is None else line.picked for line in before.lines}
            after = replace(before, state="cancelled")
            self._desk.write(tx, [after], [_unclaimed(after, claimed, "released")], by=by)
            return after

    def _refuse_unless_there(
        self, reader: Reader, location: str, units: Mapping[Pile, Units], bucket: str = ON_HAND
    ) -> None:
        """Raises NotEnoughStock unless so many units are free at the location, whatever channels may oversell.

        LotNotThere where a lot or an owner is named that has fewer there; who claims them is not known by lot.
        """
        asked = Counter[str]()
        for pile, count in units.items():
            asked[pile.sku] += count
        short: list[Short] = []
        for sku, count in asked.items():
            shelves = self._stock.availability(reader, sku, self._desk.clock.now())
            there = {
                one.location: one.free if bucket == ON_HAND else one.unsellable
                for one in shelves
                if one.location != UNSOURCED
            }
            if there.get(location, 0) < count:
                others = sorted((-free, place) for place, free in there.items() if place != location and free > 0)
                elsewhere = tuple((place, -free) for free, place in others)
                short.append(Short(sku, location, count, max(0, there.get(location, 0)), elsewhere))
        if short:
            raise promising.refusal(short)
        there_by_lot = self._lying(reader, location, bucket, units)
        for pile, count in units.items():
            if (pile.lot or pile.owner) and there_by_lot.get(pile, 0) < count:
                piles = [
                    {"lot": one.lot, "owner": one.owner, "units": some}
                    for one, some in sorted(there_by_lot.items()) if one.sku == pile.sku and some
                ]  # fmt: skip
                raise LotNotThere(
                    sku=pile.sku, location=location, pile=" of ".join(filter(None, pile[1:])), asked=count,
                    available=max(0, there_by_lot.get(pile, 0)), piles=piles,
                )  # fmt: skip

    def _lying(self, reader: Reader, location: str, bucket: str, wanted: Iterable[Pile]) -> dict[Pile, Units]:
        """Every pile of the wanted items in a bucket of a location."""
        place = Place(location, bucket)
        return {
            Pile(sku, *key): units
            for sku in dict.fromkeys(pile.sku for pile in wanted)
            for key, units in lying(self._stock, reader, sku, place).items()
        }


def _picked(transfer: Transfer) -> dict[Pile, Units]:
    """What was taken from the shelves."""
    return {line.pile: line.picked for line in transfer.lines if line.picked}


def _claims(transfer: Transfer) -> bool:
    """Goods that cannot be sold need no claim."""
    return transfer.bucket == ON_HAND


def _claimed(transfer: Transfer) -> Entry:
    """Claims carry no lot: who asks for units of an item asks for any."""
    place = Place(transfer.source, ALLOCATED)
    moves = [posting(Pile(line.sku), line.units, Place(DEMAND), place) for line in transfer.lines]
    return Entry(transfer.id, "allocated", moves if _claims(transfer) else [])


def _unclaimed(transfer: Transfer, units: Mapping[Pile, Units], reason: str) -> Entry:
    place = Place(transfer.source, ALLOCATED)
    moves = [posting(Pile(pile.sku), count, place, Place(DEMAND)) for pile, count in units.items() if count]
    return Entry(transfer.id, reason, moves if _claims(transfer) else [])


def _arrivals(transfer: Transfer, shelf: Place) -> list[Entry]:
    """What comes off the lorry, what was not on it, and what nobody sent."""
    way, shrink = Place(transfer.target, INCOMING), Place(SHRINK)
    came, lost, found = list[Posting](), list[Posting](), list[Posting]()
    for line in transfer.lines:
        was, now = line.picked or 0, line.received or 0
        came += [posting(line.pile, min(was, now), way, shelf)] if was and now else []
        lost += [posting(line.pile, was - now, way, shrink)] if was > now else []
        found += [posting(line.pile, now - was, shrink, shelf)] if now > was else []
    return [
        Entry(transfer.id, "received", came), Entry(transfer.id, "missing", lost), Entry(transfer.id, "surplus", found),
    ]  # fmt: skip
