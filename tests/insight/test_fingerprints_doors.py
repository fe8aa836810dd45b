"""Fingerprints from the command line: taken of a hub and of a file, compared, and those that are shipped."""

import json
import shutil
from collections import defaultdict
from datetime import date, timedelta
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest

from cli.conftest import noline  # noqa: F401
from noline.channels import cdnow
from noline.hub import Hub
from noline.insight.fingerprints.model import PrintForged, trouble
from noline.insight.fingerprints.service import REFERENCES, Fingerprints
from shop import track

PEOPLE = 160
TO_STORE = 70


def happenings():
    """Who reserved on the web; who of them bought in the store two days later; and the web shop months after."""
    for number in range(PEOPLE):
        yield "web", track("Product Reserved", id=f"w-{number}", at="2026-01-05T10:00:00Z", user=f"p-{number}", sku="a")
    for number in range(TO_STORE):
        yield "store", track(
            "Order Completed", id=f"s-{number}", at="2026-01-07T10:00:00Z", user=f"p-{number}", order_id=f"o-{number}",
            total=20,
        )  # fmt: skip
    yield "web", track("Page Viewed", id="late", at="2026-06-01T10:00:00Z", user="late")


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("prints") / "shop.noline"
    with Hub.init(folder, company="Kaffee") as made:
        for name in ("web", "store"):
            made.access.add_source(name, name)
        told = list(happenings())
        for name in ("web", "store"):
            made.accept(name, [message for source, message in told if source == name])
        made.refresh()
    return folder


@pytest.fixture
def events(tmp_path) -> Path:
    path = tmp_path / "events.csv"
    lines = ["who,at,where,what"]
    lines += [f"p-{number},2026-01-05T10:00:00Z,kiosk,cart" for number in range(PEOPLE)]
    lines += [f"p-{number},2026-01-07T10:00:00Z,shop,bought" for number in range(TO_STORE)]
    lines += ["late,2026-06-01T10:00:00Z,shop,look"]
    path.write_text("\n".join(lines))
    return path


MAP = ["--map", "person=who,time=at,channel=where,action=what"]


def test_the_fingerprint_of_a_hub(noline, hub, tmp_path):  # noqa: F811
    out = tmp_path / "print.json"
    said = noline("journeys", "fingerprint", "--hub", hub, "--industry", "coffee", "--out", out, "--json")
    assert said.code == 0, said.err
    told = said.json["fingerprint"]
    assert told["channels"]["web"] == {
        "persons": PEOPLE,
        "next": {"store": TO_STORE, "end": PEOPLE - TO_STORE},
        "stages": {"buy": PEOPLE},
        "cells": {"buy": {"store": TO_STORE, "end": PEOPLE - TO_STORE}},
        "gaps": {"store": dict.fromkeys(("p10_s", "p50_s", "p50_low_s", "p50_high_s", "p90_s"), 170_000)},
    }
    assert told["declared"] == {"web>store": {"at_risk": PEOPLE, "persons": TO_STORE}}
    assert told["false_drop_offs"] == {"at_risk": PEOPLE, "persons": TO_STORE}
    assert (told["about"]["name"], told["about"]["industry"]) == ("Kaffee", "coffee")
    genuine = Fingerprints().verified(out)
    assert genuine.key == said.json["key"]
    assert genuine.told.whole.persons == 160


def test_the_fingerprint_is_shown_to_people_before_it_is_given_away(noline, hub):  # noqa: F811
    said = noline("journeys", "fingerprint", "--hub", hub)
    assert said.code == 0
    assert said.out.splitlines()[0].split() == ["after", "persons", "store", "end"]
    assert "web" in said.out
    assert said.err.endswith("not written: give --out FILE\n")


def test_the_fingerprint_of_a_file_of_events(noline, hub, events):  # noqa: F811
    words = ["--goals", "bought", "--intents", "cart", "--channel", "kiosk=web", "--name", "Elsewhere", "--json"]
    said = noline("journeys", "fingerprint", "--hub", hub, "--events", events, *MAP, *words)
    assert said.code == 0, said.err
    told = said.json["fingerprint"]
    assert told["channels"]["web"]["next"] == {"store": TO_STORE, "end": PEOPLE - TO_STORE}
    assert told["channels"]["store"]["stages"] == {"buy": TO_STORE}
    assert told["false_drop_offs"] == {"at_risk": PEOPLE, "persons": TO_STORE}
    assert said.err == "read 231 events of 161 persons\n"


def test_a_channel_that_nobody_knows_is_said(noline, hub, events):  # noqa: F811
    said = noline("journeys", "fingerprint", "--hub", hub, "--events", events, *MAP, "--json")
    assert said.json["fingerprint"]["whole"]["unmapped_events"] == PEOPLE
    assert "channels that are none of the eight: kiosk" in said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--goals", "bought"], 2), (["--channel", "kiosk"], 2), (["--channel", "kiosk=stores"], 3)],
)
def test_what_is_asked_wrongly_is_refused(noline, hub, words, code):  # noqa: F811
    assert noline("journeys", "fingerprint", "--hub", hub, *words).code == code


