"""The SQL of the customers room."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.events import Digest, Identifier, route_of
from noline.stores.portions import Chosen, flat, marks, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.customers.model import CLAIMED, Decision, Known, Link, LinkKey, ModelLink, RefusedLink, Subject

TABLES = {
    "identifiers": ("route_key", "subject", "namespace", "value", "first_at", "person", "shared"),
    "links": ("route_key", "subject", "other_route", "other", "trust", "first_at"),
    "decisions": ("route_key", "decision", "kind", "decided_at", "decided_by", "reason"),
    "decision_ends": ("route_key", "subject", "decision", "side"),
    "model_links": ("route_key", "subject", "other_route", "other", "batch", "weight_thousandths", "decided_at"),
    "undone": ("route_key", "decision", "undone_at", "undone_by"),
    "refused_links": ("route_key", "subject", "other", "reason"),
}
"""The tables of this room with the columns that must be as a rebuild makes them."""

_IDENTIFIER = """
INSERT INTO identifiers (route_key, subject, namespace, value, first_at, person, version, shared)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < identifiers.first_at THEN excluded.first_at ELSE identifiers.first_at END
"""
_LINK = """
INSERT INTO links (route_key, subject, other_route, other, trust, first_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, other, trust) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < links.first_at THEN excluded.first_at ELSE links.first_at END
"""
_LINKS_OF = """
SELECT links.subject, links.other, links.trust, links.first_at, identifiers.namespace, identifiers.first_at
FROM links JOIN identifiers ON identifiers.route_key = links.other_route AND identifiers.subject = links.other
WHERE links.route_key IN ({marks})
"""
_TELLING_LINKS_OF = (
    _LINKS_OF
    + """AND links.subject = ? AND links.trust > ? AND (
    identifiers.shared = 1 OR identifiers.namespace NOT IN ({kinds})
    OR EXISTS (
        SELECT 1 FROM links AS back WHERE back.route_key = links.other_route AND back.subject = links.other
        AND back.other <> links.subject AND back.trust > ?
    )
    OR EXISTS (
        SELECT 1 FROM decision_ends
        WHERE decision_ends.route_key = links.other_route AND decision_ends.subject = links.other
    )
    OR EXISTS (
        SELECT 1 FROM model_links
        WHERE model_links.route_key = links.other_route AND model_links.subject = links.other
    )
)
"""
)
_CROWDED = "SELECT subject FROM links WHERE route_key IN ({marks}) GROUP BY subject HAVING count(*) > ?"
_NEIGHBOURS = "SELECT subject, other FROM links WHERE route_key IN ({marks}) AND trust > ?"
_LINKS = (
    "SELECT subject, other, trust, first_at FROM links WHERE (route_key, subject, other, trust) IN (VALUES {marks})"
)
_OF_PERSON = (
    "SELECT subject, namespace, value, first_at FROM identifiers WHERE person = ? ORDER BY first_at, namespace, value"
)
_OLDEST_OF_PERSON = _OF_PERSON + " LIMIT ?"
_IDENTIFIERS = "SELECT subject, namespace, first_at, person, shared FROM identifiers WHERE route_key IN ({marks})"
_DECISIONS_OF = """
SELECT decision_ends.decision FROM decision_ends
JOIN decisions ON decisions.decision = decision_ends.decision
WHERE decision_ends.route_key IN ({marks})
"""
_STANDING = """
SELECT decision, kind, decided_at FROM decisions
WHERE decision IN ({marks}) AND decision NOT IN (SELECT decision FROM undone)
"""
_MODEL_LINKS_OF = """
SELECT subject, other, weight_thousandths, batch, decided_at FROM model_links
WHERE route_key IN ({marks}) AND batch NOT IN (SELECT decision FROM undone)
"""


class Standing(NamedTuple):
    """An identifier as it stands: what is known of it, whose it is, and whether it is shared."""

    known: Known
    person: str
    shared: bool


def add_identifiers(tx: Transaction, rows: Iterable[tuple[Subject, str, str, Micros, str, int, int]]) -> None:
    """Keep identifiers (subject, namespace, value, first seen, person, version, shared); of a known one the time."""
    tx.run_many(_IDENTIFIER, sorted((route_of(subject), subject, *rest) for subject, *rest in rows))


def add_links(tx: Transaction, links: Iterable[Link]) -> None:
    """Keep links, readable from both ends; the earliest time stays."""
    rows: list[Row] = []
    for one, other, *told in links:
        near, far = route_of(one), route_of(other)
        rows += [(near, one, far, other, *told), (far, other, near, one, *told)]
    tx.run_many(_LINK, sorted(rows))


LinkRow = tuple[Subject, Link, Subject, Known]
"""The near end of a link, the link, its far end, and what is known of that."""


def links_of(reader: Reader, subjects: Sequence[Subject]) -> Iterator[LinkRow]:
    """Every link of these identifiers."""
    return _link_rows(_by_route(reader, _LINKS_OF, subjects), subjects)


def few_links_of(reader: Reader, subjects: Sequence[Subject], most: int) -> list[LinkRow] | None:
    """Every link of these identifiers; None when they have more than so many."""
    rows = list(islice(_by_route(reader, _LINKS_OF + "LIMIT ?", subjects, most + 1), most + 1))
    return None if len(rows) > most else list(_link_rows(rows, subjects))


def telling_links_of(reader: Reader, subject: Subject, kinds: Sequence[str]) -> Iterator[LinkRow]:
    """The links of an identifier that are more than a claim, but for those with names that hang on it.

    A name hangs on it when it is of one of these kinds, is linked with nothing else by more than a claim, is not
    shared, and nobody decided anything of it.
    """
    sql = _TELLING_LINKS_OF.format(marks="?", kinds=marks(len(kinds)))
    return _link_rows(reader.rows(sql, [route_of(subject), subject, CLAIMED, *kinds, CLAIMED]), [subject])


def crowded(reader: Reader, subjects: Sequence[Subject], most: int) -> set[Subject]:
    """Those of these identifiers that have more links than so many."""
    return {subject for (subject,) in _by_route(reader, _CROWDED, subjects, most)} & set(subjects)


def _link_rows(rows: Iterable[Row], subjects: Iterable[Subject]) -> Iterator[LinkRow]:
    wanted = set(subjects)
    for near, far, trust, first_at, namespace, far_first_at in rows:
        if near in wanted:
            yield near, Link(min(near, far), max(near, far), trust, first_at), far, Known(namespace, far_first_at)


def identifiers(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, Standing]:
    """How these identifiers stand; those that nobody has seen are not in it."""
    return {
        subject: Standing(Known(namespace, first_at), person, bool(shared))
        for subject, namespace, first_at, person, shared in _by_route(reader, _IDENTIFIERS, subjects)
    }


def first_seen(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, Micros]:
    """When these identifiers were first seen; those that are new are not in it."""
    found = _by_route(reader, "SELECT subject, first_at FROM identifiers WHERE route_key IN ({marks})", subjects)
    return dict(found)  # type: ignore[arg-type]


def links_first_seen(reader: Reader, links: Sequence[LinkKey]) -> dict[LinkKey, Micros]:
    """When these links were first seen with their trust; those that are new are not in it."""
    found: dict[LinkKey, Micros] = {}
    for some in portions([(route_of(one), one, other, trust) for one, other, trust in links]):
        rows = reader.rows(_LINKS.format(marks=marks(len(some), 4)), flat(some))
        found.update(((one, other, trust), first_at) for one, other, trust, first_at in rows)
    return found


def neighbours(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, set[Subject]]:
    """What these identifiers are linked with by more than a claim."""
    found: dict[Subject, set[Subject]] = {subject: set() for subject in subjects}
    for near, far in _by_route(reader, _NEIGHBOURS, subjects, CLAIMED):
        if near in found:
            found[near].add(far)
    return found


def assign(tx: Transaction, people: dict[Subject, str], version: int) -> None:
    """Write whose these identifiers are."""
    tx.run_many(
        "UPDATE identifiers SET person = ?, version = ? WHERE route_key = ? AND subject = ?",
        [(person, version, route_of(subject), subject) for subject, person in people.items()],
    )


def set_shared(tx: Transaction, subjects: dict[Subject, bool]) -> None:
    """Write which identifiers are shared."""
    tx.run_many(
        "UPDATE identifiers SET shared = ? WHERE route_key = ? AND subject = ?",
        [(int(shared), route_of(subject), subject) for subject, shared in subjects.items()],
    )


def all_subjects(reader: Reader) -> list[Subject]:
    """Every identifier."""
    return [subject for (subject,) in reader.rows("SELECT subject FROM identifiers")]


def subject_of_route(reader: Reader, route_key: int) -> tuple[Subject, str] | None:
    """The identifier with this routing key, and whose it is."""
    row = reader.row("SELECT subject, person FROM identifiers WHERE route_key = ?", (route_key,))
    return (row[0], row[1]) if row else None


def any_decided(reader: Reader) -> bool:
    """Whether a person or a model ever decided anything."""
    return any(reader.row(f"SELECT 1 FROM {table} LIMIT 1") is not None for table in ("decision_ends", "model_links"))


def decided(reader: Reader, subjects: Sequence[Subject]) -> set[Subject]:
    """Those of these identifiers of which a person or a model decided something."""
    found = {
        subject
        for table in ("decision_ends", "model_links")
        for (subject,) in _by_route(reader, f"SELECT subject FROM {table} WHERE route_key IN ({{marks}})", subjects)
    }
    return found & set(subjects)


def add_decisions(tx: Transaction, rows: Iterable[tuple[str, str, Micros, str, str]], digest: Digest) -> None:
    """Keep decisions: (id, kind, when, by, reason)."""
    tx.run_many(
        "INSERT INTO decisions (route_key, decision, kind, decided_at, decided_by, reason) "
        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (route_key, decision) DO NOTHING",
        [(_route(digest, decision), decision, *rest) for decision, *rest in rows],
    )


def add_ends(tx: Transaction, rows: Iterable[tuple[Subject, str, int]]) -> None:
    """Keep whom decisions are about: (identifier, decision, side)."""
    tx.run_many(
        "INSERT INTO decision_ends (route_key, subject, decision, side) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (route_key, subject, decision, side) DO NOTHING",
        [(route_of(subject), subject, decision, side) for subject, decision, side in rows],
    )


def add_model_links(tx: Transaction, links: Iterable[ModelLink]) -> None:
    """Keep what a model found, readable from both ends."""
    tx.run_many(
        "INSERT INTO model_links (route_key, subject, other_route, other, batch, weight_thousandths, decided_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (route_key, subject, other, batch) DO UPDATE SET "
        "weight_thousandths = excluded.weight_thousandths, decided_at = excluded.decided_at "
        "WHERE excluded.weight_thousandths > model_links.weight_thousandths "
        "OR (excluded.weight_thousandths = model_links.weight_thousandths "
        "AND excluded.decided_at < model_links.decided_at)",
        [
            (route_of(end), end, route_of(far), far, link.batch, link.weight, link.at)
            for link in links
            for end, far in ((link.one, link.other), (link.other, link.one))
        ],
    )


def add_undone(tx: Transaction, rows: Iterable[tuple[str, Micros, str]], digest: Digest) -> None:
    """Keep what was taken back: (decision or batch, when, by); the first time counts."""
    tx.run_many(
        "INSERT INTO undone (route_key, decision, undone_at, undone_by) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (route_key, decision) DO UPDATE SET "
        "undone_at = excluded.undone_at, undone_by = excluded.undone_by "
        "WHERE excluded.undone_at < undone.undone_at "
        "OR (excluded.undone_at = undone.undone_at AND excluded.undone_by < undone.undone_by)",
        [(_route(digest, decision), decision, *rest) for decision, *rest in rows],
    )


def ends_of(reader: Reader, decisions: Sequence[str]) -> list[tuple[str, Subject, int]]:
    """Whom these decisions are about: (decision, identifier, side)."""
    return [
        (decision, subject, side)
        for decision, subject, side in _by_name(
            reader, "SELECT decision, subject, side FROM decision_ends WHERE decision IN ({marks})", decisions
        )
    ]


def parted(reader: Reader) -> list[Row]:
    """The people on either side of what was decided to be two: (one, other)."""
    return reader.rows(
        "SELECT DISTINCT near.person, far.person FROM decisions "
        "JOIN decision_ends AS one ON one.decision = decisions.decision AND one.side = 0 "
        "JOIN decision_ends AS other ON other.decision = decisions.decision AND other.side = 1 "
        "JOIN identifiers AS near ON near.route_key = one.route_key AND near.subject = one.subject "
        "JOIN identifiers AS far ON far.route_key = other.route_key AND far.subject = other.subject "
        "WHERE decisions.kind = 'different' AND decisions.decision NOT IN (SELECT decision FROM undone)"
    )


def ends_of_batch(reader: Reader, batch: str) -> set[Subject]:
    """Whom a model's batch is about."""
    return {subject for (subject,) in reader.rows("SELECT subject FROM model_links WHERE batch = ?", (batch,))}


