"""Papers that accompany goods: what a transfer, a count or a return says, and which step may follow which.

A paper is a value; a step makes a new one from it or is refused. Nothing here knows what lies where.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable, Refused
from noline.kernel.quantities import Units

MOST_LINES = 5_000
"""Lines of one paper; more goods go on several papers."""

_MOST_UNITS = 10**9
_NAME_CHARACTERS = 200


class GoodsUnreadable(NotReadable):
    """Something about goods that cannot be understood."""

    code = "goods.unreadable"
    sentence = "This cannot be done with goods: {why}."
    hint = "Correct what is named and send it again; nothing was moved."


class PaperStateWrong(Refused):
    """A step that does not follow from how far the paper has come."""

    code = "goods.wrong_state"
    sentence = "The {what} {paper} is {state}; it must be {needed} for this."
    hint = "Look at the paper as it is now; nothing was moved."


class Batch(NamedTuple):
    """Units of an item, of a lot and an owner where somebody keeps them apart."""

    sku: str
    units: Units
    lot: str = ""
    owner: str = ""


class Pile(NamedTuple):
    """What of an item is kept apart from the rest of it; empty where nothing is."""

    sku: str
    lot: str = ""
    owner: str = ""


class TransferLine(msgspec.Struct, frozen=True, gc=False):
    """One line of a transfer. picked, received: None until somebody did."""

    sku: str
    units: Units
    lot: str = ""
    owner: str = ""
    picked: Units | None = None
    received: Units | None = None

    @property
    def pile(self) -> Pile:
        """What of the item it is."""
        return Pile(self.sku, self.lot, self.owner)


class Transfer(msgspec.Struct, frozen=True, tag_field="paper", tag="transfer"):
    """Goods that go from one location to another.

    bucket: from which they are taken, `on_hand` or `unsellable`. document: what it was made for, such as a return.
    """

    id: str
    state: Literal["draft", "picked", "in_transit", "received", "cancelled"]
    source: str
    target: str
    lines: tuple[TransferLine, ...]
    opened_at: Micros
    bucket: str = "on_hand"
    due_at: Micros | None = None
    document: str = ""


class CountLine(msgspec.Struct, frozen=True, gc=False):
    """One line of a count.

    expected: units on hand when the count was opened, or its line added. booked: what the books say of the instant of
    counting, known once the count is closed.
    """

    sku: str
    expected: Units
    lot: str = ""
    owner: str = ""
    counted: Units | None = None
    counted_at: Micros | None = None
    booked: Units | None = None

    @property
    def pile(self) -> Pile:
        """What of the item it is."""
        return Pile(self.sku, self.lot, self.owner)

    @property
    def variance(self) -> Units | None:
        """Units more (or fewer, below zero) than the books said; None while not counted or not closed."""
        return None if self.counted is None or self.booked is None else self.counted - self.booked


class Count(msgspec.Struct, frozen=True, tag_field="paper", tag="count"):
    """What somebody counts at a location."""

    id: str
    state: Literal["open", "closed", "cancelled"]
    location: str
    lines: tuple[CountLine, ...]
    opened_at: Micros
    category: str = ""


class Counted(NamedTuple):
    """Units that somebody counted of a pile, and when."""

    pile: Pile
    units: Units
    at: Micros


class ReturnLine(msgspec.Struct, frozen=True, gc=False):
    """One line of a return: as announced, as it came, and what became of it."""

    sku: str
    units: Units
    lot: str = ""
    owner: str = ""
    condition: str = ""
    received: Units | None = None
    restocked: Units = 0
    unsellable: Units = 0
    sent_back: Units = 0

    @property
    def pile(self) -> Pile:
        """What of the item it is."""
        return Pile(self.sku, self.lot, self.owner)


class Return(msgspec.Struct, frozen=True, tag_field="paper", tag="return"):
    """Goods that a customer gives back. transfer: the one that sends units back to a depot."""

    id: str
    state: Literal["announced", "received", "inspected", "cancelled"]
    location: str
    lines: tuple[ReturnLine, ...]
    opened_at: Micros
    order_id: str = ""
    channel: str = ""
    refunded_minor: int | None = None
    currency: str = ""
    transfer: str = ""


Paper = Transfer | Count | Return
Outcome = Literal["restock", "unsellable", "send_back"]


class Verdict(NamedTuple):
    """What becomes of units of a return."""

    pile: Pile
    outcome: Outcome
    units: Units


class ShortPick(NamedTuple):
    """Units that were to be taken and were not there. at: microseconds since 1970 UTC; seq: place in the log."""

    sku: str
    location: str
    document: str
    units: Units
    at: Micros
    seq: int


class Closing(NamedTuple):
    """A task that somebody closed."""

    task: str
    reason: str
    actor: str
    at: Micros
    seq: int


class Step(NamedTuple):
    """Who brought a paper into a state."""

    state: str
    at: Micros
    actor: str


# -- reading what is asked


def name(what: str, text: str) -> str:
    """A name that can be kept; raises GoodsUnreadable."""
    if not 0 < len(text) <= _NAME_CHARACTERS:
        raise GoodsUnreadable(why=f"the {what} is empty or longer than {_NAME_CHARACTERS} characters")
    return text


def merged(batches: Iterable[Batch], *, least: Units = 1) -> dict[Pile, Units]:
    """Units of each pile, in the order named; raises GoodsUnreadable."""
    units: Counter[Pile] = Counter()
    for batch in batches:
        pile = Pile(name("sku", batch.sku), batch.lot, batch.owner)
        if max(len(batch.lot), len(batch.owner)) > _NAME_CHARACTERS:
            raise GoodsUnreadable(why=f"the lot or owner of {batch.sku} is longer than {_NAME_CHARACTERS} characters")
        if not least <= batch.units <= _MOST_UNITS:
            raise GoodsUnreadable(why=f"{batch.units} units of {batch.sku}")
        units[pile] += batch.units
    if not 1 <= len(units) <= MOST_LINES:
        raise GoodsUnreadable(why=f"it has {len(units)} lines, not 1 to {MOST_LINES}")
    return dict(units)


def must_be(paper: Paper, *states: str) -> None:
    """Raises PaperStateWrong unless the paper is in one of these states."""
    if paper.state not in states:
        what = type(paper).__name__.lower()
        raise PaperStateWrong(what=what, paper=paper.id, state=paper.state, needed=" or ".join(states))


# -- transfers


def picked(transfer: Transfer, found: Mapping[Pile, Units] | None) -> Transfer:
    """What was taken from the shelves: what is named, or everything. Raises PaperStateWrong and GoodsUnreadable."""
    must_be(transfer, "draft")
    asked = {line.pile: line.units for line in transfer.lines}
    taken = asked if found is None else {pile: found.get(pile, 0) for pile in asked} | dict(found)
    for pile, units in taken.items():
        if units > asked.get(pile, 0):
            raise GoodsUnreadable(why=f"{units} of {pile.sku} were picked, {asked.get(pile, 0)} were asked")
    lines = tuple(msgspec.structs.replace(line, picked=taken[line.pile]) for line in transfer.lines)
    return msgspec.structs.replace(transfer, state="picked", lines=lines)


def sent(transfer: Transfer, due_at: Micros | None) -> Transfer:
    """It has left. due_at: None leaves what was said before. Raises PaperStateWrong and GoodsUnreadable."""
    must_be(transfer, "picked")
    if not any(line.picked for line in transfer.lines):
        raise GoodsUnreadable(why=f"nothing was picked for the transfer {transfer.id}; cancel it")
    due_at = transfer.due_at if due_at is None else due_at
    return msgspec.structs.replace(transfer, state="in_transit", due_at=due_at)


def by_pile(transfer: Transfer, there: Mapping[Pile, Units]) -> Transfer:
    """What was picked without a lot, as the piles that lie there: a transfer says what is on its way.

    there: what lies where it leaves. Piles that have lines of their own keep what those take.
    """
    left = Counter(dict(there))
    left.subtract({line.pile: line.picked or 0 for line in transfer.lines if line.pile != Pile(line.sku)})
    lines: dict[Pile, TransferLine] = {}
    for line in transfer.lines:
        shares = _shared(line, left) if line.pile == Pile(line.sku) else {line.pile: (line.units, line.picked or 0)}
        for pile, (units, taken) in shares.items():
            before = lines.get(pile) or TransferLine(pile.sku, 0, pile.lot, pile.owner, picked=0)
            lines[pile] = msgspec.structs.replace(
                before, units=before.units + units, picked=(before.picked or 0) + taken
            )  # fmt: skip
    return msgspec.structs.replace(transfer, lines=tuple(lines.values()))


def _shared(line: TransferLine, there: Mapping[Pile, Units]) -> dict[Pile, tuple[Units, Units]]:
    """Units asked and picked of a line without a lot, by pile: what no pile has, and was not found, stays with it."""
    nameless, left = line.pile, line.picked or 0
    shares = {nameless: (line.units - left, 0)} if line.units > left else {}
    for pile in sorted(one for one in there if one.sku == line.sku):
        if some := min(left, max(0, there[pile])):
            shares[pile] = (shares.get(pile, (0, 0))[0] + some, some)
            left -= some
    if left:
        asked, taken = shares.get(nameless, (0, 0))
        shares[nameless] = (asked + left, taken + left)
    return shares


def _onto_lots(transfer: Transfer, found: Mapping[Pile, Units]) -> dict[Pile, Units]:
    """What came without a lot, as the lots that were sent and that nobody named; what is more than those has none."""
    told: Counter[Pile] = Counter(dict(found))
    sent_without = {line.sku: line.picked or 0 for line in transfer.lines if line.pile == Pile(line.sku)}
    for line in transfer.lines:
        nameless = Pile(line.sku)
        if line.pile != nameless and line.pile not in found:
            came = min(line.picked or 0, max(0, told[nameless] - sent_without.get(line.sku, 0)))
            told[line.pile] += came
            told[nameless] -= came
    return {pile: units for pile, units in told.items() if units}


def arrived(transfer: Transfer, found: Mapping[Pile, Units] | None) -> Transfer:
    """What came: what is named (the rest is missing), or all that was sent; what nobody sent gets a line of its own.

    Units without a lot are those of the lots that were sent. Raises PaperStateWrong.
    """
    must_be(transfer, "in_transit")
    found = None if found is None else _onto_lots(transfer, found)
    lines = [
        msgspec.structs.replace(line, received=(line.picked or 0) if found is None else found.get(line.pile, 0))
        for line in transfer.lines
    ]
    known = {line.pile for line in lines}
    lines += [
        TransferLine(pile.sku, 0, pile.lot, pile.owner, picked=0, received=units)
        for pile, units in (found or {}).items()
        if pile not in known
    ]
    return msgspec.structs.replace(transfer, state="received", lines=tuple(lines))


# -- counts


def counted(count: Count, tellings: Sequence[Counted], on_hand: Mapping[Pile, Units]) -> Count:
    """A count with lines counted; a pile counted again stands as counted last, one nobody asked for is added.

    on_hand: what lies there of piles that have no line yet. Raises PaperStateWrong and GoodsUnreadable.
    """
    must_be(count, "open")
    lines = {line.pile: line for line in count.lines}
    for told in sorted(tellings, key=lambda one: one.at):
        line = lines.get(told.pile) or CountLine(
            told.pile.sku, on_hand.get(told.pile, 0), told.pile.lot, told.pile.owner
        )
        if line.counted_at is None or told.at >= line.counted_at:
            lines[told.pile] = msgspec.structs.replace(line, counted=told.units, counted_at=told.at)
    if len(lines) > MOST_LINES:
        raise GoodsUnreadable(why=f"a count has at most {MOST_LINES} lines")
    return msgspec.structs.replace(count, lines=tuple(lines.values()))


def closed(count: Count, booked: Mapping[Pile, Units]) -> Count:
    """The count is over. booked: what the books say of the instant at which each line was counted."""
    lines = tuple(msgspec.structs.replace(line, booked=booked.get(line.pile)) for line in count.lines)
    return msgspec.structs.replace(count, state="closed", lines=lines)


# -- what customers give back


def came_back(back: Return, location: str, found: Mapping[Pile, Units] | None) -> Return:
    """It was given back at a location: what is named, or all that was announced. Raises PaperStateWrong."""
    must_be(back, "announced")
    lines = [
        msgspec.structs.replace(line, received=line.units if found is None else found.get(line.pile, 0))
        for line in back.lines
    ]
    known = {line.pile for line in lines}
    lines += [
        ReturnLine(pile.sku, 0, pile.lot, pile.owner, received=units)
        for pile, units in (found or {}).items()
        if pile not in known
    ]
    return msgspec.structs.replace(back, state="received", location=location, lines=tuple(lines))


def judged(back: Return, verdicts: Sequence[Verdict], others: Outcome | None) -> Return:
    """What became of each unit. others: of units that no verdict names. Raises PaperStateWrong and GoodsUnreadable."""
    must_be(back, "received")
    units: Counter[tuple[Pile, Outcome]] = Counter()
    for one in verdicts:
        units[one.pile, one.outcome] += one.units
    known = {line.pile for line in back.lines}
    for pile, _ in units:
        if pile not in known:
            raise GoodsUnreadable(why=f"no {pile.sku} came back with the return {back.id}")
    return msgspec.structs.replace(
        back, state="inspected", lines=tuple(_judged_line(line, units, others) for line in back.lines)
    )


def _judged_line(line: ReturnLine, units: Mapping[tuple[Pile, Outcome], Units], others: Outcome | None) -> ReturnLine:
    told = {outcome: units.get((line.pile, outcome), 0) for outcome in ("restock", "unsellable", "send_back")}
    left = (line.received or 0) - sum(told.values())
    if left and others is not None and left > 0:
        told[others] += left
        left = 0
    if left:
        why = f"{line.received or 0} of {line.sku} came back, and {(line.received or 0) - left} were judged"
        raise GoodsUnreadable(why=why)
    return msgspec.structs.replace(
        line, restocked=told["restock"], unsellable=told["unsellable"], sent_back=told["send_back"]
    )
