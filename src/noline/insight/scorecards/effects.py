"""What tests found, laid on a card: the difference of two arms, where there is enough to tell it.

Each customer of a test counts once, where and when it was first drawn; so counts of places and days can be added, and
the difference is worked out after the adding. It is between everybody of the one arm and everybody of the other,
whatever was done with the offer (intention to treat).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from noline.insight.scorecards.asking import Asked
from noline.insight.scorecards.cards import Place, Time
from noline.insight.scorecards.metrics import Metric
from noline.insight.scorecards.model import EffectPart, Row
from noline.insight.scorecards.periods import number_of
from noline.kernel.clock import DAY, Micros
from noline.kernel.shares import FEWEST_CASES, FEWEST_PERSONS, difference

Counts = Mapping[str, int]

NO_TEST = "as no test was given"
NOBODY_DRAWN = "as no customer was drawn in a programme with a hold-out at that time and place"


def placed(parts: Iterable[EffectPart], asked: Asked) -> dict[tuple[Place, str], Counts]:
    """The counts of each programme at the places of a card. Whoever was drawn in a unit was drawn in a store."""
    found: dict[tuple[Place, str], Counter[str]] = defaultdict(Counter)
    for one in parts:
        at: Micros = one.day * DAY
        where = {"unit": one.unit, "channel": "store" if one.unit else ""}
        elsewhere = any(where[name] != value for name, value in asked.held.items())
        if elsewhere or not asked.since <= at < asked.until:
            continue
        number = 1 if asked.period == "all" else number_of(asked.period, at)
        unit, channel = (where[name] if name in asked.by else None for name in ("unit", "channel"))
        counts = {name: getattr(one, name) for name in _COUNTED}
        found[Place((unit, channel, None), number), one.programme].update(counts)
    return dict(found)


_COUNTED = ("shown", "shown_reached", "held", "held_reached", "waiting", "otherwise")


def effect_rows(metric: Metric, found: Mapping[tuple[Place, str], Counts], time: Time) -> list[Row]:
    """A row for each programme and place: the effect with its interval, else why it is not measured yet."""
    return [_row(metric, place, programme, found[place, programme], time) for place, programme in _in_order(found)]


def _in_order(found: Iterable[tuple[Place, str]]) -> Sequence[tuple[Place, str]]:
    return sorted(found, key=lambda one: (one[0].period, [name or "" for name in one[0].part], one[1]))


def _row(metric: Metric, place: Place, programme: str, counts: Counts, time: Time) -> Row:
    shown, held = counts["shown"], counts["held"]
    told = difference(counts["shown_reached"], shown, counts["held_reached"], held)
    why = why_not_yet(counts)
    value, low, high = (None, None, None) if why else told
    return Row(
        metric.id, *place.part, time.label(place.period), None, value, shown, held, low, high, why is not None, None,
        place.period < time.over_before and not counts["waiting"], programme, why,
    )  # fmt: skip


def why_not_yet(counts: Counts) -> str | None:
    """Why two arms tell no effect yet, with how many there are of how many; None where they tell one."""
    why, otherwise = _why_not_yet(counts), counts["otherwise"]
    return f"{why}; not counted: {otherwise} who drew while other odds, goal or time held" if why and otherwise else why


def _why_not_yet(counts: Counts) -> str | None:
    fewest = min(counts["shown"], counts["held"])
    if fewest < FEWEST_PERSONS:
        return f"not measured yet: {fewest} of {FEWEST_PERSONS} customers in the smaller arm whose time is over"
    cases = counts["shown_reached"] + counts["held_reached"]
    if cases < FEWEST_CASES:
        return f"not measured yet: {cases} of {FEWEST_CASES} customers who reached the goal"
    return None


EffectParts = Callable[[bool], Iterable[EffectPart]]
"""What tests found until now; told whether it is asked by unit."""
