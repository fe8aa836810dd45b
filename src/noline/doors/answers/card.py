"""The card of a customer as the doors tell it, and the client book of a store's day."""

from typing import Any

import msgspec

from noline.doors.answers.clients import today
from noline.hub import Hub
from noline.insight.card.service import SECTIONS, Card
from noline.kernel.clock import as_text
from noline.kernel.errors import NotFound, NotReadable

Json = dict[str, Any]


class SeveralFound(NotReadable):
    """What was said finds more than one customer, and a card is one customer's."""

    code = "counter.several_found"
    status = 409
    sentence = "{text!r} finds several customers: {people}."
    hint = "Say more of them, or give one of these ids."


_BESIDE = {"more_loops": "loops", "other_loops": "loops", "suppressed": "actions"}
_MOST_CARDS = 200
_INSTANTS = {
    "loops": "since", "other_loops": "since", "owned": "bought_at", "pickups": "since", "appointments": "at",
    "follow_ups": "due",
    "consent": "since", "notes": "at", "viewed": "at",
}  # fmt: skip
"""In which sections each part has an instant, and how it is called."""


def card(
    hub: Hub,
    person: str,
    *,
    store: str | None = None,
    presence: str = "declared",
    language: str | None = None,
    purpose: str = "personalisation",
    role: str = "associate",
    by: str = "noline",
    identified_by: str = "",
    book: bool = False,
) -> Json:
    """One customer's card; who looked is noted. book: it is kept for later. Raises what `Hub.greet` raises."""
    found = hub.greet(
        person, store=store, presence=presence, language=language, purpose=purpose, role=role, by=by,
        identified_by=identified_by, book=book,
    )  # fmt: skip
    return told(found)


def book(hub: Hub, store: str, *, role: str = "associate", by: str = "noline", language: str | None = None) -> Json:
    """The client book of a store's day: what is arranged and open, and the card of each customer in it.

    It is kept where the network may drop, so it holds nobody else. Nobody stands at the counter yet: nothing is offered
    by it, and of one person who fetches it one look a day is noted. Raises NotFound.
    """
    day = today(hub, store)
    lists = ("appointments", "pickups", "loops", "follow_ups")
    people = list(dict.fromkeys(one["person"] for name in lists for one in day[name] if one.get("person")))
    cards = {
        person: card(hub, person, store=store, language=language, role=role, by=by, book=True)
        for person in people[:_MOST_CARDS]
    }
    return {"as_of": as_text(hub.clock.now()), "store": store, "today": day, "cards": cards}


def whom(hub: Hub, text: str) -> tuple[str, str]:
    """Whom a text means, and by what they were found. Raises NotFound, and SeveralFound when it may be several."""
    found = hub.find_customers(text, 5)
    if not found:
        raise NotFound(what="customer", name=text)
    if len(found) > 1:
        raise SeveralFound(text=text, people=[one.person for one in found])
    return found[0].person, found[0].found_by[0] if found[0].found_by else ""


def told(found: Card) -> Json:
    """A card as JSON: without the sections that the role may not see."""
    whole: Json = msgspec.to_builtins(found)
    _write_times(whole)
    hidden = set(SECTIONS) - set(found.sections)
    hidden |= {name for name, section in _BESIDE.items() if section in hidden}
    return {name: value for name, value in whole.items() if name not in hidden}


def _write_times(whole: Json) -> None:
    """Instants of a card as ISO 8601, in place; a section that is not there has none."""
    whole["as_of"] = as_text(whole["as_of"])
    for section, name in _INSTANTS.items():
        for one in whole[section]:
            one[name] = _written(one[name])
    for fact in whole["facts"].values():
        fact["observed_at"] = as_text(fact["observed_at"])
    for one in whole["purchases"]["last"] if whole["purchases"] else ():
        one["at"] = as_text(one["at"])
    if whole["who"] and (adviser := whole["who"]["adviser"]):
        adviser["since"] = as_text(adviser["since"])


def _written(at: int | None) -> str | None:
    return None if at is None else as_text(at)
