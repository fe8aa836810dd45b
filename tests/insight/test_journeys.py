"""Each word of journeys, on logs small enough to count by hand."""

from decimal import Decimal

import pytest

from insight.handwritten import at
from noline.doors.cli.questions import PARTS
from noline.insight.journeys.model import (
    HandoffGroup,
    LostPerson,
    Reporting,
    Spread,
    StageCount,
    share_of_attempts,
)
from noline.insight.journeys.questions import QUESTIONS
from noline.insight.journeys.service import DIMENSIONS
from noline.kernel.clock import DAY
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.kernel.shares import Share, share, stands_out

LATER = at(100)


def test_an_empty_log_answers_every_question(log):
    journeys = log.journeys()
    assert journeys.handoffs() == []
    assert journeys.handoff_groups("mail", "store") == []
    assert journeys.lost_people("web", "store") == []
    assert journeys.handoff_breakdown("web", "store") == []
    assert journeys.handoff_seasons("web", "store") == {"store": [], "month": [], "store_and_month": []}
    assert journeys.carried_over("store", "web") == []
    assert journeys.drop_offs() == []
    assert journeys.stages() == []


def test_a_store_visit_two_days_after_the_web_is_a_hand_off(log):
    log.say(at(0, 10), "web", "Product Viewed", sku="ristretto", value_minor=900)
    log.say(at(2, 10), "store", "Store Visited")
    log.say(at(2, 11), "store", "Order Completed", object_id="o-1", value_minor=900)
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.declared, border.persons, border.arrived) == (1, 0, 1, 1)
    assert (border.lost, border.succeeded, border.undecided) == (0, 1, 0)
    assert log.border("store", "web") is None


def test_a_researcher_who_buys_nowhere_within_the_horizon_is_lost_after_arrival(log):
    log.say(at(0, 10), "web", "Product Viewed", sku="ristretto", value_minor=900)
    log.say(at(2, 10), "store", "Store Visited")
    border = log.border("web", "store", observed_until=at(16, 10))
    assert (border.lost, border.lost_before_arrival, border.lost_after_arrival) == (1, 0, 1)
    assert (border.value_minor, border.currency, border.attempts_lost) == (900, "EUR", 1)


def test_nobody_is_lost_before_the_log_has_observed_the_whole_horizon(log):
    log.say(at(0, 10), "web", "Product Viewed", sku="ristretto", value_minor=900)
    log.say(at(2, 10), "store", "Store Visited")
    border = log.border("web", "store", observed_until=at(16, 10) - 1)
    assert (border.lost, border.undecided, border.value_minor) == (0, 1, 0)
    assert border.share_lost is None


def test_without_being_told_the_log_observes_up_to_its_latest_touchpoint(log):
    log.say(at(0), "web", "Product Viewed", sku="ristretto")
    log.say(at(1), "store", "Store Visited")
    log.say(at(14, 23), "web", "Page Viewed", subject=9)
    assert log.border("web", "store").undecided == 1
    log.rewrite([*log.touchpoints], [])
    log.say(at(15), "web", "Page Viewed", subject=9)
    assert log.border("web", "store").lost == 1


def test_a_goal_in_a_third_channel_is_no_loss(log):
    log.say(at(0), "web", "Product Viewed", sku="ristretto")
    log.say(at(1), "store", "Store Visited")
    log.say(at(15), "app", "Order Completed", object_id="o-1")
    assert log.border("web", "store", observed_until=LATER).succeeded == 1
    assert log.border("web", "store", observed_until=LATER).lost == 0


def test_a_goal_a_moment_after_the_horizon_comes_too_late(log):
    log.say(at(0), "web", "Product Viewed", sku="ristretto")
    log.say(at(1), "store", "Store Visited")
    log.say(at(15) + 1, "app", "Order Completed", object_id="o-1")
    assert log.border("web", "store", observed_until=LATER).lost == 1


def test_who_wanted_nothing_has_nothing_to_lose(log):
    log.say(at(0), "web", "Page Viewed")
    log.say(at(1), "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.persons, border.lost, border.succeeded, border.undecided) == (1, 0, 0, 0)


def test_who_bought_on_the_web_and_fetches_in_the_store_is_not_lost(log):
    log.say(at(0, 10), "web", "Checkout Started", value_minor=4000)
    log.say(at(0, 10, 5), "web", "Order Completed", object_id="o-1", value_minor=4000)
    log.say(at(0, 10, 6), "web", "Pickup Requested", object_id="o-1", handoff_object="o-1")
    log.say(at(1, 10), "store", "Pickup Collected", object_id="o-1")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.declared, border.arrived, border.lost, border.succeeded) == (1, 1, 1, 0, 1)


