"""How what an order leaves is shared: by other weights for every method, and to the last unit of money."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_trades import DAY, HOUR, METHODS, shares_of, trade_of
from noline.insight.credit.ledger import book
from noline.insight.credit.model import ACTS, trade_of_rows
from noline.insight.credit.rules import METHODS as NAMES
from noline.insight.credit.splitting import split, turns_of
from noline.insight.credit.weights import Method, MethodUnknown, WeightsWrong, whole_weights

# Weights


def shared_by(method, acts, margin=1_200):
    """What lyon, paris and the web get of an order on the web; acts: (unit, act, hours after the placement)."""
    units, placed = ("lyon", "paris", "web"), 9 * DAY
    work = [(0, units.index(unit), ACTS.index(act), placed + hours * HOUR, 0, 0) for unit, act, hours in acts]
    trade = trade_of(units, (True,) * 3, [(placed, 2, 2, 0, margin, margin, 0)], work, [])
    told = shares_of(book(trade, method), 0)
    return [told.get(unit, (0, 0, 0))[1] for unit in units]


WAY = [
    ("lyon", "inspire", -48),
    ("paris", "advise", -24),
    ("paris", "advise", -20),
    ("web", "capture", 0),
    ("lyon", "pick", 5),
]


@pytest.mark.parametrize(
    ("method", "shares"),
    [
        (Method("equal"), [400, 400, 400]),
        (Method("first"), [1200, 0, 0]),
        (Method("last"), [0, 0, 1200]),
        (Method("linear"), [480, 480, 240]),
        (Method("position"), [480, 240, 480]),
        (Method("position", position=(1, 0, 3)), [300, 0, 900]),
        (Method("position", position=(0, 0, 0)), [400, 400, 400]),
        (Method("ordered"), [600, 400, 200]),
        (Method("roles", {"paris": 4}), [200, 800, 200]),
        (Method("markov", {"paris": 1, "web": 2}), [0, 400, 800]),
        (Method("calibrated", {"tokyo": 5}), [400, 400, 400]),
    ],
)
def test_every_method_is_only_other_weights(method, shares):
    assert shared_by(method, WAY) == shares


def test_an_act_counts_half_for_each_half_life_before_the_order():
    acts = [("lyon", "inspire", -48), ("paris", "advise", -24), ("web", "capture", 0), ("web", "pick", 9)]
    assert shared_by(Method("decay", half_life_us=DAY), acts, margin=11_000) == [1000, 2000, 8000]


def test_a_capture_that_nobody_told_counts_like_one_at_the_placement():
    acts = [("lyon", "inspire", -24), ("paris", "pick", 1)]
    assert shared_by(Method("decay", half_life_us=DAY), acts, margin=5_000) == [1000, 2000, 2000]
    assert shared_by(Method("position"), acts, margin=1_000) == [500, 0, 500]
    assert shared_by(Method("ordered"), acts, margin=6_000) == [3000, 1000, 2000]
    assert shared_by(Method("linear"), acts, margin=3_000) == [1000, 1000, 1000]


def test_every_method_of_the_rules_can_be_asked_for():
    assert {one.name for one in METHODS} == set(NAMES)


@pytest.mark.parametrize("weights", [{"web": -1}, {"web": 1.5}, {"web": 10**6 + 1}, {"web": True}])
def test_weights_that_are_no_whole_numbers_are_refused(weights):
    with pytest.raises(WeightsWrong, match="web has"):
        Method("roles", weights)


def test_a_method_that_there_is_not_and_weights_that_nobody_told_are_refused():
    with pytest.raises(MethodUnknown, match="'loudest'"):
        Method("loudest")
    with pytest.raises(WeightsWrong, match="none are told"):
        Method("markov")
    with pytest.raises(WeightsWrong, match="half-life"):
        Method("decay", half_life_us=0)


def test_measured_numbers_become_whole_weights():
    assert whole_weights({"a": 0.5, "b": 0.125, "c": -0.3}) == {"a": 1_000_000, "b": 250_000, "c": 0}
    assert whole_weights({"a": 0.0}) == {"a": 0}
    with pytest.raises(WeightsWrong, match="not finite"):
        whole_weights({"a": float("nan")})


# Rounding


def test_largest_remainders_get_the_units_that_are_left():
    offsets = np.array([0, 3], np.int64)
    parts = np.array([50, 30, 20], np.int64)
    assert split(np.array([101]), offsets, parts, np.array([0])).tolist() == [51, 30, 20]  # 50.5, 30.3, 20.2
    assert split(np.array([99]), offsets, parts, np.array([0])).tolist() == [49, 30, 20]  # 49.5, 29.7, 19.8


def test_nobody_always_gets_the_odd_cent():
    orders = [(f"o-{number}", "web", 100, [("paris", "advise", 0), ("lyon", "advise", 0)]) for number in range(9_000)]
    ledger = book(trade_of_rows(["lyon", "paris", "web"], orders), Method())
    odd = np.bincount(ledger.rows.unit, ledger.rows.shared - 33, minlength=3)
    assert odd.sum() == 9_000
    assert (abs(odd - 3_000) < 5 * (9_000 * 2 / 9) ** 0.5).all()


def test_among_equal_remainders_the_units_left_go_round():
    found = {
        tuple(split(np.array([11]), np.array([0, 4]), np.array([2, 1, 2, 2]), np.array([turn])).tolist())
        for turn in range(3)
    }
    # 22/7 = 3 + 1/7 three times, 11/7 = 1 + 4/7: the largest remainder gets the one unit that is left, whoever's turn
    assert found == {(3, 2, 3, 3)}
    found = [
        split(np.array([10]), np.array([0, 4]), np.array([2, 1, 2, 2]), np.array([turn])).tolist() for turn in range(3)
    ]
    assert found == [[3, 1, 3, 3]] * 3  # 20/7 = 2 + 6/7, 10/7 = 1 + 3/7
    found = [
        split(np.array([8]), np.array([0, 4]), np.array([2, 1, 2, 2]), np.array([turn])).tolist() for turn in range(3)
    ]
    assert found == [[3, 1, 2, 2], [2, 1, 3, 2], [2, 1, 2, 3]]  # 16/7 = 2 + 2/7 three times, 8/7 = 1 + 1/7


@settings(max_examples=200, deadline=None)
@given(
    amount=st.integers(0, 10**15),
    parts=st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any),
    turn=st.integers(0, 2**61),
)
def test_a_split_is_exact_and_within_one_of_the_true_share(amount, parts, turn):
    found = split(np.array([amount]), np.array([0, len(parts)]), np.array(parts), np.array([turn])).tolist()
    assert sum(found) == amount
    for share, part in zip(found, parts, strict=True):
        assert abs(share * sum(parts) - amount * part) < sum(parts)


def test_the_turn_of_an_order_hangs_on_its_id_alone():
    trade = trade_of_rows(["web"], [(f"o-{number}", "web", 1, []) for number in range(50)])
    assert turns_of(trade.orders.ids[7:9]).tolist() == turns_of(trade.orders.ids)[7:9].tolist()
    assert len(set(turns_of(trade.orders.ids).tolist())) == 50
