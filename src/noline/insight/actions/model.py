"""Values of the next best action: what a programme is, what is known where a customer stands, what is proposed.

Amounts are whole minor units of the hub's currency, times microseconds since 1970 UTC.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.disclosure import Presence
from noline.kernel.events import Digest


class Kind(StrEnum):
    """service: what the customer is owed; never held out, capped or put back. offer: whatever we would like."""

    SERVICE = "service"
    OFFER = "offer"


class Arm(StrEnum):
    """What is done with a customer in a programme."""

    SHOWN = "shown"
    HELD = "held"


class Answer(StrEnum):
    """What became of an offer. overruled: the associate decided against it, and said why."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    OVERRULED = "overruled"


# -- what a programme is


class Bound(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"among": "in"}):
    """What a measure must be; an unknown measure is nothing of it. among: one of these words (`in` in the file)."""

    at_least: int | float | None = None
    at_most: int | float | None = None
    among: tuple[str, ...] | None = None


class Goal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts as success, and within how many days.

    what: `order`, `store_order`, `consent:PURPOSE`, or names of events, such as `Review Posted`.
    """

    what: tuple[str, ...]
    within_days: int


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title and a reason in one language. Slots of a reason: `{item}`, `{place}`, `{order}`."""

    title: str
    reason: str


