"""Chains of any order against a dense one built another way, and which order is chosen."""

import math
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.test_paths import ROWS, SMALL
from noline.insight.paths import counting, kernels, markov, methods, orders
from noline.insight.paths.model import AskedWrong, Paths
from noline.insight.paths.service import PathCredit
from noline.stores.walks.kernels import taking

BUILT = pytest.mark.skipif(kernels.built is None, reason="no C compiler built the loops")
ORDERS = st.integers(1, 4)


@pytest.fixture(params=["directly", "by steps"])
def solved(request, monkeypatch):
    if request.param == "by steps":
        monkeypatch.setattr(markov, "FEW_STATES", 0)


def dense(rows, order, gone):
    """What is reached when some moves lead to nothing, by a chain of tuples and one dense system of equations.

    gone: takes the state that is left and the touch that comes. Answers success and value per journey.
    """
    moves, ends, worth, left, journeys = defaultdict(int), defaultdict(int), defaultdict(int), defaultdict(int), 0
    for text, conversions, nulls, value in rows:
        state, happened = (), conversions + nulls
        journeys += happened
        for touch in text.split(" > "):
            after = (*state, touch)[-order:]
            moves[state, touch, after] += happened
            left[state] += happened
            state = after
        left[state] += happened
        ends[state] += conversions
        worth[state] += value
    states = [state for state in left if left[state]]
    if () not in states:
        return 0.0, 0.0
    place = {state: number for number, state in enumerate(states)}
    system = np.eye(len(states))
    for (state, touch, after), count in moves.items():
        if count and not gone(state, touch):
            system[place[state], place[after]] -= count / left[state]
    told = np.array([[ends[state] / left[state], worth[state] / left[state]] for state in states])
    found = np.linalg.solve(system, told)[place[()]]
    return float(found[0]), float(found[1])


def lost(whole, left):
    return min(max(1 - left / whole, 0.0), 1.0) if whole else 0.0


@settings(max_examples=60, deadline=None)
@given(rows=ROWS, order=ORDERS, few=st.sampled_from([0, 64]))
def test_removals_are_those_of_a_dense_chain(rows, order, few):
    paths = Paths.from_rows(rows)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(markov, "FEW_STATES", few)
        chain = markov.chain_of(paths, order)
        found = markov.removal_effects(chain)
    whole = dense(rows, order, lambda *_: False)
    assert whole[0] == pytest.approx(chain.success_in_all, abs=1e-12)
    for code, name in enumerate(paths.names):
        left = dense(rows, order, lambda _state, touch, name=name: touch == name)
        assert found.success[code] == pytest.approx(lost(whole[0], left[0]), abs=1e-10)
        if all(value >= 0 for *_, value in rows):
            assert found.worth[code] == pytest.approx(lost(whole[1], left[1]), abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS, order=ORDERS)
def test_removals_of_handoffs_are_those_of_a_dense_chain(rows, order):
    whole = dense(rows, order, lambda *_: False)[0]
    paths = Paths.from_rows(rows)
    for row in PathCredit(paths).handoffs(order):
        left = dense(rows, order, lambda state, touch, row=row: state[-1:] == (row.sender,) and touch == row.receiver)[
            0
        ]
        if paths.total:
            assert row.removal_effect == pytest.approx(lost(whole, left), abs=1e-10)
            assert row.conversions == pytest.approx(row.removal_effect * paths.total)
        else:
            assert row.removal_effect is None


def test_three_channels_are_worth_what_a_hand_finds(solved):
    # start -> a 10/12, b 2/12; a -> b 1/2, ends 1/2; b ends: by hand, without a only b's own start is left.
    paths = Paths.from_rows([("a > b", 5, 0, 0), ("a", 0, 5, 0), ("b", 0, 2, 0)])
    effects = markov.removal_effects(markov.chain_of(paths, 1)).success
    # The chance of a success at b is 5/7; without a it is reached from the start alone: 2/12 x 5/7, of 5/12 in all.
    assert effects.tolist() == pytest.approx([1 - (2 / 12 * 5 / 7) / (5 / 12), 1.0])


