"""The page of credit: what each unit has in today's books and what it earned, those that are worse off first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from noline.doors.console import wording
from noline.doors.console.credit_facts import caution_of, facts_of
from noline.doors.console.credit_words import (
    credit_path,
    guarantee_path,
    method_words,
    signed,
    unit_name,
    unit_path,
    worked,
)
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.periods import EVER, Period
from noline.doors.console.wording import Row

MOST_EDGES = 8
"""So many hand-offs are shown, those worth most."""

_NEAREST, _FARTHEST = 1.5, 3.0
"""The shortest and the longest axis of multiples of what a unit would have alone."""


@dataclass(frozen=True, slots=True)
class Looking:
    """What an address asks for: a currency ("" for the largest), a period, a method ("" as the hub has it)."""

    currency: str = ""
    period: Period = EVER
    method: str = ""

    def query(self, **more: str) -> dict[str, str]:
        """The same as the parts of a query."""
        period = "" if self.period is EVER else self.period.name
        return {"currency": self.currency, "period": period, "method": self.method, **more}


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be chosen, by the value an address has and the words a person reads."""

    value: str
    words: str
    chosen: bool
    path: str = ""


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of multiples of what a unit would have alone, from nothing to `top`, on which every floor is at 1."""

    top: float

    @property
    def floor(self) -> float:
        """The place of every floor, in percent of the width."""
        return round(100 / self.top, 2)

    def x(self, amount_minor: int, floor_minor: int) -> float:
        """The place of an amount, in percent of the width; what lies beyond an end stands at that end."""
        return round(min(100.0, max(0.0, 100 * amount_minor / floor_minor / self.top)), 2)


@dataclass(frozen=True, slots=True)
class Earned:
    """What one unit has in today's books and what it earned, in minor units of one currency.

    floor: what it would have alone. headroom: today and as earned, above that floor.
    """

    unit: str
    name: str
    path: str
    currency: str
    captured: int
    helped: int
    minutes: int
    spent: int
    repaid: int
    shared: int
    assist: int
    borne: int
    today: int
    fair: int
    floor: int
    headroom_today: int
    headroom_fair: int
    after_fixed: int | None
    after_pools: int | None

    @property
    def change(self) -> int:
        """How much more the unit has as earned than in today's books."""
        return self.fair - self.today

    @property
    def starved(self) -> bool:
        """Whether today's books leave the unit less than it would have alone."""
        return self.headroom_today < 0

    @property
    def sells(self) -> bool:
        """Whether the unit took orders itself; a depot does not."""
        return self.captured > 0

    @property
    def work(self) -> str:
        """The time the unit worked."""
        return worked(self.minutes) if self.minutes else "no work"

    @property
    def sentence(self) -> str:
        """Why the unit is worse off today, in words."""
        lost = wording.money(-self.headroom_today, self.currency)
        others = f"{wording.plural(self.helped, 'order', 'orders')} that others sold"
        if not self.sells:
            return f"sells nothing itself; today’s books do not pay {lost} of its work, {self.work} on {others}."
        why = f": it worked {self.work} and helped with {others}" if self.helped else ""
        return f"earns {lost} less in today’s books than it would alone{why}."

    @property
    def mended(self) -> str:
        """How the unit stands above its floor as earned."""
        if self.headroom_fair == 0:
            return "As earned it is paid back." if self.repaid else "As earned it has what it would have alone."
        amount = wording.money(abs(self.headroom_fair), self.currency)
        return f"As earned it is {amount} {'above' if self.headroom_fair > 0 else 'below'}."


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What a unit would have if it stopped helping: the change in today's books and as earned."""

    name: str
    path: str
    helped: int
    currency: str
    today: int
    fair: int

    @property
    def words(self) -> str:
        """Both changes in one line."""
        return f"today {signed(self.today, self.currency)}, as earned {signed(self.fair, self.currency)}"

    @property
    def lured(self) -> bool:
        """Whether today's books would thank the unit for helping nobody."""
        return self.today > 0


