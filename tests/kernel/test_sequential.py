"""Alarms that may be looked at every day: hardly ever false, and there when something fell."""

import math

import numpy as np
import pytest
from scipy import special, stats

from noline.kernel.sequential import CountsWrong, evidence, watched

BEFORE = 600
A_DAY = 40


def told(cases_before: int, before: int, cases, persons: int):
    """The logarithm of the evidence of many counts at once, told by SciPy."""

    def foretold(a, b):
        return special.betaln(a + cases, b + persons - cases) - special.betaln(a, b)

    middle = (cases_before + 0.5) / (before + 1)
    bets = [(min(worth, before / 3), weight) for worth, weight in ((30, 0.75), (1000, 0.25))]
    changed = [np.log(weight) + foretold(worth * middle, worth * (1 - middle)) for worth, weight in bets]
    return np.logaddexp(*changed) - foretold(cases_before + 0.5, before - cases_before + 0.5)


def chance_of_an_alarm(
    share: float, *, since: float | None = None, before: int = BEFORE, a_day: int = A_DAY, days: int = 28
) -> float:
    """Exactly, over everything that can be counted before and since, looking every day."""
    a_days_cases = stats.binom.pmf(np.arange(a_day + 1), a_day, share if since is None else since)
    chances = stats.binom.pmf(np.arange(before + 1), before, share)
    found = 0.0
    for cases_before in np.flatnonzero(chances > 1e-6):
        silent = np.ones(1)
        for day in range(1, days + 1):
            silent = np.convolve(silent, a_days_cases)
            alarmed = told(cases_before, before, np.arange(silent.size), day * a_day) >= math.log(20)
            found += chances[cases_before] * silent[alarmed].sum()
            silent[alarmed] = 0
    return found


def runs_of(days: int, runs: int, share: float = 0.3, seed: int = 7):
    """Cases before, and the cases of each day since, of so many runs in which nothing changes."""
    chance = np.random.default_rng(seed)
    return chance.binomial(BEFORE, share, runs), chance.binomial(A_DAY, share, (runs, days))


def alarms(days: int, runs: int) -> int:
    """How many runs are ever alarmed when each day is looked at."""
    pairs = zip(*(one.tolist() for one in runs_of(days, runs)), strict=True)
    return sum(max(evidence((before, BEFORE), [(one, A_DAY) for one in looks])) >= 20 for before, looks in pairs)


def alarms_of_the_usual_test(days: int, runs: int) -> int:
    """The same for the two-sided test of two shares at 5 %, made again each day."""
    before, looks = runs_of(days, runs)
    cases, persons = looks.cumsum(axis=1), A_DAY * np.arange(1, days + 1)
    together = (before[:, None] + cases) / (BEFORE + persons)
    error = np.sqrt(together * (1 - together) * (1 / BEFORE + 1 / persons))
    z = (cases / persons - before[:, None] / BEFORE) / error
    return int((np.abs(z) > 1.959964).any(axis=1).sum())


# False alarms


def test_four_weeks_of_looks_at_nothing_hardly_ever_alarm_where_the_usual_test_often_does():
    assert alarms(28, 2_000) == 15
    assert alarms_of_the_usual_test(28, 2_000) == 438


def test_a_year_of_looks_at_nothing_stays_below_five_in_a_hundred():
    assert alarms(365, 300) == 5
    assert alarms_of_the_usual_test(365, 300) == 72


def test_the_evidence_is_what_scipy_makes_of_its_formula():
    for cases, persons in [(0, 40), (11, 40), (300, 1120), (900, 1120), (1120, 1120)]:
        (ours,) = evidence((180, 600), [(cases, persons)])
        assert math.log(ours) == pytest.approx(told(180, 600, cases, persons), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("share", "chance"),
    [(0.001, 0.0014), (0.003, 0.0109), (0.01, 0.0134), (0.1, 0.0106), (0.5, 0.0102), (0.99, 0.0134)],
)
def test_the_chance_of_a_false_alarm_is_below_five_in_a_hundred_whatever_the_share_is(share, chance):
    assert chance_of_an_alarm(share) == pytest.approx(chance, abs=5e-5)


@pytest.mark.parametrize(("share", "chance"), [(0.02, 0.0038), (0.2, 0.0035)])
def test_so_it_is_with_few_before_and_a_year_of_looks(share, chance):
    assert chance_of_an_alarm(share, before=60, a_day=5, days=365) == pytest.approx(chance, abs=5e-5)


