"""What work costs in the currency of the order it was done for: exact, rounded once, half to even."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from noline.insight.credit.model import ACTS
from noline.insight.credit.rules import Cost, Rules
from noline.kernel.money import minor_digits
from noline.stores.walks.arrays import Longs

UNTOLD = -1
"""In place of minutes that no message tells."""

MINUTES_OF_AN_HOUR = 60


class Rates(NamedTuple):
    """The company's currency, and what one unit of each other currency is worth in it, in major units."""

    currency: str
    rates: Mapping[str, Decimal]

    def knows(self, currency: str) -> bool:
        """Whether an amount can be told in this currency."""
        return currency == self.currency or self.rates.get(currency, Decimal(0)) > 0

    def factor(self, sender: str, receiver: str) -> Fraction:
        """Minor units of the receiver for one minor unit of the sender; both are known."""
        digits = minor_digits(receiver) - minor_digits(sender)
        return self._worth(sender) / self._worth(receiver) * Fraction(10) ** digits

    def _worth(self, currency: str) -> Fraction:
        return Fraction(1) if currency == self.currency else Fraction(self.rates[currency])


class Tariff:
    """What each act costs at each unit, in each currency; every one of the currencies is known to the rates."""

    def __init__(
        self, rules: Rules, units: Sequence[str], kinds: Mapping[str, str], currencies: Sequence[str], rates: Rates
    ) -> None:
        """Work out the usual cost of each act."""
        self._costs = [[rules.acts[act].cost_of(unit, kinds[unit]) for act in ACTS] for unit in units]
        self._factors = [rates.factor(rates.currency, currency) for currency in currencies]
        shape = len(units), len(ACTS), len(currencies)
        minutes = [[cost.minutes for cost in row] for row in self._costs]
        self._minutes = np.array(minutes, np.int64).reshape(shape[:2])
        self._minor = np.array(
            [[[self._exact(cost, cost.minutes, code) for code in range(len(currencies))] for cost in row]
             for row in self._costs],
            np.int64,
        ).reshape(shape)  # fmt: skip

    def of(self, units: Longs, acts: Longs, currencies: Longs, minutes: Longs) -> tuple[Longs, Longs]:
        """Minutes and cost (minor units of the order's currency) of each act; minutes: as told, or UNTOLD."""
        told = np.flatnonzero(minutes != UNTOLD)
        took = np.where(minutes == UNTOLD, self._minutes[units, acts], minutes)
        cost = self._minor[units, acts, currencies]
        if told.size:
            rows = np.stack([units[told], acts[told], currencies[told], minutes[told]], axis=1)
            different, places = np.unique(rows, axis=0, return_inverse=True)
            exact = [self._exact(self._costs[unit][act], spent, code) for unit, act, code, spent in different.tolist()]
            cost[told] = np.array(exact, np.int64)[places.ravel()]
        return took, cost

    def _exact(self, cost: Cost, minutes: int, currency: int) -> int:
        work = Fraction(minutes * cost.rate_minor_per_hour, MINUTES_OF_AN_HOUR)
        return round((work + cost.fixed_minor) * self._factors[currency])


def times(amounts: Longs, factor: Fraction) -> Longs:
    """Whole amounts times a factor, each rounded half to even."""
    above, below = factor.numerator, factor.denominator
    largest = int(np.abs(amounts).max(initial=0))
    # Beyond 64 bits Python's own numbers go on, one by one.
    exact = amounts if largest * above < 2**62 and 2 * below < 2**62 else amounts.astype(object)
    whole, rest = exact * above // below, exact * above % below
    up = (2 * rest > below) | ((2 * rest == below) & (whole % 2 == 1))
    return np.asarray(whole + up.astype(whole.dtype)).astype(np.int64)
