# ruff: noqa: S608  names of our own tables and columns stand in statements, values of records never do
"""What agreement means in this table, estimated without labels by Splink (Fellegi-Sunter, EM)."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.matching.checks import as_sql, columns_of
from noline.insight.matching.comparing import RARE
from noline.insight.matching.engine import Rule
from noline.insight.matching.model import Comparison, Level

if TYPE_CHECKING:
    import duckdb

SAMPLED_PAIRS = 1_000_000
"""Random pairs for `u`: a share of 1 in 100,000 is seen ten times; ten times as many pairs cost minutes."""

TRAINING_PAIRS = 1_000_000
"""Pairs of one EM pass: a share of .01 is then known to a hundredth of itself."""

EM_ROUNDS = 10
"""Rounds of one EM pass. Levels that no person shows shrink by orders of magnitude in each; 25 take them to nothing."""

LEAST_TRAINING_PAIRS = 30
"""Fewer pairs in a pass teach nothing."""

LEAST_SHARE = 1e-7
"""No level is rarer than this, among persons or strangers: what was never seen in a million pairs."""

_SEED = 20_260_101
_PASSES = (
    ("given_root", "family"), ("birth",), ("email",), ("phone",), ("org",), ("given_root", "place"),
    ("given_root", "postcode"), ("family", "postcode"), ("place",), ("given_root",), ("family",),
)  # fmt: skip


class Trained(NamedTuple):
    """Comparisons with their shares, and the passes that taught them."""

    comparisons: tuple[Comparison, ...]
    passes: tuple[str, ...]


def settings(comparisons: Sequence[Comparison], *, with_u: bool = False, with_m: bool = False) -> dict[str, Any]:
    """The comparisons as Splink's settings."""
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "rid",
        "comparisons": [_comparison(one, with_u=with_u, with_m=with_m) for one in comparisons],
        "blocking_rules_to_generate_predictions": [],
        "max_iterations": EM_ROUNDS,
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": False,
    }


def _comparison(comparison: Comparison, *, with_u: bool, with_m: bool) -> dict[str, Any]:
    return {
        "output_column_name": _output(comparison),
        "comparison_levels": [_level(one, with_u=with_u, with_m=with_m) for one in comparison.levels],
    }


def _output(comparison: Comparison) -> str:
    return comparison.name.replace(" ", "_").replace("-", "_")


def _level(level: Level, *, with_u: bool, with_m: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"sql_condition": as_sql(level.check), "label_for_charts": level.words}
    if level.neutral:
        return {**data, "is_null_level": True}
    if level.frequency:
        # The frequency takes the place of this level's own u.
        data |= {"tf_adjustment_column": level.frequency, "disable_tf_exact_match_detection": True}
    if with_u:
        data["u_probability"] = level.u
    if with_m:
        data["m_probability"] = level.m
    return data


def train(db: "duckdb.DuckDBPyConnection", comparisons: Sequence[Comparison], rules: Sequence[Rule]) -> Trained:
    """Estimate m, u and the prior over the table `people` of this connection."""
    if not comparisons:
        return Trained((), ())
    from splink import DuckDBAPI, Linker, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=db.cursor())
    people = api.register("people")
    sampling = Linker(people, settings(comparisons), log_level=None)
    sampling.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=_SEED)
    sampled = _learnt(comparisons, sampling.misc.save_model_to_json())
    linker = Linker(people, settings(sampled, with_u=True), log_level=None)
    passes = []
    for columns in _passes(db, comparisons, rules):
        name = " + ".join(columns)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*columns), max_pairs=TRAINING_PAIRS, estimate_without_term_frequencies=True
            )
        except ValueError:
            # Splink refuses a share that its own EM has driven to nothing; what is usual stands in for this pass.
            name += " (taught nothing)"
        passes.append(name)
    return Trained(_learnt(sampled, linker.misc.save_model_to_json()), tuple(passes))


def _passes(db: Any, comparisons: Sequence[Comparison], rules: Sequence[Rule]) -> list[tuple[str, ...]]:
    """Passes until every comparison was learnt once from pairs that were not found by it."""
    known = {row[0] for row in db.execute("DESCRIBE people").fetchall()}
    strong = [rule.columns for rule in rules if rule.columns and rule.columns[0].startswith("strong_")]
    learnt = {one.name: 0 for one in comparisons}
    chosen = []
    for columns in [*_PASSES[:2], *strong, *_PASSES[2:]]:
        teaches = [one.name for one in comparisons if columns_used(one).isdisjoint(columns)]
        if not set(columns) <= known or all(learnt[name] >= 1 for name in teaches):
            continue
        if _pairs(db, columns) < LEAST_TRAINING_PAIRS:
            continue
        chosen.append(columns)
        for name in teaches:
            learnt[name] += 1
    return chosen


def columns_used(comparison: Comparison) -> set[str]:
    """Every column that a comparison reads."""
    used = set().union(*(columns_of(level.check) for level in comparison.levels))
    return {one.removeprefix(RARE) for one in used}


def _pairs(db: Any, columns: Sequence[str]) -> int:
    whole = ", ".join(columns)
    known = " AND ".join(f"{one} IS NOT NULL" for one in columns)
    found = db.execute(
        "SELECT coalesce(sum(n * (n - 1) // 2), 0) FROM "
        f"(SELECT count(*) AS n FROM people WHERE {known} GROUP BY {whole})"
    ).fetchall()[0]
    return int(found[0])


def _learnt(comparisons: Sequence[Comparison], trained: Any) -> tuple[Comparison, ...]:
    """The comparisons with the shares of a model; what it does not tell stays as it is."""
    told = {
        (one["output_column_name"], level["sql_condition"]): level
        for one in trained["comparisons"]
        for level in one["comparison_levels"]
    }
    return tuple(
        replace(
            one,
            levels=tuple(
                _level_learnt(level, told.get((_output(one), as_sql(level.check)), {})) for level in one.levels
            ),
        )
        for one in comparisons
    )


def _level_learnt(level: Level, data: dict[str, Any]) -> Level:
    if level.neutral:
        return level
    return replace(
        level, m=_share(data, "m_probability", 0.0), u=_share(data, "u_probability", max(level.u, LEAST_SHARE))
    )


def _share(data: dict[str, Any], name: str, least: float) -> float:
    value = data.get(name)
    # Sums of many threads differ in their last digits from run to run; a share is not known to nine.
    return max(float(f"{value:.9g}"), least) if isinstance(value, (int, float)) else least
