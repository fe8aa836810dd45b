"""The doctor says what is well, what is not, and what to do."""

import shutil
from collections import namedtuple

import pytest

from fixed_clock import FixedClock
from noline.flows.doctor import Finding
from noline.hub import Hub
from noline.kernel.clock import DAY
from shop import Day, track


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def shop(tmp_path, clock):
    with Hub.init(tmp_path / "shop.noline", company="Café Zoë", rates={"JPY": "0.006"}, clock=clock) as hub:
        hub.access.add_source("web", "web")
        hub.accept("web", [track("Product Viewed", id="m-1", at=Day().next(), user="anna", sku="a")])
        yield hub


def finding(hub: Hub, subject: str) -> Finding:
    (found,) = [one for one in hub.examine() if one.subject == subject]
    return found


def test_a_hub_that_is_well_needs_nothing(shop):
    found = shop.examine()
    assert [one.subject for one in found] == [
        "python", "disk", "settings", "store", "durability", "secret", "sealed records", "books", "dead letters",
    ]  # fmt: skip
    assert {(one.well, one.advice) for one in found} == {(True, "")}
    assert finding(shop, "store").finding == "sqlite, 1 records"
    assert finding(shop, "settings").finding == (
        "company Café Zoë, currency EUR, rates JPY 0.006, drop_off_days 14, handoff_days 30"
    )
    assert finding(shop, "sealed records").finding == "1 of the 1 newest sealed records can be read"


def test_a_disk_that_is_nearly_full_is_told(shop, monkeypatch):
    usage = namedtuple("usage", "total used free")  # noqa: PYI024  as shutil has it
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12, 999_999_999))
    assert finding(shop, "disk") == Finding("disk", False, "999 MB free", "make room: below 1 GB writes may soon fail")


def test_a_secret_that_others_can_read_is_told(shop):
    (shop.folder / "secret.key").chmod(0o644)
    assert finding(shop, "secret") == Finding("secret", False, "secret.key has mode 644", "chmod 600 secret.key")


def test_a_secret_of_another_hub_is_told(shop, clock):
    (shop.folder / "secret.key").write_bytes(bytes(32))
    with Hub.open(shop.folder, clock=clock) as mistaken:
        found = finding(mistaken, "sealed records")
    assert (found.well, found.finding) == (False, "0 of the 1 newest sealed records can be read")
    assert "secret.key" in found.advice


def test_letters_that_wait_too_long_are_told(shop, clock):
    shop.accept("web", [{"type": "track", "messageId": "m-2", "userId": "anna"}])
    clock.go_on(14 * DAY - 1)
    assert finding(shop, "dead letters") == Finding("dead letters", True, "1 open, the oldest 13 days")
    clock.go_on(1)
    assert finding(shop, "dead letters") == Finding(
        "dead letters", False, "1 open, the oldest 14 days", "look at them: noline dead-letters list"
    )
    shop.intake.ignore(1)
    assert finding(shop, "dead letters").finding == "none open"


def test_a_receiver_that_fails_or_is_paused_is_told(shop):
    shop.outbox.subscribe("erp", "https://erp.example")
    assert finding(shop, "webhook erp") == Finding("webhook erp", True, "active, 1 behind")
    shop.outbox.fail("erp", "HTTP 500")
    assert finding(shop, "webhook erp") == Finding(
        "webhook erp", False, "active, 1 behind: HTTP 500", "mend it, then noline webhooks resume erp"
    )
    shop.outbox.resume("erp", after=1)
    assert finding(shop, "webhook erp") == Finding("webhook erp", True, "active, 0 behind")
    shop.outbox.pause("erp")
    assert not finding(shop, "webhook erp").well


def test_a_hasty_database_is_told(tmp_path, postgres_url):
    """The server of the tests does not sync, on purpose."""
    with Hub.init(tmp_path / "shop.noline", store=postgres_url) as hub:
        found = finding(hub, "durability")
        assert not found.well
        assert found.finding == "fsync=off, full_page_writes=off, synchronous_commit=off"
        assert postgres_url not in " ".join(one.finding for one in hub.examine())


def test_a_password_that_others_can_read_is_told(tmp_path, postgres_url):
    address = postgres_url.replace("postgres@", "postgres:geheim@")
    with Hub.init(tmp_path / "shop.noline", store=address) as hub:
        (hub.folder / "noline.toml").chmod(0o640)
        found = finding(hub, "password")
        assert found == Finding(
            "password", False, "noline.toml holds a password and has mode 640", "chmod 600 noline.toml"
        )
        (hub.folder / "noline.toml").chmod(0o600)
        assert finding(hub, "password").well
        assert "geheim" not in " ".join(one.finding + one.advice for one in hub.examine())


def test_crooked_books_are_told(shop, monkeypatch):
    """The database itself refuses them, so they are shown to the doctor by hand."""
    from noline.stores import books

    page = books.Page("web", received=3, accepted=1, duplicate=0, conflict=0, parked=1, hour=0)
    monkeypatch.setattr(books, "pages", lambda _: [page])
    assert finding(shop, "books") == Finding("books", False, "crooked: web", "run noline verify")
