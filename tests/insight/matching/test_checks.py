"""The database and Python answer every question alike."""

import random

import pytest

from noline.insight.matching.checks import MEASURED, as_python, as_sql, columns_of
from noline.insight.matching.comparing import comparisons
from noline.insight.matching.engine import level_sql
from noline.insight.matching.model import Check

_ALPHABET = "abcdeé中1"
_ASKED = [
    Check("missing", ("x",)),
    Check("same", ("x",)),
    Check("alike", ("x",), 0.9),
    Check("alike", ("x",), 0.8),
    Check("edits", ("x",), 1),
    Check("edits", ("x",), 2),
    Check("crossed", ("x", "y")),
    Check("crossed_alike", ("x", "y"), 0.7),
    Check("other_way", ("x", "y")),
    Check("shared", ("x", "y")),
    Check("initial", ("x",)),
    Check("letter_of", ("x", "y")),
    Check("other_script", ("x",)),
    Check("words", ("w",), 0.5),
    Check("all", parts=(Check("same", ("y",)), Check("edits", ("x",), 1))),
    Check("any", parts=(Check("same", ("y",)), Check("alike", ("x",), 0.9))),
]


def _texts(rng: random.Random) -> dict[str, str | None]:
    def word(most: int) -> str:
        return "".join(rng.choice(_ALPHABET) for _ in range(rng.randint(1, most)))

    words = " ".join(sorted({word(1) for _ in range(rng.randint(1, 4))}))
    return {"x": word(5) if rng.random() > 0.05 else None, "y": word(2), "w": words}


@pytest.mark.parametrize("check", _ASKED, ids=lambda check: f"{check.kind}-{check.bound}")
def test_sql_and_python_agree(check):
    import duckdb

    rng = random.Random(3)
    pairs = [(_texts(rng), _texts(rng)) for _ in range(2000)]
    for one, other in pairs[::4]:
        other.update(one if rng.random() < 0.5 else {"x": one["y"], "y": one["x"]})
    names = ("x", "y", "w")
    db = duckdb.connect()
    db.execute("CREATE TABLE pairs (number INTEGER, x_l TEXT, y_l TEXT, w_l TEXT, x_r TEXT, y_r TEXT, w_r TEXT)")
    rows = [[at, *(a[n] for n in names), *(b[n] for n in names)] for at, (a, b) in enumerate(pairs)]
    db.executemany("INSERT INTO pairs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    told = [bool(row[0]) for row in db.execute(f"SELECT {as_sql(check)} FROM pairs ORDER BY number").fetchall()]
    asked = as_python(check)
    measured = columns_of(check) if _looks(check) else set()

    def ready(row):
        return {n: v.encode() if v is not None and n in measured else v for n, v in row.items()}

    assert [asked(ready(a), ready(b)) for a, b in pairs] == told
    assert any(told)
    assert not all(told)


def _looks(check: Check) -> bool:
    return check.kind in MEASURED or any(_looks(one) for one in check.parts)


def test_the_first_level_that_holds_is_the_one():
    (given,) = (one for one in comparisons({"given", "given_root"}) if one.name == "given name")
    sql = level_sql(given)
    assert sql.startswith("cast(CASE WHEN (given_l IS NULL OR given_r IS NULL) THEN 0 WHEN rare_given_l = rare_given_r")
    assert sql.endswith(f"ELSE {len(given.levels) - 1} END AS UTINYINT)")
