"""What a unit is worth to later orders, made from the weeks that were."""

import pytest

from noline.flows.ordering import Delivery, NewOrder, Ordered
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import Method
from shop import Day, track

SKU = "ristretto-50"


@pytest.fixture
def shop(hub):
    """A store in Paris and one in Lyon; whoever lives in Lyon is served from Lyon."""
    hub.access.add_source("warehouse", "warehouse")
    day = Day()
    places = (("paris", 48.87, 2.33, 40), ("lyon", 45.76, 4.83, 8))
    hub.accept("warehouse", [
        track("Location Opened", id=f"l-{at}", at=day.next(), location=at, country="FR", latitude=north, longitude=east)
        for at, north, east, _ in places
    ])  # fmt: skip
    for at, _, _, units in places:
        hub.handling.receive(at, [Batch(SKU, units)], by="warehouse")
    return hub


def order(hub, number: int, latitude: float, longitude: float):
    """Two units sent to a place; answers who sends them."""
    delivery = Delivery(Method.SHIP, country="FR", latitude=latitude, longitude=longitude)
    new = NewOrder(channel="web", deliver=delivery, lines=(Ordered(SKU, 2, 450),), order_id=f"o-{number}")
    placed = hub.ordering.place(new, by="web")
    return [one.location for one in placed.book.fulfilments.values()]


def test_nothing_has_a_price_before_anything_was_ordered(shop):
    assert shop.pricing.price() == []


def test_a_unit_is_worth_more_where_later_orders_miss_it(shop):
    assert [order(shop, number, 45.76, 4.83) for number in (1, 2, 3)] == [["lyon"]] * 3
    (lyon,) = shop.pricing.price()
    assert (lyon.location, lyon.sku) == ("lyon", SKU)
    assert lyon.price > 0


def test_the_next_order_from_between_is_served_from_where_units_are_missed_least(shop):
    between = (47.2, 3.7)  # a little nearer to Lyon
    assert order(shop, 1, *between) == ["lyon"]
    for number in (2, 3):
        order(shop, number, 45.76, 4.83)
    shop.pricing.price()
    assert order(shop, 4, *between) == ["paris"]


def test_plenty_is_worth_nothing(shop):
    order(shop, 1, 48.87, 2.33)
    assert shop.pricing.price() == []
