"""The door of the room: what each channel is for by what its orders show, and how customers move between channels."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.roles import capabilities, migration, partners, questions
from noline.insight.roles.channels import DEPOT, channels, channels_of_units, in_order, without_orders
from noline.insight.roles.customers import customers
from noline.insight.roles.model import (
    BY,
    ChannelRoles,
    CompanyIndex,
    Customers,
    Helping,
    Migration,
    Partners,
    RolesAskedWrong,
)
from noline.insight.roles.resampling import ROUNDS
from noline.insight.roles.sales import Sales
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.money import Money
from noline.stores.analytical import Answering, Question
from noline.stores.walks.history import History

if TYPE_CHECKING:
    import pyarrow as pa

Rows = list[dict[str, Any]]

_NO_RATES: Mapping[str, Decimal] = MappingProxyType({})
EPOCH: Micros = 0
_OF_ORDERS = ("orders", "promises", "crossings", "businesses", "account_baskets")
_OF_THE_COMPANY = ("recognised", "pickups", "returns", "shown", "prices", "loops")


class _Read(NamedTuple):
    """What answers by orders rest on, all of one state of history."""

    sales: Sales
    promises: Rows
    crossings: "pa.Table"
    businesses: Rows
    account_baskets: Rows


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
        ends = (self._latest_order, self._history.observed_until)
        return max((one for one in ends if one is not None), default=None)

    def channels(
        self, by: str = "channel", *, assist: Mapping[str, Sequence[Money]] | None = None
    ) -> list[ChannelRoles]:
        """What the orders of each channel show, the one with most orders first; by `unit`: of each store and channel.

        assist: what each earned on orders that another captured, by its name; the room itself cannot know it. Who
        earned so without an order or a visit has a row too. Raises RolesAskedWrong.
        """
        if by not in BY:
            raise RolesAskedWrong(why=f"nothing is told by {by}; it is told by {' or '.join(BY)}")
        found = self._channels(by)
        if assist is None:
            return list(found)
        channel_of = self.channel_of()
        helped = {name for name, earned in assist.items() if any(one.amount_minor for one in earned)}
        more = [
            without_orders(name, name if by == "channel" else channel_of.get(name, DEPOT))
            for name in helped - {one.name for one in found}
        ]
        return in_order(replace(one, assist=tuple(assist.get(one.name, ()))) for one in (*found, *more))

    def migration(self, k: int = 2) -> Migration:
        """Where customers go from their first order to their k-th, 2 to 5. Raises RolesAskedWrong."""
        return migration.migration(self._read.sales, k, self.observed_until)

    def customers(self) -> Customers:
        """Every customer in one of four classes, by how they use channels."""
        return customers(self._read.sales, self._read.crossings, self._currency)

    def index(self, *, lookup_p95_ms: float | None = None, helping: Helping | None = None) -> CompanyIndex:
        """What the company can do across channels: whether it exists, and how well it works.

        lookup_p95_ms: how long finding a customer takes. helping: what helping others does for units.
        """
        told = self._together(_OF_THE_COMPANY)
        rows = {name: table.to_pylist()[0] for name, table in told.items()}
        return capabilities.index(rows, capabilities.Outside(lookup_p95_ms, helping))

    def partners(self, *, assist: Mapping[str, Sequence[Money]] | None = None) -> Partners:
        """Channels of partners by the measures of every channel, and the businesses that order. assist: as there."""
        read = self._read
        names = partners.partner_channels(read.sales, read.businesses)
        found = partners.accounts(read.businesses, read.account_baskets)
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
        """The channel of each unit that an order or a touchpoint names; what is not in it is a depot."""
        return channels_of_units(self._read.sales, self._history)

    @cached_property
    def _read(self) -> _Read:
        told = self._together(_OF_ORDERS)
        rows = {name: told[name].to_pylist() for name in ("promises", "businesses", "account_baskets")}
        sales = Sales.of(told["orders"], self._currency, self._rates)
        return _Read(sales=sales, crossings=told["crossings"], **rows)

    @cached_property
    def _latest_order(self) -> Micros | None:
        return self._answering.ask(questions.QUESTIONS["latest"].sql, {})["placed_at"][0].as_py()

    def _together(self, names: Sequence[str]) -> "dict[str, pa.Table]":
        """The answers of several statements from one state of history: one question has them all."""
        import pyarrow.compute as pc

        values = questions.values_of(self.observed_until or EPOCH)
        question = Question("", "", questions.together(names))
        told = self._answering.ask(question.sql, question.parameters(values))
        return {name: told.filter(pc.field("answer") == name) for name in names}

    def _channels(self, by: str) -> tuple[ChannelRoles, ...]:
        if by not in self._told:
            read = self._read
            self._told[by] = channels(read.sales, self._history, read.promises, by, self.observed_until or EPOCH)
        return self._told[by]
