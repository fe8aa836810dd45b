"""From messages to orders, work and returns: who did what for which order, at what cost, and what is left out."""

import re
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_told import FREE, RATES, Told, acts, at, money, who_did
from noline.insight.credit.costing import Rates, times
from noline.insight.credit.ledger import book
from noline.insight.credit.model import ACTS, NOBODY
from noline.insight.credit.rules import METHODS, Cost, Pool, Rules
from noline.insight.credit.statements import statements
from noline.insight.credit.weights import Method
from noline.insight.credit.whatif import what_if
from noline.kernel.clock import DAY
from noline.kernel.errors import SettingUnknown, SettingWrong


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    messages = Told(tmp_path)
    yield messages
    messages.store.close()


# Who did what


def test_the_unit_that_captured_always_did_so_and_a_store_goes_by_its_name(told):
    told.buys(at(0), "o-1", "web")
    told.buys(at(1), "o-2", "store", store="paris-1")
    told.buys(at(2), "o-3", "store")
    trade = told.trade()
    assert [who_did(trade, order) for order in ("o-1", "o-2", "o-3")] == [
        [("web", "capture")], [("paris-1", "capture")], [("store", "capture")],
    ]  # fmt: skip


def test_touches_count_for_the_next_order_of_the_person_since_the_order_before(told):
    told.say(at(0), "store", "Store Visited", store="paris-1")
    told.buys(at(1), "o-1", "web")
    told.say(at(2), "mail", "Promotion Clicked")
    told.say(at(2), "store", "Advice Given", 2, store="lyon-1")
    told.buys(at(3), "o-2", "web")
    told.say(at(4), "app", "App Opened")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("paris-1", "inspire"), ("web", "capture")]
    assert who_did(trade, "o-2") == [("mail", "inspire"), ("web", "capture")]


def test_a_touch_counts_up_to_the_last_instant_of_the_window(told):
    told.say(at(0), "app", "App Opened")
    told.buys(at(30), "o-1")
    told.say(at(40), "app", "App Opened")
    told.buys(at(70, 0, 1), "o-2")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("app", "inspire"), ("web", "capture")]
    assert who_did(trade, "o-2") == [("web", "capture")]
    assert who_did(told.trade(window_days=31), "o-2") == [("app", "inspire"), ("web", "capture")]


def test_a_touch_at_the_instant_of_the_order_counts_for_it(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "app", "App Opened")
    told.buys(at(1), "o-2", "app")
    assert who_did(told.trade(), "o-2") == [("app", "inspire"), ("app", "capture")]


def test_touches_of_every_name_of_a_person_count(told):
    told.say(at(0), "store", "Advice Given", 2, store="paris-1")
    told.buys(at(1), "o-1", "web", 1)
    assert who_did(told.trade(), "o-1") == [("web", "capture")]
    told.same(1, 2)
    assert who_did(told.trade(), "o-1") == [("paris-1", "advise"), ("web", "capture")]


def test_a_visit_is_one_act_a_day_and_its_cost_is_booked_once(told):
    for minute in range(5):
        told.say(at(0, 10, minute), "store", "Product Tried", store="paris-1")
    told.say(at(1), "store", "Store Visited", store="paris-1")
    told.buys(at(2), "o-1")
    rules = {"acts": FREE | {"inspire": {"minutes": 3, "rate_minor_per_hour": 2000}}}
    assert acts(told.trade(**rules), "o-1") == [
        ("paris-1", "inspire", 3, 100), ("paris-1", "inspire", 3, 100), ("web", "capture", 0, 0),
    ]  # fmt: skip


def test_what_names_an_order_counts_for_that_order_whoever_did_it(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "web", "Order Paid", order_id="o-1")
    told.say(at(2), "call", "Call Resolved", order_id="o-1")
    told.say(at(3), "chat", "Case Resolved", None, order_id="o-1")
    told.say(at(4), "call", "Call Resolved", case_id="c-1")
    told.buys(at(5), "o-2")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("web", "capture"), ("web", "pay"), ("call", "serve"), ("chat", "serve")]
    assert who_did(trade, "o-2") == [("call", "serve"), ("web", "capture")]


def test_parcels_are_picked_and_sent_where_the_goods_lie(told):
    told.buys(at(0), "o-1", fulfilment_location="depot")
    told.say(at(1), "web", "Order Shipped", order_id="o-1")
    told.buys(at(0), "o-2", fulfilment_location="depot", person=2)
    told.say(at(1), "web", "Order Picked", 2, order_id="o-2", location="paris-1")
    told.say(at(2), "web", "Order Shipped", 2, order_id="o-2", location="paris-1")
    told.buys(at(0), "o-3", person=3)
    told.say(at(1), "web", "Order Shipped", 3, order_id="o-3")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("web", "capture"), ("depot", "pick"), ("depot", "deliver")]
    assert who_did(trade, "o-2") == [("web", "capture"), ("paris-1", "pick"), ("paris-1", "deliver")]
    assert who_did(trade, "o-3") == [("web", "capture"), ("web", "pick"), ("web", "deliver")]


