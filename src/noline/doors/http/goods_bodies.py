"""What is told about goods over HTTP: the bodies of receipts, transfers, counts, returns and rules."""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from noline.flows.counting import Told
from noline.flows.goods import instant_or_none
from noline.kernel.gs1 import gtin
from noline.truth.goods.model import Batch, GoodsUnreadable, Pile
from noline.truth.stock.policies import Oversell

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00]*\S[^\x00]*$")]
Optional = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00]*$")]
Units = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
UnitsOrNothing = Annotated[int, msgspec.Meta(ge=0, le=10**9)]
Signed = Annotated[int, msgspec.Meta(ge=-(10**9), le=10**9)]
Version = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Minor = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Currency = Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
Time = Annotated[str, msgspec.Meta(max_length=64)]
_Most = msgspec.Meta(max_length=5_000)
_Some = msgspec.Meta(min_length=1, max_length=5_000)
Bucket = Literal["on_hand", "unsellable"]
OutcomeName = Literal["restock", "unsellable", "send_back"]


class _Item(msgspec.Struct, kw_only=True):
    """An item by its SKU, or by a GTIN that is checked; its lot and owner where these are kept apart."""

    sku: Text | None = None
    gtin: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    lot: Optional = ""
    owner: Optional = ""

    def pile(self) -> Pile:
        """What it names; raises GtinWrong and GoodsUnreadable."""
        checked = None if self.gtin is None else gtin(self.gtin)
        named = self.sku or checked
        if named is None:
            raise GoodsUnreadable(why="a line names neither a sku nor a gtin")
        return Pile(named, self.lot, self.owner)


class GoodsLine(_Item, kw_only=True):
    """Units of an item."""

    units: Units

    def batch(self) -> Batch:
        """As the flows read it."""
        sku, lot, owner = self.pile()
        return Batch(sku, self.units, lot, owner)


class FoundLine(_Item, kw_only=True):
    """Units of an item that were found; none when there was nothing."""

    units: UnitsOrNothing

    def batch(self) -> Batch:
        """As the flows read it."""
        sku, lot, owner = self.pile()
        return Batch(sku, self.units, lot, owner)


class CountedLine(FoundLine, kw_only=True):
    """Units of an item that somebody counted. counted_at: when; now if nobody says."""

    counted_at: Time | None = None


class ReturnedLine(GoodsLine, kw_only=True):
    """Units of an item that come back, and how they are said to be."""

    condition: Optional = ""


class JudgedLine(GoodsLine, kw_only=True):
    """Units of a return and what becomes of them."""

    outcome: OutcomeName


class NewReceipt(msgspec.Struct):
    """Goods that came. document: of the delivery. expected: what they were awaited by, or a transfer.

    close: nothing more of what was awaited will come.
    """

    location: Text
    lines: Annotated[list[GoodsLine], _Most] = []
    document: Optional = ""
    expected: Optional = ""
    close: bool = False
    by: Text | None = None


class NewExpectation(msgspec.Struct):
    """Goods that are awaited. due: when, ISO 8601."""

    document: Text
    location: Text
    lines: Annotated[list[GoodsLine], _Some]
    due: Time | None = None
    by: Text | None = None


class NewAdjustment(_Item, kw_only=True):
    """Units found (above zero) or lost (below). expected_version: of the cell, as the caller saw it."""

    location: Text
    units: Signed
    reason: Text
    bucket: Bucket = "on_hand"
    expected_version: Version | None = None
    by: Text | None = None


class NewTransfer(msgspec.Struct, kw_only=True):
    """Goods to be sent from one location to another. due: when they should arrive, ISO 8601."""

    source: Text = msgspec.field(name="from")
    target: Text = msgspec.field(name="to")
    lines: Annotated[list[GoodsLine], _Some]
    due: Time | None = None
    bucket: Bucket = "on_hand"
    by: Text | None = None


class StepOfTransfer(msgspec.Struct):
    """A step of a transfer. lines: what was picked, or what arrived; everything when none are named.

    due: when it should arrive. bucket: where what arrived is put.
    """

    lines: Annotated[list[FoundLine], _Some] | None = None
    due: Time | None = None
    bucket: Bucket | None = None
    by: Text | None = None


class NewCount(msgspec.Struct):
    """What is to be counted: items, a category or all that lies there; with lines it is counted and closed at once."""

    location: Text
    skus: Annotated[list[Text], _Most] = []
    category: Optional = ""
    lines: Annotated[list[CountedLine], _Some] | None = None
    by: Text | None = None


class Tellings(msgspec.Struct):
    """What was counted."""

    lines: Annotated[list[CountedLine], _Some]
    by: Text | None = None


class NewReturn(msgspec.Struct):
    """Goods that come back. received: they are here already. channel: in which they are given back."""

    location: Text
    lines: Annotated[list[ReturnedLine], _Some]
    order_id: Optional = ""
    return_id: Optional = ""
    channel: Optional = ""
    received: bool = False
    by: Text | None = None


class Arrival(msgspec.Struct):
    """What came back and where; as announced when it is not said."""

    location: Text | None = None
    lines: Annotated[list[FoundLine], _Some] | None = None
    by: Text | None = None


class Inspection(msgspec.Struct):
    """What becomes of what came back. outcome: of units that no line names. depot: to which units are sent back."""

    lines: Annotated[list[JudgedLine], _Most] = []
    outcome: OutcomeName | None = None
    depot: Text | None = None
    by: Text | None = None


class Refund(msgspec.Struct):
    """Money that is given back; without an amount what the order took for these units."""

    amount_minor: Minor | None = None
    currency: Currency | None = None
    by: Text | None = None


class Actor(msgspec.Struct):
    """Who does it; the role of the key when nobody is named."""

    by: Text | None = None


class Closing(msgspec.Struct):
    """Why nothing more is to be done."""

    reason: Text
    by: Text | None = None


class NewPolicy(msgspec.Struct):
    """How far a channel may go with an item; every channel when none is named.

    What is left out is as the next wider rule says.
    """

    sku: Text
    channel: Optional = ""
    oversell: Oversell | None = None
    beyond: UnitsOrNothing | None = None
    until: Time | None = None
    buffer: UnitsOrNothing | None = None
    safety: UnitsOrNothing | None = None
    by: Text | None = None


def batches(lines: Sequence[GoodsLine | FoundLine]) -> list[Batch]:
    """Lines as the flows read them."""
    return [line.batch() for line in lines]


def named(lines: list[FoundLine] | None) -> list[Batch] | None:
    """The same, or None where nothing is named."""
    return None if lines is None else batches(lines)


def counted(lines: list[CountedLine]) -> list[Told]:
    """What was counted, as the flows read it."""
    return [Told(line.batch(), instant_or_none(line.counted_at)) for line in lines]
