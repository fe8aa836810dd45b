"""One language: its sentences, and how it writes dates, lists and counts.

A sentence is a text with slots, `{name}` or `{name:how}`. How: `list` joins names, `de` joins them after the French
*de*, `date` writes a day, `on` puts it into a sentence (`on 2 November`, `today`), `time` writes a time of day, `count`
puts a number before its word in the right form, `channel` says where. A sentence whose slots are not all filled is not
said.
"""

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date, time
from functools import lru_cache
from importlib.resources import files
from typing import Any, NamedTuple

from noline.insight.greeting.errors import LanguageUnknown, WordsUnknown
from noline.kernel.spoken import words_in

LANGUAGES = ("en", "de", "fr", "ja")

Slots = Mapping[str, object]
"""Values by the name of their slot: texts, tuples of names, days, times of day (`datetime.time`), counts."""

_SLOT = re.compile(r"\{(\w+)(?::(\w+))?\}")
_MOST_NAMES = 3
_VOWELS = frozenset("aeiouàâäéèêëîïôöûüœæAEIOUÀÂÄÉÈÊËÎÏÔÖÛÜŒÆ")


class Template(NamedTuple):
    """A sentence cut at its slots: texts around them, the names of the slots, and how each is written."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    hows: tuple[str, ...]


class Day(NamedTuple):
    """A day, and the day on which it is spoken of; None where that is not known."""

    day: date
    today: date | None = None


@lru_cache(maxsize=1024)
def template(text: str) -> Template:
    """A text with its slots."""
    parts = _SLOT.split(text)
    return Template(tuple(parts[0::3]), tuple(parts[1::3]), tuple(how or "" for how in parts[2::3]))


def language_of(told: str | None, otherwise: str = "en") -> str:
    """Which of our languages a tag such as `fr-CH` or `de_AT` asks for; another one where we have no words."""
    code = (told or "").replace("_", "-").partition("-")[0].lower()
    return code if code in LANGUAGES else otherwise


class Language:
    """The words of one language."""

    def __init__(self, code: str) -> None:
        """Read its file. Raises LanguageUnknown."""
        if code not in LANGUAGES:
            raise LanguageUnknown(language=repr(code))
        from babel import Locale

        self.code = code
        self.words: dict[str, Any] = tomllib.loads(
            (files("noline.insight.greeting") / "languages" / f"{code}.toml").read_text("utf-8")
        )
        self._locale = Locale.parse(self.words["locale"])
        self._date = lru_cache(maxsize=4096)(self._plain_date)
        self._list = lru_cache(maxsize=4096)(self._joined)
        self._compiled = {
            (section, key): _compiled(value)
            for section, entries in self.words.items()
            if isinstance(entries, dict)
            for key, value in entries.items()
        }
        self.ordinary = frozenset(_plain_words(self.words))
        self.harmless = frozenset(self.words["checking"]["harmless"].split())
        self._write: dict[str, Callable[[Any], str]] = {
            "": _text,
            "list": lambda names: self._list(_names(names)),
            "de": lambda names: self._list(tuple(_after_de(name) for name in _names(names))),
            "date": lambda day: self.written(_day(day)),
            "on": self.on,
            "time": self.written_time,
            "channel": lambda channel: self.words["channels"].get(channel, ""),
        }

    def has(self, section: str, key: str) -> bool:
        """Whether there are words for this."""
        return (section, key) in self._compiled

    def variants(self, section: str, key: str, *, informal: bool = False) -> tuple[Template, ...]:
        """All ways to say something; where there are none for friends, the formal ones."""
        found = self._compiled.get((section, f"{key}_informal")) if informal else None
        return found or self._compiled.get((section, key), ())

    def say(self, section: str, key: str, slots: Slots, seed: int = 0, *, informal: bool = False) -> str:
        """One of the ways to say something; empty where there is none, or where a slot has nothing in it."""
        ways = self.variants(section, key, informal=informal)
        return self.fill(ways[seed % len(ways)], slots) if ways else ""

    def fill(self, words: Template, slots: Slots) -> str:
        """A sentence with its slots filled; empty where one has nothing in it."""
        done = [words.texts[0]]
        for name, how, after in zip(words.names, words.hows, words.texts[1:], strict=True):
            value = slots.get(name)
            written = "" if value is None else self._count(name, value) if how == "count" else self._write[how](value)
            if not written:
                return ""
            done += (written, after)
        return "".join(done)

    def phrase(self, text: str, slots: Slots) -> str:
        """A text of somebody else with its slots filled. Raises WordsUnknown."""
        words = template(text)
        if unknown := set(words.hows) - {*self._write, "count"}:
            raise WordsUnknown(template=repr(text), language=self.code, why=f"no slot is written as {min(unknown)}")
        if missing := [name for name in words.names if name not in slots]:
            raise WordsUnknown(template=repr(text), language=self.code, why=f"{missing[0]} has no value")
        return self.fill(words, slots)

    def sentences(self, section: str, keys: Collection[str]) -> Iterator[str]:
        """The texts around the slots of all ways to say these things, also to friends and without a name."""
        for (of, key), ways in self._compiled.items():
            if of == section and key.removesuffix("_nameless").removesuffix("_informal") in keys:
                yield from (text for way in ways for text in way.texts)

    def written(self, day: Day) -> str:
        """A day as the language writes it, with the year where it is another one than today's."""
        return self._date(day.day, with_year=_other_year(day))

    def _count(self, name: str, value: object) -> str:
        forms: Mapping[str, str] = self.words["counts"].get(name, {})
        number = int(str(value))
        form = forms.get(self._locale.plural_form(number)) or forms.get("other", "{n}")
        return form.replace("{n}", str(number))

    def _plain_date(self, day: date, *, with_year: bool) -> str:
        from babel.dates import format_date, format_skeleton

        if with_year:
            written = str(format_date(day, "long", locale=self._locale))
        else:
            written = str(format_skeleton("MMMMd", day, locale=self._locale))
        first = self.words["dates"].get("first", "")
        return f"{first}{written[1:]}" if first and day.day == 1 else written

    def on(self, told: object) -> str:
        """A day within a sentence: `on 2 November`, or `today`."""
        day = _day(told)
        words = self.words["dates"]
        if day.today is not None and 0 <= (ago := (day.today - day.day).days) <= 1:
            return str(words["yesterday" if ago else "today"])
        return str(words["on"]).replace("{date}", self.written(day))

    def written_time(self, told: object) -> str:
        """A time of day as the language writes it."""
        hour, minute = _time(told)
        words = self.words["times"]
        return str(words["part" if minute else "whole"]).replace("{h}", str(hour)).replace("{mm}", f"{minute:02}")

    def _joined(self, names: tuple[str, ...]) -> str:
        from babel.lists import format_list

        shown = str(format_list(list(names[:_MOST_NAMES]), locale=self._locale)) if names else ""
        if len(names) <= _MOST_NAMES:
            return shown
        more = str(self.words["lists"]["more"])
        return more.replace("{list}", shown).replace("{commas}", ", ".join(names[:_MOST_NAMES]))


