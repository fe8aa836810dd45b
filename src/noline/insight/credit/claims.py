"""Credits as splits of orders: whether credits come from sharing each order among those who took part in it.

Every order's surplus lies with its participants; what a unit has too much of can move, along an order that it shares
with another one, to where it is missing. When nothing more can move, either every unit has what was asked for, and
that is a split of each order; or the units that are reached from those with too much are a group that makes more alone
than it would get. That is the maximum flow and its minimum cut, in whole numbers.

Source: J. Edmonds, R. M. Karp, Theoretical Improvements in Algorithmic Efficiency for Network Flow Problems, 1972.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from noline.stores.walks.arrays import Flags, Longs


class Gathered(NamedTuple):
    """Orders by who took part. alone: minor units that each unit made, or lost, by itself.

    members: a row each set of two units or more, as flags of units; worths: what its orders leave, above 0.
    """

    alone: Longs
    members: Flags
    worths: Longs


class Shares(NamedTuple):
    """The split that comes nearest to what was asked for.

    shares: minor units of each unit (row) in each gathered set (column). over, room: what a unit has beyond what was
    asked, and what is missing. group: the units from which nothing can move to where it is missing, with all that
    they made; nobody when no unit has too much. places: the sets of each unit.
    """

    shares: Longs
    over: Longs
    room: Longs
    group: Flags
    places: "list[Place]"


class Place(NamedTuple):
    """The sets of one unit, and the members of each of them."""

    sets: Longs
    members: Flags


def shares_of(made: Gathered, asked: Longs) -> Shares:
    """Split each set's worth so that as little as possible of what was asked for, in minor units a unit, is missing."""
    shares = _equal(made)
    held = made.alone + shares.sum(axis=1)
    over, room = np.maximum(held - asked, 0), np.maximum(asked - held, 0)
    places = [_place(made.members, unit) for unit in range(over.size)]
    return Shares(shares, over, room, move(places, shares, over, room), places)


def group_without(found: Shares, unit: int) -> Flags:
    """The group of largest claim among those without this unit, from the split that was found for all."""
    over, room = found.over.copy(), found.room.copy()
    # With room for everything the unit stands in no group that has something over.
    over[unit], room[unit] = 0, over.sum()
    return move(found.places, found.shares.copy(), over, room)


def shares_between(made: Gathered, low: Longs, high: Longs) -> Longs:
    """A split in which no unit has less than `low` nor more than `high`, when there is any; what each unit has."""
    found = shares_of(made, high)
    held = made.alone + found.shares.sum(axis=1)
    move(found.places, found.shares, np.maximum(held - low, 0), np.maximum(low - held, 0))
    return made.alone + found.shares.sum(axis=1)


def move(places: list[Place], shares: Longs, over: Longs, room: Longs) -> Flags:
    """Move what is over to where there is room, by shortest ways, until nothing more can move; changes its arguments.

    Returns the units reached from those that still have something over.
    """
    steps = np.array([_steps(held, place) for held, place in zip(shares, places, strict=True)], np.bool_)
    while True:
        before, ends = _search(steps, over > 0, room > 0)
        if not ends.size:
            return before >= 0
        changed = set()
        for end in ends.tolist():
            way = _way(before, end)
            if _carry(places, shares, way, over, room):
                changed |= set(way)
        for unit in changed:
            steps[unit] = _steps(shares[unit], places[unit])


def _place(members: Flags, unit: int) -> Place:
    sets = np.flatnonzero(members[:, unit])
    return Place(sets, members[sets])


def _steps(held: Longs, place: Place) -> Flags:
    """The units to which a unit can hand something over: they share a set in which it holds something."""
    return np.logical_or.reduce(place.members[held[place.sets] > 0], axis=0)


def _search(steps: Flags, over: Flags, room: Flags) -> tuple[Longs, Longs]:
    """Whence each unit is reached (itself: a beginning; -1: not), and the nearest units with room."""
    before = np.where(over, np.arange(over.size), -1)
    edge = np.flatnonzero(over)
    while edge.size:
        reached = steps[edge] & (before < 0)
        fresh = np.flatnonzero(reached.any(axis=0))
        before[fresh] = edge[reached[:, fresh].argmax(axis=0)]
        if room[fresh].any():
            return before, fresh[room[fresh]]
        edge = fresh
    return before, edge


def _way(before: Longs, end: int) -> list[int]:
    way = [end]
    while before[way[-1]] != way[-1]:
        way.append(int(before[way[-1]]))
    return way[::-1]


def _carry(places: list[Place], shares: Longs, way: list[int], over: Longs, room: Longs) -> bool:
    """Hand as much as possible from each unit of the way to the next one; whether that was anything."""
    pairs = list(pairwise(way))
    shared = [places[giver].sets[places[giver].members[:, taker]] for giver, taker in pairs]
    most = [int(shares[giver][sets].sum()) for (giver, _), sets in zip(pairs, shared, strict=True)]
    amount = min(int(over[way[0]]), int(room[way[-1]]), *most)
    if not amount:
        return False
    for (giver, taker), sets in zip(pairs, shared, strict=True):
        held = shares[giver][sets]
        given = np.minimum(np.maximum(amount - (np.cumsum(held) - held), 0), held)
        shares[giver][sets] -= given
        shares[taker][sets] += given
    over[way[0]] -= amount
    room[way[-1]] -= amount
    return True


def _equal(made: Gathered) -> Longs:
    sizes = np.maximum(made.members.sum(axis=1), 1)
    whole, rest = np.divmod(made.worths, sizes)
    places = np.cumsum(made.members, axis=1) - 1
    return np.ascontiguousarray((made.members * (whole[:, None] + (places < rest[:, None]))).T.astype(np.int64))
