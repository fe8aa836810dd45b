"""What a unit is left with: its contribution after its own fixed costs, and after its part of the costs of all.

Fixed costs and pools are told for a month, in the company's currency; of a month that was not asked for whole, its part
by time counts. Contributions in other currencies are converted for the report alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np

from noline.insight.credit.ledger import Ledger
from noline.insight.credit.model import BASELINE, Trade
from noline.insight.credit.rules import Pool
from noline.insight.credit.splitting import split
from noline.insight.credit.statements import Statement, statements
from noline.kernel.clock import DAY, SECOND, Micros
from noline.kernel.money import minor_digits


@dataclass(frozen=True)
class Costs:
    """Costs beside the work on orders, and the currency they are told in.

    rates: units of that currency for one unit of another. fixed: minor units a month, by unit. pools: costs of all the
    units that take part in what orders leave.
    """

    currency: str
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    fixed: Mapping[str, int] = field(default_factory=dict)
    pools: Sequence[Pool] = ()


@dataclass(frozen=True)
class Result:
    """A unit's contribution in the company's currency, and what its fixed costs and the pools leave of it.

    today_minor, fair_minor, floor_minor: as in its statements. fixed_minor, pools (by name): costs of the time.
    converted: the currencies that were; without_rate: those that nobody told a rate for, whose statements are left out.
    """

    unit: str
    currency: str
    month: str | None
    today_minor: int
    fair_minor: int
    floor_minor: int
    fixed_minor: int
    pools: Mapping[str, int]
    converted: tuple[str, ...]
    without_rate: tuple[str, ...]

    @property
    def pools_minor(self) -> int:
        """Its part of all pools."""
        return sum(self.pools.values())

    @property
    def today_after_fixed_minor(self) -> int:
        """Today's result after its own fixed costs."""
        return self.today_minor - self.fixed_minor

    @property
    def fair_after_fixed_minor(self) -> int:
        """The fair result after its own fixed costs."""
        return self.fair_minor - self.fixed_minor

    @property
    def today_after_pools_minor(self) -> int:
        """Today's result after its own fixed costs and its part of the pools."""
        return self.today_after_fixed_minor - self.pools_minor

    @property
    def fair_after_pools_minor(self) -> int:
        """The fair result after its own fixed costs and its part of the pools."""
        return self.fair_after_fixed_minor - self.pools_minor

    def as_dict(self) -> dict[str, Any]:
        """The result as data, with what follows from it."""
        after = [f"{books}_after_{costs}_minor" for books in ("today", "fair") for costs in ("fixed", "pools")]
        return asdict(self) | {name: getattr(self, name) for name in ["pools_minor", *after]}


def results(ledger: Ledger, trade: Trade, costs: Costs, *, by_month: bool = False) -> list[Result]:
    """What every unit is left with, by unit, then month; the whole time is the sum of its months.

    The time is that of the ledger; where it has no begin or no end, that of the day of its first or last entry. Months
    before the first entry of the trade and after its last one cost nothing: nobody kept books then.
    """
    months: dict[str, list[Statement]] = {}
    for one in statements(ledger, trade, by_month=True):
        months.setdefault(str(one.month), []).append(one)
    found: dict[str, list[Result]] = {unit: [] for unit in ledger.payees}
    for number, (month, part) in enumerate(_months_of(ledger, trade)):
        for one in _of_month(_Month(month, part, number), months.get(month, []), trade, costs):
            found[one.unit].append(one)
    if by_month:
        return [one for rows in found.values() for one in rows]
    return [_whole(rows) for rows in found.values() if rows]


def after_costs(ledger: Ledger, trade: Trade, costs: Costs, *, by_month: bool = False) -> list[Statement]:
    """Statements with each unit's fixed costs and its part of the pools.

    Costs are told in the currency of a unit's orders, if that is one and has a rate; of a unit with orders in more than
    one they are in its `results` alone. A unit, or a month of it, that has costs and nothing else has a statement too.
    """
    told = statements(ledger, trade, by_month=by_month)
    currencies: dict[str, set[str]] = {}
    for one in told:
        currencies.setdefault(one.unit, set()).add(one.currency)
    charged: dict[tuple[str, str, str | None], tuple[int, int]] = {}
    for row in results(ledger, trade, costs, by_month=True):
        own = currencies.get(row.unit, {costs.currency})
        fixed, pools = (_told_in(min(own), minor, costs) for minor in (row.fixed_minor, row.pools_minor))
        if len(own) > 1 or fixed is None or pools is None:
            continue
        key = (row.unit, min(own), row.month if by_month else None)
        before = charged.get(key, (0, 0))
        charged[key] = (before[0] + fixed, before[1] + pools)
    rows = {(one.unit, one.currency, one.month): one for one in told}
    for key, both in charged.items():
        if key in rows or any(both):
            rows[key] = replace(rows.get(key, Statement(*key)), fixed_minor=both[0], pools_minor=both[1])
    place = {unit: number for number, unit in enumerate(ledger.payees)}
    return sorted(rows.values(), key=lambda one: (place[one.unit], one.currency, one.month or ""))


def converted(minor: int, currency: str, costs: Costs) -> int | None:
    """Minor units of a currency in the currency of the costs, half to even; None where no rate is told."""
    worth = _worth(currency, costs)
    return None if worth is None else round(minor * worth)


