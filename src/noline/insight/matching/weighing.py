"""How the three stories of a pair are weighed: bits of its levels, the frequencies of its values, and the odds."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from noline.insight.matching.comparing import is_home
from noline.insight.matching.model import SCALE_BITS, Comparison, Level
from noline.insight.matching.support import SUPPORT_BITS, UNDECIDED_BITS, Says, counts, says, standing

if TYPE_CHECKING:
    import numpy as np

    from noline.insight.matching.engine import Pairs


class Shares(NamedTuple):
    """The fitted mixture: comparisons with m, u, h, and for each kind of pair the share of persons and households.

    `prior` and `household_prior` are those shares among all pairs of the table.
    """

    comparisons: tuple[Comparison, ...]
    person: "np.ndarray"
    household: "np.ndarray"
    prior: float
    household_prior: float
    household_on: bool
    household_share: float


class Odds(NamedTuple):
    """For each pair, log2 odds: Splink's weight (with prior), person against household, person against both."""

    weight: "np.ndarray"
    against_household: "np.ndarray"
    whole: "np.ndarray"
    household: "np.ndarray"
    contrary: "np.ndarray"
    """Pairs that seem to be two people of one house or office, where that is asked."""


def frequencies(pairs: "Pairs", comparisons: Sequence[Comparison]) -> tuple["np.ndarray", "np.ndarray"]:
    """For each pair the log2 of how common its equal values are: of what is personal, of what is shared."""
    import numpy as np

    sums = {True: np.zeros(len(pairs.code), np.float32), False: np.zeros(len(pairs.code), np.float32)}
    for one in comparisons:
        values = pairs.frequency.get(one.name)
        if values is not None:
            filled = np.ma.filled(values, 0.0)
            sums[one.personal] += np.where(filled > 0, np.log2(np.where(filled > 0, filled, 1.0)), 0.0).astype(
                np.float32
            )
    return sums[True], sums[False]


def unpacked(code: "np.ndarray", comparisons: Sequence[Comparison]) -> "np.ndarray":
    """Levels of packed numbers, one row for each."""
    import numpy as np

    levels = np.empty((len(code), len(comparisons)), np.int8)
    rest = code.astype(np.int64)
    for at, one in enumerate(comparisons):
        levels[:, at] = rest % len(one.levels)
        rest //= len(one.levels)
    return levels


def bits_of(levels: "np.ndarray", comparisons: Sequence[Comparison], story: str) -> "np.ndarray":
    """log2 of how likely a story makes these levels; frequencies of values come on top (see `_level_bits`)."""
    import numpy as np

    total = np.zeros(len(levels))
    for at, one in enumerate(comparisons):
        total += np.array([_level_bits(level, story, personal=one.personal) for level in weighable(one).levels])[
            levels[:, at]
        ]
    return total


def weighable(comparison: Comparison) -> Comparison:
    """The comparison with shares that can be weighed against frequencies.

    Persons agree on a common value v with probability M p(v), where M is how often they agree at all; strangers with
    p(v)^2. Against the frequency p(v) stands M, then, not the share of persons who agree on some common value.
    """
    telling = [one for one in comparison.levels if not one.neutral]
    if not telling[0].seldom:
        return comparison
    rare, common = telling[0], telling[1]
    h = common.h if comparison.personal else rare.h + common.h
    whole = replace(common, m=rare.m + common.m, h=h)
    return replace(comparison, levels=tuple(whole if one is common else one for one in comparison.levels))


def _level_bits(level: Level, story: str, *, personal: bool) -> float:
    """Strangers agree as often as the value is common; so do members of a household in what is personal."""
    import math

    if level.neutral:
        return 0.0
    if story == "u":
        return 0.0 if level.frequency else math.log2(level.u)
    if story == "h":
        chance = math.log2(level.u) if level.frequency and personal else 0.0
        return math.log2(level.h) - chance
    return math.log2(level.m)


def anchored(levels: "np.ndarray", comparisons: Sequence[Comparison]) -> "np.ndarray":
    """Whether pairs with these levels share a home: an address, a telephone or an e-mail.

    Without one nobody is called of one household. The story of the household is told of such pairs all the same where
    persons are looked for: relatives of one rare surname in one town must not be taken for one person.
    """
    import numpy as np

    found = np.zeros(len(levels), bool)
    for at, one in enumerate(comparisons):
        if not one.personal:
            home = np.array([is_home(level) for level in one.levels])
            found |= home[levels[:, at]]
    return found


def odds(pairs: "Pairs", kind: "np.ndarray", shares: Shares, *, corroborated: bool = False) -> Odds:
    """The odds of every pair, from the pattern it has and how common its values are.

    corroborated: a pair stays undecided for which nothing speaks that people do not share.
    """
    import numpy as np

    codes, at = np.unique(pairs.code, return_inverse=True)
    levels = unpacked(codes, shares.comparisons)
    found = _odds(pairs, kind, shares, levels, at)
    if not corroborated:
        return found
    stands = np.array([standing(one) for one in _said(levels, shares.comparisons)], bool).reshape(-1, 2)[at]
    enough = support(pairs, levels, at, shares.comparisons) >= SUPPORT_BITS
    capped = np.minimum(found.whole, UNDECIDED_BITS)
    return found._replace(whole=np.where(stands[:, 0] & enough, found.whole, capped), contrary=stands[:, 1])


def _said(levels: "np.ndarray", comparisons: Sequence[Comparison]) -> list[Says]:
    """What pairs with these levels say."""
    import numpy as np

    found = np.zeros(len(levels), np.int64)
    for at, one in enumerate(comparisons):
        found |= np.array([says(one, level) for level in one.levels], np.int64)[levels[:, at]]
    return [Says(one) for one in found.tolist()]


def support(pairs: "Pairs", levels: "np.ndarray", at: "np.ndarray", comparisons: Sequence[Comparison]) -> "np.ndarray":
    """The bits against strangers, for each pair, of all that is more than a name; `levels[at]` are those of pairs."""
    beyond = [one for one in comparisons if counts(one)]
    chosen = levels[:, [place for place, one in enumerate(comparisons) if counts(one)]]
    personal, shared = frequencies(pairs, beyond)
    return (bits_of(chosen, beyond, "m") - bits_of(chosen, beyond, "u"))[at] - personal - shared


def _odds(pairs: "Pairs", kind: "np.ndarray", shares: Shares, levels: "np.ndarray", at: "np.ndarray") -> Odds:
    import numpy as np

    personal, shared = frequencies(pairs, shares.comparisons)
    m = bits_of(levels, shares.comparisons, "m")[at]
    u = bits_of(levels, shares.comparisons, "u")[at] + personal + shared
    person = np.log2(shares.person)[kind] + m
    weight = np.log2(shares.prior / (1 - shares.prior)) + m - u
    if not shares.household_on:
        whole = (person - u).clip(-SCALE_BITS, SCALE_BITS)
        return Odds(weight, np.full(len(at), SCALE_BITS), whole, np.zeros(len(at)), np.zeros(len(at), bool))
    household = np.log2(shares.household)[kind] + bits_of(levels, shares.comparisons, "h")[at] + personal
    rest = np.logaddexp2(household, u)
    return Odds(
        weight,
        (person - household).clip(-SCALE_BITS, SCALE_BITS),
        (person - rest).clip(-SCALE_BITS, SCALE_BITS),
        np.where(anchored(levels, shares.comparisons)[at], np.exp2(household - np.logaddexp2(person, rest)), 0.0),
        np.zeros(len(at), bool),
    )
