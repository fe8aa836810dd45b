"""The books of credit: everything adds up to the unit of money, and helping never costs the helper."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_trades import (
    ANY_METHOD,
    DAY,
    HOUR,
    PARIS,
    UNITS,
    WEB,
    lives,
    returned,
    shares_of,
    trade_of,
    trades,
    with_act,
)
from noline.insight.credit.ledger import ORDER, RETURN, book, surpluses
from noline.insight.credit.listing import order_rows
from noline.insight.credit.model import ACTS, trade_of_rows
from noline.insight.credit.orderbook import order_book
from noline.insight.credit.statements import statements
from noline.insight.credit.weights import Method
from noline.insight.credit.whatif import what_if

# One order


def test_the_work_is_repaid_and_the_rest_is_shared_equally():
    trade = trade_of_rows(["paris", "web"], [("o-1", "web", 1000, [("paris", "advise", 300), ("web", "capture", 20)])])
    assert shares_of(book(trade, Method()), 0) == {"paris": (300, 340, 0), "web": (20, 340, 0)}


def test_a_loss_is_borne_by_the_owner_and_never_by_a_helper():
    trade = trade_of_rows(["paris", "web"], [("o-1", "web", 100, [("paris", "advise", 300), ("web", "capture", 0)])])
    assert shares_of(book(trade, Method()), 0) == {"paris": (300, 0, 0), "web": (0, 0, -200)}


def test_a_depot_that_does_not_share_is_paid_for_its_work_alone():
    orders = [(0, 2, 2, 0, 1000, 1000, 0)]
    trade = trade_of(UNITS[:3], (False, True, True), orders, [(0, 0, 4, 5, 1, 100), (0, 1, 1, -5, 1, 0)], [])
    assert shares_of(book(trade, Method()), 0) == {"depot": (100, 0, 0), "lyon": (0, 450, 0), "paris": (0, 450, 0)}


def test_the_unit_that_captured_takes_part_though_nobody_told_an_act_of_it():
    trade = trade_of_rows(["paris", "web"], [("o-1", "web", 1000, [("paris", "advise", 0)])])
    assert shares_of(book(trade, Method()), 0) == {"paris": (0, 500, 0), "web": (0, 500, 0)}


def test_what_would_have_come_anyway_goes_to_the_baseline_before_anything_is_shared():
    orders = [(0, 1, 1, 0, 1001, 1001, 333_333), (0, 1, 1, 0, -10, -10, 333_333)]
    trade = trade_of(("paris", "web"), (True, True), orders, [(0, 0, 1, -5, 1, 100)], [])
    ledger = book(trade, Method())
    of_first = shares_of(ledger, 0)
    assert of_first.pop("baseline") == (0, 901 * 333_333 // 1_000_000, 0)
    assert sorted(shared for _, shared, _ in of_first.values()) == [300, 301]
    assert shares_of(ledger, 1) == {"web": (0, 0, -10)}


def test_a_trade_that_cannot_be_is_refused():
    order = [(0, 0, 0, 0, 10, 10, 0)]
    for work, returns, why in (
        ([(0, 0, 1, 0, 1, -1)], [], "costs 0 or more"),
        ([(1, 0, 1, 0, 1, 1)], [], "of no order"),
        ([(0, 5, 1, 0, 1, 1)], [], "unit that there is not"),
        ([], [(3, 0, 0, 1, 0, 0, 0, 0)], "of no order"),
        ([], [(0, 0, 4, 1, 0, 0, 0, 0)], "unit that there is not"),
        ([], [(0, 0, 0, 1, 0, 0, -1, 0)], "0 or more"),
        ([], [(0, 0, 0, 1, 0, 0, 0, 0, 0, -1)], "loses 0 or more"),
        ([], [(0, 0, 0, 1, 0, 0, 0, 7, 0, 0)], "without goods is no work"),
    ):
        with pytest.raises(ValueError, match=why):
            book(trade_of(("web",), (True,), order, work, returns), Method())


# Returns


def test_a_whole_return_takes_back_exactly_what_was_shared_and_repays_whoever_took_it_back():
    trade = returned([(0, PARIS, WEB, 9 * DAY, 5, 2000, 900, 70)])
    ledger = book(trade, Method())
    assert shares_of(ledger, 0) == {"paris": (100, 400, 0), "web": (0, 400, 0)}
    (back,) = order_book(trade, ledger, "o-0").returns
    told = {one.unit: (one.spent_minor, one.repaid_minor, one.shared_minor, one.borne_minor) for one in back.shares}
    assert told == {"paris": (70, 70, -400, 0), "web": (0, 0, -400, -170)}  # 100 of work already paid, and 70
    assert [(one.unit, one.at_till_minor) for one in back.shares] == [("paris", 0), ("web", -900)]


def test_returns_in_parts_take_back_in_proportion_and_in_the_end_all():
    parts = [(0, WEB, WEB, day * DAY, 0, 0, margin, 0) for day, margin in ((1, 300), (2, 1), (3, 599))]
    ledger = book(returned(parts), Method())
    kinds, shared = ledger.entries.kind[ledger.of], ledger.rows.shared
    by_entry = [int(shared[ledger.of == entry].sum()) for entry in np.flatnonzero(ledger.entries.kind == RETURN)]
    assert by_entry == [-266, -1, -533]  # 800 * 300/900 = 266.7, 800 * 301/900 = 267.6, all 800
    assert shared.sum() == 0
    assert sorted(shared[kinds == ORDER].tolist()) == [400, 400]


def test_the_baseline_gives_back_its_part_too():
    trade = returned([(0, WEB, WEB, DAY, 0, 2000, 900, 0)], baseline=250_000)
    (back,) = order_book(trade, book(trade, Method()), "o-0").returns
    assert back.baseline_minor == -200
    assert [one.shared_minor for one in back.shares] == [-300, -300]


def test_a_return_counts_in_the_time_when_it_was_accepted():
    trade = returned([(0, PARIS, WEB, 9 * DAY, 5, 2000, 900, 70)])
    early, late = book(trade, Method(), until=9 * DAY), book(trade, Method(), since=9 * DAY)
    assert early.entries.kind.tolist() == [ORDER]
    assert late.entries.kind.tolist() == [RETURN]
    assert late.rows.shared.sum() == -early.rows.shared.sum() == -800
    (page,) = order_book(trade, early, "o-0").returns
    assert page.shares == ()


def test_more_margin_than_there_was_cannot_come_back():
    with pytest.raises(ValueError, match="more margin than their order had"):
        book(returned([(0, PARIS, WEB, DAY, 5, 0, 900, 0), (0, PARIS, WEB, 2 * DAY, 5, 0, 1, 0)]), Method())


# Money given back without goods


def test_money_without_goods_takes_back_shares_and_its_rest_is_borne_by_whoever_decided():
    trade = returned([(0, PARIS, WEB, 9 * DAY, 0, 1000, 900, 0, 0, 80)])
    ledger = book(trade, Method())
    (back,) = order_book(trade, ledger, "o-0").returns
    assert (back.goods, back.value_minor, back.margin_minor, back.lost_minor, back.cost_minor) == (
        False, 1000, 900, 80, 0,
    )  # fmt: skip
    told = {one.unit: (one.spent_minor, one.shared_minor, one.borne_minor, one.at_till_minor) for one in back.shares}
    assert told == {"paris": (0, -400, 0, 0), "web": (0, -400, -180, -980)}  # 100 of work already paid, and 80
    by_unit = {one.unit: one for one in statements(ledger, trade)}
    assert (by_unit["web"].refunded_minor, by_unit["paris"].refunded_minor) == (1000, 0)
    assert (by_unit["paris"].taken_back, by_unit["web"].taken_back) == (0, 0)
    assert [row["kind"] for row in ledger.table().to_pylist()] == ["order", "order", "refund", "refund"]


def test_who_gave_money_back_helped_nobody_and_stops_nothing_by_stopping():
    trade = returned([(0, PARIS, WEB, 9 * DAY, 0, 10, 10, 0, 0, 0)])
    ledger = book(trade, Method())
    (told,) = what_if(trade, ledger, "paris")
    assert (told.taken_back, told.today_change_minor) == (0, 100)  # the 100 of its advice, and nothing else
    (row,) = order_rows(trade, ledger, np.zeros(1, np.int64), "paris")
    assert (row.returns, row.refunds, row.acts) == (0, 1, ("advise",))


# What always holds


@settings(max_examples=300, deadline=None)
@given(trade=st.one_of(trades(), trades(largest=10**15)), method=ANY_METHOD)
def test_of_every_entry_what_is_shared_and_borne_is_the_surplus_to_the_unit_of_money(trade, method):
    ledger = book(trade, method)
    entries = ledger.entries
    given_out = np.zeros(entries.at.size, np.int64)
    np.add.at(given_out, ledger.of, ledger.rows.shared + ledger.rows.borne)
    back = -(trade.returns.margin_minor + trade.returns.cost_minor + trade.returns.lost_minor)
    assert given_out.tolist() == [*surpluses(trade).tolist(), *back.tolist()]
    assert ledger.fair.tolist() == (ledger.rows.shared + ledger.rows.borne + ledger.repaid - ledger.rows.spent).tolist()
    assert ledger.repaid.sum() == trade.work.cost_minor.sum() + trade.returns.cost_minor.sum()
    off = trade.returns.margin_minor + trade.returns.lost_minor
    assert ledger.rows.till.sum() == trade.orders.margin_minor.sum() - off.sum()


@settings(max_examples=300, deadline=None)
@given(trade=trades(), method=ANY_METHOD)
def test_shares_of_an_order_are_never_below_nothing_and_a_return_takes_no_more_than_was_given(trade, method):
    ledger = book(trade, method)
    kind, shared = ledger.entries.kind[ledger.of], ledger.rows.shared
    assert (shared[kind == ORDER] >= 0).all()
    assert (shared[kind != ORDER] <= 0).all()
    assert (ledger.rows.borne <= 0).all()
    left = {}
    for order, unit, minor in zip(
        ledger.entries.order[ledger.of].tolist(), ledger.rows.unit.tolist(), shared.tolist(), strict=True
    ):
        left[order, unit] = left.get((order, unit), 0) + minor
    assert min(left.values(), default=0) >= 0
    given_back = np.zeros(len(trade.orders.ids), np.int64)
    np.add.at(given_back, trade.returns.order, trade.returns.margin_minor)
    whole = set(np.flatnonzero((given_back == trade.orders.margin_minor) & (given_back > 0)).tolist())
    assert all(minor == 0 for (order, _), minor in left.items() if order in whole)


@settings(max_examples=300, deadline=None)
@given(trade=trades(), method=ANY_METHOD)
def test_nobody_but_whoever_captured_or_decided_is_ever_worse_off_by_an_order(trade, method):
    deciding = {(order, int(unit)) for order in range(len(trade.orders.ids)) for unit in (trade.orders.owner[order],)}
    deciding |= set(zip(trade.returns.order.tolist(), trade.returns.owner.tolist(), strict=True))
    for key, fair in lives(book(trade, method)).items():
        assert fair >= 0 or key in deciding


@settings(max_examples=400, deadline=None)
@given(data=st.data(), trade=trades(), method=ANY_METHOD)
def test_taking_part_in_an_order_never_lowers_a_units_result(data, trade, method):
    if not len(trade.orders.ids):
        return
    order = data.draw(st.integers(0, len(trade.orders.ids) - 1))
    unit = data.draw(st.integers(0, len(trade.units) - 1))
    mine = [trade.orders.captured_by[order], trade.orders.owner[order]]
    mine += trade.returns.owner[trade.returns.order == order].tolist()
    already = trade.work.unit[trade.work.order == order]
    if unit in mine or unit in already:
        return
    at = int(trade.orders.placed_at[order]) + data.draw(st.integers(-9, 9)) * HOUR
    cost = data.draw(st.sampled_from([0, 1, 37, 1000, 10**12]))
    more = with_act(trade, order, unit, data.draw(st.integers(0, len(ACTS) - 1)), at, cost)
    before, after = (
        sum(fair for (_, one), fair in lives(book(each, method)).items() if one == unit) for each in (trade, more)
    )
    assert after >= before


@settings(max_examples=150, deadline=None)
@given(trade=trades(), method=ANY_METHOD, by_month=st.booleans())
def test_statements_are_the_sums_of_the_rows_of_the_ledger(trade, method, by_month):
    ledger = book(trade, method)
    told = statements(ledger, trade, by_month=by_month)
    sums = {}
    for row in ledger.table().to_pylist():
        month = f"{datetime.fromtimestamp(row['at'] // 1_000_000, UTC):%Y-%m}" if by_month else None
        into = sums.setdefault((row["unit"], row["currency"], month), [0] * 6)
        names = ("minutes", "spent_minor", "repaid_minor", "shared_minor", "borne_minor", "till_minor")
        for place, name in enumerate(names):
            into[place] += row[name]
    assert {(one.unit, one.currency, one.month): [
        one.minutes, one.spent_minor, one.repaid_minor, one.shared_minor, one.borne_minor, one.at_till_minor
    ] for one in told} == sums  # fmt: skip
    assert sum(one.today_minor for one in told) == sum(one.fair_minor for one in told)
    assert sum(one.orders_captured for one in told) == len(trade.orders.ids)


@settings(max_examples=200, deadline=None)
@given(trade=trades(), method=ANY_METHOD)
def test_over_the_life_of_its_orders_every_unit_earns_at_least_what_it_could_claim_alone(trade, method):
    assert all(one.headroom_fair_minor >= 0 for one in statements(book(trade, method), trade))


@settings(max_examples=100, deadline=None)
@given(trade=trades(), method=ANY_METHOD, cut=st.integers(-30, 300))
def test_two_parts_of_the_time_are_the_whole(trade, method, cut):
    at = cut * 10 * HOUR
    parts = [book(trade, method, until=at), book(trade, method, since=at)]
    rows = [row for ledger in parts for row in ledger.table().to_pylist()]
    key = lambda row: (row["kind"], row["order"], row["at"], row["unit"], row["shared_minor"])  # noqa: E731
    assert sorted(rows, key=key) == sorted(book(trade, method).table().to_pylist(), key=key)


@settings(max_examples=100, deadline=None)
@given(trade=trades(), method=ANY_METHOD)
def test_an_order_opened_says_what_the_ledger_says(trade, method):
    ledger = book(trade, method)
    for row, order_id in enumerate(trade.orders.ids.to_pylist()):
        found = order_book(trade, ledger, order_id)
        paid = sum(one.shared_minor + one.borne_minor for one in found.shares) + found.baseline_minor
        assert found.surplus_minor == paid == surpluses(trade)[row]
        for back in found.returns:
            undone = sum(one.shared_minor + one.borne_minor for one in back.shares) + back.baseline_minor
            assert undone == -(back.margin_minor + back.cost_minor + back.lost_minor)
