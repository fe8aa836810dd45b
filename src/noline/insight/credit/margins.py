"""What the goods of each order cost: as somebody told it, else as a share of their price."""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import Rates, times
from noline.insight.credit.names import longs, rows_of
from noline.stores.walks.arrays import Flags, Longs

_UNTOLD = -(2**62)
_PERCENT = 100


class Goods(NamedTuple):
    """By row of the orders. cost_minor: in the order's currency. by_percent: some or all of it is a share of the price.

    no_rate: a cost was told, but in a currency without a rate. beyond: the cost of a line was beyond belief, and counts
    as not told.
    """

    cost_minor: Longs
    by_percent: Flags
    no_rate: Flags
    beyond: Flags


def goods_of(orders: pa.Table, told: pa.Table, percent: int, rates: Rates) -> Goods:
    """What the goods of these orders cost. told: the answer to `sql/goods.sql`.

    The order's own cost goes first, then what is known of its lines. The base of the percent is what was paid for the
    other lines: their part of the net price, which is the order's value less tax and postage, so a discount counts.
    Where even the price of such a line is unknown, and where an order tells no lines, it is the whole net price.
    """
    size = orders.num_rows
    whole = longs(orders["cost_minor"], _UNTOLD)
    value = longs(orders["value_minor"], 0)
    net = np.maximum(value - longs(orders["tax_minor"], 0) - longs(orders["shipping_minor"], 0), 0)
    lines = _Lines(orders, told, rates)
    # Of lines that have no price at all beside this one, the whole value is the nearest that is known.
    whole_price = np.where(lines.priced > 0, lines.priced, np.maximum(value, 1))
    part = np.where(lines.unclear, 1, np.clip(lines.untold, 0, whole_price))
    share = _part(net, part, np.where(lines.unclear, 1, whole_price), percent)
    cost = np.where(lines.unclear, share, lines.cost + share)
    is_whole = whole != _UNTOLD
    by_percent = ~is_whole & (lines.unclear | lines.partly)
    none = np.zeros(size, np.bool_)
    return Goods(
        np.where(is_whole, whole, cost), by_percent, np.where(is_whole, none, lines.no_rate), ~is_whole & lines.beyond
    )


class _Lines:
    """What is known of the lines of each order.

    cost: told, in the order's currency. untold: the price of the other lines. unclear: nobody knows even that. priced:
    the price of all lines; 0 where one has none.
    """

    def __init__(self, orders: pa.Table, told: pa.Table, rates: Rates) -> None:
        size = orders.num_rows
        rows = rows_of(told["order_id"], orders["order_id"])
        self.cost, self.untold, self.priced = (np.zeros(size, np.int64) for _ in range(3))
        self.unclear, self.partly, self.no_rate, self.beyond = (np.zeros(size, np.bool_) for _ in range(4))
        self.unclear[:] = True
        self.unclear[rows[rows >= 0]] = False
        costs, untold = longs(told["cost_minor"], 0), longs(told["untold_minor"], 0)
        unclear = np.asarray(told["is_unclear"].to_numpy(), np.bool_)
        self.priced[rows[rows >= 0]] = longs(told["lines_minor"], 0)[rows >= 0]
        self.beyond[rows[(rows >= 0) & np.asarray(told["is_beyond"].to_numpy(), np.bool_)]] = True
        for sender, receiver, mine in _pairs(told["currency"], orders["currency"], rows):
            if sender is None:
                np.add.at(self.untold, rows[mine], untold[mine])
                self.partly[rows[mine]] = True
                self.unclear[rows[mine]] |= unclear[mine]
            elif rates.knows(sender) and rates.knows(receiver):
                np.add.at(self.cost, rows[mine], times(costs[mine], rates.factor(sender, receiver)))
            else:
                self.unclear[rows[mine]] = self.no_rate[rows[mine]] = True


def _pairs(
    told: "pa.ChunkedArray[Any]", ordered: "pa.ChunkedArray[Any]", rows: Longs
) -> list[tuple[str | None, str, Longs]]:
    """Rows of costs, by their currency and the currency of their order; those of other orders are left out."""
    found = []
    senders, receivers = (column.combine_chunks().dictionary_encode() for column in (told, ordered))
    sender = longs(senders.indices, -1)
    receiver = longs(receivers.indices, -1)[np.maximum(rows, 0)] if len(ordered) else rows
    for code, name in enumerate([None, *senders.dictionary.to_pylist()], start=-1):
        for other, into in enumerate(receivers.dictionary.to_pylist()):
            mine = np.flatnonzero((sender == code) & (receiver == other) & (rows >= 0))
            if mine.size:
                found.append((name, into, mine))
    return found


def _part(net: Longs, part: Longs, of: Longs, percent: int) -> Longs:
    """A percent of a part of the net price, all 0 or above, rounded once, half to even."""
    largest = int(net.max(initial=0)) * int(part.max(initial=0)) * max(percent, 1)
    small = largest < 2**61 and int(of.max(initial=0)) * _PERCENT < 2**61
    # Beyond 64 bits Python's own numbers go on, one by one.
    one, other, whole = (net, part, of) if small else (net.astype(object), part.astype(object), of.astype(object))
    below = whole * _PERCENT
    found, rest = one * other * percent // below, one * other * percent % below
    up = (2 * rest > below) | ((2 * rest == below) & (found % 2 == 1))
    return np.asarray(found + up.astype(found.dtype)).astype(np.int64)
