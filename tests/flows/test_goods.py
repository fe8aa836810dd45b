"""Goods that move inside the company: awaited, received, corrected, sent; what is refused moves nothing."""

from threading import Barrier, Thread

import pytest

from noline.flows.goods import StockChangedMeanwhile, instant_or_none
from noline.flows.policies import PolicyWrong
from noline.flows.promise import Ask, Line, NotEnoughStock
from noline.kernel.clock import HOUR, as_text
from noline.kernel.errors import NameTaken, NotFound, UnreadableInstant
from noline.truth.goods.model import Batch, GoodsUnreadable, PaperStateWrong
from noline.truth.stock.policies import Policy

SKU = "ristretto-50"


def shelf(hub, location, sku=SKU):
    """on hand, unsellable, allocated and incoming of an item."""
    with hub.store.reading() as reader:
        assert hub.stock.cells(reader) == hub.stock.recounted(reader)
        found = {one.location: one for one in hub.stock.availability(reader, sku)}
    one = found.get(location)
    return (one.on_hand, one.unsellable, one.allocated, one.incoming) if one else (0, 0, 0, 0)


def reasons(hub, location, sku=SKU):
    with hub.store.reading() as reader:
        return [(one.reason, one.evidence.document, one.units) for one in hub.stock.moves(reader, sku, location)]


def awaited(hub, document):
    with hub.store.reading() as reader:
        return {(one.sku, one.location): one.units for one in hub.stock.awaited(reader, document)}


@pytest.fixture
def shop(hub):
    hub.handling.receive("depot", [Batch(SKU, 10)], by="Ana", document="note-1")
    yield hub
    assert hub.verify().trouble == ()


# What comes in


def test_goods_that_come_lie_on_the_shelf_with_lot_and_owner(shop):
    done = shop.handling.receive("paris", [Batch(SKU, 2), Batch(SKU, 3, "L7", "roaster"), Batch(SKU, 1)], by="Ana")
    assert done.document.startswith("receipt-")
    assert [line.batch for line in done.lines] == [Batch(SKU, 3), Batch(SKU, 3, "L7", "roaster")]
    assert shelf(shop, "paris") == (6, 0, 0, 0)
    with shop.store.reading() as reader:
        assert shop.stock.piles(reader, SKU, "paris") == {("", ""): 3, ("L7", "roaster"): 3}


def test_a_delivery_that_is_awaited_comes_in_parts_and_the_rest_is_closed(shop):
    due = shop.clock.now() + HOUR
    (supply,) = shop.handling.expect("po-1", "paris", [Batch(SKU, 8)], due_at=due, by="Ana")
    assert (supply.units, supply.due_at) == (8, due)
    assert shelf(shop, "paris") == (0, 0, 0, 8)
    (line,) = shop.handling.receive("paris", [Batch(SKU, 5)], expected="po-1", by="Ana").lines
    assert (line.awaited, line.left) == (8, 3)
    assert shelf(shop, "paris") == (5, 0, 0, 3)
    (line,) = shop.handling.receive("paris", [Batch(SKU, 1)], expected="po-1", close=True, by="Ana").lines
    assert (line.awaited, line.left) == (3, 0)
    assert shelf(shop, "paris") == (6, 0, 0, 0)
    assert awaited(shop, "po-1") == {}
    assert reasons(shop, "paris")[-1] == ("not delivered", "po-1", 2)


def test_more_than_was_awaited_comes_in_all_the_same(shop):
    shop.handling.expect("po-1", "paris", [Batch(SKU, 2), Batch("lungo", 1)], due_at=None, by="Ana")
    shop.handling.receive("paris", [Batch(SKU, 5)], expected="po-1", by="Ana")
    assert shelf(shop, "paris") == (5, 0, 0, 0)
    assert awaited(shop, "po-1") == {("lungo", "paris"): 1}


def test_a_lot_and_a_delivery_note_are_told_when_it_comes(shop):
    shop.handling.expect("po-1", "paris", [Batch(SKU, 4)], due_at=None, by="Ana")
    shop.handling.receive("paris", [Batch(SKU, 3, "L7")], expected="po-1", document="note-9", by="Ana")
    assert shelf(shop, "paris") == (3, 0, 0, 1)
    assert ("received", "note-9", 3) in reasons(shop, "paris")
    with shop.store.reading() as reader:
        assert shop.stock.piles(reader, SKU, "paris")["L7", ""] == 3


