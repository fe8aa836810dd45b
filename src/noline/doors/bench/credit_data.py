"""Made-up journeys over channels, as whole numbers: how long, where to, and whether they end in an order."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CHANNELS = ("web", "app", "store", "call", "mail", "search", "social", "marketplace", "wholesale", "affiliate", "video",
            "reviews")  # fmt: skip
TOUCHES = 4.3
"""Touches of a journey, at the mean."""

SUCCESSFUL = 0.3
"""Journeys that end in an order."""

_STAYS = 0.45
_ALONE = np.array([CHANNELS.index("marketplace"), CHANNELS.index("wholesale")], np.uint8)
_POPULARITY = np.array([24, 14, 12, 4, 10, 12, 7, 6, 2, 4, 3, 2], float)


class Journeys(NamedTuple):
    """Journey i touches codes[offsets[i]:offsets[i + 1]]; converted: 1 or 0; value_minor: 0 without an order."""

    offsets: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint8]
    converted: npt.NDArray[np.int64]
    value_minor: npt.NDArray[np.int64]

    def first(self, count: int) -> "Journeys":
        """The first so many of them."""
        ends = self.offsets[: count + 1]
        return Journeys(ends, self.codes[: ends[-1]], self.converted[:count], self.value_minor[:count])


def journeys(count: int, seed: int) -> Journeys:
    """So many journeys. A touch stays in its channel in 45 of 100 cases, else goes where many go.

    Who begins on the marketplace or in wholesale stays there, and nobody comes there later.
    """
    chance = np.random.default_rng(seed)
    lengths = chance.geometric(1 / TOUCHES, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    touches = int(offsets[-1])
    fresh = chance.choice(len(CHANNELS), touches, p=_POPULARITY / _POPULARITY.sum()).astype(np.uint8)
    moves = chance.random(touches) >= _STAYS
    moves[offsets[:-1]] = True
    later = np.ones(touches, np.bool_)
    later[offsets[:-1]] = False
    fresh[later & np.isin(fresh, _ALONE)] = 0
    codes = fresh[np.maximum.accumulate(np.where(moves, np.arange(touches), 0))]
    began_in = np.repeat(codes[offsets[:-1]], lengths)
    codes = np.where(np.isin(began_in, _ALONE), began_in, codes)
    converted = (chance.random(count) < SUCCESSFUL).astype(np.int64)
    return Journeys(offsets, codes, converted, converted * chance.integers(900, 40_000, count))
