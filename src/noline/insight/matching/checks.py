"""The questions about two values, asked of a database and in Python; both give the same answer.

In SQL a value of the left record is `<column>_l`, of the right `<column>_r`. In Python, texts that are measured letter
by letter are bytes, because the database measures bytes.
"""

from collections.abc import Callable, Mapping
from typing import Any

from noline.insight.matching.model import Check

Row = Mapping[str, Any]
Asking = Callable[[Row, Row], bool]

MEASURED = frozenset({"alike", "edits", "crossed_alike", "words", "initial"})
"""Kinds that look into a text."""


def columns_of(check: Check) -> set[str]:
    """The prepared columns that a check reads."""
    return set(check.columns).union(*(columns_of(one) for one in check.parts))


def measured_in(check: Check) -> set[str]:
    """The columns into which a check looks."""
    own = set(check.columns) if check.kind in MEASURED else set()
    return own.union(*(measured_in(one) for one in check.parts))


def as_sql(check: Check) -> str:
    """The check as SQL; NULL counts as no."""
    return _SQL[check.kind](check, [f"{one}_l" for one in check.columns], [f"{one}_r" for one in check.columns])


def as_python(check: Check) -> Asking:
    """The check as a function of two prepared rows that have all its columns."""
    return _PYTHON[check.kind](check)


def _alike(a: str, b: str, check: Check) -> str:
    return f"jaro_winkler_similarity({a}, {b}) >= {check.bound}"


def _edits(check: Check, a: list[str], b: list[str]) -> str:
    """One edit leaves the first or the second half as it was, which is asked first: it is cheap."""
    one, other = a[0], b[0]
    measured = f"damerau_levenshtein({one}, {other}) <= {check.bound:.0f}"
    if check.bound > 1:
        return measured
    half = f"greatest(least(length({one}), length({other})) // 2 - 1, 0)"
    close = f"abs(length({one}) - length({other})) <= 1"
    kept = f"(left({one}, {half}) = left({other}, {half}) OR right({one}, {half}) = right({other}, {half}))"
    return f"(CASE WHEN {close} AND {kept} THEN {measured} ELSE false END)"


def _words(check: Check, a: list[str], b: list[str]) -> str:
    one, other = f"string_split({a[0]}, ' ')", f"string_split({b[0]}, ' ')"
    both = f"length(list_intersect({one}, {other}))"
    return f"({both} >= {check.bound} * (length({one}) + length({other}) - {both}))"


def _letter_of(_check: Check, a: list[str], b: list[str]) -> str:
    sides = ((a[0], b[1]), (b[0], a[1]))
    return "(" + " OR ".join(f"(length({one}) = 1 AND contains({letters}, {one}))" for one, letters in sides) + ")"


def _all(check: Check, _a: list[str], _b: list[str]) -> str:
    """A CASE asks the last question only where the others hold, unlike AND."""
    *first, last = [as_sql(one) for one in check.parts]
    return f"(CASE WHEN {' AND '.join(first)} THEN {last} ELSE false END)"


_SQL: Mapping[str, Callable[[Check, list[str], list[str]], str]] = {
    "missing": lambda _, a, b: f"({a[0]} IS NULL OR {b[0]} IS NULL)",
    "same": lambda _, a, b: f"{a[0]} = {b[0]}",
    "alike": lambda check, a, b: _alike(a[0], b[0], check),
    "edits": _edits,
    "crossed": lambda _, a, b: f"({a[0]} = {b[1]} AND {a[1]} = {b[0]})",
    "crossed_alike": lambda check, a, b: f"({_alike(a[0], b[1], check)} AND {_alike(a[1], b[0], check)})",
    "other_way": lambda _, a, b: f"{a[0]} = {b[1]}",
    "shared": lambda _, a, b: "(" + " OR ".join(f"{one} = {other}" for one in a for other in b) + ")",
    "initial": lambda _, a, b: f"((length({a[0]}) = 1 OR length({b[0]}) = 1) AND left({a[0]}, 1) = left({b[0]}, 1))",
    "letter_of": _letter_of,
    "other_script": lambda _, a, b: f"((strlen({a[0]}) = length({a[0]})) <> (strlen({b[0]}) = length({b[0]})))",
    "within": lambda check, a, b: f"abs(cast({a[0]} AS INTEGER) - cast({b[0]} AS INTEGER)) <= {check.bound:.0f}",
    "words": _words,
    "all": _all,
    "any": lambda check, _a, _b: "(" + " OR ".join(as_sql(one) for one in check.parts) + ")",
    "otherwise": lambda _check, _a, _b: "ELSE",
}


