"""Events out: pulled with `GET /v1/changes`, or pushed as signed webhooks, always in the order of the log.

An event leaves as CloudEvents 1.0 JSON, or in Shopify's shape for a receiver that asked for it. A push is signed as
Standard Webhooks: HMAC-SHA256 over `webhook-id.webhook-timestamp.body`, so a receiver can prove who sent it and drop
what it has seen.
"""

import base64
import hashlib
import hmac
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import msgspec

from noline.channels.segment import decoded
from noline.flows.parcels import Company, Parcel, parcels_of
from noline.kernel.clock import SECOND, Clock, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Record
from noline.stores.log import Log, last_seq, records_after
from noline.stores.outbox import SHOPIFY, Outbox, Subscription
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

    def __init__(
        self, store: TransactionalStore, log: Log, outbox: Outbox, clock: Clock, company: Company | None = None
    ) -> None:
        """Wire the way out. company: what receivers in Shopify's shape are told beside the log; without it nothing."""
        self._store = store
        self._log = log
        self._outbox = outbox
        self._clock = clock
        self._company = company
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
        parcels, after = self._parcels(subscription)
        reached, delivered, failure = subscription.delivered_seq, 0, None
        for parcel in parcels:
            if not self._still_wanted(subscription):
                break
            failure = self._post(subscription, parcel, post)
            if failure:
                break
            delivered += 1
            if parcel.last:
                reached = parcel.seq
        else:
            reached = after
        if reached > subscription.delivered_seq:
            self._outbox.confirm(subscription.name, subscription.delivered_seq, reached)
        if failure:
            self._fail(subscription, failure)
        return delivered

    def _parcels(self, subscription: Subscription) -> tuple[list[Parcel], int]:
        """The next parcels of a receiver, and the position it has reached once it took them all."""
        if subscription.format != SHOPIFY:
            found = self.changes(subscription.delivered_seq, _IN_ONE_TURN, subscription.kinds)
            return [_cloud_parcel(event) for event in found.changes], found.after
        if self._company is None:
            return [], subscription.delivered_seq
        with self._store.reading() as reader:
            records = records_after(reader, subscription.delivered_seq, _IN_ONE_TURN)
            opened = list(self._log.opened(reader, records))
        # Asked once a turn for each item: whatever changes meanwhile is a later record, and told in a later turn.
        company = self._company._replace(availability=lru_cache(maxsize=None)(self._company.availability))
        now_text = as_text(self._clock.now())
        parcels = [
            parcel for record, body in opened for parcel in parcels_of(record, body, subscription, company, now_text)
        ]
        return parcels, records[-1].seq if records else subscription.delivered_seq

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

    def _post(self, subscription: Subscription, parcel: Parcel, post: Post) -> str | None:
        """Push one parcel; answers why it failed, None when it arrived."""
        headers = signed(parcel.id, self._clock.now() // SECOND, parcel.body, subscription.secret)
        try:
            status = post(subscription.url, parcel.body, {**headers, **parcel.headers})
        except Exception as cause:  # noqa: BLE001  whatever sending to this address raises is this receiver's trouble alone
            return f"{type(cause).__name__}: {cause}"
        return None if 200 <= status < 300 else f"HTTP {status}"


def _cloud_parcel(event: dict[str, Any]) -> Parcel:
    headers = {"content-type": "application/cloudevents+json"}
    return Parcel(int(event["sequence"]), True, event["id"], msgspec.json.encode(event), headers)


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
