"""Goods over HTTP: the story of a day, what is refused, and that a command sent twice is done once."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.stores.access import Role
from shop import track

SKU = "ristretto-50"


class Door:
    """A hub's API in this process."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub = hub
        self.client = client
        self.keys = {role: hub.access.add_key(role)[1] for role in Role}

    def answer(self, method, path, role=Role.ASSOCIATE, *, json=None, key=None, **query):
        headers = {"authorization": f"Bearer {self.keys[role]}"} | ({"idempotency-key": key} if key else {})
        return self.client.request(method, path, params=query or None, headers=headers, json=json)

    def ask(self, path, role=Role.ASSOCIATE, **query):
        answer = self.answer("GET", path, role, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def do(self, path, status=200, **body):
        """A command, sent twice under one key: the same bytes, one effect."""
        key = f"key-{self.hub.last_seq()}-{path}"
        first = self.answer("POST", path, json=body, key=key)
        after = self.hub.last_seq()
        again = self.answer("POST", path, json=body, key=key)
        assert (first.status_code, again.status_code) == (status, status), first.text
        assert (again.content, self.hub.last_seq()) == (first.content, after)
        return first.json()

    def refused(self, path, **body):
        """The code of a refusal, after which nothing has moved."""
        before = self.hub.last_seq()
        answer = self.answer("POST", path, json=body)
        assert self.hub.last_seq() == before
        return answer.status_code, answer.json()["code"]

    def on_hand(self, location, sku=SKU):
        shelves = {one["location"]: one["on_hand"] for one in self.ask(f"/v1/stock/{sku}")["locations"]}
        return shelves.get(location, 0)


@pytest.fixture
def door(hub) -> Iterator[Door]:
    hub.access.add_source("till", "store")
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
        yield Door(hub, client)
    writer.stop()


def test_a_day_of_goods(door):
    expected = door.do(
        "/v1/receipts/expected", 201, document="po-1", location="depot", lines=[{"sku": SKU, "units": 12}],
        due="2026-03-01T09:00:00Z", by="Ana",
    )  # fmt: skip
    assert expected == {"document": "po-1", "lines": [
        {"sku": SKU, "location": "depot", "units": 12, "due": "2026-03-01T09:00:00.000Z"},
    ]}  # fmt: skip
    came = door.do("/v1/receipts", 201, location="depot", lines=[{"sku": SKU, "units": 10}], expected="po-1")
    assert came["lines"] == [{"sku": SKU, "units": 10, "awaited": 12, "left": 2}]
    door.do("/v1/receipts", 201, location="depot", expected="po-1", close=True)

    planned = door.do("/v1/transfers", 201, **{"from": "depot", "to": "paris"}, lines=[{"sku": SKU, "units": 6}])
    assert (planned["state"], planned["lines"][0]["variance"]) == ("draft", None)
    path = f"/v1/transfers/{planned['id']}"
    door.do(f"{path}/pick", lines=[{"sku": SKU, "units": 5}], by="Ben")
    door.do(f"{path}/send", due="2026-03-02T09:00:00Z")
    (task,) = door.ask("/v1/tasks", location="paris")
    assert (task["kind"], task["units"], task["due"]) == ("receive", 5, "2026-03-02T09:00:00.000Z")
    done = door.do(f"{path}/receive", lines=[{"sku": SKU, "units": 4}])
    assert [(line["picked"], line["received"], line["variance"]) for line in done["lines"]] == [(5, 4, -1)]
    told = door.ask(path)
    assert [one["state"] for one in told["steps"]] == ["draft", "picked", "in_transit", "received"]
    assert told["steps"][1]["by"] == "Ben"
    assert [one["id"] for one in door.ask("/v1/transfers", location="paris", state="received")] == [planned["id"]]
    assert door.ask("/v1/transfers", state="draft") == []
    assert (door.on_hand("depot"), door.on_hand("paris")) == (5, 4)

    (task,) = door.ask("/v1/tasks", kind="count")
    assert task["words"] == f"Count {SKU}: 1 were not found"
    assert door.do(f"/v1/tasks/{task['id']}/close", reason="found at the packing table")["id"] == task["id"]
    assert door.ask("/v1/tasks") == []

    opened = door.do("/v1/counts", 201, location="paris", skus=[SKU])
    door.do(f"/v1/counts/{opened['id']}/lines", lines=[{"sku": SKU, "units": 3}])
    closed = door.do(f"/v1/counts/{opened['id']}/close")
    assert [(line["expected"], line["booked"], line["variance"]) for line in closed["lines"]] == [(4, 4, -1)]
    now = door.do("/v1/counts", 201, location="paris", lines=[{"gtin": "4006381333931", "units": 2}])
    assert (now["state"], now["lines"][0]["sku"], now["uncounted"]) == ("closed", "4006381333931", 0)

    ledger = door.ask(f"/v1/stock/{SKU}/moves", location="paris")
    assert [(one["reason"], one["change"], one["on_hand_after"]) for one in ledger] == [
        ("sent", 0, 0), ("received", 4, 4), ("missing", 0, 4), ("counted", -1, 3),
    ]  # fmt: skip
    assert ledger[1]["document"] == planned["id"]
    assert door.hub.verify().trouble == ()


def test_a_return_is_given_back_looked_at_and_refunded(door):
    sale = track(
        "Order Completed", id="m-1", at=as_text(door.hub.clock.now()), user="anna", order_id="o-1", currency="EUR",
        products=[{"sku": SKU, "quantity": 2, "price": 24}], context_store_id="paris",
    )  # fmt: skip
    door.hub.accept("till", [sale])
    lines = [{"sku": SKU, "units": 2, "condition": "opened"}]
    back = door.do("/v1/returns", 201, location="lyon", order_id="o-1", return_id="back-1", lines=lines, received=True)
    assert (back["state"], back["lines"][0]["condition"], back["refunded"]) == ("received", "opened", None)
    assert door.refused("/v1/returns", location="lyon", order_id="o-1", lines=lines) == (409, "returns.more_than_sold")
    judged = door.do(
        "/v1/returns/back-1/inspect", lines=[{"sku": SKU, "units": 1, "outcome": "restock"}], outcome="send_back",
        depot="depot",
    )  # fmt: skip
    assert [(line["restocked"], line["sent_back"]) for line in judged["lines"]] == [(1, 1)]
    assert door.ask(f"/v1/transfers/{judged['transfer']}")["document"] == "back-1"
    paid = door.do("/v1/returns/back-1/refund")
    assert paid["refunded"] == {"amount_minor": 4800, "currency": "EUR"}
    other = door.do("/v1/returns", 201, location="lyon", lines=[{"sku": SKU, "units": 1}])
    door.do(f"/v1/returns/{other['id']}/cancel")
    assert [one["state"] for one in door.ask("/v1/returns", location="lyon")] == ["cancelled", "inspected"]
    third = door.do("/v1/returns", 201, location="lyon", lines=[{"sku": SKU, "units": 1}])
    door.do(f"/v1/returns/{third['id']}/receive", location="paris")
    assert door.ask(f"/v1/returns/{third['id']}")["location"] == "paris"
    assert door.on_hand("lyon") == 1


def test_an_adjustment_that_saw_other_figures_is_refused_with_the_present_ones(door):
    line = {"sku": SKU, "location": "paris", "reason": "broken"}
    first = door.do("/v1/adjustments", 201, **line, units=5)
    assert (first["on_hand"], first["version"]) == (5, door.hub.last_seq())
    assert [one["version"] for one in door.ask(f"/v1/stock/{SKU}")["locations"]] == [first["version"]]
    door.do("/v1/adjustments", 201, **line, units=-1, expected_version=first["version"])
    told = door.answer("POST", "/v1/adjustments", json={**line, "units": -1, "expected_version": first["version"]})
    assert (told.status_code, told.json()["code"]) == (409, "stock.changed_meanwhile")
    assert told.json()["facts"]["present"]["on_hand"] == 4
    assert door.on_hand("paris") == 4


def test_what_cannot_be_done_is_refused_and_nothing_moves(door):
    door.do("/v1/receipts", 201, location="paris", lines=[{"sku": SKU, "units": 1}])
    line, there = [{"sku": SKU, "units": 1}], {"location": "paris"}
    assert door.refused("/v1/receipts", **there, lines=[{"units": 1}]) == (400, "goods.unreadable")
    assert door.refused("/v1/receipts", **there, lines=[{"gtin": "4006381333932", "units": 1}]) == (
        400, "value.not_gtin",
    )  # fmt: skip
    assert door.refused("/v1/receipts", **there, lines=line, expected="po-9") == (404, "not_found")
    assert door.refused("/v1/receipts/expected", document="p", **there, lines=line, due="soon") == (
        400, "value.not_instant",
    )  # fmt: skip
    assert door.refused("/v1/adjustments", **there, sku=SKU, units=0, reason="x") == (400, "goods.unreadable")
    too_much = [{"sku": SKU, "units": 2}]
    assert door.refused("/v1/transfers", **{"from": "paris", "to": "lyon"}, lines=too_much) == (
        409, "stock.not_enough",
    )  # fmt: skip
    assert door.refused("/v1/transfers/transfer-0/send") == (404, "not_found")
    assert door.refused("/v1/counts", location="nice") == (404, "not_found")
    assert door.refused("/v1/tasks/task-0/close", reason="x") == (404, "not_found")
    assert door.answer("GET", "/v1/tasks", kind="holiday").status_code == 400


def test_transfers_and_counts_are_given_up(door):
    door.do("/v1/receipts", 201, location="paris", lines=[{"sku": SKU, "units": 1}])
    planned = door.do("/v1/transfers", 201, **{"from": "paris", "to": "lyon"}, lines=[{"sku": SKU, "units": 1}])
    door.do(f"/v1/transfers/{planned['id']}/cancel")
    opened = door.do("/v1/counts", 201, location="paris")
    door.do(f"/v1/counts/{opened['id']}/cancel")
    assert door.ask(f"/v1/counts/{opened['id']}")["state"] == "cancelled"
    assert [one["id"] for one in door.ask("/v1/counts", state="cancelled")] == [opened["id"]]
    assert door.hub.available(SKU) == [("paris", 1)]


def test_the_ledger_is_read_in_whole_positions(door):
    lines = [{"sku": f"sku-{number}", "units": number} for number in range(1, 6)]
    for _ in range(2):
        door.answer("POST", "/v1/receipts", json={"location": "paris", "lines": lines})
    seen, since = [], 0
    while (page := door.ask("/v1/moves", Role.MANAGER, since=since, limit=7))["moves"]:
        assert page["next"] == page["moves"][-1]["seq"] > since
        seen.append(sorted(one["units"] for one in page["moves"]))
        since = page["next"]
    assert (seen, page["next"]) == ([[1, 2, 3, 4, 5]] * 2, since)
    assert len(door.ask("/v1/moves", Role.MANAGER, limit=2)["moves"]) % 5 == 0
    first = door.ask("/v1/moves", Role.MANAGER)["moves"][0]
    assert (first["from"], first["to"]) == (
        {"location": "supplier", "bucket": "on_hand"}, {"location": "paris", "bucket": "on_hand"},
    )  # fmt: skip
    assert door.answer("GET", "/v1/moves", Role.ASSOCIATE).status_code == 403


def test_rules_are_set_by_a_manager_and_shown(door):
    rule = {"sku": SKU, "channel": "web", "oversell": "backorder", "beyond": 5, "until": "2026-04-01"}
    assert door.answer("PUT", "/v1/stock/policies", json=rule).status_code == 403
    said = door.answer("PUT", "/v1/stock/policies", Role.MANAGER, json=rule, key="k")
    assert door.answer("PUT", "/v1/stock/policies", Role.MANAGER, json=rule, key="k").content == said.content
    told = {**rule, "until": "2026-04-01T00:00:00.000Z", "buffer": None, "safety": None}
    assert said.json() == told
    assert door.ask("/v1/stock/policies", Role.MANAGER) == [told]
    assert door.ask("/v1/stock/policies", Role.MANAGER, sku="lungo") == []
    wrong = door.answer("PUT", "/v1/stock/policies", Role.MANAGER, json={"sku": SKU, "oversell": "threshold"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "stock.policy_wrong")
    assert door.ask("/v1/stock/policies", Role.MANAGER, sku=SKU) == [told]
