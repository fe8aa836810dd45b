"""Known, not spied on: each rule of disclosure, and no leak in ten thousand cases."""

import ast
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import noline
from noline.kernel.clock import DAY
from noline.kernel.disclosure import (
    CardFact,
    Circumstances,
    Disclosed,
    Level,
    Presence,
    Provenance,
    disclosed,
    judge,
    may_be_reason,
)

NOW = 1_800_000_000 * 1_000_000
HERE = Circumstances(Presence.DECLARED, NOW, frozenset({"service", "personalisation"}))


def fact(key="name", **other) -> CardFact:
    told = {"id": "f1", "customer": "p", "value": "Laurent", "provenance": Provenance.TOLD, "purpose": "service"}
    return CardFact(key=key, **{**told, "evidence": ("record:1",), "observed_at": NOW, **other})


def level(key="name", here=HERE, **other) -> Level:
    return judge(fact(key, **other), here).level


# Caps


@pytest.mark.parametrize(
    ("provenance", "cap"),
    [
        (Provenance.TOLD, Level.SAY),
        (Provenance.TRANSACTION, Level.SAY),
        (Provenance.SERVICE, Level.SEE),
        (Provenance.INFERRED, Level.SEE),
        (Provenance.OBSERVED, Level.ACT),
        (Provenance.THIRD_PARTY, Level.NEVER),
    ],
)
def test_where_a_fact_comes_from_caps_it(provenance, cap):
    assert level("name", provenance=provenance) is cap


@pytest.mark.parametrize(
    ("key", "cap"),
    [
        ("name", Level.SAY),
        ("preference.intensity", Level.SAY),
        ("last_purchase.store", Level.SAY),
        ("owned.essenza", Level.SAY),
        ("pickup", Level.SAY),
        ("appointment", Level.SAY),
        ("city", Level.SEE),
        ("open_loop.complaint", Level.SEE),
        ("birthday", Level.SEE),
        ("follow_up", Level.SEE),
        ("channels.lanes", Level.SEE),
        ("household.size", Level.ACT),
        ("browsing", Level.ACT),
        ("value", Level.ACT),
        ("segment", Level.ACT),
        ("something.new", Level.ACT),
        ("", Level.ACT),
    ],
)
def test_what_a_fact_is_about_caps_it(key, cap):
    assert level(key) is cap


@pytest.mark.parametrize(
    "key",
    "age bmi health pregnancy religion ethnicity politics union sexuality biometrics genetics criminal income "
    "Health preference.religion household.pregnant_member preference.age health.allergy owned.pregnancy-test".split(),
)
def test_what_no_shop_concludes_is_never_used(key):
    assert level(key) is Level.NEVER


@pytest.mark.parametrize("key", ["preference.voltage", "owned.union-espresso", "preference.surface", "name.page"])
def test_a_word_inside_a_word_is_no_special_category(key):
    assert level(key) > Level.NEVER


def test_the_lower_cap_decides_and_says_why():
    seen = judge(fact("city"), HERE)
    concluded = judge(fact("preference.intensity", provenance=Provenance.INFERRED), HERE)
    assert (seen.level, seen.because) == (Level.SEE, "a city is shown, not spoken: nobody is told where they live")
    assert concluded.because == "it is concluded, not told: shown, not spoken"
    assert judge(fact("name"), HERE).because == "the customer told it"


@pytest.mark.parametrize("presence", [Presence.APPOINTMENT, Presence.PICKUP])
def test_who_comes_for_what_was_arranged_is_known_openly(presence):
    assert level(here=HERE._replace(presence=presence)) is Level.SAY


def test_nothing_is_used_of_somebody_recognised_in_passing():
    seen = disclosed([fact(), fact("city", id="f2")], HERE._replace(presence=Presence.PASSIVE))
    assert (seen.shown(), seen.sayable(), seen.useful(), seen.granted) == ((), (), (), frozenset())


# Evidence and purpose


def test_without_evidence_nothing_is_used():
    assert level(evidence=()) is Level.NEVER


def test_a_purpose_that_is_not_granted_is_not_used():
    refused = judge(fact(purpose="marketing"), HERE)
    assert (refused.level, refused.because) == (Level.NEVER, "not agreed to for marketing")
    assert level(purpose="") is Level.NEVER


