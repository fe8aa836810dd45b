"""One language of metrics, on logs small enough to count by hand, and against a plain count of random ones."""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from insight.handwritten import at
from insight.metrics_books import Books, one, values
from noline.insight.scorecards.asking import fact_sql
from noline.insight.scorecards.effects import NOBODY_DRAWN
from noline.insight.scorecards.metrics import MetricUnknown, NotToldBy, registry
from noline.insight.scorecards.model import CreditPart, EffectPart, ScorecardAskedWrong
from noline.insight.scorecards.periods import label_of, number_of, start_of
from noline.insight.scorecards.rates import RateMissing
from noline.insight.scorecards.service import Scorecards
from noline.kernel.clock import DAY, MINUTE, as_text, parse_instant
from noline.kernel.shares import difference, share
from noline.kernel.words import WORDS


@pytest.fixture
def books(tmp_path):
    written = Books(tmp_path / "analytical")
    yield written
    written.store.close()


# Visits


def test_a_visit_ends_with_a_pause_of_more_than_half_an_hour_and_in_a_store_with_the_day(books):
    for minute in (0, 30, 61):
        books.say(at(0, 0, minute), "web", "Page Viewed")
    for hour in (0, 5, 23, 24):
        books.say(at(1, hour), "store", "Store Visited", store_id="paris-1")
    books.say(at(1, 6), "store", "Store Visited", store_id="lyon-1")
    assert values(books.card("visits", period="all"), "visits") == {("web",): 2, ("paris-1",): 2, ("lyon-1",): 1}


def test_what_the_house_does_alone_what_is_merely_sent_and_what_nobody_known_does_is_no_visit(books):
    for action in ("Order Shipped", "Pickup Ready", "Return Refunded", "Mailing Sent", "Feedback Answered"):
        books.say(at(0), "web", action)
    books.say(at(0), "web", "Page Viewed", subject=None)
    assert books.card("visits").rows == ()
    books.say(at(1), "web", "Page Viewed")
    books.rewrite(books.touchpoints, [])
    assert values(books.card("visits", period="all"), "visits") == {("web",): 1}


def test_events_of_two_names_of_one_person_are_one_visit(books):
    books.say(at(0), "web", "Page Viewed", subject=1)
    books.say(at(0, 0, 9), "web", "Page Viewed", subject=2)
    books.same_person(7, 1, 2)
    assert values(books.card("visits", period="all"), "visits") == {("web",): 1}


def test_events_of_one_moment_belong_to_one_visit_whichever_comes_first(books):
    for action in ("Page Viewed", "Product Viewed"):
        books.say(at(0), "web", action)
    books.sell(at(0), "web", "o-1")
    card = books.card("visits", "attention", "conversion", period="all")
    assert [(row.numerator, row.denominator) for row in card.rows] == [(1, None), (1, 1), (1, 1)]


def test_of_the_visits_some_look_and_some_buy_with_an_interval(books):
    for person in range(40):
        books.say(at(0), "web", "Page Viewed", subject=person)
        if person < 20:
            books.say(at(0, 0, 1), "web", "Product Viewed", subject=person)
        if person < 10:
            books.sell(at(0, 0, 2), "web", f"o-{person}", subject=person)
    card = books.card("attention", "conversion", by="channel", period="all")
    for metric, cases in (("attention", 20), ("conversion", 10)):
        row, expected = one(card, metric, channel="web"), share(cases, 40)
        assert (row.value, row.numerator, row.denominator, row.too_few) == (expected.value, cases, 40, False)
        assert (row.low, row.high) == pytest.approx((expected.low, expected.high))


def test_many_visits_of_one_person_tell_no_more_than_one(books):
    for person in range(10):
        for day in range(20):
            if person < 5:
                books.sell(at(day), "web", f"o-{person}-{day}", subject=person)
            else:
                books.say(at(day), "web", "Page Viewed", subject=person)
    row = one(books.card("conversion", by="channel", period="all"), "conversion")
    expected = share(5, 10)
    assert (row.value, row.numerator, row.denominator, row.too_few) == (0.5, 100, 200, True)
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high))


