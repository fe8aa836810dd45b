"""What follows of an acquaintance for one way of asking: what is known, what of it may go on, and how to call them.

It is a pure function of what was read, of how the card is asked for, and of the time. So it is kept beside what was
read, and made anew as soon as one of these is another, or an instant is reached at which it might be another.
"""

from collections.abc import Mapping
from typing import NamedTuple

from noline.flows import matter
from noline.flows.acquaintance import Acquaintance
from noline.insight.card import service as cards
from noline.insight.greeting.service import Called, called
from noline.kernel.clock import Micros
from noline.kernel.disclosure import FRESH, SERVICE, CardFact, Circumstances, Disclosed, Presence, disclosed

PURPOSES: Mapping[str, frozenset[str]] = {
    "service": frozenset(("service",)),
    "personalisation": frozenset(("service", "personalisation")),
    "marketing": frozenset(("service", "personalisation", "marketing")),
}
"""What a card is opened for, and the purposes of the facts that may be on it then."""


class Basis(NamedTuple):
    """What a judgement rests on beside the acquaintance.

    goods: which reading of the catalogue. beside: facts that follow from the moment, such as what is late or arranged
    for today.
    """

    presence: Presence
    purpose: str
    language: str
    goods: int
    beside: tuple[CardFact, ...]


class Judgement(NamedTuple):
    """What is known and what of it may go on.

    made_at, until: from when and until when it is right; `until` is not part of it. products: what was bought, by SKU.
    useful: names of the facts that may decide an order of things. names: of the products, by SKU.
    """

    basis: Basis
    made_at: Micros
    until: Micros
    products: cards.Products
    held: cards.Known
    disclosed: Disclosed
    useful: frozenset[str]
    states: Mapping[str, str]
    person: Called
    minor: bool
    names: Mapping[str, str]

    def stands(self, basis: Basis, now: Micros) -> bool:
        """Whether it is that of this basis, and right now."""
        return self.made_at <= now < self.until and self.basis == basis


def judgement(
    known: Acquaintance, basis: Basis, now: Micros, products: cards.Products, fits: cards.Fitting, rules: cards.Rules
) -> Judgement:
    """Judge what is known. products, fits: of the catalogue that the basis names."""
    purchases = matter.purchases(known)
    held = cards.know(
        known.whom.person, purchases, products, now, told=matter.told(known), fits=fits, rules=rules
    )  # fmt: skip
    facts = (*held.facts, *basis.beside)
    circumstances = _circumstances(known, basis, now)
    judged = disclosed(facts, circumstances)
    return Judgement(
        basis, now, min(cards.known_until(purchases, now), _as_fresh_until(facts, now)), products, held, judged,
        frozenset([fact.id for fact in judged.useful()]), matter.states(known.consents),
        called({name: one.value for name, one in known.traits.items()}, basis.language), circumstances.minor,
        {sku: one.name for sku, one in products.items()},
    )  # fmt: skip


def _circumstances(known: Acquaintance, basis: Basis, now: Micros) -> Circumstances:
    allowed = matter.granted(known.consents)
    return Circumstances(
        presence=basis.presence,
        now=now,
        granted=allowed & PURPOSES[basis.purpose],
        objects=matter.objects(known.consents),
        minor=matter.under_age(known.traits, now),
        explicit=allowed - {SERVICE},
    )


def _as_fresh_until(facts: tuple[CardFact, ...], now: Micros) -> Micros:
    """The next instant at which one of these facts is too old to be spoken."""
    ends = (fact.observed_at + FRESH + 1 for fact in facts)
    return min((end for end in ends if end > now), default=_NEVER)


_NEVER: Micros = 2**63 - 1
