"""Clues: what a customer says at a counter, and what it finds. Some digits of a phone, a name as it sounds, a city.

A clue is a short text whose first letter tells its kind. Clues that begin alike lie under one routing key, side by
side, so the beginning of a word finds it; numbers are written backwards, so their last digits do.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from noline.kernel.events import Digest, Identifier, route_of
from noline.truth.profiles.model import Posting, Range, Sound

NAME, SOUND, PLACE, POSTCODE, PHONE, NUMBER = "nscpdl"

KINDS = {NAME: "name", PLACE: "city", POSTCODE: "postcode", PHONE: "phone", NUMBER: "number"}

_TOGETHER = {NAME: 3, PLACE: 3, POSTCODE: 3, PHONE: 4, NUMBER: 4}
"""How many letters of a kind of clue decide where it lies, which is also the least that finds it."""

_OWN_KEY_LETTERS = 12
"""Clues that are found as a whole only: more letters than any of them has."""

_LONGEST_WORD = 40
_MOST_WORDS = 12
_MOST_ALIKE = 6

NUMBERED = frozenset(("loyalty_id", "crm_id", "account_id"))
IDENTIFYING = frozenset(("phone", *NUMBERED))
"""Kinds of identifiers by a part of which somebody can be found."""

NAMES = frozenset(
    ("name", "firstName", "lastName", "middleName", "nameKana", "firstNameKana", "lastNameKana", "company",
     "company.name")
)  # fmt: skip
_TELLING = NAMES | {"address.city", "address.postalCode"}
"""Attributes by whose value somebody can be found."""

_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"})
_WORD = re.compile("[^\\W_][^\\W_\u3099\u309a]*(?:[\u3099\u309a][^\\W_]*)*")
"""Letters and digits, with the marks of voice that follow a kana."""

_WITHOUT_PUNCTUATION = str.maketrans("", "", "+()./-")
_IDEOGRAPHS = "\u2e80"
"""From here on a single letter is as good as a word."""

_KATAKANA, _HIRAGANA_BELOW = ("\u30a1", "\u30f6"), 0x60

EXACT, ENDING, BEGINNING, ALIKE = 1.0, 0.9, 0.7, 0.4
"""What a clue is worth beside an exact one."""

_OF_PLACES = 0.6
"""A place is worth less than a name: it never tells a person."""


class Sign(NamedTuple):
    """One way in which a typed word may stand in the clues. words: how to say that it does."""

    clue: str
    exact: bool
    worth: float
    words: str


class Term(NamedTuple):
    """One thing that was typed, and every way in which it may be meant."""

    typed: str
    signs: tuple[Sign, ...]


def folded(text: str) -> str:
    """Lower case without accents; katakana as hiragana."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text).casefold().translate(_LETTERS)
    return "".join(_as_hiragana(letter) for letter in plain if not "\u0300" <= letter <= "\u036f")


def words(text: str) -> list[str]:
    """The words of a text, folded; apostrophes and hyphens part them, dots inside initials do too."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(folded(text))[:_MOST_WORDS]]


@lru_cache(maxsize=16_384)
def sound(word: str) -> str | None:
    """How a folded word sounds in the languages of Europe, roughly: Meyer, Maier and Mayr are one. None: too short.

    Letters that are often taken for each other become one; vowels count at the beginning and, but for a silent `e`, at
    the end only.
    """
    if not word.isascii() or not word.isalpha() or len(word) < 3:
        return None
    for written, said in _SAID:
        word = word.replace(written, said)
    if word[-1] == "e" and word[-2] not in _VOWELS:
        word = word[:-1]
    heard = ""
    for place, letter in enumerate(word):
        said = _SAID_LETTERS.get(letter, letter)
        if said == "a" and heard and place < len(word) - 1:
            said = " "
        if said and heard[-1:] != said:
            heard += said
    key = heard.replace(" ", "")
    return key[:8] if len(key) > 1 else None


_SAID = (
    ("sch", "x"), ("tch", "x"), ("sh", "x"), ("ch", "x"), ("ph", "f"), ("gh", "g"), ("th", "t"), ("dt", "t"),
    ("ck", "k"), ("qu", "k"), ("kn", "n"), ("wr", "r"), ("ce", "se"), ("ci", "si"), ("cy", "si"), ("tz", "s"),
    ("ts", "s"), ("ks", "x"),
)  # fmt: skip
_VOWELS = "aeiouy"
_SAID_LETTERS = {
    **dict.fromkeys(_VOWELS, "a"), "h": "", "b": "p", "d": "t", "g": "k", "c": "k", "q": "k", "z": "s", "v": "f",
    "w": "f",
}  # fmt: skip


def clues_of_value(name: str, value: str) -> tuple[str, ...]:
    """The clues in an attribute's value. Many people share a name and a city, so the latest are remembered."""
    return _remembered_clues(name, value) if name in _TELLING else ()