def test_a_channel_on_every_path_with_success_has_effect_one(solved):
    paths = Paths.from_rows([("a > b", 4, 1, 900), ("c > b > a", 2, 0, 10), ("c > a", 0, 9, 0)])
    found = markov.removal_effects(markov.chain_of(paths, 2))
    assert found.success[paths.names.index("b")] == pytest.approx(1.0, abs=1e-12)
    assert found.worth[paths.names.index("b")] == pytest.approx(1.0, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(rows=ROWS.map(lambda rows: [row for row in rows if len(row[0].split(" > ")) <= 6]))
def test_an_order_of_the_longest_path_gives_the_plain_share_of_successes(rows):
    paths = Paths.from_rows(rows)
    if not paths.total:
        return
    found = markov.removal_effects(markov.chain_of(paths, 6)).success
    for code, name in enumerate(paths.names):
        within = sum(count for text, count, *_ in rows if name in text.split(" > "))
        assert found[code] == pytest.approx(within / paths.total, abs=1e-12)


def test_a_handoff_knows_how_often_it_happened_and_what_it_is_worth(solved):
    rows = PathCredit(SMALL).handoffs()
    assert [(row.sender, row.receiver, row.moves) for row in rows] == [("c", "a", 6), ("a", "b", 4), ("b", "a", 4)]
    # c -> a is all of c's moves: its removal is that of c, 8/17 of the six successes.
    assert rows[0].removal_effect == pytest.approx(8 / 17)
    assert rows[0].conversions == pytest.approx(6 * 8 / 17)
    assert rows[0].value_minor == 710


def test_a_channel_that_follows_itself_is_no_handoff(solved):
    assert PathCredit(Paths.from_rows([("a > a > a", 3, 0, 0)])).handoffs() == []


def test_long_stays_in_one_channel_are_solved_as_exactly_by_steps(monkeypatch):
    rows = [(" > ".join(["a"] * 4_000 + ["b"]), 1, 1, 0), ("b", 1, 0, 0)]
    paths = Paths.from_rows(rows)
    direct = markov.removal_effects(markov.chain_of(paths, 1)).success.tolist()
    monkeypatch.setattr(markov, "FEW_STATES", 0)
    assert markov.removal_effects(markov.chain_of(paths, 1)).success.tolist() == pytest.approx(direct, abs=1e-12)


def test_no_success_gives_no_credit():
    found = PathCredit(Paths.from_rows([("a > b", 0, 4, 0)])).attribute("markov", order=3)
    assert found.conversions.tolist() == [0.0, 0.0]
    assert found.values_minor.tolist() == [0, 0]


def test_a_value_that_returns_outweigh_is_shared_as_the_conversions_are():
    found = PathCredit(Paths.from_rows([("a", 1, 0, -100), ("b", 1, 0, 100), ("a", 1, 0, -60)])).attribute("markov")
    assert found.values_minor.sum() == -60


def test_the_same_paths_give_the_same_bytes(solved):
    paths = random_paths(3_000, seed=5)
    first, second = (PathCredit(paths).attribute("markov", order=3) for _ in range(2))
    assert first.conversions.tobytes() == second.conversions.tobytes()


def test_more_channels_than_numbers_hold_lower_the_highest_order():
    names = " > ".join(f"c{number}" for number in range(3_000))
    with pytest.raises(AskedWrong) as refusal:
        PathCredit(Paths.from_rows([(names, 1, 0, 0)])).attribute("markov", order=5)
    assert "order from 1 to 4, not 5" in str(refusal.value)


# The loops in C and NumPy


def random_paths(count, seed, channels=5):
    chance = np.random.default_rng(seed)
    lengths = np.minimum(chance.geometric(0.3, count), 40)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    conversions = chance.integers(0, 3, count)
    codes = chance.integers(0, channels, offsets[-1]).astype(np.uint8)
    values = conversions * chance.integers(0, 9_000, count)
    return Paths(offsets, codes, tuple("abcdefgh"[:channels]), conversions, chance.integers(0, 3, count), values)


def both(ask):
    found = []
    for way in ("numpy", "c"):
        with taking(way):
            found.append(ask())
    return found


@BUILT
@settings(max_examples=60, deadline=None)
@given(rows=ROWS, order=st.integers(1, 6), table=st.sampled_from([0, 1 << 24]))
def test_moves_are_counted_alike(rows, order, table):
    paths = Paths.from_rows(rows)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(counting, "LARGEST_TABLE", table)
        numpy, c = both(lambda: [one.tolist() for one in counting.counted(paths, order)[2:]])
    assert c == numpy


@BUILT
@settings(max_examples=60, deadline=None)
@given(rows=ROWS)
def test_sets_are_counted_alike(rows):
    paths = Paths.from_rows(rows)
    numpy, c = both(lambda: [methods.by_set(paths).tolist(), methods.by_set(paths, by_place=True).tolist()])
    assert c == numpy


@BUILT
@pytest.mark.parametrize("order", [1, 3, 5])
def test_credit_is_the_same_to_the_last_byte_also_in_parts(order, monkeypatch):
    monkeypatch.setattr(kernels, "ALONE", 100)
    monkeypatch.setattr(kernels, "threads", lambda: 3)
    paths = random_paths(4_000, seed=order)

    def told():
        found = [PathCredit(paths).attribute(method, order=order) for method in ("shapley", "markov")]
        return [column.tobytes() for one in found for column in (one.conversions, one.values_minor)]

    numpy, c = both(told)
    assert c == numpy


@BUILT
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("moves", {"codes": np.array([7], np.uint8)}),
        ("moves", {"offsets": np.array([0, 2], np.int64)}),
        ("moves", {"table": np.zeros(5, np.int64)}),
        ("moves", {"last": 2}),
        ("moves", {"codes": np.array([0], np.int32)}),
    ],
)
def test_loops_refuse_buffers_that_do_not_fit(name, change):
    told = {
        "offsets": np.array([0, 1], np.int64), "codes": np.array([0], np.uint8), "happened": np.ones(1, np.int64),
        "base": 3, "states": 3, "first": 0, "last": 1, "table": np.zeros(9, np.int64), "ends": np.zeros(1, np.int64),
    }  # fmt: skip
    getattr(kernels.built, name)(*told.values())
    with pytest.raises(ValueError):
        getattr(kernels.built, name)(*{**told, **change}.values())


