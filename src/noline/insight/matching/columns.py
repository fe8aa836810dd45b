"""Which column of an unknown table means what: by its name in several languages, then by what it holds.

Only columns that describe a person are ever read. A column that is not understood is left alone, and so is whatever
could be somebody's answer to the question itself (a cluster, a group, a household, an entity).
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from noline.insight.matching.cleaning import says_nothing
from noline.insight.matching.variants import GIVEN_ROOTS, SEXES
from noline.kernel.errors import NotFound, NotReadable

if TYPE_CHECKING:
    import pyarrow as pa

MANY = frozenset({"phone", "email", "strong", "trait", "middle"})
"""Meanings that several columns may have."""

SAMPLE_VALUES = 2_000
"""How many values of a column are looked at."""

_ANSWERS = re.compile(
    r"(^|_)(cluster|cid|entity|ent|truth|true|label|gold|golden|simulant|household|hh|hhid|dup|duplicate|duplicates|is_match"
    r"|match|matches|person_id|personid|same_as|canonical|master|group|class|target|pair|dataset_id|rel)(_|$)"
)

_PATTERNS: Mapping[str, re.Pattern[str]] = {
    meaning: re.compile("|".join(names))
    for meaning, names in tomllib.loads(
        files("noline.insight.matching").joinpath("column_names.toml").read_text("utf-8")
    ).items()
}

MEANINGS = tuple(_PATTERNS)

_IDS = re.compile(r"(id|key|uuid|guid|no|nr|num|number|nummer|code|ref|index|hash)$")
"""Columns with such names are somebody's keys: never guessed by what they hold."""

