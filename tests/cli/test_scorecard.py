"""The scorecard and its metrics from the command line, on a day with one order in one store."""

import csv

import pyarrow.parquet as pq
import pytest


@pytest.fixture
def hub(asked):
    return ["--hub", asked]


def test_a_card_speaks_the_words_of_store_people_or_of_digital_people(noline, hub):
    words = [*hub, "--period", "all", "--metric", "basket", "--metric", "conversion", "--unit", "paris-1"]
    store = noline("scorecard", *words)
    assert store.code == 0
    assert [line.split()[1:] for line in store.out.splitlines()[1:]] == [
        ["Paris", "Marais", "average", "ticket", "48.00", "EUR", "1", "-", "-"],
        ["Paris", "Marais", "hit", "rate", "100.0", "%", "1", "of", "1", "20.7", "..", "100.0,", "too", "few", "to",
         "tell", "-"],
    ]  # fmt: skip
    assert store.err == "of known people only: hit rate\n"
    digital = noline("scorecard", *words, "--words", "digital")
    assert "average order value" in digital.out
    assert "conversion rate" in digital.out


def test_a_card_as_json_is_what_http_answers(noline, hub):
    told = noline("scorecard", *hub, "--by", "channel,country", "--metric", "orders", "--since", "2026-03-01", "--json")
    assert [(row["channel"], row["period"], row["value"]) for row in told.json["rows"]] == [("store", "2026-03", 1)]
    assert told.json["by"] == ["channel", "country"]
    assert told.json["since"] == "2026-03-01T00:00:00.000Z"


def test_what_cannot_be_told_is_said_beside_the_table(noline, hub):
    said = noline("scorecard", *hub, "--by", "country", "--period", "all")
    assert "returns at our counter is not told: a return that was accepted is told by unit, channel only" in said.err
    refused = noline("scorecard", *hub, "--metric", "luck", "--json")
    assert (refused.code, refused.error["code"]) == (3, "scorecard.metric_unknown")


def test_a_card_is_written_into_a_file(noline, hub, tmp_path):
    words = ["--metric", "revenue", "--period", "all", "--json"]
    told = noline("scorecard", *hub, *words, "--out", tmp_path / "card.csv")
    assert told.json == {"path": str(tmp_path / "card.csv"), "rows": 1, "not_told": {}}
    with (tmp_path / "card.csv").open(encoding="utf-8", newline="") as file:
        assert [(line["unit"], line["value"], line["currency"]) for line in csv.DictReader(file)] == [
            ("paris-1", "4800", "EUR")
        ]
    noline("scorecard", *hub, *words, "--out", tmp_path / "card.parquet")
    assert pq.read_table(tmp_path / "card.parquet").column("value_minor").to_pylist() == [4800]
    refused = noline("scorecard", *hub, *words, "--out", tmp_path / "card.txt")
    assert (refused.code, refused.error["code"]) == (3, "scorecard.asked_wrong")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["card.csv", "card.parquet"]


def test_the_metrics_are_listed_and_each_shows_how_it_is_counted(noline):
    listed = noline("metrics", "list", "--json").json
    assert {"visits", "conversion", "coming_back", "profit_after_service"} <= {one["id"] for one in listed}
    assert "they bought it online later" in noline("metrics", "list").out
    shown = noline("metrics", "show", "returns_load").out
    assert "returns.returns / orders.orders" in shown
    assert "-- orders" in shown
    assert "FROM order_returns" in shown
    assert noline("metrics", "show", "luck").code == 3


def test_the_metrics_are_written_for_another_tool(noline, tmp_path):
    told = noline("metrics", "export", "--to", "metricflow", tmp_path, "--json").json
    assert f"{tmp_path}/models/noline/noline.yml" in told["files"]
    assert all((tmp_path / path).exists() for path in told["files"])
    assert set(told["left_out"]) == {
        "helped_elsewhere", "earned_by_helping", "service_given", "profit_after_service", "effect",
    }  # fmt: skip
    assert "returns_load is left out: it needs two cubes" in noline("metrics", "export", "--to", "cube", tmp_path).err
    assert noline("metrics", "export", "--to", "looker", tmp_path).code == 2
