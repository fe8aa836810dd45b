"""The SQL of the customers room."""

from collections.abc import Iterable, Iterator, Sequence

from noline.kernel.clock import Micros
from noline.kernel.events import route_of
from noline.stores.portions import flat, marks, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.customers.model import CLAIMED, Known, Link, LinkKey, Subject

TABLES = {
    "identifiers": ("route_key", "subject", "namespace", "value", "first_at", "person"),
    "links": ("route_key", "subject", "other_route", "other", "trust", "first_at"),
    "traits": ("route_key", "subject", "name", "value", "told_at", "message_id", "source"),
}
"""The tables of this room with the columns that must be as a rebuild makes them."""

_IDENTIFIER = """
INSERT INTO identifiers (route_key, subject, namespace, value, first_at, person, version)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < identifiers.first_at THEN excluded.first_at ELSE identifiers.first_at END
"""
_LINK = """
INSERT INTO links (route_key, subject, other_route, other, trust, first_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, other, trust) DO UPDATE SET
    first_at = CASE WHEN excluded.first_at < links.first_at THEN excluded.first_at ELSE links.first_at END
"""
_TRAIT = """
INSERT INTO traits (route_key, subject, name, value, told_at, message_id, source) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, name) DO UPDATE SET
    value = excluded.value, told_at = excluded.told_at, message_id = excluded.message_id, source = excluded.source
WHERE excluded.told_at > traits.told_at
   OR (excluded.told_at = traits.told_at AND excluded.message_id > traits.message_id)
"""
_LINKS_OF = """
SELECT links.subject, links.other, links.trust, links.first_at, identifiers.namespace, identifiers.first_at
FROM links JOIN identifiers ON identifiers.route_key = links.other_route AND identifiers.subject = links.other
WHERE links.route_key IN ({marks})
"""
_NEIGHBOURS = "SELECT subject, other FROM links WHERE route_key IN ({marks}) AND trust > ?"
_LINKS = (
    "SELECT subject, other, trust, first_at FROM links WHERE (route_key, subject, other, trust) IN (VALUES {marks})"
)
_IDENTIFIERS = "SELECT subject, namespace, first_at, person FROM identifiers WHERE route_key IN ({marks})"


def add_identifiers(tx: Transaction, rows: Iterable[tuple[Subject, str, str, Micros, str, int]]) -> None:
    """Keep identifiers (subject, namespace, value, first seen, person, version); of one that is known only the time."""
    tx.run_many(_IDENTIFIER, [(route_of(subject), subject, *rest) for subject, *rest in rows])


def add_links(tx: Transaction, links: Iterable[Link]) -> None:
    """Keep links, readable from both ends; the earliest time stays."""
    tx.run_many(
        _LINK,
        [
            (route_of(end), end, route_of(far), far, link.trust, link.first_at)
            for link in links
            for end, far in ((link.one, link.other), (link.other, link.one))
        ],
    )


def add_traits(tx: Transaction, rows: Iterable[tuple[Subject, str, str, Micros, str, str]]) -> None:
    """Keep what was told (subject, name, value, when, message id, source); the latest stays."""
    tx.run_many(_TRAIT, [(route_of(subject), subject, *rest) for subject, *rest in rows])


def links_of(reader: Reader, subjects: Sequence[Subject]) -> Iterator[tuple[Subject, Link, Subject, Known]]:
    """Every link of these identifiers: the near end, the link, the far end and what is known of it."""
    wanted = set(subjects)
    for near, far, trust, first_at, namespace, far_first_at in _by_route(reader, _LINKS_OF, subjects):
        if near in wanted:
            yield near, Link(min(near, far), max(near, far), trust, first_at), far, Known(namespace, far_first_at)


def identifiers(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, tuple[Known, str]]:
    """What is known of these identifiers, and whose they are."""
    return {
        subject: (Known(namespace, first_at), person)
        for subject, namespace, first_at, person in _by_route(reader, _IDENTIFIERS, subjects)
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


def changed_since(reader: Reader, version: int) -> list[Row]:
    """Identifiers whose person changed after a version: (version, route key, person)."""
    return reader.rows(
        "SELECT version, route_key, person FROM identifiers WHERE version > ? ORDER BY version", (version,)
    )


def of_person(reader: Reader, person: str) -> list[Row]:
    """The identifiers of a person: (subject, namespace, value, first seen), oldest first."""
    return reader.rows(
        "SELECT subject, namespace, value, first_at FROM identifiers WHERE person = ? "
        "ORDER BY first_at, namespace, value",
        (person,),
    )


def traits_of(reader: Reader, subjects: Sequence[Subject]) -> list[Row]:
    """What was told of these identifiers: (subject, name, value, when, source)."""
    wanted = set(subjects)
    found = _by_route(
        reader, "SELECT subject, name, value, told_at, source FROM traits WHERE route_key IN ({marks})", subjects
    )
    return [row for row in found if row[0] in wanted]


def person_of(reader: Reader, subject: Subject) -> str | None:
    """Whose identifier this is."""
    row = reader.row("SELECT person FROM identifiers WHERE route_key = ? AND subject = ?", (route_of(subject), subject))
    return row[0] if row else None


def exists(reader: Reader, person: str) -> bool:
    """Whether somebody has this id."""
    return reader.row("SELECT 1 FROM identifiers WHERE person = ? LIMIT 1", (person,)) is not None


def people_told(reader: Reader, name: str, pattern: str, limit: int) -> list[str]:
    """People of whom a trait like this was told (SQL LIKE, lower case)."""
    rows = reader.rows(
        "SELECT DISTINCT identifiers.person FROM traits JOIN identifiers "
        "ON identifiers.route_key = traits.route_key AND identifiers.subject = traits.subject "
        "WHERE traits.name = ? AND lower(traits.value) LIKE ? ORDER BY identifiers.person LIMIT ?",
        (name, pattern, limit),
    )
    return [person for (person,) in rows]


def count_people(reader: Reader) -> int:
    """How many people are known."""
    row = reader.row("SELECT count(DISTINCT person) FROM identifiers")
    return row[0] if row else 0


def _by_route(reader: Reader, sql: str, subjects: Sequence[Subject], *more: object) -> Iterator[Row]:
    for some in portions([route_of(subject) for subject in subjects]):
        yield from reader.rows(sql.format(marks=marks(len(some))), [*some, *more])
