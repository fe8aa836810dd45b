"""Where something happens too often, which part is only the shadow of another, and what a treatment changed."""

import itertools
import json

import numpy as np
import pytest

from noline.insight.causes import effects, logistic
from noline.insight.causes.model import (
    Cases,
    CasesWrong,
    GroupsDiffer,
    NoTreatment,
    OutcomeDecided,
    OverlapTooSmall,
    Part,
    TooFewTreated,
)
from noline.insight.causes.service import Causes
from noline.kernel.shares import difference, share
from noline.stores.walks.store import Named

STORES = ("paris", "lyon", "lille", "nice")
MONTHS = ("2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06")


def table(cases_of, persons: int = 50, **more) -> Cases:
    """So many persons of each store and month. cases_of: how many of them are cases."""
    outcome, store, month = [], [], []
    for one, when in itertools.product(STORES, MONTHS):
        cases = cases_of(one, when)
        outcome += [True] * cases + [False] * (persons - cases)
        store += [one] * persons
        month += [when] * persons
    return Cases.of(outcome, dims={"store": store, "month": month, **more})


def own(cases: Cases) -> list[str]:
    """The findings that stand for themselves."""
    return [one.words for one in Causes().where(cases) if not one.because_of]


def shadows(cases: Cases) -> dict[str, str]:
    """The others, and the part that explains them."""
    return {
        one.words: " × ".join(f"{part.dimension} {part.value}" for part in one.because_of)
        for one in Causes().where(cases)
        if one.because_of
    }


# Where


def test_a_part_that_stands_out_is_told_with_everything_that_belongs_to_it():
    cases = table(lambda store, _: 20 if store == "lyon" else 5)
    found = Causes().searched(cases)
    assert (found.compared, found.cases, found.persons, found.base.value) == (34, 210, 1200, 0.175)
    (lyon,) = (one for one in found.findings if not one.because_of)
    assert lyon.where == (Part("store", "lyon"),)
    assert (lyon.cases, lyon.persons, lyon.rest_cases, lyon.rest_persons) == (120, 300, 90, 900)
    assert (lyon.share, lyon.rest) == (share(120, 300), share(90, 900))
    assert (round(lyon.lift, 9), lyon.base_rate, lyon.difference) == (4, 0.175, difference(120, 300, 90, 900))
    assert (round(lyon.excess_cases, 9), round(lyon.contribution, 9)) == (90, round(90 / 210, 9))
    assert lyon.p < lyon.p_adjusted < 1e-20
    assert lyon.excess_interval.low < 90 < lyon.excess_interval.high
    assert lyon.contribution_interval.low < 90 / 210 < lyon.contribution_interval.high
    assert lyon.label == "association"


def test_what_stands_out_only_because_of_one_store_in_one_month_is_told_as_its_shadow():
    cases = table(lambda store, month: 30 if (store, month) == ("lyon", "2026-02") else 5)
    assert own(cases) == ["store lyon × month 2026-02"]
    assert shadows(cases) == {
        "month 2026-02": "store lyon × month 2026-02",
        "store lyon": "store lyon × month 2026-02",
    }


def test_a_bad_store_explains_each_of_its_months():
    cases = table(lambda store, _: 20 if store == "lyon" else 5)
    assert own(cases) == ["store lyon"]
    assert shadows(cases) == {f"store lyon × month {month}": "store lyon" for month in MONTHS}


def test_two_bad_months_do_not_make_a_bad_store():
    cases = table(lambda store, month: 30 if store == "lyon" and month in MONTHS[1:3] else 5)
    assert own(cases) == ["store lyon × month 2026-02", "store lyon × month 2026-03"]
    assert shadows(cases)["store lyon"] == "store lyon × month 2026-02"


def test_a_month_that_is_worse_still_within_a_bad_store_is_told_beside_it():
    cases = table(lambda store, month: 5 if store != "lyon" else 45 if month == "2026-02" else 18)
    assert own(cases) == ["store lyon", "store lyon × month 2026-02"]