def test_a_purpose_is_not_borrowed_from_another_fact():
    facts = [fact(purpose="service"), fact("preference.milk", id="f2", purpose="personalisation")]
    seen = disclosed(facts, HERE._replace(granted=frozenset({"service"})))
    assert [one.id for one in seen.shown()] == ["f1"]


def test_nothing_is_personalised_for_somebody_under_age():
    minor = HERE._replace(minor=True)
    assert level(here=minor) is Level.SAY
    assert level("preference.milk", purpose="personalisation", here=minor) is Level.NEVER


def test_somebody_under_age_agreed_to_nothing_but_service():
    agreed = frozenset({"service", "personalisation", "marketing"})
    assert disclosed([], HERE._replace(granted=agreed)).granted == agreed
    assert disclosed([], HERE._replace(granted=agreed, minor=True)).granted == {"service"}
    assert disclosed([], HERE._replace(granted=frozenset(), minor=True)).granted == frozenset()


def test_a_trait_that_nobody_declared_is_shown_to_nobody_even_where_its_category_is_opened():
    here = HERE._replace(explicit=frozenset({"religion"}))
    for key in ("trait.milk", "trait.religion"):
        told = fact(key, provenance=Provenance.TOLD, purpose="service")
        assert judge(told, here).level is Level.ACT


def test_an_objection_to_profiling_leaves_what_was_told_and_bought():
    objecting = HERE._replace(objects=True)
    kept = {provenance for provenance in Provenance if level("name", provenance=provenance, here=objecting)}
    assert kept == {Provenance.TOLD, Provenance.TRANSACTION, Provenance.SERVICE}


# Sure and fresh enough


@pytest.mark.parametrize(("confidence", "cap"), [(0.6, Level.SAY), (0.59, Level.SEE), (float("nan"), Level.SEE)])
def test_what_is_not_sure_is_not_spoken(confidence, cap):
    assert level(confidence=confidence) is cap


@pytest.mark.parametrize(("days", "cap"), [(540, Level.SAY), (541, Level.SEE)])
def test_what_is_old_is_not_spoken(days, cap):
    assert level(observed_at=NOW - days * DAY) is cap


def test_what_is_not_sure_does_not_rise():
    assert level("segment", confidence=0.1) is Level.ACT


# Special categories


def test_a_product_that_tells_an_illness_is_never_named():
    assert level("last_purchase.store", tags=("coffee", "pregnancy_test")) is Level.NEVER
    assert level("owned.x", provenance=Provenance.TRANSACTION, tags=("special:health",)) is Level.NEVER


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("last_purchase.web", ("Forte", "Pregnancy test"), Level.NEVER),
        ("preference.diet", "halal", Level.NEVER),
        ("pickup.f-1", ("kosher-wine-75",), Level.NEVER),
        ("appointment.a-1", "Hörgerät anpassen", Level.NEVER),
        ("preference.diet", "vegan", Level.SAY),
        ("name", "Rosary Coran", Level.SAY),
        ("open_loop.complaint", "the halal chicken was late", Level.SEE),
    ],
)
def test_goods_that_nobody_tagged_are_known_by_their_words(key, value, expected):
    assert level(key, value=value) is expected


def test_a_special_category_is_opened_by_telling_it_and_agreeing_to_it():
    agreed = HERE._replace(explicit=frozenset({"health"}))
    assert level("health.allergy", here=agreed) is Level.SEE
    assert level("preference.milk", tags=("health",), here=agreed) is Level.SEE
    assert level("health.allergy") is Level.NEVER
    assert level("health.allergy", provenance=Provenance.INFERRED, here=agreed) is Level.NEVER
    assert level("last_purchase.store", provenance=Provenance.TRANSACTION, tags=("health",), here=agreed) is Level.NEVER


def test_agreeing_to_one_special_category_opens_no_other():
    agreed = HERE._replace(explicit=frozenset({"health"}))
    assert level("religion", here=agreed) is Level.NEVER
    assert level("health.allergy", tags=("halal",), here=agreed) is Level.NEVER


@pytest.mark.parametrize("key", ["criminal.record", "age", "income"])
def test_no_consent_opens_what_is_no_shops_business(key):
    agreed = HERE._replace(explicit=frozenset({"criminal", "private", "sensitive"}))
    assert level(key, here=agreed) is Level.NEVER
    assert level("preference.x", tags=("sensitive",), here=agreed) is Level.NEVER


