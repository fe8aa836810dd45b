"""The language files: they say the same things, in several ways, and never what may not be said."""

import re
import tomllib
from importlib.resources import files

import pytest

from insight.greeting_facts import PEOPLE, TODAY, fact, named, sayable
from noline.insight.greeting.language import Language
from noline.insight.greeting.service import LANGUAGES, Greeter, Occasion, called
from noline.kernel.disclosure import bound, forbidden_in

SECTIONS = {"dates", "times", "lists", "counts", "channels", "greeting", "say", "see", "labels", "loops", "checking"}


def words(language):
    text = (files("noline.insight.greeting") / "languages" / f"{language}.toml").read_text("utf-8")
    return tomllib.loads(text)


def sentences(language, *sections):
    """Every sentence of these sections as section, key, text."""
    for section in sections:
        for key, value in words(language)[section].items():
            for text in value if isinstance(value, list) else [value]:
                yield section, key, text


def slots(text):
    return {found.partition(":")[0] for found in re.findall(r"\{([^}]*)\}", text)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_things(language):
    own, english = words(language), words("en")
    assert set(own) == SECTIONS | {"locale"}
    for section in SECTIONS - {"dates"}:
        keys = {key for key in own[section] if not key.endswith("_informal")}
        assert keys == set(english[section]), section


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_way_to_say_a_thing_needs_the_same_of_it(language):
    english = words("en")
    for section, key, text in sentences(language, "greeting", "say", "see", "loops"):
        like = english[section][key.removesuffix("_informal")]
        assert slots(text) == slots(like[0] if isinstance(like, list) else like), (section, key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_is_said_can_be_said_in_two_ways_at_least(language):
    for section in ("greeting", "say"):
        for key, ways in words(language)[section].items():
            assert len(set(ways)) == len(ways) >= 2, (section, key)


@pytest.mark.parametrize("language", ["de", "fr"])
def test_every_sentence_that_says_you_has_its_familiar_form(language):
    formal = {"de": r"\b(Sie|Ihnen|Ihre?[mnrs]?)\b", "fr": r"\b(?<!-)([Vv]ous|[Vv]otre|[Vv]os|[Vv]euillez)\b"}[language]
    for section in ("greeting", "say"):
        own = words(language)[section]
        for key, ways in own.items():
            if key.endswith("_nameless"):
                continue
            if key.endswith("_informal"):
                assert not [text for text in ways if re.search(formal, text)], key
                assert len(ways) == len(own[key.removesuffix("_informal")]), key
            elif any(re.search(formal, text) for text in ways):
                assert f"{key}_informal" in own, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_holds_a_word_that_never_reaches_a_customer(language):
    for section, key, text in sentences(language, "channels", "greeting", "say", "see", "labels", "loops"):
        assert forbidden_in(re.sub(r"\{[^}]*\}", "", text)) == [], (section, key)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("informal", ["false", "true"])
def test_whatever_is_said_claims_nothing_but_facts_that_may_be_said(language, informal):
    greeter = Greeter()
    person = called(PEOPLE[language] | {"informal": informal}, language)
    known = sayable(
        named(" ".join(PEOPLE[language].values())),
        fact("last_purchase.store", ("Ristretto", "Arpeggio"), at="2025-12-01T10:00:00Z"),
        fact("last_purchase.kiosk", "Roma"),
        fact("pickup.o-2", ("Volluto", "Cosi", "Livanto", "Capriccio")),
        fact("appointment.a-1", "Dégustation", unit="2026-11-23T15:30:00Z"),
        fact("appointment.a-2", "Latte Art", unit="2026-11-23T17:00:00Z"),
        fact("preference.intensity", 10, unit="of 13"),
        fact("preference.product", "Ristretto"),
        fact("owned.m-1", "Essenza Mini"),
    )
    ordinary = greeter.ordinary(language)
    for seed in range(6):
        texts = [
            (one.text, one.facts)
            for one in greeter.say(known, language=language, seed=seed, most=9, person=person, setting=TODAY)
        ]
        greetings = [
            greeter.greet(known, language=language, person=person, occasion=occasion, seed=seed)
            for occasion in Occasion
        ]
        texts += [(one.text, one.facts) for one in greetings]
        assert len(texts) == 8 + len(Occasion)
        for text, ids in texts:
            resting = [one for one in known if one.fact.id in ids]
            assert bound(text, resting, greeter.words_of(language, TODAY), ordinary=ordinary) == [], text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_a_channel_and_of_an_open_matter_is_there(language):
    assert set(words(language)["channels"]) == {"store", "web", "app", "call", "mail", "marketplace", "b2b"}
    kinds = {"complaint", "callback", "late_order", "pending_return", "unanswered"}
    assert kinds < set(words(language)["loops"])
    assert kinds | {f"{kind}_nameless" for kind in kinds} <= set(words(language)["greeting"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_written_in_a_way_that_there_is(language):
    known = Language(language)
    hows = {how for ways in known._compiled.values() for way in ways for how in way.hows}
    assert hows <= {"", "list", "de", "date", "on", "time", "count", "channel"}
