"""Kinds of names, attributes, consents and decisions as a shop calls them."""

import re

from noline.doors.console import wording
from noline.doors.console.wording import Row

_KINDS = {
    "email": "e-mail",
    "phone": "telephone",
    "loyalty_id": "loyalty card",
    "loyalty": "loyalty card",
    "user_id": "account",
    "user": "account",
    "anonymous_id": "browser or device",
    "anonymous": "browser or device",
    "device_id": "device",
    "card_token": "payment card",
    "crm_id": "customer file",
    "account_id": "business",
}
_ATTRIBUTES = {
    "name": "Name",
    "firstName": "First name",
    "lastName": "Last name",
    "email": "E-mail",
    "phone": "Telephone",
    "birthday": "Birthday",
    "address.street": "Street",
    "address.postalCode": "Postcode",
    "address.city": "City",
    "address.state": "State",
    "address.country": "Country",
    "company": "Company",
    "createdAt": "Account opened",
    "loyalty_id": "Loyalty card",
    "user_id": "Account",
    "crm_id": "Customer file",
    "card_token": "Payment card",
}
_TRUST = {
    "claimed": "typed in by somebody, not checked",
    "verified": "told by one of our systems",
    "authenticated": "logged in or scanned with us",
    "confirmed": "confirmed with the customer",
}
_SURE = {"claimed": "only claimed", "verified": "reliable", "authenticated": "certain"}

_NEARLY_SURE = 0.995


def kind(namespace: str) -> str:
    """A kind of name within a sentence: `loyalty card`."""
    return _KINDS.get(namespace, namespace.replace("_", " "))


def attribute(name: str) -> str:
    """An attribute at the start of a line: `address.city` is `City`, `favouriteRoast` is `Favourite roast`."""
    if name in _ATTRIBUTES:
        return _ATTRIBUTES[name]
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[._-]+", " ", name)
    return wording.title(words.strip().lower())


def trust(told: str | None) -> str:
    """How a value was told."""
    return _TRUST.get(told or "", told or "")


def sure(told: str | None) -> str:
    """How far a link may be believed, in a word or two."""
    return _SURE.get(told or "", told or "")


def chance(probability: float) -> str:
    """How likely something is; what a model says is never quite sure: `72 %`, `over 99 %`."""
    if probability >= _NEARLY_SURE:
        return f"over 99{wording.SPACE}%"
    if probability <= 1 - _NEARLY_SURE:
        return f"under 1{wording.SPACE}%"
    return wording.percent(round(probability, 2))


def in_shop_words(text: str, *names: Row) -> str:
    """A sentence of the hub that mentions names by their kind, with the kinds as a shop calls them."""
    for one in names:
        spelled = one["namespace"].replace("_", " ")
        text = text.replace(f"{spelled} {one['value']}", f"{kind(one['namespace'])} {one['value']}")
    return wording.title(text)


def matched(words: str) -> str:
    """Why somebody was found, with the kinds of names as a shop calls them: `has the loyalty card 4711`."""
    for namespace, name in _KINDS.items():
        words = words.replace(f" the {namespace.replace('_', ' ')} ", f" the {name} ")
    return words
