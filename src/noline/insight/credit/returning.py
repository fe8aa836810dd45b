"""What a return takes back of the margin of its order: in proportion, and never more than is left."""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.insight.credit.costing import UNTOLD
from noline.insight.credit.names import longs, rows_of
from noline.stores.walks.arrays import Longs

_NOT_TOLD = -(2**62)


class Back(NamedTuple):
    """One row a return, by order, then time. order: the row of the orders that were read. unit: names.

    unmatched: returns of orders that were not read. left_out: others, by reason.
    """

    order: Longs
    unit: "pa.ChunkedArray[Any]"
    at: Longs
    minutes: Longs
    value_minor: Longs
    margin_minor: Longs
    unmatched: int
    left_out: Mapping[str, int]


def taken_back(orders: pa.Table, told: pa.Table, value: Longs, margin: Longs) -> Back:
    """The returns of these orders. value, margin: of each order, in minor units.

    The share of the order is that of the value brought back, else of the units, else everything. A value in another
    currency than the order's counts as not told; without units it cannot be told, and the return is left out.
    """
    rows = rows_of(told["order_id"], orders["order_id"])
    matched = np.flatnonzero(rows >= 0)
    ordered = matched[np.lexsort((longs(told["accepted_at"], 0)[matched], rows[matched]))]
    returned = _Returned(orders, told.take(pa.array(ordered)), rows[ordered])
    kept: list[int] = []
    values: list[int] = []
    margins: list[int] = []
    left: dict[int, tuple[Fraction, int]] = {}
    left_out: Counter[str] = Counter()
    for place, order in enumerate(rows[ordered].tolist()):
        share = returned.share(place, int(value[order]))
        if share is None:
            left_out["another currency"] += 1
            continue
        still, money = left.get(order, (Fraction(1), max(int(margin[order]), 0)))
        share = min(share, still)
        back = money if share == still else min(round(int(max(margin[order], 0)) * share), money)
        left[order] = (still - share, money - back)
        kept.append(place)
        values.append(returned.worth(place, int(value[order]), share))
        margins.append(back)
    chosen = np.array(kept, np.int64)
    table = told.take(pa.array(ordered[chosen]))
    return Back(
        rows[ordered][chosen],
        table["unit"],
        longs(table["accepted_at"], 0),
        longs(table["minutes"], UNTOLD),
        np.array(values, np.int64),
        np.array(margins, np.int64),
        int((rows < 0).sum()),
        left_out,
    )


class _Returned:
    """What returns say of themselves, beside the orders that they are of."""

    def __init__(self, orders: pa.Table, told: pa.Table, rows: Longs) -> None:
        self._value = longs(told["value_minor"], _NOT_TOLD).tolist()
        self._units = longs(told["units"], _NOT_TOLD).tolist()
        self._currency = told["currency"].to_pylist()
        taken = orders.select(["currency", "units"]).take(pa.array(rows))
        self._ordered_in = taken["currency"].to_pylist()
        self._ordered_units = longs(taken["units"], 0).tolist()

    def share(self, place: int, value: int) -> Fraction | None:
        """What part of its order comes back; None when that cannot be told."""
        told, units, of_units = self._value[place], self._units[place], self._ordered_units[place]
        if self._is_comparable(place) and value > 0:
            return _part(told, value)
        if units != _NOT_TOLD and of_units > 0:
            return _part(units, of_units)
        return Fraction(1) if told == _NOT_TOLD or self._is_comparable(place) else None

    def worth(self, place: int, value: int, share: Fraction) -> int:
        """What comes back is worth, in minor units of the order's currency."""
        return self._value[place] if self._is_comparable(place) else round(value * share)

    def _is_comparable(self, place: int) -> bool:
        return self._value[place] != _NOT_TOLD and self._currency[place] == self._ordered_in[place]


def _part(some: int, of: int) -> Fraction:
    return min(max(Fraction(some, of), Fraction(0)), Fraction(1))
