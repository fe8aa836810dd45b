"""What all customers together say of an item: how common it is, how often it is bought again, and when."""

from typing import NamedTuple

import numpy as np

from noline.insight.recommend.table import Doubles, Floats, Ints, Longs, Table

WEEK_DAYS = 7.0
_MOST_CELLS = 60_000_000
_BELIEF = 10.0


class ItemStatistics(NamedTuple):
    """One value an item.

    baskets: in how many it stands; buyers: how many customers bought it. again: the share of buyers who bought it
    twice or more, pulled towards the mean of all items by ten made-up buyers. rate: in which share of a customer's
    baskets after his first purchase it stands again, pulled likewise. gap_days, gap_baskets: the geometric mean between
    two purchases of one customer. weekly: (weeks, items) baskets with the item up to the end of each week, empty where
    no times are known; week_zero: the day on which the first week begins.
    """

    baskets: Floats
    buyers: Floats
    again: Floats
    rate: Floats
    gap_days: Floats
    gap_baskets: Floats
    weekly: Ints
    week_zero: float
    total: int


def item_statistics(table: Table) -> ItemStatistics:
    """Counted over a table, each basket once."""
    owner = np.repeat(np.arange(table.customers), np.diff(table.starts))
    line_owner = owner[table.basket]
    order = np.lexsort((table.basket, table.item, line_owner))
    item, basket, customer = table.item[order], table.basket[order], line_owner[order]
    same = (item[1:] == item[:-1]) & (customer[1:] == customer[:-1])
    first = np.concatenate(([True], ~same))[: len(item)]
    baskets = _count(item, table.items)
    buyers = _count(item[first], table.items)
    second = np.concatenate(([False], same & first[:-1]))[: len(item)]
    twice = _count(item[second], table.items)
    left = table.starts[1:][customer[first]] - basket[first] - 1
    later = np.bincount(item[first], weights=left, minlength=table.items).astype(np.float64)
    repeats = baskets - buyers
    days = np.maximum(table.at[basket[1:]] - table.at[basket[:-1]], 0.5)[same]
    places = (basket[1:] - basket[:-1])[same]
    again = item[1:][same]
    weekly, zero = _weekly(table)
    return ItemStatistics(
        baskets=baskets,
        buyers=buyers,
        again=_pulled(twice, buyers),
        rate=_pulled(repeats, later),
        gap_days=_geometric(again, days, table.items),
        gap_baskets=_geometric(again, places.astype(np.float64), table.items),
        weekly=weekly,
        week_zero=zero,
        total=table.baskets,
    )


def _count(item: Ints, items: int) -> Floats:
    return np.bincount(item, minlength=items).astype(np.float32)


def _pulled(cases: Floats, of: Floats | Longs) -> Floats:
    """Shares with a few made-up cases at the mean, so that an item that two customers bought says little."""
    mean = cases.sum() / max(of.sum(), 1.0)
    return ((cases + _BELIEF * mean) / (of + _BELIEF)).astype(np.float32)


def _geometric(item: Ints, gaps: Doubles, items: int) -> Floats:
    logs = np.log(gaps)
    mean = float(logs.mean()) if len(logs) else 0.0
    sums = np.bincount(item, weights=logs, minlength=items)
    counts = np.bincount(item, minlength=items)
    return np.exp((sums + _BELIEF * mean) / (counts + _BELIEF)).astype(np.float32)


def _weekly(table: Table) -> tuple[Ints, float]:
    if not table.timed or not table.baskets:
        return np.zeros((0, table.items), np.int32), 0.0
    zero = float(table.at.min())
    week = ((table.at - zero) // WEEK_DAYS).astype(np.int64)
    weeks = int(week.max()) + 1
    if weeks * table.items > _MOST_CELLS:
        return np.zeros((0, table.items), np.int32), 0.0
    cells = np.bincount(week[table.basket] * table.items + table.item, minlength=weeks * table.items)
    return np.cumsum(cells.reshape(weeks, table.items), axis=0, dtype=np.int32), zero


def lately(statistics: ItemStatistics, now: Doubles, item: Ints | Longs, weeks: int) -> Floats:
    """In how many baskets each item stood in the whole weeks before a moment; all that were ever, without times."""
    if not len(statistics.weekly):
        return statistics.baskets[item]
    week = np.floor((now - statistics.week_zero) / WEEK_DAYS).astype(np.int64) - 1
    last = np.clip(week, -1, len(statistics.weekly) - 1)
    begun = np.maximum(last - weeks, -1)
    known = np.where(last >= 0, statistics.weekly[last, item], 0) - np.where(
        begun >= 0, statistics.weekly[begun, item], 0
    )
    return known.astype(np.float32)
