"""Greeting: the card says what matters, and never more than the customer would expect."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from counter import Counter
from fixed_clock import FixedClock
from noline.flows.greet import PresenceUnknown, PurposeUnknown
from noline.hub import Hub
from noline.insight.actions.service import Actions
from noline.insight.greeting.service import LanguageUnknown
from noline.kernel.clock import DAY, HOUR


@pytest.fixture
def counter(hub):
    return Counter(hub)


@pytest.fixture
def regular(counter):
    """Anna, who buys strong coffee in the store and on the web, and agreed to be known."""
    for number, days in enumerate((200, 150, 100, 50, 20)):
        counter.buys(f"o-{number}", ("ristretto", 2), days=days)
    counter.buys("o-web", ("vespro", 1), days=10, source="shop")
    counter.agrees("personalisation")
    return counter


def words(card):
    """Everything that is said aloud."""
    return " ".join([card.greeting.text, *(one.text for one in card.say)])


def test_a_regular_is_greeted_by_name_and_with_what_she_bought_last(regular):
    card = regular.card(language="fr")
    assert card.who.name == "Anna Muster"
    assert card.who.city == "Paris"
    assert "Madame Muster" in card.greeting.text
    assert "Vespro" in words(card)
    assert [(one.channel, one.order) for one in card.purchases.last] == [("web", "o-web"), ("store", "o-4")]
    assert card.purchases.primary_channel == "store"
    assert [(one.key, one.value, one.of, one.purchases) for one in card.preferences][:1] == [("intensity", 10, 13, 6)]


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Ms Muster"), ("de", "Frau Muster"), ("fr", "Madame Muster"), ("ja", "Muster様")]
)
def test_she_is_greeted_as_each_language_does(regular, language, said):
    card = regular.card(language=language)
    assert said in card.greeting.text
    assert card.language == language


def test_every_sentence_rests_on_facts_that_may_be_said(regular):
    card = regular.card()
    assert card.say
    for one in (card.greeting, *card.say):
        assert one.facts
        assert {card.facts[name].level for name in one.facts} == {"say"}


def test_withdrawn_consent_empties_the_card_at_once(regular):
    assert regular.card().preferences
    regular.withdraws("personalisation")
    card = regular.card()
    assert (card.preferences, card.owned, card.purchases, card.see, card.say) == ((), (), None, (), ())
    assert card.who.name == "Anna Muster"
    assert {one.programme for one in card.actions} <= {"consent"}
    assert {fact.purpose for fact in card.facts.values()} <= {"service"}


def test_whoever_refuses_even_service_is_nobody_here(regular):
    regular.withdraws("personalisation", "service")
    card = regular.card()
    assert (card.who.name, card.who.address_as, card.who.city, card.facts) == (None, None, None, {})


def test_nothing_is_known_of_who_is_recognised_in_passing(regular):
    card = regular.card(presence="passive")
    assert card.who is None
    assert card.greeting.text == ""
    assert (card.say, card.see, card.actions, card.consent, card.notes, card.facts) == ((), (), (), (), (), {})


def test_an_open_complaint_comes_first_and_nothing_is_sold(regular):
    regular.tells("desk", "Case Opened", days=2, user="anna", case_id="c-1", topic="machine leaks")
    card = regular.card(language="en")
    assert [(one.kind, one.id) for one in card.loops] == [("complaint", "c-1")]
    assert card.greeting.apology
    assert card.suppressed == "an open complaint comes first"
    assert [one.programme for one in card.actions] == ["recover"]
    assert card.say == ()


def test_a_closed_complaint_is_forgotten_by_the_greeting(regular):
    regular.tells("desk", "Case Opened", days=2, user="anna", case_id="c-1", topic="machine leaks")
    regular.hub.clienteling.resolve_case("c-1", "sent a new seal", by="lea")
    card = regular.card()
    assert (card.loops, card.suppressed, card.greeting.apology) == ((), None, False)


def test_three_bad_stars_are_a_complaint_and_five_are_none(regular):
    regular.tells("shop", "Review Posted", days=3, user="anna", review_id="r-1", rating=5)
    assert regular.card().loops == ()
    regular.tells("shop", "Review Posted", days=2, user="anna", review_id="r-2", rating=2)
    assert [one.id for one in regular.card().loops] == ["r-2"]


def test_a_minor_is_served_and_not_personalised(regular):
    regular.identifies("anna", birthday=regular.at(days=15 * 365)[:10])
    card = regular.card()
    assert card.who.name == "Anna Muster"
    assert (card.preferences, card.purchases, card.see) == ((), None, ())


def test_who_objects_to_profiling_is_not_concluded_about(regular):
    regular.withdraws("profiling")
    card = regular.card()
    assert card.preferences == ()
    assert [one.order for one in card.purchases.last] == ["o-web", "o-4"]


def test_opened_for_service_the_card_tells_only_what_serving_needs(regular):
    card = regular.card(purpose="service")
    assert card.who.name == "Anna Muster"
    assert (card.preferences, card.purchases) == ((), None)


def test_each_look_is_noted_with_who_where_why_and_what_was_shown(regular):
    first = regular.card(by="lea")
    (seen,) = regular.hub.clienteling.views(regular.person())
    assert (seen.by, seen.store, seen.purpose) == ("lea", "paris-1", "personalisation")
    assert set(seen.facts) == set(first.facts)
    assert [one.by for one in regular.card(by="tom").viewed] == ["lea"]


def test_nobody_hears_the_same_greeting_on_two_days_in_a_row(tmp_path):
    clock = FixedClock()
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        counter = Counter(hub)
        heard = []
        for _ in range(12):
            first, again = (counter.card(language="en").greeting.text for _ in range(2))
            assert first == again, "a second look in the same visit says the same"
            heard.append(first)
            clock.go_on(DAY)
    assert all(one != other for one, other in pairwise(heard))


def test_who_comes_back_on_the_same_day_is_welcomed_back(tmp_path):
    clock = FixedClock()
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        counter = Counter(hub)
        first = counter.card(language="en").greeting.text
        clock.go_on(HOUR)
        again = counter.card(language="en").greeting.text
    assert first != again


def test_a_new_product_that_fits_is_offered_with_where_it_lies(regular):
    regular.describes("corsaro", name="Corsaro", price=25, attributes={"intensity": 10, "launched": regular.at(5)[:10]})
    regular.tells("warehouse", "Stock Counted", sku="corsaro", location="lyon-2", quantity=7)
    regular.tells("warehouse", "Stock Counted", sku="corsaro", location="paris-1", quantity=2)
    everybody = [replace(one, holdout_percent=0) for one in regular.hub.actions.programmes]
    regular.hub.actions = Actions(everybody, regular.hub.actions.policy)
    offered = {one.programme: one for one in regular.card().actions}
    (item,) = offered["sample"].items
    assert (item.sku, item.here) == ("corsaro", 2)
    assert [(one.location, one.place, one.units) for one in item.elsewhere] == [("lyon-2", "Boutique Lyon", 7)]
    assert (offered["sample"].effect, offered["sample"].effect_because) == (None, "not measured yet")


def test_a_stranger_has_a_card_with_nothing_on_it(counter):
    counter.tells("shop", "Product Viewed", user="ben", sku="petalo")
    card = counter.card("ben")
    assert (card.who.name, card.purchases, card.preferences, card.say) == (None, None, (), ())
    assert card.greeting.text


def test_a_store_that_nobody_described_is_called_by_its_id(regular):
    assert regular.card(store="atlantis").place == "atlantis"


def test_on_the_phone_there_is_no_store(regular):
    card = regular.card(store=None)
    assert (card.store, card.place) == (None, None)
    assert "Madame Muster" in regular.card(store=None, language="fr").greeting.text


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"presence": "psychic"}, PresenceUnknown),
        ({"purpose": "curiosity"}, PurposeUnknown),
        ({"language": "eo"}, LanguageUnknown),
    ],
)
def test_what_cannot_be_asked_is_refused_and_nobody_has_looked(regular, asked, refusal):
    with pytest.raises(refusal):
        regular.card(**asked)
    assert regular.hub.clienteling.views(regular.person()) == []


def test_a_manager_sees_the_card_without_the_notes(regular):
    regular.hub.clienteling.note(regular.person(), "prefers mornings", by="lea")
    assert [one.text for one in regular.card().notes] == ["prefers mornings"]
    card = regular.card(role="manager")
    assert card.notes == ()
    assert "notes" not in card.sections


def test_the_hub_can_be_rebuilt_after_all_that(regular):
    regular.hub.clienteling.note(regular.person(), "prefers mornings", by="lea")
    regular.card()
    assert regular.hub.verify().ok


def test_a_model_that_cannot_be_reached_leaves_our_own_words_and_the_card_says_so(tmp_path):
    told = '[counter.wording]\nurl = "http://127.0.0.1:9/v1"\nmodel = "none"\ntimeout_seconds = 1\n'
    Hub.init(tmp_path / "shop.noline").close()
    with (tmp_path / "shop.noline" / "noline.toml").open("a") as settings:
        settings.write(told)
    with Hub.open(tmp_path / "shop.noline") as hub:
        card = Counter(hub).card(language="fr")
    assert "Madame Muster" in card.greeting.text
    assert card.greeting.by == "template"
    assert card.greeting.because