def decisions_of(reader: Reader, subjects: Sequence[Subject]) -> list[Decision]:
    """What stands decided of these identifiers, each decision with all of its ends."""
    names = sorted({decision for (decision,) in _by_route(reader, _DECISIONS_OF, subjects)})
    if not names:
        return []
    ends: dict[tuple[str, int], set[Subject]] = {}
    for decision, subject, side in ends_of(reader, names):
        ends.setdefault((decision, side), set()).add(subject)
    return [
        Decision(decision, kind, at, frozenset(ends.get((decision, 0), ())), frozenset(ends.get((decision, 1), ())))
        for decision, kind, at in _by_name(reader, _STANDING, names)
    ]


def model_links_of(reader: Reader, subjects: Sequence[Subject]) -> list[ModelLink]:
    """What a model found of these identifiers and nobody took back."""
    return [
        ModelLink(min(subject, other), max(subject, other), weight, batch, at)
        for subject, other, weight, batch, at in _by_route(reader, _MODEL_LINKS_OF, subjects)
    ]


def any_refused(reader: Reader) -> bool:
    """Whether any link is refused."""
    return reader.row("SELECT 1 FROM refused_links LIMIT 1") is not None


def refused_of(reader: Reader, subjects: Sequence[Subject]) -> set[RefusedLink]:
    """The refused links of these identifiers."""
    wanted = set(subjects)
    found = _by_route(reader, "SELECT subject, other, reason FROM refused_links WHERE route_key IN ({marks})", subjects)
    return {
        RefusedLink(min(subject, other), max(subject, other), reason)
        for subject, other, reason in found
        if subject in wanted
    }


