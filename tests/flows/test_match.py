"""A model looks for people who are one: what it would do is seen first, can be undone, and people stand above it."""

from datetime import date, timedelta

import pytest

from noline.flows.match import NothingPlanned, TooFewRecords
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from shop import Day

FIRST = (
    "Anna Bruno Clara Denis Elsa Franck Greta Hugo Ines Jules Karin Louis Maud Nils Odile Paul Rosa Serge Tilda".split()
)
LAST = "Petit Grand Moreau Laurent Simon Michel Garcia Roux Vincent Fournier Girard Bonnet Dupont Lambert".split()
TWICE = 40
"""So many of the people are known at the till and on the web, by nothing that both have in common."""


def birthday(number):
    return (date(1950, 1, 1) + timedelta(days=number * 137 % 18_000)).isoformat()


def told_at_the_till(number):
    return {
        "firstName": FIRST[number % len(FIRST)],
        "lastName": LAST[number * 5 % len(LAST)],
        "birthday": birthday(number),
        "loyalty_id": f"L-{number:04}",
        "address": {"street": f"{number % 90 + 1} rue du Four", "postalCode": f"{69000 + number % 40}", "city": "Lyon"},
    }


def told_on_the_web(number):
    told = told_at_the_till(number)
    del told["loyalty_id"]
    return {**told, "firstName": told["firstName"].upper(), "email": f"m{number}@x.fr"}


@pytest.fixture
def shop(hub):
    """A hub with people who came to the till, and some of them to the web as well."""
    hub.access.ensure_source("till", "store")
    hub.access.ensure_source("web", "web")
    day = Day()
    for number in range(120):
        hub.accept("till", [identified(f"t-{number}", day.next(), told_at_the_till(number))])
    for number in range(TWICE):
        hub.accept("web", [identified(f"w-{number}", day.next(), told_on_the_web(number), userId=f"u-{number}")])
    return hub


def identified(message, at, traits, **about):
    return {"type": "identify", "messageId": message, "timestamp": at, "traits": traits, **about}


def person(shop, namespace, value):
    with shop.store.reading() as reader:
        return shop.customers.person_of(reader, shop.customers.subject(Identifier(namespace, value)))


def is_one(shop, number):
    return person(shop, "loyalty_id", f"L-{number:04}") == person(shop, "user_id", f"u-{number}")


def test_a_plan_changes_nothing_and_its_links_hold_until_they_are_taken_back(shop):
    planned = shop.matching.plan()
    assert not any(is_one(shop, number) for number in range(TWICE))
    assert planned.preview.merged == planned.sure == TWICE
    assert planned.preview.events_moved == TWICE

    applied = shop.matching.apply(by="Clara")
    shop.matching.apply(by="Clara")
    assert all(is_one(shop, number) for number in range(TWICE))
    assert (applied.people_before, applied.people_after) == (2 * TWICE, TWICE)
    assert shop.verify().trouble == ()

    shop.identity.undo(applied.decision, by="Clara")
    assert not any(is_one(shop, number) for number in range(TWICE))
    assert shop.verify().trouble == ()


def test_what_people_decided_stands_above_the_model(shop):
    shop.identity.part(person(shop, "loyalty_id", "L-0003"), person(shop, "user_id", "u-3"), by="Clara")
    planned = shop.matching.plan()
    assert planned.sure == TWICE - 1
    shop.matching.apply(by="Clara")
    assert [number for number in range(TWICE) if not is_one(shop, number)] == [3]
    shop.matching.plan()
    shop.matching.apply(by="Clara")
    assert not is_one(shop, 3)
    assert shop.matching.queue() == []


def test_pairs_in_doubt_wait_side_by_side_until_somebody_decides(shop):
    planned = shop.matching.plan(sure=1.0)
    assert (planned.sure, planned.in_doubt) == (0, TWICE)
    first, second = shop.matching.queue(2)
    assert first.probability >= second.probability
    assert {first.left["lastName"], first.right["lastName"]} == {first.left["lastName"]}
    assert {field for field, _, weight in first.reasons if weight > 0} >= {"birth date"}

    shop.matching.later(first.one, first.other)
    assert shop.matching.queue(1)[0].one != first.one
    shop.identity.merge(second.one, second.other, by="Clara")
    shop.identity.part(first.one, first.other, by="Clara")
    left = {(pair.one, pair.other) for pair in shop.matching.queue(100)}
    assert len(left) == TWICE - 2
    assert not left & {(first.one, first.other), (second.one, second.other)}


def test_two_accounts_that_are_surely_one_person_are_asked_about_after_the_rest_was_applied(shop):
    shop.accept("web", [identified("w-again", "2026-03-03T09:00:00Z", told_on_the_web(7), userId="u-7-again")])
    shop.matching.plan()
    shop.matching.apply(by="Clara")
    assert is_one(shop, 8)
    waiting = {frozenset((pair.one, pair.other)) for pair in shop.matching.queue()}
    assert {person(shop, "user_id", "u-7"), person(shop, "user_id", "u-7-again")} in waiting


def test_what_nobody_suggested_cannot_be_put_off(shop):
    shop.matching.plan()
    with pytest.raises(NotFound):
        shop.matching.later(person(shop, "loyalty_id", "L-0050"), person(shop, "loyalty_id", "L-0060"))


def test_nothing_is_applied_that_was_not_planned(hub):
    with pytest.raises(NothingPlanned):
        hub.matching.apply(by="Clara")
    with pytest.raises(TooFewRecords):
        hub.matching.plan()
