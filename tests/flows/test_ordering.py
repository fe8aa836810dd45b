"""Orders that the hub runs itself: placed, promised, sourced, changed, cancelled, exchanged and explained."""

import contextlib
from threading import Barrier, Thread

import pytest

from noline.flows.buyers import BuyerUnreadable
from noline.flows.carts import Wanted
from noline.flows.ordering import (
    Delivery,
    LeftTheHouse,
    NewOrder,
    NoPrice,
    NotOurs,
    OrderAskUnreadable,
    Ordered,
    OrderOtherwise,
)
from noline.flows.promise import Ask, HoldOver, Line
from noline.flows.returns import ReturnTooLarge
from noline.insight.sourcing.service import Sourcing
from noline.kernel.clock import DAY, parse_instant
from noline.kernel.errors import NotFound, SettingUnknown
from noline.kernel.money import Money
from noline.stores.log import last_seq
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method, NotNow
from noline.truth.stock.policies import Policy
from noline.truth.stock.promising import NotEnoughStock
from selling import TO_LILLE, Selling
from shop import track

ANNA = {"email": "anna@example.com"}
SQLITE = pytest.mark.parametrize("hub", ["sqlite"], indirect=True)
"""For what no statement of the store decides."""


@pytest.fixture
def shop(hub):
    return Selling(hub)


def log_length(shop):
    with shop.hub.store.reading() as reader:
        return last_seq(reader)


def weigh(shop, **costs):
    """Let a hub weigh with these costs."""
    shop.hub.ordering._assigning.weighing = Sourcing.from_settings({"costs": costs})


def test_an_order_is_priced_told_claimed_and_given_to_a_location_at_once(shop):
    shop.receive(5, "depot")
    placed = shop.place(2, order_id="o-1", customer=ANNA, **TO_LILLE)
    assert (placed.order.state, placed.order.channel, placed.order.total) == ("placed", "web", Money(1000, "EUR"))
    (one,) = placed.book.fulfilments.values()
    assert (one.id, one.location, one.method, one.state) == ("o-1-1", "depot", "ship", "assigned")
    assert shop.units("o-1") == {"ordered": 2, "allocated": 2}
    assert shop.shelves() == {"depot": (5, 2)}
    assert shop.told("o-1") == ["Order Placed"]
    (anna,) = shop.hub.find_customers("anna@example.com")
    assert [one.order_id for one in shop.hub.orders_of(anna.person)] == ["o-1"]
    assert shop.hub.verify().trouble == ()


def test_the_same_order_again_is_the_same_order_and_another_one_under_its_number_is_refused(shop):
    shop.receive(5, "depot")
    first = shop.place(2, order_id="o-1", customer=ANNA)
    before = (log_length(shop), shop.shelves())
    assert shop.place(2, order_id="o-1", customer=ANNA) == first
    with pytest.raises(OrderOtherwise):
        shop.place(3, order_id="o-1", customer=ANNA)
    shop.hears("Order Placed", order_id="till-7", products=[{"sku": "coffee", "quantity": 1}])
    with pytest.raises(OrderOtherwise):
        shop.place(1, order_id="till-7")
    assert (log_length(shop) - 1, shop.shelves()) == before


