"""What tests at the counter found, as the scorecard adds it up: customers of each arm, by programme, place and day."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from noline.flows.offering_draws import outcomes, tested
from noline.flows.offering_goals import Goals
from noline.insight.actions.model import Arm, Programme
from noline.insight.actions.service import Actions
from noline.insight.scorecards.model import EffectPart
from noline.kernel.clock import DAY, MINUTE, Clock, Micros
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.clients.service import Clients, View
from noline.truth.customers.service import Customers
from noline.truth.offers.service import Draw, Offers

_VIEWS = 1_000
"""So many looks at one customer are searched for that of a draw, the latest first."""

_SOON = MINUTE
"""A look is noted in the transaction of its draws, a moment after them."""


class _Case(NamedTuple):
    """One customer of a test and where it was drawn. counts: what the customer adds to a part."""

    draw: Draw
    unit: str
    counts: Counter[str]


class Effects:
    """The tests of one hub: programmes with a hold-out, and everybody who drew in one, by the first draw of all.

    Who is counted is who the report of the programme counts (`offering_draws.tested`).
    """

    def __init__(
        self,
        *,
        store: TransactionalStore,
        customers: Customers,
        clients: Clients,
        offers: Offers,
        goals: Goals,
        clock: Clock,
        actions: Callable[[], Actions],
    ) -> None:
        """actions: the hub's programmes, read when they are first needed."""
        self._store = store
        self._customers = customers
        self._clients = clients
        self._offers = offers
        self._goals = goals
        self._clock = clock
        self._actions = actions

    def parts(self, *, by_unit: bool) -> list[EffectPart]:
        """Who drew, by programme, unit and day (UTC): how many of each arm, and how many of them reached the goal.

        by_unit: look up at which store each was drawn; else all are of no unit.
        """
        now = self._clock.now()
        found: dict[tuple[str, str, int], Counter[str]] = defaultdict(Counter)
        with self._store.reading() as reader:
            for programme in self._actions().programmes:
                if programme.is_held_out:
                    for case in self._cases(reader, programme, now, by_unit=by_unit):
                        found[programme.id, case.unit, case.draw.at // DAY].update(case.counts)
        return [EffectPart(*key, **counts) for key, counts in sorted(found.items())]

    def _cases(self, reader: Reader, programme: Programme, now: Micros, *, by_unit: bool) -> Iterator[_Case]:
        found = tested(reader, self._offers, self._customers, programme)
        for one in outcomes(reader, self._goals, programme, found.people, now):
            counts = _counted(one.draw, reached=one.reached)
            yield self._case(reader, one.person, one.draw, counts, by_unit=by_unit)
        for person, draw in found.otherwise.items():
            yield self._case(reader, person, draw, Counter({"otherwise": 1}), by_unit=by_unit)

    def _case(self, reader: Reader, person: str, draw: Draw, counts: Counter[str], *, by_unit: bool) -> _Case:
        return _Case(draw, self._unit(reader, person, draw.at) if by_unit else "", counts)

    def _unit(self, reader: Reader, person: str, at: Micros) -> str:
        """The store at which a customer was drawn; "" where the look tells none, such as on the phone."""
        return unit_of(self._clients.views(reader, self._customers.subjects(reader, person), _VIEWS), at)


def unit_of(views: Sequence[View], at: Micros) -> str:
    """The store of the look that drew at a moment: the next one, if it was noted with the draw, else that of its day.

    A client book that somebody fetches again on one day notes no second look, though it may draw.
    """
    noted = [one for one in views if at <= one.at <= at + _SOON]
    before = [one for one in views if at - DAY <= one.at < at]
    nearest = min(noted, key=lambda one: one.at, default=None) or max(before, key=lambda one: one.at, default=None)
    return "" if nearest is None else nearest.store or ""


def _counted(draw: Draw, *, reached: bool | None) -> Counter[str]:
    """What one customer of a test adds to a part. reached: the goal; None while its time goes on."""
    arm = Arm(draw.arm).value
    if reached is None:
        return Counter({"waiting": 1})
    return Counter({arm: 1, f"{arm}_reached": int(reached)})
