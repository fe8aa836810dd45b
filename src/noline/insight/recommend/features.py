"""Candidates of a customer, and what each is judged by: the same numbers at fitting and at the counter.

Everything is counted from the customer's own baskets given at the call, and from what all customers say of an item;
nothing is known of a customer but what he bought, when and where.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from noline.insight.recommend.model import MOST_BASKETS
from noline.insight.recommend.neighbours import Neighbours
from noline.insight.recommend.statistics import WEEK_DAYS, ItemStatistics, lately
from noline.insight.recommend.table import Flags, Floats, Ints, Longs, Queries, Table, spread

OWN = 100
NEAR = 25
ALONG = 15
POPULAR = 20

NAMES = (
    "times", "share", "share_since_first", "decay_fast", "decay_slow", "last_5", "last_20", "decay_30_days",
    "decay_90_days", "recency_baskets", "recency_days", "age_baskets", "gap_baskets", "gap_days", "due_baskets",
    "due_days", "last_gap", "in_last", "in_one_before", "units_mean", "rank", "of_last_same_store", "times_here",
    "same_weekday",
    "popular", "buyers", "again", "rate", "expected", "lately_2", "lately_8", "trend", "near", "along", "near_rank",
    "baskets", "basket_size", "distinct", "days_since", "visit_gap", "visit_due", "repeats",
)  # fmt: skip

_NEVER = 400.0
"""Baskets or days that stand for never."""


class Known(NamedTuple):
    """What all customers together say: of items, and of which go with which."""

    items: ItemStatistics
    near: sparse.csr_array
    along: sparse.csr_array
    popular: Ints

    @classmethod
    def of(cls, items: ItemStatistics, near: Neighbours, along: Neighbours) -> "Known":
        """With the neighbours as matrices."""
        return cls(items, near.matrix(), along.matrix(), popular_by_week(items))


class Candidates(NamedTuple):
    """Items that may be next, by the moment at which is asked, then the item.

    query: the row of the moment. values: (candidates, len(NAMES)). own: bought before.
    """

    query: Longs
    item: Longs
    values: Floats
    own: Flags


class _Own(NamedTuple):
    """Items that a customer bought before the moment; one row a moment and item, in that order."""

    key: Longs
    query: Longs
    item: Longs
    columns: dict[str, Floats]
    weight: Floats


def candidates(
    table: Table, known: Known, queries: Queries, *, extra: Sequence[int] = (), new: bool = True
) -> Iterator[Candidates]:
    """The candidates of all moments, a portion of moments at a time.

    extra: items that are always among them. new: whether items that the customer never bought are looked for.
    """
    portion = max(1, min(512, 12_000_000 // max(table.items, 1)))
    for begin in range(0, queries.moments, portion):
        part = queries.part(slice(begin, begin + portion))
        found = _portion(table, known, part, extra, new=new)
        yield found._replace(query=found.query + begin)


def _portion(table: Table, known: Known, queries: Queries, extra: Sequence[int], *, new: bool) -> Candidates:
    queries = queries._replace(start=np.maximum(queries.start, queries.end - MOST_BASKETS))
    items = table.items
    baskets, asked = spread(queries.start, queries.end)
    lines, owner = spread(table.first[baskets], table.first[baskets + 1])
    person = _customers(table, queries, baskets, asked)
    own = _own(table, queries, baskets, asked, lines, owner, person)
    ranks = _ranks(own)
    near = _near(own, ranks, known.near, queries.moments, items)
    along = _along(table, queries, known.along, items)
    key = own.key[ranks < OWN]
    if new:
        wanted = np.arange(queries.moments)[:, None] * items + np.asarray(extra, np.int64)
        others = (
            _others(near, NEAR, own, items),
            _others(along, ALONG, own, items),
            _popular(known, queries, items),
            wanted.ravel(),
        )
        key = np.unique(np.concatenate([key, *others]))
    scores = (near.toarray(), along.toarray())
    return _judged(known, queries, own, key, scores=scores, ranks=ranks, person=person)


def _customers(table: Table, queries: Queries, baskets: Longs, asked: Longs) -> dict[str, Floats]:
    """What is true of the customer whatever the item."""
    count = queries.end - queries.start
    sizes = (table.first[baskets + 1] - table.first[baskets]).astype(np.float64)
    mean = np.bincount(asked, weights=sizes, minlength=queries.moments) / np.maximum(count, 1)
    last = table.at[np.maximum(queries.end - 1, 0)]
    begun = table.at[np.minimum(queries.start, len(table.at) - 1)]
    since = np.maximum(queries.now - last, 0)
    gap = np.maximum((last - begun) / np.maximum(count - 1, 1), 0.25)
    return {
        "baskets": count.astype(np.float32),
        "basket_size": mean.astype(np.float32),
        "days_since": since.astype(np.float32),
        "visit_gap": gap.astype(np.float32),
        "visit_due": (since / gap).astype(np.float32),
    }


def _own(
    table: Table, queries: Queries, baskets: Longs, asked: Longs, lines: Longs, owner: Longs, person: dict[str, Floats]
) -> _Own:
    """Everything that one customer's purchases of one item show."""
    query = asked[owner]
    basket = baskets[owner]
    key = query * table.items + table.item[lines]
    order = np.argsort(key, kind="stable")
    key, query, basket, lines = key[order], query[order], basket[order], lines[order]
    begins = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1]))[: len(key)])
    back = (queries.end[query] - basket).astype(np.float32)
    at = table.at[basket]
    days = np.maximum(queries.now[query] - at, 0).astype(np.float32)
    group_query = query[begins]

    def total(values: NDArray[np.generic]) -> Floats:
        return np.add.reduceat(values, begins, dtype=np.float32) if len(begins) else np.zeros(0, np.float32)

    ends = np.concatenate((begins[1:], [len(key)]))[: len(begins)] - 1
    times = (ends - begins + 1).astype(np.float32)
    before_last = np.maximum(ends - 1, begins)
    count = person["baskets"][group_query]
    recency, age = back[ends], back[begins]
    recency_days = days[ends]
    several = np.maximum(times - 1, 1)
    here = (table.store[basket] == queries.store[query]) & (queries.store[query] >= 0)
    weekday = np.floor(at) % 7 == np.floor(queries.now[query]) % 7
    slow = total(np.float32(0.97) ** back)
    columns = {
        "times": times,
        "share": times / count,
        "share_since_first": times / age,
        "decay_fast": total(np.float32(0.85) ** back),
        "decay_slow": slow,
        "last_5": total(back <= 5),
        "last_20": total(back <= 20),
        "decay_30_days": total(np.exp(days / np.float32(-30))),
        "decay_90_days": total(np.exp(days / np.float32(-90))),
        "recency_baskets": recency,
        "recency_days": recency_days,
        "age_baskets": age,
        "gap_baskets": (age - recency) / several,
        "gap_days": (days[begins] - recency_days) / several,
        "last_gap": back[before_last] - recency,
        "in_last": (recency == 1).astype(np.float32),
        "in_one_before": (back[before_last] == 2).astype(np.float32) + (recency == 2),
        "units_mean": total(table.units[lines]) / times,
        "of_last_same_store": here[ends].astype(np.float32),
        "times_here": total(here),
        "same_weekday": total(weekday * np.exp(days / np.float32(-90))) if table.timed else np.zeros_like(times),
    }
    distinct = np.bincount(group_query, minlength=queries.moments).astype(np.float32)
    bought = np.maximum(person["basket_size"] * person["baskets"], 1)
    person["distinct"] = distinct
    person["repeats"] = 1 - distinct / bought
    return _Own(
        key[begins], group_query, key[begins] % table.items, columns, slow + np.float32(0.2) * columns["last_5"]
    )


