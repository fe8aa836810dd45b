"""How one hub is set up: `noline.toml` in its folder, overridden by `NOLINE_*` in the environment."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from noline.kernel.errors import SettingUnknown, SettingWrong

FILE_NAME = "noline.toml"

# No variable of the environment holds one of these.
_TABLES = ("rates", "identity", "shopify", "stock", "sourcing", "credit", "counter")


@dataclass(frozen=True, slots=True)
class Settings:
    """One hub's settings.

    store: `sqlite` (a file in the hub's folder) or `postgresql://user:password@host/database`.
    company: the name shown in the console.
    currency: ISO 4217 code in which the company reports; amounts without a currency are read as this one.
    rates: units of `currency` for one unit of another, as decimal text, used only to add up reports.
    drop_off_days: after this many days without a goal an intent counts as dropped.
    handoff_days: how long a declared hand-off may take when its message does not say.
    frictions: the file with the hub's own friction rules, in its folder; the usual one need not be there.
    identity: rules for names, `[identity.namespaces.NAME]`, in force once `noline customers rules --apply` was said.
    stock: what may be promised, `[stock]`, `[stock.channels.NAME]`, `[stock.locations.NAME]`.
    sourcing: what serving an order from a location costs and which may, `[sourcing]`.
    credit: what work and goods cost, and how what an order earns is shared, `[credit]`.
    counter: what is said and offered at the counter, `[counter]`, and the language model that may word it.
    shopify: shops that send webhooks or are sent some, `[shopify.NAME]`, each with its secret and its numbers.
    """

    store: str = "sqlite"
    company: str = "Your company"
    currency: str = "EUR"
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    drop_off_days: int = 14
    handoff_days: int = 30
    frictions: str = "frictions.toml"
    identity: Mapping[str, Any] = field(default_factory=dict)
    shopify: Mapping[str, Any] = field(default_factory=dict)
    stock: Mapping[str, Any] = field(default_factory=dict)
    sourcing: Mapping[str, Any] = field(default_factory=dict)
    credit: Mapping[str, Any] = field(default_factory=dict)
    counter: Mapping[str, Any] = field(default_factory=dict)


def load(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of a hub. Raises SettingUnknown and SettingWrong."""
    environment = os.environ if environment is None else environment
    path = folder / FILE_NAME
    told: dict[str, Any] = {}
    if path.exists():
        try:
            told = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as cause:
            raise SettingWrong(key=FILE_NAME, value=str(path), why=str(cause)) from cause
    names = [one.name for one in fields(Settings)]
    for key in told:
        if key not in names:
            raise SettingUnknown(key=key, where=FILE_NAME, nearest=_nearest(key, names))
    for name in names:
        if name not in _TABLES and (value := environment.get(f"NOLINE_{name.upper()}")) is not None:
            told[name] = value
    return Settings(**{key: _checked(key, value) for key, value in told.items()})


def write(folder: Path, values: Mapping[str, str], rates: Mapping[str, str]) -> None:
    """Write a new settings file with these values."""
    lines = ["# Settings of this hub; docs/settings.md explains each", *_lines(values)]
    if rates:
        lines += ["", "[rates]", *_lines(rates)]
    write_durably(folder / FILE_NAME, ("\n".join(lines) + "\n").encode())


def change(folder: Path, key: str, value: str) -> None:
    """Set one top-level text value, leaving the rest of the file as it is."""
    path = folder / FILE_NAME
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() != key]
    tables_start = next((i for i, line in enumerate(kept) if line.startswith("[")), len(kept))
    kept.insert(tables_start, f"{key} = {_quoted(value)}")
    write_durably(path, ("\n".join(kept) + "\n").encode())


def write_durably(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Put a whole file in its place: after a power cut there is the old one or the new one, never half of one."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _lines(values: Mapping[str, str]) -> list[str]:
    return [f"{key} = {_quoted(value)}" for key, value in values.items()]


def _checked(key: str, value: Any) -> Any:
    try:
        if key in ("drop_off_days", "handoff_days"):
            days = int(value)
            if not 1 <= days <= 3650:
                raise SettingWrong(key=key, value=value, why="it takes 1 to 3650 days")
            return days
        if key in ("identity", "shopify", "stock", "sourcing", "credit", "counter"):
            return dict(value)
        if key == "rates":
            return {str(code).upper(): Decimal(str(rate)) for code, rate in dict(value).items()}
    except (ValueError, TypeError, InvalidOperation) as cause:
        raise SettingWrong(key=key, value=value, why=str(cause) or "not a number") from cause
    if not isinstance(value, str) or not value:
        raise SettingWrong(key=key, value=value, why="it takes a text")
    if key == "currency" and not (len(value) == 3 and value.isalpha() and value.isupper()):
        raise SettingWrong(key=key, value=value, why="it takes an ISO 4217 code such as EUR")
    return value


def _nearest(key: str, names: list[str]) -> str:
    return (difflib.get_close_matches(key, names, n=1, cutoff=0) or names)[0]


def _quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
