"""Much at once: what an importer hands over, ready for the intake.

An importer does not write anything. It tells which sources its messages come from, how many there will be, and then
gives them one after the other, roughly in the order in which they happened.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter

from noline.kernel.events import Json

Timed = tuple[str, str, Json]
"""When (ISO 8601 in UTC, sortable as text), the name of the source, the message."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """Messages of the tracking contract from somewhere else.

    sources: for each source name the channel it stands for.
    total: how many messages there are; None when only the last one tells.
    messages: pairs of a source name and a message, to be read once.
    """

    sources: dict[str, str]
    total: int | None
    messages: Iterator[tuple[str, Json]]


def in_time_order(*streams: Iterable[Timed]) -> Iterator[tuple[str, Json]]:
    """One stream out of several that are each in time order."""
    for _, source, message in heapq.merge(*streams, key=itemgetter(0)):
        yield source, message


def track(event: str, message_id: str, timestamp: str | None, channel: str, properties: Json) -> Json:
    """A track message about nobody yet; facts that are None are left out."""
    message: Json = {
        "type": "track",
        "event": event,
        "messageId": message_id,
        "context": {"channel": channel},
        "properties": without_gaps(properties),
    }
    if timestamp is not None:
        message["timestamp"] = timestamp
    return message


def without_gaps(facts: Json) -> Json:
    """The facts that are known."""
    return {name: value for name, value in facts.items() if value is not None}
