"""Items kept by lot: what leaves the house leaves the piles that are there, and counting makes the books right."""

import pytest

from noline.flows.counting import Told
from noline.flows.goods import LotNotThere
from noline.flows.piles import from_piles, taken
from noline.truth.goods.model import Batch, GoodsUnreadable, Pile, Transfer, TransferLine, arrived
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import ALLOCATED, CUSTOMER, DEMAND, UNSELLABLE, Place
from selling import Selling

ANNA = {"email": "anna@example.com"}


@pytest.fixture
def shop(hub):
    yield Selling(hub)
    assert hub.verify().trouble == ()


def piles(shop, location, sku="coffee"):
    """Units on hand by lot; empty piles left out."""
    with shop.hub.store.reading() as reader:
        assert shop.hub.stock.cells(reader) == shop.hub.stock.recounted(reader)
        return {lot: units for (lot, _), units in shop.hub.stock.piles(reader, sku, location).items() if units}


def comes(shop, location, units, lot="", sku="coffee"):
    shop.hub.handling.receive(location, [Batch(sku, units, lot)], by="Ana")


def leaves(shop, order_id, steps=("accept", "pick", "ready", "ship")):
    for step in steps:
        getattr(shop.hub.fulfilling, step)(f"{order_id}-1", by="Ben")


def till_sells(shop, units, location="depot", order="till-1"):
    """A till that knows no lots."""
    shop.hears("Order Completed", order_id=order, location=location, products=[{"sku": "coffee", "quantity": units}])


# What leaves


def test_of_piles_the_nameless_one_gives_first_and_what_no_pile_has():
    there = {("B", ""): 4, ("A", "roaster"): 2, ("", ""): 1, ("C", ""): -3}
    assert taken(2, there) == {("", ""): 1, ("A", "roaster"): 1}
    assert taken(9, there) == {("", ""): 3, ("A", "roaster"): 2, ("B", ""): 4}
    assert taken(2, {("", ""): -5, ("A", ""): 1}) == {("A", ""): 1, ("", ""): 1}
    assert taken(1, {}) == {("", ""): 1}


def test_an_order_is_sent_out_of_the_lots_that_are_there(shop):
    comes(shop, "depot", 2, "B")
    comes(shop, "depot", 10, "A")
    shop.place(11, order_id="o-1", customer=ANNA)
    leaves(shop, "o-1")
    assert (piles(shop, "depot"), shop.shelves()) == ({"B": 1}, {"depot": (1, 0)})


def test_what_is_sold_at_the_counter_comes_out_of_a_lot(shop):
    comes(shop, "paris-1", 3, "A")
    shop.place(2, "counter", "paris-1", order_id="o-1", channel="store", customer=ANNA)
    assert piles(shop, "paris-1") == {"A": 1}


def test_what_is_sent_to_a_store_arrives_there_in_its_lot(shop):
    comes(shop, "depot", 3, "A")
    comes(shop, "depot", 3, "B")
    transfer = shop.hub.handling.draft("depot", "paris-1", [Batch("coffee", 2, "B")], by="Ana").id
    for step in (shop.hub.handling.pick, shop.hub.handling.send):
        step(transfer, by="Ana")
    shop.place(4, "ship_to_store", "paris-1", order_id="o-1", customer=ANNA)
    leaves(shop, "o-1")
    leaves(shop, "o-1", ["ready"])
    assert (piles(shop, "paris-1"), shop.shelves()) == ({"A": 3, "B": 1}, {"paris-1": (4, 4)})
    shop.hub.handling.receive_transfer(transfer, by="Ana")
    leaves(shop, "o-1", ["hand_over"])
    assert (piles(shop, "paris-1"), piles(shop, "depot")) == ({"B": 2}, {})


def test_moves_of_one_posting_do_not_take_the_same_unit_twice(shop):
    comes(shop, "depot", 3, "A")
    out = Posting("coffee", 2, Place("depot"), Place(CUSTOMER))
    claim = Posting("coffee", 2, Place("depot", ALLOCATED), Place(DEMAND))
    with shop.hub.store.reading() as reader:
        found = from_piles(shop.hub.stock, reader, [out, out, claim, out._replace(lot="Z")])
    assert [(one.units, one.lot) for one in found] == [(2, "A"), (1, "A"), (1, ""), (2, ""), (2, "Z")]


# Counting


def test_a_count_of_a_sold_lot_finds_what_is_there(shop):
    comes(shop, "depot", 10, "A")
    shop.place(3, order_id="o-1", customer=ANNA)
    leaves(shop, "o-1")
    (line,) = shop.hub.counting.open("depot", by="Ana").lines
    assert (line.lot, line.expected) == ("A", 7)
    done = shop.hub.counting.at_once("depot", [Told(Batch("coffee", 7, "A"))], by="Ana")
    assert [one.variance for one in done.lines] == [0]
    assert shop.shelves() == {"depot": (7, 0)}


def test_what_a_till_sold_without_a_lot_is_settled_when_the_lots_are_counted(shop):
    comes(shop, "depot", 10, "A")
    till_sells(shop, 3)
    assert piles(shop, "depot") == {"": -3, "A": 10}
    count = shop.hub.counting.open("depot", by="Ana")
    assert [(line.lot, line.expected) for line in count.lines] == [("A", 10)]
    before = shop.hub.last_seq()
    with pytest.raises(GoodsUnreadable, match="kept apart"):
        shop.hub.counting.add(count.id, [Told(Batch("coffee", 7))], by="Ana")
    assert (shop.hub.last_seq(), piles(shop, "depot")) == (before, {"": -3, "A": 10})
    shop.hub.counting.add(count.id, [Told(Batch("coffee", 7, "A"))], by="Ana")
    done = shop.hub.counting.close(count.id, by="Ana")
    assert [(line.lot, line.variance) for line in done.lines] == [("A", -3)]
    assert piles(shop, "depot") == {"A": 7}


