"""What a counter shows stands in the demo company: told manners and consents, goods that fit, and a day that begins."""

import shutil
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from fixed_clock import FixedClock
from noline.demo.company import COFFEES, LAUNCHED, MACHINES, PRODUCT_BY_SKU, STORES, YEAR_END
from noline.demo.counter import MISSING_AT, MISSING_SKU, open_again
from noline.demo.generator import generate
from noline.demo.manners import PURPOSES
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, Micros, as_text
from noline.kernel.shares import share
from noline.truth.cases.model import Kind
from noline.truth.consents.model import State

SIZE = "small"
ADDED = ("launch-", "marguerite.", "greta.", "sakura.", "noe.", "catherine.11-", "catherine.12-", "catherine.13-")
ADULT = "2008-11-01"


@pytest.fixture(scope="module")
def year() -> list[dict]:
    return [msgspec.json.decode(message) for _, message in generate(SIZE)]


@pytest.fixture(scope="module")
def introduced(year: list[dict]) -> list[dict]:
    """The first words of everybody who ever said a language."""
    return [body for body in year if "language" in body.get("traits", {})]


def person(company: Hub, name: str) -> str:
    return next(iter(company.find_customers(f"{name}@example.com"))).person


def opening_day(company: Hub) -> Micros:
    """The day on which the counters of this company open: that of Catherine's tasting."""
    at = company.clienteling.appointment("counter-paris-opera-a2").at
    return at - at % DAY


def test_the_counters_open_on_the_day_the_company_is_shown_and_who_came_came(company_folder: Path, tmp_path: Path):
    folder = shutil.copytree(company_folder, tmp_path / "hub")
    with Hub.open(folder) as hub:
        built = opening_day(hub)
        hub.clienteling.keep("counter-paris-opera-a1", by="lea")
    with Hub.open(folder, clock=FixedClock(as_text(built + 30 * DAY + 9 * HOUR))) as hub:
        assert hub.shop_days.today("paris-opera").appointments == []
        open_again(hub)
        told = [(one.id, one.at - built, whom.name) for one, whom in hub.shop_days.today("paris-opera").appointments]
        assert [name for name, _, _ in told] == ["counter-paris-opera-a2", "counter-paris-opera-a3"]
        assert [at for _, at, _ in told] == [30 * DAY + 14 * HOUR, 30 * DAY + 17 * HOUR]
        assert told[0][2] == "Catherine Laurent"
        assert hub.clienteling.appointment("counter-paris-opera-a1").at == built + 10 * HOUR
        before = hub.last_seq()
        open_again(hub)
        assert hub.last_seq() == before


def test_hardly_any_events_are_there_for_the_counter_alone(year):
    added = [body for body in year if body["messageId"].startswith(ADDED) or body.get("event") == "Consent Changed"]
    assert 0 < len(added) < len(year) * 0.05


def test_everybody_tells_manners_once_and_consents_to_what_they_were_asked(introduced):
    speakers = Counter(body["messageId"].split(".")[0] for body in introduced)
    assert set(speakers.values()) == {1}
    asked = [body["context"]["consent"]["categoryPreferences"] for body in introduced if "consent" in body["context"]]
    assert share(len(asked), len(introduced)).low > 0.75
    for purpose in PURPOSES:
        answers = Counter(told.get(purpose) for told in asked)
        assert min(answers[True], answers[False], answers[None]) > 5
    assert {purpose for told in asked for purpose in told} == {*PURPOSES}


def test_titles_follow_the_language_and_some_tell_none(introduced):
    titles = {(body["traits"]["language"], body["traits"].get("title")) for body in introduced}
    assert titles == {
        ("fr", "Madame"), ("fr", "Monsieur"), ("fr", None), ("de", "Frau"), ("de", "Herr"), ("de", None),
        ("en", "Ms"), ("en", "Mr"), ("en", None), ("ja", None),
    }  # fmt: skip
    informal = Counter(body["traits"]["language"] for body in introduced if body["traits"].get("informal"))
    assert set(informal) == {"de"}
    assert informal["de"] > 20


def test_some_tell_a_birthday_a_few_of_them_are_under_age_and_some_how_many_live_with_them(introduced):
    birthdays = [body["traits"]["birthday"] for body in introduced if "birthday" in body["traits"]]
    minors = sum(birthday > ADULT for birthday in birthdays)
    assert 3 <= minors < len(birthdays) * 0.1
    assert {body["traits"].get("householdSize") for body in introduced} == {None, 1, 2, 3, 4, 5}


def test_goods_say_what_they_hold_what_they_fit_and_how_long_they_are_repaired(company):
    with company.store.reading() as reader:
        items = company.catalogue.items(reader, list(PRODUCT_BY_SKU))
    machines = [machine.sku for machine in MACHINES]
    assert [items[sku].attributes for sku in machines] == [{"warranty_months": 24}] * 3
    for coffee in COFFEES:
        assert items[coffee.sku].attributes == {
            "intensity": coffee.intensity, "pack": {"amount": 50, "unit": "capsule"}, "fits": machines
        }  # fmt: skip
    assert items["descaler"].attributes == {"fits": machines}
    assert items["frother"].attributes == {"fits": ["piccola", "barista"]}
    assert items["travel-mug"].attributes == {}


