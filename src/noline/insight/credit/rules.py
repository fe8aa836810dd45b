"""What work and goods cost, and how what an order earns is shared: the table `[credit]` of noline.toml.

Amounts are minor units of the company's currency. What is said of a unit by name goes before what is said of its kind:
`store`, `depot`, or a channel by its name.
"""

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Self, TypeVar, cast, get_args

from noline.insight.credit.model import ACTS
from noline.kernel.clock import DAY, Micros
from noline.kernel.errors import SettingUnknown, SettingWrong
from noline.kernel.sales import ORDER_WORDS

METHODS = ("equal", "first", "last", "linear", "position", "decay", "roles", "ordered", "markov", "calibrated")
"""How what is left of an order can be shared, by name."""

Counts = Literal["journey", "order"]
Whose = Literal["teller", "place"]
Once = Literal["day", "order", "parcel"]
Until = Literal["placed", "ever"]
By = Literal["equal", "orders", "value"]
Told = TypeVar("Told")

_WHERE = "noline.toml"
_USUAL = Path(__file__).parent / "acts.toml"
_MILLION = 1_000_000
_MOST_MINUTES = 100_000
_MOST_MINOR = 10**12
_HEAVIEST = _MILLION
_COSTS = ("minutes", "rate_minor_per_hour", "fixed_minor")


class Cost(NamedTuple):
    """What an act costs: so many minutes of work at so much an hour, and so much besides."""

    minutes: int = 0
    rate_minor_per_hour: int = 0
    fixed_minor: int = 0


@dataclass(frozen=True, slots=True)
class ActRule:
    """How one kind of act is seen and what it costs.

    words: the events that show it. counts: before the person's next order, or where the order is named. whose: of the
    unit that told it, or of the place where the goods are. once: for an order a day, once for the whole order, or once
    a parcel: what is told within 24 hours of the same is one. until: up to when the order that it names was placed, or
    ever. at: what it costs at one unit or one kind of unit.
    """

    words: tuple[str, ...]
    counts: Counts
    whose: Whose
    once: Once
    until: Until
    cost: Cost
    at: Mapping[str, Cost]

    def cost_of(self, unit: str, kind: str) -> Cost:
        """What it costs at this unit, unless a message tells the minutes."""
        return self.at.get(unit, self.at.get(kind, self.cost))


class Pool(NamedTuple):
    """A cost that all units share. by: in equal parts, by orders captured, or by their value."""

    name: str
    minor_per_month: int
    by: By


@dataclass(frozen=True, slots=True)
class Rules:
    """What `[credit]` says.

    acts: by name, every one of model.ACTS. priced: the acts whose costs noline.toml tells; the others cost what is
    usual. window_days: how long before an order a touch counts. goods_cost_percent: of the net price, where nobody
    told what goods cost. shares, weights, fixed, baseline_ppm: by unit or kind of unit. weights: of the method `roles`.
    fixed: costs of a unit for a month. baseline_ppm: of the surplus of orders captured there, so many millionths would
    have come anyway. calibrated: what experiments say a unit brings, relative to the others. owner_of_delivery,
    owner_of_returns, owner_of_refunds: who bears what parcels, returns and money given back without goods cost; None:
    the unit that captured the order.
    half_life_days, position: of the methods `decay` and `position`.
    """

    acts: Mapping[str, ActRule]
    priced: tuple[str, ...] = ()
    method: str = "equal"
    window_days: int = 30
    goods_cost_percent: int = 0
    half_life_days: int = 7
    position: tuple[int, int, int] = (40, 20, 40)
    shares: Mapping[str, bool] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    fixed: Mapping[str, int] = field(default_factory=dict)
    baseline_ppm: Mapping[str, int] = field(default_factory=dict)
    calibrated: Mapping[str, int] = field(default_factory=dict)
    pools: tuple[Pool, ...] = ()
    owner_of_delivery: str | None = None
    owner_of_returns: str | None = None
    owner_of_refunds: str | None = None

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """The rules of the table `[credit]`; what it leaves unsaid is usual. Raises SettingUnknown and SettingWrong."""
        _known("credit", told, [*_READ])
        acts = {name: _act(f"credit.acts.{name}", one, {}) for name, one in _usual().items()}
        said: dict[str, Any] = {"acts": MappingProxyType(acts)}
        for name, value in told.items():
            said |= _READ[name](f"credit.{name}", value)
        return cls(**said)

    @property
    def window(self) -> Micros:
        """How long before an order a touch counts."""
        return self.window_days * DAY

    @property
    def half_life(self) -> Micros:
        """After so long a touch counts half, by the method `decay`."""
        return self.half_life_days * DAY

    def shares_at(self, unit: str, kind: str) -> bool:
        """Whether a unit takes part in what is left after the work is paid; every one that nobody excluded does."""
        return self.shares.get(unit, self.shares.get(kind, True))

    def baseline_at(self, unit: str, kind: str) -> int:
        """How many millionths of the surplus of orders captured there would have come anyway."""
        return self.baseline_ppm.get(unit, self.baseline_ppm.get(kind, 0))

    def fixed_of(self, kinds: Mapping[str, str]) -> dict[str, int]:
        """The fixed costs of a month, by unit, of the units that have any. kinds: the kind of each unit."""
        return _for_each(self.fixed, kinds)

    def weights_of(self, kinds: Mapping[str, str]) -> dict[str, int]:
        """The weights of the method `roles`, by unit; 1 where nobody told one."""
        return dict.fromkeys(kinds, 1) | _for_each(self.weights, kinds)

    def calibrated_of(self, kinds: Mapping[str, str]) -> dict[str, int]:
        """What experiments say that a unit brings, by unit; nothing where no experiment was."""
        return _for_each(self.calibrated, kinds)


