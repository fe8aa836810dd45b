"""The ledger of goods as EPCIS 2.0 tells it to trading partners: what was where, when, and why.

EPCIS (ISO/IEC 19987) tells of observations of things, with words of the Core Business Vocabulary (ISO/IEC 19988). A
move of the ledger is one observation, and a transfer is two: what left one place, and what arrived at another. Goods
are counted, never told apart one by one, so every event names a class of goods and how many. Claims, goods that are
only expected, and corrections of a count are no observation of goods and stand in no event.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotReadable
from noline.kernel.events import Json
from noline.kernel.gs1 import gln, gtin14
from noline.kernel.quantities import Units
from noline.truth.stock.model import COUNT, CUSTOMER, DEMAND, INCOMING, ON_HAND, SHELVED, SHRINK, SUPPLIER

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
"""What the words of a document mean, as GS1 publishes it."""

_GS1 = "https://id.gs1.org"
_NO_PLACE = frozenset((SUPPLIER, CUSTOMER, SHRINK, COUNT, DEMAND))
_SHELF, _ON_ITS_WAY, _CLAIM, _PARCEL = "shelf", "on its way", "claim", "parcel"
_SHIPPED = frozenset(("shipped", "sent"))
"""Reasons for which goods go to a customer by a carrier; any other one is a sale over the counter."""

_UNFIT_AS = {
    "damaged": "damaged", "destroyed": "destroyed", "disposed": "disposed", "expired": "expired", "stolen": "stolen",
}  # fmt: skip
"""Dispositions of the vocabulary that our reasons name."""


class BaseWrong(NotReadable):
    """A beginning of addresses that no identifier can be made of."""

    code = "epcis.base_wrong"
    sentence = "{base!r} cannot begin the company's own identifiers: {why}."
    hint = "Name an address of a domain that is yours, such as https://example.com/noline."


class Moved(NamedTuple):
    """A row of the ledger.

    seq: its place in the log. at: microseconds since 1970 UTC. document: what it belongs to, such as an order; empty
    when nothing was named.
    """

    seq: int
    at: Micros
    sku: str
    units: Units
    from_location: str
    from_bucket: str
    to_location: str
    to_bucket: str
    reason: str
    document: str
    actor: str


class Numbers(NamedTuple):
    """GS1's numbers: GTIN by SKU, GLN by location. What has none goes by a URI of the company's own."""

    gtins: Mapping[str, str] = {}
    glns: Mapping[str, str] = {}


class _Step(NamedTuple):
    """What an event says happened. end: which end of the move it was seen at, `from` or `to`."""

    end: str
    step: str
    disposition: Callable[[Moved], str]
    action: str = "OBSERVE"
    document_type: str | None = None


def _always(disposition: str) -> Callable[[Moved], str]:
    return lambda _: disposition


def _arrived(move: Moved) -> str:
    return "sellable_accessible" if move.to_bucket == ON_HAND else _UNFIT_AS.get(move.reason, "non_sellable_other")


def _lost(move: Moved) -> str:
    return _UNFIT_AS.get(move.reason, "unknown")


_SENT = _Step("from", "shipping", _always("in_transit"))
_TAKEN_IN = _Step("to", "receiving", _arrived)
_STEPS: Mapping[tuple[str, str], tuple[_Step, ...]] = {
    (_SHELF, _SHELF): (_SENT, _TAKEN_IN),
    (_SHELF, _ON_ITS_WAY): (_SENT,),
    (_ON_ITS_WAY, _SHELF): (_TAKEN_IN,),
    (SUPPLIER, _SHELF): (_TAKEN_IN,),
    (CUSTOMER, _SHELF): (_Step("to", "receiving", _always("returned"), document_type="rma"),),
    (SHRINK, _SHELF): (_Step("to", "other", _arrived),),
    (_SHELF, CUSTOMER): (_Step("from", "retail_selling", _always("retail_sold")),),
    (_SHELF, _PARCEL): (_SENT,),
    (_SHELF, SUPPLIER): (_Step("from", "shipping", _always("returned"), document_type="rma"),),
    (_SHELF, SHRINK): (_Step("from", "other", _lost, "DELETE"),),
}
"""Which observations a move amounts to, by what it joins; what stands not here is no observation of goods."""

_INSPECTED = (_Step("to", "inspecting", _arrived),)


def document(moves: Iterable[Moved], *, base: str, created_at: Micros, numbers: Numbers | None = None) -> Json:
    """An EPCISDocument in JSON-LD of these moves, in their order.

    base: an address of the company's, begins the URIs of what has no number of GS1's. created_at: of the document.
    The same moves give the same events with the same ids, in whatever portions they are told, as long as the moves of
    one record come together. Raises BaseWrong, GtinWrong and GlnWrong.
    """
    root = _root(base)
    known = _checked(numbers or Numbers())
    return {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": as_text(created_at),
        "epcisBody": {"eventList": list(_events(moves, root, known))},
    }


def _events(moves: Iterable[Moved], root: str, numbers: Numbers) -> Iterator[Json]:
    """Every event; moves that are alike in everything get their ids by their place among them."""
    seen: dict[str, int] = {}
    for move in moves:
        for step in _steps(move):
            name = _name(move, step)
            seen[name] = seen.get(name, 0) + 1
            yield _event(move, step, _id(root, f"{name}:{seen[name]}"), root, numbers)


def _steps(move: Moved) -> tuple[_Step, ...]:
    ends = (_end(move.from_location, move.from_bucket), _end(move.to_location, move.to_bucket))
    if ends == (_SHELF, _SHELF) and move.from_location == move.to_location:
        return _INSPECTED
    if ends == (_SHELF, CUSTOMER) and move.reason in _SHIPPED:
        ends = (_SHELF, _PARCEL)
    return _STEPS.get(ends, ())


def _end(location: str, bucket: str) -> str:
    """What stands at one end of a move: a shelf with goods, goods between two shelves, a claim, or who has them."""
    if location in _NO_PLACE:
        return location
    if bucket in SHELVED:
        return _SHELF
    return _ON_ITS_WAY if bucket == INCOMING else _CLAIM


def _event(move: Moved, step: _Step, event_id: str, root: str, numbers: Numbers) -> Json:
    place = _place(move.from_location if step.end == "from" else move.to_location, root, numbers)
    said: dict[str, Any] = {
        "type": "ObjectEvent",
        "eventID": event_id,
        "eventTime": as_text(move.at),
        "eventTimeZoneOffset": "+00:00",
        "epcList": [],
        "quantityList": [{"epcClass": _class(move.sku, root, numbers), "quantity": move.units}],
        "action": step.action,
        "bizStep": step.step,
        "disposition": step.disposition(move),
        "readPoint": {"id": place},
        # Where things are from now on: what has left or is gone is at no place of the company's.
        "bizLocation": {"id": place} if step.end == "to" else None,
        "bizTransactionList": _documents(move, step, root),
        **_ends(move, root, numbers),
    }
    return {name: value for name, value in said.items() if value is not None}


def _ends(move: Moved, root: str, numbers: Numbers) -> Json:
    """From where to where, for goods that changed place between two of ours."""
    source, target = move.from_location, move.to_location
    if source == target or source in _NO_PLACE or target in _NO_PLACE:
        return {}
    return {
        "sourceList": [{"type": "location", "source": _place(source, root, numbers)}],
        "destinationList": [{"type": "location", "destination": _place(target, root, numbers)}],
    }


def _documents(move: Moved, step: _Step, root: str) -> list[Json] | None:
    if not move.document:
        return None
    told = {"bizTransaction": f"{root}/document/{_safe(move.document)}"}
    return [{"type": step.document_type, **told} if step.document_type else told]


def _name(move: Moved, step: _Step) -> str:
    """What tells an event apart from every other of the ledger, but for its equals in the same record."""
    parts = (
        move.seq, move.at, move.sku, move.units, move.from_location, move.from_bucket, move.to_location,
        move.to_bucket, move.reason, move.document, move.actor, step.end,
    )  # fmt: skip
    return ":".join(_safe(str(part)) for part in parts)


def _id(root: str, name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{root}/event/{name}')}"


def _class(sku: str, root: str, numbers: Numbers) -> str:
    number = numbers.gtins.get(sku)
    return f"{_GS1}/01/{number}" if number else f"{root}/item/{_safe(sku)}"


def _place(location: str, root: str, numbers: Numbers) -> str:
    number = numbers.glns.get(location)
    return f"{_GS1}/414/{number}" if number else f"{root}/location/{_safe(location)}"


def _safe(text: str) -> str:
    return quote(text, safe="")


def _checked(numbers: Numbers) -> Numbers:
    return Numbers(
        {sku: gtin14(number) for sku, number in numbers.gtins.items()},
        {location: gln(number) for location, number in numbers.glns.items()},
    )


def _root(base: str) -> str:
    scheme, _, rest = base.partition("://")
    if scheme not in ("http", "https") or not rest.strip("/"):
        raise BaseWrong(base=base, why="it is no http or https address")
    if quote(rest, safe="/:._~-[]") != rest:
        raise BaseWrong(base=base, why="it has characters that no address holds, or a query")
    return base.rstrip("/")
