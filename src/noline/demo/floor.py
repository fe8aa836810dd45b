"""The last evening of the year on the shop floor.

Orders to pick, to hand over and to send, goods that came back, goods on their way, and what went wrong: done through
the flows that a store uses, after the events of the year are in.
"""

from collections.abc import Iterator
from random import Random

from noline.demo.chance import luck
from noline.demo.company import (
    BARISTA,
    COFFEES,
    DEPOT_OF,
    PRODUCT_BY_SKU,
    STORES,
    YEAR_END,
    Store,
    price_minor,
)
from noline.demo.people import DIGITAL, Person, people_of
from noline.flows.ordering import Delivery, NewOrder, Ordered, Placed
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, SECOND, Micros, as_text
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from noline.truth.stock.model import Availability
from noline.truth.stock.policies import Policy

TILLS, RISTRETTO = "tills-fr", "ristretto-50"
_LAST_DAY = 364
_BY = "Maison Ristretto"
_MACHINE_DUE: Micros = YEAR_END + 21 * DAY


class Evening:
    """A clock of that evening: a second goes by whenever somebody looks, and chance repeats itself."""

    def __init__(self, seed: int) -> None:
        """seed: of the company."""
        self._now = YEAR_END - 3 * HOUR
        self._chance = luck(f"floor/{seed}")

    def now(self) -> Micros:
        """The present instant of that evening."""
        self._now += SECOND
        return self._now

    def random_bytes(self, count: int) -> bytes:
        """Bytes that are the same every time."""
        return self._chance.randbytes(count)


def work(hub: Hub, seed: int = 7) -> None:
    """Let the evening happen; `hub` goes by the clock of that evening."""
    chance = luck(f"work/{seed}")
    crowd = [one for one in people_of(0, seed) if one.user_id and one.habit in DIGITAL]
    chance.shuffle(crowd)
    hub.policies.set(BARISTA.sku, "web", Policy("backorder", 40, _MACHINE_DUE), by=_BY)
    for store in STORES:
        customers = iter([one for one in crowd if one.country is store.country])
        _Floor(hub, store, customers, chance).evening()
    _promise_machines(hub, next(one for one in reversed(crowd) if one.country.code == "FR"))
    _oversell(hub)


class _Floor:
    """One boutique and the customers who come to it."""

    def __init__(self, hub: Hub, store: Store, customers: Iterator[Person], chance: Random) -> None:
        self._hub = hub
        self._store = store
        self._customers = customers
        self._chance = chance

    def evening(self) -> None:
        """Orders in every state, goods that came back, goods that come, and a count that has begun."""
        self._order(Method.PICKUP)
        self._order(Method.PICKUP)
        accepted = self._order(Method.CURBSIDE)
        self._hub.fulfilling.accept(_given(accepted), by=_BY)
        ready = self._order(Method.PICKUP)
        self._pick(ready)
        self._hub.fulfilling.ready(_given(ready), by=_BY)
        self._order(Method.SHIP)
        self._miss_one()
        self._take_back()
        self._get_from_depot()
        self._hub.counting.open(self._store.store_id, by=_BY, category="gift")

    def _order(self, method: Method) -> Placed:
        """Two coffees ordered on the web, collected in this boutique or sent from it."""
        lines = tuple(Ordered(one.sku, self._chance.randint(1, 2)) for one in self._chance.sample(COFFEES, 2))
        return _place(self._hub, next(self._customers), lines, Delivery(method, location=self._store.store_id))

    def _pick(self, placed: Placed) -> None:
        self._hub.fulfilling.accept(_given(placed), by=_BY)
        self._hub.fulfilling.pick(_given(placed), by=_BY)

    def _miss_one(self) -> None:
        """A unit of the books is not on the shelf: it is looked for elsewhere, and the shelf is to be counted."""
        coffee = self._chance.choice(COFFEES)
        delivery = Delivery(Method.SHIP, country=self._store.country.code)
        placed = _place(self._hub, next(self._customers), (Ordered(coffee.sku, 2),), delivery)
        given = _given(placed)
        self._hub.fulfilling.accept(given, by=_BY)
        self._hub.fulfilling.pick(given, {coffee.sku: 1}, by=_BY)

    def _take_back(self) -> None:
        """Bought on the web, sent, and brought back here."""
        delivery = Delivery(Method.SHIP, country=self._store.country.code)
        coffee = self._chance.choice(COFFEES)
        placed = _place(self._hub, next(self._customers), (Ordered(coffee.sku, 2),), delivery)
        given = _given(placed)
        self._pick(placed)
        self._hub.fulfilling.ready(given, by=_BY)
        self._hub.fulfilling.ship(given, by=_BY)
        self._hub.fulfilling.deliver(given, by=_BY)
        order_id = placed.order.order_id
        back = self._hub.returning.announce(
            self._store.store_id, [Batch(coffee.sku, 1)], by=_BY, order_id=order_id, channel="store"
        )
        self._hub.returning.receive(back.id, by=_BY)

    def _get_from_depot(self) -> None:
        """Coffee for tomorrow is on its way."""
        batches = [Batch(one.sku, 12) for one in self._chance.sample(COFFEES, 3)]
        depot = DEPOT_OF[self._store.country.code]
        transfer = self._hub.handling.draft(
            depot, self._store.store_id, batches, by=_BY, due_at=YEAR_END + DAY, document="for tomorrow"
        )
        self._hub.handling.pick(transfer.id, by=_BY)
        self._hub.handling.send(transfer.id, by=_BY)