def test_recommenders_drop_what_is_special():
    assert may_be_reason(()) is True
    assert may_be_reason(("coffee", "strong")) is True
    assert may_be_reason(("coffee", "Ovulation Test")) is False
    assert may_be_reason(("special:anything",)) is False


# What comes out


def test_what_is_known_is_asked_by_level():
    facts = [
        fact("name", id="a"),
        fact("city", id="b"),
        fact("segment", id="c"),
        fact("health", id="d"),
    ]
    seen = disclosed(facts, HERE)
    assert [one.fact.id for one in seen.sayable()] == ["a"]
    assert [one.id for one in seen.shown()] == ["a", "b"]
    assert [one.id for one in seen.useful()] == ["a", "b", "c"]
    assert [seen.level(name) for name in "abcdx"] == [Level.SAY, Level.SEE, Level.ACT, Level.NEVER, Level.NEVER]
    assert seen.because("d") == "a special category: health"
    assert seen.because("x") == "nobody brought it"


def test_of_two_facts_with_one_name_the_stricter_answers():
    seen = disclosed([fact("name", id="a"), fact("segment", id="a")], HERE)
    assert (seen.level("a"), seen.because("a")) == (Level.ACT, "a segment may order things, is not shown")


def test_only_disclosure_makes_what_may_be_spoken():
    makers = [
        f"{path.name}:{node.lineno}"
        for path in Path(noline.__file__).parent.rglob("*.py")
        if "Sayable" in (text := path.read_text("utf-8"))
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Sayable"
    ]
    assert [place.partition(":")[0] for place in makers] == ["disclosure.py"]


# No leak in ten thousand cases. The page is written down here a second time, in other words.

SAY_KEYS = "name preference.milk last_purchase.web owned.essenza pickup appointment".split()
SEE_KEYS = "city open_loop.late_order complaint birthday follow_up channels.primary language".split()
ACT_KEYS = "household.size browsing value segment unheard_of".split()
SPECIAL_KEYS = {"health": "health", "religion": "religion", "preference.pregnancy": "pregnancy", "age": "private"}
SPECIAL_TAGS = {"halal": "religion", "pregnancy_test": "pregnancy", "medical": "health", "sensitive": "sensitive"}
PURPOSES = ("service", "personalisation", "marketing", "")

FACT_PARTS = {
    "id": "abcdefgh",
    "key": (*SAY_KEYS, *SAY_KEYS, *SEE_KEYS, *ACT_KEYS, *SPECIAL_KEYS),
    "provenance": (Provenance.TOLD, Provenance.TRANSACTION, *Provenance),
    "evidence": (("order:1",), ("order:1",), ("order:1",), ()),
    "observed_at": (NOW, NOW, NOW - 540 * DAY, NOW - 540 * DAY - 1, 0),
    "purpose": ("service", "service", "service", *PURPOSES),
    "confidence": (1.0, 1.0, 0.6, 0.59),
    "tags": ((), (), (), (), (), ("coffee",), *((tag,) for tag in SPECIAL_TAGS)),
}
HERE_PARTS = {
    "presence": (Presence.DECLARED, Presence.DECLARED, *Presence),
    "objects": (False, False, False, True),
    "minor": (False, False, False, True),
}
CONSENTS = PURPOSES[:3]
EXPLICIT = ("health", "religion", "pregnancy", "private", "sensitive")


def picked(parts, chance: bytes) -> dict:
    return {name: choices[byte % len(choices)] for (name, choices), byte in zip(parts.items(), chance, strict=True)}


def subset(names, byte: int) -> frozenset:
    return frozenset(name for bit, name in enumerate(names) if byte >> bit & 1)


def fact_of(chance: bytes) -> CardFact:
    return CardFact(customer="p", value="x", **picked(FACT_PARTS, chance))


def here_of(chance: bytes) -> Circumstances:
    granted, explicit = subset(CONSENTS, chance[0] | chance[1]), subset(EXPLICIT, chance[2])
    return Circumstances(now=NOW, granted=granted, explicit=explicit, **picked(HERE_PARTS, chance[3:]))


