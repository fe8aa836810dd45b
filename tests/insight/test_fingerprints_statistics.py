"""The statistics of fingerprints, held against those of others and against simulation."""

from collections.abc import Iterator
from math import log

import numpy as np
import pytest

from noline.insight.fingerprints import chance
from noline.insight.fingerprints.comparing import compared
from noline.insight.fingerprints.counting import by_lot
from noline.insight.fingerprints.hierarchy import leaning
from noline.insight.fingerprints.homogeneity import homogeneous, industries
from noline.insight.fingerprints.model import About, Channel, Print, Rate, Whole
from noline.insight.fingerprints.pooling import likelihood, mean_of, pattern, placed

TABLES = [
    [[120, 80, 60], [90, 100, 55], [300, 210, 170]],
    [[12, 5], [3, 9]],
    [[500, 499, 503, 60], [51, 50, 52, 7]],
]


# Against others


def test_the_functions_are_those_of_scipy():
    scipy = pytest.importorskip("scipy.special")
    stats = pytest.importorskip("scipy.stats")
    values = np.array([0.01, 0.3, 1, 5, 50, 1e4, 1e7])
    assert chance.digamma(values) == pytest.approx(scipy.digamma(values), rel=1e-13)
    assert chance.trigamma(values) == pytest.approx(scipy.polygamma(1, values), rel=1e-13)
    assert chance.log_gamma(values) == pytest.approx(scipy.gammaln(values), rel=1e-13, abs=1e-13)
    for freedom in (1, 2, 7, 40, 200):
        for statistic in (0.1, 1, 5, 30, 100, 300):
            expected = stats.chi2.sf(statistic, freedom)
            assert chance.above_chi_square(statistic, freedom) == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert chance.above_chi_square(0, 3) == chance.above_chi_square(1, 0) == 1


@pytest.mark.parametrize("table", TABLES)
def test_the_plain_test_is_that_of_scipy(table):
    stats = pytest.importorskip("scipy.stats")
    found = homogeneous(table)
    plain = stats.chi2_contingency(table, correction=False)
    ratio = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood")
    assert (found.chi_square, found.df) == (pytest.approx(plain.statistic), plain.dof)
    assert (found.statistic, found.p_asymptotic) == (pytest.approx(ratio.statistic), pytest.approx(ratio.pvalue))
    assert found.cramers_v == pytest.approx(stats.contingency.association(np.array(table), method="cramer"))
    assert found.persons == np.sum(table)


def test_the_permutation_of_a_small_table_is_that_of_all_its_permutations():
    stats = pytest.importorskip("scipy.stats")
    found = homogeneous([[12, 5], [3, 9]], shuffles=40_000)
    # G of every table with these sums, each with its chance.
    every = np.arange(3, 16)
    chances = stats.hypergeom(29, 15, 17).pmf(every)
    tables = np.array([[[one, 17 - one], [15 - one, one - 3]] for one in every])
    statistics = [homogeneous(one.tolist(), shuffles=1) for one in tables]
    far = [one is None or one.statistic >= found.statistic - 1e-9 for one in statistics]
    assert found.p == pytest.approx(chances[far].sum(), abs=0.006)


def test_a_table_that_tells_nothing_is_not_tested():
    assert homogeneous([]) is None
    assert homogeneous([[5, 6]]) is None
    assert homogeneous([[5, 0], [6, 0]]) is None
    assert homogeneous([[0, 0], [6, 7]]) is None


def test_the_pattern_is_the_most_likely_one():
    scipy = pytest.importorskip("scipy.optimize")
    drawn = np.random.default_rng(3)
    counts = [drawn.multinomial(800, drawn.dirichlet([20, 12, 8])) for _ in range(12)]
    found = pattern(counts)
    table = np.array(counts, float)

    def lost(scales):
        prior = np.exp(scales)
        return -likelihood(table, prior / prior.sum(), prior.sum())

    best = scipy.minimize(lost, np.log([10, 10, 10]), method="BFGS")
    prior = np.exp(best.x)
    assert found.concentration == pytest.approx(prior.sum(), rel=1e-3)
    assert found.shares == pytest.approx(prior / prior.sum(), rel=1e-4)
    assert -lost(np.log(np.array(found.shares) * found.concentration)) == pytest.approx(-best.fun, abs=1e-6)
    for end in (found.low, found.high):
        assert likelihood(table, mean_of(table, end), end) == pytest.approx(-best.fun - 1.920729, abs=1e-4)


# How often wrong, how often right


