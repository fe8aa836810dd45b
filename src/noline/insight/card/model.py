"""The card of one customer, part by part, and the purchases that it follows from.

The names of the fields are those of the card as JSON. Instants are microseconds since 1970 UTC, money is whole minor
units. `fact` and `facts` name what a part rests on; a part is shown only as far as these may go.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.disclosure import Value
from noline.kernel.quantities import Units


class Bought(msgspec.Struct, frozen=True, gc=False):
    """One line of an order. price_minor: of one unit. returned: units of it that came back."""

    sku: str
    units: Units
    price_minor: int | None = None
    returned: Units = Units(0)


class Purchase(msgspec.Struct, frozen=True, gc=False):
    """One order of the customer. state: how far it has come, in the words of orders (`completed`, `cancelled`, ...)."""

    order: str
    at: Micros
    channel: str
    store: str | None
    lines: tuple[Bought, ...]
    total_minor: int | None
    currency: str
    state: str


class Product(msgspec.Struct, frozen=True, gc=False):
    """Something that is sold. tags: what it touches; one of a special category hides it from every card."""

    sku: str
    name: str
    category: str = ""
    attributes: Mapping[str, Any] = {}
    tags: tuple[str, ...] = ()


class Adviser(msgspec.Struct, frozen=True, gc=False):
    """Who looks after the customer, and since when."""

    by: str
    since: Micros


class Who(msgspec.Struct, frozen=True, gc=False):
    """Whom one has before oneself. Rests on facts with the keys `name` and `city`; None where these are not shown."""

    name: str | None
    address_as: str | None
    identified_by: str
    city: str | None = None
    adviser: Adviser | None = None


class Loop(msgspec.Struct, frozen=True, gc=False):
    """A matter that is open. kind: complaint, callback, late_order, pending_return or unanswered."""

    id: str
    kind: str
    text: str
    since: Micros
    order: str | None
    facts: tuple[str, ...]


class Greeting(msgspec.Struct, frozen=True, gc=False):
    """What is said first. apology: it answers an open matter.

    by: `template` or `model`. because: why a model that was asked was not heard; None when it was, or nobody asked.
    """

    text: str
    facts: tuple[str, ...] = ()
    by: str = "template"
    apology: bool = False
    because: str | None = None


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """Something that may be said."""

    text: str
    facts: tuple[str, ...]


class Chip(msgspec.Struct, frozen=True, gc=False):
    """Something to see, not to say."""

    key: str
    text: str
    facts: tuple[str, ...]


class Elsewhere(msgspec.Struct, frozen=True, gc=False):
    """Units at another location. place: how that is called."""

    location: str
    place: str
    units: Units


class Item(msgspec.Struct, frozen=True, gc=False):
    """Units of one product. here, elsewhere: where it lies now; here is None where nobody looked."""

    sku: str
    name: str
    units: Units
    here: Units | None = None
    elsewhere: tuple[Elsewhere, ...] = ()


class Last(msgspec.Struct, frozen=True, gc=False):
    """The last purchase in one channel. total_minor: None where nobody said it, or where not every line is shown."""

    channel: str
    at: Micros
    order: str
    store: str | None
    items: tuple[Item, ...]
    total_minor: int | None
    currency: str
    fact: str


class Lane(msgspec.Struct, frozen=True, gc=False):
    """Orders of one channel in each of twelve months, oldest first, and their sum."""

    channel: str
    months: tuple[int, ...]
    orders: int


class Purchases(msgspec.Struct, frozen=True, gc=False):
    """How the customer buys. months: as `2026-03`, oldest first, the present one last; orders: in these months."""

    last: tuple[Last, ...]
    lanes: tuple[Lane, ...]
    months: tuple[str, ...]
    primary_channel: str | None
    primary_because: str
    orders: int
    facts: tuple[str, ...]


class Preference(msgspec.Struct, frozen=True, gc=False):
    """What the customer likes. of: the top of the scale, if there is one. purchases: None where it was told."""

    key: str
    value: Value
    of: int | None
    purchases: int | None
    text: str
    declared: bool
    fact: str


class Fit(msgspec.Struct, frozen=True, gc=False):
    """A product that fits one that the customer owns."""

    sku: str
    name: str


class Owned(msgspec.Struct, frozen=True, gc=False):
    """A durable product that was bought and kept. warranty_until: the last day; None where it has none."""

    sku: str
    name: str
    bought_at: Micros
    warranty_until: date | None
    fits: tuple[Fit, ...]
    fact: str


class ActionItem(msgspec.Struct, frozen=True, gc=False):
    """A product of an action, and where it is. here: units in this store."""

    sku: str
    name: str
    here: Units
    elsewhere: tuple[Elsewhere, ...] = ()


class Effect(msgspec.Struct, frozen=True, gc=False):
    """How much more often the goal was reached where it was offered, its 95 % interval, and how many were counted."""

    share: float
    low: float
    high: float
    cases: int


class Action(msgspec.Struct, frozen=True, gc=False):
    """What to do next. service: it sells nothing, so nothing open silences it. facts: what its reason tells."""

    programme: str
    title: str
    reason: str
    items: tuple[ActionItem, ...] = ()
    effect: Effect | None = None
    effect_because: str | None = None
    held_out: bool = False
    score_minor: int = 0
    service: bool = False
    facts: tuple[str, ...] = ()


class Pickup(msgspec.Struct, frozen=True, gc=False):
    """An order that lies ready here."""

    order: str
    fulfilment: str
    since: Micros
    lines: tuple[Item, ...]


class Appointment(msgspec.Struct, frozen=True, gc=False):
    """A time that the customer agreed on."""

    id: str
    at: Micros
    store: str
    topic: str
    state: str


class FollowUp(msgspec.Struct, frozen=True, gc=False):
    """Something that somebody meant to come back to."""

    id: str
    due: Micros
    text: str
    by: str


class ConsentState(msgspec.Struct, frozen=True, gc=False):
    """One purpose: `granted`, `withdrawn` or `unknown`, and since when."""

    purpose: str
    state: str
    since: Micros | None = None


class Note(msgspec.Struct, frozen=True, gc=False):
    """What an associate wrote down; the customer may read it."""

    id: str
    by: str
    at: Micros
    text: str


class View(msgspec.Struct, frozen=True, gc=False):
    """Somebody opened this card."""

    by: str
    at: Micros
    store: str | None
    purpose: str


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A fact on the card, with where it comes from and why it may be there. level: `say` or `see`."""

    key: str
    value: Value
    unit: str
    provenance: str
    evidence: tuple[str, ...]
    derived_by: str
    observed_at: Micros
    confidence: float
    purpose: str
    level: str
    because: str


