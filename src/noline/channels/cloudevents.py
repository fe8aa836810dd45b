"""CloudEvents 1.0 in JSON, for tills, ERP and warehouses: one event, a list of events, or an envelope in `data`."""

from typing import Any

import msgspec

from noline.channels.hostile import is_suspicious, refusal_by_content, refusal_by_size
from noline.channels.segment import Envelope, decoded, read_item
from noline.kernel.events import Message, Refusal


def read_events(body: bytes) -> Envelope:
    """Each CloudEvent as a message: `type` names the event, `subject` the user, `id` and `time` are kept."""
    value = decoded(body)
    events = value if isinstance(value, list) else [value]
    if not events:
        return Envelope([], [], None, None)
    if value == {} or not all(isinstance(event, dict) for event in events):
        return _whole(body)
    raws = [msgspec.json.encode(_as_message(event)) for event in events]
    items: list[Message | Refusal] = [_read(event, raw) for event, raw in zip(events, raws, strict=True)]
    return Envelope(items, raws, None, None)


def _whole(body: bytes) -> Envelope:
    refusal = refusal_by_content(body) or Refusal("schema_violation", "", "not a CloudEvent", body)
    return Envelope([refusal], [body], None, None)


def _read(event: dict[str, Any], raw: bytes) -> Message | Refusal:
    original = msgspec.json.encode(event)
    for name in ("id", "type", "source"):
        if not isinstance(event.get(name), str) or not event[name]:
            return Refusal("schema_violation", f"/{name}", f"a CloudEvent needs {name}", original)
    return refusal_by_size(raw) or read_item(raw, suspicious=is_suspicious(raw))


def _as_message(event: dict[str, Any]) -> dict[str, Any]:
    data = event.get("data") if isinstance(event.get("data"), dict) else {}
    context = {name: data[name] for name in ("channel", "store_id", "register_id", "associate_id") if name in data}
    message: dict[str, Any] = {
        "type": "track",
        "event": event.get("type"),
        "messageId": f"{event.get('source')}#{event.get('id')}",
        "properties": data,
        "context": context,
    }
    if event.get("time"):
        message["timestamp"] = event["time"]
    user = data.get("user_id") or event.get("subject")
    if user:
        message["userId"] = user
    if data.get("external_ids"):
        message["context"]["externalIds"] = data["external_ids"]
    if data.get("anonymous_id"):
        message["anonymousId"] = data["anonymous_id"]
    return message
