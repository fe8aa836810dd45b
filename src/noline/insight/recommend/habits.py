"""What one customer buys again and again, from their own baskets alone: no ranking is asked and nothing is fitted."""

from collections.abc import Iterable
from typing import NamedTuple, Self

from noline.insight.recommend.model import MOST_BASKETS, Basket
from noline.kernel.clock import DAY, Micros

FEWEST_PURCHASES = 3
"""Fewer purchases of an item have no usual time between them."""

DUE_FROM, DUE_UNTIL = 0.8, 4.0
"""From and until how many of its usual times an item is due; after that it is not bought any more."""

_LOOKED_BACK = 10


class Past(NamedTuple):
    """One customer's latest baskets, oldest first; and the places of the baskets that hold each SKU, ascending."""

    baskets: list[Basket]
    holding: dict[str, list[int]]

    @classmethod
    def of(cls, history: Iterable[Basket]) -> Self:
        """Of baskets in any order."""
        baskets = sorted(history, key=lambda one: one.at_us)[-MOST_BASKETS:]
        holding: dict[str, list[int]] = {}
        for place, one in enumerate(baskets):
            for sku, _ in one.items:
                places = holding.get(sku)
                if places is None:
                    holding[sku] = [place]
                elif places[-1] != place:
                    places.append(place)
        return cls(baskets, holding)


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


class Again(NamedTuple):
    """An item that is due. ratio: time since the last purchase, by the usual time.

    probability: that it stands in a basket of the customer: the share of the last ten baskets that hold it, as if there
    had been one more with it and one more without (Laplace's rule of succession).
    """

    sku: str
    ratio: float
    probability: float
    habit: Habit


def due(past: Past, now: Micros) -> list[Again]:
    """What is bought again and again, and was not for about as long as usual, the likeliest first."""
    often = ((sku, places[-1]) for sku, places in past.holding.items() if len(places) >= FEWEST_PURCHASES)
    found = [again for sku, last in often if (again := _again(past, sku, past.baskets[last].at_us, now)) is not None]
    return sorted(found, key=lambda one: -one.probability)


def _again(past: Past, sku: str, last_at: Micros, now: Micros) -> Again | None:
    """None for an item that is not due."""
    known = habit(past, sku, None, now)
    if not known.usual_days:
        return None
    ratio = (now - last_at) / DAY / max(known.usual_days, 0.5)
    return Again(sku, ratio, _chance(known), known) if DUE_FROM <= ratio <= DUE_UNTIL else None


def _chance(found: Habit) -> float:
    return (found.times + 1) / (found.of + 2)
