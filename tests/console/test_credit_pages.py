"""What the pages about credit, channels and the scorecard say, from the answers of the hub."""

from typing import Any

import pytest

from console.preview_credit import (
    BOOKS,
    COUNTED,
    HANDOFFS,
    HELPED,
    LOOKING,
    MONTHS,
    ORDER,
    REFUNDED,
    RETURNED,
    ROWS,
    SENTENCE,
    UNIT,
    UNITS,
    WHAT_IFS,
    credit_pages,
    unit_row,
)
from console.test_render import Page
from noline.doors.console import credit, credit_guarantee, credit_order, credit_unit, views
from noline.doors.console.credit import Looking, helpers_of
from noline.doors.console.credit_words import amount, exact, signed, worked
from noline.doors.console.periods import EVER, period_of, periods
from noline.doors.console.render import render
from noline.kernel.clock import parse_instant
from noline.kernel.errors import NotFound


def words_of(name: str) -> str:
    page, path, view = credit_pages()[name]
    return Page(render(page, view=view, shell=views.Shell(path=path, role="manager"))).words


def units(**more: Any) -> credit.CreditPage:
    return credit.units(**{"told": UNITS, "looking": LOOKING, "counted": COUNTED, **more})


def told(*rows: dict[str, Any]) -> dict[str, Any]:
    section = {"currency": "EUR", "units": rows, "baseline_minor": 0, "total_minor": 0}
    return {**UNITS, "currency_sections": [section]}


# --- Amounts and times ----------------------------------------------------------------------------------------------


def test_a_change_carries_its_sign_and_nothing_has_none():
    assert [signed(minor, "EUR") for minor in (123_456, -3_800, 0, -49)] == [
        "+1,235\xa0EUR", "\u221238\xa0EUR", "0\xa0EUR", "0\xa0EUR"
    ]  # fmt: skip


def test_an_amount_below_nothing_has_a_true_minus_and_none_is_a_dash():
    assert [amount(-120_000, "EUR"), amount(-500, "JPY"), amount(None, "EUR")] == [
        "\u22121,200\xa0EUR", "\u2212500\xa0JPY", "–"
    ]  # fmt: skip
    assert exact(-1_205, "EUR") == "\u221212.05\xa0EUR"


def test_work_is_told_in_hours_from_two_hours_on():
    assert [worked(1), worked(119), worked(120)] == ["1\xa0minute", "119\xa0minutes", "2\xa0hours"]


def test_a_quarter_and_a_month_begin_and_end_with_their_days():
    quarter, month = period_of("2026-q4"), period_of("2026-02")
    assert (quarter.since, quarter.until) == (parse_instant("2026-10-01"), parse_instant("2027-01-01"))
    assert (month.since, month.until) == (parse_instant("2026-02-01"), parse_instant("2026-03-01"))
    assert [quarter.words, month.words] == ["fourth quarter of 2026", "February\xa02026"]
    assert period_of("") is period_of("all") is EVER


@pytest.mark.parametrize("name", ["2026-13", "2026-q5", "yesterday", "0000-01", "2026-1"])
def test_what_is_no_period_is_not_found(name: str):
    with pytest.raises(NotFound):
        period_of(name)


def test_quarters_are_offered_where_more_than_one_was_touched_the_latest_first():
    assert [one.name for one in periods(["2026-03", "2026-04", "2026-04"])] == [
        "all", "2026-q2", "2026-q1", "2026-04", "2026-03"
    ]  # fmt: skip
    assert [one.name for one in periods(["2026-03"])] == ["all", "2026-03"]


# --- All units ------------------------------------------------------------------------------------------------------


def test_a_unit_below_its_floor_today_is_said_first_and_in_words():
    words = words_of("credit")
    assert "1 unit earns less in today’s books than it would alone, because helping others is not paid." in words
    assert (
        "Maison Ristretto Opéra earns 12,300 EUR less in today’s books than it would alone: it worked 481 hours and "
        "helped with 2,404 orders that others sold. As earned it is 26,239 EUR above."
    ) in words
    assert [row.unit for row in units().rows] == ["paris-opera", "web", "app", "lyon", "call"]


