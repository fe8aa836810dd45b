"""The walk store: events clustered by person, in files that are mapped into memory.

A person's events lie side by side, ordered by time; equal moments keep the order in which they were told. Every walk is
one pass over these arrays, and a part of the persons is a store like the whole.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound, NotReadable
from noline.stores.walks import kernels
from noline.stores.walks.arrays import Codes, Flags, Longs
from noline.stores.walks.kernels import clustered, taken

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from noline.stores.walks.events import Columns, Events

FORMAT = 2
MOST_CHANNELS = 256
MOST_ACTIONS = 65_536

_BLOCK = 1 << 18
"""Events that are looked at together where a column of numbers for all of them would be a waste."""

_HEAD = "walk.json"
_PERSONS = "persons.arrow"
_NO_PARTS: Mapping[str, "Named"] = MappingProxyType({})
_NO_MEASURES: Mapping[str, Longs] = MappingProxyType({})


class TooManyNames(NotReadable):
    """More different channels, actions or values than a column of the walk store holds."""

    code = "walks.too_many_names"
    sentence = "The events have {found} different names in {column}; a walk tells at most {most} apart."
    hint = "Map a column that names kinds of events, not one that is nearly different for each of them."


class StoreUnreadable(NotReadable):
    """A folder that holds no walk store of this version."""

    code = "walks.store_unreadable"
    sentence = "{path} is no walk store that can be read: {why}."
    hint = "Build it again from the events."


class Named(NamedTuple):
    """A column of few different texts: a number for each event, and what it stands for."""

    codes: Codes
    names: tuple[str, ...]


class Meaning(NamedTuple):
    """What a step means; None: any."""

    channel: str | None
    action: str | None

    def overlaps(self, other: "Meaning") -> bool:
        """Whether one event can be both."""
        return all(None in both or both[0] == both[1] for both in zip(self, other, strict=True))


@dataclass(frozen=True, eq=False)
class WalkStore:
    """Events clustered by person.

    times: microseconds since 1970 UTC, rising within a person. persons: the number of each event's person.
    offsets: where each person's events begin, and the end of the last. values: minor units, 0 where none was told.
    channels, actions: what happened, where. ids: each person's own name.
    parts: further columns of texts, as numbers of their names; "" where none was told.
    measures: further columns of whole numbers; NOT_TOLD where none was told.
    """

    times: Longs
    persons: npt.NDArray[np.uint32]
    offsets: Longs
    values: Longs
    channels: Named
    actions: Named
    ids: "pa.Array[Any]"
    parts: Mapping[str, Named] = field(default_factory=lambda: _NO_PARTS)
    measures: Mapping[str, Longs] = field(default_factory=lambda: _NO_MEASURES)

    @classmethod
    def from_parquet(cls, path: Path | str, columns: "Columns | None" = None) -> "WalkStore":
        """A store of the events in files: Parquet (one, or a folder of them), CSV or NDJSON.

        columns: which column means what; those of the usual names when not told. Raises what `events.read` raises.
        """
        from noline.stores.walks.events import Columns, read

        return cls.of(read(Path(path), columns or Columns()))

    @classmethod
    def from_table(cls, table: "pa.Table | pd.DataFrame", columns: "Columns | None" = None) -> "WalkStore":
        """A store of the events in a table of Arrow or a frame of pandas. Raises what `events.understood` raises.

        A thing that is neither, or a frame that Arrow cannot hold, raises TableUnreadable.
        """
        from noline.stores.walks.events import Columns, arrow_of, understood

        return cls.of(understood(arrow_of(table), columns or Columns()))

    @classmethod
    def of(cls, events: "Events") -> "WalkStore":
        """A store of events that were read, in O(n) when each person's events already stand in their order.

        Raises TooManyNames.
        """
        persons, ids = numbered(events.persons)
        offsets, order, times = clustered(persons, events.times, len(ids))
        return cls(
            times,
            np.repeat(np.arange(len(ids), dtype=np.uint32), np.diff(offsets)),
            offsets,
            np.zeros(order.size, np.int64) if events.amounts is None else taken(events.amounts, order),
            _named("channel", events.channels, order, MOST_CHANNELS),
            _named("action", events.actions, order, MOST_ACTIONS),
            ids,
            {name: _named(name, part, order, None) for name, part in events.parts.items()},
            {name: taken(numbers, order) for name, numbers in events.measures.items()},
        )

    def __len__(self) -> int:
        """How many events there are."""
        return self.times.size

    @property
    def person_count(self) -> int:
        """How many persons there are."""
        return self.offsets.size - 1

    @cached_property
    def observed_until(self) -> Micros | None:
        """The latest moment that any event tells of; None without events."""
        return int(self.times.max()) if len(self) else None

    @cached_property
    def pairs(self) -> npt.NDArray[np.bool_]:
        """Which action happens in which channel, as (channel, action)."""
        found = np.zeros((len(self.channels.names), len(self.actions.names)), np.bool_)
        told = found.reshape(-1)
        for first in range(0, len(self), _BLOCK):
            block = slice(first, first + _BLOCK)
            told[self.channels.codes[block] * np.uint32(found.shape[1]) + self.actions.codes[block]] = True
        return found

    def meant(self, what: str) -> Meaning:
        """What a step means: `action`, `channel/action` or `channel/*`. A text that is an action as a whole is that."""
        channel, slash, action = what.partition("/")
        if what in self.actions.names or not slash:
            return Meaning(None, what)
        return Meaning(channel, None if action == "*" else action)

    def matching(self, what: str) -> Flags:
        """Which channels and actions a step means, as (channel, action)."""
        meaning = self.meant(what)
        rows = [meaning.channel in (None, name) for name in self.channels.names]
        columns = [meaning.action in (None, name) for name in self.actions.names]
        return np.outer(np.array(rows, np.bool_), np.array(columns, np.bool_))

    def places(self, meant: Flags) -> Longs:
        """Positions of the events of these channels and actions."""
        columns = np.flatnonzero(meant.any(axis=0))
        # One action in whatever channel, the usual step, needs no more than a comparison of bytes.
        if columns.size == 1 and meant[:, columns[0]].all():
            return np.flatnonzero(self.actions.codes == columns[0])
        return np.flatnonzero(self.marks([meant]) != 0)

    def places_of(self, steps: Iterable[str]) -> Longs:
        """Positions of the events that are any of these steps."""
        meant = [self.matching(what) for what in steps]
        return self.places(np.any(meant, axis=0)) if meant else np.zeros(0, np.int64)

    def marks(self, meanings: Sequence[Flags]) -> Codes:
        """For each event a number whose n-th bit says whether the n-th meaning is its own."""
        width = np.uint8 if len(meanings) <= 8 else np.uint32
        table = np.zeros((len(self.channels.names), len(self.actions.names)), width)
        for number, meant in enumerate(meanings):
            table |= meant.astype(width) << width(number)
        if not len(self):
            return np.zeros(0, width)
        if (table == table[:1]).all():
            return np.take(table[0], self.actions.codes)
        pair = self.channels.codes.astype(np.uint32) * np.uint32(table.shape[1]) + self.actions.codes
        return np.take(table.reshape(-1), pair)

    def part(self, name: str) -> Named:
        """The column that a breakdown asks for. Raises NotFound."""
        if name == "channel":
            return self.channels
        if name == "action":
            return self.actions
        if name not in self.parts:
            raise NotFound(what="column of these events", name=name)
        return self.parts[name]

    def of_persons(self, chosen: Flags) -> "WalkStore":
        """The store of some persons: one flag for each."""
        kept = np.flatnonzero(chosen[self.persons])
        numbers = (np.cumsum(chosen) - 1).astype(np.uint32)
        counts = np.diff(self.offsets)[chosen]
        return WalkStore(
            self.times[kept],
            numbers[self.persons[kept]],
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            self.values[kept],
            Named(self.channels.codes[kept], self.channels.names),
            Named(self.actions.codes[kept], self.actions.names),
            self.ids.filter(chosen),
            {name: Named(part.codes[kept], part.names) for name, part in self.parts.items()},
            {name: numbers[kept] for name, numbers in self.measures.items()},
        )

    def shards(self, count: int) -> "list[WalkStore]":
        """The store in parts by a hash of the persons' own names, the same on every machine."""
        homes = np.array([shard_of(name, count) for name in self.ids.to_pylist()], np.int64)
        return [self.of_persons(homes == shard) for shard in range(count)]

    def save(self, folder: Path) -> None:
        """Write the store into a folder, to be mapped by `open`; what another store left there is replaced."""
        import pyarrow as pa
        from pyarrow import feather

        folder.mkdir(parents=True, exist_ok=True)
        # The head is written last: without it the folder holds no store.
        (folder / _HEAD).unlink(missing_ok=True)
        named = {"channels": self.channels, "actions": self.actions, **_files_of(self.parts)}
        arrays = {"times": self.times, "numbers": self.persons, "offsets": self.offsets, "values": self.values}
        codes = {name: one.codes for name, one in named.items()}
        for name, array in {**arrays, **codes, **_files_of_measures(self.measures)}.items():
            np.save(folder / f"{name}.npy", array, allow_pickle=False)
        # In one piece, so that it can be mapped as it lies there.
        whole = max(1, len(self.ids))
        ids = pa.table({"person": self.ids})
        feather.write_feather(ids, str(folder / _PERSONS), compression="uncompressed", chunksize=whole)
        head = {
            "format": FORMAT,
            "names": {name: one.names for name, one in named.items()},
            "parts": list(self.parts),
            "measures": list(self.measures),
        }
        (folder / _HEAD).write_text(json.dumps(head, ensure_ascii=False), "utf-8")

    @classmethod
    def open(cls, folder: Path) -> "WalkStore":
        """The store in a folder, mapped, not read. Raises StoreUnreadable."""
        from pyarrow import feather

        if not is_store(folder):
            raise StoreUnreadable(path=folder, why=f"it has no {_HEAD}")
        head = json.loads((folder / _HEAD).read_text("utf-8"))
        if head["format"] != FORMAT:
            raise StoreUnreadable(path=folder, why=f"it has format {head['format']}, not {FORMAT}")

        def mapped(name: str) -> Any:
            return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)

        def named(name: str) -> Named:
            return Named(mapped(name), tuple(head["names"][name]))

        column = feather.read_table(str(folder / _PERSONS), memory_map=True)["person"]
        ids = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
        parts = {name: named(f"part-{number}") for number, name in enumerate(head["parts"])}
        return cls(
            mapped("times"), mapped("numbers"), mapped("offsets"), mapped("values"),
            named("channels"), named("actions"), ids, parts,
            {name: mapped(f"measure-{number}") for number, name in enumerate(head["measures"])},
        )  # fmt: skip