def test_on_average_over_all_shares_the_evidence_pays_exactly_nothing():
    """Over all that can be counted of 9 persons since, each with the chance that the counts before give it."""
    for before in range(13):
        chances = stats.betabinom.pmf(np.arange(10), 9, before + 0.5, 12 - before + 0.5)
        bets = [evidence((before, 12), [(cases, 9)])[0] for cases in range(10)]
        assert float(chances @ np.array(bets)) == pytest.approx(1, abs=1e-9)


# Power


def test_a_real_drop_is_seen_within_four_weeks():
    assert chance_of_an_alarm(0.3, since=0.2) == pytest.approx(0.956, abs=5e-4)
    assert chance_of_an_alarm(0.3, since=0.25) == pytest.approx(0.286, abs=5e-4)


def test_a_rise_is_seen_too():
    found = watched((180, 600), [(20, 40)] * 10)
    assert (found.raised, found.raised_at, found.change) == (True, 1, 0.2)


# What a watch says


def test_an_alarm_says_when_and_how_large_the_change_is():
    found = watched((400, 1000), [(12, 50)] * 12)
    assert (found.raised, found.stands, found.raised_at) == (True, True, 2)
    assert (found.before, found.share, round(found.change, 2)) == (0.4, 0.24, -0.16)
    assert found.evidence >= 20
    assert found.p == 1 / found.strongest
    assert found.change_low < found.change < found.change_high < 0
    assert found.low < 0.24 < found.high < 0.4


def test_an_alarm_that_came_and_went_is_told_as_such():
    found = watched((400, 1000), [(12, 50)] * 8 + [(28, 50)] * 12)
    assert (found.raised, found.raised_at, found.stands) == (True, 2, False)
    assert found.strongest > 20 > found.evidence
    assert found.change_low < 0 < found.change_high


def test_one_look_may_be_told_without_a_list():
    assert watched((400, 1000), (96, 400)) == watched((400, 1000), [(96, 400)])
    assert watched((400, 1000), [(12, 50)] * 8).evidence == watched((400, 1000), (96, 400)).evidence
    two = watched((400, 1000), [(12, 50), (13, 50)])
    assert two.evidence == watched((400, 1000), (25, 100)).evidence


def test_the_alarm_and_the_interval_of_the_change_agree():
    for before in ((400, 1000), (3, 200), (200, 200)):
        for cases in range(0, 400, 11):
            found = watched(before, (cases, 400))
            assert found.stands == (not found.change_low <= 0 <= found.change_high), (before, cases)


def test_intervals_hold_at_every_look():
    chance = np.random.default_rng(3)
    outside = 0
    for _ in range(40):
        before = int(chance.binomial(BEFORE, 0.3))
        looks = [(int(one), 200) for one in chance.binomial(200, 0.25, 8)]
        seen = [watched((before, BEFORE), looks[: day + 1]) for day in range(8)]
        outside += any(
            not (one.low <= 0.25 <= one.high and one.change_low <= -0.05 <= one.change_high) for one in seen
        )  # fmt: skip
    assert outside == 0


def test_without_persons_nothing_is_said():
    for before, since in [((0, 0), []), ((4, 10), []), ((4, 10), [(0, 0)]), ((0, 0), [(3, 9)])]:
        found = watched(before, since)
        assert (found.raised, found.p, found.change, found.change_low, found.change_high) == (False, 1, None, -1, 1)
    assert watched((4, 10), []).before == 0.4


def test_nobody_and_everybody_are_shares_too():
    assert watched((0, 500), (0, 500)).raised is False
    assert watched((500, 500), (500, 500)).raised is False
    found = watched((0, 500), (100, 500))
    assert (found.raised, found.before, found.change) == (True, 0.0, 0.2)
    assert watched((500, 500), (400, 500)).raised


@pytest.mark.parametrize(("before", "since"), [((5, 3), (1, 2)), ((1, 2), (3, 2)), ((1, 2), (-1, 2)), ((-1, 2), [])])
def test_counts_that_cannot_be_are_refused(before, since):
    with pytest.raises(CountsWrong) as refusal:
        watched(before, since)
    assert refusal.value.code == "shares.counts_wrong"
