"""The page about the guarantee: which books leave a unit or a group of units worse off than it would be alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.credit import Choice, Looking, currency_choices, period_choices, section_of
from noline.doors.console.credit_words import BOOKS, credit_path, guarantee_path, unit_name
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.periods import Period
from noline.doors.console.wording import Row

_FAIR = "fair"
_MOST_NAMES = 4
_COUNTABLE = 10**9
"""More groups than this are told in words."""


@dataclass(frozen=True, slots=True)
class Short:
    """A group that is worse off, and by how much."""

    names: str
    short: str


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit in one kind of books, in minor units; nucleolus is None where it is not told."""

    name: str
    credit: int
    floor: int
    headroom: int
    nearest: int
    nucleolus: int | None


@dataclass(frozen=True, slots=True)
class Books:
    """One kind of books held against the guarantee.

    violated: groups that are worse off; None where only the worst were looked for. of: how many groups there are, in
    words. subsidy: what, put in, would heal it; moved: what, given to other units, would.
    """

    id: str
    name: str
    sentence: str
    holds: bool
    violated: int | None
    of: str
    below: int
    worst: tuple[Short, ...]
    subsidy: str
    units: tuple[Standing, ...]
    why_no_nucleolus: str

    @property
    def nearest(self) -> bool:
        """Whether a split is told that would heal these books."""
        return not self.holds

    @property
    def nucleolus(self) -> bool:
        """Whether the nucleolus is told."""
        return any(one.nucleolus is not None for one in self.units)


@dataclass(frozen=True, slots=True)
class GuaranteePage:
    """Every kind of books, ours first."""

    sentence: str
    currency: str
    books: tuple[Books, ...]
    currencies: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    period_words: str
    back: str
    counted: Mapping[str, Counted]


def guarantee(
    *,
    told: Row,
    books: Mapping[str, Row],
    months: Iterable[Period] = (),
    looking: Looking,
    counted: Mapping[str, Row],
) -> GuaranteePage:
    """The page about the guarantee.

    told: `answers.credit.units`, for the currencies. books: `answers.credit.guarantee` by kind of books.
    """
    section = section_of(told, looking.currency)
    currency = str(section["currency"]) if section else looking.currency
    at = Looking(currency, looking.period, looking.method)
    shown = tuple(_books(kind, books[kind], currency) for kind in BOOKS if kind in books)
    return GuaranteePage(
        sentence=_sentence(shown),
        currency=currency,
        books=shown,
        currencies=tuple(currency_choices(told, currency, lambda one: guarantee_path(**looking.query(currency=one)))),
        periods=tuple(period_choices(months, looking)),
        period_words=looking.period.words,
        back=credit_path(**at.query()),
        counted=counted_of(counted),
    )


def _sentence(books: Sequence[Books]) -> str:
    ours = next((one for one in books if one.id == _FAIR), None)
    if ours is None:
        return "Nothing was sold in this time, so nothing can be broken."
    kept = (
        f"As earned, no unit and no group of units is worse off than alone: none of {ours.of} groups"
        if ours.holds
        else f"As earned, {_how_many(ours)} of {ours.of} groups are worse off than alone"
    )
    today = next((one for one in books if one.id == "today"), None)
    if today is None:
        return f"{kept}."
    if today.holds:
        return f"{kept}; in today’s books none either."
    return f"{kept}; in today’s books {_how_many(today)} {'is' if today.violated == 1 else 'are'}."


def _how_many(books: Books) -> str:
    return "some" if books.violated is None else wording.count(books.violated)


def _books(kind: str, row: Row, currency: str) -> Books:
    """One answer of `answers.credit.guarantee` as a person reads it."""
    units = [_standing(one) for one in row["units"]]
    names = {one["unit"]: unit_name(one) for one in row["units"]}
    groups = _many(row["groups"])
    subsidy, moved = (wording.money(row[f"{name}_minor"], currency) for name in ("subsidy", "moved"))
    return Books(
        id=kind.replace(" ", "-"),
        name=BOOKS[kind],
        sentence=_verdict(row, groups, subsidy, moved),
        holds=row["holds"],
        violated=row["violated"],
        of=groups,
        below=sum(one.headroom < 0 for one in units),
        worst=tuple(
            Short(_group(one["units"], names), wording.money(one["short_minor"], currency)) for one in row["worst"]
        ),
        subsidy="" if row["holds"] else subsidy,
        units=tuple(sorted(units, key=lambda one: one.headroom)),
        why_no_nucleolus=row["why_no_nucleolus"] or "",
    )


def _verdict(row: Row, groups: str, subsidy: str, moved: str) -> str:
    units = wording.plural(len(row["units"]), "unit", "units")
    if not row["rows"]:
        return "There is no order by which these books could be judged."
    if row["holds"]:
        return f"Of {groups} groups of {units}, none makes more with the orders for which it needs nobody else."
    many = "some" if row["violated"] is None else wording.count(row["violated"])
    return (
        f"Of {groups} groups of {units}, {many} would have made more with the orders for which they needed nobody "
        f"else. {subsidy} put in would mend it, or {moved} given to other units than now."
    )


def _standing(row: Row) -> Standing:
    return Standing(
        name=unit_name(row),
        credit=row["credit_minor"],
        floor=row["floor_minor"],
        headroom=row["headroom_minor"],
        nearest=row["nearest_minor"],
        nucleolus=row["nucleolus_minor"],
    )


def _group(units: Sequence[str], names: Mapping[str, str]) -> str:
    """A group of units by name; of a large one the first few and how many more."""
    told = [names.get(one, one) for one in units]
    more = len(told) - _MOST_NAMES
    return ", ".join(told[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _many(number: int | None) -> str:
    if number is None:
        return "very many"
    return wording.count(number) if number < _COUNTABLE else f"{number / 10**9:,.0f} thousand million"
