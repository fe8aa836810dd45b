"""Words that are spoken: what they claim, and what they must never hold."""

import pytest

from noline.kernel.disclosure import CardFact, Circumstances, Presence, Provenance, bound, disclosed, forbidden_in
from noline.kernel.special import categories_of, proxies_in, special_in
from noline.kernel.spoken import unknown, unsaid

NOW = 1_800_000_000 * 1_000_000


def sayables(*values):
    facts = [
        CardFact(
            id=f"f{number}",
            customer="p",
            key="last_purchase.store",
            value=value,
            provenance=Provenance.TRANSACTION,
            evidence=("order:1",),
            observed_at=NOW,
            purpose="service",
        )
        for number, value in enumerate(values)
    ]
    return disclosed(facts, Circumstances(Presence.DECLARED, NOW, frozenset({"service"}))).sayable()


def claims(text, *values, words=(), **other):
    return bound(text, sayables(*values), lambda _: words, **other)


@pytest.mark.parametrize(
    ("text", "values", "words"),
    [
        ("Good morning, Ms Laurent. Your Ristretto Forte is ready.", ("Ristretto Forte",), ("Ms Laurent",)),
        ("Guten Tag, Frau Muster, Ihr Forte 10 vom 12. März liegt bereit.", ("Forte 10",), ("Frau Muster", "12. März")),
        ("Bonjour Madame Laurent, votre café d’Éthiopie vous attend.", ("Éthiopie",), ("Madame Laurent",)),
        ("田中様、いつもありがとうございます。", (), ()),
        ("リストレットを三個、11月2日に。", ("リストレット", 3), ("11月2日",)),
        ("Catherine's Forte, 1\u202f200 g", ("Forte",), ("Catherine", "1200")),
        ("ten of thirteen", (10, "13"), ()),
        ("\uff26\uff4f\uff52\uff54\uff45 \uff11\uff10", ("Forte 10",), ()),
    ],
)
def test_what_facts_hold_may_be_said(text, values, words):
    assert claims(text, "x", *values, words=words) == []


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Volluto is back.", ["Volluto"]),
        ("Your 3 coffees", ["3"]),
        ("Your three coffees", ["three"]),
        ("Deine zwölf Kapseln", ["zwölf", "Kapseln"]),
        ("vos deux commandes de mars", ["deux", "mars"]),
        ("Guten Tag, Frau Forte", ["Frau"]),
        ("twenty-one years", ["twenty-one"]),
        ("Forte-Volluto", ["Forte-Volluto"]),
        ("Forte for 3.10", ["3.10"]),
        ("ヴォリュートを十二杯", ["ヴォリュート", "十二"]),
        ("田中様、Volluto です", ["Volluto"]),
        ("the iPhone", ["iPhone"]),
        ("Вольюто", ["Вольюто"]),
    ],
)
def test_what_no_fact_holds_is_a_claim(text, claimed):
    assert claims(text, "Forte", 31, words=("10",)) == claimed


def test_a_name_of_the_catalogue_is_a_claim_however_it_is_written():
    assert claims("try volluto today", "Forte") == []
    assert claims("try volluto today", "Forte", names={"volluto"}) == ["volluto"]
    assert claims("try volluto today", "Volluto", names={"volluto"}) == []


def test_words_of_the_templates_are_no_claims():
    assert claims("Kapseln, bitte", "Forte", ordinary={"kapseln"}) == []


def test_without_facts_nothing_can_be_claimed():
    assert bound("Hello Catherine", (), lambda _: ()) == ["Catherine"]
    assert bound("", (), lambda _: ()) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your score is high", ["score"]),
        ("Als VIP-Kundin im Segment A", ["vip", "segment"]),
        ("V.I.P. customer", ["v.i.p."]),
        ("V\u200bIP", ["vip"]),
        ("ＶＩＰ様", ["vip"]),
        ("Ihr Kundenwert", ["kundenwert"]),
        ("a valued customer at churn risk", ["valued", "churn"]),
        ("votre valeur client", ["valeur"]),
        ("お客様のスコアとセグメント", ["スコア", "セグメント"]),
        ("Your LTV", ["ltv"]),
        ("Good morning, your underscore is ready", []),
        ("bonjour, un bon café d'Ivoire", []),
        ("antwortet der Vipassana-Schwert", []),
    ],
)
def test_what_a_company_says_among_itself_is_found_in_four_languages(text, found):
    assert forbidden_in(text) == found


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("Clear pregnancy test, 2 pieces", "pregnancy"),
        ("Schwangerschaftstest", "pregnancy"),
        ("Test de grossesse", "pregnancy"),
        ("妊娠検査薬", "pregnancy"),
        ("Inkontinenzeinlagen", "health"),
        ("Préservatifs", "sexuality"),
        ("Halal chicken", "religion"),
        ("DNA-Test", "genetics"),
    ],
)
def test_the_name_of_a_product_gives_it_away(name, category):
    assert proxies_in(name) == {category}


@pytest.mark.parametrize("name", ["Ristretto Forte", "Descaler", "Essenza Mini", "Gift box", "コーヒー"])
def test_most_products_give_nothing_away(name):
    assert proxies_in(name) == frozenset()


def test_tags_are_read_however_they_are_written():
    assert categories_of(["Pregnancy-Test", "PREGNANCY_TEST", "pregnancy test"]) == {"pregnancy"}
    assert categories_of(["special:religion", "special:whatever"]) == {"religion", "sensitive"}
    assert (
        categories_of(["strong", "coffee", "face", "adult", "special", "special offer", "union-espresso"])
        == frozenset()
    )


@pytest.mark.parametrize(
    ("topic", "told"),
    [
        ("Hearing aid fitting / pregnancy test advice", {"health", "pregnancy"}),
        ("chemotherapy wig fitting", {"health"}),
        ("Schwangerschaftsberatung", {"pregnancy"}),
        ("conseil grossesse", {"pregnancy"}),
        ("補聴器のご相談", {"health"}),
        ("her friend is insolvent", {"private"}),
        ("condoms", {"sexuality"}),
        ("Latte Art", set()),
        ("machine leaks, second time", set()),
        ("Dégustation de cafés d’Éthiopie", set()),
        ("コーヒー教室", set()),
    ],
)
def test_what_somebody_wrote_freely_may_tell_a_special_category(topic, told):
    assert special_in(topic) == told


def test_every_word_is_known_or_named():
    known = {"it's", "plu", "vous", "a", "t", "il", "good", "12"}
    assert unknown("It’s good: 12", known) == []
    assert unknown("vous a-t-il plu", known) == []
    assert unknown("Vous a-t-elle déplu, 13 fois", known) == ["a-t-elle", "déplu", "13", "fois"]


def test_a_text_is_put_together_from_whole_segments():
    segments = {"田中様", "いらっしゃいませ", "は", "いかが", "いかがですか", "roma"}
    assert unsaid("田中様、いらっしゃいませ。Romaはいかがですか。", segments) == []
    assert unsaid("田中様、リストレットはいかがですか。", segments) == ["リストレットはいかがですか"]
    assert unsaid("Romaはいかがでしたか", segments) == ["でしたか"]
    assert unsaid("", set()) == []
