"""Baskets of customers as arrays: of all for fitting, of one for an answer."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from noline.insight.recommend.features import Known
from noline.insight.recommend.habits import Past
from noline.insight.recommend.model import Basket
from noline.insight.recommend.statistics import ItemStatistics
from noline.insight.recommend.table import Queries, Table
from noline.kernel.clock import DAY, Micros

SPARE = 64
"""Places for items of one customer that are newer than the fitting; what all items have in common holds for them."""


class Asked(NamedTuple):
    """A customer's past as arrays. skus: by number, those of the ranking first."""

    table: Table
    queries: Queries
    skus: Sequence[str]


def asked_of(past: Past, number: Mapping[str, int], skus: list[str], store: str | None, now: Micros) -> Asked:
    """As a ranking sees it. Items that nobody knew at the fitting take spare places, the latest bought first."""
    # Each SKU is looked up once among all, as the same few stand on most lines.
    code = {sku: number.get(sku, -1) for sku in past.holding}
    latest = sorted((sku for sku, at in code.items() if at < 0), key=lambda sku: -past.holding[sku][-1])
    unknown = {sku: len(skus) + place for place, sku in enumerate(latest[:SPARE])}
    code |= unknown
    codes = [code[sku] for one in past.baskets for sku, _ in one.items]
    amounts = [count for one in past.baskets for _, count in one.items]
    count, items = len(past.baskets), len(skus) + SPARE
    owner = np.repeat(np.arange(count), [len(one.items) for one in past.baskets])
    item = np.array(codes, np.int64)
    keys, same = np.unique((owner * items + item)[item >= 0], return_inverse=True)
    places = {name: place for place, name in enumerate({one.store for one in past.baskets if one.store is not None})}
    table = Table(
        starts=np.array([0, count]),
        first=np.searchsorted(keys, np.arange(count + 1) * items),
        at=np.array([*(one.at_us / DAY for one in past.baskets), now / DAY]),
        store=np.array([*(places.get(one.store or "", -1) for one in past.baskets), -1], np.int32),
        item=(keys % items).astype(np.int32),
        units=np.bincount(same, np.array(amounts, np.float64)[item >= 0], len(keys)).astype(np.float32),
        basket=(keys // items).astype(np.int32),
        items=items,
        timed=True,
    )
    here = places.get(store, -1) if store is not None else -1
    queries = Queries(np.array([0]), np.array([count]), np.array([now / DAY]), np.array([here], np.int32))
    return Asked(table, queries, [*skus, *unknown] if unknown else skus)


def _together(lines: Iterable[tuple[int, float]]) -> dict[int, float]:
    """Units by item, in the order of the items."""
    told: dict[int, float] = {}
    for code, count in lines:
        told[code] = told.get(code, 0.0) + count
    return dict(sorted(told.items()))


def table_of(customers: Iterable[Sequence[Basket]]) -> tuple[Table, list[str]]:
    """Baskets of each customer as arrays, and the SKU of each number."""
    number: dict[str, int] = {}
    places: dict[str, int] = {}
    starts, first = [0], [0]
    at: list[float] = []
    store: list[int] = []
    item: list[int] = []
    units: list[float] = []
    for history in customers:
        for one in sorted(history, key=lambda each: each.at_us):
            told = _together((number.setdefault(sku, len(number)), count) for sku, count in one.items)
            if not told:
                continue
            at.append(one.at_us / DAY)
            store.append(-1 if one.store is None else places.setdefault(one.store, len(places)))
            item += told
            units += told.values()
            first.append(len(item))
        starts.append(len(at))
    basket = np.repeat(np.arange(len(at), dtype=np.int32), np.diff(first))
    table = Table(
        np.array(starts, np.int64), np.array(first, np.int64), np.array(at, np.float64), np.array(store, np.int32),
        np.array(item, np.int32), np.array(units, np.float32), basket, len(number), timed=True,
    )  # fmt: skip
    return table, list(number)


def with_room(known: Known, spare: int = SPARE) -> Known:
    """With places for items that nobody had bought: they are as common as nothing, and bought again like the mean."""

    def longer(values: np.ndarray, fill: float) -> np.ndarray:
        return np.concatenate([values, np.full(spare, fill, values.dtype)])

    facts = known.items
    again, rate = (float(np.mean(one)) if len(one) else 0.0 for one in (facts.again, facts.rate))
    gaps = [float(np.exp(np.mean(np.log(one)))) if len(one) else 1.0 for one in (facts.gap_days, facts.gap_baskets)]
    weekly = np.pad(facts.weekly, ((0, 0), (0, spare)))
    statistics = ItemStatistics(
        longer(facts.baskets, 0), longer(facts.buyers, 0), longer(facts.again, again), longer(facts.rate, rate),
        longer(facts.gap_days, gaps[0]), longer(facts.gap_baskets, gaps[1]), weekly, facts.week_zero, facts.total,
    )  # fmt: skip
    return Known(statistics, _larger(known.near, spare), _larger(known.along, spare), known.popular)


def _larger(matrix: sparse.csr_array, spare: int) -> sparse.csr_array:
    at = np.concatenate([matrix.indptr, np.full(spare, matrix.indptr[-1])])
    count = len(at) - 1
    return sparse.csr_array((matrix.data, matrix.indices, at), shape=(count, count))
