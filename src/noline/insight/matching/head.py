"""The three stories of a pair: the same person, another person of the household, strangers.

A mixture over the compared pairs, fitted by EM from where Splink's estimates stand. Two things keep it from wandering
where duplicates are rare: strangers are not fitted (how often they agree was sampled), and shares are counted against
*all* pairs of the table, not only against those that were compared, so that each pair's odds are absolute.

Members of a household begin as strangers in what is personal (given name, birth date) and as one person in what is
shared (address, family name, phone); what is learnt from there is bounded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from noline.insight.matching.checks import columns_of
from noline.insight.matching.comparing import is_home
from noline.insight.matching.model import Comparison, Level
from noline.insight.matching.weighing import Shares, bits_of, frequencies, unpacked

if TYPE_CHECKING:
    import numpy as np

    from noline.insight.matching.engine import Pairs

ROUNDS = 40
"""EM steps; shares move by less than a thousandth after about twenty."""

WEIGHT_OF_BEFORE = 100.0
"""What was known before counts as much as this many pairs."""

WEIGHT_OF_USUAL = 10.0
"""What is usual everywhere counts as much as this many pairs: it decides only where a table shows next to nothing."""

NAMESAKES_AT_HOME = 0.03
"""At most this share of the pairs of a household have the same given name (or birthday): fathers and sons, twins.

Three of a hundred births are twins (national birth statistics of the US and Germany say 3.1 and 3.7 %).
"""

LEAST_AT_HOME = 0.8
"""At least this share of the pairs of one household are told with one address.

About one of ten people moves in a year (US Census Bureau: 8 to 10 %), so of two records a year or two apart four of
five still agree.
"""

LEAST_EQUAL = 0.5
"""A person's own name, birthday or number is told the same at least every second time."""

LEAST_SHARE = 1e-7
HOUSEHOLD_SHARE = 0.02
"""Below this share of household pairs among the likely ones the third story is switched off."""

_MOST_PAIRS = 3_000_000


@dataclass(frozen=True)
class Patterns:
    """Compared pairs by what is the same about them: packed levels, kind of source pair, frequencies in whole bits."""

    levels: "np.ndarray"
    kind: "np.ndarray"
    personal: "np.ndarray"
    shared: "np.ndarray"
    count: "np.ndarray"


