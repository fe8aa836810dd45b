"""What is asked, who could serve it, and what was decided.

A cost that is only planned is a whole number of **millionths of a minor unit**, so that half a cent a kilometre is
exact, sums do not depend on their order, and a decision that is made again gives the same number. Nothing here is
booked: what was really paid is money of the orders.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal, Self

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.quantities import Units

Millionths = int
"""A planned cost, in millionths of a minor unit of the company's currency."""

MINOR: Millionths = 1_000_000
"""One minor unit."""

MOST_CANDIDATES = 12
"""So many locations are compared in every combination; more are cut down to these first."""

Why = Literal["channel", "value", "closed", "full", "empty", "dear", "many"]
"""Why a location was left out: the channel may not sell from it, the order is worth too little, it is closed, it has no
parcel left today, it has none of the goods, every unit costs more than refusing it, or twelve others are cheaper."""

Shadow = Mapping[tuple[str, str], Millionths]
"""What the last unit of (location, sku) is worth to orders that are still to come."""


class CandidateTwice(NotReadable):
    """One location stands twice among those that could serve."""

    code = "sourcing.candidate_twice"
    sentence = "The location {location} stands twice among the candidates."
    hint = "Send each location once, with everything that it has."


class NeedUnreadable(NotReadable):
    """Fewer than one unit were asked for."""

    code = "sourcing.need_unreadable"
    sentence = "{units} units of {sku} cannot be sent."
    hint = "Ask for at least one unit of each sku."


class Need(msgspec.Struct, frozen=True):
    """Units of one sku that are to be sent."""

    sku: str
    units: Units


class Order(msgspec.Struct, frozen=True):
    """What the rules ask about an order. at: when it is decided; channel: where it was placed; value: of its goods."""

    channel: str = ""
    value_minor: int = 0
    at: Micros = 0


class Candidate(msgspec.Struct, frozen=True):
    """A location that could serve, as it is at that moment.

    available: units of each sku that may be promised from it. distance_km: to where the goods go.
    wait_hours: until it could hand the parcel over. pick_success: the share of units that are found when looked for.
    parcels_today: given to it already today. capacity_left: parcels that it says it can still take; None: any number.
    local_minute: minutes since midnight where it stands; None: not known, and then opening hours are not asked.
    parcel_minor, handling_minor: its own price of a parcel and of packing one; None: what `Costs` say.
    """

    location: str
    kind: str
    available: Mapping[str, Units]
    distance_km: float = 0.0
    wait_hours: float = 0.0
    pick_success: float = 1.0
    parcels_today: int = 0
    capacity_left: int | None = None
    local_minute: int | None = None
    parcel_minor: int | None = None
    handling_minor: int | None = None


class Parts(msgspec.Struct, frozen=True):
    """What a plan costs, by reason, in millionths of a minor unit.

    parcels: postage and packing. way: distance and time. units: of each unit sent. rerouting: of units that are
    expected not to be found. markdown: what is saved where the goods would have been marked down, so never above 0.
    preference: steps down the merchant's list. shadow: what the units are worth to later orders. unfilled: refusing.
    """

    parcels: Millionths = 0
    way: Millionths = 0
    units: Millionths = 0
    rerouting: Millionths = 0
    markdown: Millionths = 0
    preference: Millionths = 0
    shadow: Millionths = 0
    unfilled: Millionths = 0

    @property
    def weighed(self) -> Millionths:
        """What plans are compared by: everything."""
        return self.expected + self.preference + self.shadow

    @property
    def expected(self) -> Millionths:
        """What the plan is expected to cost: everything but preference and shadow prices, which nobody pays."""
        return self.parcels + self.way + self.units + self.rerouting + self.markdown + self.unfilled


class Parcel(msgspec.Struct, frozen=True):
    """What one location sends."""

    location: str
    units: Mapping[str, Units]


class Plan(msgspec.Struct, frozen=True):
    """Who sends what, what nobody sends, and what that costs."""

    parcels: tuple[Parcel, ...]
    unfilled: Mapping[str, Units]
    parts: Parts

    @property
    def locations(self) -> tuple[str, ...]:
        """Who sends, in the order of the parcels."""
        return tuple(parcel.location for parcel in self.parcels)

    @property
    def units(self) -> Units:
        """Units that are sent."""
        return sum(units for parcel in self.parcels for units in parcel.units.values())

    @property
    def units_unfilled(self) -> Units:
        """Units that nobody sends."""
        return sum(self.unfilled.values())


class Considered(msgspec.Struct, frozen=True):
    """A location that was looked at.

    alone: what the plan would weigh if only it sent; None when it was left out, and `why` says for what reason.
    """

    location: str
    alone: Millionths | None
    why: Why | None = None


class Price(msgspec.Struct, frozen=True):
    """A shadow price that was used."""

    location: str
    sku: str
    price: Millionths


class Decision(msgspec.Struct, frozen=True):
    """A plan with everything that led to it, so that it can be explained, and decided again under other rules.

    runner_up: the cheapest plan from another set of locations; refusing everything is one. None: there is no other.
    For an order that was decided together with others, it is the plan that this order would have had by itself.
    """

    order: Order
    needs: tuple[Need, ...]
    candidates: tuple[Candidate, ...]
    shadow: tuple[Price, ...]
    plan: Plan
    considered: tuple[Considered, ...]
    runner_up: Plan | None

    def as_dict(self) -> dict[str, Any]:
        """The decision as JSON holds it."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Self:
        """The decision that `as_dict` told. Raises msgspec.ValidationError for anything else."""
        return msgspec.convert(told, cls)


class Waiting(msgspec.Struct, frozen=True):
    """An order that is to be decided together with others, or a kind of order that is expected so many times."""

    needs: tuple[Need, ...]
    candidates: tuple[Candidate, ...]
    order: Order = Order()
    times: float = 1.0


Stock = dict[tuple[str, str], Units]
"""Units of (location, sku) that many orders share."""


def lines_of(needs: Iterable[Need]) -> dict[str, Units]:
    """Units by sku, each sku once. Raises NeedUnreadable."""
    lines: dict[str, Units] = {}
    for need in needs:
        if need.units < 1:
            raise NeedUnreadable(sku=need.sku, units=need.units)
        lines[need.sku] = lines.get(need.sku, 0) + need.units
    return lines
