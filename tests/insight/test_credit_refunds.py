"""Money given back on an order: goods account for it first, and only the rest is booked, once, to the unit of money."""

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_told import FREE, Told, at
from noline.insight.credit.ledger import book
from noline.insight.credit.model import Trade
from noline.insight.credit.orderbook import order_book
from noline.insight.credit.statements import statements
from noline.insight.credit.weights import Method


@pytest.fixture
def told(tmp_path):
    return Told(tmp_path)


def refund(told: Told, day: int, channel: str = "web", order: str = "o-1", **said: Any) -> None:
    """Tell that money was given back."""
    told.say(at(day), channel, "Order Refunded", order_id=order, **said)


def back(told: Told, day: int, order: str = "o-1", **said: Any) -> None:
    """Tell that goods came back to Paris."""
    told.say(at(day), "store", "Return Accepted", order_id=order, store="paris-1", **said)


def money(trade: Trade) -> list[tuple[int, int, int]]:
    """Value, margin and loss of each refund that is booked."""
    rows = trade.returns
    columns = (rows.goods.tolist(), rows.value_minor.tolist(), rows.margin_minor.tolist(), rows.lost_minor.tolist())
    return [amounts for goods, *amounts in map(tuple, zip(*columns, strict=True)) if not goods]


def booked(told: Told, **credit: Any) -> list[tuple[int, ...]]:
    """The refunds in the books, where work costs nothing."""
    return [tuple(one) for one in money(told.trade(acts=FREE, **credit))]


def test_a_goodwill_is_taken_of_what_the_order_left_without_its_part_of_the_tax(told):
    told.buys(at(0), "o-1", total=120, tax=20, cost=40)
    refund(told, 3, total=30)
    assert booked(told) == [(3000, 2500, 0)]


def test_what_the_margin_does_not_cover_is_lost(told):
    told.buys(at(0), "o-1", total=100, cost=80)
    refund(told, 3, total=30)
    assert booked(told) == [(3000, 2000, 1000)]


def test_an_order_without_a_margin_loses_all_of_it(told):
    told.buys(at(0), "o-1", total=100, cost=110)
    refund(told, 3, total=30)
    assert booked(told) == [(3000, 0, 3000)]


@pytest.mark.parametrize("refunded", [1, 9])
def test_money_for_goods_that_came_back_is_booked_once_whichever_came_first(told, refunded):
    told.buys(at(0), "o-1", total=100, cost=40)
    back(told, 5, total=30)
    refund(told, refunded, total=30)
    trade = told.trade(acts=FREE)
    assert (money(trade), trade.returns.margin_minor.tolist()) == ([], [1800])


