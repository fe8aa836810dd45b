"""What the hub itself decides about goods: holds and their end, postings of its flows, policies; as deeds of the log.

Each has one function that makes the properties of the deed and one that reads them, so that what was decided and what
is folded cannot drift apart. Deeds come in the order of the log.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Fact, Json
from noline.kernel.quantities import Units
from noline.truth.stock.model import ALLOCATED, DEMAND, HELD, Evidence, Move, Place

HELD_NOW, EXTENDED, ENDED, POSTED = "Stock Held", "Hold Extended", "Hold Ended", "Stock Posted"
POLICY_SET = "Stock Policy Set"
DECIDED_KINDS = frozenset({HELD_NOW, EXTENDED, ENDED, POSTED, POLICY_SET})
"""The deeds that this room folds."""

_NOWHERE = Place(DEMAND)
"""Where a claim comes from and returns to."""

End = Literal["committed", "released", "expired"]


class Claim(NamedTuple):
    """Units of an item claimed at a location."""

    sku: str
    location: str
    units: Units


class Hold(NamedTuple):
    """Units that are promised to somebody for a while.

    document: what it is for, such as a cart. order_id: what it became part of when it was committed.
    """

    id: str
    state: str
    channel: str
    document: str
    lines: tuple[Claim, ...]
    placed_at: Micros
    expires_at: Micros
    ended_at: Micros | None = None
    order_id: str | None = None


class Posting(NamedTuple):
    """One move as a flow decides it. due_at: when units that go to `incoming` are expected."""

    sku: str
    units: Units
    source: Place
    target: Place
    lot: str = ""
    owner: str = ""
    due_at: Micros | None = None


def held(hold: Hold) -> Json:
    """The properties of `Stock Held`."""
    return {
        "hold": hold.id, "channel": hold.channel, "document": hold.document, "lines": hold.lines,
        "expires_at": hold.expires_at,
    }  # fmt: skip


def extended(hold_id: str, expires_at: Micros) -> Json:
    """The properties of `Hold Extended`."""
    return {"hold": hold_id, "expires_at": expires_at}


def ended(hold: Hold, how: End, document: str = "") -> Json:
    """The properties of `Hold Ended`. document: the order that a committed hold becomes part of.

    A committed hold that is released gives back what was allocated.
    """
    said: Json = {"hold": hold.id, "how": how, "document": document or hold.id, "lines": hold.lines}
    return said | {"bucket": ALLOCATED} if hold.state == "committed" else said


def posted(document: str, reason: str, postings: Iterable[Posting]) -> Json:
    """The properties of `Stock Posted`."""
    return {"document": document, "reason": reason, "moves": [_said(one) for one in postings]}


def _said(one: Posting) -> Json:
    said: Json = {
        "sku": one.sku, "units": one.units, "from_location": one.source.location, "from_bucket": one.source.bucket,
        "to_location": one.target.location, "to_bucket": one.target.bucket,
    }  # fmt: skip
    optional = {"lot": one.lot, "owner": one.owner, "due_at": one.due_at}
    return said | {name: value for name, value in optional.items() if value}


def moves_decided(fact: Fact) -> list[Move]:
    """What a deed of ours moved."""
    said = fact.properties
    if fact.kind == HELD_NOW:
        return _claimed(fact, said["lines"], said["hold"], "held", None, HELD)
    if fact.kind == ENDED:
        how, source = said["how"], said.get("bucket", HELD)
        return _claimed(fact, said["lines"], said["document"], how, source, ALLOCATED if how == "committed" else None)
    if fact.kind == POSTED:
        return [move for move, _ in postings_of(fact)]
    return []


def postings_of(fact: Fact) -> list[tuple[Move, Micros | None]]:
    """The moves of `Stock Posted`, each with when its units are due."""
    said = fact.properties
    evidence = _evidence(fact, said["document"])
    return [
        (
            Move(
                one["sku"], one["units"],
                Place(one["from_location"], one["from_bucket"]), Place(one["to_location"], one["to_bucket"]),
                said["reason"], fact.message_id, evidence, one.get("lot", ""), one.get("owner", ""),
            ),
            one.get("due_at"),
        )
        for one in said["moves"]
    ]  # fmt: skip


def _claimed(
    fact: Fact, lines: Iterable[Claim], document: str, reason: str, source: str | None, target: str | None
) -> list[Move]:
    """A claim that comes into being (no source), changes its bucket, or returns to demand (no target)."""
    evidence = _evidence(fact, document)
    moves: list[Move] = []
    for sku, location, units in lines:
        from_place = Place(location, source) if source else _NOWHERE
        to_place = Place(location, target) if target else _NOWHERE
        moves.append(Move(sku, units, from_place, to_place, reason, fact.message_id, evidence))
    return moves


def _evidence(fact: Fact, document: str) -> Evidence:
    return Evidence(fact.occurred_at, fact.message_id, fact.route_key, document, fact.properties["by"], fact.seq)