def test_two_causes_that_cross_are_both_told():
    cases = table(lambda store, month: 5 + 12 * (store == "lyon") + 12 * (month == "2026-02"))
    assert own(cases) == ["store lyon", "month 2026-02"]


def test_a_value_that_nobody_told_is_a_part_too():
    cases = Cases.of([True] * 30 + [False] * 70, dims={"store": [None] * 40 + ["lyon"] * 60})
    assert own(cases) == ["store (not told)"]


def test_a_name_that_stands_twice_is_one_part():
    cases = table(lambda store, _: 20 if store == "lyon" else 5)
    codes, names = cases.dims["store"]
    twice = Named(np.where(np.arange(1_200) % 2, codes, codes + 4).astype(np.uint8), (*names, *names))
    assert own(Cases(cases.outcome, {"store": twice, "month": cases.dims["month"]})) == ["store lyon"]


def test_a_pair_of_the_same_persons_says_nothing_more():
    cases = table(lambda store, _: 20 if store == "lyon" else 5, country=["FR"] * 1200)
    assert all(part.dimension != "country" for one in Causes().where(cases) for part in one.where)


@pytest.mark.parametrize(
    ("cases", "persons", "told"), [(20, 30, ["store lyon"]), (20, 29, []), (5, 30, ["store lyon"]), (4, 30, [])]
)
def test_parts_of_fewer_than_thirty_persons_or_five_cases_are_not_compared(cases, persons, told):
    outcome = [True] * cases + [False] * (persons - cases) + [True] * 2 + [False] * 498
    assert own(Cases.of(outcome, dims={"store": ["lyon"] * persons + ["paris"] * 500})) == told


def test_what_nobody_else_has_has_no_lift():
    cases = Cases.of([True] * 10 + [False] * 90, dims={"store": ["lyon"] * 40 + ["paris"] * 60})
    (found,) = Causes().where(cases)
    assert (found.lift, found.contribution, found.rest_cases) == (None, 1.0, 0)


@pytest.mark.parametrize("outcome", [[], [True] * 80, [False] * 80])
def test_where_nothing_differs_nothing_is_found(outcome):
    store = ["paris" if number % 2 else "lyon" for number in range(len(outcome))]
    found = Causes().searched(Cases.of(outcome, dims={"store": store}))
    assert (found.findings, found.persons, found.cases) == ((), len(outcome), sum(outcome))


def chance_table(seed: int, persons: int = 3_000, planted: float = 0.0) -> Cases:
    """Ten stores, twelve months and four channels by chance; in one store's one month it happens more often."""
    chance = np.random.default_rng(seed)
    codes = {name: chance.integers(0, count, persons) for name, count in SIZES.items()}
    rate = 0.15 + planted * ((codes["store"] == 3) & (codes["month"] < 3))
    return Cases(
        chance.random(persons) < rate,
        {
            name: Named(one.astype(np.uint32), tuple(f"{name}-{number}" for number in range(SIZES[name])))
            for name, one in codes.items()
        },
    )


SIZES = {"store": 10, "month": 12, "channel": 4}


def test_of_tables_where_nothing_differs_fewer_than_five_in_a_hundred_show_anything():
    assert sum(bool(Causes().where(chance_table(seed))) for seed in range(200)) == 8


def test_of_what_is_told_where_one_part_differs_hardly_anything_is_chance():
    told = wrong = found = 0
    for seed in range(25):
        names = own(chance_table(seed, persons=6_000, planted=0.35))
        told += len(names)
        wrong += sum("store-3" not in name for name in names)
        found += any("store-3" in name for name in names)
    assert (found, told, wrong) == (25, 66, 0)


def test_the_interval_of_a_contribution_covers_it():
    """600 of 1,000 persons are in the part, where it happens to 35 % instead of 20 %."""
    truth = 0.15 * 600 / (0.2 * 1_000 + 0.15 * 600)
    told = inside = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        here = chance.random(1_000) < 0.6
        cases = Cases(chance.random(1_000) < 0.2 + 0.15 * here, {"store": Named(here.astype(np.uint32), ("a", "b"))})
        for one in Causes().where(cases):
            told += 1
            inside += one.contribution_interval.low <= truth <= one.contribution_interval.high
    assert (told, inside) == (60, 58)