@lru_cache(maxsize=len(LANGUAGES))
def language(code: str) -> Language:
    """The words of a language, read once. Raises LanguageUnknown."""
    return Language(code)


def _compiled(value: object) -> tuple[Template, ...]:
    if isinstance(value, str):
        return (template(value),)
    return tuple(template(text) for text in value) if isinstance(value, list) else ()


def _plain_words(value: object) -> Iterator[str]:
    """Every word of the file outside slots, in lower case."""
    if isinstance(value, str):
        yield from words_in(_SLOT.sub(" ", value).replace("{n}", " "))
    elif isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _plain_words(part)


def _text(value: object) -> str:
    return str(value)


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(str(name) for name in value) if isinstance(value, Sequence) else ()


def _time(value: object) -> tuple[int, int]:
    moment = value if isinstance(value, time) else time.fromisoformat(str(value))
    return moment.hour, moment.minute


def _day(value: object) -> Day:
    if isinstance(value, Day):
        return value
    if isinstance(value, date):
        return Day(value)
    return Day(date.fromisoformat(str(value)))


def _other_year(day: Day) -> bool:
    return day.today is not None and day.today.year != day.day.year


def _after_de(name: str) -> str:
    """*d'* before a vowel; an h is taken for aspirated, as in most names from abroad."""
    return f"d’{name}" if name[:1] in _VOWELS else f"de {name}"
