"""Known, not spied on: how far each thing that is known of a customer may go.

Four levels, from `NEVER` (not even used) over `ACT` (may decide an order of things, is shown to nobody) and `SEE`
(shown to the associate, not spoken) to `SAY`. A fact has the lowest level of where it comes from, what it is about, and
how the customer came to be recognised; further rules can only lower it. Nothing reaches a screen or a sentence but
through `disclosed`.
"""

from collections.abc import Callable, Collection, Iterable
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from noline.kernel.clock import DAY, Micros
from noline.kernel.special import WITHOUT_EXCEPTION, categories_of, category_of_key, proxies_in
from noline.kernel.spoken import forbidden_in, unbound, words_in

__all__ = [
    "CardFact",
    "Circumstances",
    "Disclosed",
    "Judged",
    "Level",
    "Presence",
    "Provenance",
    "Sayable",
    "Value",
    "bound",
    "disclosed",
    "forbidden_in",
    "judge",
    "may_be_reason",
]

Value = str | int | float | bool | tuple[str, ...] | tuple[int, ...]


class Level(IntEnum):
    """How far a fact may go; a smaller one is the stricter one."""

    NEVER = 0
    ACT = 1
    SEE = 2
    SAY = 3


class Provenance(StrEnum):
    """Where a fact comes from."""

    TOLD = "told"
    TRANSACTION = "transaction"
    SERVICE = "service"
    INFERRED = "inferred"
    OBSERVED = "observed"
    THIRD_PARTY = "third_party"


class Presence(StrEnum):
    """How the customer came to be recognised just now.

    declared: showed a card, named an order, said the name. passive: a beacon, a face, a number plate.
    """

    DECLARED = "declared"
    APPOINTMENT = "appointment"
    PICKUP = "pickup"
    PASSIVE = "passive"


