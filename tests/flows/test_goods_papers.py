"""Counting while selling, returns anywhere, and the tasks that follow from what is so."""

import pytest

from noline.flows.counting import Told
from noline.flows.promise import Ask, Line
from noline.flows.returns import RefundUnknown, ReturnRefunded, ReturnTooLarge
from noline.kernel.clock import HOUR, MINUTE, as_datetime
from noline.kernel.errors import NameTaken, NotFound
from noline.truth.goods.model import Batch, GoodsUnreadable, PaperStateWrong, Pile, Verdict
from noline.truth.orders.model import State
from selling import Selling
from shop import track

SKU = "ristretto-50"


def shelf(hub, location, sku=SKU):
    """on hand, unsellable, allocated and incoming of an item."""
    with hub.store.reading() as reader:
        assert hub.stock.cells(reader) == hub.stock.recounted(reader)
        found = {one.location: one for one in hub.stock.availability(reader, sku)}
    one = found.get(location)
    return (one.on_hand, one.unsellable, one.allocated, one.incoming) if one else (0, 0, 0, 0)


def sells(hub, units, *, at=None, order="o-1", place="paris", user="anna", price=24):
    """A till tells of a sale."""
    at = hub.clock.now() if at is None else at
    sale = track(
        "Order Completed", id=f"m-{order}", at=as_datetime(at).isoformat(), user=user, order_id=order,
        products=[{"sku": SKU, "quantity": units, "price": price}], context_store_id=place, currency="EUR",
    )  # fmt: skip
    (receipt,) = hub.accept("till", [sale])
    assert receipt.status == "accepted"


def kinds(hub, **asked):
    return [(one.kind, one.location, one.units) for one in hub.tasks.open(**asked)]


@pytest.fixture
def shop(hub):
    hub.access.add_source("till", "store")
    hub.handling.receive("paris", [Batch(SKU, 10)], by="Ana")
    yield hub
    assert hub.verify().trouble == ()


# Counting


def test_a_sale_between_the_count_of_a_line_and_its_close_is_not_lost(shop):
    count = shop.counting.open("paris", by="Ana", skus=[SKU])
    assert [(line.sku, line.expected) for line in count.lines] == [(SKU, 10)]
    shop.counting.add(count.id, [Told(Batch(SKU, 9))], by="Ana")
    sells(shop, 2)
    (line,) = shop.counting.close(count.id, by="Ana").lines
    assert (line.counted, line.booked, line.variance) == (9, 10, -1)
    assert shelf(shop, "paris") == (7, 0, 0, 0)


def test_a_sale_from_before_that_is_told_after_the_close_was_not_there_to_be_counted(shop):
    counted_at = shop.clock.now()
    count = shop.counting.at_once("paris", [Told(Batch(SKU, 8), counted_at)], by="Ana")
    assert [line.variance for line in count.lines] == [-2]
    sells(shop, 2, at=counted_at - 1)
    assert shelf(shop, "paris") == (8, 0, 0, 0)
    sells(shop, 3, at=counted_at + 1, order="o-2")
    assert shelf(shop, "paris") == (5, 0, 0, 0)


def test_an_item_counted_again_stands_as_counted_last_and_one_nobody_asked_for_is_added(shop):
    count = shop.counting.open("paris", by="Ana")
    now = shop.clock.now()
    shop.counting.add(count.id, [Told(Batch(SKU, 4), now), Told(Batch("lungo", 2), now)], by="Ana")
    shop.counting.add(count.id, [Told(Batch(SKU, 9), now - HOUR), Told(Batch(SKU, 10))], by="Ben")
    done = shop.counting.close(count.id, by="Ana")
    assert [(line.sku, line.expected, line.counted, line.variance) for line in done.lines] == [
        (SKU, 10, 10, 0), ("lungo", 0, 2, 2),
    ]  # fmt: skip
    assert shelf(shop, "paris", "lungo") == (2, 0, 0, 0)
    assert [one.paper.id for one in shop.counting.counts(location="paris", state="closed")] == [count.id]


