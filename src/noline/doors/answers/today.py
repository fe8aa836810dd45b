"""What a store has to do today: orders to pick and to hand over, returns, transfers, counts, conflicts."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from noline.doors.answers.shop import Names, name_of_item, names_of_places
from noline.flows.recognise import TooLittleSaid
from noline.flows.tasks import Task
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.stores.transactional import Reader
from noline.truth.goods.model import Return, Transfer
from noline.truth.orders.fulfilments import Fulfilment, Method, Step, possible

Json = dict[str, Any]

_ON_A_PAGE = 100
_PEOPLE_LOOKED_AT = 50
_TO_PICK = (Step.ASSIGNED, Step.ACCEPTED, Step.PICKING, Step.PACKED)


class Known(NamedTuple):
    """What an answer needs to call things by their names."""

    hub: Hub
    reader: Reader
    places: Names

    def item(self, sku: str) -> str:
        """What the catalogue calls an item."""
        return name_of_item(self.hub, self.reader, sku)


def work(hub: Hub, location: str, looked_for: str = "") -> Json:
    """Everything that is to be done at a store, each list with the oldest first.

    looked_for: narrows what is ready to be collected to orders of this number, or of who is found by it.
    """
    at = hub.fulfilling.at
    picks = [one for state in _TO_PICK for one in at(location, state, _ON_A_PAGE)]
    ready = at(location, Step.READY, _ON_A_PAGE)
    coming = [one for one in at(location, Step.SHIPPED, _ON_A_PAGE) if one.destination == location]
    returns = [one.paper for one in hub.returning.returns(location=location, state="received")]
    transfers = [one.paper for one in hub.handling.transfers(location=location, state="in_transit")]
    tasks = hub.tasks.open(location=location)
    with hub.store.reading() as reader:
        known = Known(hub, reader, names_of_places(hub, reader))
        return {
            "location": location,
            "place": known.places(location),
            "looked_for": looked_for,
            "to_pick": [_fulfilment(known, one, location) for one in sorted(picks, key=_first_promised)],
            "coming": [_fulfilment(known, one, location) for one in coming],
            "ready": _looked_for(known, [_fulfilment(known, one, location) for one in ready], looked_for),
            "ready_in_all": len(ready),
            "returns": [_back(known, one) for one in returns if isinstance(one, Return)],
            "transfers": [
                _transfer(known, one) for one in transfers if isinstance(one, Transfer) and one.target == location
            ],
            "counts": [_task(known, one) for one in tasks if one.kind == "count"],
            "conflicts": [_task(known, one) for one in tasks if one.kind == "conflict"],
            "depots": _depots(hub, reader, location),
        }


def _first_promised(one: Fulfilment) -> tuple[bool, int, int]:
    return (one.promised_at is None, one.promised_at or 0, one.made_at)


def _fulfilment(known: Known, one: Fulfilment, location: str) -> Json:
    person, name = _customer(known, one.order_id)
    return {
        "id": one.id,
        "order_id": one.order_id,
        "method": str(one.method),
        "state": str(one.state),
        "from_place": known.places(one.location),
        "destination": None if one.destination is None else known.places(one.destination),
        "promised_at": None if one.promised_at is None else as_text(one.promised_at),
        "made_at": as_text(one.made_at),
        "person": person,
        "customer": name,
        "possible": [str(step) for step in possible(one.method, one.state)],
        "lines": [
            {
                "sku": sku,
                "name": known.item(sku),
                "units": units,
                "on_hand": _on_hand(known, sku, location),
            }
            for sku, units in _units_of(one).items()
        ],
    }


def _units_of(one: Fulfilment) -> dict[str, int]:
    """Units that somebody has to care for: what is claimed, or what is in the parcel."""
    if one.state is Step.SHIPPED or one.method is Method.COUNTER:
        return {line.sku: line.picked or line.asked for line in one.lines}
    return one.open_units


def _on_hand(known: Known, sku: str, location: str) -> int:
    shelves = known.hub.stock.at(known.reader, [(sku, location)])
    return shelves.get((sku, location), (0, 0))[0]


def _customer(known: Known, order_id: str) -> tuple[str | None, str | None]:
    """Whose order it is: the person and their name, where they are known."""
    order = known.hub.orders.order(known.reader, order_id)
    person = known.hub.customers.person_of(known.reader, order.subject) if order else None
    return person, known.hub.recognition.profile(known.reader, person).name if person else None


def _looked_for(known: Known, rows: Sequence[Json], text: str) -> list[Json]:
    """Those whose order has this number, or whose customer is found by this text."""
    wanted = text.strip().casefold()
    if not wanted:
        return list(rows)
    people = set(_people(known, text))
    return [row for row in rows if wanted in str(row["order_id"]).casefold() or row["person"] in people]


def _people(known: Known, text: str) -> Iterable[str]:
    try:
        return known.hub.recognition.found(known.reader, text, _PEOPLE_LOOKED_AT)
    except TooLittleSaid:
        return ()


def _back(known: Known, one: Return) -> Json:
    return {
        "id": one.id,
        "order_id": one.order_id,
        "lines": [
            {"sku": line.sku, "name": known.item(line.sku), "units": line.received or 0, "condition": line.condition}
            for line in one.lines
            if line.received
        ],
    }


def _transfer(known: Known, one: Transfer) -> Json:
    return {
        "id": one.id,
        "from_place": known.places(one.source),
        "due_at": None if one.due_at is None else as_text(one.due_at),
        "lines": [
            {"sku": line.sku, "lot": line.lot, "owner": line.owner, "name": known.item(line.sku), "units": line.picked}
            for line in one.lines
            if line.picked
        ],
    }


def _task(known: Known, one: Task) -> Json:
    return {
        "id": one.id,
        "sku": one.sku,
        "name": known.item(one.sku),
        "units": one.units,
        "on_hand": one.on_hand,
        "promised": one.promised,
    }


def _depots(hub: Hub, reader: Reader, location: str) -> list[Json]:
    """Where goods can be sent back to: depots first, then other stores."""
    others = [one for one in hub.catalogue.locations(reader) if one.location != location]
    return [
        {"location": one.location, "place": one.name or one.location, "is_depot": one.channel != "store"}
        for one in sorted(others, key=lambda one: one.channel == "store")
    ]