def test_the_last_units_are_sold_once_however_many_ask_at_once(shop):
    shop.receive(5, "depot")
    together, sold = Barrier(12), []

    def ask(number):
        together.wait()
        with contextlib.suppress(NotEnoughStock):
            sold.append(shop.place(1, order_id=f"o-{number}").order.order_id)

    clients = [Thread(target=ask, args=(number,)) for number in range(12)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert len(sold) == 5
    assert shop.shelves() == {"depot": (5, 5)}
    assert sum(shop.units(order_id)["allocated"] for order_id in sold) == 5
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_what_is_not_there_is_not_sold(shop):
    shop.receive(2, "depot")
    before = log_length(shop)
    with pytest.raises(NotEnoughStock) as refusal:
        shop.place(3, order_id="o-1")
    assert refusal.value.facts["short"][0]["available"] == 2
    with pytest.raises(NotEnoughStock):
        shop.place(1, "pickup", "paris-1", order_id="o-1")
    assert (log_length(shop), shop.shelves()) == (before, {"depot": (2, 0)})


@SQLITE
def test_an_item_without_a_price_is_refused_unless_that_is_allowed(shop):
    shop.receive(2, "depot", "filter")
    before = log_length(shop)
    with pytest.raises(NoPrice):
        shop.place(1, sku="filter")
    with pytest.raises(NoPrice):
        shop.place(1, currency="USD", lines=(Ordered("coffee"),))
    assert log_length(shop) == before
    assert shop.place(1, sku="filter", unpriced=True).order.total is None
    assert shop.place(lines=(Ordered("filter", 1, 250),)).order.total == Money(250, "EUR")


@SQLITE
@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"lines": ()}, "no lines"),
        ({"units": 0}, "0 units of coffee"),
        ({"method": "pickup"}, "pickup needs a location"),
        ({"location": "customer"}, "'customer' cannot be a location"),
        ({"latitude": 50.0}, "latitude and longitude stand together"),
        ({"latitude": 91.0, "longitude": 0.0}, "are degrees"),
        ({"order_id": "o" * 181}, "its number"),
        ({"lines": (Ordered("coffee", 1, 5), Ordered("coffee", 1, 6))}, "twice with different prices"),
        ({"lines": (Ordered("coffee", 1, -5),)}, "a price is negative"),
    ],
)
def test_what_cannot_be_understood_changes_nothing(shop, said, why):
    shop.receive(2, "depot")
    before = log_length(shop)
    with pytest.raises(OrderAskUnreadable, match=why):
        shop.place(**said)
    assert log_length(shop) == before


@SQLITE
def test_a_customer_that_nobody_can_be_is_refused(shop):
    shop.receive(2, "depot")
    before = log_length(shop)
    with pytest.raises(BuyerUnreadable):
        shop.place(customer={"shoe_size": "44"})
    with pytest.raises(NotFound):
        shop.place(customer={"person": "nobody"})
    assert (log_length(shop), shop.shelves()) == (before, {"depot": (2, 0)})


def test_reserved_in_a_store_the_hold_becomes_the_order(shop):
    shop.receive(3, "paris-1")
    hold = shop.hub.promising.hold(Ask((Line("coffee", 2, "paris-1"),), "web", "cart-1"), by="tests")
    shop.place(2, "pickup", "paris-1", order_id="o-1", hold=hold.id)
    assert shop.shelves() == {"paris-1": (3, 2)}
    assert shop.hub.promising.find(hold.id).state == "committed"
    with pytest.raises(HoldOver):
        shop.place(1, "pickup", "paris-1", order_id="o-2", hold=hold.id)
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_a_hold_that_was_committed_to_the_order_before_it_was_placed_is_part_of_it(shop):
    shop.receive(3, "paris-1")
    hold = shop.hub.promising.hold(Ask((Line("coffee", 2, "paris-1"),), "web"), by="tests")
    shop.hub.promising.commit(hold.id, "o-1", by="tests")
    shop.place(2, "pickup", "paris-1", order_id="o-1", hold=hold.id)
    assert shop.shelves() == {"paris-1": (3, 2)}
    shop.hub.ordering.cancel("o-1", by="tests")
    assert shop.shelves() == {"paris-1": (3, 0)}


def test_a_hold_may_be_larger_or_smaller_or_elsewhere_than_what_is_ordered(shop):
    for place in ("paris-1", "depot"):
        shop.receive(3, place)
    hold = shop.hub.promising.hold(Ask((Line("coffee", 2, "depot"),), "web"), by="tests")
    shop.place(3, "pickup", "paris-1", order_id="o-1", hold=hold.id)
    assert shop.shelves() == {"depot": (3, 0), "paris-1": (3, 3)}


def test_a_cart_is_ordered_with_its_lines_its_customer_and_its_hold(shop):
    shop.receive(3, "paris-1")
    wanted = [Wanted("coffee", 2, 450)]
    cart = shop.hub.carting.open(channel="web", by="tests", lines=wanted, customer=ANNA, currency="EUR")
    hold = shop.hub.promising.hold(Ask((Line("coffee", 2, "paris-1"),), "web", cart.cart_id), by="tests")
    shop.hub.carting.change(cart.cart_id, by="tests", hold_id=hold.id)
    placed = shop.place(method="pickup", location="paris-1", order_id="o-1", cart=cart.code, lines=())
    assert placed.order.total == Money(900, "EUR")
    (anna,) = shop.hub.find_customers("anna@example.com")
    assert [one.order_id for one in shop.hub.orders_of(anna.person)] == ["o-1"]
    ordered = shop.hub.carting.show(cart.cart_id).cart
    assert (ordered.state, ordered.order_id) == ("ordered", "o-1")
    assert shop.hub.promising.find(hold.id).state == "committed"


