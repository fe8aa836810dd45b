"""What a fact is to the books of sale, and the orders, lines and returns that follow from many of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from noline.hub import Hub
from noline.kernel.clock import parse_instant
from noline.kernel.events import Context, Fact, Identifier
from noline.kernel.sales import GoodsCost, OrderEvent, goods_cost, order_events
from noline.kernel.words import word_for
from noline.stores.analytical import TABLES

KNOWN = (Identifier("email", "catherine@example.com"),)


def fact(kind: str, properties: dict[str, Any], *, known: bool = True, **context: str) -> Fact:
    return Fact(
        seq=7, kind=kind, word=word_for(kind), route_key=-5, subject=b"\xff" * 16, message_id="m-1", occurred_at=1_000,
        received_at=2_000, source="tills", channel="store", identifiers=KNOWN if known else (), properties=properties,
        traits={}, context=Context(**context), trusted=True,
    )  # fmt: skip


def test_the_rows_carry_the_columns_of_their_tables_in_their_order():
    assert OrderEvent._fields == tuple(TABLES["order_events"].columns)
    assert GoodsCost._fields == tuple(TABLES["goods_costs"].columns)


def test_an_order_is_told_as_a_whole_and_line_by_line():
    said = {
        "order_id": "o-1", "total": 25, "tax": "4.20", "shipping_minor": 350, "currency": "EUR", "minutes": 4,
        "fulfilment_location": "depot-1",
        "products": [{"sku": "a", "price": 10, "quantity": 2, "cost": 3}, {"sku": "b", "total": 5, "quantity": 1}],
    }  # fmt: skip
    whole, first, second = order_events(fact("Order Completed", said, store_id="paris-1", country="FR"))
    assert whole == OrderEvent(
        seq=7, line=0, subject=-5, occurred_at=1_000, channel="store", action="Order Completed", order_id="o-1",
        return_id=None, account_id=None, store_id="paris-1", location="depot-1", country="FR", sku=None, units=3,
        currency="EUR", total_minor=2500, tax_minor=420, shipping_minor=350, cost_minor=None, minutes=4,
        promised_at=None,
    )  # fmt: skip
    assert (first.line, first.sku, first.units, first.total_minor, first.cost_minor) == (1, "a", 2, 2000, 600)
    assert (second.line, second.sku, second.units, second.total_minor, second.cost_minor) == (2, "b", 1, 500, None)
    assert (first.tax_minor, first.minutes) == (None, None)


def test_a_return_of_one_item_has_its_line_without_a_list():
    rows = order_events(fact("Return Accepted", {"order_id": "o-1", "sku": "a", "quantity": 1, "total": 5}))
    assert [(row.line, row.sku, row.units, row.total_minor) for row in rows] == [(0, "a", 1, 500), (1, "a", 1, 500)]


@pytest.mark.parametrize(
    ("kind", "said"),
    [("Order Completed", {}), ("Return Accepted", {"sku": "a"}), ("Product Viewed", {"order_id": "o-1"})],
)
def test_what_names_no_order_or_is_no_word_of_one_is_left_out(kind, said):
    assert order_events(fact(kind, said)) == []


def test_what_cannot_be_read_is_left_out_of_its_row():
    said = {
        "order_id": "o-1",
        "total": "a lot",
        "tax": "none",
        "minutes": -3,
        "products": [{"sku": "a", "quantity": "?"}],
    }
    whole, line = order_events(fact("Order Completed", said, known=False))
    assert (whole.subject, whole.total_minor, whole.tax_minor, whole.minutes) == (None, None, None, None)
    assert (line.units, line.total_minor, line.cost_minor) == (None, None, None)


@pytest.mark.parametrize(
    ("told", "minutes"),
    [(45.5, 46), ("45.4", 45), (0.5, 1), (2, 2), (float("nan"), None), ("1e99999", None), (-0.5, None)],
)
def test_minutes_are_told_to_the_nearest_whole_one(told, minutes):
    [whole] = order_events(fact("Order Paid", {"order_id": "o-1", "minutes": told}))
    assert whole.minutes == minutes


def test_work_that_names_an_order_tells_who_and_how_long_and_no_amounts_of_the_order(hub):
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=10, tax=1, sku="a", quantity=1)
    before = asked(hub, "SELECT * FROM orders"), asked(hub, "SELECT * FROM order_promises")
    more = {"total": 99, "tax": 9, "cost": 5, "sku": "b", "promised_at": "2026-03-05T10:00:00Z", "quantity": 4}
    say(hub, "store", "Advice Given", "01", "u-2", "paris-1", order_id="o-1", minutes=7, **more)
    say(hub, "store", "Case Resolved", "03", order_id="o-2", **more)
    assert (asked(hub, "SELECT * FROM orders"), asked(hub, "SELECT * FROM order_promises")) == before
    columns = "order_id, store_id, minutes, sku, total_minor"
    assert asked(hub, f"SELECT {columns} FROM order_events WHERE channel = 'store' ORDER BY order_id") == [
        {"order_id": "o-1", "store_id": "paris-1", "minutes": 7, "sku": None, "total_minor": None},
        {"order_id": "o-2", "store_id": None, "minutes": None, "sku": None, "total_minor": None},
    ]  # fmt: skip


def test_currencies_are_told_in_capitals_and_no_cost_is_below_zero():
    said = {
        "order_id": "o-1",
        "total": 5,
        "currency": "jpy",
        "cost": -1,
        "products": [{"sku": "a", "cost": -2, "price": 5}],
    }
    whole, line = order_events(fact("Order Completed", said))
    assert (whole.currency, whole.total_minor, whole.cost_minor, line.cost_minor) == ("JPY", 5, None, None)
    told = goods_cost(fact("Product Described", {"sku": "a", "cost": 200, "cost_currency": "jpy"}))
    assert told == GoodsCost(7, 1_000, "a", "JPY", 200)


def test_an_order_of_one_item_without_a_list_costs_its_units_once():
    whole, line = order_events(
        fact("Order Completed", {"order_id": "o-1", "sku": "a", "price": 5, "quantity": 3, "cost": 2})
    )
    assert (whole.total_minor, whole.cost_minor, line.total_minor, line.cost_minor) == (1500, None, 1500, 600)


def test_a_description_tells_what_an_item_costs_us():
    assert goods_cost(fact("Product Described", {"sku": "a", "cost": "1.20", "price": 3})) == GoodsCost(
        7, 1_000, "a", "EUR", 120
    )
    assert goods_cost(fact("Product Described", {"sku": "a", "cost": 200, "cost_currency": "JPY"})) == GoodsCost(
        7, 1_000, "a", "JPY", 200
    )
    assert goods_cost(fact("Product Described", {"sku": "a", "price": 3})) is None
    assert goods_cost(fact("Product Described", {"sku": "a", "cost": -1})) is None
    assert goods_cost(fact("Price Set", {"sku": "a", "cost": 1})) is None


# The orders that follow


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub.init(tmp_path / "shop") as hub:
        for name in ("web", "store"):
            hub.access.add_source(name, name)
        yield hub


def say(hub: Hub, channel: str, event: str, at: str, user: str | None = "u-1", store: str | None = None, **said: Any):
    message: dict[str, Any] = {
        "type": "track", "event": event, "timestamp": f"2026-03-{at}T10:00:00Z", "properties": said,
        "messageId": f"{event}-{at}-{said.get('order_id')}", "context": {"store_id": store} if store else {},
    }  # fmt: skip
    (receipt,) = hub.accept(channel, [{**message, **({"userId": user} if user else {"anonymousId": "till"})}])
    assert receipt.status == "accepted"


def asked(hub: Hub, sql: str) -> list[dict[str, Any]]:
    hub.refresh()
    return hub.analytics.ask(sql).to_pylist()


def test_an_order_belongs_to_who_told_it_first_with_the_amount_told_last(hub):
    say(hub, "store", "Order Updated", "03", order_id="o-1", total=30, products=[{"sku": "a", "quantity": 3}])
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=20, tax=3, products=[{"sku": "a", "quantity": 2}])
    [order] = asked(hub, "SELECT * FROM orders")
    assert (order["order_id"], order["channel"], order["unit"], order["state"], order["number"]) == (
        "o-1", "web", "web", "placed", 1,
    )  # fmt: skip
    assert (order["value_minor"], order["tax_minor"], order["units"], order["currency"]) == (3000, 300, 3, "EUR")
    assert order["placed_at"] == parse_instant("2026-03-02T10:00:00Z")
    assert [row["units"] for row in asked(hub, "SELECT units FROM order_goods")] == [3]


def test_the_unit_of_an_order_in_a_store_is_the_store_and_of_any_other_its_channel(hub):
    say(hub, "store", "Order Completed", "02", store="paris-1", order_id="o-1", total=1)
    say(hub, "web", "Order Completed", "03", order_id="o-2", total=1, store_id="paris-1")
    assert {row["order_id"]: row["unit"] for row in asked(hub, "SELECT order_id, unit FROM orders")} == {
        "o-1": "paris-1", "o-2": "web",
    }  # fmt: skip


def test_orders_of_a_person_are_numbered_across_channels(hub):
    for order, channel, day in (("o-2", "web", "05"), ("o-1", "store", "02"), ("o-3", "web", "09")):
        say(hub, channel, "Order Completed", day, order_id=order, total=1)
    rows = asked(hub, "SELECT order_id, number FROM orders ORDER BY number")
    assert [(row["order_id"], row["number"]) for row in rows] == [("o-1", 1), ("o-2", 2), ("o-3", 3)]


def test_what_was_cancelled_before_it_left_is_cancelled_and_what_had_left_is_not(hub):
    for order in ("o-1", "o-2"):
        say(hub, "web", "Order Completed", "02", order_id=order, total=1)
        say(hub, "web", "Order Cancelled", "04", order_id=order)
    say(hub, "web", "Order Shipped", "03", order_id="o-2")
    say(hub, "web", "Order Shipped", "03", order_id="o-3")
    states = {row["order_id"]: row["state"] for row in asked(hub, "SELECT order_id, state FROM orders")}
    assert states == {"o-1": "cancelled", "o-2": "placed"}


def test_a_return_told_twice_is_one_return_where_it_was_brought(hub):
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=10)
    for day in ("05", "06"):
        say(hub, "store", "Return Accepted", day, store="paris-1", order_id="o-1", return_id="r-1", total=4, quantity=1)
    [back] = asked(hub, "SELECT * FROM order_returns")
    assert (back["order_id"], back["return_id"], back["unit"], back["value_minor"], back["units"]) == (
        "o-1", "r-1", "paris-1", 400, 1,
    )  # fmt: skip
    assert back["accepted_at"] == parse_instant("2026-03-05T10:00:00Z")


def test_a_promise_is_the_first_told_and_is_kept_by_what_was_ready_or_delivered(hub):
    for order in ("o-1", "o-2", "o-3"):
        say(hub, "web", "Order Completed", "02", order_id=order, total=10)
        say(hub, "web", "Order Promised", "02", order_id=order, promised_at="2026-03-05T10:00:00Z")
    say(hub, "web", "Order Promised", "03", order_id="o-1", promised_at="2026-03-09T10:00:00Z")
    say(hub, "web", "Order Delivered", "06", order_id="o-1")
    say(hub, "web", "Pickup Requested", "02", order_id="o-2", store_id="paris-1", handoff_until="2026-03-08T10:00:00Z")
    say(hub, "web", "Pickup Ready", "04", order_id="o-2", store_id="paris-1")
    say(hub, "web", "Order Cancelled", "04", order_id="o-3")
    rows = asked(hub, "SELECT * FROM order_promises ORDER BY order_id")
    day = {number: parse_instant(f"2026-03-0{number}T10:00:00Z") for number in range(1, 10)}
    assert [(row["order_id"], row["promised_at"], row["done_at"], row["to_collect"]) for row in rows] == [
        ("o-1", day[5], day[6], False), ("o-2", day[5], day[4], True),
    ]  # fmt: skip
    assert [(row["unit"], row["served_by"]) for row in rows] == [("web", "web"), ("web", "paris-1")]


def test_an_erased_person_leaves_the_order_and_not_the_name(hub):
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=10, products=[{"sku": "a", "quantity": 2}])
    [before] = asked(hub, "SELECT subject, value_minor FROM orders")
    [person] = hub.find_customers("u-1")
    hub.erase(person.person, by="dpo", reason="asked")
    [after] = asked(hub, "SELECT subject, value_minor FROM orders")
    assert after["value_minor"] == before["value_minor"] == 1000
    assert after["subject"] != before["subject"]
    assert [row["units"] for row in asked(hub, "SELECT units FROM order_goods")] == [2]