def test_the_promise_to_a_store_manager_stands_on_top_and_leads_to_what_is_guaranteed():
    assert SENTENCE in words_of("credit")
    assert units().guarantee == "/credit/guarantee?currency=EUR"


def test_a_unit_has_both_books_side_by_side_with_what_it_helped_and_its_room():
    assert (
        "Maison Ristretto Opéra below its floor 9,461 EUR 48,000 EUR +38,539 EUR 11,539 EUR 481 hours 48,000 EUR "
        "2,404 own 410 \u221212,300 EUR +26,239 EUR"
    ) in words_of("credit")


def test_both_books_add_up_to_the_same_and_what_would_have_come_anyway_is_named():
    assert (
        "9,320 orders add up to 520,000 EUR in both books; 14,000 EUR of it would have come anyway, as a test showed, "
        "and is nobody’s."
    ) in words_of("credit")


def test_a_depot_that_is_not_paid_for_its_work_stands_apart_from_those_that_sell():
    depot = unit_row("depot", "Depot", "0 30 120", "0 1400 0 0 0")
    view = units(told=told(depot, ROWS[1]))
    assert [row.unit for row in view.starved] == ["paris-opera"]
    (apart,) = view.unpaid_work
    assert apart.sentence == (
        "sells nothing itself; today’s books do not pay 14\xa0EUR of its work, 2\xa0hours on 30\xa0orders that others "
        "sold."
    )
    assert apart.mended == "As earned it is paid back."


def test_a_helper_whom_today_s_books_would_thank_for_stopping_is_marked():
    words = words_of("credit")
    assert "Maison Ristretto Opéra helping costs it 2,404 +11,000 EUR \u221233,000 EUR" in words


def test_a_unit_that_wins_nothing_by_stopping_is_not_marked():
    calm = {**WHAT_IFS[0], "today_change_minor": -5}
    assert not units(what_ifs=[calm]).what_ifs[0].lured


def test_hand_offs_are_told_with_moves_orders_and_worth_the_largest_first():
    view = units(handoffs=list(reversed(HANDOFFS)))
    assert [(one.sender, one.receiver, one.value) for one in view.edges] == [
        ("Web", "store", "91,200\xa0EUR"), ("Store", "web", "65,000\xa0EUR"), ("Mail", "web", "19,000\xa0EUR")
    ]  # fmt: skip
    assert "Web → store 5,120 1,340 14 % of all 91,200 EUR" in words_of("credit")
    assert "an association, not an experiment" in words_of("credit")


def test_a_shop_in_which_nobody_is_worse_off_says_so():
    words = words_of("credit-happy")
    assert "No unit that sells earns less in today’s books than it would alone." in words
    assert "below its floor" not in words


def test_a_shop_without_orders_says_that_there_is_nothing_to_share():
    assert "Nothing was sold in this time, so there is nothing to share." in words_of("credit-empty")


def test_a_floor_of_nothing_draws_no_picture_and_far_ones_stay_on_the_axis():
    alone = unit_row("depot", "Depot", "0 5 10", "0 10 0 0 0")
    far = unit_row("lyon", "Lyon", "10 0 0", "90000 0 90000 0 1000")
    view = units(told=told(alone, far))
    assert view.scale.top == 3.0
    assert view.scale.x(90_000, 1_000) == 100.0
    assert view.scale.x(1_000, 1_000) == view.scale.floor == 33.33


def test_who_would_be_asked_to_stop_first_is_who_is_worse_off_then_who_helps_most():
    assert helpers_of(UNITS, LOOKING, 3) == ["paris-opera", "web", "lyon"]
    assert helpers_of({**UNITS, "currency_sections": []}, LOOKING, 3) == []


def test_without_a_currency_in_the_address_the_one_with_most_orders_is_shown():
    assert units(looking=Looking()).currency == "EUR"
    assert [one.value for one in units(looking=Looking()).currencies] == ["EUR", "JPY"]


