"""A day at a store: from its own midnight to the next, and with what channels told to be ready there."""

import pytest

from counter import Counter
from noline.flows.local_time import day_of, instant_of
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, MINUTE, as_text, parse_instant


@pytest.mark.parametrize(
    ("country", "zone", "now", "begins", "ends"),
    [
        ("FR", "", "2026-03-28T12:00Z", "2026-03-27T23:00Z", "2026-03-28T23:00Z"),
        ("FR", "", "2026-03-29T00:30Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("FR", "", "2026-03-29T20:00Z", "2026-03-28T23:00Z", "2026-03-29T22:00Z"),
        ("FR", "", "2026-10-24T22:30Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        ("FR", "", "2026-10-25T22:30Z", "2026-10-24T22:00Z", "2026-10-25T23:00Z"),
        ("US", "America/Chicago", "2026-11-01T23:00Z", "2026-11-01T05:00Z", "2026-11-02T06:00Z"),
        ("AU", "Australia/Sydney", "2026-04-05T12:00Z", "2026-04-04T13:00Z", "2026-04-05T14:00Z"),
        ("JP", "", "2026-03-29T20:00Z", "2026-03-29T15:00Z", "2026-03-30T15:00Z"),
        (None, "", "2026-03-29T20:00Z", "2026-03-29T00:00Z", "2026-03-30T00:00Z"),
    ],
)
def test_a_day_has_23_24_or_25_hours_as_the_clock_there_has(country, zone, now, begins, ends):
    assert day_of(parse_instant(now), country, zone) == (parse_instant(begins), parse_instant(ends))


@pytest.mark.parametrize(
    ("clock", "instant"),
    [
        ("2026-03-29T01:59", "2026-03-29T00:59Z"), ("2026-03-29T03:00", "2026-03-29T01:00Z"),
        ("2026-10-25T01:59", "2026-10-24T23:59Z"), ("2026-10-25T03:00", "2026-10-25T02:00Z"),
    ],
)  # fmt: skip
def test_a_time_is_as_the_clock_on_the_wall_says_it(clock, instant):
    assert instant_of(parse_instant(clock), "FR") == parse_instant(instant)


def test_a_time_that_the_clock_shows_twice_is_one_of_both():
    both = {parse_instant("2026-10-25T00:30Z"), parse_instant("2026-10-25T01:30Z")}
    assert instant_of(parse_instant("2026-10-25T02:30"), "FR") in both


@pytest.mark.parametrize(
    ("clock", "instant"),
    [
        ("2026-03-29T01:30", "2026-03-29T00:30Z"),
        ("2026-03-29T02:30", "2026-03-29T01:30Z"),
        ("2026-10-25T02:30", "2026-10-25T01:30Z"),
        ("2026-10-25T02:30+02:00", "2026-10-25T00:30Z"),
    ],
)
def test_a_follow_up_is_due_by_the_clock_of_its_store_also_at_hours_that_are_skipped_or_shown_twice(
    shop: Counter, clock, instant
):
    due = shop.hub.shop_days.instant(clock, "paris-1")
    made = shop.hub.clienteling.plan_follow_up(shop.person(), "call her", due, by="lea", store="paris-1")
    assert shop.hub.clienteling.follow_up(made.id).due == parse_instant(instant)


@pytest.fixture
def shop(hub: Hub) -> Counter:
    return Counter(hub)


def told_ready(shop: Counter, order: str, *, days: float = 1, **properties: str) -> None:
    """A web shop sells an order to Anna, and its own desk tells that it lies in Paris."""
    shop.buys(order, ("vespro", 2), ("petalo", 1), days=days + 2, source="shop")
    shop.tells(
        "warehouse", "Pickup Ready", days=days, user="anna", order_id=order, **{"store_id": "paris-1"} | properties
    )


def test_what_a_channel_tells_to_be_ready_is_among_the_pickups_of_the_day_and_on_the_card(shop: Counter):
    told_ready(shop, "o-1")
    told_ready(shop, "o-2", store_id="lyon-2")
    ((ready, whom),) = shop.hub.shop_days.today("paris-1").pickups
    assert (ready.order, ready.fulfilment, whom) == ("o-1", None, (shop.person(), "Anna Muster"))
    assert as_text(ready.since) == as_text(parse_instant(shop.at(1)))
    assert ready.lines == (("vespro", "Vespro", 2), ("petalo", "Petalo", 1))
    (pickup,) = shop.card().pickups
    assert (pickup.order, pickup.fulfilment) == ("o-1", "")
    assert [one.sku for one in pickup.lines] == ["vespro", "petalo"]
    assert [one.order for one in shop.card(store="lyon-2").pickups] == ["o-2"]


@pytest.mark.parametrize("end", ["Pickup Collected", "Order Cancelled"])
def test_what_was_collected_or_called_off_lies_there_no_more(shop: Counter, end: str):
    told_ready(shop, "o-1")
    shop.tells("till", end, days=0.5, user="anna", order_id="o-1", store_id="paris-1")
    assert shop.hub.shop_days.today("paris-1").pickups == []
    assert shop.card().pickups == ()


def test_an_order_of_long_ago_of_which_nobody_told_the_end_is_not_expected_for_ever(shop: Counter):
    told_ready(shop, "o-1", days=70)
    assert shop.hub.shop_days.today("paris-1").pickups == []


def test_a_day_tells_how_far_its_clock_is_ahead(shop: Counter):
    day = shop.hub.shop_days.today("paris-1")
    assert (day.begins + day.ahead_minutes * MINUTE) % DAY in {0, HOUR, DAY - HOUR}
    assert day.ahead_minutes in {60, 120}
