"""The door of the room: which unit earned what, in today's books and in the fair ones."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from threading import Lock
from typing import Any

import numpy as np

from noline.insight.credit.cores import to_whole
from noline.insight.credit.games import GameWrong
from noline.insight.credit.guarantee import Guarantee, guarantee
from noline.insight.credit.ledger import Ledger, book, surpluses
from noline.insight.credit.model import NOBODY, Trade
from noline.insight.credit.orderbook import OrderBook, order_book
from noline.insight.credit.playing import chosen, played
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

TODAY, FAIR = "today", "fair"
"""Books: what stands in the till of whoever captured an order, and what the method of the rules gives."""

_KEPT = 8
"""So many ledgers are kept; the next one takes the place of the one that was longest not asked for."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order in a list; amounts in minor units of its currency.

    units: that took part, the capturing one first. spent_minor, shared_minor: of the unit that was asked about, over
    the life of the order; None when none was.
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
    spent_minor: int | None
    shared_minor: int | None

    def as_dict(self) -> dict[str, Any]:
        """The row as data."""
        return asdict(self)


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

        books: `today`, `fair`, or a method. Of one currency, and of the orders placed from one moment to before another
        with all their returns. Raises NotFound for a currency that no order has, MethodUnknown and WeightsWrong.
        """
        currency = self._currency if currency is None else currency
        if currency not in self.trade.currencies:
            raise NotFound(what="order in the currency", name=currency)
        method = self.method(None if books in (TODAY, FAIR) else books)
        trade = chosen(self.trade, self._placed(currency, since, until))
        made = played(trade, method, today=books == TODAY)
        return guarantee(
            made.names, made.members, made.worths, made.credits, method=books, currency=currency, orders=made.orders
        )

    def guarantee_of(
        self,
        numbers: Mapping[str, float],
        label: str,
        currency: str | None = None,
        since: Micros | None = None,
        until: Micros | None = None,
    ) -> Guarantee:
        """The same of a method that looks at no order: all that was left, in proportion to a number of each unit.

        numbers: by unit, 0 or more; a unit that is not named gets nothing. Raises NotFound for a currency that no order
        has, and GameWrong where no unit of these orders has a number.
        """
        currency = self._currency if currency is None else currency
        if currency not in self.trade.currencies:
            raise NotFound(what="order in the currency", name=currency)
        trade = chosen(self.trade, self._placed(currency, since, until))
        made = played(trade, self.method(), today=False)
        parts = [Fraction(max(0.0, numbers.get(name, 0.0))) for name in made.names]
        if not sum(parts):
            raise GameWrong(why="no unit of these orders has a number to share by")
        worth = int(made.worths.sum())
        given = to_whole([part * worth / sum(parts) for part in parts], worth)
        return guarantee(
            made.names, made.members, made.worths, given, method=label, currency=currency, orders=made.orders
        )

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
        """Orders, the latest first: all, those that a unit worked on, or (helped) those that another unit captured.

        helped without a unit: orders that more than one unit took part in. Raises NotFound for no unit.
        """
        rows = self._asked_for(unit, helped=helped, since=since, until=until)[::-1][offset : offset + limit]
        ledger, lost = self.ledger(method), surpluses(self.trade)
        return [self._row(ledger, order, int(lost[order]), unit) for order in rows.tolist()]

    def count_orders(
        self, unit: str | None = None, *, helped: bool = False, since: Micros | None = None, until: Micros | None = None
    ) -> int:
        """How many orders there are to list. Raises NotFound for no unit."""
        return self._asked_for(unit, helped=helped, since=since, until=until).size

    def counted(self, name: str) -> dict[str, Any]:
        """How something is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none of them.

        Names: orders, goods, work, returns, units, guarantee, what_if.
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
            found &= orders.currency == self.trade.currencies.index(currency)
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
            found &= worked if not helped else worked & (trade.orders.captured_by != code)
        elif helped:
            others = np.zeros(found.size, np.bool_)
            work = trade.work
            others[work.order[trade.shares[work.unit] & (work.unit != trade.orders.captured_by[work.order])]] = True
            found &= others
        return np.flatnonzero(found)

    def _row(self, ledger: Ledger, order: int, surplus: int, unit: str | None) -> OrderRow:
        trade, places = self.trade, ledger.places_of(order)
        orders, rows = trade.orders, ledger.rows
        captor = int(orders.captured_by[order])
        took = np.unique(rows.unit[places][rows.taking[places] > 0]).tolist()
        others = [trade.units[code] for code in took if code not in (captor, len(trade.units))]
        mine = places[rows.unit[places] == trade.unit(unit)] if unit is not None else None
        return OrderRow(
            orders.ids[order].as_py(),
            int(orders.placed_at[order]),
            trade.units[captor],
            trade.currencies[int(orders.currency[order])],
            int(orders.value_minor[order]),
            int(orders.margin_minor[order]),
            surplus,
            (trade.units[captor], *others),
            int((trade.returns.order == order).sum()),
            None if mine is None else int(rows.spent[mine].sum()),
            None if mine is None else int(rows.shared[mine].sum()),
        )
