"""Fulfilling: a location takes what it was given, finds it, and hands it over or sends it; each step with its stock.

A step is one transaction: the deed that says how far it has come, the postings that move goods and claims, and what the
customer's journey hears of it. Units that are refused or not found wait again and are given to another location.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from noline.flows.buyers import Buyers
from noline.flows.deeds import Deeds
from noline.flows.piles import taken
from noline.flows.sourcing import Assigning, given_back, handed_out
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound, NotReadable
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction, TransactionalStore
from noline.truth.orders import fulfilments
from noline.truth.orders.fulfilments import Book, Fulfilment, Method, NotNow, Step, possible
from noline.truth.orders.service import Orders
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import CUSTOMER, DEMAND, INCOMING, UNSOURCED, Availability, Place
from noline.truth.stock.service import Stock


class PickUnreadable(NotReadable):
    """What was found is not what was asked for."""

    code = "orders.pick_unreadable"
    sentence = "{fulfilment} asks for {asked} of {sku}; {found} cannot be found of it."
    hint = "Send for each item how many of the asked units were found; an item that is left out was not found."


class CountDue(NamedTuple):
    """A shelf on which units were not found, and that nobody counted since. units: in all, over all orders."""

    location: str
    sku: str
    units: Units
    missed_at: Micros


def is_to_count(shelf: Availability | None, missed_at: Micros) -> bool:
    """Whether units that were missed then are a reason to count: nobody has counted the shelf after that.

    A count of the same instant is none: whoever did not find the units may have counted before.
    """
    return shelf is None or shelf.counted_at is None or shelf.counted_at <= missed_at


class Fulfilling:
    """What locations do for orders."""

    def __init__(
        self,
        store: TransactionalStore,
        orders: Orders,
        stock: Stock,
        deeds: Deeds,
        assigning: Assigning,
        buyers: Buyers,
    ) -> None:
        """Wire the fulfilments of a hub."""
        self._store = store
        self._orders = orders
        self._stock = stock
        self._deeds = deeds
        self._assigning = assigning
        self._buyers = buyers

    # -- what is asked

    def find(self, fulfilment: str) -> Fulfilment:
        """One fulfilment. Raises NotFound."""
        with self._store.reading() as reader:
            return self._known(reader, fulfilment)[1]

    def at(self, place: str | None = None, state: Step | None = None, limit: int = 100) -> list[Fulfilment]:
        """What is to be done at a place, or is in a state, the oldest first."""
        with self._store.reading() as reader:
            return self._orders.fulfilments(reader, place=place, state=state, limit=limit)

    def counts_due(self) -> list[CountDue]:
        """Shelves where units were not found, until somebody counts them."""
        with self._store.reading() as reader:
            return [
                CountDue(one.location, one.sku, one.units, one.missed_at)
                for one in self._orders.missing(reader)
                if is_to_count(self._shelf(reader, one.sku, one.location), one.missed_at)
            ]

    # -- what is done

    def accept(self, fulfilment: str, *, by: str) -> Fulfilment:
        """The location takes it. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            return self._step(tx, fulfilment, Step.ACCEPTED, by=by)

    def reject(self, fulfilment: str, *, by: str, reason: str = "") -> Fulfilment:
        """The location cannot; another one is asked. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            _, one = self._allowed(tx, fulfilment, Step.REJECTED)
            back = given_back(one.location, one.open_units, UNSOURCED)
            done = self._step(tx, fulfilment, Step.REJECTED, by=by, reason=reason, postings=back)
            self._assign_again(tx, one.order_id, f"{one.location} sent it back", by=by)
            return done

    def pick(self, fulfilment: str, found: Mapping[str, Units] | None = None, *, by: str) -> Fulfilment:
        """What was found, by item; None: all of it. The rest is looked for elsewhere, and the shelf is to be counted.

        Raises NotFound, NotNow and PickUnreadable.
        """
        with self._store.transaction() as tx:
            _, one = self._allowed(tx, fulfilment, Step.PICKING)
            asked = one.open_units
            picked = _picked(one, asked, found)
            short = {sku: units - picked.get(sku, 0) for sku, units in asked.items()}
            to = Step.PICKING if any(picked.values()) else Step.REJECTED
            back = given_back(one.location, short, UNSOURCED)
            done = self._step(tx, fulfilment, to, by=by, picked=picked, postings=back)
            if back:
                self._assign_again(tx, one.order_id, f"not all was found at {one.location}", by=by)
            return done

    def ready(self, fulfilment: str, *, by: str) -> Fulfilment:
        """Packed to be sent, or waiting to be collected; at its destination it has come there.

        Raises NotFound and NotNow.
        """
        with self._store.transaction() as tx:
            _, one = self._known(tx, fulfilment)
            to = Step.READY if Step.READY in possible(one.method, one.state) else Step.PACKED
            self._allowed(tx, fulfilment, to)
            came = self._arrived(tx, one) if one.state is Step.SHIPPED else []
            done = self._step(tx, fulfilment, to, by=by, postings=came)
            if to is Step.READY:
                self._tell(tx, "Pickup Ready", done)
            return done

    def ship(self, fulfilment: str, *, by: str, tracking: str | None = None) -> Fulfilment:
        """It left the house. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            _, one = self._allowed(tx, fulfilment, Step.SHIPPED)
            to = Place(one.destination, INCOMING) if one.destination else Place(CUSTOMER)
            out = handed_out(one.location, one.open_units, to)
            done = self._step(tx, fulfilment, Step.SHIPPED, by=by, postings=out)
            self._tell(tx, "Order Shipped", done, tracking_number=tracking)
            return done

    def deliver(self, fulfilment: str, *, by: str) -> Fulfilment:
        """It came to the customer. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            done = self._step(tx, fulfilment, Step.DELIVERED, by=by)
            self._tell(tx, "Order Delivered", done)
            return done

    def hand_over(self, fulfilment: str, *, by: str) -> Fulfilment:
        """The customer has it. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            _, one = self._allowed(tx, fulfilment, Step.HANDED_OVER)
            out = handed_out(one.stands_at, one.open_units, Place(CUSTOMER))
            done = self._step(tx, fulfilment, Step.HANDED_OVER, by=by, postings=out)
            if one.method is not Method.COUNTER:
                self._tell(tx, "Pickup Collected", done)
            return done

    def no_show(self, fulfilment: str, *, by: str) -> Fulfilment:
        """Nobody came: the goods go back on the shelf of the place where they stand. Raises NotFound and NotNow."""
        with self._store.transaction() as tx:
            _, one = self._allowed(tx, fulfilment, Step.NO_SHOW)
            self._step(tx, fulfilment, Step.NO_SHOW, by=by, postings=given_back(one.stands_at, one.open_units))
            done = self._step(tx, fulfilment, Step.RESTOCKED, by=by)
            self._tell(tx, "Pickup Expired", done)
            return done

    # -- inside

    def _known(self, reader: Reader, fulfilment: str) -> tuple[Book, Fulfilment]:
        found = self._orders.fulfilment(reader, fulfilment)
        if found is None:
            raise NotFound(what="fulfilment", name=fulfilment)
        return found

    def _allowed(self, reader: Reader, fulfilment: str, to: Step) -> tuple[Book, Fulfilment]:
        book, one = self._known(reader, fulfilment)
        allowed = possible(one.method, one.state)
        if to not in allowed:
            raise NotNow(
                what=fulfilment, state=str(one.state), wanted=str(to), possible=[str(step) for step in allowed]
            )  # fmt: skip
        return book, one

    def _step(
        self,
        tx: Transaction,
        fulfilment: str,
        to: Step,
        *,
        by: str,
        picked: Mapping[str, Units] | None = None,
        reason: str = "",
        postings: Sequence[Posting] = (),
    ) -> Fulfilment:
        _, one = self._known(tx, fulfilment) if picked is not None else self._allowed(tx, fulfilment, to)
        said = fulfilments.changed(one, to, picked=picked, reason=reason)
        self._deeds.do(tx, [self._assigning.deed(fulfilments.CHANGED, one.order_id, said)], by=by)
        self._assigning.post(tx, one.order_id, str(to), postings, by=by)
        return self._known(tx, fulfilment)[1]

    def _assign_again(self, tx: Transaction, order_id: str, why: str, *, by: str) -> None:
        book = self._orders.book(tx, order_id)
        if book is not None:
            self._assigning.assign_waiting(tx, book, by=by, why=why)

    def _tell(self, tx: Transaction, event: str, one: Fulfilment, *, tracking_number: str | None = None) -> None:
        """Of what is collected at its store; of what is sent in the channel of the order."""
        order = self._orders.order(tx, one.order_id)
        collected = event.startswith("Pickup")
        self._buyers.tell(
            tx, event, one.order_id,
            channel="store" if collected else order.channel if order else None,
            store_id=one.stands_at if collected else None,
            location=None if collected else one.location,
            fulfilment_id=one.id, tracking_number=tracking_number,
        )  # fmt: skip

    def _arrived(self, reader: Reader, one: Fulfilment) -> list[Posting]:
        """Goods come out of the lorry, as they were put on it, onto the shelf, claimed for whoever collects them."""
        there = one.destination or one.location
        units = {line.sku: line.picked for line in one.lines if line.picked}
        goods = [
            Posting(sku, some, Place(there, INCOMING), Place(there), lot, owner)
            for sku, picked in units.items()
            for (lot, owner), some in taken(
                picked, self._stock.on_its_way(reader, sku, there, one.order_id, one.made_at)
            ).items()
        ]
        return goods + given_back(DEMAND, units, there)

    def _shelf(self, reader: Reader, sku: str, location: str) -> Availability | None:
        return next((one for one in self._stock.availability(reader, sku) if one.location == location), None)


def _picked(one: Fulfilment, asked: Mapping[str, Units], found: Mapping[str, Units] | None) -> dict[str, Units]:
    """What was found of what was asked. Raises PickUnreadable."""
    if found is None:
        return dict(asked)
    for sku, units in found.items():
        if not 0 <= units <= asked.get(sku, 0):
            raise PickUnreadable(fulfilment=one.id, sku=sku, asked=asked.get(sku, 0), found=units)
    return {sku: found.get(sku, 0) for sku in asked}
