"""Splink alone: what a competent user gets without any of ours, on the same columns of the same records.

Names are compared with term frequencies, dates as dates, e-mails by their parts; the chance of a match is estimated
from strict rules, u by sampling, m by two runs of EM; links above a threshold make connected components.
"""

import logging
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from noline.doors.bench.customers_data import ID, DataSet

USUAL_THRESHOLD = 0.95
"""The probability from which a link is taken where nobody knows the truth."""

_SEED = 1
_SAMPLED_PAIRS = 1e6
_RECALL_OF_STRICT_RULES = 0.7
_FAINT = 0.001


class Links(NamedTuple):
    """Scored pairs: positions of both records, and the probability that they are one person."""

    one: np.ndarray
    other: np.ndarray
    probability: np.ndarray


def splink_alone(data: DataSet, threads: int) -> Links:
    """Train Splink on a set without its truth and score what its blocking rules bring together."""
    import duckdb
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    table = data.prepared(data.records) if data.prepared else data.records
    rules: list[Any] = [block_on(*rule) for rule in data.rules]
    settings = SettingsCreator(
        link_type="link_only" if data.link else "dedupe_only",
        unique_id_column_name=ID,
        comparisons=[_comparison(name, kind) for name, kind in data.columns.items()],
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )
    with duckdb.connect(config={"threads": threads}) as connection:
        api = DuckDBAPI(connection)
        linker = Linker([api.register(part) for part in _parts(table, data.link)], settings, logging.ERROR)
        linker.training.estimate_probability_two_random_records_match(
            [block_on(*rule) for rule in data.strict], recall=_RECALL_OF_STRICT_RULES
        )
        linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS + 1, seed=_SEED)
        for rule in rules[:2]:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
        scored = linker.inference.predict(threshold_match_probability=_FAINT)
        pairs = connection.table(scored.physical_name)
        return _links(pairs.select(f"{ID}_l AS one, {ID}_r AS other, match_probability").to_arrow_table())


def _links(scored: pa.Table) -> Links:
    ends = [
        np.fromiter((int(name[1:]) for name in scored[end].to_pylist()), np.int64, scored.num_rows)
        for end in ("one", "other")
    ]
    return Links(ends[0], ends[1], scored["match_probability"].to_numpy())


def _parts(table: pa.Table, link: str | None) -> list[pa.Table]:
    if link is None:
        return [table]

    sources = table[link].to_pylist()
    return [table.filter(pa.array([one == source for one in sources])) for source in sorted(set(sources))]


def _comparison(name: str, kind: str) -> Any:
    import splink.comparison_library as compare

    match kind:
        case "name":
            return compare.NameComparison(name).configure(term_frequency_adjustments=True)
        case "date":
            return compare.DateOfBirthComparison(name, input_is_string=True)
        case "email":
            return compare.EmailComparison(name).configure(term_frequency_adjustments=True)
        case "text":
            return compare.JaroWinklerAtThresholds(name, [0.9, 0.8])
        case "number":
            return compare.DamerauLevenshteinAtThresholds(name, [1, 2])
        case _:
            return compare.ExactMatch(name)
