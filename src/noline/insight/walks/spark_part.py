"""What runs on an executor of Spark: the events of some persons in, their counts out.

A part does not see the whole, so it is told what depends on the whole: what the events are called, and how their
numbers are read.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.walks.elsewhere import Vocabulary
from noline.stores.walks.events import Events, Read, amounts, instants
from noline.stores.walks.store import WalkStore

if TYPE_CHECKING:
    import pyarrow as pa


class Told(NamedTuple):
    """What a part of the events has to know of the whole.

    words: what the events are called. time, value: the names of the columns in the table that was given.
    moments, values: cells of the whole that are read along with those of the part, so that their unit is guessed as
    that of the whole; None: the moments are microseconds, or no values are told.
    """

    words: Vocabulary
    time: str
    value: str
    moments: "pa.Array[Any] | None"
    values: "pa.Array[Any] | None"

    def instants(self, cells: "pa.ChunkedArray[Any]") -> Any:
        """Microseconds since 1970 UTC."""
        import numpy as np

        if self.moments is None:
            return np.asarray(cells.to_numpy(), np.int64)
        return _read_along(cells, self.moments, partial(instants, name=self.time))

    def store(self, table: "pa.Table") -> WalkStore:
        """The walk store of a part, whose equal moments stand as they were told."""
        import numpy as np

        table = table.take(np.argsort(table["place"].to_numpy(), kind="stable"))
        values = None
        if self.values is not None:
            values = _read_along(table["value"], self.values, partial(amounts, name=self.value))
        events = Events(
            table["person"],
            self.instants(table["time"]),
            _named(table["channel"], self.words.names_of("channel")),
            _named(table["action"], self.words.names_of("action")),
            values,
            {name: _named(table[f"part {number}"], self.words.names_of(name))
             for number, name in enumerate(self.words.parts)},
            Read(table.num_rows, 0, "", None),
        )  # fmt: skip
        return WalkStore.of(events)


def _read_along(cells: "pa.ChunkedArray[Any]", others: "pa.Array[Any]", read: Callable[..., Any]) -> Any:
    import pyarrow as pa

    both = pa.chunked_array([*cells.chunks, others], others.type)
    return read(both)[0][: len(cells)]


def _named(cells: "pa.ChunkedArray[Any]", names: Sequence[str]) -> "pa.ChunkedArray[Any]":
    """Texts as numbers of all the names there are, whether this part has them or not."""
    import pyarrow as pa
    import pyarrow.compute as pc

    every = pa.array(names, pa.string())
    numbers = [pc.call_function("index_in", [chunk], pc.SetLookupOptions(value_set=every)) for chunk in cells.chunks]
    return pa.chunked_array([pa.DictionaryArray.from_arrays(one, every) for one in numbers])


class Part(NamedTuple):
    """A partition's events in, one row out: their counts, as MessagePack."""

    told: Told
    count: Callable[[WalkStore], Any]

    SCHEMA = "counts binary"

    def __call__(self, batches: "Iterator[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
        """What `mapInArrow` runs; a partition without events has no row."""
        import msgspec
        import pyarrow as pa

        held = [batch for batch in batches if batch.num_rows]
        if held:
            store = self.told.store(pa.Table.from_batches(held))
            counts = msgspec.msgpack.encode(self.count(store), enc_hook=dict)
            yield pa.RecordBatch.from_pydict({"counts": pa.array([counts], pa.binary())})