def companies(seed: int, trials: int, shares: list[list[float]], people: int) -> Iterator[tuple[list, list]]:
    """Companies whose people have ways of their own, come unequally often, and keep to their ways.

    For each trial the table of one visit a person drawn by lot, and that of all visits.
    """
    drawn = np.random.default_rng(seed)
    names = [str(number) for number in range(people)]
    for trial in range(trials):
        by_person, by_visit = [], []
        for number, share in enumerate(shares):
            own = drawn.dirichlet(2 * np.array(share), people).cumsum(axis=1)
            visits = 1 + drawn.geometric(0.2, people)
            persons = np.repeat(np.arange(people), visits)
            outcome = (drawn.random(persons.size)[:, None] > own[persons]).sum(axis=1).clip(0, len(share) - 1)
            chosen = by_lot(persons, names, f"{trial} {number}")
            by_person.append(np.bincount(outcome[chosen], minlength=len(share)).tolist())
            by_visit.append(np.bincount(outcome, minlength=len(share)).tolist())
        yield by_person, by_visit


def rejected(tables, level=0.05) -> float:
    # Shuffles of their own for each trial: shared ones would err alike in all of them.
    return np.mean([homogeneous(one, shuffles=199, seed=trial).p <= level for trial, one in enumerate(tables)])


def test_equal_companies_are_called_different_in_no_more_than_six_of_a_hundred_trials():
    trials = list(companies(1, 800, [[0.5, 0.3, 0.2]] * 2, 200))
    assert rejected([person for person, _ in trials]) <= 0.06
    # Counting every visit would call two of five equal companies different.
    assert rejected([visit for _, visit in trials[:100]]) > 0.3


@pytest.mark.long
def test_equal_companies_are_called_different_as_seldom_as_promised():
    trials = companies(2, 6_000, [[0.4, 0.3, 0.2, 0.1]] * 3, 200)
    assert 0.043 <= rejected([person for person, _ in trials]) <= 0.057


def test_companies_that_differ_by_ten_points_are_told_apart():
    trials = companies(4, 150, [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]], 500)
    assert rejected([person for person, _ in trials]) > 0.8


def test_the_interval_of_the_concentration_covers_it():
    drawn = np.random.default_rng(5)
    covered = 0
    for _ in range(40):
        found = pattern([drawn.multinomial(600, drawn.dirichlet([15, 10, 5])) for _ in range(10)])
        covered += (found.low or 0) <= 30 <= (found.high or np.inf)
    assert covered >= 34


def test_companies_that_do_not_differ_have_no_concentration():
    drawn = np.random.default_rng(1)
    found = pattern([drawn.multinomial(2_000, [0.5, 0.3, 0.2]) for _ in range(4)])
    assert (found.concentration, found.high, found.alike) == (None, None, 1.0)
    assert found.low > 200


def test_one_company_has_no_pattern():
    assert pattern([[5, 6]]) is None
    assert pattern([]) is None


# Standing among others


def test_a_place_is_as_uncertain_as_few_companies_make_it():
    few = placed(["yes", "no"], [900, 100], [[100, 900], [200, 800]])[0]
    many = placed(["yes", "no"], [900, 100], [[number, 1_000 - number] for number in range(100, 700, 20)])[0]
    assert (few.percentile, many.percentile) == (1.0, 1.0)
    assert few.percentile_low < 0.35
    assert many.percentile_low > 0.85
    assert few.low < 0.9 < few.high
    alone = placed(["yes", "no"], [90, 10], [])[0]
    assert (alone.own, alone.percentile) == (0.9, None)


def test_a_company_leans_on_its_industry_and_small_ones_lean_more():
    drawn = np.random.default_rng(7)
    means = {"tea": [0.7, 0.2, 0.1], "shoes": [0.2, 0.3, 0.5], "books": [0.4, 0.5, 0.1]}
    labels = [name for name in means for _ in range(6)]
    counts = [drawn.multinomial(900, drawn.dirichlet(200 * np.array(means[name]))).tolist() for name in labels]
    lean = leaning(counts, labels, "tea")
    assert lean.level == "industry"
    assert lean.shares == pytest.approx(means["tea"], abs=0.04)
    assert 60 < lean.worth < 250
    assert leaning(counts, labels, "bikes").level == "all companies"
    assert leaning(counts, labels, "bikes").worth < 15
    assert leaning(counts[:1], labels[:1], "tea").level == "itself"


def test_leaning_brings_small_companies_nearer_to_the_truth():
    drawn = np.random.default_rng(8)
    means = {"tea": [0.7, 0.2, 0.1], "shoes": [0.2, 0.3, 0.5]}
    labels = [name for name in means for _ in range(6)]
    own, leant = [], []
    for _ in range(25):
        counts = [drawn.multinomial(900, drawn.dirichlet(200 * np.array(means[name]))).tolist() for name in labels]
        truth = drawn.dirichlet(200 * np.array(means["tea"]))
        mine = drawn.multinomial(60, truth)
        lean = leaning(counts, labels, "tea")
        drawn_to = (mine + lean.worth * np.array(lean.shares)) / (60 + lean.worth)
        own.append(np.abs(mine / 60 - truth).sum())
        leant.append(np.abs(drawn_to - truth).sum())
    assert np.mean(leant) < 0.8 * np.mean(own)


# Industries