def _told_in(currency: str, minor: int, costs: Costs) -> int | None:
    """Minor units of the costs' currency in another one, half to even."""
    worth = _worth(currency, costs)
    return None if not worth else round(minor / worth)


def _worth(currency: str, costs: Costs) -> Fraction | None:
    """What a minor unit of a currency is worth in minor units of the costs' currency."""
    rate = Decimal(1) if currency == costs.currency else costs.rates.get(currency)
    digits = minor_digits(costs.currency) - minor_digits(currency)
    return None if rate is None else Fraction(rate) * Fraction(10) ** digits


class _Month(NamedTuple):
    """A month, how much of it was asked for, and the how-manieth it is."""

    name: str
    part: Fraction
    number: int


def _months_of(ledger: Ledger, trade: Trade) -> Iterator[tuple[str, Fraction]]:
    """The months of the trade that the ledger's time touches, and how much of each it holds."""
    at, kept = ledger.entries.at, np.concatenate([trade.orders.placed_at, trade.returns.at])
    if not kept.size or (not at.size and (ledger.since is None or ledger.until is None)):
        return
    since = int(at.min()) // DAY * DAY if ledger.since is None else ledger.since
    until = (int(at.max()) // DAY + 1) * DAY if ledger.until is None else ledger.until
    (year, month), last = _month_of(max(since, int(kept.min()))), _month_of(int(kept.max()))
    while (year, month) <= last and (begin := _begin_of(year, month)) < until:
        following = (year + month // 12, month % 12 + 1)
        end = _begin_of(*following)
        held = max(0, min(end, until) - max(begin, since))
        yield f"{year:04}-{month:02}", Fraction(held, end - begin)
        year, month = following


def _month_of(moment: Micros) -> tuple[int, int]:
    found = datetime.fromtimestamp(moment // SECOND, UTC)
    return found.year, found.month


def _begin_of(year: int, month: int) -> Micros:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * SECOND


def _of_month(month: _Month, told: list[Statement], trade: Trade, costs: Costs) -> list[Result]:
    own: dict[str, list[Statement]] = {unit: [] for unit in (*trade.units, BASELINE)}
    for one in told:
        own[one.unit].append(one)
    pools = {pool.name: _parts(pool, number, month, own, trade, costs) for number, pool in enumerate(costs.pools)}
    return [
        _result(unit, month, rows, costs, {name: parts[unit] for name, parts in pools.items() if unit in parts})
        for unit, rows in own.items()
        if rows or costs.fixed.get(unit) or any(parts.get(unit) for parts in pools.values())
    ]


def _result(unit: str, month: _Month, rows: list[Statement], costs: Costs, pools: Mapping[str, int]) -> Result:
    without = sorted(one.currency for one in rows if _worth(one.currency, costs) is None)
    known = [one for one in rows if one.currency not in without]

    def total(name: str) -> int:
        return sum(converted(getattr(one, name), one.currency, costs) or 0 for one in known)

    parts = [total(name) for name in ("shared_minor", "borne_minor", "repaid_minor", "spent_minor", "at_till_minor")]
    shared, borne, repaid, spent, till = parts
    others = tuple(sorted(one.currency for one in known if one.currency != costs.currency))
    fixed = round(costs.fixed.get(unit, 0) * month.part)
    fair = shared + borne + repaid - spent
    return Result(
        unit, costs.currency, month.name, till - spent, fair, total("floor_minor"), fixed, pools, others, tuple(without)
    )


def _parts(
    pool: Pool, number: int, month: _Month, own: Mapping[str, list[Statement]], trade: Trade, costs: Costs
) -> dict[str, int]:
    """What each unit that takes part bears of a pool for a month; equal parts where there is nothing to go by."""
    units = [unit for unit, shares in zip(trade.units, trade.shares.tolist(), strict=True) if shares]
    if not units:
        return {}
    weights = [sum(_weight(one, pool.by, costs) for one in own[unit]) for unit in units]
    amount = np.array([round(pool.minor_per_month * month.part)], np.int64)
    parts = np.array(weights if any(weights) else [1] * len(units), np.int64)
    shares = split(amount, np.array([0, len(units)]), parts, np.array([month.number + number], np.int64))
    return dict(zip(units, shares.tolist(), strict=True))


def _weight(one: Statement, by: str, costs: Costs) -> int:
    if by == "equal":
        return 0
    if by == "orders":
        return one.orders_captured
    return max(0, converted(one.value_minor, one.currency, costs) or 0)


def _whole(rows: list[Result]) -> Result:
    """The months of a unit as one."""
    pools: dict[str, int] = {}
    for row in rows:
        for name, minor in row.pools.items():
            pools[name] = pools.get(name, 0) + minor
    return replace(
        rows[0],
        month=None,
        today_minor=sum(row.today_minor for row in rows),
        fair_minor=sum(row.fair_minor for row in rows),
        floor_minor=sum(row.floor_minor for row in rows),
        fixed_minor=sum(row.fixed_minor for row in rows),
        pools=pools,
        converted=tuple(sorted({one for row in rows for one in row.converted})),
        without_rate=tuple(sorted({one for row in rows for one in row.without_rate})),
    )
