"""Greeting: the card says what matters, and never more than the customer would expect."""

from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from counter import Counter
from fixed_clock import FixedClock
from noline.flows import matter
from noline.flows.greet import Asked, PresenceUnknown, PurposeUnknown
from noline.hub import Hub
from noline.insight.actions.service import Actions
from noline.insight.greeting.service import LanguageUnknown
from noline.kernel.clock import DAY, HOUR, parse_instant
from noline.kernel.errors import SettingUnknown, SettingWrong


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


def test_what_was_looked_for_in_vain_is_offered_when_it_is_here_and_nobody_says_why(regular):
    everybody = [replace(one, holdout_percent=0) for one in regular.hub.actions.programmes]
    regular.hub.actions = Actions(everybody, regular.hub.actions.policy)
    regular.tells("till", "Shelf Empty", days=4, user="anna", sku="petalo", context_store_id="paris-1")
    assert "here_again" not in {one.programme for one in regular.card().actions}
    regular.tells("warehouse", "Stock Counted", sku="petalo", location="paris-1", quantity=3)
    card = regular.card(language="en")
    (offered,) = [one for one in card.actions if one.programme == "here_again"]
    assert [(item.sku, item.here) for item in offered.items] == [("petalo", 3)]
    assert "look" not in offered.reason
    assert not any("wanted" in name for name in card.facts)
    regular.buys("o-petalo", ("petalo", 1), days=1)
    assert "here_again" not in {one.programme for one in regular.card().actions}


def test_what_an_appointment_is_about_is_never_said_and_only_shown_where_it_tells_nothing(regular):
    at = regular.hub.clock.now() + HOUR
    for topic in ("Latte Art", "Hearing aid fitting / pregnancy test advice"):
        regular.hub.clienteling.book(regular.person(), "paris-1", at, topic, by="lea")
    card = regular.card(language="en")
    assert {one.topic for one in card.appointments} == {"Latte Art", ""}
    assert "appointment" in words(card)
    assert not [word for word in ("Latte", "Hearing") if word in words(card)]
    assert not [fact for fact in card.facts.values() if "Latte" in str(fact.value) or "Hearing" in str(fact.value)]


def test_a_case_that_tells_too_much_is_shown_by_its_kind(regular):
    regular.hub.clienteling.open_case(
        regular.person(), "pregnancy test was positive", text="incontinence pads leak", by="lea", store="paris-1"
    )
    card = regular.card(language="en")
    (loop,) = card.loops
    assert loop.text.startswith("Complaint, since ")
    assert not [word for word in ("pregnan", "incontinence") if word in str(card)]


@pytest.mark.parametrize(
    "told",
    [
        *({"birthday": one} for one in (
            "2012-05-03", "03.05.2012", "05/03/2012", "20120503", "2012-05", "2012", "3 May 2012", "2012/05/03",
            "2012年5月3日", "2012-05-03T00:00:00Z", "somewhere in spring", "12.5.12",
        )),
        {"birthDate": "2012-05-03"}, {"date_of_birth": "2012-05-03"}, {"dob": "2012-05-03"}, {"age": 12}, {"age": "17"},
    ],
)  # fmt: skip
def test_whoever_may_be_under_age_is_served_and_not_personalised(regular, told):
    regular.identifies("anna", **told)
    card = regular.card()
    assert card.who.name == "Anna Muster"
    assert (card.preferences, card.purchases, card.owned) == ((), None, ())
    assert not [one for one in card.actions if not one.service]
    assert {fact.purpose for fact in card.facts.values()} == {"service"}


@pytest.mark.parametrize(
    "told",
    [
        *({"birthday": one} for one in (
            "1985-05-03", "03.05.1985", "12/31/1985", "1985", "1985-05", "3 May 1985", "1985年5月3日", "--05-03", "",
        )),
        {"age": 18}, {"age": "unknown"},
    ],
)  # fmt: skip
def test_whoever_is_of_age_or_told_no_year_is_known(regular, told):
    regular.identifies("anna", **told)
    assert regular.card().preferences


def test_a_birthday_that_may_be_read_twice_is_that_of_the_younger():
    # On 5 April somebody of 3 May is 17 and somebody of 5 March is 18.
    now = parse_instant("2026-04-05")
    assert [matter.is_minor(told, now) for told in ("05/03/2008", "2008-03-05", "2008-05-03")] == [True, False, True]


def test_an_objection_in_the_store_counts_in_the_store_and_one_for_all_everywhere(regular):
    person = regular.person()
    regular.hub.consent.change(person, "profiling", "app", granted=False)
    assert [one for one in regular.card().preferences if not one.declared]
    regular.hub.consent.change(person, "profiling", "store", granted=False)
    assert regular.card().preferences == ()
    regular.hub.consent.change(person, "profiling", "store", granted=True)
    assert regular.card().preferences
    regular.hub.consent.change(person, "profiling", None, granted=False)
    assert regular.card().preferences == ()


def test_a_card_for_the_client_book_offers_nothing_and_is_one_look_a_day(tmp_path):
    clock = FixedClock()
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        counter = Counter(hub)
        for number, days in enumerate((250, 200)):
            counter.buys(f"o-{number}", ("ristretto", 2), days=days)
        counter.agrees("personalisation")
        hub.actions = Actions([replace(one, holdout_percent=0) for one in hub.actions.programmes], hub.actions.policy)
        person = counter.person()
        for who in ("lea", "lea", "tom"):
            kept = hub.greeting.card(person, Asked(store="paris-1", by=who, book=True))
            assert not [one for one in kept.actions if not one.service]
        assert sorted((one.by, one.purpose) for one in hub.clienteling.views(person)) == [
            ("lea", "client book"), ("tom", "client book"),
        ]  # fmt: skip
        clock.go_on(DAY)
        hub.greeting.card(person, Asked(store="paris-1", by="lea", book=True))
        assert len(hub.clienteling.views(person)) == 3
        assert "win_back" in {one.programme for one in counter.card().actions}


