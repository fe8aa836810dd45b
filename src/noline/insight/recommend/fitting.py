"""Fits a ranking to baskets that are there already, and chooses between rankings by customers it has not seen.

The last baskets of each customer are played again: what was known before each is what a counter would have known. What
is counted over all customers comes from before those baskets, so that no answer stands in its own question. A fifth of
the customers is kept back; on their last basket but the targets of others the rankings are compared, and the best one
is fitted again to all.
"""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, Protocol

import numpy as np

from noline.insight.recommend import linear, trees
from noline.insight.recommend.features import NAMES, Known, candidates
from noline.insight.recommend.metrics import Bought, among, bought, by_customer, top
from noline.insight.recommend.model import RecommendAskedWrong
from noline.insight.recommend.neighbours import by_basket
from noline.insight.recommend.neighbours import by_customer as near_by_customer
from noline.insight.recommend.statistics import item_statistics
from noline.insight.recommend.table import (
    Doubles,
    Flags,
    Floats,
    Longs,
    Queries,
    Table,
    before,
    usual_moment,
    without_last,
)

Method = Literal["auto", "trees", "linear", "decay", "lightgbm"]
OURS: tuple[Method, ...] = ("trees", "linear", "decay")
"""What `auto` chooses from."""

MOST_MOMENTS = 20_000
MOST_BACK = 8
_UNBOUGHT_ROWS = 200_000
_KEPT_BACK = 5


class Ranking(Protocol):
    """Anything that gives rows of features a score, the higher the likelier."""

    def score(self, values: Floats) -> Floats:
        """One number a row."""
        ...


Plain = Callable[[Known, Queries], Longs]
"""A way that needs no fitting: from what all customers say, the first items of each moment, (moments, most)."""


class Decay(NamedTuple):
    """No fitting at all: the customer's own purchases, each counting less the longer it is ago."""

    column: int = NAMES.index("decay_slow")
    popular: int = NAMES.index("popular")

    def score(self, values: Floats) -> Floats:
        """The faded count; among equals the more common item."""
        return values[:, self.column] + np.float32(0.01) * values[:, self.popular]


class Boosted(NamedTuple):
    """LightGBM's ranking of lists; only where that package is installed. text: the model as it writes it."""

    text: str

    def score(self, values: Floats) -> Floats:
        """As LightGBM has it."""
        import lightgbm

        booster = lightgbm.Booster(model_str=self.text)
        return np.asarray(booster.predict(values, num_threads=1), np.float32)


class Fitted(NamedTuple):
    """A ranking, what all customers say, and how it was chosen.

    tried: of each method, Recall@10 and NDCG@10 of the customers who were kept back, and how many they were. chance:
    (slope, offset) that turn a score into the log odds of standing in the next basket.
    """

    known: Known
    method: Method
    ranking: Ranking
    chance: tuple[float, float]
    tried: dict[str, tuple[float, float, int]]
    moments: int


class _Examples(NamedTuple):
    query: Longs
    item: Longs
    values: Floats
    bought: Flags
    sizes: Longs
    key: Longs
    last: Flags
    customer: Longs
    queries: Queries
    known: Known


def count_known(table: Table, rng: np.random.Generator) -> Known:
    """What all customers of a table say together."""
    return Known.of(item_statistics(table), near_by_customer(table, rng), by_basket(table, rng))


def fit(
    table: Table, rng: np.random.Generator, method: Method = "auto", *, context: bool = True,
    beside: Mapping[str, Plain] | None = None,
) -> Fitted:  # fmt: skip
    """The ranking for what comes after the table.

    context: whether the moment and the store are known when it is asked, as at a counter. beside: ways that are tried
    with the same customers; what they reach stands in `tried`, none of them is fitted. Raises RecommendAskedWrong when
    there is nothing to learn from.
    """
    examples = _examples(table, rng, context=context)
    kept_back = examples.customer % _KEPT_BACK == 0
    names = OURS if method == "auto" else (method,)
    tried = {name: _try(name, examples, kept_back, table.items, rng) for name in names}
    reached: dict[str, tuple[float, float, int]] = {name: one[0] for name, one in tried.items()}
    chosen = next(name for name in names if name == best(reached))
    ranking = _fit(chosen, examples, np.ones(len(examples.sizes), np.bool_), rng)
    plain = {name: _try_plain(way, examples, kept_back, table.items) for name, way in (beside or {}).items()}
    return Fitted(
        known=count_known(table, rng),
        method=chosen,
        ranking=ranking,
        chance=tried[chosen][1],
        tried=reached | plain,
        moments=len(examples.sizes),
    )


def best(tried: Mapping[str, tuple[float, float, int]]) -> str:
    """The name with the highest sum of Recall@10 and NDCG@10; the first of equals."""
    return max(tried, key=lambda name: sum(tried[name][:2]))