def test_two_parcels_are_two_deliveries_and_one_picking_of_a_place(told):
    told.buys(at(0), "o-1", fulfilment_location="depot")
    told.say(at(1), "web", "Order Shipped", order_id="o-1")
    told.say(at(3), "web", "Order Shipped", order_id="o-1")
    assert who_did(told.trade(), "o-1") == [
        ("web", "capture"), ("depot", "pick"), ("depot", "deliver"), ("depot", "deliver"),
    ]  # fmt: skip


def test_a_pickup_is_made_ready_and_handed_over_by_its_store(told):
    told.buys(at(0), "o-1", fulfilment_location="depot")
    told.say(at(1), "web", "Pickup Ready", order_id="o-1", store_id="paris-1")
    told.say(at(2), "store", "Pickup Collected", order_id="o-1", store="paris-1")
    assert who_did(told.trade(), "o-1") == [("web", "capture"), ("paris-1", "pick"), ("paris-1", "hand over")]


def test_kinds_tell_stores_channels_and_depots_apart(told):
    told.buys(at(0), "o-1", fulfilment_location="depot-1")
    told.say(at(1), "web", "Order Shipped", order_id="o-1")
    told.buys(at(2), "o-2", "store", store="paris-1", fulfilment_location="paris-1")
    read = told.read(units={"depot": {"shares": False}, "paris-1": {"weight": 3}, "store": {"weight": 2}})
    assert read.facts.kinds == {"depot-1": "depot", "paris-1": "store", "web": "web"}
    assert read.trade.units == ("depot-1", "paris-1", "web")
    assert read.trade.shares.tolist() == [False, True, True]


def test_only_what_is_told_as_the_order_is_work_for_it(told):
    told.buys(at(0), "7")
    told.say(at(1), "call", "Case Resolved", case_id="7")
    told.say(at(1), "chat", "Case Resolved", None, case_id="7")
    told.say(at(2), "call", "Call Resolved", case_id="c-1", order_id="7")
    assert who_did(told.trade(), "7") == [("web", "capture"), ("call", "serve")]


def test_what_names_an_order_is_no_touch_of_the_next_one(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "call", "Call Resolved", order_id="o-1")
    told.buys(at(2), "o-2")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("web", "capture"), ("call", "serve")]
    assert who_did(trade, "o-2") == [("web", "capture")]


def test_who_advises_or_inspires_after_the_order_did_not_win_it(told):
    told.say(at(0), "store", "Advice Given", store="paris-1", order_id="o-1")
    told.buys(at(1), "o-1")
    told.say(at(1, 0, 1), "store", "Advice Given", store="lyon-1", order_id="o-1")
    told.say(at(1, 0, 1), "web", "Page Viewed", order_id="o-1")
    assert who_did(told.trade(), "o-1") == [("paris-1", "advise"), ("web", "capture")]
    later = told.trade(acts={"advise": {"until": "ever"}})
    assert who_did(later, "o-1") == [("paris-1", "advise"), ("web", "capture"), ("lyon-1", "advise")]


def test_a_parcel_of_which_nobody_tells_the_place_is_of_its_teller_only_where_nobody_else_sent_it(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "web", "Order Shipped", order_id="o-1")
    told.say(at(2), "erp", "Order Shipped", order_id="o-1", location="depot")
    told.buys(at(0), "o-2", person=2)
    told.say(at(1), "web", "Order Shipped", 2, order_id="o-2")
    told.say(at(2), "erp", "Order Shipped", 2, order_id="o-2")
    trade = told.trade()
    assert who_did(trade, "o-1") == [("web", "capture"), ("depot", "pick"), ("depot", "deliver")]
    assert who_did(trade, "o-2") == [("web", "capture"), ("web", "pick"), ("web", "deliver")]


def test_a_parcel_told_by_two_channels_around_midnight_is_one(told):
    told.buys(at(0), "o-1", fulfilment_location="depot")
    told.say(at(1, 23, 50), "web", "Order Shipped", order_id="o-1")
    told.say(at(2, 0, 10), "erp", "Order Shipped", order_id="o-1")
    told.say(at(3, 0, 11), "erp", "Order Shipped", order_id="o-1")
    assert who_did(told.trade(), "o-1") == [
        ("web", "capture"), ("depot", "pick"), ("depot", "deliver"), ("depot", "deliver"),
    ]  # fmt: skip


def test_a_channel_called_as_the_payee_baseline_is_a_unit_of_its_own(told):
    told.buys(at(0), "o-1", "baseline")
    read = told.read()
    assert read.trade.units == ("baseline (unit)",)
    assert read.facts.kinds == {"baseline (unit)": "baseline (unit)"}
    ledger = book(read.trade, Method())
    assert ledger.payees == ("baseline (unit)", "baseline")