@SQLITE
def test_a_business_pays_the_prices_of_its_account(shop):
    shop.receive(9, "depot")
    group = {"name": "Bar Rossi", "price_list": "wholesale"}
    message = {"type": "group", "messageId": "g-1", "userId": "u-1", "groupId": "A-1", "traits": group}
    shop.hub.accept("erp", [message])
    shop.hears("Price Set", sku="coffee", channel="wholesale", price_minor=320, currency="EUR")
    placed = shop.place(lines=(Ordered("coffee", 4), Ordered("coffee", 1)), order_id="o-1", account="A-1")
    assert placed.order.total == Money(1600, "EUR")
    with shop.hub.store.reading() as reader:
        (account,) = shop.hub.accounts.find(reader, "A-1")
        assert shop.hub.accounts.orders(reader, account) == ["o-1"]
    with pytest.raises(NotFound):
        shop.place(1, account="A-2")


# -- which location


@SQLITE
def test_the_cheapest_location_serves_and_the_order_says_why(shop):
    for place in ("paris-1", "lyon-1", "depot"):
        shop.receive(5, place)
    weigh(shop, parcel_minor=500, per_km_minor="0.5")
    placed = shop.place(2, order_id="o-1", **TO_LILLE)
    assert [one.location for one in placed.book.fulfilments.values()] == ["paris-1"]
    (reason,) = shop.hub.ordering.why("o-1")
    assert reason.why == "placed"
    assert reason.sentences[0] == "paris-1 sends 2 of coffee."
    assert {one["location"]: one["distance_km"] for one in reason.decision["candidates"]} == {
        "paris-1": 201.0, "depot": 391.0, "lyon-1": 553.0,
    }  # fmt: skip


@SQLITE
def test_where_it_goes_is_kept_no_closer_than_a_tenth_of_a_degree(shop):
    shop.receive(5, "depot")
    placed = shop.place(1, order_id="o-1", country="FR", latitude=50.6321, longitude=3.0587)
    assert placed.book.opening.point == (506, 31)
    with shop.hub.store.reading() as reader:
        rows = str(reader.rows("SELECT said, decision FROM order_deeds"))
    assert "50.6321" not in rows
    assert "3.0587" not in rows


@SQLITE
def test_an_order_may_come_from_two_locations_in_one_parcel_each(shop):
    shop.receive(2, "depot")
    shop.receive(2, "lyon-1")
    placed = shop.place(3, order_id="o-1")
    assert sorted(one.open_units["coffee"] for one in placed.book.fulfilments.values()) == [1, 2]
    assert shop.units("o-1") == {"ordered": 3, "allocated": 3}


@SQLITE
def test_sold_in_a_store_it_is_shipped_from_another(shop):
    shop.receive(2, "lyon-1")
    placed = shop.place(1, order_id="o-1", channel="store", store_id="paris-1", customer=ANNA)
    assert (placed.order.channel, placed.order.store_id) == ("store", "paris-1")
    assert [one.location for one in placed.book.fulfilments.values()] == ["lyon-1"]


def test_an_order_sourced_again_leaves_the_excluded_location(shop):
    shop.receive(2, "depot")
    shop.receive(2, "lyon-1")
    shop.place(2, order_id="o-1", location=None)
    (first,) = shop.hub.ordering.show("o-1").book.fulfilments.values()
    placed = shop.hub.ordering.source("o-1", [first.location], by="Ana")
    other = {"depot": "lyon-1", "lyon-1": "depot"}[first.location]
    assert [(one.location, str(one.state)) for one in placed.book.fulfilments.values()] == [
        (first.location, "cancelled"), (other, "assigned"),
    ]  # fmt: skip
    assert shop.shelves() == {first.location: (2, 0), other: (2, 2)}
    shop.hub.fulfilling.accept("o-1-2", by="Ben")
    with pytest.raises(NotNow):
        shop.hub.ordering.source("o-1", by="Ana")
    assert [one.why for one in shop.hub.ordering.why("o-1")] == ["placed", "sourced again"]


