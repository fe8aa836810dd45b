"""The SQL of the profiles room."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from noline.kernel.events import route_of
from noline.stores.portions import Chosen, marks, portions
from noline.stores.transactional import Reader, Transaction
from noline.truth.profiles.model import Posting, Range, Sound, Told

_TOLD = "subject, name, value, source, trust, first_at, first_id, last_at, last_id"
_TOLD_OF_CHOSEN = ", ".join(f"attributes.{column}" for column in _TOLD.split(", "))

TABLES = {
    "attributes": ("route_key", "value_key", *_TOLD.split(", ")),
    "postings": ("route_key", "clue", "subject"),
    "sounds": ("route_key", "sound", "word"),
}
"""The tables of this room with the columns that must be as a rebuild makes them."""

_ATTRIBUTE = f"""
INSERT INTO attributes (route_key, value_key, {_TOLD}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, name, source, value_key) DO UPDATE SET
    trust = CASE WHEN excluded.trust > attributes.trust THEN excluded.trust ELSE attributes.trust END,
    first_at = CASE WHEN (excluded.first_at, excluded.first_id) < (attributes.first_at, attributes.first_id)
        THEN excluded.first_at ELSE attributes.first_at END,
    first_id = CASE WHEN (excluded.first_at, excluded.first_id) < (attributes.first_at, attributes.first_id)
        THEN excluded.first_id ELSE attributes.first_id END,
    last_at = CASE WHEN (excluded.last_at, excluded.last_id) > (attributes.last_at, attributes.last_id)
        THEN excluded.last_at ELSE attributes.last_at END,
    last_id = CASE WHEN (excluded.last_at, excluded.last_id) > (attributes.last_at, attributes.last_id)
        THEN excluded.last_id ELSE attributes.last_id END
