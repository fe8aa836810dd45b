"""The orders: one row each, decided from everything that was said about it."""

import pytest

from noline.kernel.errors import UnreadableMoney, UnreadableUnits
from noline.kernel.money import Money
from noline.truth.orders.model import Order, OrderLine, OrderUnreadable, State
from noline.truth.orders.service import Orders

CAPSULES = {"sku": "ristretto-50", "quantity": 3, "price": "22.50"}
MACHINE = {"product_id": "classica", "price": 179}


@pytest.fixture
def orders(listening, digest):
    return listening(Orders(digest, "EUR"))


def state(orders, order="o-1"):
    return orders.says("order", order).state


def units(orders, order="o-1"):
    """Per line: item, units, units that came back."""
    return [(line.sku, line.units, line.returned_units) for line in orders.says("lines", order)]


def test_a_completed_order_is_known_with_its_lines(orders, digest):
    orders.hears(
        "Order Completed", order_id="o-1", total="246.50", currency="EUR", products=[CAPSULES, MACHINE], minute=1,
        channel="store", in_store="paris-1", about="user_id:anna",
    )  # fmt: skip
    assert orders.says("order", "o-1") == Order(
        order_id="o-1",
        state=State.COMPLETED,
        channel="store",
        store_id="paris-1",
        subject=digest("user_id:anna"),
        placed_at=orders.minute(1),
        changed_at=orders.minute(1),
        total=Money(24650, "EUR"),
    )
    assert orders.says("lines", "o-1") == [
        OrderLine(1, "ristretto-50", 3, Money(2250, "EUR"), Money(6750, "EUR"), 0),
        OrderLine(2, "classica", 1, Money(17900, "EUR"), Money(17900, "EUR"), 0),
    ]


def test_an_order_nobody_spoke_of_is_not_known(orders):
    assert orders.says("order", "o-1") is None
    assert orders.says("lines", "o-1") == []


def test_without_a_total_an_order_is_worth_its_lines(orders):
    orders.hears("Order Placed", order_id="o-1", products=[CAPSULES, MACHINE])
    assert orders.says("order", "o-1").total == Money(24650, "EUR")


def test_without_every_price_nobody_knows_what_an_order_is_worth(orders):
    orders.hears("Order Placed", order_id="o-1", products=[CAPSULES, {"sku": "gift"}])
    assert orders.says("order", "o-1").total is None
    assert orders.says("lines", "o-1")[1] == OrderLine(2, "gift", 1, None, None, 0)


def test_the_sum_of_a_line_is_taken_as_said(orders):
    gum = {"sku": "gum", "quantity": 3, "price": "0.333333", "total": 1}
    orders.hears("Order Placed", order_id="o-1", currency="USD", products=[gum])
    assert orders.says("lines", "o-1") == [OrderLine(1, "gum", 3, Money(33, "USD"), Money(100, "USD"), 0)]
    assert orders.says("order", "o-1").total == Money(100, "USD")


def test_an_order_in_yen_has_no_cents(orders):
    orders.hears("Order Placed", order_id="o-1", currency="jpy", revenue=3600)
    orders.hears("Order Placed", order_id="o-2", currency="JPY", total_minor=3600)
    assert orders.says("order", "o-1").total == orders.says("order", "o-2").total == Money(3600, "JPY")


def test_the_content_is_as_it_was_last_said_and_the_origin_as_it_was_first_said(orders, digest):
    orders.hears("Order Updated", order_id="o-1", products=[MACHINE], minute=5, channel="call", about="user_id:agent")
    orders.hears("Order Placed", order_id="o-1", products=[CAPSULES], minute=1, channel="app", about="user_id:anna")
    orders.hears("Order Completed", order_id="o-1", total=67.5, minute=2, channel="web", about="user_id:bruno")
    order = orders.says("order", "o-1")
    assert (order.channel, order.subject, order.placed_at) == ("app", digest("user_id:anna"), orders.minute(1))
    assert (order.total, order.changed_at) == (Money(17900, "EUR"), orders.minute(5))
    assert units(orders) == [("classica", 1, 0)]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        (["Order Placed"], State.PLACED),
        (["Order Updated"], State.PLACED),
        (["Order Placed", "Order Completed"], State.COMPLETED),
        (["Order Completed", "Pickup Requested"], State.PICKUP_REQUESTED),
        (["Order Completed", "Pickup Requested", "Pickup Ready"], State.READY),
        (["Pickup Ready", "Pickup Expired"], State.EXPIRED),
        (["Pickup Ready", "Pickup Collected"], State.COLLECTED),
        (["Order Placed", "Order Cancelled"], State.CANCELLED),
        (["Order Placed", "Order Shipped"], State.SHIPPED),
        (["Order Shipped", "Order Delivered"], State.DELIVERED),
        (["Order Delivered", "Return Requested"], State.RETURN_REQUESTED),
        (["Order Delivered", "Return Requested", "Return Accepted"], State.RETURNED),
        (["Order Delivered", "Return Accepted", "Return Refunded"], State.REFUNDED),
        (["Order Completed", "Order Refunded"], State.REFUNDED),
        (["Return Refunded"], State.KNOWN),
    ],
)
def test_an_order_is_in_the_furthest_state_that_was_said(orders, kinds, expected):
    for kind in reversed(kinds):
        orders.hears(kind, order_id="o-1")
    assert state(orders) is expected


