"""What is written in a cell, in the one form in which it can be compared.

Pure functions of one value each; the same ones prepare a table of a million rows and one visitor at the counter.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from noline.insight.matching.variants import (
    COMPANY_WORDS,
    EMPTY,
    GIVEN_ROOTS,
    NOBODY,
    OFFICES,
    SEXES,
    STREET_WORDS,
    SUFFIXES,
    TITLES,
    UNIT_WORDS,
)

_NOT_WORD = re.compile(r"[^\w]+")
_FOLDS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
_SPELT_UMLAUT = re.compile(r"(?<=[^aeiouq])(ae|oe|ue)")
_LOOKS_LIKE = str.maketrans("oOlIiSsBZz", "0011155822")
_NO_NUMBER = re.compile(r"(\d)\1*|0?123456789?0?|9876543210?|1234567?8?")
_JAPANESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_MONTHS = {
    "jan": "01", "feb": "02", "fev": "02", "mar": "03", "mae": "03", "apr": "04", "avr": "04", "may": "05", "mai": "05",
    "jun": "06", "jui": "06", "jul": "07", "aug": "08", "aou": "08", "sep": "09", "oct": "10", "okt": "10", "nov": "11",
    "dec": "12", "dez": "12",
}  # fmt: skip
_NO_BIRTH = frozenset({"19000101", "19010101", "18000101", "11111111", "00010101", "99991231", "12121212"})


class Given(NamedTuple):
    """The given names of a person."""

    given: str | None
    root: str | None
    middle: str | None


class Family(NamedTuple):
    """The family name of a person, its first and last word when it has several, and what stands behind it (jr)."""

    family: str | None
    first: str | None
    last: str | None
    suffix: str | None


class Street(NamedTuple):
    """A street, and the number in it."""

    number: str | None
    street: str | None
    unit: str | None


class Address(NamedTuple):
    """A whole address that was one line."""

    street: Street
    postcode: str | None
    city: str | None


class Email(NamedTuple):
    """An address, and what stands before the @."""

    email: str | None
    local: str | None


def says_nothing(value: str) -> bool:
    """Whether a cell is empty, or filled with what stands for an empty one in exports of databases and sheets."""
    return value.strip().lower() in EMPTY


def folded(value: str) -> str:
    """Small letters without marks; full-width forms and katakana variants as their plain ones; ä = ae = a."""
    if value.isascii():
        return value.lower()
    text = unicodedata.normalize("NFKC", value).lower().translate(_FOLDS)
    return "".join(one for one in unicodedata.normalize("NFD", text) if not "\u0300" <= one <= "\u036f")


def words_of(value: str) -> list[str]:
    """The words of a name, folded; what only joins (', -) joins."""
    text = folded(value).replace("'", "").replace("’", "").replace("`", "")
    if not text.isascii():
        text = "".join(one for one in text if unicodedata.category(one)[0] != "M")  # vowels of Khmer, Hindi, Thai
    return [one for one in _NOT_WORD.sub(" ", text).replace("_", " ").split() if one]


def _unspelt(word: str) -> str:
    """`mueller` and `muller` are one spelling of a name."""
    return _SPELT_UMLAUT.sub(lambda found: found.group()[0], word) if len(word) > 3 else word


@lru_cache(maxsize=100_000)
def given_of(value: str) -> Given:
    """Given names: the first, its common root (`bob` is `robert`), and the letter of the second."""
    # `Anne-Marie` is one name, `Anne Marie` two.
    words = [one for one in words_of(value.replace("-", "")) if one not in TITLES and one not in SUFFIXES]
    if not words or " ".join(words) in NOBODY:
        return Given(None, None, None)
    first = words[0]
    root = GIVEN_ROOTS.get(first) or GIVEN_ROOTS.get(_unspelt(first)) or _called(first) or _unspelt(first)
    return Given(_unspelt(first), root, words[1] if len(words) > 1 else None)


def letters_of(name: str | None) -> str | None:
    """The letters with which a given name may be shortened: those of all forms of it (robert is also bob)."""
    if not name:
        return None
    root = given_of(name).root or name
    return "".join(sorted({name[0], *(_LETTERS_OF_ROOT.get(root, root[0]))}))


def _letters_of_roots() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for form, root in GIVEN_ROOTS.items():
        found.setdefault(root, set()).add(form[0])
    return found


_LETTERS_OF_ROOT = _letters_of_roots()


def _called(name: str) -> str | None:
    """The root of a short name that is spelt with -ie for -y, or the other way round (peggie, jacky)."""
    if name.endswith("ie"):
        return GIVEN_ROOTS.get(name.removesuffix("ie") + "y")
    return GIVEN_ROOTS.get(name.removesuffix("y") + "ie") if name.endswith("y") else None


@lru_cache(maxsize=100_000)
def family_of(value: str) -> Family:
    """A family name without titles; generations (jr, iii) apart."""
    words = [_unspelt(one) for one in words_of(value) if one not in TITLES]
    suffix = next((one for one in words[1:] if one in SUFFIXES), None)
    words = [one for one in words if one not in SUFFIXES] or words
    if not words or " ".join(words) in NOBODY:
        return Family(None, None, None, None)
    parts = [one for one in words if len(one) > 3] or words
    several = len(parts) > 1
    return Family("".join(words), parts[0] if several else None, parts[-1] if several else None, suffix_of(suffix))


def suffix_of(value: str | None) -> str | None:
    """Which of several people of one name: junior is jr, senior is sr."""
    bare = folded(value or "").strip(" .")
    return {"junior": "jr", "senior": "sr"}.get(bare, bare) if bare in SUFFIXES else None


def middle_of(value: str | None) -> str | None:
    """A second given name."""
    words = words_of(value or "")
    return words[0] if words and words[0] not in NOBODY else None


def family_first(value: str) -> bool:
    """Names of East Asia written in their own script begin with the family."""
    return any(
        "\u3040" <= one <= "\u30ff" or "\u4e00" <= one <= "\u9fff" or "\uac00" <= one <= "\ud7af" for one in value
    )


def split_name(value: str, *, families_first: bool = False) -> tuple[str, str]:
    """A joined name as given and family: a comma or an eastern script turns it round.

    A script without spaces is cut after two letters when there are more than two: most families there have two, and
    Korean and Chinese ones, with one, are three letters long at most.
    """
    text = unicodedata.normalize("NFKC", value).strip()
    if "," in text:
        family, _, given = text.partition(",")
        if given.strip().lower().strip(". ") not in SUFFIXES:
            return given.strip(), family.strip()
        text = family.strip()
    eastern = family_first(text)
    if eastern and " " not in text:
        cut = 1 if len(text) <= 3 and not "\u3040" <= text[-1] <= "\u30ff" else 2
        return text[cut:], text[:cut]
    words = [one for one in text.split() if folded(one).strip(".") not in TITLES]
    behind = [one for one in words[1:] if folded(one).strip(".,") in SUFFIXES]
    words = [one for one in words if one not in behind]
    if len(words) < 2:
        return "", " ".join(words)
    if eastern or families_first:
        return " ".join(words[1:]), words[0]
    at = len(words) - 1
    while at > 1 and folded(words[at - 1]) in _PARTICLES:
        at -= 1
    return " ".join(words[:at]), " ".join([*words[at:], *behind])


_PARTICLES = frozenset(
    "von van de der den di da la le del della du dos das ter zu zum zur bin ibn al el st san".split()
)


def org_of(value: str) -> str | None:
    """A company by its words, in alphabetical order, without its legal form."""
    bare = re.sub(r"\(.*?\)", " ", value)  # in brackets stands where it is, or what it was
    told = words_of(bare) or words_of(value)
    words = sorted({one for one in told if one not in COMPANY_WORDS and one not in ("the", "and", "of")})
    return " ".join(words) if words and " ".join(words) not in NOBODY else None


def email_of(value: str) -> Email:
    """An e-mail address without what its provider ignores (+tag; dots at Gmail)."""
    text = folded(value).strip().removeprefix("mailto:").strip("<> ")
    local, at, domain = text.rpartition("@")
    if (
        not at
        or not local
        or "." not in domain
        or local in NOBODY
        or local in ("no", "noemail", "email", "mail", "noreply")
    ):
        return Email(None, None)
    local = local.partition("+")[0]
    if domain in ("gmail.com", "googlemail.com"):
        local, domain = local.replace(".", ""), "gmail.com"
    return Email(f"{local}@{domain}", local) if local else Email(None, None)


def own_email_of(value: str) -> Email:
    """An e-mail address that one person reads; that of an office (info@, sales.berlin@) is nobody's."""
    found = email_of(value)
    shared = found.local is not None and re.split(r"[^a-z]", found.local, maxsplit=1)[0] in OFFICES
    return Email(None, None) if shared else found


def phone_of(value: str) -> str | None:
    """The digits that a number keeps in every way of writing it: the last nine (country and trunk codes vary)."""
    before_extension = re.split(r"(?i)x|ext|#", value.removesuffix(".0"), maxsplit=1)[0]
    digits = "".join(one for one in unicodedata.normalize("NFKC", before_extension) if one.isdigit()).lstrip("0")
    if len(digits) < 6 or _NO_NUMBER.fullmatch(digits) or len(set(digits[-7:])) == 1:
        return None
    return digits[-9:]


def strong_of(value: str) -> str | None:
    """An identifier: letters and digits only."""
    text = "".join(one for one in folded(value).removesuffix(".0") if one.isalnum())
    if text in NOBODY or len(text) < 4 or len(set(text)) == 1 or _NO_NUMBER.fullmatch(text):
        return None
    return text


def trait_of(value: str) -> str | None:
    """Any other property, folded."""
    text = " ".join(words_of(value))
    return text if text and text not in NOBODY else None


def unit_of(value: str) -> str | None:
    """A flat or unit, without the word for it."""
    words = [one for one in words_of(value) if one not in UNIT_WORDS]
    return " ".join(words) or None


def house_of(value: str) -> str | None:
    """A house number."""
    return "".join(words_of(value.removesuffix(".0"))) or None


def sex_of(value: str) -> str | None:
    """F or m; anything else says nothing."""
    return SEXES.get(folded(value).strip(" ."))


def date_parts(value: str) -> tuple[str, str, str] | None:
    """The three parts of a date as they are written; None for a value that is not made of three parts."""
    text = value.strip()
    japanese = _JAPANESE_DATE.match(text)
    if japanese:
        year, month, day = japanese.groups()
        return year, month, day
    text = re.sub(r"[T ]\d\d:\d\d.*$", "", text)
    parts = [one for one in re.split(r"[-/.,\s]+", text) if one]
    if len(parts) == 3:
        parts = [_MONTHS.get(folded(one)[:3], one.translate(_LOOKS_LIKE)) for one in parts]
        return parts[0], parts[1], parts[2]
    return None


ORDERS = ("ymd", "dmy", "mdy")


def date_in(value: str, order: str) -> str | None:
    """A birth date as `yyyymmdd` of a value written in this order; a year alone as `yyyy`. None when neither.

    A date with slips of the pen (`02/31/1967`, `0l/12/1990`) stays: it can still be compared digit by digit.
    """
    parts = date_parts(value)
    if parts is None:
        digits = value.strip().translate(_LOOKS_LIKE)
        digits = digits.removesuffix(".0")
        if not digits.isdigit():
            return None
        if len(digits) == 4:
            return digits if 1850 <= int(digits) <= 2100 else None
        if len(digits) == 7:
            digits = "0" + digits
        if len(digits) != 8:
            return None
        cut = (4, 2, 2) if order == "ymd" else (2, 2, 4)
        parts = (digits[: cut[0]], digits[cut[0] : cut[0] + cut[1]], digits[cut[0] + cut[1] :])
    if len(parts[0]) == 4:
        order = "ymd"
    named = dict(zip(order, parts, strict=True))
    year = named["y"]
    if len(year) == 2 and year.isdigit():
        year = ("19" if int(year) > 25 else "20") + year
    text = year + named["m"].zfill(2) + named["d"].zfill(2)
    return None if text in _NO_BIRTH or not text.isdigit() or len(text) > 9 else text


def is_date(text: str | None) -> bool:
    """Eight digits that are a day of the calendar (29 February always is)."""
    if text is None or len(text) != 8:
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    return 1850 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= 31


@lru_cache(maxsize=100_000)
def street_of(value: str) -> Street:
    """A street line: number, name in its usual short form, unit."""
    words = words_of(re.sub(r"(?<=\d)\s*-\s*(?=\d)", "-", value))
    unit = None
    for at, word in enumerate(words[:-1]):
        if at > 0 and word in UNIT_WORDS and any(one.isdigit() for one in words[at + 1]):
            unit, words = words[at + 1], words[:at] + words[at + 2 :]
            break
    numbers = [at for at, word in enumerate(words) if word[0].isdigit() and not re.fullmatch(r"\d+(st|nd|rd|th)", word)]
    number = None
    if numbers:
        at = numbers[0] if numbers[0] == 0 else numbers[-1]
        number = words[at]
        words = words[:at] + words[at + 1 :]
    kept = [_short(word) for word in words]
    return Street(number, " ".join(kept) or None, unit)


def plain_line(value: str) -> str | None:
    """Another line of an address, its words in their usual short form."""
    return " ".join(_short(one) for one in words_of(value)) or None


def lines_of(parts: Iterable[str | None]) -> str | None:
    """All words of an address once, in alphabetical order, without the words for street; None for fewer than two."""
    words = sorted({word for part in parts if part for word in part.split() if word not in _STREET_ROOTS})
    return " ".join(words) if len(words) > 1 else None


_STREET_ROOTS = frozenset(STREET_WORDS.values())


def _short(word: str) -> str:
    plain = STREET_WORDS.get(word)
    if plain:
        return plain
    for ending in ("strasse", "str"):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return _unspelt(word.removesuffix(ending)) + "str"
    return _unspelt(word)


_POSTCODE = re.compile(
    r"〒?\s*(\d{3}-\d{4})|\b([a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2})\b|\b([a-z]\d[a-z]\s?\d[a-z]\d)\b|\b(\d{4,6})(-\d{4})?\b",
    re.IGNORECASE,
)


def address_of(value: str) -> Address:
    """One line as street, postcode and city: by commas and line breaks, else by the postcode."""
    parts = [one.strip() for one in re.split(r"[,;\n|]+", value) if one.strip()]
    if len(parts) > 2 and re.fullmatch(r"#[\d\W]+", parts[0]):
        parts = parts[1:]  # a flat by floor and number
    while len(parts) > 1 and not re.search(r"\b\d", parts[0]) and re.match(r"\d+\w? [^\W\d]", parts[1]):
        parts = parts[1:]  # the name of a house
    if len(parts) > 1 and words_of(parts[0])[:1] and words_of(parts[0])[0] in UNIT_WORDS:
        parts = [f"{parts[1]} {parts[0]}", *parts[2:]]
    if not parts:
        return Address(Street(None, None, None), None, None)
    rest = " ".join(parts[1:])
    found = _POSTCODE.search(rest) if rest else None
    if found is None and not rest:
        # Without commas the postcode parts street and city; a number at the very beginning is the house's.
        found = next((one for one in _POSTCODE.finditer(parts[0]) if one.start() > 0), None)
        if found is not None:
            return Address(
                street_of(parts[0][: found.start()]), postcode_of(found.group()), city_of(parts[0][found.end() :])
            )
    postcode = postcode_of(found.group()) if found else None
    town = re.sub(_POSTCODE, " ", rest).strip()
    return Address(street_of(parts[0]), postcode, city_of(re.sub(r"\s[A-Z]{2}$", "", town)) if town else None)


def postcode_of(value: str) -> str | None:
    """A postcode without spaces; the first five digits of a long American one; spreadsheets' `.0` taken off."""
    text = "".join(one for one in folded(value).removesuffix(".0") if one.isalnum())
    if re.fullmatch(r"\d{9}", text):
        text = text[:5]
    return text if text and len(set(text)) > 1 and text not in NOBODY else None


def city_of(value: str) -> str | None:
    """A town without what stands beside it."""
    words = [_short(one) for one in words_of(value)]
    text = " ".join(words)
    return text if text and text not in NOBODY else None


def sound_of(word: str | None) -> str | None:
    """A rough key of how a word sounds: its first letter and the next consonant groups (after Russell's Soundex)."""
    if not word or not word.isascii():
        return word[:2] if word else None
    code = [word[0]]
    last = _SOUNDS.get(word[0], "")
    for letter in word[1:]:
        sound = _SOUNDS.get(letter, "")
        if sound and sound != last:
            code.append(sound)
        if letter not in "hw":
            last = sound
    return "".join(code)[:4]


_SOUNDS = {letter: number for number, letters in {
    "1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r",
}.items() for letter in letters}  # fmt: skip


@lru_cache(maxsize=100_000)
def consonants_of(word: str | None) -> str | None:
    """How a word sounds in any alphabet: its consonants, those that are heard alike as one; None for fewer than two.

    The name that Unicode gives a letter begins with its sound (`ARABIC LETTER FEH`, `KHMER LETTER MO`), or holds it
    behind a vowel (`CYRILLIC SMALL LETTER EF`). Signs that stand for words have none.
    """
    heard: list[str] = []
    for at, letter in enumerate(word or ""):
        soft = letter == "c" and (word or "")[at + 1 : at + 2] in ("e", "i", "y")
        for sound in "s" if soft else _heard(letter):
            if heard[-1:] != [sound]:
                heard.append(sound)
    return "".join(heard) if len(heard) > 1 else None


def _heard(letter: str) -> str:
    if letter.isascii():
        return _ALIKE.get(letter, "")
    kind, _, name = unicodedata.name(letter, "").rpartition(" ")
    if not kind.endswith("LETTER") or name in _VOWELS:
        return ""
    return next((_ALIKE[one] for one in name.lower() if one in _ALIKE), "")


_ALIKE = {
    letter: letters[0] for letters in ("pb", "fv", "td", "kgqc", "sz", "j", "l", "m", "n", "r") for letter in letters
} | {"x": "ks"}
_VOWELS = frozenset(
    "ALEF ALEPH AIN AYIN YEH YOD WAW VAV HAMZA ALPHA EPSILON ETA IOTA OMICRON UPSILON OMEGA YERU I".split()
)