def change_refused(tx: Transaction, gone: Iterable[RefusedLink], new: Iterable[RefusedLink]) -> None:
    """Write what is refused no more, and what is now; readable from both ends."""
    tx.run_many(
        "DELETE FROM refused_links WHERE route_key = ? AND subject = ? AND other = ?",
        [(route_of(end), end, far) for one in gone for end, far in ((one.one, one.other), (one.other, one.one))],
    )
    tx.run_many(
        "INSERT INTO refused_links (route_key, subject, other, reason) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (route_key, subject, other) DO UPDATE SET reason = excluded.reason",
        [
            (route_of(end), end, far, one.reason)
            for one in sorted(new)
            for end, far in ((one.one, one.other), (one.other, one.one))
        ],
    )


def delete_of(tx: Transaction, table: str, subjects: Iterable[Subject], column: str = "subject") -> int:
    """Delete the rows of a table whose identifier (in this column) is one of these; answers how many."""
    route = "route_key" if column == "subject" else "other_route"
    return tx.run_many(
        f"DELETE FROM {table} WHERE {route} = ? AND {column} = ?",
        [(route_of(subject), subject) for subject in subjects],
    )


def delete_names(tx: Transaction, subjects: set[Subject]) -> int:
    """Delete identifiers with every link of theirs, as seen from both ends; answers how many rows."""
    refused = {
        (route_of(end), end, far)
        for one in refused_of(tx, sorted(subjects))
        for end, far in ((one.one, one.other), (one.other, one.one))
    }
    return (
        delete_of(tx, "identifiers", subjects)
        + _delete_both_ways(tx, "links", subjects)
        + tx.run_many("DELETE FROM refused_links WHERE route_key = ? AND subject = ? AND other = ?", sorted(refused))
    )


