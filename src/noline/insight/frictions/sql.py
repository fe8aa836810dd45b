# ruff: noqa: S608  what stands in the statement are names and numbers of rules; every text goes through `_text`
"""How a friction is counted: in sentences, as the rule in its file, and as one statement over `touchpoints`.

The statement says what `matching.py` does, one event joined to the next; a test holds the two against each other.
"""

from collections.abc import Sequence
from typing import Any

from noline.insight.frictions.matching import is_outcome, ways_end_elsewhere
from noline.insight.frictions.model import Rule, Step, Way, Where
from noline.insight.frictions.rules import expanded
from noline.insight.frictions.telling import words
from noline.kernel.clock import Micros

_COLUMN_OF = {"object": "object_id", "store": "store_id"}

_EVENTS = """events AS MATERIALIZED (
    SELECT
        coalesce(people.person, t.subject) AS person, t.*,
        row_number() OVER (ORDER BY coalesce(people.person, t.subject), t.occurred_at, t.seq) AS place,
        coalesce(t.value_minor, 0) // greatest(coalesce(t.units, 1), 1) AS price
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    WHERE t.subject IS NOT NULL
)"""


def counted(rule: Rule, observed: Micros) -> dict[str, Any]:
    """How a rule is counted: `words`, `rule` (its TOML), `sql` and `parameters`."""
    return {"words": words(rule), "rule": rule.text, "sql": statement(rule), "parameters": {"observed_until": observed}}


def statement(rule: Rule) -> str:
    """One SELECT that answers a row for each first step, by person and time.

    person, seq, at_us: of the first step. decided, met, is_case: see `matching.Found`. evidence: positions in the log.
    Its one parameter is $observed_until.
    """
    parts = [_EVENTS, *_first_steps(rule)]
    for number, way in enumerate(rule.ways):
        parts += _of_way(number, way)
    parts += [_dropped(rule)]
    body = ",\n".join(parts)
    return f"WITH\n{body}\n{_answer(rule)}\n"


def _first_steps(rule: Rule) -> list[str]:
    where = [_is(rule.first.what, "f"), _fits(rule.first.where, "f")]
    where += [
        f"""EXISTS (
        SELECT 1 FROM events AS n
        WHERE n.person = f.person AND n.place < f.place AND n.occurred_at <= f.occurred_at - {step.after}
            AND n.occurred_at >= f.occurred_at - {step.within} AND {_is_this(step, "f", "f")}
    )"""
        for step in rule.before
    ]
    listed = "\n        AND ".join(where)
    every = f"""every_first AS MATERIALIZED (
    SELECT f.*, lag(f.place) OVER mine AS place_before, lag(f.occurred_at) OVER mine AS moment_before
    FROM events AS f
    WHERE {listed}
    WINDOW mine AS (PARTITION BY f.person ORDER BY f.place)
)"""
    apart = (
        f"""f.place_before IS NULL OR f.occurred_at - f.moment_before > {rule.together} OR EXISTS (
        SELECT 1 FROM events AS g
        WHERE g.person = f.person AND g.place > f.place_before AND g.place < f.place
            AND {_is(rule.goal, "g")} AND NOT g.exposure
    )"""
        if rule.together
        else "true"
    )
    return [every, f"first_steps AS MATERIALIZED (\n    SELECT * FROM every_first AS f\n    WHERE {apart}\n)"]


def _of_way(number: int, way: Way) -> list[str]:
    """The chain of one way, event by event, and what followed its last."""
    begun = f"""way_{number}_0 AS MATERIALIZED (
    SELECT f AS first, f AS last, [f.place] AS places, [f.seq] AS evidence
    FROM first_steps AS f
    WHERE {_fits(way.first, "f", any_exposure=True)}
)"""
    parts, at = [begun], 0
    for step in way.steps:
        for _ in range(step.times):
            parts.append(_next(f"way_{number}_{at}", f"way_{number}_{at + 1}", step))
            at += 1
    spared = [_spared(no) for no in way.no]
    met = " AND ".join(one for one, no in zip(spared, way.no, strict=True) if not is_outcome(no)) or "true"
    outcome = " AND ".join(one for one, no in zip(spared, way.no, strict=True) if is_outcome(no)) or "true"
    ended = f"""way_{number} AS MATERIALIZED (
    SELECT c.first.place AS place, c.last.place AS end_place, c.evidence, {outcome} AS is_case
    FROM way_{number}_{at} AS c
    WHERE {met}
)"""
    return [*parts, ended]


def _next(chain: str, name: str, step: Step) -> str:
    unless = (
        f"""
    WHERE NOT EXISTS (
        SELECT 1 FROM events AS u
        WHERE u.person = c.first.person AND u.place > c.before AND u.place < c.last.place
            AND {_is(step.unless, "u")} AND NOT u.exposure
    )"""
        if step.unless
        else ""
    )
    return f"""{name} AS MATERIALIZED (
    SELECT c.first, c.last, c.places, c.evidence
    FROM (
        SELECT c.first, c.last.place AS before, n AS last,
            list_append(c.places, n.place) AS places, list_append(c.evidence, n.seq) AS evidence
        FROM {chain} AS c
        JOIN events AS n
            ON n.person = c.first.person AND n.place > c.last.place
            AND n.occurred_at >= c.first.occurred_at + {step.after}
            AND n.occurred_at <= c.first.occurred_at + {step.within}
            AND {_is_this(step, "c.first", "c.last")}
        QUALIFY row_number() OVER (PARTITION BY c.first.place ORDER BY n.place) = 1
    ) AS c{unless}
)"""


