"""Games of units: what groups can claim, how far credits are from leaving nobody a claim, and the nucleolus."""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy.optimize import linprog

from noline.insight.credit.cores import (
    CoreEmpty,
    least_core,
    nearest_core_split,
    nearest_split,
    to_whole,
    whole_split,
)
from noline.insight.credit.games import (
    GameWrong,
    Members,
    as_shares,
    floors,
    game_of,
    gathered,
    largest_claim,
    most_violated,
    of_gathered,
    of_orders,
    shapley,
    sums,
    violated,
    worst_claims,
)
from noline.insight.credit.nucleolus import exact_nucleolus, nucleolus

QUIET = settings(deadline=None, max_examples=60, derandomize=True)


def units_of(mask):
    return [unit for unit in range(int(mask).bit_length()) if mask >> unit & 1]


@some.composite
def books(draw, most_units=6, most_orders=12, losses=True):
    """Orders of some units: who took part, by bits, and the surplus; a loss is borne by its owner alone."""
    units = draw(some.integers(2, most_units))
    masks, surpluses = [], []
    for _ in range(draw(some.integers(1, most_orders))):
        mask, surplus = draw(some.integers(1, 2**units - 1)), draw(some.integers(-40 if losses else 0, 200))
        masks.append(mask if surplus >= 0 else 1 << units_of(mask)[0])
        surpluses.append(surplus)
    return np.array(masks, np.int64), np.array(surpluses, np.int64), units