def _examples(table: Table, rng: np.random.Generator, *, context: bool) -> _Examples:
    """Moments of the past with their candidates, and what was bought then."""
    usual = int(np.median(np.diff(table.starts))) if table.customers else 0
    back = int(np.clip(usual // 5, 1, MOST_BACK))
    parts = [before(table, one, 2) for one in range(1, back + 1)]
    queries = Queries(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    number = np.repeat(np.arange(1, back + 1), [one.moments for one in parts])
    if queries.moments > MOST_MOMENTS:
        some = np.sort(rng.choice(queries.moments, MOST_MOMENTS, replace=False))
        queries, number = queries.part(some), number[some]
    customer = np.searchsorted(table.starts, queries.start, side="right") - 1
    known = count_known(without_last(table, back), rng)
    found = list(candidates(table, known, queries if context else usual_moment(table, queries)))
    then = bought(table, queries)
    if not found or not len(then.key):
        raise RecommendAskedWrong(why="no customer has three baskets or more")
    query, item = (np.concatenate([getattr(one, name) for one in found]) for name in ("query", "item"))
    values = np.concatenate([one.values for one in found])
    hit = among(query * table.items + item, then.key)
    if not hit.any():
        raise RecommendAskedWrong(why="no basket holds anything that could have been foreseen")
    return _Examples(query, item, values, hit, then.sizes, then.key, number == 1, customer, queries, known)


def _fit(method: Method, examples: _Examples, moments: Flags, rng: np.random.Generator) -> Ranking:
    if method == "decay":
        return Decay()
    rows = moments[examples.query]
    share = min(1.0, _UNBOUGHT_ROWS / max(int((rows & ~examples.bought).sum()), 1))
    rows &= examples.bought | (rng.random(len(rows)) < share)
    hit = examples.bought[rows]
    # A full basket would count many times as much as a small one; its root is the middle between item and basket.
    weight = np.where(hit, 1.0, 1 / share) / np.sqrt(examples.sizes[examples.query[rows]])
    weight /= weight.mean()
    values = examples.values[rows]
    if method == "linear":
        return linear.fit(values, hit, weight)
    if method == "lightgbm":
        return _boosted(examples, moments)
    return trees.fit(values, hit, weight, rng)


def _boosted(examples: _Examples, moments: Flags) -> Boosted:
    try:
        import lightgbm
    except ImportError as error:
        raise RecommendAskedWrong(why="lightgbm is not installed; it comes with the extra `ranking`") from error
    rows = moments[examples.query]
    groups = np.bincount(examples.query[rows])
    data = lightgbm.Dataset(examples.values[rows], examples.bought[rows].astype(np.float32), group=groups[groups > 0])
    told = {
        "objective": "lambdarank", "num_leaves": 31, "learning_rate": 0.08, "min_data_in_leaf": 200, "verbose": -1,
        "num_threads": 1, "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5,
        "lambdarank_truncation_level": 15, "seed": 1,
    }  # fmt: skip
    return Boosted(lightgbm.train(told, data, 150).model_to_string())


def _try(
    method: Method, examples: _Examples, kept_back: Flags, items: int, rng: np.random.Generator
) -> tuple[tuple[float, float, int], tuple[float, float]]:
    """What a method reaches with customers it was not fitted to, and how its scores become chances."""
    asked, fitted_to = _split(examples, kept_back)
    ranking = _fit(method, examples, fitted_to, rng)
    rows = asked[examples.query]
    score = ranking.score(examples.values[rows])
    ranked = top(examples.query[rows], examples.item[rows], score, len(asked), 10)[asked]
    return _reached(ranked, examples, asked, items), calibrated(score, examples.bought[rows])


def _try_plain(way: Plain, examples: _Examples, kept_back: Flags, items: int) -> tuple[float, float, int]:
    """What a plain way reaches with the same customers. It sees all of them, as it does where it is measured."""
    asked, _ = _split(examples, kept_back)
    ranked = way(examples.known, examples.queries.part(examples.last))
    return _reached(ranked[asked[examples.last]], examples, asked, items)


def _split(examples: _Examples, kept_back: Flags) -> tuple[Flags, Flags]:
    """The moments that are asked about, the last ones of those kept back, and those that may be fitted to."""
    asked = kept_back & examples.last
    if asked.any() and not kept_back.all():
        return asked, ~kept_back
    return examples.last, np.ones_like(kept_back)


def _reached(ranked: Longs, examples: _Examples, asked: Flags, items: int) -> tuple[float, float, int]:
    """Recall@10 and NDCG@10 of first items of the moments that were asked about."""
    moment = np.flatnonzero(asked)
    hits = np.sort(_renumbered(examples.key, moment, items))
    told = by_customer(ranked, Bought(hits, examples.sizes[asked]), items, (10,))
    return float(told["recall@10"].mean()), float(told["ndcg@10"].mean()), len(moment)


def _renumbered(key: Longs, moments: Longs, items: int) -> Longs:
    """Keys of some moments, as if these were all."""
    query = key // items
    at = np.minimum(np.searchsorted(moments, query), len(moments) - 1)
    there = moments[at] == query
    return at[there] * items + key[there] % items


def calibrated(score: Floats, hit: Flags) -> tuple[float, float]:
    """Slope and offset from scores to log odds, by logistic regression. Source: J. Platt, 1999."""
    rows = np.column_stack([score, np.ones(len(score))]).astype(np.float64)
    weights: Doubles = np.array([0.0, np.log((hit.sum() + 1) / ((~hit).sum() + 1))])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(rows @ weights, -30, 30)))
        slope = rows.T @ (hit - chance)
        bend = (rows * (chance * (1 - chance))[:, None]).T @ rows + 1e-6 * np.eye(2)
        step = np.linalg.solve(bend, slope)
        weights = weights + step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
    return float(weights[0]), float(weights[1])