# What was undone


def test_the_work_on_an_order_that_was_cancelled_or_expired_is_repaid_and_its_owner_bears_it(told):
    told.buys(at(0), "cancelled", fulfilment_location="depot")
    told.say(at(1), "web", "Order Picked", order_id="cancelled", location="paris-1")
    told.say(at(2), "web", "Order Cancelled", order_id="cancelled")
    told.buys(at(0), "expired", person=2, total=None)
    told.say(at(1), "web", "Pickup Ready", 2, order_id="expired", store_id="paris-1")
    told.say(at(9), "web", "Pickup Expired", 2, order_id="expired")
    told.buys(at(0), "untouched", person=3)
    told.say(at(1), "web", "Order Cancelled", 3, order_id="untouched")
    told.buys(at(3), "stands", person=4)
    read = told.read(acts=FREE | {"pick": {"minutes": 6, "rate_minor_per_hour": 2000, "at": {}}})
    assert money(read.trade) == {"cancelled": (0, 0), "expired": (0, 0), "stands": (10_000, 10_000)}
    assert read.trade.orders.stands.tolist() == [0, 0, 1]
    assert (read.facts.orders, read.facts.undone) == (1, {"cancelled": 1, "expired": 1})
    assert read.facts.left_out == {"cancelled": 1}
    ledger = book(read.trade, Method())
    said = {one.unit: one for one in statements(ledger, read.trade)}
    web, paris = said["web"], said["paris-1"]
    assert (web.orders_captured, web.borne_minor, web.fair_minor, web.today_minor) == (1, -400, 9_600, 10_000)
    assert (paris.orders_helped, paris.spent_minor, paris.repaid_minor, paris.fair_minor) == (0, 400, 400, 0)
    [without] = what_if(read.trade, ledger, "paris-1")
    assert (without.today_change_minor, without.fair_change_minor) == (400, 0)


def test_advice_before_a_cancelled_order_counts_for_the_one_that_stands(told):
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "o-1")
    told.say(at(1, 1), "web", "Order Cancelled", order_id="o-1")
    told.buys(at(2), "o-2")
    told.say(at(0), "store", "Advice Given", 2, store="paris-1")
    told.buys(at(1), "o-3", person=2)
    told.say(at(2), "web", "Order Cancelled", 2, order_id="o-3")
    trade = told.trade()
    assert trade.orders.ids.to_pylist() == ["o-3", "o-2"]
    assert who_did(trade, "o-2") == who_did(trade, "o-3") == [("paris-1", "advise"), ("web", "capture")]


# What it costs


def test_minutes_that_a_message_tells_go_before_the_usual_ones_and_are_booked_once(told):
    told.buys(at(0), "o-1", minutes=4)
    told.say(at(1), "web", "Order Shipped", order_id="o-1", location="depot", minutes=10)
    told.buys(at(0), "o-2", person=2)
    hourly = {"rate_minor_per_hour": 3000, "fixed_minor": 0, "at": {}}
    rules = {
        "acts": {"capture": hourly | {"minutes": 1}, "pick": hourly | {"minutes": 2}, "deliver": {"fixed_minor": 480}}
    }
    trade = told.trade(**rules)
    assert acts(trade, "o-1") == [
        ("web", "capture", 4, 200), ("depot", "pick", 10, 500), ("depot", "deliver", 0, 480),
    ]  # fmt: skip
    assert acts(trade, "o-2") == [("web", "capture", 1, 50)]


def test_told_minutes_of_advice_are_what_it_took_and_what_nobody_told_is_usual(told):
    told.say(at(0), "store", "Advice Given", store="paris-1", minutes=25)
    told.say(at(1), "store", "Advice Given", store="paris-1")
    told.buys(at(2), "o-1")
    told.say(at(3), "chat", "Case Resolved", None, order_id="o-1", minutes=5)
    rules = {"acts": FREE | {act: {"minutes": 10, "rate_minor_per_hour": 1200} for act in ("advise", "serve")}}
    assert acts(told.trade(**rules), "o-1") == [
        ("paris-1", "advise", 25, 500), ("paris-1", "advise", 10, 200), ("web", "capture", 0, 0),
        ("chat", "serve", 5, 100),
    ]  # fmt: skip


def test_told_minutes_of_a_day_add_up(told):
    told.buys(at(0), "o-1")
    for hour, minutes in ((1, 5), (3, 7)):
        told.say(at(0, hour), "store", "Order Picked", order_id="o-1", store="paris-1", minutes=minutes)
    rules = {"acts": FREE | {"pick": {"minutes": 2, "rate_minor_per_hour": 600}}}
    assert acts(told.trade(**rules), "o-1") == [("web", "capture", 0, 0), ("paris-1", "pick", 12, 120)]


