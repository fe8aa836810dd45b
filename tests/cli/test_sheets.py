"""Commands that read whole tables answer the same of a sheet as of the CSV that says the same."""

import csv

import pytest

from noline.doors.cli.sheets import as_table
from sheet_files import DAY, ZEROS, ods, rows, xlsx

PEOPLE = [
    ["id", "given_name", "surname", "postcode", "date_of_birth", "street", "phone"],
    *(
        [f"r{number}-{copy}", given, surname, 1000 + number, "1980-02-1" + str(number % 10), f"{number} Elm Road",
         f"+33 6 12 34 5{number % 10} {10 + number}"]
        for number, (given, surname) in enumerate(
            (given, surname)
            for given in ("Ada", "Boris", "Carla", "Dmitri", "Elena", "Farid")
            for surname in ("Lovelace", "Petrov", "Nguyen", "Okafor")
        )
        for copy in range(2)
    ),
]  # fmt: skip
BASKETS = [
    ["who", "bag", "what"],
    *([f"c{customer}", customer * 100 + bag, item]
      for customer in range(20) for bag in range(8) for item in (f"tea-{customer % 3}", f"any-{(customer + bag) % 5}")),
]  # fmt: skip
EVENTS = [
    ["customer", "at", "where", "what"],
    ["007", "2026-03-01T10:00:00Z", "web", "view"],
    ["007", "2026-03-03T17:30:00Z", "store", "purchase"],
    ["8", "2026-03-02T09:00:00Z", "web", "view"],
]
NOTES = [["nothing", "to see"], ["a", "b"]]


def written(folder, table):
    """The same table as a CSV file, and as the second sheet of a workbook."""
    plain, book = folder / "table.csv", folder / "table.xlsx"
    with plain.open("w", newline="") as file:
        csv.writer(file).writerows(table)
    return plain, xlsx(book, {"Notes": rows(NOTES), "Data": rows(table)})


def test_people_of_a_sheet_are_matched_as_those_of_its_csv(noline, tmp_path):
    found = []
    for file, named in zip(written(tmp_path, PEOPLE), ([], ["--sheet", "Data"]), strict=True):
        out = tmp_path / "people.csv"
        said = noline("match", file, *named, "--id", "id", "--out", out, "--json")
        assert said.code == 0, said.err
        found.append((said.json["plan"], out.read_text()))
    assert found[0] == found[1]
    assert found[0][1].count("\n") == len(PEOPLE)


def test_baskets_of_a_sheet_are_evaluated_as_those_of_its_csv(noline, tmp_path):
    plain, book = written(tmp_path, BASKETS)
    asked = ["recommend", "evaluate", "--map", "customer=who,basket=bag,item=what", "--k", "1", "--method", "linear"]
    told, again = (noline(*asked, "--baskets", *words, "--json").json for words in ([plain], [book, "--sheet", "Data"]))
    assert told["n"] == 20
    assert [one["measures"] for one in again["rows"]] == [one["measures"] for one in told["rows"]]
    assert again["baskets"] == told["baskets"]


def test_events_are_read_from_a_sheet(noline, tmp_path):
    plain, book = written(tmp_path, EVENTS)
    alone = ods(tmp_path / "events.ods", {"Data": _of_ods(EVENTS)})
    asked = ["--map", "person=customer,time=at,channel=where,action=what", "--steps", "view,purchase", "--json"]
    for words in ([plain], [book, "--sheet", "Data"], [alone]):
        said = noline("journeys", "funnel", "--events", *words, *asked, "--behind", "purchase")
        assert [row["persons"] for row in said.json["levels"]] == [2, 1]
        assert [one["person"] for one in said.json["behind"]] == ["007"]


@pytest.mark.parametrize("words", [["funnel", "--steps", "a,b"], ["handoffs"], ["frictions"]], ids=" ".join)
def test_a_sheet_of_no_events_is_not_passed_over(noline, tmp_path, words):
    said = noline("journeys", *words, "--sheet", "Data", "--hub", tmp_path)
    assert (said.code, said.out) == (2, "")
    assert "--sheet needs --events." in said.err


def test_cells_come_as_they_are_shown_and_the_copy_goes(tmp_path):
    table = [["postcode", "born", "member", "share", "note"], [1000, 29221, True, 0.5, 'says "hello, you"']]
    book = xlsx(tmp_path / "people.xlsx", {"People": rows(table, {0: ZEROS, 1: DAY})})
    with as_table(book) as readable:
        assert readable.read_text().splitlines()[1:] == ['01000,1980-01-01,true,0.5,"says ""hello, you"""']
    assert not readable.exists()


@pytest.mark.parametrize(
    ("table", "named", "why"),
    [
        ([["a", "b"], ["x", "#N/A"]], [], "the cell B2 holds the error #N/A; mend it"),
        ([["a", "b"], ["x", "y"]], ["--sheet", "Other"], "it has no sheet 'Other'; it has People"),
        ([["a", "b"]], ["--sheet", ""], None),
    ],
)
def test_a_sheet_that_is_no_table_is_refused_in_words(noline, tmp_path, table, named, why):
    said = noline("match", xlsx(tmp_path / "people.xlsx", {"People": rows(table)}), *named, "--json")
    assert (said.code, said.out) == (3, "")
    if why is not None:
        assert why in said.error["message"]
        assert "people.xlsx" in said.error["message"]


def test_a_sheet_of_a_file_without_sheets_is_refused(noline, tmp_path):
    plain, _ = written(tmp_path, PEOPLE)
    said = noline("match", plain, "--sheet", "Data", "--json")
    assert said.code == 3
    assert "has no sheets, and 'Data' was asked for" in said.error["message"]


def _of_ods(table):
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    return "".join(f"<table:table-row>{''.join(cell.format(one) for one in line)}</table:table-row>" for line in table)