def test_an_order_counts_for_the_visit_in_its_own_unit_only(books):
    books.say(at(0), "web", "Page Viewed")
    books.sell(at(0, 1), "paris-1", "o-1")
    card = books.card("conversion", period="all")
    assert values(card, "conversion") == {("paris-1",): 1.0, ("web",): 0.0}


# Orders and money


def test_baskets_and_units_are_worked_out_after_the_adding(books):
    books.sell(at(0), "web", "o-1", total=1000, units=1)
    books.sell(at(0), "web", "o-2", total=2001, units=4)
    books.tell(at(0), "web", "Order Completed", "o-3")
    card = books.card("orders", "basket", "units_per_order", "revenue", by="channel", period="all")
    assert values(card, "orders") == {("web",): 3}
    assert values(card, "revenue") == {("web", "EUR"): 3001}
    assert one(card, "basket")[6:9] == (1500, 3001, 2)
    assert one(card, "units_per_order")[6:9] == (2.5, 5, 2)


def test_an_order_of_nobody_known_counts_and_one_that_was_cancelled_or_never_fetched_does_not(books):
    books.sell(at(0), "web", "o-1", subject=None)
    for order_id, end in (("o-2", "Order Cancelled"), ("o-3", "Pickup Expired")):
        books.sell(at(0), "web", order_id)
        books.tell(at(1), "web", end, order_id)
    assert values(books.card("orders", period="all"), "orders") == {("web",): 1}


def test_money_of_two_currencies_is_never_added(books):
    books.sell(at(0), "web", "o-1", total=1000)
    books.sell(at(0), "web", "o-2", total=500, currency="JPY")
    card = books.card("revenue", "basket", "orders", period="all")
    assert values(card, "revenue") == {("web", "EUR"): 1000, ("web", "JPY"): 500}
    assert values(card, "orders") == {("web",): 2}
    assert (card.currency, card.rates, card.without_rate) == (None, {}, ())


def test_converted_money_says_its_rates_and_what_was_left_out(books):
    books.sell(at(0), "web", "o-1", total=1001)
    books.sell(at(0), "web", "o-2", total=500, currency="JPY")
    books.sell(at(0), "web", "o-3", total=700, currency="KRW")
    room = books.metrics(rates={"JPY": Decimal("0.0065"), "GBP": Decimal("1.2")})
    card = room.card(metrics=["revenue", "basket"], period="all", currency="EUR")
    assert values(card, "revenue") == {("web", "EUR"): 1001 + 325}
    assert one(card, "basket")[6:9] == (663, 1326, 2)
    assert (card.currency, card.rates, card.without_rate) == ("EUR", {"JPY": "0.0065"}, ("KRW",))
    yen = room.card(metrics=["revenue"], period="all", currency="JPY")
    assert values(yen, "revenue") == {("web", "JPY"): 500 + 1540}
    with pytest.raises(RateMissing, match="no rate for USD; the hub reports in EUR"):
        room.card(currency="USD")


def test_many_lines_and_many_returns_change_no_number_of_an_order(books):
    def told():
        asked = ["orders", "basket", "units_per_order", "revenue", "new_customers", "visits", "conversion"]
        return books.card(*asked, by=["unit", "country"], period="month").rows

    for number in range(4):
        books.sell(at(number), "web", f"o-{number}", subject=number, units=20, country="FR")
    plain = told()
    touchpoints, books.touchpoints, books.order_events = len(books.touchpoints), [], []
    books.rewrite([], [])
    for number in range(4):
        books.sell(at(number), "web", f"o-{number}", subject=number, units=20, country="FR", lines=20)
    for number in range(15):
        books.take_back(at(4, number), "paris-1", "o-0", f"r-{number}", lines=3, country="FR")
    assert len(books.touchpoints) == touchpoints + 15
    assert tuple(row for row in told() if row.unit == "web") == plain


# Who comes back