@pytest.mark.parametrize("gone", ["Order Shipped", "Order Delivered", "Pickup Collected"])
def test_what_has_left_the_house_cannot_be_cancelled(orders, gone):
    orders.hears("Order Placed", order_id="o-1")
    orders.hears(gone, order_id="o-1")
    before = state(orders)
    orders.hears("Order Cancelled", order_id="o-1")
    assert state(orders) is before


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ({"Order Shipped": 2, "Pickup Expired": 4}, State.EXPIRED),
        ({"Order Shipped": 2, "Pickup Ready": 3, "Pickup Expired": 4}, State.EXPIRED),
        ({"Order Shipped": 4, "Pickup Expired": 4}, State.EXPIRED),
        ({"Order Shipped": 5, "Pickup Expired": 4}, State.SHIPPED),
        ({"Order Shipped": 2, "Pickup Expired": 4, "Order Cancelled": 5}, State.CANCELLED),
        ({"Order Shipped": 2, "Pickup Expired": 4, "Pickup Collected": 5}, State.COLLECTED),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_what_was_sent_to_a_store_and_is_back_on_the_shelf_is_on_its_way_no_longer(
    orders, minutes, expected, backwards
):
    orders.hears("Order Placed", order_id="o-1", minute=1)
    for kind, minute in sorted(minutes.items(), key=lambda one: one[1], reverse=backwards):
        orders.hears(kind, order_id="o-1", minute=minute)
    assert state(orders) is expected


def test_a_return_of_some_units_is_a_part(orders):
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES, MACHINE])
    orders.hears("Return Accepted", order_id="o-1", products=[{"sku": "ristretto-50", "quantity": 1}])
    assert state(orders) is State.PARTLY_RETURNED
    assert units(orders) == [("ristretto-50", 3, 1), ("classica", 1, 0)]
    orders.hears("Return Refunded", order_id="o-1")
    assert state(orders) is State.PARTLY_RETURNED


def test_returns_add_up_to_the_whole(orders):
    orders.hears("Return Accepted", order_id="o-1", products=[{"sku": "ristretto-50", "quantity": 1}])
    orders.hears("Return Accepted", order_id="o-1", sku="ristretto-50", quantity=2)
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES])
    assert state(orders) is State.RETURNED
    assert units(orders) == [("ristretto-50", 3, 3)]


def test_the_same_return_told_twice_counts_once_as_first_told(orders):
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES])
    orders.hears("Return Accepted", order_id="o-1", return_id="r-1", sku="ristretto-50", quantity=2, minute=9)
    orders.hears("Return Accepted", order_id="o-1", return_id="r-1", sku="ristretto-50", quantity=1, minute=8)
    assert units(orders) == [("ristretto-50", 3, 1)]


def test_a_return_without_lines_is_a_return_of_everything(orders):
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES, MACHINE])
    orders.hears("Return Accepted", order_id="o-1")
    assert state(orders) is State.RETURNED
    assert units(orders) == [("ristretto-50", 3, 3), ("classica", 1, 1)]


def test_units_that_come_back_fill_the_lines_of_their_item_in_turn(orders):
    lines = [{"sku": "lungo", "quantity": 2}, {"sku": "lungo", "quantity": 2}]
    orders.hears("Order Completed", order_id="o-1", products=lines)
    orders.hears("Return Accepted", order_id="o-1", sku="lungo", quantity=3)
    assert units(orders) == [("lungo", 2, 2), ("lungo", 2, 1)]


