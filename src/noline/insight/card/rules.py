"""The numbers by which something follows from purchases, and what of them a company may set.

```toml
[counter.card]
scales = { intensity = 13 }   # attributes of products that are numbers, and the top of each scale
kinds = ["roast"]             # attributes of products that are words
durable = ["machine"]         # categories of what is owned for long, beside everything with warranty_months
```
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from noline.kernel.errors import SettingUnknown, SettingWrong

LAST_ORDERS = 20
"""A preference follows from so many of the youngest orders."""

LEAST_UNITS = 5
"""From fewer units nothing is concluded."""

MOST_SPREAD = 3 / 13
"""The middle half of the units lies within this part of the scale, or nobody can say what is liked."""

LEAST_SHARE = 0.5
"""A word is a preference when more than this part of the units has it."""

LEAST_ORDERS = 3
"""Fewer orders make no habit: of a channel, or of a product."""

HABIT_DAYS = 365
"""So far back the primary channel is looked for."""

MOST_FITS = 5
"""So many products that fit are named beside one that is owned."""


class Rules(NamedTuple):
    """scales: attributes that are numbers, with the top of each; kinds: attributes that are words.

    durable: categories of products that are owned for long.
    """

    scales: tuple[tuple[str, int], ...] = (("intensity", 13),)
    kinds: tuple[str, ...] = ()
    durable: frozenset[str] = frozenset({"machine"})


USUAL = Rules()


def rules_from(told: Mapping[str, Any]) -> Rules:
    """The rules under the table `[counter.card]`. Raises SettingUnknown and SettingWrong."""
    for key in told:
        if key not in Rules._fields:
            raise SettingUnknown(
                key=key, where="[counter.card]", nearest=get_close_matches(key, Rules._fields, 1, 0)[0]
            )
    scales = told.get("scales", dict(USUAL.scales))
    if not isinstance(scales, Mapping) or not all(type(top) is int and top > 0 for top in scales.values()):
        raise SettingWrong(
            key="counter.card.scales", value=scales, why="it takes attributes with the top of each scale"
        )
    return Rules(
        tuple((str(name), int(top)) for name, top in scales.items()),
        _words(told, "kinds", USUAL.kinds),
        frozenset(_words(told, "durable", tuple(USUAL.durable))),
    )


def _words(told: Mapping[str, Any], key: str, usual: tuple[str, ...]) -> tuple[str, ...]:
    words = told.get(key, usual)
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) and word for word in words):
        raise SettingWrong(key=f"counter.card.{key}", value=words, why="it takes a list of words")
    return tuple(words)
