"""Spreadsheets come in as the table that a person sees, or are refused in words."""

import zipfile

import pytest

from noline.channels import tabular
from noline.channels.files import Row, columns_of, rows_of
from noline.channels.mapping import Mapping, load
from noline.channels.sheet_lines import letters_of
from noline.kernel.errors import FileNotUnderstood
from sheet_files import DAY, MAIN, MOMENT, SPAN, ZEROS, cell, ods, rows, xlsx

ORDERS = [
    ("Order id", "E-Mail", "SKU", "Quantity", "Unit price", "Currency", "Ordered at"),
    ("o-1", "anna@example.com", "ristretto-50", 2, 24.0, "EUR", 46027.416666666664),
    ("o-1", "anna@example.com", "lungo-40", 1, 21.5, "EUR", 46027.416666666664),
    ("o-2", "boris@example.com", "lungo-40", 1, 21.5, "EUR", 46028.479166666664),
]


@pytest.fixture
def orders(tmp_path):
    return xlsx(tmp_path / "orders.xlsx", {"Orders": rows(ORDERS, {6: MOMENT})})


def read(path, sheet=""):
    return list(rows_of(path, sheet))


def refusal(path, sheet=""):
    with pytest.raises(FileNotUnderstood) as refused:
        read(path, sheet)
    return str(refused.value)


def test_a_sheet_is_guessed_and_read_as_its_csv_would_be(orders):
    mapping = tabular.guess(orders)
    assert mapping.columns["order_id"] == "Order id"
    assert (mapping.event, mapping.one_message_per, mapping.time_format) == ("Order Completed", "order", "iso")
    (_, first), (_, second) = tabular.read(orders, mapping).messages
    assert first["timestamp"] == "2026-01-05T10:00:00.000Z"
    assert [line["sku"] for line in first["properties"]["products"]] == ["ristretto-50", "lungo-40"]
    assert (first["properties"]["total"], second["properties"]["total"]) == ("69.5", "21.5")
    assert second["timestamp"] == "2026-01-06T11:30:00.000Z"


def test_cells_hold_what_a_person_sees(tmp_path):
    table = [
        ("day", "hour", "span", "postcode", "sum", "number", "paid", "note", "nothing"),
        (46027, 0.4375, 1.25, 1234, 0.1 + 0.2, 9007199254740991, True, "a & b", None),
        (46027.5, 0.9999999999, 0.5, 75001, -19.90, 3.0, False, "", None),
    ]
    path = xlsx(tmp_path / "c.xlsx", {"S": rows(table, {0: DAY, 1: MOMENT, 2: SPAN, 3: ZEROS})})
    first = {
        "day": "2026-01-05", "hour": "10:30:00", "span": "30:00:00", "postcode": "01234", "sum": 0.3,
        "number": 9007199254740991, "paid": True, "note": "a & b",
    }  # fmt: skip
    assert read(path)[0] == Row(first)
    assert read(path)[1].cells | {"hour": ""} == {
        "day": "2026-01-05T12:00:00", "hour": "", "span": "12:00:00", "postcode": "75001", "sum": -19.9, "number": 3,
        "paid": False,
    }  # fmt: skip
    assert [type(value) for value in (read(path)[0].cells["number"], read(path)[1].cells["number"])] == [int, int]