def test_who_comes_back_may_come_back_anywhere_and_counts_once(books):
    for person in range(4):
        books.sell(at(0), "web", f"a-{person}", subject=person)
        books.sell(at(1), "web", f"b-{person}", subject=person)
    books.sell(at(30), "paris-1", "c-0", subject=0)
    books.sell(at(31), "web", "c-1", subject=1)
    books.sell(at(32), "web", "c-2", subject=1)
    books.sell(at(32), "web", "c-3", subject=None)
    card = books.card("coming_back", "new_customers")
    row = one(card, "coming_back", unit="web", period="2026-04")
    assert (row.value, row.numerator, row.denominator) == (0.5, 2, 4)
    assert (row.low, row.high) == share(2, 4)[1:3]
    assert values(card, "new_customers") == {
        ("web", "2026-03"): 4, ("web", "2026-04"): 0, ("paris-1", "2026-04"): 0,
    }  # fmt: skip
    held = books.card("coming_back", by=(), where={"unit": "web"})
    assert one(held, "coming_back", period="2026-04").numerator == 2


def test_who_comes_back_is_told_of_any_stretch_of_time_with_one_as_long_before_it(books):
    for person in range(3):
        books.sell(at(0), "web", f"a-{person}", subject=person)
    books.sell(at(10), "web", "b-0", subject=0)
    card = books.card("coming_back", "orders", period="all", since=at(7), until=at(14))
    assert one(card, "coming_back")[6:9] == (1 / 3, 1, 3)
    assert one(card, "orders").before == 3
    whole = books.card(period="all")
    assert whole.not_told["coming_back"] == "as the whole time has no period before it"
    from_then = books.card("coming_back", period="all", since=at(7))
    assert from_then.rows == ()
    assert from_then.not_told["coming_back"].startswith("as a time that is open")
    with pytest.raises(ScorecardAskedWrong, match="coming_back is not told, as a time that is open"):
        books.metrics().measure("coming_back", since=at(7))


def test_where_nobody_ordered_nobody_came_back_and_that_is_told(books):
    for person in range(4):
        books.sell(at(0), "web", f"a-{person}", subject=person)
    books.say(at(35), "web", "Page Viewed")
    row = one(books.card("coming_back", by=()), "coming_back")
    assert (row.period, row.value, row.numerator, row.denominator) == ("2026-04", 0.0, 0, 4)
    assert books.metrics().measure("coming_back", since=at(30), until=at(60))[6:9] == (0.0, 0, 4)
    assert [row.period for row in books.card("coming_back", until=at(30)).rows] == []
    books.sell(at(65), "web", "b-0", subject=0)
    asked = books.card("coming_back", by=(), since=at(30), until=at(60))
    assert [(row.period, row.numerator, row.denominator) for row in asked.rows] == [("2026-04", 0, 4)]


def test_before_a_month_is_the_month_before_it_however_long_it_is(books):
    january, february, march = (parse_instant(f"2026-0{month}-01") for month in (1, 2, 3))
    books.sell(january, "web", "a-0")
    books.sell(february, "web", "b-0")
    row = one(books.card("coming_back", "orders", period="all", since=february, until=march), "coming_back")
    assert (row.value, row.denominator) == (1.0, 1)
    assert one(books.card("orders", period="all", since=february, until=march), "orders").before == 1


def test_the_share_that_came_back_before_is_known_for_the_first_period_too(books):
    for month, people in ((0, 4), (30, 2), (61, 1)):
        for person in range(people):
            books.sell(at(month), "web", f"{month}-{person}", subject=person)
    row = one(books.card("coming_back", since=at(61)), "coming_back")
    assert (row.period, row.value, row.before) == ("2026-05", 0.5, 0.5)


# Returns


def test_a_return_is_told_of_who_sold_it_and_of_who_took_it_back(books):
    books.sell(at(0), "web", "o-1")
    books.sell(at(0), "web", "o-2")
    books.sell(at(0), "paris-1", "o-3")
    books.take_back(at(40), "paris-1", "o-1", "r-1")
    books.take_back(at(41), "paris-1", "o-1", "r-2")
    card = books.card("returns_sold", "returns_taken", "returns_load", period="all")
    assert values(card, "returns_sold") == {("paris-1",): 0.0, ("web",): 0.5}
    assert values(card, "returns_taken") == {("paris-1",): 2, ("web",): 0}
    assert values(card, "returns_load") == {("paris-1",): 2.0, ("web",): 0.0}
    monthly = books.card("returns_sold", "returns_taken")
    assert one(monthly, "returns_sold", unit="web", period="2026-03").value == 0.5
    assert one(monthly, "returns_taken", unit="paris-1", period="2026-04").value == 2