def _ranks(own: _Own) -> Longs:
    """The place of each own item among the customer's, 0 the strongest."""
    order = np.lexsort((-own.weight, own.query))
    query = own.query[order]
    begins = np.searchsorted(query, query)
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order)) - begins
    return ranks


def _near(own: _Own, ranks: Longs, near: sparse.csr_array, moments: int, items: int) -> sparse.csr_array:
    """How near each item is to what the customer buys most: (moments, items)."""
    strong = ranks < OWN
    query, item, weight = own.query[strong], own.item[strong], np.sqrt(own.weight[strong])
    sums = np.bincount(query, weights=weight, minlength=moments)
    weight = (weight / np.maximum(sums[query], 1e-9)).astype(np.float32)
    return sparse.csr_array(_held(query, item, weight, moments, items) @ near)


def _along(table: Table, queries: Queries, along: sparse.csr_array, items: int) -> sparse.csr_array:
    """How often each item stands beside those of the last three baskets: (moments, items)."""
    start = np.maximum(queries.start, queries.end - 3)
    baskets, asked = spread(start, queries.end)
    lines, owner = spread(table.first[baskets], table.first[baskets + 1])
    query = asked[owner]
    sizes = np.bincount(query, minlength=queries.moments)
    weight = (1 / np.maximum(sizes[query], 1)).astype(np.float32)
    return sparse.csr_array(_held(query, table.item[lines], weight, queries.moments, items) @ along)


def _held(query: Longs, item: Longs | Ints, weight: Floats, moments: int, items: int) -> sparse.csr_array:
    """Rows that come in the order of their moments, without another sorting."""
    at = np.searchsorted(query, np.arange(moments + 1))
    return sparse.csr_array((weight, item, at), shape=(moments, items))


