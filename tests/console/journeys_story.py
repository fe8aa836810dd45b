"""A shop whose checkout fails: who called because of it, who bought all the same, and who came to the store."""

from datetime import timedelta
from itertools import count
from typing import Any

from noline.hub import Hub
from shop import OPENING, identify, track

AT_RISK = 80
MET = 40
BOUGHT_WITH = 12
BOUGHT_WITHOUT = 36
CAME_TO_THE_STORE = 20
WRITTEN_TO = 6
PRICE = 24.5
OPERA = "Maison Ristretto Opéra"
CHANNELS = {"web-shop": "web", "tills": "store", "desk": "call", "office": "office", "letters": "mail"}


class Story:
    """Messages by source, with times in minutes from the opening."""

    def __init__(self) -> None:
        self.told: dict[str, list[dict[str, Any]]] = {source: [] for source in CHANNELS}
        self._numbers = count(1)

    def say(self, source: str, event: str, user: str | None, minutes: int, **properties: Any) -> None:
        at = (OPENING + timedelta(minutes=minutes)).isoformat()
        self.told[source].append(track(event, id=f"j-{next(self._numbers)}", at=at, user=user, **properties))

    def name(self, user: str, name: str) -> None:
        at = OPENING.isoformat()
        self.told["web-shop"].append(identify(id=f"j-{next(self._numbers)}", at=at, user=user, name=name))


def story() -> Story:
    """80 people start a checkout in the first days of March; for 40 of them it fails and they call.

    12 of those 40 buy in the end, and 36 of the others. 20 of the others come to the store a day later. 6 people
    are only written to, and do not come.
    """
    told = Story()
    told.say("office", "Location Opened", None, 0, location="paris-opera", name=OPERA, channel="store")
    for number in range(AT_RISK):
        user, begins = f"c-{number:02}", number * 30
        basket = {"sku": "ristretto-50", "price": PRICE, "currency": "EUR"}
        told.name(user, f"Grace Hopper {number:02}")
        told.say("web-shop", "Product Viewed", user, begins, **basket)
        told.say("web-shop", "Product Added", user, begins + 2, **basket)
        told.say("web-shop", "Checkout Started", user, begins + 4, total=PRICE, currency="EUR")
        met = number < MET
        if met:
            told.say("web-shop", "Checkout Failed", user, begins + 6, total=PRICE, currency="EUR")
            told.say("desk", "Call Started", user, begins + 20)
        if number < BOUGHT_WITH or MET <= number < MET + BOUGHT_WITHOUT:
            told.say(
                "web-shop", "Order Completed", user, begins + 40, order_id=f"o-{number}", total=PRICE, currency="EUR"
            )
        if number >= AT_RISK - CAME_TO_THE_STORE:
            told.say("tills", "Store Visited", user, begins + 24 * 60, context_store_id="paris-opera")
    for number in range(WRITTEN_TO):
        told.say("letters", "Mailing Sent", f"w-{number}", number, handoff_to="store", handoff_group="Spring")
    told.say("web-shop", "Page Viewed", "somebody-else", 80 * 24 * 60)
    return told


def tell(hub: Hub) -> None:
    """Let the channels of a hub tell that."""
    for source, channel in CHANNELS.items():
        hub.access.ensure_source(source, channel, trust="server")
    for source, messages in story().told.items():
        assert {receipt.status for receipt in hub.accept(source, messages)} == {"accepted"}
