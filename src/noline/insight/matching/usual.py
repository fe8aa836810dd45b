"""What is usual of people everywhere, for tables that are too small to teach it.

Shares of each level of agreement among records of one person (`m`) and among strangers (`u`). They come from how
identifiers are made, not from any table: a number of an authority is one person's for ever, a telephone or an e-mail
address is one household's, a birth date is one of some 20,000 days, a given name is that of every 200th, a family name
that of every thousandth, people marry and move. Where a value's own frequency in the table counts, it takes the place
of `u` here as it does everywhere.

No name identifies anybody by itself: of a few records that somebody collected, namesakes are a usual part. What a pair
needs besides its names says `support`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from noline.insight.matching.model import Comparison, Level
from noline.insight.matching.support import NAMES

LEAST_RECORDS = 250
"""Fewer records are too few to learn from: about as many pairs of one person, in which a share of .01 is seen five
times, by levels of which each of a dozen properties has eight."""

NAMESAKES = 0.03
"""Of the pairs of a household, the share with one given name or one birthday: fathers and sons, twins."""


class Usual(NamedTuple):
    """Shares of one level; `h`, among pairs of one household, follows from the comparison when None."""

    m: float
    u: float
    h: float | None = None


_SAME, _RARE, _ANOTHER = "the same", "the same, and rare", "another"
_SCRIPT = "the same in another script"
_PLACE, _RARE_PLACE = "the same street and number", "the same street and number, and rare"

_USUAL: dict[str, dict[str, Usual]] = {
    "given name": {
        _RARE: Usual(0.4, 0.005, NAMESAKES), _SAME: Usual(0.25, 0.02), "a form of the same name": Usual(0.08, 0.02),
        "given and family name swapped": Usual(0.01, 2e-5), "one name stands in the other's place": Usual(0.01, 1e-3),
        "only its initial": Usual(0.05, 4e-3), "nearly the same": Usual(0.12, 4e-3, NAMESAKES),
        _SCRIPT: Usual(0.03, 5e-3), "sounds the same": Usual(0.03, 5e-3), "similar": Usual(5e-3, 0.02, NAMESAKES),
        _ANOTHER: Usual(0.03, 0.95),
    },
    "second name": {
        _SAME: Usual(0.5, 0.02), "only its initial": Usual(0.35, 0.03), "nearly the same": Usual(0.05, 5e-3),
        _ANOTHER: Usual(0.1, 0.94),
    },
    "family name": {
        _RARE: Usual(0.4, 1e-3), _SAME: Usual(0.25, 0.01), "nearly the same": Usual(0.12, 2e-3),
        "shares a part": Usual(0.06, 3e-3), "sounds the same": Usual(0.03, 4e-3),
        _SCRIPT: Usual(0.03, 4e-3), "similar": Usual(0.03, 6e-3), _ANOTHER: Usual(0.08, 0.97),
    },
    "generation": {_SAME: Usual(0.998, 0.4, 0.4), _ANOTHER: Usual(0.002, 0.6, 0.6)},
    "company": {
        _RARE: Usual(0.35, 1e-4), _SAME: Usual(0.15, 1e-3), "nearly the same words": Usual(0.15, 3e-4),
        "nearly the same": Usual(0.1, 1e-3), "some of the same words": Usual(0.15, 0.02), _ANOTHER: Usual(0.1, 0.97),
    },
    "birth date": {
        _RARE: Usual(0.5, 5e-5, NAMESAKES), _SAME: Usual(0.35, 5e-5), "day and month swapped": Usual(0.03, 5e-5),
        "one digit off": Usual(0.05, 1.5e-3), "two digits off": Usual(0.02, 0.02),
        "the same year": Usual(0.015, 0.015), _ANOTHER: Usual(0.02, 0.96),
    },
    "age": {
        _SAME: Usual(0.7, 0.015), "a year apart": Usual(0.15, 0.03), "a few years apart": Usual(0.05, 0.1),
        _ANOTHER: Usual(0.1, 0.85),
    },
    "sex": {_SAME: Usual(0.97, 0.5), _ANOTHER: Usual(0.03, 0.5)},
    "phone": {
        _RARE: Usual(0.55, 1e-5), _SAME: Usual(0.1, 1e-5), "one of them the same": Usual(0.1, 2e-5),
        "one digit off": Usual(0.02, 1e-4), _ANOTHER: Usual(0.23, 0.999),
    },
    "e-mail": {
        _RARE: Usual(0.55, 1e-5), _SAME: Usual(0.1, 1e-5), "one of them the same": Usual(0.1, 2e-5),
        "one letter off": Usual(0.02, 1e-5), _ANOTHER: Usual(0.23, 0.999),
    },
    "address": {
        _RARE_PLACE: Usual(0.4, 5e-5), _PLACE: Usual(0.1, 1e-4), "nearly the same street and number": Usual(0.12, 1e-4),
        "most of the same words": Usual(0.08, 2e-4), "the same street, another number": Usual(0.03, 1e-3),
        "the same town and nearly the same postcode": Usual(0.03, 0.01), "the same postcode": Usual(0.02, 0.01),
        "the same town": Usual(0.06, 0.02), "nearly the same town": Usual(0.01, 0.01),
        "nearly the same postcode": Usual(0.01, 0.02), "the same region": Usual(0.06, 0.05),
        _ANOTHER: Usual(0.14, 0.9),
    },
}  # fmt: skip

_NUMBER = {
    _RARE: Usual(0.9, 1e-6), _SAME: Usual(0.05, 1e-6), "one letter off": Usual(0.04, 1e-4), _ANOTHER: Usual(0.01, 1.0),
}  # fmt: skip
"""A number that one authority gives one person: two different ones say two people, but for a slip of the pen."""

_TRAIT = {_SAME: Usual(0.8, 0.05), "nearly the same": Usual(0.05, 0.02), _ANOTHER: Usual(0.15, 0.93)}


def known(comparisons: Sequence[Comparison]) -> tuple[Comparison, ...]:
    """The comparisons with the shares that are usual everywhere, for all three stories."""
    return tuple(replace(one, levels=tuple(_level(one, level) for level in one.levels)) for one in comparisons)


def _level(comparison: Comparison, level: Level) -> Level:
    if level.neutral:
        return level
    usual = _shares_of(comparison)[level.words]
    at_home = usual.u if comparison.personal else usual.m
    return replace(level, m=usual.m, u=usual.u, h=at_home if usual.h is None else usual.h)


def _shares_of(comparison: Comparison) -> dict[str, Usual]:
    if comparison.name.startswith("strong_"):
        return _NUMBER
    return _TRAIT if comparison.name.startswith("trait_") else _USUAL[comparison.name]


def only_names(comparisons: Sequence[Comparison]) -> bool:
    """Whether a table tells nothing of people but their names: then names must do."""
    return all(one.name in NAMES for one in comparisons)