# Which order


def second_order(count, seed):
    """Journeys whose next touch depends on the last two: after a, b comes c, after c, b comes a."""
    chance = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        path = [str(chance.choice(["a", "c"])), "b"]
        while chance.random() < 0.7:
            likely, other = ("c", "a") if path[-2] == "a" else ("a", "c")
            path += [likely if chance.random() < 0.9 else other, "b"]
        rows.append((" > ".join(path), int(chance.random() < 0.3), 0, 0))
    return Paths.from_rows([(text, success, 1 - success, 0) for text, success, *_ in rows])


def test_the_order_that_tells_held_out_journeys_best_is_chosen():
    report = PathCredit(second_order(4_000, seed=1)).orders()
    assert report.chosen == 2
    assert "held-out journeys best" in report.why
    assert [row.order for row in report.rows] == [1, 2, 3, 4, 5, 6]
    assert min(report.rows, key=lambda row: row.bic).order == 2


def test_one_journey_of_five_is_held_out_and_a_row_that_happened_often_is_parted():
    paths = Paths.from_rows([("a", 1, 0, 0)] * 5_000 + [("b", 1_000, 500, 7)])
    held = orders.held_out(paths)
    assert abs(int(held.conversions[:-1].sum()) - 1_000) < 100
    assert int(held.conversions[-1]) == 200
    assert int(held.nulls[-1]) == 100
    assert held.total == orders.held_out(paths).total


def test_likelihood_parameters_and_bic_are_those_of_the_counts():
    # start: a 3 of 4, b 1 of 4; a: b 2 of 3, no success 1 of 3; b: success 3 of 3.
    row = orders.order_report(Paths.from_rows([("a > b", 2, 0, 0), ("a", 0, 1, 0), ("b", 1, 0, 0)]), 1).rows[0]
    assert (row.states, row.parameters, row.transitions) == (3, 2, 10)
    told = 3 * math.log(3 / 4) + math.log(1 / 4) + 2 * math.log(2 / 3) + math.log(1 / 3)
    assert row.log_likelihood == pytest.approx(told)
    assert row.bic == pytest.approx(2 * math.log(10) - 2 * told)


def test_a_held_out_journey_is_told_by_the_others_alone(monkeypatch):
    paths = Paths.from_rows([("a", 2, 0, 0), ("b", 2, 0, 0)])
    held = paths.happening(np.array([1, 0]), np.array([0, 0]))
    monkeypatch.setattr(orders, "held_out", lambda _: held)
    row = orders.order_report(paths, 1).rows[0]
    # a comes in 1 of 3, with half a case more for each of 4 outcomes; then success in 1 of 1.
    assert row.held_out == pytest.approx((math.log(1.5 / 5) + math.log(1.5 / 3)) / 2)


def test_too_few_journeys_to_hold_some_out_are_told_by_bic():
    report = PathCredit(Paths.from_rows([("a > b", 1, 0, 0)])).orders()
    assert report.rows[0].held_out is None
    assert "BIC" in report.why