def test_a_choice_stays_in_the_links_of_the_page():
    view = units(looking=Looking("EUR", period_of("2026-q1"), "markov"))
    assert view.rows[0].path == "/credit/units/paris-opera?currency=EUR&period=2026-q1&method=markov"
    assert [one.value for one in view.methods if one.chosen] == ["markov"]


# --- One unit -------------------------------------------------------------------------------------------------------


def unit(**more: Any) -> credit_unit.UnitPage:
    return credit_unit.unit(**{"told": UNIT, "months": MONTHS, "looking": LOOKING, "counted": COUNTED, **more})


def test_a_unit_has_a_statement_by_month_the_latest_first():
    assert [one.words for one in unit().months] == ["Mar\xa02026", "Feb\xa02026", "Jan\xa02026"]
    assert "Mar 2026 3,154 EUR 16,000 EUR +12,846 EUR 3,846 EUR 800 140" in words_of("credit-unit")


def test_a_unit_is_told_what_stopping_to_help_would_do_in_both_books():
    words = words_of("credit-unit")
    assert "today +11,000 EUR, as earned \u221233,000 EUR" in words
    assert "Today’s books would thank it for helping nobody. As earned, it would lose by it." in words


def test_orders_a_unit_helped_lead_to_the_order_and_come_in_portions():
    view = unit(orders=HELPED, offset=20)
    assert (view.helped[0].path, view.helped[0].did, view.helped[0].sold_by) == ("/credit/orders/o-1", "advised", "Web")
    assert (len(view.helped), view.first, view.last) == (20, 21, 40)
    assert view.later == "/credit/units/paris-opera?currency=EUR#helped-heading"
    assert view.earlier == "/credit/units/paris-opera?currency=EUR&offset=40#helped-heading"
    assert unit(orders=HELPED[:20]).earlier == ""


def test_an_order_whose_goods_came_back_says_so_beside_its_share():
    assert "4.80 EUR 9.42 EUR goods came back" in words_of("credit-unit")


def test_what_rests_on_a_guess_is_said_beside_the_numbers():
    said = (
        "The goods of 340 orders are taken to cost 40 % of their price, as nobody told the cost. What this work costs "
        "is taken as usual, not as this company told it: inspire, serve."
    )
    assert said in words_of("credit")
    assert said in words_of("credit-unit")


def test_what_was_read_and_left_out_is_listed_with_its_number():
    words = words_of("credit")
    assert "Orders read 9,440 Orders left out: cancelled 31 Orders left out: nobody told their value 12" in words
    assert "Times somebody advised 2,404" in words
    assert "Orders left out: never collected" not in words
    assert "Worth nothing but worked on: never collected 7" in words
    assert "Money given back beyond the goods that came back, taken off 4 orders" in words
    assert "beyond belief" not in words


def test_a_unit_without_anything_in_this_time_says_so():
    words = words_of("credit-unit-nothing")
    assert "Maison Ristretto Opéra sold nothing in EUR and helped nobody in this time." in words


# --- One order ------------------------------------------------------------------------------------------------------


def test_an_order_says_who_sold_it_who_helped_and_what_is_shared():
    assert (
        "Web sold this order, 2 other units helped: everyone is paid back for the work, and the 40.21 EUR that was "
        "left is shared."
    ) in words_of("credit-order")


def test_an_order_tells_each_act_with_its_minutes_and_cost_in_time():
    said = (
        "Maison Ristretto Opéra advised 27 Feb 2026, 15:00 12 minutes, 4.80 EUR Web took the order 1 Mar 2026, 10:12, "
        "1 day later costs nothing"
    )
    assert said.replace(" ", "") in words_of("credit-order").replace(" ", "")


def test_the_parts_of_an_order_add_up_to_what_was_left_to_the_last_minor_unit():
    view = credit_order.order(row=ORDER, counted=COUNTED)
    assert [(part.name, part.result, part.today) for part in view.parts] == [
        ("Web", "12.07\xa0EUR", "50.00\xa0EUR"), ("Maison Ristretto Opéra", "12.06\xa0EUR", "\u22124.80\xa0EUR"),
        ("Lyon Bellecour", "12.06\xa0EUR", "\u22124.99\xa0EUR"),
    ]  # fmt: skip
    assert (view.baseline, view.total, view.total_today) == ("4.02\xa0EUR", "40.21\xa0EUR", "40.21\xa0EUR")


