"""What a customer likes: by their own words, and by what they buy.

What follows from purchases is concluded, not told, and says from how many purchases. What touches a special category
concludes nothing.
"""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

from noline.insight.card.goods import Line, Taken, may_be_named
from noline.insight.card.model import Preference, Purchase
from noline.insight.card.rules import LAST_ORDERS, LEAST_ORDERS, LEAST_SHARE, LEAST_UNITS, MOST_SPREAD, Rules
from noline.kernel.disclosure import PERSONALISATION, CardFact, Provenance, Value

_PRODUCT = "product"
"""The preference for one product."""


class Liked(NamedTuple):
    """One product of the last orders: a line of it, its units in all, and the orders they stand in."""

    line: Line
    units: int
    orders: tuple[Purchase, ...]


class Found(NamedTuple):
    """A preference with the fact that it rests on."""

    preference: Preference
    fact: CardFact


def tastes(customer: str, orders: Sequence[Taken], rules: Rules) -> list[Found]:
    """What follows from the last twenty orders. orders: the youngest first."""
    liked = _liked(orders[:LAST_ORDERS])
    found = [_on_a_scale(customer, name, top, liked) for name, top in rules.scales]
    found += [_of_a_kind(customer, name, liked) for name in rules.kinds]
    found.append(_favourite(customer, liked))
    return [one for one in found if one]


def _liked(orders: Iterable[Taken]) -> list[Liked]:
    """The products of these orders that may be named."""
    lines: dict[str, list[tuple[Line, Purchase]]] = {}
    for one in orders:
        for line in one.lines:
            if line.is_open:
                lines.setdefault(line.sku, []).append((line, one.order))
    return [
        Liked(each[0][0], sum(line.units for line, _ in each), tuple(order for _, order in each))
        for each in lines.values()
    ]


def told_taste(fact: CardFact, rules: Rules) -> Preference:
    """A preference in the customer's own words."""
    name = fact.key.partition(".")[2]
    top = dict(rules.scales).get(name) if isinstance(fact.value, int) else None
    said = in_words(fact.value)
    text = f"{said} of {top}, told" if top else f"{said}, told"
    return Preference(name, fact.value, top, None, text, declared=True, fact=fact.id)


def is_declared(name: str, rules: Rules) -> bool:
    """Whether a company declared that an attribute is a matter of taste; what is liked best always is one."""
    return name == _PRODUCT or name in rules.kinds or any(name == scale for scale, _ in rules.scales)


