"""Roles of channels over HTTP: every number with its interval or why there is none, for managers only."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.answers import roles, scorecard
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.doors.plain import plain
from noline.hub import Hub
from noline.stores.access import Role
from shop import OPENING, track

PEOPLE = 40
PATHS = ("roles", "migration", "customers", "index", "partners")


def stories() -> Iterator[tuple[str, dict[str, Any]]]:
    """Forty people order on the web; half of them collect in Paris, a quarter order there again; one brings it back.

    A business orders three times without naming anybody.
    """
    yield (
        "erp",
        track("Location Opened", id="e-1", at=OPENING.isoformat(), location="paris-1", name="Paris", channel="store"),
    )
    for number in range(PEOPLE):
        who = {"user": f"u-{number}", "currency": "EUR"}

        def moment(days: int, number: int = number) -> str:
            return (OPENING + timedelta(days=days, minutes=number)).isoformat()

        order = f"w-{number}"
        basket = {"total": 20, "products": [{"sku": "a", "quantity": 1, "price": 20}]}
        yield "web", track("Order Completed", id=f"a-{number}", at=moment(0), order_id=order, **basket, **who)
        if number % 2 == 0:
            until = (OPENING + timedelta(days=5)).isoformat()
            asked = {"order_id": order, "store_id": "paris-1", "handoff_until": until}
            yield "web", track("Pickup Requested", id=f"b-{number}", at=moment(1), **asked, **who)
            told = {"order_id": order, "context_store_id": "paris-1"}
            yield "till", track("Pickup Ready", id=f"c-{number}", at=moment(2 if number % 4 else 9), **told, **who)
            yield "till", track("Pickup Collected", id=f"d-{number}", at=moment(10), **told, **who)
        if number % 4 == 0:
            again = {"order_id": f"s-{number}", "context_store_id": "paris-1", **basket}
            yield "till", track("Order Completed", id=f"f-{number}", at=moment(20), **again, **who)
    back = {"order_id": "w-0", "return_id": "r-0", "at": (OPENING + timedelta(days=12)).isoformat(), "user": "u-0"}
    yield "web", track("Return Requested", id="g-1", **back)
    yield "till", track("Return Accepted", id="g-2", context_store_id="paris-1", **back)
    for number in range(3):
        told = {"order_id": f"b-{number}", "account_id": "acme", "currency": "EUR", "total": 300, "quantity": 9}
        yield "trade", track("Order Completed", id=f"h-{number}", at=OPENING.isoformat(), sku="a", **told)
    last = (OPENING + timedelta(days=200)).isoformat()
    yield "web", track("Page Viewed", id="last", at=last, user="u-0")


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[Hub]:
    with Hub.init(tmp_path_factory.mktemp("roles") / "shop.noline") as opened:
        said = list(stories())
        for name, channel in (("erp", "erp"), ("web", "web"), ("till", "store"), ("trade", "wholesale")):
            opened.access.add_source(name, channel)
            received = opened.accept(name, [message for source, message in said if source == name])
            assert {one.status for one in received} == {"accepted"}
        yield opened


@pytest.fixture(scope="module")
def client(hub) -> Iterator[TestClient[Any]]:
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer), raise_server_exceptions=False) as opened:
        yield opened
    writer.stop()


def ask(hub: Hub, client: TestClient[Any], path: str, role: Role = Role.MANAGER, status: int = 200) -> Any:
    key = hub.access.add_key(role)[1]
    answer = client.get(f"/v1/channels/{path}", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == status, answer.text
    return answer.json()


def test_channels_are_told_with_their_ratios(hub, client):
    told = ask(hub, client, "roles")
    web, store, wholesale = told["channels"]
    assert (web["name"], web["orders"], web["persons"]) == ("web", 40, 40)
    assert (store["name"], store["orders"], store["persons"]) == ("store", 10, 10)
    assert (wholesale["name"], wholesale["orders"], wholesale["orders_of_nobody"]) == ("wholesale", 0, 3)
    acquire = web["measures"]["acquire"]
    assert acquire["value"] == pytest.approx((40 / 40) / (40 / 50))
    assert acquire["claimed"]
    assert acquire["low"] > 1
    assert store["measures"]["acquire"]["why"] == "too few persons: 10 of at least 30"
    # All that is collected in Paris is promised there: half of it is ready when it should be.
    assert [counts(one["convenience"]) for one in told["channels"]] == [(0, 0), (10, 20), (0, 0)]
    assert [(one["currency"], one["orders"], one["mean_minor"]) for one in web["baskets"]] == [("EUR", 40, 2000)]
    assert told["sentence"] in told["counted"]["words"]
    assert told["observed_until"] == "2026-09-18T09:00:00.000Z"


def counts(part):
    return part["cases"], part["of"]


@pytest.mark.parametrize(("by", "names"), [("channel", ("web", "store")), ("unit", ("web", "paris-1"))])
def test_helping_with_an_order_of_another_channel_earns_half_of_what_it_leaves(hub, client, by, names):
    told = {one["name"]: one["assist"] for one in ask(hub, client, f"roles?by={by}")["channels"]}
    # 20.00 of margin less 10 minutes of work for 4.00; one of the twenty orders came back.
    half = (2_000 - 400) // 2
    assert [told[name] for name in names] == [
        [{"amount_minor": 0, "currency": "EUR"}],
        [{"amount_minor": 20 * half - half, "currency": "EUR"}],
    ]


def test_units_are_called_what_the_catalogue_calls_them(hub, client):
    told = ask(hub, client, "roles?by=unit")
    assert [(one["name"], one["place"], one["channel"]) for one in told["channels"]] == [
        ("web", "web", "web"),
        ("paris-1", "Paris", "store"),
        ("wholesale", "wholesale", "wholesale"),
    ]
    assert counts(told["channels"][1]["convenience"]) == (10, 20)


def test_the_migration_has_a_row_for_each_first_channel(hub, client):
    told = ask(hub, client, "migration?k=2")
    (web,) = told["ways"]
    assert [(one["channel"], one["cases"], one["of"]) for one in web["cells"]] == [("store", 10, 40), ("web", 0, 40)]
    assert (web["lost"]["cases"], web["persons"], web["undecided"], told["median_gap_days"]) == (30, 40, 0, 20.0)
    assert told["every"]["cells"] == web["cells"]


def test_customers_are_told_with_what_they_ordered(hub, client):
    told = ask(hub, client, "customers")
    classes = {one["name"]: one for one in told["classes"]}
    assert {name: counts(one["persons"]) for name, one in classes.items()} == {
        "single": (20, 40), "multi": (0, 40), "cross": (20, 40), "omni": (0, 40),
    }  # fmt: skip
    assert [(one["orders"], one["value_minor"]) for one in (classes["single"], classes["cross"])] == [
        (20, 40_000),
        (30, 60_000),
    ]
    assert classes["cross"]["orders_mean"]["value"] == 1.5
    assert (told["orders"], told["orders_of_nobody"], told["currency"]) == (50, 3, "EUR")


def test_the_index_counts_what_there_is_and_how_it_works(hub, client):
    told = ask(hub, client, "index?lookup_p95_ms=7.5")
    parts = {one["name"]: one for one in told["parts"]}
    assert {name: counts(one["works"]) for name, one in parts.items() if one["works"]} == {
        "recognised_in_store": (10, 10),
        "pickup_in_time": (10, 20),
        "pickup_collected": (20, 20),
        "returns_elsewhere": (1, 1),
        "helping_pays": (1, 1),
    }
    assert parts["lookup"]["facts"] == {"p95_ms": 7.5}
    assert parts["helping_pays"]["words"].endswith("by the fair books; in today's books 1 of 1 lose by it")
    assert told["works"] == pytest.approx((1 + 0.5 + 1 + 1 + 1) / 5)


def test_a_business_is_told_though_it_names_no_person(hub, client):
    told = ask(hub, client, "partners")
    assert [one["name"] for one in told["channels"]] == ["wholesale"]
    (acme,) = told["accounts"]
    assert {name: acme[name] for name in ("account", "channels", "orders", "orders_of_nobody", "persons")} == {
        "account": "acme", "channels": ["wholesale"], "orders": 3, "orders_of_nobody": 3, "persons": 0,
    }  # fmt: skip
    assert acme["baskets"] == [{"currency": "EUR", "orders": 3, "value_minor": 90_000, "mean_minor": 30_000}]
    assert counts(acme["returned"]) == (0, 3)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("migration?k=1", "roles.asked_wrong"),
        ("migration?k=6", "roles.asked_wrong"),
        ("migration?k=two", "http.bad_request"),
        ("roles?by=country", "roles.asked_wrong"),
        ("index?lookup_p95_ms=-1", "http.bad_request"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_reason(hub, client, path, code):
    assert ask(hub, client, path, status=400)["code"] == code


@pytest.mark.parametrize("by", ["channel", "unit"])
def test_promises_are_counted_as_the_scorecard_counts_them(hub, by):
    told = {one["name"]: counts(one["convenience"]) for one in roles.roles(hub, by)["channels"]}
    card = scorecard.card(hub, by=by, period="all", metrics=["promise_kept"])["rows"]
    expected = {row[by]: (row["numerator"], row["denominator"]) for row in card}
    assert (
        {name: one for name, one in told.items() if one[1]}
        == expected
        == {("store", "paris-1")[by == "unit"]: (10, 20)}
    )


@pytest.mark.parametrize("path", PATHS)
def test_roles_are_for_managers(hub, client, path):
    assert ask(hub, client, path, Role.ASSOCIATE, 403)["code"] == "auth.role_too_small"


@pytest.mark.parametrize("path", PATHS)
def test_the_door_answers_as_python_does(hub, client, path):
    # How long a look-up takes is another number each time.
    told = {"lookup_p95_ms": 2.0} if path == "index" else {}
    answer = getattr(roles, path)(hub, **told)
    asked = f"{path}?lookup_p95_ms=2.0" if told else path
    assert ask(hub, client, asked) == json.loads(json.dumps(plain(answer)))
