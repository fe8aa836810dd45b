"""Amounts and their units: what can be compared, and how much a text such as `6 x 330 ml` says.

Grams measure by weight, millilitres by volume; whatever is counted (a capsule, a piece) compares with its own kind
only. A tablespoon has 15 ml, a teaspoon 5 ml and a cup 240 ml, as nutrition labels have it (21 CFR 101.9(b)(5)(viii)).
"""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from typing import NamedTuple

_SPELLINGS = {
    "mg": "mg", "g": "g gr gram grams gramm gramme grammes グラム", "kg": "kg kilo kilos kilogram キロ",
    "ml": "ml millilitre milliliter ミリリットル", "cl": "cl", "dl": "dl", "l": "l litre litres liter liters リットル",
    "tsp": "tsp teaspoon teaspoons", "tbsp": "tbsp tablespoon tablespoons", "cup": "cup cups",
    "piece": "piece pieces pcs pièce pièces stück stk 個 本 枚", "capsule": "capsule capsules kapsel kapseln カプセル",
    "pod": "pod pods dosette dosettes pad pads", "bag": "bag bags sachet sachets beutel 袋",
    "egg": "egg eggs œuf œufs ei eier", "clove": "clove cloves", "slice": "slice slices", "leaf": "leaf leaves",
    "bunch": "bunch bunches", "sheet": "sheet sheets",
}  # fmt: skip
"""Each unit and how it is written; the first is its name here."""

_SIZES = {
    "mg": ("g", Fraction(1, 1000)), "g": ("g", Fraction(1)), "kg": ("g", Fraction(1000)),
    "ml": ("ml", Fraction(1)), "cl": ("ml", Fraction(10)), "dl": ("ml", Fraction(100)), "l": ("ml", Fraction(1000)),
    "tsp": ("ml", Fraction(5)), "tbsp": ("ml", Fraction(15)), "cup": ("ml", Fraction(240)),
    # An egg sold as `10 pieces` and one sold as `10 eggs` are the same.
    "egg": ("piece", Fraction(1)),
}  # fmt: skip
_SMALL = frozenset({"mg", "g", "ml"})
"""Of these nobody sells thousandths: `1.000 g` is a thousand grams."""

_THINGS = frozenset({"egg"})
"""Units that are the thing itself."""

UNITS = tuple(_SPELLINGS)
"""Every unit by its name."""

_BY_SPELLING = {written: unit for unit, spellings in _SPELLINGS.items() for written in (unit, *spellings.split())}
_SPOONED = frozenset({"tsp", "tbsp", "cup"})
"""In these nobody sells: `2 cups` in the name of a product are two cups."""

_PACKED = [written for written, unit in _BY_SPELLING.items() if unit not in _SPOONED]
_WRITTEN = "|".join(sorted(map(re.escape, _PACKED), key=lambda one: (-len(one), one)))
_PACK = re.compile(rf"(?<![\w.,])(?:(\d{{1,4}})\s*[x×]\s*)?(\d{{1,6}}(?:[.,]\d{{1,3}})?)\s*({_WRITTEN})(?![^\W\d_])")
_LAST_EUROPEAN = 0x24F
_PACK_OF_KANA = re.compile(rf"(\d{{1,6}})\s*({'|'.join(one for one in _PACKED if ord(one[0]) > _LAST_EUROPEAN)})")


class Measure(NamedTuple):
    """So much of something. unit: one of UNITS."""

    amount: Fraction
    unit: str

    def times(self, factor: Fraction) -> "Measure":
        """So many times as much."""
        return Measure(self.amount * factor, self.unit)


def unit_of(text: str) -> str | None:
    """The name of a unit that is written somehow; None when nobody knows it."""
    return _BY_SPELLING.get(_plain(text).strip().rstrip("."))


def converted(measure: Measure, unit: str) -> Measure | None:
    """The same amount in another unit; None when the two do not compare."""
    (kind, size), (wanted, wanted_size) = _size(measure.unit), _size(unit)
    return Measure(measure.amount * size / wanted_size, unit) if kind == wanted else None


def packs_for(needed: Measure, pack: Measure) -> int | None:
    """How many whole packs hold what is needed; None when the two do not compare."""
    same = converted(needed, pack.unit)
    return None if same is None else ceil(same.amount / pack.amount)


def measures_in(text: str) -> Iterator[Measure]:
    """Every amount that a text names, such as 1980 ml of `6 x 330 ml`."""
    plain = _plain(text)
    for several, amount, written in _PACK.findall(plain):
        unit = _BY_SPELLING[written]
        if found := _number(amount, unit) * int(several or 1):
            yield Measure(found, unit)
    for amount, written in _PACK_OF_KANA.findall(plain):
        if found := Fraction(amount):
            yield Measure(found, _BY_SPELLING[written])


def without_measures(text: str) -> str:
    """A text without the amounts that it names; in `10 eggs` the eggs stay."""
    plain = _PACK.sub(lambda found: f" {found[3] if _BY_SPELLING[found[3]] in _THINGS else ''} ", _plain(text))
    return _PACK_OF_KANA.sub(" ", plain)


def _size(unit: str) -> tuple[str, Fraction]:
    return _SIZES.get(unit, (unit, Fraction(1)))


def _number(text: str, unit: str) -> Fraction:
    whole, mark, after = text.partition("." if "." in text else ",")
    if mark and len(after) == 3 and unit in _SMALL:
        return Fraction(whole + after)
    return Fraction(f"{whole}.{after or 0}")


def _plain(text: str) -> str:
    """One way to write letters and digits, whichever keyboard they come from."""
    return unicodedata.normalize("NFKC", text).casefold()
