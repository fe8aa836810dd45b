"""Time to hand-off: how many have arrived after some time, when other ends stand in their way.

Who has called the service line will not come to the store for the same thing any more. Treating those ends as if one
had only stopped looking (one minus Kaplan-Meier) overstates how many arrive; the Aalen-Johansen estimate does not.
"""

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from noline.insight.walks.model import Incidence, SpellCounts
from noline.kernel.clock import Micros
from noline.kernel.shares import Z_95, few
from noline.stores.walks.arrays import Longs, firsts
from noline.stores.walks.store import WalkStore

Floats = npt.NDArray[np.float64]

STILL_WAITING = 0


def counted(store: WalkStore, begin: str, ends: Sequence[str], *, until: Micros | None = None) -> SpellCounts:
    """How long each person took from the first event `begin` to the first of the ends that followed it.

    Who came to none of them is still waiting at `until`: the moment up to which the events tell everything, that of
    the latest when None. A part of the persons needs the moment of the whole. Of ends that are one event, the first
    named counts.
    """
    observed = until if until is not None else store.observed_until
    places = store.places_of([begin])
    began = places[firsts(store.persons[places])] if places.size else places
    ended = np.full((len(ends), began.size), len(store), np.int64)
    for number, what in enumerate(ends):
        found = store.places_of([what])
        following = np.searchsorted(found, began, "right")
        there = np.flatnonzero(following < found.size)
        place = found[following[there]]
        same = store.persons[place] == store.persons[began[there]]
        ended[number, there[same]] = place[same]
    first = ended.min(axis=0, initial=len(store))
    over = first < len(store)
    kinds = np.where(over, ended.argmin(axis=0) + 1, STILL_WAITING) if ends else np.zeros(began.size, np.int64)
    moments = np.full(began.size, observed or 0, np.int64)
    moments[over] = store.times[first[over]]
    # Who began after the last moment that is told was not watched for any time.
    return SpellCounts(tuple(ends), _by_time(np.maximum(moments - store.times[began], 0), kinds, len(ends)))


def _by_time(waited: Longs, kinds: Longs, ends: int) -> dict[Micros, tuple[int, ...]]:
    times, rows = np.unique(waited, return_inverse=True)
    table = np.bincount(rows * (ends + 1) + kinds, minlength=times.size * (ends + 1)).reshape(-1, ends + 1)
    return {int(time): tuple(int(count) for count in row) for time, row in zip(times, table, strict=True)}


class _Curve(NamedTuple):
    """Everything about the moments at which something happened, in their order.

    at_risk: persons waiting just before. ended: of any kind; of_kind: of the kind asked for.
    waiting_before: the share not ended by any kind just before (Kaplan-Meier). value: the incidence then.
    """

    times: Longs
    at_risk: Floats
    ended: Floats
    of_kind: Floats
    waiting_before: Floats
    value: Floats


def incidence(spells: SpellCounts, end: str, at: Sequence[Micros]) -> list[Incidence]:
    """The cumulative incidence of an end at each of these times, with 95 % intervals.

    Sources: O. Aalen, S. Johansen 1978 for the estimate; for its variance by the delta method E. Marubini,
    M. G. Valsecchi, Analysing Survival Data from Clinical Trials and Observational Studies, 1995, page 341; the
    interval is that of log(-log), which stays between 0 and 1.
    """
    curve = _curve(spells, spells.names.index(end) + 1)
    persons = int(curve.at_risk[0]) if curve.times.size else 0
    return [_at(curve, end, time, persons) for time in at]


def _curve(spells: SpellCounts, kind: int) -> _Curve:
    times = np.array(sorted(spells.spells), np.int64)
    table = np.array([spells.spells[int(time)] for time in times], np.float64).reshape(
        times.size, len(spells.names) + 1
    )
    leaving = table.sum(axis=1)
    at_risk = leaving[::-1].cumsum()[::-1]
    ended = leaving - table[:, STILL_WAITING]
    waiting = np.cumprod((at_risk - ended) / at_risk)
    before = np.concatenate([[1.0], waiting[:-1]]) if times.size else waiting
    value = np.cumsum(before * table[:, kind] / at_risk)
    return _Curve(times, at_risk, ended, table[:, kind], before, value)


def _at(curve: _Curve, end: str, time: Micros, persons: int) -> Incidence:
    seen = int(np.searchsorted(curve.times, time, "right"))
    due = int(np.searchsorted(curve.times, time))
    ended = int(curve.of_kind[:seen].sum())
    at_risk = int(curve.at_risk[due]) if due < curve.times.size else 0
    beyond = at_risk == 0 and not _all_ended(curve)
    if beyond:
        return Incidence(end, time, None, None, None, None, ended, at_risk, persons, too_few=True)
    value = float(curve.value[seen - 1]) if seen else 0.0
    error = _error(curve, seen)
    low, high = _interval(value, error)
    return Incidence(end, time, value, error, low, high, ended, at_risk, persons, few(ended, persons))


def _all_ended(curve: _Curve) -> bool:
    """Whether the last who were watched all came to an end, so that nothing is left open."""
    return bool(curve.times.size and curve.ended[-1] == curve.at_risk[-1])


def _error(curve: _Curve, seen: int) -> float:
    """The standard error of the incidence after so many moments."""
    if seen == 0:
        return 0.0
    risk, ended, kind, before = (
        column[:seen] for column in (curve.at_risk, curve.ended, curve.of_kind, curve.waiting_before)
    )
    ahead = curve.value[seen - 1] - curve.value[:seen]
    left = risk - ended
    # Where nobody is left nothing is ahead: its part is 0, not 0 / 0.
    waits = np.where(left > 0, ahead**2 * ended / (risk * np.where(left > 0, left, 1)), 0.0)
    own = before**2 * kind * (risk - kind) / risk**3
    both = ahead * before * kind / risk**2
    return sqrt(max(0.0, float(waits.sum() + own.sum() - 2 * both.sum())))


def _interval(value: float, error: float) -> tuple[float | None, float | None]:
    if error == 0 or not 0 < value < 1:
        return None, None
    reach = Z_95 * error / abs(value * log(value))
    return value ** exp(reach), value ** exp(-reach)
