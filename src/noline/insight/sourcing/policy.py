"""What serving costs and what a merchant allows: the table `[sourcing]` of noline.toml.

Amounts are minor units and may have fractions (0.0336 of a cent a kilometre); inside they are millionths.
"""

import difflib
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Self

import msgspec

from noline.insight.sourcing.model import MINOR, Candidate, Millionths, Order, Why
from noline.kernel.errors import SettingUnknown, SettingWrong

_WHERE = "noline.toml"
_DAY_MINUTES = 24 * 60


class Costs(msgspec.Struct, frozen=True):
    """What serving costs, in millionths of a minor unit. By kind of location: handling and markdown.

    parcel: postage of a parcel. handling: packing one. per_km: a parcel over a kilometre. per_hour: a parcel that waits
    an hour. unit: each unit. unit_per_km: each unit over a kilometre. reroute: a unit that is not found where it was
    planned. unfilled: a unit that is refused. markdown: what a unit would lose there if it stayed.
    """

    parcel: Millionths = 0
    per_km: Millionths = 0
    per_hour: Millionths = 0
    unit: Millionths = 0
    unit_per_km: Millionths = 0
    reroute: Millionths = 0
    unfilled: Millionths = 1_000_000 * MINOR
    handling: Mapping[str, Millionths] = {}
    markdown: Mapping[str, Millionths] = {}

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The costs of `[sourcing.costs]`; all are nothing but refusing, which is as good as forbidden.

        Raises SettingUnknown and SettingWrong.
        """
        key = "sourcing.costs"
        tables = {"handling_minor": "handling", "markdown_minor": "markdown"}
        plain = {f"{name}_minor": name for name in cls.__struct_fields__ if name not in tables.values()}
        _known(key, told, [*plain, *tables])
        found: dict[str, Any] = {}
        for name, value in told.items():
            if name in tables:
                found[tables[name]] = _by_name(f"{key}.{name}", value, _amount)
            else:
                found[plain[name]] = _amount(f"{key}.{name}", value)
        return cls(**found)


USUAL = Costs(parcel=500 * MINOR, per_km=MINOR // 100)
"""Without costs of a merchant: refuse as little as possible, in as few parcels as possible, from near by.

A parcel weighs more than the longest way on earth, and a refused unit more than any parcels.
"""


class Rules(msgspec.Struct, frozen=True):
    """What a merchant allows. Names are of locations or of kinds of location; a location's own goes before its kind's.

    allowed: what each channel may sell from; a channel that is not named may use all. prefer: the best first; whoever
    is not named comes after all. prefer_step: what a step down that list weighs for a parcel, in millionths; at 0 the
    list only breaks ties. least_value: an order's least value in minor units, for instance to ship from a store.
    parcels_a_day: at most so many. hours: opening and closing, in minutes after midnight; a closing before the opening
    is on the next day. most_parcels: of one order; None: any number.
    """

    allowed: Mapping[str, frozenset[str]] = {}
    prefer: tuple[str, ...] = ()
    prefer_step: Millionths = 0
    least_value: Mapping[str, int] = {}
    parcels_a_day: Mapping[str, int] = {}
    hours: Mapping[str, tuple[int, int]] = {}
    most_parcels: int | None = None

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The rules of `[sourcing.rules]`; without any, everybody may serve everything.

        Raises SettingUnknown and SettingWrong.
        """
        key = "sourcing.rules"
        _known(key, told, list(_READ))
        return cls(**{_READ[name][0]: _READ[name][1](f"{key}.{name}", value) for name, value in told.items()})

    def left_out(self, candidate: Candidate, order: Order) -> Why | None:
        """Which rule forbids this location to serve this order; None when none does."""
        if self.allowed and not self._is_allowed(candidate, order.channel):
            return "channel"
        if self.least_value and order.value_minor < _own(self.least_value, candidate, 0):
            return "value"
        if self.hours and not _is_open(_own(self.hours, candidate, None), candidate.local_minute):
            return "closed"
        left = self.capacity(candidate)
        return "full" if left is not None and left < 1 else None

    def capacity(self, candidate: Candidate) -> int | None:
        """How many parcels a location can still take today; None: any number."""
        if not self.parcels_a_day:
            return candidate.capacity_left
        most = _own(self.parcels_a_day, candidate, None)
        ruled = None if most is None else most - candidate.parcels_today
        told = candidate.capacity_left
        return ruled if told is None else told if ruled is None else min(ruled, told)

    def rank(self, candidate: Candidate) -> int:
        """The place on the list of preference, 0 first."""
        for rank, name in enumerate(self.prefer):
            if name in (candidate.location, candidate.kind):
                return rank
        return len(self.prefer)

    def _is_allowed(self, candidate: Candidate, channel: str) -> bool:
        names = self.allowed.get(channel)
        return names is None or candidate.location in names or candidate.kind in names