class CardFact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing known of a customer.

    id: names it within its card. key: what it is about, as `last_purchase.store` or `preference.intensity`; the caps go
    by the part before the first dot. evidence: what it follows from, each a kind and a name, as `order:o-1`,
    `record:4711` or `told:firstName`. derived_by: the rule that made it; empty when it was told as it stands.
    observed_at: of the youngest evidence, microseconds since 1970 UTC. confidence: 0 to 1. purpose: of the purposes of
    consent, what it is used for. tags: what it touches, as the catalogue tags products; a tag of a special category
    counts like the category itself. channel: where it was told or bought, empty where that means nothing.
    """

    id: str
    customer: str
    key: str
    value: Value
    provenance: Provenance
    evidence: tuple[str, ...]
    observed_at: Micros
    purpose: str
    unit: str = ""
    derived_by: str = ""
    confidence: float = 1.0
    tags: tuple[str, ...] = ()
    channel: str = ""


class Circumstances(NamedTuple):
    """What decides beside the facts themselves.

    granted: the purposes that are allowed now. objects: the customer objects to profiling. minor: under age, so that
    nothing is personalised. explicit: special categories (as `health`) with the customer's explicit consent.
    """

    presence: Presence
    now: Micros
    granted: frozenset[str]
    objects: bool = False
    minor: bool = False
    explicit: frozenset[str] = frozenset()


class Judged(NamedTuple):
    """A fact, how far it may go here, and the rule that decided, in words."""

    fact: CardFact
    level: Level
    because: str


class Sayable(NamedTuple):
    """A fact that may be spoken. Only `Disclosed.sayable` makes one."""

    fact: CardFact


class Disclosed(NamedTuple):
    """What is known of one customer, each with its level. Nobody outside sees `judged` as a whole.

    granted: the purposes that were allowed when it was judged; none where the customer was recognised in passing, and
    only service for somebody under age.
    """

    judged: tuple[Judged, ...]
    presence: Presence
    granted: frozenset[str] = frozenset()

    def shown(self) -> tuple[CardFact, ...]:
        """What an associate may see, in the order it came in: spoken or not."""
        return tuple(one.fact for one in self.judged if one.level >= Level.SEE)

    def sayable(self) -> tuple[Sayable, ...]:
        """What may be spoken, in the order it came in."""
        return tuple(Sayable(one.fact) for one in self.judged if one.level is Level.SAY)

    def useful(self) -> tuple[CardFact, ...]:
        """What may decide an order of things, shown or not."""
        return tuple(one.fact for one in self.judged if one.level >= Level.ACT)

    def level(self, fact_id: str) -> Level:
        """How far the fact of this name may go; `NEVER` for one that nobody brought, the strictest of several."""
        return min((one.level for one in self.judged if one.fact.id == fact_id), default=Level.NEVER)

    def because(self, fact_id: str) -> str:
        """The rule that decided about the fact of this name."""
        found = [one for one in self.judged if one.fact.id == fact_id]
        return min(found, key=lambda one: one.level).because if found else "nobody brought it"


LEAST_CONFIDENCE = 0.6
"""What is less sure than this is not spoken."""

FRESH: Micros = 540 * DAY
"""What is older than this is not spoken."""

SERVICE = "service"
"""The purpose of serving a customer in what they asked for: the only one for somebody under age."""

PERSONALISATION = "personalisation"
"""The purpose of knowing a customer beyond that."""

_BY_PROVENANCE: dict[Provenance, tuple[Level, str]] = {
    Provenance.TOLD: (Level.SAY, "the customer told it"),
    Provenance.TRANSACTION: (Level.SAY, "the customer did it with us"),
    Provenance.SERVICE: (Level.SEE, "it comes from a service case: shown, not spoken"),
    Provenance.INFERRED: (Level.SEE, "it is concluded, not told: shown, not spoken"),
    Provenance.OBSERVED: (Level.ACT, "it was only observed: may order things, is not shown"),
    Provenance.THIRD_PARTY: (Level.NEVER, "it comes from somebody else"),
}

_SAY_KEYS = {
    "name": "a name is there to be said",
    "preference": "a preference may be said",
    "last_purchase": "a purchase with us may be said",
    "owned": "what was bought from us may be said",
    "pickup": "the customer arranged it",
    "appointment": "the customer arranged it",
}
_SEE_KEYS = {
    "city": "a city is shown, not spoken: nobody is told where they live",
    "open_loop": "an open matter is shown; what is said is the apology",
    "complaint": "an open matter is shown; what is said is the apology",
    "birthday": "a birthday is shown, not spoken: others hear it too",
    "follow_up": "a follow-up is our own plan: shown, not spoken",
    "channels": "how somebody shops is shown, not spoken",
    "language": "a language is spoken in, not spoken of",
}
_ACT_KEYS = {
    "household": "a household may order things, is not shown",
    "browsing": "browsing may order things, is not shown",
    "value": "a value may order things, is not shown",
    "segment": "a segment may order things, is not shown",
    "trait": "nobody declared this attribute: may order things, is not shown",
}

_BY_KEY: dict[str, tuple[Level, str]] = {
    **{key: (Level.SAY, why) for key, why in _SAY_KEYS.items()},
    **{key: (Level.SEE, why) for key, why in _SEE_KEYS.items()},
    **{key: (Level.ACT, why) for key, why in _ACT_KEYS.items()},
}
_TRAIT = "trait"
_UNKNOWN_KEY = (Level.ACT, "no rule knows this key: may order things, is not shown")

_SPECIAL_OPENED = (Level.SEE, "a special category, told and explicitly agreed to: shown, not spoken")
_UNSURE = (Level.SEE, "it is not sure enough to be spoken")
_OLD = (Level.SEE, "it is too old to be spoken")


def disclosed(facts: Iterable[CardFact], circumstances: Circumstances) -> Disclosed:
    """Everything that is known, each with how far it may go here; nothing at all for somebody recognised in passing."""
    passing = circumstances.presence is Presence.PASSIVE
    granted = frozenset[str]() if passing else circumstances.granted
    if circumstances.minor:
        granted &= {SERVICE}
    return Disclosed(tuple(judge(fact, circumstances) for fact in facts), circumstances.presence, granted)


def judge(fact: CardFact, circumstances: Circumstances) -> Judged:
    """How far a fact may go here, and the rule that decided: the strictest, and of equal ones the first."""
    special = _special(fact)
    why_not = _forbidden(fact, circumstances, special)
    if why_not:
        return Judged(fact, Level.NEVER, why_not)
    level, because = _capped(fact, special)
    if level is Level.SAY and (lowered := _lowered(fact, circumstances.now)):
        level, because = lowered
    return Judged(fact, level, because)


def _forbidden(fact: CardFact, here: Circumstances, special: frozenset[str]) -> str:
    """The first reason why a fact may not even be used; empty when there is none."""
    if here.presence is Presence.PASSIVE:
        return "recognised in passing: nobody asked to be known"
    if not fact.evidence:
        return "nothing shows it"
    if fact.provenance is Provenance.THIRD_PARTY:
        return _BY_PROVENANCE[fact.provenance][1]
    return _not_agreed(fact, here) or (_not_opened(fact, here, special) if special else "")


def _not_agreed(fact: CardFact, here: Circumstances) -> str:
    """Why a fact may not be used for its purpose."""
    if fact.purpose not in here.granted:
        return f"not agreed to for {fact.purpose}" if fact.purpose else "it has no purpose"
    if here.minor and fact.purpose != SERVICE:
        return "under age: nothing is personalised"
    if here.objects and fact.provenance in _PROFILING:
        return "the customer objects to profiling"
    return ""


def _not_opened(fact: CardFact, here: Circumstances, special: frozenset[str]) -> str:
    """Why a special category stays closed: it was not told, or not all of it was explicitly agreed to."""
    opened = fact.provenance is Provenance.TOLD and special <= here.explicit - WITHOUT_EXCEPTION
    return "" if opened else f"a special category: {', '.join(sorted(special))}"


_PROFILING = frozenset({Provenance.INFERRED, Provenance.OBSERVED})
"""What an objection switches off: conclusions, and watching, whose only use is to conclude."""


def _capped(fact: CardFact, special: frozenset[str]) -> tuple[Level, str]:
    """The lowest of the caps by where a fact comes from, what it is about and what it touches."""
    capped = _BY_PROVENANCE[fact.provenance]
    if special and capped[0] >= _SPECIAL_OPENED[0]:
        capped = _SPECIAL_OPENED
    head = fact.key.partition(".")[0]
    if special and head != _TRAIT and category_of_key(fact.key):
        return capped  # the key is that of the category, which was opened
    by_key = _BY_KEY.get(head, _UNKNOWN_KEY)
    return by_key if by_key[0] < capped[0] else capped


def _lowered(fact: CardFact, now: Micros) -> tuple[Level, str] | None:
    """What keeps a fact from being spoken that otherwise could be."""
    if not fact.confidence >= LEAST_CONFIDENCE:  # so that a confidence that is no number counts as none
        return _UNSURE
    return _OLD if now - fact.observed_at > FRESH else None


def _special(fact: CardFact) -> frozenset[str]:
    """The special categories that a fact belongs to: by its key, by what it touches, and by the goods that it names."""
    by_key = category_of_key(fact.key)
    found = frozenset((by_key,)) if by_key else _NONE
    if fact.tags:
        found |= categories_of(fact.tags)
    if fact.key.partition(".")[0] in _NAMES_GOODS:
        for text in _texts(fact.value):
            found |= proxies_in(text)
    return found


_NONE = frozenset[str]()
_NAMES_GOODS = frozenset({"last_purchase", "owned", "preference", "pickup", "appointment", "browsing"})
"""Facts whose value names goods or tastes, which may give something away although nobody tagged it."""


def may_be_reason(tags: Iterable[str]) -> bool:
    """Whether something with these tags may be a feature or a reason of a recommendation: no special category."""
    return not categories_of(tags)


def bound(
    text: str,
    sayables: Iterable[Sayable],
    words_of: Callable[[CardFact], Iterable[str]],
    *,
    names: Collection[str] = frozenset(),
    ordinary: Collection[str] = frozenset(),
) -> list[str]:
    """What a text claims without a fact that may be spoken: its numbers and names that no sayable fact holds.

    words_of: how a fact may be worded in this language, such as the names of its products and its date as written out.
    names: words in lower case that name something wherever they stand, as those of the catalogue. ordinary: words in
    lower case that name nothing although they are written large, as those of the templates; the usual words of a
    greeting in en, de, fr and ja are known. An empty list: every claim is bound. What looks like a name and is in no
    fact counts as a claim: a false alarm costs a sentence, a miss would cost trust.
    """
    held: set[str] = set()
    for sayable in sayables:
        for worded in (*_texts(sayable.fact.value), *words_of(sayable.fact)):
            held |= words_in(worded)
    return unbound(text, held, names=names, ordinary=ordinary)


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ()
    return tuple(str(part) for part in value) if isinstance(value, tuple) else (str(value),)