@SQLITE
def test_a_past_week_is_decided_again_under_other_rules_before_they_are_switched_on(shop):
    for place in ("paris-1", "depot"):
        shop.receive(5, place)
    weigh(shop, parcel_minor=500, per_km_minor=1)
    for number in (1, 2):
        shop.place(1, order_id=f"o-{number}", **TO_LILLE)
    rules = {
        "costs": {"parcel_minor": 500, "per_km_minor": 1, "handling_minor": {"store": 400}},
        "rules": {"prefer": ["warehouse"]},
    }
    report = shop.hub.ordering.replay(rules)
    assert (report.decided.orders, report.decided.cost) == (2, 2 * 701_000_000)
    assert report.replayed.cost == 2 * 891_000_000
    assert [one.would_be for one in report.changed] == [("depot",), ("depot",)]
    assert shop.hub.ordering.replay(rules, until=1).decided.orders == 0
    with pytest.raises(SettingUnknown):
        shop.hub.ordering.replay({"cost": {}})


# -- what is not there yet


def test_a_backorder_waits_with_a_date_and_is_served_when_stock_comes(shop):
    until = parse_instant("2027-05-01")
    shop.policy(Policy("backorder", 10, until_at=until))
    shop.receive(1, "depot")
    placed = shop.place(3, order_id="o-1", customer=ANNA)
    assert shop.units("o-1") == {"ordered": 3, "allocated": 1, "waiting": 2}
    assert placed.book.units["coffee"].promised_at == until
    assert shop.told("o-1") == ["Order Placed", "Order Promised"]
    assert shop.shelves() == {"depot": (1, 1), "unsourced": (0, 2)}
    before = log_length(shop)
    assert shop.hub.ordering.source_waiting() == []
    assert log_length(shop) == before
    shop.receive(1, "paris-1")
    assert shop.hub.ordering.source_waiting() == ["o-1"]
    assert shop.units("o-1") == {"ordered": 3, "allocated": 2, "waiting": 1}
    shop.receive(5, "depot")
    assert shop.hub.ordering.source_waiting() == ["o-1"]
    assert shop.units("o-1") == {"ordered": 3, "allocated": 3}
    assert shop.hub.ordering.show("o-1").book.units["coffee"].promised_at is None
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_without_a_date_of_the_rule_it_is_promised_for_when_enough_is_due_after_earlier_orders(shop):
    shop.policy(Policy("backorder", 10))
    now = shop.hub.clock.now()
    shop.expect(2, "depot", now + DAY)
    shop.expect(4, "paris-1", now + 2 * DAY)
    promised = [shop.place(2, order_id=f"o-{number}").book.units["coffee"].promised_at for number in (1, 2, 3, 4)]
    assert promised == [now + DAY, now + 2 * DAY, now + 2 * DAY, None]


@SQLITE
def test_who_comes_later_takes_nothing_that_an_earlier_order_waits_for(shop):
    shop.policy(Policy("backorder", 10))
    shop.place(3, order_id="o-1")
    shop.receive(3, "depot")
    shop.place(2, order_id="o-2")
    assert shop.units("o-2") == {"ordered": 2, "waiting": 2}
    shop.hub.ordering.source_waiting()
    assert shop.units("o-1") == {"ordered": 3, "allocated": 3}
    assert shop.units("o-2") == {"ordered": 2, "waiting": 2}


# -- cancelling and editing


def test_an_order_is_cancelled_whole_and_its_goods_are_free_again(shop):
    shop.receive(5, "depot")
    shop.place(2, order_id="o-1", customer=ANNA)
    shop.hub.fulfilling.accept("o-1-1", by="Ben")
    cancelled = shop.hub.ordering.cancel("o-1", by="Ana", reason="changed her mind")
    assert (str(cancelled.order.state), shop.units("o-1")) == ("cancelled", {"ordered": 2, "cancelled": 2})
    assert str(cancelled.book.fulfilments["o-1-1"].state) == "cancelled"
    assert shop.shelves() == {"depot": (5, 0)}
    before = log_length(shop)
    assert shop.hub.ordering.cancel("o-1", by="Ana") == cancelled
    assert log_length(shop) == before
    assert shop.told("o-1") == ["Order Placed", "Order Cancelled"]
    with shop.hub.store.reading() as reader:
        assert "changed her mind" not in str(reader.rows("SELECT said FROM order_deeds"))
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_units_are_cancelled_those_that_wait_first(shop):
    shop.policy(Policy("backorder", 10))
    shop.receive(2, "depot")
    shop.place(lines=(Ordered("coffee", 4),), order_id="o-1")
    placed = shop.hub.ordering.cancel("o-1", {"coffee": 3}, by="Ana")
    assert shop.units("o-1") == {"ordered": 4, "allocated": 1, "cancelled": 3}
    assert (placed.order.total, str(placed.order.state)) == (Money(500, "EUR"), "placed")
    assert shop.shelves() == {"depot": (2, 1)}