def _delete_both_ways(tx: Transaction, table: str, subjects: set[Subject]) -> int:
    """Delete the rows of a table of pairs that is readable from both ends; answers how many.

    The other end of each pair is found by this one: no table of pairs has an index of its far ends.
    """
    near = _by_route(tx, f"SELECT subject, other FROM {table} WHERE route_key IN ({{marks}})", sorted(subjects))
    far = sorted({(route_of(other), other, subject) for subject, other in near if subject in subjects})
    return delete_of(tx, table, subjects) + tx.run_many(
        f"DELETE FROM {table} WHERE route_key = ? AND subject = ? AND other = ?", far
    )


def delete_decided(tx: Transaction, subjects: set[Subject]) -> int:
    """Delete what people and models decided of these identifiers, or propose; answers how many rows."""
    return (
        delete_of(tx, "decision_ends", subjects)
        + _delete_both_ways(tx, "model_links", subjects)
        + delete_of(tx, "suggestions", subjects)
        + delete_of(tx, "suggestions", subjects, "other")
    )


def names_of(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, Identifier]:
    """The identifiers of these subjects."""
    found = _by_route(
        reader, "SELECT subject, namespace, value FROM identifiers WHERE route_key IN ({marks})", subjects
    )
    return {subject: Identifier(namespace, value) for subject, namespace, value in found}