class Policy(msgspec.Struct, frozen=True):
    """Costs and rules together."""

    costs: Costs = USUAL
    rules: Rules = Rules()

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The policy of the table `[sourcing]`; without costs, `USUAL` ones. Raises SettingUnknown and SettingWrong."""
        _known("sourcing", told, list(cls.__struct_fields__))
        for name, value in told.items():
            if not isinstance(value, Mapping):
                raise SettingWrong(key=f"sourcing.{name}", value=value, why="it takes a table")
        costs = Costs.from_settings(told["costs"]) if "costs" in told else USUAL
        return cls(costs, Rules.from_settings(told.get("rules", {})))


def _own(table: Mapping[str, Any], candidate: Candidate, usual: Any) -> Any:
    return table.get(candidate.location, table.get(candidate.kind, usual))


def _is_open(hours: tuple[int, int] | None, minute: int | None) -> bool:
    if hours is None or minute is None:
        return True
    opening, closing = hours
    return opening <= minute < closing if opening < closing else minute >= opening or minute < closing


def _known(key: str, told: Mapping[str, Any], names: list[str]) -> None:
    for name in told:
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
            raise SettingUnknown(key=f"{key}.{name}", where=_WHERE, nearest=f"{key}.{nearest}")


def _amount(key: str, value: Any) -> Millionths:
    try:
        if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
            raise SettingWrong(key=key, value=value, why="it takes an amount in minor units")
        amount = Decimal(str(value))
        if not (amount.is_finite() and 0 <= amount <= 10**9):
            raise SettingWrong(key=key, value=value, why="it takes 0 to a milliard minor units")
    except InvalidOperation as cause:
        raise SettingWrong(key=key, value=value, why="it takes an amount in minor units") from cause
    return int((amount * MINOR).to_integral_value())


def _by_name(key: str, value: Any, read: Callable[[str, Any], Any]) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingWrong(key=key, value=value, why="it takes a table by location or kind")
    return {name: read(f"{key}.{name}", one) for name, one in value.items()}


def _whole(key: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingWrong(key=key, value=value, why=f"it takes a whole number from {least}")
    return value


def _names(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) and name for name in value):
        raise SettingWrong(key=key, value=value, why="it takes a list of locations and kinds")
    return tuple(value)


def _opening(key: str, value: Any) -> tuple[int, int]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise SettingWrong(key=key, value=value, why='it takes opening and closing, such as ["09:00", "20:00"]')
    opening, closing = (_minute(key, one) for one in value)
    if opening == closing:
        raise SettingWrong(key=key, value=value, why="opening and closing are the same")
    return opening, closing


def _minute(key: str, value: Any) -> int:
    hour, colon, minute = str(value).partition(":")
    if not (colon and hour.isdecimal() and len(minute) == 2 and minute.isdecimal() and int(minute) < 60):
        raise SettingWrong(key=key, value=value, why="it takes times such as 09:00")
    if (found := int(hour) * 60 + int(minute)) > _DAY_MINUTES:
        raise SettingWrong(key=key, value=value, why="a day ends at 24:00")
    return found


_READ: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
    "allowed": (
        "allowed",
        lambda key, value: _by_name(key, value, lambda where, names: frozenset(_names(where, names))),
    ),
    "prefer": ("prefer", _names),
    "prefer_step_minor": ("prefer_step", _amount),
    "least_value_minor": (
        "least_value",
        lambda key, value: _by_name(key, value, lambda where, one: _whole(where, one, 0)),
    ),
    "parcels_a_day": (
        "parcels_a_day",
        lambda key, value: _by_name(key, value, lambda where, one: _whole(where, one, 0)),
    ),
    "hours": ("hours", lambda key, value: _by_name(key, value, _opening)),
    "most_parcels": ("most_parcels", lambda key, value: _whole(key, value, 1)),
}
"""How each rule is named in the settings and here, and how it is read."""
