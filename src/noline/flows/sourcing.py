"""Sourcing: units of an order that wait are given to the locations that serve them best, and their claims with them.

The stock says what is free, the catalogue where it lies, the orders how surely each location finds what it is asked
for; `insight/sourcing` weighs. What was decided is a deed of the log with everything that led to it, so it can be
explained, and decided again under other rules.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from noline.flows.deeds import Deed, Deeds
from noline.flows.piles import from_piles
from noline.flows.promise import Shelves
from noline.insight.sourcing.model import MOST_CANDIDATES, Candidate, Decision, Need, Order
from noline.insight.sourcing.service import Sourcing
from noline.kernel.clock import DAY, Clock, Micros
from noline.kernel.geo import Point, kilometres
from noline.kernel.quantities import Units
from noline.stores.transactional import Reader, Transaction
from noline.truth.catalogue.model import Location
from noline.truth.catalogue.service import Catalogue
from noline.truth.orders import fulfilments
from noline.truth.orders.fulfilments import COLLECTED, Assigned, Book, Method, Opening
from noline.truth.orders.service import Orders
from noline.truth.stock import decided
from noline.truth.stock.decided import Posting
from noline.truth.stock.model import ALLOCATED, DEMAND, UNSOURCED, Place
from noline.truth.stock.service import Stock

_SURE_UNITS = 19
"""A location nobody asked yet is taken to find 19 units of 20; with every pick its own record counts for more."""

Claims = Counter[tuple[str, str]]
"""Units of an order that are claimed, by item and location."""


class Wanting(NamedTuple):
    """Units of an order that are to be given to locations.

    units: by item. number: of its next fulfilment. standing: claims that are in the ledger. own: those, and what this
    order was promised meanwhile. opens: the order is placed now. fresh: these units are asked for now, so orders that
    wait go before them. avoid: (item, location) that must not be asked again. promised: what was promised before.
    """

    order_id: str
    opening: Opening
    units: Mapping[str, Units]
    number: int
    standing: Claims
    own: Claims
    opens: bool = False
    fresh: bool = False
    avoid: AbstractSet[tuple[str, str]] = frozenset()
    promised: Mapping[str, Micros | None] = {}


class Plan(NamedTuple):
    """What became of units that waited. promised: when those that go on waiting are promised for."""

    assigned: list[Assigned]
    waiting: dict[str, Units]
    promised: dict[str, Micros]


class Assigning:
    """Gives units of orders to locations."""

    def __init__(
        self, stock: Stock, catalogue: Catalogue, orders: Orders, deeds: Deeds, clock: Clock, weighing: Sourcing
    ) -> None:
        """weighing: costs and rules of the hub."""
        self._stock = stock
        self._catalogue = catalogue
        self._orders = orders
        self._deeds = deeds
        self._clock = clock
        self.weighing = weighing

    def assign(self, tx: Transaction, wanting: Wanting, shelves: Shelves, *, by: str, why: str) -> Plan:
        """Give what can be given, move the claims there, and write both down as deeds."""
        plan, deeds = self.planned(tx, wanting, shelves, why=why)
        if deeds:
            self._deeds.do(tx, deeds, by=by)
        return plan

    def planned(self, reader: Reader, wanting: Wanting, shelves: Shelves, *, why: str) -> tuple[Plan, list[Deed]]:
        """What can be given, and the deeds that give it, for who does them together with deeds of their own."""
        wants = dict(wanting.units)
        found, decision = self._found(reader, wanting, shelves)
        assigned = list(self._parcels(wanting, found))
        for parcel in assigned:
            for sku, units in parcel.units.items():
                wants[sku] -= units
        waiting = {sku: units for sku, units in wants.items() if units}
        promised = self._promised(reader, wanting, waiting, shelves)
        to: Claims = Counter({(sku, UNSOURCED): units for sku, units in waiting.items()})
        for parcel in assigned:
            to.update({(sku, parcel.location): units for sku, units in parcel.units.items()})
        deeds = self._posting(wanting.order_id, why, moved(wanting.standing, to))
        opening = wanting.opening if wanting.opens else None
        if opening or assigned or any(wanting.promised.get(sku) != at for sku, at in promised.items()):
            said = fulfilments.sourced(
                wanting.order_id, assigned, opening=opening, promised=promised, why=why,
                decision=decision.as_dict() if decision else None,
            )  # fmt: skip
            deeds = [self.deed(fulfilments.SOURCED, wanting.order_id, said), *deeds]
        return Plan(assigned, waiting, promised), deeds

    def assign_waiting(
        self, tx: Transaction, book: Book, *, by: str, why: str, avoid: AbstractSet[tuple[str, str]] | None = None
    ) -> Plan:
        """Give units that wait to locations, but for those that sent them back and were not counted since.

        avoid: (item, location) that are left out instead of those.
        """
        if not book.waiting:
            return Plan([], {}, {})
        standing: Claims = Counter({(sku, UNSOURCED): units for sku, units in book.waiting.items()})
        wanting = Wanting(
            book.order_id, book.opening, book.waiting, len(book.fulfilments) + 1, standing, standing,
            avoid=self._missed(tx, book) if avoid is None else avoid,
            promised={one.sku: one.promised_at for one in book.units.values()},
        )  # fmt: skip
        return self.assign(tx, wanting, Shelves(tx, self._stock), by=by, why=why)

    def post(self, tx: Transaction, order_id: str, reason: str, postings: Iterable[Posting], *, by: str) -> None:
        """Let goods and claims of an order move; what leaves a shelf leaves the piles that lie there."""
        deeds = self._posting(order_id, reason, from_piles(self._stock, tx, postings))
        if deeds:
            self._deeds.do(tx, deeds, by=by)

    def _posting(self, order_id: str, reason: str, postings: Sequence[Posting]) -> list[Deed]:
        if not postings:
            return []
        return [self.deed(decided.POSTED, order_id, decided.posted(order_id, reason, postings))]

    def deed(self, kind: str, order_id: str, said: dict[str, object]) -> Deed:
        """A deed about an order; nothing of it is personal."""
        return Deed(kind, self._orders.subject_of(order_id), said, personal=False)

    # -- which location

    def _found(
        self, reader: Reader, wanting: Wanting, shelves: Shelves
    ) -> tuple[dict[str, dict[str, Units]], Decision | None]:
        """Units by item by location, and the decision where there was a choice."""
        opening = wanting.opening
        reach = {sku: self._reach(wanting, sku, shelves) for sku in wanting.units}
        needs = {
            sku: min(units, most)
            for sku, units in wanting.units.items()
            if (most := self._most(wanting, sku, reach[sku], shelves)) > 0
        }
        only = opening.location if opening.method is not Method.SHIP_TO_STORE else None
        if only is not None:
            here = {sku: min(units, there) for sku, units in needs.items() if (there := reach[sku].get(only, 0)) > 0}
            if here == needs or not _may_be_sent_there(wanting):
                return ({only: here} if here else {}), None
        candidates = self._candidates(reader, opening, needs, reach)
        if not candidates:
            return {}, None
        order = Order(opening.channel, opening.value_minor, self._clock.now())
        asked = [Need(sku, units) for sku, units in needs.items()]
        decision = self.weighing.choose(asked, candidates, order)
        return {parcel.location: dict(parcel.units) for parcel in decision.plan.parcels}, decision

    @staticmethod
    def _reach(wanting: Wanting, sku: str, shelves: Shelves) -> dict[str, Units]:
        """Units that each location could give: what is free, and what it holds for this order already."""
        free = shelves.everywhere(sku)
        places = free.keys() | {place for item, place in wanting.own if item == sku and place != UNSOURCED}
        found = {
            place: (free[place] if place in free else shelves.at(sku, place)) + wanting.own[sku, place]
            for place in sorted(places)
        }
        return {
            place: units
            for place, units in found.items()
            if units > 0 and shelves.serves(place, wanting.opening.channel) and (sku, place) not in wanting.avoid
        }

    @staticmethod
    def _most(wanting: Wanting, sku: str, reach: Mapping[str, Units], shelves: Shelves) -> Units:
        """Units that may be given: who comes later takes nothing that an earlier order waits for."""
        there = sum(reach.values())
        if not wanting.fresh:
            return there
        earlier = shelves.unsourced(sku) - wanting.own[sku, UNSOURCED]
        # What was held for it is its own, and what somebody has in hand at the counter.
        own = wanting.own if wanting.opening.method is Method.COUNTER else wanting.standing
        held = sum(units for (item, place), units in own.items() if item == sku and place in reach)
        return max(held, there - max(0, earlier))

    def _candidates(
        self, reader: Reader, opening: Opening, needs: Mapping[str, Units], reach: Mapping[str, Mapping[str, Units]]
    ) -> list[Candidate]:
        """The nearest twelve that have something, and more of them while they have not all of it."""
        places = {place for sku in needs for place in reach[sku]}
        if not places:
            return []
        known = {one.location: one for one in self._catalogue.locations(reader)}
        distances = _distances(places, known, self._targets(opening, known))
        record, today = self._orders.pick_record(reader), self._parcels_today(reader, list(places))
        missing = Counter(needs)
        found: list[Candidate] = []
        for place in sorted(places, key=lambda one: (distances[one], one)):
            if len(found) >= MOST_CANDIDATES and not any(missing.values()):
                break
            available = {sku: units for sku in needs if (units := reach[sku].get(place, 0))}
            missing = Counter({sku: units - available.get(sku, 0) for sku, units in missing.items()})
            missing = +missing
            found.append(
                Candidate(
                    place, known[place].channel if place in known else "store", available,
                    distance_km=distances[place], pick_success=pick_success(*record.get(place, (0, 0))),
                    parcels_today=today.get(place, 0),
                )
            )  # fmt: skip
        return found

    def _parcels_today(self, reader: Reader, places: Sequence[str]) -> dict[str, int]:
        now = self._clock.now()
        return self._orders.parcels_since(reader, now - now % DAY, places)

    @staticmethod
    def _targets(opening: Opening, known: Mapping[str, Location]) -> list[Point]:
        """Where the goods go, in degrees; where only the country is told, it may be near any location of ours there."""
        if opening.method in (*COLLECTED, Method.SHIP_TO_STORE):
            found = [_point(known.get(opening.location or ""))]
        elif opening.point is not None:
            found = [(opening.point[0] / 10, opening.point[1] / 10)]
        else:
            there = (one for one in known.values() if opening.country and one.country == opening.country)
            found = [_point(one) for one in there]
        return [point for point in found if point is not None]

    def _parcels(self, wanting: Wanting, found: Mapping[str, Mapping[str, Units]]) -> Iterator[Assigned]:
        opening = wanting.opening
        store = opening.location if _may_be_sent_there(wanting) else None
        collected = Method.PICKUP if opening.method is Method.SHIP_TO_STORE else opening.method
        for number, (location, units) in enumerate(found.items(), wanting.number):
            sent = store is not None and location != store
            method = Method.SHIP_TO_STORE if sent else opening.method if store is None else collected
            yield Assigned(
                f"{wanting.order_id}-{number}", location, method, dict(units), store if sent else None,
                opening.wanted_by,
            )  # fmt: skip

    def _missed(self, reader: Reader, book: Book) -> frozenset[tuple[str, str]]:
        """Where this order was sent back or not found, unless somebody counted there since."""
        avoid: set[tuple[str, str]] = set()
        for one in book.missed:
            shelves = self._stock.availability(reader, one.sku)
            counted = {shelf.location: shelf.counted_at or 0 for shelf in shelves}
            if counted.get(one.location, 0) <= one.at:
                avoid.add((one.sku, one.location))
        return frozenset(avoid)

    # -- until when

    def _promised(
        self, reader: Reader, wanting: Wanting, waiting: Mapping[str, Units], shelves: Shelves
    ) -> dict[str, Micros]:
        """When units that go on waiting are promised for: as the rule says, else when enough is due for them too."""
        found: dict[str, Micros] = {}
        for sku, units in waiting.items():
            until = shelves.policy(sku, wanting.opening.channel).until_at
            earlier = max(0, shelves.unsourced(sku) - wanting.own[sku, UNSOURCED])
            due = until if until is not None else self._due(reader, sku, units + (earlier if wanting.fresh else 0))
            if due is not None:
                found[sku] = due
        return found

    def _due(self, reader: Reader, sku: str, units: Units) -> Micros | None:
        """When so many units will have come; goods on their way for an order of their own are not counted."""
        coming = 0
        for one in self._stock.supplies(reader, sku):
            if one.due_at is None or one.units <= 0 or self._orders.book(reader, one.document):
                continue
            coming += one.units
            if coming >= units:
                return one.due_at
        return None


def moved(before: Claims, after: Claims) -> list[Posting]:
    """What brings claims from some places to others; what is too much goes back to demand, what is missing comes."""
    postings: list[Posting] = []
    for sku in sorted({sku for sku, _ in before.keys() | after.keys()}):
        change = {place: after[sku, place] - before[sku, place] for item, place in before | after if item == sku}
        gone = [(place, -units) for place, units in sorted(change.items()) if units < 0]
        come = [(place, units) for place, units in sorted(change.items()) if units > 0]
        postings += _paired(sku, gone, come)
    return postings


def _paired(sku: str, gone: Sequence[tuple[str, Units]], come: Sequence[tuple[str, Units]]) -> Iterator[Posting]:
    sources, targets = list(gone), list(come)
    while sources or targets:
        source, out = sources.pop() if sources else (DEMAND, targets[-1][1])
        target, into = targets.pop() if targets else (DEMAND, out)
        units = min(out, into)
        yield Posting(sku, units, _claim_at(source), _claim_at(target))
        if out > units:
            sources.append((source, out - units))
        if into > units:
            targets.append((target, into - units))


def _claim_at(place: str) -> Place:
    return Place(DEMAND) if place == DEMAND else Place(place, ALLOCATED)


def _may_be_sent_there(wanting: Wanting) -> bool:
    """Whether other locations may send to the store where the goods are collected.

    So it was asked for, or the store that promised them does not have them after all.
    """
    method = wanting.opening.method
    return method is Method.SHIP_TO_STORE or (method in COLLECTED and not wanting.opens)


def pick_success(found: Units, missed: Units) -> float:
    """The share of units that a location finds, smoothed as if it had found 19 of 20 before."""
    return (found + _SURE_UNITS) / (found + missed + _SURE_UNITS + 1)


def _distances(places: Iterable[str], known: Mapping[str, Location], targets: Sequence[Point]) -> dict[str, float]:
    """Whole kilometres to the nearest of where the goods may go.

    A place nobody located is as far as the farthest of the others.
    """
    told = {place: _point(known.get(place)) for place in places}
    if not targets:
        return dict.fromkeys(told, 0.0)
    near = {
        place: float(round(min(kilometres(point, target) for target in targets)))
        for place, point in told.items()
        if point
    }
    farthest = max(near.values(), default=0.0)
    return {place: near.get(place, farthest) for place in told}


def _point(place: Location | None) -> Point | None:
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude / 1_000_000, place.longitude / 1_000_000


def given_back(place: str, units: Mapping[str, Units], to: str = DEMAND) -> list[Posting]:
    """Claims that end, or go to another place."""
    return [Posting(sku, some, _claim_at(place), _claim_at(to)) for sku, some in units.items() if some]


def handed_out(place: str, units: Mapping[str, Units], to: Place) -> list[Posting]:
    """Goods that leave a shelf, and their claims end. Claims carry no lot: who asks for units asks for any of them."""
    goods = [Posting(sku, some, Place(place), to) for sku, some in units.items() if some]
    return goods + given_back(place, units)
