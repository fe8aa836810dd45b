"""The door of the room: which unit earned what, in today's books and in the fair ones."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from threading import Lock
from typing import Any

import numpy as np

from noline.insight.credit.cores import to_whole
from noline.insight.credit.games import GameWrong
from noline.insight.credit.guarantee import FAIR, TODAY, Guarantee, guarantee
from noline.insight.credit.ledger import Ledger, book
from noline.insight.credit.listing import OrderRow, order_rows
from noline.insight.credit.model import NOBODY, Trade
from noline.insight.credit.orderbook import OrderBook, order_book
from noline.insight.credit.playing import Played, chosen, played
from noline.insight.credit.questions import counted
from noline.insight.credit.reading import Facts
from noline.insight.credit.results import Costs, Result, after_costs, results
from noline.insight.credit.rules import METHODS, Rules
from noline.insight.credit.statements import Statement
from noline.insight.credit.weights import Method, whole_weights
from noline.insight.credit.whatif import WhatIf, what_if
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.stores.walks.arrays import Flags, Longs

__all__ = ["FAIR", "TODAY", "Credit", "OrderRow"]

_KEPT = 8
"""So many ledgers are kept; the next one takes the place of the one that was longest not asked for."""


class Credit:
    """The books of all that was sold. Reads nothing and writes nothing itself."""

    def __init__(
        self,
        trade: Trade,
        rules: Rules,
        facts: Facts,
        *,
        currency: str,
        rates: Mapping[str, Decimal],
        effects: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        """Take what was read.

        currency: of the rules' amounts and of results. rates: its units for one unit of another. effects: the removal
        effects of units, which the method `markov` shares by; they are asked for when it is.
        """
        self.trade = trade
        self.rules = rules
        self.facts = facts
        self._currency = currency
        self._effects = effects
        self._costs = Costs(currency, rates, rules.fixed_of(facts.kinds), rules.pools)
        self._turn = Lock()
        self._ledgers: OrderedDict[tuple[str, Micros | None, Micros | None], Ledger] = OrderedDict()

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that can be asked for: those by measured numbers only where numbers are."""
        measured = {"markov": self._effects is not None, "calibrated": bool(self.rules.calibrated)}
        return tuple(name for name in METHODS if measured.get(name, True))

    def units(
        self,
        method: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
        *,
        by_month: bool = False,
    ) -> list[Statement]:
        """The statement of every unit and of the baseline, by currency, with its own costs; until is excluded.

        Raises MethodUnknown and WeightsWrong.
        """
        return after_costs(self.ledger(method, since, until), self.trade, self._costs, by_month=by_month)

    def results(
        self,
        method: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
        *,
        by_month: bool = False,
    ) -> list[Result]:
        """What every unit is left with after its own fixed costs and its part of the pools, in the one currency."""
        return results(self.ledger(method, since, until), self.trade, self._costs, by_month=by_month)

    def order(self, order_id: str, method: str | None = None) -> OrderBook:
        """All that happened to one order. Raises NotFound, MethodUnknown and WeightsWrong."""
        return order_book(self.trade, self.ledger(method), order_id)

    def what_if(
        self, unit: str, since: Micros | None = None, until: Micros | None = None, method: str | None = None
    ) -> list[WhatIf]:
        """What a unit would earn if it stopped helping, in both books, by currency. Raises NotFound."""
        return what_if(self.trade, self.ledger(method, since, until), unit)

    def guarantee(
        self,
        books: str = FAIR,
        currency: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
    ) -> Guarantee:
        """Whether any unit or group of units could claim more than these books give it.

        books: `today`, `fair`, or a method. Of one currency, that of the hub where none is named, and of the orders
        placed from one moment to before another with all their returns. Raises NotFound for a named currency that no
        order has, MethodUnknown and WeightsWrong.
        """
        method = self.method(None if books in (TODAY, FAIR) else books)
        made, currency = self._played(method, currency, since, until, today=books == TODAY)
        return _judged(made, made.credits, books, currency)

    def guarantee_of(
        self,
        numbers: Mapping[str, float],
        label: str,
        currency: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
    ) -> Guarantee:
        """The same of a method that looks at no order: all that was left, in proportion to a number of each unit.

        numbers: by unit, 0 or more, of these orders; a unit that is not named gets nothing. Raises NotFound for a named
        currency that no order has, and GameWrong where no unit of these orders has a number.
        """
        made, currency = self._played(self.method(), currency, since, until)
        parts = [Fraction(max(0.0, numbers.get(name, 0.0))) for name in made.names]
        if made.orders and not sum(parts):
            raise GameWrong(why="no unit of these orders has a number to share by")
        worth = int(made.worths.sum())
        given = to_whole([part * worth / sum(parts) for part in parts], worth) if sum(parts) else made.credits
        return _judged(made, given, label, currency)

    def _played(
        self,
        method: Method,
        currency: str | None,
        since: Micros | None,
        until: Micros | None,
        *,
        today: bool = False,
    ) -> tuple[Played, str]:
        """The game of the orders of a currency and a time, and the currency. Raises NotFound."""
        if currency is not None and currency not in self.trade.currencies:
            raise NotFound(what="order in the currency", name=currency)
        currency = currency or self._currency
        trade = chosen(self.trade, self._placed(currency, since, until))
        return played(trade, method, today=today), currency

    def orders(
        self,
        unit: str | None = None,
        *,
        helped: bool = False,
        limit: int = 50,
        offset: int = 0,
        since: Micros | None = None,
        until: Micros | None = None,
        method: str | None = None,
    ) -> list[OrderRow]:
        """Orders, the latest first: all, or those that a unit worked on or took something back of.

        helped: of these, those that another unit captured; without a unit, orders that more than one unit took part in.
        Raises NotFound for no unit.
        """
        rows = self._asked_for(unit, helped=helped, since=since, until=until)[::-1][offset : offset + limit]
        return order_rows(self.trade, self.ledger(method), rows, unit)

    def count_orders(
        self, unit: str | None = None, *, helped: bool = False, since: Micros | None = None, until: Micros | None = None
    ) -> int:
        """How many orders there are to list. Raises NotFound for no unit."""
        return self._asked_for(unit, helped=helped, since=since, until=until).size

    def counted(self, name: str) -> dict[str, Any]:
        """How something is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none of them.

        Names: orders, goods, work, returns, refunds, units, guarantee, what_if.
        """
        return counted(name, self.rules)

    def method(self, name: str | None = None) -> Method:
        """A method by name, with what the rules say of it; None: the method of the rules.

        Raises MethodUnknown, and WeightsWrong for a method by measured numbers where there are none.
        """
        name = name or self.rules.method
        weights: Mapping[str, int] | None = None
        if name == "roles":
            weights = self.rules.weights_of(self.facts.kinds)
        elif name == "calibrated":
            weights = self.rules.calibrated_of(self.facts.kinds) or None
        elif name == "markov" and self._effects is not None:
            weights = whole_weights(self._effects())
        return Method(name, weights, self.rules.half_life, self.rules.position)

    def ledger(self, method: str | None = None, since: Micros | None = None, until: Micros | None = None) -> Ledger:
        """The books by a method, of the entries from one moment to before another."""
        key = (method or self.rules.method, since, until)
        with self._turn:
            if key not in self._ledgers:
                self._ledgers[key] = book(self.trade, self.method(method), since=since, until=until)
                if len(self._ledgers) > _KEPT:
                    self._ledgers.popitem(last=False)
            self._ledgers.move_to_end(key)
            return self._ledgers[key]

    def _placed(self, currency: str | None, since: Micros | None, until: Micros | None) -> Flags:
        orders = self.trade.orders
        found = np.ones(orders.placed_at.size, np.bool_)
        if currency is not None:
            known = self.trade.currencies
            found &= orders.currency == (known.index(currency) if currency in known else NOBODY)
        if since is not None:
            found &= orders.placed_at >= since
        if until is not None:
            found &= orders.placed_at < until
        return found

    def _asked_for(self, unit: str | None, *, helped: bool, since: Micros | None, until: Micros | None) -> Longs:
        """Rows of orders, the earliest first."""
        trade = self.trade
        found = self._placed(None, since, until)
        if unit is not None:
            code = trade.unit(unit)
            if code == NOBODY:
                raise NotFound(what="unit", name=unit)
            worked = np.zeros(found.size, np.bool_)
            worked[trade.work.order[trade.work.unit == code]] = True
            worked[trade.returns.order[(trade.returns.unit == code) & (trade.returns.goods > 0)]] = True
            found &= worked if not helped else worked & (trade.orders.captured_by != code)
        elif helped:
            others = np.zeros(found.size, np.bool_)
            work = trade.work
            others[work.order[trade.shares[work.unit] & (work.unit != trade.orders.captured_by[work.order])]] = True
            found &= others
        return np.flatnonzero(found)


def _judged(made: Played, given: Longs, books: str, currency: str) -> Guarantee:
    return guarantee(
        made.names, made.members, made.worths, given, method=books, currency=currency, orders=made.orders,
        only_work=made.only_work,
    )  # fmt: skip
