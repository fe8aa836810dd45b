"""How customers move between channels, which kinds of them there are, and what the company can do, as tables."""

from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.wording import Row

ORDINALS = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
"""From the first order to which."""

CLASSES = {
    "single": "bought in one channel only",
    "multi": "bought in several channels, but no order crossed from one to another",
    "cross": "had an order that crossed from one channel to another",
    "omni": "crossed both ways, and was known in each",
}

_LEVELS = 6


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers who went one way. level: from 0 (none) to 6 (all), how dark the cell is."""

    persons: int
    share: float | None
    low: float | None
    high: float | None
    level: int


@dataclass(frozen=True, slots=True)
class Way:
    """Customers by the channel of their first order; every: all of them together."""

    name: str
    persons: int
    cells: tuple[Cell, ...]
    loss: Cell
    undecided: int
    every: bool


@dataclass(frozen=True, slots=True)
class Migration:
    """From the channel of the first order to that of the k-th. choices: words, address and whether it is shown."""

    ordinal: str
    names: tuple[str, ...]
    ways: tuple[Way, ...]
    words: str
    choices: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Customers of one class, each number with its interval."""

    name: str
    words: str
    persons: int
    share: float | None
    orders: str
    orders_range: str
    value: str
    value_range: str
    degree: str


@dataclass(frozen=True, slots=True)
class Capability:
    """One part of the company index; exists and works are None where they are not told."""

    name: str
    exists: bool | None
    evidence: str
    works: float | None
    low: float | None
    high: float | None
    of: str
    why: str


def migration_of(row: Row) -> Migration | None:
    """`answers.roles.migration` as a table; None without customers."""
    if not row["ways"]:
        return None
    k = row["k"]
    ways = [_way(one) for one in row["ways"]] + [_way(row["every"], every=True)]
    return Migration(
        ordinal=ORDINALS[k],
        names=tuple(wording.title(wording.channel(one)) for one in row["channels"]),
        ways=tuple(ways),
        words=_gap_words(row["median_gap_days"], ORDINALS[k]),
        choices=tuple((words, f"/channels?k={one}#migration-heading", one == k) for one, words in ORDINALS.items()),
    )


def _gap_words(gap_days: float | None, ordinal: str) -> str:
    if gap_days is None:
        return f"Nobody has placed a {ordinal} order yet."
    gap = wording.plural(round(gap_days), "day", "days")
    return (
        f"Shares of the customers whose first order is older than {gap}, the middle time to the {ordinal} order; the "
        "others still have time. The last row is what each row would be if the first channel did not matter."
    )


def _way(row: Row, *, every: bool = False) -> Way:
    return Way(
        name="All customers" if every else wording.title(wording.channel(row["first"])),
        persons=row["persons"],
        cells=tuple(_cell(one) for one in row["cells"]),
        loss=_cell(row["lost"]),
        undecided=row["undecided"],
        every=every,
    )


def _cell(row: Row) -> Cell:
    return Cell(row["cases"], row["share"], row["low"], row["high"], level(row["share"]))


def level(share: float | None) -> int:
    """How dark the cell of a share is: 0 for none, 6 for more than five sixths."""
    return 0 if not share else min(_LEVELS, 1 + int(share * _LEVELS))


def groups_of(row: Row) -> tuple[Group, ...]:
    """`answers.roles.customers` as rows."""
    return tuple(_group(one, row["currency"]) for one in row["classes"])


def _group(row: Row, currency: str) -> Group:
    orders, degree = row["orders_mean"], row["degree"]
    mean, low, high = (row[f"value_mean{end}_minor"] for end in ("", "_low", "_high"))
    return Group(
        name=wording.title(row["name"]),
        words=CLASSES[row["name"]],
        persons=row["persons"]["cases"],
        share=row["persons"]["share"],
        orders=_decimal(orders["value"]),
        orders_range=_between(orders),
        value=wording.UNKNOWN if mean is None else wording.money(mean, currency),
        value_range=wording.money_interval(low, high, currency) if low is not None and high is not None else "",
        degree=_decimal(degree["value"]),
    )


def _decimal(value: float | None) -> str:
    return wording.UNKNOWN if value is None else f"{value:.2f}"


def _between(row: Row) -> str:
    if row["low"] is None or row["high"] is None:
        return ""
    return f"{row['low']:.2f}{wording.SPACE}–{wording.SPACE}{row['high']:.2f}"


def capabilities_of(row: Row) -> tuple[Capability, ...]:
    """`answers.roles.index` as rows, what exists first, and of that what works worst."""
    told = [_capability(one) for one in row["parts"]]
    return tuple(sorted(told, key=_worst_first))


def _worst_first(one: Capability) -> tuple[int, float]:
    return ({True: 0, False: 1, None: 2}[one.exists], 2.0 if one.works is None else one.works)


def _capability(row: Row) -> Capability:
    works = row["works"]
    told = works is not None and works["share"] is not None
    return Capability(
        name=row["words"],
        exists=row["exists"],
        evidence=f"{wording.plural(row['evidence'], 'case', 'cases')}" if row["evidence"] else "",
        works=works["share"] if told else None,
        low=works["low"] if told else None,
        high=works["high"] if told else None,
        of=f"{wording.count(works['cases'])} of {wording.count(works['of'])}" if told else "",
        why=row["why"] or "",
    )


@dataclass(frozen=True, slots=True)
class Account:
    """A business that orders for itself or to sell on."""

    name: str
    channels: str
    orders: int
    worth: str
    gap: str
    coming_back: str
    returned: str
    kept: str


def account_of(row: Row) -> Account:
    """A row of the accounts of `answers.roles.partners`."""
    gap = row["median_gap_days"]
    worth = [wording.money(one["value_minor"], one["currency"]) for one in row["baskets"]]
    return Account(
        name=row["account"],
        channels=", ".join(wording.channel(one) for one in row["channels"]),
        orders=row["orders"],
        worth=" and ".join(worth) or wording.UNKNOWN,
        gap=wording.plural(round(gap), "day", "days") if gap is not None else wording.UNKNOWN,
        coming_back=_part(row["coming_back"]),
        returned=_part(row["returned"]),
        kept=_part(row["convenience"]),
    )


def _part(row: Row) -> str:
    if row["share"] is None:
        return wording.UNKNOWN
    return f"{wording.count(row['cases'])} of {wording.count(row['of'])}"


def index_words(row: Row) -> str:
    """The company index in one sentence."""
    exist = f"{row['exist']} of {wording.plural(row['of'], 'capability', 'capabilities')} that could be told exist"
    if row["works"] is None:
        return f"{exist}; how well they work cannot be told."
    return (
        f"{exist}. Over the {wording.count(row['measured'])} of them that can be measured, they work in "
        f"{wording.percent(row['works'])} of cases: the mean of their shares, each counting alike."
    )
