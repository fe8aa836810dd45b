"""What each of the two books tells a unit to do: go on helping the others, or stop."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from noline.insight.credit.ledger import Ledger, book
from noline.insight.credit.model import NOBODY, Trade, Work
from noline.insight.credit.statements import Statement, statements
from noline.kernel.errors import NotFound


@dataclass(frozen=True)
class WhatIf:
    """A unit as it is, and without its work on orders that others captured; amounts in minor units of the currency.

    The orders go on without it, since no book knows which of them its help has won; so this is what a book tells the
    unit to do, and no forecast. orders_helped, taken_back, minutes: of the work that would be gone.
    """

    unit: str
    currency: str
    orders_helped: int
    taken_back: int
    minutes: int
    today_minor: int
    today_without_minor: int
    fair_minor: int
    fair_without_minor: int

    @property
    def today_change_minor(self) -> int:
        """What it would win in today's books by helping no longer."""
        return self.today_without_minor - self.today_minor

    @property
    def fair_change_minor(self) -> int:
        """What it would win in the fair books; below 0: what it would lose."""
        return self.fair_without_minor - self.fair_minor

    def as_dict(self) -> dict[str, Any]:
        """Both books as data, with the changes."""
        changes = {"today_change_minor": self.today_change_minor, "fair_change_minor": self.fair_change_minor}
        return asdict(self) | changes


def what_if(trade: Trade, ledger: Ledger, unit: str) -> list[WhatIf]:
    """What a unit would earn if it stopped helping, in both books, by currency, for the time of the ledger.

    Orders that it captured stay, with whoever helps there. Raises NotFound for a unit that there is not.
    """
    code = trade.unit(unit)
    if code == NOBODY:
        raise NotFound(what="unit", name=unit)
    alone = without_help(trade, code)
    kept = book(alone, ledger.method, since=ledger.since, until=ledger.until)
    now = {one.currency: one for one in statements(ledger, trade) if one.unit == unit}
    then = {one.currency: one for one in statements(kept, alone) if one.unit == unit}
    return [_between(one, then.get(currency, Statement(unit, currency, None))) for currency, one in now.items()]


def without_help(trade: Trade, unit: int) -> Trade:
    """The trade without a unit's work on orders that others captured; what it took back there, they took back for 0."""
    orders, work, returns = trade.orders, trade.work, trade.returns
    stays = (work.unit != unit) | (orders.captured_by[work.order] == unit)
    captors = orders.captured_by[returns.order]
    gone = (returns.unit == unit) & (captors != unit) & (returns.goods > 0)
    nothing = np.zeros_like(returns.cost_minor)
    return Trade(
        trade.units,
        trade.currencies,
        trade.countries,
        trade.shares,
        orders,
        Work(*(column[stays] for column in work)),
        returns._replace(
            unit=np.where(gone, captors, returns.unit),
            minutes=np.where(gone, nothing, returns.minutes),
            cost_minor=np.where(gone, nothing, returns.cost_minor),
        ),
    )


def _between(now: Statement, then: Statement) -> WhatIf:
    return WhatIf(
        now.unit,
        now.currency,
        now.orders_helped,
        now.taken_back - then.taken_back,
        now.minutes - then.minutes,
        now.today_minor,
        then.today_minor,
        now.fair_minor,
        then.fair_minor,
    )
