"""Paths to the orders that stand: what was cancelled is no success, and a value is the one that was last said."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from insight.credit_told import RATES, Told, at
from insight.test_paths_reading import told as rows_of
from noline.insight.paths.service import of_history, placed_orders
from noline.kernel.clock import DAY
from noline.stores.walks.history import Rates, read


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    messages = Told(tmp_path)
    yield messages
    messages.store.close()


def paths(told: Told, only: str | None = None, **asked: Any) -> list[tuple[str, int, int, int]]:
    """The paths of these messages. A visit long after them closes every window."""
    told.say(at(300), "mail", "Promotion Clicked", 99)
    told.read()
    orders = placed_orders(told.store, currency="EUR", rates=RATES, only=only)
    history = read(told.store, Rates("EUR", RATES))
    return sorted(rows_of(of_history(history, window_us=30 * DAY, orders=orders, **asked)))


def test_a_value_is_the_one_that_was_last_said(told):
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "o-1", total=50)
    told.say(at(2), "web", "Order Updated", order_id="o-1", total=200)
    told.say(at(3), "web", "Order Updated", order_id="o-1", total=60)
    assert paths(told)[0] == ("store > web", 1, 0, 6000)


def test_an_order_that_was_cancelled_or_that_nobody_collected_is_a_touch_and_no_success(told):
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "cancelled")
    told.say(at(1, 1), "web", "Order Cancelled", order_id="cancelled")
    told.buys(at(0), "expired", "app", 2)
    told.say(at(9), "store", "Pickup Expired", 2, order_id="expired", store="paris-1")
    told.buys(at(8), "mended", "call")
    successes = [row for row in paths(told) if row[1]]
    assert successes == [("store > web > call", 1, 0, 10000)]
    assert [row[0] for row in paths(told) if row[2] and row[0].startswith("app")] != []


def test_an_order_whose_worth_nobody_can_tell_is_neither_success_nor_failure(told):
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "francs", currency="CHF")
    told.buys(at(1), "untold", "app", 2, total=None)
    told.buys(at(2), "yen", "call", 3, currency="JPY", total=9000)
    assert paths(told) == [("call", 1, 0, 5400)]


def test_an_order_of_nobody_known_is_a_path_of_its_channel_or_store(told):
    told.buys(at(0), "till", "store", None, store="paris-1", total=70)
    told.buys(at(1), "named", "web", 1, total=30)
    assert paths(told) == [("store", 1, 0, 7000), ("web", 1, 0, 3000)]
    assert paths(told, by="unit") == [("paris-1", 1, 0, 7000), ("web", 1, 0, 3000)]


def test_orders_of_nobody_known_alone_have_paths_too(told):
    told.buys(at(0), "till", "store", None, store="paris-1", total=70)
    told.read()
    orders = placed_orders(told.store, currency="EUR", rates=RATES)
    found = of_history(read(told.store), window_us=DAY, orders=orders)
    assert (rows_of(found), found.times.tolist()) == ([("store", 1, 0, 7000)], [at(0)])


def test_an_order_told_by_two_channels_under_two_names_is_one(told):
    told.buys(at(0), "o-1", "web", 1)
    told.buys(at(0, 1), "o-1", "erp", 2)
    assert paths(told) == [("web", 1, 0, 10000)]


def test_only_orders_of_a_currency_and_what_ended_in_a_time_count(told):
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "euros")
    told.say(at(2), "app", "Product Viewed", 2)
    told.buys(at(3), "yen", "web", 2, currency="JPY", total=9000)
    told.say(at(40), "call", "Call Started", 3)
    told.buys(at(41), "late", "web", 4)
    told.buys(at(2), "till", "store", None, store="lyon-1")
    everything = [
        ("app > web", 1, 0, 5400), ("call", 0, 1, 0), ("store", 1, 0, 10000), ("store > web", 1, 0, 10000),
        ("web", 1, 0, 10000),
    ]  # fmt: skip
    assert paths(told) == everything
    assert paths(told, only="JPY") == [("app > web", 1, 0, 5400), ("call", 0, 1, 0)]
    assert paths(told, until=at(3)) == [("store", 1, 0, 10000), ("store > web", 1, 0, 10000)]
    assert paths(told, since=at(3), until=at(41)) == [("app > web", 1, 0, 5400), ("call", 0, 1, 0)]


def test_orders_after_a_position_of_the_log_are_not_read(told):
    told.buys(at(0), "first")
    told.buys(at(1), "second")
    told.read()
    assert placed_orders(told.store, currency="EUR", rates={}, last=1).seqs.tolist() == [1]


def test_what_is_credited_adds_up_to_the_books(told):
    told.buys(at(0), "o-1")
    told.buys(at(0), "o-2", "store", None, store="paris-1", total=55)
    told.buys(at(1), "o-3", currency="CHF")
    told.buys(at(2), "o-4")
    told.say(at(3), "web", "Order Cancelled", order_id="o-4")
    trade = told.read().trade
    successes = [row for row in paths(told) if row[1]]
    assert len(successes) == trade.orders.placed_at.size == 2
    assert sum(row[3] for row in successes) == int(trade.orders.value_minor.sum()) == 15500
