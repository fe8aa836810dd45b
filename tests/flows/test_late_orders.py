"""Orders that a channel promised for a time that has passed: open at the counter until somebody tells of their end."""

import pytest

from counter import Counter
from noline.hub import Hub
from noline.kernel.clock import parse_instant
from noline.stores.log import records_after


@pytest.fixture
def shop(hub: Hub) -> Counter:
    """A shop on the web, of which Anna ordered a machine five days ago."""
    made = Counter(hub)
    made.buys("o-1", ("vespro", 1), days=5, source="shop")
    return made


def promised(shop: Counter, for_: float, *, days: float = 4, event: str = "Order Updated", **said: str) -> None:
    """The shop tells so many days ago for when the order is promised, so many days before this moment."""
    shop.tells("shop", event, days=days, user="anna", order_id="o-1", promised_at=shop.at(for_), **said)


def late(shop: Counter) -> list[tuple[str, str, int]]:
    """What is open on the card."""
    return [(one.kind, one.order, one.since) for one in shop.card().loops]


@pytest.mark.parametrize("event", ["Order Updated", "Order Shipped", "Order Promised"])
def test_what_a_channel_promised_and_nobody_told_to_have_come_is_late(shop: Counter, event: str):
    promised(shop, 2, event=event)
    assert late(shop) == [("late_order", "o-1", parse_instant(shop.at(2)))]


def test_an_order_without_a_promise_is_not_late(shop: Counter):
    assert late(shop) == []


def test_what_is_promised_for_later_is_not_late(shop: Counter):
    promised(shop, -1)
    assert late(shop) == []


def test_what_was_promised_last_counts_in_whatever_order_it_is_told(shop: Counter):
    promised(shop, -1, days=3)
    promised(shop, 2, days=4)
    assert late(shop) == []


@pytest.mark.parametrize("end", ["Order Delivered", "Order Cancelled", "Pickup Collected", "Pickup Ready"])
def test_what_came_was_called_off_or_lies_ready_is_not_late(shop: Counter, end: str):
    promised(shop, 2)
    shop.tells("warehouse", end, days=1, user="anna", order_id="o-1", store_id="paris-1")
    assert late(shop) == []


def test_a_promise_of_long_ago_of_which_nobody_told_the_end_is_not_late_for_ever(shop: Counter):
    shop.tells("shop", "Order Promised", days=60, user="anna", order_id="o-1", promised_at=shop.at(31))
    assert late(shop) == []


def test_a_promise_that_names_no_order_is_left_alone(shop: Counter):
    shop.tells("shop", "Order Promised", days=4, user="anna", promised_at=shop.at(2))
    assert late(shop) == []
    assert shop.hub.verify().ok


@pytest.mark.parametrize("event", ["Order Updated", "Order Promised"])
def test_a_promise_is_rebuilt_from_the_log_also_when_its_customer_was_erased(shop: Counter, event: str):
    promised(shop, 2, event=event)
    for _ in range(2):
        assert shop.hub.verify().trouble == ()
        with shop.hub.store.reading() as reader:
            assert shop.hub.orders.order(reader, "o-1").promised_at == parse_instant(shop.at(2))
        if shop.hub.find_customers("anna"):
            shop.hub.erase(shop.person(), by="dpo", reason="asked by letter")


def test_a_promise_in_words_is_no_moment_and_goes_with_the_customer(shop: Counter):
    shop.tells("shop", "Order Updated", days=4, user="anna", order_id="o-1", promised_at="when Anna is back")
    assert late(shop) == []
    shop.hub.erase(shop.person(), by="dpo", reason="asked by letter")
    assert shop.hub.verify().trouble == ()
    with shop.hub.store.reading() as reader:
        told = [body for records in [records_after(reader, 0, 100)] for _, body in shop.hub.log.opened(reader, records)]
    assert not [body for body in told if body and b"when Anna" in body]
