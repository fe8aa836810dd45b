"""Pricing: once an hour, what a unit in each place is worth to the orders that are still to come.

Each of the last weeks is one way in which the next may go: its orders, with the places that could have served them,
are spread over the stock that is free now. The mean worth of a unit is its shadow price, and follows what is sold until
prices are made again; an order is served from where units are missed least.
"""

from collections.abc import Iterator
from typing import NamedTuple

from noline.flows.sourcing import Assigning
from noline.insight.sourcing.following import NO_OUTLOOK
from noline.insight.sourcing.model import Decision, Millionths, Stock, Waiting
from noline.kernel.clock import DAY, Clock
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.orders.service import Orders
from noline.truth.stock.model import UNSOURCED
from noline.truth.stock.service import Stock as StockRoom

_WEEKS = 4
_ORDERS_A_WEEK = 2_000
"""The latest of a week; a programme of so many is solved in tenths of a second."""

_SCARCITY = 0.0
"""Prices choose between places and refuse nothing: an order that was accepted is served."""


class Worth(NamedTuple):
    """What a unit is worth to later orders, in millionths of a minor unit."""

    location: str
    sku: str
    price: Millionths


class Pricing:
    """The shadow prices of a hub."""

    def __init__(
        self, store: TransactionalStore, stock: StockRoom, orders: Orders, assigning: Assigning, clock: Clock
    ) -> None:
        """Nothing has a price yet."""
        self._store = store
        self._stock = stock
        self._orders = orders
        self._assigning = assigning
        self._clock = clock

    def price(self) -> list[Worth]:
        """Price units anew and let the next orders be decided with these prices; the dearest first."""
        with self._store.reading() as reader:
            futures = [list(week) for week in self._weeks(reader)]
            stock = self._free(reader, {need.sku for week in futures for one in week for need in one.needs})
        futures, now = [week for week in futures if week], self._clock.now()
        outlook = self._assigning.weighing.outlook(futures, stock, scarcity=_SCARCITY) if futures else NO_OUTLOOK
        week = outlook._replace(since=now, until=now + 7 * DAY)
        self._assigning.weighing = self._assigning.weighing.with_outlook(week)
        prices = self._assigning.weighing.prices(stock, now)
        found = [Worth(location, sku, price) for (location, sku), price in prices.items()]
        return sorted(found, key=lambda one: (-one.price, one.location, one.sku))

    def _weeks(self, reader: Reader) -> Iterator[Iterator[Waiting]]:
        now = self._clock.now()
        for number in range(_WEEKS):
            until = now + 1 - 7 * number * DAY
            decided = self._orders.decisions(reader, until - 7 * DAY, until)[-_ORDERS_A_WEEK:]
            yield (_expected(Decision.from_dict(one)) for _, one in decided)

    def _free(self, reader: Reader, skus: set[str]) -> Stock:
        found: dict[tuple[str, str], Units] = {}
        for sku in sorted(skus):
            for shelf in self._stock.availability(reader, sku, self._clock.now()):
                if shelf.available and shelf.location != UNSOURCED:
                    found[shelf.location, sku] = shelf.available
        return found


def _expected(decision: Decision) -> Waiting:
    """An order of the past as one that may come again."""
    return Waiting(decision.needs, decision.candidates, decision.order)