def test_a_gap_of_more_than_thirty_days_ends_a_journey(log):
    log.say(at(0), "web", "Page Viewed")
    log.say(at(30), "store", "Store Visited")
    log.say(at(60) + 1, "web", "Page Viewed")
    assert log.border("web", "store").attempts == 1
    assert log.border("store", "web") is None


def test_a_goal_and_its_settling_time_end_a_journey(log):
    log.say(at(0), "web", "Order Completed", object_id="o-1")
    log.say(at(7), "store", "Store Visited")
    log.say(at(8), "web", "Page Viewed", subject=2)
    log.say(at(8), "web", "Order Completed", subject=2, object_id="o-2")
    log.say(at(15) + 1, "store", "Store Visited", subject=2)
    assert log.border("web", "store").persons == 1


def test_visits_to_a_store_on_one_day_are_one_visit(log):
    log.say(at(0, 9), "store", "Store Visited")
    log.say(at(0, 12), "web", "Page Viewed")
    log.say(at(0, 18), "store", "Product Tried", sku="machine")
    assert log.border("store", "web").attempts == 1
    assert log.border("web", "store") is None


def test_visits_to_a_store_on_two_days_are_two_visits(log):
    log.say(at(0, 23, 50), "store", "Store Visited")
    log.say(at(0, 23, 55), "web", "Page Viewed")
    log.say(at(1, 0, 5), "store", "Product Tried", sku="machine")
    assert log.border("store", "web").attempts == 1
    assert log.border("web", "store").attempts == 1


def test_a_pause_of_half_an_hour_is_the_same_web_visit_and_a_longer_one_is_not(log):
    log.say(at(0, 10), "web", "Page Viewed")
    log.say(at(0, 10, 10), "call", "Message Received")
    log.say(at(0, 10, 30), "web", "Page Viewed")
    assert log.border("call", "web") is None
    log.rewrite([], [])
    log.say(at(0, 10), "web", "Page Viewed")
    log.say(at(0, 10, 10), "call", "Message Received")
    log.say(at(0, 10, 30) + 1, "web", "Page Viewed")
    assert log.border("call", "web").attempts == 1


def test_a_visit_to_the_marketplace_may_pause_for_a_day(log):
    log.say(at(0), "marketplace", "Product Viewed", sku="machine")
    log.say(at(0, 12), "web", "Page Viewed")
    log.say(at(1), "marketplace", "Product Viewed", sku="machine")
    assert log.border("marketplace", "web").attempts == 1
    assert log.border("web", "marketplace") is None


def test_a_declared_hand_off_that_never_arrives_is_lost_once_its_end_and_the_horizon_are_observed(log):
    log.say(at(0), "web", "Product Reserved", value_minor=15000, handoff_until=at(3))
    assert log.border("web", "store", observed_until=at(17) - 1).undecided == 1
    border = log.border("web", "store", observed_until=at(17))
    assert (border.declared, border.arrived, border.lost_before_arrival, border.lost_after_arrival) == (1, 0, 1, 0)
    assert border.value_minor == 15000


def test_a_declared_hand_off_without_an_end_may_take_thirty_days(log):
    log.say(at(0), "web", "Product Reserved")
    assert log.border("web", "store", observed_until=at(44) - 1).undecided == 1
    assert log.border("web", "store", observed_until=at(44)).lost == 1
    log.rewrite(log.touchpoints, [])
    log.say(at(30), "store", "Store Visited")
    border = log.border("web", "store", observed_until=at(31))
    assert (border.attempts, border.arrived, border.undecided) == (1, 1, 1)


