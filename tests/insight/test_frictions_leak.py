"""What a friction costs: planted sizes are counted exactly, planted effects lie in their intervals."""

import logging
from math import exp, lgamma, log, log1p

import numpy as np
import pytest

from insight.frictions_plain import Event, store_of
from insight.frictions_planted import planted
from noline.insight.frictions import resampling
from noline.insight.frictions.service import Frictions
from noline.kernel.clock import DAY, HOUR, parse_instant

START = parse_instant("2026-01-05T00:00:00Z")
PROMISED = 0.93


def of(whole):
    return Frictions(whole.store, currency="EUR", observed_until=whole.observed_until).one("F2")


@pytest.mark.parametrize("seed", range(5))
def test_planted_cases_are_counted_exactly(seed):
    log = planted(seed)
    found = of(log)
    assert (found.cases, found.persons, found.exposed_minor) == (log.cases, log.persons, log.exposed_minor)
    assert (found.at_risk, found.undecided, found.matched) == (400, 0, log.persons)
    assert sum(month.cases for month in found.trend) == log.cases
    assert found.label == "association"


def covered(seeds: range, **how: float) -> tuple[int, float, float]:
    """How often the interval holds the truth, and by how much the leak and the naive comparison are wrong on average.

    Wrong by: in parts of what is exposed.
    """
    held, wrong, naive_wrong = 0, 0.0, 0.0
    for seed in seeds:
        log = planted(seed, **how)
        found = of(log)
        held += found.leak_low <= log.lost_minor <= found.leak_high
        wrong += (found.leak_minor - log.lost_minor) / log.exposed_minor / len(seeds)
        naive_wrong += (log.naive_minor - log.lost_minor) / log.exposed_minor / len(seeds)
    return held, wrong, naive_wrong


def chance_of_at_most(held: int, tried: int, promised: float) -> float:
    def chance_of(one: int) -> float:
        ways = lgamma(tried + 1) - lgamma(one + 1) - lgamma(tried - one + 1)
        return exp(ways + one * log(promised) + (tried - one) * log1p(-promised))

    return sum(chance_of(one) for one in range(held + 1))


def test_intervals_hold_the_planted_effect_as_often_as_promised_where_the_naive_comparison_is_wrong():
    held, wrong, naive_wrong = covered(range(200), persons=200)
    # So few would be found by chance in fewer than one of twenty, were 93 % of all intervals right.
    assert chance_of_at_most(held, 200, PROMISED) > 0.05
    assert abs(wrong) < 0.01
    assert naive_wrong < -0.05


LOGS = 1_000
KINDS = {
    "usual": {},
    "few": {"persons": 120},
    "nobody buys any more": {"effect": 0.6, "usual": 0.65, "spread": 0.0},
    "small effect": {"effect": 0.1, "persons": 800},
}


@pytest.mark.long
def test_of_a_thousand_logs_of_each_kind_as_many_intervals_hold_the_effect_as_promised():
    held = {kind: covered(range(1_000, 1_000 + LOGS), **how)[0] for kind, how in KINDS.items()}
    logging.getLogger(__name__).info("of %s intervals of each kind held the planted effect: %s", LOGS, held)
    assert min(held.values()) >= PROMISED * LOGS
    # Of all together the exact one-sided 95 % lower bound lies above: so many by chance in fewer than one of twenty.
    assert 1 - chance_of_at_most(sum(held.values()) - 1, LOGS * len(KINDS), PROMISED) < 0.05


def test_without_an_effect_nothing_is_shown_to_leak():
    lows = [of(planted(seed, persons=150, effect=0.0)).leak_low for seed in range(40)]
    assert sum(low == 0 for low in lows) >= 37


def test_the_same_events_always_give_the_same_interval():
    one, other = of(planted(3)), of(planted(3))
    assert one == other


def test_persons_who_are_alike_are_drawn_together_and_nothing_is_lost():
    chance = np.random.default_rng(1)
    size, groups, persons = 900, 4, 300
    group, person = chance.integers(0, groups, size), chance.integers(0, persons, size)
    met, reached, value = chance.random(size) < 0.2, chance.random(size) < 0.5, chance.integers(0, 99, size)
    sums = resampling.Sums.of(group, person, met, reached, value)
    assert sums.sizes.sum() == np.unique(person).size
    assert sums.sizes.size < np.unique(person).size
    for arm, chosen in ((sums.with_it, met), (sums.without, ~met)):
        for column, expected in ((arm.count, np.ones(size)), (arm.reached, reached), (arm.value, value)):
            told = np.bincount(arm.group, weights=column * sums.sizes[arm.unit], minlength=groups)
            if column is not arm.value or arm is sums.with_it:
                assert told.tolist() == np.bincount(group[chosen], weights=expected[chosen], minlength=groups).tolist()


# By hand