"""
_POSTING = "INSERT INTO postings (route_key, clue, subject) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_SOUND = "INSERT INTO sounds (route_key, sound, word) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_UNSOUND = """
DELETE FROM sounds WHERE route_key = ? AND sound = ? AND word = ?
AND NOT EXISTS (SELECT 1 FROM postings WHERE postings.route_key = ? AND postings.clue = ?)
"""
_OF_SUBJECTS = f"SELECT {_TOLD} FROM attributes WHERE route_key IN ({{marks}})"
_IN_RANGE = "FROM postings AS {alias} WHERE {alias}.route_key = ? AND {alias}.clue >= ? AND {alias}.clue < ?"
_EXACTLY = "FROM postings AS {alias} WHERE {alias}.route_key = ? AND {alias}.clue = ?"
# The plus keeps an engine from walking the whole range for each subject: it is to look the subject's few clues up. The
# offset keeps PostgreSQL from gathering everybody who has a clue before the first subject is looked at.
_OWN_IN_RANGE = (
    "EXISTS (SELECT 1 FROM postings AS own WHERE own.subject = one.subject "
    "AND +own.route_key = ? AND own.clue >= ? AND own.clue < ? LIMIT 1 OFFSET 0)"
)
_OWN_EXACTLY = (
    "EXISTS (SELECT 1 FROM postings AS own WHERE own.route_key = ? AND own.clue = ? AND own.subject = one.subject "
    "LIMIT 1 OFFSET 0)"
)


def add_attributes(tx: Transaction, told: Iterable[tuple[int, Told]]) -> None:
    """Keep values, each with the key of its text; of one that is known the earliest and the latest telling stay."""
    tx.run_many(_ATTRIBUTE, [(route_of(one.subject), value_key, *one) for value_key, one in told])


def add_postings(tx: Transaction, postings: Iterable[Posting]) -> None:
    """Keep by which clues somebody can be found."""
    tx.run_many(_POSTING, postings)


def add_sounds(tx: Transaction, sounds: Iterable[Sound]) -> None:
    """Keep how words sound that stand in names."""
    tx.run_many(_SOUND, sounds)


def sounding(reader: Reader, route_key: int, sound: str, most: int) -> list[str]:
    """Words that sound so, in their own order."""
    rows = reader.rows(
        f"SELECT word FROM sounds WHERE route_key = ? AND sound = ? ORDER BY word LIMIT {most}",
        (route_key, sound.encode()),
    )
    return [word.decode() for (word,) in rows]


def of_subjects(reader: Reader, subjects: Sequence[bytes]) -> Iterator[Told]:
    """Every value told of these subjects."""
    wanted = set(subjects)
    for some in portions([route_of(subject) for subject in wanted]):
        for row in reader.rows(_of_so_many(len(some)), some):
            if row[0] in wanted:
                yield Told._make(row)


def of_chosen(reader: Reader, chosen: Chosen) -> list[Told]:
    """Every value told of these subjects."""
    rows = reader.rows(
        f"SELECT {_TOLD_OF_CHOSEN} FROM ({chosen.sql}) AS chosen JOIN attributes "
        "ON attributes.route_key = chosen.route_key AND attributes.subject = chosen.subject",
        chosen.params,
    )
    return [Told._make(row) for row in rows]


@cache
def _of_so_many(subjects: int) -> str:
    return _OF_SUBJECTS.format(marks=marks(subjects))


def how_many(reader: Reader, clues: Range, most: int) -> int:
    """How many subjects a stretch of clues finds, counted no further than `most`."""
    where, params = _where(clues, "one")
    row = reader.row(f"SELECT count(*) FROM (SELECT 1 {where} LIMIT {most}) AS few", params)
    return row[0] if row else 0


def subjects_with(
    reader: Reader, clues: Range, also: Sequence[Sequence[Range]], *, most: int, looked_at: int
) -> list[bytes]:
    """Subjects that a stretch of clues finds and that have, of each of the other groups, one clue too.

    looked_at: no more than so many of the stretch are looked at.
    """
    where, params = _where(clues, "found")
    others: list[str] = []
    for group in also:
        others.append("(" + " OR ".join(_OWN_EXACTLY if one.exact else _OWN_IN_RANGE for one in group) + ")")
        params += [value for one in group for value in _bounds(one)]
    condition = " WHERE " + " AND ".join(others) if others else ""
    found = reader.rows(
        f"SELECT one.subject FROM (SELECT found.subject AS subject {where} LIMIT {looked_at}) AS one"
        f"{condition} LIMIT {most}",
        params,
    )
    # A subject may have several clues of a stretch.
    return list(dict.fromkeys(subject for (subject,) in found))


def clues_of(reader: Reader, subjects: Sequence[bytes]) -> dict[bytes, list[bytes]]:
    """By which clues these subjects are found."""
    found: dict[bytes, list[bytes]] = {subject: [] for subject in subjects}
    for some in portions(list(found)):
        for subject, clue in reader.rows(
            f"SELECT subject, clue FROM postings WHERE subject IN ({marks(len(some))})", some
        ):
            found[subject].append(clue)
    return found


def erase(tx: Transaction, subjects: Sequence[bytes]) -> int:
    """Take away what was told of these subjects and the clues that find them; answers how many rows."""
    own = [(route_of(subject), subject) for subject in subjects]
    return tx.run_many("DELETE FROM attributes WHERE route_key = ? AND subject = ?", own) + tx.run_many(
        "DELETE FROM postings WHERE subject = ?", [(subject,) for subject in subjects]
    )


def erase_sounds(tx: Transaction, sounds: Iterable[tuple[Sound, int, bytes]]) -> int:
    """Take away the words that stand in nobody's name any more; each with its clue and that one's routing key."""
    return tx.run_many(_UNSOUND, [(*sound, route_key, clue) for sound, route_key, clue in sounds])


def _where(clues: Range, alias: str) -> tuple[str, list[int | bytes]]:
    return (_EXACTLY if clues.exact else _IN_RANGE).format(alias=alias), _bounds(clues)


def _bounds(clues: Range) -> list[int | bytes]:
    return [clues.route_key, clues.low] if clues.exact else [clues.route_key, clues.low, clues.high]