def in_words(value: Value) -> str:
    """A value as it stands in a text."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def in_order(told: Iterable[Preference], concluded: Iterable[Preference]) -> tuple[Preference, ...]:
    """Told before concluded, and what was concluded about the same thing right after what was told of it."""
    said, rest = list(told), list(concluded)
    first = [one for each in said for one in (each, *(other for other in rest if other.key == each.key))]
    keys = {one.key for one in said}
    return (*dict.fromkeys(first), *(one for one in rest if one.key not in keys))


def _on_a_scale(customer: str, name: str, top: int, liked: Iterable[Liked]) -> Found | None:
    """The mean over units, when there are enough of them and they lie close enough together."""
    rated = [(value, one) for one in liked if (value := _number(one.line, name, top)) is not None]
    units = sum(one.units for _, one in rated)
    if units < LEAST_UNITS:
        return None
    weights = sorted((value, one.units) for value, one in rated)
    spread = quantile(weights, 0.75) - quantile(weights, 0.25)
    if spread > MOST_SPREAD * top:
        return None
    mean = sum(value * count for value, count in weights) / units
    near = sum(count for value, count in weights if abs(value - mean) <= MOST_SPREAD * top / 2)
    value, orders = int(mean + 0.5), _orders(one for _, one in rated)
    return _found(
        customer,
        name,
        value,
        orders,
        text=f"{value} of {top}, from {_purchases(len(orders))}",
        top=top,
        derived_by=f"mean of {units} units; the middle half lies within {spread:.3g} of {top}",
        confidence=near / units,
    )


def _of_a_kind(customer: str, name: str, liked: Iterable[Liked]) -> Found | None:
    """The word that most units have."""
    worded = [(word, one) for one in liked if (word := _word(one.line, name))]
    units: dict[str, int] = {}
    for word, one in worded:
        units[word] = units.get(word, 0) + one.units
    total = sum(units.values())
    word, most = max(units.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if total < LEAST_UNITS or most <= LEAST_SHARE * total:
        return None
    orders = _orders(one for found, one in worded if found == word)
    text = f"{word}: {most} of {total} units, from {_purchases(len(orders))}"
    return _found(customer, name, word, orders, text=text, derived_by="most units", confidence=most / total)


def _favourite(customer: str, liked: Sequence[Liked]) -> Found | None:
    """The product that stands in most orders, of equal ones that with more units; none when two are alike in both."""
    named = [one for one in liked if may_be_named(one.line.name)]
    ranked = sorted(named, key=lambda one: (len(one.orders), one.units), reverse=True)
    if not ranked or len(ranked[0].orders) < LEAST_ORDERS:
        return None
    first, *others = ranked
    if others and (len(others[0].orders), others[0].units) == (len(first.orders), first.units):
        return None
    count, orders = len(first.orders), len(_orders(liked))
    return _found(
        customer,
        _PRODUCT,
        first.line.name,
        first.orders,
        text=f"{first.line.name}, in {count} of {_purchases(orders)}",
        derived_by="in most of the last orders",
        confidence=count / orders,
        tags=first.line.known.tags if first.line.known else (),
    )


def _found(
    customer: str,
    name: str,
    value: Value,
    orders: Sequence[Purchase],
    *,
    text: str,
    derived_by: str,
    confidence: float,
    top: int | None = None,
    tags: tuple[str, ...] = (),
) -> Found:
    key = f"preference.{name}"
    fact = CardFact(
        id=key,
        customer=customer,
        key=key,
        value=value,
        unit=f"of {top}" if top else "",
        provenance=Provenance.INFERRED,
        evidence=tuple(f"order:{one.order}" for one in orders),
        observed_at=max(one.at for one in orders),
        purpose=PERSONALISATION,
        derived_by=derived_by,
        confidence=confidence,
        tags=tags,
    )
    return Found(Preference(name, value, top, len(orders), text, declared=False, fact=key), fact)


def quantile(weights: Sequence[tuple[float, int]], part: float) -> float:
    """The quantile of values that each stand so many times, sorted by value.

    It lies between two values as Hyndman and Fan's seventh does (Sample Quantiles in Statistical Packages, 1996), so it
    is what the same values written out one by one give.
    """
    place = (sum(count for _, count in weights) - 1) * part
    below = int(place)
    return _at(weights, below) + (place - below) * (_at(weights, below + 1) - _at(weights, below))


def _at(weights: Sequence[tuple[float, int]], index: int) -> float:
    """The value at a place of the values written out; the last one beyond their end."""
    for value, count in weights:
        index -= count
        if index < 0:
            return value
    return weights[-1][0]


def _number(line: Line, name: str, top: int) -> float | None:
    """A product's place on a scale; None when it has none."""
    value = line.known.attributes.get(name) if line.known else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
        return None
    return value if 0 <= value <= top else None


def _word(line: Line, name: str) -> str:
    value = line.known.attributes.get(name) if line.known else None
    return value if isinstance(value, str) else ""


def _orders(liked: Iterable[Liked]) -> list[Purchase]:
    """The orders of these products, each once, the youngest first."""
    once = {order.order: order for one in liked for order in one.orders}
    return sorted(once.values(), key=lambda order: (order.at, order.order), reverse=True)


def _purchases(count: int) -> str:
    return f"{count} purchase" if count == 1 else f"{count} purchases"