def _for_each(table: Mapping[str, int], kinds: Mapping[str, str]) -> dict[str, int]:
    found = {unit: table.get(unit, table.get(kind)) for unit, kind in kinds.items()}
    return {unit: value for unit, value in found.items() if value is not None}


@cache
def _usual() -> Mapping[str, Mapping[str, Any]]:
    told = tomllib.loads(_USUAL.read_text("utf-8"))
    return {name: told[name] for name in ACTS}


def _act(key: str, usual: Mapping[str, Any], told: Mapping[str, Any]) -> ActRule:
    """One act: what noline.toml says before what is usual, its own costs before usual costs of a kind."""
    _known(key, told, ["words", "counts", "whose", "once", "until", "at", *_COSTS])
    of_act = {name: told.get(name, usual[name]) for name in _COSTS}
    at = {unit: dict(one) for unit, one in usual.get("at", {}).items()}
    at = {unit: {name: one for name, one in costs.items() if name not in told} for unit, costs in at.items()}
    for unit, costs in _table(f"{key}.at", told.get("at", {})).items():
        _known(f"{key}.at.{unit}", _table(f"{key}.at.{unit}", costs), [*_COSTS])
        at[unit] = at.get(unit, {}) | dict(costs)
    words = _words(f"{key}.words", told.get("words", usual["words"]))
    counts = cast("Counts", _one_of(get_args(Counts))(f"{key}.counts", told.get("counts", usual["counts"])))
    strange = next((word for word in words if counts == "order" and word not in ORDER_WORDS), None)
    if strange is not None:
        raise SettingWrong(key=f"{key}.words", value=strange, why='counts = "order" takes events that name an order')
    return ActRule(
        words,
        counts,
        cast("Whose", _one_of(get_args(Whose))(f"{key}.whose", told.get("whose", usual["whose"]))),
        cast("Once", _one_of(get_args(Once))(f"{key}.once", told.get("once", usual["once"]))),
        cast("Until", _one_of(get_args(Until))(f"{key}.until", told.get("until", usual["until"]))),
        _cost(key, of_act),
        MappingProxyType({unit: _cost(f"{key}.at.{unit}", of_act | costs) for unit, costs in at.items()}),
    )


def _cost(key: str, told: Mapping[str, Any]) -> Cost:
    most = {"minutes": _MOST_MINUTES}
    return Cost(*(_whole(0, most.get(name, _MOST_MINOR))(f"{key}.{name}", told[name]) for name in _COSTS))


def _acts(key: str, value: Any) -> dict[str, Any]:
    told = {name.replace("_", " "): one for name, one in _table(key, value).items()}
    _known(key, told, [*ACTS])
    usual = _usual()
    acts = {name: _act(f"{key}.{name}", usual[name], _table(f"{key}.{name}", told.get(name, {}))) for name in ACTS}
    priced = tuple(name for name in ACTS if {*told.get(name, ())} & {*_COSTS, "at"})
    return {"acts": MappingProxyType(acts), "priced": priced}


