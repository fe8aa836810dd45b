"""Credit of channels on journeys: every rule against its plain definition, and sums that are what there is."""

from fractions import Fraction
from itertools import permutations
from math import factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.insight.paths import general, kernels
from noline.insight.paths.model import AskedWrong, Paths, PathsUnreadable
from noline.insight.paths.service import METHODS, PathCredit
from noline.insight.paths.sums import exact_sums, parted, parted_by_weight
from noline.stores.walks.kernels import taking

WAYS = ["numpy", *(["c"] if kernels.built else [])]

ROWS = st.lists(
    st.tuples(
        st.lists(st.sampled_from("abcdef"), min_size=1, max_size=7).map(" > ".join),
        st.integers(0, 4),
        st.integers(0, 4),
        st.integers(-50, 5_000),
    ).map(lambda row: row if row[1] else (*row[:3], 0)),
    min_size=1,
    max_size=12,
)
WEIGHTS = {name: float(number) for number, name in enumerate("abcdef", 1)}

SMALL = Paths.from_rows([("a > b > a", 3, 1, 1000), ("b", 2, 0, 501), ("c > a", 1, 5, 7)])


@pytest.fixture(params=WAYS, autouse=True)
def way(request):
    with taking(request.param):
        yield request.param


def credit(rows, method, **told):
    found = PathCredit(Paths.from_rows(rows)).attribute(method, **told)
    return dict(zip(found.names, found.conversions.tolist(), strict=True))


# Rules


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("first", {"a": 8, "b": 0, "c": 0}),
        ("last", {"a": 0, "b": 0, "c": 8}),
        ("linear", {"a": 4, "b": 2, "c": 2}),
        ("position", {"a": 4, "b": 0.8, "c": 3.2}),
        ("shapley", {"a": 8 / 3, "b": 8 / 3, "c": 8 / 3}),
        ("ordered", {"a": 8 / 3, "b": 8 / 3, "c": 8 / 3}),
    ],
)
def test_four_touches_are_credited_by_the_rule(method, expected):
    assert credit([("a > b > a > c", 8, 3, 100)], method) == pytest.approx(expected)


def test_a_path_of_two_touches_has_no_middle_and_one_touch_gets_all():
    assert credit([("a > b", 10, 0, 0)], "position") == {"a": 5.0, "b": 5.0}
    assert credit([("a > b", 10, 0, 0)], "position", shares=(0.6, 0.2, 0.2)) == pytest.approx({"a": 7.5, "b": 2.5})
    assert credit([("a", 10, 0, 0)], "position") == {"a": 10.0}


def test_a_weight_halves_with_each_touch_before_the_last():
    assert credit([("a > b > c", 7, 0, 0)], "decay") == pytest.approx({"a": 1, "b": 2, "c": 4})
    assert credit([("a > b > c", 21, 0, 0)], "decay", half_life=0.5) == pytest.approx({"a": 1, "b": 4, "c": 16})


def test_a_weight_halves_with_time_where_times_are_known():
    told = SMALL
    times = np.array([0, 10, 20, 5, 0, 30], np.int64)
    timed = Paths(told.offsets, told.codes, told.names, np.array([7, 0, 9]), told.nulls, told.values * 0, times)
    found = PathCredit(timed).attribute("decay", half_life=10.0)
    # 1/4, 1/2 and 1 of 7/4; 1/8 and 1 of 9/8
    assert found.conversions.tolist() == pytest.approx([7 * 5 / 7 + 8, 2.0, 1.0])


def test_roles_share_a_path_by_the_weights_of_its_different_channels():
    assert credit([("a > b > a", 3, 0, 0)], "roles", weights={"a": 1, "b": 2}) == pytest.approx({"a": 1, "b": 2})


def test_weights_of_roles_say_shares_however_large_or_small_they_are():
    rows = [("a > b", 4, 0, 0)]
    for weight in (1e308, 1e-308):
        assert credit(rows, "roles", weights={"a": weight, "b": weight}) == pytest.approx({"a": 2, "b": 2})
    with pytest.raises(AskedWrong, match="more than 1e\\+300 times the smallest"):
        credit(rows, "roles", weights={"a": 1e308, "b": 1e-9})


def test_equal_roles_are_shapley():
    equal = PathCredit(SMALL).attribute("roles", weights=dict.fromkeys("abc", 2.5))
    assert equal.conversions == pytest.approx(PathCredit(SMALL).attribute("shapley").conversions)


def test_the_value_by_place_is_shapley_told_by_place():
    found = PathCredit(SMALL).positions()
    assert found.conversions.tolist() == [[1.5, 0.5, 0.0], [2.0, 1.5, 0.0], [0.5, 0.0, 0.0]]
    assert found.values_minor.sum(axis=1).tolist() == PathCredit(SMALL).attribute("shapley").values_minor.tolist()


def test_a_channel_takes_part_in_journeys_with_and_without_success():
    assert PathCredit(SMALL).taking_part.tolist() == [10, 6, 6]


# Sums


@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_every_method_credits_what_there_is_to_the_unit_of_money(rows):
    paths = Paths.from_rows(rows)
    for method in METHODS:
        found = PathCredit(paths).attribute(method, weights=WEIGHTS, order=2)
        assert found.conversions.sum() == pytest.approx(paths.total, abs=1e-9)
        assert found.values_minor.sum() == paths.value_minor