_NO_ACCENTS = str.maketrans({"ß": "ss", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae"})
"""Letters of column names that Unicode does not take apart into a plain letter and a mark."""

_SOME_NAME = re.compile(r"(.*_)?(name|naam|nom|nombre|nome|namn|navn|nazwa)_?\d?|[a-z]+name_?\d?")
_NAME_OF_A_THING = re.compile(
    r"(product|item|article|sku|brand|category|program|programme|campaign|event|page|file|host|domain|user|login|nick"
    r"|screen|table|column|field|country|region|state|city|street|month|day|plan|list|segment|tag|sheet|source)_?name"
)
"""What has a name and is neither a person nor a company."""

_ABOUT_A_COLUMN = re.compile(
    r"^(raw|orig|original|clean|cleaned|std|norm|main|primary|current)_+"
    r"|_+(raw|orig|original|clean|cleaned|cleansed|std|standard|standardi[sz]ed|norm|normali[sz]ed|fake|masked|anon"
    r"|value|val|text|txt|str|string|field|col|column|desc|main|primary|current|latest|[lrab])$"
)
"""What a name says of the column, and not of the person: postcode_fake, dob_clean, raw_surname."""

_ANOTHER = re.compile(
    r"(^|_)(secondary|alt|alternate|alternative|other|additional|previous|prev|former|old|backup)(_|$)"
)
"""What a name says of a column that stands behind the first of its kind: secondary_name_org, alt_phone, old_address."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_DATE = re.compile(
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}([T ].*)?|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{8}|\d{4}年\d{1,2}月\d{1,2}日"
)
_PHONE = re.compile(r"\+?[\d\s()./-]{7,20}(\s?(x|ext)\.?\s?\d+)?", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W\d_]")


class ColumnsNotUnderstood(NotReadable):
    """A table in which no person can be recognised."""

    code = "match.columns"
    sentence = "No person can be recognised in the columns {columns}: {why}."
    hint = 'Name the columns with --map mapping.toml, such as given = "Vorname" under [columns].'


@dataclass(frozen=True)
class Guess:
    """What the columns are taken for, and what was not read."""

    columns: Mapping[str, tuple[str, ...]]
    """Meaning -> columns, best first."""
    unread: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def one(self, meaning: str) -> str | None:
        """The column of a meaning, when there is one."""
        found = self.columns.get(meaning, ())
        return found[0] if found else None

    def flat(self) -> dict[str, str]:
        """Column -> meaning, as people read it."""
        return {column: meaning for meaning, columns in self.columns.items() for column in columns}


@lru_cache(maxsize=4096)
def plain_name(column: str) -> str:
    """A column's name in small letters without accents, words joined by `_`; letters of other scripts stay."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.translate(_NO_ACCENTS))
    bare = "".join(one for one in unicodedata.normalize("NFKD", split) if not unicodedata.combining(one)).lower()
    return re.sub(r"[\W_]+", "_", bare).strip("_")


def _bare_name(column: str) -> str:
    """A column's name without the words that are about the column; such a name counts after those that say it all."""
    return _ABOUT_A_COLUMN.sub("", plain_name(column))


def guess(table: "pa.Table", id_column: str, given: Mapping[str, Any] | None = None) -> Guess:
    """What each column means; `given` (meaning -> column or columns) is taken as it is and nothing else is guessed.

    Raises NotFound for a column that is not there, ColumnsNotUnderstood when nothing can be compared.
    """
    names = [name for name in table.column_names if name != id_column]
    if id_column not in table.column_names:
        raise NotFound(what="column", name=id_column)
    notes: list[str] = []
    found = _as_told(names, given) if given else _by_looking(table, names, notes)
    columns = {meaning: tuple(found[meaning]) for meaning in MEANINGS if found.get(meaning)}
    used = {one for several in columns.values() for one in several}
    if not {"given", "family", "name", "org", "email", "phone", "strong"} & columns.keys():
        raise ColumnsNotUnderstood(columns=", ".join(names), why="no name, e-mail, phone or number of a person")
    return Guess(columns, tuple(name for name in names if name not in used), tuple(notes))


def _as_told(names: Sequence[str], given: Mapping[str, Any]) -> dict[str, list[str]]:
    told = {meaning: [columns] if isinstance(columns, str) else list(columns) for meaning, columns in given.items()}
    for meaning, columns in told.items():
        if meaning not in MEANINGS:
            raise NotFound(what="meaning of a column", name=meaning)
        for column in columns:
            if column not in names:
                raise NotFound(what="column", name=column)
    return told


def _by_looking(table: "pa.Table", names: Sequence[str], notes: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    samples = {name: _sample(table, name) for name in names}
    left = [name for name in names if samples[name] and not _ANSWERS.search(plain_name(name))]
    plain = [name for name in left if _bare_name(name) == plain_name(name)]
    first = [name for name in left if not _ANOTHER.search(plain_name(name))]
    for some in (
        [name for name in first if name in plain],
        [name for name in first if name not in plain],
        [name for name in left if name not in first],
    ):
        _by_name(some, samples, found, notes)
    taken = {name for columns in found.values() for name in columns}
    left = [name for name in left if name not in taken]
    for name in left:
        if _IDS.search(plain_name(name)) or _stands_behind(name, found):
            continue
        meaning = _by_content(samples[name], found)
        if meaning is not None:
            found.setdefault(meaning, []).append(name)
            notes.append(f"{name} looks like {meaning}")
    _by_some_name(left, samples, found, notes)
    return found


def _by_name(
    names: Sequence[str], samples: Mapping[str, Sequence[str]], found: dict[str, list[str]], notes: list[str]
) -> None:
    for meaning, pattern in _PATTERNS.items():
        for name in names:
            if any(name in columns for columns in found.values()) or (meaning in found and meaning not in MANY):
                continue
            if not _is_called(name, pattern):
                continue
            if _holds(meaning, samples[name]):
                found.setdefault(meaning, []).append(name)
            else:
                notes.append(f"{name} is called like {meaning} and does not hold it")


def _by_some_name(
    left: Sequence[str], samples: Mapping[str, Sequence[str]], found: dict[str, list[str]], notes: list[str]
) -> None:
    """Where part of the names is missing and something else is known, the columns that are called some name.

    Beside a given name it is the column that is called the same with another number; where no name at all is known, the
    only one, or the first of several that are told apart by their numbers alone.
    """
    if {"family", "name", "org"} & found.keys() or not found.keys() - {"source", "trait"}:
        return
    called = [
        name for name in left
        if _SOME_NAME.fullmatch(plain_name(name)) and not _NAME_OF_A_THING.search(plain_name(name))
        and not any(name in columns for columns in found.values()) and _holds("name", samples[name])
    ]  # fmt: skip
    given = found.get("given", [])
    if given:
        called = [name for name in called if _unnumbered(name) == _unnumbered(given[0])]
    if called and len({_unnumbered(name) for name in called}) == 1:
        meaning = "family" if given else "name"
        found[meaning] = [min(called)]
        notes.append(f"{min(called)} is taken for {meaning}: no other name is left")


def _unnumbered(name: str) -> str:
    return plain_name(name).rstrip("0123456789").strip("_")


def _is_called(name: str, pattern: re.Pattern[str]) -> bool:
    return bool(pattern.fullmatch(plain_name(name)) or pattern.fullmatch(_bare_name(name)))


def _stands_behind(name: str, found: Mapping[str, Sequence[str]]) -> bool:
    """Whether a column was left alone because another has its meaning."""
    return any(_is_called(name, pattern) for meaning, pattern in _PATTERNS.items() if meaning in found)


def _sample(table: "pa.Table", name: str) -> list[str]:
    """Values spread over the whole column, so that a sorted table shows all it has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = table.column(name)
    if pa.types.is_nested(column.type) or pa.types.is_binary(column.type):
        return []
    column = column.drop_null()
    step = max(1, len(column) // SAMPLE_VALUES)
    some = column.take(pa.array(range(0, len(column), step))) if step > 1 else column
    return [one.strip() for one in pc.cast(some, pa.string()).to_pylist() if one and not says_nothing(one)]


def _share(values: Sequence[str], test: Callable[[str], object]) -> float:
    return sum(bool(test(one)) for one in values) / len(values) if values else 0.0


def _digits_of(value: str) -> int:
    return sum(one.isdigit() for one in value)


_HOLDS: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "email": lambda values: _share(values, lambda one: "@" in one) > 0.5,
    "phone": lambda values: _share(values, lambda one: _digits_of(one) >= 5) > 0.5,
    "birth_date": lambda values: _share(values, lambda one: _digits_of(one) >= 4) > 0.5,
    "birth_year": lambda values: _share(values, lambda one: 2 <= _digits_of(one) <= 5) > 0.5,
    "birth_month": lambda values: _share(values, lambda one: len(one) <= 9) > 0.5,
    "birth_day": lambda values: _share(values, lambda one: _digits_of(one) in (1, 2, 3) and len(one) <= 4) > 0.5,
    "age": lambda values: _share(values, lambda one: _digits_of(one) in (1, 2, 3) and len(one) <= 5) > 0.8,
    "sex": lambda values: len({one.lower() for one in values}) <= 40,
    "given": lambda values: _share(values, _LETTERS.search) > 0.5,
    "family": lambda values: _share(values, _LETTERS.search) > 0.5,
    "name": lambda values: _share(values, _LETTERS.search) > 0.5,
    "house_no": lambda values: _share(values, _digits_of) > 0.5,
    "postcode": lambda values: _share(values, _digits_of) > 0.5,
    "city": lambda values: _share(values, _LETTERS.search) > 0.5,
    "source": lambda values: len(set(values)) <= min(50, max(2, len(values) // 5)),
}


def _holds(meaning: str, values: Sequence[str]) -> bool:
    test = _HOLDS.get(meaning)
    return test is None or test(values)


def _by_content(values: Sequence[str], found: Mapping[str, Sequence[str]]) -> str | None:
    """What a column with a name that says nothing holds; only what cannot be mistaken."""
    if _share(values, _EMAIL.fullmatch) > 0.8:
        return "email"
    if "birth_date" not in found and _share(values, _DATE.fullmatch) > 0.8 and _spread_of_births(values):
        return "birth_date"
    if _share(values, _PHONE.fullmatch) > 0.9 and _share(values, _written_like_a_phone) > 0.8:
        return "phone"
    words = [one.lower().split()[0] for one in values]
    known = _share(words, lambda one: one in GIVEN_ROOTS)
    joined = _share(values, lambda one: " " in one or "," in one) > 0.5
    if not {"given", "name"} & found.keys() and known > 0.2 and _share(values, str.isdigit) == 0:
        return "name" if joined else "given"
    if "sex" not in found and 1 < len(set(words)) <= 3 and set(words) <= SEXES.keys() and not set(words) <= {"1", "2"}:
        return "sex"
    return None


def _written_like_a_phone(value: str) -> bool:
    return _digits_of(value) >= 8 and bool(re.search(r"[+() -]", value.strip("-")))


def _spread_of_births(values: Sequence[str]) -> bool:
    """Births spread over more than forty years; the dates of a shop's own doings do not."""
    years = [int(found.group()) for one in values if (found := re.search(r"(19|20)\d\d", one))]
    years.sort()
    return len(years) > len(values) // 2 and years[len(years) * 95 // 100] - years[len(years) * 5 // 100] > 40
