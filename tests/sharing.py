"""A boutique that advises and a web shop that sells: a company small enough to share its credit by hand.

Ten customers are advised in Paris for half an hour and order on the web the day after; two order on the web by
themselves, and one buys in Paris. Each order is 100 EUR of goods that cost 40. The depot picks and sends web orders.

Half an hour costs 12.00, picking 1.20, a parcel 4.80, the till 1.20. What is left of an order after advice is 42.00:
21.00 for the web and 21.00 for Paris; alone the web keeps 54.00 of an order, and Paris 58.80.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from noline.hub import Hub
from shop import OPENING, track

ADVISED, ALONE = 10, 2
SETTINGS = """
[credit.units.depot]
shares = false

[credit.units."paris-1"]
fixed_minor_per_month = 3000
"""
PARIS = {
    "orders_captured": 1, "orders_helped": 10, "minutes": 303, "at_till_minor": 6000, "spent_minor": 12120,
    "repaid_minor": 12120, "shared_minor": 26880, "assist_minor": 21000, "borne_minor": 0, "today_minor": -6120,
    "fair_minor": 26880, "floor_minor": 5880, "headroom_today_minor": -12000, "headroom_fair_minor": 21000,
}  # fmt: skip
WEB = {
    "orders_captured": 12, "orders_helped": 0, "minutes": 0, "at_till_minor": 72000, "spent_minor": 0,
    "repaid_minor": 0, "shared_minor": 31800, "assist_minor": 0, "borne_minor": 0, "today_minor": 72000,
    "fair_minor": 31800, "floor_minor": 10800, "headroom_today_minor": 61200, "headroom_fair_minor": 21000,
}  # fmt: skip
DEPOT = {"orders_helped": 12, "today_minor": -7200, "fair_minor": 0, "floor_minor": 0, "minutes": 36}


def sharing(folder: Path) -> Hub:
    """The hub of this company, open."""
    Hub.init(folder).close()
    with (folder / "noline.toml").open("a", encoding="utf-8") as settings:
        settings.write(SETTINGS)
    hub = Hub.open(folder)
    for name, channel in (("web", "web"), ("tills", "store"), ("erp", "erp")):
        hub.access.add_source(name, channel)
    for source in ("erp", "tills", "web"):
        said = [message for teller, message in _told() if teller == source]
        assert {one.status for one in hub.accept(source, said)} == {"accepted"}
    return hub


def _told() -> Iterator[tuple[str, dict[str, Any]]]:
    for location, channel, name in (("paris-1", "store", "Boutique Opéra"), ("depot", "warehouse", "Depot")):
        place = {"location": location, "channel": channel, "name": name}
        yield "erp", track("Location Opened", id=f"open-{location}", at=OPENING.isoformat(), **place)
    yield "erp", track("Product Described", id="coffee", at=OPENING.isoformat(), sku="coffee", cost=40, currency="EUR")
    for number in range(1, ADVISED + ALONE + 1):
        began = OPENING + timedelta(days=number)
        user = f"u-{number}"
        if number <= ADVISED:
            yield "tills", track(
                "Advice Given", id=f"a-{number}", at=began.isoformat(), user=user, sku="coffee", minutes=30,
                context_store_id="paris-1",
            )  # fmt: skip
        yield "web", _order(number, began + timedelta(days=1), user)
        yield "web", track(
            "Order Shipped", id=f"s-{number}", at=(began + timedelta(days=2)).isoformat(), user=user,
            order_id=f"o-{number}",
        )  # fmt: skip
    paid = _order(99, OPENING + timedelta(days=3), "u-99")
    paid["context"] = {"store_id": "paris-1"}
    paid["properties"]["fulfilment_location"] = "paris-1"
    yield "tills", paid
    yield "web", track("Page Viewed", id="last", at=(OPENING + timedelta(days=90)).isoformat(), user="u-late")


def _order(number: int, at: Any, user: str) -> dict[str, Any]:
    return track(
        "Order Completed", id=f"c-{number}", at=at.isoformat(), user=user, order_id=f"o-{number}", total=100,
        currency="EUR", fulfilment_location="depot", products=[{"sku": "coffee", "price": 100, "quantity": 1}],
    )  # fmt: skip


ABROAD = """
[rates]
JPY = "0.006"

[credit.baseline]
app = 0.25
"""


def abroad(folder: Path) -> Hub:
    """The same company, which has gone abroad and to other channels.

    Tokyo sells eight orders of 9,000 JPY by itself, and one in May after the app was looked at. Lyon sells nothing, and
    takes back what the web sold; its id is one that only a shop system thinks of. The app sells one order, a quarter of
    which would have come anyway.
    """
    sharing(folder).close()
    with (folder / "noline.toml").open("a", encoding="utf-8") as settings:
        settings.write(ABROAD)
    hub = Hub.open(folder)
    hub.access.add_source("app", "app")
    for source in ("tills", "web", "app"):
        said = [message for teller, message in _told_abroad() if teller == source]
        assert {one.status for one in hub.accept(source, said)} == {"accepted"}
    return hub


SLASHED = "gid://shopify/Order/1"


def _told_abroad() -> Iterator[tuple[str, dict[str, Any]]]:
    for number in range(201, 209):
        yield "tills", _yen(number, OPENING + timedelta(days=2), f"jp-{number}")
    may = OPENING + timedelta(days=65)
    yield "app", track("Product Viewed", id="view-jp", at=may.isoformat(), user="jp-may", sku="coffee")
    yield "tills", _yen(299, may + timedelta(days=1), "jp-may")
    yield "web", _order(300, OPENING + timedelta(days=4), "u-300") | {"messageId": "slashed"}
    slashed = _order(0, OPENING + timedelta(days=4), "u-400")
    slashed["properties"]["order_id"] = SLASHED
    yield "web", slashed
    yield "tills", track(
        "Return Accepted", id="back", at=(OPENING + timedelta(days=9)).isoformat(), user="u-400", order_id=SLASHED,
        total=100, currency="EUR", minutes=10, context_store_id="lyon-1",
    )  # fmt: skip
    yield "app", _order(500, OPENING + timedelta(days=5), "u-500")


def _yen(number: int, at: Any, user: str) -> dict[str, Any]:
    return track(
        "Order Completed", id=f"c-{number}", at=at.isoformat(), user=user, order_id=f"o-{number}", total=9000,
        currency="JPY", context_store_id="tokyo-1",
        products=[{"sku": "tea", "price": 9000, "quantity": 1, "cost": 3000}],
    )  # fmt: skip
