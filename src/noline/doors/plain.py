"""Values as JSON and CSV know them."""

import csv
import dataclasses
import io
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


def plain(value: Any) -> Any:
    """Structs, dataclasses and named tuples as objects, bytes as text, anything odd as its text."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    named = _named(value)
    if named is not None:
        return {name: plain(one) for name, one in named.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return str(value)


def _named(value: Any) -> dict[str, Any] | None:
    """The parts of a value that have names; None when they have none."""
    if isinstance(value, Mapping):
        return {str(name): one for name, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return value._asdict()
    if isinstance(value, msgspec.Struct):
        return {name: getattr(value, name) for name in value.__struct_fields__}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    return None


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as CSV with a header. A cell that a spreadsheet would run as a formula is quoted with an apostrophe."""
    target = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(target)
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in rows])
    return target.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return msgspec.json.encode(value).decode()
    return "'" + value if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value
