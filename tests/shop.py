"""Sentences for tests: what channels say, so that a test tells a story and not a protocol.

Each sentence is a message of the tracking contract, to be sent through the intake like any other:

    day = Day()
    track("Stock Counted", id="m-1", at=day.next(), sku="ristretto-50", units=3, context_store_id="paris-1")
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from noline.stores.transactional import TransactionalStore

OPENING = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""When the shop's day begins; every sentence without a time is a minute after the one before."""


class Day:
    """A day that goes on by a minute with every sentence."""

    def __init__(self, begins: datetime = OPENING) -> None:
        self._minutes = count()
        self._begins = begins

    def next(self) -> str:
        """The time of the next sentence, ISO 8601."""
        return (self._begins + timedelta(minutes=next(self._minutes))).isoformat()


def track(event: str, *, id: str, at: str, user: str | None = None, **properties: Any) -> dict[str, Any]:  # noqa: A002
    """A `track` message; `context_...` properties go into the context (`context_store_id="paris-1"`)."""
    context = {
        name.removeprefix("context_"): value for name, value in properties.items() if name.startswith("context_")
    }
    said = {name: value for name, value in properties.items() if not name.startswith("context_")}
    message: dict[str, Any] = {"type": "track", "event": event, "messageId": id, "timestamp": at, "properties": said}
    if user:
        message["userId"] = user
    if context:
        message["context"] = context
    return message


def identify(*, id: str, at: str, user: str, **traits: Any) -> dict[str, Any]:  # noqa: A002
    """An `identify` message."""
    return {"type": "identify", "messageId": id, "timestamp": at, "userId": user, "traits": traits}


def message_ids(prefix: str = "m") -> Iterator[str]:
    """`m-1`, `m-2`, ..."""
    return (f"{prefix}-{number}" for number in count(1))


def assert_books_balance(store: TransactionalStore) -> None:
    """Nothing that was received has vanished: the books add up, and what they count is in the log or a dead letter."""
    with store.reading() as reader:
        books = {
            source: tuple(map(int, counts))
            for source, *counts in reader.rows(
                "SELECT source, sum(received), sum(accepted), sum(duplicate), sum(conflict), sum(parked) "
                "FROM books GROUP BY source"
            )
        }
        logged = dict(reader.rows("SELECT source, count(*) FROM log GROUP BY source"))
        parked = dict(
            reader.rows(
                "SELECT source, sum(times) FROM dead_letters WHERE code NOT IN ('conflict', 'projection_error') "
                "GROUP BY source"
            )
        )
    for source, (received, *answered) in books.items():
        assert received == sum(answered), f"the books of {source} do not balance"
    assert {source: counts[1] for source, counts in books.items() if counts[1]} == logged
    assert {source: counts[4] for source, counts in books.items() if counts[4]} == {
        source: int(times) for source, times in parked.items()
    }
