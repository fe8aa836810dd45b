"""Known, not spied on: how far each thing that is known of a customer may go.

Four levels, from `NEVER` (not even used) over `ACT` (may decide an order of things, is shown to nobody) and `SEE` (shown
to the associate, not spoken) to `SAY`. A fact has the lowest level of where it comes from, what it is about, and how
the customer came to be recognised; further rules can only lower it. Nothing reaches a screen or a sentence but through
`disclosed`.
"""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros

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


class CardFact(msgspec.Struct, frozen=True, kw_only=True):
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
    """What is known of one customer, each with its level. Nobody outside sees `judged` as a whole."""

    judged: tuple[Judged, ...]
    presence: Presence
