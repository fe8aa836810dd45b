"""Only what left the house comes back, and no unit is paid back twice."""

import pytest

from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.flows.returns import RefundTooLarge, ReturnRefunded, ReturnTooLarge
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from selling import Selling

ANNA = {"email": "anna@example.com"}
SENT = ("accept", "pick", "ready", "ship")


@pytest.fixture
def shop(hub):
    shop = Selling(hub)
    shop.receive(9, "depot")
    shop.receive(9, "paris-1")
    yield shop
    assert hub.verify().trouble == ()


def steps(shop, order_id, *names):
    for name in names:
        getattr(shop.hub.fulfilling, name)(f"{order_id}-1", by="Ben")


def announced(shop, units, order_id="o-1"):
    return shop.hub.returning.announce("lyon-1", [Batch("coffee", units)], by="Ana", order_id=order_id).id


def refused(shop, error, do):
    """The facts of a refusal that moved nothing."""
    before = (shop.hub.last_seq(), shop.shelves())
    with pytest.raises(error) as refusal:
        do()
    assert (shop.hub.last_seq(), shop.shelves()) == before
    return refusal.value.facts


# Goods


def test_what_has_not_left_the_house_cannot_come_back(shop):
    shop.place(2, order_id="o-1", customer=ANNA)
    for step in SENT:
        facts = refused(shop, ReturnTooLarge, lambda: announced(shop, 1))
        assert facts == {"order": "o-1", "sku": "coffee", "sold": 0, "returned": 0, "asked": 1}
        steps(shop, "o-1", step)
    back = announced(shop, 2)
    shop.hub.returning.receive(back, by="Ana")
    assert shop.hub.returning.refund(back, by="Ana").refunded_minor == 1000
    assert shop.state("o-1") == "refunded"


def test_of_a_cancelled_order_nothing_comes_back_and_nothing_is_exchanged(shop):
    shop.place(2, order_id="o-1", customer=ANNA)
    shop.hub.ordering.cancel("o-1", by="Ana")
    assert refused(shop, ReturnTooLarge, lambda: announced(shop, 2))["sold"] == 0
    new = NewOrder(channel="web", deliver=Delivery(Method.SHIP), lines=(Ordered("coffee", 1),), order_id="o-2")
    exchange = shop.hub.exchanging.exchange
    assert refused(
        shop, ReturnTooLarge, lambda: exchange("o-1", {"coffee": 1}, new, by="Ana", location="depot")
    ) == {"order": "o-1", "sku": "coffee", "sold": 0, "returned": 0, "asked": 1}  # fmt: skip


def test_what_nobody_collected_does_not_come_back_and_what_was_cancelled_before_it_left_neither(shop):
    shop.place(2, "pickup", "paris-1", order_id="o-1", customer=ANNA)
    steps(shop, "o-1", "accept", "pick", "ready", "no_show")
    assert refused(shop, ReturnTooLarge, lambda: announced(shop, 2))["sold"] == 0
    shop.place(3, order_id="o-2", customer=ANNA)
    shop.hub.ordering.cancel("o-2", {"coffee": 1}, by="Ana")
    steps(shop, "o-2", *SENT)
    assert refused(shop, ReturnTooLarge, lambda: announced(shop, 3, "o-2"))["sold"] == 2
    announced(shop, 2, "o-2")


def test_what_is_on_its_way_to_a_store_comes_back_once_it_was_handed_over(shop):
    shop.place(2, "ship_to_store", "lyon-1", order_id="o-1", customer=ANNA)
    steps(shop, "o-1", *SENT, "ready")
    assert refused(shop, ReturnTooLarge, lambda: announced(shop, 1))["sold"] == 0
    steps(shop, "o-1", "hand_over")
    announced(shop, 2)


def test_an_order_of_another_system_that_was_cancelled_gives_nothing_back(shop):
    said = {"products": [{"sku": "coffee", "quantity": 2, "price_minor": 500}], "currency": "EUR"}
    for order_id in ("w-1", "w-2"):
        shop.hears("Order Placed", order_id=order_id, **said)
    back, other = announced(shop, 1, "w-1"), announced(shop, 1, "w-2")
    shop.hears("Order Cancelled", order_id="w-1")
    returning = shop.hub.returning
    assert refused(shop, ReturnTooLarge, lambda: returning.receive(back, by="Ana"))["sold"] == 0
    assert refused(shop, ReturnTooLarge, lambda: returning.refund(back, by="Ana"))["sold"] == 0
    assert refused(shop, ReturnTooLarge, lambda: announced(shop, 1, "w-1"))["sold"] == 0
    shop.hears("Order Shipped", order_id="w-2")
    shop.hears("Order Cancelled", order_id="w-2")
    returning.receive(other, by="Ana")
    assert returning.refund(other, by="Ana").refunded_minor == 500


# Money


@pytest.fixture
def sold(shop):
    shop.place(2, order_id="o-1", customer=ANNA)
    steps(shop, "o-1", *SENT)
    return shop


def test_a_return_that_was_paid_back_is_not_given_up(sold):
    back = announced(sold, 2)
    sold.hub.returning.refund(back, by="Ana")
    assert refused(sold, ReturnRefunded, lambda: sold.hub.returning.cancel(back, by="Ana")) == {
        "back": back, "amount_minor": 1000, "currency": "EUR",
    }  # fmt: skip
    assert refused(sold, ReturnTooLarge, lambda: announced(sold, 2))["returned"] == 2


def test_a_refund_is_at_most_what_the_units_cost_in_the_money_of_the_order(sold):
    back = announced(sold, 1)
    refund = sold.hub.returning.refund
    assert refused(sold, RefundTooLarge, lambda: refund(back, 501, "EUR", by="Ana")) == {
        "back": back, "order": "o-1", "amount_minor": 501, "currency": "EUR", "worth_minor": 500,
        "worth_currency": "EUR", "left_minor": 1000,
    }  # fmt: skip
    assert refused(sold, RefundTooLarge, lambda: refund(back, 1, "JPY", by="Ana"))["currency"] == "JPY"
    assert refund(back, 500, "eur", by="Ana").refunded_minor == 500


def test_units_that_were_paid_back_and_never_came_are_not_paid_back_with_another_return(sold):
    first = announced(sold, 2)
    sold.hub.returning.refund(first, by="Ana")
    sold.hub.returning.receive(first, [Batch("coffee", 1)], by="Ana")
    second = announced(sold, 1)
    sold.hub.returning.receive(second, by="Ana")
    facts = refused(sold, RefundTooLarge, lambda: sold.hub.returning.refund(second, by="Ana"))
    assert (facts["amount_minor"], facts["left_minor"]) == (500, 0)


def test_where_no_price_is_known_a_refund_is_what_somebody_says(shop):
    back = shop.hub.returning.announce("lyon-1", [Batch("coffee", 1)], by="Ana")
    assert shop.hub.returning.refund(back.id, 7, "JPY", by="Ana").currency == "JPY"


def test_of_lines_of_one_item_with_two_prices_the_higher_one_may_be_given_back(shop):
    lines = [{"sku": "coffee", "quantity": 1, "price_minor": price} for price in (700, 400)]
    shop.hears("Order Completed", order_id="w-1", products=lines, currency="EUR")
    first, second = announced(shop, 1, "w-1"), announced(shop, 1, "w-1")
    assert refused(shop, RefundTooLarge, lambda: shop.hub.returning.refund(first, 701, "EUR", by="Ana"))
    assert shop.hub.returning.refund(first, 700, "EUR", by="Ana").refunded_minor == 700
    assert shop.hub.returning.refund(second, by="Ana").refunded_minor == 400