def test_a_card_that_was_kept_for_later_is_no_visit(tmp_path):
    clock = FixedClock()
    with Hub.init(tmp_path / "shop.noline", clock=clock) as hub:
        counter, back = Counter(hub), ("wieder", "noch einmal", "zurück")
        hub.greeting.card(counter.person(), Asked(store="paris-1", by="lea", book=True))
        hub.greet(counter.person(), store="paris-1", presence="passive", by="beacon")
        clock.go_on(HOUR)
        assert not [word for word in back if word in counter.card(language="de").greeting.text]
        clock.go_on(HOUR)
        assert [word for word in back if word in counter.card(language="de").greeting.text]


def test_who_passes_is_spoken_to_in_the_language_of_the_store_and_the_look_is_noted_as_such(regular):
    regular.identifies("anna", language="ja", address={"country": "DE"})
    regular.hub.greet(regular.person(), store="paris-1", presence="passive", by="beacon")
    assert regular.card(presence="passive").language == "fr"
    assert regular.card(presence="passive", store=None).language == "en"
    assert regular.card(presence="passive", language="de").language == "de"
    assert {one.purpose for one in regular.hub.clienteling.views(regular.person())} == {"passive"}
    assert regular.card().language == "ja"


def test_the_times_of_a_card_are_those_of_the_store(regular):
    now = regular.hub.clock.now()
    for place, zone in (("paris-1", "Europe/Paris"), ("atlantis", "UTC")):
        offset = datetime.fromtimestamp(now / 1_000_000, ZoneInfo(zone)).utcoffset()
        assert regular.card(store=place).utc_offset_minutes == offset.total_seconds() / 60


def test_what_is_no_name_is_not_said_and_still_shown(counter):
    counter.identifies("ben", firstName="ben@example.org", lastName="(never pays)")
    card = counter.card("ben", language="en")
    assert card.who.address_as is None
    assert not [word for word in ("example", "pays") if word in words(card)]
    assert "name" not in card.greeting.facts


def test_what_a_customer_told_of_an_attribute_that_nobody_declared_stays_in_the_hub(regular):
    regular.identifies("anna", preferences={"tier": "VIP", "friend": "Bob is bankrupt", "intensity": 7, "kids": "two"})
    card = regular.card(language="en")
    assert [(one.key, one.value) for one in card.preferences if one.declared] == [("intensity", 7)]
    assert not [word for word in ("VIP", "Bob", "kids") if word in str(card)]


def test_a_product_with_a_word_that_reaches_no_customer_is_in_no_text(regular):
    regular.describes("b-7", name="VIP Blend", category="coffee", price=20, attributes={"warranty_months": 24})
    for number in range(6):
        regular.buys(f"v-{number}", ("b-7", 2), days=9 - number)
    card = regular.card(language="en")
    assert [item.name for item in card.purchases.last[0].items] == ["b-7"]
    assert "VIP" not in str(card)


def test_what_was_bought_before_and_is_not_here_is_told_with_where_it_lies(regular):
    regular.tells("warehouse", "Stock Counted", sku="vespro", location="lyon-2", quantity=7)
    regular.tells("warehouse", "Stock Counted", sku="ristretto", location="paris-1", quantity=2)
    web, store = regular.card().purchases.last
    assert [(item.sku, item.here, [(at.place, at.units) for at in item.elsewhere]) for item in web.items] == [
        ("vespro", 0, [("Boutique Lyon", 7)])
    ]
    assert [(item.sku, item.here, item.elsewhere) for item in store.items] == [("ristretto", 2, ())]
    on_the_phone = regular.card(store=None)
    assert {item.here for one in on_the_phone.purchases.last for item in one.items} == {None}


def test_what_was_given_back_is_no_habit_and_whoever_told_how_an_order_was_is_not_asked_again(regular):
    everybody = [replace(one, holdout_percent=0) for one in regular.hub.actions.programmes]
    regular.hub.actions = Actions(everybody, regular.hub.actions.policy)
    for number, days in enumerate((190, 130, 70)):
        regular.buys(f"lamp-{number}", ("lamp", 1), days=days)
        regular.tells(
            "till", "Return Accepted", days=days - 1, user="anna", order_id=f"lamp-{number}", sku="lamp", quantity=1
        )
    regular.tells("warehouse", "Stock Counted", sku="lamp", location="paris-1", quantity=9)
    assert "lamp" not in {item.sku for one in regular.card().actions for item in one.items}
    regular.tells("shop", "Order Delivered", days=6, user="anna", order_id="o-web")
    assert "review" in {one.programme for one in regular.card().actions}
    regular.tells("shop", "Feedback Given", days=5, user="anna", feedback_id="f-1", order_id="o-web", rating=5)
    assert "review" not in {one.programme for one in regular.card().actions}


@pytest.mark.parametrize(
    "line", ["margin_percent = 140", 'margin_percent = "much"', 'time_zone = "Mars/Olympus"', "margin = 3"]
)
def test_a_setting_of_the_counter_that_makes_no_sense_is_refused_when_the_hub_opens(tmp_path, line):
    Hub.init(tmp_path / "shop.noline").close()
    with (tmp_path / "shop.noline" / "noline.toml").open("a") as settings:
        settings.write(f"[counter]\n{line}\n")
    with pytest.raises((SettingWrong, SettingUnknown)):
        Hub.open(tmp_path / "shop.noline")