def test_nothing_more_will_come(shop):
    shop.handling.expect("po-1", "paris", [Batch(SKU, 4)], due_at=None, by="Ana")
    assert shop.handling.receive("paris", [], expected="po-1", close=True, by="Ana").lines == ()
    assert shelf(shop, "paris") == (0, 0, 0, 0)


NOT_UNDERSTOOD = [
    ("customer", Batch(SKU, 1)), ("unsourced", Batch(SKU, 1)), ("", Batch(SKU, 1)), ("paris", Batch("", 1)),
    ("paris", Batch(SKU, 0)), ("paris", Batch(SKU, 10**9 + 1)), ("paris", Batch(SKU, 1, "L" * 201)),
]  # fmt: skip


def test_what_cannot_be_understood_moves_nothing(shop):
    before = shop.last_seq()
    for location, batch in NOT_UNDERSTOOD:
        with pytest.raises(GoodsUnreadable):
            shop.handling.receive(location, [batch], by="Ana")
    with pytest.raises(GoodsUnreadable):
        shop.handling.receive("paris", [], by="Ana")
    assert shop.last_seq() == before


def test_what_nobody_awaits_cannot_be_received_against(shop):
    before = shop.last_seq()
    shop.handling.expect("po-1", "paris", [Batch(SKU, 4)], due_at=None, by="Ana")
    with pytest.raises(NotFound):
        shop.handling.receive("lyon", [Batch(SKU, 1)], expected="po-1", by="Ana")
    with pytest.raises(NotFound):
        shop.handling.receive("paris", [Batch(SKU, 1)], expected="po-2", by="Ana")
    assert shop.last_seq() == before + 1


# Corrections


def test_an_adjustment_says_why_and_answers_the_version_to_go_on_with(shop):
    first = shop.handling.adjust("depot", Batch(SKU, -2), "broken", by="Ana")
    assert (first.shelf.on_hand, first.version) == (8, shop.last_seq())
    second = shop.handling.adjust("depot", Batch(SKU, 1), "found", by="Ana", expected_version=first.version)
    assert second.shelf.on_hand == 9
    assert [(reason, units) for reason, _, units in reasons(shop, "depot")[1:]] == [("broken", 2), ("found", 1)]


def test_what_moved_meanwhile_is_told_and_nothing_is_adjusted(shop):
    with shop.store.reading() as reader:
        seen = shop.stock.versions(reader, SKU)["depot"]
    shop.handling.adjust("depot", Batch(SKU, -1), "broken", by="Ana")
    before = shop.last_seq()
    with pytest.raises(StockChangedMeanwhile) as refusal:
        shop.handling.adjust("depot", Batch(SKU, -1), "broken", by="Ben", expected_version=seen)
    assert refusal.value.facts["present"] == {
        "version": before, "on_hand": 9, "unsellable": 0, "held": 0, "allocated": 0, "incoming": 0, "available": 9,
    }  # fmt: skip
    assert (shop.last_seq(), shelf(shop, "depot")) == (before, (9, 0, 0, 0))


def test_a_move_elsewhere_leaves_the_version_as_it_is(shop):
    with shop.store.reading() as reader:
        seen = shop.stock.versions(reader, SKU)["depot"]
    shop.handling.receive("paris", [Batch(SKU, 1)], by="Ana")
    assert shop.handling.adjust("depot", Batch(SKU, 1), "found", by="Ana", expected_version=seen).shelf.on_hand == 11


# Transfers


