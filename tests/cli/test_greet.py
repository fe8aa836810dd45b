"""Greeting somebody from a terminal."""

from noline.hub import Hub


def seen(shop, person):
    with Hub.open(shop) as hub:
        return [(one.by, one.store, one.purpose) for one in hub.clienteling.views(person)]


def test_whoever_is_found_is_greeted_and_the_look_is_noted(noline, shop):
    said = noline(
        "greet", "anna@example.com", "--store", "paris-1", "--lang", "fr", "--by", "lea", "--hub", shop, "--json"
    )
    assert said.code == 0, said.err
    card = said.json
    assert (card["who"]["name"], card["language"], card["store"]) == ("Anna Arabica", "fr", "paris-1")
    assert "Anna Arabica" in card["greeting"]["text"]
    assert {one["purpose"]: one["state"] for one in card["consent"]}["personalisation"] == "unknown"
    assert seen(shop, card["customer"]) == [("lea", "paris-1", "personalisation")]


def test_in_words_what_is_said_is_apart_from_what_is_only_seen(noline, shop):
    said = noline("greet", "anna@example.com", "--lang", "en", "--hub", shop)
    assert said.code == 0, said.err
    assert "Say  " in said.out
    assert "Anna Arabica" in said.out


def test_who_is_recognised_in_passing_is_nobody(noline, shop):
    said = noline("greet", "anna@example.com", "--presence", "passive", "--hub", shop)
    assert (said.code, "Anna" in said.out) == (0, False)


def test_nobody_and_several_are_refused(noline, shop):
    assert noline("greet", "nobody@example.com", "--hub", shop, "--json").error["code"] == "not_found"
    several = noline("greet", "example.com", "--hub", shop, "--json")
    assert several.code == 3
    assert several.error["code"] in {"counter.several_found", "not_found"}


def test_a_language_that_there_is_not_is_refused_and_nobody_has_looked(noline, shop):
    assert noline("greet", "anna@example.com", "--lang", "eo", "--hub", shop).code == 2
    with Hub.open(shop) as hub:
        person = hub.find_customers("anna@example.com")[0].person
    assert seen(shop, person) == []
