"""What made-up people may be called and where they may live, as tables that are drawn from by number."""

import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import NamedTuple

import numpy as np

COUNTRIES = ("DE", "FR", "GB", "US", "JP")
JAPAN = COUNTRIES.index("JP")

PROPER, PLAIN, ASCII = 0, 1, 2
"""Spellings: as the person writes it; without accents (in Japan: kana); in ASCII (ä is ae; in Japan: romaji)."""

NOTHING = np.array(None, dtype=object)
"""What stands in a column of texts where nothing was told."""

_LETTERS = str.maketrans({"ß": "ss", "\u0131": "i", "Ø": "O", "ø": "o", "’": "'"})
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"})
# Zipf's law as Mandelbrot wrote it: about 2 in 100 people bear the first of a thousand surnames, as in Europe.
_FLAT = 10


class Range(NamedTuple):
    """Part of a table that is drawn from: the first number, and the sums of the shares of each."""

    first: int
    shares: np.ndarray

    def draw(self, chance: np.ndarray) -> np.ndarray:
        """Numbers in the table for chances between 0 and 1."""
        return self.first + np.searchsorted(self.shares, chance, side="right")


@dataclass(frozen=True, slots=True)
class Table:
    """Words in three spellings, spelled[spelling][number], and the range of each kind."""

    spelled: np.ndarray
    ranges: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """All tables. given: ranges by 2 * country + sex (1 is male). short: the nickname of a given name or itself.

    city_codes: how postcodes of a city begin. mobile, area: prefixes by country. digits: of a mobile and of a landline
    after the country code.
    """

    shares: np.ndarray
    given: Table
    short: np.ndarray
    family: Table
    street: Table
    city: Table
    city_codes: np.ndarray
    mobile: tuple[np.ndarray, ...]
    area: tuple[np.ndarray, ...]
    mail: tuple[np.ndarray, ...]
    calling: np.ndarray
    digits: tuple[tuple[int, int], ...]


@cache
def names() -> Names:
    """The tables of every country, read once."""
    told = tomllib.loads(files("noline.doors.bench").joinpath("people_names.toml").read_text("utf-8"))
    countries = [told[country] for country in COUNTRIES]
    given = [_words(one[sex]) for one in countries for sex in ("female", "male")]
    nicknames = dict(pair.split(":") for one in countries for pair in one["nicknames"].split())
    cities = [[word.split(":") for word in one["cities"].split()] for one in countries]
    return Names(
        shares=np.cumsum([one["share"] for one in countries]),
        given=_table(given),
        short=objects([nicknames.get(word[PROPER], word[PROPER]) for words in given for word in words]),
        family=_table([_families(one) for one in countries]),
        street=_table([[_street(word) for word in one["streets"].split()] for one in countries]),
        city=_table([[_spellings(_spaced(name)) for name, _ in some] for some in cities]),
        city_codes=objects([code for some in cities for _, code in some]),
        mobile=tuple(objects(one["mobile"]) for one in countries),
        area=tuple(objects(one["area"]) for one in countries),
        mail=tuple(objects(one["mail"]) for one in countries),
        calling=objects([one["phone"] for one in countries]),
        digits=tuple((one["digits"][0], one["digits"][1]) for one in countries),
    )


def plain(text: str) -> str:
    """Without accents."""
    letters = unicodedata.normalize("NFD", text.translate(_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _families(country: dict[str, str]) -> list[tuple[str, str, str]]:
    """The common ones, then every beginning with every ending."""
    made = product(country["first"].split(), country["last"].split())
    compounds = ("/".join(map("".join, zip(one.split("/"), other.split("/"), strict=True))) for one, other in made)
    return list(dict.fromkeys([*_words(country["family"]), *map(_spellings, compounds)]))


def _words(text: str) -> list[tuple[str, str, str]]:
    return [_spellings(word) for word in dict.fromkeys(text.split())]


def _spellings(word: str) -> tuple[str, str, str]:
    parts = word.split("/")
    match len(parts):
        case 1:
            return word, plain(word), plain(word.translate(_GERMAN))
        case 2:
            return parts[0], plain(parts[0]), parts[1]
        case _:
            return parts[0], parts[1], parts[2]


def _street(word: str) -> tuple[str, str, str]:
    """As it is written, abbreviated, and in ASCII."""
    word = _spaced(word)
    if "/" in word:
        kanji, romaji = word.split("/")
        return kanji, kanji, romaji
    full, short = word.split("|")
    return full, short, plain(full.translate(_GERMAN))


def _spaced(word: str) -> str:
    return word.replace("&", " ")


def _table(kinds: Sequence[Sequence[tuple[str, str, str]]]) -> Table:
    spelled = np.array([word for words in kinds for word in words], dtype=object).T
    ranges: list[Range] = []
    first = 0
    for words in kinds:
        weights = 1 / (np.arange(len(words)) + _FLAT)
        shares = np.cumsum(weights / weights.sum())
        shares[-1] = 1.0
        ranges.append(Range(first, shares))
        first += len(words)
    return Table(spelled, tuple(ranges))


def objects(words: Iterable[str | None]) -> np.ndarray:
    """Texts as a column."""
    return np.array(list(words), dtype=object)
