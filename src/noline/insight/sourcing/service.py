"""The door of the room: which location serves an order, and why."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from noline.insight.sourcing.choosing import choose
from noline.insight.sourcing.explaining import explain
from noline.insight.sourcing.model import Candidate, Decision, Millionths, Need, Order, Shadow, Stock, Waiting
from noline.insight.sourcing.offers import NO_SHADOW
from noline.insight.sourcing.policy import Policy
from noline.insight.sourcing.replay import Report, replay
from noline.insight.sourcing.shadow import Spread, mean_prices, spread
from noline.insight.sourcing.window import Window, place


class Sourcing:
    """Decisions under one policy, with the shadow prices of the hour. Holds no stock and writes nothing."""

    def __init__(self, policy: Policy, shadow: Shadow = NO_SHADOW) -> None:
        """Take the policy, and what units are worth to later orders."""
        self.policy = policy
        self._shadow = shadow

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The room under the table `[sourcing]` of noline.toml. Raises SettingUnknown and SettingWrong."""
        return cls(Policy.from_settings(told))

    def with_prices(self, shadow: Shadow) -> "Sourcing":
        """The same room with other shadow prices."""
        return Sourcing(self.policy, shadow)

    def choose(self, needs: Sequence[Need], candidates: Sequence[Candidate], order: Order | None = None) -> Decision:
        """Who serves an order. Raises NeedUnreadable and CandidateTwice."""
        return choose(needs, candidates, self.policy, order=order, shadow=self._shadow)

    def place(self, waiting: Sequence[Waiting], stock: Stock, *, seconds: float = 10.0) -> Window:
        """Who serves orders that waited together; never dearer than one by one."""
        return place(waiting, stock, self.policy, seconds=seconds, shadow=self._shadow)

    def spread(self, expected: Iterable[Waiting], stock: Stock) -> Spread:
        """What units are worth to expected orders, and what serving these costs at least. Raises NotSolved."""
        return spread(expected, stock, self.policy)

    def prices(
        self, futures: Sequence[Iterable[Waiting]], stock: Stock, *, scarcity: float = 1.0
    ) -> dict[tuple[str, str], Millionths]:
        """The mean worth of units over several ways in which the future may go: the shadow prices of the hour.

        scarcity: 1 lets prices refuse a unit to keep it for later, 0 lets them only choose between places.
        """
        return mean_prices(futures, stock, self.policy, scarcity=scarcity)

    def explain(self, decision: Decision, currency: str = "EUR") -> list[str]:
        """Why it was decided so, in sentences."""
        return explain(decision, currency)

    def replay(self, decisions: Iterable[Decision], policy: Policy | None = None) -> Report:
        """Past decisions beside what another policy (or this one) would make of them."""
        return replay(decisions, policy or self.policy)
