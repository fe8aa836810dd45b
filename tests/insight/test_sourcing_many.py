"""Many orders and one stock: what units are worth, windows that are never dearer, and weeks that are decided again."""

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.insight.sourcing.choosing import choose
from noline.insight.sourcing.keeping import Drop, Rivals, rivals_of
from noline.insight.sourcing.model import MINOR, Candidate, Need, Order, Waiting
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.programme import programme_of, solve
from noline.insight.sourcing.replay import replay
from noline.insight.sourcing.service import Sourcing
from noline.insight.sourcing.window import place
from noline.kernel.clock import DAY, SECOND

COSTS = {"parcel_minor": 500, "unit_minor": 20, "unit_per_km_minor": "0.1", "unfilled_minor": 3000, "reroute_minor": 90}
PLAIN = Policy.from_settings({"costs": COSTS})
SKUS = ("cup", "pot", "tin")


def at(location, distance_km, stock, **more):
    have = {sku: units for (where, sku), units in stock.items() if where == location}
    return Candidate(location, more.pop("kind", "store"), have, distance_km, **more)


def waiting(stock, distances, *, times=1.0, order=None, **wanted):
    needs = tuple(Need(sku, units) for sku, units in wanted.items())
    candidates = tuple(at(location, distance, stock) for location, distance in distances.items())
    return Waiting(needs, candidates, order or Order(), times)


# -- what units are worth


EAST, WEST = {"east": 100, "west": 1100}, {"east": 600, "west": 100}
"""Distances of two regions. A unit of the east costs the first region 100 less than one of the west, the second 50."""


def test_a_unit_is_worth_what_the_next_best_would_cost_more():
    stock = {("east", "cup"): 10, ("west", "cup"): 10}
    expected = [waiting(stock, EAST, cup=1, times=12.0), waiting(stock, WEST, cup=1, times=4.0)]
    found = Sourcing(PLAIN).spread(expected, stock)
    # All ten of the east are used; an eleventh would spare an order of the first region the way from the west.
    assert found.prices == {("east", "cup"): 100 * MINOR}
    assert found.used == {("east", "cup"): pytest.approx(10), ("west", "cup"): pytest.approx(6)}
    assert found.unfilled == pytest.approx(0)
    assert found.cost == (16 * 520 + 10 * 10 + 2 * 110 + 4 * 10) * MINOR


def test_what_will_run_out_is_worth_the_price_of_refusing():
    stock = {("east", "cup"): 10, ("west", "cup"): 0}
    found = Sourcing(PLAIN).spread([waiting(stock, EAST, cup=1, times=12.0)], stock)
    assert found.unfilled == pytest.approx(2)
    assert found.prices["east", "cup"] == (3000 - 530) * MINOR


def test_what_will_be_left_over_is_worth_nothing():
    stock = {("east", "cup"): 13, ("west", "cup"): 1}
    found = Sourcing(PLAIN).spread([waiting(stock, EAST, cup=1, times=12.0)], stock)
    assert found.prices == {}


def test_prices_keep_a_unit_for_the_order_that_needs_it_more():
    stock = {("east", "cup"): 1, ("west", "cup"): 1}
    far = waiting(stock, {"east": 100, "west": 150}, cup=1)
    near = waiting(stock, EAST, cup=1, times=1.5)
    room = Sourcing(PLAIN)
    assert room.choose(far.needs, far.candidates).plan.locations == ("east",)
    priced = room.with_outlook(room.outlook([[near]], stock))
    assert priced.choose(far.needs, far.candidates).plan.locations == ("west",)


def test_the_mean_of_futures_is_their_mean_and_of_none_nothing():
    stock = {("east", "cup"): 10, ("west", "cup"): 10}
    busy, calm = [waiting(stock, EAST, cup=1, times=12.0)], [waiting(stock, EAST, cup=1, times=3.0)]
    room = Sourcing(PLAIN)
    outlook = room.outlook([busy, calm], stock)
    assert outlook.prices == {("east", "cup"): 50 * MINOR}
    assert outlook.taken == {("east", "cup"): 6.5, ("west", "cup"): 1.0}
    assert room.with_outlook(room.outlook([], stock)).prices(stock, 0) == {}
    assert room.spread([], stock).cost == 0


