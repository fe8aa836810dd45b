"""The scorer is Splink's model without Splink."""

import json
import subprocess
import sys

import pytest

from noline.insight.matching.preparing import Reading, prepared_row
from noline.insight.matching.scorer import Scorer
from noline.insight.matching.training import settings


@pytest.fixture(scope="module")
def scorer(matched) -> Scorer:
    return Scorer.from_model(json.loads(matched.model_json()))


def test_a_thousand_pairs_have_the_weight_that_splink_gives_them(matched, scorer):
    from splink import DuckDBAPI, Linker, block_on

    model = settings(matched.model.comparisons, with_u=True, with_m=True)
    model["probability_two_random_records_match"] = matched.model.prior
    model["unique_id_column_name"] = "record_id"
    model["blocking_rules_to_generate_predictions"] = [
        block_on("given"), block_on("family"), block_on("city"), "l.birth_year = r.birth_year"
    ]  # fmt: skip
    wanted = [one for one in matched.records.column_names if not one.startswith("tf_")]
    linker = Linker(DuckDBAPI().register(matched.records.select(wanted)), model, log_level=None)
    told = linker.inference.predict(warning_mode="never").as_record_list()
    rows = {row["record_id"]: scorer.prepare(row) for row in matched.records.to_pylist()}
    told.sort(key=lambda pair: (pair["record_id_l"][::-1], pair["record_id_r"]))
    assert len(told) > 1000
    likely = [pair for pair in told if pair["match_weight"] > 0][:300]
    for pair in told[:1000] + likely:
        score = scorer.score(rows[pair["record_id_l"]], rows[pair["record_id_r"]])
        assert score.weight == pytest.approx(pair["match_weight"], abs=1e-6)


def test_the_scorer_gives_the_probabilities_of_the_run(matched, scorer):
    rows = {row["record_id"]: scorer.prepare(row) for row in matched.records.to_pylist()}
    for pair in matched.pairs.to_pylist():
        score = scorer.score(rows[pair["record_id_a"]], rows[pair["record_id_b"]])
        assert score.probability == pytest.approx(pair["probability"], abs=1e-4)
        assert score.weight == pytest.approx(pair["weight"], abs=1e-3)


def test_reasons_add_up_to_the_weight(matched, scorer):
    import math

    rows = [scorer.prepare(row) for row in matched.records.slice(0, 40).to_pylist()]
    prior = math.log2(matched.model.prior / (1 - matched.model.prior))
    for other in rows[1:]:
        score = scorer.score(rows[0], other)
        assert prior + sum(reason.weight for reason in score.reasons) == pytest.approx(score.weight)


def test_a_record_of_the_counter_is_prepared_as_the_table_was(crowd, matched, scorer):
    reading = Reading(**json.loads(matched.model_json())["reading"])
    records = {row["record_id"]: row for row in matched.records.to_pylist()}
    for row in crowd.rows[:20]:
        live = prepared_row(row, reading)
        known = records[row["row"]]
        assert {name: live.get(name) for name in known if name in live} == {
            name: value for name, value in known.items() if name in live
        }
        alone, told = scorer.prepare(live), scorer.prepare(known)
        assert scorer.score(alone, told).probability == pytest.approx(scorer.score(told, told).probability, abs=1e-4)


def test_the_scorer_loads_neither_splink_nor_a_database(matched, tmp_path):
    path = tmp_path / "model.json"
    path.write_text(matched.model_json(), "utf-8")
    code = (
        "import json, sys; from noline.insight.matching.scorer import Scorer; "
        f"Scorer.from_model(json.load(open({str(path)!r}))); "
        "print(sorted({'splink', 'duckdb', 'numpy', 'pyarrow', 'sqlglot'} & sys.modules.keys()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
