"""The rules by which names are held together: strength, limits and what names nobody, for each kind of name.

They decide how people are derived from the evidence, never what evidence is kept; so rules can change, and change back.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from noline.kernel.errors import SettingWrong
from noline.kernel.events import Identifier


class Namespace(NamedTuple):
    """A kind of name. rank: strength, 0 strongest. limit: how many of them one person may have (None: any number).

    shared_above: a name seen with more than this many distinct persons' names is shared and glues nobody.
    """

    rank: int
    limit: int | None
    shared_above: int


NAMESPACES: dict[str, Namespace] = {
    "user_id": Namespace(0, 1, 1),
    "crm_id": Namespace(1, 1, 1),
    "loyalty_id": Namespace(2, None, 1),
    "card_token": Namespace(4, None, 2),
    "email": Namespace(5, None, 1),
    "phone": Namespace(6, None, 1),
    "device_id": Namespace(7, None, 2),
    "anonymous_id": Namespace(8, None, 2),
}
"""Known kinds of names, strongest first."""

OTHER = Namespace(9, None, 1)
"""A kind of name that nobody declared."""

BUSINESSES = frozenset(("account_id", "vat_id", "gln", "duns"))
"""Names of businesses: many people act for one, so they name nobody."""

_KEYS = {"priority", "limit", "shared_above", "blocked"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for each kind of name. blocked: names that name nobody here, such as the user id of a demo account."""

    namespaces: Mapping[str, Namespace] = field(default_factory=lambda: NAMESPACES)
    blocked: frozenset[Identifier] = frozenset()

    def of(self, name: str) -> Namespace:
        """The rules of a kind of name."""
        return self.namespaces.get(name, OTHER)

    def as_text(self) -> str:
        """These rules as JSON, the same text for the same rules."""
        told = {
            "namespaces": {name: list(one) for name, one in sorted(self.namespaces.items())},
            "blocked": sorted(map(list, self.blocked)),
        }
        return json.dumps(told, sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Rules":
        """The rules of such a text."""
        told = json.loads(text)
        return cls(
            {name: Namespace(*one) for name, one in told["namespaces"].items()},
            frozenset(Identifier(*one) for one in told["blocked"]),
        )

    @classmethod
    def from_settings(cls, told: Mapping[str, Any], spell: Callable[[str, object], str | None]) -> "Rules":
        """The rules of `[identity.namespaces.NAME]` in noline.toml, over those that hold anyway. Raises SettingWrong.

        spell: brings a blocked value to the spelling in which names are kept.
        """
        unknown = sorted(told.keys() - {"namespaces"})
        if unknown:
            raise SettingWrong(key=f"identity.{unknown[0]}", value=told[unknown[0]], why="it takes `namespaces` only")
        namespaces = dict(NAMESPACES)
        blocked: set[Identifier] = set()
        for name, said in told.get("namespaces", {}).items():
            key = f"identity.namespaces.{name}"
            if not isinstance(said, Mapping) or said.keys() - _KEYS:
                raise SettingWrong(key=key, value=said, why="it takes " + ", ".join(sorted(_KEYS)))
            usual = namespaces.get(name, OTHER)
            namespaces[name] = Namespace(
                _number(key, said, "priority", usual.rank, least=0) or 0,
                _number(key, said, "limit", usual.limit, least=0) or None,
                _number(key, said, "shared_above", usual.shared_above, least=1) or 1,
            )
            for value in said.get("blocked", ()):
                spelled = spell(name, value)
                if spelled is not None:
                    blocked.add(Identifier(name, spelled))
        return cls(namespaces, frozenset(blocked))


DEFAULT = Rules()
"""The rules of a retailer who says nothing else."""


def _number(key: str, said: Mapping[str, Any], name: str, usual: int | None, *, least: int) -> int | None:
    value = said.get(name, usual)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 1_000_000):
        raise SettingWrong(key=f"{key}.{name}", value=value, why=f"it takes a whole number from {least}")
    return value
