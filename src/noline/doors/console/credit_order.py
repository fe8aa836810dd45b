"""One order opened: who did what for it, what that cost, and how what was left was shared, to the last minor unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from noline.doors.console import wording
from noline.doors.console.credit_words import ACTS, exact, method_words, order_path, unit_name, unit_path
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Act:
    """Something that a unit did for an order. after: how long after the act before."""

    unit: str
    path: str
    words: str
    time: str
    after: str
    minutes: str
    cost: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one unit has of an order and its returns; empty where it is nothing.

    result: as earned; today: in today's books. paid_only: it is paid for its work and takes no share. seller: it took
    the order.
    """

    name: str
    path: str
    spent: str
    repaid: str
    shared: str
    borne: str
    result: str
    today: str
    seller: bool
    paid_only: bool
    loses: bool


@dataclass(frozen=True, slots=True)
class Return:
    """Something that came back, or money that was given back without goods: what that took off, and who bears the rest.

    rest: what of the money is more than was left; empty where nothing is.
    """

    unit: str
    path: str
    time: str
    minutes: str
    value: str
    margin: str
    cost: str
    owner: str
    given_back: tuple[str, ...]
    rest: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """One order. steps: from what was paid to what was left, as words and amounts. story: the page of its goods."""

    order_id: str
    sentence: str
    time: str
    story: str
    acts: tuple[Act, ...]
    steps: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...]
    baseline: str
    total: str
    total_today: str
    returns: tuple[Return, ...]
    refunds: tuple[Return, ...]
    loss: str
    is_shared: bool
    method_words: str
    methods: tuple[tuple[str, str, bool], ...]
    counted: Mapping[str, Counted]


def order(*, row: Row, counted: Mapping[str, Row], story: str = "") -> OrderPage:
    """The page of one order; row: `answers.credit.order`. story: the page of its goods, where there is one."""
    currency = row["currency"]
    books = [*row["shares"], *(line for one in row["returns"] for line in one["shares"])]
    parts = _parts(books, row["captured_by"])
    baseline = row["baseline_minor"] + sum(one["baseline_minor"] for one in row["returns"])
    helpers = {one["unit"] for one in row["shares"] if one["taking"]} - {row["captured_by"]}
    return OrderPage(
        order_id=row["order_id"],
        sentence=_sentence(row, len(helpers)),
        time=wording.minute(wording.instant(row["placed_at"])),
        story=story,
        acts=tuple(_acts(row["acts"], currency)),
        steps=(
            ("paid by the customer", exact(row["value_minor"], currency)),
            ("left after tax and goods", exact(row["margin_minor"], currency)),
            ("paid back for work", exact(row["act_cost_minor"], currency)),
            ("left to share", exact(row["surplus_minor"], currency)),
        ),
        parts=tuple(_part(one, currency) for one in parts),
        baseline=exact(baseline, currency) if baseline else "",
        total=exact(sum(one.fair for one in parts) + baseline, currency),
        total_today=exact(sum(one.today for one in parts), currency),
        returns=tuple(_return(one, currency) for one in row["returns"] if one["goods"]),
        refunds=tuple(_return(one, currency) for one in row["returns"] if not one["goods"]),
        loss=_loss(parts, currency),
        is_shared=bool(helpers),
        method_words=method_words(row["method"]),
        methods=tuple(
            (wording.title(method_words(one)), order_path(row["order_id"], method=one), one == row["method"])
            for one in row["methods"]
        ),
        counted=counted_of(counted),
    )


def _sentence(row: Row, helpers: int) -> str:
    seller = unit_name({"unit": row["captured_by"], "name": row["captured_name"]})
    surplus = exact(abs(row["surplus_minor"]), row["currency"])
    if row["surplus_minor"] < 0:
        return f"{seller} sold this order at a loss of {surplus}; no helper bears any of it."
    if not helpers:
        return f"{seller} made this order alone and keeps all {surplus} that was left."
    helped = wording.plural(helpers, "other unit", "other units")
    return (
        f"{seller} sold this order, {helped} helped: everyone is paid back for the work, and the {surplus} that was "
        "left is shared."
    )


def _acts(rows: Sequence[Row], currency: str) -> list[Act]:
    times = [wording.instant(row["at"]) for row in rows]
    return [
        Act(
            unit=unit_name(row),
            path=unit_path(row["unit"]),
            words=ACTS.get(row["act"], row["act"]),
            time=wording.minute(time),
            after=wording.delay(before, time) if before else "",
            minutes=wording.plural(row["minutes"], "minute", "minutes") if row["minutes"] else "",
            cost=exact(row["cost_minor"], currency) if row["cost_minor"] else "",
        )
        for row, time, before in zip(rows, times, [None, *times], strict=False)
    ]


class _Sum(NamedTuple):
    """What one unit has of an order and all of its returns, in minor units."""

    unit: str
    name: str
    seller: bool
    taking: bool
    spent: int
    repaid: int
    shared: int
    borne: int
    today: int
    fair: int


def _parts(lines: Sequence[Row], seller: str) -> list[_Sum]:
    """The lines of an order and its returns added up by unit, the seller first."""
    columns = ("spent_minor", "repaid_minor", "shared_minor", "borne_minor", "today_minor", "fair_minor")
    units = dict.fromkeys(line["unit"] for line in lines)
    found = []
    for unit in sorted(units, key=lambda one: one != seller):
        mine = [line for line in lines if line["unit"] == unit]
        sums = [sum(line[column] for line in mine) for column in columns]
        found.append(_Sum(unit, unit_name(mine[0]), unit == seller, any(line["taking"] for line in mine), *sums))
    return found


def _part(one: _Sum, currency: str) -> Part:
    spent, repaid, shared, borne = (
        exact(number, currency) if number else "" for number in (one.spent, one.repaid, one.shared, one.borne)
    )
    return Part(
        name=one.name,
        path=unit_path(one.unit),
        spent=spent,
        repaid=repaid,
        shared=shared,
        borne=borne,
        result=exact(one.fair, currency),
        today=exact(one.today, currency),
        seller=one.seller,
        paid_only=not one.taking,
        loses=one.fair < 0,
    )


def _return(row: Row, currency: str) -> Return:
    return Return(
        unit=unit_name(row),
        path=unit_path(row["unit"]),
        time=wording.minute(wording.instant(row["at"])),
        minutes=wording.plural(row["minutes"], "minute", "minutes") if row["minutes"] else "",
        value=exact(row["value_minor"], currency),
        margin=exact(row["margin_minor"], currency),
        cost=exact(row["cost_minor"], currency),
        owner=unit_name({"unit": row["owner"], "name": row["owner_name"]}),
        given_back=tuple(
            f"{unit_name(line)} {exact(line['shared_minor'], currency)}"
            for line in row["shares"]
            if line["shared_minor"]
        ),
        rest=exact(row["lost_minor"], currency) if row["lost_minor"] else "",
    )


def _loss(parts: Sequence[_Sum], currency: str) -> str:
    """Who bears what the order and its returns lost; empty where nothing was lost."""
    told = [f"{one.name} bears {exact(-one.borne, currency)}" for one in parts if one.borne < 0]
    if not told:
        return ""
    return f"{' and '.join(told)}: a loss goes to whoever decided it, never to who helped."