class Programme(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kind of action.

    sentence: what it does, for whoever manages it. purpose: of the purposes of consent; all but `service` must be
    granted. when: what must hold of the customer, by measure. items: what it is about (`due`, `owned`, `care`, `new`,
    `wanted`, `pickups`, or none). item: what must hold of each item. worth_minor: of an acceptance, where no items tell
    a margin. cost_minor: of offering it. prior: accepted and not accepted, as many as are believed before anything was
    counted. cooldown_days: so long it is not offered again, by any channel. holdout_percent: of the customers who are
    not offered it. channel: by which it is offered; `any` for all. text: how it stands in its file.
    """

    id: str
    name: str
    sentence: str
    goal: Goal
    words: Mapping[str, Words]
    kind: Kind = Kind.OFFER
    purpose: str = "personalisation"
    when: Mapping[str, Bound] = msgspec.field(default_factory=dict)
    items: str | None = None
    item: Mapping[str, Bound] = msgspec.field(default_factory=dict)
    worth_minor: int = 0
    cost_minor: int = 0
    prior: tuple[int, int] = (1, 4)
    cooldown_days: int = 30
    holdout_percent: int = 20
    channel: str = "any"
    text: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether some customers are not offered it."""
        return self.kind is Kind.OFFER and self.holdout_percent > 0

    def said(self, language: str) -> Words:
        """Its words in a language, else in English."""
        return self.words.get(language) or self.words["en"]


# -- what is known where a customer stands


class Due(msgspec.Struct, frozen=True):
    """Something that is bought again and again. ratio: time since the last purchase over the usual time between two.

    probability: that it is bought now, 0 to 1; None when nobody said. evidence: as of a fact, such as `order:o-1`.
    """

    sku: str
    ratio: float
    probability: float | None = None
    evidence: tuple[str, ...] = ()


class Owned(msgspec.Struct, frozen=True):
    """A durable product that the customer has.

    last_descaled_at: or otherwise cared for; None when that is not known. care: items that care for it.
    """

    sku: str
    bought_at: Micros
    warranty_until: Micros | None = None
    last_descaled_at: Micros | None = None
    care: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


class Fresh(msgspec.Struct, frozen=True):
    """A new product. matches: the preferences of the customer that it fits, as `intensity`."""

    sku: str
    matches: tuple[str, ...]
    evidence: tuple[str, ...] = ()


class Ready(msgspec.Struct, frozen=True):
    """An order of the customer that waits to be collected here."""

    order: str
    skus: tuple[str, ...]
    evidence: tuple[str, ...] = ()


class Place(NamedTuple):
    """Units of an item that can be sold at a location."""

    location: str
    units: int


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is known where a customer stands now; only what disclosure lets be used may be put in.

    store: the location, None on the phone or on the web. channel: which looks. open_loops: ids of open matters.
    preferences: values by key. consents: by purpose `granted`, `withdrawn` or `unknown`; a purpose not named is
    unknown. orders: how many in all. last_delivered_without_review: an order of which nobody heard yet how it was.
    wanted_but_missing: what was looked for and was out of stock then. here: sellable units by item at the store.
    elsewhere: by item the other places. margin: of a unit by item, in minor units; an item without one earns nothing.
    names: of items, as said to customers in the language. offers: whether anything may be offered at all; services are
    owed whatever it says.
    """

    customer: str
    now: Micros
    presence: Presence = Presence.DECLARED
    store: str | None = None
    place: str = ""
    channel: str = "store"
    language: str = "en"
    open_loops: tuple[str, ...] = ()
    pickups_ready: tuple[Ready, ...] = ()
    due: tuple[Due, ...] = ()
    owned: tuple[Owned, ...] = ()
    preferences: Mapping[str, object] = msgspec.field(default_factory=dict)
    new_products: tuple[Fresh, ...] = ()
    first_order_at: Micros | None = None
    last_order_at: Micros | None = None
    orders: int = 0
    last_delivered_without_review: str | None = None
    last_delivered_at: Micros | None = None
    consents: Mapping[str, str] = msgspec.field(default_factory=dict)
    wanted_but_missing: tuple[str, ...] = ()
    here: Mapping[str, int] = msgspec.field(default_factory=dict)
    elsewhere: Mapping[str, tuple[Place, ...]] = msgspec.field(default_factory=dict)
    margin: Mapping[str, int] = msgspec.field(default_factory=dict)
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    offers: bool = True


# -- what was proposed before


class Drawn(NamedTuple):
    """A customer was found eligible and got an arm. until: when the time of the goal is over."""

    programme: str
    arm: Arm
    at: Micros
    until: Micros


class Answered(NamedTuple):
    """What became of an offer."""

    programme: str
    answer: Answer
    at: Micros


class Counts(NamedTuple):
    """Of all customers of a programme: how many were shown it, and what they answered."""

    shown: int = 0
    held: int = 0
    accepted: int = 0
    declined: int = 0
    overruled: int = 0


class Record(NamedTuple):
    """What was proposed to one customer before, and by programme what all customers answered."""

    draws: tuple[Drawn, ...] = ()
    answers: tuple[Answered, ...] = ()
    counts: Mapping[str, Counts] = {}


# -- what is proposed


class Item(NamedTuple):
    """An item of a proposal with where it is."""

    sku: str
    name: str
    here: int
    elsewhere: tuple[Place, ...]


class Proposal(NamedTuple):
    """An action for one customer.

    score_minor: p(accept) x margin - cost - fatigue. evidence: what its items rest on, as of facts.
    """

    programme: str
    kind: Kind
    title: str
    reason: str
    items: tuple[Item, ...]
    score_minor: int
    evidence: tuple[str, ...]


class Suitable(NamedTuple):
    """A programme that the customer is eligible for, before anything is ranked."""

    programme: Programme
    items: tuple[Item, ...]
    score_minor: int
    evidence: tuple[str, ...]
    order: str | None = None
    owned: str | None = None


class Ranking(NamedTuple):
    """What is proposed now, best first; services stand before offers.

    held: programmes that would be proposed too, had the customer not been held out. suppressed: why no offer is made.
    others: by programme why it is not proposed. new: offers that begin now, each with the customer's arm.
    """

    proposals: tuple[Proposal, ...]
    held: tuple[str, ...]
    suppressed: str | None
    others: Mapping[str, str]
    new: tuple[tuple[Programme, Arm], ...] = ()


_HUNDRED = 100


def arm(digest: Digest, customer_subject: bytes, programme: str, percent: int) -> Arm:
    """The arm of a customer in a programme: the same for ever for the same hub, subject, programme and percent.

    Of many customers so many of a hundred are held out. A larger percent holds out the same ones and more.
    """
    drawn = int.from_bytes(digest(f"arm:{programme}:{customer_subject.hex()}")[:8], "big") % 10_000
    return Arm.HELD if drawn < percent * _HUNDRED else Arm.SHOWN
