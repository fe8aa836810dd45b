"""Any of our tables as rows: read stretch by stretch, summed up, put elsewhere. What care of a whole hub is made of."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from noline.stores.transactional import Params, Reader, Row, Transaction

_ROWS_AT_ONCE = 2_000
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class Sum:
    """What a table holds, told briefly. digest: the same for the same rows, whatever their order; 32 hex digits."""

    rows: int
    digest: str


def stretches(reader: Reader, table: str, columns: Sequence[str]) -> Iterator[list[Row]]:
    """These columns of every row, in the order of the table's key, some thousand rows at a time."""
    key = _key(reader, table)
    told, order = ", ".join([*columns, *key]), ", ".join(key)
    position: Row = ()
    while True:
        behind = f"WHERE ({order}) > ({_marks(key)})" if position else ""
        rows = reader.rows(f"SELECT {told} FROM {table} {behind} ORDER BY {order} LIMIT {_ROWS_AT_ONCE}", position)
        if not rows:
            return
        yield [row[: len(columns)] for row in rows]
        position = rows[-1][len(columns) :]


def sum_of(reader: Reader, table: str, columns: Sequence[str] = ()) -> Sum:
    """How many rows a table has and the digest of these columns, or of all."""
    rows = total = 0
    for stretch in stretches(reader, table, columns or reader.columns(table)):
        rows += len(stretch)
        total += sum(map(_hash, stretch))
    return Sum(rows, f"{total % 2 ** (8 * _DIGEST_BYTES):0{2 * _DIGEST_BYTES}x}")


def copy(source: Reader, target: Transaction, table: str) -> None:
    """Put every row of a table into the same table of another store."""
    columns = source.columns(table)
    statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({_marks(columns)})"
    for stretch in stretches(source, table, columns):
        target.run_many(statement, stretch)


def count(reader: Reader, table: str) -> int:
    """How many rows a table has."""
    (number,) = reader.row(f"SELECT count(*) FROM {table}") or (0,)
    return number


def counts_by(reader: Reader, table: str, column: str) -> dict[Any, int]:
    """How many rows a table has for each value of a column."""
    return dict(reader.rows(f"SELECT {column}, count(*) FROM {table} GROUP BY {column}"))


def is_there(reader: Reader, table: str, **values: Any) -> bool:
    """Whether a table has a row with these values."""
    condition = " AND ".join(f"{name} = ?" for name in values)
    params: Params = list(values.values())
    return reader.row(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1", params) is not None


def _key(reader: Reader, table: str) -> list[str]:
    """The key's columns; the routing key first, as the index has it, so that a stretch costs no sort of the whole."""
    return sorted(reader.key(table), key=lambda column: (column != "route_key", column))


def _hash(row: Row) -> int:
    plain = repr(tuple(bytes(value) if isinstance(value, memoryview) else value for value in row))
    return int.from_bytes(blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest())


def _marks(columns: Sequence[str] | Mapping[str, Any]) -> str:
    return ", ".join("?" * len(columns))
