"""Baskets as arrays: every customer's baskets in the order of time, every basket's items, all by small numbers.

Everything here is counted over these arrays, whether they hold a retailer's year or the orders of the one customer who
stands at the counter.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer[Any]]
Longs = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Doubles = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]


class Table(NamedTuple):
    """Baskets by customer, then time.

    starts: (customers + 1) first basket of each customer. first: (baskets + 1) first line of each basket. at: days of
    each basket since 1970, or its place among the customer's baskets where no times are known (`timed` is false then).
    store: number of the store, -1 where unknown. item, units: of each line; an item stands once in a basket.
    basket: the basket of each line. items: how many numbers of items there are.
    """

    starts: Longs
    first: Longs
    at: Doubles
    store: Ints
    item: Ints
    units: Floats
    basket: Ints
    items: int
    timed: bool

    @property
    def customers(self) -> int:
        """How many customers."""
        return len(self.starts) - 1

    @property
    def baskets(self) -> int:
        """How many baskets."""
        return len(self.at)


class Queries(NamedTuple):
    """Moments at which is asked what a customer buys next, one a row.

    start, end: the customer's baskets that are known then (end exclusive). now: days, as `Table.at`. store: where the
    customer is, -1 where unknown.
    """

    start: Longs
    end: Longs
    now: Doubles
    store: Ints

    def part(self, rows: slice | Longs | Flags) -> "Queries":
        """Some of them."""
        return Queries(self.start[rows], self.end[rows], self.now[rows], self.store[rows])

    @property
    def moments(self) -> int:
        """How many."""
        return len(self.start)


def spread(low: Longs, high: Longs) -> tuple[Longs, Longs]:
    """All numbers of some ranges, one range after the other, and for each the number of its range."""
    lengths = high - low
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    owner = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    return np.arange(total, dtype=np.int64) - (ends - lengths - low)[owner], owner


def before(table: Table, back: int, fewest: int) -> Queries:
    """What was known before each customer's `back`-th basket from the end (1 is the last), where `fewest` remain."""
    target = table.starts[1:] - back
    able = target - table.starts[:-1] >= fewest
    target, start = target[able], table.starts[:-1][able]
    return Queries(start, target, table.at[target], table.store[target])


def without_last(table: Table, back: int) -> Table:
    """The table without the last `back` baskets of each customer."""
    ends = np.maximum(table.starts[1:] - back, table.starts[:-1])
    return only(table, *spread(table.starts[:-1], ends))


def only(table: Table, baskets: Longs, customer: Longs) -> Table:
    """Some baskets, in their order, of the same customers."""
    lines, owner = spread(table.first[baskets], table.first[baskets + 1])
    counts = np.bincount(customer, minlength=table.customers)
    sizes = table.first[baskets + 1] - table.first[baskets]
    return Table(
        starts=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        first=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        at=table.at[baskets],
        store=table.store[baskets],
        item=table.item[lines],
        units=table.units[lines],
        basket=owner.astype(np.int32),
        items=table.items,
        timed=table.timed,
    )


def usual_moment(table: Table, queries: Queries) -> Queries:
    """The same, asked when the customer's mean time between baskets has passed, in no known store."""
    number = queries.end - queries.start
    last, begun = table.at[queries.end - 1], table.at[queries.start]
    gap: Doubles = np.where(number > 1, (last - begun) / np.maximum(number - 1, 1), 1.0)
    return queries._replace(now=last + gap, store=np.full(queries.moments, -1, np.int32))
