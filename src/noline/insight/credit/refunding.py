"""Money that was given back although no goods came for it: what it takes off an order, and what nobody shares.

Goods account for refunds first, whichever of both was told first: what came back is worth its part of the order, and so
much of the money is what a return costs anyway. So does what made the order worth less after it was sold: its margin
tells that already. Only the rest is money for nothing. It is taken of the margin that no return took, as a return
would, and what that does not cover is a loss. More than was paid is not believed: where two tell one refund without its
id, or an amount is wrong, it looks like that.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import Rates
from noline.insight.credit.model import NOBODY
from noline.insight.credit.names import longs, rows_of
from noline.insight.credit.returning import Back
from noline.stores.walks.arrays import Longs

_ALL = -1
"""In place of an amount that nobody told: all that was paid."""

_BEYOND_BELIEF = 10**15
"""So many minor units nobody gives back; an amount like that counts as not readable."""

_TOO_MUCH = "more than was paid"


class Given(NamedTuple):
    """One row a refund that goods do not account for, or not all of it. order: the row of the orders. unit: names.

    value_minor: what goods do not account for. margin_minor: what it takes of the margin that returns left.
    lost_minor: what is lost beyond that. All in minor units of the order's currency; the customer's money less the tax
    that comes back with it is margin_minor + lost_minor. left_out: refunds that were not read, or of which a part was
    more than was paid, by reason.
    """

    order: Longs
    unit: "pa.ChunkedArray[Any]"
    at: Longs
    value_minor: Longs
    margin_minor: Longs
    lost_minor: Longs
    left_out: Mapping[str, int]

    @property
    def orders(self) -> int:
        """How many orders have any."""
        return int(np.unique(self.order).size)


def given_beyond(orders: pa.Table, told: pa.Table, back: Back, margin: Longs, rates: Rates) -> Given:
    """The refunds of these orders that no goods account for. told: the answer to `sql/refunds.sql`.

    margin: of each order, minor units. An amount in another currency is converted at the rate; an order that does not
    stand was worth nothing, so giving its money back costs nothing. Goods account for the earliest money, and of more
    than was paid the latest is left out. A difference of one minor unit for each return is rounding, and is not booked.
    """
    standing = np.append(np.asarray(orders["stands"].to_numpy(), np.bool_), False)
    rows = rows_of(told["order_id"], orders["order_id"])
    rows = np.where(standing[rows], rows, NOBODY)
    left_out: Counter[str] = Counter()
    refunds: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for place, order, amount in _amounts(orders, told, rows, rates, left_out):
        refunds[order].append((place, amount))
    paid = _Paid(orders, back, margin, _lowered(told, rows, orders.num_rows))
    booked: list[tuple[int, ...]] = []
    for order, of_order in sorted(refunds.items()):
        amounts, cut = paid.believed(order, [amount for _, amount in of_order])
        left_out[_TOO_MUCH] += cut
        places = [place for place, _ in of_order]
        booked += [(order, *one) for one in paid.beyond(order, places, amounts)]
    columns = [np.array(column, np.int64) for column in zip(*booked, strict=True)] or [np.zeros(0, np.int64)] * 5
    order, rows_told, value, taken, lost = columns
    table = told.take(pa.array(rows_told))
    return Given(order, table["unit"], longs(table["refunded_at"], 0), value, taken, lost, left_out)


def _amounts(
    orders: pa.Table, told: pa.Table, rows: Longs, rates: Rates, left_out: Counter[str]
) -> Iterator[tuple[int, int, int]]:
    """Place, order and amount (minor units of the order's currency, or _ALL) of each refund that is read."""
    currencies = orders["currency"].to_pylist()
    columns = (rows.tolist(), told["currency"].to_pylist(), told["value_minor"].to_pylist())
    for place, (order, currency, minor) in enumerate(zip(*columns, strict=True)):
        if order == NOBODY:
            continue
        amount = _ALL if minor is None else _converted(minor, currency, currencies[order], rates)
        if amount is None:
            left_out["no rate"] += 1
        elif amount >= _BEYOND_BELIEF:
            left_out["beyond belief"] += 1
        else:
            yield place, order, amount


def _converted(minor: int, sender: str, receiver: str, rates: Rates) -> int | None:
    """An amount in the currency of its order, half to even; None without a rate."""
    if sender == receiver:
        return minor
    return round(minor * rates.factor(sender, receiver)) if rates.knows(sender) else None


def _lowered(told: pa.Table, rows: Longs, orders: int) -> Longs:
    """By how much each order was made worth less after it was sold; the same in each row of its refunds."""
    found = np.zeros(orders + 1, np.int64)
    np.maximum.at(found, rows, longs(told["lowered_minor"], 0))
    return found[:orders]


class _Paid:
    """What was paid for each order, and what of it returns account for."""

    def __init__(self, orders: pa.Table, back: Back, margin: Longs, lowered: Longs) -> None:
        self._value = np.maximum(longs(orders["value_minor"], 0), 0)
        self._tax = np.clip(longs(orders["tax_minor"], 0), 0, self._value)
        self._goods, self._returns, taken = (np.zeros_like(self._value) for _ in range(3))
        np.add.at(self._goods, back.order, back.goods_minor)
        np.add.at(self._returns, back.order, 1)
        np.add.at(taken, back.order, back.margin_minor)
        self._left = np.maximum(margin, 0) - taken
        self._lowered = lowered

    def believed(self, order: int, told: list[int]) -> tuple[list[int], int]:
        """What of an order's refunds is not more than was paid, in the order of time; how many were more.

        One that tells no amount gives back what was not given back before it. What rounding makes more is none.
        """
        left = int(self._value[order]) + int(self._lowered[order])
        rounding = int(self._returns[order])
        found: list[int] = []
        cut = 0
        for amount in told:
            given = left if amount == _ALL else min(amount, left)
            left -= given
            rounding -= max(amount - given, 0)
            cut += given < amount and rounding < 0
            found.append(given)
        return found, cut

    def beyond(self, order: int, places: list[int], amounts: list[int]) -> Iterator[tuple[int, int, int, int]]:
        """What nothing accounts for of an order's refunds, in the order of time: place, value, margin, loss."""
        goods, left = int(self._goods[order]), int(self._left[order])
        accounted = goods + int(self._lowered[order])
        if sum(amounts) - accounted <= int(self._returns[order]):
            return
        given = 0
        for place, amount in zip(places, amounts, strict=True):
            before, given = max(given - accounted, 0), given + amount
            beyond = max(given - accounted, 0) - before
            if not beyond:
                continue
            net = self._net(order, goods + before + beyond) - self._net(order, goods + before)
            taken = min(net, left)
            left -= taken
            yield place, beyond, taken, net - taken

    def _net(self, order: int, minor: int) -> int:
        """So much money without the tax that comes back with it: its part of the order's tax, never more than all."""
        value, tax = int(self._value[order]), int(self._tax[order])
        return minor - (round(Fraction(tax * min(minor, value), value)) if value else 0)