def test_an_order_that_nobody_helped_is_its_seller_s_alone():
    words = words_of("credit-order-alone")
    assert "Web made this order alone and keeps all 50.00 EUR that was left." in words
    assert "the odd one goes to each in turn" not in words


def test_a_loss_is_borne_by_who_decided_and_no_helper():
    words = words_of("credit-order-loss")
    assert "Web sold this order at a loss of 2.00 EUR; no helper bears any of it." in words
    assert "Web bears 2.00 EUR: a loss goes to whoever decided it, never to who helped." in words


def test_a_return_takes_back_from_who_was_given_and_both_books_still_add_up_to_the_same():
    view = credit_order.order(row=RETURNED, counted=COUNTED)
    assert [part.result for part in view.parts] == ["5.65\xa0EUR", "8.04\xa0EUR", "8.04\xa0EUR"]
    assert (view.total, view.total_today) == ("24.41\xa0EUR", "24.41\xa0EUR")
    assert (
        "Lyon Bellecour 12 Mar 2026, 11:00 40.00 EUR 13.40 EUR Maison Ristretto Opéra \u22124.02 EUR Web \u22124.02 "
        "EUR Lyon Bellecour \u22124.02 EUR 2.40 EUR 6 minutes Web"
    ) in words_of("credit-order")


def test_money_given_back_without_goods_has_a_table_of_its_own_and_says_who_bears_the_rest():
    view = credit_order.order(row=REFUNDED, counted=COUNTED)
    assert [part.result for part in view.parts] == ["\u221217.26\xa0EUR", "0.00\xa0EUR", "0.00\xa0EUR"]
    assert view.total == view.total_today
    words = words_of("credit-refunded")
    assert "Money given back without goods" in words
    assert "Call centre 13 Mar 2026, 09:00 50.00 EUR 36.60 EUR Maison Ristretto Opéra \u22128.04 EUR" in words
    assert "Lyon Bellecour \u22128.04 EUR 5.07 EUR Web" in words
    assert "Money given back" not in words_of("credit-order")


# --- The guarantee --------------------------------------------------------------------------------------------------


def guarantee(books: dict[str, Any]) -> credit_guarantee.GuaranteePage:
    return credit_guarantee.guarantee(told=UNITS, books=books, months=MONTHS, looking=LOOKING, counted=COUNTED)


def test_ours_comes_first_and_the_headline_holds_it_against_today():
    view = guarantee(BOOKS)
    assert [one.id for one in view.books] == ["fair", "today", "last", "markov-over-totals"]
    assert view.sentence == (
        "As earned, no unit and no group of units is worse off than alone: none of 30 groups; in today’s books 3 are."
    )


def test_a_group_that_is_worse_off_is_named_with_what_it_is_short_of():
    view = guarantee(BOOKS)
    assert [(one.names, one.short) for one in view.books[1].worst] == [
        ("Maison Ristretto Opéra", "12,300\xa0EUR"), ("Maison Ristretto Opéra, Call centre", "10,700\xa0EUR")
    ]  # fmt: skip
    assert view.books[3].worst[0].names == "Web, Maison Ristretto Opéra, Lyon Bellecour, App and 1 more"


def test_where_only_the_worst_groups_were_looked_for_no_number_is_made_up():
    view = guarantee({"today": {**BOOKS["today"], "violated": None, "groups": None}})
    assert view.books[0].violated is None
    assert "Of very many groups of 5\xa0units, some would have made more" in view.books[0].sentence


def test_what_would_mend_the_books_is_told_only_where_they_break():
    fair, today, *_ = guarantee(BOOKS).books
    assert (fair.subsidy, fair.nearest) == ("", False)
    assert (today.subsidy, today.nearest) == ("12,300\xa0EUR", True)
