"""A share that is looked at again and again, and when it has really moved.

Who tests a share every day against the usual 5 % is alarmed sooner or later though nothing happened: within four
weeks of looks more than one time in five. Here the evidence may be looked at after every person, for ever.

How: two bettors foretell each person since. One believes that nothing changed and knows of the share what the counts
before tell (Jeffreys: Beta(cases + 1/2, others + 1/2)); the other believes in a change and spreads the share more
widely around the same middle (a mixture, H. Robbins, 1970). The evidence is by how much the second did better. If
nothing changed, it is a bet that pays nothing on average, and such a bet ever grows to 1 / alpha with a chance of at
most alpha (J. Ville, 1939): exactly so on average over what the share may be. For single shares, counts before and
looks the chance was computed exactly (tests/kernel/test_sequential.py): below alpha for each of them.

What must hold: each person counts once, and is counted only when it can no longer change whether they are a case;
persons do not follow each other. A share that really differs between days is a change to it.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from math import exp, inf, lgamma, log, log1p
from typing import Any, NamedTuple

from noline.kernel.errors import NotReadable
from noline.kernel.shares import LEVEL, wilson

Counts = tuple[int, int]
"""Cases, and the persons they are among."""

ALPHA = 1 - LEVEL

_BETS = ((30.0, 0.75), (1_000.0, 0.25))
"""How many persons the second bettor's belief is worth, and its weight: the fewer, the larger the change expected."""

_NARROWEST = 1 / 3
"""It is never worth more than this part of the persons before: it must stay the wider one."""

_NODES = 120
_FARTHEST = 6.0
"""How many shares before the interval of a change is made of, and how many standard errors they reach."""

_HALVINGS = 30
_LARGEST = 700.0


class CountsWrong(NotReadable):
    """Cases and persons that cannot be."""

    code = "shares.counts_wrong"
    sentence = "{cases} cases among {persons} persons cannot be."
    hint = "Give whole numbers, none below 0, and no more cases than persons; looks tell what each of them added."


class Watch(NamedTuple):
    """What the looks so far say. Every bound and chance here holds however often one looks.

    evidence: how much the last look's counts speak for a change (an e-value); below 1 they speak against it.
        strongest: the most that any look told. p: the always-valid p-value, 1 / strongest.
    raised: the alarm; whether any look's evidence reached 1 / alpha. raised_at: the first that did, counted from 0.
        stands: whether the last one does.
    before, share: the share before, and since; None without persons. low, high: the interval of the share since.
    change: share - before. change_low, change_high: its interval; it leaves out 0 where the evidence stands.
    """

    evidence: float
    strongest: float
    p: float
    raised: bool
    raised_at: int | None
    stands: bool
    before: float | None
    share: float | None
    low: float
    high: float
    change: float | None
    change_low: float
    change_high: float


def watched(before: Counts, since: Sequence[Counts] | Counts, *, alpha: float = ALPHA) -> Watch:
    """Whether a share moved since, whenever that is asked.

    before: cases and persons of the time compared with, which ended before the first look. since: what each look
    added, in their order; or all of it, as one look. alpha: the chance of an alarm, ever, if nothing changed.
    Raises CountsWrong.
    """
    looks = _looks(since)
    told = evidence(before, looks)
    limit = 1 / alpha
    raised_at = next((number for number, one in enumerate(told) if one >= limit), None)
    strongest = max(told, default=1.0)
    whole = (sum(cases for cases, _ in looks), sum(persons for _, persons in looks))
    share_before, share_since = _share(before), _share(whole)
    low, high, change_low, change_high = 0.0, 1.0, -1.0, 1.0
    if share_before is not None and share_since is not None:
        low, high = _interval(before, whole, log(limit))
        change_low, change_high = _change_interval(before, whole, log(limit))
    return Watch(
        evidence=told[-1] if told else 1.0,
        strongest=strongest,
        p=min(1.0, 1 / strongest),
        raised=raised_at is not None,
        raised_at=raised_at,
        stands=bool(told) and told[-1] >= limit,
        before=share_before,
        share=share_since,
        low=low,
        high=high,
        change=None if share_before is None or share_since is None else share_since - share_before,
        change_low=change_low,
        change_high=change_high,
    )


