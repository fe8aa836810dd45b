"""The names by which a business is known, brought to one spelling.

account_id: the number by which one of the company's own systems knows the business. vat_id: the number under which it
is taxed, with its country (EU and Swiss spelling). gln: GS1's number of a party or place, with its check digit. duns:
the nine digits of Dun & Bradstreet.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from noline.kernel.events import Identifier, Json
from noline.kernel.gs1 import is_gln


class Kind(NamedTuple):
    """A kind of name. rank: strength, 0 strongest. limit: how many of them one business may have (None: any number)."""

    rank: int
    limit: int | None


KINDS: dict[str, Kind] = {
    "account_id": Kind(0, None),
    "vat_id": Kind(1, 1),
    "gln": Kind(2, None),
    "duns": Kind(3, None),
}
"""Kinds of names, strongest first.

A business has a number in each system of ours, a number for each of its places, and is taxed under one; so two numbers
of ours with one VAT id are one business, and what has two VAT ids is two.
"""

LONGEST_NAME = 256

_SPELLINGS_OF = {
    "account_id": ("groupId", "group_id", "account_id", "accountId"),
    "vat_id": ("vat_id", "vatId", "vat", "vat_number", "vatNumber"),
    "gln": ("gln", "GLN"),
    "duns": ("duns", "duns_number", "dunsNumber"),
}
_SAID_AS = {spelling: kind for kind, spellings in _SPELLINGS_OF.items() for spelling in spellings}
NAME_TRAITS = frozenset(_SAID_AS)
"""Traits that hold a name of the business."""

_NOBODY = frozenset("null none nil undefined unknown n/a na - . false true test anonymous".split(" "))
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")
_VAT_SUFFIX = re.compile(r"(?<=\d)(MWST|TVA|IVA)$")
_COUNTED_UP = "01234567890123456789"


def names_in(traits: Json) -> tuple[Identifier, ...]:
    """The names of one business among these traits, strongest first, without repeats and placeholders."""
    found: list[Identifier] = []
    for kind, spellings in _SPELLINGS_OF.items():
        for spelling in spellings:
            one = spelled(kind, traits.get(spelling))
            if one is not None and one not in found:
                found.append(one)
    return tuple(found)


def spelled(kind: str, value: object) -> Identifier | None:
    """A name of this kind in its one spelling; None when the value names no business."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = unicodedata.normalize("NFKC", str(value)).strip()
    if not text or len(text) > LONGEST_NAME or text.lower() in _NOBODY or not text.strip("0 -"):
        return None
    found = _SPELLINGS[kind](text)
    return None if found is None else Identifier(kind, found)


def _own(text: str) -> str:
    return text


def _vat(text: str) -> str | None:
    """Capitals and digits behind the letters of a country; a number that anybody would make up names nobody."""
    packed = _VAT_SUFFIX.sub("", re.sub(r"[\s./-]", "", text.upper()))
    digits = "".join(letter for letter in packed[2:] if letter.isdigit())
    if not _VAT.fullmatch(packed) or not digits or _is_made_up(digits):
        return None
    return packed


def _gln(text: str) -> str | None:
    digits = re.sub(r"[\s-]", "", text)
    return digits if is_gln(digits) and not _is_made_up(digits) else None


def _duns(text: str) -> str | None:
    digits = re.sub(r"[\s-]", "", text)
    if len(digits) != 9 or not (digits.isascii() and digits.isdigit()) or _is_made_up(digits):
        return None
    return digits


def _is_made_up(digits: str) -> bool:
    return len(digits) > 2 and (len(set(digits)) == 1 or digits in _COUNTED_UP)


_SPELLINGS: dict[str, Callable[[str], str | None]] = {"account_id": _own, "vat_id": _vat, "gln": _gln, "duns": _duns}