def test_a_transfer_is_claimed_picked_sent_and_received_with_what_is_missing(shop):
    due = shop.clock.now() + HOUR
    drafted = shop.handling.draft("depot", "paris", [Batch(SKU, 6)], by="Ana", due_at=due)
    assert (drafted.state, shelf(shop, "depot")) == ("draft", (10, 0, 6, 0))
    picked = shop.handling.pick(drafted.id, [Batch(SKU, 5)], by="Ben")
    assert (picked.state, shelf(shop, "depot")) == ("picked", (10, 0, 5, 0))
    sent = shop.handling.send(drafted.id, by="Ben")
    assert (sent.state, shelf(shop, "depot"), shelf(shop, "paris")) == ("in_transit", (5, 0, 0, 0), (0, 0, 0, 5))
    with shop.store.reading() as reader:
        assert [(one.document, one.units, one.due_at) for one in shop.stock.supplies(reader, SKU)] == [
            (drafted.id, 5, due)
        ]
    done = shop.handling.receive_transfer(drafted.id, [Batch(SKU, 3), Batch("lungo", 1)], by="Cleo")
    assert [(line.sku, line.picked, line.received) for line in done.lines] == [(SKU, 5, 3), ("lungo", 0, 1)]
    assert (shelf(shop, "paris"), shelf(shop, "paris", "lungo")) == ((3, 0, 0, 0), (1, 0, 0, 0))
    assert reasons(shop, "paris")[1:] == [("received", drafted.id, 3), ("missing", drafted.id, 2)]
    assert reasons(shop, "paris", "lungo") == [("surplus", drafted.id, 1)]
    with shop.store.reading() as reader:
        steps = [(one.state, one.actor) for one in shop.goods.steps(reader, drafted.id)]
    assert steps == [("draft", "Ana"), ("picked", "Ben"), ("in_transit", "Ben"), ("received", "Cleo")]


def test_what_is_not_free_cannot_be_transferred_and_is_told_where_it_is(shop):
    shop.handling.receive("lyon", [Batch(SKU, 3)], by="Ana")
    shop.promising.hold(Ask((Line(SKU, 6, "depot"),)), by="web")
    before = shop.last_seq()
    with pytest.raises(NotEnoughStock) as refusal:
        shop.handling.draft("depot", "paris", [Batch(SKU, 3), Batch(SKU, 2, "L7")], by="Ana")
    assert refusal.value.facts["short"] == [
        {"sku": SKU, "location": "depot", "asked": 5, "available": 4,
         "elsewhere": [{"location": "lyon", "available": 3}]},
    ]  # fmt: skip
    assert (shop.last_seq(), shelf(shop, "depot")) == (before, (10, 0, 0, 0))


def test_no_rule_of_a_channel_lets_a_transfer_take_what_is_not_there(shop):
    shop.policies.set(SKU, "", Policy("unlimited"), by="Ana")
    with pytest.raises(NotEnoughStock):
        shop.handling.draft("depot", "paris", [Batch(SKU, 11)], by="Ana")


def test_a_transfer_can_be_given_up_until_it_leaves(shop):
    first, second = (shop.handling.draft("depot", "paris", [Batch(SKU, 3)], by="Ana").id for _ in range(2))
    shop.handling.cancel(first, by="Ana")
    shop.handling.pick(second, [Batch(SKU, 2)], by="Ana")
    shop.handling.cancel(second, by="Ana")
    assert shelf(shop, "depot") == (10, 0, 0, 0)
    third = shop.handling.draft("depot", "paris", [Batch(SKU, 3)], by="Ana").id
    shop.handling.pick(third, by="Ana")
    shop.handling.send(third, by="Ana")
    before = shop.last_seq()
    with pytest.raises(PaperStateWrong) as refusal:
        shop.handling.cancel(third, by="Ana")
    assert (refusal.value.facts["state"], shop.last_seq()) == ("in_transit", before)


def test_a_step_that_does_not_follow_is_refused(shop):
    drafted = shop.handling.draft("depot", "paris", [Batch(SKU, 3)], by="Ana").id
    for step in (shop.handling.send, shop.handling.receive_transfer):
        with pytest.raises(PaperStateWrong):
            step(drafted, by="Ana")
    with pytest.raises(GoodsUnreadable):
        shop.handling.pick(drafted, [Batch(SKU, 4)], by="Ana")
    shop.handling.pick(drafted, [Batch(SKU, 0)], by="Ana")
    with pytest.raises(GoodsUnreadable):
        shop.handling.send(drafted, by="Ana")
    with pytest.raises(NotFound):
        shop.handling.pick("transfer-0", by="Ana")
    assert shelf(shop, "depot") == (10, 0, 0, 0)


