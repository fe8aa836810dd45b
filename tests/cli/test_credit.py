"""Credit from the command line: the boutique that advises and the web shop that sells, shared by hand in `sharing`."""

import pytest

from sharing import DEPOT, PARIS, SLASHED, WEB, abroad, sharing


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    """The folder of that company; nobody changes anything here."""
    folder = tmp_path_factory.mktemp("credit") / "shop.noline"
    sharing(folder).close()
    return ["--hub", folder]


@pytest.fixture(scope="module")
def afar(tmp_path_factory):
    """The folder of the company that has gone abroad; nobody changes anything here."""
    folder = tmp_path_factory.mktemp("abroad") / "shop.noline"
    abroad(folder).close()
    return ["--hub", folder]


def test_units_stand_in_both_books(noline, street):
    told = noline("credit", "units", *street, "--json").json
    [section] = told["currency_sections"]
    rows = {row["unit"]: row for row in section["units"]}
    for unit, wanted in {"paris-1": PARIS, "web": WEB, "depot": DEPOT}.items():
        assert {name: rows[unit][name] for name in wanted} == wanted
    table = noline("credit", "units", *street)
    assert "helping another channel can never cost you" in table.err
    assert "headroom today minor" in table.out
    assert [line.split()[0] for line in table.out.splitlines()[1:]] == ["depot", "paris-1", "web"]


def test_units_are_told_by_month_and_by_another_method(noline, street):
    told = noline("credit", "units", *street, "--by-month", "--method", "last", "--json").json
    rows = {row["unit"]: (row["month"], row["fair_minor"]) for row in told["currency_sections"][0]["units"]}
    assert rows == {"depot": ("2026-03", 0), "paris-1": ("2026-03", 5880), "web": ("2026-03", 52800)}
    assert "2026-03" in noline("credit", "units", *street, "--by-month").out


def test_results_are_what_fixed_costs_leave(noline, street):
    rows = {row["unit"]: row for row in noline("credit", "results", *street, "--json").json}
    assert rows["paris-1"]["fair_minor"] == 26880
    assert rows["paris-1"]["fair_after_fixed_minor"] == 26880 - rows["paris-1"]["fixed_minor"]
    assert 0 < rows["paris-1"]["fixed_minor"] <= 3000
    assert "Boutique Opéra" in noline("credit", "results", *street).out


def test_an_order_is_opened(noline, street):
    told = noline("credit", "order", "o-1", *street, "--json").json
    assert {row["unit"]: row["shared_minor"] for row in told["shares"]} == {"paris-1": 2100, "web": 2100, "depot": 0}
    table = noline("credit", "order", "o-1", *street).out
    assert "advise" in table
    assert "surplus_minor   4200" in table
    refused = noline("credit", "order", "o-none", *street, "--json")
    assert (refused.code, refused.error["code"]) == (3, "not_found")


def test_an_order_that_came_back_shows_who_took_it_and_what_that_undoes(noline, street, afar):
    table = noline("credit", "order", SLASHED, *afar).out.splitlines()
    assert ["2026-03-11T09:00:00.000Z", "lyon-1", "10", "10,000", "6000", "400", "web", "0"] in [
        line.split() for line in table
    ]
    taken = [line.split() for line in table if line.startswith("2026-03-11") and " web " in line and "-6000" in line]
    assert taken == [["2026-03-11T09:00:00.000Z", "web", "0", "0", "-6000", "-400", "-6000"]]
    assert "margin minor" not in noline("credit", "order", "o-1", *street).out


def test_what_would_have_come_anyway_is_a_row_of_its_own(noline, street, afar):
    for more in ([], ["--by-month"]):
        lines = [line.split() for line in noline("credit", "units", *more, *afar).out.splitlines()]
        [anyway] = [line for line in lines if "baseline" in line]
        assert anyway == [*(["-"] if more else []), "baseline", "EUR", "-", "-", "-", "1500", "-", "1500", *["-"] * 6]
    assert "baseline" not in noline("credit", "units", *street).out


def test_a_time_of_all_ages_is_answered(noline, afar):
    rows = noline("credit", "results", "--from", "0001-01-01", "--to", "9999-12-31", *afar, "--json").json
    assert {row["unit"]: row["fixed_minor"] for row in rows}["paris-1"] == 3 * 3000


def test_orders_that_a_unit_helped(noline, street):
    rows = noline("credit", "orders", "--unit", "paris-1", "--helped", "--limit", "2", *street, "--json").json
    assert [(row["order_id"], row["acts"]) for row in rows] == [("o-10", ["advise"]), ("o-9", ["advise"])]


def test_the_guarantee_holds_for_the_fair_books_and_not_for_todays(noline, street):
    assert noline("credit", "guarantee", *street, "--json").json["holds"] is False
    told = noline("credit", "guarantee", "--books", "fair", *street)
    assert "helping another channel can never cost you" in told.err
    assert "paris-1" in told.out
    assert noline("credit", "guarantee", "--books", "luck", *street, "--json").error["code"] == "credit.method_unknown"


def test_what_if_a_unit_stopped_helping(noline, street):
    [row] = noline("credit", "what-if", "paris-1", *street, "--json").json["currencies"]
    assert (row["today_change_minor"], row["fair_change_minor"]) == (12000, -21000)
    assert "12000" in noline("credit", "what-if", "paris-1", *street).out.replace(",", "")


def test_ways_between_channels_and_methods_over_journeys(noline, street):
    [edge] = noline("credit", "handoffs", *street, "--json").json
    assert (edge["sender"], edge["receiver"], edge["moves"]) == ("store", "web", 10)
    told = noline("credit", "journeys", "--method", "last", *street, "--json").json
    assert {row["channel"]: row["value_minor"] for row in told["channels"]} == {"store": 10_000, "web": 120_000}
    assert "store" in noline("credit", "journeys", *street).out
