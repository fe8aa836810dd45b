"""Frictions, their care and saved questions from the command line: the words of the pages, in tables for a manager."""

import json
from datetime import timedelta

import pytest

from noline.hub import Hub
from shop import OPENING, identify, track

ROWS = 80
"""People who begin a checkout; of every second it fails, and every fourth calls and never orders."""


def steps_of(number):
    """What one of them does, with the minutes since the first step."""
    yield "web", "Checkout Started", 0
    if number % 2:
        yield "web", "Checkout Failed", 1
    yield ("call", "Call Started", 9) if number % 4 == 1 else ("web", "Order Completed", 5)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """The folder of a hub in which that happened; whoever changes something puts it back."""
    folder = tmp_path_factory.mktemp("frictions") / "shop.noline"
    with Hub.init(folder) as hub:
        hub.access.add_source("web", "web")
        hub.access.add_source("call", "call")
        said = {"web": [identify(id="who", at=OPENING.isoformat(), user="u-1", name="Anna Arabica")], "call": []}
        for number in range(ROWS):
            began = OPENING + timedelta(hours=number)
            for channel, action, minutes in steps_of(number):
                at = (began + timedelta(minutes=minutes)).isoformat()
                said[channel].append(
                    track(action, id=f"{number}-{minutes}", at=at, user=f"u-{number}", value=20.5, currency="EUR",
                          order_id=f"o-{number}" if action == "Order Completed" else None)
                )  # fmt: skip
        last = (OPENING + timedelta(days=60)).isoformat()
        said["web"].append(track("Page Viewed", id="last", at=last, user="u-late"))
        for source, messages in said.items():
            assert {one.status for one in hub.accept(source, messages)} == {"accepted"}
        hub.refresh()
    return ["--hub", folder]


@pytest.fixture
def events(tmp_path):
    """The same as a table of events of somebody else's."""
    path = tmp_path / "events.ndjson"
    rows = [
        {"who": f"u-{number}", "at": (OPENING + timedelta(hours=number, minutes=minutes)).isoformat(), "where": channel,
         "what": action, "worth": 20.5}
        for number in range(ROWS)
        for channel, action, minutes in steps_of(number)
    ]  # fmt: skip
    last = {"at": (OPENING + timedelta(days=60)).isoformat(), "where": "web", "what": "Page Viewed", "worth": 0.0}
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"who": "late", **last}]))
    return ["--events", path, "--map", "person=who,time=at,channel=where,action=what,value=worth"]


def test_what_to_fix_first_is_a_list_a_manager_reads(noline, street):
    said = noline("journeys", "frictions", *street)
    first = said.out.splitlines()[1]
    assert first.split()[:2] == ["1", "F2"]
    assert "Call after a failed checkout" in first
    assert "410.00 EUR" in first
    rows = noline("journeys", "frictions", *street, "--json").json
    assert (rows[0]["id"], rows[0]["persons"], rows[0]["at_risk"], rows[0]["care"]["state"]) == ("F2", 20, 80, "open")
    assert rows[0]["leak_low"] <= rows[0]["leak_minor"] <= rows[0]["leak_high"]


def test_a_table_of_events_has_the_same_frictions(noline, street, events):
    ours = noline("journeys", "frictions", *street, "--json").json
    theirs = noline("journeys", "frictions", *events, "--json").json
    words = ("id", "cases", "persons", "at_risk", "exposed_minor", "leak_minor", "leak_low", "leak_high")
    assert [[row[name] for name in words] for row in theirs[:2]] == [[row[name] for name in words] for row in ours[:2]]
    assert "CHF" in noline("journeys", "frictions", *events, "--currency", "CHF").out


def test_every_column_that_a_rule_looks_at_is_read_where_the_file_has_it(noline, tmp_path):
    path = tmp_path / "talks.csv"
    path.write_text(
        "person,time,channel,action,topic\n"
        "a,2026-01-01T10:00:00Z,web,Case Opened,parcel\n"
        "a,2026-01-03T10:00:00Z,call,Call Started,parcel\n"
        "b,2026-03-30T10:00:00Z,web,Page Viewed,\n"
    )
    rows = {row["id"]: row for row in noline("journeys", "frictions", "--events", path, "--json").json}
    assert (rows["F8"]["cases"], rows["F8"]["at_risk"], rows["F8"]["missing"]) == (1, 1, [])
    lacking = rows["F13"]
    assert (lacking["cases"], lacking["persons"], lacking["share"]["value"], lacking["missing"]) == (
        None, None, None, ["object_id"],
    )  # fmt: skip
    line = next(row for row in noline("journeys", "frictions", "--events", path).out.splitlines() if " F13 " in row)
    assert "no column object_id" in line
    assert " 0 " not in line
    assert noline("journeys", "frictions", "--events", path, "--columns", "object_id", "--json").code == 3


def test_rules_of_your_own_stand_beside_the_catalogue(noline, events, tmp_path):
    rules = tmp_path / "own.toml"
    rules.write_text(
        '[[rule]]\nid = "X1"\nname = "Paid at once"\nsentence = "Customers paid at once."\nproof = "None."\n'
        'from = ["web"]\nto = ["web"]\nsteps = [{ what = "Checkout Started" }, '
        '{ what = "Order Completed", within = "6m" }]\n'
    )
    rows = noline("journeys", "frictions", *events, "--rules", rules, "--json").json
    assert next(row for row in rows if row["id"] == "X1")["persons"] == 60
    rules.write_text(rules.read_text().replace("Order Completed", "Order Compleated"))
    refused = noline("journeys", "frictions", *events, "--rules", rules)
    assert refused.code == 3
    assert "frictions.step_unknown" in refused.err


