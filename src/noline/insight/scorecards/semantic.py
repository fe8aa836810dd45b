"""The registry in the words of semantic layers: semantic models of dbt (MetricFlow), and data models of Cube.

Each fact becomes a model of its own, at its own grain, with the same dimensions; each metric is made of sums of such
models. So another tool that reads these files counts what the hub counts.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from noline.insight.scorecards.asking import fact_sql
from noline.insight.scorecards.metrics import HERE, Fact, Metric, Registry
from noline.stores.analytical import TABLES, VIEWS, statement

_TABLE = re.compile(rf"\b(FROM|JOIN) ({'|'.join([*TABLES, *VIEWS])})\b")
_DISTINCT = {"customers_before": "customer_month", "customers_back": "returning_customer_month"}
"""Parts that are no sums: a person counts once, whatever it is told by."""

Files = Mapping[str, str]
"""What is to be written, by its path below the folder."""


class Exported(NamedTuple):
    """The files of an export, and which metrics are not in it, and why."""

    files: Files
    left_out: Mapping[str, str]


def metricflow(registry: Registry) -> Exported:
    """A folder of models for a dbt project: `models/noline/`; tables are read from the dbt source `noline`."""
    facts, metrics, left_out = _told(registry)
    files = {f"models/noline/noline_{fact.name}.sql": _dbt_model(fact) for fact in facts}
    files["models/noline/noline_time_spine.sql"] = statement(HERE / "sql" / "time_spine.sql")
    spine = {
        "name": "noline_time_spine",
        "description": "Every day from 2000 to 2100.",
        "time_spine": {"standard_granularity_column": "date_day"},
        "columns": [{"name": "date_day", "granularity": "day"}],
    }
    parts = {name: fact for fact in facts for name in fact.parts}
    files["models/noline/noline.yml"] = yaml(
        {
            "version": 2,
            "sources": [{"name": "noline", "tables": [{"name": name} for name in _tables(facts)]}],
            "models": [spine],
            "semantic_models": [_semantic_model(fact) for fact in facts],
            "metrics": [
                *(_dbt_metric(metric) for metric in metrics),
                *(_dbt_part(name) for name in parts if name not in registry.metrics and _is_used(name, metrics)),
            ],
        }
    )
    return Exported(files, left_out)


def cube(registry: Registry) -> Exported:
    """A folder of data models for Cube: `model/cubes/noline.yml`; tables are named as the hub names them."""
    facts, metrics, left_out = _told(registry)
    alone = [metric for metric in metrics if len(metric.facts) == 1]
    left_out |= {one.id: "it needs two cubes at once" for one in metrics if one not in alone}
    cubes = [_cube(fact, [metric for metric in alone if fact in metric.facts]) for fact in facts]
    return Exported({"model/cubes/noline.yml": yaml({"cubes": cubes})}, left_out)


def _told(registry: Registry) -> tuple[list[Fact], list[Metric], dict[str, str]]:
    """What can be counted from history alone."""
    metrics = [one for one in registry.metrics.values() if not any(fact.given for fact in one.facts)]
    left_out = {
        name: "it rests on the credit ledger or on tests, which are no tables of history"
        for name, one in registry.metrics.items()
        if one not in metrics
    }
    return [fact for fact in registry.facts.values() if not fact.given], metrics, left_out


def _is_used(part: str, metrics: Iterable[Metric]) -> bool:
    """Whether some metric is one part over another and needs this one."""
    ratios = [one for one in metrics if one.denominator]
    return any(part in (_part(one.numerator), _part(one.denominator or "")) for one in ratios)


def _part(name: str) -> str:
    return name.partition(".")[2]


def _rows(fact: Fact) -> str:
    """The rows of a fact, with the moment as a timestamp."""
    sql = fact_sql(fact)
    if fact.name == "customers":
        sql = statement(HERE / "sql" / "customers_by_month.sql").replace("/*fact*/", sql.strip())
    return statement(HERE / "sql" / "with_moment.sql").replace("/*fact*/", sql.strip())


def _tables(facts: Iterable[Fact]) -> list[str]:
    return sorted({found[2] for fact in facts for found in _TABLE.finditer(_rows(fact))})


# dbt


def _dbt_model(fact: Fact) -> str:
    return _TABLE.sub(r"\1 {{ source('noline', '\2') }}", _rows(fact))


def _semantic_model(fact: Fact) -> dict[str, Any]:
    """A fact; its dimensions are entities, so that metrics of two facts can be told by the same ones."""
    currency = [{"name": "currency", "type": "categorical"}] if fact.in_currency else []
    return {
        "name": f"noline_{fact.name}",
        "description": f"One row is {fact.grain}. Time: {fact.time}.",
        "model": f"ref('noline_{fact.name}')",
        "defaults": {"agg_time_dimension": "happened_on"},
        "primary_entity": f"noline_{fact.name}_row",
        "entities": [{"name": name, "type": "foreign", "expr": name} for name in fact.dimensions],
        "dimensions": [
            {"name": "happened_on", "type": "time", "type_params": {"time_granularity": "day"}},
            *currency,
        ],
        "measures": [
            {"name": name, "agg": "count_distinct", "expr": _DISTINCT[name]}
            if name in _DISTINCT
            else {"name": name, "agg": "sum", "expr": name}
            for name in fact.parts
        ],
    }


def _dbt_metric(metric: Metric) -> dict[str, Any]:
    told = {"name": metric.id, "label": _label(metric), "description": _description(metric)}
    if metric.denominator is None:
        return told | {"type": "simple", "type_params": {"measure": _part(metric.numerator)}}
    parts = {"numerator": _part(metric.numerator), "denominator": _part(metric.denominator)}
    return told | {"type": "ratio", "type_params": parts}


def _dbt_part(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": f"part: {name}",
        "description": "A part of other metrics.",
        "type": "simple",
        "type_params": {"measure": name},
    }


def _label(metric: Metric) -> str:
    return f"{metric.store} / {metric.digital}"


def _description(metric: Metric) -> str:
    """How it is counted, and what a reader of the other tool has to mind."""
    money = " Minor units; group by currency, or amounts of several are added." if metric.in_currency else ""
    monthly = " By months only." if metric.facts[0].name == "customers" else ""
    return f"{metric.words}{money}{monthly}"


# Cube


def _cube(fact: Fact, metrics: Sequence[Metric]) -> dict[str, Any]:
    names = [*fact.dimensions, *(["currency"] if fact.in_currency else [])]
    return {
        "name": f"noline_{fact.name}",
        "description": f"One row is {fact.grain}. Time: {fact.time}.",
        "sql": _rows(fact),
        "dimensions": [
            *({"name": name, "sql": name, "type": "string"} for name in names),
            {"name": "happened_on", "sql": "happened_on", "type": "time"},
        ],
        "measures": [*(_cube_part(name, metrics) for name in fact.parts), *_cube_metrics(metrics)],
    }


def _cube_part(name: str, metrics: Iterable[Metric]) -> dict[str, Any]:
    counts = {"type": "count_distinct", "sql": _DISTINCT[name]} if name in _DISTINCT else {"type": "sum", "sql": name}
    same = [one for one in metrics if one.id == name]
    told = {"title": _label(same[0]), "description": _description(same[0])} if same else {}
    return {"name": name, **told, **counts}


def _cube_metrics(metrics: Iterable[Metric]) -> Iterator[dict[str, Any]]:
    for metric in metrics:
        part = _part(metric.numerator)
        if metric.id == part:
            continue
        formula = f"{{{part}}}"
        if metric.denominator is not None:
            formula = f"1.0 * {{{part}}} / NULLIF({{{_part(metric.denominator)}}}, 0)"
        yield {
            "name": metric.id,
            "title": _label(metric),
            "description": _description(metric),
            "type": "number",
            "sql": formula,
        }


# YAML


def yaml(value: Mapping[str, Any]) -> str:
    """Mappings, lists, texts and numbers as YAML in blocks; texts of several lines stand as they are."""
    return "\n".join(_mapping(value, "")) + "\n"


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield f"{indent}{name}:"
            yield from _mapping(one, f"{indent}  ")
        elif isinstance(one, list):
            yield f"{indent}{name}:" if one else f"{indent}{name}: []"
            yield from _items(one, f"{indent}  ")
        elif isinstance(one, str) and "\n" in one:
            yield f"{indent}{name}: |"
            yield from (f"{indent}  {line}" if line else "" for line in one.rstrip("\n").split("\n"))
        else:
            yield f"{indent}{name}: {json.dumps(one, ensure_ascii=False)}"


def _items(values: Sequence[Any], indent: str) -> Iterator[str]:
    for one in values:
        if isinstance(one, Mapping):
            first, *rest = _mapping(one, f"{indent}  ")
            yield f"{indent}- {first.strip()}"
            yield from rest
        else:
            yield f"{indent}- {json.dumps(one, ensure_ascii=False)}"
