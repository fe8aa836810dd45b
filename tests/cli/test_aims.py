"""Charters, goals and check-ins from the command line, in tables for a manager and as data."""

from datetime import UTC, datetime

import pytest

from noline.hub import Hub

DUE = "2099-12-31"
SET = ("aims", "goal", "Sell", "--metric", "revenue", "--target", "50", "--unit", "EUR", "--due", DUE,
       "--begins", "2026-01-01", "--where", "channel=store")  # fmt: skip


@pytest.fixture
def at(shop):
    """Names the hub of a test's own: Anna bought for 48 EUR in the store."""
    return ["--hub", shop]


def test_a_charter_is_stated_and_listed(noline, at):
    refused = noline("aims", "charter", "store", "--owner", "Luc", *at, "--json")
    assert (refused.code, refused.error["code"]) == (3, "aims.charter_wrong")
    stated = noline("aims", "charter", "store", "--main", "experience", "--also", "service", "--also", "assist",
                    "--reason", "taste first", "--reason", "advice", *at, "--json").json  # fmt: skip
    assert (stated["main"], stated["others"], stated["reasons"], stated["by"]) == (
        "experience", ["assist", "service"], ["taste first", "advice"], "the command line",
    )  # fmt: skip
    told = noline("aims", "charter", "store", "--experience", "nobody waits", "--owner", "Luc", "--by", "Ana", *at)
    assert [line.split(None, 1) for line in told.out.splitlines()][:6] == [
        ["channel", "store"], ["main", "experience"], ["others", "assist, service"], ["reasons", "taste first; advice"],
        ["experience", "nobody waits"], ["owner", "Luc"],
    ]  # fmt: skip
    listed = noline("aims", "charters", *at)
    assert listed.out.splitlines()[1].split()[:4] == ["store", "experience", "assist,", "service"]
    assert listed.err == "nothing is stated about: mail, web, paris-1\n"
    assert [one["channel"] for one in noline("aims", "charters", *at, "--json").json["charters"]] == ["store"]
    assert noline("aims", "charter", "web", "--main", "sell", *at).code == 2


def test_a_goal_is_set_looked_at_and_dropped(noline, at):
    goal = noline(*SET, *at, "--json").json
    assert (goal["target"], goal["direction"], goal["where"]) == ("50", "at_least", {"channel": "store"})
    assert noline(*SET, *at, "--json").json == goal
    row = noline("aims", "goals", *at).out.splitlines()[1]
    assert row.split() == [goal["id"], "Sell", "revenue", "channel", "store", "at", "least", "50", "EUR", DUE, "-",
                           "-", "-", "-"]  # fmt: skip
    sentence = "48.00 EUR; the target, at least 50 EUR, is not reached."
    assert sentence in noline("aims", "goals", "--now", *at).out
    look = ("aims", "check-in", "Sell", "--status", "at risk", "--decided", "a tasting on Saturday", "--by", "Ana")
    checked = noline(*look, *at, "--json").json
    assert (checked["value"], checked["currency"], checked["words"]) == (4800, "EUR", sentence)
    assert checked["until"] == datetime.now(UTC).date().isoformat()
    told = noline(*look, *at).out.splitlines()
    assert [line.split()[0] for line in told] == ["at", "status", "number", "decided", "by"]
    assert noline("aims", "check-ins", goal["id"], *at, "--json").json == [checked]
    assert "a tasting on Saturday" in noline("aims", "check-ins", "Sell", "--limit", "1", *at).out
    assert noline("aims", "check-ins", "Sell", "--offset", "1", *at).err == "nothing\n"
    refused = noline("aims", "check-in", "Sell", "--status", "reached", "--decided", "rest", *at)
    assert (refused.code, "the number says that the target is not reached" in refused.err) == (3, True)
    assert noline("aims", "goal", *SET[2:], "--at-most", *at, "--json").json["aim_words"] == "at most 50 EUR"
    assert noline("aims", "drop", "Sell", *at, "--json").json == {"id": goal["id"], "dropped": True}
    assert noline("aims", "drop", goal["id"], *at, "--json").json["dropped"] is False
    assert noline("aims", "goals", *at, "--json").json == []
    assert noline("aims", "check-ins", "Sell", *at, "--json").json == [checked]
    with Hub.open(at[1]) as hub:
        assert hub.verify().trouble == ()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--where", "store"], 2, "write DIMENSION=VALUE, as in unit=paris-1"),
        (["--where", "sku=a"], 3, "it is narrowed by 'sku', which is none of unit, channel, country"),
        (["--unit", "count"], 3, "revenue is money: the unit is a currency such as EUR"),
        (["--due", "soon"], 3, "'soon' is no day such as 2026-12-31"),
        (["--metric", "happiness"], 3, "no metric is known as 'happiness'"),
    ],
)
def test_a_goal_that_cannot_be_set_is_refused(noline, at, words, code, said):
    refused = noline(*SET, *words, *at)
    assert (refused.code, said in refused.err) == (code, True), refused.err


def test_the_words_of_the_command_line_are_those_of_the_room():
    from noline.doors.cli import aims
    from noline.truth.aims import model

    assert (aims.ROLES, aims.STATUSES) == (model.ROLES, model.STATUSES)