@dataclass(frozen=True, slots=True)
class Edge:
    """What one hand-off between two units is worth; an association."""

    sender: str
    receiver: str
    moves: int
    effect: float | None
    conversions: float
    value: str
    width: float


@dataclass(frozen=True, slots=True)
class CreditPage:
    """What every unit has, those below their floor first; amounts in `currency`.

    starved: of those that sell, who is below its floor today; unpaid: they all helped others. unpaid_work: who sells
    nothing and is not paid for its work today.
    baseline: what would have come anyway; total: what all of it adds up to. facts: what was read and what was left out.
    """

    empty: bool
    sentence: str
    currency: str
    unpaid: bool
    starved: tuple[Earned, ...]
    unpaid_work: tuple[Earned, ...]
    rows: tuple[Earned, ...]
    scale: Scale
    baseline: int
    total: int
    orders: int
    what_ifs: tuple[WhatIf, ...]
    edges: tuple[Edge, ...]
    edges_words: str
    currencies: tuple[Choice, ...]
    periods: tuple[Choice, ...]
    methods: tuple[Choice, ...]
    method_words: str
    period_words: str
    below_fair: int
    guarantee: str
    facts: tuple[tuple[str, str], ...]
    caution: str
    counted: Mapping[str, Counted]


def earned(row: Row, currency: str, looking: Looking) -> Earned:
    """One row of `answers.credit.units` as a person reads it."""
    return Earned(
        unit=row["unit"],
        name=unit_name(row),
        path=unit_path(row["unit"], **looking.query(currency=currency)),
        currency=currency,
        captured=row["orders_captured"],
        helped=row["orders_helped"],
        minutes=row["minutes"],
        spent=row["spent_minor"],
        repaid=row["repaid_minor"],
        shared=row["shared_minor"],
        assist=row["assist_minor"],
        borne=row["borne_minor"],
        today=row["today_minor"],
        fair=row["fair_minor"],
        floor=row["floor_minor"],
        headroom_today=row["headroom_today_minor"],
        headroom_fair=row["headroom_fair_minor"],
        after_fixed=row.get("after_fixed_minor"),
        after_pools=row.get("after_pools_minor"),
    )


def section_of(told: Row, currency: str) -> Row | None:
    """The part of an answer in one currency; that with the most orders where none is named; None without any."""
    sections: Sequence[Row] = told["currency_sections"]
    named = [one for one in sections if one["currency"] == currency]
    if currency:
        return named[0] if named else None
    return max(sections, key=_orders_of, default=None)


def _orders_of(section: Row) -> int:
    return sum(int(row["orders_captured"]) for row in section["units"])


def units(
    *,
    told: Row,
    what_ifs: Sequence[Row] = (),
    handoffs: Sequence[Row] = (),
    months: Iterable[Period] = (),
    looking: Looking,
    counted: Mapping[str, Row],
    handoff_words: str = "",
) -> CreditPage:
    """The page of all units.

    told: `answers.credit.units`. what_ifs: rows of `answers.credit.what_if` of those that help. handoffs:
    `answers.credit.handoffs`. months: periods that can be chosen.
    """
    section = section_of(told, looking.currency)
    currency = str(section["currency"]) if section else looking.currency
    at = Looking(currency, looking.period, looking.method)
    rows = _worst_first([earned(row, currency, at) for row in section["units"]] if section else [])
    return CreditPage(
        empty=not rows,
        sentence=told["sentence"],
        currency=currency,
        unpaid=all(row.helped for row in rows if row.starved and row.sells),
        starved=tuple(row for row in rows if row.starved and row.sells),
        unpaid_work=tuple(row for row in rows if row.starved and not row.sells),
        rows=rows,
        scale=scale_of(rows),
        baseline=section["baseline_minor"] if section else 0,
        total=section["total_minor"] if section else 0,
        orders=sum(row.captured for row in rows),
        what_ifs=tuple(what_if(one, at) for one in what_ifs if one["currency"] == currency),
        edges=tuple(_edges(handoffs)),
        edges_words=handoff_words,
        currencies=tuple(currency_choices(told, currency, lambda name: credit_path(**looking.query(currency=name)))),
        periods=tuple(period_choices(months, looking)),
        methods=tuple(method_choices(told, looking)),
        method_words=method_words(str(told["method"])),
        period_words=looking.period.words,
        below_fair=sum(row.headroom_fair < 0 for row in rows),
        guarantee=guarantee_path(**at.query()),
        facts=facts_of(told["facts"]),
        caution=caution_of(told["facts"]),
        counted=counted_of(counted),
    )


