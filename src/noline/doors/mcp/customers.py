"""Tools about a customer: found, greeted by the card, noted, cared for. Only what the card may show is told."""

from typing import Annotated, Literal

import msgspec

from noline.doors.answers import people
from noline.doors.answers.card import card
from noline.doors.answers.clients import made
from noline.doors.mcp.model import Asks, Caller, Json, Limit, Name, Once, Tool, Words
from noline.flows.clienteling import Done
from noline.hub import Hub
from noline.kernel.disclosure import Presence

_WHO = msgspec.Meta(min_length=1, max_length=200, description="The id of a customer, as find_customers answers it.")

Person = Annotated[str, _WHO]


class Find(Asks, frozen=True):
    """By what somebody is found."""

    text: Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=500, pattern=r"\S",
            description="A card, an order number, a phone number, an e-mail address or a name.",
        ),
    ]  # fmt: skip
    limit: Limit = 10


class OneCard(Asks, frozen=True):
    """Whose card, and on which occasion."""

    person: Person
    store: Annotated[str, msgspec.Meta(max_length=200, description="In which store.")] | None = None
    presence: Annotated[
        Presence, msgspec.Meta(description="How the customer was recognised; `passive` shows nothing.")
    ] = Presence.DECLARED
    language: Literal["en", "de", "fr", "ja"] | None = None
    purpose: Literal["service", "personalisation", "marketing"] = "personalisation"


class NewNote(Asks, frozen=True):
    """What to remember of a customer; the customer may read it."""

    person: Person
    text: Words
    idempotency_key: Once = None


class NewCase(Asks, frozen=True):
    """What a customer complains of, or asks."""

    person: Person
    topic: Name
    text: Words | None = None
    order: Annotated[str, msgspec.Meta(min_length=1, max_length=200, description="The order it is about.")] | None = (
        None
    )
    store: Name | None = None
    idempotency_key: Once = None


class CaseDone(Asks, frozen=True):
    """Which case is over, and how."""

    case: Name
    outcome: Words


def _find(hub: Hub, _: Caller, asked: Find) -> Json:
    """No names by which somebody is known, no household: only what tells one from the other."""
    return {
        "customers": [
            {"person": one["person"], "name": one["name"], "city": one["city"]}
            for one in people.found(hub, asked.text, asked.limit)
        ]
    }


def _card(hub: Hub, caller: Caller, asked: OneCard) -> Json:
    return card(
        hub, asked.person, store=asked.store, presence=asked.presence, language=asked.language, purpose=asked.purpose,
        role=str(caller.role), by=caller.by,
    )  # fmt: skip


def _note(hub: Hub, caller: Caller, asked: NewNote) -> Json:
    return made(hub, asked.person, hub.clienteling.note(asked.person, asked.text, by=caller.by))


def _open_case(hub: Hub, caller: Caller, asked: NewCase) -> Json:
    case = hub.clienteling.open_case(
        asked.person, asked.topic, text=asked.text, order_id=asked.order, store=asked.store, by=caller.by
    )
    return made(hub, asked.person, case)


def _resolve_case(hub: Hub, caller: Caller, asked: CaseDone) -> Json:
    return _done(hub.clienteling.resolve_case(asked.case, asked.outcome, by=caller.by))


def _done(done: Done) -> Json:
    return {"id": done.id, "status": done.status}


FIND_CUSTOMERS = Tool("find_customers", "People whom a text finds, best first, with name and city.", Find, _find)
GET_CARD = Tool(
    "get_card",
    "The card of a customer: an open matter first, what may be said and what is only to be seen, last purchases, "
    "preferences, what they own, next best actions. Say only what stands under `greeting` and `say`.",
    OneCard,
    _card,
)
WRITE_NOTE = Tool(
    "write_note", "Note something about a customer, who may read it.", NewNote, _note, writes=True
)  # fmt: skip
OPEN_CASE = Tool("open_case", "Open a service case of a customer.", NewCase, _open_case, writes=True)
RESOLVE_CASE = Tool("resolve_case", "Close a service case with its outcome.", CaseDone, _resolve_case, writes=True)
