"""Cards as files, and the metrics as models of other tools: they count what a card counts."""

import csv
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from insight.handwritten import at
from insight.metrics_books import Books
from noline.insight.scorecards.exports import export, write_registry
from noline.insight.scorecards.metrics import DIMENSIONS, registry
from noline.insight.scorecards.model import ScorecardAskedWrong


@pytest.fixture
def books(tmp_path):
    written = Books(tmp_path / "analytical")
    yield written
    written.store.close()


def test_a_card_is_written_for_a_spreadsheet_and_for_a_program(books, tmp_path):
    books.say(at(0), "=1+1", "Page Viewed")
    books.sell(at(0), "web", "o-1", total=2**60)
    card = books.card("revenue", "visits", period="all")
    assert export(card, tmp_path / "card.csv") == 3
    with (tmp_path / "card.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["metric"], line["unit"], line["value"]) for line in lines] == [
        ("visits", "'=1+1", "1"), ("revenue", "web", str(2**60)), ("visits", "web", "1"),
    ]  # fmt: skip
    export(card, tmp_path / "card.parquet")
    table = pq.read_table(tmp_path / "card.parquet")
    assert table.column("value_minor").to_pylist() == [None, 2**60, None]
    assert table.column("value").to_pylist() == [1.0, None, 1.0]
    with pytest.raises(ScorecardAskedWrong, match=r"card\.txt ends neither"):
        export(card, tmp_path / "card.txt")


def reading(path):
    import yaml

    return yaml.safe_load(path.read_text("utf-8"))


def planted(books):
    for number in range(30):
        unit, day = ("web", "paris-1", "app")[number % 3], 2 * number
        books.sell(at(day), unit, f"o-{number}", subject=number % 7, total=100 * number, units=2, country="FR")
        books.say(at(day), "web", "Product Viewed", subject=number % 7, country="FR")
    for number in range(5):
        books.take_back(at(60 + number), "paris-1", "o-3", f"r-{number}")
    books.tell(at(0), "web", "Pickup Requested", "o-0", store_id="paris-1", promised_at=at(1), country="FR")
    return books.written()


def test_the_models_for_metricflow_count_what_a_card_counts(books, tmp_path):
    store = planted(books)
    written = write_registry(registry(), "metricflow", tmp_path)
    folder = tmp_path / "models" / "noline"
    told = reading(folder / "noline.yml")
    models = {model["name"]: model for model in told["semantic_models"]}
    measures = {one["name"]: (name, one) for name, model in models.items() for one in model["measures"]}
    metrics = {metric["name"]: metric for metric in told["metrics"]}
    assert set(registry().metrics) - set(metrics) == set(written.left_out)
    assert len(metrics) == len(told["metrics"])

    def total(name):
        """A simple metric of all units in April, as another tool adds it up."""
        model, measure = measures[metrics[name]["type_params"]["measure"]]
        sql = re.sub(r"\{\{ source\('noline', '(\w+)'\) \}\}", r"\1", (folder / f"{model}.sql").read_text("utf-8"))
        adding = {"sum": "CAST(sum({}) AS BIGINT)", "count_distinct": "count(DISTINCT {})"}[measure["agg"]]
        asked = f"SELECT unit, {adding.format(measure['expr'])} AS found FROM ({sql}) "
        rows = store.ask(f"{asked} WHERE date_trunc('month', happened_on) = DATE '2026-04-01' GROUP BY unit")
        return {row["unit"]: row["found"] for row in rows.to_pylist()}

    card = books.metrics().card(metrics=[name for name in metrics if name in registry().metrics])
    checked = 0
    for row in card.rows:
        if row.period == "2026-04":
            params = metrics[row.metric]["type_params"]
            if metrics[row.metric]["type"] == "simple":
                assert total(row.metric).get(row.unit, 0) == row.value
            else:
                assert total(params["numerator"]).get(row.unit, 0) == row.numerator
                assert total(params["denominator"]).get(row.unit, 0) == row.denominator
            checked += 1
    assert checked > 30


def test_each_metric_for_metricflow_names_what_is_there(tmp_path):
    write_registry(registry(), "metricflow", tmp_path)
    told = reading(tmp_path / "models" / "noline" / "noline.yml")
    measures = [one["name"] for model in told["semantic_models"] for one in model["measures"]]
    metrics = {metric["name"]: metric for metric in told["metrics"]}
    assert len(set(measures)) == len(measures)
    for metric in metrics.values():
        params = metric["type_params"]
        if metric["type"] == "simple":
            assert params["measure"] in measures
        else:
            assert metrics[params["numerator"]]["type"] == metrics[params["denominator"]]["type"] == "simple"
    for model in told["semantic_models"]:
        times = [one for one in model["dimensions"] if one["type"] == "time"]
        assert [one["name"] for one in times] == [model["defaults"]["agg_time_dimension"]]
        assert (tmp_path / "models" / "noline" / f"{model['name']}.sql").exists()


def test_the_models_for_cube_count_what_a_card_counts(books, tmp_path):
    store = planted(books)
    written = write_registry(registry(), "cube", tmp_path)
    cubes = reading(tmp_path / "model" / "cubes" / "noline.yml")["cubes"]
    card = books.metrics().card()
    seen = set()
    for cube in cubes:
        measures = {one["name"]: one for one in cube["measures"]}
        assert len(measures) == len(cube["measures"])
        rows = f"({cube['sql']}) WHERE date_trunc('month', happened_on) = DATE '2026-04-01' AND unit = 'web'"
        for name in measures.keys() & registry().metrics.keys():
            found = [row for row in card.rows if (row.metric, row.unit, row.period) == (name, "web", "2026-04")]
            value = store.ask(f"SELECT {_as_sql(measures, name)} AS found FROM {rows}").to_pylist()[0]["found"]
            assert [float(row.value or 0) for row in found] == [pytest.approx(float(value or 0), abs=0.51)]
            seen.add(name)
    assert seen == set(registry().metrics) - set(written.left_out)
    assert set(DIMENSIONS) == {one["name"] for one in cubes[0]["dimensions"]} - {"happened_on"}


def _as_sql(measures, name):
    """A measure of Cube as the statement that it stands for."""
    one = measures[name]
    if one["type"] == "number":
        return re.sub(r"\{(\w+)\}", lambda found: f"({_as_sql(measures, found[1])})", one["sql"])
    return {"sum": "sum({})", "count_distinct": "count(DISTINCT {})"}[one["type"]].format(one["sql"])


def test_another_tool_than_those_is_refused(tmp_path):
    with pytest.raises(ScorecardAskedWrong, match="looker is none of metricflow, cube"):
        write_registry(registry(), "looker", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_page_names_the_tables_that_the_models_read(tmp_path):
    write_registry(registry(), "metricflow", tmp_path)
    (source,) = reading(tmp_path / "models" / "noline" / "noline.yml")["sources"]
    page = (Path(__file__).parents[2] / "docs" / "scorecards.md").read_text("utf-8").partition("## For other tools")[2]
    told = page.partition(" of the hub's history")[0].partition("over the tables")[2]
    assert set(re.findall(r"`(\w+)`", told)) == {table["name"] for table in source["tables"]}
