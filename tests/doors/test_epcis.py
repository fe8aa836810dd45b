"""Trading partners read the ledger portion by portion."""

from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.answers.epcis import portion
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, track

BASE = "https://example.com/noline"
STORE = "4012345000009"


@pytest.fixture
def shop(hub) -> Hub:
    """A hub with a delivery, a transfer, a sale, a count and a promise, on each kind of store."""
    hub.access.add_source("erp", "erp")
    day = Day()
    told: list[dict[str, Any]] = [
        track("Product Described", id="d-1", at=day.next(), sku="a", gtin="4006381333931"),
        track("Stock Received", id="r-1", at=day.next(), sku="a", location="dc", quantity=10, document="po-1"),
        track("Stock Moved", id="m-1", at=day.next(), sku="a", from_location="dc", to_location=STORE, quantity=4),
        track("Order Completed", id="o-1", at=day.next(), user="anna", order_id="o-1", location=STORE,
              products=[{"sku": "a", "quantity": 1}, {"sku": "b", "quantity": 2}]),
        track("Stock Counted", id="c-1", at=day.next(), sku="a", location="dc", quantity=5),
    ]  # fmt: skip
    assert {one.status for one in hub.accept("erp", told)} == {"accepted"}
    return hub


def told_by(document: dict[str, Any]) -> list[tuple[str, str, int, str]]:
    """Step, item, units and place of each event."""
    return [
        (one["bizStep"], one["quantityList"][0]["epcClass"], one["quantityList"][0]["quantity"], one["readPoint"]["id"])
        for one in document["epcisBody"]["eventList"]
    ]


def test_every_move_of_goods_is_told_with_the_numbers_that_are_known(shop):
    a, b = "https://id.gs1.org/01/04006381333931", f"{BASE}/item/b"
    dc, store = f"{BASE}/location/dc", f"https://id.gs1.org/414/{STORE}"
    found = portion(shop, BASE)
    assert told_by(found.document) == [
        ("receiving", a, 10, dc),
        ("shipping", a, 4, dc),
        ("receiving", a, 4, store),
        ("retail_selling", a, 1, store),
        ("retail_selling", b, 2, store),
    ]
    assert found.after == 4


def test_portions_follow_each_other_and_make_the_same_events(shop):
    whole, apart, after = portion(shop, BASE).document["epcisBody"]["eventList"], [], 0
    while events := (found := portion(shop, BASE, after, limit=1)).document["epcisBody"]["eventList"]:
        apart += events
        after = found.after
    assert apart == whole
    assert portion(shop, BASE, after).after == after


def test_the_door_answers_json_ld_and_says_where_to_go_on(shop):
    manager, associate = (shop.access.add_key(role)[1] for role in (Role.MANAGER, Role.ASSOCIATE))
    writer = Writer(shop.accept_groups)
    with TestClient(api(shop, writer), raise_server_exceptions=False) as client:
        answer = client.get(f"/v1/ledger/epcis?base={BASE}", headers={"authorization": f"Bearer {manager}"})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
        assert (answer.json()["type"], answer.headers["x-noline-after"]) == ("EPCISDocument", "4")
        wrong = client.get("/v1/ledger/epcis?base=nowhere", headers={"authorization": f"Bearer {manager}"})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "epcis.base_wrong")
        refused = client.get(f"/v1/ledger/epcis?base={BASE}", headers={"authorization": f"Bearer {associate}"})
        assert refused.status_code == 403
    writer.stop()