def patterns(pairs: "Pairs", kind: "np.ndarray", comparisons: Sequence[Comparison]) -> Patterns:
    """Count alike pairs once; of more than three million pairs an even part, counted for the whole."""
    import numpy as np

    personal, shared = frequencies(pairs, comparisons)
    step = 1 + len(pairs.code) // _MOST_PAIRS
    code = pairs.code[::step].astype(np.int64)
    codes, at = np.unique(code, return_inverse=True)
    p = np.rint(-personal[::step]).astype(np.int64).clip(0, 127)
    s = np.rint(-shared[::step]).astype(np.int64).clip(0, 127)
    packed = ((at * (int(kind.max(initial=0)) + 1) + kind[::step]) * 128 + p) * 128 + s
    found, count = np.unique(packed, return_counts=True)
    kinds = int(kind.max(initial=0)) + 1
    rest = found // (128 * 128)
    return Patterns(
        unpacked(codes[rest // kinds], comparisons),
        (rest % kinds).astype(np.int32),
        -(found // 128 % 128).astype(np.float64),
        -(found % 128).astype(np.float64),
        count.astype(np.float64) * step,
    )


def fit(
    found: Patterns, comparisons: Sequence[Comparison], all_pairs: "np.ndarray", prior: float, *, known: bool = False
) -> Shares:
    """Fit the mixture; `all_pairs` is the number of pairs of records of each kind, compared or not.

    known: the shares of levels stand as they are told, and only how many pairs are of each story is fitted.
    """
    import numpy as np

    mixture = _Mixture(found, comparisons, all_pairs, prior, known=known)
    for _ in range(ROUNDS if len(found.count) else 0):
        mixture.step()
    prior, household = (
        min(max(float(one @ mixture.all_pairs / mixture.all_pairs.sum()), LEAST_SHARE**2), 0.5)
        for one in (mixture.person, mixture.household)
    )
    likely = np.exp2(mixture.person_bits()) > mixture.strangers()
    weight = found.count[likely]
    share = float((mixture.of_household[likely] * weight).sum() / max(weight.sum(), 1.0))
    return Shares(
        tuple(mixture.comparisons), mixture.person, mixture.household, prior, household,
        household_on=share >= HOUSEHOLD_SHARE, household_share=share,
    )  # fmt: skip


def _completed(comparison: Comparison) -> Comparison:
    """Levels that no pass could teach get usual shares, so that none is impossible."""
    taught = sum(one.m for one in comparison.levels if not one.neutral) > 0.5
    if comparison.personal and sum(comparison.levels[at].m for at in _equal(comparison)) < LEAST_EQUAL:
        taught = False  # what was blocked by were families, not persons
    levels = [
        one if one.neutral else replace(one, m=max(one.m if taught else usual, 1e-4), u=max(one.u, LEAST_SHARE))
        for one, usual in zip(comparison.levels, _usual(comparison), strict=True)
    ]
    return replace(comparison, levels=tuple(levels))


class _Mixture:
    """The mixture in the fitting."""

    def __init__(
        self, found: Patterns, comparisons: Sequence[Comparison], all_pairs: "np.ndarray", prior: float, *, known: bool
    ) -> None:
        import numpy as np

        self.found = found
        self.known = known
        self.sampled = list(comparisons) if known else [_completed(one) for one in comparisons]
        self.comparisons = self.sampled if known else [_with_household(one) for one in self.sampled]
        self.before = list(self.comparisons)
        self.all_pairs = np.maximum(all_pairs.astype(np.float64), 1.0)
        self.person = np.full(len(all_pairs), prior)
        self.household = np.full(len(all_pairs), prior)
        self.of_person = self.of_household = np.zeros(len(found.count))

    def person_bits(self) -> "np.ndarray":
        import numpy as np

        return np.log2(self.person)[self.found.kind] + bits_of(self.found.levels, self.comparisons, "m")

    def household_bits(self) -> "np.ndarray":
        import numpy as np

        bits = bits_of(self.found.levels, self.comparisons, "h")
        return np.log2(self.household)[self.found.kind] + bits + self.found.personal

    def strangers(self) -> "np.ndarray":
        import numpy as np

        return np.exp2(bits_of(self.found.levels, self.comparisons, "u") + self.found.personal + self.found.shared)

    def step(self) -> None:
        import numpy as np

        person, household = np.exp2(self.person_bits()), np.exp2(self.household_bits())
        whole = person + household + self.strangers()
        self.of_person, self.of_household = person / whole, household / whole
        self._shares()
        if not self.known:
            self.comparisons = [self._learnt(at) for at in range(len(self.comparisons))]

    def _shares(self) -> None:
        import numpy as np

        for of_story, shares in ((self.of_person, self.person), (self.of_household, self.household)):
            counts = np.bincount(self.found.kind, of_story * self.found.count, minlength=len(shares))
            everywhere = counts.sum() / self.all_pairs.sum()
            # Half a pair for kinds of source pairs in which none was found; less where less than one is expected.
            counts = counts + np.minimum(0.5, everywhere * self.all_pairs) + 1e-9
            if self.known:
                counts += self.all_pairs / self.all_pairs.sum()  # one pair more: of a few records none says little
            shares[:] = counts / self.all_pairs

    def _learnt(self, at: int) -> Comparison:
        import numpy as np

        now, before, sampled = self.comparisons[at], self.before[at], self.sampled[at]
        levels, size = self.found.levels[:, at], len(now.levels)
        telling = np.array([not one.neutral for one in now.levels])

        def counted(story: "np.ndarray") -> "np.ndarray":
            return np.bincount(levels, story * self.found.count, minlength=size) * telling

        m_counts, h_counts = counted(self.of_person), counted(self.of_household)
        m = _posterior(m_counts, [one.m for one in before.levels], _usual(now))
        h = _posterior(h_counts, [one.h for one in before.levels], None)
        u_counts = counted(1 - self.of_person - self.of_household)
        prior = float(self.person @ self.all_pairs / self.all_pairs.sum())
        equal = _equal(now)
        at_home = _mostly_at_home(now, h)
        made = []
        for number, one in enumerate(now.levels):
            if one.neutral:
                made.append(one)
                continue
            # The sample held persons too: what they add to the agreement of strangers is taken off again.
            q = sampled.levels[number].u
            u = max((q - prior * m[number]) / (1 - prior), q / 50, LEAST_SHARE)
            if one.seldom:
                u = (u_counts[number] + 0.5) / self.all_pairs.sum()
            share = at_home[number]
            if now.personal and number < size - 1 and not (_strong(now) and number not in equal):
                most = 0.0 if _strong(now) else NAMESAKES_AT_HOME
                share = min(share, max(most, sampled.levels[number].u))
            made.append(replace(one, m=float(m[number]), h=float(max(share, LEAST_SHARE)), u=float(u)))
        return replace(now, levels=tuple(made))


def _posterior(counts: "np.ndarray", before: Sequence[float], usual: Sequence[float] | None) -> "np.ndarray":
    """Shares after counting; what was estimated before weighs as much as was counted, at most a hundred pairs."""
    import numpy as np

    total = float(counts.sum())
    weight = WEIGHT_OF_BEFORE if usual is None else min(WEIGHT_OF_BEFORE, total)
    known = counts + weight * np.array(before)
    whole = total + weight
    if usual is not None:
        known, whole = known + WEIGHT_OF_USUAL * np.array(usual), whole + WEIGHT_OF_USUAL
    return np.maximum(known / whole, LEAST_SHARE)


def _strong(comparison: Comparison) -> bool:
    return comparison.name.startswith("strong_")


def _mostly_at_home(comparison: Comparison, h: "np.ndarray") -> "np.ndarray":
    """Shares of a household of which most pairs have one address, whatever else was counted.

    Otherwise people of one surname in one town, of whom a table may hold far more, would take the household's place.
    """
    import numpy as np

    home = np.array([is_home(level) and "place" in _places(level) for level in comparison.levels])
    inside = float(h[home].sum())
    if comparison.personal or not home.any() or inside >= LEAST_AT_HOME or inside <= 0:
        return h
    outside = float(h[~home].sum())
    return np.where(home, h * LEAST_AT_HOME / inside, h * (1 - LEAST_AT_HOME) / max(outside, LEAST_SHARE))


def _places(level: Level) -> set[str]:
    return {column.removeprefix("rare_") for column in columns_of(level.check)}


def _equal(comparison: Comparison) -> range:
    """Where the levels stand at which two values are the same."""
    first = next(at for at, one in enumerate(comparison.levels) if not one.neutral)
    return range(first, first + 1 + comparison.levels[first].seldom)


def _usual(comparison: Comparison) -> list[float]:
    """What is usual for one person: the same in 85, something between in 10, another in 5 of 100 records."""
    telling = [at for at, one in enumerate(comparison.levels) if not one.neutral]
    same = 1 + comparison.levels[telling[0]].seldom
    between = telling[same:-1]
    shares = [0.0] * len(comparison.levels)
    for at in telling[:same]:
        shares[at] = 0.85 / same
    for at in between:
        shares[at] = 0.10 / len(between)
    shares[telling[-1]] = 0.05
    return shares


def _with_household(comparison: Comparison) -> Comparison:
    def of(one: Level) -> float:
        return one.u if comparison.personal else one.m

    return replace(comparison, levels=tuple(replace(one, h=of(one)) for one in comparison.levels))
