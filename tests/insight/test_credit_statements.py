"""What the books say of a unit and of an order, of costs beside the work, and of a unit that would stop helping."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_trades import ANY_METHOD, DAY, HOUR, PARIS, WEB, micros, returned, trade_of, trades
from noline.insight.credit.ledger import book
from noline.insight.credit.orderbook import ActLine, order_book
from noline.insight.credit.results import Costs, after_costs, converted, results
from noline.insight.credit.rules import Pool
from noline.insight.credit.statements import statements
from noline.insight.credit.weights import Method
from noline.insight.credit.whatif import what_if
from noline.kernel.errors import NotFound

# Statements


def advised():
    """Paris advises twice for orders on the web, sells one itself, and takes one back; the web helps nobody."""
    orders = [
        (micros(2026, 3, 1), WEB, WEB, 0, 5000, 1000, 0),
        (micros(2026, 3, 2), WEB, WEB, 0, 5000, 1000, 0),
        (micros(2026, 4, 3), PARIS, PARIS, 0, 3000, 600, 0),
    ]
    work = [(order, PARIS, 1, orders[order][0] - HOUR, 12, 300) for order in (0, 1)]
    work += [(order, orders[order][1], 2, orders[order][0], 1, 10) for order in range(3)]
    return trade_of(
        ("paris", "web"), (True, True), orders, work, [(1, PARIS, WEB, micros(2026, 4, 5), 4, 5000, 1000, 60)]
    )


def test_a_statement_shows_both_books_side_by_side():
    trade = advised()
    paris, web = statements(book(trade, Method()), trade)
    assert (paris.orders_captured, paris.orders_helped, paris.taken_back, paris.minutes) == (1, 2, 1, 29)
    assert (paris.value_minor, paris.at_till_minor, paris.spent_minor, paris.repaid_minor) == (3000, 600, 670, 670)
    assert (paris.today_minor, paris.floor_minor, paris.headroom_today_minor) == (-70, 590, -660)
    assert (paris.shared_minor, paris.assist_minor, paris.fair_minor, paris.headroom_fair_minor) == (935, 345, 935, 345)
    # of the second order 690 came back with 310 of work already paid and 60 to take it back
    assert (web.shared_minor, web.borne_minor, web.fair_minor, web.floor_minor) == (345, -370, -25, -370)
    assert (web.at_till_minor, web.spent_minor, web.today_minor) == (1000, 20, 980)
    assert paris.as_dict()["headroom_today_minor"] == -660


def test_statements_by_month_put_a_return_where_it_was_accepted():
    trade = advised()
    told = {(one.unit, one.month): one for one in statements(book(trade, Method()), trade, by_month=True)}
    assert sorted(told) == [("paris", "2026-03"), ("paris", "2026-04"), ("web", "2026-03"), ("web", "2026-04")]
    assert told["paris", "2026-03"].shared_minor == 690
    assert told["paris", "2026-04"].shared_minor == 590 - 345
    assert told["web", "2026-04"].borne_minor == -370


def test_what_if_tells_paris_to_stop_today_and_to_go_on_in_the_fair_books():
    trade = advised()
    (found,) = what_if(trade, book(trade, Method()), "paris")
    assert (found.orders_helped, found.taken_back, found.minutes) == (2, 1, 28)
    assert (found.today_minor, found.today_without_minor, found.today_change_minor) == (-70, 590, 660)
    assert (found.fair_minor, found.fair_without_minor, found.fair_change_minor) == (935, 590, -345)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), trade=trades(), method=ANY_METHOD)
def test_to_stop_helping_never_pays_in_the_fair_books_of_a_unit_that_bears_its_own_losses_alone(data, trade, method):
    name = data.draw(st.sampled_from(trade.units))
    unit = trade.unit(name)
    foreign = trade.orders.captured_by != unit
    bears = (trade.orders.owner == unit)[trade.returns.order] | (trade.returns.owner == unit)
    if ((trade.orders.owner == unit) & foreign).any() or (bears & foreign[trade.returns.order]).any():
        return
    for found in what_if(trade, book(trade, method), name):
        assert found.fair_change_minor <= 0
        assert found.today_change_minor >= 0


def test_a_unit_that_stops_taking_back_for_others_saves_that_cost_though_it_bears_it():
    trade = returned([(0, PARIS, PARIS, DAY, 5, 0, 0, 70)])
    (found,) = what_if(trade, book(trade, Method()), "paris")
    assert (found.taken_back, found.today_minor, found.today_without_minor) == (1, -170, 0)
    assert (found.fair_minor, found.fair_without_minor) == (400 - 70, 0)


def test_an_order_opened_shows_its_acts_shares_and_returns():
    trade = advised()
    found = order_book(trade, book(trade, Method()), "o-1")
    placed = micros(2026, 3, 2)
    assert found.acts == (
        ActLine("paris", "advise", placed - HOUR, 12, 300),
        ActLine("web", "capture", placed, 1, 10),
    )
    assert (found.captured_by, found.currency, found.method, found.surplus_minor) == ("web", "EUR", "equal", 690)
    assert [(one.unit, one.today_minor, one.fair_minor) for one in found.shares] == [
        ("paris", -300, 345),
        ("web", 990, 345),
    ]
    (back,) = found.returns
    assert (back.unit, back.owner, back.cost_minor, back.margin_minor) == ("paris", "web", 60, 1000)
    assert found.as_dict()["surplus_minor"] == 690
    assert found.as_dict()["returns"][0]["shares"][1]["borne_minor"] == -370


def test_what_is_not_there_is_not_found():
    trade = advised()
    with pytest.raises(NotFound, match="o-9"):
        order_book(trade, book(trade, Method()), "o-9")
    with pytest.raises(NotFound, match="rome"):
        what_if(trade, book(trade, Method()), "rome")


# After own costs and pools


COSTS = Costs(
    "EUR", {"JPY": Decimal("0.005")}, {"paris": 3100, "rome": 5}, [Pool("it", 3001, "orders"), Pool("hr", 301, "equal")]
)


def test_fixed_costs_and_pools_are_taken_of_both_books_for_the_days_asked_for():
    trade = advised()
    ledger = book(trade, Method(), since=micros(2026, 3, 1), until=micros(2026, 4, 16))
    paris, web = results(ledger, trade, COSTS)
    assert (paris.today_minor, paris.fair_minor, paris.floor_minor) == (-70, 935, 590)
    assert (paris.fixed_minor, web.fixed_minor) == (3100 + 1550, 0)
    # march: the web captured both; april, a half: paris captured the one
    assert (paris.pools["it"], web.pools["it"]) == (1500, 3001)
    assert paris.pools["hr"] + web.pools["hr"] == 301 + 150
    assert {paris.pools["hr"], web.pools["hr"]} <= {225, 226}
    assert paris.fair_after_fixed_minor == 935 - 4650
    assert paris.fair_after_pools_minor == 935 - 4650 - 1500 - paris.pools["hr"]
    assert paris.today_after_pools_minor == paris.fair_after_pools_minor - 1005
    months = results(ledger, trade, COSTS, by_month=True)
    assert [(one.unit, one.month) for one in months] == [
        ("paris", "2026-03"), ("paris", "2026-04"), ("web", "2026-03"), ("web", "2026-04"),
    ]  # fmt: skip
    assert sum(one.pools_minor for one in months) == paris.pools_minor + web.pools_minor


def test_without_a_begin_and_an_end_the_days_of_the_first_and_last_entry_count():
    trade = advised()
    paris, _ = results(book(trade, Method()), trade, COSTS)
    assert paris.fixed_minor == 3100 + round(3100 * 5 / 30)


def test_pools_by_value_count_what_each_captured_in_one_currency():
    orders = [(0, PARIS, PARIS, 0, 300, 100, 0), (1, WEB, WEB, 1, 1800, 500, 0)]
    trade = trade_of(("paris", "web"), (True, True), orders, [], [])
    costs = Costs("EUR", {"JPY": Decimal("0.005")}, {}, [Pool("it", 3100, "value")])
    paris, web = results(book(trade, Method()), trade, costs)
    assert (paris.pools["it"], web.pools["it"]) == (25, 75)  # a day of January: 100; 3.00 EUR and 1800 JPY = 9.00 EUR
    assert (web.fair_minor, web.converted, web.without_rate) == (250, ("JPY",), ())
    _, web = results(book(trade, Method()), trade, Costs("EUR"))
    assert (web.fair_minor, web.without_rate) == (0, ("JPY",))


def test_statements_tell_costs_in_the_currency_of_the_unit_and_not_where_it_has_two():
    orders = [
        (0, PARIS, PARIS, 0, 300, 100, 0),
        (1, WEB, WEB, 1, 1800, 500, 0),
        (2, 2, 2, 0, 9, 9, 0),
        (3, 2, 2, 1, 9, 9, 0),
    ]
    trade = trade_of(("paris", "tokyo", "web"), (True,) * 3, orders, [], [])
    costs = Costs("EUR", {"JPY": Decimal("0.005")}, {"paris": 31, "tokyo": 62, "web": 93}, [])
    paris, tokyo, *web = after_costs(book(trade, Method()), trade, costs)
    assert (paris.after_fixed_minor, paris.after_pools_minor) == (99, 99)
    assert (tokyo.currency, tokyo.fixed_minor, tokyo.after_fixed_minor) == ("JPY", 4, 496)
    assert [(one.currency, one.after_fixed_minor, one.after_pools_minor) for one in web] == [
        ("EUR", None, None),
        ("JPY", None, None),
    ]


def quiet_march():
    """Paris sells in February and in April of 1970, the web in April."""
    orders = [
        (40 * DAY, PARIS, PARIS, 0, 9, 9, 0),
        (99 * DAY, PARIS, PARIS, 0, 9, 9, 0),
        (99 * DAY, WEB, WEB, 0, 9, 9, 0),
    ]
    return trade_of(("paris", "web"), (True, True), orders, [], [])


def test_a_month_of_costs_without_an_order_has_a_statement():
    trade = quiet_march()
    ledger = book(trade, Method(), since=micros(1970, 2, 1), until=micros(1970, 5, 1))
    told = after_costs(ledger, trade, Costs("EUR", {}, {"paris": 100}, []), by_month=True)
    assert [(one.unit, one.month, one.fixed_minor) for one in told] == [
        ("paris", "1970-02", 100), ("paris", "1970-03", 100), ("paris", "1970-04", 100), ("web", "1970-04", 0),
    ]  # fmt: skip


def test_months_before_the_first_entry_of_all_and_after_the_last_one_cost_nothing():
    trade = quiet_march()
    ages = book(trade, Method(), since=micros(1, 1, 1), until=micros(9999, 12, 31))
    costs = Costs("EUR", {}, {"paris": 100}, [Pool("it", 30, "equal")])
    paris, web = results(ages, trade, costs)
    assert (paris.fixed_minor, web.fixed_minor, paris.pools_minor + web.pools_minor) == (300, 0, 90)
    returned_late = replace(trade, returns=returned([(0, PARIS, PARIS, micros(1970, 6, 2), 5, 0, 0, 70)]).returns)
    assert results(book(returned_late, Method(), until=micros(9999, 12, 31)), returned_late, costs)[0].fixed_minor == (
        round(100 * 19 / 28) + 100 + 100 + 100 + 100
    )


@settings(max_examples=60, deadline=None)
@given(trade=trades(), by=st.sampled_from(["equal", "orders", "value"]))
def test_pools_are_spread_to_the_last_unit_of_money(trade, by):
    ledger = book(trade, Method(), since=micros(1970, 1, 1), until=micros(1970, 6, 1))
    found = results(ledger, trade, Costs("EUR", {"JPY": Decimal("0.006")}, {}, [Pool("it", 1_007, by)]))
    months = [
        datetime.fromtimestamp(at // 10**6, UTC).month for at in (*trade.orders.placed_at, *trade.returns.at) if at >= 0
    ]
    before = [at for at in (*trade.orders.placed_at, *trade.returns.at) if at < 0]
    held = min(max(months), 5) - (1 if before else min(months)) + 1 if months else 0
    assert sum(one.pools_minor for one in found) == (max(held, 0) * 1_007 if trade.shares.any() else 0)


def test_the_odd_unit_of_a_pool_goes_round_month_by_month():
    orders = [(0, PARIS, PARIS, 0, 1, 1, 0), (40 * DAY, PARIS, PARIS, 0, 1, 1, 0)]
    trade = trade_of(("paris", "web"), (True, True), orders, [], [])
    ledger = book(trade, Method(), since=0, until=micros(1970, 3, 1))
    found = results(ledger, trade, Costs("EUR", pools=[Pool("it", 1, "equal")]))
    assert [one.pools["it"] for one in found] == [1, 1]


def test_amounts_are_converted_half_to_even_between_currencies_of_other_digits():
    assert converted(101, "JPY", Costs("EUR", {"JPY": Decimal("0.005")})) == 50  # 50.5
    assert converted(103, "JPY", Costs("EUR", {"JPY": Decimal("0.005")})) == 52  # 51.5
    assert converted(7, "CHF", Costs("EUR")) is None


def test_a_trade_of_nothing_has_empty_books():
    trade = trade_of(("web",), (True,), [], [], [])
    ledger = book(trade, Method("position"))
    assert (ledger.table().num_rows, statements(ledger, trade), results(ledger, trade, COSTS)) == (0, [], [])