def test_costs_come_in_the_currency_of_the_order_rounded_half_to_even(told):
    for number, currency in enumerate(("EUR", "JPY", "KWD")):
        told.buys(at(number), f"o-{number}", person=number, currency=currency, total=1000)
    rules = {"acts": FREE | {"capture": {"fixed_minor": 480}}}
    trade = told.trade(**rules)
    # 4.80 euro are 800 yen at 0.006, and 1.500 dinars at 3.2.
    assert [acts(trade, f"o-{number}")[0][3] for number in range(3)] == [480, 800, 1500]
    half = told.trade(acts=FREE | {"capture": {"fixed_minor": 3}})
    assert [acts(half, f"o-{number}")[0][3] for number in range(3)] == [3, 5, 9]


@given(st.lists(st.integers(-(10**14), 10**14), max_size=20), st.fractions(min_value="1/100000", max_value=1000))
def test_conversion_is_exact_to_the_half(amounts, factor):
    assert times(np.array(amounts, np.int64), factor).tolist() == [round(amount * factor) for amount in amounts]


def test_a_rate_goes_over_the_digits_of_both_currencies():
    rates = Rates("EUR", RATES)
    assert (rates.factor("EUR", "JPY"), rates.factor("JPY", "EUR")) == (Fraction(5, 3), Fraction(3, 5))
    assert (rates.knows("JPY"), rates.knows("CHF")) == (True, False)


# What an order is worth


def test_the_margin_is_the_value_less_tax_and_goods(told):
    told.say(at(0), "erp", "Product Described", None, sku="coffee", cost=3, currency="EUR")
    told.buys(at(1), "o-1", sku="coffee", quantity=4, total=20, tax=2)
    told.buys(at(1), "o-2", sku="coffee", total=20, cost=11)
    told.say(at(1), "web", "Order Completed", order_id="o-3", total=20, products=[
        {"sku": "coffee", "quantity": 2, "price": 5, "cost": 4}, {"sku": "coffee", "quantity": 2, "price": 5},
    ])  # fmt: skip
    read = told.read()
    assert money(read.trade) == {"o-1": (2000, 600), "o-2": (2000, 900), "o-3": (2000, 600)}
    assert (read.facts.margins_told, read.facts.margins_percent) == (3, 0)


def test_a_cost_counts_from_when_it_was_told(told):
    for day, cost in ((0, 3), (10, 4)):
        told.say(at(day), "erp", "Product Described", None, sku="coffee", cost=cost)
    for day in (5, 10, 15):
        told.buys(at(day), f"o-{day}", sku="coffee", total=10)
    assert [margin for _, margin in money(told.trade()).values()] == [700, 600, 600]


def test_where_nobody_told_a_cost_the_goods_are_a_share_of_the_price_and_counted(told):
    told.say(at(0), "erp", "Product Described", None, sku="coffee", cost=3)
    told.say(at(1), "web", "Order Completed", order_id="o-1", total=15, products=[
        {"sku": "coffee", "quantity": 1, "price": 10}, {"sku": "cup", "quantity": 1, "price": 5},
    ])  # fmt: skip
    told.buys(at(1), "o-2", total=15)
    told.say(at(1), "web", "Order Completed", order_id="o-3", total=15, tax=5, products=[{"sku": "cup", "quantity": 2}])
    read = told.read(goods_cost_percent=50)
    assert money(read.trade) == {"o-1": (1500, 950), "o-2": (1500, 750), "o-3": (1500, 500)}
    assert (read.facts.margins_told, read.facts.margins_percent) == (0, 3)


def test_the_percent_is_of_what_was_paid_for_the_lines_without_tax_and_postage(told):
    lines = [{"sku": "a", "quantity": 1, "price": 90, "cost": 30}, {"sku": "b", "quantity": 1, "price": 30}]
    told.buys(at(0), "o-1", total=120, tax=20, products=lines)
    told.buys(at(0), "o-2", total=70, tax=10, shipping=10, products=[{"sku": "b", "quantity": 2, "price": 50}])
    # Of 100 net 25 are for b; of 50 net all: the list price of 100 was cut by half.
    read = told.read(goods_cost_percent=40)
    assert money(read.trade) == {"o-1": (12_000, 10_000 - 3_000 - 1_000), "o-2": (7_000, 6_000 - 2_000)}
    assert read.facts.margins_percent == 2


def test_a_line_of_absurd_many_units_leaves_the_other_orders_alone_and_is_counted(told):
    told.say(at(0), "erp", "Product Described", None, sku="coffee", cost=30)
    told.buys(at(1), "o-1", products=[{"sku": "coffee", "quantity": 999_999_999_999_999, "price": 100}])
    told.buys(at(1), "o-2", sku="coffee")
    read = told.read(goods_cost_percent=40)
    assert money(read.trade) == {"o-1": (10_000, 6_000), "o-2": (10_000, 7_000)}
    assert (read.facts.goods_beyond, read.facts.margins_percent) == (1, 1)