def test_a_hub_with_few_people_has_no_fingerprint(noline, tmp_path):  # noqa: F811
    Hub.init(tmp_path / "new.noline").close()
    said = noline("journeys", "fingerprint", "--hub", tmp_path / "new.noline", "--json")
    assert (said.code, json.loads(said.err)["code"]) == (3, "fingerprints.too_few_people")


def test_fingerprints_are_compared_with_each_other_and_with_what_is_shipped(noline, hub, tmp_path):  # noqa: F811
    mine, other = tmp_path / "mine.json", tmp_path / "other.json"
    noline("journeys", "fingerprint", "--hub", hub, "--out", mine)
    shutil.copy(REFERENCES / "ristretto.json", other)
    said = noline("journeys", "compare", mine, other, "--reference", "--json")
    assert said.code == 0, said.err
    told = said.json
    assert [one["name"] for one in told["fingerprints"]] == ["Kaffee", "Maison Ristretto", "CDNOW"]
    assert [one["kind"] for one in told["fingerprints"]] == ["own", "synthetic", "real"]
    rows = {row["row"]: row for row in told["rows"]}
    assert [one["name"] for one in rows["after web at buy"]["companies"]] == ["Kaffee", "Maison Ristretto"]
    assert rows["after web at buy"]["outcomes"] == ["store", "end"]
    assert rows["declared web>store"]["companies"][0]["persons"] == [TO_STORE, PEOPLE - TO_STORE]
    assert rows["declared web>store"]["place"][0]["own"] == TO_STORE / PEOPLE
    assert "too few firms per industry" in told["answer"]
    people = noline("journeys", "compare", mine, other, "--synthetic")
    assert people.code == 0
    assert told["answer"].split(".", maxsplit=1)[1][:40] in people.out


def test_a_changed_file_is_refused(noline, hub, tmp_path):  # noqa: F811
    mine = tmp_path / "mine.json"
    noline("journeys", "fingerprint", "--hub", hub, "--out", mine)
    mine.write_text(mine.read_text().replace('"store": 70', '"store": 71'))
    said = noline("journeys", "compare", mine, "--json")
    assert (said.code, json.loads(said.err)["code"]) == (3, "fingerprints.not_genuine")
    (tmp_path / "none.json").write_text("{}")
    said = noline("journeys", "compare", tmp_path / "none.json", "--json")
    assert (said.code, json.loads(said.err)["code"]) == (3, "fingerprints.unreadable")


# What is shipped


def test_what_is_shipped_is_genuine_and_says_where_it_comes_from():
    found = Fingerprints().references(("real", "synthetic"))
    assert {one.about.name: one.about.kind for one in found} == {
        "CDNOW": "real",
        "The Complete Journey": "synthetic",
        "Maison Ristretto": "synthetic",
        "TPC-DS": "synthetic",
    }
    for one in found:
        assert trouble(one) is None
        assert all((one.about.source, one.about.licence, one.about.command, one.about.made_on))


def test_what_is_shipped_but_signed_by_another_is_refused(tmp_path, monkeypatch):
    told = Fingerprints().references()[0]
    (tmp_path / "cdnow.json").write_bytes(Fingerprints(b"x" * 32).sealed(told))
    monkeypatch.setattr("noline.insight.fingerprints.service.REFERENCES", tmp_path)
    with pytest.raises(PrintForged) as refusal:
        Fingerprints().references()
    assert refusal.value.facts["why"].startswith("it is signed with the key")


@pytest.mark.skipif(find_spec("lifetimes") is None, reason="needs the package lifetimes")
def test_the_shipped_print_of_cdnow_is_what_its_file_gives():
    """A lot of one purchase a person shows the mean of the people's own shares, up to chance."""
    (told,) = Fingerprints().references()
    days: dict[str, set[date]] = defaultdict(set)
    for message in (message for _, message in cdnow.read().messages):
        days[message["userId"]].add(date.fromisoformat(message["timestamp"][:10]))
    last = max(day for some in days.values() for day in some) - timedelta(days=30)
    shares = []
    for some in days.values():
        bought = sorted(some)
        again = [later - one <= timedelta(days=30) for one, later in pairwise([*bought, date.max]) if one <= last]
        shares.append(sum(again) / len(again))
    web = told.channels["web"]
    assert web.persons == sum(web.next.values()) == len(shares) == 23_570
    assert set(web.next) == {"web", "end"}
    error = (sum(one * (1 - one) for one in shares)) ** 0.5 / len(shares)
    assert abs(web.next["web"] / web.persons - sum(shares) / len(shares)) < 3 * error < 0.005


def test_nothing_is_sealed_without_a_hub():
    with pytest.raises(ValueError, match="signed by a hub"):
        Fingerprints().sealed(Fingerprints().references()[0])
