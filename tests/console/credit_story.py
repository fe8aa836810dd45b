"""A boutique that advises people who then buy on the web: today's books give it nothing for that."""

from datetime import timedelta
from itertools import count
from typing import Any

from noline.hub import Hub
from shop import OPENING, identify, track

ADVISED = 40
OWN = 10
WEB_PRICE, STORE_PRICE = 60, 30
OPERA = "Maison Ristretto Opéra"
PLACE = "paris-opera"
CHANNELS = {"web-shop": "web", "tills": "store", "office": "office"}
SETTINGS = """
[credit]
goods_cost_percent = 50

[rates]
JPY = "0.006"
"""
"""What the shop's noline.toml says: half of a price is what the goods cost; an hour of work costs 24 EUR, as usual."""


class Story:
    """Messages by source, with times in minutes from the opening."""

    def __init__(self) -> None:
        self.told: dict[str, list[dict[str, Any]]] = {source: [] for source in CHANNELS}
        self._numbers = count(1)

    def say(self, source: str, event: str, user: str | None, moment: int, **properties: Any) -> None:
        at = (OPENING + timedelta(minutes=moment)).isoformat()
        self.told[source].append(track(event, id=f"k-{next(self._numbers)}", at=at, user=user, **properties))

    def name(self, user: str, name: str) -> None:
        self.told["web-shop"].append(
            identify(id=f"k-{next(self._numbers)}", at=OPENING.isoformat(), user=user, name=name)
        )


def story() -> Story:
    """40 people are advised in the boutique, 12 minutes each, and order on the web a day later, for 60 EUR.

    10 others buy in the boutique without anybody's help, for 30 EUR. The first of the 40 brings their order back there.
    Two months later somebody looks at a page, so that all of this is over.
    """
    told = Story()
    told.say("office", "Location Opened", None, 0, location=PLACE, name=OPERA, channel="store")
    there = {"context_store_id": PLACE}
    for number in range(ADVISED):
        user, begins = f"a-{number:02}", number * 30
        told.name(user, f"Mary Somerville {number:02}")
        told.say("tills", "Store Visited", user, begins, **there)
        told.say("tills", "Advice Given", user, begins + 5, minutes=12, **there)
        told.say(
            "web-shop", "Order Completed", user, begins + 24 * 60,
            order_id=f"o-{number:02}", total=WEB_PRICE, currency="EUR",
        )  # fmt: skip
    for number in range(OWN):
        told.say(
            "tills", "Order Completed", f"b-{number:02}", number * 45 + 7,
            order_id=f"s-{number:02}", total=STORE_PRICE, currency="EUR", **there,
        )  # fmt: skip
    told.say(
        "tills", "Return Accepted", "a-00", 10 * 24 * 60,
        order_id="o-00", return_id="r-00", total=WEB_PRICE, currency="EUR", **there,
    )  # fmt: skip
    told.say("web-shop", "Page Viewed", "somebody-else", 62 * 24 * 60)
    return told


def tell(hub: Hub) -> None:
    """Let the channels of a hub tell that."""
    for source, channel in CHANNELS.items():
        hub.access.ensure_source(source, channel, trust="server")
    for source, messages in story().told.items():
        assert {receipt.status for receipt in hub.accept(source, messages)} == {"accepted"}
