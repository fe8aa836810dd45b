"""What locations do for orders: accepted, found or not, ready, handed over, sent; each step with its stock."""

import pytest

from fixed_clock import FixedClock
from noline.flows.fulfilling import CountDue, PickUnreadable
from noline.flows.ordering import Ordered
from noline.hub import Hub
from noline.kernel.errors import NotFound
from noline.stores.log import last_seq
from noline.truth.goods.model import Batch
from noline.truth.orders.fulfilments import NotNow, Step
from selling import Selling

ANNA = {"email": "anna@example.com"}
SQLITE = pytest.mark.parametrize("hub", ["sqlite"], indirect=True)
"""For what no statement of the store decides."""


@pytest.fixture
def shop(hub):
    return Selling(hub)


def log_length(shop):
    with shop.hub.store.reading() as reader:
        return last_seq(reader)


def goes(shop, fulfilment, *steps):
    """Take a fulfilment through steps; answers its state."""
    for step in steps:
        done = getattr(shop.hub.fulfilling, step)(fulfilment, by="Ben")
    return str(done.state)


def parcels(shop, order_id="o-1"):
    """Location, method and state of each fulfilment of an order."""
    found = shop.hub.ordering.show(order_id).book.fulfilments.values()
    return [(one.location, str(one.method), str(one.state)) for one in found]


@pytest.mark.parametrize("method", ["pickup", "curbside"])
def test_bought_online_and_picked_up_in_a_store(shop, method):
    shop.receive(3, "paris-1")
    shop.place(2, method, "paris-1", order_id="o-1", customer=ANNA)
    assert goes(shop, "o-1-1", "accept", "pick") == "picking"
    assert goes(shop, "o-1-1", "ready") == "ready"
    assert (shop.shelves(), shop.state("o-1")) == ({"paris-1": (3, 2)}, "ready")
    assert goes(shop, "o-1-1", "hand_over") == "handed_over"
    assert (shop.shelves(), shop.state("o-1")) == ({"paris-1": (1, 0)}, "collected")
    assert shop.told("o-1") == ["Order Placed", "Pickup Requested", "Pickup Ready", "Pickup Collected"]
    assert shop.units("o-1") == {"ordered": 2, "gone": 2}
    assert shop.hub.verify().trouble == ()


def test_shipped_from_a_store(shop):
    shop.receive(3, "lyon-1")
    shop.place(2, order_id="o-1", customer=ANNA)
    assert goes(shop, "o-1-1", "accept", "pick", "ready") == "packed"
    shop.hub.fulfilling.ship("o-1-1", by="Ben", tracking="TRK-1")
    assert (shop.shelves(), shop.state("o-1")) == ({"lyon-1": (1, 0)}, "shipped")
    assert goes(shop, "o-1-1", "deliver") == "delivered"
    assert shop.told("o-1") == ["Order Placed", "Order Shipped", "Order Delivered"]
    assert shop.units("o-1") == {"ordered": 2, "gone": 2}


def test_shipped_to_a_store_and_collected_there(shop):
    shop.receive(3, "depot")
    shop.place(2, "ship_to_store", "paris-1", order_id="o-1", customer=ANNA)
    assert parcels(shop) == [("depot", "ship_to_store", "assigned")]
    assert goes(shop, "o-1-1", "accept", "pick", "ready", "ship") == "shipped"
    with shop.hub.store.reading() as reader:
        (coming,) = [one for one in shop.hub.stock.availability(reader, "coffee") if one.location == "paris-1"]
    assert (coming.incoming, coming.on_hand, coming.allocated) == (2, 0, 0)
    assert [one.id for one in shop.hub.fulfilling.at("paris-1", Step.SHIPPED)] == ["o-1-1"]
    assert goes(shop, "o-1-1", "ready") == "ready"
    assert shop.shelves() == {"depot": (1, 0), "paris-1": (2, 2)}
    assert goes(shop, "o-1-1", "hand_over") == "handed_over"
    assert shop.shelves() == {"depot": (1, 0)}
    assert shop.told("o-1")[2:] == ["Order Shipped", "Pickup Ready", "Pickup Collected"]
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_what_the_store_has_itself_need_not_be_sent_to_it(shop):
    shop.receive(3, "paris-1")
    shop.place(2, "ship_to_store", "paris-1", order_id="o-1")
    assert parcels(shop) == [("paris-1", "pickup", "assigned")]


@SQLITE
def test_sold_at_the_counter_it_is_gone_at_once(shop):
    shop.receive(3, "paris-1")
    placed = shop.place(2, "counter", "paris-1", order_id="o-1", channel="store", store_id="paris-1", customer=ANNA)
    assert (str(placed.order.state), shop.units("o-1")) == ("completed", {"ordered": 2, "gone": 2})
    assert shop.shelves() == {"paris-1": (1, 0)}
    assert shop.told("o-1") == ["Order Completed"]
    assert shop.hub.verify().trouble == ()