@SQLITE
def test_what_has_left_the_house_cannot_be_cancelled(shop):
    shop.receive(5, "depot")
    shop.place(lines=(Ordered("coffee", 2),), order_id="o-1")
    for step in ("accept", "pick", "ready", "ship"):
        getattr(shop.hub.fulfilling, step)("o-1-1", by="Ben")
    before = (log_length(shop), shop.shelves())
    with pytest.raises(LeftTheHouse) as refusal:
        shop.hub.ordering.cancel("o-1", {"coffee": 1}, by="Ana")
    assert refusal.value.facts["possible"] == 0
    with pytest.raises(LeftTheHouse):
        shop.hub.ordering.cancel("o-1", by="Ana")
    assert (log_length(shop), shop.shelves()) == before == (before[0], {"depot": (3, 0)})


@SQLITE
def test_an_order_of_a_channel_is_changed_there(shop):
    shop.hub.accept("erp", [track("Order Placed", id="t-1", at="2026-03-01T10:00:00Z", order_id="till-7")])
    with pytest.raises(NotOurs):
        shop.hub.ordering.cancel("till-7", by="Ana")
    with pytest.raises(NotFound):
        shop.hub.ordering.cancel("o-404", by="Ana")


def test_an_edit_changes_units_adds_and_removes_lines_and_the_claims_follow(shop):
    shop.receive(9, "depot")
    shop.receive(2, "lyon-1", "grinder")
    shop.place(lines=(Ordered("coffee", 4),), order_id="o-1", customer=ANNA)
    edited = shop.hub.ordering.edit("o-1", [Ordered("coffee", 1), Ordered("grinder", 2)], by="Ana")
    assert edited.order.total == Money(500 + 2 * 9000, "EUR")
    assert (shop.units("o-1"), shop.units("o-1", "grinder")) == (
        {"ordered": 1, "allocated": 1}, {"ordered": 2, "allocated": 2},
    )  # fmt: skip
    assert (shop.shelves(), shop.shelves("grinder")) == ({"depot": (9, 1)}, {"lyon-1": (2, 2)})
    shop.hub.ordering.edit("o-1", [Ordered("coffee", 3, 400), Ordered("grinder", 0)], by="Ana")
    assert shop.hub.ordering.show("o-1").order.total == Money(1200, "EUR")
    assert (shop.shelves(), shop.shelves("grinder")) == ({"depot": (9, 3)}, {"lyon-1": (2, 0)})
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_an_edit_that_cannot_be_kept_changes_nothing(shop):
    shop.receive(4, "depot")
    shop.receive(1, "depot", "filter")
    shop.place(2, order_id="o-1")
    before = (log_length(shop), shop.shelves())
    with pytest.raises(NotEnoughStock):
        shop.hub.ordering.edit("o-1", [Ordered("coffee", 5)], by="Ana")
    with pytest.raises(NoPrice):
        shop.hub.ordering.edit("o-1", [Ordered("filter", 1)], by="Ana")
    with pytest.raises(OrderAskUnreadable):
        shop.hub.ordering.edit("o-1", [Ordered("coffee", 1), Ordered("coffee", 2)], by="Ana")
    assert shop.hub.ordering.edit("o-1", [Ordered("coffee", 2)], by="Ana").balance["coffee"].allocated == 2
    assert (log_length(shop), shop.shelves()) == before
    for step in ("accept", "pick"):
        getattr(shop.hub.fulfilling, step)("o-1-1", by="Ben")
    picked = log_length(shop)
    with pytest.raises(LeftTheHouse):
        shop.hub.ordering.edit("o-1", [Ordered("coffee", 1)], by="Ana")
    assert log_length(shop) == picked