def test_findings_are_data():
    found = Causes().searched(table(lambda store, _: 20 if store == "lyon" else 5)).as_dict()
    again = json.loads(json.dumps(found))
    assert again == found
    assert found["findings"][0]["where"] == [{"dimension": "store", "value": "lyon"}]
    assert found["findings"][0]["share_low"] < 0.4 < found["findings"][0]["share_high"]
    assert found["findings"][1]["because_of"] == [{"dimension": "store", "value": "lyon"}]


def test_the_same_table_gives_the_same_answer():
    cases = chance_table(1, planted=0.2)
    assert Causes().searched(cases) == Causes().searched(cases)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"dims": {"store": ["a"]}}, "store has 1 rows, the outcome 2"),
        ({"covariates": {"orders": [1.0, float("nan")]}}, "orders is not told for everybody"),
        ({"treated": [True]}, "treated has 1 rows, the outcome 2"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(asked, why):
    with pytest.raises(CasesWrong) as refusal:
        Cases.of([True, False], **asked)
    assert refusal.value.why == why
    for numbers in ([0, 1], [-1, 0]):
        with pytest.raises(CasesWrong):
            Cases(np.zeros(2, np.bool_), {"store": Named(np.array(numbers), ("a",))})


# With a control group


def groups(treated: int, treated_cases: int, untreated: int, untreated_cases: int, **more) -> Cases:
    outcome = [number < treated_cases for number in range(treated)]
    outcome += [number < untreated_cases for number in range(untreated)]
    return Cases.of(outcome, treated=[True] * treated + [False] * untreated, **more)


def test_beside_a_control_group_the_difference_is_the_effect():
    found = Causes().effect(groups(200, 30, 210, 60))
    gap = difference(30, 200, 60, 210)
    assert (found.value, found.low, found.high) == (gap.value, gap.low, gap.high)
    assert (found.treated, found.treated_cases, found.untreated, found.untreated_cases) == (200, 30, 210, 60)
    assert (found.label, found.overlap, found.hidden_needed, found.too_few) == (
        "causal: control group", None, None, False,
    )  # fmt: skip
    assert json.loads(json.dumps(found.as_dict()))["naive"] == gap.value


def test_a_group_that_chance_did_not_draw_is_no_control_group():
    told = {"covariates": {"orders": [3.0] * 150 + [1.0] * 50 + [3.0] * 60 + [1.0] * 140}}
    with pytest.raises(GroupsDiffer) as refusal:
        Causes().effect(groups(200, 30, 200, 60, **told))
    assert refusal.value.name == "orders"
    told = {"dims": {"country": ["FR"] * 150 + ["IT"] * 50 + ["FR"] * 60 + ["IT"] * 140}}
    with pytest.raises(GroupsDiffer):
        Causes().effect(groups(200, 30, 200, 60, **told))


def test_groups_that_chance_drew_are_hardly_ever_refused():
    chance = np.random.default_rng(1)
    refused = 0
    for _ in range(500):
        told = {name: chance.normal(size=200) for name in "abcde"}
        try:
            Causes().effect(groups(100, 20, 100, 20, covariates=told))
        except GroupsDiffer:
            refused += 1
    assert refused == 0


def test_an_effect_needs_a_treatment_and_thirty_persons_in_each_group():
    with pytest.raises(NoTreatment):
        Causes().effect(Cases.of([True, False]))
    with pytest.raises(TooFewTreated) as refusal:
        Causes().effect(groups(29, 10, 300, 100))
    assert (refusal.value.treated, refusal.value.untreated, refusal.value.needed) == (29, 300, 30)
    assert Causes().effect(groups(30, 4, 300, 100)).too_few
    with pytest.raises(TooFewTreated) as refusal:
        Causes().effect(groups(39, 10, 300, 100, covariates=_told(339)), "doubly_robust")
    assert refusal.value.needed == 40
    with pytest.raises(CasesWrong):
        Causes().effect(groups(30, 4, 300, 100), "guess")


def _told(persons: int) -> dict[str, list[float]]:
    return {name: np.random.default_rng(3).random(persons).tolist() for name in "abc"}


# Without one


def odds(linear):
    return 1 / (1 + np.exp(-linear))


def simulated(
    persons: int,
    chance,
    *,
    effect: float = 0.6,
    bent_chance: float = 0.0,
    bent_outcome: float = 0.0,
    often: float = -0.2,
    among: str = "everybody",
):
    """Persons who were treated the more, the likelier they were to be a case anyway; and the true effect."""
    x, w, z = chance.normal(size=persons), chance.normal(size=persons), (chance.random(persons) < 0.4) * 1.0
    treated = chance.random(persons) < odds(often + 0.7 * x + 0.4 * z + bent_chance * (x * x - 1))
    linear = -0.8 + 0.9 * x - 0.5 * w + 0.5 * z + bent_outcome * (x * x - 1)
    without, with_it = odds(linear), odds(linear + effect)
    outcome = chance.random(persons) < np.where(treated, with_it, without)
    cases = Cases(outcome, covariates={"x": x, "w": w, "z": z}, treated=treated)
    return cases, float((with_it - without)[treated if among == "treated" else slice(None)].mean())


@pytest.mark.parametrize(
    "world",
    [{}, {"effect": 0.0}, {"bent_outcome": 0.7}, {"bent_chance": 0.5}],
    ids=["both models right", "no effect", "outcome wrong", "chance wrong"],
)
def test_the_effect_is_found_with_its_interval_where_the_plain_difference_is_wrong(world):
    _, truth = simulated(400_000, np.random.default_rng(1), **world)
    chance = np.random.default_rng(2)
    found = [Causes().effect(simulated(1_000, chance, **world)[0], "doubly_robust") for _ in range(400)]
    assert np.mean([one.value for one in found]) - truth == pytest.approx(0, abs=0.004)
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.93
    assert np.mean([one.naive.value for one in found]) - truth > 0.09
    assert np.mean([one.naive.low <= truth <= one.naive.high for one in found]) < 0.08


@pytest.mark.parametrize(
    "world",
    [{}, {"effect": 0.0}, {"bent_outcome": 0.5}, {"bent_chance": 0.3}],
    ids=["both models right", "no effect", "outcome wrong", "chance wrong"],
)
def test_where_few_are_treated_the_effect_among_them_is_found(world):
    world = {"often": -2.2, "among": "treated"} | world
    _, truth = simulated(400_000, np.random.default_rng(1), **world)
    chance = np.random.default_rng(2)
    found = [
        Causes().effect(simulated(1_500, chance, **world)[0], "doubly_robust", among="treated") for _ in range(300)
    ]
    assert np.mean([one.value for one in found]) - truth == pytest.approx(0, abs=0.004)
    assert np.mean([one.low <= truth <= one.high for one in found]) >= 0.93
    assert np.mean([one.naive.low <= truth <= one.naive.high for one in found]) < 0.15


def test_what_few_met_can_only_be_asked_of_those_who_met_it():
    cases, _ = simulated(4_000, np.random.default_rng(5), often=-2.4)
    with pytest.raises(OverlapTooSmall) as refusal:
        Causes().effect(cases, "doubly_robust")
    assert (round(refusal.value.overlap, 2), refusal.value.among) == (0.49, "everybody")
    found = Causes().effect(cases, "doubly_robust", among="treated")
    assert (found.among, found.overlap, found.treated) == ("treated", 1.0, 471)
    assert found.low < found.value < found.high < found.naive.value


def test_whom_nobody_resembles_has_no_effect_to_be_told():
    treated = [number % 20 != 0 for number in range(1_000)] + [number % 10 == 0 for number in range(1_000)]
    store = ["paris"] * 1_000 + ["lyon"] * 1_000
    cases = Cases.of([number % 3 == 0 for number in range(2_000)], dims={"store": store}, treated=treated)
    with pytest.raises(OverlapTooSmall) as refusal:
        Causes().effect(cases, "doubly_robust", among="treated")
    assert (round(refusal.value.overlap, 3), refusal.value.persons) == (0.095, 1_050)
    assert "Only 10 % of the treated (1,050 persons)" in str(refusal.value)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ((100, 0, 300, 290), ("with it", 0, 100)),
        ((100, 100, 300, 20), ("with it", 100, 100)),
        ((100, 9, 300, 0), ("without it", 0, 300)),
    ],
)
def test_an_outcome_that_is_part_of_the_treatment_is_no_effect_of_it(counts, told):
    for among in ("everybody", "treated"):
        with pytest.raises(OutcomeDecided) as refusal:
            Causes().effect(groups(*counts), "doubly_robust", among=among)
        assert (refusal.value.group, refusal.value.cases, refusal.value.persons) == told