class Frame(NamedTuple):
    """What stands around the parts: whose card, when, where, in which language, and how they came to be recognised.

    utc_offset_minutes: local time of the store minus UTC.
    """

    customer: str
    as_of: Micros
    presence: str
    language: str
    store: str | None = None
    place: str | None = None
    utc_offset_minutes: int = 0


class Parts(NamedTuple):
    """Everything that could stand on a card, before it is known how much of it may."""

    who: Who | None = None
    loops: tuple[Loop, ...] = ()
    greeting: Greeting | None = None
    say: tuple[Sentence, ...] = ()
    see: tuple[Chip, ...] = ()
    purchases: Purchases | None = None
    preferences: tuple[Preference, ...] = ()
    owned: tuple[Owned, ...] = ()
    actions: tuple[Action, ...] = ()
    pickups: tuple[Pickup, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    consent: tuple[ConsentState, ...] = ()
    notes: tuple[Note, ...] = ()
    viewed: tuple[View, ...] = ()


class Card(msgspec.Struct, frozen=True, gc=False):
    """One customer at the counter. A section that the role may not see is not among `sections`, and empty here.

    utc_offset_minutes: local time of the store minus UTC; the times of a card are shown in it. more_loops: open matters
    beyond the gravest; other_loops: the first of these.
    """

    customer: str
    as_of: Micros
    presence: str
    language: str
    store: str | None
    place: str | None
    utc_offset_minutes: int
    who: Who | None
    loops: tuple[Loop, ...]
    more_loops: int
    other_loops: tuple[Loop, ...]
    greeting: Greeting | None
    say: tuple[Sentence, ...]
    see: tuple[Chip, ...]
    purchases: Purchases | None
    preferences: tuple[Preference, ...]
    owned: tuple[Owned, ...]
    actions: tuple[Action, ...]
    suppressed: str | None
    pickups: tuple[Pickup, ...]
    appointments: tuple[Appointment, ...]
    follow_ups: tuple[FollowUp, ...]
    consent: tuple[ConsentState, ...]
    notes: tuple[Note, ...]
    viewed: tuple[View, ...]
    facts: dict[str, Shown]
    sections: tuple[str, ...]
