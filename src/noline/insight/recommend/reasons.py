"""Why an item is named: as data, and as a sentence."""

from typing import NamedTuple

from noline.insight.recommend.model import Because
from noline.insight.recommend.past import Past
from noline.kernel.clock import DAY, Micros

_LOOKED_BACK = 10


class Habit(NamedTuple):
    """How one customer buys one item. usual_days: the mean between two purchases, None with fewer than two of them."""

    times: int
    of: int
    times_ever: int
    last_days_ago: int
    usual_days: float | None
    here: int


def habit(past: Past, sku: str, store: str | None, now: Micros) -> Habit:
    """Of an item that was bought at least once; `times` over the last ten baskets, the rest over all that count."""
    places = past.holding[sku]
    of = min(len(past.baskets), _LOOKED_BACK)
    begun, last = past.baskets[places[0]].at_us, past.baskets[places[-1]].at_us
    return Habit(
        times=sum(place >= len(past.baskets) - of for place in places),
        of=of,
        times_ever=len(places),
        last_days_ago=max(0, int((now - last) // DAY)),
        usual_days=(last - begun) / DAY / (len(places) - 1) if len(places) > 1 else None,
        here=sum(past.baskets[place].store == store for place in places) if store is not None else 0,
    )


def by_habit(found: Habit) -> Because:
    """Bought before."""
    values: dict[str, float | str] = {
        "times": found.times,
        "of": found.of,
        "times_ever": found.times_ever,
        "last_days_ago": found.last_days_ago,
    }
    said = (
        f"bought in {found.times} of your last {_baskets(found.of)}"
        if found.times
        else f"bought {_often(found.times_ever)} before"
    )
    said += f", last {_ago(found.last_days_ago)}"
    if found.usual_days is not None and found.usual_days >= 1:
        values["usual_days"] = round(found.usual_days, 1)
        said += f", usually every {_days(round(found.usual_days))}"
    if found.here:
        values["here"] = found.here
        said += ", bought before in this very store"
    return Because("habit", values, said)


def by_neighbour(other: str) -> Because:
    """Whoever buys the other item buys this one."""
    return Because("near", {"of": other}, f"customers who buy {other} as you do often buy it too")


def by_basket(other: str, share: float) -> Because:
    """It stands in the same baskets as another item."""
    values = {"with": other, "share": round(share, 3)}
    return Because("along", values, f"in {100 * share:.0f} of 100 baskets with {other}")


def by_popularity(baskets: int, of: int) -> Because:
    """Everybody buys it."""
    return Because("popular", {"baskets": baskets, "of": of}, f"in {baskets:,} of {of:,} baskets of all customers")


def by_due(found: Habit, ratio: float) -> Because:
    """The usual time has passed."""
    because = by_habit(found)
    return Because("due", {**because.values, "ratio": round(ratio, 2)}, because.text)


def _baskets(count: int) -> str:
    return "basket" if count == 1 else f"{count} baskets"


def _often(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(max(days, 0), f"{days} days ago")


def _days(count: int) -> str:
    return "day" if count == 1 else f"{count} days"