def test_the_answer_says_what_it_allowed_for_and_how_much_it_can_bear():
    cases, _ = simulated(4_000, np.random.default_rng(5))
    found = Causes().effect(cases, "doubly_robust")
    assert (found.label, found.adjusted_for) == ("causal if nothing unmeasured differs", ("x", "w", "z"))
    assert (round(found.overlap, 3), round(found.hidden_needed, 2), found.too_few) == (0.998, 1.72, False)
    assert found.naive.value > found.high > found.value > found.low > 0
    assert json.loads(json.dumps(found.as_dict()))["overlap"] == found.overlap


def test_where_hardly_anybody_is_comparable_the_answer_is_refused_and_says_so():
    chance = np.random.default_rng(6)
    x = chance.normal(size=2_000)
    treated = chance.random(2_000) < odds(4 * x)
    with pytest.raises(OverlapTooSmall) as refusal:
        Causes().effect(Cases(chance.random(2_000) < 0.3, covariates={"x": x}, treated=treated), "doubly_robust")
    assert (round(refusal.value.overlap, 2), refusal.value.persons, refusal.value.needed) == (0.43, 2_000, 0.8)
    assert str(refusal.value).startswith(
        "Only 43 % of everybody (2,000 persons) have comparable others; 80 % are needed."
    )