def is_store(folder: Path) -> bool:
    """Whether a folder holds a walk store."""
    return (folder / _HEAD).is_file()


def shard_of(person: object, count: int) -> int:
    """Which of so many parts a person belongs to, by a hash of the person's own name."""
    return int.from_bytes(hashlib.blake2b(str(person).encode(), digest_size=8).digest(), "big") % count


def _files_of(parts: Mapping[str, Named]) -> dict[str, Named]:
    """Parts by the names of their files: a column may be called what no file can be."""
    return {f"part-{number}": part for number, part in enumerate(parts.values())}


def _files_of_measures(measures: Mapping[str, Longs]) -> dict[str, Longs]:
    return {f"measure-{number}": measure for number, measure in enumerate(measures.values())}


def numbered(column: "pa.ChunkedArray[Any]") -> "tuple[npt.NDArray[np.uint32], pa.Array[Any]]":
    """A dense number for each value of a column, in the order of their first appearance, and the values."""
    import pyarrow as pa

    if column.type == pa.int64() and not column.null_count:
        found = kernels.numbered(column.to_numpy())
        if found is not None:
            return found[0], pa.array(found[1])
    encoded = column.unify_dictionaries() if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    whole = encoded.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], encoded.type)
    return whole.indices.to_numpy(zero_copy_only=False).astype(np.uint32, copy=False), whole.dictionary


def _named(name: str, column: "pa.ChunkedArray[Any]", order: npt.NDArray[np.integer], most: int | None) -> Named:
    codes, names = numbered(column)
    if most is not None and len(names) > most:
        raise TooManyNames(column=name, found=len(names), most=most)
    widths = ((MOST_CHANNELS, np.uint8), (MOST_ACTIONS, np.uint16))
    narrow = codes.astype(next((width for below, width in widths if len(names) <= below), np.uint32))
    return Named(taken(narrow, order), tuple("" if one is None else str(one) for one in names.to_pylist()))
