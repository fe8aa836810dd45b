"""Who somebody is: for each attribute the value that stands, who told it, and what else was told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from noline.doors.console import naming, wording
from noline.doors.console.wording import Row

_ADDRESS = ("address.street", "address.postalCode", "address.city", "address.state", "address.country")
_FIRST = ("name", "firstName", "lastName", "email", "phone", "address", "birthday", "company")
_ALSO_NAMES = ("firstName", "lastName")


@dataclass(frozen=True, slots=True)
class Telling:
    """One source that told a value. seq: the record in which it last did; None when that is not in the log any more."""

    label: str
    value: str
    stands: bool
    source: str
    trust: str
    first: str
    last: str
    of: str
    seq: int | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about somebody. others: how many other values were told."""

    label: str
    value: str
    told: str
    others: int
    tellings: tuple[Telling, ...]


def facts_of(attributes: Sequence[Row]) -> tuple[Fact, ...]:
    """What is known of somebody, the most useful first; the parts of an address stand in one line."""
    by_name = {row["name"]: row for row in attributes}
    address = [by_name[name] for name in _ADDRESS if name in by_name]
    lines = {name: _fact(naming.attribute(name), row["value"], [row]) for name, row in by_name.items()
             if not name.startswith("address.") or name not in _ADDRESS}  # fmt: skip
    if address:
        whole = _fact("Address", address_of(by_name), address)
        lines["address"] = replace(whole, tellings=_together(whole.tellings))
    rank = {name: at for at, name in enumerate(_FIRST)}
    if "name" in lines or all(name in lines for name in _ALSO_NAMES):
        lines = _with_whole_name(lines, by_name)
    return tuple(lines[name] for name in sorted(lines, key=lambda name: (rank.get(name, len(rank)), name)))


def address_of(by_name: dict[str, Row]) -> str:
    """An address in one line, as far as it is known."""
    told = {name: str(by_name[name]["value"]) for name in _ADDRESS if name in by_name}
    town = " ".join(told[name] for name in ("address.postalCode", "address.city") if name in told)
    parts = (told.get("address.street"), town, told.get("address.state"), told.get("address.country"))
    return ", ".join(part for part in parts if part)


def _together(tellings: Sequence[Telling]) -> tuple[Telling, ...]:
    """Parts that one source told at one time as one telling."""
    same: dict[Telling, list[str]] = {}
    for one in tellings:
        same.setdefault(replace(one, label="", value=""), []).append(one.value)
    return tuple(replace(one, value=", ".join(values)) for one, values in same.items())


def _with_whole_name(lines: dict[str, Fact], by_name: dict[str, Row]) -> dict[str, Fact]:
    """First and last name in the line of the whole name."""
    parts = [by_name[name] for name in ("name", *_ALSO_NAMES) if name in by_name]
    halves = " ".join(str(by_name[name]["value"]) for name in _ALSO_NAMES if name in by_name)
    whole = str(by_name["name"]["value"]) if "name" in by_name else halves
    rest = {name: fact for name, fact in lines.items() if name not in _ALSO_NAMES}
    return rest | {"name": _fact("Name", whole, parts)}


def _fact(label: str, value: str, rows: Sequence[Row]) -> Fact:
    newest = max(rows, key=lambda row: row.get("told_at") or "")
    several = len(rows) > 1
    tellings = tuple(
        _telling(naming.attribute(row["name"]) if several else "", one, stands=key == "lineage")
        for row in rows
        for key in ("lineage", "others")
        for one in row.get(key) or ()
    )
    others = {(telling.label, telling.value) for telling in tellings if not telling.stands}
    told = f"{newest['source']}, {wording.day(wording.instant(newest.get('told_at')))}"
    return Fact(label, str(value), told, len(others), tellings)


def _telling(label: str, row: Row, *, stands: bool) -> Telling:
    of = row.get("told_of")
    return Telling(
        label=label,
        value=str(row["value"]),
        stands=stands,
        source=row["source"],
        trust=naming.trust(row.get("trust")),
        first=wording.day(wording.instant(row.get("first_at"))),
        last=wording.day(wording.instant(row.get("last_at"))),
        of=f"{naming.kind(of['namespace'])} {of['value']}" if of else "",
        seq=row.get("seq"),
    )
