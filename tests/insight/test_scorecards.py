"""Sales by channel, on logs small enough to count by hand."""

import pytest

from insight.handwritten import at
from noline.insight.scorecards.model import ChannelSales, average_minor
from noline.kernel.errors import NotFound


def test_no_orders_no_rows(log):
    log.say(at(0), "web", "Page Viewed")
    assert log.scorecards().sales_by_channel() == []


def test_an_order_told_twice_counts_once_for_the_channel_that_told_it_first_with_the_latest_amount(log):
    log.say(at(0), "web", "Order Placed", object_id="o-1", value_minor=1000)
    log.say(at(1), "store", "Order Completed", object_id="o-1", value_minor=900)
    assert log.scorecards().sales_by_channel() == [ChannelSales(None, "web", "EUR", 1, 1, 0, 900, 900, 1.0)]


def test_channels_share_the_revenue_of_a_currency(log):
    log.say(at(0), "web", "Order Completed", subject=1, object_id="o-1", value_minor=1000)
    log.say(at(1), "web", "Order Completed", subject=1, object_id="o-2", value_minor=2001)
    log.say(at(2), "store", "Order Completed", subject=None, object_id="o-3", value_minor=999)
    log.say(at(2), "store", "Order Completed", subject=2, object_id="o-4", value_minor=500, currency="JPY")
    log.say(at(2), "store", "Order Completed", subject=2)
    assert log.scorecards().sales_by_channel() == [
        ChannelSales(None, "web", "EUR", 2, 1, 0, 3001, 1500, 0.75025),
        ChannelSales(None, "store", "EUR", 1, 0, 1, 999, 999, 0.24975),
        ChannelSales(None, "store", "JPY", 1, 1, 0, 500, 500, 1.0),
        ChannelSales(None, "store", None, 1, 1, 0, 0, None, None),
    ]


def test_subjects_of_one_person_are_one_customer(log):
    log.say(at(0), "web", "Order Completed", subject=1, object_id="o-1", value_minor=1000)
    log.say(at(1), "web", "Order Completed", subject=2, object_id="o-2", value_minor=1000)
    log.same_person(9, 1, 2)
    assert [(sales.orders, sales.persons) for sales in log.scorecards().sales_by_channel()] == [(2, 1)]


def test_months_come_in_order_with_shares_of_their_own(log):
    log.say(at(0), "web", "Order Completed", object_id="o-1", value_minor=300)
    log.say(at(29, 23, 59), "store", "Order Completed", object_id="o-2", value_minor=100)
    log.say(at(30), "store", "Order Completed", object_id="o-3", value_minor=100)
    found = log.scorecards().sales_by_channel(by_month=True)
    assert [(s.month, s.channel, s.orders, s.share) for s in found] == [
        ("2026-03", "web", 1, 0.75),
        ("2026-03", "store", 1, 0.25),
        ("2026-04", "store", 1, 1.0),
    ]
    assert [s.orders for s in log.scorecards().sales_by_channel(since=at(1), until=at(29))] == []


def test_averages_round_half_to_even():
    assert [average_minor(5, 2), average_minor(7, 2), average_minor(-5, 2), average_minor(8, 3)] == [2, 4, -2, 3]


def test_the_scorecard_tells_how_it_is_counted(log):
    counted = log.scorecards().counted("sales_by_channel", by_month=True)
    assert counted["parameters"]["by_month"] is True
    assert log.scorecards().sales_by_channel() == []
    assert "Order Completed or Order Placed" in counted["words"]
    with pytest.raises(NotFound):
        log.scorecards().counted("luck")
