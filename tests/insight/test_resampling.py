"""Intervals of what belongs to persons: persons are drawn, not events."""

import math

import numpy as np
import pytest
from scipy import stats

from noline.insight.causes import resampling
from noline.insight.causes.resampling import bootstrap_weights, draw, middle, resampled
from noline.kernel.shares import share


def ratio(sums):
    return sums[:, 0] / sums[:, 1]


def attempts(chance, persons: int = 150):
    """Cases and attempts of each person; who fails once fails nearly always. 30 % of the attempts fail."""
    tries = 1 + chance.poisson(5, persons)
    return np.stack([chance.binomial(tries, chance.beta(0.3, 0.7, persons)), tries], axis=1).astype(float)


def test_where_events_of_one_person_resemble_each_other_only_the_interval_by_persons_holds():
    chance = np.random.default_rng(1)
    by_person = by_event = 0
    for seed in range(500):
        sums = attempts(chance)
        low, high = resampled(sums, ratio, seed=seed)
        by_person += low <= 0.3 <= high
        naive = share(int(sums[:, 0].sum()), int(sums[:, 1].sum()))
        by_event += naive.low <= 0.3 <= naive.high
    assert (by_person, by_event) == (466, 319)
    assert by_person / 500 >= 0.93
    # Even where chance was against us, the true coverage of the naive one is below 75 %.
    assert stats.binomtest(by_event, 500).proportion_ci(0.99).high < 0.75


def test_every_round_draws_as_many_persons_as_there_are():
    weights = bootstrap_weights(40, seed=3, rounds=200)
    assert weights.shape == (200, 40)
    assert (weights.sum(axis=1) == 40).all()
    assert weights.mean() == 1
    assert weights.var() == pytest.approx(39 / 40, rel=0.05)


def test_the_same_seed_draws_the_same():
    assert (bootstrap_weights(9, 1, 20) == bootstrap_weights(9, 1, 20)).all()
    assert (bootstrap_weights(9, 1, 20) != bootstrap_weights(9, 2, 20)).any()
    sums = attempts(np.random.default_rng(2), 9_000)
    assert resampled(sums, ratio, seed=4) == resampled(sums, ratio, seed=4)


def test_many_persons_are_drawn_in_groups_of_equal_size_and_nobody_is_left_out():
    drawn = draw(10_000, rounds=50)
    assert drawn.weights.shape == (50, resampling.MOST_DRAWN)
    assert sorted(set(np.bincount(drawn.homes))) == [2, 3]
    ones = np.ones((10_000, 1))
    assert drawn.sums(ones).mean() == pytest.approx(10_000, rel=0.01)
    assert draw(50).sums(ones[:50]).tolist() == [[50.0]] * resampling.ROUNDS


def test_the_interval_of_groups_is_as_wide_as_that_of_persons(monkeypatch):
    sums = attempts(np.random.default_rng(5), 4_000)
    low, high = resampled(sums, ratio, rounds=4_000)
    monkeypatch.setattr(resampling, "MOST_DRAWN", 1_000)
    grouped_low, grouped_high = resampled(sums, ratio, rounds=4_000)
    assert (grouped_high - grouped_low) / (high - low) == pytest.approx(1, abs=0.05)


def test_the_interval_of_a_mean_is_that_of_statisticians():
    values = np.random.default_rng(6).exponential(size=(2_000, 1))
    low, high = resampled(values, lambda sums: sums[:, 0] / 2_000, rounds=4_000)
    error = values.std() / math.sqrt(2_000)
    assert (low, high) == pytest.approx((values.mean() - 1.96 * error, values.mean() + 1.96 * error), abs=0.003)


def test_without_persons_or_where_rounds_tell_nothing_there_is_no_interval():
    assert all(math.isnan(one) for one in resampled(np.zeros((0, 2)), ratio))
    assert all(math.isnan(one) for one in resampled(np.zeros((20, 2)), ratio))
    told = np.array([1.0] * 96 + [math.nan] * 4)
    assert middle(told) == (1.0, 1.0)
    told[:2] = math.inf
    assert math.isnan(middle(told)[0])
