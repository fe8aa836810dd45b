"""The stock: a ledger of moves, counts that are absolute, and cells that follow from both."""

import pytest

from noline.kernel.errors import UnreadableUnits
from noline.truth.stock.model import Availability, Place, StockUnreadable
from noline.truth.stock.service import Stock


@pytest.fixture
def shop(listening, digest):
    return listening(Stock(digest))


def on_hand(shop, sku="ristretto-50"):
    """Units on hand by location, with the promise that the cells are what the ledger says."""
    with shop.store.reading() as reader:
        assert shop.room.cells(reader) == shop.room.recounted(reader)
    return {shelf.location: shelf.on_hand for shelf in shop.says("availability", sku)}


def count(shop, units, at="paris-1", minute=None):
    return shop.hears("Stock Counted", sku="ristretto-50", location=at, units=units, minute=minute)


def test_what_is_received_lies_at_its_location(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=12)
    assert shop.says("availability", "ristretto-50") == [Availability("ristretto-50", "paris-1", 12)]


def test_a_move_takes_from_one_location_what_it_brings_to_the_other(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="depot", units=12)
    shop.hears("Stock Moved", sku="ristretto-50", from_location="depot", to_location="paris-1", units=5)
    assert on_hand(shop) == {"depot": 7, "paris-1": 5}


def test_a_damaged_unit_is_still_there_and_cannot_be_sold(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=3)
    shop.hears("Stock Moved", sku="ristretto-50", location="paris-1", to_bucket="unsellable", units=1)
    (shelf,) = shop.says("availability", "ristretto-50")
    assert (shelf.on_hand, shelf.unsellable, shelf.available) == (2, 1, 2)


def test_an_adjustment_finds_or_loses_units(shop):
    shop.hears("Stock Adjusted", sku="ristretto-50", location="paris-1", units=4, reason="found behind the bar")
    shop.hears("Stock Adjusted", sku="ristretto-50", location="paris-1", units=-1, reason="broken")
    shop.hears("Stock Adjusted", sku="ristretto-50", location="paris-1", units=0)
    assert on_hand(shop) == {"paris-1": 3}
    ledger = shop.says("moves", "ristretto-50", "paris-1")
    assert [(entry.reason, entry.source.location, entry.change) for entry in ledger] == [
        ("found behind the bar", "shrink", 4),
        ("broken", "paris-1", -1),
    ]


def test_a_count_is_absolute_and_later_moves_go_on_from_it(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=12, minute=1)
    count(shop, 10, minute=2)
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=3, minute=3)
    assert on_hand(shop) == {"paris-1": 13}


def test_a_move_that_is_told_late_is_already_in_the_count(shop):
    count(shop, 10, minute=5)
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=3, minute=4)
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=7, minute=5)
    assert on_hand(shop) == {"paris-1": 10}


def test_a_count_that_is_told_late_keeps_what_moved_after_it(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=3, minute=1)
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=4, minute=3)
    count(shop, 10, minute=2)
    assert on_hand(shop) == {"paris-1": 14}


def test_an_older_count_changes_nothing(shop):
    count(shop, 10, minute=5)
    count(shop, 99, minute=4)
    assert shop.says("availability", "ristretto-50") == [
        Availability("ristretto-50", "paris-1", 10, counted_at=shop.minute(5)),
    ]


def test_a_count_of_one_location_says_nothing_of_another(shop):
    count(shop, 10, at="paris-1")
    count(shop, 0, at="lyon-1")
    assert on_hand(shop) == {"lyon-1": 0, "paris-1": 10}


def sale(shop, order="o-1", quantity=2, **said):
    return shop.hears(
        "Order Completed", order_id=order, products=[{"sku": "ristretto-50", "quantity": quantity}], **said
    )


def test_a_sale_in_a_store_leaves_its_shelf(shop):
    count(shop, 10)
    sale(shop, channel="store", in_store="paris-1")
    assert on_hand(shop) == {"paris-1": 8}


def test_a_sale_on_the_web_leaves_no_shelf_until_somebody_fulfils_it(shop):
    count(shop, 10)
    sale(shop, channel="web", in_store="paris-1")
    assert on_hand(shop) == {"paris-1": 10}


def test_a_sale_that_another_location_fulfils_leaves_that_shelf(shop):
    count(shop, 10, at="paris-1")
    count(shop, 10, at="lyon-1")
    sale(shop, channel="store", in_store="paris-1", fulfilment_location="lyon-1")
    assert on_hand(shop) == {"lyon-1": 8, "paris-1": 10}