# Promises


def test_only_what_was_promised_for_a_time_can_be_kept_or_broken(books):
    def promise(order_id, subject, days, action="Pickup Requested", **more):
        more = {"store_id": "paris-1", **more} if action == "Pickup Requested" else more
        books.sell(at(0), "web", order_id, subject)
        books.tell(at(0), "web", action, order_id, subject, promised_at=at(days), **more)

    for number, ready in enumerate((1, 2, 3)):
        promise(f"p-{number}", number, 2)
        books.tell(at(ready), "web", "Pickup Ready", f"p-{number}", number, store_id="paris-1")
    books.sell(at(0), "web", "unpromised", 9)
    books.tell(at(0), "web", "Pickup Requested", "unpromised", 9, store_id="paris-1")
    promise("never", 10, 2)
    promise("not over", 11, 30)
    promise("early", 12, 30)
    books.tell(at(5), "store", "Pickup Collected", "early", 12, store_id="paris-1")
    promise("cancelled", 13, 2)
    books.tell(at(1), "web", "Order Cancelled", "cancelled", 13)
    promise("parcel", 14, 2, "Order Promised")
    books.tell(at(3), "web", "Order Delivered", "parcel", 14)
    books.tell(at(1), "web", "Pickup Requested", "never", 10, store_id="paris-1", promised_at=at(20))
    promise("late and then cancelled", 15, 2, "Order Promised")
    books.tell(at(4), "web", "Order Cancelled", "late and then cancelled", 15)
    card = books.card("promise_kept", period="all")
    assert one(card, "promise_kept", unit="paris-1")[6:9] == (2 / 4, 2, 4)
    assert one(card, "promise_kept", unit="web")[6:9] == (0.0, 0, 2)
    assert values(books.card("promise_kept", by="channel", period="all"), "promise_kept") == {
        ("store",): 0.5, ("web",): 0.0,
    }  # fmt: skip


# What the credit ledger says


CREDIT = [
    CreditPart("paris-1", "2026-03", "EUR", 2, 300, 40, 900),
    CreditPart("paris-1", "2026-04", "EUR", 1, 100, 10, 500),
    CreditPart("lyon-1", "2026-03", "EUR", 2, 200, 20, 100),
    CreditPart("lyon-1", "2026-03", "JPY", 1, 50, 5, -70),
    CreditPart("depot", "2026-03", "EUR", 0, 0, 90, 0),
]


def credited(books):
    books.say(at(-1), "store", "Store Visited", store_id="paris-1")
    books.say(at(0), "store", "Store Visited", store_id="lyon-1")
    return books.metrics(credit_parts=lambda: CREDIT)


def test_help_is_told_by_unit_and_month(books):
    card = credited(books).card(metrics=["helped_elsewhere", "earned_by_helping", "service_given"])
    assert values(card, "helped_elsewhere") == {
        ("depot", "2026-03"): 0, ("lyon-1", "2026-03"): 3, ("paris-1", "2026-03"): 2, ("paris-1", "2026-04"): 1,
    }  # fmt: skip
    assert values(card, "earned_by_helping")["lyon-1", "2026-03", "JPY"] == 50
    assert one(card, "service_given", unit="paris-1", period="2026-04").before == 40


def test_before_history_the_ledger_tells_nothing_rather_than_zero(books):
    room, march = credited(books), at(-1)
    for asked in ({"period": "month"}, {"period": "all", "until": at(30)}):
        card = room.card(metrics=["helped_elsewhere", "profit_after_service"], since=march, **asked)
        rows = [row for row in card.rows if row.unit == "paris-1" and row.period in (None, "2026-03")]
        assert [(row.value, row.before) for row in rows] == [(2, None), (900, None)]
    april = room.card(metrics=["helped_elsewhere"], period="all", since=at(30), until=at(60))
    assert one(april, "helped_elsewhere", unit="paris-1")[6:13:6] == (1, 2)


