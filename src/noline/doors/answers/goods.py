"""Receipts, transfers, counts, returns, tasks, the ledger and the rules of stock as JSON, the same for every door."""

from collections.abc import Iterable
from typing import Any

from noline.flows.goods import Figures, Received
from noline.flows.tasks import Task
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.truth.goods.model import Count, CountLine, Paper, Return, Transfer
from noline.truth.stock.model import Entry, Move, Place, Supply
from noline.truth.stock.policies import Policy

Json = dict[str, Any]


def received(found: Received) -> Json:
    """A delivery as it was received. awaited, left: of the item by the expected document, before and after."""
    return {
        "document": found.document,
        "expected": found.expected or None,
        "location": found.location,
        "lines": [
            {**_pile(line.batch), "units": line.batch.units, "awaited": line.awaited, "left": line.left}
            for line in found.lines
        ],
    }


def _pile(one: Any) -> Json:
    """An item, with its lot and owner where somebody keeps them apart."""
    apart = {name: value for name, value in (("lot", one.lot), ("owner", one.owner)) if value}
    return {"sku": one.sku, **apart}


def awaited(document: str, found: Iterable[Supply]) -> Json:
    """What is still on its way by a document."""
    return {
        "document": document,
        "lines": [
            {"sku": one.sku, "location": one.location, "units": one.units, "due": _time(one.due_at)} for one in found
        ],
    }


def figures(found: Figures) -> Json:
    """What a location has of an item now, with the version to send with the next adjustment."""
    shelf = found.shelf
    return {
        "sku": shelf.sku, "location": shelf.location, "available": shelf.available, "on_hand": shelf.on_hand,
        "held": shelf.held, "allocated": shelf.allocated, "unsellable": shelf.unsellable, "incoming": shelf.incoming,
        "safety": shelf.safety, "counted_at": _time(shelf.counted_at), "version": found.version,
    }  # fmt: skip


def paper(found: Paper) -> Json:
    """A transfer, a count or a return."""
    if isinstance(found, Transfer):
        return transfer(found)
    return count(found) if isinstance(found, Count) else back(found)


def transfer(found: Transfer) -> Json:
    """A transfer. variance: units received less units sent; null until it is received."""
    return {
        "id": found.id,
        "state": found.state,
        "from": found.source,
        "to": found.target,
        "bucket": found.bucket,
        "due": _time(found.due_at),
        "document": found.document or None,
        "lines": [
            {
                **_pile(line), "units": line.units, "picked": line.picked, "received": line.received,
                "variance": None if line.received is None else line.received - (line.picked or 0),
            }
            for line in found.lines
        ],
        "opened_at": as_text(found.opened_at),
    }  # fmt: skip


def count(found: Count) -> Json:
    """A count. booked: what the books say of the instant of counting; variance: counted less booked."""
    return {
        "id": found.id,
        "state": found.state,
        "location": found.location,
        "category": found.category or None,
        "lines": [_count_line(line) for line in found.lines],
        "uncounted": sum(line.counted is None for line in found.lines),
        "opened_at": as_text(found.opened_at),
    }


def _count_line(line: CountLine) -> Json:
    return {
        **_pile(line), "expected": line.expected, "counted": line.counted, "counted_at": _time(line.counted_at),
        "booked": line.booked, "variance": line.variance,
    }  # fmt: skip


def back(found: Return) -> Json:
    """A return. transfer: by which units go back to a depot."""
    refunded = None
    if found.refunded_minor is not None:
        refunded = {"amount_minor": found.refunded_minor, "currency": found.currency}
    return {
        "id": found.id,
        "state": found.state,
        "order_id": found.order_id or None,
        "location": found.location,
        "lines": [
            {
                **_pile(line), "units": line.units, "condition": line.condition or None, "received": line.received,
                "restocked": line.restocked, "unsellable": line.unsellable, "sent_back": line.sent_back,
            }
            for line in found.lines
        ],
        "refunded": refunded,
        "transfer": found.transfer or None,
        "opened_at": as_text(found.opened_at),
    }  # fmt: skip


def with_steps(hub: Hub, found: Paper) -> Json:
    """A paper and who brought it into which state."""
    with hub.store.reading() as reader:
        steps = hub.goods.steps(reader, found.id)
    return {**paper(found), "steps": [{"state": one.state, "at": as_text(one.at), "by": one.actor} for one in steps]}


def task(found: Task) -> Json:
    """Something for a person to do. units: short, to be counted, to be inspected, or on their way."""
    return {
        "id": found.id,
        "kind": found.kind,
        "location": found.location,
        "sku": found.sku or None,
        "document": found.document or None,
        "units": found.units,
        "on_hand": found.on_hand,
        "promised": found.promised,
        "due": _time(found.due_at),
        "words": _words(found),
    }


def _words(found: Task) -> str:
    """What to do, as a person would say it."""
    if found.kind == "conflict":
        there = f"{found.promised} of {found.sku} are promised and {found.on_hand} are there"
        return f"{there}: find {found.units} elsewhere, or count"
    if found.kind == "count":
        return f"Count {found.sku}: {found.units} were not found"
    return f"Inspect return {found.document}" if found.kind == "inspect" else f"Receive transfer {found.document}"


def moves(hub: Hub, since: int, limit: int) -> Json:
    """The ledger behind a position of the log, positions whole; `next` is where to go on."""
    with hub.store.reading() as reader:
        found = hub.stock.moves_after(reader, since, limit)
    return {"moves": [_move(one) for one in found], "next": found[-1].evidence.seq if found else since}


def _move(one: Move) -> Json:
    said = one.evidence
    return {
        "seq": said.seq, "at": as_text(said.occurred_at), **_pile(one), "units": one.units, "from": _place(one.source),
        "to": _place(one.target), "reason": one.reason, "document": said.document or None, "actor": said.actor,
    }  # fmt: skip


def _place(one: Place) -> Json:
    return {"location": one.location, "bucket": one.bucket}


def ledger(hub: Hub, sku: str, location: str, limit: int) -> list[Json]:
    """Why a cell is what it is: its latest lines, oldest first, each with the units on hand after it."""
    with hub.store.reading() as reader:
        found = hub.stock.moves(reader, sku, location)
    return [_entry(one) for one in found[-limit:]]


def _entry(one: Entry) -> Json:
    said = one.evidence
    return {
        "seq": said.seq, "at": as_text(said.occurred_at), "reason": one.reason, "units": one.units,
        "from": _place(one.source), "to": _place(one.target), "change": one.change, "on_hand_after": one.on_hand_after,
        "document": said.document or None, "actor": said.actor,
    }  # fmt: skip


def policies(hub: Hub, sku: str | None, limit: int = 100, offset: int = 0) -> list[Json]:
    """The rules set for an item, or for any item."""
    with hub.store.reading() as reader:
        if sku is None:
            return [policy(*one) for one in hub.stock.policies(reader, limit, offset)]
        found = sorted(hub.stock.rules(reader, sku).items())
    return [policy(sku, channel, rule) for channel, rule in found]


def policy(sku: str, channel: str, rule: Policy) -> Json:
    """What was set for an item in a channel (null: in every channel); null where a wider rule says it."""
    return {
        "sku": sku, "channel": channel or None, "oversell": rule.oversell, "beyond": rule.beyond,
        "until": _time(rule.until_at), "buffer": rule.buffer, "safety": rule.safety,
    }  # fmt: skip


def _time(instant: Micros | None) -> str | None:
    return None if instant is None else as_text(instant)