def test_the_tax_of_an_order_is_that_of_its_own_messages_in_its_currency(told):
    told.buys(at(0), "o-1", total=120, tax=20)
    told.say(at(1), "store", "Return Accepted", order_id="o-1", total=12, tax=2, shipping=1, store="paris-1")
    told.buys(at(0), "o-2", total=12_000, tax=2_000, currency="JPY")
    told.say(at(1), "web", "Order Updated", order_id="o-2", total=100, currency="EUR")
    assert money(told.trade()) == {"o-1": (12_000, 10_000), "o-2": (10_000, 10_000)}


def test_revenue_is_without_tax_and_what_is_null_is_not_told(told):
    told.buys(at(0), "o-1", total=None, revenue=100, tax=20, shipping=5)
    told.buys(at(0), "o-2", total=125, revenue=100, tax=20, shipping=5)
    told.buys(at(0), "o-3", total=None, products=[{"sku": "a", "quantity": 2, "price": 10, "price_minor": None}])
    assert money(told.trade()) == {"o-1": (10_000, 10_000), "o-2": (12_500, 10_500), "o-3": (2_000, 2_000)}


def test_a_cost_in_another_currency_is_converted_and_without_a_rate_it_is_not_told(told):
    told.say(at(0), "erp", "Product Described", None, sku="coffee", cost=6, cost_currency="EUR")
    told.say(at(0), "erp", "Product Described", None, sku="cup", cost=6, cost_currency="CHF")
    told.say(at(0), "erp", "Product Described", None, sku="tin", cost=6, cost_currency="EUR")
    told.say(at(0), "erp", "Product Described", None, sku="tin", cost=500, cost_currency="JPY")
    for sku in ("coffee", "cup", "tin"):
        told.buys(at(1), sku, sku=sku, currency="JPY", total=2000)
    read = told.read(goods_cost_percent=40)
    assert money(read.trade) == {"coffee": (2000, 1000), "cup": (2000, 1200), "tin": (2000, 1500)}
    assert (read.facts.goods_no_rate, read.facts.margins_percent) == (1, 1)


def test_what_cannot_be_told_is_left_out_and_counted_with_the_reason(told):
    told.buys(at(0), "stands")
    told.buys(at(0), "cancelled")
    told.say(at(1), "web", "Order Cancelled", order_id="cancelled")
    told.say(at(0), "web", "Order Completed", order_id="worthless")
    told.buys(at(0), "francs", currency="CHF")
    told.buys(at(0), "nobody's", person=None)
    read = told.read()
    assert sorted(read.trade.orders.ids.to_pylist()) == ["nobody's", "stands"]
    assert read.facts.left_out == {"cancelled": 1, "no rate": 1, "no value": 1}
    assert (read.facts.orders, read.facts.no_rate, read.facts.of_nobody) == (2, {"CHF": 1}, 1)
    assert NOBODY in read.trade.orders.person.tolist()


def test_an_order_that_is_left_out_still_ends_the_journey_to_it(told):
    told.say(at(0), "app", "App Opened")
    told.buys(at(1), "francs", currency="CHF")
    told.buys(at(2), "o-1")
    assert who_did(told.trade(), "o-1") == [("web", "capture")]


def test_nothing_sold_is_an_empty_trade(told):
    read = told.read()
    assert (read.trade.units, read.trade.work.order.size, read.facts.orders) == ((), 0, 0)


# What came back


def test_a_return_takes_back_its_share_of_the_margin_and_never_more_than_is_left(told):
    told.buys(at(0), "o-1", total=90, cost=60)
    for day, total in ((1, 30), (2, 45), (3, 45)):
        told.say(
            at(day), "store", "Return Accepted", order_id="o-1", return_id=f"r-{day}", total=total, store="paris-1"
        )
    rules = {"acts": FREE | {"take_back": {"minutes": 6, "rate_minor_per_hour": 2000}}}
    returns = told.trade(**rules).returns
    assert returns.margin_minor.tolist() == [1000, 1500, 500]
    assert returns.value_minor.tolist() == [3000, 4500, 4500]
    assert (returns.minutes.tolist(), returns.cost_minor.tolist()) == ([6] * 3, [200] * 3)


def test_without_a_value_the_units_tell_the_share_and_without_both_everything_came_back(told):
    for order in ("units", "all"):
        told.buys(at(0), order, sku="coffee", quantity=4, total=40)
    told.say(at(1), "store", "Return Accepted", order_id="units", quantity=1, store="paris-1")
    told.say(at(1), "store", "Return Accepted", order_id="all", store="paris-1", minutes=3)
    trade = told.trade()
    back = dict(
        zip(trade.orders.ids.take(trade.returns.order).to_pylist(), trade.returns.margin_minor.tolist(), strict=True)
    )
    assert back == {"units": 1000, "all": 4000}
    assert sorted(trade.returns.minutes.tolist()) == [3, 8]
    assert {trade.units[unit] for unit in trade.returns.unit.tolist()} == {"paris-1"}