def test_a_refund_that_goods_cover_in_part_is_booked_for_the_rest(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    back(told, 5, total=30)
    refund(told, 6, total=50)
    assert booked(told) == [(2000, 2000, 0)]


def test_goods_account_for_the_earliest_money_and_take_of_the_margin_before_it(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    refund(told, 1, total=30)
    refund(told, 2, "call", total=50)
    back(told, 7, total=50)
    trade = told.trade(acts=FREE)
    assert [tuple(one) for one in money(trade)] == [(3000, 3000, 0)]
    rows = [(trade.units[unit], when) for unit, when in zip(trade.returns.unit, trade.returns.at, strict=True)]
    assert rows == [("call", at(2)), ("paris-1", at(7))]
    assert trade.returns.margin_minor.tolist() == [3000, 3000]


def test_more_than_was_ever_paid_is_not_believed_and_is_counted(told):
    told.buys(at(0), "o-1", total=120, tax=20, cost=40)
    back(told, 1)
    refund(told, 2, total=150)
    assert booked(told) == []
    told.buys(at(0), "o-2", total=120, tax=20, cost=40, person=2)
    refund(told, 2, order="o-2", total=70)
    refund(told, 3, order="o-2", total=80)
    refund(told, 4, order="o-2", total_minor=9 * 10**14)
    told.buys(at(0), "o-3", total=0, cost=0, person=3)
    refund(told, 2, order="o-3", total=5)
    read = told.read(acts=FREE)
    assert money(read.trade) == [[7000, 5833, 0], [5000, 167, 4000]]
    assert read.facts.refunds_left_out == {"more than was paid": 4}


def test_so_many_huge_amounts_that_no_column_holds_their_sum_are_all_that_was_paid(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    for minute in range(10_300):
        told.say(at(1, 0, minute), "web", "Order Refunded", order_id="o-1", total_minor=9 * 10**14 - minute)
    read = told.read(acts=FREE)
    assert money(read.trade) == [[10_000, 6000, 4000]]
    assert read.facts.refunds_left_out == {"more than was paid": 10_300}


def test_one_refund_told_by_shop_and_payment_desk_takes_no_more_than_was_paid(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    refund(told, 1, total=100)
    refund(told, 2, "call", total=100)
    read = told.read(acts=FREE)
    assert money(read.trade) == [[10_000, 6000, 4000]]
    assert read.facts.refunds_left_out == {"more than was paid": 1}


@pytest.mark.parametrize("name", ["refund_id", "return_id"])
def test_of_what_is_told_under_one_id_the_last_amount_stands(told, name):
    told.buys(at(0), "o-1", total=100, cost=40)
    refund(told, 1, total=30, **{name: "r-1"})
    refund(told, 2, "call", total=20, **{name: "r-1"})
    refund(told, 3, **{name: "r-1"})
    refund(told, 4, **{name: "r-2"})
    refund(told, 5, total=15, **{name: "r-2"})
    assert booked(told) == [(2000, 2000, 0), (1500, 1500, 0)]


def test_refunds_of_their_own_ids_at_one_moment_are_two_and_no_return_of_the_same_id(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    for said in ({"refund_id": "1"}, {"refund_id": "2", "return_id": "1"}, {"return_id": "1"}, {}, {}):
        refund(told, 1, total=10, **said)
    assert booked(told) == [(1000, 1000, 0)] * 4


@pytest.mark.parametrize("channels", [("web", "call"), ("call", "web")])
def test_the_unit_of_a_refund_that_two_tell_at_one_moment_is_that_of_the_smaller_name(told, channels):
    told.buys(at(0), "o-1", total=100, cost=40)
    for channel in channels:
        refund(told, 1, channel, total=10)
    trade = told.trade(acts=FREE)
    assert [trade.units[unit] for unit in trade.returns.unit] == ["call"]


@pytest.mark.parametrize("changed", [1, 5])
def test_money_for_what_made_the_order_worth_less_is_taken_once(told, changed):
    told.buys(at(0), "o-1", total=100, cost=40)
    told.say(at(changed), "web", "Order Updated", order_id="o-1", total=70)
    refund(told, 3, total=30)
    read = told.read(acts=FREE)
    assert (money(read.trade), read.trade.orders.margin_minor.tolist()) == ([], [3000])
    assert read.facts.refunds_left_out == {}
    refund(told, 4, total=80)
    read = told.read(acts=FREE)
    assert money(read.trade) == [[7000, 3000, 4000]]
    assert read.facts.refunds_left_out == {"more than was paid": 1}


def test_what_was_placed_for_more_than_was_completed_is_no_money_that_came_back(told):
    told.say(at(0), "web", "Order Placed", order_id="o-1", total=110)
    told.buys(at(0, 1), "o-1", total=100, cost=40)
    told.say(at(2), "web", "Order Updated", order_id="o-1", total=120)
    refund(told, 3, total=10)
    assert booked(told) == [(1000, 1000, 0)]


def test_a_refund_told_twice_counts_once_and_one_without_an_amount_is_what_was_not_given_back(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    for _ in range(2):
        refund(told, 1, total=20)
    for day in (2, 3):
        refund(told, day, return_id="r-1", total=5)
    refund(told, 4)
    assert [value for value, *_ in booked(told)] == [2000, 500, 7500]


def test_another_currency_is_converted_and_one_without_a_rate_is_left_out(told):
    told.buys(at(0), "o-1", total=100, cost=40)
    refund(told, 1, total=1000, currency="JPY")
    refund(told, 2, total=10, currency="CHF")
    refund(told, 3, order="o-9", total=10)
    told.buys(at(0), "o-2", total=2000, currency="JPY", person=3)
    refund(told, 4, order="o-2", total_minor=10**15 - 1)
    told.buys(at(0), "cancelled", person=2)
    told.say(at(1), "web", "Order Cancelled", 2, order_id="cancelled")
    refund(told, 2, order="cancelled")
    read = told.read(acts=FREE)
    assert [tuple(one) for one in money(read.trade)] == [(600, 600, 0)]
    assert (read.facts.refunded_beyond, read.facts.refunds, read.facts.returns) == (1, 1, 0)
    assert read.facts.refunds_left_out == {
        "beyond belief": 1, "no rate": 1, "no such order": 1, "the order is left out": 1,
    }  # fmt: skip


def test_a_cent_that_rounding_leaves_is_no_refund_without_goods(told):
    products = [{"sku": one, "quantity": 1, "price": 1} for one in ("cup", "pod", "tin")]
    told.buys(at(0), "o-1", total=100, products=products)
    back(told, 1, sku="cup", quantity=1)
    refund(told, 2, total=33.34)
    assert booked(told) == []
    refund(told, 3, total=1)
    assert booked(told) == [(1, 1, 0), (100, 100, 0)]


def test_who_decides_about_refunds_bears_what_they_lose_and_no_helper_does(told):
    told.say(at(0), "store", "Advice Given", store="paris-1", minutes=30)
    told.buys(at(1), "o-1", total=100, cost=60)
    refund(told, 3, "call", total=100)
    rules = {"acts": FREE | {"advise": {"rate_minor_per_hour": 2000}}}
    for owners, bearer in (({}, "web"), ({"owners": {"refunds": "head-office"}}, "head-office")):
        trade = told.trade(**rules, **owners)
        ledger = book(trade, Method())
        by_unit = {one.unit: one for one in statements(ledger, trade)}
        assert {unit: one.fair_minor for unit, one in by_unit.items() if one.fair_minor} == {bearer: -7000}
        assert by_unit["web"].today_minor == -6000
        assert by_unit["paris-1"].today_minor == -1000
        assert by_unit["web"].refunded_minor == 10_000
        [given] = order_book(trade, ledger, "o-1").returns
        assert (given.unit, given.owner, given.goods, given.lost_minor) == ("call", bearer, False, 6000)


# Against a plain account of the same


class Life(NamedTuple):
    """An order and what followed: (hour, units that came back) and (hour, amount in minor units of its currency)."""

    currency: str
    value: int
    tax: int
    cost: int
    units: int
    returns: list[tuple[int, int]]
    refunds: list[tuple[int, int | None]]


@st.composite
def told_lives(draw: st.DrawFn) -> Life:
    """Orders of some units, whole returns and parts, refunds before and after them, more than was paid, none told."""
    value, units = draw(st.integers(0, 300)), draw(st.integers(1, 4))
    hours = st.integers(1, 200)
    returns = draw(st.lists(st.tuples(hours, st.integers(1, units)), max_size=3, unique_by=lambda one: one[0]))
    amounts = st.one_of(st.integers(0, 400), st.none(), st.sampled_from([value, value // units]))
    refunds = draw(st.lists(st.tuples(hours, amounts), max_size=4, unique_by=lambda one: one[0]))
    tax, cost = draw(st.integers(0, value)), draw(st.integers(0, 350))
    return Life(draw(st.sampled_from(["EUR", "JPY", "KWD"])), value, tax, cost, units, sorted(returns), sorted(refunds))


def beyond_goods(life: Life) -> tuple[int, int]:
    """Money that goods do not account for, and the same less its part of the tax, in plain words."""
    shares, left = [], Fraction(1)
    for _, units in life.returns:
        shares.append(min(Fraction(units, life.units), left))
        left -= shares[-1]
    goods = sum(round(life.value * share) for share in shares)
    given = 0
    for _, amount in life.refunds:
        given = life.value if amount is None else min(given + amount, life.value)
    if given - goods <= len(life.returns):
        return 0, 0
    taxes = [round(Fraction(life.tax * min(up_to, life.value), life.value or 1)) for up_to in (goods, given)]
    return given - goods, given - goods - (taxes[1] - taxes[0])


@settings(max_examples=60)
@given(told_lives(), st.randoms(use_true_random=False))
def test_every_unit_of_money_is_booked_once_however_it_was_told(told, life, chance):
    told.forget()
    sayings = [
        lambda: told.buys(
            at(0), "o-1", total=None, total_minor=life.value, tax_minor=life.tax, cost_minor=life.cost,
            currency=life.currency, quantity=life.units,
        ),
        *(lambda hour=hour, units=units: told.say(
            at(0, hour), "store", "Return Accepted", order_id="o-1", store="paris-1", quantity=units,
            return_id=f"r-{hour}",
        ) for hour, units in life.returns),
        *(lambda hour=hour, minor=minor: told.say(
            at(0, hour), "web", "Order Refunded", order_id="o-1", currency=life.currency,
            **({} if minor is None else {"total_minor": minor}),
        ) for hour, minor in life.refunds),
    ]  # fmt: skip
    chance.shuffle(sayings)
    for say in sayings:
        say()
    trade = told.trade(acts=FREE, baseline={"web": "0.2"})
    assert money_in_all(trade) == beyond_goods(life)
    came_back = int(trade.returns.margin_minor[trade.returns.goods > 0].sum())
    assert came_back + int(trade.returns.margin_minor[trade.returns.goods == 0].sum()) <= max(
        life.value - life.tax - life.cost, 0
    )
    ledger = book(trade, Method())
    left = life.value - life.tax - life.cost - came_back - beyond_goods(life)[1]
    told_of = statements(ledger, trade)
    assert sum(one.fair_minor for one in told_of) == left
    assert sum(one.today_minor for one in told_of) == left
    assert np.unique(ledger.rows.unit[ledger.rows.borne != 0]).size <= 1


def money_in_all(trade: Trade) -> tuple[int, int]:
    """What refunds without goods come to, with tax and without."""
    rows = money(trade)
    return sum(value for value, *_ in rows), sum(margin + lost for _, margin, lost in rows)
