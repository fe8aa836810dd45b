# ruff: noqa: S608  names of columns stand quoted in the statements, limits are whole numbers
"""Baskets read from a file of lines, whatever its columns are called."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from noline.insight.recommend.model import BasketsUnreadable, RecommendAskedWrong
from noline.insight.recommend.table import Table
from noline.kernel.errors import FileNotUnderstood
from noline.stores.arrow_files import CSV, FEATHER, NDJSON, PARQUET, is_utf8, kind_of, table_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

NEEDED = ("customer", "basket", "item")
COLUMNS = (*NEEDED, "time", "store", "units")

_READERS = {**dict.fromkeys(PARQUET, "read_parquet"), **dict.fromkeys(CSV, "read_csv"),
            **dict.fromkeys(NDJSON, "read_json")}  # fmt: skip
"""What reads a file where it lies, by how its name ends; whatever else a table can be read from is held in memory."""

_HELD = "baskets_of_the_file"
"""A table that is held in memory."""

_NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
            "FLOAT", "DOUBLE"}  # fmt: skip


_LINE = '"the line of the file"'
"""A name that no column has."""

_FORMATS = (
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y",
    "%Y%m%d",
    "%d-%m-%Y",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M",
)
"""How times are written beside ISO 8601; of several that read as many the first."""

_EITHER = r"^\s*(\d{1,2})[/-](\d{1,2})[/-]\d{4}"
"""A day and a month, in whichever order; with points between them the day comes first."""

_MONTHS = 12


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
    first; a basket of which nothing is left does not count. Raises BasketsUnreadable, RecommendAskedWrong.
    """
    import duckdb

    with duckdb.connect() as engine:
        engine.execute("SET memory_limit = '10GB'; SET preserve_insertion_order = true")
        try:
            source = _source(path, engine)
            described = engine.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
            there = {name: kind for name, kind, *_ in described}
            _checked(columns, there, path)
            return _read(engine, source, path, columns, there, min_baskets, min_item)
        except FileNotUnderstood as error:
            raise BasketsUnreadable(path=path, why=error.facts["why"]) from error
        except duckdb.Error as error:
            raise BasketsUnreadable(path=path, why=str(error).splitlines()[0]) from error


def _source(path: Path, engine: "DuckDBPyConnection") -> str:
    """What to select from. Raises BasketsUnreadable, FileNotUnderstood."""
    kind = kind_of(path)
    if kind not in _READERS and kind not in FEATHER:
        readable = ", ".join((*_READERS, *FEATHER))
        raise BasketsUnreadable(path=path, why=f"its name ends with none of {readable}, nor with those and .gz")
    if not path.is_file():
        raise BasketsUnreadable(path=path, why="there is no such file")
    if not path.stat().st_size:
        raise BasketsUnreadable(path=path, why="it is empty")
    if _is_read_where_it_lies(path, kind):
        return f"{_READERS[kind]}({_text(str(path))})"
    engine.register(_HELD, table_of(path))
    return _HELD


def _is_read_where_it_lies(path: Path, kind: str) -> bool:
    if kind in PARQUET:
        return path.suffix.lower() in PARQUET
    return kind in _READERS and is_utf8(path)


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
    columns: Mapping[str, str], there: Mapping[str, str], engine: "DuckDBPyConnection", source: str, path: Path
) -> tuple[str, str, bool]:
    """What to order baskets by, in words, and whether it is a time with days in it. Raises BasketsUnreadable."""
    time = columns.get("time")
    if time is None:
        basket = _name(columns["basket"])
        if there[columns["basket"]] in _NUMBERS:
            return f"min({basket})::DOUBLE", "the numbers of the baskets", False
        odd = engine.execute(f"SELECT count(*) FROM {source} WHERE try_cast({basket} AS DOUBLE) IS NULL").fetchone()
        if odd is not None and odd[0] == 0:
            return f"min(try_cast({basket} AS DOUBLE))", "the numbers of the baskets", False
        return f"min({_LINE})::DOUBLE", "the order of the lines in the file", False
    kind, name = there[time], _name(time)
    if kind in _NUMBERS:
        return _of_numbers(time, engine, source)
    _refuse_either(time, engine, source, path)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return _days(f"{name}::TIMESTAMP"), f"the time in {time}", True
    written = [f"try_cast({name} AS TIMESTAMP)", *(f"try_strptime({name}, '{one}')" for one in _FORMATS)]
    missed = [_count(engine, f"SELECT count(*) FROM {source} WHERE {name} IS NOT NULL AND {one} IS NULL")
              for one in written]  # fmt: skip
    return _days(written[missed.index(min(missed))]), f"the time in {time}", True


