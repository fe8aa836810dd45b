"""The door of the room: paths in, what each channel and each hand-off is worth out."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Literal, get_args

from noline.insight.paths import methods
from noline.insight.paths.counting import HIGHEST_ORDER
from noline.insight.paths.histories import of_history
from noline.insight.paths.markov import handoffs, markov
from noline.insight.paths.model import AskedWrong, Attribution, Handoff, OrderReport, Paths, Positions
from noline.insight.paths.orders import order_report
from noline.insight.paths.placed import placed_orders
from noline.insight.paths.reading import Found, of_table, read
from noline.stores.walks.arrays import Longs

__all__ = ["METHODS", "Found", "Method", "PathCredit", "Paths", "of_history", "of_table", "placed_orders", "read"]

Method = Literal["shapley", "markov", "first", "last", "linear", "position", "decay", "roles", "ordered"]

METHODS: tuple[Method, ...] = get_args(Method)


class PathCredit:
    """What the channels of some paths are worth."""

    def __init__(self, paths: Paths) -> None:
        """Of these paths."""
        self.paths = paths

    def attribute(
        self,
        method: Method,
        *,
        order: int = 1,
        weights: Mapping[str, float] | None = None,
        half_life: float | None = None,
        shares: tuple[float, float, float] = methods.POSITION,
    ) -> Attribution:
        """Credit of each channel; it adds up to all conversions, and to the last minor unit of their value.

        order: of `markov`, 1 to 6. weights: of `roles`, above 0 for each channel. half_life: of `decay`, in
        microseconds where touches have times, else in touches. shares: of `position`, of the first touch, all in the
        middle, and the last. `ordered` is `shapley`; `positions` tells it by place. Raises AskedWrong.
        """
        paths = self.paths
        if method in {"shapley", "ordered"}:
            return methods.shapley(paths)
        if method == "markov":
            return markov(paths, order)
        weighings: dict[str, Callable[[], methods.Weighing]] = {
            "first": lambda: methods.first,
            "last": lambda: methods.last,
            "linear": lambda: methods.linear,
            "position": lambda: methods.position(shares),
            "decay": lambda: methods.decay(half_life, timed=paths.times is not None),
            "roles": lambda: methods.roles(paths, weights),
        }
        if method not in weighings:
            raise AskedWrong(why=f"{method!r} is none of {', '.join(METHODS)}")
        return methods.touch_credit(paths, weighings[method]())

    def positions(self) -> Positions:
        """The Shapley value by which different channel of its path each was."""
        return methods.ordered(self.paths)

    def handoffs(self, order: int = 1) -> list[Handoff]:
        """What moving from each channel to each other is worth, the dearest first. Raises AskedWrong."""
        return handoffs(self.paths, order)

    def orders(self, upto: int = HIGHEST_ORDER) -> OrderReport:
        """Chains of several orders, the one to take, and why. Raises AskedWrong."""
        return order_report(self.paths, upto)

    def compare(
        self, names: Iterable[Method], *, order: int = 1, weights: Mapping[str, float] | None = None
    ) -> dict[Method, Attribution]:
        """The credit by each of several methods. Raises AskedWrong."""
        return {name: self.attribute(name, order=order, weights=weights) for name in names}

    @cached_property
    def taking_part(self) -> Longs:
        """In how many journeys each channel stands, with success or without."""
        return methods.taking_part(self.paths)