# The functions below are asked millions of times: each is one closure that reads its columns by name and calls nothing
# that it can do itself.


def _missing(check: Check) -> Asking:
    (name,) = check.columns
    return lambda one, other: one[name] is None or other[name] is None


def _same(check: Check) -> Asking:
    (name,) = check.columns

    def holds(one: Row, other: Row) -> bool:
        value = one[name]
        return value is not None and value == other[name]

    return holds


def _alike_python(check: Check) -> Asking:
    from rapidfuzz.distance import JaroWinkler

    (name,), bound, alike = check.columns, check.bound, JaroWinkler.similarity

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        return a is not None and b is not None and alike(a, b) >= bound

    return holds


def _edits_python(check: Check) -> Asking:
    from rapidfuzz.distance import DamerauLevenshtein

    (name,), most, edits = check.columns, int(check.bound), DamerauLevenshtein.distance

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        if a is None or b is None or not -most <= len(a) - len(b) <= most:
            return False
        return edits(a, b, score_cutoff=most) <= most

    return holds


def _crossed(check: Check) -> Asking:
    first, second = check.columns

    def holds(one: Row, other: Row) -> bool:
        a, b = one[first], one[second]
        return a is not None and b is not None and a == other[second] and b == other[first]

    return holds


def _crossed_alike(check: Check) -> Asking:
    from rapidfuzz.distance import JaroWinkler

    (first, second), bound, alike = check.columns, check.bound, JaroWinkler.similarity

    def holds(one: Row, other: Row) -> bool:
        a, b, c, d = one[first], other[second], one[second], other[first]
        if a is None or b is None or c is None or d is None:
            return False
        return alike(a, b) >= bound and alike(c, d) >= bound

    return holds


def _other_way(check: Check) -> Asking:
    first, second = check.columns

    def holds(one: Row, other: Row) -> bool:
        value = one[first]
        return value is not None and value == other[second]

    return holds


def _shared(check: Check) -> Asking:
    names = check.columns

    def holds(one: Row, other: Row) -> bool:
        values = {one[name] for name in names}
        return any(other[name] in values for name in names if other[name] is not None)

    return holds


def _initial(check: Check) -> Asking:
    (name,) = check.columns

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        # A letter of any script is at most four bytes long.
        if a is None or b is None or (len(a) > 4 and len(b) > 4):
            return False
        first, second = a.decode(), b.decode()
        return (len(first) == 1 or len(second) == 1) and first[:1] == second[:1]

    return holds


def _letter_of_python(check: Check) -> Asking:
    name, letters = check.columns

    def holds(one: Row, other: Row) -> bool:
        for first, second in ((one, other), (other, one)):
            letter, known = _told(first[name]), _told(second[letters])
            if letter is not None and known is not None and len(letter) == 1 and letter in known:
                return True
        return False

    return holds


def _other_script(check: Check) -> Asking:
    (name,) = check.columns

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        return a is not None and b is not None and a.isascii() != b.isascii()

    return holds


def _told(value: str | bytes | None) -> str | None:
    """A text, whether another check has it measured or not."""
    return value.decode() if isinstance(value, bytes) else value


def _within(check: Check) -> Asking:
    (name,), bound = check.columns, check.bound

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        return a is not None and b is not None and abs(int(a) - int(b)) <= bound

    return holds


def _words_python(check: Check) -> Asking:
    (name,), bound = check.columns, check.bound

    def holds(one: Row, other: Row) -> bool:
        a, b = one[name], other[name]
        if a is None or b is None:
            return False
        first, second = set(a.split()), set(b.split())
        both = len(first & second)
        return both >= bound * (len(first) + len(second) - both)

    return holds


def _folded(check: Check, fold: Callable[[Any], bool]) -> Asking:
    parts = [as_python(one) for one in check.parts]
    if len(parts) != 2:
        return lambda one, other: fold(part(one, other) for part in parts)
    first, second = parts
    if fold is all:
        return lambda one, other: first(one, other) and second(one, other)
    return lambda one, other: first(one, other) or second(one, other)


_PYTHON: Mapping[str, Callable[[Check], Asking]] = {
    "missing": _missing,
    "same": _same,
    "alike": _alike_python,
    "edits": _edits_python,
    "crossed": _crossed,
    "crossed_alike": _crossed_alike,
    "other_way": _other_way,
    "shared": _shared,
    "initial": _initial,
    "letter_of": _letter_of_python,
    "other_script": _other_script,
    "within": _within,
    "words": _words_python,
    "all": lambda check: _folded(check, all),
    "any": lambda check: _folded(check, any),
    "otherwise": lambda _check: lambda _one, _other: True,
}
