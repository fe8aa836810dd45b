"""Everything that the rooms know of one customer, read in one state of the store: what a card follows from.

Nothing is judged here. What may be used, shown or said of it, disclosure decides.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from noline.flows.recognise import Recognition
from noline.insight.card import service as cards
from noline.kernel.clock import Micros
from noline.stores.transactional import Reader
from noline.truth.cases.model import Case
from noline.truth.cases.service import Cases
from noline.truth.catalogue.service import Catalogue
from noline.truth.clients.model import Client
from noline.truth.clients.service import Clients
from noline.truth.consents.model import Consent
from noline.truth.consents.service import Consents
from noline.truth.customers.service import Customers, Whom
from noline.truth.feedback.model import Loop
from noline.truth.feedback.service import Feedback
from noline.truth.orders.model import Order, OrderLine, State
from noline.truth.orders.service import Orders, Stage
from noline.truth.profiles.model import Attribute
from noline.truth.wishes.model import Wish
from noline.truth.wishes.service import Wishes

UNDER_WAY = frozenset((State.PLACED, State.COMPLETED, State.PICKUP_REQUESTED, State.READY, State.SHIPPED))
"""States in which something is still to be done for an order."""

NOT_KEPT = frozenset(map(State, cards.NOT_KEPT))
"""States of orders that left the customer with nothing."""


class Rooms(NamedTuple):
    """The rooms that know something of a customer."""

    customers: Customers
    recognition: Recognition
    consents: Consents
    orders: Orders
    catalogue: Catalogue
    feedback: Feedback
    cases: Cases
    clients: Clients
    wishes: Wishes


class Acquaintance(NamedTuple):
    """What is known of one customer; not who looked at the card, which changes with each look.

    bought: their latest orders with the lines, the latest first. stages: how far locations have come with orders that
    are under way. loops: what they said of us that nobody closed. told_of: the orders of which
    they told how they were. wishes: what they looked for in vain. asked_who: consents were told of under several names,
    so that what stands of them also rests on why these are one person.
    """

    whom: Whom
    traits: Mapping[str, Attribute]
    name: str | None
    consents: Mapping[str, Consent]
    bought: Sequence[tuple[Order, Sequence[OrderLine]]]
    stages: Sequence[Stage]
    loops: Sequence[Loop]
    told_of: frozenset[str]
    cases: Sequence[Case]
    client: Client
    wishes: Sequence[Wish]
    asked_who: bool


def acquaintance(reader: Reader, rooms: Rooms, person: str) -> Acquaintance:
    """Read what is known of a person, by the id of today or an older one. Raises NotFound.

    It follows from what the reader answers and from nothing else, unless it was asked why names are one person: the
    room of the customers remembers things about that.
    """
    whom = rooms.customers.whom(reader, person)
    subjects = whom.subjects
    joined: list[Micros] = []

    def joined_at() -> Micros:
        joined.append(rooms.customers.joined_at(reader, whom.person))
        return joined[0]

    consents = rooms.consents.of_names(reader, subjects, joined_at)
    profile = rooms.recognition.profile_of(reader, subjects)
    bought = rooms.orders.bought_by(reader, subjects)
    return Acquaintance(
        whom,
        profile.attributes,
        profile.name,
        consents,
        bought,
        _stages(reader, rooms.orders, bought),
        rooms.feedback.open_of(reader, subjects),
        rooms.feedback.orders_told_of(reader, subjects),
        rooms.cases.open_for(reader, subjects),
        rooms.clients.for_subjects(reader, subjects, views=False),
        rooms.wishes.of(reader, subjects),
        bool(joined),
    )


def _stages(
    reader: Reader, orders: Orders, bought: Sequence[tuple[Order, Sequence[OrderLine]]]
) -> list[Stage]:  # fmt: skip
    """How far locations have come, also with orders that a channel runs and tells to be ready."""
    under_way = [order.order_id for order, _ in bought if order.state in UNDER_WAY]
    stages = orders.steps(reader, under_way) if under_way else []
    ours = {one.order_id for one in stages}
    told = [order.order_id for order, _ in bought if order.state is State.READY and order.order_id not in ours]
    return [*stages, *orders.told_ready(reader, told)] if told else stages