@lru_cache(maxsize=65_536)
def _remembered_clues(name: str, value: str) -> tuple[str, ...]:
    return tuple(_clues_of_value(name, value))


def forget_clues() -> None:
    """Drop what is remembered of words that were read."""
    _remembered_clues.cache_clear()
    sound.cache_clear()


def _clues_of_value(name: str, value: str) -> Iterator[str]:
    if name in NAMES:
        yield from (NAME + word for word in words(value))
    elif name == "address.city":
        yield from (PLACE + word for word in words(value))
    elif name == "address.postalCode" and (code := "".join(words(value))):
        yield POSTCODE + code


def clues_of_identifier(one: Identifier) -> Iterable[str]:
    """The clues in a name by which somebody is known."""
    return _digits_of(one) if one.namespace in IDENTIFYING else ()


def _digits_of(one: Identifier) -> Iterator[str]:
    """The last digits, or letters, of a number, from its end."""
    if one.namespace == "phone":
        digits = one.value.removeprefix("+")
        if not digits.isdecimal():
            digits = "".join(letter for letter in digits if letter.isdecimal())
        if len(digits) >= _TOGETHER[PHONE]:
            yield PHONE + digits[::-1][:_LONGEST_WORD]
    else:
        number = "".join(words(one.value))
        if len(number) >= _TOGETHER[NUMBER]:
            yield NUMBER + number[::-1][:_LONGEST_WORD]


class Routes:
    """Where clues lie."""

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""

        def of(beginning: str) -> int:
            return route_of(digest("clue:" + beginning))

        def place(clue: str) -> tuple[int, bytes]:
            return self._of(_beginning(clue)), clue.encode()

        self._of = lru_cache(maxsize=65_536)(of)
        self._place = lru_cache(maxsize=65_536)(place)

    def forget(self) -> None:
        """Drop what is remembered of clues."""
        self._of.cache_clear()
        self._place.cache_clear()

    def postings(self, subject: bytes, clues: Iterable[str]) -> Iterator[Posting]:
        """The rows by which these clues find a subject."""
        for clue in clues:
            yield *self._place(clue), subject

    def sounds(self, clues: Iterable[str]) -> Iterator[Sound]:
        """How the names among these clues sound."""
        for clue in clues:
            if clue[0] == NAME and (key := sound(clue[1:])):
                yield self.sound(key), key.encode(), clue[1:].encode()

    def sound(self, key: str) -> int:
        """Where the words of a sound lie."""
        return self._of(SOUND + key)

    def stretch(self, sign: Sign) -> Range:
        """Where the clues of a sign lie."""
        low = sign.clue.encode()
        return Range(self._of(_beginning(sign.clue)), low, low + b"\xff", sign.exact)


def sounding_like(word: str, others: Iterable[str]) -> list[Sign]:
    """A word that sounds like others may be one of them; the most like it in writing first."""

    def unlike(other: str) -> tuple[int, int, str]:
        return (abs(len(word) - len(other)), -_alike_at_first(word, other), other)

    alike = sorted((other for other in others if other != word), key=unlike)[:_MOST_ALIKE]
    return [Sign(NAME + other, True, ALIKE, f"is called {other}, which sounds like {word}") for other in alike]