def _units(key: str, value: Any) -> dict[str, Any]:
    read: dict[str, tuple[str, Callable[[str, Any], Any]]] = {
        "shares": ("shares", _flag),
        "weight": ("weights", _whole(0, _HEAVIEST)),
        "fixed_minor_per_month": ("fixed", _whole(0, _MOST_MINOR)),
    }
    found: dict[str, dict[str, Any]] = {name: {} for name, _ in read.values()}
    for unit, told in _table(key, value).items():
        _known(f"{key}.{unit}", _table(f"{key}.{unit}", told), [*read])
        for name, one in told.items():
            into, as_told = read[name]
            found[into][unit] = as_told(f"{key}.{unit}.{name}", one)
    return dict(found)


def _pools(key: str, value: Any) -> dict[str, Any]:
    pools = []
    for name, told in _table(key, value).items():
        _known(f"{key}.{name}", _table(f"{key}.{name}", told), ["minor_per_month", "by"])
        if "minor_per_month" not in told:
            raise SettingWrong(key=f"{key}.{name}", value=dict(told), why="it needs minor_per_month")
        amount = _whole(0, _MOST_MINOR)(f"{key}.{name}.minor_per_month", told["minor_per_month"])
        pools.append(Pool(name, amount, cast("By", _one_of(get_args(By))(f"{key}.{name}.by", told.get("by", "equal")))))
    return {"pools": tuple(pools)}


def _owners(key: str, value: Any) -> dict[str, Any]:
    _known(key, _table(key, value), ["delivery", "returns", "refunds"])
    return {f"owner_of_{name}": _text(f"{key}.{name}", unit) for name, unit in value.items()}


def _baseline(key: str, value: Any) -> dict[str, Any]:
    return {"baseline_ppm": {unit: _millionths(f"{key}.{unit}", one) for unit, one in _table(key, value).items()}}


def _calibrated(key: str, value: Any) -> dict[str, Any]:
    weigh = _whole(0, _HEAVIEST)
    return {"calibrated": {unit: weigh(f"{key}.{unit}", one) for unit, one in _table(key, value).items()}}


def _as(name: str, read: Callable[[str, Any], Any]) -> Callable[[str, Any], dict[str, Any]]:
    return lambda key, value: {name: read(key, value)}


def _known(key: str, told: Mapping[str, Any], names: list[str]) -> None:
    for name in told:
        if name not in names:
            nearest = difflib.get_close_matches(name, names, n=1, cutoff=0)[0]
            raise SettingUnknown(key=f"{key}.{name}", where=_WHERE, nearest=f"{key}.{nearest}")


def _table(key: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingWrong(key=key, value=value, why="it takes a table")
    return value


def _whole(least: int, most: int) -> Callable[[str, Any], int]:
    def read(key: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise SettingWrong(key=key, value=value, why=f"it takes a whole number from {least} to {most}")
        return value

    return read


def _millionths(key: str, value: Any) -> int:
    try:
        share = Decimal(str(value))
    except InvalidOperation:
        share = Decimal("NaN")
    if isinstance(value, bool) or not share.is_finite() or not 0 <= share <= 1 or (share * _MILLION) % 1:
        raise SettingWrong(key=key, value=value, why="it takes a share from 0 to 1, with up to six decimals")
    return int(share * _MILLION)


def _flag(key: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingWrong(key=key, value=value, why="it takes true or false")
    return value


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise SettingWrong(key=key, value=value, why="it takes the name of a unit")
    return value


def _words(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(word, str) and word for word in value):
        raise SettingWrong(key=key, value=value, why="it takes a list of events")
    return tuple(value)


def _one_of(names: tuple[str, ...]) -> Callable[[str, Any], str]:
    def read(key: str, value: Any) -> str:
        if value not in names:
            raise SettingWrong(key=key, value=value, why=f"it takes one of {', '.join(names)}")
        return str(value)

    return read


def _position(key: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, (list, tuple)) or len(value) != 3:
        raise SettingWrong(key=key, value=value, why="it takes three weights: of the first, of those between, the last")
    return tuple(_whole(0, _HEAVIEST)(key, one) for one in value)


_READ: Mapping[str, Callable[[str, Any], dict[str, Any]]] = {
    "acts": _acts,
    "units": _units,
    "pools": _pools,
    "owners": _owners,
    "baseline": _baseline,
    "calibrated": _calibrated,
    "method": _as("method", _one_of(METHODS)),
    "window_days": _as("window_days", _whole(0, 3650)),
    "goods_cost_percent": _as("goods_cost_percent", _whole(0, 100)),
    "half_life_days": _as("half_life_days", _whole(1, 3650)),
    "position": _as("position", _position),
}
