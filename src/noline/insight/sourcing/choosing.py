"""The cheapest plan of one order, exactly.

For a set of locations that send, each line takes its units where they gain most: lines do not compete once it is fixed
who sends a parcel, so that is the best that the set can do. Sets grow one location at a time. A branch is left when
even with every later location in it, and no further parcel to pay, it would gain less than the second best plan known;
so the best plan and the runner-up are those of trying every set, and most orders are decided after a few.
"""

from collections.abc import Sequence

from noline.insight.sourcing.model import Candidate, Decision, Millionths, Need, Order, Shadow
from noline.insight.sourcing.offers import NO_SHADOW, Offer, Offers, Sent, decision_of, offers_of, plan_of
from noline.insight.sourcing.policy import Policy
from noline.kernel.quantities import Units

Row = tuple[Units, list[tuple[Millionths, int, Units, int]]]
"""A line: units asked, and (gain, bit of the location, units, place of the location), the largest gain first."""

Found = tuple[Millionths, int, int, tuple[int, ...]]
"""A set of locations: its loss (what it gains, negative), parcels, sum of ranks, places. The smallest is the best."""

_NOBODY: Found = (0, 0, 0, ())


def choose(
    needs: Sequence[Need],
    candidates: Sequence[Candidate],
    policy: Policy,
    *,
    order: Order | None = None,
    shadow: Shadow = NO_SHADOW,
) -> Decision:
    """Who serves an order.

    Among plans of equal cost the one with fewer parcels is chosen, then the preferred locations, then those that are
    cheaper alone, then by name: the order of the candidates changes nothing. Raises NeedUnreadable, CandidateTwice.
    """
    asked = offers_of(needs, candidates, policy, order or Order(), shadow)
    best, second = best_two(asked)
    return decision_of(
        asked, sent_by(asked, best[3]), None if second is None else plan_of(asked, sent_by(asked, second[3]))
    )


def best_two(asked: Offers) -> tuple[Found, Found | None]:
    """The best set of locations and the next best; refusing everything is one of them."""
    offers = asked.offers
    if not offers:
        return _NOBODY, None
    found: list[Found] = [(-offer.net, 1, offer.rank, (place,)) for place, offer in enumerate(offers)]
    found.append(_NOBODY)
    found.sort()
    most = asked.policy.rules.most_parcels or len(offers)
    if min(most, len(offers)) > 1:
        return _Search(asked, found[:2], most).best_two()
    return found[0], found[1]


def sent_by(asked: Offers, places: Sequence[int]) -> Sent:
    """What each of these locations sends when all of them send a parcel; who has nothing to send is left out."""
    offers = asked.offers
    if len(places) == 1:
        only = offers[places[0]]
        return [(only, {line.at: line.units for line in only.lines})]
    taken: dict[int, dict[int, Units]] = {}
    for at, (_, missing) in enumerate(asked.lines):
        for units, place in _takes(offers, places, at, missing):
            taken.setdefault(place, {})[at] = units
    return [(offers[place], taken[place]) for place in sorted(taken)]


def _takes(offers: list[Offer], places: Sequence[int], at: int, missing: Units) -> list[tuple[Units, int]]:
    sellers = [(-line.gain, place, line.units) for place in places for line in offers[place].lines if line.at == at]
    takes = []
    for _, place, units in sorted(sellers):
        if missing <= 0:
            break
        takes.append((min(units, missing), place))
        missing -= units
    return takes


class _Search:
    """One walk over the sets of two and more locations."""

    def __init__(self, asked: Offers, known: list[Found], most: int) -> None:
        self.offers, self.known, self.most = asked.offers, known, most
        self.asked = asked
        self.rows = _rows(asked)
        self.worst, self.worst_size = known[1][:2]

    def best_two(self) -> tuple[Found, Found | None]:
        parcels = [offer.parcel for offer in self.offers]
        cheapest, next_cheapest = sorted(parcels)[:2]
        everything = (1 << len(parcels)) - 1
        if self._may_count(cheapest + next_cheapest - self._gain(everything), 2):
            # The least parcel of all that stand after a place.
            self.later = [min(parcels[place + 1 :], default=0) for place in range(len(parcels))]
            for place in range(len(parcels) - 1):
                rest = everything & -(1 << place)
                if self._may_count(parcels[place] + self.later[place] - self._gain(rest), 2):
                    self._grow((place,), 1 << place, parcels[place], rest & -(2 << place))
        return self.known[0], self.known[1]

    def _grow(self, places: tuple[int, ...], chosen: int, parcels: Millionths, later: int) -> None:
        """Try every set that holds these places and at least one later one."""
        offers, size, before = self.offers, len(places) + 1, self._gain(chosen)
        for place in range(places[-1] + 1, len(offers)):
            paid = parcels + offers[place].parcel
            # Whatever a set of these gains, it cannot be more than all that may still come together.
            reach = paid - self._gain(chosen | later)
            later &= later - 1
            if not self._may_count(reach, size):
                continue
            grown, more = (*places, place), chosen | 1 << place
            gain = self._gain(more)
            counts = self._may_count(paid - gain, size)
            # Who has nothing to send has nothing in a larger set either: those are plans of the others.
            if (counts or gain == before) and len(sent_by(self.asked, grown)) < size:
                continue
            if counts:
                self._keep(grown, paid - gain)
            if later and size < self.most and self._may_count(reach + self.later[place], size + 1):
                self._grow(grown, more, paid, later)

    def _may_count(self, loss: Millionths, size: int) -> bool:
        """Whether a set of so many locations with this loss could be among the best two: of equals the smaller is."""
        return loss < self.worst or (loss == self.worst and size <= self.worst_size)

    def _keep(self, places: tuple[int, ...], loss: Millionths) -> None:
        rank = sum(self.offers[place].rank for place in places)
        self.known = sorted([*self.known, (loss, len(places), rank, places)])[:2]
        self.worst, self.worst_size = self.known[1][:2]

    def _gain(self, chosen: int) -> Millionths:
        """What the units gain when these locations send."""
        total = 0
        for missing, sellers in self.rows:
            for gain, bit, units, _ in sellers:
                if chosen & bit:
                    if units >= missing:
                        total += missing * gain
                        break
                    total += units * gain
                    missing -= units  # noqa: PLW2901  what of the line is still open
        return total


def _rows(asked: Offers) -> list[Row]:
    sellers: list[list[tuple[Millionths, int, Units, int]]] = [[] for _ in asked.lines]
    for place, offer in enumerate(asked.offers):
        for at, units, gain in offer.lines:
            sellers[at].append((gain, 1 << place, units, place))
    for row in sellers:
        row.sort(key=lambda seller: (-seller[0], seller[3]))
    return [(units, row) for (_, units), row in zip(asked.lines, sellers, strict=True) if row]
