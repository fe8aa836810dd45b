"""Holds over HTTP: a basket is promised for a while, all lines or none, and the same request is done once."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.clock import parse_instant
from noline.stores.access import Role
from noline.truth.goods.model import Batch
from noline.truth.stock.policies import Policy
from shop import Day, track

SKU = "ristretto-50"


class Shop:
    """Three units in Paris, two in Lyon, and a channel that asks."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        hub.access.add_source("warehouse", "warehouse")
        day = Day()
        hub.accept("warehouse", [
            track("Stock Received", id=f"r-{at}", at=day.next(), sku=SKU, location=at, quantity=units)
            for at, units in (("paris", 3), ("lyon", 2))
        ])  # fmt: skip
        self.keys = [hub.access.add_key(Role.ASSOCIATE)[1] for _ in range(2)]

    def ask(
        self, method: str, path: str, body: Any = None, *, status: int = 200, once: str | None = None, caller: int = 0
    ) -> Any:
        sent = {"authorization": f"Bearer {self.keys[caller]}", **({"idempotency-key": once} if once else {})}
        answer = self.client.request(method, f"/v1{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()

    def tried(self, at: str) -> bool:
        """Whether one unit there is promised."""
        sent = {"authorization": f"Bearer {self.keys[0]}"}
        answer = self.client.post("/v1/holds", json=lines((1, at)), headers=sent)
        assert answer.status_code in (201, 409), answer.text
        return answer.status_code == 201

    def available(self) -> dict[str, int]:
        (item,) = self.ask("GET", f"/availability?items={SKU}")["items"]
        assert item["available"] == sum(one["available"] for one in item["locations"])
        return {one["location"]: one["available"] for one in item["locations"]}


def lines(*asked: tuple[int, str | None]) -> dict[str, Any]:
    """A basket of the one item: units, and where."""
    return {"lines": [{"sku": SKU, "units": units, **({"location": at} if at else {})} for units, at in asked]}


@pytest.fixture
def shop(hub: Hub) -> Iterator[Shop]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Shop(hub, client)
    writer.stop()


def test_a_held_unit_is_not_promised_again(shop):
    held = shop.ask("POST", "/holds", lines((2, "paris")) | {"ttl_s": 600}, status=201)
    assert held["lines"] == [{"sku": SKU, "location": "paris", "units": 2}]
    assert shop.available() == {"lyon": 2, "paris": 1}
    assert shop.ask("GET", f"/holds/{held['id']}")["state"] == "active"


def test_a_refusal_names_what_is_short_and_where_else_it_is_and_moves_nothing(shop):
    refused = shop.ask("POST", "/holds", lines((1, "paris"), (3, "lyon")), status=409)
    assert refused["code"] == "stock.not_enough"
    assert refused["message"] == f"lyon can promise 2 of {SKU}, 3 were asked. Others: paris (3)."
    assert refused["facts"]["short"] == [
        {"sku": SKU, "location": "lyon", "asked": 3, "available": 2,
         "elsewhere": [{"location": "paris", "available": 3}]}
    ]  # fmt: skip
    assert shop.available() == {"lyon": 2, "paris": 3}


def test_without_a_location_the_units_are_taken_where_they_are(shop):
    held = shop.ask("POST", "/holds", lines((5, None)), status=201)
    assert sorted((one["location"], one["units"]) for one in held["lines"]) == [("lyon", 2), ("paris", 3)]
    assert shop.ask("POST", "/holds", lines((1, None)), status=409)["facts"]["short"][0]["available"] == 0


def test_the_same_key_asks_once_and_is_answered_the_same(shop):
    first = shop.ask("POST", "/holds", lines((2, "paris")), status=201, once="basket-1")
    assert shop.ask("POST", "/holds", lines((2, "paris")), status=201, once="basket-1") == first
    assert shop.available()["paris"] == 1


def test_a_refusal_is_remembered_under_its_key_too(shop):
    held = shop.ask("POST", "/holds", lines((3, "paris")), status=201)
    refused = shop.ask("POST", "/holds", lines((1, "paris")), status=409, once="basket-2")
    shop.ask("POST", f"/holds/{held['id']}/release", {})
    assert shop.ask("POST", "/holds", lines((1, "paris")), status=409, once="basket-2") == refused
    assert shop.available()["paris"] == 3


def test_a_key_for_another_request_is_refused(shop):
    shop.ask("POST", "/holds", lines((1, "paris")), status=201, once="basket-3")
    assert shop.ask("POST", "/holds", lines((2, "paris")), status=409, once="basket-3")["code"] == (
        "idempotency.key_reused"
    )


def test_two_callers_may_use_the_same_key(shop):
    one = shop.ask("POST", "/holds", lines((1, "paris")), status=201, once="1", caller=0)
    other = shop.ask("POST", "/holds", lines((1, "paris")), status=201, once="1", caller=1)
    assert one["id"] != other["id"]
    assert shop.available()["paris"] == 1


def test_a_hold_becomes_part_of_an_order_or_is_given_back_and_ends_once(shop):
    kept = shop.ask("POST", "/holds", lines((1, "paris")), status=201)["id"]
    given_back = shop.ask("POST", "/holds", lines((1, "paris")), status=201)["id"]
    for _ in range(2):
        committed = shop.ask("POST", f"/holds/{kept}/commit", {"document": "order-1"})
        assert (committed["state"], committed["order_id"]) == ("committed", "order-1")
    other = shop.ask("POST", f"/holds/{kept}/commit", {"document": "order-2"}, status=409)
    assert other["code"] == "stock.hold_over"
    assert shop.ask("POST", f"/holds/{given_back}/release", {})["state"] == "released"
    assert shop.ask("POST", f"/holds/{given_back}/commit", {"document": "order-2"}, status=409)["code"] == (
        "stock.hold_over"
    )
    (item,) = shop.ask("GET", f"/availability?items={SKU}")["items"]
    paris = next(one for one in item["locations"] if one["location"] == "paris")
    assert (paris["on_hand"], paris["held"], paris["allocated"], paris["available"]) == (3, 0, 1, 2)


def test_a_hold_can_last_longer(shop):
    held = shop.ask("POST", "/holds", lines((1, "paris")) | {"ttl_s": 5}, status=201)
    longer = shop.ask("POST", f"/holds/{held['id']}/extend", {"ttl_s": 3600})
    assert longer["expires_at"] > held["expires_at"]
    assert shop.ask("POST", f"/holds/{held['id']}/extend", {"ttl_s": 10**9}, status=400)["code"] == (
        "stock.ask_unreadable"
    )


def test_an_unknown_hold_is_not_found(shop):
    assert shop.ask("GET", "/holds/nobody", status=404)["code"] == "not_found"


def test_the_nearest_location_comes_first(shop):
    day = Day()
    shop.hub.accept("warehouse", [
        track("Location Opened", id=f"l-{at}", at=day.next(), location=at, latitude=north, longitude=east)
        for at, north, east in (("paris", 48.8692, 2.3319), ("lyon", 45.7578, 4.8320))
    ])  # fmt: skip

    def order(near: str) -> list[tuple[str, float]]:
        (item,) = shop.ask("GET", f"/availability?items={SKU}&near={near}")["items"]
        return [(one["location"], one["distance_km"]) for one in item["locations"]]

    assert order("paris") == [("paris", 0.0), ("lyon", 393.9)]
    assert [location for location, _ in order("43.2951,5.3739")] == ["lyon", "paris"]
    refused = shop.ask("GET", f"/availability?items={SKU}&near=atlantis", status=400)
    assert refused["code"] == "stock.not_a_place"


def test_what_is_due_by_an_instant_is_told_beside_what_is_there(shop):
    due = parse_instant("2026-03-20")
    shop.hub.handling.expect("po-1", "lyon", [Batch(SKU, 10)], due_at=due, by="buyer")

    def by(at: str) -> tuple[int, int]:
        (item,) = shop.ask("GET", f"/availability?items={SKU}&at={at}")["items"]
        return item["available"], item["available_by"]

    assert by("2026-03-19") == (5, 5)
    assert by("2026-03-20") == (5, 15)
    assert shop.ask("GET", f"/availability?items={SKU}&at=soon", status=400)["code"] == "value.not_instant"


def test_a_channel_that_runs_the_order_itself_gives_its_claim_back_when_the_goods_have_left(shop):
    held = shop.ask("POST", "/holds", lines((2, "paris")), status=201)["id"]
    shop.ask("POST", f"/holds/{held}/commit", {"document": "shop-77"})
    day = Day()
    shop.hub.access.add_source("web", "web")
    sold = {"order_id": "shop-77", "fulfilment_location": "paris", "products": [{"sku": SKU, "quantity": 2}]}
    shop.hub.accept("web", [track("Order Completed", id="o-77", at=day.next(), user="anna", **sold)])
    assert [shop.ask("POST", f"/holds/{held}/release", {})["state"] for _ in range(2)] == ["released"] * 2
    (item,) = shop.ask("GET", f"/availability?items={SKU}")["items"]
    paris = next(one for one in item["locations"] if one["location"] == "paris")
    assert (paris["on_hand"], paris["allocated"], paris["available"]) == (1, 0, 1)


def test_what_an_order_of_the_hub_is_made_of_cannot_be_released(shop):
    held = shop.ask("POST", "/holds", lines((2, "paris")), status=201)["id"]
    order = {"channel": "web", "order_id": "o-1", "hold": held, "lines": [{"sku": SKU, "units": 2, "price_minor": 450}],
             "deliver": {"method": "pickup", "location": "paris"}}  # fmt: skip
    shop.ask("POST", "/orders", order, status=201)
    assert shop.ask("POST", f"/holds/{held}/release", {}, status=409)["code"] == "stock.hold_over"


def test_a_time_that_no_calendar_has_is_refused_and_nothing_is_placed(shop):
    order = {"channel": "web", "order_id": "o-1", "wanted_by": "9999-12-31T23:59:59-12:00",
             "lines": [{"sku": SKU, "units": 2, "price_minor": 450}],
             "deliver": {"method": "pickup", "location": "paris"}}  # fmt: skip
    assert shop.ask("POST", "/orders", order, status=400)["code"] == "value.not_instant"
    assert shop.available() == {"lyon": 2, "paris": 3}
    assert shop.ask("GET", "/fulfilments?location=paris") == []


def test_what_may_be_promised_beyond_the_stock_is_a_number_of_the_company_not_of_each_shelf(shop):
    shop.hub.policies.set(SKU, "", Policy("threshold", 2), by="buyer")
    got = [at for at in ("paris", "lyon") * 6 if shop.tried(at)]
    assert len(got) == 3 + 2 + 2
