"""What the books say of each unit, for a month or for all the time asked for.

Two books stand side by side. Today's: the margin of what a unit captured, less what it spent, for whomever. The fair
ones: what it spent is repaid, and what orders leave is shared. Both add up to the same, with the part of the baseline.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from noline.insight.credit.ledger import ORDER, REFUND, Ledger
from noline.insight.credit.model import Trade
from noline.insight.credit.splitting import sums
from noline.stores.walks.arrays import Longs


@dataclass(frozen=True)
class Statement:
    """A unit's books in one currency, for a month or all the time asked for; amounts in its minor units.

    month: such as 2026-03, in UTC; None: the whole time. orders_captured, orders_helped: of those that stand; on a
    helped one it worked and another unit captured it. taken_back: returns that it took back. minutes: of its work,
    also on what was cancelled. value_minor: of the orders it captured. refunded_minor: money given back on them without
    goods. at_till_minor: their margin, less what returns took off it, and less such money without its tax.
    spent_minor: the costs of its work, for whomever; repaid_minor: what of them it got back.
    shared_minor: its part of what orders left. assist_minor: as much of that as comes from orders captured elsewhere.
    borne_minor: losses of orders and returns that are its to bear, 0 or below. floor_minor: what it could claim
    alone: what the orders leave that it shared with nobody, less the losses it bears. fixed_minor, pools_minor: its
    costs beside the work on orders; None where they were not asked for or cannot be told in one currency.
    """

    unit: str
    currency: str
    month: str | None
    orders_captured: int = 0
    orders_helped: int = 0
    taken_back: int = 0
    minutes: int = 0
    value_minor: int = 0
    refunded_minor: int = 0
    at_till_minor: int = 0
    spent_minor: int = 0
    repaid_minor: int = 0
    shared_minor: int = 0
    assist_minor: int = 0
    borne_minor: int = 0
    floor_minor: int = 0
    fixed_minor: int | None = None
    pools_minor: int | None = None

    @property
    def today_minor(self) -> int:
        """Its result in today's books."""
        return self.at_till_minor - self.spent_minor

    @property
    def fair_minor(self) -> int:
        """Its result in the fair books: what it earned."""
        return self.shared_minor + self.borne_minor + self.repaid_minor - self.spent_minor

    @property
    def headroom_today_minor(self) -> int:
        """How far today's result is above what it could claim alone; below 0: taking part costs it."""
        return self.today_minor - self.floor_minor

    @property
    def headroom_fair_minor(self) -> int:
        """How far the fair result is above what it could claim alone."""
        return self.fair_minor - self.floor_minor

    @property
    def after_fixed_minor(self) -> int | None:
        """The fair result after its own fixed costs."""
        return None if self.fixed_minor is None else self.fair_minor - self.fixed_minor

    @property
    def after_pools_minor(self) -> int | None:
        """The fair result after its own fixed costs and its part of the pools."""
        after = self.after_fixed_minor
        return None if after is None or self.pools_minor is None else after - self.pools_minor

    def as_dict(self) -> dict[str, Any]:
        """The statement as data, with what follows from it."""
        return asdict(self) | {name: getattr(self, name) for name in _FOLLOWING}


_FOLLOWING = (
    "today_minor",
    "fair_minor",
    "headroom_today_minor",
    "headroom_fair_minor",
    "after_fixed_minor",
    "after_pools_minor",
)


def statements(ledger: Ledger, trade: Trade, *, by_month: bool = False) -> list[Statement]:
    """The statements of every payee with anything in the ledger: by payee, then currency, then month."""
    entries, of = ledger.entries, ledger.of
    names, months = months_of(entries.at) if by_month else ([None], np.zeros(entries.at.size, np.int64))
    currencies, count = len(ledger.currencies), len(names)
    keys = (ledger.rows.unit * currencies + entries.currency[of]) * count + months[of]
    places = len(ledger.payees) * currencies * count
    totals = np.stack([sums(keys, column, places) for column in _columns(ledger, trade, of)], axis=1)
    told = np.flatnonzero(np.bincount(keys, minlength=places)).tolist()
    return [
        Statement(
            ledger.payees[key // count // currencies],
            ledger.currencies[key // count % currencies],
            names[key % count],
            *totals[key].tolist(),
        )
        for key in told
    ]


def _columns(ledger: Ledger, trade: Trade, of: Longs) -> list[Longs]:
    """What each row adds to a statement, in the order of its fields."""
    entries, rows = ledger.entries, ledger.rows
    captured = (trade.orders.captured_by[entries.order][of] == rows.unit).astype(np.int64)
    ordered = (entries.kind[of] == ORDER).astype(np.int64)
    standing = ordered * trade.orders.stands[entries.order][of]
    alone = rows.taking * (entries.sharers[of] == 1)
    return [
        captured * standing,
        (1 - captured) * standing * np.minimum(rows.acts, 1),
        (1 - ordered) * rows.acts,
        rows.minutes,
        captured * ordered * trade.orders.value_minor[entries.order][of],
        captured * _refunded(ledger, trade)[of],
        rows.till,
        rows.spent,
        ledger.repaid,
        rows.shared,
        rows.shared * (1 - captured),
        rows.borne,
        rows.shared * alone + rows.borne,
    ]


def _refunded(ledger: Ledger, trade: Trade) -> Longs:
    """The money that each entry gave back without goods."""
    entries = ledger.entries
    found = np.zeros(entries.kind.size, np.int64)
    money = entries.kind == REFUND
    found[money] = trade.returns.value_minor[entries.source[money]]
    return found


def months_of(at: Longs) -> tuple[list[str | None], Longs]:
    """The months (UTC) that moments lie in, rising, and for each moment the place of its month."""
    found, of = np.unique(at.astype("datetime64[us]").astype("datetime64[M]"), return_inverse=True)
    return [str(month) for month in found], of.astype(np.int64)
