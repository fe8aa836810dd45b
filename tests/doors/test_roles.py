"""Roles of channels over HTTP: every number with its interval or why there is none, for managers only."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from litestar.testing import TestClient

from noline.doors.answers import roles
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role
from shop import OPENING, track

PEOPLE = 40
PATHS = ("roles", "migration", "customers", "index", "partners")


def stories() -> Iterator[tuple[str, dict[str, Any]]]:
    """Forty people order on the web; half of them collect in Paris, a quarter order there again."""
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
    last = (OPENING + timedelta(days=200)).isoformat()
    yield "web", track("Page Viewed", id="last", at=last, user="u-0")


@pytest.fixture(scope="module")
def hub(tmp_path_factory) -> Iterator[Hub]:
    with Hub.init(tmp_path_factory.mktemp("roles") / "shop.noline") as opened:
        said = list(stories())
        for name, channel in (("erp", "erp"), ("web", "web"), ("till", "store")):
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
    web, store = told["channels"]
    assert (web["name"], web["orders"], web["persons"]) == ("web", 40, 40)
    assert (store["name"], store["orders"], store["persons"]) == ("store", 10, 10)
    acquire = web["measures"]["acquire"]
    assert acquire["value"] == pytest.approx((40 / 40) / (40 / 50))
    assert acquire["claimed"]
    assert acquire["low"] > 1
    assert store["measures"]["acquire"]["why"] == "too few persons: 10 of at least 30"
    assert (web["convenience"]["cases"], web["convenience"]["of"]) == (10, 20)
    assert told["sentence"] in told["counted"]["words"]
    assert told["observed_until"] == "2026-09-18T09:00:00.000Z"
    assert {one["currency"] for one in web["assist"]} == {"EUR"}


def test_units_are_called_what_the_catalogue_calls_them(hub, client):
    told = ask(hub, client, "roles?by=unit")
    assert [(one["name"], one["place"], one["channel"]) for one in told["channels"]] == [
        ("web", "web", "web"),
        ("paris-1", "Paris", "store"),
    ]


def test_the_migration_has_a_row_for_each_first_channel(hub, client):
    told = ask(hub, client, "migration?k=2")
    (web,) = told["ways"]
    assert [(one["channel"], one["cases"], one["of"]) for one in web["cells"]] == [("store", 10, 40), ("web", 0, 40)]
    assert (web["lost"]["cases"], web["persons"], web["undecided"], told["median_gap_days"]) == (30, 40, 0, 20.0)
    assert told["every"]["cells"] == web["cells"]


def test_customers_index_and_partners_are_told(hub, client):
    classes = {one["name"]: one["persons"]["cases"] for one in ask(hub, client, "customers")["classes"]}
    assert classes == {"single": 20, "multi": 0, "cross": 20, "omni": 0}
    told = ask(hub, client, "index?lookup_p95_ms=7.5")
    parts = {one["name"]: one for one in told["parts"]}
    assert (parts["pickup_in_time"]["works"]["cases"], parts["pickup_in_time"]["works"]["of"]) == (10, 20)
    assert parts["lookup"]["facts"] == {"p95_ms": 7.5}
    assert parts["helping_pays"]["works"]["of"] == parts["helping_pays"]["evidence"] == 1
    assert ask(hub, client, "partners")["accounts"] == []


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


@pytest.mark.parametrize("path", PATHS)
def test_roles_are_for_managers(hub, client, path):
    assert ask(hub, client, path, Role.ASSOCIATE, 403)["code"] == "auth.role_too_small"


@pytest.mark.parametrize("path", PATHS)
def test_the_door_answers_as_python_does(hub, client, path):
    answer = getattr(roles, path)(hub)
    told = ask(hub, client, path)
    assert told["counted"]["words"] == answer["counted"]["words"]
    assert set(told) == set(answer)
