"""The door of the room: which location serves an order, and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from noline.insight.sourcing.choosing import choose
from noline.insight.sourcing.explaining import explain
from noline.insight.sourcing.following import NO_OUTLOOK, Outlook, followed
from noline.insight.sourcing.model import Candidate, Decision, Need, Order, Shadow, Stock, Waiting
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.replay import Report, replay
from noline.insight.sourcing.shadow import Spread, mean_outlook, spread
from noline.insight.sourcing.window import Window, place
from noline.kernel.clock import Micros


class Sourcing:
    """Decisions under one policy, with an outlook on orders still to come. Holds no stock and writes nothing."""

    def __init__(self, policy: Policy, outlook: Outlook = NO_OUTLOOK) -> None:
        """Take the policy, and what units are worth to later orders."""
        self.policy = policy
        self._outlook = outlook

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The room under the table `[sourcing]` of noline.toml. Raises SettingUnknown and SettingWrong."""
        return cls(Policy.from_settings(told))

    def with_outlook(self, outlook: Outlook) -> "Sourcing":
        """The same room with another outlook."""
        return Sourcing(self.policy, outlook)

    def choose(self, needs: Sequence[Need], candidates: Sequence[Candidate], order: Order | None = None) -> Decision:
        """Who serves an order. Raises NeedUnreadable and CandidateTwice."""
        order = order or Order()
        free = {(one.location, need.sku): one.available.get(need.sku, 0) for need in needs for one in candidates}
        return choose(needs, candidates, self.policy, order=order, shadow=self.prices(free, order.at))

    def place(self, waiting: Sequence[Waiting], stock: Stock, *, seconds: float = 10.0) -> Window:
        """Who serves orders that waited together; never dearer than one by one."""
        at = max((one.order.at for one in waiting), default=0)
        return place(waiting, stock, self.policy, seconds=seconds, shadow=self.prices(stock, at))

    def prices(self, free: Stock, at: Micros) -> Shadow:
        """What units are worth to later orders at that moment, with so much free."""
        return followed(self._outlook, free, at, self.policy.costs.parcel)

    def spread(self, expected: Iterable[Waiting], stock: Stock) -> Spread:
        """What units are worth to expected orders, and what serving these costs at least. Raises NotSolved."""
        return spread(expected, stock, self.policy)

    def outlook(
        self, futures: Sequence[Iterable[Waiting]], stock: Stock, *, scarcity: float = 1.0, protection: float = 0.0
    ) -> Outlook:
        """The mean worth of units over several ways in which a period may go.

        scarcity: 1 lets prices refuse a unit to keep it for later, 0 lets them only choose between places.
        protection: above 0, a unit may be refused to keep it for who gains more by it, as time and stock go on.
        """
        return mean_outlook(futures, stock, self.policy, scarcity=scarcity, protection=protection)

    def explain(self, decision: Decision, currency: str = "EUR") -> list[str]:
        """Why it was decided so, in sentences."""
        return explain(decision, currency)

    def replay(self, decisions: Iterable[Decision], policy: Policy | None = None) -> Report:
        """Past decisions beside what another policy (or this one) would make of them."""
        return replay(decisions, policy or self.policy)
