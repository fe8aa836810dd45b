"""What of everything that could stand on a card is on it: hard limits, what is open first, and rights."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.insight.card.service import (
    SECTIONS,
    Action,
    ActionItem,
    Adviser,
    Appointment,
    Bought,
    Card,
    Chip,
    ConsentState,
    FollowUp,
    Frame,
    Greeting,
    Item,
    Loop,
    Note,
    Parts,
    Pickup,
    Purchase,
    Sentence,
    Told,
    View,
    Who,
    compose,
    fitting,
    know,
    named_items,
    product,
    sections_for,
)
from noline.kernel.clock import DAY
from noline.kernel.disclosure import CardFact, Circumstances, Presence, Provenance, disclosed

NOW = 1_800_000_000 * 1_000_000
ALL = frozenset({"service", "personalisation"})
FRAME = Frame("p_1", NOW, "declared", "fr", "paris-opera", "Opéra")

PRODUCTS = {
    "forte": product("forte", "Forte", "coffee", {"intensity": 10, "fits": ["machine"]}),
    "essenza": product("essenza", "Essenza", "machine", {"warranty_months": 24}),
}
PURCHASES = [
    Purchase(f"o-{day}", NOW - day * DAY, "store", "paris", (Bought("forte", 2),), 900, "EUR", "completed")
    for day in range(1, 8)
] + [Purchase("o-m", NOW - 9 * DAY, "web", None, (Bought("essenza", 1),), 9900, "EUR", "delivered")]
TOLD = [
    Told("name", "Catherine Laurent", NOW, ("record:1",)),
    Told("city", "Paris", NOW, ("record:1",)),
    Told("birthday", "1980-05-01", NOW, ("record:1",)),
    Told("segment", "gold", NOW, ("record:1",)),
    Told("religion", "none", NOW, ("record:1",)),
]
KNOWN = know("p_1", PURCHASES, PRODUCTS, NOW, told=TOLD, fits=fitting(PRODUCTS.values()))
WHO = Who("Catherine Laurent", "Madame Laurent", "loyalty card", "Paris", Adviser("lea", NOW))
COMPLAINT = CardFact(
    id="loop.c-1",
    customer="p_1",
    key="open_loop.complaint",
    value="cold coffee",
    provenance=Provenance.SERVICE,
    evidence=("case:c-1",),
    observed_at=NOW,
    purpose="service",
)


def loop(name="c-1", kind="complaint", since=NOW, facts=("loop.c-1",)) -> Loop:
    return Loop(name, kind, f"{kind} {name}", since, None, facts)


def full(**other) -> Parts:
    """Everything that could stand on a card."""
    parts = Parts(
        who=WHO,
        greeting=Greeting("Bonjour Madame Laurent", ("name",)),
        say=tuple(Sentence(fact.key, (fact.id,)) for fact in KNOWN.facts),
        see=tuple(Chip(fact.key, fact.key, (fact.id,)) for fact in KNOWN.facts),
        purchases=KNOWN.purchases,
        preferences=KNOWN.preferences,
        owned=KNOWN.owned,
        actions=tuple(Action(f"a-{number}", "t", "r") for number in range(5)),
        pickups=(Pickup("o-1", "f-1", NOW, ()),),
        appointments=(Appointment("ap-1", NOW, "paris-opera", "tasting", "booked"),),
        follow_ups=(FollowUp("fu-1", NOW, "call back", "lea"),),
        consent=(ConsentState("personalisation", "granted", NOW),),
        notes=(Note("n-1", "lea", NOW, "likes a chat"),),
        viewed=tuple(View("lea", NOW - minute, None, "service") for minute in (3, 0, 6, 1, 5, 2, 4)),
    )
    return parts._replace(**other)


def card(parts=None, *, role="associate", facts=KNOWN.facts, presence=Presence.DECLARED, granted=ALL, **other) -> Card:
    here = Circumstances(presence, NOW, granted, **other)
    return compose(FRAME, parts or full(), disclosed((*facts, COMPLAINT), here), role)


# What is shown


def test_a_card_says_what_may_be_said_and_shows_what_may_be_shown():
    found = card()
    assert found.who == WHO
    assert found.greeting.text == "Bonjour Madame Laurent"
    assert [one.text for one in found.say] == ["name", "last_purchase.store", "last_purchase.web"]
    assert [one.key for one in found.see] == [
        "name",
        "city",
        "birthday",
        "last_purchase.store",
        "last_purchase.web",
    ]
    assert found.purchases.primary_channel == "store"
    assert [one.text for one in found.preferences] == ["10 of 13, from 7 purchases", "Forte, in 7 of 8 purchases"]
    assert [one.sku for one in found.owned] == ["essenza"]


def test_what_may_only_order_things_and_what_is_never_used_is_nowhere():
    whole = msgspec.json.encode(card()).decode()
    assert "segment" not in whole
    assert "gold" not in whole
    assert "religion" not in whole


def test_every_fact_of_a_card_is_told_with_its_level_and_why():
    facts = card().facts
    assert {one.level for one in facts.values()} == {"say", "see"}
    name = facts["name"]
    assert (name.level, name.because, name.evidence) == ("say", "the customer told it", ("record:1",))


def test_a_fact_that_no_part_rests_on_is_not_on_the_card():
    found = card(Parts(who=WHO, preferences=KNOWN.preferences[:1]))
    assert set(found.facts) == {"name", "city", "preference.intensity"}


def test_a_sentence_without_a_fact_is_not_said():
    found = card(full(say=(Sentence("Lovely hat", ()),), see=(Chip("x", "x", ()),)))
    assert (found.say, found.see) == ((), ())


def test_a_sentence_that_rests_on_something_only_shown_is_not_said():
    found = card(full(say=(Sentence("Paris!", ("name", "city")),), greeting=Greeting("Paris!", ("city",))))
    assert found.say == ()
    assert found.greeting.text == ""


def test_no_more_than_one_screen():
    loops = tuple(loop(f"c-{number}", since=NOW + number) for number in range(4))
    found = card(full(loops=loops))
    assert [one.id for one in found.loops] == ["c-0", "c-1"]
    assert (found.more_loops, len(found.say), len(found.see)) == (2, 3, 5)
    assert len(card().actions) == 3


# Consent, presence, age


def test_nobody_who_was_recognised_in_passing_is_on_a_card():
    found = card(presence=Presence.PASSIVE, parts=full(loops=(loop(),)))
    assert found.who is None
    assert found.greeting == Greeting("")
    assert (found.facts, found.suppressed, found.purchases) == ({}, None, None)
    assert {name: getattr(found, name) for name in SECTIONS[3:] if getattr(found, name)} == {}
    assert found.loops == ()


def test_not_even_a_greeting_without_a_name_is_for_somebody_recognised_in_passing():
    assert card(full(greeting=Greeting("Hello")), presence=Presence.PASSIVE).greeting.text == ""
    assert card(full(greeting=Greeting("Hello"))).greeting.text == "Hello"


def test_taking_personalisation_back_empties_what_rests_on_it():
    found = card(granted=frozenset({"service"}))
    assert found.preferences == ()
    assert {one.purpose for one in found.facts.values()} == {"service"}
    assert found.who == WHO
    assert (found.purchases, found.owned) == (None, ())


def test_taking_service_back_leaves_nobody_but_the_consent():
    found = card(granted=frozenset())
    assert found.who == Who(None, None, "loyalty card")
    assert (found.facts, found.purchases, found.owned, found.notes, found.actions) == ({}, None, (), (), ())
    assert len(found.consent) == 1


def test_an_objection_to_profiling_leaves_purchases_and_takes_conclusions():
    found = card(objects=True)
    assert found.preferences == ()
    assert [one.channel for one in found.purchases.last] == ["store", "web"]


def test_nothing_is_concluded_about_somebody_under_age():
    found = card(minor=True)
    assert found.preferences == ()
    assert "birthday" not in found.facts
    assert found.greeting.text == "Bonjour Madame Laurent"


def test_lanes_go_with_their_fact():
    facts = [fact for fact in KNOWN.facts if fact.id != "channels.lanes"]
    found = card(facts=facts).purchases
    assert (found.lanes, found.months, found.orders) == ((), (), 0)
    assert (found.primary_channel, len(found.last)) == ("store", 2)


# Open matters


def test_something_open_comes_before_selling():
    offers = (Action("sample", "t", "r"), Action("recover", "t", "r", service=True))
    found = card(full(loops=(loop(),), actions=offers))
    assert [one.programme for one in found.actions] == ["recover"]
    assert found.suppressed == "an open complaint comes first"


def test_the_gravest_matter_comes_first_then_the_oldest():
    loops = (
        loop("a", "unanswered", NOW - 9),
        loop("b", "late_order", NOW),
        loop("c", "late_order", NOW - 1),
        loop("d", "callback", NOW),
    )
    found = card(full(loops=loops))
    assert [one.id for one in found.loops] == ["d", "c"]
    assert found.suppressed == "a call that was promised comes first"


def test_an_open_matter_that_may_not_be_shown_keeps_from_selling_and_is_not_named():
    hidden = CardFact(
        id="quiet",
        customer="p_1",
        key="open_loop.complaint",
        value="x",
        provenance=Provenance.OBSERVED,
        evidence=("record:1",),
        observed_at=NOW,
        purpose="service",
    )
    found = card(full(loops=(loop(facts=("quiet",)),)), facts=(*KNOWN.facts, hidden))
    assert (found.loops, found.actions, found.suppressed) == ((), (), "something open comes first")


def test_who_is_held_out_is_offered_nothing():
    found = card(full(actions=(Action("a", "t", "r", held_out=True), Action("b", "t", "r"))))
    assert [one.programme for one in found.actions] == ["b"]


def test_an_action_whose_reason_may_not_be_shown_is_not_offered():
    found = card(full(actions=(Action("a", "t", "r", facts=("segment",)), Action("b", "t", "r", facts=("city",)))))
    assert [one.programme for one in found.actions] == ["b"]


def test_an_action_with_goods_that_give_something_away_is_not_offered():
    item = ActionItem("x", "Pregnancy test", 3)
    assert card(full(actions=(Action("a", "t", "r", (item,)),))).actions == ()


def test_a_parcel_is_shown_without_what_would_give_something_away():
    lines = (Item("forte", "Forte", 2), Item("k-1", "Kondome", 1))
    (found,) = card(full(pickups=(Pickup("o-1", "f-1", NOW, lines),))).pickups
    assert (found.order, found.lines) == ("o-1", lines[:1])
    assert named_items([("forte", 2), ("kondome", 1)], PRODUCTS) == lines[:1]


# Rights


def test_an_associate_sees_the_last_five_views_and_a_manager_all():
    assert [len(card(role=role).viewed) for role in ("associate", "manager", "admin")] == [5, 7, 7]
    newest = card().viewed
    assert [NOW - one.at for one in newest] == [0, 1, 2, 3, 4]


def test_a_manager_reads_no_notes():
    found = card(role="manager")
    assert found.notes == ()
    assert "notes" not in found.sections
    assert len(card().notes) == 1


def test_somebody_without_a_role_sees_nothing():
    found = card(role="partner", parts=full(loops=(loop(),)))
    assert (found.who, found.greeting, found.facts, found.sections) == (None, None, {}, ())
    assert (found.suppressed, found.loops, found.more_loops, found.actions) == (None, (), 0, ())


def test_sections_stand_in_the_order_of_the_card():
    assert card().sections == SECTIONS
    assert sections_for("associate") == set(SECTIONS)
    assert set(SECTIONS) == set(Parts._fields)


# No leak of a whole card


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(Presence),
    st.frozensets(st.sampled_from(sorted(ALL))),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["associate", "manager", "admin", "partner"]),
    st.booleans(),
)
def test_every_part_of_a_card_rests_on_facts_that_are_shown(presence, granted, objects, minor, role, is_open):
    here = Circumstances(presence, NOW, granted, objects=objects, minor=minor)
    seen = disclosed((*KNOWN.facts, COMPLAINT), here)
    found = compose(FRAME, full(loops=(loop(),) if is_open else ()), seen, role)
    shown = {fact.id for fact in seen.shown()}
    said = {one.fact.id for one in seen.sayable()}
    named = [name for one in (*found.see, *found.loops, *found.actions) for name in one.facts]
    named += [one.fact for one in (*found.preferences, *found.owned)]
    named += list(found.purchases.facts) if found.purchases else []
    assert set(named) | set(found.facts) <= shown
    spoken = {name for one in found.say for name in one.facts}
    assert spoken | set(found.greeting.facts if found.greeting else ()) <= said
    assert set(named) | spoken <= set(found.facts)


def test_a_card_with_one_consent_less_is_never_fuller():
    for fewer in (frozenset(), frozenset({"service"}), frozenset({"personalisation"})):
        before, after = card(), card(granted=fewer)
        assert set(after.facts) <= set(before.facts)
        assert all(one in before.owned for one in after.owned)


@pytest.mark.parametrize("kind", ["complaint", "callback", "late_order", "pending_return", "unanswered", "unheard_of"])
def test_every_kind_of_open_matter_says_why_nothing_is_sold(kind):
    assert card(full(loops=(loop(kind=kind),))).suppressed.endswith("comes first")