def test_what_is_not_found_is_looked_for_elsewhere_and_the_shelf_is_to_be_counted(shop):
    shop.receive(3, "lyon-1")
    shop.place(3, order_id="o-1")
    shop.receive(3, "depot")
    goes(shop, "o-1-1", "accept")
    picked = shop.hub.fulfilling.pick("o-1-1", {"coffee": 1}, by="Ben")
    assert (picked.lines[0].picked, picked.lines[0].rejected) == (1, 2)
    assert parcels(shop) == [("lyon-1", "ship", "picking"), ("depot", "ship", "assigned")]
    assert shop.shelves() == {"depot": (3, 2), "lyon-1": (3, 1)}
    assert shop.units("o-1") == {"ordered": 3, "picked": 1, "allocated": 2}
    assert shop.hub.fulfilling.counts_due() == [CountDue("lyon-1", "coffee", 2, picked.changed_at)]
    with shop.hub.store.reading() as reader:
        assert shop.hub.orders.pick_record(reader) == {"lyon-1": (1, 2)}
    assert [one.why for one in shop.hub.ordering.why("o-1")] == ["placed", "not all was found at lyon-1"]
    shop.counted(1, "lyon-1")
    assert shop.hub.fulfilling.counts_due() == []
    assert shop.hub.verify().trouble == ()


@SQLITE
def test_a_location_that_does_not_find_things_is_asked_less(shop):
    for place in ("lyon-1", "depot"):
        shop.receive(9, place)
    shop.place(5, order_id="o-1", location="lyon-1")
    goes(shop, "o-1-1", "accept")
    shop.hub.fulfilling.pick("o-1-1", {}, by="Ben")
    placed = shop.place(1, order_id="o-2")
    decision = shop.hub.ordering.why("o-2")[0].decision
    assert {one["location"]: round(one["pick_success"], 3) for one in decision["candidates"]} == {
        "depot": 0.95, "lyon-1": 0.76,
    }  # fmt: skip
    assert placed.book.fulfilments


@SQLITE
def test_a_pick_that_finds_nothing_sends_everything_back(shop):
    shop.receive(3, "lyon-1")
    shop.place(3, order_id="o-1")
    goes(shop, "o-1-1", "accept")
    assert str(shop.hub.fulfilling.pick("o-1-1", {"coffee": 0}, by="Ben").state) == "rejected"
    assert shop.units("o-1") == {"ordered": 3, "waiting": 3}
    assert shop.shelves() == {"lyon-1": (3, 0), "unsourced": (0, 3)}
    assert shop.hub.ordering.source_waiting() == []
    shop.counted(5, "lyon-1")
    assert shop.hub.ordering.source_waiting() == ["o-1"]
    assert shop.shelves() == {"lyon-1": (5, 3)}


@SQLITE
def test_what_a_store_does_not_find_is_sent_to_it_for_who_comes_there(shop):
    shop.receive(2, "paris-1")
    shop.receive(2, "depot")
    shop.place(2, "pickup", "paris-1", order_id="o-1")
    goes(shop, "o-1-1", "accept")
    shop.hub.fulfilling.pick("o-1-1", {"coffee": 1}, by="Ben")
    assert parcels(shop) == [("paris-1", "pickup", "picking"), ("depot", "ship_to_store", "assigned")]
    assert shop.hub.fulfilling.find("o-1-2").destination == "paris-1"
    goes(shop, "o-1-2", "accept", "pick", "ready", "ship", "ready")
    assert shop.shelves() == {"depot": (1, 0), "paris-1": (3, 2)}


def test_a_location_that_refuses_is_not_asked_again_for_that_order(shop):
    shop.receive(3, "lyon-1")
    shop.place(2, order_id="o-1")
    shop.receive(3, "depot")
    done = shop.hub.fulfilling.reject("o-1-1", by="Ben", reason="closed for stocktaking")
    assert str(done.state) == "rejected"
    assert parcels(shop) == [("lyon-1", "ship", "rejected"), ("depot", "ship", "assigned")]
    assert shop.shelves() == {"depot": (3, 2), "lyon-1": (3, 0)}
    assert shop.hub.fulfilling.counts_due() == []
    shop.hub.fulfilling.reject("o-1-2", by="Ben")
    assert shop.units("o-1") == {"ordered": 2, "waiting": 2}


def test_nobody_came_for_what_was_sent_to_a_store_and_it_is_on_its_way_no_longer(shop):
    shop.receive(3, "depot")
    shop.place(2, "ship_to_store", "paris-1", order_id="o-1", customer=ANNA)
    goes(shop, "o-1-1", "accept", "pick", "ready", "ship")
    assert shop.state("o-1") == "shipped"
    assert goes(shop, "o-1-1", "ready", "no_show") == "restocked"
    assert (shop.shelves(), shop.state("o-1")) == ({"depot": (1, 0), "paris-1": (2, 0)}, "expired")
    assert shop.hub.verify().trouble == ()