def _others(scores: sparse.csr_array, most: int, own: _Own, items: int) -> Longs:
    """Keys of the best items of each moment that the customer never bought."""
    moments = len(scores.indptr) - 1
    mine = np.zeros((moments, items), np.bool_)
    mine[own.query, own.item] = True
    owner = np.repeat(np.arange(moments), np.diff(scores.indptr))
    values = np.where(mine[owner, scores.indices], 0, scores.data)
    found = []
    for row in range(moments):
        low, high = scores.indptr[row], scores.indptr[row + 1]
        part = values[low:high]
        top = np.argpartition(-part, most)[:most] if high - low > most else np.arange(high - low)
        found.append(row * items + scores.indices[low:high][top[part[top] > 0]].astype(np.int64))
    return np.concatenate(found)


def _popular(known: Known, queries: Queries, items: int) -> Longs:
    """Keys of what most customers bought in the four weeks before each moment."""
    week = np.floor((queries.now - known.items.week_zero) / WEEK_DAYS).astype(np.int64)
    rows = np.clip(week, 0, len(known.popular) - 1)
    return (np.arange(queries.moments)[:, None] * items + known.popular[rows]).ravel()


def popular_by_week(items: ItemStatistics) -> Ints:
    """What most customers bought in the four weeks before each week, and after the last: (weeks + 1, POPULAR)."""
    most = min(POPULAR, len(items.baskets))
    if not len(items.weekly):
        return np.argsort(-items.baskets, kind="stable")[None, :most].astype(np.int32)
    rows = []
    for week in range(len(items.weekly) + 1):
        begun = max(week - 5, -1)
        known = items.weekly[week - 1] if week else np.zeros_like(items.weekly[0])
        counts = known - (items.weekly[begun] if begun >= 0 else 0)
        rows.append(np.lexsort((-items.baskets, -counts))[:most])
    return np.stack(rows).astype(np.int32)


def _judged(
    known: Known, queries: Queries, own: _Own, key: Longs, *, scores: tuple[Floats, Floats], ranks: Longs,
    person: dict[str, Floats],
) -> Candidates:  # fmt: skip
    """Every number of every candidate. scores: of going with what is bought, and with the last baskets."""
    near, along = scores
    items = near.shape[1]
    query, item = key // items, key % items
    at = np.searchsorted(own.key, key)
    at = np.minimum(at, max(len(own.key) - 1, 0))
    mine = own.key[at] == key if len(own.key) else np.zeros(len(key), np.bool_)
    values = np.zeros((len(key), len(NAMES)), np.float32)
    place = {name: column for column, name in enumerate(NAMES)}
    for name, column in own.columns.items():
        values[mine, place[name]] = column[at[mine]]
    for name in ("recency_baskets", "recency_days", "age_baskets"):
        values[~mine, place[name]] = _NEVER
    values[:, place["rank"]] = np.where(mine, ranks[at] if len(ranks) else 0, _NEVER)
    for name, column in person.items():
        values[:, place[name]] = column[query]
    facts = known.items
    gap_days = _usual(values, place, facts.gap_days[item], "gap_days")
    gap_baskets = _usual(values, place, facts.gap_baskets[item], "gap_baskets")
    lately_2, lately_8 = (lately(facts, queries.now[query], item, weeks) for weeks in (2, 8))
    scale = np.float32(1 / max(facts.total, 1))
    filled = {
        "gap_days": gap_days,
        "gap_baskets": gap_baskets,
        "due_days": np.where(mine, values[:, place["recency_days"]] / gap_days, 0),
        "due_baskets": np.where(mine, values[:, place["recency_baskets"]] / gap_baskets, 0),
        "popular": facts.baskets[item] * scale,
        "buyers": facts.buyers[item],
        "again": facts.again[item],
        "rate": facts.rate[item],
        "expected": (values[:, place["times"]] - mine + 5 * facts.rate[item])
        / (np.where(mine, values[:, place["age_baskets"]] - 1, 0) + 5),
        "lately_2": lately_2,
        "lately_8": lately_8,
        "trend": (lately_2 + 1) / (lately_8 / 4 + 1),
        "near": near[query, item],
        "along": along[query, item],
    }
    for name, column in filled.items():
        values[:, place[name]] = column
    values[:, place["near_rank"]] = near[query, item] / np.maximum(near.max(axis=1)[query], 1e-9)
    return Candidates(query, item, values, mine)


def _usual(values: Floats, place: dict[str, int], of_all: Floats, name: str) -> Floats:
    """The usual gap: the customer's own, pulled towards that of all customers by two made-up gaps."""
    gaps = np.maximum(values[:, place["times"]] - 1, 0)
    return np.maximum((gaps * values[:, place[name]] + 2 * of_all) / (gaps + 2), 0.25)