def _worst_first(rows: Sequence[Earned]) -> tuple[Earned, ...]:
    """Those that sell and are below their floor today first, the furthest at the top; then by what they earned."""
    return tuple(sorted(rows, key=lambda row: (row.sells and min(0, row.headroom_today), -row.fair, row.name)))


def scale_of(rows: Iterable[Earned]) -> Scale:
    """An axis that holds every row, but none beyond three times what it would have alone."""
    told = [amount / row.floor for row in rows if row.floor > 0 for amount in (row.today, row.fair)]
    return Scale(min(_FARTHEST, max(_NEAREST, *told, _NEAREST)))


def what_if(row: Row, looking: Looking) -> WhatIf:
    """One row of `answers.credit.what_if` as a person reads it."""
    return WhatIf(
        name=unit_name(row),
        path=unit_path(str(row["unit"]), **looking.query()),
        helped=row["orders_helped"],
        currency=row["currency"],
        today=row["today_change_minor"],
        fair=row["fair_change_minor"],
    )


def _edges(rows: Sequence[Row]) -> list[Edge]:
    shown = sorted(rows, key=lambda row: (-row["value_minor"], row["sender"], row["receiver"]))[:MOST_EDGES]
    most = max((row["value_minor"] for row in shown), default=0)
    return [
        Edge(
            sender=_side(row["sender"]),
            receiver=wording.channel(row["receiver"]),
            moves=row["moves"],
            effect=row["removal_effect"],
            conversions=row["conversions"],
            value=wording.money(row["value_minor"], row["currency"]),
            width=wording.part(row["value_minor"], most),
        )
        for row in shown
    ]


def _side(name: str) -> str:
    return wording.title(wording.channel(name))


def currency_choices(told: Row, chosen: str, path: Callable[[str], str]) -> list[Choice]:
    """The currencies of an answer, that with the most orders first."""
    sections = sorted(told["currency_sections"], key=_orders_of, reverse=True)
    return [
        Choice(one["currency"], one["currency"], one["currency"] == chosen, path(one["currency"])) for one in sections
    ]


def period_choices(offered: Iterable[Period], looking: Looking) -> list[Choice]:
    """The periods that can be chosen; the one chosen is always among them."""
    told = {one.name: one for one in (*offered, looking.period)}
    return [Choice(one.name, wording.title(one.words), one.name == looking.period.name) for one in told.values()]


def method_choices(told: Row, looking: Looking) -> list[Choice]:
    """The methods of an answer; that of the hub is chosen where the address names none."""
    chosen = looking.method or str(told["method"])
    return [Choice(one, wording.title(method_words(one)), one == chosen) for one in told["methods"]]


def helpers_of(told: Row, looking: Looking, most: int) -> list[str]:
    """The units of which the page says what stopping to help would do: those worse off first, then who helps most."""
    section = section_of(told, looking.currency)
    if section is None:
        return []
    rows = [earned(row, section["currency"], looking) for row in section["units"]]
    helping = sorted((row for row in rows if row.helped), key=attrgetter("helped"), reverse=True)
    first = sorted((row for row in helping if row.starved and row.sells), key=attrgetter("headroom_today"))
    return [row.unit for row in dict.fromkeys([*first, *helping])][:most]