def test_overlap_is_the_part_of_persons_with_a_chance_from_a_tenth_to_nine_tenths():
    """In one store 5 % are treated, in the other half: those of the first have no comparable others."""
    for store_persons, refused in [(380, False), (420, True)]:
        others = 2_000 - store_persons
        treated = [number % 20 == 0 for number in range(store_persons)] + [number % 2 == 0 for number in range(others)]
        store = ["paris"] * store_persons + ["lyon"] * others
        cases = Cases.of([number % 3 == 0 for number in range(2_000)], dims={"store": store}, treated=treated)
        if refused:
            with pytest.raises(OverlapTooSmall) as refusal:
                Causes().effect(cases, "doubly_robust")
            assert refusal.value.overlap == 0.79
        else:
            assert Causes().effect(cases, "doubly_robust").overlap == 0.81


def test_dimensions_are_allowed_for_as_numbers_are():
    chance = np.random.default_rng(8)
    store = chance.integers(0, 5, 20_000)
    treated = chance.random(20_000) < 0.2 + 0.12 * store
    outcome = chance.random(20_000) < 0.1 + 0.1 * store + 0.1 * treated
    cases = Cases(outcome, {"store": Named(store.astype(np.uint8), tuple("abcde"))}, treated=treated)
    found = Causes().effect(cases, "doubly_robust")
    assert found.low < 0.1 < found.high < found.naive.low
    assert (found.adjusted_for, round(found.high - found.low, 3)) == (("store",), 0.027)


