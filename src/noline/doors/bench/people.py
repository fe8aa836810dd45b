"""Records of made-up customers as the five channels of a retailer hold them, with the truth in a file of its own.

The same number of rows and seed give the same files. Part of the people are made at a time, and rows are shuffled by
way of buckets on disk: memory does not grow with the rows, and neither ids nor order say who belongs together.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from noline.doors.bench.people_life import Mailboxes, firms, households, people
from noline.doors.bench.people_names import names
from noline.doors.bench.people_records import Writer

COLUMNS = (
    "source", "given_name", "family_name", "email", "phone", "birth_date", "street", "postcode", "city", "country",
    "loyalty_id",
)  # fmt: skip
TRUTH = ("person_truth", "household_truth")

_HOUSEHOLDS_A_PART = 5_000
_ROWS_A_BUCKET = 50_000


class Made(NamedTuple):
    """Two files with one row a record, in the same order: what the channels hold, and who it really is."""

    records: Path
    truth: Path


def make(folder: Path, rows: int, seed: int = 1) -> Made:
    """Write so many records and their truth as Parquet into a folder."""
    made = Made(folder / f"people-{rows}-{seed}.parquet", folder / f"people-{rows}-{seed}.truth.parquet")
    rng = np.random.default_rng([seed, rows])
    with tempfile.TemporaryDirectory(prefix="people-", dir=folder) as scratch, ExitStack() as files:
        writers: list[pq.ParquetWriter] = []
        first = 0
        for bucket in _buckets(Path(scratch), rows, seed, rng):
            table = bucket.take(pa.array(rng.permutation(bucket.num_rows)))
            ids = pa.array([f"r{number:08d}" for number in range(first, first + bucket.num_rows)])
            first += bucket.num_rows
            parts = [table.select(columns).add_column(0, "record_id", ids) for columns in (COLUMNS, TRUTH)]
            writers = writers or [
                files.enter_context(pq.ParquetWriter(path, part.schema, compression="zstd"))
                for path, part in zip(made, parts, strict=True)
            ]
            for writer, part in zip(writers, parts, strict=True):
                writer.write_table(part)
    return made


def parts(rows: int, seed: int) -> Iterator[pa.Table]:
    """The records with their truth, household by household, in as many tables as it takes."""
    tables, boxes = names(), Mailboxes()
    home = person = done = 0
    while done < rows:
        rng = np.random.default_rng([seed, home])
        homes = households(rng, tables, _HOUSEHOLDS_A_PART, home)
        them = people(rng, tables, homes, person, boxes)
        columns = Writer(rng, tables, homes, them, firms(rng, tables, them)).columns()
        home, person = home + len(homes.country), person + len(them.country)
        table = pa.table({
            name: pa.array(values, pa.int64() if name in TRUTH else pa.string()) for name, values in columns.items()
        }).slice(0, rows - done)  # fmt: skip
        done += table.num_rows
        yield table


def _buckets(scratch: Path, rows: int, seed: int, rng: np.random.Generator) -> Iterator[pa.Table]:
    """Every row in a bucket drawn by chance; a bucket fits into memory."""
    count = -(-rows // _ROWS_A_BUCKET)
    paths = [scratch / f"{number}.arrow" for number in range(count)]
    with ExitStack() as files:
        writers: list[pa.RecordBatchStreamWriter] = []
        for table in parts(rows, seed):
            writers = writers or [files.enter_context(pa.ipc.new_stream(path, table.schema)) for path in paths]
            drawn = rng.integers(0, count, table.num_rows)
            for number, writer in enumerate(writers):
                writer.write_table(table.take(pa.array(np.flatnonzero(drawn == number))))
    for path in paths:
        with pa.ipc.open_stream(path) as stream:
            yield stream.read_all()
