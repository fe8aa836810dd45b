"""The Shapley value of any game, and the game that paths make."""

from math import comb

import numpy as np
import numpy.typing as npt

from noline.insight.paths.methods import by_mask
from noline.insight.paths.model import AskedWrong, Floats, Paths
from noline.stores.walks.arrays import Longs

MOST_PLAYERS = 24
"""Of more players not even the coalitions fit into memory."""


def shapley(values: "npt.NDArray[np.float64] | Longs") -> Floats:
    """The Shapley value of each player of a game.

    values: of 2^n coalitions the worth; bit i of a place says whether player i is in it; the first is that of nobody.
    Source: L. Shapley, A Value for n-Person Games, 1953. Raises AskedWrong.
    """
    worths = np.asarray(values, np.float64)
    players = worths.size.bit_length() - 1
    if worths.size != 1 << players or players > MOST_PLAYERS:
        raise AskedWrong(why=f"{worths.size:,} worths are not those of all coalitions of 0 to {MOST_PLAYERS} players")
    if not players:
        return np.zeros(0)
    others = np.bitwise_count(np.arange(1 << (players - 1), dtype=np.uint32))
    chances = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])[others]
    found = np.empty(players)
    for player in range(players):
        # Coalitions without the player beside the same with him, the others in the order of their bits.
        sides = worths.reshape(-1, 2, 1 << player)
        found[player] = ((sides[:, 1] - sides[:, 0]) * chances.reshape(-1, 1 << player)).sum()
    return found


def set_worths(paths: Paths, *, of_value: bool = False) -> Longs:
    """What each coalition of channels earns: the conversions of the paths whose channels are all in it.

    of_value: their value in minor units instead. By bits, in the order of `paths.names`. Raises AskedWrong.
    """
    players = len(paths.names)
    if players > MOST_PLAYERS:
        raise AskedWrong(why=f"the coalitions of {players:,} channels are too many; at most {MOST_PLAYERS} have room")
    found = by_mask(paths, paths.values if of_value else paths.conversions)
    for player in range(players):
        sides = found.reshape(-1, 2, 1 << player)
        sides[:, 1] += sides[:, 0]
    return found