def decision_log(reader: Reader, limit: int, offset: int) -> list[Row]:
    """What was decided, the latest first: (id, kind, when, by, reason, undone when, undone by)."""
    return reader.rows(
        "SELECT decisions.decision, kind, decided_at, decided_by, reason, undone_at, undone_by FROM decisions "
        "LEFT JOIN undone ON undone.route_key = decisions.route_key AND undone.decision = decisions.decision "
        "ORDER BY decided_at DESC, decisions.decision LIMIT ? OFFSET ?",
        (limit, offset),
    )


def decision(reader: Reader, name: str, digest: Digest) -> Row | None:
    """One decision: (id, kind, when, by, reason, undone when, undone by)."""
    return reader.row(
        "SELECT decisions.decision, kind, decided_at, decided_by, reason, undone_at, undone_by FROM decisions "
        "LEFT JOIN undone ON undone.route_key = decisions.route_key AND undone.decision = decisions.decision "
        "WHERE decisions.route_key = ? AND decisions.decision = ?",
        (_route(digest, name), name),
    )


def batches(reader: Reader) -> list[Row]:
    """What models found, the latest first: (batch, when, links, undone when, undone by)."""
    return reader.rows(
        "SELECT batch, min(decided_at), count(*) / 2, max(undone_at), max(undone_by) FROM model_links "
        "LEFT JOIN undone ON undone.decision = model_links.batch GROUP BY batch ORDER BY min(decided_at) DESC, batch"
    )


def clear_runs(tx: Transaction) -> None:
    """Drop what earlier runs of the model proposed."""
    tx.run("DELETE FROM suggestions")
    tx.run("DELETE FROM match_runs")