def split(masks, surpluses, units, weigh):
    """Each order split among its participants by whole weights, the rest to the first of them."""
    credit = [0] * units
    for order, (mask, surplus) in enumerate(zip(masks.tolist(), surpluses.tolist(), strict=True)):
        takers = units_of(mask)
        weights = [weigh(order, unit) for unit in takers]
        given = [surplus * weight // sum(weights) for weight in weights]
        given[0] += surplus - sum(given)
        for unit, part in zip(takers, given, strict=True):
            credit[unit] += part
    return np.array(credit, np.int64)


def equally(order, unit):
    return 1


def by_hand(masks, surpluses, units):
    """The worth of every group, by looking at each order."""
    return [
        sum(surplus for mask, surplus in zip(masks.tolist(), surpluses.tolist(), strict=True) if mask & ~group == 0)
        for group in range(2**units)
    ]


def foreign(draw, masks, surpluses, units, spread=1):
    """Credits that add up to everything but look at no order."""
    total = int(surpluses.sum())
    credit = [draw(some.integers(-20 * spread, 200 * spread)) for _ in range(units - 1)]
    return np.array([*credit, total - sum(credit)], np.int64)


def random_game(chance, units, high=60):
    """Any game whose units make no more apart than together."""
    worths = chance.integers(0, high, 1 << units)
    worths[0] = 0
    worths[-1] = max(int(worths[1 << np.arange(units)].sum()), int(worths[-1]))
    return game_of(worths)


def bankruptcy(claims, estate):
    """What a group of creditors is left when all others were paid in full."""
    rest = [sum(claims) - sum(claims[one] for one in units_of(group)) for group in range(2 ** len(claims))]
    return game_of([max(0, estate - others) for others in rest])


def majority(quota, weights):
    return game_of((sums(weights) >= quota).astype(np.int64))


# Worths


@QUIET
@given(books())
def test_the_worth_of_a_group_is_the_surplus_of_orders_that_needed_nobody_else(made):
    assert of_orders(*made).worths.tolist() == by_hand(*made)


def test_a_unit_alone_makes_its_own_orders_and_bears_its_losses():
    masks, surpluses = np.array([1, 1, 3, 2]), np.array([100, -30, 50, 7])
    assert floors(gathered(masks, surpluses, 2)).tolist() == [70, 7]
    assert floors(of_orders(masks, surpluses, 2)).tolist() == [70, 7]
    assert of_orders(masks, surpluses, 2).worths.tolist() == [0, 70, 7, 127]


@QUIET
@given(books())
def test_participants_may_be_told_by_bits_or_by_number(made):
    masks, surpluses, units = made
    lists = [units_of(mask) for mask in masks.tolist()]
    offsets = np.cumsum([0, *map(len, lists)])
    told = gathered(Members(offsets, np.array([unit for one in lists for unit in one])), surpluses, units)
    assert of_gathered(told).worths.tolist() == of_orders(*made).worths.tolist()


@pytest.mark.parametrize(
    ("masks", "surpluses", "units", "why"),
    [
        ([0], [5], 2, "nobody took part"),
        ([3], [-5], 2, "a loss is borne by several units"),
        ([4], [5], 2, "not bits of 2 units"),
        ([-1], [5], 2, "not bits of 2 units"),
        ([1, 2], [5], 2, "2 orders have 1 surpluses"),
        ([1], [2**62], 2, "too large"),
        ([1], [5], 25, "a game of 25 units is not written down"),
    ],
)
def test_orders_that_make_no_game_are_refused(masks, surpluses, units, why):
    with pytest.raises(GameWrong, match=why):
        of_orders(np.array(masks), np.array(surpluses), units)


@pytest.mark.parametrize(
    ("offsets", "units", "why"),
    [([0, 2], [0], "offsets"), ([1, 1], [0], "offsets"), ([0, 1], [2], "numbers of 2 units")],
)
def test_participants_told_wrongly_are_refused(offsets, units, why):
    with pytest.raises(GameWrong, match=why):
        gathered(Members(np.array(offsets), np.array(units)), np.array([5]), 2)


def test_an_order_that_left_nothing_needs_nobody():
    assert of_orders(np.array([0, 1]), np.array([0, 5]), 1).worths.tolist() == [0, 5]


@pytest.mark.parametrize("worths", [[0], [1, 5], [0, 1, 2]])
def test_worths_that_are_not_of_all_groups_are_refused(worths):
    with pytest.raises(GameWrong, match="not those of 2"):
        game_of(worths)


def test_credits_that_are_no_whole_minor_units_are_refused():
    game = game_of([0, 1, 1, 3])
    for wrong in ([1.5, 1.5], [3], [2**61, 2**61]):
        with pytest.raises(GameWrong, match="credits"):
            violated(game, np.array(wrong))


# Claims


@settings(deadline=None, max_examples=30, derandomize=True)
@given(books(most_units=10, most_orders=30))
def test_sharing_each_order_equally_leaves_no_group_a_claim(made):
    found = violated(of_orders(*made), split(*made, equally))
    assert (found.count, found.of, found.worst) == (0, 2 ** made[2] - 2, [])


@QUIET
@given(books(), some.data())
def test_however_an_order_is_shared_among_those_who_took_part_no_group_has_a_claim(made, data):
    def weigh(order, unit):
        # Somebody has a weight: the first of the order.
        return data.draw(some.integers(0, 5)) + (unit == units_of(made[0][order])[0])

    credit = split(*made, weigh)
    assert violated(of_orders(*made), credit).count == 0
    shared = as_shares(gathered(*made), credit)
    assert (shared.shares >= 0).all()


@QUIET
@given(books(), some.data())
def test_credits_leave_nobody_a_claim_exactly_when_they_are_a_split_of_each_order(made, data):
    masks, surpluses, units = made
    credit = foreign(data.draw, *made)
    if data.draw(some.booleans()):
        credit = whole_split(gathered(*made), nearest_split(gathered(*made), credit))
    in_core = violated(of_orders(*made), credit).count == 0
    # A column for what each participant gets of each order; a loss is borne.
    parts = [(order, unit) for order, mask in enumerate(masks.tolist()) for unit in units_of(mask)]
    table = np.zeros((len(masks) + units, len(parts)))
    for column, (order, unit) in enumerate(parts):
        table[order, column] = table[len(masks) + unit, column] = 1
    bounds = [(0, None) if surpluses[order] >= 0 else (None, 0) for order, _ in parts]
    fits = linprog(np.zeros(len(parts)), A_eq=table, b_eq=[*surpluses, *credit], bounds=bounds)
    assert (fits.status == 0) == in_core
    shared = as_shares(gathered(*made), credit)
    assert (shared is not None) == in_core
    if shared is not None:
        book = gathered(*made)
        assert (shared.shares.sum(axis=0) == book.worths).all()
        assert (shared.shares[~book.members.T] == 0).all()
        assert (shared.shares.sum(axis=1) + book.alone == credit).all()


@QUIET
@given(books(), some.data())
def test_the_largest_claim_found_by_flows_is_that_of_all_groups_counted(made, data):
    _, _, units = made
    credit = foreign(data.draw, *made) - data.draw(some.integers(0, 30))
    claims = np.array(by_hand(*made)) - sums(credit)
    group, claim = most_violated(made[0], made[1], credit)
    assert claim == max(0, claims.max())
    assert claims[int(group @ (1 << np.arange(units)))] == claim
    names = [str(unit) for unit in range(units)]
    counted, cut = violated(of_orders(*made), credit), worst_claims(gathered(*made), credit, names)
    assert counted.count == (claims[1:-1] > 0).sum()
    assert (cut.count == 0) == (counted.count == 0)
    assert [short for _, short in cut.worst[:1]] == [short for _, short in counted.worst[:1]]
    assert all(claims[sum(1 << int(name) for name in names)] == short for names, short in cut.worst)


def test_the_worst_groups_come_by_claim_then_by_size():
    game = game_of([0, 10, 10, 25, 0, 10, 10, 30], ["a", "b", "c"])
    found = violated(game, np.array([4, 4, 22]), worst=3)
    assert found.count == 3
    assert found.worst == [(("a", "b"), 17), (("a",), 6), (("b",), 6)]


def test_a_single_minor_unit_is_a_claim():
    assert violated(game_of([0, 5, 5, 10], ["a", "b"]), np.array([4, 6])) == (1, 2, [(("a",), 1)])


def test_shares_by_removal_over_totals_take_from_a_unit_what_it_made_alone():
    # 60 orders of a alone, 40 of b and c together: without a 60 are lost, without b 40, without c 40.
    masks, surpluses = np.array([1, 6]), np.array([6000, 4000])
    removal = to_whole([Fraction(6000 * 100, 140), Fraction(4000 * 100, 140), Fraction(4000 * 100, 140)], 10_000)
    assert removal.tolist() == [4286, 2857, 2857]
    found = violated(of_orders(masks, surpluses, 3, ["a", "b", "c"]), removal)
    assert found == (1, 6, [(("a",), 1714)])


def test_two_hundred_units_are_no_limit():
    chance = np.random.default_rng(4)
    units, orders = 200, 3000
    offsets = np.cumsum([0, *chance.integers(1, 5, orders)])
    members = Members(offsets, chance.integers(0, units, offsets[-1]))
    surpluses = chance.integers(0, 10_000, orders)
    book = gathered(members, surpluses, units)
    fair = book.alone + sum((worth * row // row.sum() for worth, row in zip(book.worths, book.members, strict=True)))
    fair[0] += surpluses.sum() - fair.sum()
    assert most_violated(members, surpluses, fair)[1] == 0
    robbed = fair.copy()
    robbed[7] = book.alone[7] - 11
    robbed[8] += fair[7] - robbed[7]
    group, claim = most_violated(members, surpluses, robbed)
    assert group[7]
    assert claim >= 11
    mended = whole_split(book, nearest_split(book, robbed))
    assert largest_claim(book, mended)[1] == 0
    assert mended.sum() == surpluses.sum()


# Shapley


@settings(deadline=None, max_examples=25, derandomize=True)
@given(books(most_units=6))
def test_sharing_each_order_equally_is_the_shapley_value(made):
    masks, surpluses, units = made
    worths = by_hand(*made)
    added = [0] * units
    orders_of_joining = list(permutations(range(units)))
    for joining in orders_of_joining:
        group = 0
        for unit in joining:
            added[unit] += worths[group | 1 << unit] - worths[group]
            group |= 1 << unit
    by_definition = tuple(Fraction(value, len(orders_of_joining)) for value in added)
    equal = [Fraction()] * units
    for mask, surplus in zip(masks.tolist(), surpluses.tolist(), strict=True):
        for unit in units_of(mask):
            equal[unit] += Fraction(surplus, len(units_of(mask)))
    assert list(by_definition) == equal
    assert shapley(of_orders(*made)) == by_definition


def test_the_shapley_value_is_exact_for_amounts_that_no_float_holds():
    large = 3 * 10**17 + 1
    assert shapley(game_of([0, large, 1, large + 2])) == (Fraction(2 * large + 1, 2), Fraction(3, 2))


# The core


@pytest.mark.parametrize("seed", range(12))
def test_the_least_core_is_that_of_a_programme_with_every_group(seed):
    chance = np.random.default_rng(seed)
    units = 3 + seed % 5
    game = random_game(chance, units)
    inside = np.array([[group >> unit & 1 for unit in range(units)] for group in range(2**units)], float)
    found = linprog(
        [0] * units + [1],
        A_ub=np.hstack([-inside[1:-1], -np.ones((2**units - 2, 1))]),
        b_ub=-game.worths[1:-1],
        A_eq=[[1] * units + [0]],
        b_eq=game.worths[-1:],
        bounds=(None, None),
    )
    least = least_core(game)
    assert least.epsilon == pytest.approx(found.fun, abs=1e-6)
    claims = game.worths - sums(least.credits, np.float64)
    assert claims[1:-1].max() == pytest.approx(least.epsilon, abs=1e-6)
    assert least.credits.sum() == pytest.approx(game.worths[-1])


def test_three_of_whom_any_two_make_everything_have_no_core():
    game = game_of([0, 0, 0, 300, 0, 300, 300, 300])
    assert least_core(game).epsilon == pytest.approx(100)
    assert least_core(game).credits == pytest.approx([100, 100, 100])
    with pytest.raises(CoreEmpty) as refusal:
        nearest_core_split(game, [300, 0, 0])
    assert refusal.value.claim_minor == 100


def test_the_nearest_credits_move_no_more_than_the_claim():
    # a made 100 alone; b and c made 60 together.
    game = of_orders(np.array([1, 6]), np.array([100, 60]), 3)
    assert nearest_core_split(game, [70, 45, 45]) == pytest.approx([100, 30, 30])
    assert nearest_core_split(game, [100, 5, 55]) == pytest.approx([100, 5, 55])
    assert nearest_core_split(game, [170, -10, 0]) == pytest.approx([100, 25, 35])
    with pytest.raises(GameWrong):
        nearest_core_split(game, [70, 90])


@QUIET
@given(books(most_units=5), some.data())
def test_no_credits_in_the_core_are_nearer_than_the_nearest(made, data):
    _, _, units = made
    credit = foreign(data.draw, *made) + data.draw(some.integers(-3, 3))
    nearest = nearest_split(gathered(*made), credit)
    worths = by_hand(*made)
    assert sum(nearest) == worths[-1]
    assert all(sum(nearest[unit] for unit in units_of(group)) >= worths[group] for group in range(2**units))
    # The core of such a game is spanned by what units add in each order of joining; none of these lies on the side
    # of the nearest credits on which the asked ones are.
    for joining in permutations(range(units)):
        corner, group = [0] * units, 0
        for unit in joining:
            corner[unit] = worths[group | 1 << unit] - worths[group]
            group |= 1 << unit
        assert sum((int(c) - y) * (z - y) for c, y, z in zip(credit, nearest, corner, strict=True)) <= 0
    assert nearest_core_split(of_orders(*made), credit) == pytest.approx([float(one) for one in nearest], abs=1e-4)


@QUIET
@given(books(), some.data())
def test_whole_credits_stay_in_the_core_and_within_one_of_where_they_were(made, data):
    exact = nearest_split(gathered(*made), foreign(data.draw, *made))
    whole = whole_split(gathered(*made), exact)
    assert violated(of_orders(*made), whole).count == 0
    assert whole.sum() == made[1].sum()
    assert all(abs(int(one) - other) < 1 for one, other in zip(whole, exact, strict=True))


def test_credits_outside_the_core_are_not_made_whole_in_it():
    with pytest.raises(GameWrong, match="not in the core"):
        whole_split(gathered(np.array([1, 3]), np.array([10, 10]), 2), [Fraction(5), Fraction(15)])


def test_the_largest_remainders_get_the_units_that_are_left():
    assert to_whole([1.5, 2.25, 3.25], 7).tolist() == [2, 2, 3]
    assert to_whole([Fraction(10, 3)] * 3, 10).tolist() == [4, 3, 3]
    assert to_whole([-0.5, 0.5], 0).tolist() == [0, 0]
    with pytest.raises(GameWrong, match="not to 9"):
        to_whole([1.5, 2.25], 9)


# The nucleolus


@pytest.mark.parametrize(
    ("claims", "estate", "due"),
    [
        # The Talmud, Kethubot 93a: three wives with claims of 100, 200, 300.
        ([100, 200, 300], 100, [Fraction(100, 3)] * 3),
        ([100, 200, 300], 200, [50, 75, 75]),
        ([100, 200, 300], 300, [50, 100, 150]),
        # T. S. Ferguson, Game Theory, IV.4.3: creditors of a small company.
        ([10, 20, 30], 36, [5, Fraction(21, 2), Fraction(41, 2)]),
    ],
)
def test_an_estate_is_shared_as_the_talmud_has_it(claims, estate, due):
    assert list(exact_nucleolus(bankruptcy(claims, estate))) == due


@pytest.mark.parametrize(
    ("quota", "weights"),
    [(2, [1, 1, 1]), (3, [2, 1, 1, 1]), (4, [3, 1, 1, 1, 1]), (5, [3, 2, 2, 1, 1]), (4, [1] * 7)],
)
def test_in_a_homogeneous_vote_the_nucleolus_is_the_weights(quota, weights):
    # B. Peleg, On Weights of Constant-Sum Majority Games, 1968.
    expected = [Fraction(weight, sum(weights)) for weight in weights]
    assert list(exact_nucleolus(majority(quota, weights))) == expected


def test_of_two_left_gloves_and_a_right_one_the_right_one_is_worth_everything():
    assert list(exact_nucleolus(game_of([0, 0, 0, 0, 0, 1, 1, 1]))) == [0, 0, 1]


def test_no_unit_gets_less_than_it_makes_alone_even_where_that_would_lower_the_largest_claim():
    # The first two make 10, all three only 4: without floors the third would pay 3.
    assert list(exact_nucleolus(game_of([0, 0, 0, 10, 0, 0, 0, 4]))) == [2, 2, 0]


def test_a_runway_is_paid_as_littlechild_computed():
    # S. C. Littlechild, A Simple Expression for the Nucleolus in a Special Case, 1974; costs 6, 8, 15, 20: a group
    # saves what its planes would pay apart less the runway of its largest.
    costs = [6, 8, 15, 20]
    saved = [
        sum(costs[one] for one in units_of(group)) - max((costs[one] for one in units_of(group)), default=0)
        for group in range(16)
    ]
    paid, rest, done = [], 0, 0
    while done < len(costs):
        # How much the next planes pay each, by where they stop to pay equally.
        left = len(costs)
        tries = [(Fraction(costs[last] - rest, last - done + 2), last) for last in range(done, left - 1)]
        tries.append((Fraction(costs[-1] - rest, left - done), left - 1))
        each, last = min(tries, key=lambda one: (one[0], -one[1]))
        paid += [each] * (last - done + 1)
        rest += each * (last - done + 1)
        done = last + 1
    assert sum(paid) == 20
    assert [cost - credit for cost, credit in zip(costs, exact_nucleolus(game_of(saved)), strict=True)] == paid


def assert_kohlberg(game, credit):
    """E. Kohlberg, On the Nucleolus of a Characteristic Function Game, 1971: no move is free of harm at any level."""
    units = len(credit)
    claims = [
        int(game.worths[group]) - sum(credit[unit] for unit in units_of(group)) for group in range(1, 2**units - 1)
    ]
    at_floor = [unit for unit in range(units) if credit[unit] == game.worths[1 << unit]]
    inside = np.array([[group >> unit & 1 for unit in range(units)] for group in range(1, 2**units - 1)], float)
    for level in sorted(set(claims), reverse=True):
        harmed = inside[[claim >= level for claim in claims]]
        held = np.eye(units)[at_floor]
        moved = linprog(
            -harmed.sum(axis=0),
            A_ub=-np.vstack([harmed, held]),
            b_ub=np.zeros(len(harmed) + len(held)),
            A_eq=np.ones((1, units)),
            b_eq=[0],
            bounds=(-1, 1),
        )
        assert moved.fun == pytest.approx(0, abs=1e-9)
        if np.linalg.matrix_rank(np.vstack([harmed, np.ones(units)])) == units:
            return


@pytest.mark.parametrize("seed", range(40))
def test_no_level_of_claims_can_be_lowered_without_raising_a_larger_one(seed):
    chance = np.random.default_rng(seed)
    game = random_game(chance, 3 + seed % 4, high=(4, 60, 10**9)[seed % 3])
    credit = exact_nucleolus(game)
    assert sum(credit) == game.worths[-1]
    assert_kohlberg(game, credit)


@settings(deadline=None, max_examples=20, derandomize=True)
@given(books(most_units=6))
def test_the_nucleolus_of_orders_lies_in_their_core(made):
    game = of_orders(*made)
    credit = exact_nucleolus(game)
    assert_kohlberg(game, credit)
    assert violated(game, whole_split(gathered(*made), credit)).count == 0


@pytest.mark.parametrize("seed", range(5))
def test_no_random_credits_have_smaller_claims_than_the_nucleolus(seed):
    chance = np.random.default_rng(seed)
    game = random_game(chance, 4)
    best = nucleolus(game)
    alone = floors(game)
    ranked = np.sort((game.worths - sums(best, np.float64))[1:-1])[::-1]
    for _ in range(300):
        other = alone + (game.worths[-1] - alone.sum()) * chance.dirichlet(np.ones(4))
        other = best + (other - best) * chance.random() ** 4
        theirs = np.sort((game.worths - sums(other, np.float64))[1:-1])[::-1]
        first = next((at for at in range(14) if abs(theirs[at] - ranked[at]) > 1e-7), None)
        assert first is None or theirs[first] > ranked[first]


def test_twelve_units_have_a_nucleolus_in_which_no_claim_can_be_lowered():
    chance = np.random.default_rng(8)
    masks = 1 << chance.integers(0, 12, 400) | 1 << chance.integers(0, 12, 400)
    game = of_orders(masks, chance.integers(0, 50_000, 400), 12)
    credit = exact_nucleolus(game)
    claims = game.worths - sums([float(credit) for credit in credit], np.float64)
    assert claims[1:-1].max() == pytest.approx(least_core(game).epsilon, rel=1e-9)
    assert sum(credit) == game.worths[-1]
    assert_kohlberg(game, credit)


def test_amounts_as_large_as_money_gets_have_an_exact_nucleolus():
    masks, surpluses = np.array([1, 2, 3, 6, 5]), np.array([10**15 + 1, 7, 10**14 + 3, 10**15, 1])
    credit = exact_nucleolus(of_orders(masks, surpluses, 3))
    assert_kohlberg(of_orders(masks, surpluses, 3), credit)
    assert sum(credit) == sum(surpluses.tolist())


def test_units_that_make_more_apart_than_together_have_no_nucleolus():
    with pytest.raises(GameWrong, match="more apart"):
        nucleolus(game_of([0, 10, 10, 15]))


def test_one_unit_gets_everything():
    game = of_orders(np.array([1, 1]), np.array([10, -3]), 1)
    assert nucleolus(game).tolist() == [7]
    assert least_core(game).credits.tolist() == [7]
    assert nearest_core_split(game, [3]).tolist() == [7]
    assert violated(game, np.array([7])) == (0, 0, [])