def test_what_comes_back_is_priced_by_the_lines_of_its_order(told):
    lines = [{"sku": "machine", "quantity": 1, "price": 500}, {"sku": "pod", "quantity": 9, "price": 1}]
    told.buys(at(0), "o-1", total=509, products=lines)
    for day, sku, units in ((1, "machine", 1), (2, "machine", 1), (3, "pod", 4), (4, "pod", 20)):
        said = {"sku": sku, "quantity": units, "return_id": f"r-{day}"}
        told.say(at(day), "store", "Return Accepted", order_id="o-1", store="paris-1", **said)
    returns = told.trade().returns
    assert returns.margin_minor.tolist() == returns.value_minor.tolist() == [50_000, 0, 400, 500]


def test_what_the_order_does_not_price_comes_back_at_the_told_total_else_by_units(told):
    told.buys(at(0), "o-1", total=40, sku="pod", quantity=4)
    for day, more in ((1, {"total": 10}), (2, {})):
        said = {"sku": "strange", "quantity": 1, "return_id": f"r-{day}"} | more
        told.say(at(day), "store", "Return Accepted", order_id="o-1", store="paris-1", **said)
    told.say(at(3), "store", "Return Accepted", order_id="o-1", store="paris-1", sku="pod", quantity=1, total=9)
    assert told.trade().returns.margin_minor.tolist() == [1_000, 1_000, 1_000]


def test_amounts_of_a_return_are_the_same_with_a_minus_before_them(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "store", "Return Accepted", order_id="o-1", store="paris-1", total=-30)
    told.buys(at(0), "o-2", sku="pod", quantity=4, person=2)
    told.say(at(1), "store", "Return Accepted", 2, order_id="o-2", store="paris-1", sku="pod", quantity=-1)
    returns = told.trade(acts=FREE).returns
    assert returns.margin_minor.tolist() == [3_000, 2_500]


def test_units_of_an_order_without_units_tell_nothing_and_are_counted(told):
    told.buys(at(0), "o-1")
    told.say(at(1), "store", "Return Accepted", order_id="o-1", store="paris-1", quantity=1)
    read = told.read()
    assert (read.facts.returns, read.facts.returns_left_out) == (0, {"the order tells no units": 1})


def test_money_given_back_beyond_the_goods_is_counted(told):
    for order in ("goods", "money", "both", "abroad"):
        told.buys(at(0), order, sku="pod", quantity=4)
    for order in ("goods", "both"):
        told.say(at(1), "store", "Return Accepted", order_id=order, store="paris-1", sku="pod", quantity=1)
    for order, said in (("goods", {"total": 25}), ("money", {"total": 5}), ("both", {}), ("abroad", {"total": 1})):
        told.say(at(2), "web", "Order Refunded", order_id=order, **said)
    assert told.read().facts.refunded_beyond == 3


def test_a_margin_that_never_was_is_not_given_back(told):
    told.buys(at(0), "o-1", total=10, cost=12)
    told.say(at(1), "store", "Return Accepted", order_id="o-1", store="paris-1")
    trade = told.trade()
    assert (trade.orders.margin_minor.tolist(), trade.returns.margin_minor.tolist()) == ([-200], [0])


def test_returns_of_unknown_orders_and_in_other_currencies_are_counted(told):
    told.buys(at(0), "o-1")
    told.buys(at(0), "francs", currency="CHF")
    for order, currency in (("o-0", "EUR"), ("francs", "CHF"), ("o-1", "JPY")):
        told.say(at(1), "web", "Return Accepted", order_id=order, total=5, currency=currency)
    assert told.read().facts.returns_left_out == {
        "another currency": 1, "no such order": 1, "the order is left out": 1,
    }  # fmt: skip


def test_who_decides_about_parcels_and_returns_owns_what_they_lose(told):
    told.buys(at(0), "sent", "store", store="paris-1")
    told.say(at(1), "web", "Order Shipped", order_id="sent")
    told.buys(at(0), "taken home", "store", store="paris-1")
    told.say(at(2), "store", "Return Accepted", order_id="taken home", store="lyon-1")
    trade = told.trade(owners={"delivery": "web", "returns": "head-office"})
    owner = {trade.orders.ids[row].as_py(): trade.units[code] for row, code in enumerate(trade.orders.owner.tolist())}
    assert owner == {"sent": "web", "taken home": "paris-1"}
    assert [trade.units[code] for code in trade.returns.owner.tolist()] == ["head-office"]
    plain = told.trade()
    assert [plain.units[code] for code in plain.returns.owner.tolist()] == ["paris-1"]