def test_what_nobody_counted_stays_as_it_was(shop):
    shop.handling.receive("paris", [Batch("lungo", 3)], by="Ana")
    count = shop.counting.open("paris", by="Ana")
    shop.counting.add(count.id, [Told(Batch(SKU, 0))], by="Ana")
    done = shop.counting.close(count.id, by="Ana")
    assert {line.sku: line.variance for line in done.lines} == {SKU: -10, "lungo": None}
    assert (shelf(shop, "paris"), shelf(shop, "paris", "lungo")) == ((0, 0, 0, 0), (3, 0, 0, 0))


def test_a_category_is_counted(shop):
    described = [
        track("Product Described", id=f"d-{sku}", at="2026-03-01T09:00:00Z", sku=sku, name=sku, category=category)
        for sku, category in ((SKU, "Capsules"), ("grinder", "Machines"))
    ]
    shop.accept("till", described)
    shop.handling.receive("paris", [Batch("grinder", 1)], by="Ana")
    assert [line.sku for line in shop.counting.open("paris", by="Ana", category="capsules").lines] == [SKU]
    with pytest.raises(NotFound):
        shop.counting.open("paris", by="Ana", category="tea")
    with pytest.raises(NotFound):
        shop.counting.open("nice", by="Ana")


def test_lots_are_counted_apart(shop):
    shop.handling.receive("paris", [Batch("milk", 3, "L1"), Batch("milk", 4, "L2")], by="Ana")
    count = shop.counting.open("paris", by="Ana", skus=["milk"])
    assert [(line.lot, line.expected) for line in count.lines] == [("L1", 3), ("L2", 4)]
    before = shop.last_seq()
    with pytest.raises(GoodsUnreadable):
        shop.counting.add(count.id, [Told(Batch("milk", 7))], by="Ana")
    assert shop.last_seq() == before
    shop.counting.add(count.id, [Told(Batch("milk", 1, "L2"))], by="Ana")
    shop.counting.close(count.id, by="Ana")
    with shop.store.reading() as reader:
        assert shop.stock.piles(reader, "milk", "paris") == {("L1", ""): 3, ("L2", ""): 1}
    assert shelf(shop, "paris", "milk") == (4, 0, 0, 0)


def test_a_count_that_is_over_takes_no_more_and_one_given_up_changes_nothing(shop):
    given_up = shop.counting.open("paris", by="Ana").id
    shop.counting.add(given_up, [Told(Batch(SKU, 1))], by="Ana")
    shop.counting.cancel(given_up, by="Ana")
    assert shelf(shop, "paris") == (10, 0, 0, 0)
    before = shop.last_seq()
    for step in (shop.counting.close, shop.counting.cancel):
        with pytest.raises(PaperStateWrong):
            step(given_up, by="Ana")
    for at in (shop.clock.now() + HOUR, 0):
        with pytest.raises(GoodsUnreadable):
            shop.counting.at_once("paris", [Told(Batch(SKU, 1), at)], by="Ana")
    assert (shop.last_seq(), shelf(shop, "paris")) == (before, (10, 0, 0, 0))


# Returns


def test_a_return_comes_back_anywhere_and_is_sold_again_only_after_somebody_looked(shop):
    sells(shop, 3)
    back = shop.returning.announce("paris", [Batch(SKU, 3)], order_id="o-1", by="Ana", conditions={SKU: "opened"})
    assert (back.state, back.lines[0].condition) == ("announced", "opened")
    with shop.store.reading() as reader:
        assert shop.orders.order(reader, "o-1").state is State.RETURN_REQUESTED
    shop.returning.receive(back.id, [Batch(SKU, 2)], location="lyon", by="Ben")
    assert (shelf(shop, "lyon"), shop.available(SKU)) == ((0, 2, 0, 0), [("lyon", 0), ("paris", 7)])
    with shop.store.reading() as reader:
        assert shop.orders.order(reader, "o-1").state is State.PARTLY_RETURNED
        assert [line.returned_units for line in shop.orders.lines(reader, "o-1")] == [2]
    done = shop.returning.inspect(back.id, [Verdict(Pile(SKU), "restock", 1)], others="unsellable", by="Cleo")
    assert [(line.received, line.restocked, line.unsellable) for line in done.lines] == [(2, 1, 1)]
    assert (done.state, shelf(shop, "lyon")) == ("inspected", (1, 1, 0, 0))