def test_sums_are_exact_where_floats_are_not():
    amounts = np.array([2**53 + 1, 1, -(2**60) + 7, 2**60], np.int64)
    assert exact_sums(np.array([0, 0, 1, 1]), amounts, 3).tolist() == [2**53 + 2, 7, 0]


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=8), st.integers(-(10**12), 10**12))
def test_a_whole_is_parted_to_less_than_one_from_what_each_is_due(weights, whole):
    due = [Fraction(weight, sum(weights)) * whole for weight in weights]
    found = parted(due, whole).tolist()
    assert sum(found) == whole
    assert all(abs(one - part) < 1 for one, part in zip(found, due, strict=True))
    assert parted_by_weight([float(weight) for weight in weights], whole).tolist() == found


def test_the_odd_unit_of_money_goes_to_the_largest_remainder_and_then_to_the_first():
    assert parted([Fraction(1, 3), Fraction(2, 3), Fraction(0)], 1).tolist() == [0, 1, 0]
    assert parted([Fraction(1, 2), Fraction(1, 2)], 1).tolist() == [1, 0]


# The Shapley value


def by_permutations(players, worth):
    """The definition: what each player adds on coming, over every order of arrival."""
    found = [Fraction(0)] * players
    for arrival in permutations(range(players)):
        there = 0
        for player in arrival:
            found[player] += worth[there | 1 << player] - worth[there]
            there |= 1 << player
    return [one / factorial(players) for one in found]


@settings(max_examples=30, deadline=None)
@given(rows=ROWS)
def test_the_closed_form_is_the_value_over_every_order_of_arrival(rows):
    paths = Paths.from_rows(rows)
    worth = [
        sum(count for text, count, *_ in rows if {paths.names.index(name) for name in text.split(" > ")} <= inside)
        for inside in ({i for i in range(len(paths.names)) if mask >> i & 1} for mask in range(1 << len(paths.names)))
    ]
    expected = [float(one) for one in by_permutations(len(paths.names), worth)]
    assert PathCredit(paths).attribute("shapley").conversions.tolist() == pytest.approx(expected, abs=1e-9)
    assert general.set_worths(paths).tolist() == worth
    assert general.shapley(general.set_worths(paths)).tolist() == pytest.approx(expected, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 5).flatmap(lambda n: st.lists(st.integers(-99, 99), min_size=1 << n, max_size=1 << n)))
def test_any_game_has_the_value_over_every_order_of_arrival(worth):
    players = len(worth).bit_length() - 1
    expected = [float(one) for one in by_permutations(players, worth)]
    assert general.shapley(np.array(worth)).tolist() == pytest.approx(expected, abs=1e-9)


def test_twenty_players_of_a_game_that_adds_up_get_their_own_worth():
    own = np.arange(1, 21, dtype=np.float64)
    worth = np.zeros(1 << 20)
    for player in range(20):
        worth.reshape(-1, 2, 1 << player)[:, 1] += own[player]
    assert general.shapley(worth).tolist() == pytest.approx(own.tolist(), rel=1e-12)


def test_set_worths_of_value_end_with_all_of_it():
    assert general.set_worths(SMALL, of_value=True).tolist() == [0, 0, 501, 1501, 0, 7, 501, 1508]


# What is refused


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([("a", -1, 0, 0)], "conversions of path 1 is below 0"),
        ([("a", 1, 0, 0), ("b", 1, -2, 0)], "null of path 2 is below 0"),
        ([("a", 0, 1, 5)], "path 1 has a value, but no conversion"),
        ([("a", 2**61, 2, 0), ("a", 2**61, 0, 0)], "its numbers are too large to be added"),
    ],
)
def test_paths_that_no_sum_holds_are_refused(rows, why):
    with pytest.raises(PathsUnreadable) as refusal:
        Paths.from_rows(rows)
    assert refusal.value.facts["why"] == why


def test_columns_that_do_not_fit_each_other_are_refused():
    for change in ({"offsets": SMALL.offsets[:-1]}, {"codes": SMALL.codes + 1}, {"conversions": np.ones(2, np.int64)}):
        told = {name: getattr(SMALL, name) for name in ("offsets", "codes", "names", "conversions", "nulls", "values")}
        with pytest.raises(PathsUnreadable):
            Paths(**{**told, **change})


def test_codes_of_any_width_are_counted_alike():
    wide = Paths(
        SMALL.offsets, SMALL.codes.astype(np.uint32), SMALL.names, SMALL.conversions, SMALL.nulls, SMALL.values
    )
    for method in METHODS:
        expected = PathCredit(SMALL).attribute(method, weights=WEIGHTS)
        found = PathCredit(wide).attribute(method, weights=WEIGHTS)
        assert found.conversions.tobytes() == expected.conversions.tobytes()


@pytest.mark.parametrize(
    "asked",
    [
        {"method": "roles"},
        {"method": "roles", "weights": {"a": 1, "b": 0, "c": 1}},
        {"method": "decay", "half_life": 0.0},
        {"method": "position", "shares": (0.0, 1.0, 0.0)},
        {"method": "position", "shares": (0.5, 0.1, 0.1)},
        {"method": "markov", "order": 0},
        {"method": "markov", "order": 7},
        {"method": "middle"},
    ],
)
def test_a_method_that_there_is_not_is_refused(asked):
    with pytest.raises(AskedWrong):
        PathCredit(SMALL).attribute(**asked)


def test_worths_of_no_game_are_refused():
    with pytest.raises(AskedWrong):
        general.shapley(np.zeros(3))


def test_without_paths_there_is_no_credit():
    nothing = PathCredit(Paths.from_rows([]))
    for method in METHODS:
        assert nothing.attribute(method).conversions.tolist() == []
    assert nothing.handoffs() == []


def test_several_methods_stand_beside_each_other():
    found = PathCredit(SMALL).compare(["first", "last"])
    assert {name: one.conversions.tolist() for name, one in found.items()} == {
        "first": [3.0, 2.0, 1.0],
        "last": [4.0, 2.0, 0.0],
    }