def test_whoever_comes_after_the_end_has_not_arrived(log):
    log.say(at(0), "web", "Product Reserved", handoff_until=at(3))
    log.say(at(3) + 1, "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.declared, border.persons, border.lost) == (2, 1, 1, 1)


def test_a_declared_hand_off_with_an_object_arrives_only_with_that_object(log):
    log.say(at(0), "mail", "Mailing Sent", handoff_to="store", handoff_object="campaign-1", handoff_until=at(10))
    log.say(at(1), "store", "Order Completed", object_id="o-7", value_minor=500)
    assert log.border("mail", "store", observed_until=LATER).lost_before_arrival == 1
    log.rewrite(log.touchpoints, [])
    log.say(at(2), "store", "Coupon Applied", object_id="campaign-1")
    border = log.border("mail", "store", observed_until=LATER)
    assert (border.attempts, border.arrived, border.lost) == (1, 1, 0)


def test_the_object_may_come_back_as_the_object_of_a_hand_off(log):
    log.say(at(0), "app", "Page Viewed", handoff_to="store", handoff_object="r-1")
    log.say(at(2), "store", "Store Visited", object_id="visit-9", handoff_object="r-1")
    assert log.border("app", "store", observed_until=LATER).declared == 1
    assert log.border("app", "store", observed_until=LATER).attempts == 1


def test_the_arrival_of_a_declared_hand_off_is_not_counted_again_as_a_crossing(log):
    log.say(at(0), "web", "Product Reserved", sku="machine", value_minor=9900)
    log.say(at(1), "web", "Page Viewed")
    log.say(at(2), "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.declared, border.arrived, border.lost_after_arrival) == (1, 1, 1, 1)
    assert border.value_minor == 9900


def test_a_mailing_alone_is_no_touchpoint(log):
    log.say(at(0), "mail", "Mailing Sent")
    log.say(at(1), "store", "Store Visited")
    assert log.journeys().handoffs() == []
    assert log.journeys().stages() == [StageCount("store", "discover", 1, 1)]


def test_two_mailings_of_one_person_are_two_instances_and_one_person(log):
    sent = (("c-1", "A", at(10)), ("c-2", "A", at(40)), ("c-3", "B", at(200)), ("c-4", None, at(9)))
    for campaign, group, until in sent:
        declared = {"handoff_object": campaign, "handoff_group": group, "handoff_until": until}
        log.say(at(0), "mail", "Mailing Sent", handoff_to="store", **declared)
    log.say(at(0), "store", "Coupon Applied", object_id="c-1")
    groups = log.journeys(observed_until=LATER).handoff_groups("mail", "store")
    assert [(g.group, g.attempts, g.persons, g.arrived, g.lost_before_arrival, g.undecided) for g in groups] == [
        ("A", 2, 1, 1, 1, 0),
        ("B", 1, 1, 0, 0, 1),
        (None, 1, 1, 0, 1, 0),
    ]
    assert isinstance(groups[0], HandoffGroup)
    assert groups[0].share_arrived == 0.5


def test_a_group_tells_who_came_and_was_lost_all_the_same(log):
    for subject, bought in ((1, True), (2, False), (3, False)):
        log.say(at(0), "web", "Product Reserved", subject=subject, handoff_group="Lyon", handoff_until=at(3))
        if subject < 3:
            log.say(at(1), "store", "Store Visited", subject=subject)
        if bought:
            log.say(at(1), "store", "Order Completed", subject=subject, object_id="o-1")
    [lyon] = log.journeys(observed_until=LATER).handoff_groups("web", "store")
    assert (lyon.attempts, lyon.arrived, lyon.lost_before_arrival, lyon.lost_after_arrival, lyon.lost) == (
        3,
        2,
        1,
        1,
        2,
    )
    assert (lyon.share_arrived, lyon.share_lost) == (2 / 3, 2 / 3)
    # The time of all three ends on one day: before it whoever came, and even bought, is counted and in no share.
    [early] = log.journeys(observed_until=at(17) - 1).handoff_groups("web", "store")
    assert (early.arrived, early.lost, early.undecided, early.undecided_after_arrival) == (2, 0, 3, 2)
    assert (early.share_arrived, early.share_lost) == (None, None)
    [over] = log.journeys(observed_until=at(17)).handoff_groups("web", "store")
    assert (over.undecided, over.share_arrived, over.share_lost) == (0, 2 / 3, 2 / 3)


def test_each_share_of_a_group_says_whether_it_rests_on_too_few(log):
    for subject in range(40):
        log.say(at(0), "web", "Product Reserved", subject=subject, handoff_group="Lyon", handoff_until=at(3))
        if subject > 3:
            log.say(at(1), "store", "Order Completed", subject=subject, object_id=f"o-{subject}")
    [lyon] = log.journeys(observed_until=LATER).handoff_groups("web", "store")
    assert (lyon.share_arrived, lyon.too_few) == (0.9, False)
    assert (lyon.share_lost, lyon.too_few_lost) == (0.1, True)


def test_a_share_lost_does_not_grow_as_the_log_grows_older(log):
    # Every day two people come to the store: one buys the day after, the other never.
    for day in range(30):
        for subject in (2 * day, 2 * day + 1):
            log.say(at(day), "web", "Product Viewed", subject=subject, sku="machine")
            log.say(at(day, 1), "store", "Store Visited", subject=subject)
        log.say(at(day + 1), "store", "Order Completed", subject=2 * day, object_id=f"o-{day}")
    every = list(log.touchpoints)
    for observed in (16, 20, 25, 44):
        log.rewrite([one for one in every if one["occurred_at"] <= at(observed)], [])
        border = log.border("web", "store", observed_until=at(observed))
        assert (border.share_lost, border.share_attempts_lost) == (0.5, 0.5)
        assert border.persons - border.undecided == border.arrived_decided == 2 * min(30, observed - 14)
        assert border.undecided_succeeded == min(30, observed) - min(30, observed - 14)


def test_a_share_of_attempts_stands_beside_the_share_of_people(log):
    for day in (0, 40, 80):
        log.say(at(day), "web", "Product Viewed", sku="a", value_minor=100)
        log.say(at(day + 1), "store", "Store Visited")
    log.say(at(81), "store", "Order Completed", object_id="o-1")
    told = log.border("web", "store", observed_until=LATER).as_dict()
    assert (told["share_lost"], told["attempts_lost"], told["attempts"], told["attempts_undecided"]) == (1.0, 2, 3, 0)
    assert told["share_attempts_lost"] == 2 / 3
    assert 0 < told["share_attempts_lost_low"] < 2 / 3 < told["share_attempts_lost_high"] < 1


def test_a_border_in_parts_shows_the_store_and_the_month_in_which_people_are_lost(log):
    for subject, day, store in ((1, 0, "lyon"), (2, 1, "lyon"), (3, 35, "lyon"), (4, 0, "paris")):
        log.say(at(day), "web", "Product Viewed", subject=subject, sku=f"sku-{store}", value_minor=100, country="FR")
        log.say(at(day + 1), "store", "Store Visited", subject=subject, store_id=store)
    log.say(at(2), "store", "Order Completed", subject=4, object_id="o-1")
    journeys = log.journeys(observed_until=LATER)

    def lost(by, **how):
        parts = journeys.handoff_breakdown("web", "store", by, **how)
        return [(part.value, part.month, part.persons, part.lost_after_arrival, part.value_minor) for part in parts]

    assert lost("store") == [("lyon", None, 3, 3, 300), ("paris", None, 1, 0, 0)]
    assert lost("month") == [("2026-03", None, 3, 2, 200), ("2026-04", None, 1, 1, 100)]
    assert lost("sku") == [("sku-lyon", None, 3, 3, 300), ("sku-paris", None, 1, 0, 0)]
    assert lost("country") == [("FR", None, 4, 3, 300)]
    assert lost("group") == [(None, None, 4, 3, 300)]
    assert lost("store", monthly=True) == [
        ("lyon", "2026-03", 2, 2, 200),
        ("lyon", "2026-04", 1, 1, 100),
        ("paris", "2026-03", 1, 0, 0),
    ]
    assert lost("month", monthly=True) == lost("month")
    assert lost("store", since=at(10)) == [("lyon", None, 1, 1, 100)]
    assert [part.value for part in journeys.handoff_seasons("web", "store")["store_and_month"]] == [
        "lyon", "lyon", "paris",
    ]  # fmt: skip
    with pytest.raises(NotFound) as refusal:
        journeys.handoff_breakdown("web", "store", "weather")
    assert refusal.value.name == "weather"


def test_the_store_of_a_hand_off_is_that_of_the_arrival_else_the_one_the_sender_named(log):
    log.say(at(0), "web", "Product Reserved", subject=1, store_id="lyon", handoff_until=at(3))
    log.say(at(0), "web", "Product Reserved", subject=2, store_id="lyon", handoff_until=at(3))
    log.say(at(1), "store", "Store Visited", subject=2, store_id="paris")
    log.say(at(0, 1), "web", "Product Viewed", subject=3, sku="a", store_id="nice")
    log.say(at(0, 1, 5), "web", "Page Viewed", subject=3)
    log.say(at(1), "store", "Store Visited", subject=3)
    parts = log.journeys(observed_until=LATER).handoff_breakdown("web", "store")
    assert [(part.value, part.arrived, part.lost_before_arrival, part.lost_after_arrival) for part in parts] == [
        ("lyon", 0, 1, 0),
        ("nice", 1, 0, 1),
        ("paris", 1, 0, 1),
    ]


def test_whoever_is_lost_in_two_parts_counts_in_each_and_once_in_the_whole(log):
    for day, store in ((0, "lyon"), (40, "paris")):
        log.say(at(day), "web", "Product Viewed", sku="a", value_minor=100)
        log.say(at(day + 1), "store", "Store Visited", store_id=store)
    journeys = log.journeys(observed_until=LATER)
    assert [part.lost for part in journeys.handoff_breakdown("web", "store")] == [1, 1]
    assert [border.lost for border in journeys.handoffs() if border.to_channel == "store"] == [1]


def test_advice_of_a_store_that_the_web_sold_is_credited_to_the_store(log):
    for subject, store in ((1, "lyon"), (2, "lyon"), (3, "lyon"), (4, "paris"), (5, "paris")):
        log.say(at(0, 10), "store", "Advice Given", subject=subject, sku="machine", store_id=store)
    log.say(at(0, 11), "store", "Order Completed", subject=1, object_id="o-1", value_minor=100)
    log.say(at(1), "web", "Order Completed", subject=1, object_id="o-2", value_minor=200)
    log.say(at(7, 10), "web", "Order Placed", subject=2, object_id="o-3", value_minor=400)
    log.say(at(8), "web", "Order Completed", subject=2, object_id="o-3", value_minor=800)
    log.say(at(7, 10) + 1, "web", "Order Completed", subject=3, object_id="o-4", value_minor=1600)
    log.say(at(1), "app", "Order Completed", subject=4, object_id="o-5", value_minor=3200)
    log.say(at(2), "web", "Order Completed", subject=4, object_id="o-6", value_minor=6400)
    log.say(at(3), "web", "Order Completed", subject=5, object_id="o-7", value_minor=1000, currency="SEK")
    lyon, paris = log.journeys(observed_until=LATER).carried_over("store", "web")
    assert (lyon.store_id, lyon.persons_left, lyon.persons, lyon.orders, lyon.revenue_minor) == ("lyon", 2, 1, 1, 800)
    assert (paris.store_id, paris.persons_left, paris.persons, paris.orders, paris.revenue_minor) == (
        "paris",
        2,
        1,
        1,
        0,
    )
    assert paris.revenue_other == (Money(1000, "SEK"),)
    assert (lyon.share_carried, lyon.too_few) == (0.5, True)


def test_a_goal_is_credited_to_the_last_visit_before_it_only(log):
    log.say(at(0), "store", "Product Tried", sku="machine", store_id="lyon")
    log.say(at(1), "store", "Product Tried", sku="machine", store_id="paris")
    log.say(at(2), "web", "Order Completed", object_id="o-1", value_minor=100)
    found = log.journeys(observed_until=LATER).carried_over("store", "web")
    assert [(place.store_id, place.persons_left, place.persons, place.orders) for place in found] == [
        ("paris", 1, 1, 1),
        ("lyon", 1, 0, 0),
    ]


def test_a_goal_is_credited_to_the_store_that_was_visited_before_it_on_that_day(log):
    log.say(at(0, 10), "store", "Product Tried", sku="machine", store_id="lyon")
    log.say(at(0, 12), "web", "Order Completed", object_id="o-1", value_minor=100)
    log.say(at(0, 15), "store", "Store Visited", store_id="paris")
    [place] = log.journeys(observed_until=LATER).carried_over("store", "web")
    assert (place.store_id, place.persons, place.orders, place.revenue_minor) == ("lyon", 1, 1, 100)


def test_who_may_still_order_is_not_counted_yet(log):
    log.say(at(0), "store", "Product Tried", sku="machine", store_id="lyon")
    assert log.journeys(observed_until=at(7) - 1).carried_over("store", "web") == []
    assert [place.persons_left for place in log.journeys(observed_until=at(7)).carried_over("store", "web")] == [1]
    assert log.journeys(observed_until=at(7)).carried_over("store", "web", within_days=8) == []


def test_many_attempts_of_one_person_tell_less_than_attempts_of_many():
    alone = share_of_attempts(30, 60, 60, Spread(30, 30, 60))
    assert (alone.low, alone.high) == (share(30, 60).low, share(30, 60).high)
    # Ten people with six attempts each, of whom five lost all and five none: worth ten attempts.
    together = share_of_attempts(30, 60, 10, Spread(5 * 36, 5 * 36, 10 * 36))
    assert (together.value, together.low, together.high) == (0.5, share(5, 10).low, share(5, 10).high)
    assert share_of_attempts(60, 60, 10, Spread(360, 360, 360)).low == share(10, 10).low
    assert share_of_attempts(0, 0, 0, Spread(0, 0, 0)) == Share(None, None, None, too_few=True)


@pytest.mark.parametrize(
    ("here", "others", "compared", "expected"),
    [
        ((15, 59), (51, 593), 1, True),
        ((10, 100), (100, 1000), 1, False),
        ((8, 100), (30, 900), 1, True),
        ((8, 100), (30, 900), 100, False),
        ((4, 4), (10, 1000), 1, False),
        ((7, 8), (10, 1000), 100, True),
        ((9, 10), (0, 0), 1, False),
        ((1, 100), (90, 100), 1, False),
    ],
)
def test_a_part_stands_out_only_beyond_chance(here, others, compared, expected):
    assert stands_out(*here, *others, compared=compared) is expected


def test_the_command_line_offers_every_dimension():
    assert PARTS == DIMENSIONS


def test_a_person_lost_twice_on_a_border_counts_once_with_the_latest_loss(log):
    log.say(at(0), "web", "Product Viewed", sku="a", value_minor=100)
    log.say(at(1), "store", "Store Visited")
    log.say(at(40), "web", "Product Viewed", sku="b", value_minor=700)
    log.say(at(41), "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.attempts_lost, border.persons, border.lost, border.value_minor) == (2, 2, 1, 1, 700)


def test_the_value_is_the_one_last_seen_in_the_sending_visit(log):
    log.say(at(0, 8), "web", "Product Added", sku="a", value_minor=99_999)
    log.say(at(0, 10), "web", "Product Viewed", sku="a", value_minor=100)
    log.say(at(0, 10, 5), "web", "Cart Viewed", value_minor=250)
    log.say(at(0, 10, 6), "web", "Page Viewed")
    log.say(at(1), "store", "Store Visited")
    assert log.border("web", "store", observed_until=LATER).value_minor == 250


def test_subjects_of_one_person_make_one_journey(log):
    log.say(at(0), "web", "Product Viewed", subject=11, sku="a")
    log.say(at(1), "store", "Store Visited", subject=12)
    assert log.border("web", "store", observed_until=LATER) is None
    log.rewrite(log.touchpoints, [])
    log.same_person(1, 11, 12)
    assert log.border("web", "store", observed_until=LATER).lost == 1


def test_a_till_where_nobody_is_known_is_in_no_journey(log):
    log.say(at(0), "web", "Page Viewed", subject=None)
    log.say(at(1), "store", "Order Completed", subject=None, object_id="o-1")
    assert log.journeys().handoffs() == []


def test_amounts_are_told_in_the_reporting_currency_and_those_without_a_rate_beside_it(log):
    for subject, currency, value in ((1, "EUR", 1000), (2, "JPY", 500), (3, "SEK", 700)):
        log.say(at(0), "web", "Product Viewed", subject=subject, sku="a", value_minor=value, currency=currency)
        log.say(at(1), "store", "Store Visited", subject=subject)
    [border] = log.journeys(rates={"JPY": Decimal("0.0061")}, observed_until=LATER).handoffs()
    assert (border.lost, border.value_minor, border.value_other) == (3, 1000 + 305, (Money(700, "SEK"),))
    assert border.as_dict()["from"] == "web"
    assert border.as_dict()["value_other"] == ({"amount_minor": 700, "currency": "SEK"},)


def test_lost_people_come_with_the_evidence(log):
    log.say(at(0), "web", "Page Viewed", subject=7)
    seen = log.say(at(5, 10), "web", "Product Viewed", subject=7, sku="machine", value_minor=9900)
    left = log.say(at(5, 10, 3), "web", "Product Added", subject=7, value_minor=9900)
    came = log.say(at(6), "store", "Store Visited", subject=8, store_id="paris-1")
    reserved = log.say(at(7), "web", "Product Reserved", subject=9, sku="grinder")
    log.same_person(70, 7, 8)
    journeys = log.journeys(observed_until=LATER)
    latest = LostPerson(9, 9, at(7), "before", True, "Product Reserved", "grinder", None, None, (reserved,))
    value, evidence = Money(9900, "EUR"), (seen, left, came)
    earlier = LostPerson(70, 7, at(5, 10, 3), "after", False, "Product Added", "machine", "paris-1", value, evidence)
    assert journeys.lost_people("web", "store") == [latest, earlier]
    assert journeys.lost_people("web", "store", limit=1, offset=1) == [earlier]
    assert journeys.lost_people("store", "web") == []


def test_a_time_span_takes_the_hand_offs_that_began_in_it(log):
    log.say(at(0), "web", "Product Viewed", sku="a")
    log.say(at(1), "store", "Store Visited")
    log.say(at(40), "web", "Product Viewed", sku="a", subject=2)
    log.say(at(41), "store", "Store Visited", subject=2)
    journeys = log.journeys(observed_until=LATER)
    assert [border.persons for border in journeys.handoffs()] == [2]
    assert [border.persons for border in journeys.handoffs(since=at(1))] == [1]
    assert journeys.handoffs(since=at(1), until=at(39)) == []


def test_observing_further_decides_what_was_undecided(log):
    log.say(at(0), "web", "Product Reserved")
    assert log.journeys().handoffs()[0].undecided == 1
    assert log.journeys().observing(LATER).handoffs()[0].lost == 1


def test_a_cart_that_is_bought_in_another_channel_is_a_false_drop_off(log):
    log.say(at(0), "web", "Product Added", subject=1, value_minor=100)
    log.say(at(14), "store", "Order Completed", subject=1, object_id="o-1")
    log.say(at(0), "web", "Product Added", subject=2, value_minor=200)
    log.say(at(0), "web", "Product Added", subject=3)
    log.say(at(1), "web", "Order Completed", subject=3, object_id="o-2")
    log.say(at(90), "web", "Product Added", subject=4, value_minor=400)
    log.say(at(0), "web", "Page Viewed", subject=5)
    [web] = log.journeys(observed_until=at(91)).drop_offs()
    assert (web.channel, web.intents, web.persons, web.own_view) == ("web", 4, 4, 2)
    assert (web.lost, web.false_drop_offs, web.undecided, web.value_minor) == (1, 1, 1, 200)
    assert (web.share_lost, web.share_false, web.too_few) == (1 / 3, 0.5, True)


def test_a_drop_off_counts_when_its_whole_horizon_is_observed_whatever_came_of_it(log):
    for subject, bought in enumerate(("store", "web", None), start=1):
        log.say(at(0), "web", "Product Added", subject=subject)
        if bought:
            log.say(at(2), bought, "Order Completed", subject=subject, object_id=f"o-{subject}")
    counts = "intents persons own_view lost false_drop_offs undecided".split()
    for observed, told in ((at(14) - 1, (3, 3, 0, 0, 0, 3)), (at(14), (3, 3, 2, 1, 1, 0))):
        [web] = log.journeys(observed_until=observed).drop_offs()
        assert tuple(getattr(web, name) for name in counts) == told
    [young] = log.journeys(observed_until=at(3)).drop_offs()
    assert (young.share_lost, young.share_false, young.share_false_low, young.share_false_high) == (None,) * 4
    assert young.too_few_false


def test_the_share_of_false_drop_offs_has_its_own_interval_and_its_own_too_few(log):
    for subject in range(1, 61):
        log.say(at(0), "web", "Product Added", subject=subject)
        if subject > 20:
            where = "web" if subject > 30 else "store"
            log.say(at(1), where, "Order Completed", subject=subject, object_id=f"o-{subject}")
    log.say(at(0), "call", "Case Opened", subject=1, object_id="c-1")
    web, call = log.journeys(observed_until=LATER).drop_offs()
    assert (web.lost, web.false_drop_offs, web.own_view, web.too_few, web.too_few_false) == (20, 10, 30, False, False)
    # Wilson at 10 of 30, z = 1.96, by hand: centre (1/3 + 0.06403) / 1.12805, reach 1.96 / 1.12805 * 0.09206.
    assert (web.share_false, web.share_false_low, web.share_false_high) == (
        pytest.approx(1 / 3), pytest.approx(0.1923, abs=5e-5), pytest.approx(0.5122, abs=5e-5),
    )  # fmt: skip
    assert (call.share_false, call.share_false_low, call.too_few_false) == (0.0, 0.0, True)


def test_a_goal_after_the_horizon_is_a_drop_off(log):
    log.say(at(0), "web", "Product Added")
    log.say(at(14) + 1, "store", "Order Completed", object_id="o-1")
    assert [drop.lost for drop in log.journeys(observed_until=LATER).drop_offs()] == [1]


def test_a_case_that_was_opened_by_call_and_resolved_there_is_kept(log):
    log.say(at(0), "call", "Case Opened", object_id="case-1")
    log.say(at(3), "call", "Case Resolved", object_id="case-1")
    [call] = log.journeys(observed_until=LATER).drop_offs()
    assert (call.persons, call.own_view, call.lost, call.false_drop_offs, call.undecided) == (1, 0, 0, 0, 0)


def test_a_step_reported_just_after_the_order_is_no_new_intent(log):
    log.say(at(0, 10), "web", "Checkout Started")
    log.say(at(0, 10, 1), "web", "Order Completed", object_id="o-1")
    log.say(at(0, 10, 1) + 200_000, "web", "Checkout Step Completed")
    [web] = log.journeys(observed_until=LATER).drop_offs()
    assert (web.own_view, web.lost) == (0, 0)


def test_every_question_tells_how_it_is_counted(log):
    journeys = log.journeys(horizon=10 * DAY)
    for question in QUESTIONS:
        counted = journeys.counted(question, sender="web", receiver="store")
        assert set(counted) == {"words", "sql", "parameters"}
        assert log.store.ask(counted["sql"], counted["parameters"]).num_rows == 0
    assert "within 10 days after arriving" in journeys.counted("handoffs")["words"]
    assert "within 2 days after the visit" in journeys.counted("carried_over", within=2 * DAY)["words"]
    with pytest.raises(NotFound) as refusal:
        journeys.counted("happiness")
    assert refusal.value.name == "happiness"


@pytest.mark.parametrize(
    ("cases", "persons", "expected"),
    [
        (0, 0, Share(None, None, None, too_few=True)),
        (5, 29, Share(0.1724, 0.0760, 0.3455, too_few=True)),
        (4, 40, Share(0.1000, 0.0396, 0.2305, too_few=True)),
        (5, 30, Share(0.1667, 0.0734, 0.3356, too_few=False)),
        (30, 30, Share(1.0, 0.8865, 1.0, too_few=False)),
        (0, 10, Share(0.0, 0.0, 0.2775, too_few=True)),
    ],
)
def test_a_share_has_its_wilson_interval(cases, persons, expected):
    found = share(cases, persons)
    assert found.too_few is expected.too_few
    for value, wanted in ((found.value, expected.value), (found.low, expected.low), (found.high, expected.high)):
        assert (None if value is None else round(value, 4)) == wanted


def test_a_total_is_rounded_once_for_each_currency():
    reporting = Reporting("EUR", {"USD": Decimal("0.5"), "KWD": Decimal(3)})
    amounts = [Money(1, "EUR"), Money(3, "USD"), Money(1000, "KWD"), Money(0, "SEK")]
    assert reporting.total(amounts) == (1 + 2 + 300, ())


def test_what_was_bought_is_not_exposed_any_more(log):
    log.say(at(0, 10), "web", "Order Completed", object_id="o-1", value_minor=5000)
    log.say(at(0, 10, 5), "web", "Product Viewed", sku="a")
    log.say(at(1), "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.lost, border.value_minor) == (1, 0)


def test_the_gap_of_a_journey_is_counted_from_whatever_was_done_last(log):
    for day in range(3):
        log.say(at(day), "marketplace", "Page Viewed")
    log.say(at(0, 12), "web", "Page Viewed")
    log.say(at(31), "store", "Store Visited")
    assert log.border("web", "store").attempts == 1


def test_a_visit_during_which_a_journey_settles_belongs_to_the_journey_in_which_it_began(log):
    log.say(at(0, 10), "web", "Order Completed", object_id="o-1")
    log.say(at(7, 9, 50), "web", "Page Viewed")
    log.say(at(7, 10, 10), "web", "Page Viewed")
    log.say(at(7, 11), "store", "Store Visited")
    assert log.border("web", "store") is None


def test_a_mailing_carries_nothing_over_from_a_visit_by_mail(log):
    log.say(at(0), "mail", "Product Viewed", sku="machine", value_minor=900)
    log.say(at(0, 1), "mail", "Mailing Sent", handoff_to="store", handoff_object="c-1")
    log.say(at(0, 2), "web", "Page Viewed")
    log.say(at(1), "store", "Coupon Applied", object_id="c-1")
    border = log.border("mail", "store", observed_until=LATER)
    assert (border.attempts, border.arrived, border.lost) == (1, 1, 0)


def test_what_was_wanted_only_after_arriving_was_not_carried_over(log):
    log.say(at(0, 10), "web", "Page Viewed")
    log.say(at(0, 10, 10), "store", "Store Visited")
    log.say(at(0, 10, 20), "web", "Product Viewed", sku="machine")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.persons, border.lost) == (1, 0)


def test_a_later_crossing_is_counted_beside_the_declared_hand_off(log):
    log.say(at(0), "web", "Product Reserved")
    log.say(at(1), "store", "Store Visited")
    log.say(at(2), "web", "Page Viewed")
    log.say(at(3), "store", "Store Visited")
    border = log.border("web", "store", observed_until=LATER)
    assert (border.attempts, border.declared, border.persons) == (2, 1, 1)


def test_a_drop_off_is_decided_at_the_very_end_of_the_horizon(log):
    log.say(at(0), "web", "Product Added")
    assert [drop.undecided for drop in log.journeys(observed_until=at(14) - 1).drop_offs()] == [1]
    assert [drop.lost for drop in log.journeys(observed_until=at(14)).drop_offs()] == [1]


def test_a_goal_at_the_instant_of_the_intent_counts(log):
    log.say(at(0), "web", "Product Added")
    log.say(at(0), "store", "Order Completed", object_id="o-1")
    assert [drop.false_drop_offs for drop in log.journeys(observed_until=LATER).drop_offs()] == [1]