def test_who_bought_it_is_told_of_the_return(shop):
    sells(shop, 1)
    back = shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-1", channel="store", by="Ana")
    shop.returning.receive(back.id, by="Ana")
    shop.returning.refund(back.id, by="Ana")
    (anna,) = shop.find_customers("anna")
    told = [(one.label, one.channel) for one in shop.timeline(anna.person).events]
    assert told == [
        ("Return Refunded: o-1", "store"), ("Return Accepted: o-1", "store"), ("Return Requested: o-1", "store"),
        ("Order Completed: o-1", "store"),
    ]  # fmt: skip


def test_units_are_sent_back_to_a_depot_and_cannot_be_sold_on_the_way(shop):
    back = shop.returning.announce("paris", [Batch(SKU, 2)], by="Ana")
    shop.returning.receive(back.id, by="Ana")
    before = shop.last_seq()
    with pytest.raises(GoodsUnreadable):
        shop.returning.inspect(back.id, others="send_back", by="Ana")
    assert shop.last_seq() == before
    done = shop.returning.inspect(back.id, others="send_back", depot="depot", by="Ana")
    shop.handling.pick(done.transfer, by="Ana")
    shop.handling.send(done.transfer, by="Ana")
    assert (shelf(shop, "paris"), shelf(shop, "depot")) == ((10, 0, 0, 0), (0, 0, 0, 2))
    shop.handling.receive_transfer(done.transfer, by="Cleo")
    assert shelf(shop, "depot") == (0, 2, 0, 0)


def test_more_than_was_sold_cannot_come_back_and_the_facts_are_told(shop):
    sells(shop, 3)
    shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-1", by="Ana")
    first = shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-1", by="Ana")
    shop.returning.receive(first.id, by="Ana")
    before = shop.last_seq()
    with pytest.raises(ReturnTooLarge) as refusal:
        shop.returning.announce("lyon", [Batch(SKU, 2)], order_id="o-1", by="Ana")
    assert refusal.value.facts == {"order": "o-1", "sku": SKU, "sold": 3, "returned": 2, "asked": 2}
    with pytest.raises(ReturnTooLarge):
        shop.returning.announce("lyon", [Batch("lungo", 1)], order_id="o-1", by="Ana")
    assert shop.last_seq() == before
    third = shop.returning.announce("lyon", [Batch(SKU, 1)], order_id="o-1", by="Ana")
    with pytest.raises(ReturnTooLarge):
        shop.returning.receive(third.id, [Batch(SKU, 2)], by="Ana")
    assert shelf(shop, "lyon") == (0, 0, 0, 0)


def test_a_return_of_an_order_that_nobody_knows_is_taken(shop):
    back = shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-77", return_id="back-1", by="Ana")
    shop.returning.receive("back-1", by="Ana")
    assert shelf(shop, "paris") == (10, 1, 0, 0)
    before = shop.last_seq()
    with pytest.raises(NameTaken):
        shop.returning.announce("paris", [Batch(SKU, 1)], return_id=back.id, by="Ana")
    with pytest.raises(RefundUnknown):
        shop.returning.refund(back.id, by="Ana")
    assert shop.last_seq() == before
    assert [one.paper.id for one in shop.returning.returns(location="paris")] == ["back-1"]