def checkout(person: int, day: float, *, fails: bool, buys: bool, store: str = "s1", month: int = 0) -> list[Event]:
    at = START + month * 30 * DAY + round(day * DAY)
    told = [Event(person, at, "web", "Checkout Started", 0, store_id=store, country="FR", amount_minor=1_000)]
    if fails:
        told += [Event(person, at + 1, "web", "Checkout Failed", 0), Event(person, at + 2, "call", "Call Started", 0)]
    if buys:
        told.append(Event(person, at + HOUR, "store", "Order Completed", 0, store_id=store, amount_minor=1_000))
    return told


def frictions(events: list[Event], observed: float = 60) -> Frictions:
    numbered = [event._replace(seq=seq) for seq, event in enumerate(events, 1)]
    return Frictions(store_of(numbered), currency="EUR", observed_until=START + round(observed * DAY))


def test_the_leak_is_the_value_times_the_goals_that_are_missing():
    events = [event for person in range(10) for event in checkout(person, 1, fails=True, buys=person < 2)]
    events += [event for person in range(10, 40) for event in checkout(person, 1, fails=False, buys=person < 34)]
    found = frictions(events).one("F2")
    assert found.leak_minor == round(10 * 1_000 * (24 / 30 - 2 / 10))
    assert found.leak_low < found.leak_minor < found.leak_high
    assert (found.conversion_with.value, found.conversion_without.value) == (0.2, 0.8)
    assert found.lift == pytest.approx(0.25)
    assert (found.matched, found.exposed_minor) == (10, 10_000)


def test_a_month_with_other_habits_is_compared_with_itself():
    events = []
    for month, (usual, friction) in enumerate(((9, 6), (3, 0))):
        base = 100 * month
        for person in range(10):
            events += checkout(base + person, 1, fails=False, buys=person < usual, month=month)
        for person in range(10 - 8 * month):
            buys = person < (friction if month == 0 else 0)
            events += checkout(base + 50 + person, 1, fails=True, buys=buys, month=month)
    found = frictions(events).one("F2")
    assert found.leak_minor == round(1_000 * (10 * (0.9 - 0.6) + 2 * (0.3 - 0)))


def test_a_store_with_enough_of_both_is_a_group_of_its_own():
    events = []
    for number, (store, usual, friction) in enumerate((("s1", 10, 10), ("s2", 0, 0))):
        for person in range(20):
            events += checkout(1_000 * number + person, 1, fails=False, buys=person < 2 * usual, store=store)
        # The friction is common where people never buy: without groups by store it would seem to cost a lot.
        for person in range(5 + 15 * number):
            events += checkout(1_000 * number + 500 + person, 1, fails=True, buys=person < friction, store=store)
    found = frictions(events).one("F2")
    assert found.leak_minor == 0
    assert found.conversion_with.value == found.conversion_without.value == pytest.approx(5 / 25)


def test_without_comparable_journeys_there_is_no_leak_and_it_says_why():
    events = [event for person in range(40) for event in checkout(person, 1, fails=True, buys=False)]
    found = frictions(events).one("F2")
    assert (found.leak_minor, found.leak_low, found.leak_high, found.matched) == (None, None, None, 0)
    assert found.why_no_leak == "Everybody who met the first step met the friction, so nothing can be compared."
    events += [event for person in range(50, 90) for event in checkout(person, 1, fails=False, buys=True, month=1)]
    found = frictions(events).one("F2")
    assert found.leak_minor is None
    assert found.why_no_leak.startswith("No journey without the friction is comparable")


def test_what_the_log_cannot_tell_yet_is_compared_with_nothing():
    events = [event for person in range(40) for event in checkout(person, 1, fails=person < 20, buys=person >= 20)]
    early = frictions(events, observed=10).one("F2")
    assert (early.cases, early.leak_minor) == (20, None)
    assert early.why_no_leak == "There is no case so far of which the log tells long enough what followed."
    assert frictions(events, observed=15.1).one("F2").leak_minor == 20 * 1_000


def test_too_few_are_called_so_and_come_last():
    events = [event for person in range(40) for event in checkout(person, 1, fails=person < 4, buys=person >= 4)]
    room = frictions(events)
    assert room.one("F2").too_few
    assert room.one("F2").leak_minor == 4_000
    assert [one.id for one in room.ranked()][:2] == ["F3", "F2"]


def test_a_false_drop_off_costs_nothing_and_a_lost_cart_nobody_knows_what():
    events = []
    for person in range(40):
        at = START + DAY + person
        events.append(Event(person, at, "web", "Product Added", 0, sku="a", amount_minor=5_000))
        if person < 10:
            events.append(Event(person, at + DAY, "store", "Order Completed", 0, amount_minor=5_000))
    room = frictions(events)
    false, lost = room.one("F3"), room.one("F4")
    assert (false.persons, false.leak_minor, false.leak_low, false.leak_high) == (10, 0, 0, 0)
    assert "Credit" in false.why_no_leak
    assert (lost.persons, lost.exposed_minor, lost.leak_minor) == (30, 150_000, None)
    assert "competitor" in lost.why_no_leak
