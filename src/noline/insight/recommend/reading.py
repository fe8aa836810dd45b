# ruff: noqa: S608  names of columns stand quoted in the statements, limits are whole numbers
"""Baskets read from a file of lines, whatever its columns are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from noline.insight.recommend.model import BasketsUnreadable
from noline.insight.recommend.table import Table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEEDED = ("customer", "basket", "item")
COLUMNS = (*NEEDED, "time", "store", "units")

_READERS = {".parquet": "read_parquet", ".csv": "read_csv", ".tsv": "read_csv", ".ndjson": "read_json",
            ".jsonl": "read_json", ".json": "read_json", ".gz": "read_csv"}  # fmt: skip

_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE"}  # fmt: skip


class Read(NamedTuple):
    """Baskets of a file. ordered_by: what says which basket came first, in words. lines: of the file, before any limit.

    store_names, item_names: by their numbers in the table.
    """

    table: Table
    item_names: list[str]
    store_names: list[str]
    ordered_by: str
    lines: int


def read(path: Path, columns: Mapping[str, str], *, min_baskets: int = 5, min_item: int = 10) -> Read:
    """The baskets of a file, of items in `min_item` baskets or more and customers with `min_baskets` or more.

    columns: what the file calls customer, basket, item, and if it has them time, store, units. Items are limited
    first; a basket of which nothing is left does not count. Raises BasketsUnreadable.
    """
    import duckdb

    source = _source(path)
    with duckdb.connect() as engine:
        engine.execute("SET memory_limit = '10GB'; SET preserve_insertion_order = true")
        try:
            described = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            _checked(columns, {name: kind for name, kind, *_ in described}, path)
            return _read(engine, source, columns, {name: kind for name, kind, *_ in described}, min_baskets, min_item)
        except duckdb.Error as error:
            raise BasketsUnreadable(path=path, why=str(error).splitlines()[0]) from error


def _source(path: Path) -> str:
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise BasketsUnreadable(path=path, why=f"its name ends with none of {', '.join(_READERS)}")
    if not path.is_file():
        raise BasketsUnreadable(path=path, why="there is no such file")
    return f"{reader}({_text(str(path))})"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _checked(columns: Mapping[str, str], there: Mapping[str, str], path: Path) -> None:
    for key in NEEDED:
        if key not in columns:
            raise BasketsUnreadable(path=path, why=f"nothing says which column is the {key}")
    for key, name in columns.items():
        if key not in COLUMNS:
            raise BasketsUnreadable(path=path, why=f"{key} is none of {', '.join(COLUMNS)}")
        if name not in there:
            raise BasketsUnreadable(path=path, why=f"it has no column {name}; it has {', '.join(there)}")


def _order(
    columns: Mapping[str, str], there: Mapping[str, str], engine: "DuckDBPyConnection", source: str
) -> tuple[str, str, bool]:
    """What to order baskets by, in words, and whether it is a time with days in it."""
    time = columns.get("time")
    if time is None:
        basket = _name(columns["basket"])
        if there[columns["basket"]] in _NUMBERS:
            return f"min({basket})::DOUBLE", "the numbers of the baskets", False
        odd = engine.execute(f"SELECT count(*) FROM {source} WHERE try_cast({basket} AS DOUBLE) IS NULL").fetchone()
        if odd is not None and odd[0] == 0:
            return f"min(try_cast({basket} AS DOUBLE))", "the numbers of the baskets", False
        return "min(row)::DOUBLE", "the order of the lines in the file", False
    kind, name = there[time], _name(time)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"epoch_us(min({name})::TIMESTAMP) / 86400e6", f"the time in {time}", True
    if kind in _NUMBERS:
        return f"min({name})::DOUBLE", f"the number in {time}, taken as days", True
    return f"epoch_us(min(try_cast({name} AS TIMESTAMP))) / 86400e6", f"the time in {time}", True


def _read(
    engine: "DuckDBPyConnection", source: str, columns: Mapping[str, str], there: Mapping[str, str],
    min_baskets: int, min_item: int,
) -> Read:  # fmt: skip
    order, words, timed = _order(columns, there, engine, source)
    store = f"any_value({_name(columns['store'])}::VARCHAR)" if "store" in columns else "NULL::VARCHAR"
    units = f"sum({_name(columns['units'])})::FLOAT" if "units" in columns else "1::FLOAT"
    customer, basket, item = (_name(columns[key]) for key in NEEDED)
    engine.execute(f"CREATE TEMP TABLE raw AS SELECT *, row_number() OVER () AS row FROM {source}")
    lines = engine.execute("SELECT count(*) FROM raw").fetchone()
    engine.execute(f"""
        CREATE TEMP TABLE heads AS
        SELECT {customer} AS customer, {basket} AS basket, {order} AS moment, {store} AS store
        FROM raw WHERE {customer} IS NOT NULL AND {basket} IS NOT NULL GROUP BY ALL""")
    missing = engine.execute("SELECT count(*) FROM heads WHERE moment IS NULL").fetchone()
    if missing is not None and missing[0]:
        raise BasketsUnreadable(path=source, why=f"{missing[0]:,} baskets have no time that can be read")
    engine.execute(f"""
        CREATE TEMP TABLE lines AS
        SELECT {customer} AS customer, {basket} AS basket, {item}::VARCHAR AS item, {units} AS units
        FROM raw WHERE {customer} IS NOT NULL AND {basket} IS NOT NULL AND {item} IS NOT NULL GROUP BY ALL""")
    engine.execute("DROP TABLE raw")
    engine.execute(f"""
        CREATE TEMP TABLE goods AS
        SELECT item, row_number() OVER (ORDER BY item) - 1 AS code
        FROM (SELECT item FROM lines GROUP BY item HAVING count(*) >= {min_item:d})""")
    engine.execute(f"""
        CREATE TEMP TABLE held AS SELECT customer, basket, code, units FROM lines JOIN goods USING (item);
        DROP TABLE lines;
        CREATE TEMP TABLE buyers AS
        SELECT customer, row_number() OVER (ORDER BY customer) - 1 AS code
        FROM held GROUP BY customer HAVING count(DISTINCT basket) >= {min_baskets:d};
        CREATE TEMP TABLE shops AS
        SELECT store, row_number() OVER (ORDER BY store) - 1 AS code FROM (SELECT DISTINCT store FROM heads)
        WHERE store IS NOT NULL;
        CREATE TEMP TABLE numbered AS
        SELECT heads.customer, basket, buyers.code AS buyer, moment, coalesce(shops.code, -1) AS shop,
               row_number() OVER (ORDER BY buyers.code, moment, basket) - 1 AS code
        FROM heads JOIN buyers USING (customer) LEFT JOIN shops USING (store)
        SEMI JOIN held USING (customer, basket)""")
    heads = engine.execute("SELECT buyer, moment, shop FROM numbered ORDER BY code").fetchnumpy()
    rows = engine.execute("""
        SELECT numbered.code::INTEGER AS basket, held.code::INTEGER AS item, units::FLOAT AS units
        FROM held JOIN numbered USING (customer, basket) ORDER BY 1, 2""").fetchnumpy()
    names = [row[0] for row in engine.execute("SELECT item FROM goods ORDER BY code").fetchall()]
    shops = [row[0] for row in engine.execute("SELECT store FROM shops ORDER BY code").fetchall()]
    return Read(
        _table(_arrays(heads), _arrays(rows), len(names), timed=timed),
        names,
        shops,
        words,
        int(lines[0]) if lines else 0,
    )


def _arrays(found: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(column) for name, column in found.items()}


def _table(heads: dict[str, np.ndarray], rows: dict[str, np.ndarray], items: int, *, timed: bool) -> Table:
    buyer, basket = np.asarray(heads["buyer"], np.int64), np.asarray(rows["basket"], np.int32)
    customers = int(buyer[-1]) + 1 if len(buyer) else 0
    starts = np.searchsorted(buyer, np.arange(customers + 1))
    at = np.asarray(heads["moment"], np.float64) if timed else np.arange(len(buyer)) - starts[buyer].astype(np.float64)
    return Table(
        starts=starts.astype(np.int64),
        first=np.searchsorted(basket, np.arange(len(buyer) + 1)).astype(np.int64),
        at=at,
        store=np.asarray(heads["shop"], np.int32),
        item=np.asarray(rows["item"], np.int32),
        units=np.maximum(np.asarray(rows["units"], np.float32), 0),
        basket=basket,
        items=items,
        timed=timed,
    )