def test_minutes_and_profit_add_up_over_units_and_help_does_not(books):
    room = credited(books)
    card = room.card(by="channel", period="all", metrics=["service_given", "profit_after_service"])
    assert values(card, "service_given") == {("store",): 75, ("",): 90}
    assert values(card, "profit_after_service") == {("", "EUR"): 0, ("store", "EUR"): 1500, ("store", "JPY"): -70}
    with pytest.raises(NotToldBy, match="helped_elsewhere cannot be told by channel"):
        room.card(by="channel", period="all", metrics=["helped_elsewhere"])
    with pytest.raises(NotToldBy, match="can only be told by unit, as its parts overlap"):
        room.card(by=(), period="all", metrics=["helped_elsewhere"])
    held = room.card(by=(), period="all", where={"unit": "paris-1"}, metrics=["helped_elsewhere"])
    assert one(held, "helped_elsewhere").value == 3


def test_without_a_ledger_or_a_whole_month_what_rests_on_it_is_not_told(books):
    room = credited(books)
    assert "by whole months" in room.card(period="all", since=at(3)).not_told["service_given"]
    assert Scorecards(books.written()).card(metrics=["service_given"]).not_told == {
        "service_given": "as there is no credit ledger here"
    }
    with pytest.raises(ScorecardAskedWrong, match="no credit ledger"):
        Scorecards(books.written()).measure("service_given")


def test_an_effect_is_told_only_where_a_test_was_given(books):
    books.say(at(0), "web", "Page Viewed")
    assert books.card("effect", period="all").not_told == {"effect": "as no test was given"}
    card = books.metrics(effects=lambda _: []).card(metrics=["effect"], period="all")
    assert (card.rows, card.not_told) == ((), {"effect": NOBODY_DRAWN})


def test_an_effect_is_the_difference_of_both_arms_of_a_programme_added_over_places_and_days(books):
    books.say(at(0), "store", "Store Visited", store="paris-1")
    day = number_of("day", at(0))
    parts = [
        EffectPart("taste", "paris-1", day, 60, 30, 50, 10),
        EffectPart("taste", "", day + 1, 40, 20, 50, 15, waiting=2),
        EffectPart("taste", "paris-1", day + 40, 30, 30, 30, 0),
        EffectPart("news", "paris-1", day, 29, 20, 300, 20),
        EffectPart("rare", "paris-1", day, 500, 2, 500, 2),
    ]
    asked = []
    room = books.metrics(effects=lambda by_unit: asked.append(by_unit) or parts)
    whole = room.card(metrics=["effect"], by=(), since=at(0), until=at(31), period="all")
    found = difference(50, 100, 25, 100)
    assert [(row.programme, row.value, row.low, row.high, row.numerator, row.denominator) for row in whole.rows] == [
        ("news", None, None, None, 29, 300),
        ("rare", None, None, None, 500, 500),
        ("taste", found.value, found.low, found.high, 100, 100),
    ]
    assert [row.why for row in whole.rows] == [
        "not measured yet: 29 of 30 customers in the smaller arm whose time is over",
        "not measured yet: 4 of 5 customers who reached the goal",
        None,
    ]
    assert [(row.too_few, row.is_over) for row in whole.rows][2] == (False, False)
    months = room.card(metrics=["effect"], by=("unit", "channel")).rows
    assert [(row.period, row.unit, row.channel, row.value) for row in months if row.programme == "taste"] == [
        ("2026-03", "", "", difference(20, 40, 15, 50).value),
        ("2026-03", "paris-1", "store", difference(30, 60, 10, 50).value),
        ("2026-04", "paris-1", "store", 1.0),
    ]
    assert room.card(metrics=["effect"], by=(), period="all", where={"channel": "web"}).rows == ()
    assert asked == [False, True, True]


def test_an_effect_is_no_one_number(books):
    with pytest.raises(ScorecardAskedWrong, match="effect is told of each programme, and is no one number"):
        books.metrics(effects=lambda _: [EffectPart("taste", "", 0, 50, 20, 50, 5)]).measure("effect")


# What can be asked