def _promise_machines(hub: Hub, customer: Person) -> None:
    """More machines are wanted of the depot than it has: the next come in three weeks, and are promised for then."""
    depot = DEPOT_OF["FR"]
    batches = [Batch(BARISTA.sku, 24)]
    hub.handling.expect("machines-november", depot, batches, by=_BY, due_at=_MACHINE_DUE)
    there = next(one for one in _shelves(hub, BARISTA.sku) if one.location == depot)
    if there.on_hand != 1:
        hub.handling.adjust(depot, Batch(BARISTA.sku, 1 - there.on_hand), "recalled by the maker", by=_BY)
    _place(hub, customer, (Ordered(BARISTA.sku, 2),), Delivery(Method.SHIP, location=depot, country="FR"))


def _oversell(hub: Hub) -> None:
    """A till that was offline tells of a sale: it took a unit that is promised to somebody who comes to collect it."""
    store = STORES[0]
    order = f"offline-{store.store_id}"
    shelf = next(one for one in _shelves(hub, RISTRETTO) if one.location == store.store_id)
    line = {"sku": RISTRETTO, "quantity": shelf.available + 1, "price": PRODUCT_BY_SKU[RISTRETTO].euro_cents / 100}
    hub.accept(TILLS, [{
        "type": "track", "event": "Order Completed", "messageId": order, "anonymousId": order,
        "timestamp": as_text(YEAR_END - 4 * HOUR),
        "properties": {"order_id": order, "products": [line], "currency": "EUR", "fulfilment_location": store.store_id},
        "context": {"channel": "store", "store_id": store.store_id},
    }])  # fmt: skip


def _shelves(hub: Hub, sku: str) -> list[Availability]:
    with hub.store.reading() as reader:
        return hub.stock.availability(reader, sku, hub.clock.now())


def _place(hub: Hub, who: Person, lines: tuple[Ordered, ...], delivery: Delivery) -> Placed:
    """An order of the web shop at the prices of the day."""
    currency = who.country.currency
    priced = tuple(
        Ordered(one.sku, one.units, price_minor(PRODUCT_BY_SKU[one.sku], "web", currency, _LAST_DAY)) for one in lines
    )
    new = NewOrder(channel="web", deliver=delivery, lines=priced, customer={"user_id": who.user_id}, currency=currency)
    return hub.ordering.place(new, by=_BY)


def _given(placed: Placed) -> str:
    """The first thing that a location was given of an order."""
    return next(iter(placed.book.fulfilments))
