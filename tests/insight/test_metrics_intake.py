"""Numbers of a card over what channels told through the intake, and over orders that the hub keeps itself."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fixed_clock import FixedClock
from insight.metrics_books import one, values
from noline.hub import Hub
from noline.insight.scorecards.model import Card
from noline.kernel.clock import DAY, HOUR
from noline.truth.stock.policies import Policy
from selling import TO_LILLE, Selling


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock("2026-03-02T12:00:00Z")


@pytest.fixture
def hub(tmp_path: Path, clock: FixedClock) -> Iterator[Hub]:
    with Hub.init(tmp_path / "shop.noline", clock=clock) as opened:
        for name in ("web", "store"):
            opened.access.add_source(name, name)
        yield opened


def say(hub: Hub, channel: str, event: str, at: str, user: str | None = "u-1", store: str | None = None, **said: Any):
    """What a channel tells of a day of February, `02` or `02T10:05`."""
    moment = f"2026-02-{at}:00Z" if "T" in at else f"2026-02-{at}T10:00:00Z"
    message: dict[str, Any] = {
        "type": "track", "event": event, "timestamp": moment, "properties": said,
        "messageId": f"{event}-{at}-{user}-{channel}-{said.get('order_id')}",
        "context": {"store_id": store} if store else {},
    }  # fmt: skip
    (receipt,) = hub.accept(channel, [{**message, **({"userId": user} if user else {"anonymousId": "till"})}])
    assert receipt.status == "accepted"


def card(hub: Hub, *metrics: str, by: str = "unit") -> Card:
    hub.refresh()
    return hub.scorecards.card(metrics=metrics, by=by, period="all")


# What was promised


def test_a_promise_that_a_channel_told_is_kept_or_broken_once_for_each_order(hub):
    for order_id in ("in time", "late", "late and cancelled", "cancelled", "fetched", "silent"):
        say(hub, "web", "Order Completed", "02", order_id=order_id, total=10)
        say(hub, "web", "Order Promised", "02", order_id=order_id, promised_at="2026-02-05T10:00:00Z")
    say(hub, "web", "Order Delivered", "04", order_id="in time")
    say(hub, "web", "Order Delivered", "06", order_id="late")
    say(hub, "web", "Order Cancelled", "07", order_id="late and cancelled")
    say(hub, "web", "Order Cancelled", "04", order_id="cancelled")
    until = "2026-02-03T10:00:00Z"
    say(hub, "web", "Pickup Requested", "03", order_id="fetched", store_id="paris-1", handoff_until=until)
    say(hub, "store", "Pickup Ready", "04", order_id="fetched", store="paris-1")
    told = card(hub, "promise_kept")
    assert one(told, "promise_kept", unit="web")[6:9] == (1 / 4, 1, 4)
    assert one(told, "promise_kept", unit="paris-1")[6:9] == (1.0, 1, 1)
    assert values(card(hub, "promise_kept", by="channel"), "promise_kept") == {("store",): 1.0, ("web",): 0.25}


def test_a_promise_of_the_hub_itself_is_kept_by_the_day_of_delivery(hub, clock):
    shop = Selling(hub)
    shop.policy(Policy("backorder", 10))
    shop.expect(4, "depot", clock.now() + DAY)
    for order_id in ("o-1", "o-2"):
        shop.place(2, order_id=order_id, **TO_LILLE)
    shop.receive(4, "depot")
    clock.go_on(HOUR)
    assert sorted(hub.ordering.source_waiting()) == ["o-1", "o-2"]
    for order_id, wait in (("o-1", HOUR), ("o-2", 2 * DAY)):
        clock.go_on(wait)
        for step in ("accept", "pick", "ready", "ship", "deliver"):
            getattr(hub.fulfilling, step)(f"{order_id}-1", by="Ben")
    told = card(hub, "promise_kept", by="channel")
    assert one(told, "promise_kept", channel="web")[6:9] == (0.5, 1, 2)


# Who bought


def test_the_first_order_that_stands_makes_a_new_customer(hub):
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=10)
    say(hub, "web", "Order Cancelled", "03", order_id="o-1")
    say(hub, "store", "Order Completed", "04", order_id="o-2", total=10, store="paris-1")
    say(hub, "web", "Order Completed", "05", order_id="o-3", total=10)
    assert values(card(hub, "new_customers"), "new_customers") == {("paris-1",): 1, ("web",): 0}


def test_who_tells_an_order_again_sold_nothing(hub):
    say(hub, "web", "Product Viewed", "02T10:00", sku="a")
    say(hub, "web", "Order Placed", "02T10:05", order_id="o-1", total=10)
    say(hub, "web", "Order Completed", "03", order_id="o-1", total=10)
    say(hub, "store", "Order Completed", "04", order_id="o-1", total=10, store="paris-1")
    told = card(hub, "conversion", "orders")
    assert values(told, "orders") == {("paris-1",): 0, ("web",): 1}
    assert one(told, "conversion", unit="web")[6:9] == (0.5, 1, 2)
    assert one(told, "conversion", unit="paris-1")[6:9] == (0.0, 0, 1)


# What a visit is


def test_what_is_only_said_of_an_order_is_no_visit_and_somebody_at_the_counter_is_one(hub):
    say(hub, "web", "Order Completed", "02", order_id="o-1", total=10)
    for event in ("Order Cancelled", "Pickup Requested", "Return Requested", "Return Accepted", "Pickup Collected"):
        say(hub, "web", event, "05", order_id="o-1", return_id="r-1")
    say(hub, "store", "Pickup Collected", "06", order_id="o-1", store="paris-1")
    say(hub, "store", "Return Accepted", "08", order_id="o-1", return_id="r-1", store="paris-1")
    say(hub, "store", "Order Cancelled", "09", order_id="o-1", store="lyon-1")
    assert values(card(hub, "visits"), "visits") == {("paris-1",): 2, ("web",): 1}


def test_attention_is_for_products_and_for_nothing_else(hub):
    for number, event in enumerate(("Parking Validated", "Appointment Kept", "Login Required", "Cart Viewed")):
        say(hub, "store", event, "02", f"u-{number}", store="paris-1")
    assert one(card(hub, "attention"), "attention")[6:9] == (0.0, 0, 4)
    say(hub, "store", "Product Tried", "02T11:00", "u-1", store="paris-1", sku="a")
    assert one(card(hub, "attention"), "attention")[6:9] == (0.25, 1, 4)