def test_the_baseline_goes_by_the_unit_that_captured_else_by_its_kind(told):
    for order, store in (("o-1", "paris-1"), ("o-2", "lyon-1")):
        told.buys(at(0), order, "store", store=store)
    told.buys(at(1), "o-3")
    trade = told.trade(baseline={"store": 0.2, "lyon-1": "0.05"})
    assert dict(zip(trade.orders.ids.to_pylist(), trade.orders.baseline_ppm.tolist(), strict=True)) == {
        "o-1": 200_000, "o-2": 50_000, "o-3": 0,
    }  # fmt: skip


# The table [credit]


def test_without_a_table_every_act_has_its_usual_cost():
    rules = Rules.from_settings({})
    assert set(rules.acts) == set(ACTS)
    assert rules.priced == ()
    assert (rules.window, rules.method, rules.goods_cost_percent) == (30 * DAY, "equal", 0)
    assert rules.acts["deliver"].cost_of("depot-1", "depot") == Cost(0, 2400, 480)
    assert rules.acts["capture"].cost_of("paris-1", "store") == Cost(3, 2400, 0)
    assert rules.acts["capture"].cost_of("web", "web") == Cost(0, 2400, 0)


def test_what_the_table_tells_goes_before_what_is_usual():
    told = {"acts": {"capture": {"rate_minor_per_hour": 3000, "at": {"paris-1": {"minutes": 5}}}}}
    capture = Rules.from_settings(told).acts["capture"]
    assert capture.cost_of("lyon-1", "store") == Cost(3, 3000, 0)
    assert capture.cost_of("paris-1", "store") == Cost(5, 3000, 0)
    plain = Rules.from_settings({"acts": {"capture": {"minutes": 1}}})
    assert plain.acts["capture"].cost_of("lyon-1", "store") == Cost(1, 2400, 0)
    assert plain.priced == ("capture",)


def test_an_act_may_have_other_words(told):
    told.say(at(0), "store", "Coffee Brewed", store="paris-1")
    told.say(at(0), "store", "Advice Given", store="paris-1")
    told.buys(at(1), "o-1")
    trade = told.trade(acts={"advise": {"words": ["Coffee Brewed"], "minutes": 9}})
    assert who_did(trade, "o-1") == [("paris-1", "advise"), ("web", "capture")]
    assert acts(trade, "o-1")[0][2] == 9


def test_units_pools_and_owners_are_read():
    rules = Rules.from_settings({
        "method": "roles", "window_days": 14, "half_life_days": 3, "position": [1, 2, 3],
        "units": {"paris-1": {"weight": 3, "fixed_minor_per_month": 900}, "store": {"weight": 2, "shares": False}},
        "pools": {"it": {"minor_per_month": 5000, "by": "orders"}, "rent": {"minor_per_month": 100}},
        "owners": {"returns": "web"}, "calibrated": {"web": 7},
    })  # fmt: skip
    kinds = {"paris-1": "store", "lyon-1": "store", "web": "web"}
    assert rules.weights_of(kinds) == {"paris-1": 3, "lyon-1": 2, "web": 1}
    assert rules.fixed_of(kinds) == {"paris-1": 900}
    assert rules.calibrated_of(kinds) == {"web": 7}
    assert [rules.shares_at(unit, kind) for unit, kind in kinds.items()] == [False, False, True]
    assert rules.pools == (Pool("it", 5000, "orders"), Pool("rent", 100, "equal"))
    assert (rules.owner_of_returns, rules.owner_of_delivery) == ("web", None)
    assert (rules.method, rules.half_life, rules.position) == ("roles", 3 * DAY, (1, 2, 3))


