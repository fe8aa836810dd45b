"""The loops of credit in C and the same in NumPy are one thing told twice: the same bytes, and the same refusals."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from insight.credit_trades import METHODS, trades
from noline.insight.credit import splitting
from noline.insight.credit.ledger import book
from noline.insight.credit.splitting import earned, per_segment, seats, split, sums, turns_of
from noline.stores.walks import kernels
from noline.stores.walks.kernels import taking

BUILT = pytest.mark.skipif(splitting.built is None or kernels.built is None, reason="no C compiler built the kernels")
pytestmark = BUILT

LARGEST = 10**15


def both(ask):
    """What each way answers; the sentence of what it refuses."""
    found = []
    for way in ("numpy", "c"):
        with taking(way):
            try:
                found.append(ask())
            except ValueError as refusal:
                found.append(str(refusal))
    return found


@st.composite
def amounts(draw, largest, heaviest, most=7):
    counts = draw(st.lists(st.integers(1, most), max_size=8))
    weight = st.one_of(st.integers(0, 1), st.integers(0, 3), st.integers(0, heaviest))
    weights = [
        [draw(st.integers(1, heaviest)), *draw(st.lists(weight, min_size=count - 1, max_size=count - 1))]
        for count in counts
    ]
    weights = [draw(st.permutations(part)) if len(part) < 9 else part for part in weights]
    return (
        np.array([draw(st.integers(0, largest)) for _ in counts], np.int64),
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.array([one for part in weights for one in part], np.int64),
        np.array([draw(st.integers(0, 2**62)) for _ in counts], np.int64),
    )


@settings(max_examples=300, deadline=None)
@given(asked=amounts(500, 9))
def test_small_amounts_are_split_to_the_same_bytes(asked):
    numpy, c = both(lambda: split(*asked).tobytes())
    assert c == numpy


@settings(max_examples=300, deadline=None)
@given(asked=amounts(LARGEST, LARGEST))
def test_amounts_and_weights_whose_products_run_over_are_split_to_the_same_bytes(asked):
    numpy, c = both(lambda: split(*asked).tobytes())
    assert c == numpy
    assert per_segment(split(*asked), asked[1]).tolist() == asked[0].tolist()


@settings(max_examples=30, deadline=None)
@given(asked=amounts(10**6, 40, most=150))
def test_more_members_than_lie_on_the_stack_get_the_same(asked):
    numpy, c = both(lambda: split(*asked).tobytes())
    assert c == numpy


@settings(max_examples=100, deadline=None)
@given(asked=amounts(10**6, 40, most=70))
def test_what_units_earn_in_all_is_the_sum_of_their_shares(asked):
    units = np.arange(asked[1][-1]) % 5
    numpy, c = both(lambda: earned(*asked, units, 5).tolist())
    assert c == numpy == np.bincount(units, split(*asked), minlength=5).astype(np.int64).tolist()


@settings(max_examples=150, deadline=None)
@given(asked=amounts(10**6, 1))
def test_equal_parts_are_weights_that_are_all_the_same(asked):
    totals, offsets, weights, turns = asked
    numpy, c = both(lambda: split(totals, offsets, None, turns).tobytes())
    assert c == numpy == split(totals, offsets, np.full_like(weights, 7), turns).tobytes()


@pytest.mark.parametrize(
    ("totals", "counts", "weights", "turns", "why"),
    [
        ([-1], [0, 1], [1], [0], "an amount or a turn below 0"),
        ([1], [0, 1], [1], [-1], "an amount or a turn below 0"),
        ([1], [0, 1], [0], [0], "an amount of which nobody has a part"),
        ([1], [0, 1], [-1], [0], "weights are 0 or more"),
        ([1], [0, 2], [2**62, 2**62], [0], "weights are 0 or more"),
    ],
)
def test_what_cannot_be_split_is_refused_alike(totals, counts, weights, turns, why):
    columns = [np.array(one, np.int64) for one in (totals, counts, weights, turns)]
    numpy, c = both(lambda: split(*columns))
    assert numpy == c
    assert why in c


def test_an_amount_with_nobody_to_share_it_is_refused():
    one, none = np.array([1]), np.zeros(0, np.int64)
    for refusal in both(lambda: split(one, np.array([0, 0]), none, one)):
        assert "nobody" in refusal


@pytest.mark.parametrize("offsets", [[0, 2], [1, 1], [0]])
def test_the_loop_refuses_members_that_there_are_not(offsets):
    one = np.array([1], np.int64)
    with pytest.raises(ValueError, match="columns of different lengths"):
        splitting.built.split(one, np.array(offsets, np.int64), None, one, np.zeros(1, np.int64))


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(st.text(max_size=12), max_size=9), cut=st.integers(0, 3))
def test_every_id_has_the_same_turn(texts, cut):
    ids = pa.array(texts, pa.string())[cut:]
    numpy, c = both(lambda: turns_of(ids).tolist())
    assert c == numpy
    assert all(turn >= 0 for turn in c)


@settings(max_examples=100, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 4), st.integers(-(2**52), 2**52))))
def test_sums_are_the_same_and_exact(rows):
    keys, values = (np.array(one, np.int64) for one in (zip(*rows, strict=True) if rows else ([], [])))
    numpy, c = both(lambda: sums(keys, values, 5).tolist())
    assert c == numpy == [sum(value for key, value in rows if key == place) for place in range(5)]


def test_the_loop_refuses_a_key_without_a_place():
    one = np.array([1], np.int64)
    with pytest.raises(ValueError, match="no place"):
        splitting.built.earned(one, np.array([0, 1]), None, one, one, np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="no place"):
        splitting.built.sums(np.array([3]), np.array([1]), np.zeros(3, np.int64))


@settings(max_examples=200, deadline=None)
@given(trade=trades())
def test_every_order_has_the_same_seats(trade):
    numpy, c = both(lambda: [one.tolist() for one in seats(trade.orders, trade.work, len(trade.units))])
    assert c == numpy


def test_work_that_lies_not_by_order_is_refused_alike():
    trade = trades_of_two()
    for refusal in both(lambda: seats(trade.orders, trade.work._replace(order=np.array([1, 0])), 2)):
        assert "does not lie by order" in refusal
    for refusal in both(lambda: seats(trade.orders, trade.work._replace(unit=np.array([0, 2])), 2)):
        assert "unit that there is not" in refusal


def trades_of_two():
    from noline.insight.credit.model import trade_of_rows

    return trade_of_rows(
        ["paris", "web"], [("o-1", "web", 9, [("paris", "advise", 1)]), ("o-2", "web", 9, [("paris", "pick", 1)])]
    )


@settings(max_examples=150, deadline=None)
@given(trade=st.one_of(trades(), trades(largest=LARGEST)), method=st.sampled_from(METHODS))
def test_whole_books_are_the_same_to_the_last_byte(trade, method):
    numpy, c = both(lambda: [one.tobytes() for one in (*book(trade, method).entries, *book(trade, method).rows)])
    assert c == numpy


def test_threads_may_split_side_by_side():
    chance = np.random.default_rng(3)
    counts = chance.integers(1, 8, 20_000)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    columns = (
        chance.integers(0, 10**7, 20_000),
        offsets,
        chance.integers(1, 99, offsets[-1]),
        chance.integers(0, 2**60, 20_000),
    )
    with taking("c"), ThreadPoolExecutor(4) as threads:
        found = {one.tobytes() for one in threads.map(lambda _: split(*columns), range(8))}
    with taking("numpy"):
        assert found == {split(*columns).tobytes()}
