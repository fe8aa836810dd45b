"""A shop with a counter: what channels told of Anna, so that a test can greet her."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from noline.hub import Hub
from shop import identify, track

CHANNELS = {"till": "store", "shop": "web", "app": "app", "warehouse": "warehouse", "desk": "call"}


class Counter:
    """Tells events of the past days and opens cards."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self._ids = count(1)
        self._now = datetime.fromtimestamp(hub.clock.now() / 1_000_000, UTC)
        for source, channel in CHANNELS.items():
            hub.access.ensure_source(source, channel)
        for store, city in (("paris-1", "Paris"), ("lyon-2", "Lyon")):
            self.tells("warehouse", "Location Opened", days=400, location=store, name=f"Boutique {city}", country="FR")
        for sku, intensity in (("ristretto", 10), ("vespro", 9), ("petalo", 1)):
            self.describes(sku, name=sku.title(), category="coffee", price=22, attributes={"intensity": intensity})
        self.identifies("anna", firstName="Anna", lastName="Muster", title="Madame", address={"city": "Paris"})

    def at(self, days: float) -> str:
        """So many days ago, ISO 8601."""
        return (self._now - timedelta(days=days)).isoformat()

    def tells(self, source: str, event: str, *, days: float = 1, user: str | None = None, **properties: Any) -> None:
        """One message, which must be taken."""
        message = track(event, id=f"m-{next(self._ids)}", at=self.at(days), user=user, **properties)
        (receipt,) = self.hub.accept(source, [message])
        assert receipt.status == "accepted", receipt

    def identifies(self, user: str, **traits: Any) -> None:
        """What a customer tells of themselves at the till."""
        (receipt,) = self.hub.accept(
            "till", [identify(id=f"m-{next(self._ids)}", at=self.at(300), user=user, **traits)]
        )  # fmt: skip
        assert receipt.status == "accepted", receipt

    def describes(self, sku: str, **properties: Any) -> None:
        """What the catalogue says of an item."""
        self.tells("warehouse", "Product Described", days=400, sku=sku, currency="EUR", **properties)

    def buys(self, order: str, *lines: tuple[str, int], days: float, source: str = "till", user: str = "anna") -> None:
        """An order of so many units of some items, at 22 EUR each."""
        products = [{"sku": sku, "quantity": units, "price": 22} for sku, units in lines]
        self.tells(
            source, "Order Completed", days=days, user=user, order_id=order, currency="EUR", products=products,
            total=sum(22 * units for _, units in lines), context_store_id="paris-1" if source == "till" else None,
        )  # fmt: skip

    def agrees(self, *purposes: str, user: str = "anna") -> None:
        """The customer says yes."""
        for purpose in purposes:
            self.hub.consent.change(self.person(user), purpose, None, granted=True)

    def withdraws(self, *purposes: str, user: str = "anna") -> None:
        """The customer says no."""
        for purpose in purposes:
            self.hub.consent.change(self.person(user), purpose, None, granted=False)

    def person(self, user: str = "anna") -> str:
        """Who that is."""
        return self.hub.find_customers(user)[0].person

    def card(self, user: str = "anna", **asked: Any) -> Any:
        """The customer's card in Paris."""
        return self.hub.greet(self.person(user), **{"store": "paris-1", "by": "lea", **asked})
