"""What the tests of the truth rooms share: facts told by hand, and a room that listens to them on a real store."""

import hashlib
from collections.abc import Mapping
from itertools import count
from typing import Any

import pytest

from noline.kernel.clock import MINUTE, Micros, parse_instant
from noline.kernel.events import Context, Fact, route_of
from noline.kernel.words import word_for
from noline.stores.transactional import TransactionalStore

OPENING: Micros = parse_instant("2026-03-02T09:00:00Z")


def digest(text: str) -> bytes:
    """A keyed hash as a hub has one."""
    return hashlib.blake2b(text.encode(), digest_size=16, key=b"a key of the tests").digest()


def fact_of(
    kind: str,
    properties: Mapping[str, Any] | None = None,
    *,
    id: str,  # noqa: A002
    at: Micros,
    about: str = "user_id:anna",
    channel: str = "web",
    source: str = "shop",
    in_store: str | None = None,
    in_country: str | None = None,
    **said: Any,
) -> Fact:
    """A fact as the log hands it to the folds. about: its subject. in_store, in_country: of its context."""
    subject = digest(about)
    return Fact(
        seq=0,
        kind=kind,
        word=word_for(kind),
        route_key=route_of(subject),
        subject=subject,
        message_id=id,
        occurred_at=at,
        received_at=at,
        source=source,
        channel=channel,
        identifiers=(),
        properties={**(properties or {}), **said},
        traits={},
        context=Context(store_id=in_store, country=in_country),
        trusted=True,
    )


class Listening:
    """A room on a store. It hears sentences, each a minute after the one before when no minute is given."""

    def __init__(self, store: TransactionalStore, room: Any) -> None:
        self.store = store
        self.room = room
        self._sentences = count(1)

    def hears(
        self,
        kind: str,
        properties: Mapping[str, Any] | None = None,
        *,
        minute: int | None = None,
        id: str | None = None,  # noqa: A002
        **said: Any,
    ) -> Fact:
        """Fold one fact; `minute` counts from the opening of the day."""
        number = next(self._sentences)
        at = self.minute(number if minute is None else minute)
        fact = fact_of(kind, properties, id=id or f"m-{number}", at=at, **said)
        self.take([fact])
        return fact

    def take(self, facts: list[Fact]) -> None:
        """Fold a batch."""
        with self.store.transaction() as tx:
            self.room.take(tx, facts)

    def says(self, question: str, *args: Any, **kwargs: Any) -> Any:
        """What the room answers."""
        with self.store.reading() as reader:
            return getattr(self.room, question)(reader, *args, **kwargs)

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table of the room."""
        with self.store.reading() as reader:
            return rows_of(reader, self.room)

    @staticmethod
    def minute(number: int) -> Micros:
        """An instant of the day."""
        return OPENING + number * MINUTE


def rows_of(reader: Any, room: Any) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table of a room, in one order."""
    return {
        table: sorted(reader.rows(f"SELECT {', '.join(columns)} FROM {table}"), key=repr)
        for table, columns in room.tables.items()
    }


@pytest.fixture
def listening(store):
    """Puts a room on a fresh store: `listening(Stock(digest))`."""
    return lambda room: Listening(store, room)


@pytest.fixture(name="digest")
def _digest():
    return digest


@pytest.fixture(name="fact_of")
def _fact_of():
    return fact_of


@pytest.fixture(name="rows_of")
def _rows_of():
    return rows_of