def test_the_money_is_apart_from_the_goods_and_given_back_once(shop):
    sells(shop, 2, price=24)
    back = shop.returning.announce("paris", [Batch(SKU, 2)], order_id="o-1", by="Ana")
    done = shop.returning.refund(back.id, by="Ana")
    assert (done.state, done.refunded_minor, done.currency) == ("announced", 4800, "EUR")
    before = shop.last_seq()
    with pytest.raises(ReturnRefunded):
        shop.returning.refund(back.id, 1, "EUR", by="Ana")
    assert shop.last_seq() == before
    other = shop.returning.announce("paris", [Batch(SKU, 1)], by="Ana")
    with pytest.raises(GoodsUnreadable):
        shop.returning.refund(other.id, 5, "euro", by="Ana")
    assert shop.returning.refund(other.id, 5, "EUR", by="Ana").refunded_minor == 5


def test_a_return_that_never_comes_is_given_up(shop):
    sells(shop, 1)
    back = shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-1", by="Ana")
    shop.returning.cancel(back.id, by="Ana")
    before = shop.last_seq()
    with pytest.raises(PaperStateWrong):
        shop.returning.receive(back.id, by="Ana")
    with pytest.raises(PaperStateWrong):
        shop.returning.refund(back.id, 1, "EUR", by="Ana")
    assert shop.last_seq() == before
    assert shop.returning.announce("paris", [Batch(SKU, 1)], order_id="o-1", by="Ana").state == "announced"


def test_each_unit_is_judged_once(shop):
    back = shop.returning.announce("paris", [Batch(SKU, 2)], by="Ana")
    shop.returning.receive(back.id, by="Ana")
    wrong = [
        [Verdict(Pile(SKU), "restock", 1)],
        [Verdict(Pile(SKU), "restock", 3)],
        [Verdict(Pile("lungo"), "restock", 1), Verdict(Pile(SKU), "restock", 2)],
    ]
    for verdicts in wrong:
        with pytest.raises(GoodsUnreadable):
            shop.returning.inspect(back.id, verdicts, by="Ana")
    assert shelf(shop, "paris") == (10, 2, 0, 0)
    shop.returning.inspect(back.id, [Verdict(Pile(SKU), "restock", 2)], by="Ana")
    with pytest.raises(PaperStateWrong):
        shop.returning.inspect(back.id, others="restock", by="Ana")
    assert shelf(shop, "paris") == (12, 0, 0, 0)


# Tasks


def test_a_sale_of_an_offline_till_always_posts_and_is_shown_as_a_conflict(shop):
    hold = shop.promising.hold(Ask((Line(SKU, 9, "paris"),)), by="web")
    sells(shop, 4)
    (task,) = shop.tasks.open(location="paris")
    assert (task.kind, task.sku, task.on_hand, task.promised, task.units) == ("conflict", SKU, 6, 9, 3)
    assert shop.tasks.open(location="lyon") == []
    shop.promising.release(hold.id, by="web")
    assert shop.tasks.open() == []


def test_a_count_that_leaves_less_than_is_promised_opens_a_conflict(shop):
    shop.handling.draft("paris", "lyon", [Batch(SKU, 6)], by="Ana")
    shop.counting.at_once("paris", [Told(Batch(SKU, 5))], by="Ana")
    assert kinds(shop) == [("conflict", "paris", 1)]


def test_a_closed_task_comes_back_when_it_changed_and_still_is_so(shop):
    shop.promising.hold(Ask((Line(SKU, 9, "paris"),), ttl_s=60), by="web")
    sells(shop, 4)
    (task,) = shop.tasks.open()
    shop.tasks.close(task.id, "the supplier brings more tonight", by="Ana")
    assert shop.tasks.open() == []
    with pytest.raises(NotFound):
        shop.tasks.close(task.id, "again", by="Ana")
    sells(shop, 1, order="o-2")
    assert [(one.id, one.units) for one in shop.tasks.open()] == [(task.id, 4)]
    before = shop.last_seq()
    with pytest.raises(GoodsUnreadable):
        shop.tasks.close(task.id, " ", by="Ana")
    assert shop.last_seq() == before


