"""Events out: pulled with `GET /v1/changes`, or pushed as signed webhooks, always in the order of the log.

An event leaves as CloudEvents 1.0 JSON. A push is signed as Standard Webhooks: HMAC-SHA256 over
`webhook-id.webhook-timestamp.body`, so a receiver can prove who sent it and drop what it has seen.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from noline.channels.segment import decoded
from noline.kernel.clock import SECOND, Clock, as_text
from noline.kernel.events import Record
from noline.stores.log import Log, last_seq, records_after
from noline.stores.outbox import Outbox, Subscription
from noline.stores.transactional import TransactionalStore

Post = Callable[[str, bytes, dict[str, str]], int]
"""Send a body with headers to a URL; answers the HTTP status, raises OSError when nobody answers."""

_IN_ONE_TURN = 200


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the log. after: the position to ask for next. more: whether there is more already."""

    changes: list[dict[str, Any]]
    after: int
    more: bool


class Deliveries:
    """Takes records out of the log to those who want them."""

    def __init__(self, store: TransactionalStore, log: Log, outbox: Outbox, clock: Clock) -> None:
        """Wire the way out."""
        self._store = store
        self._log = log
        self._outbox = outbox
        self._clock = clock

    def changes(self, after: int, limit: int, kinds: tuple[str, ...] = ()) -> Changes:
        """What happened after a position, as CloudEvents."""
        with self._store.reading() as reader:
            records = records_after(reader, after, limit)
            wanted = [record for record in records if not kinds or record.kind in kinds]
            events = [cloud_event(record, body) for record, body in self._log.opened(reader, wanted)]
            position = records[-1].seq if records else after
            return Changes(events, position, position < last_seq(reader))

    def push(self, post: Post) -> int:
        """Give each receiver that is due its next events; answers how many were delivered."""
        return sum(self._push_to(subscription, post) for subscription in self._outbox.due())

    def _push_to(self, subscription: Subscription, post: Post) -> int:
        found = self.changes(subscription.delivered_seq, _IN_ONE_TURN, subscription.kinds)
        if found.after == subscription.delivered_seq:
            return 0
        delivered = 0
        for event in found.changes:
            failure = self._post(subscription, event, post)
            if failure:
                if delivered:
                    self._outbox.confirm(subscription.name, int(found.changes[delivered - 1]["sequence"]))
                self._outbox.fail(subscription.name, failure)
                return delivered
            delivered += 1
        self._outbox.confirm(subscription.name, found.after)
        return delivered

    def _post(self, subscription: Subscription, event: dict[str, Any], post: Post) -> str | None:
        """Push one event; answers why it failed, None when it arrived."""
        body = msgspec.json.encode(event)
        headers = signed(event["id"], self._clock.now() // SECOND, body, subscription.secret)
        try:
            status = post(subscription.url, body, {**headers, "content-type": "application/cloudevents+json"})
        except OSError as cause:
            return f"{type(cause).__name__}: {cause}"
        return None if 200 <= status < 300 else f"HTTP {status}"


def cloud_event(record: Record, body: bytes | None) -> dict[str, Any]:
    """A record as CloudEvents 1.0; data is None when the subject was erased."""
    return {
        "specversion": "1.0",
        "id": f"{record.source}-{record.seq}",
        "source": f"/sources/{record.source}",
        "type": record.kind,
        "subject": record.subject.hex(),
        "time": as_text(record.occurred_at),
        "datacontenttype": "application/json",
        "sequence": f"{record.seq:020d}",
        "data": None if body is None else decoded(body),
    }


def signed(message_id: str, timestamp_s: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    content = f"{message_id}.{timestamp_s}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": f"v1,{signature}"}
