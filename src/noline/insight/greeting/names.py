"""How a customer is called in each language, from what was told and never from a guess.

Nobody's gender is read off a name: without a told honorific the full name is said.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

from noline.insight.greeting.model import Called

_HONORIFICS = {
    "en": {"f": "Ms", "m": "Mr", "x": "Mx"},
    "de": {"f": "Frau", "m": "Herr"},
    "fr": {"f": "Madame", "m": "Monsieur"},
}
_SAMA = "様"
_TITLES = {
    "en": {"prof": "Professor", "dr": "Dr"},
    "de": {"prof": "Professor", "dr": "Dr."},
    "fr": {"prof": "Professeur", "dr": "Docteur"},
}
_FEMALE = "frau madame mme mlle mademoiselle ms mrs miss f female w weiblich femme féminin 女 女性".split()
_MALE = "herr hr monsieur mr m mister male männlich homme masculin 男 男性".split()
_SEXES = dict.fromkeys(_FEMALE, "f") | dict.fromkeys(_MALE, "m") | {"mx": "x"}
_LEARNED = {
    "prof": "prof", "professor": "prof", "professorin": "prof", "professeur": "prof", "professeure": "prof",
    "dr": "dr", "doktor": "dr", "doctor": "dr", "docteur": "dr",
}  # fmt: skip
_KEPT_IN_ENGLISH = {"mrs": "Mrs", "miss": "Miss"}
"""Words that somebody chose for herself; only English still has them."""

_TOLD_TITLE = ("title", "honorific", "salutation", "civility", "anrede")
_TOLD_GENDER = ("gender", "sex")
_TOLD_CALL_NAME = ("preferredname", "nickname", "callme")
_TOLD_INFORMAL = ("informal", "du", "tu")
_TOLD_USES_GIVEN = ("usesgivenname", "usesgiven")
_NAMES = frozenset((
    "firstname", "lastname", "name", "namekana", "firstnamekana", "lastnamekana", *_TOLD_CALL_NAME,
))  # fmt: skip
_READ = _NAMES | {*_TOLD_TITLE, *_TOLD_GENDER, *_TOLD_INFORMAL, *_TOLD_USES_GIVEN}
_YES = frozenset("true yes y 1 du tu informal oui ja はい".split())
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff々]")
_BETWEEN = re.compile(r"[\s.,]+")
_CONTROL = re.compile(r"[\s\x00-\x1f\x7f]+")


_NO_NAMES = frozenset(("unknown", "null", "none", "undefined", "anonymous", "n/a", "na", "?", "-", "test"))
_IN_NO_NAME = re.compile(r"[@()\[\]{}<>\uff08\uff09\u3010\u3011\u300c\u300d]")
_MOST_DIGITS_IN_A_NAME = 4
_LONGEST_NAME = 60


@lru_cache(maxsize=8192)
def name_to_say(text: str) -> str:
    """A told name as it may be said: empty for what nobody is called, cut at a word where it is long.

    An address, a number, brackets, a sign that controls how text runs, and words that stand for nothing are no name.
    """
    flat = cleaned(unicodedata.normalize("NFKC", text))
    if flat.casefold() in _NO_NAMES or _IN_NO_NAME.search(flat):
        return ""
    if sum(letter.isdigit() for letter in flat) > _MOST_DIGITS_IN_A_NAME or not any(map(str.isalpha, flat)):
        return ""
    if any(unicodedata.category(letter) in _CONTROLS for letter in text.strip()):
        return ""
    if len(flat) <= _LONGEST_NAME:
        return cleaned(text)
    return flat[: _LONGEST_NAME + 1].rpartition(" ")[0]


_CONTROLS = frozenset(("Cc", "Cf"))


def cleaned(text: str) -> str:
    """One line without what controls a terminal or a page."""
    return _CONTROL.sub(" ", text).strip()


def called(attributes: Mapping[str, str], language: str) -> Called:
    """How a customer is called in `en`, `de`, `fr` or `ja`, from told traits: names, title, gender, informal, kana.

    Names of traits count without case, `_` and `-`. A told `name` stands for first and last name where neither was
    told. A call name (`preferredName`, `nickname`) goes before the first name and asks to be used.
    """
    read = {folded: value for name, value in attributes.items() if (folded := _folded(name)) in _READ}
    told = {name: name_to_say(value) if name in _NAMES else cleaned(value) for name, value in read.items()}
    family, call_name = told.get("lastname", ""), _first(told, _TOLD_CALL_NAME)
    given = call_name or told.get("firstname", "") or ("" if family else told.get("name", ""))
    kana = told.get("namekana") or f"{told.get('lastnamekana', '')} {told.get('firstnamekana', '')}".strip()
    if not (given or family):
        family, _, given = kana.replace("\u3000", " ").partition(" ")
    return Called(
        given=given,
        family=family,
        honorific=_honorific(told, language),
        kana=kana,
        script="Jpan" if _JAPANESE.search(given + family) else "Latn" if given or family else "",
        informal=_first(told, _TOLD_INFORMAL).casefold() in _YES,
        uses_given=bool(call_name) or _first(told, _TOLD_USES_GIVEN).casefold() in _YES,
        title=_title(told, language),
    )


def full_name(person: Called) -> str:
    """Both names in the order of their script: family name first where it is written in Japanese."""
    parts = (person.family, person.given) if person.script == "Jpan" else (person.given, person.family)
    return " ".join(part for part in parts if part)


def address(person: Called, language: str) -> str:
    """What a customer is called when spoken to; empty when nobody told a name."""
    if language == "ja":
        name = person.family or person.given
        return name + _SAMA if name else ""
    if person.given and (person.informal or (person.uses_given and language == "en")):
        return person.given
    if not (person.family and person.given) and not (person.family and (person.honorific or person.title)):
        return person.family or person.given
    return _formal(person, language)


def _formal(person: Called, language: str) -> str:
    """With everything that was told: German says honorific and title, English and French the title instead."""
    if language == "de" and person.honorific:
        return " ".join(part for part in (person.honorific, person.title, person.family) if part)
    if language != "de" and (before := person.title or person.honorific):
        return f"{before} {person.family}"
    return " ".join(part for part in (person.title, full_name(person)) if part)


@lru_cache(maxsize=1024)
def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _first(told: Mapping[str, str], names: Iterable[str]) -> str:
    return next((told[name] for name in names if told.get(name)), "")


def _words(text: str) -> list[str]:
    return [word for word in _BETWEEN.split(text.casefold()) if word] if text else []


def _honorific(told: Mapping[str, str], language: str) -> str:
    """As told by a title, else by a gender; a form of address that the language does not have is left out."""
    if language == "ja":
        return _SAMA
    title = _words(_first(told, _TOLD_TITLE))
    if language == "en" and (kept := next((_KEPT_IN_ENGLISH[word] for word in title if word in _KEPT_IN_ENGLISH), "")):
        return kept
    for word in [*title, *_words(_first(told, _TOLD_GENDER))]:
        if word in _SEXES:
            return _HONORIFICS[language].get(_SEXES[word], "")
    return ""


def _title(told: Mapping[str, str], language: str) -> str:
    """The highest academic title, which is the one that is said."""
    held = {_LEARNED[word] for word in _words(_first(told, _TOLD_TITLE)) if word in _LEARNED}
    best = "prof" if "prof" in held else "dr" if "dr" in held else ""
    return _TITLES.get(language, {}).get(best, "")
