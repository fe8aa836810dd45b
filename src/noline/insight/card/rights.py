"""Which sections of a card a role may see."""

SECTIONS = (
    "who",
    "loops",
    "greeting",
    "say",
    "see",
    "purchases",
    "preferences",
    "owned",
    "actions",
    "pickups",
    "appointments",
    "follow_ups",
    "consent",
    "notes",
    "viewed",
)
"""All sections, in the order of the card."""

_ALL = frozenset(SECTIONS)
_BY_ROLE = {"admin": _ALL, "manager": _ALL - {"notes"}, "associate": _ALL}
_VIEWS = {"associate": 5}


def sections_for(role: str) -> frozenset[str]:
    """The sections that a role may see; none for a role that is not known."""
    return _BY_ROLE.get(role, frozenset())


def views_for(role: str) -> int | None:
    """How many of the last views a role may see; None: all of them."""
    return _VIEWS.get(role)
