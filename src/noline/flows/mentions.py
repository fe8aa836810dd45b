"""Names of people in what lies about: found, and taken out.

A message names people where the tracking contract says so (ids, traits, external ids); beside that a name can stand in
any text. Short names such as `42` are looked for only where the contract puts names: anywhere else they mean nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

import msgspec

from noline.channels.segment import decoded, is_json, unzip
from noline.flows.reading import instant_or_none
from noline.kernel.clock import Micros
from noline.kernel.errors import RequestTooLarge
from noline.kernel.events import Context, Identifier, Json, Message
from noline.truth.customers.identifiers import NAMESPACES, identifiers_of, normalised

ERASED = "(erased)"
"""What stands in a text where a name was."""

_SHORTEST_IN_TEXT = 6
_LONGEST_NAME = 512
_FEWEST_DIGITS = 8
_MOST_IN_ONE_PATTERN = 64
_EMAIL = re.compile(r"[^\s<>\"'(),;:\\\[\]{}=&?/]+@[^\s<>\"'(),;:\\\[\]{}=&?/]+")
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d\s().\-/]{5,}\d(?!\w)")
_WORD = re.compile(r"[^\s\"'<>,;()&?=/#|{}\[\]]+")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.){1,512})"')
_TOLD = re.compile(r'"(\w+)"\s*:\s*(?:"((?:[^"\\]|\\.){1,512})"|(-?\d+))')
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
_OF_KEY = {
    "userId": "user_id", "anonymousId": "anonymous_id", "previousId": "anonymous_id", "email": "email",
    "phone": "phone", "loyalty_id": "loyalty_id", "user_id": "user_id", "anonymous_id": "anonymous_id",
}  # fmt: skip
_OF_THINGS = frozenset(
    ("order_id", "review_id", "feedback_id", "case_id", "reservation_id", "return_id", "cart_id", "cart")
)
_GONE = object()


class Names:
    """The names of somebody, to be looked for. words: what else stands for them, such as the ids of the person.

    things: orders, reviews and the like that are theirs; whatever tells of one is about them. instead: what is put into
    a text where a name was.
    """

    def __init__(
        self,
        identifiers: Iterable[Identifier],
        words: Iterable[str] = (),
        things: Collection[str] = (),
        *,
        instead: str = ERASED,
    ) -> None:
        """Prepare to look for these."""
        self.identifiers = frozenset(identifiers)
        self._words = frozenset(words)
        self._things = frozenset(things)
        self._instead = instead
        long = {one.value.lower() for one in self.identifiers if len(one.value) >= _SHORTEST_IN_TEXT} | self._words
        self._long = frozenset(long)
        self._pattern = _any_of(long) if len(long) <= _MOST_IN_ONE_PATTERN else None
        self._phones = {
            digits for one in self.identifiers if one.namespace == "phone" and (digits := _digits(one.value))
        }
        self._has_email = any(one.namespace == "email" for one in self.identifiers)

    def taken_out(self, document: Any) -> Any:
        """A JSON value without these names; the same object when it holds none."""
        left = self._left_of(document)
        return None if left is _GONE else left

    def are_in(self, raw: bytes) -> bool:
        """Whether some bytes, JSON or not, hold one of these names or tell of one of the things."""
        plain = _unzipped(raw)
        if is_json(plain):
            document = decoded(plain)
            return self._left_of(document) is not document or self._tells_of_things(document)
        text = _readable(plain)
        return self._redacted(text) != text or any(
            Identifier(name, value) in self.identifiers for name, value in _told_in(text)
        )

    def _tells_of_things(self, document: Any) -> bool:
        if isinstance(document, dict):
            return any(
                (name in _OF_THINGS and str(value) in self._things) or self._tells_of_things(value)
                for name, value in document.items()
            )
        return isinstance(document, list) and any(map(self._tells_of_things, document))

    def _left_of(self, value: Any) -> Any:
        if isinstance(value, str):
            return _GONE if value in self._words else self._redacted(value)
        if isinstance(value, dict):
            return self._left_of_object(value)
        if isinstance(value, list):
            return self._left_of_list(value)
        return value

    def _left_of_object(self, said: Json) -> Json:
        left: Json = {}
        for name, value in said.items():
            if self._is_named(name, value):
                continue
            kept = self._left_of_external(value) if name == "externalIds" else self._left_of(value)
            if kept is not _GONE:
                left[name] = kept
        unchanged = len(left) == len(said) and all(left[name] is value for name, value in said.items())
        return said if unchanged else left

    def _left_of_list(self, values: list[Any]) -> list[Any]:
        if any(isinstance(one, list) and one and isinstance(one[0], str) and one[0] in self._words for one in values):
            values = [one for one in values if not (isinstance(one, list) and one and one[0] in self._words)]
            return [kept for one in values if (kept := self._left_of(one)) is not _GONE]
        left = [self._left_of(one) for one in values]
        if all(kept is one for kept, one in zip(left, values, strict=True)):
            return values
        return [kept for kept in left if kept is not _GONE]

    def _left_of_external(self, named: Any) -> Any:
        if not isinstance(named, list):
            return self._left_of(named)
        left = [one for one in named if not (set(_external(one)) & self.identifiers)]
        return self._left_of_list(named if len(left) == len(named) else left)

    def _is_named(self, key: str, value: Any) -> bool:
        namespace = _OF_KEY.get(key)
        if namespace is None:
            return False
        spelled = normalised(namespace, value)
        return spelled is not None and Identifier(namespace, spelled) in self.identifiers

    def _redacted(self, text: str) -> str:
        """A text without these names; the same object when it holds none."""
        if len(text) < _SHORTEST_IN_TEXT:
            return text
        left = text
        if self._pattern is not None:
            left = self._pattern.sub(self._instead, left)
        elif any(word.lower() in self._long for word in _WORD.findall(left)) or left.lower() in self._long:
            left = _WORD.sub(lambda found: self._instead if found[0].lower() in self._long else found[0], left)
        if self._has_email and ("@" in left or "%40" in left):
            left = _EMAIL.sub(self._unless_email, unquote(left) if "%40" in left else left)
        if self._phones and any(letter.isdigit() for letter in left):
            left = _PHONE.sub(self._unless_phone, left)
        return text if left == text else left

    def _unless_email(self, found: re.Match[str]) -> str:
        told = found[0].rstrip(".")
        spelled = normalised("email", told)
        known = spelled is not None and Identifier("email", spelled) in self.identifiers
        return self._instead + found[0][len(told) :] if known else found[0]

    def _unless_phone(self, found: re.Match[str]) -> str:
        digits = _digits(found[0])
        # `06 12 34 56 78` is how a person writes +33612345678 at home.
        known = len(digits) >= _FEWEST_DIGITS and any(phone.endswith(digits) for phone in self._phones)
        return self._instead if known else found[0]


def names_in(raw: bytes) -> tuple[Iterator[Identifier], Micros | None]:
    """Every name that some bytes may hold, and when they say it happened; None when they do not say."""
    plain = _unzipped(raw)
    if not is_json(plain):
        return _names_in_text(_readable(plain)), None
    document = decoded(plain)
    stamp = (document.get("timestamp") or document.get("originalTimestamp")) if isinstance(document, dict) else None
    return _names_within(document), instant_or_none(stamp) if isinstance(stamp, str) else None


def addresses_in(text: str) -> Iterator[Identifier]:
    """Every e-mail address and phone number that stands in a text."""
    plain = unquote(text) if "%40" in text else text
    for kind, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        for found in pattern.findall(plain):
            if (spelled := normalised(kind, found.rstrip("."))) is not None:
                yield Identifier(kind, spelled)


def _names_within(value: Any, key: str = "") -> Iterator[Identifier]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _names_within(one, name)
    elif isinstance(value, list):
        for one in value:
            if key == "externalIds":
                yield from _external(one)
            yield from _names_within(one, key)
    elif isinstance(value, (str, int)) and not isinstance(value, bool):
        yield from _perhaps(key, str(value))
        if isinstance(value, str):
            yield from addresses_in(value)


def _names_in_text(text: str) -> Iterator[Identifier]:
    for name, value in _told_in(text):
        yield Identifier(name, value)
    for value in _QUOTED.findall(text):
        yield from _perhaps("", value)
    yield from addresses_in(text)


def _perhaps(key: str, value: str) -> Iterator[Identifier]:
    """What a value is a name of: by its key, or of whatever kind when it is long enough to mean somebody."""
    kinds = [_OF_KEY[key]] if key in _OF_KEY else []
    if _SHORTEST_IN_TEXT <= len(value) <= _LONGEST_NAME:
        kinds += NAMESPACES
    for kind in kinds:
        if (spelled := normalised(kind, value)) is not None:
            yield Identifier(kind, spelled)


def _told_in(text: str) -> Iterator[tuple[str, str]]:
    """Names in a text that only begins like JSON: what stands behind a key of the contract."""
    for key, quoted, number in _TOLD.findall(text):
        kind = _OF_KEY.get(key)
        if kind is not None and (spelled := normalised(kind, quoted or number)) is not None:
            yield kind, spelled


def _external(named: Any) -> tuple[Identifier, ...]:
    if not isinstance(named, dict):
        return ()
    return identifiers_of(Message(context=Context(externalIds=[named])))


def _unzipped(raw: bytes) -> bytes:
    try:
        return unzip(raw)
    except RequestTooLarge:
        return raw


def _readable(raw: bytes) -> str:
    text = raw.decode("utf-8", "replace")
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _any_of(words: Collection[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(map(re.escape, longest_first))})(?![0-9A-Za-z])", re.IGNORECASE)


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit()).lstrip("0")


def scrubbed(names: Names, body: bytes) -> bytes | None:
    """A message without these names; None when it holds none of them."""
    document = decoded(body)
    left = names.taken_out(document)
    return None if left is document else msgspec.json.encode(left)