@pytest.mark.parametrize("moved_on", [0, 1])
def test_a_shelf_is_to_be_counted_until_somebody_counts_it_after_the_units_were_missed(tmp_path, moved_on):
    clock = FixedClock()
    with Hub.init(tmp_path / "still.noline", clock=clock) as hub:
        shop = Selling(hub)
        hub.handling.receive("lyon-1", [Batch("coffee", 3)], by="Ben")
        shop.place(3, order_id="o-1", lines=(Ordered("coffee", 3, 500),))
        goes(shop, "o-1-1", "accept")
        hub.fulfilling.pick("o-1-1", {"coffee": 1}, by="Ben")
        clock.go_on(moved_on)
        shop.counted(1, "lyon-1")
        due = [(one.location, one.sku, one.units) for one in hub.fulfilling.counts_due()]
        tasks = [(one.location, one.sku, one.units) for one in hub.tasks.open(kind="count")]
        assert due == tasks == ([] if moved_on else [("lyon-1", "coffee", 2)])


@SQLITE
def test_nobody_came_and_the_goods_are_free_again(shop):
    shop.receive(3, "paris-1")
    shop.place(2, "pickup", "paris-1", order_id="o-1", customer=ANNA)
    assert goes(shop, "o-1-1", "accept", "pick", "ready", "no_show") == "restocked"
    assert (shop.shelves(), shop.state("o-1")) == ({"paris-1": (3, 0)}, "expired")
    assert shop.told("o-1")[-1] == "Pickup Expired"
    assert shop.units("o-1") == {"ordered": 2, "cancelled": 2}
    assert shop.hub.verify().trouble == ()


@SQLITE
@pytest.mark.parametrize(
    ("method", "before", "step", "possible"),
    [
        ("ship", [], "pick", ["accepted", "rejected", "cancelled"]),
        ("ship", ["accept"], "ship", ["picking", "rejected", "cancelled"]),
        ("ship", ["accept", "pick"], "reject", ["packed", "cancelled"]),
        ("ship", ["accept", "pick", "ready", "ship"], "ship", ["delivered"]),
        ("ship", ["accept", "pick", "ready", "ship"], "no_show", ["delivered"]),
        ("pickup", ["accept", "pick"], "hand_over", ["ready", "cancelled"]),
        ("pickup", ["accept", "pick"], "ship", ["ready", "cancelled"]),
        ("pickup", ["accept", "pick", "ready", "hand_over"], "accept", []),
        ("pickup", ["accept", "pick", "ready", "no_show"], "hand_over", []),
    ],
)
def test_a_step_that_is_not_possible_now_says_which_are(shop, method, before, step, possible):
    shop.receive(3, "paris-1")
    shop.place(2, method, "paris-1", order_id="o-1")
    if before:
        goes(shop, "o-1-1", *before)
    stood = (log_length(shop), shop.shelves(), parcels(shop))
    with pytest.raises(NotNow) as refusal:
        goes(shop, "o-1-1", step)
    assert refusal.value.facts["possible"] == possible
    assert (log_length(shop), shop.shelves(), parcels(shop)) == stood


@SQLITE
def test_more_than_was_asked_for_cannot_be_found(shop):
    shop.receive(3, "paris-1")
    shop.place(2, order_id="o-1")
    goes(shop, "o-1-1", "accept")
    before = log_length(shop)
    for found in ({"coffee": 3}, {"grinder": 1}, {"coffee": -1}):
        with pytest.raises(PickUnreadable):
            shop.hub.fulfilling.pick("o-1-1", found, by="Ben")
    with pytest.raises(NotFound):
        shop.hub.fulfilling.accept("o-1-2", by="Ben")
    assert log_length(shop) == before


def test_a_store_sees_what_it_has_to_do(shop):
    shop.receive(9, "paris-1")
    for number in (1, 2, 3):
        shop.place(1, "pickup", "paris-1", order_id=f"o-{number}")
    goes(shop, "o-2-1", "accept", "pick", "ready")

    def listed(**asked):
        return [one.id for one in shop.hub.fulfilling.at(**asked)]

    assert listed(place="paris-1", state=Step.ASSIGNED) == ["o-1-1", "o-3-1"]
    assert listed(place="paris-1", state=Step.READY) == ["o-2-1"]
    assert listed(place="paris-1", limit=2) == ["o-1-1", "o-2-1"]
    assert listed(state=Step.READY) == ["o-2-1"]
    assert listed(place="lyon-1") == []


@SQLITE
def test_who_ordered_ready_goods_may_still_cancel_them(shop):
    shop.receive(3, "paris-1")
    shop.place(2, "pickup", "paris-1", order_id="o-1")
    goes(shop, "o-1-1", "accept", "pick", "ready")
    shop.hub.ordering.cancel("o-1", {"coffee": 1}, by="Ana")
    assert shop.shelves() == {"paris-1": (3, 1)}
    assert goes(shop, "o-1-1", "hand_over") == "handed_over"
    assert shop.units("o-1") == {"ordered": 2, "gone": 1, "cancelled": 1}
    assert shop.shelves() == {"paris-1": (2, 0)}
    with shop.hub.store.reading() as reader:
        assert shop.hub.orders.pick_record(reader) == {"paris-1": (2, 0)}
    assert shop.hub.verify().trouble == ()
