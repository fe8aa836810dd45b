"""Words that somebody else made, a language model for one: may they be said to this customer?

The words are guilty until shown otherwise: each of them has to stand in a fact that may be spoken, in how the customer
is called, in our own sentences about such facts, or in a short list of harmless words of the language. Numbers, names,
promises and claims are looked for besides, so that the card can say what was wrong. A false alarm costs nothing but
variety, because our own sentence is said instead.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from noline.insight.greeting.language import LANGUAGES, Language, language
from noline.insight.greeting.model import Called
from noline.insight.greeting.names import address
from noline.insight.greeting.telling import Setting, words_of
from noline.kernel.disclosure import CardFact, Sayable, bound, forbidden_in
from noline.kernel.special import proxies_in
from noline.kernel.spoken import plain, runs_in, unknown, unsaid, words_in

LONGEST = 300
"""Characters of a greeting: what is said in about twenty seconds."""

_MARKUP = re.compile(r"[\x00-\x1f\x7f<>{}\[\]|`*#_\\@]|https?:|www\.|//", re.IGNORECASE)
_JAPANESE = re.compile(r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ\u0100-\u024f]")
_LETTER = re.compile(r"[^\W\d_]")
_MOST_WORDS_IN_A_NAME = 12
_SENTENCE_END = re.compile(r"[.!?]\s+\w+\s+\w|[\u3002\uff01\uff1f]")
_SOMEBODY = re.compile(r"(?<!お客)様")


def objections(
    text: str,
    sayables: Sequence[Sayable],
    *,
    code: str,
    person: Called,
    setting: Setting,
    products: Collection[str] = frozenset(),
) -> str:
    """The first reason why a text may not be said; empty when it may.

    sayables: the facts it was made from. products: words in lower case that name products wherever they stand.
    """
    words = language(code)
    return next(_all_objections(text, sayables, words, person, setting, products), "")


def is_plain(fact: CardFact, setting: Setting) -> bool:
    """Whether a fact reads like names and numbers, not like instructions to whoever reads it."""
    texts = [fact.value] if isinstance(fact.value, str) else fact.value if isinstance(fact.value, tuple) else ()
    return all(_reads_like_a_name(setting.names.get(text, text)) for text in texts if isinstance(text, str))


def _reads_like_a_name(text: str) -> bool:
    return (
        len(text.split()) <= _MOST_WORDS_IN_A_NAME
        and not _MARKUP.search(text)
        and not _SENTENCE_END.search(text)
        and not forbidden_in(text)
    )


def _all_objections(
    text: str,
    sayables: Sequence[Sayable],
    words: Language,
    person: Called,
    setting: Setting,
    products: Collection[str],
) -> Iterator[str]:
    yield from _of_form(text)
    if found := forbidden_in(text):
        yield f"it holds words that never reach a customer: {_listed(found)}"
    parts = [part for one in sayables for part in words_of(one.fact, words, setting)]
    held = {word for part in parts for word in words_in(part)}
    if found := _not_held("promises", text, words, held):
        yield f"it promises something: {_listed(found)}"
    if found := _not_held("claims", text, words, held) or sorted(proxies_in(plain(text))):
        yield f"it claims what no fact says: {_listed(found)}"
    if not _is_written_in(text, words.code, held):
        yield f"it is not written in {words.code}"
    ordinary = words.ordinary
    found = bound(text, sayables, lambda fact: words_of(fact, words, setting), names=products, ordinary=ordinary)
    if found:
        yield f"no fact that may be said holds {_listed(found)}"
    if not _calls_rightly(text, sayables, person, words.code):
        yield "it calls the customer otherwise than they want to be called"
    if found := _never_ours(text, sayables, words, [*parts, address(person, words.code)]):
        yield f"these are not our words: {_listed(found)}"


def _of_form(text: str) -> Iterator[str]:
    """What is wrong with a text whatever it says."""
    if not text.strip():
        yield "it says nothing"
    if len(text) > LONGEST:
        yield f"it is longer than {LONGEST} characters"
    if _MARKUP.search(text):
        yield "it holds markup, an address or a line break"


def _never_ours(text: str, sayables: Iterable[Sayable], words: Language, told: Iterable[str]) -> list[str]:
    """What of a text stands in none of our sentences, in nothing told, and is not harmless.

    told: what the facts say and how the customer is called.
    """
    ours = _our_sentences(words.code, frozenset(one.fact.key.partition(".")[0] for one in sayables))
    if words.code == "ja":
        return unsaid(text, {*words.harmless, *(run for part in (*ours, *told) for run in runs_in(part))})
    return unknown(text, {*words.harmless, *(word for part in (*ours, *told) for word in words_in(part))})


@lru_cache(maxsize=256)
def _our_sentences(code: str, about: frozenset[str]) -> tuple[str, ...]:
    """Our sentences as far as facts about these things may be spoken: nobody is told of a parcel that is not there."""
    words = language(code)
    greetings = {key for head, keys in _GREETINGS.items() if head in about or not head for key in keys}
    said = {key for head, keys in _SAID.items() if head in about for key in keys}
    return (*words.sentences("greeting", greetings), *words.sentences("say", said))


_GREETINGS = {
    "": ("first", "known", "returning"),
    "pickup": ("pickup", "pickups"),
    "appointment": ("appointment",),
}
_SAID = {
    "pickup": ("pickup",),
    "appointment": ("appointment_time",),
    "last_purchase": ("last_purchase", "last_purchase_anywhere"),
    "preference": ("favourite",),
    "owned": ("owned",),
}
"""Which of our sentences are about what. How strong somebody likes it, a model says only in the words of the fact."""


def _not_held(kind: str, text: str, words: Language, held: Collection[str]) -> list[str]:
    """Those of the listed words that a text has and no fact holds."""
    listed = words.words["checking"][kind].split()
    if words.code == "ja":
        return [word for word in listed if word in plain(text) and not any(word in one for one in held)]
    return sorted((words_in(text) & set(listed)) - set(held))


def _is_written_in(text: str, code: str, held: Collection[str]) -> bool:
    """Whether a text is in a language: in its script, and with more of its words than of any other one's."""
    rest = " ".join(word for word in words_in(text) if word not in held)
    letters, japanese = len(_LETTER.findall(rest)), len(_JAPANESE.findall(rest))
    if code == "ja":
        return 2 * japanese > letters
    if len(_LATIN.findall(rest)) < letters:
        return False
    known = {other: len(_own_words(other) & words_in(text)) for other in LANGUAGES if other != "ja"}
    return known[code] > 0 and known[code] == max(known.values())


@lru_cache(maxsize=len(LANGUAGES))
def _own_words(code: str) -> frozenset[str]:
    """The words of our sentences in one language that are not in those of another one."""
    others = (language(other).ordinary for other in LANGUAGES if other not in {code, "ja"})
    return language(code).ordinary.difference(*others)


def _calls_rightly(text: str, sayables: Iterable[Sayable], person: Called, code: str) -> bool:
    """Whether a text says the name as our own greeting would, or no name where none may be said."""
    may_be_said = any(one.fact.key.partition(".")[0] == "name" for one in sayables)
    name = plain(address(person, code)) if may_be_said else ""
    flat = plain(text)
    rest = flat.replace(name, " ") if name else flat
    if name not in flat or (code == "ja" and _SOMEBODY.search(rest)):
        return False
    if person.script == "Jpan":
        return not any(part and part in rest for part in (plain(person.given), plain(person.family)))
    return not words_in(rest) & words_in(f"{person.given} {person.family}")


def _listed(found: Sequence[str]) -> str:
    return ", ".join(repr(word) for word in found[:5])