FACTS = st.binary(min_size=8, max_size=8).map(fact_of)
CIRCUMSTANCES = st.binary(min_size=6, max_size=6).map(here_of)
CASES = st.binary(min_size=300, max_size=300).map(
    lambda chance: [case_of(chance[at : at + 30]) for at in range(0, 300, 30)]
)
"""Ten cases drawn at once, which makes ten thousand of them a matter of seconds."""


def case_of(chance: bytes) -> tuple[list[CardFact], Circumstances]:
    """Three facts and their circumstances."""
    return [fact_of(chance[at : at + 8]) for at in (0, 8, 16)], here_of(chance[24:])


@dataclass
class Allowed:
    """What the page allows one fact, read off it row by row."""

    fact: CardFact
    here: Circumstances

    @property
    def special(self) -> set[str]:
        by_key = {SPECIAL_KEYS[self.fact.key]} if self.fact.key in SPECIAL_KEYS else set()
        return by_key | {SPECIAL_TAGS[tag] for tag in self.fact.tags if tag in SPECIAL_TAGS}

    def used(self) -> bool:
        one, here = self.fact, self.here
        opened = one.provenance == "told" and self.special <= here.explicit - {"private", "sensitive"}
        return (
            here.presence != "passive"
            and bool(one.evidence)
            and one.purpose in here.granted
            and one.provenance != "third_party"
            and (not here.minor or one.purpose == "service")
            and (not here.objects or one.provenance not in {"inferred", "observed"})
            and (not self.special or opened)
        )

    def shown(self) -> bool:
        return self.used() and self.fact.key not in ACT_KEYS and self.fact.provenance != "observed"

    def spoken(self) -> bool:
        sure = self.fact.confidence >= 0.6 and NOW - self.fact.observed_at <= 540 * DAY
        own = self.fact.provenance in {"told", "transaction"}
        return self.shown() and own and sure and self.fact.key in SAY_KEYS and not self.special


def test_the_random_cases_reach_every_level():
    chance = Random(7)
    levels = Counter(judge(fact_of(chance.randbytes(8)), here_of(chance.randbytes(6))).level for _ in range(5_000))
    assert min(levels[each] for each in Level) > 100


@settings(max_examples=1_000, deadline=None)
@given(CASES)
def test_nothing_leaks_in_ten_thousand_cases_and_nothing_is_hidden_without_a_rule(cases):
    assert len(cases) == 10
    for facts, here in cases:
        seen = disclosed(facts, here)
        allowed = [Allowed(one, here) for one in facts]
        assert [one.fact for one in seen.sayable()] == [one.fact for one in allowed if one.spoken()]
        assert list(seen.shown()) == [one.fact for one in allowed if one.shown()]
        assert list(seen.useful()) == [one.fact for one in allowed if one.used()]


@settings(max_examples=500, deadline=None)
@given(FACTS, CIRCUMSTANCES, st.data())
def test_taking_consent_back_never_raises_a_level(one, here, data):
    before = judge(one, here).level
    fewer = data.draw(st.sampled_from([frozenset(), *(here.granted - {purpose} for purpose in here.granted)]))
    agreed = data.draw(st.sampled_from([frozenset(), *(here.explicit - {category} for category in here.explicit)]))
    assert judge(one, here._replace(granted=fewer)).level <= before
    assert judge(one, here._replace(explicit=agreed)).level <= before
    assert judge(one, here._replace(objects=True)).level <= before
    assert judge(one, here._replace(minor=True)).level <= before
    assert judge(one, here._replace(now=here.now + DAY)).level <= before
    assert judge(one, here._replace(presence=Presence.PASSIVE)).level is Level.NEVER


@settings(max_examples=300, deadline=None)
@given(FACTS, CIRCUMSTANCES, st.sampled_from([*SPECIAL_TAGS, "coffee"]))
def test_a_tag_or_a_doubt_more_never_raises_a_level(one, here, tag):
    before = judge(one, here).level
    assert judge(msgspec.structs.replace(one, tags=(*one.tags, tag)), here).level <= before
    assert judge(msgspec.structs.replace(one, confidence=0.1), here).level <= before
    assert judge(msgspec.structs.replace(one, evidence=()), here).level is Level.NEVER


def test_what_nobody_brought_is_nothing():
    assert disclosed([], HERE) == Disclosed((), Presence.DECLARED, HERE.granted)
