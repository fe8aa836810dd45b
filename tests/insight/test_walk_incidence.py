"""Time to hand-off with other ends in the way: by hand, and as statisticians' packages have it."""

import random

import pytest

from insight.walk_logs import store_of
from noline.insight.walks import incidence
from noline.insight.walks.model import SpellCounts
from noline.insight.walks.service import Walks, merged
from noline.kernel.clock import DAY, HOUR


def spells_of(pairs) -> SpellCounts:
    """pairs: (waited, kind); kind 0 is still waiting."""
    table = {}
    for waited, kind in pairs:
        row = table.setdefault(waited, [0, 0, 0])
        row[kind] += 1
    return SpellCounts(("b", "c"), {waited: tuple(row) for waited, row in table.items()})


def random_spells(seed: int, count: int, largest: int):
    chance = random.Random(seed)
    return [(chance.randint(1, largest), chance.choice([0, 1, 1, 2])) for _ in range(count)]


def test_other_ends_take_people_away():
    spells = spells_of([(1, 1), (2, 2), (3, 0), (4, 1)])
    found = incidence.incidence(spells, "b", [0, 1, 2, 3, 4])
    assert [round(one.value, 6) for one in found] == [0, 0.25, 0.25, 0.25, 0.75]
    assert [one.ended for one in found] == [0, 1, 1, 1, 2]
    assert [one.at_risk for one in found] == [4, 4, 3, 2, 1]
    assert found[1].standard_error == pytest.approx(0.2165064)
    (other,) = incidence.incidence(spells, "c", [4])
    assert (round(other.value, 6), other.persons) == (0.25, 4)


