"""What is known about a friction, put together; and what to fix first."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from noline.insight.frictions.leak import Leak, months_of
from noline.insight.frictions.matching import Found, Matcher
from noline.insight.frictions.model import AtRisk, Friction, Month, Rule
from noline.kernel.shares import Share, difference, few, share
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.store import Named

RECENT_MONTHS = 3
MOST_MONTHS = 36
"""A trend goes back so far: one event of a broken clock makes no trend of a thousand years."""

_NOT_COUNTED = Share(None, None, None, too_few=True)


def ranked(frictions: Sequence[Friction]) -> list[Friction]:
    """What costs most first; what costs nothing, then what is unknown or rests on too few, by what is exposed.

    What could not be counted stands at the end.
    """

    def rank(friction: Friction) -> tuple[bool, bool, int, int, str]:
        unknown = friction.leak_minor is None or friction.too_few
        return (
            bool(friction.missing), unknown, -(friction.leak_minor or 0), -(friction.exposed_minor or 0), friction.id,
        )  # fmt: skip

    return sorted(frictions, key=rank)


def friction(rule: Rule, found: Found, leak: Leak, matcher: Matcher, currency: str) -> Friction:
    """What is known about one friction; no number where the events lack a column that its rule looks at."""
    if found.missing:
        return _uncounted(rule, found, leak, currency)
    told = found.only(found.decided)
    persons_of = matcher.store.persons
    at_risk = distinct(persons_of[told.first])
    persons = distinct(persons_of[told.first[told.case]])
    exposed = int(told.values[told.case].sum())
    # Who met the friction and reached a goal lost nothing: no more can be lost than what the cases were worth.
    minor, low, high = (None if one is None else min(one, exposed) for one in (leak.minor, leak.low, leak.high))
    return Friction(
        id=rule.id, name=rule.name, sentence=rule.sentence, proof=rule.proof,
        from_channels=rule.from_channels, to_channels=rule.to_channels,
        cases=int(told.case.sum()), persons=persons, at_risk=at_risk, share=share(persons, at_risk),
        undecided=int((~found.decided).sum()), exposed_minor=exposed,
        leak_minor=minor, leak_low=low, leak_high=high, currency=currency,
        conversion_with=leak.conversion_with, conversion_without=leak.conversion_without,
        matched=leak.matched, lift=leak.lift, too_few=few(persons, at_risk) or leak.too_few,
        trend=_trend(told, persons_of), rising=_rising(told, persons_of), why_no_leak=leak.why,
    )  # fmt: skip


def _uncounted(rule: Rule, found: Found, leak: Leak, currency: str) -> Friction:
    return Friction(
        id=rule.id, name=rule.name, sentence=rule.sentence, proof=rule.proof,
        from_channels=rule.from_channels, to_channels=rule.to_channels,
        cases=None, persons=None, at_risk=None, share=_NOT_COUNTED, undecided=None, exposed_minor=None,
        leak_minor=None, leak_low=None, leak_high=None, currency=currency,
        conversion_with=_NOT_COUNTED, conversion_without=_NOT_COUNTED, matched=0, lift=None, too_few=False,
        trend=(), rising=None, why_no_leak=leak.why, missing=found.missing,
    )  # fmt: skip


def distinct(persons: npt.NDArray[np.integer]) -> int:
    """How many persons there are among these, who stand side by side."""
    return int(firsts(persons).sum())


def _trend(told: Found, persons: npt.NDArray[np.uint32]) -> tuple[Month, ...]:
    """The last months in order, up to the last in which somebody was at risk."""
    months, codes = months_of(told.times)
    found: list[Month] = []
    for code, month in list(enumerate(months))[-MOST_MONTHS:]:
        here = (codes == code) & told.case
        found.append(Month(month, int(here.sum()), distinct(persons[told.first[here]]), int(told.values[here].sum())))
    return tuple(found)


def _rising(told: Found, persons: npt.NDArray[np.uint32]) -> bool | None:
    """Whether the share of persons in the last three months is higher or lower than before, beyond chance."""
    months, codes = months_of(told.times)
    if not months:
        return None
    recent = codes > len(months) - 1 - RECENT_MONTHS

    def counts(flags: Flags) -> tuple[int, int]:
        return distinct(persons[told.first[flags & told.case]]), distinct(persons[told.first[flags]])

    now, before = counts(recent), counts(~recent)
    found = difference(*now, *before)
    if found.low is None or found.high is None or few(now[0] + before[0], min(now[1], before[1])):
        return None
    return True if found.low > 0 else False if found.high < 0 else None


def table(found: Found, matcher: Matcher) -> AtRisk:
    """Everybody at risk, a row for each person: of the first case, else of the first of the first steps."""
    store = matcher.store
    told = found.only(found.decided)
    persons = store.persons[told.first].astype(np.int64)
    order = np.lexsort((told.first, ~told.met, ~told.case, persons))
    rows = order[firsts(persons[order])] if order.size else order
    one = told.only(_flags(rows, told.first.size))
    first = one.first
    months, month = months_of(one.times)
    begin = store.offsets[store.persons[first]]
    orders, events = (matcher.pools.places((name,)) for name in ("@purchase", "@any"))
    return AtRisk(
        person=store.persons[first].astype(np.int64),
        friction=one.case,
        met=one.met,
        converted=one.converted,
        observed=one.observed,
        month=Named(month.astype(np.uint32), tuple(months)),
        store_id=_part(store.parts.get("store_id"), first),
        country=_part(store.parts.get("country"), first),
        channel=Named(store.channels.codes[first], store.channels.names),
        prior_orders=np.searchsorted(orders, first) - np.searchsorted(orders, begin),
        prior_events=np.searchsorted(events, first) - np.searchsorted(events, begin),
        value_minor=matcher.told_by(first),
    )


def _flags(rows: Longs, size: int) -> Flags:
    found = np.zeros(size, np.bool_)
    found[rows] = True
    return found


def _part(part: Named | None, places: Longs) -> Named:
    if part is None:
        return Named(np.zeros(places.size, np.uint8), ("",))
    return Named(part.codes[places], part.names)