def test_a_metric_cannot_be_asked_by_what_its_fact_does_not_know(books):
    with pytest.raises(NotToldBy) as refusal:
        books.card("returns_taken", by="country")
    assert str(refusal.value) == (
        "returns_taken cannot be told by country: a return that was accepted is told by unit, channel only."
    )
    with pytest.raises(NotToldBy, match="returns_load cannot be told by country"):
        books.card("returns_load", where={"country": "FR"})
    with pytest.raises(NotToldBy, match="service_given cannot be told by week: it is told by month, all only"):
        books.card("service_given", period="week")
    assert "returns_taken" in books.card(by="country").not_told


def test_a_name_that_is_no_metric_is_answered_with_the_nearest(books):
    with pytest.raises(MetricUnknown, match=r"No metric is called 'convertion'\. The nearest is 'conversion'"):
        books.card("convertion")


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"by": "colour"}, "colour is no dimension; there are unit, channel, country"),
        ({"where": {"colour": "red"}}, "colour is no dimension"),
        ({"period": "year"}, "year is no period; there are day, week, month, all"),
        ({"since": at(2), "until": at(2)}, "it ends before it begins"),
    ],
)
def test_what_cannot_be_asked_says_why(books, asked, why):
    with pytest.raises(ScorecardAskedWrong, match=why):
        books.card(**asked)


def test_nothing_in_the_log_nothing_on_the_card(books):
    assert books.card().rows == ()
    assert books.metrics().measure("basket", {"unit": "web"}).value is None


# Time


@pytest.mark.parametrize("period", ["day", "week", "month"])
def test_periods_are_whole_numbers_without_gaps(period):
    moment = datetime(1999, 12, 1, tzinfo=UTC)
    before = None
    while moment.year < 2031:
        instant = parse_instant(moment.isoformat())
        number = number_of(period, instant)
        assert start_of(period, number) <= instant < start_of(period, number + 1)
        assert before in (None, number, number - 1)
        assert number_of(period, start_of(period, number)) == number
        expected = {"day": f"{moment:%Y-%m-%d}", "week": f"{moment:%G-W%V}", "month": f"{moment:%Y-%m}"}
        assert label_of(period, number) == expected[period]
        before, moment = number, moment + timedelta(hours=17)


def test_statements_number_periods_as_we_do(books):
    days = [0, 1, 6, 7, 29, 30, 300, 305, 306, 700]
    for number, day in enumerate(days):
        books.sell(at(day), "web", f"o-{number}", subject=number)
    for period in ("day", "week", "month"):
        expected = Counter(label_of(period, number_of(period, at(day))) for day in days)
        card = books.card("orders", period=period)
        assert {row.period: row.value for row in card.rows} == expected


