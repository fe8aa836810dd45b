"""The names by which somebody is known, read from a message and brought to one spelling."""

import unicodedata
from functools import lru_cache

from noline.kernel.events import Identifier, Json, Message
from noline.truth.customers.rules import NAMESPACES, OTHER, Namespace

STRONGEST = "user_id"

_LONGEST = 512
_PLUSES = ("+", "\uff0b")
CLAIMABLE = frozenset(("email", "phone", "loyalty_id", "card_token", "crm_id", "account_id"))
"""Names that anybody can type: from a page that everybody can read they are a claim, not a fact."""

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
    """The usual rules of a kind of name: evidence is read by these, whatever a company changes for deriving people."""
    return NAMESPACES.get(name, OTHER)


def is_blocked(value: str) -> bool:
    """Placeholders that people and programs type when there is no name: they name nobody."""
    return value.lower() in _BLOCKED or not value.strip("0 -")


def identifiers_of(message: Message) -> tuple[Identifier, ...]:
    """Who a message is about, strongest first, without repeats and placeholders."""
    context = message.context
    traits = message.traits if message.type != "group" else None
    if (
        not traits
        and message.previousId is None
        and (context is None or (context.externalIds is None and context.traits is None))
    ):
        user, anonymous = message.userId, message.anonymousId
        # What is too long for a name is also too long to be remembered.
        if (type(user) is str and len(user) > _LONGEST) or (type(anonymous) is str and len(anonymous) > _LONGEST):
            return _read_visitor(user, anonymous)
        return _visitor(user, anonymous)
    found: list[Identifier] = []
    _add(found, "user_id", message.userId)
    if context is not None:
        for named in context.externalIds or ():
            _add(found, _external_type(named), named.get("id", named.get("value")))
        traits = traits or context.traits
    if traits:
        for name in ("email", "phone", "loyalty_id"):
            _add(found, name, traits.get(name))
    _add(found, "anonymous_id", message.anonymousId)
    if message.previousId != message.userId:
        _add(found, "anonymous_id", message.previousId)
    if len(found) > 1:
        found.sort(key=_rank)
    return tuple(found)


def normalised(name: str, value: object) -> str | None:
    """One spelling of a value of this kind of name; None when it names nobody."""
    one = _named(name, value)
    return None if one is None else one.value


def _read_visitor(user: str | int | None, anonymous: str | int | None) -> tuple[Identifier, ...]:
    """What nearly every message carries."""
    found: list[Identifier] = []
    _add(found, "user_id", user)
    _add(found, "anonymous_id", anonymous)
    return tuple(found)


_visitor = lru_cache(maxsize=65_536)(_read_visitor)
"""The same visitor comes many times."""


def _add(found: list[Identifier], name: str, value: object) -> None:
    one = None if value is None else _named(name, value)
    if one is not None and one not in found:
        found.append(one)


def _named(name: str, value: object) -> Identifier | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    told = str(value)
    return None if len(told) > _LONGEST else _spelled(name, told)


@lru_cache(maxsize=65_536)
def _spelled(name: str, told: str) -> Identifier | None:
    text = told.strip()
    if not text or is_blocked(text):
        return None
    spell = _SPELLINGS.get(name)
    spelled = spell(text) if spell else text if text.isascii() else unicodedata.normalize("NFKC", text)
    return None if spelled is None else Identifier(name, spelled)


def forget_names() -> None:
    """Let go of every name that was read, so that an erased one does not stay in memory."""
    for remembered in (_visitor, _spelled, _international):
        remembered.cache_clear()


def _rank(one: Identifier) -> int:
    return namespace(one.namespace).rank


def _external_type(named: Json) -> str:
    declared = str(named.get("type", "external_id")).lower()
    return _TYPES.get(declared, declared if declared.replace("_", "").isalnum() else "external_id")


def _email(text: str) -> str | None:
    """Lower case, without a tag after `+`; Gmail ignores dots."""
    local, at, domain = unicodedata.normalize("NFKC", text).lower().rpartition("@")
    if not at or not local or "." not in domain:
        return None
    local = local.split("+", 1)[0] or local
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _phone(text: str) -> str | None:
    """E.164 where the number is possible, else its digits; placeholders name nobody."""
    digits = text if text.isdecimal() else "".join(letter for letter in text if letter.isdigit())
    if len(digits) < 6 or len(set(digits)) < 3 or digits in "01234567890123456789":
        return None
    # Only a plus says of which country a number is; without it no number is read.
    return _international(text, digits) if any(plus in text for plus in _PLUSES) else digits


@lru_cache(maxsize=65_536)
def _international(text: str, digits: str) -> str:
    """A number with its country as E.164; remembered for itself, because reading it costs more than any other name."""
    import phonenumbers

    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_SPELLINGS = {"email": _email, "phone": _phone}