def evidence(before: Counts, since: Sequence[Counts]) -> list[float]:
    """The evidence for a change after each look (an e-process): alarm where it reaches 1 / alpha.

    before, since: as in `watched`. 1 where nobody was counted before. Raises CountsWrong.
    """
    for cases, persons in (before, *since):
        if not 0 <= cases <= persons:
            raise CountsWrong(cases=cases, persons=persons)
    cases, persons = before
    unchanged = (cases + 0.5, persons - cases + 0.5)
    return [
        exp(min(_changed(before, counts) - _foretold(counts, *unchanged), _LARGEST)) if persons else 1.0
        for counts in accumulate(since, _added)
    ]


def _looks(since: Sequence[Counts] | Counts) -> list[Counts]:
    """The looks, where all of it may be told as one."""
    told: list[Any] = list(since)
    return [(told[0], told[1])] if told and not isinstance(told[0], Sequence) else told


def _added(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1]


def _share(counts: Counts) -> float | None:
    return counts[0] / counts[1] if counts[1] else None


def _changed(before: Counts, since: Counts) -> float:
    """How well the second bettor foretold the counts since: the logarithm of their likelihood."""
    middle = (before[0] + 0.5) / (before[1] + 1)
    found = []
    for persons, weight in _BETS:
        worth = min(persons, before[1] * _NARROWEST)
        found.append(log(weight) + _foretold(since, worth * middle, worth * (1 - middle)))
    return _log_sum(found)


def _foretold(counts: Counts, a: float, b: float) -> float:
    """The logarithm of the likelihood of counts, in their order, when their share is spread as Beta(a, b)."""
    cases, persons = counts
    return _log_beta(a + cases, b + persons - cases) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _log_sum(logarithms: Sequence[float]) -> float:
    """The logarithm of the sum of numbers that are told by theirs."""
    largest = max(logarithms)
    if largest == -inf:
        return largest
    return largest + log(sum(exp(one - largest) for one in logarithms))


def _likelihood(counts: Counts, p: float) -> float:
    """The logarithm of the likelihood of counts, in their order, when their share is p."""
    cases, others = counts[0], counts[1] - counts[0]
    if (cases and p <= 0) or (others and p >= 1):
        return -inf
    return (cases * log(p) if cases else 0.0) + (others * log1p(-p) if others else 0.0)


def _interval(before: Counts, since: Counts, limit: float) -> tuple[float, float]:
    """The shares since that the second bettor did not beat by the limit."""
    changed = _changed(before, since)

    def lead(p: float) -> float:
        return changed - _likelihood(since, p)

    middle = since[0] / since[1]
    return _bound(lead, middle, limit, 0), _bound(lead, middle, limit, 1)


def _change_interval(before: Counts, since: Counts, limit: float) -> tuple[float, float]:
    """The changes that, believed in by the first bettor, would not have been beaten by the limit."""
    changed = _changed(before, since)
    believed = _believed(before)

    def lead(by: float) -> float:
        return changed - _log_sum(
            [weight + _likelihood(since, p + by) for p, weight in believed if 0 <= p + by <= 1] or [-inf]
        )

    middle = since[0] / since[1] - before[0] / before[1]
    return _bound(lead, middle, limit, -1), _bound(lead, middle, limit, 1)


def _believed(before: Counts) -> list[tuple[float, float]]:
    """Shares, as the first bettor believes in them, each with the logarithm of its weight; the weights sum to 1."""
    cases, persons = before
    reach = wilson(cases, persons, worth=persons, persons=persons, z=_FARTHEST)
    low, high = reach.low or 0.0, 1.0 if reach.high is None else reach.high
    nodes = [low + (high - low) * (number + 0.5) / _NODES for number in range(_NODES)]
    weights = [_likelihood(before, p) - 0.5 * (log(p) + log1p(-p)) for p in nodes]
    whole = _log_sum(weights)
    return [(p, weight - whole) for p, weight in zip(nodes, weights, strict=True)]


def _bound(lead: Callable[[float], float], inside: float, limit: float, end: float) -> float:
    """How far from a point inside, towards an end, a lead stays below a limit; it rises with the distance."""
    if lead(end) < limit:
        return end
    near, far = inside, end
    for _ in range(_HALVINGS):
        middle = (near + far) / 2
        if lead(middle) < limit:
            near = middle
        else:
            far = middle
    return far
