"""What must be true across the rooms, whatever happened; `noline verify` asks it."""

from collections import Counter
from collections.abc import Iterator

from noline.kernel.quantities import Units
from noline.stores.transactional import Reader
from noline.truth.goods.model import Transfer
from noline.truth.goods.service import Goods
from noline.truth.orders.service import Orders
from noline.truth.stock.model import ON_HAND
from noline.truth.stock.service import Stock

_EVERY = 2**53
_CLAIMING = ("draft", "picked")

_Claims = Counter[tuple[str, str]]


def claims_are_explained(reader: Reader, stock: Stock, orders: Orders, goods: Goods) -> Iterator[str]:
    """Sentences about claims that no order, transfer or committed hold explains, and about such without a claim."""
    wanted = _wanted(reader, stock, orders, goods)
    kept = stock.claimed(reader, "allocated")
    for sku, location in sorted(kept.keys() | wanted.keys()):
        have, asked = kept[sku, location], wanted[sku, location]
        if have != asked:
            yield f"{have} of {sku} are allocated at {location}, orders and transfers ask for {asked}"


def _wanted(reader: Reader, stock: Stock, orders: Orders, goods: Goods) -> _Claims:
    wanted: _Claims = Counter(orders.claims(reader))
    for sku, location, units in _of_transfers(reader, goods):
        wanted[sku, location] += units
    for hold in stock.committed_holds(reader):
        if not orders.is_run_here(reader, hold.order_id or ""):
            for line in hold.lines:
                wanted[line.sku, line.location] += line.units
    return wanted


def _of_transfers(reader: Reader, goods: Goods) -> Iterator[tuple[str, str, Units]]:
    for kept in goods.papers(reader, Transfer, states=_CLAIMING, limit=_EVERY):
        transfer = kept.paper
        if isinstance(transfer, Transfer) and transfer.bucket == ON_HAND:
            for line in transfer.lines:
                yield line.sku, transfer.source, line.units if line.picked is None else line.picked