def test_a_closed_task_about_a_paper_comes_back_when_more_is_told_of_it(shop):
    def short_pick():
        drafted = shop.handling.draft("paris", "lyon", [Batch(SKU, 2)], by="Ana").id
        shop.handling.pick(drafted, [Batch(SKU, 1)], by="Ana")

    back = shop.returning.announce("lyon", [Batch(SKU, 1)], by="Ana")
    shop.returning.receive(back.id, by="Ana")
    short_pick()
    for task in shop.tasks.open():
        shop.tasks.close(task.id, "tomorrow", by="Ana")
    assert shop.tasks.open() == []
    short_pick()
    assert kinds(shop) == [("count", "paris", 1)]
    shop.returning.refund(back.id, 1, "EUR", by="Ana")
    assert kinds(shop) == [("count", "paris", 1), ("inspect", "lyon", 1)]


def test_goods_of_several_lots_are_no_conflict(shop):
    shop.handling.receive("nice", [Batch(SKU, 5, "L1")], by="Ana")
    shop.promising.hold(Ask((Line(SKU, 3, "nice"),)), by="web")
    assert shop.tasks.open() == []


def test_a_short_pick_asks_for_a_count_until_somebody_counted(shop):
    drafted = shop.handling.draft("paris", "lyon", [Batch(SKU, 4)], by="Ana").id
    shop.handling.pick(drafted, [Batch(SKU, 1)], by="Ana")
    (task,) = shop.tasks.open(kind="count")
    assert (task.location, task.sku, task.units, task.document) == ("paris", SKU, 3, drafted)
    shop.counting.at_once("paris", [Told(Batch(SKU, 7), shop.clock.now() - MINUTE)], by="Ana")
    assert kinds(shop, kind="count") == [("count", "paris", 3)]
    shop.counting.at_once("paris", [Told(Batch(SKU, 7))], by="Ana")
    assert kinds(shop, kind="count") == []


def test_what_was_not_found_for_an_order_is_to_be_counted(hub):
    shop = Selling(hub)
    shop.receive(3, "depot")
    shop.place(2, order_id="o-1", customer={"email": "anna@example.com"})
    hub.fulfilling.accept("o-1-1", by="Ben")
    hub.fulfilling.pick("o-1-1", {"coffee": 1}, by="Ben")
    assert kinds(hub, kind="count") == [("count", "depot", 1)]
    hub.counting.at_once("depot", [Told(Batch("coffee", 1))], by="Ana")
    assert kinds(hub, kind="count") == []


def test_goods_for_an_order_come_in_by_its_own_steps(hub):
    shop = Selling(hub)
    shop.receive(3, "depot")
    shop.place(2, "ship_to_store", "paris-1", order_id="o-1", customer={"email": "anna@example.com"})
    for step in (hub.fulfilling.accept, hub.fulfilling.pick, hub.fulfilling.ready, hub.fulfilling.ship):
        step("o-1-1", by="Ben")
    before = hub.last_seq()
    for document in ("o-1", "o-1-1"):
        with pytest.raises(GoodsUnreadable):
            hub.handling.receive("paris-1", [Batch("coffee", 2)], expected=document, by="Ana")
        with pytest.raises(GoodsUnreadable):
            hub.handling.expect(document, "paris-1", [Batch("coffee", 2)], due_at=None, by="Ana")
    assert (hub.last_seq(), shelf(hub, "paris-1", "coffee")) == (before, (0, 0, 0, 2))


def test_what_came_back_is_to_be_inspected_and_what_is_on_its_way_to_be_received(shop):
    back = shop.returning.announce("paris", [Batch(SKU, 2)], by="Ana")
    drafted = shop.handling.draft("paris", "lyon", [Batch(SKU, 4)], by="Ana").id
    assert shop.tasks.open() == []
    shop.returning.receive(back.id, location="lyon", by="Ana")
    shop.handling.pick(drafted, by="Ana")
    shop.handling.send(drafted, by="Ana")
    assert kinds(shop) == [("inspect", "lyon", 2), ("receive", "lyon", 4)]
    shop.returning.inspect(back.id, others="restock", by="Ana")
    shop.handling.receive_transfer(drafted, by="Ana")
    assert shop.tasks.open() == []