def _refuse_either(time: str, engine: "DuckDBPyConnection", source: str, path: Path) -> None:
    """Raises BasketsUnreadable where all days of a column could as well be months.

    What reads CSV makes days of them by itself, so they are asked for as they are written.
    """
    written = source
    if source.startswith("read_csv("):
        written = f"{source.removesuffix(')')}, types = {{{_text(time)}: 'VARCHAR'}})"
    parts = [f"try_cast(regexp_extract({_name(time)}::VARCHAR, '{_EITHER}', {place}) AS INTEGER)" for place in (1, 2)]
    found = engine.execute(f"""
        SELECT min(cell) FILTER (WHERE one <> other), coalesce(max(greatest(one, other)) <= {_MONTHS}, false),
               count(*) FILTER (WHERE one IS NULL)
        FROM (SELECT {_name(time)} AS cell, {parts[0]} AS one, {parts[1]} AS other FROM {written}
              WHERE {_name(time)} IS NOT NULL)""").fetchone()
    cell, could_be, others = found or (None, False, 0)
    if cell is not None and could_be and not others:
        why = f"in {cell!r} of the column {time}, and in all others, day and month could be either; write 2026-12-31"
        raise BasketsUnreadable(path=path, why=why)


def _days(instant: str) -> str:
    """The first of some instants, in days since 1970."""
    return f"epoch_us(min({instant})) / 86400e6"


def _of_numbers(time: str, engine: "DuckDBPyConnection", source: str) -> tuple[str, str, bool]:
    """Numbers that are written dates (20001131), or seconds, milliseconds, microseconds since 1970; else days."""
    name = _name(time)
    low, high = engine.execute(f"SELECT min({name})::DOUBLE, max({name})::DOUBLE FROM {source}").fetchone() or (0, 0)
    written = f"try_strptime(({name}::BIGINT)::VARCHAR, '%Y%m%d')"
    if low is not None and low >= 19000101 and high <= 21001231:
        odd = _count(engine, f"SELECT count(*) FROM {source} WHERE {name} IS NOT NULL AND {written} IS NULL")
        if odd == 0:
            return _days(written), f"the date in {time}", True
    for unit, a_day, least in (("seconds", 86_400, 1e8), ("milliseconds", 864e5, 1e11), ("microseconds", 864e8, 1e14)):
        if low is not None and least <= low and high < least * 100:
            return f"min({name})::DOUBLE / {a_day}", f"the {unit} in {time}", True
    return f"min({name})::DOUBLE", f"the number in {time}, taken as days", True


def _count(engine: "DuckDBPyConnection", question: str) -> int:
    row = engine.execute(question).fetchone()
    return 0 if row is None else int(row[0])


def _read(
    engine: "DuckDBPyConnection", source: str, path: Path, columns: Mapping[str, str], there: Mapping[str, str],
    min_baskets: int, min_item: int,
) -> Read:  # fmt: skip
    order, words, timed = _order(columns, there, engine, source, path)
    store = f"any_value({_name(columns['store'])}::VARCHAR)" if "store" in columns else "NULL::VARCHAR"
    units = f"coalesce(sum({_name(columns['units'])}), 1)::FLOAT" if "units" in columns else "1::FLOAT"
    customer, basket, item = (_name(columns[key]) for key in NEEDED)
    # What is no number in a column of numbers is nothing at all.
    floats = [_name(one) for one in set(columns.values()) if there[one] in ("FLOAT", "DOUBLE")]
    finite = ", ".join(f"CASE WHEN isfinite({one}) THEN {one} END AS {one}" for one in floats)
    every = f"* REPLACE ({finite})" if floats else "*"
    engine.execute(f"CREATE TEMP TABLE raw AS SELECT {every}, row_number() OVER () AS {_LINE} FROM {source}")
    lines = engine.execute("SELECT count(*) FROM raw").fetchone()
    engine.execute(f"""
        CREATE TEMP TABLE heads AS
        SELECT {customer} AS customer, {basket} AS basket, {order} AS moment, {store} AS store
        FROM raw WHERE {customer} IS NOT NULL AND {basket} IS NOT NULL GROUP BY ALL""")
    missing = engine.execute("SELECT count(*) FROM heads WHERE moment IS NULL").fetchone()
    if missing is not None and missing[0]:
        raise BasketsUnreadable(path=path, why=f"{missing[0]:,} baskets have no time that can be read")
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
    if not len(heads["buyer"]):
        raise RecommendAskedWrong(
            why=f"nobody in it has {min_baskets} baskets or more, of items that lie in {min_item} or more"
        )
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
