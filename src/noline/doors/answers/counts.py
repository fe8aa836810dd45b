"""Numbers for whoever may not see people: no row about a single person, and no cell that is nearly a name.

A cell that counts fewer than 5 people is None, and its row says `fewer_than: 5`; nobody at all is no secret. A cell
goes as well when it could be worked out: as the difference of two cells of its row that are still told (who arrived,
from who set out and who was lost), of two steps that follow each other, or, where one row of a list went, as what is
missing to the total. Differences between answers to several questions are not looked for.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

FEWEST = 5
"""A cell of fewer people than this is not told."""

_WHOLES: Mapping[str, tuple[str, ...]] = {
    "persons": ("at_risk", "persons_left"),
    "persons_left": (),
    "at_risk": (),
    "lost": ("decided", "own_view", "persons"),
    "decided": (),
    "own_view": ("persons",),
    "false_drop_offs": ("own_view",),
    "dropped": (),
    "false_dropped": ("dropped",),
    "cases": ("of", "persons"),
    "of": (),
    "rest_cases": ("rest_persons",),
    "rest_persons": (),
    "orders": (),
    "orders_captured": (),
    "numerator": ("denominator",),
    "denominator": (),
    "ended": ("at_risk",),
    "handoffs": (),
    "moves": (),
    "paths": (),
}
"""The cells that count people, or what single people did, each with the cells of its row that it is a part of.

