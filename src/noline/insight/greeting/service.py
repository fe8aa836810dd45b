"""The door of the room: what is said and shown to whom, in which words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from noline.insight.greeting.errors import LanguageUnknown, WordsUnknown
from noline.insight.greeting.language import LANGUAGES, Day, Language, Slots, language, language_of
from noline.insight.greeting.model import (
    NOBODY,
    SILENCE,
    Called,
    Chip,
    Greeting,
    Occasion,
    Sentence,
    seed_of,
)
from noline.insight.greeting.names import address, called, full_name
from noline.insight.greeting.telling import (
    SHOWN_FIRST,
    SPOKEN_FIRST,
    USUAL,
    Setting,
    day_of,
    kind_of_loop,
    shown,
    told,
    words_of,
)
from noline.kernel.disclosure import CardFact, Sayable, forbidden_in

__all__ = [
    "LANGUAGES",
    "NOBODY",
    "SILENCE",
    "USUAL",
    "Called",
    "Chip",
    "Greeter",
    "Greeting",
    "LanguageUnknown",
    "Occasion",
    "Sentence",
    "Setting",
    "WordsUnknown",
    "address",
    "called",
    "full_name",
    "language_of",
    "seed_of",
]

_MOST_SAID = 3
_MOST_SEEN = 5


class Greeter:
    """Words in `en`, `de`, `fr` and `ja`; a language is read when it is first spoken.

    Every method raises LanguageUnknown for another one.
    """

    def greet(
        self,
        sayables: Sequence[Sayable],
        *,
        language: str,
        person: Called = NOBODY,
        occasion: Occasion = Occasion.FIRST,
        seed: int = 0,
    ) -> Greeting:
        """What is said first. A name is only said when a fact `name` may be; passive presence is met with silence.

        An open loop makes it an apology, which names the matter only when a fact `open_loop` may be said. Who comes for
        an order or an appointment of which nothing may be said is greeted like anybody.
        """
        words = _words(language)
        if occasion is Occasion.PASSIVE:
            return SILENCE
        found = _by_head(sayables)
        key, facts = _occasion(occasion, found)
        name = address(person, language) if "name" in found else ""
        if name and forbidden_in(name):
            name = ""
        apology = occasion is Occasion.LOOP
        if name:
            text = words.say("greeting", key, {"name": name}, seed, informal=person.informal)
            return Greeting(text, (*(one.id for one in found["name"]), *facts), apology)
        return Greeting(words.say("greeting", f"{key}_nameless", {}, seed), facts, apology)

    def say(
        self,
        sayables: Sequence[Sayable],
        *,
        language: str,
        seed: int = 0,
        most: int = _MOST_SAID,
        person: Called = NOBODY,
        setting: Setting = USUAL,
    ) -> list[Sentence]:
        """What else may be said, the most pressing first; of each kind of fact one before any has two."""
        words = _words(language)
        spoken: list[Sentence] = []
        for fact in _in_turn((one.fact for one in sayables), SPOKEN_FIRST):
            if len(spoken) == most:
                break
            found = told(fact, words, setting)
            if found is None or not _may_be_told(found.slots):
                continue
            if text := words.say("say", found.key, found.slots, seed, informal=person.informal):
                spoken.append(Sentence(text, (fact.id,)))
        return spoken

    def see(
        self, facts: Iterable[CardFact], *, language: str, most: int = _MOST_SEEN, setting: Setting = USUAL
    ) -> list[Chip]:
        """What is shown and not spoken, the most useful first. facts: those that may be shown."""
        words = _words(language)
        chips: list[Chip] = []
        for fact in _in_turn(facts, SHOWN_FIRST):
            if len(chips) == most:
                break
            found = shown(fact, words, setting)
            if found is None or not _may_be_told(found.slots):
                continue
            if text := words.say(_section(found.key), found.key, found.slots):
                chips.append(Chip(fact.key, text, (fact.id,)))
        return chips

    def loop(self, kind: str, fact: CardFact | None, language: str, setting: Setting = USUAL) -> str:
        """An open matter as the associate reads it: what it is, since when, and what its fact says besides."""
        words = _words(language)
        named = words.words["loops"].get(kind) or words.words["loops"]["other"]
        if fact is None:
            return str(named)
        found = shown(fact, words, setting)
        text = str(found.slots.get("text", "")) if found else ""
        slots = {"kind": named, "day": day_of(fact.observed_at, setting), "text": text}
        about = words.say("loops", "about", slots) if _may_be_told(slots) else ""
        return about or words.say("loops", "since", slots)

    def reason(self, template: str, values: Mapping[str, object], language: str) -> str:
        """Words of an action with their slots filled, `{items:list}`, `{day:on}`; empty where one has nothing in it.

        values: texts, tuples of names, days, counts. Raises WordsUnknown for a slot without a value.
        """
        return _words(language).phrase(template, values)

    def words_of(self, language: str, setting: Setting = USUAL) -> Callable[[CardFact], tuple[str, ...]]:
        """How facts may be worded in this language, as `kernel.disclosure.bound` asks for it."""
        words = _words(language)
        return lambda fact: words_of(fact, words, setting)

    def ordinary(self, language: str) -> frozenset[str]:
        """Words in lower case that name nothing, though they may be written large: those of all our sentences."""
        return _words(language).ordinary


def _may_be_told(slots: Slots) -> bool:
    """Whether nothing that fills a sentence holds a word that never reaches a customer."""
    for value in slots.values():
        if isinstance(value, tuple) and not isinstance(value, Day):
            if not _are_fit(value):
                return False
        elif isinstance(value, str) and not value.isdecimal() and forbidden_in(value):
            return False
    return True


@lru_cache(maxsize=8192)
def _are_fit(names: tuple[str, ...]) -> bool:
    return not forbidden_in(" ".join(names))


def _words(code: str) -> Language:
    return language(code)


def _section(key: str) -> str:
    return "loops" if key in {"since", "about"} else "see"


def _by_head(sayables: Iterable[Sayable]) -> dict[str, list[CardFact]]:
    """Facts by the part of their key before the first dot."""
    found: dict[str, list[CardFact]] = {}
    for fact in (one.fact for one in sayables):
        found.setdefault(fact.key.partition(".")[0], []).append(fact)
    return found


def _occasion(occasion: Occasion, found: Mapping[str, list[CardFact]]) -> tuple[str, tuple[str, ...]]:
    """The key of the greeting, and the facts beside the name that it rests on."""
    if occasion is Occasion.LOOP:
        loops = [*found.get("open_loop", ()), *found.get("complaint", ())]
        kind = kind_of_loop(loops[0]) if loops else "other"
        return ("loop", ()) if kind == "other" else (kind, (loops[0].id,))
    if occasion is Occasion.RETURNING:
        return "returning", ()
    if occasion is Occasion.PICKUP and (ready := found.get("pickup")):
        return "pickups" if len(ready) > 1 else "pickup", tuple(one.id for one in ready)
    if occasion is Occasion.APPOINTMENT and (agreed := found.get("appointment")):
        return "appointment", (agreed[0].id,)
    bought = found.get("last_purchase")
    return ("known", (bought[0].id,)) if bought else ("first", ())


def _in_turn(facts: Iterable[CardFact], ranks: Mapping[str, int]) -> list[CardFact]:
    """Facts that there are words for: first one of each kind by rank, then the second ones; the younger goes first."""
    by_head: dict[str, list[CardFact]] = {}
    for fact in facts:
        if (head := fact.key.partition(".")[0]) in ranks:
            by_head.setdefault(head, []).append(fact)
    turns = [
        (turn, ranks[head], fact)
        for head, ones in by_head.items()
        for turn, fact in enumerate(sorted(ones, key=lambda one: (-one.observed_at, one.key, one.id)))
    ]
    return [fact for *_, fact in sorted(turns, key=lambda one: one[:2])]