def test_of_lots_counted_one_by_one_no_unit_is_lost_or_found_twice(shop):
    comes(shop, "depot", 5, "A")
    comes(shop, "depot", 5, "B")
    till_sells(shop, 3)
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 5, "A"))], by="Ana")
    assert piles(shop, "depot") == {"": -3, "A": 5, "B": 5}
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 2, "B"))], by="Ana")
    assert piles(shop, "depot") == {"A": 5, "B": 2}


def test_a_lot_from_which_more_is_missing_than_tills_sold_is_short_of_the_rest(shop):
    comes(shop, "depot", 5, "A")
    comes(shop, "depot", 5, "B")
    till_sells(shop, 1)
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 2, "A"))], by="Ana")
    assert piles(shop, "depot") == {"A": 2, "B": 5}


def test_what_goes_after_the_count_of_every_lot_still_comes_off(shop):
    comes(shop, "depot", 5, "A")
    till_sells(shop, 2)
    counted_at = shop.hub.clock.now()
    count = shop.hub.counting.open("depot", by="Ana")
    shop.hub.counting.add(count.id, [Told(Batch("coffee", 3, "A"), counted_at)], by="Ana")
    shop.hub.handling.adjust("depot", Batch("coffee", -1), "broken", by="Ana")
    shop.hub.counting.close(count.id, by="Ana")
    assert (piles(shop, "depot"), shop.shelves()) == ({"": -1, "A": 3}, {"depot": (2, 0)})


def test_goods_without_a_lot_beside_lots_are_counted_without_one(shop):
    comes(shop, "depot", 5, "A")
    comes(shop, "depot", 4)
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 3))], by="Ana")
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 5, "A"))], by="Ana")
    assert piles(shop, "depot") == {"": 3, "A": 5}


def test_a_sale_from_before_the_count_of_every_lot_was_not_there_to_be_counted(shop):
    comes(shop, "depot", 5, "A")
    shop.hub.counting.at_once("depot", [Told(Batch("coffee", 3, "A"))], by="Ana")
    till_sells(shop, 2)  # what the warehouse system tells happened before
    assert piles(shop, "depot") == {"A": 3}


# Transfers


def test_a_lot_that_is_not_there_cannot_be_transferred(shop):
    comes(shop, "depot", 10, "A")
    before = shop.hub.last_seq()
    with pytest.raises(LotNotThere) as refusal:
        shop.hub.handling.draft("depot", "paris-1", [Batch("coffee", 4, "ZZ")], by="Ana")
    assert refusal.value.facts == {
        "sku": "coffee", "location": "depot", "pile": "ZZ", "asked": 4, "available": 0,
        "piles": [{"lot": "A", "owner": "", "units": 10}],
    }  # fmt: skip
    assert (shop.hub.last_seq(), shop.shelves()) == (before, {"depot": (10, 0)})


def test_a_transfer_without_a_lot_says_which_lots_are_on_their_way(shop):
    comes(shop, "depot", 3, "A")
    comes(shop, "depot", 3, "B")
    drafted = shop.hub.handling.draft("depot", "paris-1", [Batch("coffee", 5)], by="Ana").id
    shop.hub.handling.pick(drafted, [Batch("coffee", 4)], by="Ben")
    sent_off = shop.hub.handling.send(drafted, by="Ben")
    assert [(one.lot, one.units, one.picked) for one in sent_off.lines] == [("", 1, 0), ("A", 3, 3), ("B", 1, 1)]
    assert piles(shop, "depot") == {"B": 2}
    done = shop.hub.handling.receive_transfer(drafted, [Batch("coffee", 4)], by="Cleo")
    assert [(one.lot, one.received) for one in done.lines] == [("", 0), ("A", 3), ("B", 1)]
    assert piles(shop, "paris-1") == {"A": 3, "B": 1}


def test_what_comes_without_a_lot_is_of_the_lots_that_were_sent_and_the_rest_has_none():
    lines = (TransferLine("milk", 2, "A", picked=2), TransferLine("milk", 2, "B", picked=2))
    way = Transfer("t", "in_transit", "depot", "paris-1", lines, 0)

    def came(found):
        done = arrived(way, {Pile("milk", lot): units for lot, units in found.items()})
        return [(one.lot, one.received) for one in done.lines]

    assert came({"": 3}) == [("A", 2), ("B", 1)]
    assert came({"": 5}) == [("A", 2), ("B", 2), ("", 1)]
    assert came({"B": 1, "": 1}) == [("A", 1), ("B", 1)]


def test_goods_kept_aside_leave_from_their_own_piles(shop):
    shop.hub.handling.adjust("depot", Batch("coffee", 2, "A"), "found", by="Ana", bucket=UNSELLABLE)
    comes(shop, "depot", 5, "B")
    with pytest.raises(LotNotThere):
        shop.hub.handling.draft("depot", "paris-1", [Batch("coffee", 1, "B")], by="Ana", bucket=UNSELLABLE)
    drafted = shop.hub.handling.draft("depot", "paris-1", [Batch("coffee", 2)], by="Ana", bucket=UNSELLABLE).id
    shop.hub.handling.pick(drafted, by="Ana")
    assert [one.lot for one in shop.hub.handling.send(drafted, by="Ana").lines] == ["A"]
    assert piles(shop, "depot") == {"B": 5}
