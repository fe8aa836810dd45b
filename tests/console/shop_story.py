"""A shop with goods: what its channels and people told of them, for the tests of the pages about goods and orders."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from clients.browsing import FLAGS
from clients.serving import ServedHub
from noline.flows.counting import Told
from noline.flows.deeds import Deed
from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.hub import Hub
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from noline.truth.stock import decided
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import INCOMING, SUPPLIER, Place
from noline.truth.stock.policies import Policy, policy_said
from noline.truth.stock.promising import Ask, Line
from shop import OPENING, Day, message_ids, track

SKU, MILK = "ristretto-50", "milk-frother"
NAME = "Ristretto, 50 capsules"
OPERA, LYON, DEPOT = "paris-opera", "lyon", "depot"
BY = "Ana"
PRICE_MINOR = 2450
PLACES = ((OPERA, "Opéra", "store"), (LYON, "Lyon Bellecour", "store"), (DEPOT, "Dépôt Strasbourg", "warehouse"))
ON_HAND = ((SKU, OPERA, 10), (SKU, LYON, 6), (SKU, DEPOT, 40), (MILK, OPERA, 2))


class Shop:
    """Goods of one hub, told and promised."""

    def __init__(self, hub: Hub, name: str = "g", *, days: int = 0) -> None:
        """name: with which the ids of its messages begin. days: how long after the opening it goes on telling."""
        self.hub = hub
        self._day = Day(OPENING + timedelta(days=days))
        self._ids = message_ids(name)
        hub.access.ensure_source("warehouse", "warehouse", trust="server")
        hub.access.ensure_source("tills", "store", trust="server")

    def tell(self, source: str, event: str, **properties: Any) -> None:
        """One message of a source."""
        message = track(event, id=next(self._ids), at=self._day.next(), **properties)
        (receipt,) = self.hub.accept(source, [message])
        assert receipt.status == "accepted", receipt

    def hold(self, sku: str, units: int, at: str, cart: str) -> str:
        """Units held for a cart for an hour; answers the hold."""
        return self.hub.promising.hold(Ask((Line(sku, units, at),), "web", cart, 3600), by=BY).id

    def order(self, order_id: str, method: str, at: str | None = None, *, by: dict[str, str] | None = None,
              **units: int) -> None:  # fmt: skip
        """An order of the web shop; units by item, `_` standing for `-`."""
        lines = tuple(Ordered(sku.replace("_", "-"), count, PRICE_MINOR) for sku, count in units.items())
        deliver = Delivery(Method(method), location=at, country="FR")
        new = NewOrder(channel="web", deliver=deliver, lines=lines, order_id=order_id, customer=by)
        self.hub.ordering.place(new, by=BY)

    def on_hand(self, sku: str, at: str) -> tuple[int, int, int]:
        """Units on hand, promised and not sellable of an item at a location."""
        with self.hub.store.reading() as reader:
            there = {one.location: one for one in self.hub.stock.availability(reader, sku, self.hub.clock.now())}
        one = there[at]
        return one.on_hand, one.held + one.allocated, one.unsellable

    def do(self, *said: tuple[str, dict[str, Any]]) -> None:
        """Deeds about the one item."""
        subject = self.hub.stock.subject_of_item(SKU)
        with self.hub.store.transaction() as tx:
            deeds = [Deed(kind, subject, properties, personal=False) for kind, properties in said]
            self.hub.deeds.do(tx, deeds, by=BY)


def stocked(hub: Hub) -> Shop:
    """A shop that was described and filled: 10 in Paris, 6 in Lyon, 40 in the depot, and 2 of something else."""
    shop = Shop(hub)
    for location, name, channel in PLACES:
        shop.tell("warehouse", "Location Opened", location=location, name=name, channel=channel, country="FR")
    shop.tell("warehouse", "Product Described", sku=SKU, name=NAME, brand="Maison Ristretto", price=24.5)
    shop.tell("warehouse", "Product Described", sku=MILK, name="Milk frother", brand="Maison Ristretto", price=89)
    for sku, location, units in ON_HAND:
        shop.tell("warehouse", "Stock Received", sku=sku, location=location, quantity=units)
    return shop


def promised(hub: Hub) -> Shop:
    """The same shop on a busy day.

    Paris: 3 of 10 in a cart, 1 damaged. Lyon: 5 in a cart, then the till sold 1 and a count found 2, so 3 are promised
    that are not there. The depot: 2 ordered, 20 on their way.
    """
    shop = stocked(hub)
    shop.hold(SKU, 3, OPERA, "cart-7")
    shop.tell("warehouse", "Stock Moved", sku=SKU, quantity=1, location=OPERA, to_bucket="unsellable")
    shop.hold(SKU, 5, LYON, "cart-8")
    shop.tell("tills", "Order Completed", order_id="o-1", products=[{"sku": SKU, "quantity": 1, "price": 24.5}],
              context_store_id=LYON)  # fmt: skip
    shop.tell("warehouse", "Stock Counted", sku=SKU, units=2, location=LYON)
    hub.promising.commit(shop.hold(SKU, 2, DEPOT, "cart-9"), "o-2", by=BY)
    hub.promising.release(shop.hold(SKU, 4, DEPOT, "cart-10"), by=BY)
    due_at = 1_900_000_000_000_000
    coming = Posting(SKU, 20, Place(SUPPLIER), Place(DEPOT, INCOMING), due_at=due_at)
    shop.do(
        (decided.POSTED, decided.posted("po-77", "ordered", [coming])),
        (decided.POLICY_SET, policy_said(SKU, "web", Policy("backorder", 20, due_at, 2))),
        (decided.POLICY_SET, policy_said(SKU, "", Policy(safety=1))),
    )
    return shop


def working(hub: Hub) -> Shop:
    """The same shop with work to do in Paris.

    w-1 of Ada is to be picked, w-2 of Marie Petit waits to be collected, 5 are on their way from the depot, one came
    back, and of the milk frother 2 are promised where 1 is. w-3 goes out by parcel from wherever it is best.
    """
    shop = stocked(hub)
    marie = {"type": "identify", "messageId": "marie", "timestamp": OPENING.isoformat(), "userId": "marie",
             "traits": {"name": "Marie Petit", "phone": "+33612349999"}}  # fmt: skip
    (receipt,) = hub.accept("tills", [marie])
    assert receipt.status == "accepted"
    shop.order("w-1", "pickup", OPERA, by={"user_id": "ada"}, ristretto_50=2)
    shop.order("w-2", "pickup", OPERA, by={"user_id": "marie"}, milk_frother=1)
    shop.order("w-3", "ship", ristretto_50=1)
    for step in (hub.fulfilling.accept, hub.fulfilling.pick, hub.fulfilling.ready):
        step("w-2-1", by=BY)
    transfer = hub.handling.draft(DEPOT, OPERA, [Batch(SKU, 5)], by=BY)
    hub.handling.pick(transfer.id, by=BY)
    hub.handling.send(transfer.id, by=BY)
    back = hub.returning.announce(OPERA, [Batch(SKU, 1)], by=BY, conditions={SKU: "box opened"})
    hub.returning.receive(back.id, by=BY)
    shop.hold(MILK, 1, OPERA, "cart-7")
    hub.counting.at_once(OPERA, [Told(Batch(MILK, 1))], by=BY)
    return shop


@contextmanager
def served(folder: Path) -> Iterator[ServedHub]:
    """A hub with its server; told to before it starts, by whoever opens it."""
    hub = ServedHub(folder, company="Maison Ristretto")
    yield hub
    hub.stop()


@contextmanager
def looked_at(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield opened
        opened.close()
