"""The same table comes out of a file, however it was written."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from noline.kernel.errors import FileNotUnderstood
from noline.stores.arrow_files import kind_of, table_of

ROWS = [{"who": "007", "city": "Köln", "units": 3}, {"who": "12", "city": "Nîmes", "units": 4}]


def lines(delimiter=","):
    return "\n".join([delimiter.join(ROWS[0]), *(delimiter.join(map(str, row.values())) for row in ROWS)]) + "\n"


WRITTEN = {
    "comma.csv": lines().encode(),
    "semicolon.csv": lines(";").encode(),
    "bar.txt": lines("|").encode(),
    "tab.TSV": lines("\t").encode(),
    "mark.csv": lines().encode("utf-8-sig"),
    "wide.csv": lines().encode("utf-16"),
    "windows.csv": lines().encode("cp1252"),
    "packed.csv.gz": gzip.compress(lines(";").encode()),
    "packed_windows.csv.gz": gzip.compress(lines().encode("cp1252")),
    "no_ending": lines().encode(),
    "lines.ndjson": "\n".join(map(json.dumps, ROWS)).encode(),
    "marked.jsonl": "\n".join(map(json.dumps, ROWS)).encode("utf-8-sig"),
    "list.json": json.dumps(ROWS, indent=2).encode(),
    "list.json.gz": gzip.compress(json.dumps(ROWS).encode()),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_text_of_any_dress_is_the_same_table(tmp_path: Path, name):
    (tmp_path / name).write_bytes(WRITTEN[name])
    assert table_of(tmp_path / name, ["who"]).to_pylist() == ROWS


def test_tables_of_columns_are_read_packed_or_not(tmp_path: Path):
    table = pa.Table.from_pylist(ROWS)
    parquet.write_table(table, tmp_path / "t.parquet")
    feather.write_feather(table, str(tmp_path / "t.feather"))
    (tmp_path / "t.pq.gz").write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert [table_of(tmp_path / name).to_pylist() for name in ("t.parquet", "t.feather", "t.pq.gz")] == [ROWS] * 3


def test_a_letter_of_windows_far_behind_the_beginning_is_read(tmp_path: Path):
    (tmp_path / "late.csv").write_bytes(b"who,city\n" + b"1,Bonn\n" * 60_000 + "2,Köln\n".encode("cp1252"))
    assert table_of(tmp_path / "late.csv", ["city"])["city"][-1].as_py() == "Köln"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("torn.csv.gz", gzip.compress(lines().encode() * 100, mtime=0)[:-20], "end-of-stream"),
        ("not_packed.csv.gz", lines().encode(), "Not a gzipped file"),
        ("t.parquet", b"PAR1", "Parquet"),
        ("numbers.json", b"[1, 2]", "JSON"),
        ("sheet.xlsx", b"PK", "spreadsheet; save the sheet as CSV"),
        ("old.xls", b"\xd0\xcf", "spreadsheet; save the sheet as CSV"),
        ("empty.csv", b"", "Empty CSV file"),
    ],
)
def test_what_is_no_table_is_refused_with_its_reason(tmp_path: Path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotUnderstood, match=why):
        table_of(tmp_path / name)


@pytest.mark.parametrize("name", ["semicolon.csv", "wide.csv", "windows.csv", "packed.csv.gz"])
def test_every_column_can_be_text(tmp_path: Path, name):
    (tmp_path / name).write_bytes(WRITTEN[name])
    told = [{column: str(value) for column, value in row.items()} for row in ROWS]
    assert table_of(tmp_path / name, texts=None).to_pylist() == told


def test_a_header_in_letters_of_windows_names_its_columns(tmp_path: Path):
    (tmp_path / "t.csv").write_bytes("n,größe\n1,7ö".encode("cp1252"))
    assert table_of(tmp_path / "t.csv", texts=None).to_pylist() == [{"n": "1", "größe": "7ö"}]


def test_what_a_file_holds_is_told_by_its_ending_without_the_packing():
    assert [kind_of(Path(name)) for name in ("Orders.CSV.gz", "a.parquet", "b")] == [".csv", ".parquet", ""]


@pytest.mark.parametrize("packed", [False, True])
def test_a_row_with_too_few_cells_is_named_by_its_number(tmp_path, packed):
    text = b"id,name\n" + b"1,Ada\n" * 50_000 + b"2\n"
    path = tmp_path / ("people.csv.gz" if packed else "people.csv")
    path.write_bytes(gzip.compress(text) if packed else text)
    with pytest.raises(FileNotUnderstood, match="Row #50002: Expected 2 columns, got 1: 2"):
        table_of(path)