def _alike_at_first(one: str, other: str) -> int:
    """How many letters two words begin with in common."""
    return next((place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))


def is_shown(sign: Sign, clues: Iterable[bytes]) -> bool:
    """Whether one of these clues is what the sign means."""
    looked_for = sign.clue.encode()
    return looked_for in clues if sign.exact else any(clue.startswith(looked_for) for clue in clues)


def terms(text: str, kinds: str = NAME + PLACE + POSTCODE + PHONE + NUMBER) -> list[Term]:
    """What somebody typed, term by term; only what may be of one of these kinds. A phone in groups is one term."""
    found = (Term(piece, tuple(sign for sign in _signs(piece) if sign.clue[0] in kinds)) for piece in _pieces(text))
    return list(dict.fromkeys(term for term in found if term.signs))[:_MOST_WORDS]


def _pieces(text: str) -> Iterator[str]:
    """Words and numbers; groups of at most three digits, or those after a `+`, are put together."""
    group = ""
    is_open = False
    for part in text.split():
        digits = part.translate(_WITHOUT_PUNCTUATION)
        if digits.isdecimal() and (part.startswith("+") or is_open or len(digits) <= 3):
            group += digits
            is_open = is_open or part.startswith("+")
            continue
        if group:
            yield group
            group, is_open = "", False
        yield from [digits] if digits.isdecimal() else words(part)
    if group:
        yield group


def _signs(word: str) -> list[Sign]:
    if word.isdecimal():
        return [*_signs_of_digits(word), *_signs_of_number(word), *_signs_of_postcode(word)]
    if any(letter.isdecimal() for letter in word):
        return [*_signs_of_number(word), *_signs_of_postcode(word), *_signs_of_words(word)]
    return _signs_of_words(word)


def _signs_of_words(word: str) -> list[Sign]:
    found = [
        Sign(NAME + word, True, EXACT, f"is called {word}"),
        Sign(PLACE + word, True, EXACT * _OF_PLACES, f"lives in {word}"),
    ]
    if len(word) >= _together(NAME, word):
        found += [
            Sign(NAME + word, False, BEGINNING, f"has a name that begins with {word}"),
            Sign(PLACE + word, False, BEGINNING * _OF_PLACES, f"lives in a place that begins with {word}"),
        ]
    return found


def _signs_of_digits(digits: str) -> list[Sign]:
    # Before the last digits of a whole number stand its country or nothing, never the zeros that are dialled.
    ending = digits.lstrip("0") if len(digits) > 6 else digits
    if len(ending) < _TOGETHER[PHONE]:
        return []
    return [Sign(PHONE + ending[::-1], False, ENDING, f"has a phone that ends with {ending}")]


def _signs_of_number(word: str) -> list[Sign]:
    if len(word) < _TOGETHER[NUMBER]:
        return []
    return [
        Sign(NUMBER + word[::-1], True, EXACT, f"has the number {word}"),
        Sign(NUMBER + word[::-1], False, ENDING, f"has a number that ends with {word}"),
    ]


def _signs_of_postcode(word: str) -> list[Sign]:
    if not _TOGETHER[POSTCODE] <= len(word) <= 10:
        return []
    return [
        Sign(POSTCODE + word, True, EXACT * _OF_PLACES, f"lives at {word}"),
        Sign(POSTCODE + word, False, BEGINNING * _OF_PLACES, f"lives at a postcode that begins with {word}"),
    ]


def _together(kind: str, word: str) -> int:
    """How many letters decide where a clue lies."""
    if kind in (NAME, PLACE) and word[:1] >= _IDEOGRAPHS:
        return 1
    return _TOGETHER.get(kind, _OWN_KEY_LETTERS)


def _beginning(clue: str) -> str:
    return clue[: 1 + _together(clue[0], clue[1:])]


def _as_hiragana(letter: str) -> str:
    first, last = _KATAKANA
    return chr(ord(letter) - _HIRAGANA_BELOW) if first <= letter <= last else letter
