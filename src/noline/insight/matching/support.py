"""What speaks for one person, where a table is too small to teach how often strangers and relatives agree.

A name is shared by namesakes; a telephone, a dwelling, an office by all who live or work there; a town, an age, an
employer by thousands. So a pair of a small table is called one person only where it agrees in something that people
do not share, and that weighs enough (`SUPPORT_BITS`). Everything else stays undecided, for somebody who can ask.
"""

from collections.abc import Mapping
from enum import IntFlag
from typing import NamedTuple

from noline.insight.matching.model import Comparison, Level

NAMES = frozenset({"given name", "family name", "second name", "generation", "sex"})
"""What says how somebody is called, and what follows from it."""

SUPPORT_BITS = 6.0
"""Namesakes need as much from what is not a name: of 64 strangers of that name one would agree as far."""

UNDECIDED_BITS = -1.0
"""A pair that too little speaks for: one person in three."""


class Says(IntFlag):
    """What the levels of a pair say of it, in one number."""

    NOTHING = 0
    NUMBER = 1
    """A number that one authority gives one person agrees."""
    MAIL = 2
    """A personal e-mail address agrees."""
    BORN = 4
    """The birth date agrees, but for a slip of the pen."""
    YEARS = 8
    """The birth dates are more than a slip apart."""
    REACHED = 16
    """They are reached alike: by one telephone, or by e-mails one letter apart."""
    PLACE = 32
    """They live at one street and number."""
    FIRM = 64
    """The company is the same."""
    NAMED = 128
    """The given name is the same."""
    PART = 256
    """The given name may be the same: a short form, an initial."""
    UNLIKE = 512
    """The given names, or the generations, are not the same, however similar."""
    PERSON = 1024
    """Both are told with a family name: they are people, not companies."""


class Standing(NamedTuple):
    """What may be made of a pair.

    supported: something speaks for one person that people do not share. contrary: they seem to be two people of one
    house or office, whom no third record shall join.
    """

    supported: bool
    contrary: bool


_OWN = Says.NUMBER | Says.MAIL
_HOUSE = Says.REACHED | Says.PLACE | Says.FIRM
_SAME, _RARE, _ANOTHER, _SHARED = "the same", "the same, and rare", "another", "one of them the same"
_NEARLY, _SOUNDS, _SIMILAR, _OFF = "nearly the same", "sounds the same", "similar", "one digit off"
_PLACE = "the same street and number"

_SAYS: Mapping[str, Mapping[Says, tuple[str, ...]]] = {
    "given name": {
        Says.NAMED: (_SAME, _RARE, "the same in another script", "given and family name swapped"),
        Says.PART: ("a form of the same name", "one name stands in the other's place", "only its initial"),
        Says.UNLIKE: (_NEARLY, _SOUNDS, _SIMILAR, _ANOTHER),
    },
    "generation": {Says.UNLIKE: (_ANOTHER,)},
    "birth date": {
        Says.BORN: (_SAME, _RARE, "day and month swapped", _OFF), Says.YEARS: ("two digits off", _ANOTHER),
    },
    "phone": {Says.REACHED: (_SAME, _RARE, _SHARED, _OFF)},
    "e-mail": {Says.MAIL: (_SAME, _RARE, _SHARED), Says.REACHED: ("one letter off",)},
    "address": {
        Says.PLACE: (_PLACE, f"{_PLACE}, and rare", f"nearly {_PLACE}", "most of the same words"),
    },
    "company": {Says.FIRM: (_SAME, _RARE, "nearly the same words", _NEARLY)},
}  # fmt: skip


def says(comparison: Comparison, level: Level) -> Says:
    """What this level says of a pair."""
    if level.neutral:
        return Says.NOTHING
    if comparison.name == "family name":
        return Says.PERSON
    if comparison.name.startswith("strong_"):
        return Says.NUMBER if level.words in (_SAME, _RARE) else Says.NOTHING
    told = _SAYS.get(comparison.name, {})
    return next((one for one, words in told.items() if level.words in words), Says.NOTHING)


def counts(comparison: Comparison) -> bool:
    """Whether this property is more than a name, so that its bits count as support."""
    return comparison.name not in NAMES


def standing(told: Says) -> Standing:
    """Whether a pair of which this is told may be called one person.

    A birthday is shared by twins, who live in one house: there it joins only whose given names do not differ. One name
    at one address is father and son as often as not. Companies have no given names, and are found where they are.
    """
    supported = _speaks(told)
    apart = bool(told & (Says.UNLIKE | Says.YEARS)) and bool(told & _HOUSE)
    return Standing(supported, apart and not supported)


def _speaks(told: Says) -> bool:
    if told & Says.YEARS:
        return bool(told & Says.NUMBER)
    if told & _OWN:
        return True
    if told & Says.UNLIKE:
        return bool(told & Says.BORN) and not told & _HOUSE
    if told & Says.NAMED:
        return bool(told & (Says.BORN | Says.REACHED))
    if told & (Says.PART | Says.PERSON):
        return bool(told & Says.BORN)
    return bool(told & Says.BORN) or (bool(told & Says.FIRM) and bool(told & (Says.REACHED | Says.PLACE)))
