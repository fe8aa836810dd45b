"""Orders over HTTP: the whole way of one, commands that are done once, and refusals that say what is possible."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from selling import Selling

SQLITE = pytest.mark.parametrize("hub", ["sqlite"], indirect=True)
PICKUP = {
    "channel": "web", "order_id": "w-1", "customer": {"email": "anna@example.com"},
    "lines": [{"sku": "coffee", "units": 2}], "deliver": {"method": "pickup", "location": "paris-1"},
    "wanted_by": "2027-05-01T10:00:00Z",
}  # fmt: skip


class Door:
    """A shop, and somebody who asks it over HTTP."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.shop, self.client = Selling(hub), client
        self.keys = {role: hub.access.add_key(role)[1] for role in (Role.ASSOCIATE, Role.MANAGER)}

    def ask(
        self, method: str, path: str, body: Any = None, *, status: int = 200, key: str = "", role: Role = Role.ASSOCIATE
    ) -> Any:
        sent = {"authorization": f"Bearer {self.keys[role]}", **({"idempotency-key": key} if key else {})}
        answer = self.client.request(method, f"/v1{path}", json=body, headers=sent)
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Door(hub, client)
    writer.stop()


def test_an_order_goes_its_whole_way(door):
    door.shop.receive(3, "paris-1")
    placed = door.ask("POST", "/orders", PICKUP, status=201)
    assert (placed["order_id"], placed["total_minor"], placed["wanted_by"]) == ("w-1", 1000, "2027-05-01T10:00:00.000Z")
    assert placed["lines"] == [{
        "sku": "coffee", "ordered": 2, "waiting": 0, "allocated": 2, "picked": 0, "gone": 0, "cancelled": 0,
        "promised_at": None, "price_minor": 500,
    }]  # fmt: skip
    assert door.ask("POST", "/orders", PICKUP, status=201) == placed
    (to_do,) = door.ask("GET", "/fulfilments?location=paris-1&state=assigned")
    assert (to_do["fulfilment"], to_do["possible"]) == ("w-1-1", ["accepted", "rejected", "cancelled"])
    assert door.ask("GET", "/fulfilments/w-1-1") == to_do
    for step, body in (("accept", {}), ("pick", {"lines": [{"sku": "coffee", "units": 1}]}), ("ready", {})):
        done = door.ask("POST", f"/fulfilments/w-1-1/{step}", body)
    assert done["lines"] == [{"sku": "coffee", "asked": 2, "picked": 1, "rejected": 1, "cancelled": 0}]
    (due,) = door.ask("GET", "/fulfilments/counts-due")
    assert (due["location"], due["sku"], due["units"]) == ("paris-1", "coffee", 1)
    refused = door.ask("POST", "/fulfilments/w-1-1/ship", {"tracking": "T-1"}, status=409)
    assert refused["code"] == "orders.not_now"
    assert refused["facts"]["possible"] == ["handed_over", "no_show", "cancelled"]
    assert door.ask("POST", "/fulfilments/w-1-1/hand-over", {"by": "Ben"})["state"] == "handed_over"
    cancelled = door.ask("POST", "/orders/w-1/cancel", {"lines": [{"sku": "coffee", "units": 1}]})
    assert (cancelled["state"], cancelled["lines"][0]["cancelled"]) == ("collected", 1)
    assert door.ask("GET", "/orders/w-1/fulfilments") == cancelled
    assert door.shop.shelves() == {"paris-1": (2, 0)}


