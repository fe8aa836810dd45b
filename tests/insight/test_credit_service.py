"""The books of a company: what a unit earned in today's books and in the fair ones, and what it may count on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_told import FREE, RATES, START, Told, at
from noline.insight.credit.games import GameWrong
from noline.insight.credit.rules import Rules
from noline.insight.credit.service import Credit
from noline.insight.credit.weights import MethodUnknown, WeightsWrong
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound

ADVICE = {"acts": FREE | {"advise": {"minutes": 20, "rate_minor_per_hour": 2400}}}
"""Advice costs 8.00, and nothing else costs anything."""


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    messages = Told(tmp_path)
    yield messages
    messages.store.close()


def books(told: Told, effects: dict[str, float] | None = None, **credit: Any) -> Credit:
    """The books under `[credit]`."""
    read, rules = told.read(**credit), Rules.from_settings(credit)
    ask = None if effects is None else lambda: effects
    return Credit(read.trade, rules, read.facts, currency="EUR", rates=RATES, effects=ask)


def advised(told: Told, orders: int = 1, first: int = 0) -> None:
    """So many people are advised in Paris and order on the web, 100.00 each with goods for 60.00."""
    for number in range(first, first + orders):
        told.say(at(number), "store", "Advice Given", number, store="paris-1")
        told.buys(at(number, 1), f"advised-{number}", "web", number, cost=60)


def test_who_advised_pays_in_todays_books_and_earns_in_the_fair_ones(told):
    advised(told, 2)
    told.buys(at(5), "till", "store", 9, store="paris-1", cost=90)
    paris, web = books(told, **ADVICE).units()
    assert (paris.unit, paris.orders_captured, paris.orders_helped, paris.minutes) == ("paris-1", 1, 2, 40)
    assert (paris.today_minor, paris.fair_minor, paris.floor_minor) == (1000 - 1600, 1000 + 3200, 1000)
    assert (web.today_minor, web.fair_minor, web.floor_minor) == (8000, 3200, 0)
    assert (paris.headroom_today_minor, paris.headroom_fair_minor) == (-1600, 3200)


def test_stopping_to_help_pays_today_and_costs_in_the_fair_books(told):
    advised(told, 2)
    [paris] = books(told, **ADVICE).what_if("paris-1")
    assert (paris.today_change_minor, paris.fair_change_minor) == (1600, -3200)
    with pytest.raises(NotFound):
        books(told, **ADVICE).what_if("lyon-1")


def test_the_guarantee_names_who_is_below_the_floor_today_and_nobody_in_the_fair_books(told):
    advised(told, 2)
    told.buys(at(5), "till", "store", 9, store="paris-1", cost=90)
    credit = books(told, **ADVICE)
    today, fair = credit.guarantee("today"), credit.guarantee("fair")
    assert [(one.unit, one.headroom_minor) for one in today.below_floor] == [("paris-1", -1600)]
    assert (today.holds, today.violations.count, today.worth_minor, today.credited_minor) == (False, 1, 7400, 7400)
    assert (fair.holds, fair.violations.count, fair.worth_minor, fair.credited_minor) == (True, 0, 7400, 7400)
    assert (fair.orders, fair.currency, fair.method) == (3, "EUR", "fair")


def test_the_guarantee_counts_orders_by_when_they_were_placed_with_their_later_returns(told):
    advised(told, 2)
    told.say(at(40), "store", "Return Accepted", 0, order_id="advised-0", store="lyon-1")
    credit = books(told, **ADVICE | {"acts": ADVICE["acts"] | {"take_back": {"minutes": 5}}})
    first = credit.guarantee(until=at(1))
    # The return takes back all that was shared, 32.00; the advice for it was paid, and 2.00 for taking it back.
    assert (first.orders, first.worth_minor, first.credited_minor) == (1, -800 - 200, -800 - 200)
    assert {one.unit: one.credit_minor for one in first.units} == {"lyon-1": 0, "paris-1": 0, "web": -1000}
    assert first.holds
    assert credit.guarantee(since=at(1)).worth_minor == 3200


def test_what_would_have_come_anyway_is_nobodys_claim(told):
    advised(told, 1)
    credit = books(told, **ADVICE, baseline={"web": 0.25})
    assert {one.unit: one.fair_minor for one in credit.units()} == {"paris-1": 1200, "web": 1200, "baseline": 800}
    assert (credit.guarantee().worth_minor, credit.guarantee().holds) == (2400, True)


def test_currencies_are_never_added(told):
    advised(told, 1)
    told.say(at(9), "store", "Advice Given", 9, store="paris-1")
    told.buys(at(10), "yen", "web", 9, currency="JPY", total=9000)
    credit = books(told, **ADVICE)
    assert [(one.unit, one.currency, one.fair_minor) for one in credit.units()] == [
        ("paris-1", "EUR", 1600), ("paris-1", "JPY", 3834), ("web", "EUR", 1600), ("web", "JPY", 3833),
    ]  # fmt: skip
    assert [credit.guarantee(currency=one).worth_minor for one in ("EUR", "JPY")] == [3200, 7667]
    with pytest.raises(NotFound):
        credit.guarantee(currency="CHF")


def test_fixed_costs_and_pools_stand_apart_and_go_by_units_and_kinds(told):
    advised(told, 31)
    rules = ADVICE | {
        "units": {"store": {"fixed_minor_per_month": 3100}},
        "pools": {"it": {"minor_per_month": 6200, "by": "equal"}},
    }
    credit = books(told, **rules)
    april = at(30)
    paris, web = credit.results(since=START - DAY, until=april)
    assert (paris.unit, paris.fixed_minor, dict(paris.pools)) == ("paris-1", 3100, {"it": 3100})
    assert (web.fixed_minor, dict(web.pools)) == (0, {"it": 3100})
    assert paris.fair_after_pools_minor == 30 * 1600 - 6200
    assert [one.unit for one in credit.units(since=START - DAY, until=april)] == ["paris-1", "web"]
    assert [one.fixed_minor for one in credit.units(since=START - DAY, until=april)] == [3100, 0]


def test_an_order_is_opened_to_its_acts_and_shares(told):
    advised(told, 1)
    credit = books(told, **ADVICE)
    book = credit.order("advised-0", "last")
    assert [(act.unit, act.act, act.cost_minor) for act in book.acts] == [
        ("paris-1", "advise", 800),
        ("web", "capture", 0),
    ]
    assert {one.unit: one.shared_minor for one in book.shares} == {"paris-1": 0, "web": 3200}
    with pytest.raises(NotFound):
        credit.order("advised-1")


def test_orders_are_listed_latest_first_by_who_worked_on_them(told):
    advised(told, 3)
    told.buys(at(9), "till", "store", 9, store="paris-1")
    credit = books(told, **ADVICE)
    assert [row.order_id for row in credit.orders()] == ["till", "advised-2", "advised-1", "advised-0"]
    assert [row.order_id for row in credit.orders("paris-1", limit=2)] == ["till", "advised-2"]
    helped = credit.orders("paris-1", helped=True, limit=1, offset=1)
    assert [(row.order_id, row.units, row.spent_minor, row.shared_minor) for row in helped] == [
        ("advised-1", ("web", "paris-1"), 800, 1600)
    ]
    assert [row.order_id for row in credit.orders(helped=True, since=at(1), until=at(2))] == ["advised-1"]
    assert [row.order_id for row in credit.orders("web", helped=True)] == []
    assert (credit.count_orders(), credit.count_orders("paris-1", helped=True)) == (4, 3)
    assert credit.orders()[0].shared_minor is None
    with pytest.raises(NotFound):
        credit.orders("lyon-1")


def test_a_unit_that_only_took_something_back_has_that_order(told):
    advised(told, 2)
    told.say(at(9), "store", "Return Accepted", 0, order_id="advised-0", store="lyon-1", minutes=7)
    credit = books(told, acts=ADVICE["acts"] | {"take_back": {"minutes": 5}})
    [row] = credit.orders("lyon-1")
    assert (row.order_id, row.acts, row.minutes, row.spent_minor, row.returns) == (
        "advised-0",
        ("take back",),
        7,
        280,
        1,
    )
    assert (credit.count_orders("lyon-1"), credit.count_orders("lyon-1", helped=True)) == (1, 1)
    [paris] = credit.orders("paris-1", offset=1)
    # Of its half of 32.00 the return took all.
    assert (paris.acts, paris.minutes, paris.spent_minor, paris.shared_minor) == (("advise",), 20, 800, 0)
    assert {row.acts for row in credit.orders()} == {None}


def test_only_the_last_eight_ledgers_are_kept(told):
    advised(told, 1)
    credit = books(told, **ADVICE)
    first = credit.ledger("equal")
    others = [credit.ledger(since=at(0), until=at(day)) for day in range(1, 8)]
    assert credit.ledger("equal") is first
    credit.ledger("last")
    assert credit.ledger("equal") is first
    assert credit.ledger(since=at(0), until=at(2)) is others[1]
    assert credit.ledger(since=at(0), until=at(1)) is not others[0]


def test_numbers_of_a_method_that_looks_at_no_order_part_all_that_was_left(told):
    advised(told, 2)
    credit = books(told, **ADVICE)
    found = credit.guarantee_of({"web": 3.0, "paris-1": 1.0, "app": 9.0}, "markov over totals")
    assert {one.unit: one.credit_minor for one in found.units} == {"web": 4800, "paris-1": 1600}
    assert credit.guarantee_of({}, "markov over totals", since=at(9)).orders == 0
    with pytest.raises(GameWrong):
        credit.guarantee_of({"app": 9.0}, "markov over totals")


def test_without_an_order_in_the_hubs_currency_nothing_is_judged_unless_the_currency_is_named(told):
    told.buys(at(1), "yen", currency="JPY", total=9000)
    credit = books(told, **ADVICE)
    assert credit.guarantee().verdict() == "There is no order yet in EUR by which the fair books could be judged."
    assert credit.guarantee(currency="JPY").orders == 1
    with pytest.raises(NotFound):
        credit.guarantee(currency="EUR")


def test_each_method_is_what_the_rules_say_of_it(told):
    advised(told, 1)
    credit = books(
        told, effects={"web": 0.5, "paris-1": 0.25}, **ADVICE,
        units={"store": {"weight": 3}}, calibrated={"web": 1}, half_life_days=3, position=[1, 2, 3], method="roles",
    )  # fmt: skip
    shared = {name: {one.unit: one.shared_minor for one in credit.units(name)} for name in credit.methods}
    assert shared["roles"] == {"paris-1": 2400, "web": 800} == {one.unit: one.shared_minor for one in credit.units()}
    assert shared["calibrated"] == {"paris-1": 0, "web": 3200} == shared["last"]
    assert shared["first"] == {"paris-1": 3200, "web": 0}
    assert {unit: round(minor, -1) for unit, minor in shared["markov"].items()} == {"paris-1": 1070, "web": 2130}
    assert (credit.method("decay").half_life_us, credit.method("position").position) == (3 * DAY, (1, 2, 3))
    assert len(credit.methods) == 10


def test_a_method_by_measured_numbers_needs_them(told):
    advised(told, 1)
    credit = books(told, **ADVICE)
    assert not {"markov", "calibrated"} & {*credit.methods}
    for name in ("markov", "calibrated"):
        with pytest.raises(WeightsWrong):
            credit.units(name)
    with pytest.raises(MethodUnknown):
        credit.units("shapley")


def test_how_it_is_counted_can_be_asked_with_the_same_sql(told):
    advised(told, 2)
    credit = books(told, **ADVICE, window_days=7, goods_cost_percent=40)
    for name in ("orders", "goods", "work", "returns", "refunds", "units", "guarantee", "what_if"):
        counted = credit.counted(name)
        assert told.store.ask(counted["sql"], counted["parameters"]).num_rows == {
            "work": 2,
            "goods": 0,
            "returns": 0,
            "refunds": 0,
        }.get(name, 2)
    assert "7 days" in credit.counted("work")["words"]
    assert "40 %" in credit.counted("goods")["words"]
    with pytest.raises(NotFound):
        credit.counted("profit")


def test_the_books_of_nothing_are_empty(told):
    credit = books(told)
    assert (credit.units(), credit.results(), credit.orders(), credit.count_orders()) == ([], [], [], 0)


@st.composite
def years(draw: st.DrawFn) -> list[tuple[int, int, str, str, int]]:
    """Messages of four people: hour, person, where, what, and an amount."""
    hours = sorted(draw(st.sets(st.integers(0, 24 * 30), min_size=1, max_size=40)))
    places = st.sampled_from(["web", "app", "call", "paris-1", "lyon-1"])
    words = st.sampled_from(
        ["Order Completed"] * 2
        + ["Advice Given", "Call Resolved", "Order Shipped", "Return Accepted", "Order Refunded"]
    )
    return [
        (hour, draw(st.integers(1, 4)), draw(places), draw(words), draw(st.integers(1, 50))) for hour in hours
    ]  # fmt: skip


@settings(max_examples=30)
@given(years(), st.sampled_from(["equal", "first", "last", "linear", "position", "decay", "roles", "ordered"]))
def test_whatever_happened_no_group_of_units_is_worse_off_in_the_fair_books(told, messages, method):
    told.forget()
    ordered: dict[int, str] = {}
    for hour, person, place, word, amount in messages:
        store = place if place.endswith("-1") else ""
        more: dict[str, Any] = {"total": amount, "cost": amount // 3} if word == "Order Completed" else {}
        if word == "Order Refunded" and amount % 2:
            more = {"total": amount}
        if word == "Order Completed":
            ordered[person] = f"o-{hour}"
        if word in {"Order Shipped", "Return Accepted", "Order Refunded"} and person not in ordered:
            continue
        if word != "Advice Given":
            more["order_id"] = ordered.get(person, "none")
        told.say(at(0, hour), "store" if store else place, word, person, store=store, **more)
    credit = books(told, owners={"delivery": "web", "returns": "web"}, baseline={"web": "0.1"}, method=method)
    if not credit.count_orders():
        return
    fair = credit.guarantee()
    assert fair.holds
    assert fair.violations.count == 0
    assert (
        fair.credited_minor
        == fair.worth_minor
        == sum(one.fair_minor for one in credit.units() if one.unit != "baseline")
    )
    today = credit.guarantee("today")
    assert today.credited_minor == sum(one.today_minor for one in credit.units())
