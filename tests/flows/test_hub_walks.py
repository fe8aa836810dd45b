"""The hub's own walk store: it follows what comes in, who is who, and what is erased."""

from pathlib import Path

import pytest

from noline.hub import Hub
from noline.insight.walks.model import Pauses, Windows
from noline.stores.walks import history
from noline.stores.walks.history import Rates, Version
from shop import Day, identify, track
from stores.test_walks_kept import assert_same


@pytest.fixture
def hub(tmp_path: Path):
    with Hub.init(tmp_path / "shop.noline", rates={"JPY": "0.006"}) as opened:
        for source, channel in (("web", "web"), ("till", "store"), ("crm", "mail")):
            opened.access.add_source(source, channel)
        yield opened


def anew(hub: Hub) -> history.History:
    """The history as it would be built from nothing."""
    version = Version(hub.analytics.watermark("touchpoints"), hub.analytics.watermark("people"))
    rates = Rates(hub.settings.currency, hub.settings.rates)
    return history.built(history.rows(hub.analytics), history.people(hub.analytics), rates, version)


def story(hub: Hub, day: Day, name: str, user: str) -> None:
    """Somebody browses without a name, reserves, and buys in the store."""
    cookie = {"anonymousId": f"{name}-cookie"}
    hub.accept("web", [track("Product Viewed", id=f"{name}-1", at=day.next(), sku="a") | cookie,
                       track("Product Reserved", id=f"{name}-2", at=day.next(), sku="a", handoff_object=f"{name}-r",
                             total=40, currency="EUR") | cookie])  # fmt: skip
    hub.accept("crm", [track("Mailing Sent", id=f"{name}-3", at=day.next(), user=user)])
    hub.accept("till", [track("Order Completed", id=f"{name}-4", at=day.next(), user=user, order_id=f"{name}-r",
                              total=5000, currency="JPY", context_store_id="paris-1")])  # fmt: skip


def test_history_moves_on_with_the_log_and_with_who_is_who(hub):
    day = Day()
    story(hub, day, "one", "u-1")
    story(hub, day, "two", "u-2")
    hub.refresh()
    first = hub.history
    assert hub.history is first
    assert (len(first), first.person_count, int(first.exposed.sum())) == (8, 4, 2)
    assert hub.walks.store.person_count == 4
    assert hub.walks is hub.walks
    assert hub.walks.attempts() is hub.walks.attempts(Windows())
    assert hub.walks.attempts() is not hub.walks.attempts(Windows(horizon=1))
    assert sorted(first.values.tolist()) == [0, 0, 0, 0, 3000, 3000, 4000, 4000]
    assert_same(first, anew(hub))
    hub.accept("web", [identify(id="i-1", at=day.next(), user="u-1") | {"anonymousId": "one-cookie"}])
    hub.refresh()
    assert (len(hub.history), hub.history.person_count) == (8, 3)
    assert hub.history.version > first.version
    assert_same(hub.history, anew(hub))
    one, two = (hub.find_customers(name)[0].person for name in ("u-1", "u-2"))
    merged = hub.identity.merge(one, two, by="ann")
    hub.refresh()
    assert hub.history.person_count == 2
    assert_same(hub.history, anew(hub))
    hub.identity.undo(merged.decision, by="ann")
    story(hub, day, "three", "u-1")
    hub.refresh()
    assert hub.history.person_count == 4
    assert_same(hub.history, anew(hub))


def test_a_hub_that_opens_again_maps_what_was_kept(hub, monkeypatch):
    story(hub, Day(), "one", "u-1")
    hub.refresh()
    before = hub.history
    folder = hub.folder
    hub.close()
    with Hub.open(folder) as again:
        again.refresh()
        monkeypatch.setattr(history, "rows", None)
        assert_same(again.history, before)


def test_who_is_erased_leaves_the_walks(hub):
    day = Day()
    story(hub, day, "one", "u-1")
    story(hub, day, "two", "u-2")
    hub.accept("web", [identify(id="i-1", at=day.next(), user="u-1") | {"anonymousId": "one-cookie"}])
    hub.refresh()
    before = hub.history
    names = set(before.measures["subject"][before.persons == before.persons[before.times.argmin()]].tolist())
    assert names
    assert _holds(hub.folder / "analytics" / "walks", names)
    hub.erase(hub.find_customers("u-1")[0].person, by="ann", reason="asked")
    assert not [path for path in (hub.folder / "analytics" / "walks").iterdir() if path.is_dir()]
    hub.refresh()
    assert not names & set(hub.history.measures["subject"].tolist())
    assert not _holds(hub.folder / "analytics" / "walks", names)
    assert_same(hub.history, anew(hub))


def _holds(folder: Path, numbers: set[int]) -> list[Path]:
    told = [number.to_bytes(8, "little", signed=True) for number in numbers]
    return [path for path in folder.rglob("*.npy") if any(one in path.read_bytes() for one in told)]


def test_the_walks_count_what_the_sql_of_journeys_counts(hub):
    day = Day()
    for number in range(12):
        story(hub, day, f"n{number}", f"u-{number}")
        if number % 3:
            said = identify(id=f"i-{number}", at=day.next(), user=f"u-{number}")
            hub.accept("web", [said | {"anonymousId": f"n{number}-cookie"}])
    hub.refresh()
    ours = hub.walks.attempts(Windows(Pauses())).borders()
    theirs = hub.journeys.handoffs()
    names = "attempts declared attempts_lost attempts_undecided persons arrived lost undecided succeeded value_minor"
    assert [[getattr(one, name) for name in ("from_channel", "to_channel", *names.split())] for one in ours] == [
        [getattr(one, name) for name in ("from_channel", "to_channel", *names.split())] for one in theirs
    ]
    assert [(one.from_channel, one.persons, one.carried) for one in ours] == [("web", 12, 8)]
