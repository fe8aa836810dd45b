"""How well the next basket is foreseen: the last basket of each customer is the answer, everything before is known."""

import time
from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np

from noline.insight.recommend import baselines
from noline.insight.recommend.features import candidates
from noline.insight.recommend.fitting import Fitted, Method, Plain, best, fit
from noline.insight.recommend.metrics import Bought, Measured, bought, by_customer, measured, top
from noline.insight.recommend.model import RecommendAskedWrong
from noline.insight.recommend.table import Floats, Longs, Queries, Table, before, usual_moment, without_last

Evaluated = Method | Literal["frequency", "popularity", "tifu"]
"""What can be evaluated as ours: a ranking of this room, or a plain method by itself."""

_PLAIN = {"frequency": "personal frequency", "popularity": "item popularity", "tifu": "TIFU-KNN"}
"""What `auto` chooses from besides the rankings, so that it is not behind them where fitting does not pay."""

FEWEST_BEFORE = 1
"""Baskets that must be known before the one that is foreseen."""


class Row(NamedTuple):
    """One method. cpu_seconds: of counting, fitting and answering for all customers.

    measures: by name, each with its interval. ahead: how far ours is ahead of it, customer by customer.
    """

    method: str
    customers: int
    measures: dict[str, Measured]
    ahead: dict[str, Measured]
    cpu_seconds: float


class Evaluation(NamedTuple):
    """Ours first, then what it has to beat. customers: who were asked about; of: who could have been."""

    rows: list[Row]
    customers: int
    of: int
    chosen: str
    tried: dict[str, tuple[float, float, int]]
    moments: int
    target_items: float
    bought_before: float
    reachable: float


def evaluate(
    table: Table,
    ks: tuple[int, ...],
    *,
    method: Evaluated = "auto",
    context: bool = True,
    most: int = 20_000,
    seed: int = 1,
) -> Evaluation:
    """Ours beside the baselines over the same baskets.

    context: whether the moment and the store of the last basket are known when it is asked for, as they are at a
    counter; otherwise the customer's usual time is assumed to have passed, in no known store. most: customers who are
    asked about, drawn by chance when there are more. Raises RecommendAskedWrong.
    """
    rng = np.random.default_rng(seed)
    began = time.process_time()
    past = without_last(table, 1)
    queries = before(table, 1, FEWEST_BEFORE)
    able = queries.moments
    if not able:
        raise RecommendAskedWrong(why="no customer has two baskets or more")
    if able > most:
        queries = queries.part(np.sort(rng.choice(able, most, replace=False)))
    then = bought(table, queries)
    fitted = fit(
        past, rng, "decay" if method in _PLAIN else method, context=context,
        beside=_plain(past, rng) if method == "auto" else None,
    )  # fmt: skip
    chosen = best(fitted.tried) if method == "auto" else method
    asked = queries if context else usual_moment(table, queries)
    beaten = _baselines(table, fitted, queries, max(ks), rng)
    ranked, cover, own = _ours(table, fitted, asked, then, max(ks))
    if chosen in _PLAIN:
        ranked = beaten[_PLAIN[chosen]]()
    ours = by_customer(ranked, then, table.items, ks)
    rows = [Row(f"ours: {chosen}", queries.moments, measured(ours, rng), {}, time.process_time() - began)]
    for name, rank in beaten.items():
        began = time.process_time()
        told = by_customer(rank(), then, table.items, ks)
        ahead = measured({key: ours[key] - told[key] for key in told}, rng)
        rows.append(Row(name, queries.moments, measured(told, rng), ahead, time.process_time() - began))
    size = len(then.key) / queries.moments
    return Evaluation(
        rows, queries.moments, able, chosen, fitted.tried, fitted.moments, size, own, cover
    )  # fmt: skip


def _plain(past: Table, rng: np.random.Generator) -> dict[str, Plain]:
    """The plain methods as they are tried before the last basket."""
    return {
        "frequency": lambda known, queries: baselines.frequency(past, known, queries, 10),
        "popularity": lambda known, queries: baselines.popularity(known, queries, 10),
        "tifu": lambda known, queries: baselines.tifu(past, known, queries, 10, rng),
    }


def _baselines(
    table: Table, fitted: Fitted, queries: Queries, most: int, rng: np.random.Generator
) -> dict[str, Callable[[], Longs]]:
    known = fitted.known
    return {
        "personal frequency": lambda: baselines.frequency(table, known, queries, most),
        "item popularity": lambda: baselines.popularity(known, queries, most),
        "TIFU-KNN": lambda: baselines.tifu(table, known, queries, most, rng),
        "item-kNN": lambda: baselines.item_neighbours(table, known, queries, most),
    }


def _ours(table: Table, fitted: Fitted, queries: Queries, then: Bought, most: int) -> tuple[Longs, float, float]:
    """The first items of each moment; the share of what was bought among the candidates, and bought before."""
    found: list[tuple[Longs, Longs, Floats]] = []
    there, own = 0, 0
    for part in candidates(table, fitted.known, queries):
        found.append((part.query, part.item, fitted.ranking.score(part.values)))
        hit = np.isin(part.query * table.items + part.item, then.key, assume_unique=True)
        there += int(hit.sum())
        own += int((hit & part.own).sum())
    query, item, score = (np.concatenate(column) for column in zip(*found, strict=True))
    whole = max(len(then.key), 1)
    return top(query, item, score, queries.moments, most), there / whole, own / whole
