"""`noline match`: who is whom, and who lives together, in any table of people."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.sheets import SHEET, as_table
from noline.doors.cli.talk import say, show

if TYPE_CHECKING:
    from noline.insight.matching.service import Matched, Plan

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("match")
@click.argument("records", type=_FILE)
@SHEET
@click.option("--id", "id_column", help="The column with one id for each row; the row's number when none is named.")
@click.option("--map", "mapping_file", type=_FILE, help="Which column means what, in [columns] of a TOML file.")
@click.option(
    "--out", type=_FILE, help="Where record_id, person_id, household_id and score go (.parquet, .csv, .ndjson)."
)
@click.option("--pairs", "pairs_out", type=_FILE, help="Where the scored pairs go.")
@click.option("--model", "model_out", type=_FILE, help="Where the fitted model goes, as JSON.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Probability from which two records are one person.",
)
@click.option("--explain", help="A,B: why these two records are, or are not, one person.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def match_people(  # noqa: PLR0917  click hands them over by name
    records: Path, sheet: str, id_column: str | None, mapping_file: Path | None, out: Path | None,
    pairs_out: Path | None, model_out: Path | None, threshold: float | None, explain: str | None, threads: int,
    as_json: bool,
) -> None:  # fmt: skip
    """Find the people and households in RECORDS (Parquet, CSV, NDJSON, a spreadsheet), without labels.

    The columns are guessed and shown; a mapping names them. Nothing but names, dates, addresses, phones, e-mails and
    numbers of a person is read: never a column that may hold the answer.
    """
    from noline.insight.matching import files, service

    asked = _two(explain)
    with as_table(records, sheet) as readable:
        table, column = service.with_ids(files.read(readable), id_column)
    mapping = files.mapping_of(mapping_file) if mapping_file else None
    found = service.match(table, id_column=column, mapping=mapping, threads=threads, threshold=threshold)
    for path, content in ((out, found.people), (pairs_out, found.pairs)):
        if path is not None:
            files.write(content, path)
    if model_out is not None:
        model_out.write_text(found.model_json(), "utf-8")
    told: dict[str, Any] = {"plan": found.plan.as_data()}
    if asked is not None:
        told["explained"] = found.explain(*asked)
    if as_json:
        show(told, as_json=True)
        return
    _tell(found.plan)
    if asked is not None:
        _waterfall(found, *asked)


def _two(explain: str | None) -> tuple[str, str] | None:
    if explain is None:
        return None
    one, comma, other = explain.partition(",")
    if not comma or not one.strip() or not other.strip():
        raise click.BadParameter("two record ids with a comma between them", param_hint="--explain")
    return one.strip(), other.strip()


def _tell(plan: "Plan") -> None:
    for column, meaning in plan.columns.items():
        say(f"  {column}  is  {meaning}")
    if plan.unread:
        say(f"  not read: {', '.join(plan.unread)}")
    for note in plan.notes:
        say(f"  note: {note}")
    for rule in plan.rules:
        say(f"  compared if equal in {rule}: {rule.pairs:,} pairs, groups of up to {rule.largest}")
    show(
        {
            "rows": plan.rows,
            "pairs compared": plan.pairs_compared,
            "people": plan.people,
            "households": plan.households,
            "household head": f"{'on' if plan.household_head else 'off'} ({plan.household_share:.1%} of likely pairs)",
            "one person from": f"{plan.cut:.0%} on",
            "sources that name each person once": ", ".join(plan.sources_alone) or "none",
            "expected precision": f"{plan.expected_precision:.1%}",
            "expected recall": f"{plan.expected_recall:.1%}",
        },
        as_json=False,
    )


def _waterfall(found: "Matched", one: str, other: str) -> None:
    told = found.explain(one, other)
    say("")
    click.echo(told["sentence"])
    show(told["reasons"], as_json=False, columns=("field", "words", "weight"))


COMMANDS = {"match": match_people}