@SQLITE
def test_what_is_sent_is_changed_sourced_again_explained_and_delivered(door):
    for place in ("depot", "lyon-1"):
        door.shop.receive(4, place)
    order = {"channel": "web", "lines": [{"sku": "coffee"}], "deliver": {"method": "ship", "country": "FR"}}
    number = door.ask("POST", "/orders", order, status=201, key="k-1")["order_id"]
    assert door.ask("POST", "/orders", order, status=201, key="k-1")["order_id"] == number
    edited = door.ask("POST", f"/orders/{number}/edit", {"lines": [{"sku": "coffee", "units": 3}]})
    assert (edited["total_minor"], edited["lines"][0]["allocated"]) == (1500, 3)
    sourced = door.ask("POST", f"/orders/{number}/source", {"exclude": ["depot"]})
    (one,) = [one for one in sourced["fulfilments"] if one["state"] == "assigned"]
    assert one["location"] == "lyon-1"
    assert [reason["why"] for reason in door.ask("GET", f"/orders/{number}/why")] == [
        "placed", "edited", "sourced again",
    ]  # fmt: skip
    for step in ("accept", "pick", "ready", "ship", "deliver"):
        done = door.ask("POST", f"/fulfilments/{one['fulfilment']}/{step}", {})
    assert done["state"] == "delivered"
    assert door.shop.shelves() == {"depot": (4, 0), "lyon-1": (1, 0)}


@SQLITE
def test_refused_missed_and_exchanged(door):
    door.shop.receive(6, "paris-1")
    door.ask("POST", "/orders", PICKUP, status=201)
    assert door.ask("POST", "/fulfilments/w-1-1/reject", {"reason": "no staff"})["state"] == "rejected"
    door.ask("POST", "/orders", {**PICKUP, "order_id": "w-2"}, status=201)
    for step in ("accept", "pick", "ready", "no-show"):
        done = door.ask("POST", f"/fulfilments/w-2-1/{step}", {})
    assert done["state"] == "restocked"
    counter = {**PICKUP, "order_id": "w-3", "deliver": {"method": "counter", "location": "paris-1"}}
    door.ask("POST", "/orders", counter, status=201)
    exchange = {"back": [{"sku": "coffee", "units": 1}], "order": {**PICKUP, "order_id": "w-4"}}
    placed = door.ask("POST", "/orders/w-3/exchange", exchange, status=201)
    assert (placed["order_id"], placed["exchange_of"]) == ("w-4", "w-3")
    assert door.shop.state("w-3") == "return_requested"


@SQLITE
def test_other_rules_are_tried_on_the_past(door):
    door.shop.receive(4, "paris-1")
    door.shop.place(1, order_id="o-1")
    rules = {"costs": {"parcel_minor": 480}}  # without rules of its own a hub takes 500 for a parcel
    door.ask("POST", "/sourcing/replay", {"rules": rules}, status=403)
    told = door.ask("POST", "/sourcing/replay", {"rules": rules, "since": "2020-01-01"}, role=Role.MANAGER)
    assert told["decided"] == {
        "decisions": 1, "cost_minor": 500, "parcels": 1, "units": 1, "units_unfilled": 0, "kept": 0.95,
    }  # fmt: skip
    assert (told["replayed"]["cost_minor"], told["decided_at_new_costs_minor"], told["changed"]) == (480, 480, [])
    wrong = door.ask("POST", "/sourcing/replay", {"rules": {}, "until": "soon"}, status=400, role=Role.MANAGER)
    assert wrong["code"] == "value.not_instant"


@SQLITE
@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/orders", {**PICKUP, "deliver": {"method": "pickup"}}, 400, "orders.ask_unreadable"),
        ("/orders", {**PICKUP, "deliver": {"method": "drone"}}, 400, "http.bad_request"),
        ("/orders", {**PICKUP, "wanted_by": "soon"}, 400, "value.not_instant"),
        ("/orders", PICKUP, 409, "stock.not_enough"),
        ("/orders", {**PICKUP, "lines": [{"sku": "filter"}]}, 409, "orders.no_price"),
        ("/orders/none/cancel", {}, 404, "not_found"),
        ("/fulfilments/none-1/accept", {}, 404, "not_found"),
    ],
)
def test_what_is_refused_says_why_and_moves_nothing(door, path, body, status, code):
    assert door.ask("POST", path, body, status=status)["code"] == code
    assert door.shop.shelves() == {}
    assert door.ask("GET", "/fulfilments") == []
