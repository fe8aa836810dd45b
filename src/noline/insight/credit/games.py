"""What every group of units makes with the orders that need nobody else: the order game.

A group S of units is worth v(S): the surplus of all orders whose participants are all in S. Credits x leave the group
no claim when x(S) >= v(S). Two ways lead to the groups that have one: for some 20 units the worth of every group is
counted; beyond, the group with the largest claim is found by a maximum flow, however many units there are. Both are
exact in whole minor units.

Sources: L. S. Shapley, A Value for n-person Games, 1953; the group with the largest claim is a closure of largest
weight, J. C. Picard, Maximal Closure of a Graph, 1976.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import factorial
from typing import NamedTuple

import numpy as np

from noline.insight.credit.claims import Gathered, Shares, group_without, shares_of
from noline.kernel.errors import NotReadable
from noline.stores.walks.arrays import Flags, Longs

MOST_COUNTED = 22
"""So many units have their 4 million groups counted one by one, in a third of a second and 100 MB."""

MOST_UNITS = 24
"""A game of more units is not written down; `gathered` takes any number."""

_BITS = 62
_LARGEST = 2**62


class GameWrong(NotReadable):
    """Orders, credits or worths that make no game."""

    code = "credit.game_wrong"
    sentence = "These make no game of units: {why}."
    hint = "Give each order its participants and a whole surplus, a loss to its owner alone, and each unit one credit."


class Members(NamedTuple):
    """Participants of orders of any number of units: order i has units[offsets[i]:offsets[i + 1]]."""

    offsets: Longs
    units: Longs


class Game(NamedTuple):
    """A game in full. worths: whole minor units of each group, by the bits of its units: bit 0 is the first name."""

    names: tuple[str, ...]
    worths: Longs


class Violations(NamedTuple):
    """Groups that could make more alone.

    count: how many; None when only the worst were looked for. of: all groups but nobody and everybody. worst: names
    and the minor units that are missing, the largest first.
    """

    count: int | None
    of: int
    worst: list[tuple[tuple[str, ...], int]]


def of_orders(masks: Longs, surpluses: Longs, units: int, names: Sequence[str] | None = None) -> Game:
    """The order game. masks: participants by bits; surpluses: minor units. Raises GameWrong, also above MOST_UNITS."""
    if not 1 <= units <= MOST_UNITS:
        raise GameWrong(why=f"a game of {units} units is not written down, at most {MOST_UNITS} are")
    return _worths(gathered(masks, surpluses, units), names)


def of_gathered(made: Gathered, names: Sequence[str] | None = None) -> Game:
    """The order game of gathered orders of at most MOST_UNITS units."""
    if not 1 <= made.alone.size <= MOST_UNITS:
        raise GameWrong(why=f"a game of {made.alone.size} units is not written down, at most {MOST_UNITS} are")
    return _worths(made, names)


def game_of(worths: Sequence[int] | Longs, names: Sequence[str] | None = None) -> Game:
    """Any game from the worths of its groups by bits; nobody is worth 0. Raises GameWrong for another shape."""
    values = np.asarray(worths, dtype=np.int64)
    units = values.size.bit_length() - 1
    if not 1 <= units <= MOST_UNITS or values.size != 1 << units or values[0]:
        raise GameWrong(why=f"{values.size} worths are not those of 2^n groups, the first of them nobody with 0")
    return Game(_names(names, units), values)


def gathered(masks: "Longs | Members", surpluses: Longs, units: int) -> Gathered:
    """Orders with the same participants as one. Raises GameWrong: nobody took part, or a loss is borne by several.

    masks: participants by bits, up to 62 units, or Members. Rows need not be whole orders: what a unit bears of an
    order may stand beside what is shared of it.
    """
    surpluses = np.asarray(surpluses, dtype=np.int64)
    if float(np.abs(surpluses.astype(np.float64)).sum()) * max(1, units) > _LARGEST:
        raise GameWrong(why="the surpluses are too large to be added as whole numbers")
    keys, members = _of_members(masks, units) if isinstance(masks, Members) else _of_masks(masks, units)
    if keys.size != surpluses.size:
        raise GameWrong(why=f"{keys.size} orders have {surpluses.size} surpluses")
    sizes = members.sum(axis=1)
    if surpluses[sizes[keys] == 0].any():
        raise GameWrong(why="nobody took part in an order that left something")
    if (surpluses[sizes[keys] > 1] < 0).any():
        raise GameWrong(why="a loss is borne by several units")
    sums = np.zeros(len(members), np.int64)
    np.add.at(sums, keys, surpluses)
    alone = np.zeros(units, np.int64)
    single = sizes == 1
    alone += sums[single] @ members[single]
    kept = ~single & (sums > 0)
    return Gathered(alone, members[kept], sums[kept])


def floors(made: Gathered | Game) -> Longs:
    """What each unit makes with the orders that were its own alone, minor units."""
    if isinstance(made, Gathered):
        return made.alone.copy()
    return made.worths[1 << np.arange(len(made.names))]


def sums(values: Sequence[int] | np.ndarray, dtype: type = np.int64) -> np.ndarray:
    """What the values of the units of each group add up to, by the bits of the group."""
    found = np.zeros(1 << len(values), dtype)
    for unit, value in enumerate(values):
        np.add(found[: 1 << unit], value, out=found[1 << unit : 2 << unit])
    return found


def members_of(group: int, names: Sequence[str]) -> tuple[str, ...]:
    """The names of a group given by bits."""
    return tuple(name for unit, name in enumerate(names) if group >> unit & 1)


def violated(game: Game, given: Longs, *, worst: int = 5) -> Violations:
    """How many groups get less than they make alone, without any tolerance; given: credits in whole minor units."""
    units = len(game.names)
    short = sums(_credits(given, units))
    np.subtract(game.worths, short, out=short)
    short[0] = short[-1] = 0
    count = int(np.count_nonzero(short > 0))
    found = np.argpartition(-short, min(worst, short.size - 1))[:worst] if count else np.zeros(0, np.int64)
    found = sorted((-int(short[group]), int(group).bit_count(), int(group)) for group in found if short[group] > 0)
    return Violations(count, max(0, 2**units - 2), [(members_of(group, game.names), -less) for less, _, group in found])


def most_violated(masks: "Longs | Members", surpluses: Longs, given: Longs) -> tuple[Flags, int]:
    """The group with the largest claim, as flags of units, and its claim in minor units.

    Nobody and 0 when there is none. Everybody is a group too, when the credits do not reach what all make together.
    """
    return largest_claim(gathered(masks, surpluses, np.asarray(given).size), given)


def largest_claim(made: Gathered, given: Longs) -> tuple[Flags, int]:
    """As `most_violated`, for gathered orders."""
    asked = _credits(given, made.alone.size)
    group = shares_of(made, asked).group
    return group, claim_of(made, asked, group)


def claim_of(made: Gathered, given: Longs, group: Flags) -> int:
    """What a group makes alone less what it is given, minor units; below 0: what it has to spare."""
    return worth(made, group) - int(given[group].sum())


def worst_claims(made: Gathered, given: Longs, names: Sequence[str], *, worst: int = 5) -> Violations:
    """As `violated`, for any number of units: the worst group, and the worst without some of its units in turn.

    count is 0 when no group has a claim, else None. The first of the worst is the worst of all groups of some units.
    """
    asked = _credits(given, len(names))
    found = shares_of(made, asked)
    # Where the worst is everybody, each unit must be left out once to know whether any other group has a claim.
    spare = np.flatnonzero(found.group)[np.argsort((made.alone - asked)[found.group], kind="stable")]
    tried = spare if found.group.all() else spare[: 2 * worst]
    groups = [found.group, *(group_without(found, unit) for unit in tried.tolist())]
    claims = {
        tuple(name for name, inside in zip(names, group, strict=True) if inside): claim_of(made, asked, group)
        for group in groups
        if group.any() and not group.all()
    }
    ranked = sorted(claims.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    return Violations(None if claims else 0, max(0, 2 ** len(names) - 2), ranked[:worst])


def worth(made: Gathered, group: Flags) -> int:
    """What a group makes alone, minor units."""
    inside = ~(made.members & ~group).any(axis=1)
    return int(made.alone[group].sum()) + int(made.worths[inside].sum())


def as_shares(made: Gathered, given: Longs) -> Shares | None:
    """How each order must be split among its participants so that the credits come out; None when no split does.

    Credits of an order game leave nobody a claim exactly when there is such a split.
    """
    found = shares_of(made, _credits(given, made.alone.size))
    return None if found.over.any() or found.room.any() else found


def shapley(game: Game) -> tuple[Fraction, ...]:
    """The Shapley value of any game, exact: what a unit adds, averaged over all orders in which units may join."""
    units = len(game.names)
    sizes = np.bitwise_count(np.arange(game.worths.size, dtype=np.uint32))
    order = np.argsort(sizes, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(sizes, minlength=units + 1))[:-1]])
    # Halves of 32 bits can be summed over 2^24 groups without loss.
    values = game.worths[order]
    halves = ((values & 0xFFFFFFFF, 0), (values >> 32, 32))
    everyone = _by_size(halves, starts)
    weights = [Fraction(factorial(size) * factorial(units - size - 1), factorial(units)) for size in range(units)]
    found = []
    for unit in range(units):
        inside = order >> unit & 1
        of_unit = _by_size([(half * inside, shift) for half, shift in halves], starts)
        added = [of_unit[size + 1] - (everyone[size] - of_unit[size]) for size in range(units)]
        found.append(sum((weight * value for weight, value in zip(weights, added, strict=True)), Fraction()))
    return tuple(found)


def _by_size(halves: Sequence[tuple[Longs, int]], starts: Longs) -> list[int]:
    parts = [[int(value) << shift for value in np.add.reduceat(half, starts)] for half, shift in halves]
    return [sum(part) for part in zip(*parts, strict=True)]


def _worths(made: Gathered, names: Sequence[str] | None) -> Game:
    units = made.alone.size
    worths = sums(made.alone)
    together = np.zeros(1 << units, np.int64)
    np.add.at(together, made.members @ (1 << np.arange(units)), made.worths)
    for unit in range(units):
        halves = together.reshape(-1, 2, 1 << unit)
        halves[:, 1] += halves[:, 0]
    worths += together
    return Game(_names(names, units), worths)


def _names(names: Sequence[str] | None, units: int) -> tuple[str, ...]:
    found = tuple(names) if names is not None else tuple(str(unit) for unit in range(units))
    if len(found) != units:
        raise GameWrong(why=f"{units} units have {len(found)} names")
    return found


def _credits(given: Longs, units: int) -> Longs:
    values = np.asarray(given)
    if values.shape != (units,) or not np.issubdtype(values.dtype, np.integer):
        raise GameWrong(why=f"{units} units need as many credits in whole minor units")
    if float(np.abs(values.astype(np.float64)).sum()) * max(1, units) > _LARGEST:
        raise GameWrong(why="the credits are too large to be added as whole numbers")
    return values.astype(np.int64)


def _of_masks(masks: Longs, units: int) -> tuple[Longs, Flags]:
    masks = np.asarray(masks, dtype=np.int64)
    if units > _BITS or (masks.size and (masks.min() < 0 or int(masks.max()) >> units)):
        raise GameWrong(why=f"the participants are not bits of {units} units")
    if units <= MOST_COUNTED:
        seen = np.zeros(1 << units, np.bool_)
        seen[masks] = True
        found, keys = np.flatnonzero(seen), (np.cumsum(seen) - 1)[masks]
    else:
        found, keys = np.unique(masks, return_inverse=True)
    return keys, (found[:, None] >> np.arange(units) & 1).astype(np.bool_)


def _of_members(members: Members, units: int) -> tuple[Longs, Flags]:
    offsets, of = np.asarray(members.offsets, np.int64), np.asarray(members.units, np.int64)
    if of.size and (of.min() < 0 or of.max() >= units):
        raise GameWrong(why=f"the participants are not numbers of {units} units")
    if not offsets.size or offsets[0] or offsets[-1] != of.size or (np.diff(offsets) < 0).any():
        raise GameWrong(why="the offsets of the participants do not rise from 0 to their number")
    rows = np.repeat(np.arange(offsets.size - 1), np.diff(offsets))
    keys = np.zeros(offsets.size - 1, np.int64)
    for low in range(0, units, _BITS):
        here = (of >= low) & (of < low + _BITS)
        word = np.zeros(keys.size, np.int64)
        np.bitwise_or.at(word, rows[here], np.int64(1) << (of[here] - low))
        found, digits = np.unique(word, return_inverse=True)
        keys = np.unique(keys * found.size + digits, return_inverse=True)[1]
    table = np.zeros((int(keys.max(initial=-1)) + 1, units), np.bool_)
    table[keys[rows], of] = True
    return keys, table
