"""One text of SQL, DuckDB's, said in ClickHouse's words.

SQLGlot translates; where that is not what was meant, the one table below says it. Nothing here is trusted because it
was translated: the tests run every text on both engines and compare the answers.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.clickhouse import ClickHouse

SETTINGS: Mapping[str, int] = {
    "join_use_nulls": 1,  # a row without a partner holds NULL, not 0 or ''
    "aggregate_functions_null_for_empty": 1,  # the largest of nothing is NULL
    "prefer_column_name_to_alias": 1,  # a name is a column's first, and only then what a SELECT calls its own
    "enable_named_columns_in_function_tuple": 1,  # a structure's fields have names
}
"""What ClickHouse has to be set to for a text to mean what standard SQL means by it."""

_PART = "part_of_"
_SQL = Callable[[Any, Any], str]
_FUNCTIONS = {"list_extract": "arrayElement", "list_position": "indexOf"}


def in_clickhouse(sql: str, values: Mapping[str, Any]) -> str:
    """DuckDB's text as ClickHouse's, its `$name` parameters replaced by values.

    values: whole numbers, texts, truths, None, and lists of numbers or of texts.
    """
    tree = _parsed(sql).copy()
    for parameter in list(tree.find_all(exp.Placeholder)):
        parameter.replace(_literal(values[parameter.name]))
    _name_columns(tree)
    _name_parts(tree)
    settings = ", ".join(f"{name} = {value}" for name, value in SETTINGS.items())
    return f"{_Exact(dialect=ClickHouse()).generate(tree)}\nSETTINGS {settings}"


def _parts_of(tree: exp.Expr) -> list[exp.CTE]:
    """The parts that are named WITH, in their order."""
    named = tree.args.get("with_")
    return [] if named is None else list(named.expressions)


def _name_columns(tree: exp.Expr) -> None:
    """A column of one of several tables keeps the table in its name, unless it is told what it is called."""
    columns: dict[str, list[str]] = {}
    for part in [*_parts_of(tree), tree]:
        for select in part.find_all(exp.Select):
            sources = {table.alias_or_name: columns.get(table.name, []) for table in _sources(select)}
            told = [one for column in select.expressions for one in _named_column(column, sources)]
            select.set("expressions", told)
            names = [list(sources.values()) if isinstance(one, exp.Star) else [[one.output_name]] for one in told]
            # What is put together by UNION is called as its first SELECT calls it.
            columns.setdefault(part.alias, [name for some in names for one in some for name in one])


def _sources(select: exp.Select) -> list[exp.Expr]:
    from_ = select.args.get("from_")
    joined = [join.this for join in select.args.get("joins") or ()]
    tables = [*([from_.this] if from_ is not None else ()), *joined]
    return [table for table in tables if isinstance(table, exp.Table)]


def _named_column(column: exp.Expr, sources: Mapping[str, list[str]]) -> list[exp.Expr]:
    if not isinstance(column, exp.Column) or not column.table:
        return [column]
    names = sources[column.table] if column.is_star else [column.name]
    return [exp.alias_(exp.column(name, column.table), name) for name in names]


def _name_parts(tree: exp.Expr) -> None:
    """To ClickHouse a name of WITH is a table before its own place too, and hides a real one: so each gets its own."""
    parts = _parts_of(tree)
    for place, part in enumerate(parts):
        # How often a part is computed is the engine's own affair.
        part.set("materialized", None)
        following = [table for later in parts[place + 1 :] for table in later.find_all(exp.Table)]
        last = [table for table in tree.find_all(exp.Table) if not table.find_ancestor(exp.CTE)]
        for table in (*following, *last):
            if table.name == part.alias and not table.db:
                table.replace(exp.table_(_PART + part.alias, alias=table.alias or part.alias))
        part.set("alias", exp.TableAlias(this=exp.to_identifier(_PART + part.alias)))


@cache
def _parsed(sql: str) -> exp.Expr:
    return sqlglot.parse_one(sql, read="duckdb")


def _literal(value: Any) -> exp.Expr:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return exp.Array(expressions=[_literal(one) for one in value])
    return exp.convert(value)


def _whole_quotient(generator: Any, divided: exp.IntDiv) -> str:
    """SQLGlot divides in floats, which have lost the microseconds of our century."""
    return generator.func("intDiv", divided.this, divided.expression)


def _nullable(generator: Any, moved: exp.Lag | exp.Lead) -> str:
    """Before the first row, and after the last, is nothing; ClickHouse says 0 of a column that cannot be NULL."""
    offset = moved.args.get("offset")
    told = [exp.func("toNullable", moved.this), *([offset] if offset is not None else [])]
    return generator.func("lag" if isinstance(moved, exp.Lag) else "lead", *told)


def _named_fields(generator: Any, structure: exp.Struct) -> str:
    fields = [f"{generator.sql(field, 'expression')} AS {field.this.name}" for field in structure.expressions]
    return f"tuple({', '.join(fields)})"


def _listed(generator: Any, list_: exp.ArrayAgg) -> str:
    """A list in an order is a list of keys and what they order, sorted, without the keys."""
    ordered = list_.this
    if not isinstance(ordered, exp.Order):
        return generator.func("groupArray", ordered)
    keys = [key.this for key in ordered.expressions]
    both = generator.func("tuple", *keys, ordered.this)
    return f"arrayMap(one -> tupleElement(one, {len(keys) + 1}), arraySort(groupArray({both})))"


def _either(generator: Any, told: exp.LogicalOr) -> str:
    return generator.func("max", told.this)


def _both(generator: Any, told: exp.LogicalAnd) -> str:
    return generator.func("min", told.this)


def _called_there(generator: Any, called: exp.Anonymous) -> str:
    return generator.func(_FUNCTIONS.get(called.name.lower(), called.name), *called.expressions)


class _Exact(ClickHouse.Generator):
    """The table of what SQLGlot leaves to us: each line is one difference between the two engines."""

    TRANSFORMS: ClassVar[dict[type[exp.Expr], _SQL]] = {
        **ClickHouse.Generator.TRANSFORMS,
        exp.IntDiv: _whole_quotient,
        exp.Lag: _nullable,
        exp.Lead: _nullable,
        exp.Struct: _named_fields,
        exp.Anonymous: _called_there,
        exp.ArrayAgg: _listed,
        exp.LogicalOr: _either,
        exp.LogicalAnd: _both,
    }
