"""Roles of channels from the command line: tables for a manager, and all of it as JSON."""

import json

import pytest

PARTS = ("roles", "migration", "customers", "index", "partners")


@pytest.mark.parametrize("name", PARTS)
def test_every_answer_is_told_as_json_and_as_a_table(noline, asked, name):
    told = noline("channels", name, "--hub", asked, "--json")
    assert told.code == 0
    assert set(json.loads(told.out)) >= {"counted"}
    shown = noline("channels", name, "--hub", asked)
    assert (shown.code, told.err) == (0, "")


def test_a_store_with_one_order_claims_nothing(noline, asked):
    (row, *others) = noline("channels", "roles", "--hub", asked, "--json").json["channels"]
    assert (row["name"], row["orders"], row["claimed"], row["too_few"]) == ("store", 1, [], True)
    assert [one["orders"] for one in others] == [0] * len(others)
    shown = noline("channels", "roles", "--hub", asked, "--by", "unit")
    assert "Paris Marais" in shown.out
    assert "? too few to tell" in shown.err
    assert "an association" in shown.err


def test_the_migration_names_lost_and_undecided(noline, asked):
    shown = noline("channels", "migration", "--hub", asked, "--k", "3")
    assert shown.out.split("\n")[0].split() == ["first", "persons", "store", "lost", "lost", "share", "undecided"]
    assert shown.out.split("\n")[1].split() == ["store", "1", "0", "0", "-", "1"]


def test_a_migration_to_the_sixth_order_is_refused(noline, asked):
    refused = noline("channels", "migration", "--hub", asked, "--k", "6", "--json")
    assert (refused.code, refused.error["code"]) == (3, "roles.asked_wrong")


def test_the_index_says_how_many_exist_and_how_they_work(noline, asked):
    shown = noline("channels", "index", "--hub", asked, "--lookup-p95-ms", "3.5")
    assert "Customers are recognised in stores" in shown.out
    assert "nobody brought anything back elsewhere" in shown.out
    assert "exist; " in shown.err