def add_run(tx: Transaction, run: str, at: Micros, summary: str, model: str) -> None:
    """Keep a run of the model."""
    tx.run("INSERT INTO match_runs (run, planned_at, summary, model) VALUES (?, ?, ?, ?)", (run, at, summary, model))


def add_suggestions(tx: Transaction, rows: Iterable[Row]) -> None:
    """Keep what a run proposes."""
    tx.run_many(
        "INSERT INTO suggestions (route_key, subject, other_route, other, run, weight_thousandths, "
        "probability_millionths, household_millionths, sure, put_off_at, reasons) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def latest_run(reader: Reader) -> Row | None:
    """The latest run of the model: (id, when, summary, model)."""
    return reader.row("SELECT run, planned_at, summary, model FROM match_runs ORDER BY planned_at DESC LIMIT 1")


def suggested(reader: Reader, *, sure: bool | None, limit: int, offset: int = 0) -> list[Row]:
    """What is proposed: (one, other, weight, probability, household, sure, reasons); put off last, likely first."""
    wanted = (0, 1) if sure is None else (int(sure), int(sure))
    return reader.rows(
        "SELECT subject, other, weight_thousandths, probability_millionths, household_millionths, sure, reasons "
        "FROM suggestions WHERE sure IN (?, ?) "
        "ORDER BY put_off_at, probability_millionths DESC, subject, other LIMIT ? OFFSET ?",
        (*wanted, limit, offset),
    )


def is_applied(reader: Reader) -> bool:
    """Whether the latest run of the model holds."""
    row = reader.row(
        "SELECT 1 FROM model_links JOIN match_runs ON match_runs.run = model_links.batch "
        "WHERE batch NOT IN (SELECT decision FROM undone) LIMIT 1"
    )
    return row is not None


def put_off(tx: Transaction, one: Subject, other: Subject, at: Micros) -> int:
    """Put a proposal behind the others; answers how many there were."""
    return sum(
        tx.run(
            "UPDATE suggestions SET put_off_at = ? WHERE route_key = ? AND subject = ? AND other = ?",
            (at, route_of(near), near, far),
        )
        for near, far in ((one, other), (other, one))
    )


def all_people(reader: Reader) -> list[Row]:
    """Every identifier: (subject, namespace, value, first seen, person, shared)."""
    return reader.rows("SELECT subject, namespace, value, first_at, person, shared FROM identifiers")


def rules(reader: Reader) -> str | None:
    """The rules in force as text."""
    row = reader.row("SELECT rules FROM identity_rules WHERE id = 1")
    return row[0] if row else None


def set_rules(tx: Transaction, text: str, at: Micros) -> None:
    """Write the rules in force."""
    tx.run(
        "INSERT INTO identity_rules (id, rules, applied_at) VALUES (1, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET rules = excluded.rules, applied_at = excluded.applied_at",
        (text, at),
    )


def changed_since(reader: Reader, version: int) -> list[Row]:
    """Identifiers whose person changed after a version: (version, route key, person)."""
    return reader.rows(
        "SELECT version, route_key, person FROM identifiers WHERE version > ? ORDER BY version", (version,)
    )


def of_person(reader: Reader, person: str, most: int | None = None) -> list[Row]:
    """The identifiers of a person: (subject, namespace, value, first seen), oldest first; all, or at most so many."""
    return reader.rows(_OF_PERSON, (person,)) if most is None else reader.rows(_OLDEST_OF_PERSON, (person, most))


def count_of_person(reader: Reader, person: str) -> int:
    """How many identifiers a person has."""
    row = reader.row("SELECT count(*) FROM identifiers WHERE person = ?", (person,))
    return row[0] if row else 0


def chosen_of_person(person: str) -> Chosen:
    """The identifiers of a person, to ask another room about."""
    return Chosen("SELECT route_key, subject FROM identifiers WHERE person = ?", (person,))


def person_of(reader: Reader, subject: Subject) -> str | None:
    """Whose identifier this is."""
    row = reader.row("SELECT person FROM identifiers WHERE route_key = ? AND subject = ?", (route_of(subject), subject))
    return row[0] if row else None


def exists(reader: Reader, person: str) -> bool:
    """Whether somebody has this id."""
    return reader.row("SELECT 1 FROM identifiers WHERE person = ? LIMIT 1", (person,)) is not None


def sizes(reader: Reader) -> dict[int, int]:
    """How many people have so many identifiers."""
    return dict(
        reader.rows(
            "SELECT names, count(*) FROM "
            "(SELECT count(*) AS names FROM identifiers WHERE shared = 0 GROUP BY person) AS people "
            "GROUP BY names ORDER BY names"
        )
    )  # type: ignore[arg-type]


def largest(reader: Reader, limit: int) -> list[tuple[str, int]]:
    """The people with the most identifiers."""
    found = reader.rows(
        "SELECT person, count(*) FROM identifiers WHERE shared = 0 "
        "GROUP BY person ORDER BY count(*) DESC, person LIMIT ?",
        (limit,),
    )
    return [(person, count) for person, count in found]


def refused_by_reason(reader: Reader) -> dict[str, int]:
    """How many links are refused, by reason; decisions together."""
    counts: dict[str, int] = {}
    for reason, count in reader.rows("SELECT reason, count(*) / 2 FROM refused_links GROUP BY reason ORDER BY reason"):
        kind = "decision" if reason.startswith("decision:") else reason
        counts[kind] = counts.get(kind, 0) + count
    return counts


def shared_by_kind(reader: Reader) -> dict[str, int]:
    """How many names are shared, by kind."""
    return dict(
        reader.rows(
            "SELECT namespace, count(*) FROM identifiers WHERE shared = 1 GROUP BY namespace ORDER BY namespace"
        )
    )  # type: ignore[arg-type]


def count_standing(reader: Reader) -> int:
    """How many decisions stand."""
    row = reader.row("SELECT count(*) FROM decisions WHERE decision NOT IN (SELECT decision FROM undone)")
    return row[0] if row else 0


def seen_with_accounts(reader: Reader, account: str) -> dict[str, tuple[int, int]]:
    """For each kind of name: how many were seen with an account, and how many of these with one only."""
    rows = reader.rows(
        "SELECT namespace, count(*), sum(CASE WHEN accounts = 1 THEN 1 ELSE 0 END) FROM ("
        "SELECT near.namespace AS namespace, near.subject AS subject, count(DISTINCT links.other) AS accounts "
        "FROM identifiers AS far "
        "JOIN links ON links.other_route = far.route_key AND links.other = far.subject AND links.trust > 0 "
        "JOIN identifiers AS near ON near.route_key = links.route_key AND near.subject = links.subject "
        "WHERE far.namespace = ? AND near.namespace <> ? GROUP BY near.namespace, near.subject) AS seen "
        "GROUP BY namespace ORDER BY namespace",
        (account, account),
    )
    return {namespace: (int(seen), int(single)) for namespace, seen, single in rows}


def count_people(reader: Reader) -> int:
    """How many people are known."""
    row = reader.row("SELECT count(DISTINCT person) FROM identifiers WHERE shared = 0")
    return row[0] if row else 0


def _route(digest: Digest, decision: str) -> int:
    return route_of(digest(f"decision:{decision}"))


def _by_name(reader: Reader, sql: str, names: Sequence[str]) -> Iterator[Row]:
    for some in portions(sorted(set(names))):
        yield from dict.fromkeys(reader.rows(sql.format(marks=marks(len(some))), some))


def _by_route(reader: Reader, sql: str, subjects: Sequence[Subject], *more: object) -> Iterator[Row]:
    for some in portions([route_of(subject) for subject in subjects]):
        yield from reader.rows(_asking(sql, len(some)), [*some, *more])


@cache
def _asking(sql: str, subjects: int) -> str:
    return sql.format(marks=marks(subjects))