Shares and amounts of a row rest on these: when one of them goes, so does every number of the row.
"""

_DETAILS: Mapping[str, tuple[str, ...]] = {
    "arrived": ("persons",),
    "arrived_decided": ("arrived",),
    "succeeded": ("arrived", "arrived_decided"),
    "lost_before_arrival": ("lost",),
    "lost_after_arrival": ("lost",),
    "undecided": ("persons",),
    "undecided_succeeded": ("undecided",),
    "undecided_after_arrival": ("undecided",),
    "attempts": (),
    "attempts_lost": ("attempts",),
    "attempts_undecided": ("attempts",),
    "declared": ("attempts",),
    "intents": (),
    "matched": ("persons",),
    "orders_helped": (),
    "taken_back": (),
    "orders_of_nobody_known": (),
    "orders_of_nobody": (),
    "still_open": (),
    "still_waiting": ("persons",),
}
"""Cells that are part of others of their row. As every number that is not said to count nobody, they go alone, with
the shares that are called after them."""

_NO_PEOPLE = frozenset(
    """
    rank k seq at_us fewer_than hour minutes rows groups violated exist measured lose_today oldest_days value
    leak_low leak_high received accepted duplicate conflict parked step limit offset
    """.split()
)
"""Whole numbers that count nobody: ranks, hours, parts of a calculation, messages of a source."""

_UNITS = ("_minor", "_us", "_days", "_percent")
"""Ends of names whose numbers are amounts, times and shares."""

_WRITTEN = frozenset({"note", "decided"})
"""What colleagues wrote down freely: it may name anybody."""

_RESTED_ON = ("persons", "before", "since", "baseline")
"""Rows in a row that all its other numbers rest on, and the words about them: an alert on what was before and since."""

_CHAINS: Mapping[str, str] = {"step": "persons", "at_us": "ended"}
"""Rows that follow each other, by a cell that such a row has: what the count is whose differences are cells too."""

_KEPT = frozenset({"rank", "k", "seq", "at_us", "fewer_than"})
_TELLING = frozenset({"words", "why", "why_no_leak", "why_no_effect"})
"""Sentences in which the numbers of a row may stand."""


def counts_only(told: Any) -> Any:
    """An answer without people and without small cells; what it explains under `counted` stays as it is.

    told: plain JSON. Rows about one person (`person` is their id) are left out of lists.
    """
    if isinstance(told, list):
        return _list([counts_only(one) for one in told if not _is_person(one)])
    if not isinstance(told, dict):
        return told
    row = {name: one if name == "counted" else counts_only(one) for name, one in told.items()}
    row |= {name: None for name in _WRITTEN if isinstance(row.get(name), str)}
    if _are_parts(row.get("parts")):
        row["parts"] = _parted(row["parts"])
    return _row(row)


def shown_only(told: Any) -> Any:
    """The same without the rows that went, for pages, which say so once; what is no row of a list stays."""
    if isinstance(told, list):
        return [shown_only(one) for one in told if not _has_gone(one)]
    if not isinstance(told, dict):
        return told
    return {name: shown_only(one) for name, one in told.items()}


def is_small(count: object) -> bool:
    """Whether a cell counts somebody, and so few that it is nearly a name."""
    return isinstance(count, int) and not isinstance(count, bool) and 0 < count < FEWEST


def _row(row: Json) -> Json:
    if _tells_few(row):
        return gone(row)
    small = [name for name in row if _may_count_people(name) and _is_told_small(row, name, _DETAILS.get(name, ()))]
    if not small:
        return row
    hidden = {name for name in row if name in small or name.startswith(tuple(f"share_{one}" for one in small))}
    return {**{name: None if name in hidden else one for name, one in row.items()}, "fewer_than": FEWEST}


def _may_count_people(name: str) -> bool:
    """Any whole number may that is not known to count something else, so a new cell is hidden before it is listed."""
    return name not in _NO_PEOPLE and not name.endswith(_UNITS)


def _tells_few(row: Json) -> bool:
    return any(_has_gone(row.get(name)) for name in _RESTED_ON) or any(
        _is_told_small(row, name, wholes) for name, wholes in _WHOLES.items()
    )


def _is_told_small(row: Json, name: str, wholes: Iterable[str]) -> bool:
    """Whether a cell is small, or what is left of a cell that it is a part of."""
    count = row.get(name)
    if not isinstance(count, int):
        return False
    parents = [row.get(whole) for whole in wholes]
    return is_small(count) or any(is_small(parent - count) for parent in parents if isinstance(parent, int))


def _list(rows: list[Any]) -> list[Any]:
    chain = next((name for name in _CHAINS if rows and isinstance(rows[0], dict) and name in rows[0]), None)
    return rows if not _are_rows(rows) else _chained(rows, _CHAINS[chain]) if chain else _completed(rows)


def _are_rows(rows: Sequence[Any]) -> bool:
    return bool(rows) and all(isinstance(one, dict) for one in rows)


def _chained(rows: Sequence[Json], count: str) -> list[Json]:
    """Rows of which each tells how many came so far; one goes when it differs by few from the one told before it."""
    told: list[Json] = []
    last: dict[str, int] = {}
    for row in rows:
        of, here = str(row.get("end", "")), row.get(count)
        near = isinstance(here, int) and of in last and is_small(abs(here - last[of]))
        told.append(gone(row) if near else row)
        if isinstance(here, int) and not near:
            last[of] = here
    return told


def _completed(rows: list[Json]) -> list[Json]:
    """Rows that may add up to a total: where a row or a detail went alone, the smallest other one goes too.

    This is complementary suppression: L. H. Cox, Suppression methodology and statistical disclosure control, JASA 75
    (1980), for tables of one dimension.
    """
    told = _with_rows_completed(rows)
    for name in {name: None for row in told if "fewer_than" in row for name, one in row.items() if one is None}:
        if _may_count_people(name):
            told = _with_cells_completed(told, name)
    return told


def _with_cells_completed(rows: list[Json], name: str) -> list[Json]:
    """A detail that went from one row alone is what is missing to the total of that detail."""
    sizes = {at: row[name] for at, row in enumerate(rows) if _is_count(row.get(name)) and row[name]}
    if len(rows) - len(sizes) - sum(row.get(name) == 0 for row in rows) != 1 or not sizes:
        return rows
    smallest = min(sizes, key=lambda at: sizes[at])
    return [_without(row, name) if at == smallest else row for at, row in enumerate(rows)]


def _without(row: Json, name: str) -> Json:
    """A row without a detail and the shares that are called after it."""
    kept = {key: None if key == name or key.startswith(f"share_{name}") else one for key, one in row.items()}
    return {**kept, "fewer_than": FEWEST}


def _is_count(told: object) -> bool:
    return isinstance(told, int) and not isinstance(told, bool)


def _with_rows_completed(rows: list[Json]) -> list[Json]:
    """Where one row alone went, it is missing to the total."""
    if sum(_has_gone(row) for row in rows) != 1:
        return rows
    sizes = {at: size for at, row in enumerate(rows) if not _has_gone(row) and (size := _size(row))}
    smallest = min(sizes, key=lambda at: sizes[at], default=None)
    return [gone(row) if at == smallest else row for at, row in enumerate(rows)]


def _are_parts(told: object) -> bool:
    return isinstance(told, dict) and all(isinstance(one, list) for one in told.values())


def _parted(parts: Mapping[str, list[Json]]) -> dict[str, list[Json]]:
    """The same steps of each part of the people: of each step the parts may add up to the step of everybody."""
    steps = [_completed(list(rows)) for rows in zip(*parts.values(), strict=True)]
    return {name: [rows[at] for rows in steps] for at, name in enumerate(parts)}


def _size(row: Json) -> int:
    found = (row.get(name) for name in ("persons", *_WHOLES))
    return next((count for count in found if isinstance(count, int)), 0)


def gone(row: Json) -> Json:
    """A row of which its names alone are told."""
    told = {name: one if name in _KEPT or name == "counted" else _unnumbered(name, one) for name, one in row.items()}
    marks = {name: True for name in ("hidden", "too_few") if name in row}
    return {**told, **marks, "fewer_than": FEWEST}


def _unnumbered(name: str, told: Any) -> Any:
    if isinstance(told, dict):
        return gone(told) if told else told
    if isinstance(told, list):
        return [_unnumbered(name, one) for one in told]
    is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
    return None if is_number or name in _TELLING else told


def _has_gone(row: object) -> bool:
    """Whether nothing is told of a row; one that only lost a detail is told still."""
    return isinstance(row, dict) and "fewer_than" in row and not any(isinstance(row.get(name), int) for name in _WHOLES)


def _is_person(one: object) -> bool:
    return isinstance(one, dict) and isinstance(one.get("person"), str)
