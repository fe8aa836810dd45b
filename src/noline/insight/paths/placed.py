"""The orders that paths lead to, as the books of sales know them: which stand, and what each is worth as last said."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from noline.stores.analytical import Answering, statement
from noline.stores.walks.arrays import Flags, Longs
from noline.stores.walks.history import EVERY_POSITION, Rates, in_currency
from noline.stores.walks.store import Named

if TYPE_CHECKING:
    import pyarrow as pa


class Placed(NamedTuple):
    """One row an order that somebody placed, by seq.

    seqs: the position in the log of the message that told it first. times: when it was placed, microseconds since 1970
    UTC. stands: neither cancelled nor expired. known: it stands and its worth is known: a success. values: minor units
    of one currency, 0 where it is no success.
    """

    seqs: Longs
    times: Longs
    channels: Named
    units: Named
    stands: Flags
    known: Flags
    values: Longs


def placed_orders(
    answering: Answering,
    *,
    currency: str,
    rates: Mapping[str, Decimal],
    only: str | None = None,
    last: int = EVERY_POSITION,
) -> Placed:
    """Every order that somebody placed up to a position of the log.

    currency: of the values; rates: its units for one unit of another. only: of orders in other currencies than this one
    nothing is known.
    """
    table = answering.ask(_sql(), {"last": last})
    known = _flags(table["stands"]) & np.asarray(table["amount_minor"].is_valid().to_numpy())
    worths = Rates(currency, rates)
    counted = [one is not None and worths.rate(one) is not None and only in (None, one) for one in _names(table)]
    known &= np.array(counted or [False], np.bool_)[_codes(table["currency"])]
    return Placed(
        table["seq"].to_numpy().astype(np.int64),
        table["placed_at"].to_numpy().astype(np.int64),
        _named(table["channel"]),
        _named(table["unit"]),
        _flags(table["stands"]),
        known,
        np.where(known, in_currency(table, worths), 0),
    )


@cache
def _sql() -> str:
    return statement(Path(__file__).parent / "sql" / "placed.sql")


def _flags(column: "pa.ChunkedArray[Any]") -> Flags:
    return np.asarray(column.to_numpy().astype(np.bool_))


def _names(table: "pa.Table") -> list[str | None]:
    """The different currencies, None where none was told."""
    names: list[str | None] = table["currency"].combine_chunks().dictionary_encode("encode").dictionary.to_pylist()
    return names


def _codes(column: "pa.ChunkedArray[Any]") -> Longs:
    indices = column.combine_chunks().dictionary_encode("encode").indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def _named(column: "pa.ChunkedArray[Any]") -> Named:
    encoded = column.combine_chunks().dictionary_encode()
    names = tuple(encoded.dictionary.to_pylist())
    return Named(np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.uint32), names)
