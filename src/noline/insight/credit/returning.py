"""What a return takes back of the margin of its order: in proportion, and never more than is left."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import UNTOLD
from noline.insight.credit.model import NOBODY
from noline.insight.credit.names import longs, rows_of
from noline.stores.walks.arrays import Longs

_NOT_TOLD = -(2**62)


class Back(NamedTuple):
    """One row a return, by order, then time. order: the row of the orders that were read. unit: names.

    goods_minor: what the goods are worth as a part of their order; value_minor is that too, unless the return tells
    what it is worth. left_out: returns of orders that were read, by the reason why they are not.
    """

    order: Longs
    unit: "pa.ChunkedArray[Any]"
    at: Longs
    minutes: Longs
    value_minor: Longs
    goods_minor: Longs
    margin_minor: Longs
    left_out: Mapping[str, int]


def taken_back(orders: pa.Table, told: pa.Table, items: pa.Table, value: Longs, margin: Longs) -> Back:
    """The returns of these orders. items: the answer to `sql/returned.sql`. value, margin: of each order, minor units.

    The share of the order is that of the items brought back, at the prices of the order; where the order prices none of
    them, that of the value that is told, else of the units, else everything. A value in another currency than the
    order's counts as not told. Without units then, and with units of an order without any, it cannot be told, and the
    return is left out. Nothing comes back to an order that does not stand.
    """
    standing = np.append(np.asarray(orders["stands"].to_numpy(), np.bool_), False)
    rows = rows_of(told["order_id"], orders["order_id"])
    rows = np.where(standing[rows], rows, NOBODY)
    matched = np.flatnonzero(rows >= 0)
    ordered = matched[np.lexsort((longs(told["accepted_at"], 0)[matched], rows[matched]))]
    returned = _Returned(orders, told.take(pa.array(ordered)), _priced(items), rows[ordered])
    kept: list[int] = []
    values: list[int] = []
    goods: list[int] = []
    margins: list[int] = []
    left: dict[int, tuple[Fraction, int]] = {}
    left_out: Counter[str] = Counter()
    for place, order in enumerate(rows[ordered].tolist()):
        share = returned.share(place, int(value[order]))
        if isinstance(share, str):
            left_out[share] += 1
            continue
        still, money = left.get(order, (Fraction(1), max(int(margin[order]), 0)))
        share = min(share, still)
        back = money if share == still else min(round(int(max(margin[order], 0)) * share), money)
        left[order] = (still - share, money - back)
        kept.append(place)
        values.append(returned.worth(place, int(value[order]), share))
        goods.append(round(max(int(value[order]), 0) * share))
        margins.append(back)
    chosen = np.array(kept, np.int64)
    table = told.take(pa.array(ordered[chosen]))
    return Back(
        rows[ordered][chosen],
        table["unit"],
        longs(table["accepted_at"], 0),
        longs(table["minutes"], UNTOLD),
        np.array(values, np.int64),
        np.array(goods, np.int64),
        np.array(margins, np.int64),
        left_out,
    )


class _Returned:
    """What returns say of themselves, beside the orders that they are of."""

    def __init__(self, orders: pa.Table, told: pa.Table, priced: "_Priced", rows: Longs) -> None:
        names = zip(told["order_id"].to_pylist(), told["return_id"].to_pylist(), strict=True)
        self._priced = [priced.get(name) for name in names] if priced else [None] * told.num_rows
        self._value = longs(told["value_minor"], _NOT_TOLD).tolist()
        self._units = longs(told["units"], _NOT_TOLD).tolist()
        self._currency = told["currency"].to_pylist()
        taken = orders.select(["currency", "units"]).take(pa.array(rows))
        self._ordered_in = taken["currency"].to_pylist()
        self._ordered_units = longs(taken["units"], 0).tolist()

    def share(self, place: int, value: int) -> Fraction | str:
        """What part of its order comes back, else why that cannot be told."""
        told, units, of_units = self._value[place], self._units[place], self._ordered_units[place]
        priced = self._priced[place]
        if priced is not None:
            return min(priced, Fraction(1))
        if self._is_comparable(place) and value > 0:
            return _part(told, value)
        if units != _NOT_TOLD:
            return _part(units, of_units) if of_units > 0 else "the order tells no units"
        return Fraction(1) if told == _NOT_TOLD or self._is_comparable(place) else "another currency"

    def worth(self, place: int, value: int, share: Fraction) -> int:
        """What comes back is worth, in minor units of the order's currency."""
        is_told = self._priced[place] is None and self._is_comparable(place)
        return self._value[place] if is_told else round(value * share)

    def _is_comparable(self, place: int) -> bool:
        return self._value[place] != _NOT_TOLD and self._currency[place] == self._ordered_in[place]


_Priced = dict[tuple[str, str], Fraction]


def _priced(items: pa.Table) -> _Priced:
    """What part of its order each return is, by the prices of its items."""
    names = ("order_id", "return_id", "units", "of_units", "of_minor", "whole_minor")
    found: _Priced = {}
    for order, name, *numbers in zip(*(items[one].to_pylist() for one in names), strict=True):
        units, of_units, minor, whole = numbers
        found[order, name] = found.get((order, name), Fraction(0)) + Fraction(units * minor, of_units * whole)
    return found


def _part(some: int, of: int) -> Fraction:
    return min(max(Fraction(some, of), Fraction(0)), Fraction(1))
