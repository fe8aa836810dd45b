"""A wish: somebody looked for an item, and there was none."""

from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Fact

EMPTY, SHOWN = "Shelf Empty", "Availability Shown"
KINDS = frozenset({EMPTY, SHOWN})
"""The words this room listens to."""

_LONGEST = 200
_NONE = frozenset(("0", "0.0", "false", "no"))


class Wish(NamedTuple):
    """An item that somebody looked for in vain. at: the last time."""

    sku: str
    at: Micros


def read_wish(fact: Fact) -> Wish | None:
    """What a fact tells of a wish; None when it tells of none."""
    sku = fact.text("sku", "product_id")
    if sku is None or len(sku) > _LONGEST or (fact.kind == SHOWN and not _says_none(fact)):
        return None
    return Wish(sku, fact.occurred_at)


def _says_none(fact: Fact) -> bool:
    told = fact.properties.get("available")
    return told is False or (told is not None and str(told).strip().lower() in _NONE)