def test_where_nothing_is_known_it_is_the_plain_difference():
    found = Causes().effect(groups(200, 30, 210, 60), "doubly_robust")
    assert found.value == pytest.approx(30 / 200 - 60 / 210, abs=1e-9)
    assert found.standard_error == pytest.approx(
        (0.15 * 0.85 / 200 + (60 / 210) * (150 / 210) / 210) ** 0.5, rel=0.01
    )  # fmt: skip


def test_what_separates_the_outcomes_leads_to_no_infinity():
    chance = np.random.default_rng(9)
    x = chance.normal(size=500)
    found = Causes().effect(
        Cases(x > 0, covariates={"x": x, "same": np.ones(500)}, treated=chance.random(500) < 0.5), "doubly_robust"
    )
    assert abs(found.value) < 0.03
    assert 0 < found.standard_error < 0.05


def test_of_very_many_persons_some_are_asked(monkeypatch):
    monkeypatch.setattr(effects, "MOST_PERSONS", 1_000)
    cases, _ = simulated(5_000, np.random.default_rng(5))
    found = Causes().effect(cases, "doubly_robust")
    assert (found.persons, found.treated + found.untreated) == (1_000, 1_000)


# As others have it


def test_the_regression_is_that_of_statsmodels(monkeypatch):
    from statsmodels.discrete.discrete_model import Logit

    monkeypatch.setattr(logistic, "RIDGE", 0.0)
    cases, _ = simulated(1_500, np.random.default_rng(4))
    columns = np.stack([np.ones(1_500), *cases.covariates.values()], axis=1)
    ours = logistic.fitted(columns, cases.outcome, cases.treated)
    theirs = Logit(cases.outcome[cases.treated] * 1.0, columns[cases.treated]).fit(disp=0)
    assert ours.coefficients == pytest.approx(theirs.params, abs=1e-6)
    assert ours.values == pytest.approx(theirs.predict(columns), abs=1e-6)


def test_the_effect_is_what_statsmodels_models_give_in_the_formula_of_the_papers(monkeypatch):
    from statsmodels.discrete.discrete_model import Logit

    monkeypatch.setattr(logistic, "RIDGE", 0.0)
    cases, _ = simulated(1_500, np.random.default_rng(4))
    columns = np.stack([np.ones(1_500), *cases.covariates.values()], axis=1)
    treated, outcome = cases.treated, cases.outcome * 1.0
    chance = Logit(treated * 1.0, columns).fit(disp=0).predict(columns)
    with_it = Logit(outcome[treated], columns[treated]).fit(disp=0).predict(columns)
    without = Logit(outcome[~treated], columns[~treated]).fit(disp=0).predict(columns)
    theirs = (
        with_it - without + treated * (outcome - with_it) / chance - ~treated * (outcome - without) / (1 - chance)
    )  # fmt: skip
    assert Causes().effect(cases, "doubly_robust").value == pytest.approx(theirs.mean(), abs=1e-6)
    likened = (treated - ~treated * chance / (1 - chance)) * (outcome - without)
    found = Causes().effect(cases, "doubly_robust", among="treated")
    assert found.value == pytest.approx(likened.sum() / treated.sum(), abs=1e-6)


def test_the_e_value_is_that_of_its_paper():
    """VanderWeele and Ding, 2017: a risk ratio of 3.9 with an interval from 1.8 has E-values of 7.26 and 3.0."""
    assert round(effects._hidden_needed(0.1, 0.29, 0.08, 0.77), 2) == 3.0
    assert round(effects._hidden_needed(0.1, 0.29, 0.29, 0.29), 2) == 7.26
    assert effects._hidden_needed(0.1, 0.29, -0.01, 0.6) == 1
    assert round(effects._hidden_needed(0.36, -0.26, -0.31, -0.16), 2) == 3.0


@pytest.mark.parametrize("question", ["where", "control", "doubly_robust"])
def test_every_answer_says_how_it_was_counted(question):
    told = Causes().counted(question)
    assert len(told["words"]) > 200
    assert (told["sql"], told["parameters"]) == ("", {})
    with pytest.raises(CasesWrong):
        Causes().counted("why")
