"""`noline credit --paths`: credit of channels on any file of journeys, without a hub."""

import json
import subprocess
import sys

import pytest

from noline.doors.cli.credit import credit
from noline.insight.paths.service import METHODS

ROWS = """\
path,conversions,null,value
mail > web > store,6,4,900
web > store,2,2,101
web,1,9,0
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "journeys.csv"
    path.write_text(ROWS, "utf-8")
    return path


def test_each_channel_has_its_conversions_its_value_and_its_journeys(noline, file):
    said = noline("credit", "--paths", file, "--json")
    assert said.code == 0
    assert {name: said.json[name] for name in ("method", "paths", "journeys", "conversions", "value_minor")} == {
        "method": "shapley", "paths": 3, "journeys": 24, "conversions": 9, "value_minor": 1001,
    }  # fmt: skip
    # 900 in three, 101 in two, whose odd unit goes to the first of two equal remainders.
    assert said.json["channels"] == [
        {"channel": "web", "conversions": 4.0, "share": pytest.approx(4 / 9), "value_minor": 351, "journeys": 24},
        {"channel": "store", "conversions": 3.0, "share": pytest.approx(3 / 9), "value_minor": 350, "journeys": 14},
        {"channel": "mail", "conversions": 2.0, "share": pytest.approx(2 / 9), "value_minor": 300, "journeys": 10},
    ]


def test_people_read_a_table_and_how_much_it_is_made_of(noline, file):
    said = noline("credit", "--paths", file, "--method", "last")
    assert said.out.split() == [
        "channel", "conversions", "share", "value", "minor", "journeys",
        "store", "8.00", "0.889", "1001", "14", "web", "1.00", "0.111", "0", "24", "mail", "0.00", "0", "0", "10",
    ]  # fmt: skip
    assert said.err == "3 paths, 24 journeys, 9 of them with success, worth 1,001 minor units\n"


def test_columns_of_other_names_are_mapped(noline, tmp_path):
    path = tmp_path / "other.ndjson"
    path.write_text(json.dumps({"way": ["a", "b"], "won": 3, "cost": 1.5}), "utf-8")
    said = noline("credit", "--paths", path, "--map", "path=way,conversions=won,value=cost", "--json")
    assert [(row["channel"], row["value_minor"]) for row in said.json["channels"]] == [("a", 75), ("b", 75)]
    assert said.json["value_read"] == "hundredths"
    assert "fractions read as major units" in noline("credit", "--paths", path, "--map", "path=way,value=cost").err


def test_a_value_that_no_column_tells_is_not_zero_but_unknown(noline, tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("path\na > b\n", "utf-8")
    said = noline("credit", "--paths", path, "--handoffs", "--method", "ordered", "--json")
    assert said.json["value_minor"] is None
    assert said.json["channels"][0]["value_minor"] is None
    assert said.json["channels"][0]["value_minor_by_place"] is None
    assert said.json["handoffs"][0]["value_minor"] is None
    assert "1 of them with success, of no told value" in noline("credit", "--paths", path).err


def test_the_order_of_a_chain_is_chosen_on_held_out_journeys_and_said(noline, file):
    said = noline("credit", "--paths", file, "--method", "markov", "--json")
    assert said.json["order"] == said.json["orders"]["chosen"]
    assert [row["order"] for row in said.json["orders"]["rows"]] == [1, 2, 3, 4, 5, 6]
    assert sum(row["value_minor"] for row in said.json["channels"]) == 1001
    told = noline("credit", "--paths", file, "--method", "markov").err
    assert f"order {said.json['order']}: {said.json['orders']['why']}" in told


def test_an_order_that_is_told_is_taken(noline, file):
    said = noline("credit", "--paths", file, "--method", "markov", "--order", "6", "--json")
    assert (said.json["order"], said.json["orders"]) == (6, None)
    # Not below the longest path: removal effects are the shares of successes that hold the channel, 9, 8 and 6 of 9.
    assert [(row["channel"], row["conversions"]) for row in said.json["channels"]] == [
        ("web", pytest.approx(9 * 9 / 23)), ("store", pytest.approx(9 * 8 / 23)), ("mail", pytest.approx(9 * 6 / 23)),
    ]  # fmt: skip


def test_handoffs_are_told_beside_any_method(noline, file):
    said = noline("credit", "--paths", file, "--handoffs", "--order", "3", "--json")
    assert [(row["sender"], row["receiver"], row["moves"]) for row in said.json["handoffs"]] == [
        ("web", "store", 14), ("mail", "web", 10),
    ]  # fmt: skip
    assert [row["conversions"] for row in said.json["handoffs"]] == [pytest.approx(8), pytest.approx(6)]
    assert [row["value_minor"] for row in said.json["handoffs"]] == [1001, 900]
    assert "removal effect" in noline("credit", "--paths", file, "--handoffs").out


def test_the_value_by_place_has_a_column_for_each(noline, file):
    said = noline("credit", "--paths", file, "--method", "ordered", "--json")
    web = next(row for row in said.json["channels"] if row["channel"] == "web")
    assert web["conversions_by_place"] == [2.0, 2.0, 0.0]
    assert sum(web["value_minor_by_place"]) == web["value_minor"]
    assert "place 3" in noline("credit", "--paths", file, "--method", "ordered").out


def test_weights_and_a_half_life_reach_their_methods(noline, file):
    said = noline("credit", "--paths", file, "--method", "roles", "--weights", "web=1,store=1,mail=2", "--json")
    assert {row["channel"]: row["conversions"] for row in said.json["channels"]} == pytest.approx(
        {"mail": 3.0, "web": 3.5, "store": 2.5}
    )
    said = noline("credit", "--paths", file, "--method", "decay", "--half-life", "1", "--json")
    assert {row["channel"]: row["conversions"] for row in said.json["channels"]} == pytest.approx(
        {"mail": 6 / 7, "web": 12 / 7 + 2 / 3 + 1, "store": 24 / 7 + 4 / 3}
    )


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--order", "2"], "--order needs --method markov or --handoffs."),
        (["--weights", "web=1"], "--weights needs --method roles."),
        (["--half-life", "2"], "--half-life needs --method decay."),
        (["--method", "roles", "--weights", "web"], "write NAME=VALUE"),
        (["--method", "roles", "--weights", "web=much"], "could not convert string to float"),
        (["--map", "path"], "write NAME=VALUE"),
        (["units"], "--paths answers by itself, without units."),
    ],
)
def test_options_that_would_not_be_looked_at_are_refused(noline, file, words, why):
    said = noline("credit", "--paths", file, *words)
    assert said.code == 2
    assert why in said.err


def test_without_paths_its_options_are_refused(noline):
    said = noline("credit", "--method", "last")
    assert said.code == 2
    assert "--method here needs --paths" in said.err


def test_a_file_without_paths_is_refused_with_what_to_do(noline, tmp_path):
    path = tmp_path / "no.csv"
    path.write_text("way\na > b\n", "utf-8")
    said = noline("credit", "--paths", path, "--json")
    assert said.code == 3
    assert said.error["code"] == "paths.unreadable"
    assert "--map path=COLUMN" in said.error["hint"]


def test_a_channel_without_a_weight_is_refused(noline, file):
    said = noline("credit", "--paths", file, "--method", "roles", "--weights", "web=1,store=1", "--json")
    assert (said.code, said.error["code"]) == (3, "paths.asked_wrong")
    assert "'mail' has none" in said.error["message"]


def test_its_help_loads_nothing_heavy():
    program = (
        "from noline.doors.cli.main import run\nassert run(['credit', '--help']) == 0\n"
        "import sys\nprint(*sys.modules.keys() & {'numpy', 'pyarrow', 'duckdb'}, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stderr.split() == []


def test_every_method_of_the_room_can_be_asked_for():
    method = next(option for option in credit.params if option.name == "method")
    assert tuple(method.type.choices) == METHODS