def test_an_exchange_announces_the_return_and_places_an_order_that_names_the_old_one(shop):
    shop.receive(4, "paris-1")
    shop.receive(4, "depot", "grinder")
    shop.place(2, "counter", "paris-1", order_id="o-1", channel="store", customer=ANNA)
    old = shop.hub.ordering.show("o-1")
    new = NewOrder(channel="web", deliver=Delivery(Method.SHIP), lines=(Ordered("grinder", 1),), order_id="o-2")
    exchange = shop.hub.exchanging.exchange
    with pytest.raises(OrderAskUnreadable, match="where it is awaited"):
        exchange("o-1", {"coffee": 1}, new, by="Ana")
    placed = exchange("o-1", {"coffee": 1}, new, by="Ana", location="lyon-1")
    assert placed.book.opening.exchange_of == "o-1"
    assert placed.order.subject == old.order.subject
    back = shop.hub.returning.back("o-2-exchange")
    assert (back.state, back.order_id, back.location) == ("announced", "o-1", "lyon-1")
    assert shop.state("o-1") == "return_requested"
    before = log_length(shop)
    assert exchange("o-1", {"coffee": 1}, new, by="Ana", location="lyon-1") == placed
    other = NewOrder(channel="web", deliver=Delivery(Method.SHIP), lines=(Ordered("grinder", 1),))
    with pytest.raises(ReturnTooLarge):
        exchange("o-1", {"coffee": 2}, other, by="Ana", location="lyon-1")
    with pytest.raises(NotFound):
        exchange("o-404", {"coffee": 1}, other, by="Ana", location="lyon-1")
    assert (log_length(shop), shop.shelves("grinder")) == (before, {"depot": (4, 1)})
    assert shop.hub.verify().trouble == ()


def test_an_exchange_that_is_sent_again_with_something_else_to_come_back_is_refused(shop):
    shop.receive(4, "paris-1")
    shop.receive(4, "depot", "grinder")
    shop.place(3, "counter", "paris-1", order_id="o-1", channel="store", customer=ANNA)
    new = NewOrder(channel="web", deliver=Delivery(Method.SHIP), lines=(Ordered("grinder", 1),), order_id="o-2")
    exchange = shop.hub.exchanging.exchange
    placed = exchange("o-1", {"coffee": 1}, new, by="Ana", location="lyon-1")
    before = log_length(shop)
    for back, location in (({"coffee": 2}, "lyon-1"), ({"grinder": 1}, "lyon-1"), ({"coffee": 1}, "paris-1")):
        with pytest.raises(OrderOtherwise, match="o-2"):
            exchange("o-1", back, new, by="Ana", location=location)
    assert log_length(shop) == before
    # Given back elsewhere, with something nobody announced: what was asked for is still the same.
    shop.hub.returning.receive("o-2-exchange", [Batch("coffee", 2)], by="Luc", location="depot")
    assert exchange("o-1", {"coffee": 1}, new, by="Ana", location="lyon-1") == shop.hub.ordering.show("o-2") == placed
    with pytest.raises(OrderOtherwise):
        exchange("o-1", {"coffee": 1}, new, by="Ana", location="depot")
    assert shop.hub.verify().trouble == ()


# -- people


def test_a_customer_with_such_an_order_is_erased_and_the_hub_still_verifies(shop):
    shop.receive(5, "depot")
    shop.place(2, order_id="o-1", customer=ANNA, **TO_LILLE)
    shop.hub.fulfilling.accept("o-1-1", by="Ben")
    (anna,) = shop.hub.find_customers("anna@example.com")
    exported = shop.hub.export_person(anna.person)
    assert [one["order_id"] for one in exported["orders"]] == ["o-1"]
    shop.hub.erase(anna.person, by="Dora", reason="asked")
    assert shop.hub.verify().trouble == ()
    assert shop.units("o-1") == {"ordered": 2, "allocated": 2}
    for step in ("pick", "ready", "ship", "deliver"):
        getattr(shop.hub.fulfilling, step)("o-1-1", by="Ben")
    assert (shop.units("o-1"), shop.state("o-1")) == ({"ordered": 2, "gone": 2}, "delivered")
    assert shop.hub.find_customers("anna@example.com") == []
    assert shop.hub.verify().trouble == ()
