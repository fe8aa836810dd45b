"""What else is said, what is shown on chips, and the words of open matters and actions, in four languages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insight.greeting_facts import NOW, TODAY, fact, sayable
from noline.insight.greeting.service import LANGUAGES, Called, Chip, Greeter, Occasion, Sentence, Setting, WordsUnknown
from noline.kernel.clock import HOUR
from noline.kernel.disclosure import Provenance

BOUGHT = fact("last_purchase.store", ("Ristretto", "Arpeggio"))
READY = fact("pickup.o-2", ("Volluto",))
STRONG = fact("preference.intensity", 10, unit="of 13", orders=14)
APPOINTMENT = fact("appointment.a-1", "Dégustation", unit="2026-11-23T15:00:00Z")


@pytest.fixture
def greeter():
    return Greeter()


# What may be said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "Ready for you to collect: Volluto.",
                "You have an appointment with us at 15:00.",
                "You bought Ristretto and Arpeggio in store on 2 November. Was everything to your liking?",
                "You like your coffee strong.",
                "Is everything all right with your Essenza Mini?",
            ],
        ),
        (
            "de",
            [
                "Zum Abholen bereit: Volluto.",
                "Sie haben um 15 Uhr einen Termin bei uns.",
                "Sie haben am 2. November bei uns im Geschäft Ristretto und Arpeggio gekauft. Waren Sie zufrieden?",
                "Sie trinken Ihren Kaffee gern kräftig.",
                "Ist bei Ihnen alles in Ordnung mit „Essenza Mini“?",
            ],
        ),
        (
            "fr",
            [
                "Votre commande est prête\u202f: Volluto.",
                "Vous avez rendez-vous avec nous à 15\u00a0h.",
                "Vous avez acheté Ristretto et Arpeggio en boutique le 2 novembre. Cela vous a-t-il plu\u202f?",
                "Vous aimez le café corsé.",
                "Tout va bien avec votre Essenza Mini\u202f?",
            ],
        ),
        (
            "ja",
            [
                "お受け取りのお品はVollutoでございます。",
                "15時のご予約をいただいております。",
                "前回は11月2日に、店舗でRistretto、Arpeggioをお求めいただきました。",
                "濃いめのコーヒーがお好みでいらっしゃいますね。",
                "Essenza Miniの調子はいかがでしょうか。",
            ],
        ),
    ],
)
def test_what_may_be_said_is_said_most_pressing_first(greeter, language, said):
    machine = fact("owned.essenza", "Essenza Mini")
    known = sayable(machine, STRONG, BOUGHT, APPOINTMENT, READY)
    found = greeter.say(known, language=language, most=5, setting=TODAY)
    assert [one.text for one in found] == said
    assert [one.facts for one in found] == [(one.id,) for one in (READY, APPOINTMENT, BOUGHT, STRONG, machine)]
    assert greeter.say(known, language=language, setting=TODAY) == found[:3]


def test_an_appointment_about_nothing_is_said_by_its_time_and_never_by_its_id(greeter):
    alone = fact("appointment.a-1", "", unit="2026-11-23T15:30:00Z")
    said = {language: greeter.say(sayable(alone), language=language)[0].text for language in LANGUAGES}
    assert said == {
        "en": "You have an appointment with us at 15:30.",
        "de": "Sie haben um 15:30 Uhr einen Termin bei uns.",
        "fr": "Vous avez rendez-vous avec nous à 15\u00a0h\u00a030.",
        "ja": "15時30分のご予約をいただいております。",
    }
    assert greeter.say(sayable(fact("appointment.a-1", "")), language="en") == []


def test_what_an_appointment_is_about_is_shown_and_not_said_and_not_even_shown_where_it_tells_too_much(greeter):
    told = fact("appointment.a-1", "Hearing aid fitting", unit="2026-11-23T15:30:00Z")
    case = fact("open_loop.complaint", "incontinence pads leak", provenance=Provenance.SERVICE)
    for language in LANGUAGES:
        assert "Dégustation" not in greeter.say(sayable(APPOINTMENT), language=language)[0].text
        assert "Dégustation" in greeter.see([APPOINTMENT], language=language)[0].text
        assert "Hearing" not in greeter.see([told], language=language)[0].text
        assert "incontinence" not in greeter.loop("complaint", case, language)
    assert greeter.say(sayable(fact("appointment.a-2", "Latte Art")), language="en") == []


def test_of_each_kind_one_is_said_before_any_has_two(greeter):
    older = fact("last_purchase.web", ("Roma",), at="2026-10-01T10:00:00Z")
    found = greeter.say(sayable(older, BOUGHT, STRONG), language="en", setting=TODAY)
    assert [one.facts[0] for one in found] == ["last_purchase.store", "preference.intensity", "last_purchase.web"]


def test_what_is_only_shown_or_used_is_never_said(greeter):
    known = sayable(
        fact("city", "Paris"),
        fact("birthday", "1985-03-03"),
        fact("household.size", 4),
        fact("preference.intensity", 10, unit="of 13", provenance=Provenance.INFERRED),
    )
    assert greeter.say(known, language="fr") == []


def test_french_elides_before_a_vowel_and_says_the_first_of_a_month(greeter):
    one = fact("last_purchase.web", "Arpeggio", at="2026-11-01T10:00:00Z")
    two = fact("last_purchase.web", ("Ristretto", "Éthiopie"))
    third = 2
    assert greeter.say(sayable(one), language="fr", seed=third, setting=TODAY)[0].text == (
        "Qu’avez-vous pensé d’Arpeggio\u202f? C’était votre dernier achat en ligne, le 1er novembre."
    )
    assert greeter.say(sayable(two), language="fr", seed=third, setting=TODAY)[0].text == (
        "Qu’avez-vous pensé de Ristretto et d’Éthiopie\u202f? C’était votre dernier achat en ligne, le 2 novembre."
    )


@pytest.mark.parametrize(
    ("language", "days"),
    [
        ("en", ["today", "yesterday", "on 21 November", "on 31 December 2025"]),
        ("de", ["heute", "gestern", "am 21. November", "am 31. Dezember 2025"]),
        ("fr", ["aujourd’hui", "hier", "le 21 novembre", "le 31 décembre 2025"]),
        ("ja", ["本日", "昨日", "11月21日に", "2025年12月31日に"]),
    ],
)
def test_a_day_is_said_as_people_say_it(greeter, language, days):
    told = ("2026-11-23T08:00:00Z", "2026-11-22T08:00:00Z", "2026-11-21T08:00:00Z", "2025-12-31T08:00:00Z")
    for at, day in zip(told, days, strict=True):
        known = sayable(fact("last_purchase.web", "Roma", at=at))
        assert day in greeter.say(known, language=language, setting=TODAY)[0].text


def test_a_day_is_that_of_the_shop_and_not_of_greenwich(greeter):
    late = sayable(fact("last_purchase.store", "Roma", at="2026-11-01T23:30:00Z"))
    tokyo = Setting(now=NOW, offset=9 * HOUR)
    assert "11月2日に" in greeter.say(late, language="ja", setting=tokyo)[0].text
    assert "11月1日に" in greeter.say(late, language="ja", setting=TODAY)[0].text


@pytest.mark.parametrize(
    ("language", "listed"),
    [
        ("en", "Roma, Livanto, Volluto and more"),
        ("de", "unter anderem Roma, Livanto und Volluto"),
        ("fr", "entre autres Roma, Livanto et Volluto"),
        ("ja", "Roma、Livanto、Vollutoなど"),
    ],
)
def test_a_long_basket_is_said_short(greeter, language, listed):
    basket = sayable(fact("pickup.o-1", ("Roma", "Livanto", "Volluto", "Cosi", "Capriccio")))
    assert listed in greeter.say(basket, language=language)[0].text


def test_products_are_said_by_their_names_where_a_fact_holds_skus(greeter):
    setting = Setting(now=NOW, names={"rist-50": "Ristretto", "m-1": "Essenza Mini"})
    known = sayable(fact("last_purchase.web", ("rist-50", "rist-50")), fact("owned.m-1", "2026-11-02"))
    assert greeter.say(known, language="en", setting=setting) == [
        Sentence("You bought Ristretto online on 2 November. Was everything to your liking?", ("last_purchase.web",)),
        Sentence("Is everything all right with your Essenza Mini?", ("owned.m-1",)),
    ]


def test_the_size_of_a_pack_is_not_said(greeter):
    basket = sayable(
        fact("pickup.o-1", ("Brigante, 50 capsules", "Brigante, 100 capsules", "Roma (10)", "Blend, No 7"))
    )
    assert greeter.say(basket, language="en")[0].text == "Ready for you to collect: Brigante, Roma and Blend, No 7."


def test_a_channel_without_a_word_is_left_out(greeter):
    known = sayable(fact("last_purchase.kiosk", "Roma"))
    assert greeter.say(known, language="de", setting=TODAY)[0].text == (
        "Sie haben am 2. November Roma gekauft. Waren Sie zufrieden?"
    )


@pytest.mark.parametrize(("value", "taste"), [(13, "strong"), (8, "strong"), (6, "neither"), (4, "mild"), (1, "mild")])
def test_a_place_on_a_scale_becomes_a_taste(greeter, value, taste):
    known = sayable(fact("preference.intensity", value, unit="of 13"))
    assert taste in greeter.say(known, language="en")[0].text


def test_a_taste_without_words_or_without_a_scale_is_not_said(greeter):
    for odd in (
        fact("preference.sweetness", 3, unit="of 5"),
        fact("preference.intensity", 9),
        fact("preference.milk", "oat"),
    ):
        assert greeter.say(sayable(odd), language="en") == []
    scaled = Setting(scales={"intensity": 13})
    assert greeter.say(sayable(fact("preference.intensity", "9")), language="en", setting=scaled)[0].text == (
        "You like your coffee strong."
    )


def test_a_product_whose_name_may_not_be_said_is_passed_over(greeter):
    known = sayable(fact("last_purchase.store", "VIP Blend"), STRONG)
    assert [one.facts for one in greeter.say(known, language="en")] == [("preference.intensity",)]


def test_a_sentence_with_nothing_in_it_is_not_said(greeter):
    assert greeter.say(sayable(fact("last_purchase.store", ())), language="en") == []


# What is shown


@pytest.mark.parametrize(
    ("language", "texts"),
    [
        (
            "en",
            ["Birthday 29 February", "Strength: 10 of 13, from 14 purchases", "Owns Essenza Mini",
             "Last purchase in store: Ristretto and Arpeggio, 2 November", "Buys mostly online", "City: Paris"],
        ),
        (
            "de",
            ["Geburtstag am 29. Februar", "Stärke: 10 von 13, aus 14 Einkäufen", "Besitzt Essenza Mini",
             "Letzter Einkauf bei uns im Geschäft: Ristretto und Arpeggio, 2. November", "Kauft meist online",
             "Wohnort: Paris"],
        ),
        (
            "fr",
            ["Anniversaire le 29 février", "Intensité\u202f: 10 sur 13, d’après 14 achats", "Possède Essenza Mini",
             "Dernier achat en boutique\u202f: Ristretto et Arpeggio, 2 novembre", "Achète surtout en ligne",
             "Ville\u202f: Paris"],
        ),
        (
            "ja",
            ["誕生日：2月29日", "濃さ：13段階中10（14回の購入より）", "お持ちの品：Essenza Mini",  # noqa: RUF001
             "前回店舗での購入：Ristretto、Arpeggio、11月2日", "主にオンラインで購入", "お住まい：Paris"],  # noqa: RUF001
        ),
    ],
)  # fmt: skip
def test_chips_say_it_short(greeter, language, texts):
    facts = (
        fact("city", "Paris"),
        fact("channels.primary", "web"),
        BOUGHT,
        fact("owned.essenza", "Essenza Mini"),
        STRONG,
        fact("birthday", "1988-02-29"),
    )
    chips = greeter.see(facts, language=language, most=9, setting=TODAY)
    assert [chip.text for chip in chips] == texts
    assert greeter.see(facts, language=language, setting=TODAY) == chips[:5]
    assert chips[1] == Chip("preference.intensity", texts[1], ("preference.intensity",))


@pytest.mark.parametrize(("orders", "text"), [(1, "from 1 purchase"), (2, "from 2 purchases")])
def test_one_purchase_is_not_purchases(greeter, orders, text):
    assert greeter.see([fact("preference.intensity", 9, unit="of 13", orders=orders)], language="en")[0].text == (
        f"Strength: 9 of 13, {text}"
    )


def test_a_told_taste_says_that_it_was_told(greeter):
    told = fact("preference.intensity", 9, unit="of 13", provenance=Provenance.TOLD)
    assert greeter.see([told], language="de")[0].text == "Stärke: 9 von 13, selbst genannt"


def test_no_chip_tells_an_age_or_what_there_are_no_words_for(greeter):
    odd = [
        fact("birthday", "not a day"),
        fact("birthday", "1985-13-40"),
        fact("age", 41),
        fact("household.size", 4),
        fact("channels.lanes", (1, 2)),
    ]
    assert greeter.see(odd, language="en") == []
    assert "1985" not in greeter.see([fact("birthday", "1985-03-03")], language="en")[0].text


def test_warranty_follow_up_and_open_matters_are_chips(greeter):
    facts = [
        fact("warranty.m-1", "2027-03-01"),
        fact("follow_up.u-1", "call about the filter", unit="2026-12-01T09:00:00Z"),
        fact("open_loop.complaint", "cup arrived broken"),
        fact("open_loop", "callback"),
    ]
    setting = Setting(now=NOW, names={"m-1": "Essenza Mini"})
    assert [chip.text for chip in greeter.see(facts, language="en", setting=setting)] == [
        "Waiting for a call, since 2 November",
        "Follow-up 1 December: call about the filter",
        "Warranty until 1 March 2027: Essenza Mini",
        "Complaint, since 2 November: cup arrived broken",
    ]


def test_an_open_matter_is_worded_for_the_associate(greeter):
    late = fact("open_loop.late_order", "o-7")
    assert greeter.loop("late_order", late, "fr", TODAY) == "Commande en retard, depuis le 2 novembre\u202f: o-7"
    assert (
        greeter.loop("late_order", fact("open_loop.late_order", ""), "de") == "Bestellung verspätet, seit 2. November"
    )
    assert greeter.loop("callback", None, "ja") == "折り返し電話待ち"
    assert greeter.loop("something", None, "en") == "Open matter"


def test_words_of_an_action_are_filled(greeter):
    day = fact("x", "").observed_at
    assert greeter.reason(
        "Essayez {item}, goût proche {items:de}.", {"item": "Roma", "items": ("Arpeggio",)}, "fr"
    ) == ("Essayez Roma, goût proche d’Arpeggio.")
    assert greeter.reason("{purchases:count} {day:on}", {"purchases": 2, "day": "2026-11-01"}, "fr") == (
        "2 achats le 1er novembre"
    )
    assert greeter.reason("{place}", {"place": ""}, "en") == ""
    with pytest.raises(WordsUnknown, match="item has no value"):
        greeter.reason("Try {item}.", {"day": day}, "en")
    with pytest.raises(WordsUnknown, match="no slot is written as upper"):
        greeter.reason("Try {item:upper}.", {"item": "Roma"}, "en")


# Whatever a fact holds

VALUES = st.one_of(
    st.text(max_size=12),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.lists(st.text(max_size=6), max_size=5).map(tuple),
    st.lists(st.integers(), max_size=4).map(tuple),
)
KEYS = st.sampled_from(
    """name last_purchase.store last_purchase preference.intensity preference.product preference owned.m-1 owned pickup
    pickup.o-1 appointment.a-1 appointment birthday city adviser follow_up.u-1 open_loop.complaint open_loop complaint
    channels.primary channels.lanes primary_channel warranty.m-1 household.size nothing""".split()
)
UNITS = st.sampled_from(["", "of 13", "of 0", "2026-11-23T15:00:00Z", "9999-12-31T23:59:59Z", "never"])


@given(st.lists(st.tuples(KEYS, VALUES, UNITS), max_size=6), st.sampled_from(LANGUAGES), st.integers(), st.booleans())
def test_no_value_of_a_fact_stops_a_greeting_or_a_chip(facts, language, seed, is_informal):
    greeter, setting = Greeter(), Setting(now=NOW, offset=9 * HOUR)
    known = [fact(key, value, unit=unit, fact_id=f"f{number}") for number, (key, value, unit) in enumerate(facts)]
    person = Called("Anna", "Müller", "Frau", "", "Latn", informal=is_informal, uses_given=False)
    may_be_said = sayable(*known)
    ids = {one.fact.id for one in may_be_said}
    for occasion in Occasion:
        said = greeter.greet(may_be_said, language=language, person=person, occasion=occasion, seed=seed)
        assert set(said.facts) <= ids
    spoken = greeter.say(may_be_said, language=language, person=person, seed=seed, setting=setting)
    assert all(set(one.facts) <= ids and one.text for one in spoken)
    assert all(chip.text for chip in greeter.see(known, language=language, setting=setting))
    for one in known:
        assert all(isinstance(word, str) for word in greeter.words_of(language, setting)(one))