def test_the_same_order_told_by_till_and_server_leaves_the_shelf_once(shop):
    count(shop, 10)
    sale(shop, id="from-the-server", minute=9, fulfilment_location="paris-1")
    sale(shop, id="from-the-till", minute=8, quantity=3, channel="store", in_store="paris-1")
    assert on_hand(shop) == {"paris-1": 7}
    assert [entry.evidence.message_id for entry in shop.says("moves", "ristretto-50", "paris-1")] == [
        "m-1",
        "from-the-till",
    ]


def test_a_till_may_sell_more_than_was_known_and_nothing_is_promised_then(shop):
    count(shop, 1)
    sale(shop, quantity=3, channel="store", in_store="paris-1")
    (shelf,) = shop.says("availability", "ristretto-50")
    assert (shelf.on_hand, shelf.available) == (-2, 0)


def test_a_return_comes_back_to_the_store_that_accepted_it(shop):
    count(shop, 10, at="lyon-1")
    products = [{"sku": "ristretto-50", "quantity": 1}]
    shop.hears("Return Accepted", order_id="o-1", store_id="lyon-1", products=products)
    shop.hears("Return Accepted", order_id="o-2", products=products, in_store="lyon-1", channel="store")
    shop.hears("Return Accepted", order_id="o-3", products=products)
    assert on_hand(shop) == {"lyon-1": 12}


def test_the_same_return_told_twice_comes_back_once(shop):
    count(shop, 10)
    for _ in range(2):
        shop.hears("Return Accepted", return_id="back-1", store_id="paris-1", sku="ristretto-50", quantity=1)
    assert on_hand(shop) == {"paris-1": 11}


def test_the_same_fact_folded_again_changes_nothing(shop):
    facts = [count(shop, 10), sale(shop, channel="store", in_store="paris-1")]
    before = shop.rows()
    shop.take(facts * 2)
    assert shop.rows() == before


def test_the_ledger_tells_what_lies_there_after_each_line(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=12, document="note-7", minute=1)
    sale(shop, channel="store", in_store="paris-1", minute=2)
    count(shop, 9, minute=3)
    shop.hears("Stock Moved", sku="ristretto-50", from_location="depot", to_location="paris-1", units=1, minute=4)
    lines = [
        (line.reason, line.source.location, line.target.location, line.change, line.on_hand_after)
        for line in shop.says("moves", "ristretto-50", "paris-1")
    ]
    assert lines == [
        ("received", "supplier", "paris-1", 12, 12),
        ("sold", "paris-1", "customer", -2, 10),
        ("counted", "paris-1", "count", -1, 9),
        ("moved", "depot", "paris-1", 1, 10),
    ]
    assert [line.evidence.document for line in shop.says("moves", "ristretto-50", "paris-1")][:2] == ["note-7", "o-1"]


def test_nothing_appears_or_vanishes_unsaid(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="depot", units=12)
    shop.hears("Stock Moved", sku="ristretto-50", from_location="depot", to_location="paris-1", units=5)
    sale(shop, channel="store", in_store="paris-1")
    with shop.store.reading() as reader:
        cells = shop.room.cells(reader)
    assert cells == {("ristretto-50", Place("depot"), "", ""): 7, ("ristretto-50", Place("paris-1"), "", ""): 3}
    assert sum(cells.values()) == 12 - 2


@pytest.mark.parametrize(
    ("kind", "said", "error"),
    [
        ("Stock Received", {"sku": "lungo", "units": 1}, StockUnreadable),
        ("Stock Received", {"sku": "lungo", "location": "customer", "units": 1}, StockUnreadable),
        ("Stock Received", {"sku": "lungo", "location": "paris-1"}, StockUnreadable),
        ("Stock Received", {"sku": "lungo", "location": "paris-1", "units": -1}, StockUnreadable),
        ("Stock Received", {"sku": "lungo", "location": "paris-1", "units": 10**9 + 1}, StockUnreadable),
        ("Stock Received", {"sku": "lungo", "location": "paris-1", "units": 1.5}, UnreadableUnits),
        ("Stock Received", {"location": "paris-1", "units": 1}, StockUnreadable),
        ("Stock Received", {"location": "paris-1", "products": "two boxes"}, StockUnreadable),
        ("Stock Counted", {"sku": "lungo", "location": "paris-1", "units": "many"}, UnreadableUnits),
        ("Stock Moved", {"sku": "lungo", "from_location": "depot", "units": 1}, StockUnreadable),
        ("Stock Moved", {"sku": "lungo", "location": "paris-1", "units": 1}, StockUnreadable),
        ("Stock Moved", {"sku": "lungo", "location": "paris-1", "to_bucket": "lost", "units": 1}, StockUnreadable),
        ("Order Completed", {"location": "paris-1", "products": [{"sku": "lungo"}]}, StockUnreadable),
    ],
)
def test_what_cannot_be_read_moves_nothing(shop, kind, said, error):
    with pytest.raises(error):
        shop.hears(kind, said)
    assert not any(shop.rows().values())


