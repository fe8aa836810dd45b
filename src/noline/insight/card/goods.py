"""Products as the card sees them: what they touch, which may be named, and what fits what."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from noline.insight.card.model import Fit, Item, Product, Purchase
from noline.kernel.clock import Micros
from noline.kernel.disclosure import forbidden_in, may_be_reason
from noline.kernel.quantities import Units
from noline.kernel.special import proxies_in, tags_told

Products = Mapping[str, Product]
"""Products by SKU."""

Fitting = Mapping[str, tuple[Fit, ...]]
"""What fits, by the SKU or the category of what it fits."""

NOTHING_FITS: Fitting = {}

NEVER_PLACED = frozenset({"cancelled", "known"})
"""Orders that were taken back, or that were only spoken of."""

NOT_KEPT = NEVER_PLACED | {"expired", "returned", "refunded"}
"""Orders that left the customer with nothing."""


def product(sku: str, name: str | None, category: str | None, attributes: Mapping[str, Any]) -> Product:
    """A product of the catalogue. Its tags are those of the attribute `tags`, and what its words would tell.

    One whose name holds a word that reaches no customer goes by its SKU.
    """
    told_by_words = proxies_in(" ".join(filter(None, (sku, name, category))))
    tags = tuple(sorted(tags_told(category, attributes) | told_by_words))
    return Product(sku, name if name and may_be_named(name) else sku, category or "", attributes, tags)


@lru_cache(maxsize=8192)
def may_be_named(product_name: str) -> bool:
    """Whether a product's name holds no word that reaches no customer."""
    return not forbidden_in(product_name)


def fitting(products: Iterable[Product]) -> Fitting:
    """An index of what fits what, by the attribute `fits`: a list of SKUs or categories. Made once for a catalogue."""
    found: dict[str, list[Fit]] = {}
    for one in products:
        fits = one.attributes.get("fits")
        if not isinstance(fits, (list, tuple)) or not may_be_reason(one.tags):
            continue
        for named in fits:
            found.setdefault(str(named), []).append(Fit(one.sku, one.name))
    return {named: tuple(fits) for named, fits in found.items()}


class Line(NamedTuple):
    """Units of a product that were bought in one order and kept.

    name: its SKU where nobody described it. is_open: it touches no special category, so it may be named.
    """

    sku: str
    units: int
    name: str
    known: Product | None
    is_open: bool


class Taken(NamedTuple):
    """An order that was really placed, and what of it was kept."""

    order: Purchase
    lines: tuple[Line, ...]

    @property
    def is_kept(self) -> bool:
        """Whether it left the customer with something, or nobody said what was in it."""
        return self.order.state not in NOT_KEPT and bool(self.lines or not self.order.lines)


def taken(purchases: Iterable[Purchase], products: Products, now: Micros) -> tuple[Taken, ...]:
    """The orders that were placed and not taken back, up to now, the youngest first, each product once in each."""
    placed = [one for one in purchases if one.state not in NEVER_PLACED and one.at <= now]
    placed.sort(key=lambda one: (one.at, one.order), reverse=True)
    seen: dict[str, Line] = {}
    return tuple(Taken(one, _kept(one, products, seen)) for one in placed)


def _kept(one: Purchase, products: Products, seen: dict[str, Line]) -> tuple[Line, ...]:
    """The lines of which something was kept. seen: what was found out about products of other orders."""
    if one.state in NOT_KEPT:
        return ()
    units: dict[str, int] = {}
    for line in one.lines:
        if line.units > line.returned:
            units[line.sku] = units.get(line.sku, 0) + line.units - line.returned
    lines: list[Line] = []
    for sku, count in units.items():
        like = seen.get(sku)
        if like is None:
            like = seen[sku] = _described(sku, products.get(sku))
        lines.append(Line(sku, count, like.name, like.known, like.is_open))
    return tuple(lines)


def _described(sku: str, known: Product | None) -> Line:
    if known is None:
        return Line(sku, 0, sku, None, not proxies_in(sku))
    return Line(sku, 0, known.name, known, may_be_reason(known.tags))


def tags_of(lines: Iterable[Line]) -> tuple[str, ...]:
    """What the products of these lines touch."""
    tags = {tag for line in lines for tag in (line.known.tags if line.known else proxies_in(line.sku))}
    return tuple(sorted(tags))


def named_items(units: Iterable[tuple[str, Units]], products: Products) -> tuple[Item, ...]:
    """Units by SKU as they may be named, such as the lines of a parcel: without what touches a special category.

    A fact about them should name these only.
    """
    described = ((_described(sku, products.get(sku)), count) for sku, count in units)
    return tuple(Item(line.sku, line.name, count) for line, count in described if line.is_open)


def items_of(lines: Iterable[Line]) -> tuple[Item, ...]:
    """The lines as they are shown."""
    return tuple(Item(line.sku, line.name, line.units) for line in lines)