def test_every_period_that_is_touched_is_told_whole_beside_the_one_before(books):
    for day in (-1, 27, 30, 45, 61):
        books.sell(at(day), "web", f"o-{day}", subject=day)
    card = books.card("orders", since=at(35), until=at(40))
    assert [(row.period, row.value, row.before, row.is_over) for row in card.rows] == [("2026-04", 2, 2, True)]
    assert (card.since, card.until) == (at(30), at(60))
    every = books.card("orders")
    assert [(row.period, row.value, row.before, row.is_over) for row in every.rows] == [
        ("2026-03", 2, None, True), ("2026-04", 2, 2, True), ("2026-05", 1, 2, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("begins", "before"), [(at(-1, 9), 1), (at(0, 9), None)])
def test_a_period_of_which_history_knows_only_a_part_is_nothing_to_compare_with(books, begins, before):
    books.sell(begins, "web", "o-1")
    books.sell(at(35), "web", "o-2")
    assert one(books.card("orders", since=at(30)), "orders").before == before
    assert one(books.card("orders", period="all", since=at(30), until=at(60)), "orders").before == before


def test_the_end_of_the_calendar_is_no_trouble(books):
    books.sell(at(-1), "web", "o-1")
    begins, ends = parse_instant("0001-01-01"), parse_instant("9999-12-31T23:59:59.999999")
    last_day, first_day = parse_instant("9999-12-31"), parse_instant("0001-01-02")
    for period in ("day", "week", "month", "all"):
        for since, until in ((begins, ends), (begins, last_day), (None, last_day), (begins, None), (None, first_day),
                             (begins, first_day), (last_day, ends), (last_day, None), (None, begins)):  # fmt: skip
            card = books.metrics(credit_parts=list).card(period=period, since=since, until=until)
            orders = [row.value for row in card.rows if row.metric == "orders"]
            assert orders == ([1] if (since or begins) == begins and (until or ends) > first_day else [])
            for told in (card.since, card.until):
                assert told is None or as_text(told)[4] == "-"


def test_where_a_unit_was_silent_the_period_before_was_nothing_and_not_unknown(books):
    books.sell(at(-1), "web", "o-1")
    books.sell(at(30), "paris-1", "o-2")
    card = books.card("orders", "conversion")
    assert one(card, "orders", unit="paris-1").before == 0
    assert one(card, "conversion", unit="paris-1").before is None


# One number


def test_one_number_is_measured_as_a_goal_asks_it(books):
    books.sell(at(0), "paris-1", "o-1", total=1000)
    books.sell(at(1), "paris-1", "o-2", total=500, currency="JPY")
    room = books.metrics(rates={"JPY": Decimal("0.0065")})
    row = room.measure("revenue", {"unit": "paris-1"}, at(0), at(2))
    assert (row.value, row.currency) == (1000 + 325, "EUR")
    assert room.measure("orders", {"unit": "paris-1"}, at(1), at(2)).value == 1
    assert room.measure("conversion", {"channel": "store"})[6:9] == (1.0, 2, 2)


def test_of_what_never_happened_a_sum_is_nothing_and_a_share_is_none(books):
    books.sell(at(0), "web", "o-1")
    room = books.metrics(credit_parts=list)
    there = {"unit": "web"}
    asked = {"orders": 0, "visits": 0, "revenue": 0, "service_given": 0, "conversion": None, "basket": None}
    assert {name: room.measure(name, there, at(30), at(60)).value for name in asked} == asked
    assert room.measure("revenue", there, at(30), at(60)).currency == "EUR"
    books.rewrite([], [])
    books.order_events = []
    books.sell(at(0), "web", "o-1", currency="KRW")
    assert books.metrics().measure("revenue", there).value is None
    assert books.metrics().known("unit") == ["web"]


def test_who_pays_in_two_currencies_is_one_person(books):
    for person in range(20):
        for currency in ("EUR", "JPY"):
            order_id = f"{person}-{currency}"
            books.sell(at(person), "web", order_id, subject=person, currency=currency)
            if person < 10:
                books.take_back(at(40), "paris-1", order_id, f"r-{order_id}", subject=person)
    row, expected = one(books.card("returns_sold", by="channel", period="all"), "returns_sold"), share(10, 20)
    assert (row.value, row.numerator, row.denominator, row.too_few) == (0.5, 20, 40, True)
    assert (row.low, row.high) == pytest.approx((expected.low, expected.high))


# Against a plain count


def plain_numbers(events, by, period):
    """Visits, visits with an order, orders, new customers and who came back, counted one by one."""

    def place(event):
        return tuple(event[name] for name in by), number_of(period, event["at"])

    counts = defaultdict(Counter)
    for who in {(event["person"], event["unit"]) for event in events}:
        mine = sorted((e for e in events if (e["person"], e["unit"]) == who), key=lambda e: e["at"])
        visit = None
        for event in mine:
            last = visit[-1]["at"] if visit else None
            in_store = event["channel"] == "store"
            same = last is not None and (
                last // DAY == event["at"] // DAY if in_store else event["at"] - last <= 30 * MINUTE
            )
            if same:
                visit.append(event)
            else:
                _close(counts, visit, place)
                visit = [event]
        _close(counts, visit, place)
    orders = sorted((e for e in events if e["buys"]), key=lambda e: (e["at"], e["order_id"]))
    known, by_period = set(), defaultdict(set)
    for order in orders:
        counts[place(order)]["orders"] += 1
        counts[place(order)]["new_customers"] += order["person"] not in known
        known.add(order["person"])
        by_period[number_of(period, order["at"])].add(order["person"])
    last = max(number_of(period, event["at"]) for event in events)
    for (part, number), people in _buyers(orders, place).items():
        if number < last:
            counts[part, number + 1]["customers"] += len(people)
            counts[part, number + 1]["back"] += len(people & by_period[number + 1])
    return counts


def _close(counts, visit, place):
    if visit:
        counts[place(visit[0])]["visits"] += 1
        counts[place(visit[0])]["buying"] += any(event["buys"] for event in visit)


def _buyers(orders, place):
    found = defaultdict(set)
    for order in orders:
        found[place(order)].add(order["person"])
    return found


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("by", "period"), [(("unit",), "week"), (("channel", "country"), "month"), ((), "day")])
def test_a_plain_count_of_a_random_log_says_the_same(books, seed, by, period):
    chance = Random(seed)
    homes = {person: chance.choice(["FR", "DE"]) for person in range(8)}
    events = []
    for number in range(150):
        unit = chance.choice(["web", "app", "paris-1", "lyon-1"])
        person = chance.randrange(8)
        events.append({
            "at": at(chance.randrange(70), chance.randrange(3), chance.choice([0, 10, 30, 31, 45])),
            "unit": unit, "channel": "store" if "-" in unit else unit, "country": homes[person], "person": person,
            "buys": chance.random() < 0.3, "order_id": f"o-{number:03}",
        })  # fmt: skip
    for event in events:
        if event["buys"]:
            books.sell(event["at"], event["unit"], event["order_id"], event["person"], country=event["country"])
        else:
            place = {"store_id": event["unit"]} if event["channel"] == "store" else {}
            books.say(event["at"], event["channel"], "Page Viewed", event["person"], country=event["country"], **place)
    names = ["visits", "conversion", "orders", "new_customers", "coming_back"]
    card = books.card(*names, by=by, period=period)
    expected = plain_numbers(events, by, period)
    found = defaultdict(Counter)
    for row in card.rows:
        key = tuple(getattr(row, name) for name in by), row.period
        if row.metric == "conversion":
            found[key].update({"visits_again": row.denominator, "buying": row.numerator})
        elif row.metric == "coming_back":
            found[key].update({"customers": row.denominator, "back": row.numerator})
        else:
            found[key][row.metric] += row.value
    for (part, number), counts in expected.items():
        told = found.pop((part, label_of(period, number)))
        assert told.pop("visits_again", 0) == counts["visits"]
        assert +told == +counts
    assert not any(+rest for rest in found.values())


