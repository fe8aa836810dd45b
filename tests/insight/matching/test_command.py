"""`noline match` in the terminal."""

import gzip
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from insight.matching.crowd import Crowd
from noline.doors.cli.match import match_people
from noline.insight.matching.files import read
from noline.kernel.errors import FileNotUnderstood, NotFound


@pytest.fixture(scope="module")
def small() -> Crowd:
    return Crowd(families=60, seed=3)


@pytest.fixture
def records(small, tmp_path):
    pq.write_table(small.table(row="id"), tmp_path / "records.parquet")
    return tmp_path / "records.parquet"


def run(*arguments):
    return CliRunner().invoke(match_people, [str(one) for one in arguments], catch_exceptions=False)


def test_people_go_into_a_file_and_the_plan_is_told(small, records, tmp_path):
    a, b = (row["row"] for row in small.rows[:2])
    done = run(records, "--id", "id", "--out", tmp_path / "people.csv", "--explain", f"{a},{b}", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["plan"]["rows"] == len(small.rows)
    assert told["plan"]["columns"]["given_name"] == "given"
    assert told["explained"]["reasons"][0]["field"] == "all people"
    people = read(tmp_path / "people.csv")
    assert people.column_names == ["record_id", "person_id", "household_id", "score"]
    assert people["record_id"].to_pylist() == [row["row"] for row in small.rows]
    assert len(set(people["person_id"].to_pylist())) == told["plan"]["people"]


def test_a_packed_file_is_read_as_what_is_in_it(tmp_path):
    text = "id;Nachname;PLZ\n1;Lee;01067\n"
    (tmp_path / "plain.csv").write_text(text, "utf-8")
    (tmp_path / "packed.csv.gz").write_bytes(gzip.compress(text.encode()))
    assert read(tmp_path / "packed.csv.gz").to_pylist() == [{"id": "1", "Nachname": "Lee", "PLZ": "01067"}]
    assert read(tmp_path / "packed.csv.gz") == read(tmp_path / "plain.csv")


@pytest.mark.parametrize("content", [b"id,surname\n1,Lee\n", gzip.compress(b"id,surname\n1,Lee\n", mtime=0)[:-9]])
def test_a_file_that_is_not_packed_as_its_name_says_is_refused(tmp_path, content):
    (tmp_path / "people.csv.gz").write_bytes(content)
    with pytest.raises(FileNotUnderstood):
        read(tmp_path / "people.csv.gz")


def test_the_plan_is_told_in_words(records):
    done = run(records, "--id", "id")
    assert "given_name  is  given" in done.stderr
    assert "household head" in done.stdout


def test_a_mapping_file_names_the_columns(records, tmp_path):
    (tmp_path / "map.toml").write_text('[columns]\nname = "given_name"\n', "utf-8")
    done = run(records, "--id", "id", "--map", tmp_path / "map.toml", "--json")
    assert json.loads(done.stdout)["plan"]["columns"] == {"given_name": "name"}


def test_rows_are_numbered_where_no_id_is_named(small, records, tmp_path):
    run(records, "--out", tmp_path / "people.ndjson")
    assert read(tmp_path / "people.ndjson")["record_id"].to_pylist() == list(range(1, len(small.rows) + 1))


def test_explain_wants_two_ids(records):
    assert CliRunner().invoke(match_people, [str(records), "--explain", "one"]).exit_code == 2


def test_csv_keeps_zeros_and_knows_its_delimiter_and_encoding(tmp_path):
    path = tmp_path / "people.csv"
    path.write_bytes("Vorname;PLZ\nJürgen;01067\n".encode("cp1252"))
    assert read(path) == pa.table({"Vorname": ["Jürgen"], "PLZ": ["01067"]})


def test_a_file_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "people.parquet").write_bytes(b"no table")
    with pytest.raises(FileNotUnderstood):
        read(tmp_path / "people.parquet")
    with pytest.raises(NotFound):
        read(tmp_path / "nobody.csv")
