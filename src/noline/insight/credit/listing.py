"""Orders in a list, each with what it came to and what one unit did for it; all of a list are looked up at once."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from noline.insight.credit.ledger import Ledger, surpluses
from noline.insight.credit.model import ACTS, Trade
from noline.insight.credit.working import TAKE_BACK
from noline.kernel.clock import Micros
from noline.stores.walks.arrays import Longs


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list; amounts in minor units of its currency.

    units: that took part, the capturing one first. acts, minutes, spent_minor, shared_minor: of the unit that was asked
    about, over the life of the order; None when none was. returns, refunds: how often goods came back, and money was
    given back without goods.
    """

    order_id: str
    placed_at: Micros
    captured_by: str
    currency: str
    value_minor: int
    margin_minor: int
    surplus_minor: int
    units: tuple[str, ...]
    returns: int
    refunds: int
    spent_minor: int | None
    shared_minor: int | None
    acts: tuple[str, ...] | None = None
    minutes: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """The row as data."""
        return asdict(self)


def order_rows(trade: Trade, ledger: Ledger, orders: Longs, unit: str | None = None) -> list[OrderRow]:
    """The rows of these orders, as the ledger holds them, and what a unit did for each where one is named."""
    number = np.full(trade.orders.placed_at.size, -1, np.int64)
    number[orders] = np.arange(orders.size)
    told = trade.orders
    facts = (told.placed_at, told.captured_by, told.currency, told.value_minor, told.margin_minor, surpluses(trade))
    columns = [column[orders].tolist() for column in facts]
    ids = told.ids.take(pa.array(orders)).to_pylist()
    took = _took(ledger, number, orders.size)
    goods = trade.returns.goods > 0
    returns, refunds = (_counts(number[trade.returns.order[of]], orders.size).tolist() for of in (goods, ~goods))
    mine = [(None,) * 4] * orders.size if unit is None else _of_unit(trade, ledger, number, orders.size, unit)
    return [
        OrderRow(
            name, at, trade.units[captor], trade.currencies[currency], value, margin, surplus,
            (trade.units[captor], *(trade.units[code] for code in units if code not in (captor, len(trade.units)))),
            back, money, *did,
        )
        for name, at, captor, currency, value, margin, surplus, units, back, money, did in zip(
            ids, *columns, took, returns, refunds, mine, strict=True
        )
    ]  # fmt: skip


def _took(ledger: Ledger, number: Longs, size: int) -> list[list[int]]:
    """The payees that took part in what each order left, rising."""
    places = np.flatnonzero(ledger.rows.taking > 0)
    row = number[ledger.entries.order[ledger.of[places]]]
    width = len(ledger.payees)
    found: list[list[int]] = [[] for _ in range(size)]
    for key in np.unique(row[row >= 0] * width + ledger.rows.unit[places][row >= 0]).tolist():
        found[key // width].append(key % width)
    return found


def _of_unit(
    trade: Trade, ledger: Ledger, number: Longs, size: int, unit: str
) -> Iterable[tuple[int, int, tuple[str, ...], int]]:
    """What a unit spent, its shares, its acts and its minutes, of each order with all its returns."""
    code = trade.unit(unit)
    places = np.flatnonzero(ledger.rows.unit == code)
    row = number[ledger.entries.order[ledger.of[places]]]
    rows = ledger.rows
    spent, shared, minutes = (
        _counts(row, size, column[places]).tolist() for column in (rows.spent, rows.shared, rows.minutes)
    )
    return zip(spent, shared, _acts(trade, number, size, code), minutes, strict=True)


def _acts(trade: Trade, number: Longs, size: int, code: int) -> list[tuple[str, ...]]:
    """The different acts of a unit for each order as they came, taking back last."""
    found: list[dict[str, None]] = [{} for _ in range(size)]
    work, returns = trade.work, trade.returns
    mine, back = work.unit == code, (returns.unit == code) & (returns.goods > 0)
    for row, act in zip(number[work.order[mine]].tolist(), work.act[mine].tolist(), strict=True):
        if row >= 0:
            found[row][ACTS[act]] = None
    for row in number[returns.order[back]].tolist():
        if row >= 0:
            found[row][ACTS[TAKE_BACK]] = None
    return [tuple(acts) for acts in found]


def _counts(row: Longs, size: int, amounts: Longs | None = None) -> Longs:
    """How many there are of each row, or the sum of their amounts; rows below 0 are left aside."""
    kept = row >= 0
    found = np.zeros(size, np.int64)
    np.add.at(found, row[kept], 1 if amounts is None else amounts[kept])
    return found
