"""Which product an ingredient is, and how many packs of it are needed.

A product is surely meant when its number, its category or its attributes say so, or when its name ends with the
ingredient's words, as `Organic lemons` does. `Lemon squeezer` only begins with them: it is shown for somebody to look
at, and never put into a basket.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from noline.insight.recipes.model import Found, Ingredient, Packs, Product, Recipe, Shopping, State, Within
from noline.insight.recipes.units import Measure, converted, measures_in, packs_for, unit_of, without_measures

_MOST_OTHERS = 3
_PLURALS = ("", "s", "es", "x")
_PLURALS_OF_LONG_WORDS = (*_PLURALS, "n", "en", "e")
_LONG = 4
_PATH = re.compile(r"\s*[>/|]\s*")
_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile("[぀-ヿ㐀-鿿]")
"""Scripts that put no spaces between words."""


class Fit(IntEnum):
    """How well a product is an ingredient."""

    PERHAPS = 1
    SURE = 2
    EXACT = 3


class _Shop(NamedTuple):
    """What is sold, and what decides between products that would do."""

    products: Sequence[Product]
    here: Mapping[str, int] | None
    usual: Mapping[str, int]
    chosen: Mapping[str, str]


class _Candidate(NamedTuple):
    product: Product
    fit: Fit
    because: str
    pack: Measure | None
    units: int | None
    here: int | None
    usual: int

    @property
    def rank(self) -> tuple[object, ...]:
        """The best comes first: surely meant, its pack is known, enough is here, bought before, least is left over."""
        enough = self.here is None or self.units is None or self.here >= self.units
        left = Fraction(0) if self.pack is None or self.units is None else self.units * self.pack.amount
        names = (self.product.name, self.product.sku)
        return -self.fit, self.pack is None, not enough, -self.usual, left, self.units or 0, *names


def shopping(
    recipe: Recipe,
    servings: int,
    products: Iterable[Product],
    *,
    here: Mapping[str, int] | None = None,
    usual: Mapping[str, int] | None = None,
    chosen: Mapping[str, str] | None = None,
) -> Shopping:
    """What to buy so that a recipe serves so many.

    here: units by SKU that can be had where it is bought; None asks for none. usual: units by SKU that the customer
    bought before; of products that would do as well, these come first. chosen: SKUs that somebody chose, by what they
    are in the recipe.
    """
    shop = _Shop(tuple(products), here, usual or {}, chosen or {})
    factor = Fraction(servings, recipe.recipe_yield)
    found = tuple(_found(one, factor, shop) for one in recipe.recipe_ingredient)
    return Shopping(recipe, servings, found, tuple(_basket(found, factor, here)))


def packs_of(product: Product) -> list[Measure]:
    """What a pack of a product holds, in every way that it tells: its attribute `pack`, else amounts in its name."""
    told = product.attributes.get("pack")
    for one in told if isinstance(told, list) else [told]:
        if measure := _told_pack(one):
            return [measure]
    return list(_measures(product.name))


def fit_of(ingredient: Ingredient, product: Product) -> tuple[Fit, str] | None:
    """How well a product is an ingredient, and by what; None when it is not."""
    if ingredient.sku is not None and product.sku == ingredient.sku:
        return Fit.EXACT, f"item {product.sku}"
    if ingredient.gtin is not None and _same_gtin(product.gtin, ingredient.gtin):
        return Fit.EXACT, f"number {product.gtin}"
    if _stands_in(ingredient.without, product.name) or not _attributes_hold(ingredient, product):
        return None
    if ingredient.category:
        return _fit_of_category(ingredient, product)
    if ingredient.words or not (ingredient.sku or ingredient.gtin):
        return _fit_of_name(ingredient.words or (ingredient.what,), product)
    return None


def _fit_of_category(ingredient: Ingredient, product: Product) -> tuple[Fit, str] | None:
    named = not ingredient.words or _stands_in(ingredient.words, product.name)
    if not named or not _is_in(product.category, ingredient.category):
        return None
    return Fit.SURE, f"category {product.category}{_told_attributes(ingredient)}"


def _found(ingredient: Ingredient, factor: Fraction, shop: _Shop) -> Found:
    needed = None if ingredient.measure is None else ingredient.measure.times(factor)
    if ingredient.at_home and ingredient.what not in shop.chosen:
        return Found(ingredient, needed, State.AT_HOME, None, "at home", ())
    ranked = sorted(_candidates(ingredient, factor, shop), key=lambda one: one.rank)
    if not ranked:
        return Found(ingredient, needed, State.NOT_SOLD_HERE, None, "nothing that is sold here fits", ())
    best = ranked[0]
    if best.fit is Fit.PERHAPS:
        perhaps = tuple(one.product for one in ranked[:_MOST_OTHERS])
        return Found(ingredient, needed, State.PERHAPS, None, best.because, perhaps)
    others = tuple(one.product for one in ranked[1:] if one.fit is not Fit.PERHAPS)[:_MOST_OTHERS]
    state = State.SOLD if best.pack is not None else State.UNCLEAR
    because = best.because + (", bought before" if best.usual else "")
    return Found(ingredient, needed, state, best.product, because, others)


def _candidates(ingredient: Ingredient, factor: Fraction, shop: _Shop) -> Iterator[_Candidate]:
    chosen = shop.chosen.get(ingredient.what)
    for product in shop.products:
        fit = fit_of(ingredient, product) if chosen is None else _choice(product, chosen)
        if fit is not None:
            needed, pack = _pack_for(ingredient, product)
            units = None if needed is None or pack is None else packs_for(needed.times(factor), pack)
            here = None if shop.here is None else shop.here.get(product.sku, 0)
            yield _Candidate(product, *fit, pack, units, here, shop.usual.get(product.sku, 0))


def _choice(product: Product, chosen: str) -> tuple[Fit, str] | None:
    return (Fit.EXACT, "chosen by hand") if product.sku == chosen else None


def _pack_for(ingredient: Ingredient, product: Product) -> tuple[Measure | None, Measure | None]:
    """The way in which an ingredient and the pack of a product compare: what is needed, and what a pack holds."""
    packs = packs_of(product)
    for needed in ingredient.measures:
        for pack in packs:
            if converted(needed, pack.unit) is not None:
                return needed, pack
    for needed in ingredient.measures:
        if not packs and (single := converted(needed, "piece")) is not None:
            # Whoever tells no amount sells one.
            return single, Measure(Fraction(1), "piece")
    return None, None


def _basket(found: Sequence[Found], factor: Fraction, here: Mapping[str, int] | None) -> Iterator[Packs]:
    """Packs are rounded up once for all ingredients that a product serves."""
    needs: dict[str, tuple[Product, Measure, Fraction]] = {}
    for one in found:
        if one.state is State.SOLD and one.product is not None:
            needed, pack = _pack_for(one.ingredient, one.product)
            same = None if needed is None or pack is None else converted(needed.times(factor), pack.unit)
            if same is not None and pack is not None:
                _, _, before = needs.get(one.product.sku, (None, None, Fraction(0)))
                needs[one.product.sku] = (one.product, pack, before + same.amount)
    for sku, (product, pack, amount) in needs.items():
        needed = Measure(amount, pack.unit)
        units = packs_for(needed, pack) or 0
        yield Packs(product, units, pack, needed, None if here is None else here.get(sku, 0))


def _told_pack(told: Any) -> Measure | None:
    if isinstance(told, str):
        return next(measures_in(told), None)
    if not isinstance(told, Mapping):
        return None
    amount, unit = told.get("amount"), unit_of(str(told.get("unit", "piece")))
    if unit is None or isinstance(amount, bool) or not isinstance(amount, (int, float)) or not 0 < amount < 10**9:
        return None
    return Measure(Fraction(str(amount)), unit)


def _same_gtin(one: str, other: str) -> bool:
    return bool(one) and one.zfill(14) == other.zfill(14)


def _is_in(category: str, wanted: Sequence[str]) -> bool:
    """Whether a category is one of these, or lies below it (`Food > Dairy`)."""
    whole = category.casefold().strip()
    return bool({whole, *_PATH.split(whole)} & {one.casefold() for one in wanted})


def _attributes_hold(ingredient: Ingredient, product: Product) -> bool:
    return all(_holds(wanted, product.attributes.get(name)) for name, wanted in ingredient.attributes.items())


def _holds(wanted: Any, value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds(wanted, one) for one in value)
    if not isinstance(wanted, Within):
        return _folded(value) == _folded(wanted)
    if wanted.one_of is not None and _folded(value) not in {_folded(one) for one in wanted.one_of}:
        return False
    if wanted.at_least is None and wanted.at_most is None:
        return wanted.one_of is not None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    low, high = wanted.at_least, wanted.at_most
    return (low is None or value >= low) and (high is None or value <= high)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _told_attributes(ingredient: Ingredient) -> str:
    return "".join(f", {name} {_told(wanted)}" for name, wanted in ingredient.attributes.items())


def _told(wanted: Any) -> str:
    if not isinstance(wanted, Within):
        return str(wanted)
    told = {"at least": wanted.at_least, "at most": wanted.at_most}
    limits = [f"{words} {limit:g}" for words, limit in told.items() if limit is not None]
    return " and ".join([*limits, *([] if wanted.one_of is None else ["one of " + ", ".join(map(str, wanted.one_of))])])


def _fit_of_name(phrases: Sequence[str], product: Product) -> tuple[Fit, str] | None:
    name, brand = _words(product.name), _words(product.brand)
    for phrase in phrases:
        words = _words(phrase)
        if _is_ended_by(name, words) or (brand and _is_ended_by(_without(name, brand), words)):
            return Fit.SURE, f"its name says {phrase}"
    for phrase in phrases:
        if _holds_words(name, _words(phrase)):
            return Fit.PERHAPS, f"its name has {phrase} in it"
    return None


def _stands_in(phrases: Sequence[str], text: str) -> bool:
    return any(_holds_words(_words(text), _words(phrase)) for phrase in phrases)


@lru_cache(maxsize=20_000)
def _measures(name: str) -> tuple[Measure, ...]:
    return tuple(measures_in(name))


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    """The words of a name; each ingredient looks at the same names again."""
    return tuple(_WORD.findall(without_measures(text)))


def _is_ended_by(name: Sequence[str], words: Sequence[str]) -> bool:
    if not words or len(name) < len(words):
        return bool(words) and _is_ended_joined(name, words)
    return all(map(_same_word, name[-len(words) :], words)) or _is_ended_joined(name, words)


def _is_ended_joined(name: Sequence[str], words: Sequence[str]) -> bool:
    joined = "".join(words)
    return bool(_JOINED.search(joined)) and "".join(name).endswith(joined)


def _holds_words(name: Sequence[str], words: Sequence[str]) -> bool:
    joined = "".join(words)
    if _JOINED.search(joined):
        return joined in "".join(name)
    starts = range(len(name) - len(words) + 1)
    return bool(words) and any(all(map(_same_word, name[at : at + len(words)], words)) for at in starts)


def _same_word(one: str, other: str) -> bool:
    """Whether two words are the same but for the end of a plural."""
    if one[:1] != other[:1]:
        return False
    short, long = sorted((one, other), key=len)
    if short[-1:] == "y" and long == short[:-1] + "ies":
        return True
    endings = _PLURALS if len(short) < _LONG else _PLURALS_OF_LONG_WORDS
    return long.startswith(short) and long[len(short) :] in endings


def _without(name: Sequence[str], brand: Sequence[str]) -> list[str]:
    starts = range(len(name) - len(brand) + 1)
    at = next((at for at in starts if list(name[at : at + len(brand)]) == list(brand)), None)
    return list(name) if at is None else [*name[:at], *name[at + len(brand) :]]
