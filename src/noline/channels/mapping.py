"""How the columns of somebody's file become the words of the tracking contract, as a file a person can correct.

`mapping.toml` is written beside an import and read again by the next one.
"""

import json
import tomllib
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from noline.kernel.errors import FileNotUnderstood, SettingUnknown, SettingWrong

MEANINGS = (
    "person_id", "anonymous_id", "email", "phone", "loyalty_id", "person_name", "first_name", "last_name",
    "time", "time_of_day", "channel", "event", "message_id", "order_id", "sku", "product_name", "quantity", "price",
    "amount", "currency", "store_id", "country", "rating", "coupon_id", "campaign_id",
)  # fmt: skip
"""What a column can be. A column that is none of these is kept as a property under its own name."""

IDENTIFY = "identify"
"""What a row is when it describes a person instead of telling what happened."""

_CHOICES = {
    "format": ("table", "segment"),
    "decimal": (".", ","),
    "one_message_per": ("row", "order"),
    "amount_of": ("line", "order"),
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one kind of file.

    columns: for each meaning the column that carries it.
    format: `table`, or `segment` when the lines already are messages of the contract.
    sheet: which one of a spreadsheet; empty is the first.
    event: what a row tells when no column says so; `identify` for a list of people; empty when nobody knows yet.
    channel: where it happened when no column says so.
    decimal: the decimal sign of amounts.
    time_format: `iso`, `epoch_s`, `epoch_ms`, `epoch_us`, or a pattern of strptime.
    time_zone: of times that carry no offset.
    one_message_per: `order` puts all lines of an order into one message.
    amount_of: whether the amount of a line is that of the line, or of its whole order.
    events, channels: what the values of those two columns mean; others are taken as they are.
    notes: what the guess was not sure of. rows: the first rows of the file. Neither is saved.
    """

    columns: dict[str, str]
    format: str = "table"
    sheet: str = ""
    event: str = ""
    channel: str = "import"
    currency: str = ""
    country: str = ""
    decimal: str = "."
    time_format: str = "iso"
    time_zone: str = "UTC"
    one_message_per: str = "row"
    amount_of: str = "line"
    events: dict[str, str] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = field(default=(), compare=False)
    rows: tuple[dict[str, Any], ...] = field(default=(), compare=False)

    def save(self, path: Path) -> None:
        """Write it as `mapping.toml`."""
        path.write_text(self.as_toml(), encoding="utf-8")

    def as_toml(self) -> str:
        """The text of `mapping.toml`."""
        lines = ["# How the file is read. Correct what is wrong, then import with --mapping."]
        lines += [f"{key} = {_quoted(getattr(self, key))}" for key in _TEXTS]
        for table in _TABLES:
            lines += ["", f"[{table}]"]
            lines += [f"{_quoted(name)} = {_quoted(value)}" for name, value in getattr(self, table).items()]
        return "\n".join(lines) + "\n"


_NOT_SAVED = ("notes", "rows")
_TABLES = ("columns", "events", "channels")
_TEXTS = tuple(one.name for one in fields(Mapping) if one.name not in (*_NOT_SAVED, *_TABLES))


def load(path: Path) -> Mapping:
    """Read a `mapping.toml`.

    Raises FileNotUnderstood when it is no TOML, SettingUnknown for a key or meaning that nothing reads, SettingWrong
    for a value that cannot be used.
    """
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as cause:
        raise FileNotUnderstood(path=path, why=str(cause)) from cause
    _known(told, (*_TEXTS, *_TABLES), path.name)
    for key, value in told.items():
        _checked(key, value)
    columns = told.get("columns", {})
    _known(columns, MEANINGS, f"[columns] of {path.name}")
    return Mapping(**{"columns": columns, **told})


def _known(told: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in told:
        if key not in known:
            raise SettingUnknown(key=key, where=where, nearest=get_close_matches(key, known, 1, 0)[0])


def _checked(key: str, value: object) -> None:
    if key in _TABLES:
        if not isinstance(value, dict) or not all(isinstance(one, str) for one in value.values()):
            raise SettingWrong(key=key, value=value, why="it is a table of texts")
        return
    if not isinstance(value, str):
        raise SettingWrong(key=key, value=value, why="it is a text")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise SettingWrong(key=key, value=value, why=f"it is one of {', '.join(_CHOICES[key])}")
    if key == "time_zone":
        _zone(value)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as cause:
        raise SettingWrong(key="time_zone", value=name, why="it is no zone such as Europe/Paris") from cause


def _quoted(text: str) -> str:
    """A basic string of TOML: JSON's, which leaves only DEL unescaped that TOML wants escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