def test_prices_without_scarcity_choose_between_places_and_refuse_nothing():
    stock = {("east", "cup"): 4, ("west", "cup"): 4}
    expected = [waiting(stock, EAST, cup=1, times=6.0), waiting(stock, {"east": 600, "west": 600}, cup=1, times=6.0)]
    room = Sourcing(PLAIN)
    kept = room.with_outlook(room.outlook([expected], stock))
    assert kept.prices(stock, 0) == {("east", "cup"): (3000 - 530) * MINOR, ("west", "cup"): (3000 - 580) * MINOR}
    between = room.with_outlook(room.outlook([expected], stock, scarcity=0.0))
    assert between.prices(stock, 0) == {("east", "cup"): 50 * MINOR}
    half = room.with_outlook(room.outlook([expected], stock, scarcity=0.5))
    assert half.prices(stock, 0) == {("east", "cup"): 1260 * MINOR, ("west", "cup"): 1210 * MINOR}
    far = waiting(stock, {"east": 5000, "west": 5000}, cup=1)
    assert kept.choose(far.needs, far.candidates).plan.unfilled == {"cup": 1}
    assert between.choose(far.needs, far.candidates).plan.unfilled == {}


def test_a_price_follows_what_was_sold_since_it_was_made():
    stock = {("east", "cup"): 16, ("west", "cup"): 16}
    expected = [waiting(stock, EAST, cup=1, times=20.0)]
    room = Sourcing(PLAIN)
    outlook = room.outlook([expected], stock)._replace(since=0, until=100)
    assert outlook.prices == {("east", "cup"): 100 * MINOR}
    followed = room.with_outlook(outlook)
    step = PLAIN.costs.parcel / 20
    # Half of the sixteen are expected to be sold at half time. With four left it is short by 4 of sqrt(8), with twelve
    # it has as many to spare; the west, of which four in all are expected, has enough in any case.
    as_expected = followed.prices({("east", "cup"): 8, ("west", "cup"): 14}, 50)
    assert as_expected == {("east", "cup"): 100 * MINOR}
    short = followed.prices({("east", "cup"): 4, ("west", "cup"): 14}, 50)
    assert short == {("east", "cup"): 100 * MINOR + round(step * 4 / 8**0.5)}
    spare = followed.prices({("east", "cup"): 12, ("west", "cup"): 14}, 50)
    assert spare == {("east", "cup"): 100 * MINOR - round(step * 4 / 8**0.5)}
    # After the period nothing is expected any more.
    assert followed.prices({("east", "cup"): 8, ("west", "cup"): 14}, 150) == {}


def test_a_unit_is_worth_what_the_next_in_line_gains():
    rivals = Rivals((Drop(900.0, 4.0), Drop(100.0, 16.0)), 1.0)
    assert rivals.worth(1.0, 1_000) == pytest.approx(0)
    assert rivals.worth(1.0, -1_000) == pytest.approx(1_000)
    # As many and a half as everybody asks for, and far more than the first class does.
    assert Rivals((Drop(100.0, 15.5),), 1.0).worth(1.0, 16) == pytest.approx(50)
    assert rivals.worth(0.5, 8) < rivals.worth(1.0, 8)
    assert rivals.worth(0.0, 0) == 0


def test_who_rides_along_gains_more_than_who_needs_a_parcel():
    stock = {("east", "cup"): 9, ("east", "pot"): 9}
    alone, along = waiting(stock, EAST, cup=1, times=8.0), waiting(stock, EAST, cup=1, pot=1, times=8.0)
    rivals = rivals_of([[alone, along]], stock, {}, PLAIN)["cup"]
    assert rivals.batch == 1
    # 3000 - 20 - 10 when the parcel leaves anyway, a parcel less when it does not.
    assert [drop.units for drop in rivals.drops] == [8, 16]
    assert [drop.gain for drop in rivals.drops] == [500 * MINOR, 2470 * MINOR]