def test_industries_with_patterns_of_their_own_are_found():
    drawn = np.random.default_rng(9)
    means = {"tea": [0.7, 0.2, 0.1], "shoes": [0.2, 0.3, 0.5]}
    labels = [name for name in means for _ in range(5)]
    found = industries([drawn.dirichlet(100 * np.array(means[name])).tolist() for name in labels], labels)
    assert found.p == pytest.approx(2 / 252)
    assert found.smallest_p == found.p
    assert found.explained > 0.8


def test_industries_without_are_found_no_more_often_than_chance_has_it():
    drawn = np.random.default_rng(10)
    labels = ["a"] * 4 + ["b"] * 4
    chances = [industries(drawn.dirichlet([5, 3, 2], 8).tolist(), labels).p for _ in range(400)]
    assert np.mean(np.array(chances) <= 0.06) <= 0.08


def test_two_companies_an_industry_say_how_little_they_can_show():
    shares = [[0.9, 0.1], [0.88, 0.12], [0.1, 0.9], [0.12, 0.88]]
    found = industries(shares, ["a", "a", "b", "b"])
    assert (found.p, found.smallest_p) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "a"], ["a", "a", "b"], ["a"]])
def test_too_few_firms_are_said_to_be_too_few(labels):
    found = industries([[0.5, 0.5]] * len(labels), labels)
    assert (found.p, found.explained) == (None, None)
    assert found.why.startswith("too few firms")


# Side by side


def one(name: str, channels: dict, industry: str = "tea", kind="own", **rates) -> Print:
    about = About(
        name=name, industry=industry, kind=kind, made_on="2026-01-01", first_month="2025-01", last_month="2025-12"
    )
    whole = Whole(1_000, 1, 1, 1, 0, 0)
    return Print(
        about=about, whole=whole, journey_gap_s=1, handoff_window_s=1, horizon_s=1, declared=rates.get("declared", {}),
        false_drop_offs=rates.get("false"), frictions=rates.get("frictions", {}),
        channels={channel: Channel(1_000, after) for channel, after in channels.items()},
    )  # fmt: skip


def test_only_what_all_show_is_compared():
    a = one("A", {"web": {"store": 300, "call": 100, "end": 600}, "app": {"end": 500}})
    b = one("B", {"web": {"store": 150, "end": 850}, "call": {"end": 900}})
    found = compared([a, b])
    (row,) = found.rows
    assert (row.question.row, row.question.outcomes) == ("after web", ("store", "end"))
    assert row.question.counts == ((300, 600), (150, 850))
    assert row.homogeneity.df == 1
    assert row.place[0].own == pytest.approx(1 / 3)
    assert (row.leans_on, row.industries.why[:13]) == ("itself", "too few firms")
    assert found.not_compared == ("after app: only A tells it", "after call: only B tells it")


def test_fingerprints_that_share_too_little_are_left_out_but_never_the_first():
    a = one("A", {"web": {"web": 300, "end": 600}})
    b = one("B", {"web": {"store": 100, "end": 850}})
    c = one("C", {"web": {"web": 200, "store": 90, "end": 850}})
    (row,) = compared([a, b, c]).rows
    assert (row.question.members, row.question.outcomes) == ((0, 2), ("web", "end"))
    (row,) = compared([b, a, c]).rows
    assert (row.question.members, row.question.outcomes) == ((0, 2), ("store", "end"))
    assert compared([a, b]).not_compared == ("after web: fewer than two outcomes are shown by all 2",)


def test_rates_are_compared_too_and_all_questions_are_allowed_for():
    a = one("A", {}, false=Rate(900, 450), declared={"web>store": Rate(500, 250)}, frictions={"F2": Rate(500, None)})
    b = one("B", {}, false=Rate(900, 300), declared={"web>store": Rate(500, 252)}, frictions={"F2": Rate(500, 100)})
    rows = {row.question.row: row for row in compared([a, b]).rows}
    assert set(rows) == {"false drop-offs", "declared web>store"}
    assert rows["false drop-offs"].p_adjusted == pytest.approx(2 / 2_000)
    assert rows["declared web>store"].p_adjusted > 0.5


def test_the_answer_says_what_it_cannot_say():
    a = one("A", {"web": {"store": 300, "end": 600}}, kind="real")
    b = one("B", {"web": {"store": 150, "end": 850}}, kind="synthetic")
    assert compared([a, b]).answer == (
        "1 of 1 compared rows differ between companies beyond chance, 1 of them by more than a little (Cramer's V at "
        "least 0.1). There are too few firms per industry to say whether industries have patterns of their own. Of "
        "real customers there is 1 fingerprint: too few to speak of a standard pattern. 1 is synthetic and says "
        "nothing about behaviour."
    )
    assert compared([a]).answer.endswith("they say nothing about a common pattern.")


def test_the_likelihood_is_that_of_the_dirichlet_multinomial():
    # With shares of one half and concentration 2 every split of n people is as likely as any other: 1 / (n + 1).
    counts = np.array([[3.0, 4.0]])
    found = likelihood(counts, np.array([0.5, 0.5]), 2.0)
    assert found == pytest.approx(-log(8) - log(35))
