"""The statement of one unit: month by month, the orders it helped, its floor, and what if it stopped helping."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.credit import (
    Choice,
    Earned,
    Looking,
    Scale,
    WhatIf,
    currency_choices,
    earned,
    method_choices,
    period_choices,
    scale_of,
    section_of,
    what_if,
)
from noline.doors.console.credit_facts import caution_of
from noline.doors.console.credit_words import ACTS, credit_path, exact, method_words, order_path, unit_name, unit_path
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.periods import Period
from noline.doors.console.wording import Row

ON_A_PAGE = 20
"""So many orders are shown at once."""


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a unit."""

    words: str
    row: Earned


@dataclass(frozen=True, slots=True)
class Helped:
    """An order that the unit helped and another one sold."""

    order_id: str
    path: str
    time: str
    sold_by: str
    did: str
    minutes: int | None
    repaid: str
    shared: str
    came_back: bool


@dataclass(frozen=True, slots=True)
class UnitPage:
    """One unit; whole is None where it has nothing in this currency and time."""

    name: str
    path: str
    currency: str
    whole: Earned | None
    months: tuple[Month, ...]
    scale: Scale
    what_if: WhatIf | None
    helped: tuple[Helped, ...]
    first: int
    last: int
    earlier: str
    later: str
    currencies: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    methods: tuple[Choice, ...]
    method_words: str
    period_words: str
    caution: str
    back: str
    counted: Mapping[str, Counted]

    @property
    def has_floor(self) -> bool:
        """Whether it had anything alone, so that a picture has a floor to stand on."""
        return any(one.row.floor > 0 for one in self.months)


def unit(
    *,
    told: Row,
    orders: Sequence[Row] = (),
    months: Iterable[Period] = (),
    looking: Looking,
    offset: int = 0,
    counted: Mapping[str, Row],
) -> UnitPage:
    """The page of one unit.

    told: `answers.credit.unit`. orders: those that it helped behind `offset`, the latest first, one more than is shown.
    """
    name = str(told["unit"])
    section = section_of(told, looking.currency)
    currency = str(section["currency"]) if section else looking.currency
    at = Looking(currency, looking.period, looking.method)
    whole = earned(section["units"][0], currency, at) if section else None
    stopping = next((row for row in told["what_if"] if row["currency"] == currency), None)
    by_month = _months(told["by_month"], currency, at)
    shown = tuple(_helped(row, at) for row in orders[:ON_A_PAGE])
    last = offset + len(shown)
    return UnitPage(
        name=unit_name(told),
        path=unit_path(name),
        currency=currency,
        whole=whole,
        months=by_month,
        scale=scale_of(one.row for one in by_month),
        what_if=what_if(stopping, at) if stopping and stopping["orders_helped"] else None,
        helped=shown,
        first=offset + 1,
        last=last,
        earlier=_portion(name, at, last) if len(orders) > ON_A_PAGE else "",
        later=_portion(name, at, max(0, offset - ON_A_PAGE)) if offset else "",
        currencies=tuple(currency_choices(told, currency, lambda one: unit_path(name, **looking.query(currency=one)))),
        periods=tuple(period_choices(months, looking)),
        methods=tuple(method_choices(told, looking)),
        method_words=method_words(str(told["method"])),
        period_words=looking.period.words,
        caution=caution_of(told["facts"]),
        back=credit_path(**at.query()),
        counted=counted_of(counted),
    )


def _months(sections: Sequence[Row], currency: str, looking: Looking) -> tuple[Month, ...]:
    """The months of one currency, the latest first."""
    rows = [row for one in sections if one["currency"] == currency for row in one["units"]]
    rows.sort(key=lambda row: str(row["month"]), reverse=True)
    return tuple(Month(wording.month(row["month"]), earned(row, currency, looking)) for row in rows)


def _helped(row: Row, looking: Looking) -> Helped:
    currency = row["currency"]
    return Helped(
        order_id=row["order_id"],
        path=order_path(row["order_id"], method=looking.method),
        time=wording.minute(wording.instant(row["placed_at"])),
        sold_by=unit_name({"unit": row["captured_by"], "name": row["captured_name"]}),
        did=", ".join(ACTS.get(act, act) for act in row["acts"]),
        minutes=row["minutes"],
        repaid=exact(row["repaid_minor"], currency),
        shared=exact(row["shared_minor"], currency),
        came_back=row["returns"] > 0,
    )


def _portion(name: str, looking: Looking, offset: int) -> str:
    return unit_path(name, **looking.query(offset=str(offset) if offset else "")) + "#helped-heading"
