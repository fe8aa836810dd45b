"""A hub to ask from the command line, and the command line inside this process."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from noline.doors.cli.main import run
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, identify, track


@dataclass(frozen=True)
class Said:
    """What a command answered: its exit code, its result, its talk."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        return json.loads(self.err)


Command = Callable[..., Said]


@pytest.fixture
def noline(capsys, monkeypatch) -> Command:
    """Run a command line in this process."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")

    def command(*words: object) -> Said:
        code = run([str(word) for word in words])
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return command


LONG_AGO = "2026-01-05T10:00:00Z"
"""Longer than any hand-off may take, so that who did not arrive is lost."""


def fill(hub: Hub) -> None:
    """A day with something for every question."""
    for name, channel in {"web": "web", "till": "store", "erp": "erp", "mail": "mail"}.items():
        hub.access.add_source(name, channel)
    day = Day()
    hub.accept(
        "erp",
        [
            track("Location Opened", id="e-1", at=day.next(), location="paris-1", name="Paris Marais", channel="store"),
            track(
                "Product Described", id="e-2", at=day.next(), sku="ristretto-50", name="Ristretto 50", brand="Maison"
            ),
            track("Price Set", id="e-3", at=day.next(), sku="ristretto-50", price=24, currency="EUR", channel="web"),
            track("Price Set", id="e-4", at=day.next(), sku="ristretto-50", price=26, currency="EUR", channel="store"),
            track("Stock Counted", id="e-5", at=day.next(), sku="ristretto-50", units=12, location="paris-1"),
        ],
    )
    hub.accept(
        "web",
        [
            identify(id="w-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica"),
            track("Product Viewed", id="w-2", at=day.next(), user="anna", sku="ristretto-50"),
            track("Product Reserved", id="w-3", at=day.next(), user="anna", sku="ristretto-50", store_id="paris-1"),
            track("Product Reserved", id="w-4", at=LONG_AGO, user="boris", sku="ristretto-50", store_id="paris-1"),
            track(
                "Review Posted", id="w-5", at=day.next(), user="boris", review_id="r-1", rating=1, sku="ristretto-50"
            ),
            {"type": "track", "messageId": "w-6", "userId": "anna"},
            {"type": "track", "messageId": "w-7", "userId": "anna"},
        ],
    )
    hub.accept(
        "mail",
        [
            track("Mailing Sent", id="l-1", at=day.next(), user="boris", handoff_to="store", handoff_group="A",
                  handoff_object="c-1", campaign_id="spring"),
        ],
    )  # fmt: skip
    hub.accept(
        "till",
        [
            track("Order Completed", id="t-1", at=day.next(), user="anna", order_id="o-1", total=48, currency="EUR",
                  products=[{"sku": "ristretto-50", "quantity": 2, "price": 24}], context_store_id="paris-1"),
        ],
    )  # fmt: skip
    hub.outbox.subscribe("crm", "https://crm.example/in", ("Order Completed",), after=3)
    hub.access.add_key(Role.ADMIN, "me")


@pytest.fixture(scope="session")
def asked(tmp_path_factory) -> Path:
    """The folder of a hub that tests only ask."""
    folder = tmp_path_factory.mktemp("cli") / "asked.noline"
    with Hub.init(folder, company="Maison Ristretto") as hub:
        fill(hub)
        hub.refresh()
    return folder


@pytest.fixture(scope="session")
def peopled(tmp_path_factory) -> Path:
    """The folder of a hub of which tests only ask who its people are: some were decided about, one was erased."""
    folder = tmp_path_factory.mktemp("cli") / "peopled.noline"
    with Hub.init(folder, company="Maison Ristretto") as hub:
        fill(hub)
        hub.accept("web", list(_people()))
        one, two = (hub.find_customers(f"jo-{name}")[0].person for name in ("one", "two"))
        hub.identity.part(one, two, by="Clara")
        hub.erase(hub.find_customers("gone@example.com")[0].person, by="Clara", reason="asked")
        hub.refresh()
    return folder


def _people() -> Iterator[dict[str, Any]]:
    company = {"type": "group", "messageId": "g-1", "timestamp": LONG_AGO, "userId": "anna", "groupId": "A-1"}
    yield company | {"traits": {"name": "Bistro", "role": "buyer"}}
    yield track("Consent Changed", id="c-1", at=LONG_AGO, user="anna", purpose="marketing", granted=True)
    yield track("Product Added", id="k-1", at=LONG_AGO, user="anna", sku="lungo-40", cart_id="cart-7f3a9c21d4e8b605")
    yield identify(id="w-8", at=LONG_AGO, user="gone", email="gone@example.com")
    for name in ("jo-one", "jo-two", "annie"):
        called = "Anna Arabica" if name == "annie" else name
        yield identify(id=f"w-{name}", at=LONG_AGO, user=name, name=called)


@pytest.fixture
def shop(tmp_path) -> Path:
    """The folder of a hub of a test's own."""
    folder = tmp_path / "shop.noline"
    with Hub.init(folder, company="Maison Ristretto") as hub:
        fill(hub)
    return folder
