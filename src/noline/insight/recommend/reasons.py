"""Why an item is named: as data, and as a sentence."""

from noline.insight.recommend.habits import Habit
from noline.insight.recommend.model import Because


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


def _baskets(count: int) -> str:
    return "basket" if count == 1 else f"{count} baskets"


def _often(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def _ago(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(max(days, 0), f"{days} days ago")


def _days(count: int) -> str:
    return "day" if count == 1 else f"{count} days"
