"""The bench of journeys asks other engines the same questions, and says so when they answer otherwise."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from noline.doors.bench import walks_data, walks_engines
from noline.doors.bench.walks import OURS, Asked, run
from noline.doors.cli.bench import bench

SMALL = Asked(events=6_000, repeats=1, engines=("duckdb",))


def test_events_are_the_same_for_a_seed_and_stand_in_time():
    one, again, other = (walks_data.events(2_000, seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)
    assert (np.diff(one["time"].to_numpy()) >= 0).all()
    assert set(one["channel"].to_pylist()) == set(walks_data.CHANNELS)


def test_duckdb_agrees_on_every_question():
    result = run(SMALL, lambda _: None)
    told = {(row.question, row.engine): row.agrees for row in result.rows if row.engine != OURS}
    questions = ("funnel", "visits", "handoffs", "sequences")
    assert told == {
        **{(question, "DuckDB, Parquet"): True for question in questions},
        **{(question, "DuckDB, table by person"): True for question in questions},
        ("build", "DuckDB, table by person"): None,
    }
    assert (result.unmeasured, result.persons) == ([], 450)


@pytest.mark.parametrize("engine", ["polars", "chdb"])
def test_other_engines_agree_where_they_are_installed(engine):
    pytest.importorskip(engine)
    result = run(SMALL._replace(engines=(engine,)), lambda _: None)
    assert {row.agrees for row in result.rows if row.engine != OURS and row.question != "build"} == {True}
    assert {row.question for row in result.rows if row.engine != OURS} == {"build", "funnel", "visits", "handoffs"}


def test_an_engine_that_counts_otherwise_is_told(monkeypatch):
    monkeypatch.setitem(walks_engines._SPANS, "window", 1)
    result = run(SMALL, lambda _: None)
    assert {row.agrees for row in result.rows if row.engine != OURS and row.question == "funnel"} == {False}


def test_the_command_tells_ratios_or_everything_as_json(tmp_path):
    words = ["journeys", "--events", "3000", "--repeats", "1", "--engine", "duckdb", "--dir", str(tmp_path)]
    told = json.loads(CliRunner().invoke(bench, [*words, "--json"]).stdout)
    assert (told["asked"]["events"], len(told["rows"])) == (3000, 14)
    said = CliRunner().invoke(bench, words)
    assert said.exit_code == 0
    assert "DuckDB, table by person" in said.stdout
    assert list(tmp_path.iterdir()) == []