def test_a_protected_unit_is_refused_only_while_it_is_scarce():
    stock = {("east", "cup"): 10, ("east", "pot"): 30}
    basket = waiting(stock, EAST, cup=1, pot=1, times=20.0)
    room = Sourcing(PLAIN)
    outlook = room.outlook([[basket]], stock, scarcity=0.0, protection=1.0)._replace(since=0, until=100)
    kept = room.with_outlook(outlook)
    poor = Need("cup", 1)
    assert kept.choose([poor], [at("east", 100, {("east", "cup"): 5})], Order(at=0)).plan.unfilled == {"cup": 1}
    assert kept.choose([poor], [at("east", 100, {("east", "cup"): 40})], Order(at=0)).plan.unfilled == {}
    assert kept.choose([poor], [at("east", 100, {("east", "cup"): 5})], Order(at=100)).plan.unfilled == {}


def made(seed, orders):
    """Orders of one to three lines for three locations, and their stock."""
    chance = Random(seed)
    stock = {(f"l{number}", sku): chance.randint(0, orders // 2) for number in range(3) for sku in SKUS}
    return stock, [
        waiting(
            stock,
            {f"l{number}": chance.randint(1, 3000) for number in range(3)},
            **{sku: chance.randint(1, 2) for sku in chance.sample(SKUS, chance.randint(1, 3))},
        )
        for _ in range(orders)
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_price_stands_only_on_a_stock_that_is_used_up(seed):
    stock, orders = made(seed, 30)
    found = Sourcing(PLAIN).spread(orders, stock)
    assert found.prices
    for cell in found.prices:
        assert found.used[cell] == pytest.approx(stock[cell], abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_no_order_could_do_better_at_these_prices(seed):
    stock, orders = made(seed, 30)
    found = Sourcing(PLAIN).spread(orders, stock)
    worth = sum(price * stock[cell] for cell, price in found.prices.items())
    free = sum(choose(one.needs, one.candidates, PLAIN, shadow=found.prices).plan.parts.weighed for one in orders)
    assert found.cost <= free - worth + MINOR  # whole parcels cost no less than fractions of them


@pytest.mark.parametrize("seed", range(5))
def test_orders_of_one_unit_that_pay_the_prices_and_choose_freely_choose_the_best_for_all(seed):
    """Complementary slackness: each order is served at its own best, and only what is used up has a price."""
    chance = Random(seed)
    stock = {(f"l{number}", sku): chance.randint(1, 9) for number in range(3) for sku in SKUS}
    orders = [
        waiting(stock, {f"l{number}": chance.randint(1, 3000) for number in range(3)}, **{chance.choice(SKUS): 1})
        for _ in range(40)
    ]
    found = Sourcing(PLAIN).spread(orders, stock)
    worth = sum(price * stock[cell] for cell, price in found.prices.items())
    free = sum(choose(one.needs, one.candidates, PLAIN, shadow=found.prices).plan.parts.weighed for one in orders)
    assert found.prices
    assert found.cost == pytest.approx(free - worth, rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_no_plan_of_known_orders_costs_less_than_the_bound(seed):
    stock, orders = made(seed, 30)
    bound = Sourcing(PLAIN).spread(orders, stock).cost
    assert bound <= place(orders, stock, PLAIN, seconds=5, gap=0.0).weighed


# -- windows


def taken(window):
    units = Counter()
    for decision in window.decisions:
        for parcel in decision.plan.parcels:
            units.update({(parcel.location, sku): count for sku, count in parcel.units.items()})
    return units


def test_orders_that_wait_together_leave_each_other_what_they_need_more():
    stock = {("east", "cup"): 1, ("west", "cup"): 1}
    first = waiting(stock, {"east": 100, "west": 150}, cup=1)
    second = waiting(stock, EAST, cup=1)
    window = place([first, second], stock, PLAIN, seconds=5)
    assert [decision.plan.locations for decision in window.decisions] == [("west",), ("east",)]
    assert (window.weighed, window.one_by_one) == ((2 * 520 + 15 + 10) * MINOR, (2 * 520 + 10 + 110) * MINOR)
    assert window.by == "together"
    assert window.bound == window.weighed
    assert Sourcing(PLAIN).explain(window.decisions[0])[2] == (
        "By itself the order would go to east, 0.05 EUR cheaper; other orders needed it more."
    )


@pytest.mark.parametrize("seed", range(6))
def test_a_window_is_never_dearer_than_one_by_one_and_fits_the_stock(seed):
    stock, orders = made(seed, 25)
    window = place(orders, stock, PLAIN, seconds=5)
    assert window.weighed <= window.one_by_one
    assert window.weighed == sum(decision.plan.parts.weighed for decision in window.decisions)
    assert all(units <= stock[cell] for cell, units in taken(window).items())
    left = dict(stock)
    greedy = 0
    for one in orders:
        shelves = [at(candidate.location, candidate.distance_km, left) for candidate in one.candidates]
        plan = choose(one.needs, shelves, PLAIN).plan
        greedy += plan.parts.weighed
        for parcel in plan.parcels:
            for sku, units in parcel.units.items():
                left[parcel.location, sku] -= units
    assert window.one_by_one == greedy


def test_each_decision_of_a_window_stands_beside_what_the_ones_before_it_left():
    stock = {("east", "cup"): 3, ("west", "cup"): 1}
    orders = [waiting(stock, EAST, cup=2), waiting(stock, EAST, cup=1), waiting(stock, EAST, cup=1)]
    orders = [
        Waiting(
            one.needs, tuple(at(near.location, near.distance_km, stock, capacity_left=5) for near in one.candidates)
        )
        for one in orders
    ]
    window = place(orders, stock, PLAIN, seconds=5)
    assert [
        [(near.available["cup"], near.parcels_today, near.capacity_left) for near in decision.candidates]
        for decision in window.decisions
    ] == [[(3, 0, 5), (1, 0, 5)], [(1, 1, 4), (1, 0, 5)], [(0, 2, 3), (1, 0, 5)]]


def test_without_time_a_window_is_decided_one_by_one():
    stock, orders = made(3, 60)
    window = place(orders, stock, PLAIN, seconds=0.0)
    assert window.weighed <= window.one_by_one
    assert len(window.decisions) == 60


def test_a_window_gives_no_location_more_parcels_than_it_can_take_and_splits_no_further_than_allowed():
    policy = Policy.from_settings({"costs": COSTS, "rules": {"parcels_a_day": {"store": 2}, "most_parcels": 1}})
    stock = {("east", "cup"): 9, ("west", "cup"): 9, ("west", "pot"): 9}
    orders = [waiting(stock, EAST, cup=1, pot=1) for _ in range(5)]
    window = place(orders, stock, policy, seconds=5)
    assert Counter(parcel.location for one in window.decisions for parcel in one.plan.parcels) == {"east": 2, "west": 2}
    assert max(len(decision.plan.parcels) for decision in window.decisions) == 1


def test_an_empty_window_is_empty():
    window = place([], {}, PLAIN, seconds=1)
    assert (window.decisions, window.weighed, window.by) == ((), 0, "one by one")


def test_a_whole_solution_is_no_cheaper_than_one_in_fractions():
    stock, orders = made(1, 10)
    room = Sourcing(PLAIN)
    fractions = room.spread(orders, stock)
    from noline.insight.sourcing.offers import NO_SHADOW, offers_of

    asked = [offers_of(one.needs, one.candidates, PLAIN, one.order, NO_SHADOW) for one in orders]
    whole = solve(programme_of(asked, [1.0] * len(asked), stock), whole=True, seconds=5)
    assert fractions.cost / MINOR <= whole.cost + 1e-6
    assert whole.bound <= whole.cost + 1e-6


# -- weeks that are decided again


def week(seed, orders, policy):
    """Orders decided one by one over a stock that only falls, a quarter of a day apart."""
    chance = Random(seed)
    stock = {(f"l{number}", sku): chance.randint(0, orders) for number in range(3) for sku in SKUS}
    parcels = Counter()
    decisions = []
    for number in range(orders):
        when = number * DAY // 4
        candidates = [
            at(f"l{place}", chance.randint(1, 3000), stock, kind=("store", "warehouse")[place % 2], pick_success=0.75,
               parcels_today=parcels[f"l{place}", when // DAY])
            for place in range(3)
        ]  # fmt: skip
        wanted = [Need(sku, chance.randint(1, 2)) for sku in chance.sample(SKUS, chance.randint(1, 3))]
        shadow = {("l1", "cup"): chance.randint(0, 90) * MINOR}
        decision = choose(wanted, candidates, policy, order=Order("web", 1000, when), shadow=shadow)
        for parcel in decision.plan.parcels:
            parcels[parcel.location, when // DAY] += 1
            for sku, units in parcel.units.items():
                stock[parcel.location, sku] -= units
        decisions.append(decision)
    return decisions


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.randoms())
def test_a_replay_under_the_same_rules_gives_exactly_the_same_numbers(seed, chance):
    policy = Policy.from_settings({"costs": COSTS, "rules": {"parcels_a_day": {"store": 2}, "most_parcels": 2}})
    decisions = week(seed, 20, policy)
    chance.shuffle(decisions)
    report = replay(decisions, policy)
    assert report.replayed == report.decided
    assert report.decided_at_new_costs == report.decided.cost
    assert report.changed == ()


def test_a_replay_sees_what_history_would_have_had_left():
    stock = [{("a", "cup"): 1, ("b", "cup"): 1}, {("a", "cup"): 0, ("b", "cup"): 1}]
    history = [
        choose([Need("cup", 1)], [at("a", 10, left), at("b", 20, left, kind="warehouse")], PLAIN,
               order=Order("web", 0, number * SECOND))
        for number, left in enumerate(stock)
    ]  # fmt: skip
    assert [decision.plan.locations for decision in history] == [("a",), ("b",)]
    report = replay(history, Policy.from_settings({"costs": COSTS, "rules": {"prefer": ["b"], "prefer_step_minor": 9}}))
    # The first order takes the unit of b; so the second finds the unit of a that history had sent already.
    assert [(one.place, one.was, one.would_be) for one in report.changed] == [(0, ("a",), ("b",)), (1, ("b",), ("a",))]
    assert report.replayed.units_unfilled == 0
    assert report.decided.cost == report.replayed.cost == (2 * 520 + 1 + 2) * MINOR


def test_a_replay_counts_parcels_that_it_gave_itself():
    day = {("a", "cup"): 9, ("b", "cup"): 9}
    history = [
        choose([Need("cup", 1)], [at("a", 10, day, parcels_today=number), at("b", 20, day)],
               PLAIN, order=Order("web", 0, number * SECOND))
        for number in range(3)
    ]  # fmt: skip
    one_each = Policy.from_settings({"costs": COSTS, "rules": {"parcels_a_day": {"a": 1, "b": 1}}})
    report = replay(history, one_each)
    assert (report.decided.parcels, report.replayed.parcels) == (3, 2)
    assert (report.decided.units_unfilled, report.replayed.units_unfilled) == (0, 1)
    assert report.replayed.cost == (520 + 1 + 520 + 2 + 3000) * MINOR


def test_a_replay_under_dearer_parcels_prices_history_with_them():
    history = week(1, 20, PLAIN)
    dear = Policy.from_settings({"costs": COSTS | {"parcel_minor": 900}})
    report = replay(history, dear)
    assert report.decided_at_new_costs == report.decided.cost + 400 * MINOR * report.decided.parcels
    assert report.replayed.parcels <= report.decided.parcels


def test_promises_are_kept_as_surely_as_goods_are_found_where_they_are_planned():
    sure = Candidate("sure", "store", {"cup": 3}, 10, pick_success=1.0)
    unsure = Candidate("unsure", "store", {"pot": 1}, 10, pick_success=0.5)
    decision = choose([Need("cup", 3), Need("pot", 1)], [sure, unsure], PLAIN)
    report = replay([decision], PLAIN)
    assert report.decided.kept == report.replayed.kept == 3.5 / 4
    assert report.decided.units == 4
    assert replay([], PLAIN).decided.kept is None