def test_a_strong_coffee_came_in_the_last_weeks_and_lies_in_every_boutique(company):
    with company.store.reading() as reader:
        new = company.catalogue.items(reader, [LAUNCHED.sku])[LAUNCHED.sku]
        there = {shelf.location for shelf in company.stock.availability(reader, new.sku, YEAR_END) if shelf.available}
    assert 0 < YEAR_END - new.described_at < 28 * DAY
    assert (new.attributes["intensity"], new.attributes["launched"]) == (10, "2026-10-11")
    assert {store.store_id for store in STORES} <= there


def test_catherine_drinks_coffee_of_strength_10_as_her_14_purchases_tell(company):
    catherine = person(company, "catherine")
    orders = company.orders_of(catherine)
    with company.store.reading() as reader:
        lines = {order.order_id: company.orders.lines(reader, order.order_id) for order in orders}
    cups = {
        name: [PRODUCT_BY_SKU[line.sku].intensity for line in some for _ in range(line.units)]
        for name, some in lines.items()
    }
    strengths = sorted(strength for some in cups.values() for strength in some if strength)
    assert len([name for name, some in cups.items() if any(some)]) == 14
    assert round(sum(strengths) / len(strengths)) == 10
    assert strengths[len(strengths) * 3 // 4] - strengths[len(strengths) // 4] <= 3
    assert {order.channel for order in orders} == {"store", "web", "app"}
    [machine] = (order for order in orders if any(line.sku == "piccola" for line in lines[order.order_id]))
    assert machine.channel == "store"
    assert LAUNCHED.sku not in {line.sku for some in lines.values() for line in some}


def test_catherine_told_how_to_be_spoken_to_and_agreed_to_everything(company):
    [catherine] = company.find_customers("catherine@example.com")
    told = {name: one.value for name, one in catherine.attributes.items()}
    assert (told["title"], told["language"], told["householdSize"]) == ("Madame", "fr", "2")
    found = company.consent.of(catherine.person).purposes
    assert {purpose: one.state for purpose, one in found.items()} == dict.fromkeys(PURPOSES, State.GRANTED)


def test_a_coffee_she_buys_is_missing_in_her_boutique_and_lies_in_the_next(company):
    with company.store.reading() as reader:
        shelves = {one.location: one for one in company.stock.availability(reader, MISSING_SKU, YEAR_END)}
    assert shelves[MISSING_AT].available == 0
    assert shelves["paris-marais"].available > 5


def test_a_complaint_waits_for_an_answer_and_somebody_for_a_call(company):
    _, [complaint] = company.clienteling.of(person(company, "marguerite"))
    assert (complaint.kind, complaint.topic, complaint.order_id) == (
        Kind.COMPLAINT, "colis abîmé", "o-marguerite.7-1"
    )  # fmt: skip
    _, [call] = company.clienteling.of(person(company, "greta"))
    assert (call.kind, call.topic) == (Kind.CALLBACK, "Maschine")
    assert company.clienteling.of(person(company, "catherine"))[1] == []


def test_one_regular_is_under_age_whatever_he_agreed_to(company):
    [noe] = company.find_customers("noe@example.com")
    assert noe.attributes["birthday"].value > ADULT
    assert company.consent.allows(noe.person, "personalisation").allowed


def test_every_boutique_has_a_day_before_it_in_its_own_hours(company):
    day = opening_day(company)
    for store in STORES:
        booked = [company.clienteling.appointment(f"counter-{store.store_id}-a{at}") for at in (1, 2, 3)]
        hours = [(one.at - day) // HOUR + store.country.hours_ahead for one in booked]
        assert (hours, {one.store for one in booked}) == ([11, 15, 18], {store.store_id})


def test_catherine_is_expected_and_her_adviser_left_a_note_and_a_task(company):
    known, _ = company.clienteling.of(person(company, "catherine"))
    [expected] = (one for one in known.appointments if one.state == "booked")
    assert (expected.store, expected.topic) == ("paris-opera", "dégustation")
    assert known.adviser is not None
    assert known.adviser.by == "lea"
    assert [note.by for note in known.notes] == ["lea"]
    [still] = known.follow_ups
    assert (still.due, still.assigned_to) == (opening_day(company) + 16 * HOUR, "lea")


def test_some_questions_are_open_and_some_are_answered_at_every_boutique(company):
    for store in STORES:
        cases = [company.clienteling.case(f"counter-{store.store_id}-s{at}") for at in (1, 2, 3, 4)]
        assert [one.state for one in cases] == ["open", "open", "closed", "open"]
        assert [one.kind for one in cases][-1] is Kind.CALLBACK
