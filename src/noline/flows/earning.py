"""What the books of credit say to other questions: metrics of the scorecard, and whether helping pays."""

from collections.abc import Mapping, Sequence

import numpy as np

from noline.insight.credit.model import NOBODY
from noline.insight.credit.service import Credit
from noline.insight.credit.splitting import sums
from noline.insight.roles.model import Helping
from noline.insight.scorecards.model import CreditPart
from noline.kernel.money import Money
from noline.stores.walks.arrays import Longs


def credit_parts(credit: Credit) -> list[CreditPart]:
    """What every unit did and earned, month by month, in each currency."""
    return [
        CreditPart(one.unit, one.month, one.currency, one.orders_helped, one.assist_minor, one.minutes, one.fair_minor)
        for one in credit.units(by_month=True)
        if one.month is not None and one.unit in credit.trade.units
    ]


def helping(credit: Credit) -> Helping:
    """Units that did anything for others: how many earn on it by the fair books, and how many lose by it today.

    A unit earns that got something in any currency on orders of others; it loses that is left in today's books, in any
    currency, with less than it could claim alone.
    """
    helped: set[str] = set()
    earn: set[str] = set()
    lose: set[str] = set()
    for one in credit.units():
        code = credit.trade.unit(one.unit)
        if code == NOBODY or not one.orders_helped or not credit.trade.shares[code]:
            continue
        helped.add(one.unit)
        if one.assist_minor > 0:
            earn.add(one.unit)
        if one.headroom_today_minor < 0:
            lose.add(one.unit)
    return Helping(len(earn), len(helped), len(lose))


def assist(credit: Credit, by: str = "channel") -> dict[str, list[Money]]:
    """What each channel (or `unit`) earned on orders that another one captured, by the fair books, returns taken off.

    By currency, never added over them. A channel is what the units in it are: all stores are `store`, all depots
    `depot`; what one store earns on an order of another is no help of another channel.
    """
    trade, ledger = credit.trade, credit.ledger()
    entries, rows, of = ledger.entries, ledger.rows, ledger.of
    names, label = _labels(trade.units, credit.facts.kinds, by)
    mine, captor = label[rows.unit], label[trade.orders.captured_by[entries.order]][of]
    currencies = len(ledger.currencies)
    keys = mine * currencies + entries.currency[of]
    told = np.flatnonzero(mine != NOBODY)
    earned = np.where(mine == captor, 0, rows.shared)[told]
    totals = sums(keys[told], earned, len(names) * currencies)
    found: dict[str, list[Money]] = {}
    for key in np.unique(keys[told]).tolist():
        money = Money(int(totals[key]), ledger.currencies[key % currencies])
        found.setdefault(names[key // currencies], []).append(money)
    return found


def _labels(units: Sequence[str], kinds: Mapping[str, str], by: str) -> tuple[list[str], Longs]:
    """The names that are told of, and of each payee the place of its name; the last one, the baseline, has none."""
    of_unit = [unit if by == "unit" else kinds[unit] for unit in units]
    names = sorted(set(of_unit))
    places = {name: place for place, name in enumerate(names)}
    return names, np.array([*(places[name] for name in of_unit), NOBODY], np.int64)