def test_days_are_counted_from_1904_where_the_workbook_says_so(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": rows([("day",), (44565,)], {0: DAY})})
    told = (
        zipfile.ZipFile(path).read("xl/workbook.xml").decode().replace("<sheets>", '<workbookPr date1904="1"/><sheets>')
    )
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("xl/workbook.xml", told)
    assert read(path) == [Row({"day": "2026-01-05"})]


def test_a_day_that_no_calendar_has_is_an_error_of_its_row(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": rows([("day",), (99999999,), (46027,)], {0: DAY})})
    assert read(path) == [
        Row({"day": "#####"}, "the cell A2 holds the error #####"), Row({"day": "2026-01-05"}),
    ]  # fmt: skip


def test_texts_that_cells_share_come_without_how_they_are_pronounced(tmp_path):
    shared = [
        "<t>name</t>",
        "<r><t>Ri</t></r><r><rPr><b/></rPr><t>stretto</t></r>",
        '<t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh>',
    ]
    told = "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in (0, 1, 2))
    assert read(xlsx(tmp_path / "c.xlsx", {"S": told}, shared=shared)) == [
        Row({"name": "Ristretto"}),
        Row({"name": "課"}),
    ]


def test_the_header_is_found_below_a_title_and_beside_empty_columns(tmp_path):
    table = [
        (None, "Orders of January"),
        (),
        (None, "id", None, "email"),
        (None, 1, "x", "anna@example.com"),
        (),
        (None, 2, "y", "boris@example.com"),
    ]
    path = xlsx(tmp_path / "c.xlsx", {"S": rows(table)})
    assert columns_of(path) == ["id", "column_2", "email"]
    assert [row.cells["email"] for row in read(path)] == ["anna@example.com", "boris@example.com"]


def test_a_title_above_two_columns_is_no_header(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": rows([("Sales 2024",), ("sku", "units"), ("a", 3)])})
    assert read(path) == [Row({"sku": "a", "units": 3})]


def test_one_column_needs_one_name(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": rows([("email",), ("anna@example.com",)])})
    assert read(path) == [Row({"email": "anna@example.com"})]


def test_a_sheet_without_a_header_is_refused(tmp_path):
    assert "none of its first 2 rows has texts where the names of columns should stand" in refusal(
        xlsx(tmp_path / "c.xlsx", {"S": rows([(1, "a"), (2, "b")])})
    )
    assert "its sheet is empty" in refusal(xlsx(tmp_path / "c.xlsx", {"S": rows([])}))


def test_errors_and_values_beside_the_table_are_problems_of_their_row_alone(tmp_path):
    table = [("sku", "amount"), ("a", "#DIV/0!"), ("b", 2), ("c", 3, "left over")]
    assert read(xlsx(tmp_path / "c.xlsx", {"S": rows(table)})) == [
        Row({"sku": "a", "amount": "#DIV/0!"}, "the cell B2 holds the error #DIV/0!"),
        Row({"sku": "b", "amount": 2}),
        Row({"sku": "c", "amount": 3, "C": "left over"}, "the cell C4 stands beside the table"),
    ]


@pytest.mark.parametrize(
    ("merged", "said"),
    [
        ("A1:B1", "the names of its columns stand in merged cells (A1:B1)"),
        ("B2:B3", "the cells B2:B3 are merged"),
    ],
)
def test_merged_cells_are_refused(tmp_path, merged, said):
    behind = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>'
    table = rows([("sku", "amount"), ("a", 1), ("b", None)])
    assert said in refusal(xlsx(tmp_path / "c.xlsx", {"S": table}, behind=behind))


def test_a_title_may_be_merged(tmp_path):
    behind = '<mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>'
    table = rows([("Prices",), ("sku", "amount", "currency"), ("a", 1, "EUR")])
    path = xlsx(tmp_path / "c.xlsx", {"S": table}, behind=behind)
    assert read(path) == [Row({"sku": "a", "amount": 1, "currency": "EUR"})]


def test_the_first_sheet_that_can_be_seen_is_read_unless_one_is_named(tmp_path):
    sheets = {name: rows([("sku",), (name,)]) for name in ("Lists", "Orders", "Stock")}
    path = xlsx(tmp_path / "c.xlsx", sheets, hidden="Lists")
    assert read(path) == [Row({"sku": "Orders"})]
    assert read(path, "Lists") == [Row({"sku": "Lists"})]
    assert "it has no sheet 'Order'; it has Lists, Orders, Stock" in refusal(path, "Order")
    (tmp_path / "c.csv").write_text("sku\na\n")
    assert "it has no sheets, and 'Stock' was asked for" in refusal(tmp_path / "c.csv", "Stock")


def test_the_sheet_stands_in_the_mapping(tmp_path):
    path = xlsx(tmp_path / "stock.xlsx", {"A": rows([("x",), ("y",)]), "B": rows([("sku", "quantity"), ("a", 3)])})
    tabular.guess(path, "B").save(tmp_path / "mapping.toml")
    mapping = load(tmp_path / "mapping.toml")
    assert mapping.sheet == "B"
    ((_, message),) = tabular.read(path, mapping).messages
    assert message["properties"] == {"sku": "a", "quantity": 3}


def test_two_cells_far_apart_take_no_memory_between_them(tmp_path):
    told = f'<row r="1">{cell("A1", "sku")}</row><row r="1048576">{cell("XFD1048576", "far")}</row>'
    assert read(xlsx(tmp_path / "c.xlsx", {"S": told})) == [
        Row({"XFD": "far"}, "the cell XFD1048576 stands beside the table")
    ]


@pytest.mark.parametrize(
    "row", ['<row r="1048577"><c r="A1048577"><v>1</v></c></row>', '<row r="2"><c r="XFE2"/></row>']
)
def test_a_sheet_larger_than_sheets_can_be_is_refused(tmp_path, row):
    told = f'<row r="1">{cell("A1", "sku")}</row>{row}'
    assert "its sheet is larger than a sheet can be" in refusal(xlsx(tmp_path / "c.xlsx", {"S": told}))


def test_a_small_file_that_unpacks_without_end_is_refused_before_it_is_unpacked(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": " " * (17 << 20)})
    assert "bytes, which no sheet of a shop does" in refusal(path)


def test_a_document_type_is_refused(tmp_path):
    path = xlsx(tmp_path / "c.xlsx", {"S": rows([("sku",)])})
    bomb = f'<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet xmlns="{MAIN}"><sheetData/></worksheet>'
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate name"):
        file.writestr("xl/worksheets/sheet1.xml", bomb)
    assert "it declares a document type" in refusal(path)


def test_what_is_no_spreadsheet_is_refused(tmp_path, orders):
    whole = orders.read_bytes()
    for name, content, said in (
        ("a.xls", whole, ".xls is not read; save it as .xlsx, .ods or CSV"),
        ("a.xlsx.gz", whole, "unpack the .gz first"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(600), "it is protected by a password, or of the old kind .xls"),
        ("b.xlsx", b"order_id,email\n", "it is no spreadsheet file, whatever its name says"),
        ("c.ods", whole, "its part content.xml is missing"),
    ):
        (tmp_path / name).write_bytes(content)
        assert said in refusal(tmp_path / name)


def test_a_broken_sheet_is_refused(tmp_path):
    assert "it is damaged" in refusal(xlsx(tmp_path / "a.xlsx", {"S": rows([("sku",), ("a",)]) + "<row>"}))
    assert "it is damaged" in refusal(xlsx(tmp_path / "b.xlsx", {"S": '<row r="x"/>'}))
    assert "it is damaged" in refusal(xlsx(tmp_path / "c.xlsx", {"S": cell("A1", "x" * (1 << 20) + "y")}))


OF_CALC = """
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="1024"/>
</table:table-row>
<table:table-row><table:table-cell><text:p>sku</text:p></table:table-cell><table:table-cell><text:p>day</text:p>
</table:table-cell><table:table-cell><text:p>hour</text:p></table:table-cell><table:table-cell><text:p>amount</text:p>
</table:table-cell><table:table-cell><text:p>paid</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell><office:annotation><text:p>a remark</text:p>
</office:annotation><text:p>a<text:s text:c="2"/>b</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="2026-01-05T10:00:00">
<text:p>05.01.26</text:p></table:table-cell>
<table:table-cell office:value-type="time" office:time-value="PT30H05M00S"><text:p>30:05</text:p></table:table-cell>
<table:table-cell office:value-type="currency" office:value="19.9"><text:p>19,90 €</text:p></table:table-cell>
<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>WAHR</text:p></table:table-cell>
</table:table-row>
<table:table-row><table:table-cell><text:p>c</text:p></table:table-cell>
<table:table-cell table:number-columns-repeated="2"/>
<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#DIV/0!</text:p>
</table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048570"><table:table-cell table:number-columns-repeated="1024"/>
</table:table-row>
"""


def test_a_sheet_of_libreoffice_is_read_alike(tmp_path):
    path = ods(tmp_path / "c.ods", {"Sheet1": OF_CALC, "Second": ""})
    told = {"sku": "a  b", "day": "2026-01-05T10:00:00", "hour": "30:05:00", "amount": 19.9, "paid": True}
    problem = "the cell D6 holds the error #DIV/0!"
    assert read(path) == [Row(told), Row(told), Row({"sku": "c", "amount": "#DIV/0!"}, problem)]
    assert "its sheet is empty" in refusal(path, "Second")


def test_merged_cells_of_libreoffice_are_refused(tmp_path):
    merged = OF_CALC.replace(
        "<table:table-row><table:table-cell><text:p>c",
        '<table:table-row><table:table-cell table:number-columns-spanned="2" table:number-rows-spanned="3"><text:p>c',
    )
    assert "the cells A6:B8 are merged" in refusal(ods(tmp_path / "c.ods", {"S": merged}))


def test_a_row_that_repeats_past_the_end_of_a_sheet_is_refused(tmp_path):
    path = ods(
        tmp_path / "c.ods",
        {
            "S": OF_CALC.replace(
                'rows-repeated="2"><table:table-cell><off', 'rows-repeated="9999999"><table:table-cell><off'
            )
        },
    )
    assert "its sheet is larger than a sheet can be" in refusal(path)


def of_calc(text, cell_told="", row_told=""):
    told = f"<table:table-cell {cell_told}><text:p>{text}</text:p></table:table-cell>"
    return f"<table:table-row {row_told}>{told}</table:table-row>"


@pytest.mark.parametrize("count", ["number-columns-spanned", "number-rows-spanned", "number-columns-repeated"])
@pytest.mark.parametrize("times", [0, -3])
def test_a_cell_that_stands_less_than_once_is_refused(tmp_path, count, times):
    path = ods(tmp_path / "c.ods", {"S": of_calc("sku") + of_calc("a", f'table:{count}="{times}"')})
    assert f"a cell or row of its sheet has the {count} {times}, below 1" in refusal(path)


def test_a_row_that_stands_less_than_once_is_refused(tmp_path):
    path = ods(tmp_path / "c.ods", {"S": of_calc("sku") + of_calc("a", "", 'table:number-rows-repeated="0"')})
    assert "has the number-rows-repeated 0, below 1" in refusal(path)


def test_rows_that_repeat_past_the_end_of_a_sheet_together_are_refused(tmp_path):
    half = of_calc("a", "", 'table:number-rows-repeated="524288"')
    path = ods(tmp_path / "c.ods", {"S": of_calc("sku") + half + half})
    assert "its sheet is larger than a sheet can be" in refusal(path)


def test_no_column_stands_before_the_first():
    assert [letters_of(column) for column in (0, 27, 16383)] == ["A", "AB", "XFD"]
    with pytest.raises(ValueError, match="-1 is no column"):
        letters_of(-1)


def test_a_hidden_sheet_of_libreoffice_is_read_only_when_it_is_named(tmp_path):
    path = ods(tmp_path / "c.ods", {n: of_calc("sku") + of_calc(n) for n in ("Lists", "Orders")}, hidden="Lists")
    assert read(path) == [Row({"sku": "Orders"})]
    assert read(path, "Lists") == [Row({"sku": "Lists"})]


def with_format(path, code):
    """One number under a format of one's own."""
    told = rows([("sku",), (7,)], {0: ZEROS})
    return xlsx(path, {"S": told}, zeros=code)


def test_a_number_is_filled_with_thirty_zeros_at_most(tmp_path):
    assert read(with_format(tmp_path / "c.xlsx", "0" * 200)) == [Row({"sku": f"{7:030d}"})]


def test_a_format_longer_than_formats_are_is_refused(tmp_path):
    assert read(with_format(tmp_path / "a.xlsx", "#" * 256)) == [Row({"sku": 7})]
    assert "a format of its numbers is longer than 256 letters" in refusal(with_format(tmp_path / "b.xlsx", "#" * 257))


@pytest.mark.parametrize(("limit", "most"), [("MAX_SHARED_TEXTS", 1), ("MAX_SHARED_LETTERS", 5)])
def test_more_shared_texts_than_memory_should_hold_are_refused(tmp_path, monkeypatch, limit, most):
    told = "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in (0, 1))
    path = xlsx(tmp_path / "c.xlsx", {"S": told}, shared=["<t>sku</t>", "<t>abc</t>"])
    assert read(path) == [Row({"sku": "abc"})]
    monkeypatch.setattr(f"noline.channels.xlsx.{limit}", most)
    assert "too many texts; save it as CSV" in refusal(path)


@pytest.mark.parametrize("part", ["xl/SharedStrings.xml", "xl/texts/all.xml"])
def test_shared_texts_are_found_under_the_name_that_the_workbook_gives(tmp_path, part):
    told = "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in (0, 1))
    path = xlsx(tmp_path / "c.xlsx", {"S": told}, shared=["<t>sku</t>", "<t>a</t>"], shared_part=part)
    assert read(path) == [Row({"sku": "a"})]


def test_a_shared_text_that_is_missing_is_a_problem_of_its_row(tmp_path):
    told = rows([("sku",)]) + '<row r="2"><c t="s"><v>99</v></c></row><row r="3"><c t="s"><v>0</v></c></row>'
    first, second = read(xlsx(tmp_path / "c.xlsx", {"S": told}, shared=["<t>a</t>"]))
    assert first.problem == "the cell A2 holds the error of a missing text (99)"
    assert second == Row({"sku": "a"})


def test_rows_above_a_late_header_that_are_as_wide_are_refused(tmp_path):
    table = [("email", "name", 2024), ("a@example.com", "Ann", 5), ("b@example.com", "Bo"), ("c@example.com", "Cy", 6)]
    said = refusal(xlsx(tmp_path / "c.xlsx", {"S": rows(table)}))
    assert "its row 1 is as wide as its row 3" in said
    assert "the cell C1 holds 2024 where the name of a column should stand" in said
    assert "delete it" in said


def test_an_error_in_the_header_is_named(tmp_path):
    said = refusal(xlsx(tmp_path / "c.xlsx", {"S": rows([("sku", "#REF!"), ("a", 1)])}))
    assert "the cell B1 holds #REF! where the name of a column should stand" in said


@pytest.mark.parametrize(("written", "meant"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_truth_is_read_as_a_word_and_as_a_number(tmp_path, written, meant):
    excel = rows([("paid",)]) + f'<row r="2"><c r="A2" t="b"><v>{written}</v></c></row>'
    calc = of_calc("paid") + of_calc("x", f'office:value-type="boolean" office:boolean-value="{written}"')
    assert read(xlsx(tmp_path / "c.xlsx", {"S": excel})) == [Row({"paid": meant})]
    assert read(ods(tmp_path / "c.ods", {"S": calc})) == [Row({"paid": meant})]


@pytest.mark.parametrize(
    "changes",
    [
        {6: b"\x63\x00"},  # it needs version 9.9 of the format
        {8: b"\x00\x08", 46: b"\xff"},  # its names are in UTF-8, and this one is not
    ],
)
def test_an_archive_of_a_kind_that_is_not_read_is_refused(tmp_path, orders, changes):
    whole = bytearray(orders.read_bytes())
    first = whole.index(b"PK\x01\x02")
    for at, written in changes.items():
        whole[first + at : first + at + len(written)] = written
    (tmp_path / "d.xlsx").write_bytes(whole)
    assert "it is damaged or protected" in refusal(tmp_path / "d.xlsx")


def test_rows_that_are_messages_already_come_from_the_sheet_that_is_named(tmp_path):
    told = rows([("type", "event", "userId"), ("track", "Viewed", "u-1")])
    path = xlsx(tmp_path / "c.xlsx", {"A": rows([("x",), ("y",)]), "B": told})
    ((_, message),) = tabular.read(path, Mapping(columns={}, format="segment", channel="web", sheet="B")).messages
    assert message["userId"] == "u-1"


def test_a_table_within_a_cell_is_refused(tmp_path):
    inner = '<table:table-row><table:table-cell><table:table table:name="T"/></table:table-cell></table:table-row>'
    path = ods(tmp_path / "c.ods", {"S": of_calc("sku") + inner + of_calc("a")})
    assert "a table stands within a cell" in refusal(path)


def test_a_guess_of_messages_keeps_the_sheet_that_is_named(tmp_path):
    told = rows([("type", "event", "userId"), ("track", "Viewed", "u-1")])
    path = xlsx(tmp_path / "c.xlsx", {"A": rows([("x",), ("y",)]), "B": told})
    assert (tabular.guess(path, "B").format, tabular.guess(path, "B").sheet) == ("segment", "B")
