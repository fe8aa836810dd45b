"""How far a channel may go: what may be promised of an item beyond what lies there, and what is kept back.

A rule may leave things unsaid; they are then as in the next wider rule: item in this channel, item in every channel,
every item in this channel (`[stock.channels.NAME]` of noline.toml), every item everywhere (`[stock]`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Literal, get_args

from noline.kernel.clock import Micros
from noline.kernel.errors import SettingUnknown, SettingWrong
from noline.kernel.events import Json
from noline.kernel.quantities import Units

Oversell = Literal["strict", "threshold", "backorder", "unlimited"]

_ANY = ""
"""The channel of a rule for every channel."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised of an item in a channel.

    oversell: `strict` (never more than is there), `threshold` (up to `beyond` units more), `backorder` (up to `beyond`
    units more, promised for `until_at`), `unlimited`. buffer: units of the whole company this channel may not promise.
    safety: units kept back at each location. None: as the next wider rule says.
    """

    oversell: Oversell | None = None
    beyond: Units | None = None
    until_at: Micros | None = None
    buffer: Units | None = None
    safety: Units | None = None

    def over(self, wider: "Policy") -> "Policy":
        """This rule, with what it leaves unsaid from a wider one."""
        said = {one.name: getattr(self, one.name) for one in fields(self) if getattr(self, one.name) is not None}
        return replace(wider, **said)

    @property
    def overdraft(self) -> Units | None:
        """Units that may be promised beyond what is free; None without limit."""
        if self.oversell == "unlimited":
            return None
        return 0 if self.oversell in (None, "strict") else self.beyond or 0


_HOLD_S, _MOST_HOLD_S = 900, 7 * 86_400

STRICT = Policy("strict", 0, None, 0, 0)
"""Where nobody said anything: nothing is sold twice and nothing is kept back."""


@dataclass(frozen=True, slots=True)
class StockSettings:
    """The `[stock]` table of noline.toml.

    hold_s: how long a hold lasts that does not say. most_hold_s: the longest that may be asked for. everywhere: the
    rule for every item. channels: per channel. locations: the locations that may serve a channel; others: all.
    kept_back: safety per location.
    """

    hold_s: int = _HOLD_S
    most_hold_s: int = _MOST_HOLD_S
    everywhere: Policy = STRICT
    channels: Mapping[str, Policy] = field(default_factory=dict)
    locations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept_back: Mapping[str, Units] = field(default_factory=dict)

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> "StockSettings":
        """Read the table. Raises SettingUnknown and SettingWrong."""
        known = {"hold_s", "most_hold_s", "channels", "locations", *_POLICY_KEYS}
        _only(told, known, "[stock]")
        channels = _tables(told, "channels")
        locations = _tables(told, "locations")
        for name, table in channels.items():
            _only(table, {*_POLICY_KEYS, "locations"}, f"[stock.channels.{name}]")
        for name, table in locations.items():
            _only(table, {"safety"}, f"[stock.locations.{name}]")
        everywhere = _policy(told, "[stock]").over(STRICT)
        return cls(
            hold_s=_units(told, "hold_s", _HOLD_S, least=1),
            most_hold_s=_units(told, "most_hold_s", _MOST_HOLD_S, least=1),
            everywhere=everywhere,
            channels={name: _policy(table, f"[stock.channels.{name}]") for name, table in channels.items()},
            locations={
                name: frozenset(map(str, table["locations"]))
                for name, table in channels.items()
                if "locations" in table
            },
            kept_back={name: _units(table, "safety", 0) for name, table in locations.items()},
        )

    def policy(self, rules: Mapping[str, Policy], channel: str) -> Policy:
        """What holds in a channel for an item whose own rules these are, by channel."""
        wide = self.channels.get(channel, Policy()).over(self.everywhere)
        return rules.get(channel, Policy()).over(rules.get(_ANY, Policy())).over(wide)

    def safety(self, rules: Mapping[str, Policy], location: str) -> Units:
        """Units of an item that are kept back at a location: the item's rule, else the location's, else everyone's."""
        own = rules.get(_ANY)
        if own is not None and own.safety is not None:
            return own.safety
        return self.kept_back.get(location, self.everywhere.safety or 0)

    def serves(self, location: str, channel: str) -> bool:
        """Whether a location may serve a channel."""
        allowed = self.locations.get(channel)
        return allowed is None or location in allowed


def policy_said(sku: str, channel: str, policy: Policy) -> Json:
    """The properties of `Stock Policy Set`. channel: empty for every channel."""
    said = {one.name: getattr(policy, one.name) for one in fields(policy)}
    return {"sku": sku, "channel": channel, **{name: value for name, value in said.items() if value is not None}}


def policy_told(said: Json) -> tuple[str, str, Policy]:
    """Item, channel and rule of `Stock Policy Set`."""
    return said["sku"], said["channel"], Policy(*(said.get(one.name) for one in fields(Policy)))


_POLICY_KEYS = ("oversell", "beyond", "buffer", "safety")


def _policy(told: Mapping[str, Any], where: str) -> Policy:
    oversell = told.get("oversell")
    if oversell is not None and oversell not in get_args(Oversell):
        why = f"it takes one of {', '.join(get_args(Oversell))}"
        raise SettingWrong(key=f"oversell in {where}", value=oversell, why=why)
    units = {name: _units(told, name, 0) if name in told else None for name in ("beyond", "buffer", "safety")}
    return Policy(oversell, units["beyond"], None, units["buffer"], units["safety"])


def _units(told: Mapping[str, Any], name: str, default: int, *, least: int = 0) -> int:
    value = told.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SettingWrong(key=name, value=value, why=f"it takes a whole number from {least} up")
    return value


def _tables(told: Mapping[str, Any], name: str) -> Mapping[str, Mapping[str, Any]]:
    found = told.get(name, {})
    if not isinstance(found, Mapping) or not all(isinstance(one, Mapping) for one in found.values()):
        raise SettingWrong(key=f"stock.{name}", value=found, why=f"it takes tables [stock.{name}.NAME]")
    return found


def _only(told: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for key in told:
        if key not in known:
            nearest = get_close_matches(key, sorted(known), n=1, cutoff=0)[0]
            raise SettingUnknown(key=key, where=where, nearest=nearest)
