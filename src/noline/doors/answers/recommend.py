"""What the doors answer about recommendations: for one customer, and how good they are on baskets of a file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from noline.doors.answers import Json
from noline.hub import Hub
from noline.insight.recommend.model import Mode, Recommended
from noline.kernel.clock import as_text
from noline.truth.catalogue.model import Item

if TYPE_CHECKING:
    from noline.insight.recommend.evaluation import Row
    from noline.insight.recommend.metrics import Measured
    from noline.insight.recommend.service import Evaluated

DEFINITIONS = {
    "target": "the last basket of each customer; everything before it is known.",
    "recall": "the share of the distinct items of the target among the first k, mean over customers; a target of more "
    "than k items cannot reach 1.",
    "ndcg": "hits among the first k, each worth 1 / log2(place + 1), beside the most possible: min(k, items of the "
    "target) hits in front; mean over customers.",
    "hit_rate": "the share of customers with at least one hit among the first k.",
    "low, high": "between which 95 % of 500 resamples of the customers lie.",
    "ahead": "how far ours is ahead, customer by customer; above 0 with the whole interval is no chance.",
}


def recommendations(
    hub: Hub, person: str, *, mode: Mode = "repeat", k: int = 10, store: str | None = None, basket: Sequence[str] = ()
) -> Json:
    """What a customer buys next: `repeat` of what was bought before, `new` to them, or `basket` to what they hold.

    items: each with sku, name, score, probability (of standing in the next basket), because (kind, values, text).
    why_none: why there is nothing, else None. Raises NotFound, RecommendAskedWrong.
    """
    found = hub.recommending.recommend(person, mode=mode, k=k, store=store, basket=tuple(basket))
    return {
        "customer": found.customer,
        "mode": mode,
        "items": [_item(one, found.known) for one in found.items],
        "why_none": found.why_none,
        "fitted": {
            "at": as_text(int(found.fitted["fitted_at"])),
            "seq": found.fitted["seq"],
            "customers": found.fitted["customers"],
            "baskets": found.fitted["baskets"],
        }
        if found.fitted
        else None,
    }


def _item(one: Recommended, known: Mapping[str, Item]) -> Json:
    described = known.get(one.sku)
    because = {"kind": one.because.kind, "values": dict(one.because.values), "text": one.because.text}
    named = (described.name if described else None) or one.sku
    return {"sku": one.sku, "name": named, "score": one.score, "probability": one.probability, "because": because}


def evaluation(
    path: Path, columns: Mapping[str, str], ks: Sequence[int], *, method: "Evaluated" = "auto", min_baskets: int = 5,
    min_item: int = 10, context: bool = True, most: int = 20_000, seed: int = 1,
) -> Json:  # fmt: skip
    """How well the last basket of each customer of a file is foreseen, ours beside what is published.

    Raises BasketsUnreadable, RecommendAskedWrong.
    """
    from noline.insight.recommend.service import evaluate, read

    told = read(path, columns, min_baskets=min_baskets, min_item=min_item)
    found = evaluate(told.table, tuple(ks), method=method, context=context, most=most, seed=seed)
    tried = {name: {"recall@10": r, "ndcg@10": n, "customers": of} for name, (r, n, of) in found.tried.items()}
    return {
        "baskets": {
            "lines": told.lines,
            "customers": told.table.customers,
            "baskets": told.table.baskets,
            "items": told.table.items,
            "min_baskets": min_baskets,
            "min_item": min_item,
            "ordered_by": told.ordered_by,
        },
        "n": found.customers,
        "of": found.of,
        "moment_and_store_known": context,
        "target_items_mean": found.target_items,
        "target_bought_before": found.bought_before,
        "target_among_candidates": found.reachable,
        "chosen": {"method": found.chosen, "tried_on_others": tried, "fitted_to_baskets": found.moments},
        "rows": [_row(one) for one in found.rows],
        "definitions": DEFINITIONS,
    }


def _row(one: "Row") -> Json:
    return {
        "method": one.method,
        "n": one.customers,
        "measures": {name: _measured(value) for name, value in one.measures.items()},
        "ahead": {name: _measured(value) for name, value in one.ahead.items()},
        "cpu_seconds": round(one.cpu_seconds, 2),
    }


def _measured(one: "Measured") -> Json:
    return {"value": one.value, "low": one.low, "high": one.high}
