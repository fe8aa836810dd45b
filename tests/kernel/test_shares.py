"""Shares, differences and many comparisons, as SciPy, statsmodels and published tables have them."""

import math
import random

import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from noline.kernel.shares import adjusted, chance_of, difference, share, stands_out

WHOLES = (1, 2, 7, 30, 263, 5_000, 1_000_000)


def some_parts(whole: int) -> list[int]:
    return sorted({0, 1, whole // 3, whole // 2, whole - 1, whole})


def two_shares(count: int, seed: int):
    chance = random.Random(seed)
    for _ in range(count):
        here, there = chance.randint(1, 400), chance.randint(1, 4_000)
        yield chance.randint(0, here), here, chance.randint(0, there), there


# One share


@pytest.mark.parametrize("whole", WHOLES)
def test_a_share_has_the_interval_of_scipy_and_statsmodels(whole):
    for part in some_parts(whole):
        found = share(part, whole)
        theirs = stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")
        assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)
        assert (found.low, found.high) == pytest.approx(proportion_confint(part, whole, 0.05, "wilson"), abs=1e-9)
        assert found.value == part / whole


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_of_newcombes_table(part, whole, low, high):
    """R. G. Newcombe, Two-Sided Confidence Intervals for the Single Proportion, 1998, table I, method 3."""
    found = share(part, whole)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_a_share_says_when_it_rests_on_too_few():
    assert not share(10, 100).too_few
    assert not share(5, 30).too_few
    assert share(4, 100).too_few
    assert share(10, 29).too_few
    assert share(0, 0) == (None, None, None, True)


def test_nobody_and_everybody_are_ends_of_their_intervals():
    assert (share(0, 50).low, share(50, 50).high) == (0.0, 1.0)


# Two shares


def test_a_difference_has_the_interval_of_statsmodels():
    for here, persons, there, others in two_shares(200, seed=1):
        found = difference(here, persons, there, others)
        theirs = confint_proportions_2indep(here, persons, there, others, method="newcomb", compare="diff")
        assert (found.low, found.high) == pytest.approx(theirs, abs=1e-9)
        assert found.value == pytest.approx(here / persons - there / others)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_a_difference_has_the_interval_of_newcombes_table(counts, low, high):
    """R. G. Newcombe, Interval Estimation for the Difference between Independent Proportions, 1998, table II,
    method 10."""
    found = difference(*counts)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_without_a_whole_there_is_no_difference():
    assert difference(0, 0, 3, 9).value is None
    assert difference(3, 9, 0, 0).low is None


def test_the_chance_of_a_difference_is_the_exact_one():
    for here, persons, there, others in two_shares(300, seed=2):
        law = stats.hypergeom(persons + others, here + there, persons)
        upper, lower = law.sf(here - 1), law.cdf(here)
        found = chance_of(here, persons, there, others)
        assert found == pytest.approx(min(1, 2 * min(upper, lower)), rel=1e-6, abs=1e-300)
        assert found == pytest.approx(chance_of(there, others, here, persons), rel=1e-9)
        assert found == pytest.approx(chance_of(persons - here, persons, others - there, others), rel=1e-6, abs=1e-300)


def test_the_chance_of_a_difference_is_exact_where_cases_are_rare():
    """Half a case was to be expected and five came: no more than one in 1,800, not one in ten thousand millions."""
    exact = 2 * stats.hypergeom(100_100, 500, 100).sf(4)
    assert chance_of(5, 100, 495, 100_000) == pytest.approx(exact, rel=1e-6)
    z = (0.05 - 0.00495) / math.sqrt(0.005 * 0.995 / 100)
    assert exact > 1e6 * 2 * stats.norm.sf(z)


def test_nobody_is_no_difference():
    assert chance_of(0, 0, 5, 10) == 1
    assert chance_of(0, 10, 0, 10) == 1
    assert chance_of(10, 10, 10, 10) == 1


# Many


@pytest.mark.parametrize("count", [0, 1, 2, 10, 500])
def test_many_comparisons_are_adjusted_as_scipy_does(count):
    chance = random.Random(count)
    chances = [chance.random() ** 3 for _ in range(count)] + [0.0, 0.0, 1.0][: count // 10]
    theirs = stats.false_discovery_control(chances).tolist() if chances else []
    assert adjusted(chances) == pytest.approx(theirs, abs=1e-12)


def test_what_stands_out_of_nothing_is_hardly_ever_anything():
    """Twenty equal parts, 300 times: at least one stands out in no more than five of a hundred."""
    chance = random.Random(5)
    alarmed = 0
    for _ in range(300):
        cases = [sum(chance.random() < 0.2 for _ in range(60)) for _ in range(20)]
        every = sum(cases)
        alarmed += any(stands_out(one, 60, every - one, 60 * 19, compared=20) for one in cases)
    assert alarmed == 12
