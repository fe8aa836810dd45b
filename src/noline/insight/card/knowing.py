"""What is known of one customer: what they told, and what follows from what they bought. Pure, and judges nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from noline.insight.card.goods import NOTHING_FITS, Fitting, Products, taken
from noline.insight.card.model import Owned, Preference, Purchase, Purchases
from noline.insight.card.owning import owning
from noline.insight.card.purchasing import buying
from noline.insight.card.rules import HABIT_DAYS, USUAL, Rules
from noline.insight.card.tasting import in_order, in_words, is_declared, tastes, told_taste
from noline.kernel.clock import DAY, Micros
from noline.kernel.disclosure import PERSONALISATION, SERVICE, CardFact, Provenance, Value, forbidden_in
from noline.kernel.special import special_in

_OF_SERVICE = frozenset({"name", "language", "city"})
"""What is told so that one can be served at all; everything else that is told is for more than that."""


class Told(NamedTuple):
    """Something the customer said of themselves.

    key: as of a fact: `name`, `city`, `birthday`, `language`, `household.size`, `preference.intensity`, ...
    evidence: as of a fact, such as `record:4711`. at: when it was said last. purpose: empty for the usual one.
    """

    key: str
    value: Value
    at: Micros
    evidence: tuple[str, ...]
    purpose: str = ""
    channel: str = ""
    tags: tuple[str, ...] = ()


class Known(NamedTuple):
    """Facts that are still to be judged, and the sections that rest on them."""

    facts: tuple[CardFact, ...]
    purchases: Purchases | None
    preferences: tuple[Preference, ...]
    owned: tuple[Owned, ...]


def know(
    customer: str,
    purchases: Iterable[Purchase],
    products: Products,
    now: Micros,
    *,
    told: Iterable[Told] = (),
    fits: Fitting = NOTHING_FITS,
    rules: Rules = USUAL,
) -> Known:
    """Everything that follows for one customer. purchases: theirs, in any order, each order once."""
    orders = taken(purchases, products, now)
    said = [told_fact(customer, each) for one in told if (each := _as_taste(one, rules))]
    section, of_buying = buying(customer, orders, now)
    liked = tastes(customer, orders, rules)
    things = owning(customer, orders, fits, rules)
    told_tastes = [told_taste(fact, rules) for fact in said if fact.key.startswith("preference.")]
    return Known(
        (*said, *of_buying, *(one.fact for one in liked), *(one.fact for one in things)),
        section,
        in_order(told_tastes, (one.preference for one in liked)),
        tuple(one.owned for one in things),
    )


def known_until(purchases: Iterable[Purchase], now: Micros) -> Micros:
    """Until when `know` says the same of these purchases, at most until the day is over (UTC).

    It tells the time in days and months, leaves out what is still ahead, and looks back `HABIT_DAYS`.
    """
    tomorrow = (now // DAY + 1) * DAY
    turns = (turn for one in purchases for turn in (one.at, one.at + HABIT_DAYS * DAY))
    return min((turn for turn in turns if now < turn < tomorrow), default=tomorrow)


def _as_taste(one: Told, rules: Rules) -> Told | None:
    """What was told, when it is a preference, as far as it may be one.

    Of an attribute that the company did not declare it is a mere trait; in words that reach no customer it is nothing;
    and it carries the special categories that its words tell.
    """
    head, _, name = one.key.partition(".")
    if head != "preference":
        return one
    if not is_declared(name, rules):
        return one._replace(key=f"trait.{name}")
    said = in_words(one.value)
    if forbidden_in(said):
        return None
    told_by_words = (f"special:{category}" for category in sorted(special_in(said)))
    return one._replace(tags=(*one.tags, *told_by_words))


def told_fact(customer: str, one: Told) -> CardFact:
    """Something told as a fact. A preference is called otherwise than what is concluded about the same thing."""
    about = one.key.partition(".")[0]
    return CardFact(
        id=f"{one.key}.told" if about == "preference" else one.key,
        customer=customer,
        key=one.key,
        value=one.value,
        provenance=Provenance.TOLD,
        evidence=one.evidence,
        observed_at=one.at,
        purpose=one.purpose or (SERVICE if about in _OF_SERVICE else PERSONALISATION),
        channel=one.channel,
        tags=one.tags,
    )