# The registry


def test_every_part_is_a_column_of_its_fact_at_its_grain(books):
    books.sell(at(0), "web", "o-1")
    store = books.written()
    for fact in registry().facts.values():
        if not fact.given and fact.name != "customers":
            columns = set(store.ask(fact_sql(fact)).column_names)
            assert {*fact.parts, *fact.dimensions, "happened_at", "person", "alone"} <= columns


def test_every_metric_is_made_of_parts_and_has_two_names_and_words_of_its_own():
    metrics = registry().metrics.values()
    for metric in metrics:
        for name in filter(None, (metric.numerator, metric.denominator)):
            fact, _, part = name.partition(".")
            assert part in registry().facts[fact].parts or metric.id == "effect"
        assert metric.dimensions
    for told in ("store", "digital", "words"):
        names = [getattr(metric, told) for metric in metrics]
        assert len(set(names)) == len(names)


def test_statements_name_events_that_there_are():
    facts = [fact for fact in registry().facts.values() if not fact.given]
    named = {name for fact in facts for name in re.findall(r"'([A-Z]\w+ [A-Z ]\w[\w ]*)'", fact_sql(fact))}
    assert len(named) > 15
    assert named <= set(WORDS)


def test_a_card_says_how_each_number_was_counted_and_its_statement_tells_the_same(books):
    books.sell(at(0), "web", "o-1", total=700)
    card = books.card("basket", "returns_load", by=("unit",), where={"channel": "web"})
    assert set(card.counted["facts"]) == {"orders", "returns"}
    assert card.counted["metrics"]["basket"]["formula"] == "orders.revenue_minor / orders.orders_priced"
    asked = card.counted["facts"]["orders"]
    rows = books.written().ask(asked["sql"], asked["parameters"]).to_pylist()
    assert [row["revenue_minor"] for row in rows if row["currency"] == "EUR"] == [700]
