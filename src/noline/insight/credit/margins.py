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

    no_rate: a cost was told, but in a currency without a rate.
    """

    cost_minor: Longs
    by_percent: Flags
    no_rate: Flags


def goods_of(orders: pa.Table, told: pa.Table, percent: int, rates: Rates) -> Goods:
    """What the goods of these orders cost. told: the answer to `sql/goods.sql`.

    The order's own cost goes first, then what is known of its lines; where even the price of a line is unknown, and
    where an order tells no lines, the whole net price is the base of the percent.
    """
    size = orders.num_rows
    whole = longs(orders["cost_minor"], _UNTOLD)
    net = longs(orders["value_minor"], 0) - longs(orders["tax_minor"], 0)
    lines = _Lines(orders, told, rates)
    share = _half_even(np.maximum(np.where(lines.unclear, net, lines.untold), 0) * percent, _PERCENT)
    cost = np.where(lines.unclear, share, lines.cost + share)
    is_whole = whole != _UNTOLD
    by_percent = ~is_whole & (lines.unclear | lines.partly)
    none = np.zeros(size, np.bool_)
    return Goods(np.where(is_whole, whole, cost), by_percent, np.where(is_whole, none, lines.no_rate))


class _Lines:
    """What is known of the lines of each order.

    cost: told, in the order's currency. untold: the price of the other lines. unclear: nobody knows even that.
    """

    def __init__(self, orders: pa.Table, told: pa.Table, rates: Rates) -> None:
        size = orders.num_rows
        rows = rows_of(told["order_id"], orders["order_id"])
        self.cost, self.untold = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self.unclear, self.partly, self.no_rate = (np.zeros(size, np.bool_) for _ in range(3))
        self.unclear[:] = True
        self.unclear[rows[rows >= 0]] = False
        costs, untold = longs(told["cost_minor"], 0), longs(told["untold_minor"], 0)
        unclear = np.asarray(told["is_unclear"].to_numpy(), np.bool_)
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


def _half_even(amounts: Longs, parts: int) -> Longs:
    whole, rest = np.divmod(amounts, parts)
    return whole + ((2 * rest > parts) | ((2 * rest == parts) & (whole % 2 == 1)))