@pytest.mark.parametrize("words", [["--rules", __file__], ["--currency", "CHF"], ["--columns", "sku"]])
def test_what_only_a_table_of_events_answers_is_refused_without_one(noline, street, words):
    said = noline("journeys", "frictions", *street, *words)
    assert (said.code, said.out) == (2, "")
    assert f"{words[0]} needs --events" in said.err


def test_one_friction_is_told_in_words_with_its_cases(noline, street):
    said = noline("journeys", "friction", "F2", "--cases", 100, *street)
    assert "20 of 80 who could have met it (25.0 %, 16.8 .. 35.5)" in said.out
    assert "410.00 EUR at stake, an upper bound" in said.out
    assert "Anna Arabica" in said.out
    told = noline("journeys", "friction", "F2", "--cases", 3, "--offset", 18, *street, "--json").json
    assert [len(told["cases_told"]), told["cases"]] == [2, 20]
    assert "words" in told["counted"]
    refused = noline("journeys", "friction", "F99", *street, "--json")
    assert (refused.code, refused.error["facts"]) == (3, {"what": "friction", "name": "F99"})


def test_somebody_cares_for_a_friction(noline, street):
    words = ["--owner", "ana@example.com", "--state", "in work", "--note", "a second way to pay"]
    told = noline("journeys", "care", "F2", *words, *street, "--json").json
    assert (told["owner"], told["state"], told["by"]) == ("ana@example.com", "in work", "the command line")
    assert noline("journeys", "care", "F2", "--state", "in work", *street, "--json").json == told
    assert "ana@example.com" in noline("journeys", "frictions", *street).out
    assert "a second way to pay" in noline("journeys", "friction", "F2", *street).out
    assert noline("journeys", "care", "F2", "--state", "lost", *street).code == 2
    assert noline("journeys", "care", "F99", "--state", "open", *street, "--json").error["code"] == "not_found"
    assert noline("verify", *street).code == 0


def test_causes_are_asked_of_a_friction_or_of_a_border(noline, street):
    told = noline("journeys", "causes", "F2", *street, "--json").json
    assert (told["cases"], told["persons"], told["label"]) == (20, 80, "association")
    assert told["findings"] == []
    said = noline("journeys", "causes", "F2", *street)
    assert said.err.splitlines()[0] == f"20 of 80 persons; {told['compared']} parts were compared"
    for words in ([], ["F2", "--from", "web", "--to", "call"], ["--from", "web"]):
        assert noline("journeys", "causes", *words, *street, "--json").error["code"] == "causes.asked_wrong"


def test_a_question_is_saved_watched_and_forgotten(noline, street):
    steps = ["--steps", "Checkout Started, Order Completed", "--between", "Order Completed=..1h"]
    saved = noline("journeys", "save", "Paid", *steps, "--alert", *street, "--json").json
    assert (saved["baseline"]["cases"], saved["baseline"]["persons"]) == (60, 80)
    assert saved["asked"]["between"] == {"Order Completed": "..1h"}
    assert noline("journeys", "save", "Paid", *steps, "--alert", *street, "--json").json == saved
    row = noline("journeys", "saved", *street).out.splitlines()[1].split()
    assert (row[0], row[-5:]) == (saved["id"], ["yes", "60", "80", "0.75", "no"])
    (look,) = noline("journeys", "watch", *street, "--json").json
    assert (look["name"], look["since"]["persons"], look["stands"], look["news"]) == ("Paid", 0, False, None)
    assert "Paid" in noline("journeys", "watch", *street).out
    assert noline("journeys", "alerts", *street, "--json").json == []
    assert noline("journeys", "unsave", "Paid", *street, "--json").json == {"id": saved["id"], "dropped": True}
    assert noline("journeys", "unsave", saved["id"], *street, "--json").json["dropped"] is False
    assert noline("journeys", "saved", *street, "--json").json == []
    assert noline("journeys", "watch", *street).err == "no saved question has its alert on\n"
    refused = noline("journeys", "save", "Paid", "--steps", "Order Compleated", *street, "--json")
    assert (refused.code, refused.error["facts"]["nearest"]) == (3, "Order Completed")
    assert noline("journeys", "save", "Paid", *steps[:2], "--between", "1h", *street).code == 2


def test_what_was_at_stake_where_people_were_lost_is_told_when_asked(noline, events):
    words = ["--intents", "Checkout Started", "--goals", "Order Completed"]
    told = noline("journeys", "handoffs", *events, *words, "--value", "--json").json["drop_offs"]
    assert (told["all"]["lost"], told["all"]["value_minor"]) == (20, 41_000)
    assert "value_minor" not in noline("journeys", "handoffs", *events, *words, "--json").json["drop_offs"]["all"]
    assert "41,000" in noline("journeys", "handoffs", *events, *words, "--value").out
    for refused in ([*events, "--value"], ["--value"]):
        assert noline("journeys", "handoffs", *refused).code == 2


def test_a_name_with_a_comma_is_refused_with_a_word_about_commas(noline, events):
    told = noline("journeys", "funnel", *events, "--steps", "Checkout Started, with a card")
    assert told.code == 3
    assert "walks.step_unknown" in told.err
    assert "A comma parts two steps" in told.err
    mapped = noline("journeys", "frictions", *events[:2], "--map", "person=nobody")
    assert "No such name may hold a comma" in mapped.err