def _spared(no: Step) -> str:
    base = f"c.{no.since}"
    told = "".join(f"{_told(name, 'c.first')} AND " for name in no.same)
    return f"""({told}NOT EXISTS (
        SELECT 1 FROM events AS n
        WHERE n.person = c.first.person AND NOT list_contains(c.places, n.place)
            AND n.occurred_at >= {base}.occurred_at + {no.after} AND n.occurred_at <= {base}.occurred_at + {no.within}
            AND {_is_this(no, "c.first", base)}
    ))"""


def _dropped(rule: Rule) -> str:
    """First steps that lead to the same last event are one case, with the latest of them."""
    ends = [
        f"    SELECT place FROM way_{number} QUALIFY row_number() OVER (PARTITION BY end_place ORDER BY place DESC) > 1"
        for number, way in enumerate(rule.ways)
        if way.steps
    ]
    listed = "\n    UNION\n".join(ends) if ways_end_elsewhere(rule) else "    SELECT place FROM first_steps WHERE false"
    return f"dropped AS MATERIALIZED (\n{listed}\n)"


def _answer(rule: Rule) -> str:
    numbers = range(len(rule.ways))
    met = " OR ".join(f"way_{number}.place IS NOT NULL" for number in numbers)
    case = " OR ".join(f"coalesce(way_{number}.is_case, false)" for number in numbers)
    shown = ", ".join(
        [f"CASE WHEN way_{number}.is_case THEN way_{number}.evidence END" for number in numbers]
        + [f"way_{number}.evidence" for number in numbers]
    )
    joins = "\n".join(f"LEFT JOIN way_{number} ON way_{number}.place = f.place" for number in numbers)
    return f"""SELECT
    f.person, f.seq, f.occurred_at AS at_us, f.occurred_at + {rule.reach} <= $observed_until AS decided,
    {met} AS met, {case} AS is_case, coalesce({shown}, []) AS evidence
FROM first_steps AS f
{joins}
WHERE f.place NOT IN (SELECT place FROM dropped)
ORDER BY f.place"""


def _is_this(step: Step, first: str, before: str) -> str:
    """Whether `n` is this step."""
    parts = [_is(step.what, "n"), _fits(step.where, "n")]
    for name in step.same:
        mine = f"{first}.handoff_to" if name == "handoff" else f"{first}.{_COLUMN_OF.get(name, name)}"
        theirs = "channel" if name == "handoff" else _COLUMN_OF.get(name, name)
        parts += [_told(name, first), f"n.{theirs} = {mine}"]
    same_money = f"n.price > 0 AND {before}.price > 0 AND n.currency IS NOT DISTINCT FROM {before}.currency"
    for name in step.differs:
        column = _COLUMN_OF.get(name, name)
        parts.append(
            f"{same_money} AND n.price <> {before}.price"
            if name == "value"
            else f"n.{column} <> '' AND {before}.{column} <> '' AND n.{column} <> {before}.{column}"
        )
    if step.value is not None:
        parts.append(f"{same_money} AND n.price {'<' if step.value == 'lower' else '>'} {before}.price")
    return " AND ".join(parts)


def _told(name: str, row: str) -> str:
    column = "handoff_to" if name == "handoff" else _COLUMN_OF.get(name, name)
    return f"coalesce({row}.{column}, '') <> ''"


def _is(what: Sequence[str], row: str) -> str:
    """Whether a row has one of these names."""
    found: list[str] = []
    for channel, actions in expanded(what):
        parts = [f"{row}.channel = {_text(channel)}"] if channel else []
        if actions is not None:
            parts.append(f"{row}.action IN ({', '.join(_text(one) for one in actions)})")
        found.append(" AND ".join(parts) or "true")
    return f"({' OR '.join(found)})"


def _fits(where: Where, row: str, *, any_exposure: bool = False) -> str:
    parts = [] if any_exposure else [f"{row}.exposure" if where.exposure else f"NOT {row}.exposure"]
    if where.topic:
        parts.append(f"{row}.topic IN ({', '.join(_text(one) for one in where.topic)})")
    if where.handoff:
        parts.append(f"coalesce({row}.handoff_to, '') <> ''")
    limits = {
        "rating_hundredths <=": where.rating_at_most, "rating_hundredths >=": where.rating_at_least,
        "units <=": where.units_at_most, "units >=": where.units_at_least,
    }  # fmt: skip
    parts += [f"coalesce({row}.{limit} {value}, false)" for limit, value in limits.items() if value is not None]
    if where.value_at_least is not None:
        parts.append(f"coalesce({row}.value_minor, 0) >= {where.value_at_least}")
    return " AND ".join(parts) or "true"


def _text(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"
