"""Walks on Spark: the same kernels, inside `mapInArrow`, each over the persons of one partition.

Counts are sums over persons. So events are parted by a hash of the person, every partition is a walk store of its own
and gives back its counts, and here they are added. What cannot be seen from a part is read from the whole first and
told to each: until when the events tell, what they are called, and in which unit their numbers are.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import unquote

from noline.insight.walks import dropoffs, funnels, handoffs, incidence
from noline.insight.walks.elsewhere import Vocabulary
from noline.insight.walks.model import DropOffCounts, Funnel, FunnelCounts, HandoffCounts, Pauses, SpellCounts, Wants
from noline.insight.walks.service import Merging, merged
from noline.insight.walks.spark_part import Part, Told
from noline.insight.walks.spark_session import answering, quiet
from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.stores.walks.events import Columns, EventsUnreadable, Read, amounts, instants
from noline.stores.walks.store import TooManyNames, WalkStore

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

Counted = TypeVar("Counted", bound=Merging)

EVENTS_OF_A_PART = 4_000_000
"""A partition of so many events takes about half a gigabyte while it is clustered."""

MOST_NAMES = 1 << 20
"""More different names than this are no names of kinds of events."""

_WHOLE = ("tinyint", "smallint", "int", "bigint")
_FRACTIONS = ("float", "double", "decimal")
_INSTANTS = ("timestamp", "timestamp_ntz", "date")
_TOLD = "person IS NOT NULL AND time IS NOT NULL AND action IS NOT NULL"
_PLACE = "place of noline"
_FILE_BITS = 40
"""A file of more rows than two to this is none."""


class ColumnNotForSpark(NotReadable):
    """A column whose cells each engine would read in its own way."""

    code = "walks.column_not_for_spark"
    sentence = "On Spark the column {column!r} cannot be the {meaning}: it holds {kind}; {wanted} can be."
    hint = "Convert it first: times to whole microseconds since 1970 UTC, names to texts, values to numbers."


class _Whole(NamedTuple):
    """What is read of all events before any are counted. until: the latest moment, None without events."""

    told: Told
    until: Micros | None
    read: Read


class OnSpark:
    """Counts of a table that Spark reads."""

    name = "Spark"

    def __init__(self, frame: "DataFrame", columns: Columns, *, place: str, partitions: int | None = None) -> None:
        """Take the table. Raises ColumnMissing, ColumnNotForSpark.

        place: the column of whole numbers that tells which of equal moments was told first.
        partitions: how many parts; None: one for each core, more when these were more than EVENTS_OF_A_PART events.
        """
        self._columns = columns.among([name for name in frame.columns if name != _PLACE])
        self._partitions = partitions
        self._kinds = {name: kind.partition("(")[0] for name, kind in frame.dtypes}
        self._frame = self._renamed(frame, place)
        self._told = self._frame.where(_TOLD)

    @classmethod
    def of_parquet(
        cls, session: "SparkSession", path: str, columns: Columns, *, partitions: int | None = None
    ) -> "OnSpark":
        """Events in Parquet: a file, or a folder of files in the order of their names, from wherever Spark reads.

        Raises EventsUnreadable, ColumnMissing, ColumnNotForSpark, EngineFailed.
        """
        if re.search(r"\.(csv|tsv|txt|ndjson|jsonl|json)$", path, re.IGNORECASE):
            raise EventsUnreadable(path=path, why="Spark is given Parquet, whose columns say what they hold")
        reader = session.read
        if not re.search(r"\.(parquet|pq)$", path, re.IGNORECASE):
            reader = reader.option("recursiveFileLookup", value=True).option("pathGlobFilter", "*.{parquet,pq}")
        with answering():
            # A bracket in a path is a bracket, no pattern.
            frame = reader.parquet(re.sub(r"([*?\[\]{}\\])", r"\\\1", path))
            return cls(_placed(frame), columns, place=_PLACE, partitions=partitions)

    # What is asked

    def vocabulary(self) -> Vocabulary:
        """What the events are called. Raises TooManyNames, CellUnreadable, EngineFailed."""
        return self._whole.told.words

    @property
    def read(self) -> Read:
        """What was read."""
        return self._whole.read

    def funnel(self, funnel: Funnel) -> FunnelCounts:
        """Persons of each step."""
        return self._summed(FunnelCounts, partial(funnels.counted, funnel=funnel))

    def handoffs(self, pauses: Pauses) -> HandoffCounts:
        """Visits, journeys and hand-offs."""
        return self._summed(HandoffCounts, partial(handoffs.counted, pauses=pauses))

    def drop_offs(self, wants: Wants, pauses: Pauses) -> DropOffCounts:
        """What became of visits with an intent."""
        until = self._whole.until
        return self._summed(DropOffCounts, partial(dropoffs.counted, pauses=pauses, wants=wants, until=until))

    def spells(self, begin: str, ends: Sequence[str]) -> SpellCounts:
        """How long people waited for the first of these ends."""
        until = self._whole.until
        return self._summed(SpellCounts, partial(incidence.counted, begin=begin, ends=ends, until=until))

    def _summed(self, kind: type[Counted], count: Callable[[WalkStore], Counted]) -> Counted:
        import msgspec

        part = Part(self._whole.told, count)
        with answering(), quiet():
            rows = self._told.repartition(self._parts(), "person").mapInArrow(part, Part.SCHEMA).collect()
        if not rows:
            return count(Vocabulary((), {}).store())
        return merged([msgspec.msgpack.decode(bytes(row["counts"]), type=kind) for row in rows])

    def _parts(self) -> int:
        if self._partitions is not None:
            return self._partitions
        told = self._whole.read.rows - self._whole.read.left_out
        return max(self._frame.sparkSession.sparkContext.defaultParallelism, -(-told // EVENTS_OF_A_PART))

    # What is read first

    def _renamed(self, frame: "DataFrame", place: str) -> "DataFrame":
        """The columns that are counted, under names of ours."""
        from pyspark.sql import functions as sf

        columns = self._columns
        channel = sf.lit("all") if columns.channel is None else self._text(columns.channel, "channel", "unknown")
        parts = [self._text(name, "breakdown", "").alias(f"part {at}") for at, name in enumerate(columns.parts)]
        return frame.select(
            _column(columns.person).alias("person"),
            self._moment(columns.time).alias("time"),
            channel.alias("channel"),
            self._text(columns.action, "action", None).alias("action"),
            self._amount(columns.value).alias("value"),
            _column(place).cast("bigint").alias("place"),
            *parts,
        )

    def _among(self, column: str, meaning: str, kinds: Sequence[str]) -> str:
        kind = self._kinds[column]
        if kind not in kinds:
            raise ColumnNotForSpark(column=column, meaning=meaning, kind=kind, wanted=", ".join(kinds))
        return kind

    def _text(self, column: str, meaning: str, missing: str | None) -> "Column":
        from pyspark.sql import functions as sf

        self._among(column, meaning, ("string", "boolean", *_WHOLE))
        told = _column(column).cast("string")
        return told if missing is None else sf.coalesce(told, sf.lit(missing))

    def _moment(self, column: str) -> "Column":
        """Whole microseconds of what Spark calls a moment; a number as it stands."""
        from pyspark.sql import functions as sf

        kind = self._among(column, "time", (*_WHOLE, *_FRACTIONS, *_INSTANTS))
        if kind in _INSTANTS:
            return sf.unix_micros(_column(column).cast("timestamp"))
        return _column(column).cast("bigint" if kind in _WHOLE else "double")

    def _amount(self, column: str | None) -> "Column":
        from pyspark.sql import functions as sf

        if column is None:
            return sf.lit(0)
        kind = self._among(column, "value", (*_WHOLE, *_FRACTIONS))
        return _column(column).cast("bigint" if kind in _WHOLE else "double")

    @cached_property
    def _whole(self) -> _Whole:
        with answering():
            return self._understood(self._extremes(), self._words())

    def _understood(self, found: dict[str, Any], words: Vocabulary) -> _Whole:
        """Raises CellUnreadable."""
        import pyarrow as pa

        columns = self._columns
        moments = None
        times, time_read = [found["last"]] if found["events"] else [], "timestamp"
        if self._kinds[columns.time] not in _INSTANTS:
            moments = pa.array([found["first"], found["last"]] if times else [], _kind_of(self._kinds[columns.time]))
            read, time_read = instants(pa.chunked_array([moments]), columns.time)
            times = read.tolist()
        values, value_read = None, None
        if columns.value is not None:
            extremes = [found["largest"] or 0, 0.5 if found["fractions"] else 0]
            values = pa.array(extremes, _kind_of(self._kinds[columns.value]))
            value_read = amounts(pa.chunked_array([values]), columns.value)[1]
        told = Told(words, columns.time, columns.value or "", moments, values)
        left_out = found["rows"] - found["events"]
        return _Whole(told, max(times, default=None), Read(found["rows"], left_out, time_read, value_read))

    def _extremes(self) -> dict[str, Any]:
        """How many events there are and are told; of these the first and last moment, the largest value, fractions."""
        from pyspark.sql import functions as sf

        told, value = sf.expr(_TOLD), sf.nanvl(sf.col("value").cast("double"), sf.lit(0.0))
        found = {
            "first": sf.min(sf.when(told, sf.col("time"))),
            "last": sf.max(sf.when(told, sf.col("time"))),
            "largest": sf.max(sf.when(told, sf.abs(value))),
            "fractions": sf.max(sf.when(told, (value != sf.rint(value)).cast("int"))),
            "events": sf.count(sf.when(told, sf.lit(1))),
            "rows": sf.count("*"),
        }
        facts = self._frame.agg(*(one.alias(name) for name, one in found.items())).collect()[0].asDict()
        # A whole number is one however large.
        return facts | ({"largest": 0} if self._kinds.get(self._columns.value or "") in _WHOLE else {})

    def _words(self) -> Vocabulary:
        parts = {
            name: tuple(str(row[0]) for row in self._different(name, f"part {at}"))
            for at, name in enumerate(self._columns.parts)
        }
        pairs = self._different("channel and action", "channel", "action")
        return Vocabulary(tuple((str(row[0]), str(row[1])) for row in pairs), parts)

    def _different(self, called: str, *columns: str) -> list[Any]:
        rows = self._told.select(*(_column(name) for name in columns)).distinct().limit(MOST_NAMES + 1).collect()
        if len(rows) > MOST_NAMES:
            raise TooManyNames(column=called, found=f"more than {MOST_NAMES}", most=MOST_NAMES)
        return sorted(rows)


def _column(name: str) -> "Column":
    """A column by its whole name, dots and all."""
    from pyspark.sql import functions as sf

    return sf.col("`" + name.replace("`", "``") + "`")


def _kind_of(kind: str) -> "pa.DataType":
    import pyarrow as pa

    return pa.int64() if kind in _WHOLE else pa.float64()


def _placed(frame: "DataFrame") -> "DataFrame":
    """The table with the place of each row: by the name of its file, then by its row there."""
    from pyspark.sql import functions as sf

    row = sf.col("_metadata.row_index")
    files = sorted({_without_slashes(file) for file in frame.inputFiles()}, key=_parts_of)
    if len(files) == 1:
        return frame.select("*", row.alias(_PLACE))
    numbers = frame.sparkSession.createDataFrame(
        [(file, number << _FILE_BITS) for number, file in enumerate(files)], "file string, first_place bigint"
    )
    named = sf.regexp_replace(sf.col("_metadata.file_path"), "^([^:/]+):/+", "$1:/")
    placed = frame.select("*", row.alias("row of noline"), named.alias("file of noline"))
    found = placed.join(sf.broadcast(numbers), placed["`file of noline`"] == numbers["file"], "left")
    place = sf.coalesce(sf.col("first_place"), sf.raise_error(sf.lit("a file is not among those read")))
    return found.select(*(_column(name) for name in frame.columns), (place + sf.col("`row of noline`")).alias(_PLACE))


def _without_slashes(file: str) -> str:
    """An address of a file as Spark's rows tell it."""
    return re.sub(r"^([^:/]+):/+", r"\1:/", file)


def _parts_of(file: str) -> tuple[str, ...]:
    return PurePosixPath(unquote(file)).parts
