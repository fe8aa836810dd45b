"""The bench of sourcing pays for what really leaves, and holds all ways against the same hindsight."""

import json

import pytest
from click.testing import CliRunner

from noline.doors.bench.sourcing import DEAREST_MINOR, FARTHEST_KM, Aim, half_interval, paid, policy_of, run, served
from noline.doors.bench.sourcing_data import CENTRES, CITIES, DISTANCES_KM, ITEMS, KM_A_MILE, candidates, season
from noline.doors.bench.sourcing_ways import WAYS, Effort, exact, nearest, ranked
from noline.doors.cli.bench import bench
from noline.insight.sourcing.model import MINOR, Candidate, Need, Order
from noline.insight.sourcing.service import Sourcing

SMALL = Aim(orders=120, seasons=2, rejected=0.2, effort=Effort(40, 5.0, 3, 1))
BY_NAME = {way.name: way for way in WAYS}


@pytest.fixture(scope="module")
def result():
    return run(SMALL, lambda _: None)


def test_a_season_is_the_same_for_a_seed_and_its_orders_for_any_share_of_vain_picks():
    one, again, other, rejecting = season(1, 300), season(1, 300), season(2, 300), season(1, 300, 0.5)
    assert one == again
    assert one.orders != other.orders
    assert (one.orders, one.stock) == (rejecting.orders, rejecting.stock)
    asked = sum(len(needs) for _, needs in one.orders) * len(CENTRES)
    assert one.rejected == frozenset()
    assert 0.45 < len(rejecting.rejected) / asked < 0.55


def test_the_instance_is_as_it_is_said_to_be():
    one = season(3, 2000)
    assert (len(CITIES), len(CENTRES), len(ITEMS)) == (10, 5, 20)
    assert 1800 < len(one.orders) < 2200
    units = sum(need.units for _, needs in one.orders for need in needs)
    assert sum(one.stock.values()) == pytest.approx(units, rel=0.05)
    assert 0.6 < len(one.stock) / 100 < 0.9
    new_york, reno = DISTANCES_KM[0], [place.name for place in CENTRES].index("Reno")
    assert new_york[reno] / KM_A_MILE == pytest.approx(2400, rel=0.01)
    assert max(max(row) for row in DISTANCES_KM) == FARTHEST_KM


def test_costs_are_those_of_the_definition():
    costs = policy_of(0.0).costs
    miles = FARTHEST_KM / KM_A_MILE
    assert (costs.parcel, costs.unit) == (875_900_000, 42_300_000)
    assert paid(costs, 1000 * KM_A_MILE, 2) == pytest.approx((875.9 + 2 * (42.3 + 54.1)) * MINOR, rel=1e-4)
    assert float(DEAREST_MINOR) == pytest.approx(875.9 + 42.3 + 0.0541 * miles)
    assert costs.unfilled == pytest.approx(2 * float(DEAREST_MINOR) * MINOR)


def test_rules_take_the_first_with_everything_and_else_what_each_has():
    needs = [Need("cup", 2), Need("pot", 1)]
    near = Candidate("Reno", "warehouse", {"cup": 1, "pot": 1}, 10)
    middle = Candidate("Atlanta", "warehouse", {"cup": 2}, 20)
    far = Candidate("Allentown", "warehouse", {"cup": 2, "pot": 1}, 30)
    asked = Sourcing(policy_of(0.0)), Order()
    assert nearest(needs, [far, middle, near], *asked).locations == ("Allentown",)
    assert nearest(needs, [middle, near], *asked).locations == ("Reno", "Atlanta")
    assert ranked(needs, [middle, near], *asked).locations == ("Atlanta", "Reno")
    assert ranked(needs, [], *asked).unfilled == {"cup": 2, "pot": 1}


def test_without_vain_picks_what_is_paid_is_what_was_planned():
    one = season(4, 200)
    sourcing, stock, planned = Sourcing(policy_of(0.0)), dict(one.stock), 0
    for city, needs in one.orders:
        plan = exact(needs, candidates(city, needs, stock), sourcing, Order())
        planned += plan.parts.expected
        for parcel in plan.parcels:
            for sku, units in parcel.units.items():
                stock[parcel.location, sku] -= units
    outcome = served(one, BY_NAME["exact"], Aim(orders=200), 0.0, 4)
    assert outcome.cost == planned
    assert outcome.pricing_cpu_seconds == 0


def test_a_pick_that_finds_nothing_costs_a_search_and_is_sourced_elsewhere():
    one = season(5, 100)
    city, needs = next(order for order in one.orders if len(order[1]) == 1 and order[1][0].units == 1)
    stock = {(centre.name, needs[0].sku): 1 for centre in CENTRES}
    first = Sourcing(policy_of(0.0)).choose(needs, candidates(city, needs, stock)).plan.locations[0]
    alone = one._replace(orders=[(city, needs)], stock=stock, rejected=frozenset({(0, needs[0].sku, first)}))
    outcome = served(alone, BY_NAME["exact"], Aim(orders=1), 0.1, 5)
    second = min(
        paid(policy_of(0.0).costs, distance, 1)
        for centre, distance in zip(CENTRES, DISTANCES_KM[city], strict=True)
        if centre.name != first
    )
    assert outcome.cost == 100 * MINOR + second
    assert (outcome.parcels, outcome.units_unfilled) == (1, 0)


def test_when_every_pick_fails_everything_is_unfilled_and_every_centre_was_searched():
    one = season(6, 100, 0.0)
    city, needs = next(order for order in one.orders if len(order[1]) == 1 and order[1][0].units == 1)
    stock = {(centre.name, needs[0].sku): 1 for centre in CENTRES}
    failing = frozenset((0, needs[0].sku, centre.name) for centre in CENTRES)
    alone = one._replace(orders=[(city, needs)], stock=stock, rejected=failing)
    outcome = served(alone, BY_NAME["nearest"], Aim(orders=1), 0.1, 6)
    assert outcome.cost == 5 * 100 * MINOR + policy_of(0.0).costs.unfilled
    assert (outcome.parcels, outcome.units_unfilled) == (0, 1)


def test_every_way_stands_in_the_table_and_none_beats_hindsight(result):
    assert [row.way for row in result.rows] == [way.name for way in WAYS] * 2
    assert [row.rejected for row in result.rows] == [0.0] * len(WAYS) + [0.2] * len(WAYS)
    assert all(row.ratio > 1 for row in result.rows)
    assert all(row.ratio_from <= row.ratio <= row.ratio_to for row in result.rows)
    by_name = {row.way: row for row in result.rows if row.rejected == 0}
    assert by_name["exact"].ratio < by_name["fixed rank"].ratio
    assert sorted(result.hindsight_unfilled) == ["0", "0.2"]


def test_an_interval_is_that_of_a_mean():
    assert half_interval([1.0, 2.0, 3.0]) == pytest.approx(4.303 / 3**0.5)
    assert half_interval([1.5]) == 0.0


def test_the_command_answers_as_a_table_and_as_json():
    small = ["sourcing", "--orders", "100", "--seasons", "1", "--rejected", "0", "--repricings", "2", "--futures", "1"]
    table = CliRunner().invoke(bench, small)
    assert table.exit_code == 0
    assert "exact, priced again" in table.stdout
    told = json.loads(CliRunner().invoke(bench, [*small, "--json"]).stdout)
    assert [row["way"] for row in told["rows"]] == [way.name for way in WAYS]
    assert told["asked"]["orders"] == 100