def test_one_unreadable_fact_takes_its_whole_batch_back(shop, fact_of):
    good = fact_of("Stock Received", id="m-1", at=1, sku="lungo", location="paris-1", units=1)
    bad = fact_of("Stock Received", id="m-2", at=2, sku="lungo", location="paris-1", units="many")
    with pytest.raises(UnreadableUnits):
        shop.take([good, bad])
    assert on_hand(shop, "lungo") == {}


def test_goods_kept_by_lot_serve_a_claim_that_names_none(shop):
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=5, lot="L-1")
    claim = {"sku": "ristretto-50", "units": 4, "from_location": "demand", "from_bucket": "on_hand",
             "to_location": "paris-1", "to_bucket": "allocated"}  # fmt: skip
    shop.hears("Stock Posted", document="o-1", reason="allocated", by="anna", moves=[claim])
    assert shop.says("overpromised") == []
    shop.hears("Stock Adjusted", sku="ristretto-50", location="paris-1", units=-2, lot="L-1", reason="broken")
    (over,) = shop.says("overpromised")
    assert (over.location, over.on_hand, over.allocated) == ("paris-1", 3, 4)


def astray(shop):
    """What does not agree, as (item, place, lot, as it is kept, as it must be)."""
    with shop.store.reading() as reader:
        return [(one.sku, one.place, one.lot, one.kept, one.follows) for one in shop.room.astray(reader)]


def alter(shop, sql):
    with shop.store.transaction() as tx:
        assert tx.run(sql) == 1


@pytest.fixture
def moved(shop):
    """A shop in which goods came, moved, were sold and counted, some of them in lots."""
    shop.hears("Stock Received", sku="ristretto-50", location="depot", units=12, minute=1)
    shop.hears("Stock Moved", sku="ristretto-50", from_location="depot", to_location="paris-1", units=5, minute=2)
    count(shop, 4, minute=3)
    count(shop, 6, minute=4)
    shop.hears("Stock Received", sku="ristretto-50", location="paris-1", units=3, minute=5)
    shop.hears("Stock Received", sku="lungo", location="depot", units=7, lot="L-1")
    return shop


def test_where_all_agrees_nothing_is_astray(moved):
    assert on_hand(moved) == {"depot": 7, "paris-1": 9}
    assert astray(moved) == []


def test_a_cell_that_was_changed_is_astray(moved):
    alter(moved, "UPDATE stock_cells SET on_hand = 8 WHERE sku = 'ristretto-50' AND location = 'depot'")
    assert astray(moved) == [("ristretto-50", Place("depot"), "", 8, 7)]


def test_a_counted_cell_that_was_changed_is_astray(moved):
    alter(moved, "UPDATE stock_cells SET on_hand = on_hand + 1 WHERE location = 'paris-1'")
    assert astray(moved) == [("ristretto-50", Place("paris-1"), "", 10, 9)]


def test_a_count_that_is_gone_leaves_its_cell_astray(moved):
    alter(moved, "DELETE FROM stock_counts WHERE units = 6")
    assert astray(moved) == [("ristretto-50", Place("paris-1"), "", 9, 7)]


def test_a_move_that_is_gone_leaves_its_cells_astray(moved):
    alter(moved, "DELETE FROM stock_moves WHERE to_location = 'paris-1' AND units = 3")
    assert astray(moved) == [("ristretto-50", Place("paris-1"), "", 9, 6)]


def test_a_cell_that_is_gone_and_claims_out_of_nothing_are_astray(moved):
    alter(moved, "DELETE FROM stock_cells WHERE sku = 'lungo'")
    alter(moved, "UPDATE stock_cells SET held = 2, allocated = 1 WHERE location = 'depot'")
    assert sorted(astray(moved)) == [
        ("lungo", Place("depot"), "L-1", 0, 7),
        ("ristretto-50", Place("depot", "allocated"), "", 1, 0),
        ("ristretto-50", Place("depot", "held"), "", 2, 0),
    ]


def test_only_so_many_items_astray_are_told(moved):
    with moved.store.transaction() as tx:
        tx.run("UPDATE stock_cells SET unsellable = 5")
    with moved.store.reading() as reader:
        assert {one.sku for one in moved.room.astray(reader)} == {"ristretto-50", "lungo"}
        assert len({one.sku for one in moved.room.astray(reader, 1)}) == 1
