"""Recommendations through the doors: consent first, special categories never."""

import json
from datetime import timedelta
from itertools import count

import pytest

from noline.doors.answers.recommend import recommendations
from noline.doors.cli.main import run
from noline.hub import Hub
from noline.kernel.clock import SystemClock, as_datetime
from noline.kernel.errors import NotFound
from shop import identify, track


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A shop in which forty customers come back every week; the first says yes, the second objects as well."""
    place = tmp_path_factory.mktemp("recommend") / "shop.noline"
    with Hub.init(place) as hub:
        hub.access.add_source("store", "store")
        hub.accept("store", list(_messages()))
        for user in ("u-0", "u-1"):
            hub.consent.change(person_of(hub, user), "personalisation", "any", granted=True, by="t", method="counter")
        hub.consent.change(person_of(hub, "u-1"), "profiling", "any", granted=False, by="t", method="counter")
    return place


def _messages():
    number = count()
    now = as_datetime(SystemClock().now())
    for one in range(40):
        yield identify(id=f"i-{one}", at=(now - timedelta(days=90)).isoformat(), user=f"u-{one}", firstName="A")
        for place in range(10):
            at = (now - timedelta(days=7 * (10 - place))).isoformat()
            skus = [f"coffee-{one % 4}", f"other-{(one * 7 + place * 3) % 11}", "pregnancy-test"]
            yield track(
                "Order Completed", id=f"m-{next(number)}", at=at, user=f"u-{one}", order_id=f"o-{one}-{place}",
                total=10, currency="EUR", context_store_id="paris-1",
                products=[{"sku": sku, "quantity": 1, "price": 3} for sku in skus],
            )  # fmt: skip


def person_of(hub, user):
    return next(one.person for one in hub.find_customers(user))


def test_what_was_bought_every_time_comes_first_but_nothing_special(folder):
    with Hub.open(folder) as hub:
        told = recommendations(hub, person_of(hub, "u-0"), k=5, store="paris-1")
    assert told["items"][0]["sku"] == "coffee-0"
    assert told["items"][0]["because"]["values"]["times"] == 10
    assert "pregnancy-test" not in json.dumps(told)
    assert told["fitted"]["customers"] == 40
    assert told["fitted"]["baskets"] == 400


@pytest.mark.parametrize(
    ("user", "why"), [("u-1", "the customer objects to profiling"), ("u-2", "no consent to personalisation")]
)
def test_without_a_yes_nothing_is_recommended_and_it_says_why(folder, user, why):
    with Hub.open(folder) as hub:
        told = recommendations(hub, person_of(hub, user))
    assert (told["items"], told["why_none"]) == ([], why)


def test_what_is_kept_names_no_customer_and_nothing_special(folder):
    with Hub.open(folder) as hub:
        assert hub.recommender.names
        assert "pregnancy-test" not in hub.recommender.names
    kept = (folder / "analytics" / "recommend" / "model.npz").read_bytes()
    assert b"u-0" not in kept


def test_a_stranger_is_refused(folder):
    with Hub.open(folder) as hub, pytest.raises(NotFound):
        recommendations(hub, "p_0000000000000000")


def test_the_command_line_answers_and_fits(folder, capsys):
    with Hub.open(folder) as hub:
        person = person_of(hub, "u-0")
    assert run(["recommend", person, "--k", "1", "--hub", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["sku"] == "coffee-0"
    assert run(["recommend", "fit", "--hub", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["customers"] == 40


def test_too_few_orders_say_so(tmp_path):
    with Hub.init(tmp_path / "new.noline") as hub:
        hub.access.add_source("store", "store")
        hub.accept("store", list(_messages())[:2])
        person = person_of(hub, "u-0")
        hub.consent.change(person, "personalisation", "any", granted=True, by="t", method="counter")
        told = recommendations(hub, person)
    assert told["items"] == []
    assert told["why_none"].startswith("too little was bought so far to learn from")


def test_a_file_is_evaluated_on_the_command_line(tmp_path, capsys):
    rows = [f"{c},{c * 100 + b},tea-{c % 3}\n{c},{c * 100 + b},any-{(c + b) % 5}" for c in range(20) for b in range(8)]
    file = tmp_path / "lines.csv"
    file.write_text("who,bag,what\n" + "\n".join(rows) + "\n", "utf-8")
    asked = ["recommend", "evaluate", "--baskets", str(file), "--k", "1,2", "--method", "linear", "--json"]
    assert run([*asked, "--map", "customer=who,basket=bag,item=what"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["n"] == told["of"] == 20
    assert told["baskets"]["ordered_by"] == "the numbers of the baskets"
    assert [one["method"] for one in told["rows"]] == [
        "ours: linear", "personal frequency", "item popularity", "TIFU-KNN", "item-kNN",
    ]  # fmt: skip
    frequency = told["rows"][1]["measures"]
    assert frequency["recall@1"]["value"] == 0.5
    assert frequency["ndcg@1"]["value"] == 1.0
    assert set(frequency) == {f"{name}@{k}" for name in ("recall", "ndcg", "hit_rate") for k in (1, 2)}


def test_who_limits_baskets_too_much_is_told_by_what(tmp_path, capsys):
    file = tmp_path / "lines.csv"
    file.write_text("who,bag,what\nx,1,tea\nx,2,tea\n", "utf-8")
    asked = ["recommend", "evaluate", "--baskets", str(file), "--map", "customer=who,basket=bag,item=what"]
    assert run([*asked, "--min-baskets", "3", "--min-item", "2"]) == 3
    said = capsys.readouterr().err
    assert "nobody in it has 3 baskets or more, of items that lie in 2 or more" in said
    assert "--min-baskets" in said


@pytest.mark.parametrize("columns", ["customer=who", "customer", "buyer=who,basket=bag,item=what"])
def test_a_map_that_lacks_a_column_is_wrong_use(tmp_path, columns):
    file = tmp_path / "lines.csv"
    file.write_text("who,bag,what\nx,1,tea\n", "utf-8")
    assert run(["recommend", "evaluate", "--baskets", str(file), "--map", columns]) == 2
