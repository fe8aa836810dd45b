"""The door of the room: what each channel is for by what its orders show, and how customers move between channels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Any

from noline.insight.roles import capabilities, migration, partners, questions
from noline.insight.roles.channels import channels
from noline.insight.roles.customers import customers
from noline.insight.roles.model import BY, ChannelRoles, CompanyIndex, Customers, Migration, Partners, RolesAskedWrong
from noline.insight.roles.resampling import ROUNDS
from noline.insight.roles.sales import Sales
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.stores.analytical import Answering
from noline.stores.walks.history import History

_NO_RATES: Mapping[str, Decimal] = MappingProxyType({})
EPOCH: Micros = 0


class Roles:
    """Answers about channels, from one state of history."""

    def __init__(
        self,
        answering: Answering,
        history: History,
        *,
        currency: str = "EUR",
        rates: Mapping[str, Decimal] = _NO_RATES,
        observed_until: Micros | None = None,
    ) -> None:
        """Take history, as tables and as walks.

        currency: of reports. rates: what one unit of another currency is worth in it, in major units. observed_until:
        the log tells everything up to this moment; up to its latest touchpoint if not told.
        """
        self._observed_until = observed_until
        self._answering = answering
        self._history = history
        self._currency = currency
        self._rates = rates
        self._told: dict[str, tuple[ChannelRoles, ...]] = {}

    @property
    def observed_until(self) -> Micros | None:
        """Up to when the log tells everything; None of an empty log."""
        if self._observed_until is not None:
            return self._observed_until
        placed = self._sales.told.at
        ends = [placed.max().item()] if placed.size else []
        if self._history.observed_until is not None:
            ends.append(self._history.observed_until)
        return max(ends, default=None)

    def channels(
        self, by: str = "channel", *, assist: Mapping[str, Sequence[Money]] | None = None
    ) -> list[ChannelRoles]:
        """What the orders of each channel show, the one with most orders first; by `unit`: of each store and channel.

        assist: what each earned on orders that another captured, by its name; the room itself cannot know it.
        Raises RolesAskedWrong.
        """
        if by not in BY:
            raise RolesAskedWrong(why=f"nothing is told by {by}; it is told by {' or '.join(BY)}")
        found = self._channels(by)
        if assist is None:
            return list(found)
        return [replace(one, assist=tuple(assist.get(one.name, ()))) for one in found]

    def migration(self, k: int = 2) -> Migration:
        """Where customers go from their first order to their k-th, 2 to 5. Raises RolesAskedWrong."""
        return migration.migration(self._sales, k, self.observed_until)

    def customers(self) -> Customers:
        """Every customer in one of four classes, by how they use channels."""
        return customers(self._sales, self._ask("crossings"), self._currency)

    def index(self, *, lookup_p95_ms: float | None = None, helping: tuple[int, int] | None = None) -> CompanyIndex:
        """What the company can do across channels: whether it exists, and how well it works.

        lookup_p95_ms: how long finding a customer takes. helping: units that earned by helping, of those that helped.
        """
        names = ("recognised", "pickups", "returns", "shown", "prices", "loops")
        rows = {name: self._ask(name).to_pylist()[0] for name in names}
        return capabilities.index(rows, capabilities.Outside(lookup_p95_ms, helping))

    def partners(self, *, assist: Mapping[str, Sequence[Money]] | None = None) -> Partners:
        """Channels of partners by the measures of every channel, and the businesses that order. assist: as there."""
        names = partners.partner_channels(self._sales)
        promises, returned = self._ask("promises").to_pylist(), self._ask("returned").to_pylist()
        found = partners.accounts(self._sales, promises, returned, self.observed_until or EPOCH)
        return Partners(tuple(one for one in self.channels(assist=assist) if one.name in names), tuple(found))

    def counted(self, name: str, *, k: int = 2) -> dict[str, Any]:
        """How roles, migration, customers, index or partners are counted: words, sql, parameters. Raises NotFound."""
        if not questions.is_known(name):
            raise NotFound(what="question", name=name)
        ordinal = {2: "second", 3: "third", 4: "fourth", 5: "fifth"}
        migration.check(k)
        told = {"rounds": ROUNDS, "currency": self._currency, "k": k, "kth": ordinal[k]}
        return questions.counted(name, self.observed_until or EPOCH, told)

    def channel_of(self) -> dict[str, str]:
        """The channel of each unit that an order was placed in."""
        sales = self._sales
        return dict(zip(sales.units, (sales.channels[one] for one in sales.channel_of.tolist()), strict=True))

    @cached_property
    def _sales(self) -> Sales:
        return Sales.of(self._answering.ask(questions.QUESTIONS["orders"].sql, {}), self._currency, self._rates)

    def _ask(self, name: str) -> Any:
        question = questions.QUESTIONS[name]
        values = questions.values_of(self.observed_until or EPOCH)
        return self._answering.ask(question.sql, question.parameters(values))

    def _channels(self, by: str) -> tuple[ChannelRoles, ...]:
        if by not in self._told:
            promises = self._ask("promises").to_pylist()
            self._told[by] = channels(self._sales, self._history, promises, by, self.observed_until or EPOCH)
        return self._told[by]
