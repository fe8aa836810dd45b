"""The ledger as a portion of EPCIS events, with the numbers of GS1's that the catalogue and the locations bear."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from noline.flows.epcis import Moved, Numbers, document
from noline.hub import Hub
from noline.kernel.gs1 import is_gln
from noline.stores.transactional import Reader
from noline.truth.stock.model import Move


class Portion(NamedTuple):
    """A stretch of the ledger. document: EPCIS 2.0 in JSON-LD. after: the position to ask for next."""

    document: dict[str, Any]
    after: int


def portion(hub: Hub, base: str, after: int = 0, limit: int = 1000) -> Portion:
    """The moves behind a position of the log as an EPCISDocument; raises BaseWrong.

    base: begins the company's own identifiers. A location whose name is a GLN goes by it, and an item by the GTIN that
    the catalogue knows. The moves of one record come together, so there may be more of them than `limit`.
    """
    with hub.store.reading() as reader:
        moves = hub.stock.moves_after(reader, after, limit)
        numbers = Numbers(_gtins(hub, reader, moves), _glns(moves))
    rows = [_row(move) for move in moves]
    made = document(rows, base=base, created_at=hub.clock.now(), numbers=numbers)
    return Portion(made, rows[-1].seq if rows else after)


def _row(move: Move) -> Moved:
    told = move.evidence
    return Moved(
        told.seq, told.occurred_at, move.sku, move.units, *move.source, *move.target, move.reason, told.document,
        told.actor,
    )  # fmt: skip


def _gtins(hub: Hub, reader: Reader, moves: Sequence[Move]) -> dict[str, str]:
    items = (hub.catalogue.item(reader, sku) for sku in sorted({move.sku for move in moves}))
    return {item.sku: item.gtin for item in items if item is not None and item.gtin}


def _glns(moves: Sequence[Move]) -> dict[str, str]:
    places = {place.location for move in moves for place in (move.source, move.target)}
    return {place: place for place in places if is_gln(place)}
