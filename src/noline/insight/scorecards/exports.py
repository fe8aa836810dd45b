"""A card as a file: CSV for a spreadsheet, Parquet for a program; and the registry as files of semantic layers."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from noline.insight.scorecards.metrics import Registry
from noline.insight.scorecards.model import Card, Row, ScorecardAskedWrong
from noline.insight.scorecards.semantic import Exported, cube, metricflow

if TYPE_CHECKING:
    import pyarrow as pa

TARGETS: dict[str, Callable[[Registry], Exported]] = {"metricflow": metricflow, "cube": cube}
"""What the registry can be written for."""

_TEXTS = ("metric", "unit", "channel", "country", "period", "currency", "programme", "why")
_WHOLE = ("numerator", "denominator")
_TRUTHS = ("too_few", "is_over")
_VALUES = ("value", "before")


def export(card: Card, path: Path) -> int:
    """Write a card, one line a number; answers how many lines. Raises ScorecardAskedWrong for another kind of file."""
    if path.suffix == ".csv":
        _write_csv(card, path)
    elif path.suffix == ".parquet":
        _write_parquet(card, path)
    else:
        raise ScorecardAskedWrong(why=f"{path.name} ends neither with .csv nor with .parquet")
    return len(card.rows)


def write_registry(registry: Registry, target: str, folder: Path) -> Exported:
    """Write the registry for another tool into a folder; answers what was written. Raises ScorecardAskedWrong."""
    if target not in TARGETS:
        raise ScorecardAskedWrong(why=f"{target} is none of {', '.join(TARGETS)}")
    found = TARGETS[target](registry)
    for name, text in found.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return found


def _write_csv(card: Card, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows([_safe(cell) for cell in row] for row in card.rows)


def _safe(cell: object) -> object:
    """A name that a spreadsheet would run as a formula is quoted with an apostrophe."""
    return "'" + cell if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def _write_parquet(card: Card, path: Path) -> None:
    """Amounts of money have columns of their own, so that they stay whole numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [(name, _kind(name)) for name in Row._fields]
    schema = pa.schema([*fields, *((f"{name}_minor", pa.int64()) for name in _VALUES)])
    pq.write_table(pa.Table.from_pylist([_cells(row) for row in card.rows], schema=schema), path)


def _cells(row: Row) -> dict[str, object]:
    cells = row._asdict()
    amounts = {f"{name}_minor": cells[name] if row.currency else None for name in _VALUES}
    return cells | amounts | (dict.fromkeys(_VALUES) if row.currency else {})


def _kind(name: str) -> "pa.DataType":
    import pyarrow as pa

    kinds = {
        **dict.fromkeys(_TEXTS, pa.string()),
        **dict.fromkeys(_WHOLE, pa.int64()),
        **dict.fromkeys(_TRUTHS, pa.bool_()),
    }
    return kinds.get(name, pa.float64())