def test_a_transfer_goes_to_another_real_place(shop):
    for target in ("depot", "shrink"):
        with pytest.raises(GoodsUnreadable):
            shop.handling.draft("depot", target, [Batch(SKU, 1)], by="Ana")
    assert shelf(shop, "depot") == (10, 0, 0, 0)


def test_a_transfer_is_received_as_a_delivery_too(shop):
    drafted = shop.handling.draft("depot", "paris", [Batch(SKU, 3)], by="Ana").id
    shop.handling.pick(drafted, by="Ana")
    shop.handling.send(drafted, by="Ana")
    with pytest.raises(GoodsUnreadable):
        shop.handling.receive("lyon", [Batch(SKU, 3)], expected=drafted, by="Cleo")
    with pytest.raises(NameTaken):
        shop.handling.expect(drafted, "paris", [Batch(SKU, 3)], due_at=None, by="Cleo")
    done = shop.handling.receive("paris", [Batch(SKU, 4)], expected=drafted, by="Cleo")
    assert (done.lines[0].batch.units, done.lines[0].awaited) == (4, 3)
    assert (shelf(shop, "paris"), shop.handling.transfer(drafted).state) == ((4, 0, 0, 0), "received")


def test_of_many_who_want_the_last_units_as_many_get_them_as_there_are(shop):
    start, outcomes = Barrier(4), []

    def desk(number):
        start.wait()
        try:
            outcomes.append(shop.handling.draft("depot", "paris", [Batch(SKU, 4)], by=f"desk {number}").state)
        except NotEnoughStock:
            outcomes.append("refused")

    desks = [Thread(target=desk, args=(number,)) for number in range(4)]
    for one in desks:
        one.start()
    for one in desks:
        one.join()
    assert sorted(outcomes) == ["draft", "draft", "refused", "refused"]
    assert shelf(shop, "depot") == (10, 0, 8, 0)


def test_transfers_are_listed_by_place_and_state(shop):
    first = shop.handling.draft("depot", "paris", [Batch(SKU, 1)], by="Ana").id
    second = shop.handling.draft("depot", "lyon", [Batch(SKU, 1)], by="Ana").id
    shop.handling.pick(first, by="Ana")

    def listed(**asked):
        return [one.paper.id for one in shop.handling.transfers(**asked)]

    assert listed() == [first, second]
    assert listed(location="lyon") == [second]
    assert listed(location="depot", state="picked") == [first]
    assert listed(state="received") == []
    assert (listed(limit=1, offset=1), listed(location="nice")) == ([second], [])


# Rules


def test_a_rule_is_set_shown_and_kept(shop):
    until = shop.clock.now() + HOUR
    shop.policies.set(SKU, "", Policy("threshold", 2, safety=1), by="Ana")
    shop.policies.set(SKU, "web", Policy("backorder", 5, until, 3), by="Ana")
    with shop.store.reading() as reader:
        assert shop.stock.policies(reader) == [
            (SKU, "", Policy("threshold", 2, safety=1)), (SKU, "web", Policy("backorder", 5, until, 3)),
        ]  # fmt: skip
    assert shop.available(SKU) == [("depot", 9)]


CONTRADICTIONS = [
    ("", Policy("threshold")), ("", Policy("strict", beyond=1)), ("", Policy("backorder", beyond=1)),
    ("", Policy("threshold", beyond=1, until_at=5)), ("web", Policy(safety=1)), ("", Policy(buffer=-1)),
    ("w" * 201, Policy("strict")),
]  # fmt: skip


def test_a_rule_that_contradicts_itself_is_refused(shop):
    before = shop.last_seq()
    for channel, rule in CONTRADICTIONS:
        with pytest.raises(PolicyWrong):
            shop.policies.set(SKU, channel, rule, by="Ana")
    assert shop.last_seq() == before


def test_a_time_is_read_or_refused():
    assert as_text(instant_or_none("2026-03-01T09:30:00+01:00")) == "2026-03-01T08:30:00.000Z"
    assert instant_or_none(None) is None
    for text in ("soon", "0001-01-01T00:00:00+14:00", ""):
        with pytest.raises(UnreadableInstant):
            instant_or_none(text)