@pytest.mark.parametrize(
    ("told", "key", "nearest"),
    [
        ({"metod": "equal"}, "credit.metod", "credit.method"),
        ({"acts": {"advice": {}}}, "credit.acts.advice", "credit.acts.advise"),
        ({"acts": {"pay": {"minute": 1}}}, "credit.acts.pay.minute", "credit.acts.pay.minutes"),
        ({"acts": {"pay": {"at": {"a": {"min": 1}}}}}, "credit.acts.pay.at.a.min", "credit.acts.pay.at.a.minutes"),
        ({"units": {"web": {"share": True}}}, "credit.units.web.share", "credit.units.web.shares"),
        ({"pools": {"it": {"minor_per_month": 1, "bye": "orders"}}}, "credit.pools.it.bye", "credit.pools.it.by"),
        ({"owners": {"return": "web"}}, "credit.owners.return", "credit.owners.returns"),
    ],
)  # fmt: skip
def test_a_key_that_nothing_reads_is_refused_with_the_nearest(told, key, nearest):
    with pytest.raises(SettingUnknown) as refusal:
        Rules.from_settings(told)
    assert (refusal.value.key, refusal.value.nearest) == (key, nearest)


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({"method": "shapley"}, "credit.method"),
        ({"window_days": -1}, "credit.window_days"),
        ({"goods_cost_percent": 101}, "credit.goods_cost_percent"),
        ({"position": [1, 2]}, "credit.position"),
        ({"acts": 5}, "credit.acts"),
        ({"acts": {"pay": 5}}, "credit.acts.pay"),
        ({"acts": {"pay": {"minutes": 2.5}}}, "credit.acts.pay.minutes"),
        ({"acts": {"pay": {"minutes": True}}}, "credit.acts.pay.minutes"),
        ({"acts": {"pay": {"words": "Order Paid"}}}, "credit.acts.pay.words"),
        ({"acts": {"pay": {"whose": "mine"}}}, "credit.acts.pay.whose"),
        ({"acts": {"pay": {"at": {"web": {"minutes": -1}}}}}, "credit.acts.pay.at.web.minutes"),
        ({"units": {"web": {"shares": "no"}}}, "credit.units.web.shares"),
        ({"units": {"web": {"weight": -1}}}, "credit.units.web.weight"),
        ({"pools": {"it": {"by": "orders"}}}, "credit.pools.it"),
        ({"pools": {"it": {"minor_per_month": 1, "by": "rank"}}}, "credit.pools.it.by"),
        ({"owners": {"returns": ""}}, "credit.owners.returns"),
        ({"acts": {"pay": {"words": ["Page Viewed"]}}}, "credit.acts.pay.words"),
        ({"acts": {"pay": {"until": "later"}}}, "credit.acts.pay.until"),
        ({"baseline": {"web": 1.2}}, "credit.baseline.web"),
        ({"baseline": {"web": "0.0000001"}}, "credit.baseline.web"),
        ({"baseline": {"web": "much"}}, "credit.baseline.web"),
        ({"calibrated": {"web": 0.5}}, "credit.calibrated.web"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_key(told, key):
    with pytest.raises(SettingWrong) as refusal:
        Rules.from_settings(told)
    assert refusal.value.key == key


def test_the_table_in_the_documentation_can_be_read():
    page = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    [block] = re.findall(r"```toml\n(\[credit\].*?)```", page, re.DOTALL)
    rules = Rules.from_settings(tomllib.loads(block)["credit"])
    assert rules.acts["advise"].cost_of("paris-1", "store") == Cost(20, 2400, 0)
    assert rules.acts["advise"].cost_of("call", "call") == Cost(6, 2400, 10)
    assert rules.priced == ("advise", "deliver")
    assert rules.baseline_ppm == {"mail": 200_000}


def test_every_method_can_be_named():
    assert [Rules.from_settings({"method": name}).method for name in METHODS] == list(METHODS)


# Against a plain account of the same


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[int, int, str, str]]:
    """Messages of three people within weeks: hour, person, where, and what. Hours differ, as orders end journeys."""
    hours = sorted(draw(st.sets(st.integers(0, 24 * 20), min_size=1, max_size=30)))
    places = st.sampled_from(["web", "app", "paris-1", "lyon-1"])
    words = st.sampled_from(["Order Completed", "Advice Given", "Product Viewed", "Store Visited", "Coupon Applied"])
    return [(hour, draw(st.integers(1, 3)), draw(places), draw(words)) for hour in hours]


def in_plain_words(messages: list[tuple[int, int, str, str]], window_days: int) -> set[tuple[int, str, str, int]]:
    """(hour of the order, unit, act, day of the act), told one message after the other."""
    shown = {"Advice Given": "advise", "Product Viewed": "inspire", "Store Visited": "inspire"}
    found = set()
    waiting: dict[int, list[tuple[int, str, str]]] = {}
    for hour, person, place, word in messages:
        if word == "Order Completed":
            for before, unit, act in waiting.pop(person, []):
                if hour - before <= 24 * window_days:
                    found.add((hour, unit, act, before // 24))
            found.add((hour, place, "capture", hour // 24))
        elif word in shown:
            waiting.setdefault(person, []).append((hour, place, shown[word]))
    return found


@settings(max_examples=40)
@given(lives(), st.sampled_from([1, 3, 30]))
def test_work_is_what_a_plain_account_of_the_messages_tells(told, messages, window_days):
    told.forget()
    for hour, person, place, word in messages:
        store = place if place.endswith("-1") else ""
        more = {"order_id": f"o-{hour}", "total": 10} if word == "Order Completed" else {}
        told.say(at(0, hour), "store" if store else place, word, person, store=store, **more)
    trade = told.trade(window_days=window_days)
    hours = [int(name[2:]) for name in trade.orders.ids.to_pylist()]
    work = zip(*(column.tolist() for column in trade.work[:4]), strict=True)
    found = [(hours[order], trade.units[unit], ACTS[act], (when - at(0)) // DAY) for order, unit, act, when in work]
    assert len(found) == len(set(found))
    assert set(found) == in_plain_words(messages, window_days)
