"""How a customer is greeted at the counter, in four languages."""

import subprocess
import sys
import time
from itertools import pairwise

import pytest

from insight.greeting_facts import PEOPLE, TODAY, fact, named, sayable
from noline.insight.greeting.service import (
    LANGUAGES,
    SILENCE,
    Called,
    Greeter,
    LanguageUnknown,
    Occasion,
    called,
    language_of,
    seed_of,
)
from noline.kernel.disclosure import Presence, Provenance

BOUGHT = fact("last_purchase.store", ("Ristretto", "Arpeggio"))
READY = fact("pickup.o-2", ("Volluto",))
STRONG = fact("preference.intensity", 10, unit="of 13", orders=14)
APPOINTMENT = fact("appointment.a-1", "Dégustation", unit="2026-11-23T15:00:00Z")


@pytest.fixture
def greeter():
    return Greeter()


def person(language, **traits):
    return called(PEOPLE[language] | traits, language)


def greeted(greeter, language, occasion, *facts, seed=0, **traits):
    known = sayable(named(), *facts)
    return greeter.greet(known, language=language, person=person(language, **traits), occasion=occasion, seed=seed)


# Greetings


@pytest.mark.parametrize(
    ("language", "occasion", "said"),
    [
        ("en", Occasion.FIRST, "Hello Ms Miller, it’s good to see you again."),
        ("en", Occasion.RETURNING, "Hello again, Ms Miller. What else may I do for you?"),
        ("en", Occasion.PICKUP, "Hello Ms Miller, your order is ready for you."),
        ("en", Occasion.APPOINTMENT, "Hello Ms Miller, we’ve been looking forward to your visit."),
        (
            "en",
            Occasion.LOOP,
            "Hello Ms Miller. I’m sorry that something is still open on our side; let’s settle that first.",
        ),
        ("de", Occasion.FIRST, "Guten Tag, Frau Müller, schön, Sie wiederzusehen."),
        ("de", Occasion.RETURNING, "Da sind Sie ja wieder, Frau Müller. Was darf ich noch für Sie tun?"),
        ("de", Occasion.PICKUP, "Guten Tag, Frau Müller, Ihre Bestellung liegt für Sie bereit."),
        ("de", Occasion.APPOINTMENT, "Guten Tag, Frau Müller, wir haben Sie schon erwartet."),
        (
            "de",
            Occasion.LOOP,
            (
                "Guten Tag, Frau Müller. Es tut mir leid, dass bei uns noch etwas für Sie offen ist; "
                "darum kümmere ich mich zuerst."
            ),
        ),
        ("fr", Occasion.FIRST, "Bonjour Madame Laurent, quel plaisir de vous revoir."),
        ("fr", Occasion.RETURNING, "Rebonjour, Madame Laurent. Que puis-je encore faire pour vous\u202f?"),
        ("fr", Occasion.PICKUP, "Bonjour Madame Laurent, votre commande vous attend."),
        ("fr", Occasion.APPOINTMENT, "Bonjour Madame Laurent, nous vous attendions avec plaisir."),
        (
            "fr",
            Occasion.LOOP,
            (
                "Bonjour Madame Laurent. Veuillez nous excuser, tout n’est pas encore réglé de notre côté\u202f; "
                "je m’en occupe en premier."
            ),
        ),
        ("ja", Occasion.FIRST, "佐藤様、いつもありがとうございます。"),
        ("ja", Occasion.RETURNING, "佐藤様、再びお越しいただき、ありがとうございます。ほかにご用はございますか。"),
        ("ja", Occasion.PICKUP, "佐藤様、お待ちしておりました。ご注文の品をご用意しております。"),
        ("ja", Occasion.APPOINTMENT, "佐藤様、お待ちしておりました。"),
        (
            "ja",
            Occasion.LOOP,
            "佐藤様、お待たせしている件があり、誠に申し訳ございません。まずはその件からご対応いたします。",
        ),
    ],
)
def test_a_greeting_suits_the_occasion(greeter, language, occasion, said):
    found = greeted(greeter, language, occasion, BOUGHT, READY, APPOINTMENT)
    assert found.text == said
    assert found.apology is (occasion is Occasion.LOOP)


def test_a_greeting_names_the_facts_it_rests_on(greeter):
    assert greeted(greeter, "fr", Occasion.FIRST, BOUGHT).facts == ("name", "last_purchase.store")
    assert greeted(greeter, "fr", Occasion.FIRST).facts == ("name",)
    assert greeted(greeter, "fr", Occasion.PICKUP, READY).facts == ("name", "pickup.o-2")
    assert greeted(greeter, "fr", Occasion.LOOP, BOUGHT).facts == ("name",)


