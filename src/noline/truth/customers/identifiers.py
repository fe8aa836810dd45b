"""The names by which somebody is known, read from a message and brought to one spelling."""

import unicodedata
from functools import lru_cache
from typing import NamedTuple

from noline.kernel.events import Identifier, Json, Message


class Namespace(NamedTuple):
    """A kind of name. rank: strength, 0 strongest. limit: how many of them one person may have (None: any number).

    shared_above: a name seen with more than this many distinct persons' names is shared and glues nobody.
    """

    rank: int
    limit: int | None
    shared_above: int


NAMESPACES: dict[str, Namespace] = {
    "user_id": Namespace(0, 1, 1),
    "crm_id": Namespace(1, 1, 1),
    "loyalty_id": Namespace(2, None, 1),
    "account_id": Namespace(3, None, 1),
    "card_token": Namespace(4, None, 2),
    "email": Namespace(5, None, 1),
    "phone": Namespace(6, None, 1),
    "device_id": Namespace(7, None, 2),
    "anonymous_id": Namespace(8, None, 2),
}
"""Known kinds of names, strongest first."""

OTHER = Namespace(9, None, 1)
"""A kind of name that nobody declared."""

_BLOCKED = frozenset(
    "0 null none nil undefined unknown anonymous anon guest test n/a na nan false true - . "
    "[object object] 00000000-0000-0000-0000-000000000000".split(" ")
)
_TYPES = {
    "loyalty": "loyalty_id", "loyaltyid": "loyalty_id", "email": "email", "phone": "phone", "crm": "crm_id",
    "userid": "user_id", "user_id": "user_id", "anonymousid": "anonymous_id", "deviceid": "device_id",
    "ios.id": "device_id", "android.id": "device_id", "card": "card_token",
}  # fmt: skip


def namespace(name: str) -> Namespace:
    """The rules of a kind of name."""
    return NAMESPACES.get(name, OTHER)


def is_blocked(value: str) -> bool:
    """Placeholders that people and programs type when there is no name: they name nobody."""
    return value.lower() in _BLOCKED or not value.strip("0 -")


def identifiers_of(message: Message) -> tuple[Identifier, ...]:
    """Who a message is about, strongest first, without repeats and placeholders."""
    found: list[Identifier] = []
    if message.userId is not None:
        _add(found, "user_id", message.userId)
    context = message.context
    traits = message.traits if message.type != "group" else None
    if context is not None:
        for named in context.externalIds or ():
            _add(found, _external_type(named), named.get("id", named.get("value")))
        traits = traits or context.traits
    if traits:
        for name in ("email", "phone", "loyalty_id"):
            if traits.get(name):
                _add(found, name, traits[name])
    if message.anonymousId is not None:
        _add(found, "anonymous_id", message.anonymousId)
    if message.previousId is not None and message.previousId != message.userId:
        _add(found, "anonymous_id", message.previousId)
    if len(found) > 1:
        found.sort(key=lambda one: namespace(one.namespace).rank)
    return tuple(found)


def normalised(name: str, value: object) -> str | None:
    """One spelling of a value of this kind of name; None when it names nobody."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value).strip()
    if not text or len(text) > 512 or is_blocked(text):
        return None
    if name == "email":
        return _email(text)
    if name == "phone":
        return _phone(text)
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _add(found: list[Identifier], name: str, value: object) -> None:
    text = normalised(name, value)
    if text is not None:
        one = Identifier(name, text)
        if one not in found:
            found.append(one)


def _external_type(named: Json) -> str:
    declared = str(named.get("type", "external_id")).lower()
    return _TYPES.get(declared, declared if declared.replace("_", "").isalnum() else "external_id")


@lru_cache(maxsize=65536)
def _email(text: str) -> str | None:
    """Lower case, without a tag after `+`; Gmail ignores dots."""
    local, at, domain = unicodedata.normalize("NFKC", text).lower().rpartition("@")
    if not at or not local or "." not in domain:
        return None
    local = local.split("+", 1)[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=65536)
def _phone(text: str) -> str | None:
    """E.164 where the number is possible, else its digits; placeholders name nobody."""
    import phonenumbers  # noqa: PLC0415  heavy tables, only where a phone number comes

    digits = "".join(letter for letter in text if letter.isdigit())
    if len(digits) < 6 or len(set(digits)) < 3 or digits in "01234567890123456789":
        return None
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