def test_beyond_the_last_who_was_watched_nothing_is_said():
    (found,) = incidence.incidence(spells_of([(1, 1), (3, 0)]), "b", [4])
    assert (found.value, found.low, found.too_few) == (None, None, True)
    (found,) = incidence.incidence(spells_of([(1, 1), (3, 2)]), "b", [4])
    assert found.value == 0.5
    (found,) = incidence.incidence(spells_of([]), "b", [4])
    assert (found.value, found.persons) == (None, 0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning:statsmodels")
@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize(("seed", "largest"), [(1, 100_000), (2, 40), (3, 8)])
def test_statsmodels_says_the_same(seed, largest, kind):
    import numpy as np
    from statsmodels.duration.survfunc import CumIncidenceRight

    pairs = random_spells(seed, 400, largest)
    theirs = CumIncidenceRight(np.array([float(waited) for waited, _ in pairs]), np.array([end for _, end in pairs]))
    moments = [int(moment) for moment in theirs.times]
    ours = incidence.incidence(spells_of(pairs), "bc"[kind - 1], moments)
    assert [one.value for one in ours] == pytest.approx(list(theirs.cinc[kind - 1]), abs=1e-9)


WAITED = [3, 5, 8, 11, 14, 17, 19, 22, 26, 28, 31, 35, 37, 41, 44, 48, 52, 55, 59, 63]
ENDED = [1, 0, 2, 1, 1, 0, 2, 1, 0, 1, 2, 1, 0, 1, 2, 0, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("at", "value", "error", "low", "high"),
    [
        (10, 0.05, 0.048734, 0.003454, 0.205299),
        (20, 0.155556, 0.082635, 0.038539, 0.345294),
        (30, 0.273791, 0.105281, 0.09849, 0.484821),
        (40, 0.33548, 0.112891, 0.135631, 0.550409),
        (50, 0.405981, 0.12069, 0.178979, 0.623558),
        (60, 0.582233, 0.13061, 0.29542, 0.786686),
    ],
)
def test_the_estimate_is_the_one_that_lifelines_printed(at, value, error, low, high):
    spells = spells_of(zip(WAITED, ENDED, strict=True))
    (found,) = incidence.incidence(spells, "b", [at])
    assert (found.value, found.standard_error, found.low, found.high) == pytest.approx(
        (value, error, low, high), abs=1e-6
    )


PRINTED = [
    (1, 500, 0.040235, 0.000194, 0.018892, 0.074196),
    (1, 1500, 0.091293, 0.000421, 0.056286, 0.136512),
    (1, 3000, 0.212292, 0.000868, 0.157681, 0.272456),
    (1, 5000, 0.339091, 0.001198, 0.272192, 0.407042),
    (1, 7000, 0.437115, 0.001377, 0.363532, 0.508237),
    (1, 9000, 0.628163, 0.001524, 0.546519, 0.699207),
    (2, 500, 0.020052, 0.000099, 0.006667, 0.047346),
    (2, 1500, 0.040491, 0.000197, 0.019010, 0.074661),
    (2, 3000, 0.082517, 0.000391, 0.049217, 0.126609),
    (2, 5000, 0.115524, 0.000538, 0.075011, 0.165557),
    (2, 7000, 0.170880, 0.000791, 0.119958, 0.229465),
    (2, 9000, 0.286396, 0.001287, 0.218351, 0.357912),
]


@pytest.mark.parametrize(("kind", "at", "value", "variance", "low", "high"), PRINTED)
def test_of_many_persons_too_it_is_the_one_that_lifelines_printed(kind, at, value, variance, low, high):
    """Printed by lifelines 0.30.3 with pandas 2.3.3 (it cannot be installed beside pandas 3) for the persons below:

        fitter = lifelines.AalenJohansenFitter(calculate_variance=True).fit(times, ends, event_of_interest=kind)

    fitter.cumulative_density_, .variance_ and .confidence_interval_ at the latest of the times up to `at`.
    """
    chance = random.Random(200)
    times = chance.sample(range(1, 10_000), 200)
    spells = spells_of([(waited, chance.choice([0, 1, 1, 2])) for waited in times])
    (found,) = incidence.incidence(spells, "bc"[kind - 1], [at])
    assert (found.value, found.standard_error**2, found.low, found.high) == pytest.approx(
        (value, variance, low, high), abs=1e-6
    )


def test_one_minus_kaplan_meier_overstates_who_arrives():
    """As on the log of a bank: 73 % by one minus Kaplan-Meier, 64 % by counting those who came."""
    from statsmodels.duration.survfunc import SurvfuncRight

    pairs = [(1, 1)] * 300 + [(2, 2)] * 147 + [(3, 1)] * 340 + [(4, 0)] * 213
    (ours,) = incidence.incidence(spells_of(pairs), "b", [3])
    assert (round(ours.value, 9), ours.ended, ours.persons) == (0.64, 640, 1000)
    kaplan_meier = SurvfuncRight([waited for waited, _ in pairs], [end == 1 for _, end in pairs])
    assert round(1 - kaplan_meier.surv_prob[-1], 2) == 0.73
    (other,) = incidence.incidence(spells_of(pairs), "c", [3])
    assert ours.value + other.value + 0.213 == pytest.approx(1)


# From events


JOURNEYS = [
    (1, 0, "web", "reserve"), (1, 2 * HOUR, "store", "fetch"),
    (2, 0, "web", "reserve"), (2, DAY, "call", "ask"), (2, 2 * DAY, "store", "fetch"),
    (3, 0, "web", "reserve"),
    (4, 0, "store", "fetch"), (4, HOUR, "web", "reserve"),
    (5, 4 * DAY, "web", "view"),
]  # fmt: skip


def test_the_first_end_after_the_first_begin_counts_and_the_rest_still_wait():
    spells = incidence.counted(store_of(JOURNEYS), "web/reserve", ["store/*", "call/*"])
    assert spells.spells == {2 * HOUR: (0, 1, 0), DAY: (0, 0, 1), 4 * DAY: (1, 0, 0), 4 * DAY - HOUR: (1, 0, 0)}


def test_time_to_is_asked_by_step():
    rows, _ = Walks(store_of(JOURNEYS)).time_to("web/reserve", "fetch", ["call/*"], [HOUR, 3 * DAY])
    assert [(one.end, one.at, one.value, one.ended, one.too_few) for one in rows] == [
        ("fetch", HOUR, 0.0, 0, True), ("fetch", 3 * DAY, 0.25, 1, True),
        ("call/*", HOUR, 0.0, 0, True), ("call/*", 3 * DAY, 0.25, 1, True),
    ]  # fmt: skip


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_any_number_of_shards_gives_the_same_bytes(shards):
    chance = random.Random(4)
    rows = [(chance.randrange(90), chance.randrange(5000), "w", chance.choice("abcdx")) for _ in range(900)]
    store = store_of(rows)
    whole = incidence.counted(store, "a", ["b", "c"])
    parts = [incidence.counted(one, "a", ["b", "c"], until=store.observed_until) for one in store.shards(shards)]
    assert merged(parts).as_bytes() == whole.as_bytes()
    assert sum(sum(row) for row in whole.spells.values()) == 76
