"""A hub that an older version filled gets what this version keeps of its past."""

import pytest

from shop import Day, identify


@pytest.fixture
def shop(hub):
    """A hub in which three people were told of."""
    hub.access.add_source("till", "store")
    day = Day()
    for number in range(3):
        hub.accept("till", [identify(id=f"m-{number}", at=day.next(), user=f"u-{number}", email=f"a{number}@x.fr")])
    return hub


def rows(shop, rooms):
    with shop.store.reading() as reader:
        tables = [table for room in rooms for table in room.tables]
        return {table: sorted(reader.rows(f"SELECT * FROM {table}"), key=repr) for table in tables}


def test_a_room_that_is_to_be_folded_again_is_as_if_it_had_always_been_there(shop):
    from noline.flows.refold import catch_up

    rooms = [shop.customers, shop.profiles]
    before = rows(shop, rooms)
    assert before["attributes"]
    with shop.store.transaction() as tx:
        tx.run("DELETE FROM attributes")
        tx.run("INSERT INTO refold (room) VALUES ('profiles')")
    assert catch_up(shop.store, shop.log, shop.facts, rooms) == ["profiles"]
    assert rows(shop, rooms) == before
    assert catch_up(shop.store, shop.log, shop.facts, rooms) == []
    assert shop.verify().trouble == ()
