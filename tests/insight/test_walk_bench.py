"""The bench of journeys asks other engines the same questions, and says so when they answer otherwise."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from noline.doors.bench import walks_data, walks_engines
from noline.doors.bench.walks import OURS, Asked, run, wall_aims
from noline.doors.bench.walks_ours import BY_NUMPY, questions
from noline.doors.cli.bench import bench
from noline.stores.walks import kernels
from noline.stores.walks.store import WalkStore

SMALL = Asked(events=6_000, repeats=1, engines=("duckdb",))


def test_events_are_the_same_for_a_seed_and_stand_in_time():
    one, again, other = (walks_data.events(2_000, seed) for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)
    assert (np.diff(one["time"].to_numpy()) >= 0).all()
    assert set(one["channel"].to_pylist()) == set(walks_data.CHANNELS)


def test_ten_and_a_hundred_million_events_have_aims_of_their_own():
    assert wall_aims(5_000_000)["sequences"] == pytest.approx(0.015)
    assert wall_aims(10_000_000)["visits"] == pytest.approx(0.02)
    assert wall_aims(100_000_000)["visits"] == pytest.approx(0.15)
    assert wall_aims(200_000_000)["sequences"] == pytest.approx(0.56)


def test_duckdb_agrees_on_every_question():
    result = run(SMALL, lambda _: None)
    told = {(row.question, row.engine): row.agrees for row in result.rows if row.engine.startswith("DuckDB")}
    questions = ("funnel", "visits", "handoffs", "sequences")
    assert told == {
        **{(question, "DuckDB, Parquet"): True for question in questions},
        **{(question, "DuckDB, table by person"): True for question in questions},
        ("build", "DuckDB, table by person"): None,
    }
    assert (result.unmeasured, result.persons) == ([], 450)


@pytest.mark.skipif(kernels.built is None, reason="no C compiler built the kernels")
def test_the_loops_stand_beside_numpy_and_answer_the_same():
    result = run(SMALL._replace(engines=()), lambda _: None)
    told = {row.question: row.agrees for row in result.rows if row.engine == BY_NUMPY and row.question != "build"}
    assert set(told) == {row.question for row in result.rows if row.engine == OURS} - {"build"}
    assert (set(told.values()), result.way) == ({True}, "c")
    assert result.peak_mb > result.before_mb > 10


def test_each_number_to_reach_says_whether_it_was():
    checks = {one.what: one for one in run(SMALL, lambda _: None).checks}
    ratio = checks["sequences : DuckDB, table by person, CPU"]
    assert (ratio.at_most, ratio.aim, ratio.met) == (False, 6.0, ratio.reached >= 6.0)
    assert checks["funnel, wall seconds"].aim == pytest.approx(0.035 * 6_000 / 10_000_000)
    assert all(one.met == (one.reached <= one.aim) for one in checks.values() if one.at_most)
    assert "peak memory of the walks, MB" not in checks


def test_more_events_are_the_same_of_other_people(tmp_path, monkeypatch):
    monkeypatch.setattr(walks_data, "MOST_IN_FILE", 2_000)
    counts = {}
    for events in (2_000, 5_000, 6_000):
        walks_data.write(tmp_path / str(events), events, 1)
        store = WalkStore.from_parquet(tmp_path / str(events))
        assert len(store) == events
        counts[events] = questions(store)["funnel"]()
    assert counts[6_000] == tuple(3 * one for one in counts[2_000])
    assert counts[2_000][0] * 2 < counts[5_000][0] < counts[6_000][0]


@pytest.mark.parametrize("engine", ["polars", "chdb"])
def test_other_engines_agree_where_they_are_installed(engine):
    pytest.importorskip(engine)
    result = run(SMALL._replace(engines=(engine,)), lambda _: None)
    assert {row.agrees for row in result.rows if row.engine not in (OURS, BY_NUMPY) and row.question != "build"} == {
        True
    }
    assert {row.question for row in result.rows if row.engine not in (OURS, BY_NUMPY)} == {
        "build",
        "funnel",
        "visits",
        "handoffs",
    }


def test_an_engine_that_counts_otherwise_is_told(monkeypatch):
    monkeypatch.setitem(walks_engines._SPANS, "window", 1)
    result = run(SMALL, lambda _: None)
    assert {row.agrees for row in result.rows if row.engine.startswith("DuckDB") and row.question == "funnel"} == {
        False
    }


def test_the_command_tells_ratios_or_everything_as_json(tmp_path):
    words = ["journeys", "--events", "3000", "--repeats", "1", "--engine", "duckdb", "--dir", str(tmp_path)]
    told = json.loads(CliRunner().invoke(bench, [*words, "--json"]).stdout)
    ways = 2 if kernels.way() == "c" else 1
    assert (told["asked"]["events"], len(told["rows"])) == (3000, 10 * ways + 9)
    assert told["large"] is None
    said = CliRunner().invoke(bench, [*words, "--size", "100m"])
    assert said.exit_code == 0
    assert "DuckDB, table by person" in said.stdout
    assert "\n30,000 events of " in said.stdout
    assert list(tmp_path.iterdir()) == []