def test_somebody_new_is_welcomed_and_not_told_that_they_are_back(greeter):
    assert greeted(greeter, "de", Occasion.FIRST).text == "Guten Tag, Frau Müller, herzlich willkommen."
    assert greeted(greeter, "fr", Occasion.FIRST).text == "Bonjour Madame Laurent, bienvenue chez nous."


def test_who_asked_for_du_hears_du(greeter):
    text = greeted(greeter, "de", Occasion.FIRST, BOUGHT, informal="true").text
    assert text == "Hallo Anna, schön, dich wiederzusehen."
    assert greeted(greeter, "fr", Occasion.FIRST, BOUGHT, informal="true").text == (
        "Bonjour Catherine, quel plaisir de te revoir."
    )


def test_without_a_name_that_may_be_said_nobody_is_called(greeter):
    told = sayable(BOUGHT)
    found = greeter.greet(told, language="de", person=person("de"), occasion=Occasion.FIRST)
    assert found.text == "Guten Tag, schön, Sie wiederzusehen."
    assert found.facts == ("last_purchase.store",)


def test_without_a_told_name_the_greeting_has_none(greeter):
    for language, text in {"en": "Hello and welcome.", "ja": "いらっしゃいませ。"}.items():
        assert greeter.greet(sayable(named()), language=language, person=Called()).text == text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_was_only_recognised_in_passing_hears_nothing(greeter, language):
    assert greeter.greet(sayable(named()), language=language, person=person(language), occasion=Occasion.PASSIVE) == (
        SILENCE
    )
    assert sayable(named(), BOUGHT, presence=Presence.PASSIVE) == ()


def test_who_comes_for_something_that_is_not_known_is_greeted_like_anybody(greeter):
    assert greeted(greeter, "en", Occasion.PICKUP, BOUGHT) == greeted(greeter, "en", Occasion.FIRST, BOUGHT)
    assert greeted(greeter, "en", Occasion.APPOINTMENT) == greeted(greeter, "en", Occasion.FIRST)


def test_two_orders_are_two_orders(greeter):
    second = fact("pickup.o-3", ("Roma",))
    found = greeted(greeter, "en", Occasion.PICKUP, READY, second)
    assert found.text == "Hello Ms Miller, your orders are ready for you."
    assert found.facts == ("name", "pickup.o-2", "pickup.o-3")


def test_an_open_matter_of_a_service_case_is_not_named_aloud(greeter):
    case = fact("open_loop.late_order", "o-9", provenance=Provenance.SERVICE)
    assert greeted(greeter, "en", Occasion.LOOP, case).facts == ("name",)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("occasion", [occasion for occasion in Occasion if occasion is not Occasion.PASSIVE])
def test_nobody_hears_the_same_sentence_twice_in_a_row(greeter, language, occasion):
    for known in ((), (BOUGHT,), (BOUGHT, READY, APPOINTMENT)):
        for traits in ({}, {"informal": "true"}):
            heard = [
                greeted(greeter, language, occasion, *known, seed=seed_of("p_1", day), **traits).text
                for day in range(30)
            ]
            assert all(before != after for before, after in pairwise(heard))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_else_is_said_varies_too(greeter, language):
    known = sayable(BOUGHT, READY, STRONG)
    heard = [greeter.say(known, language=language, seed=seed_of("p_1", day), setting=TODAY) for day in range(12)]
    for before, after in pairwise(heard):
        assert not {one.text for one in before} & {one.text for one in after}


def test_customers_begin_at_different_sentences_and_a_second_look_shows_the_same():
    assert len({seed_of(f"p_{number}", 0) % 3 for number in range(20)}) == 3
    assert seed_of("p_1", 4) == seed_of("p_1", 4)


def test_an_unknown_language_is_refused_and_a_region_is_not(greeter):
    with pytest.raises(LanguageUnknown) as refusal:
        greeter.greet((), language="nl")
    assert str(refusal.value) == "Nothing can be said in 'nl'."
    assert [language_of(tag) for tag in ("fr-CH", "de_AT", "JA", "nl", "", None)] == [
        "fr",
        "de",
        "ja",
        "en",
        "en",
        "en",
    ]
    assert language_of("nl", otherwise="de") == "de"


# The price of a greeting


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_greeting_costs_less_than_fifty_microseconds(greeter, language):
    known, who = sayable(named(), BOUGHT, STRONG), person(language)
    best = min(_cost_us(greeter, known, language, who) for _ in range(5))
    assert best < 50


def _cost_us(greeter, known, language, who):
    began = time.process_time()
    for seed in range(500):
        greeter.greet(known, language=language, person=who, seed=seed)
    return (time.process_time() - began) / 500 * 1e6


def test_the_door_loads_no_babel_before_something_is_said():
    doors = "noline.insight.greeting.service, noline.flows.wording"
    text = f"import sys, {doors}; print({{'babel', 'httpx2'}} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stdout == "set()\n"
