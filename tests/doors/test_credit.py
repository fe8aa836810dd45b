"""Credit over HTTP: the boutique that advises and the web shop that sells, shared by hand in `sharing`."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from sharing import DEPOT, PARIS, SLASHED, WEB, abroad, sharing

Ask = Any


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask as a manager; nobody changes anything here."""
    yield from asking(sharing(tmp_path_factory.mktemp("credit") / "shop.noline"))


@pytest.fixture(scope="module")
def afar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Ask the company that has gone abroad."""
    yield from asking(abroad(tmp_path_factory.mktemp("abroad") / "shop.noline"))


def asking(opened: Hub) -> Iterator[Ask]:
    with opened as hub:
        writer = Writer(hub.accept_groups)
        keys = {role: hub.access.add_key(role)[1] for role in (Role.MANAGER, Role.ASSOCIATE)}
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:

            def asked(path: str, *, status: int = 200, role: Role = Role.MANAGER, **query: Any) -> Any:
                sent = {"authorization": f"Bearer {keys[role]}"}
                answer = client.get(f"/v1/credit{path}", params=query, headers=sent)
                assert answer.status_code == status, answer.text
                return answer.json()

            yield asked
        writer.stop()


def rows_of(told: Any) -> dict[str, Any]:
    [section] = told["currency_sections"]
    return {row["unit"]: row for row in section["units"]}


def holds(row: Any, wanted: dict[str, Any]) -> bool:
    return {name: row[name] for name in wanted} == wanted


def test_each_unit_stands_in_todays_books_and_as_it_earned(ask):
    told = ask("")
    rows = rows_of(told)
    assert set(rows) == {"web", "paris-1", "depot"}
    assert holds(rows["paris-1"], PARIS)
    assert holds(rows["web"], WEB)
    assert holds(rows["depot"], DEPOT)
    assert rows["paris-1"]["name"] == "Boutique Opéra"
    assert told["currency_sections"][0]["total_minor"] == sum(row["today_minor"] for row in rows.values()) == 58680
    assert told["facts"]["margins_told"] == 13
    assert "helping another channel can never cost you" in told["sentence"]
    assert all(one["words"] for one in told["counted"].values())


def test_another_method_only_moves_what_is_left(ask):
    rows = rows_of(ask("", method="last"))
    assert (rows["paris-1"]["fair_minor"], rows["web"]["fair_minor"]) == (5880, 52800)
    assert sum(row["fair_minor"] for row in rows.values()) == 58680
    assert ask("", method="luck", status=400)["code"] == "credit.method_unknown"


def test_a_time_is_its_orders_only(ask):
    assert rows_of(ask("", since="2026-03-04", until="2026-03-05"))["web"]["orders_captured"] == 1
    assert ask("", since="yesterday", status=400)["facts"]["value"] == "yesterday"


def test_months_are_told_apart(ask):
    told = ask("", by_month=True)
    [section] = told["currency_sections"]
    assert {row["month"] for row in section["units"]} == {"2026-03"}


def test_a_unit_has_its_months_and_what_stopping_would_do(ask):
    told = ask("/units/paris-1")
    assert holds(rows_of(told)["paris-1"], PARIS)
    [stopping] = told["what_if"]
    assert (stopping["today_change_minor"], stopping["fair_change_minor"]) == (12000, -21000)
    assert [row["month"] for row in told["by_month"][0]["units"]] == ["2026-03"]
    assert ask("/units/lyon-1", status=404)["code"] == "not_found"


def test_stopping_to_help_pays_today_and_costs_in_the_fair_books(ask):
    [row] = ask("/what-if", unit="paris-1")["currencies"]
    assert (row["orders_helped"], row["today_minor"], row["today_without_minor"]) == (10, -6120, 5880)
    assert (row["fair_minor"], row["fair_without_minor"]) == (26880, 5880)


def test_an_order_is_opened_to_its_acts_and_shares(ask):
    told = ask("/orders/o-1")
    acts = [(act["unit"], act["act"], act["minutes"], act["cost_minor"]) for act in told["acts"]]
    assert acts == [
        ("paris-1", "advise", 30, 1200), ("web", "capture", 0, 0), ("depot", "pick", 3, 120),
        ("depot", "deliver", 0, 480),
    ]  # fmt: skip
    assert (told["margin_minor"], told["act_cost_minor"], told["surplus_minor"]) == (6000, 1800, 4200)
    assert {row["unit"]: row["shared_minor"] for row in told["shares"]} == {"paris-1": 2100, "web": 2100, "depot": 0}
    assert ask("/orders/o-none", status=404)["code"] == "not_found"


def test_the_orders_that_a_unit_helped_say_what_it_did(ask):
    rows = ask("/orders", unit="paris-1", helped=True, limit=3)
    assert [row["order_id"] for row in rows] == ["o-10", "o-9", "o-8"]
    assert (rows[0]["acts"], rows[0]["minutes"], rows[0]["repaid_minor"], rows[0]["shared_minor"]) == (
        ["advise"], 30, 1200, 2100,
    )  # fmt: skip
    assert len(ask("/orders", limit=100)) == 13


def test_todays_books_break_the_guarantee_and_the_fair_ones_keep_it(ask):
    today, fair = ask("/guarantee", books="today"), ask("/guarantee", books="fair")
    paris = next(row for row in today["units"] if row["unit"] == "paris-1")
    assert (today["holds"], paris["headroom_minor"], paris["floor_minor"]) == (False, -12000, 5880)
    assert (fair["holds"], fair["violated"], fair["subsidy_minor"]) == (True, 0, 0)
    assert today["violated"] > 0
    assert (
        "Below what it makes all alone: paris-1 (-120.00 EUR). Work that today's books do not pay: depot (-72.00"
        in (today["verdict"])
    )
    assert ask("/guarantee", books="today", currency="JPY", status=404)["code"] == "not_found"


def test_markov_over_totals_can_be_held_against_the_guarantee(ask):
    told = ask("/guarantee", books="markov over totals")
    assert sum(row["credit_minor"] for row in told["units"]) == told["worth_minor"] == 58680


def credits_of(told: Any) -> dict[str, int]:
    return {row["unit"]: row["credit_minor"] for row in told["units"]}


def test_markov_over_totals_looks_only_at_the_orders_of_the_currency_and_the_time(afar):
    yen = afar("/guarantee", books="markov over totals", currency="JPY")
    # Tokyo is in all nine ways to an order in yen, the app in one: nine parts to one of what was left.
    assert (credits_of(yen), yen["worth_minor"]) == ({"tokyo-1": 46980, "app": 5220}, 52200)
    may = afar("/guarantee", books="markov over totals", currency="JPY", since="2026-05-01")
    assert (credits_of(may), may["orders"]) == ({"tokyo-1": 2900, "app": 2900}, 1)
    euros = afar("/guarantee", books="markov over totals", currency="EUR")
    assert euros["worth_minor"] == sum(credits_of(euros).values()) == 68780
    # Paris is in eleven of the sixteen ways to an order in euros, the web in fourteen, and the app in one.
    parts = {"paris-1": 29099, "web": 37035, "app": 2646, "depot": 0, "lyon-1": 0}
    assert credits_of(euros) == parts
    assert all(abs(parts[unit] - 68780 * ways / 26) < 1 for unit, ways in (("paris-1", 11), ("web", 14), ("app", 1)))


def test_a_currency_or_a_time_without_an_order_is_judged_by_nothing(afar, tmp_path):
    for books in ("today", "fair", "markov over totals"):
        told = afar("/guarantee", books=books, currency="JPY", since="2027-01-01")
        assert (told["orders"], told["verdict"][:21]) == (0, "There is no order yet")
        assert afar("/guarantee", books=books, currency="CHF", status=404)["code"] == "not_found"
    Hub.init(tmp_path / "new.noline").close()
    for new in asking(Hub.open(tmp_path / "new.noline")):
        for books in ("today", "fair", "markov over totals"):
            told = new("/guarantee", books=books)
            assert told["verdict"].startswith("There is no order yet in EUR by which")
            assert (told["orders"], told["units"]) == (0, [])
            assert new("/guarantee", books=books, currency="EUR", status=404)["code"] == "not_found"


def test_what_costs_leave_is_told_in_each_currency_and_not_where_a_unit_has_two(afar):
    parts = {one["currency"]: {row["unit"]: row for row in one["units"]} for one in afar("")["currency_sections"]}
    paris, tokyo = parts["EUR"]["paris-1"], parts["JPY"]["tokyo-1"]
    assert paris["fixed_minor"] > 0
    assert paris["after_fixed_minor"] == paris["after_pools_minor"] == paris["fair_minor"] - paris["fixed_minor"]
    assert tokyo["after_pools_minor"] == tokyo["fair_minor"]
    assert {parts[one]["app"]["after_fixed_minor"] for one in parts} == {None}


def test_costs_of_all_times_are_those_of_the_months_with_books(afar):
    told = afar("", since="0001-01-01", until="9999-12-31")
    assert {row["unit"]: row["fixed_minor"] for row in told["results"]}["paris-1"] == 3 * 3000


def test_an_order_whose_id_holds_slashes_is_opened(afar):
    told = afar("/order", id=SLASHED)
    assert (told["order_id"], [one["unit"] for one in told["returns"]]) == (SLASHED, ["lyon-1"])
    assert afar("/order", id="o-none", status=404)["code"] == "not_found"
    assert afar("/order", id=SLASHED, role=Role.ASSOCIATE, status=403)["code"] == "auth.role_too_small"


def test_a_store_that_only_took_something_back_has_orders(afar):
    for helped in (False, True):
        [row] = afar("/orders", unit="lyon-1", helped=helped)
        assert (row["order_id"], row["acts"], row["minutes"], row["repaid_minor"], row["shared_minor"]) == (
            SLASHED, ["take back"], 10, 400, 0,
        )  # fmt: skip


def test_a_list_of_orders_tells_of_each_what_the_order_opened_tells(afar):
    for unit in ("paris-1", "web", "depot", "lyon-1", "app", "tokyo-1"):
        rows = afar("/orders", unit=unit, limit=100)
        assert rows
        for row in rows:
            book = afar("/order", id=row["order_id"])
            did = [one for one in (*book["acts"], *book["returns"]) if one["unit"] == unit]
            assert row["minutes"] == sum(one["minutes"] for one in did)
            assert row["repaid_minor"] == row["spent_minor"] == sum(one["cost_minor"] for one in did)
            assert row["acts"] == list(dict.fromkeys(one.get("act", "take back") for one in did))
            lines = [*book["shares"], *(line for one in book["returns"] for line in one["shares"])]
            assert row["shared_minor"] == sum(line["shared_minor"] for line in lines if line["unit"] == unit)
            assert set(row["units"]) == {row["captured_by"], *(line["unit"] for line in lines if line["taking"])}
            assert (row["surplus_minor"], row["returns"]) == (book["surplus_minor"], len(book["returns"]))
    assert "acts" not in afar("/orders")[0]


def test_journeys_credit_the_orders_of_the_books(afar):
    told = afar("/journeys", method="linear")
    assert (told["orders"], told["value_minor"]) == (25, 16 * 10_000 + 9 * 5_400)
    assert told["orders"] == afar("")["facts"]["orders"]


def test_ways_between_channels_have_a_worth(ask):
    [edge] = ask("/handoffs")
    assert (edge["sender"], edge["receiver"], edge["moves"], edge["currency"]) == ("store", "web", 10, "EUR")
    assert edge["value_minor"] == 100_000


def test_journeys_are_credited_by_methods_that_add_up(ask):
    for method in ("first", "last", "linear", "shapley", "markov"):
        told = ask("/journeys", method=method)
        assert sum(row["value_minor"] for row in told["channels"]) == told["value_minor"] == 130_000
    assert ask("/journeys", method="luck", status=404)["code"] == "not_found"


def test_an_associate_does_not_see_credit(ask):
    assert ask("", role=Role.ASSOCIATE, status=403)["code"] == "auth.role_too_small"
