"""One order opened: who worked on it and what that cost, who was repaid, what was shared, and what came back."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from noline.insight.credit.ledger import ORDER, Ledger
from noline.insight.credit.model import ACTS, Trade
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound


@dataclass(frozen=True)
class ActLine:
    """One act. at: microseconds since 1970 UTC; cost_minor: minor units of the order's currency."""

    unit: str
    act: str
    at: Micros
    minutes: int
    cost_minor: int


@dataclass(frozen=True)
class ShareLine:
    """What the order, or a return of it, does to a unit's books. taking: whether it takes part in what is left."""

    unit: str
    taking: bool
    minutes: int
    spent_minor: int
    repaid_minor: int
    shared_minor: int
    borne_minor: int
    at_till_minor: int

    @property
    def today_minor(self) -> int:
        """What it does to today's result."""
        return self.at_till_minor - self.spent_minor

    @property
    def fair_minor(self) -> int:
        """What it does to the fair result."""
        return self.shared_minor + self.borne_minor + self.repaid_minor - self.spent_minor


@dataclass(frozen=True)
class ReturnBook:
    """A return: taken back by a unit at a cost, and what that undoes. baseline_minor: what the baseline gives back.

    goods: False of money that the unit gave back without goods; then value_minor is the money, and lost_minor what it
    loses beyond the margin that was left.
    """

    unit: str
    owner: str
    at: Micros
    minutes: int
    value_minor: int
    margin_minor: int
    cost_minor: int
    shares: tuple[ShareLine, ...]
    baseline_minor: int
    goods: bool
    lost_minor: int


@dataclass(frozen=True)
class OrderBook:
    """Everything that the books hold of an order; amounts in minor units of its currency.

    surplus_minor: margin less the costs of the acts; the shares, the losses borne and the baseline add up to it.
    shares, baseline_minor: of the order alone; returns: what came back later, goods or money alone, each with its own.
    method: by which what
    was left is shared. Where a ledger is of a part of the time, the shares of entries outside of it are empty.
    """

    order_id: str
    placed_at: Micros
    captured_by: str
    owner: str
    currency: str
    method: str
    value_minor: int
    margin_minor: int
    act_cost_minor: int
    baseline_minor: int
    acts: tuple[ActLine, ...]
    shares: tuple[ShareLine, ...]
    returns: tuple[ReturnBook, ...]

    @property
    def surplus_minor(self) -> int:
        """What is left when the work is paid."""
        return self.margin_minor - self.act_cost_minor

    def as_dict(self) -> dict[str, Any]:
        """The order as data."""
        return asdict(self) | {"surplus_minor": self.surplus_minor}


def order_book(trade: Trade, ledger: Ledger, order_id: str) -> OrderBook:
    """One order opened to its acts, shares and returns. Raises NotFound."""
    import pyarrow.compute as pc

    row = pc.index(trade.orders.ids, order_id).as_py()
    if row < 0:
        raise NotFound(what="order", name=order_id)
    acts = _acts(trade, row)
    shares, baseline, returns = _entries(trade, ledger, row)
    whole = {
        name: int(column[row]) for name, column in zip(trade.orders._fields, trade.orders, strict=True) if name != "ids"
    }
    return OrderBook(
        order_id=order_id,
        placed_at=whole["placed_at"],
        captured_by=trade.units[whole["captured_by"]],
        owner=trade.units[whole["owner"]],
        currency=trade.currencies[whole["currency"]],
        method=ledger.method.name,
        value_minor=whole["value_minor"],
        margin_minor=whole["margin_minor"],
        act_cost_minor=sum(act.cost_minor for act in acts),
        baseline_minor=baseline,
        acts=acts,
        shares=shares,
        returns=returns,
    )


def _acts(trade: Trade, order: int) -> tuple[ActLine, ...]:
    work = trade.work
    low, high = (int(one) for one in np.searchsorted(work.order, [order, order + 1]))
    columns = (column[low:high].tolist() for column in (work.unit, work.act, work.at, work.minutes, work.cost_minor))
    return tuple(
        ActLine(trade.units[unit], ACTS[act], at, minutes, cost)
        for unit, act, at, minutes, cost in zip(*columns, strict=True)
    )


def _entries(trade: Trade, ledger: Ledger, order: int) -> tuple[tuple[ShareLine, ...], int, tuple[ReturnBook, ...]]:
    shares: tuple[ShareLine, ...] = ()
    returns: dict[int, tuple[tuple[ShareLine, ...], int]] = {}
    baseline = 0
    for entry in np.flatnonzero(ledger.entries.order == order).tolist():
        lines, anyway = _lines(ledger, entry)
        if ledger.entries.kind[entry] == ORDER:
            shares, baseline = lines, anyway
        else:
            returns[int(ledger.entries.source[entry])] = (lines, anyway)
    low, high = (int(one) for one in np.searchsorted(trade.returns.order, [order, order + 1]))
    return shares, baseline, tuple(_return(trade, row, *returns.get(row, ((), 0))) for row in range(low, high))


def _return(trade: Trade, row: int, shares: tuple[ShareLine, ...], baseline: int) -> ReturnBook:
    told = trade.returns
    numbers = (told.at, told.minutes, told.value_minor, told.margin_minor, told.cost_minor, told.goods, told.lost_minor)
    at, minutes, value, margin, cost, goods, lost = (int(column[row]) for column in numbers)
    unit, owner = trade.units[int(told.unit[row])], trade.units[int(told.owner[row])]
    return ReturnBook(unit, owner, at, minutes, value, margin, cost, shares, baseline, goods > 0, lost)


def _lines(ledger: Ledger, entry: int) -> tuple[tuple[ShareLine, ...], int]:
    """The lines of an entry's units, and what the baseline gets of it."""
    low, high = int(ledger.offsets[entry]), int(ledger.offsets[entry + 1])
    rows = ledger.rows
    columns = (rows.unit, rows.taking, rows.minutes, rows.spent, ledger.repaid, rows.shared, rows.borne, rows.till)
    lines: list[ShareLine] = []
    baseline = 0
    for unit, taking, *numbers in zip(*(column[low:high].tolist() for column in columns), strict=True):
        if unit == len(ledger.payees) - 1:
            baseline = numbers[3]
        else:
            lines.append(ShareLine(ledger.payees[unit], taking > 0, *numbers))
    return tuple(lines), baseline
