"""Events out: pulled with `GET /v1/changes`, or pushed as signed webhooks, always in the order of the log.

An event leaves as CloudEvents 1.0 JSON. A push is signed as Standard Webhooks: HMAC-SHA256 over
`webhook-id.webhook-timestamp.body`, so a receiver can prove who sent it and drop what it has seen.
"""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from noline.channels.segment import decoded
from noline.kernel.clock import SECOND, Clock, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Record
from noline.stores.log import Log, last_seq, records_after
from noline.stores.outbox import Outbox, Subscription
from noline.stores.transactional import TransactionalStore

Post = Callable[[str, bytes, dict[str, str]], int]
"""Send a body with headers to a URL; answers the HTTP status, raises when nobody answers."""

_IN_ONE_TURN = 200
_MOST_AT_ONCE = 64
_PATIENCE_S = 1.0


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
        self._threads = ThreadPoolExecutor(_MOST_AT_ONCE, thread_name_prefix="noline-webhook")
        self._turns: dict[str, Future[int]] = {}
        self._bookkeeping = threading.Lock()
        self._stopping = threading.Event()

    def changes(self, after: int, limit: int, kinds: tuple[str, ...] = ()) -> Changes:
        """What happened after a position, as CloudEvents."""
        with self._store.reading() as reader:
            records = records_after(reader, after, limit)
            wanted = [record for record in records if not kinds or record.kind in kinds]
            events = [cloud_event(record, body) for record, body in self._log.opened(reader, wanted)]
            position = records[-1].seq if records else after
            return Changes(events, position, position < last_seq(reader))

    def push(self, post: Post, patience_s: float = _PATIENCE_S) -> int:
        """Give each receiver that is due its next events; answers how many were delivered.

        Each receiver has a thread of its own. Who is not done after `patience_s` seconds goes on by itself, is counted
        by a later call, and holds up nobody.
        """
        with self._bookkeeping:
            for one in self._outbox.due():
                if one.name not in self._turns:
                    self._turns[one.name] = self._threads.submit(self._push_to, one, post)
            done, _ = wait(self._turns.values(), timeout=patience_s)
            self._turns = {name: turn for name, turn in self._turns.items() if turn not in done}
        return sum(turn.result() for turn in done)

    def close(self) -> None:
        """Let each receiver have the event that is on its way, keep how far each has come, and send no more."""
        self._stopping.set()
        self._threads.shutdown()

    def _push_to(self, subscription: Subscription, post: Post) -> int:
        """One turn of one receiver; answers how many events it took."""
        found = self.changes(subscription.delivered_seq, _IN_ONE_TURN, subscription.kinds)
        reached, delivered, failure = subscription.delivered_seq, 0, None
        for event in found.changes:
            if not self._still_wanted(subscription):
                break
            failure = self._post(subscription, event, post)
            if failure:
                break
            reached, delivered = int(event["sequence"]), delivered + 1
        else:
            reached = found.after
        if reached > subscription.delivered_seq:
            self._outbox.confirm(subscription.name, subscription.delivered_seq, reached)
        if failure:
            self._fail(subscription, failure)
        return delivered

    def _still_wanted(self, subscription: Subscription) -> bool:
        """Whether nobody paused, removed or set back this receiver since its turn began, and the server goes on."""
        try:
            known = self._outbox.subscription(subscription.name)
        except NotFound:
            return False
        unchanged = (known.state, known.delivered_seq) == ("active", subscription.delivered_seq)
        return unchanged and not self._stopping.is_set()

    def _fail(self, subscription: Subscription, why: str) -> None:
        try:
            self._outbox.fail(subscription.name, why)
        except NotFound:
            return

    def _post(self, subscription: Subscription, event: dict[str, Any], post: Post) -> str | None:
        """Push one event; answers why it failed, None when it arrived."""
        body = msgspec.json.encode(event)
        headers = signed(event["id"], self._clock.now() // SECOND, body, subscription.secret)
        try:
            status = post(subscription.url, body, {**headers, "content-type": "application/cloudevents+json"})
        except Exception as cause:  # noqa: BLE001  whatever sending to this address raises is this receiver's trouble alone
            return f"{type(cause).__name__}: {cause}"
        return None if 200 <= status < 300 else f"HTTP {status}"


def cloud_event(record: Record, body: bytes | None) -> dict[str, Any]:
    """A record as CloudEvents 1.0; data is None when the subject was erased."""
    source = quote(record.source, safe="")
    return {
        "specversion": "1.0",
        "id": f"{source}-{record.seq}",
        "source": f"/sources/{source}",
        "type": record.kind,
        "subject": record.subject.hex(),
        "time": as_text(record.occurred_at),
        "datacontenttype": "application/json",
        "sequence": f"{record.seq:020d}",
        "data": None if body is None else _without_key(decoded(body)),
    }


def _without_key(message: Any) -> Any:
    """A message without the write key that some clients put into it: receivers must not be able to write."""
    if isinstance(message, dict):
        message.pop("writeKey", None)
    return message


def signed(message_id: str, timestamp_s: int, body: bytes, secret: str) -> dict[str, str]:
    """The headers of Standard Webhooks."""
    content = f"{message_id}.{timestamp_s}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp_s), "webhook-signature": f"v1,{signature}"}
