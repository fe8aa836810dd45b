"""A company among others: what they have in common, what it says itself, and where it stands.

The shares of what came next after a channel differ from company to company like draws of a Dirichlet distribution, and
the people of a company are a draw of its shares: the Dirichlet-multinomial. Its mean is the pattern companies have in
common; its concentration says how closely they keep to it. Both are estimated by the largest marginal likelihood.
"""

from collections.abc import Callable, Sequence
from math import exp, log
from typing import NamedTuple

import numpy as np

from noline.insight.fingerprints.chance import Floats, digamma, log_gamma, trigamma

SEED = 20_260_101
DRAWS = 4_000
FEWEST_COMPANIES = 2
FEW_COMPANIES = 5

LEAST, MOST = log(0.05), log(1e7)
"""Of the logarithms of concentrations that are looked at."""

_GOLDEN = (5**0.5 - 1) / 2
DROP = 1.920729
"""Half the 95 % quantile of chi-square with one degree of freedom: how far a likelihood falls within an interval."""


class Pattern(NamedTuple):
    """What companies have in common.

    shares: the mean. concentration: as many people as it is worth; None when companies differ no more than chance
    would have it. low, high: 95 % by the profile of the likelihood, None where there is no end. alike: how much of the
    variance between two people is not that between companies: 1 - 1 / (1 + concentration).
    """

    shares: tuple[float, ...]
    concentration: float | None
    low: float | None
    high: float | None
    companies: int

    @property
    def alike(self) -> float:
        """1: every company is the same; 0: each is a world of its own."""
        return 1.0 if self.concentration is None else self.concentration / (1 + self.concentration)


class Placed(NamedTuple):
    """One share of a company, and its place among others.

    own: as counted. share, low, high: with what others tell (posterior mean, 95 %). percentile: the part of companies
    that lie below it, with a 95 % interval that holds how few they are; None without others.
    """

    outcome: str
    own: float
    share: float
    low: float
    high: float
    percentile: float | None
    percentile_low: float | None
    percentile_high: float | None


def likelihood(counts: Floats, shares: Floats, concentration: float) -> float:
    """The logarithm of the Dirichlet-multinomial's probability, less what no parameter moves."""
    prior = concentration * shares
    sizes = counts.sum(axis=1)
    ends = log_gamma(np.array([concentration]))[0] - log_gamma(sizes + concentration)
    return float(ends.sum() + (log_gamma(counts + prior) - log_gamma(prior)).sum())


def mean_of(counts: Floats, concentration: float) -> Floats:
    """The mean that makes the counts most likely for a concentration.

    By Newton's method: the likelihood is a concave sum over outcomes, tied only by shares that sum to 1, so each step
    is a division. A step that would leave nothing of a share goes half of the way to nothing.
    """
    shares = (counts + 0.5).sum(axis=0) / (counts + 0.5).sum()
    for _ in range(200):
        prior = concentration * shares
        slope = (digamma(counts + prior) - digamma(prior)).sum(axis=0)
        bend = concentration * (trigamma(counts + prior) - trigamma(prior)).sum(axis=0)
        step = -(slope - (slope / bend).sum() / (1 / bend).sum()) / bend
        falling = step < 0
        room = float(np.min(-shares[falling] / step[falling], initial=np.inf))
        step *= min(1.0, room / 2)
        shares = (shares + step) / (shares + step).sum()
        if float(np.abs(step).max()) < 1e-9:
            break
    return shares


def pattern(counts: Sequence[Sequence[int]]) -> Pattern | None:
    """What companies have in common, from their counts of the same outcomes; None of fewer than two companies.

    The concentration is found by golden section over its logarithm, with the best mean for each.
    """
    table = np.array(counts, np.float64)
    if table.ndim != 2 or table.shape[0] < FEWEST_COMPANIES or table.shape[1] < 2:
        return None

    def height(scale: float) -> float:
        return likelihood(table, mean_of(table, exp(scale)), exp(scale))

    best = highest(height)
    top = height(best)
    endless = height(MOST) >= top - 1e-6
    best = MOST if endless else best
    low = crossing(height, LEAST, best, top - DROP)
    high = None if endless else crossing(height, MOST, best, top - DROP)
    return Pattern(
        tuple(mean_of(table, exp(best)).tolist()), None if endless else exp(best),
        None if low is None else exp(low), None if high is None else exp(high), table.shape[0],
    )  # fmt: skip


def highest(height: Callable[[float], float]) -> float:
    """The scale at which a likelihood with one hill is highest, by golden section."""
    low, high = LEAST, MOST
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = height(left), height(right)
    while high - low > 1e-4:
        if at_left > at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = height(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = height(right)
    return (low + high) / 2


def crossing(height: Callable[[float], float], outer: float, inner: float, level: float) -> float | None:
    """Where a likelihood falls to a level on the way outwards; None when it never does."""
    if height(outer) > level:
        return None
    for _ in range(24):
        middle = (outer + inner) / 2
        if height(middle) < level:
            outer = middle
        else:
            inner = middle
    return (outer + inner) / 2


def placed(
    outcomes: Sequence[str],
    mine: Sequence[int],
    others: Sequence[Sequence[int]],
    prior: Floats | None = None,
    *,
    seed: int = SEED,
) -> list[Placed]:
    """Each share of a company with what others tell, and its place among them.

    others: counts of the other companies. prior: what it leans on, in people by outcome; None: its own numbers stand
    alone (Jeffreys' prior).
    """
    counts = np.array(mine, np.float64)
    lean = np.full(counts.size, 0.5) if prior is None else prior
    chance = np.random.default_rng(seed)
    drawn = chance.dirichlet(counts + lean, DRAWS)
    places = _places(chance, drawn, others, counts.size)
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    mean = (counts + lean) / (counts + lean).sum()
    own = counts / counts.sum()
    return [
        Placed(name, float(own[at]), float(mean[at]), float(low[at]), float(high[at]), *places[at])
        for at, name in enumerate(outcomes)
    ]


def _places(
    chance: np.random.Generator, drawn: Floats, others: Sequence[Sequence[int]], size: int
) -> list[tuple[float | None, float | None, float | None]]:
    """For each outcome the part of companies below, and its interval.

    In each draw some of the others lie below; of how many companies in all that speaks is a beta distribution (again
    Jeffreys'). So the interval is wide when there are few others, however many customers they have.
    """
    if not others:
        return [(None, None, None)] * size
    below = np.zeros(drawn.shape)
    for one in others:
        theirs = chance.dirichlet(np.array(one, np.float64) + 0.5, drawn.shape[0])
        below += theirs < drawn
    parts = chance.beta(below + 0.5, len(others) - below + 0.5)
    low, high = np.quantile(parts, (0.025, 0.975), axis=0)
    middle = below.mean(axis=0) / len(others)
    return [(float(middle[at]), float(low[at]), float(high[at])) for at in range(size)]


def spread_of(found: Pattern) -> tuple[float, ...]:
    """The standard deviation of each share between companies."""
    if found.concentration is None:
        return (0.0,) * len(found.shares)
    shares = np.array(found.shares)
    return tuple(np.sqrt(shares * (1 - shares) / (1 + found.concentration)).tolist())
