"""A company with two stores and a depot, for tests of orders: what lies where, what it costs, and short sentences."""

from itertools import count
from typing import Any

from noline.flows.deeds import Deed
from noline.flows.ordering import Delivery, NewOrder, Ordered, Placed
from noline.hub import Hub
from noline.truth.orders.fulfilments import Method, balance
from noline.truth.stock import decided
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import INCOMING, SUPPLIER, Place
from noline.truth.stock.policies import Policy, policy_said
from shop import Day, track

PLACES = {
    "paris-1": ("store", 48.857, 2.352), "lyon-1": ("store", 45.764, 4.836), "depot": ("warehouse", 47.322, 5.041),
}  # fmt: skip
TO_LILLE: dict[str, Any] = {"country": "FR", "latitude": 50.63, "longitude": 3.06}


class Selling:
    """A hub that sells coffee at 500 and grinders at 9000 minor units, and its shelves."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._day = Day()
        self._ids = count(1)
        hub.access.ensure_source("erp", "erp")
        for name, (channel, latitude, longitude) in PLACES.items():
            self.hears("Location Opened", location=name, channel=channel, latitude=latitude, longitude=longitude)
        for sku, price_minor in {"coffee": 500, "grinder": 9000}.items():
            for channel in ("web", "store"):
                self.hears("Price Set", sku=sku, channel=channel, price_minor=price_minor, currency="EUR")

    def hears(self, event: str, **said: Any) -> None:
        """Something the warehouse system tells."""
        message = track(event, id=f"erp-{next(self._ids)}", at=self._day.next(), **said)
        (receipt,) = self.hub.accept("erp", [message])
        assert receipt.status == "accepted"

    def receive(self, units: int, at: str, sku: str = "coffee") -> None:
        """Goods come in."""
        self.hears("Stock Received", sku=sku, location=at, units=units)

    def counted(self, units: int, at: str, sku: str = "coffee") -> None:
        """Somebody counts a shelf now."""
        with self.hub.store.transaction() as tx:
            said = {"sku": sku, "location": at, "units": units}
            told = {"type": "track", "event": "Stock Counted", "messageId": f"count-{next(self._ids)}"}
            self.hub.deeds.tell(tx, [{**told, "properties": said}])

    def expect(self, units: int, at: str, due_at: int, sku: str = "coffee") -> None:
        """Goods are on their way."""
        posting = Posting(sku, units, Place(SUPPLIER), Place(at, INCOMING), due_at=due_at)
        self.do("Stock Posted", decided.posted(f"po-{next(self._ids)}", "ordered", [posting]))

    def policy(self, policy: Policy, sku: str = "coffee", channel: str = "") -> None:
        """How far a channel may go with an item."""
        self.do("Stock Policy Set", policy_said(sku, channel, policy))

    def do(self, kind: str, said: Any) -> None:
        """A deed about goods."""
        with self.hub.store.transaction() as tx:
            subject = self.hub.stock.subject_of_item("coffee")
            self.hub.deeds.do(tx, [Deed(kind, subject, said, personal=False)], by="tests")

    def place(
        self, units: int = 1, method: str = "ship", location: str | None = None, *, sku: str = "coffee", **said: Any
    ) -> Placed:
        """An order of one line; `lines` for several."""
        where = {name: said.pop(name) for name in ("country", "latitude", "longitude") if name in said}
        lines = said.pop("lines", (Ordered(sku, units),))
        new = NewOrder(
            channel=said.pop("channel", "web"), deliver=Delivery(Method(method), location, **where), lines=lines, **said
        )  # fmt: skip
        return self.hub.ordering.place(new, by="tests")

    def shelves(self, sku: str = "coffee") -> dict[str, tuple[int, int]]:
        """Units on hand and allocated, by location; what has neither is left out."""
        with self.hub.store.reading() as reader:
            found = self.hub.stock.availability(reader, sku)
            assert self.hub.stock.cells(reader) == self.hub.stock.recounted(reader)
        return {one.location: (one.on_hand, one.allocated) for one in found if one.on_hand or one.allocated}

    def units(self, order_id: str, sku: str = "coffee") -> dict[str, int]:
        """Where the units of an item of an order are; zeros left out."""
        found = balance(self.hub.ordering.show(order_id).book)[sku]
        assert found.settled
        return {name: units for name, units in found._asdict().items() if units}

    def told(self, order_id: str) -> list[str]:
        """What the log heard of an order from the hub as channels tell it, in its order."""
        found = []
        for facts in self.hub.facts.all():
            found += [
                fact.kind for fact in facts
                if fact.source == "noline" and fact.properties.get("order_id") == order_id
            ]  # fmt: skip
        return found

    def state(self, order_id: str) -> str:
        """How far an order has come, as everybody sees it."""
        return str(self.hub.ordering.show(order_id).order.state)
