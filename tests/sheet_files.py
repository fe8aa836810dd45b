"""Spreadsheet files as programs write them, small enough to be written out in a test."""

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DAY, MOMENT, SPAN, ZEROS = 1, 2, 3, 4
"""The styles that a cell may have beside none: its number is shown as a day, a moment, hours that passed, `00000`."""

_STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="3"><numFmt numFmtId="164" formatCode="dd\\.mm\\.yyyy\\ hh:mm"/>'
    '<numFmt numFmtId="165" formatCode="[h]:mm:ss"/><numFmt numFmtId="166" formatCode="00000"/></numFmts>'
    '<cellStyleXfs count="1"><xf numFmtId="14"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0"/>'
    '<xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/></cellXfs></styleSheet>'
)


def cell(place: str, value: object, style: int = 0) -> str:
    """One cell: text, number, truth, an error such as `#N/A`, or nothing."""
    if value is None:
        return f'<c r="{place}"/>'
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}" s="{style}"><v>{value!r}</v></c>'
    if str(value).startswith("#"):
        return f'<c r="{place}" t="e"><f>1/0</f><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def rows(table: Sequence[Sequence[object]], styles: dict[int, int] | None = None) -> str:
    """Rows from the first one down; `styles` by column from 0, for numbers."""
    shown = styles or {}
    return "".join(
        f'<row r="{number}">'
        + "".join(cell(f"{chr(65 + at)}{number}", value, shown.get(at, 0)) for at, value in enumerate(line))
        + "</row>"
        for number, line in enumerate(table, start=1)
    )


def xlsx(
    path: Path, sheets: dict[str, str], *, behind: str = "", hidden: str = "", shared: Sequence[str] = (),
    shared_part: str = "xl/sharedStrings.xml", zeros: str = "00000",
) -> Path:  # fmt: skip
    """A workbook of sheets, each given as its rows in XML; `behind` follows the rows, as merged cells do.

    shared_part: the name of the part with the texts that cells share. zeros: the format of the style ZEROS.
    """
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        listed = "".join(
            f'<sheet name="{name}" sheetId="{at}" r:id="rId{at}" state="{"hidden" if name == hidden else "visible"}"/>'
            for at, name in enumerate(sheets, start=1)
        )
        file.writestr(
            "xl/workbook.xml", f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        )
        related = "".join(
            f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
            for at in range(1, len(sheets) + 1)
        )
        related += f'<Relationship Id="rId91" Type="{_OFFICE}/styles" Target="styles.xml"/>'
        if shared:
            related += f'<Relationship Id="rId92" Type="{_OFFICE}/sharedStrings" Target="/{shared_part}"/>'
        file.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">{related}</Relationships>')
        file.writestr("xl/styles.xml", _STYLES.replace("00000", zeros))
        if shared:
            texts = "".join(f"<si>{text}</si>" for text in shared)
            file.writestr(shared_part, f'<sst xmlns="{MAIN}">{texts}</sst>')
        for at, content in enumerate(sheets.values(), start=1):
            file.writestr(
                f"xl/worksheets/sheet{at}.xml",
                f'<worksheet xmlns="{MAIN}"><sheetData>{content}</sheetData>{behind}</worksheet>',
            )
    return path


def ods(path: Path, sheets: dict[str, str], *, hidden: str = "") -> Path:
    """A document of sheets, each given as its rows in XML; the one named `hidden` has a style that hides it."""
    spaces = " ".join(
        f'xmlns:{short}="urn:{long}"'
        for short, long in {
            "office": "oasis:names:tc:opendocument:xmlns:office:1.0",
            "table": "oasis:names:tc:opendocument:xmlns:table:1.0",
            "style": "oasis:names:tc:opendocument:xmlns:style:1.0",
            "text": "oasis:names:tc:opendocument:xmlns:text:1.0",
            "calcext": "org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0",
        }.items()
    )
    styles = "".join(
        f'<style:style style:name="{name}" style:family="table"><style:table-properties table:display="{shown}"/>'
        "</style:style>"
        for name, shown in (("ta1", "true"), ("ta2", "false"))
    )
    told = "".join(
        f'<table:table table:name="{name}" table:style-name="{"ta2" if name == hidden else "ta1"}">{content}'
        "</table:table>"
        for name, content in sheets.items()
    )
    with ZipFile(path, "w", ZIP_DEFLATED) as file:
        file.writestr("content.xml", f"<office:document-content {spaces}>{styles}{told}</office:document-content>")
    return path
