"""Orders as columns: who ordered where, when and for how much."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD
from noline.stores.walks.history import Rates, in_currency
from noline.stores.walks.store import Named

if TYPE_CHECKING:
    import pyarrow as pa


class Told(NamedTuple):
    """Orders of known persons by person, time and id, one row each.

    person: from 0; the person's id is `ids[person]`. at: microseconds since 1970 UTC. value: minor units of the
    order's currency, NOT_TOLD where none was told. worth: the same in the currency of reports, 0 without a rate.
    """

    person: Longs
    at: Longs
    channel: Longs
    unit: Longs
    currency: Longs
    value: Longs
    worth: Longs


class Sales(NamedTuple):
    """All orders that stand. of_nobody: how many of each unit have no known person. unrated: values without a rate.

    channel_of: the channel of each unit.
    """

    told: Told
    ids: Longs
    channels: tuple[str, ...]
    units: tuple[str, ...]
    currencies: tuple[str, ...]
    channel_of: Longs
    of_nobody: Longs
    unrated: int

    @classmethod
    def of(cls, table: "pa.Table", currency: str, rates: Mapping[str, Decimal]) -> Self:
        """The columns of the statement `orders`."""
        known = Rates(currency, rates)
        worth = in_currency(table, known)
        channel, unit = _named(table, "channel"), _named(table, "unit")
        priced = _named(table, "currency")
        is_known = np.asarray(table["person"].is_valid().to_numpy(zero_copy_only=False), np.bool_)
        value = _longs(table, "amount_minor")
        persons = _longs(table, "person")[is_known]
        begins = firsts(persons)
        unrated = [known.rate(name) is None for name in priced.names]
        lost = (value != NOT_TOLD) & (value != 0) & np.array([*unrated, False], np.bool_)[priced.codes.astype(np.int64)]
        codes = [column.codes.astype(np.int64) for column in (channel, unit, priced)]
        channel_of = np.zeros(len(unit.names), np.int64)
        channel_of[codes[1]] = codes[0]
        return cls(
            Told(
                np.cumsum(begins) - 1,
                _longs(table, "placed_at")[is_known],
                codes[0][is_known],
                codes[1][is_known],
                codes[2][is_known],
                value[is_known],
                worth[is_known],
            ),
            persons[begins],
            tuple(channel.names),
            tuple(unit.names),
            tuple(priced.names),
            channel_of,
            np.bincount(codes[1][~is_known], minlength=len(unit.names)),
            int(lost[is_known].sum()),
        )

    @property
    def persons(self) -> int:
        """How many persons ordered."""
        return int(self.ids.size)

    @property
    def is_first(self) -> Flags:
        """Which orders are the first of their person."""
        return firsts(self.told.person)

    @property
    def priced(self) -> Flags:
        """Which orders tell a value in a currency."""
        named = np.array([name != "" for name in (*self.currencies, "")], np.bool_)
        return (self.told.value != NOT_TOLD) & named[self.told.currency]


def _named(table: "pa.Table", name: str) -> Named:
    """A column of texts as codes of names in order; "" where none was told."""
    import pyarrow.compute as pc

    column = pc.fill_null(table[name], "").combine_chunks().dictionary_encode()
    names: list[str] = column.dictionary.to_pylist()
    order = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names) + 1, np.uint32)
    place[order] = np.arange(len(names))
    codes: Any = column.indices.to_numpy(zero_copy_only=False)
    return Named(place[codes], tuple(names[one] for one in order))


def _longs(table: "pa.Table", name: str) -> Longs:
    import pyarrow.compute as pc

    return np.array(pc.fill_null(table[name], NOT_TOLD).to_numpy(), np.int64)
