"""The card over HTTP: the same for every door, by role, and each look is noted."""

from collections.abc import Iterator
from typing import Any

import pytest
from litestar.testing import TestClient

from counter import Counter
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.stores.access import Role


class Desk:
    """Anna's shop and its API in this process."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.hub, self.client = hub, client
        self.keys = {role: hub.access.add_key(role)[1] for role in (Role.ASSOCIATE, Role.MANAGER)}
        self.counter = Counter(hub)
        self.anna = self.counter.person()

    def ask(self, path: str, role: Role = Role.ASSOCIATE, *, status: int = 200, **query: str) -> Any:
        answer = self.client.get(f"/v1/{path}", params=query, headers={"authorization": f"Bearer {self.keys[role]}"})
        assert answer.status_code == status, answer.text
        return answer.json()


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    with Hub.init(tmp_path / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Desk(hub, client)
        writer.stop()


def test_a_card_is_answered_with_the_names_of_its_parts(desk):
    card = desk.ask(f"customers/{desk.anna}/card", store="paris-1", lang="ja", by="lea", identified_by="loyalty card")
    assert card["who"] == {
        "name": "Anna Muster", "address_as": "Muster様", "identified_by": "loyalty card", "city": "Paris",
        "adviser": None,
    }  # fmt: skip
    assert card["as_of"].endswith("Z")
    assert [one.by for one in desk.hub.clienteling.views(desk.anna)] == ["lea"]


def test_a_manager_is_answered_without_the_notes(desk):
    desk.hub.clienteling.note(desk.anna, "prefers mornings", by="lea")
    assert [one["text"] for one in desk.ask(f"customers/{desk.anna}/card")["notes"]] == ["prefers mornings"]
    assert "notes" not in desk.ask(f"customers/{desk.anna}/card", Role.MANAGER)


@pytest.mark.parametrize("query", [{"presence": "psychic"}, {"lang": "eo"}, {"purpose": "curiosity"}])
def test_what_there_is_not_is_refused(desk, query):
    assert desk.ask(f"customers/{desk.anna}/card", status=400, **query)["code"]


def test_unknown_people_are_not_found(desk):
    assert desk.ask("customers/p_0000000000000000/card", status=404)["code"] == "not_found"


def test_the_client_book_holds_whom_the_day_expects_and_nobody_else(desk):
    desk.counter.identifies("ben", firstName="Ben")
    assert desk.ask("counter/book", store="paris-1")["cards"] == {}
    desk.counter.tells("desk", "Case Opened", user="anna", case_id="c-1", topic="leaks", store_id="paris-1")
    book = desk.ask("counter/book", store="paris-1", by="lea")
    assert list(book["cards"]) == [desk.anna]
    assert book["cards"][desk.anna]["loops"][0]["id"] == "c-1"
    assert [one["id"] for one in book["today"]["loops"]] == ["c-1"]


def test_a_client_book_offers_nothing_and_is_one_look_a_day(desk):
    desk.counter.agrees("personalisation")
    desk.counter.buys("o-1", ("ristretto", 2), days=200)
    desk.counter.tells("desk", "Appointment Booked", days=0, user="anna", appointment_id="t-1", topic="tasting",
                       store_id="paris-1", starts_at=desk.counter.at(0))  # fmt: skip
    before = desk.hub.offering.programmes()
    for _ in range(3):
        book = desk.ask("counter/book", store="paris-1", by="lea")
    assert list(book["cards"]) == [desk.anna]
    assert book["cards"][desk.anna]["actions"] == []
    assert desk.hub.offering.programmes() == before
    assert [(one.by, one.purpose) for one in desk.hub.clienteling.views(desk.anna)] == [("lea", "client book")]