def test_what_came_back_and_was_never_bought_is_shown(orders):
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES])
    orders.hears("Return Accepted", order_id="o-1", products=[{"sku": "toaster", "quantity": 1}])
    assert units(orders) == [("ristretto-50", 3, 0), ("toaster", 0, 1)]


@pytest.mark.parametrize(
    ("said", "expected"), [(20, State.COMPLETED), ("67.50", State.REFUNDED), (None, State.REFUNDED)]
)
def test_a_refund_of_a_smaller_sum_leaves_the_order_as_it_is(orders, said, expected):
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES])
    orders.hears("Order Refunded", order_id="o-1", total=said)
    assert state(orders) is expected


def test_the_orders_of_a_person_come_latest_first(orders, digest):
    for minute, who in enumerate(["user_id:anna", "email:anna@example.com", "user_id:bruno", "user_id:anna"], 1):
        orders.hears("Order Completed", order_id=f"o-{minute}", about=who)
    anna = [digest("email:anna@example.com"), digest("user_id:anna"), digest("user_id:anna")]
    assert [order.order_id for order in orders.says("orders_of", anna)] == ["o-4", "o-2", "o-1"]
    assert orders.says("orders_of", []) == []
    many = [digest(f"user_id:{number}") for number in range(1200)]
    assert [order.order_id for order in orders.says("orders_of", many + anna)] == ["o-4", "o-2", "o-1"]


def test_the_same_fact_folded_again_changes_nothing(orders):
    facts = [
        orders.hears("Order Completed", order_id="o-1", products=[CAPSULES]),
        orders.hears("Return Accepted", order_id="o-1", products=[CAPSULES]),
    ]
    before = orders.rows()
    orders.take(facts * 2)
    assert orders.rows() == before


def test_a_pickup_or_return_that_names_no_order_is_none_of_ours(orders):
    orders.hears("Pickup Ready", reservation_id="r-1")
    orders.hears("Return Accepted", products=[CAPSULES])
    assert not any(orders.rows().values())


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"total": 20}, OrderUnreadable),
        ({"order_id": "x" * 201}, OrderUnreadable),
        ({"order_id": "o-1", "total": "much"}, UnreadableMoney),
        ({"order_id": "o-1", "total_minor": 10**15}, UnreadableMoney),
        ({"order_id": "o-1", "currency": "euro"}, OrderUnreadable),
        ({"order_id": "o-1", "products": "two boxes"}, OrderUnreadable),
        ({"order_id": "o-1", "products": ["box"]}, OrderUnreadable),
        ({"order_id": "o-1", "products": [{"quantity": 1}]}, OrderUnreadable),
        ({"order_id": "o-1", "products": [{"sku": "lungo", "quantity": -1}]}, OrderUnreadable),
        ({"order_id": "o-1", "products": [{"sku": "lungo", "quantity": "few"}]}, UnreadableUnits),
        ({"order_id": "o-1", "products": [{"sku": "lungo", "quantity": 10**9, "price": 10**6}]}, UnreadableMoney),
    ],
)
def test_what_cannot_be_read_changes_nothing(orders, said, error):
    with pytest.raises(error):
        orders.hears("Order Completed", said)
    assert not any(orders.rows().values())


def test_what_somebody_bought_comes_latest_first_with_its_lines_and_no_more_than_asked(orders, digest):
    anna = {"about": "user_id:anna"}
    orders.hears("Order Completed", order_id="o-1", products=[CAPSULES, MACHINE], minute=1, **anna)
    orders.hears("Order Placed", order_id="o-2", minute=2, **anna)
    orders.hears("Order Completed", order_id="o-3", products=[MACHINE], minute=3, about="user_id:ben")
    subjects = [digest("user_id:anna"), digest("user_id:nobody")]
    bought = orders.says("bought_by", subjects)
    assert [(order.order_id, [line.sku for line in lines]) for order, lines in bought] == [
        ("o-2", []), ("o-1", ["ristretto-50", "classica"]),
    ]  # fmt: skip
    assert [order for order, _ in bought] == orders.says("orders_of", subjects)
    assert [order.order_id for order, _ in orders.says("bought_by", subjects, 1)] == ["o-2"]


def test_an_order_that_the_hub_does_not_run_has_no_steps(orders):
    orders.hears("Order Placed", order_id="o-1", products=[CAPSULES])
    assert orders.says("steps", ["o-1", "o-2"]) == []
