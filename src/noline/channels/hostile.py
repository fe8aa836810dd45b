"""Limits on JSON that nobody has vouched for.

A look at the whole body decides cheaply whether any item deserves a slow look; nearly none does. The slow look finds
what parsers let through but stores cannot hold or programs choke on.
"""

import re
from typing import Any

import msgspec

from noline.kernel.events import Refusal

MAX_ITEM_BYTES = 32 * 1024
MAX_DEPTH = 64
MAX_KEYS = 1_000
INT64 = 2**63

_FEWEST_BYTES_A_KEY = 4  # `"":1`

_DIGITS = b"0123456789"
_ALIKE = bytes(48 if code in _DIGITS else code for code in range(256))
_MARKS = bytes(101 if code == 69 else 58 if code in b"[]{},:" else code for code in range(256))
_ESCAPES = (b"\\u0000", b"\\ud", b"\\uD")  # NUL, and halves of a character
_LONG_NUMBER = b"0" * 18
_STRIDE = 3
_LONG_IN_STRIDES = b"0" * (len(_LONG_NUMBER) // _STRIDE)
_OF_A_NUMBER = _DIGITS + b"+-. \t\r\n"
_BARE_EXPONENT = b":e:"
_SURROGATES = re.compile(
    rb"(?<!\\)(?P<backslashes>(?:\\\\)*)"
    rb"(?:(?P<pair>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)


def is_suspicious(body: bytes) -> bool:
    """True when some item of this body may need the slow look. Costs about two nanoseconds a byte.

    With digits, signs and blanks taken away a number with an exponent is a bare `e` between commas and brackets, while
    the same letters inside a text, such as an id in hexadecimal, stand between quotes.
    """
    if b"\\" in body and any(map(body.__contains__, _ESCAPES)):
        return True
    if not (body.isascii() or _is_text(body)):
        return True
    return _has_long_number(body) or _BARE_EXPONENT in body.translate(_MARKS, _OF_A_NUMBER)


def _has_long_number(body: bytes) -> bool:
    """Whether so many digits follow one another that 64 bits may not hold them.

    Every third byte tells nearly always: wherever a run of 18 digits begins, six of them in a row are its own.
    """
    return _LONG_IN_STRIDES in body[::_STRIDE].translate(_ALIKE) and _LONG_NUMBER in body.translate(_ALIKE)


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def refusal_by_size(raw: bytes) -> Refusal | None:
    """Too large or too deep, seen from the bytes alone."""
    if len(raw) > MAX_ITEM_BYTES:
        return Refusal("too_large", "", f"{len(raw)} bytes; an item may have {MAX_ITEM_BYTES}", raw)
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH and depth_of(raw) > MAX_DEPTH:
        return Refusal("too_deep", "", f"nested deeper than {MAX_DEPTH}", raw)
    if len(raw) > MAX_KEYS * _FEWEST_BYTES_A_KEY and raw.count(b":") > MAX_KEYS and _count_keys(raw) > MAX_KEYS:
        return Refusal("too_large", "", f"more than {MAX_KEYS} keys", raw)
    return None


def refusal_by_content(raw: bytes) -> Refusal | None:
    """The slow look: encoding, NUL characters, numbers outside 64 bits."""
    try:
        raw.decode()
    except UnicodeDecodeError as cause:
        return Refusal("bad_encoding", "", f"not UTF-8 at byte {cause.start}", raw)
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as cause:
        return refusal_of(cause, raw)
    return _walk(value, "", raw)


def refusal_of(cause: Exception, raw: bytes) -> Refusal:
    """The typed refusal of what a JSON parser raised."""
    text = str(cause)
    pointer = _pointer(text)
    if isinstance(cause, RecursionError):
        return Refusal("too_deep", "", f"nested deeper than {MAX_DEPTH}", raw)
    if isinstance(cause, UnicodeDecodeError) or "utf-8" in text.lower() or whole_characters(raw) != raw:
        return Refusal("bad_encoding", pointer, text, raw)
    if "out of range" in text.lower() or "digit" in text.lower():
        return Refusal("number_range", pointer, text, raw)
    if isinstance(cause, msgspec.ValidationError):
        return Refusal("schema_violation", pointer, text, raw)
    return Refusal("malformed_json", pointer, text, raw)


def whole_characters(body: bytes) -> bytes:
    """JSON of the same length in which no escape is half a character.

    JavaScript writes a text that was cut through an emoji as an escape that is no character; it becomes the replacement
    character, six bytes for six.
    """
    return _SURROGATES.sub(_whole_character, body)


def _whole_character(found: re.Match[bytes]) -> bytes:
    return found[0] if found["pair"] else found["backslashes"] + b"\\ufffd"


def depth_of(raw: bytes) -> int:
    """How deep brackets nest outside strings."""
    deepest = depth = 0
    inside = escaped = False
    for code in raw:
        if inside:
            if escaped:
                escaped = False
            elif code == 92:
                escaped = True
            elif code == 34:
                inside = False
        elif code == 34:
            inside = True
        elif code in (91, 123):
            depth += 1
            deepest = max(deepest, depth)
        elif code in (93, 125):
            depth -= 1
    return deepest


def _count_keys(raw: bytes) -> int:
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return 0
    count, waiting = 0, [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            count += len(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
    return count


def _walk(value: Any, pointer: str, raw: bytes) -> Refusal | None:
    waiting = [(pointer, value)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, dict):
            if any("\0" in key for key in value):
                return Refusal("nul_char", where, "a key holds the NUL character", raw)
            waiting.extend((f"{where}/{_escaped(key)}", child) for key, child in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{where}/{position}", child) for position, child in enumerate(value))
        elif isinstance(value, str):
            if "\0" in value:
                return Refusal("nul_char", where, "the text holds the NUL character", raw)
        elif isinstance(value, (int, float)) and not -INT64 <= value < INT64:  # NaN too
            return Refusal("number_range", where, "the number does not fit 64 bits", raw)
    return None


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _pointer(text: str) -> str:
    """The JSON pointer in a msgspec message such as "Expected `str`, got `int` - at `$.context.channel`"."""
    _, found, path = text.rpartition(" - at `$")
    if not found:
        return ""
    return path.rstrip("`").replace("[...]", "/*").replace("[", "/").replace("]", "").replace(".", "/")
