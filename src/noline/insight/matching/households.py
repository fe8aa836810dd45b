# ruff: noqa: S608  names of our own tables and columns stand in statements, values of records never do
"""Which records live together: the same dwelling, or a shared phone or e-mail.

People who move together stay one household; who moves out is in two, each with the records made there. A record
without an address goes where the others of its person are.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import numpy as np

FAMILIES_OF_A_DWELLING = 2
"""An address without a flat number and with more family names than a couple has is a house of many dwellings."""


def edges(
    db: "duckdb.DuckDBPyConnection", columns: frozenset[str], person: "np.ndarray"
) -> tuple["np.ndarray", "np.ndarray"]:
    """Pairs of rows that live together, by their address, phone and e-mail; enough of them to hold each group."""
    import numpy as np
    import pyarrow as pa

    db.register(
        "persons_arrived", pa.table({"rid": pa.array(np.arange(len(person)), pa.int32()), "person": pa.array(person)})
    )
    queries = [*_dwellings(columns), *_reaches(columns), *_homeless(columns)]
    found = [db.execute(query).fetchnumpy() for query in queries]
    db.unregister("persons_arrived")
    none = np.empty(0, np.int64)
    return (
        np.concatenate([none, *(np.asarray(one["a"], np.int64) for one in found)]),
        np.concatenate([none, *(np.asarray(one["b"], np.int64) for one in found)]),
    )


def placed(db: "duckdb.DuckDBPyConnection", columns: frozenset[str], size: int) -> "np.ndarray":
    """Which rows have a street."""
    import numpy as np

    if "place" not in columns:
        return np.zeros(size, bool)
    return np.asarray(db.execute("SELECT place IS NOT NULL AS placed FROM people ORDER BY rid").fetchnumpy()["placed"])


def moved_together(
    db: "duckdb.DuckDBPyConnection", person: "np.ndarray", home: "np.ndarray"
) -> tuple["np.ndarray", "np.ndarray"]:
    """Pairs of homes of which at least half of the people are the same.

    Half of the smaller when that is more than one person (a family that moves has lost and won members); half of all
    when it is one: a child that moves out does not take the parents along.
    """
    import numpy as np
    import pyarrow as pa

    db.register("lived", pa.table({"person": pa.array(person), "home": pa.array(home)}))
    found = db.execute(
        "WITH there AS (SELECT DISTINCT person, home FROM lived), "
        "sizes AS (SELECT home, count(*) AS n FROM there GROUP BY home), "
        "both_ AS (SELECT l.home AS a, r.home AS b, count(*) AS same FROM there l JOIN there r USING (person) "
        "WHERE l.home < r.home GROUP BY ALL) "
        "SELECT a, b FROM both_ JOIN sizes s ON a = s.home JOIN sizes t ON b = t.home "
        "WHERE same * 2 >= s.n + t.n - same OR (same > 1 AND same * 2 >= least(s.n, t.n)) ORDER BY a, b"
    ).fetchnumpy()
    db.unregister("lived")
    return np.asarray(found["a"], np.int64), np.asarray(found["b"], np.int64)


def _first(key: str, where: str, having: str = "count(*) > 1") -> str:
    """Each row of a group beside the first row of it."""
    return (
        f"WITH groups AS (SELECT {key}, min(rid) AS first FROM people WHERE {where} GROUP BY ALL HAVING {having}) "
        f"SELECT first AS a, rid AS b FROM people JOIN groups USING ({key}) WHERE rid <> first"
    )


def _dwellings(columns: frozenset[str]) -> list[str]:
    if "place" not in columns:
        return []
    made = []
    for where in [one for one in ("postcode", "city") if one in columns] or [None]:
        key = "place" if where is None else f"place, {where}"
        known = " AND ".join(f"{one} IS NOT NULL" for one in key.split(", "))
        if "unit" in columns:
            # Where flats are numbered, whoever has the same number, street and flat lives there together.
            made.append(_first(f"{key}, unit", f"{known} AND unit IS NOT NULL"))
            made.append(_first(key, f"{known} AND unit IS NULL").replace("WHERE rid", "WHERE unit IS NULL AND rid"))
        elif "family" in columns:
            made.append(_first(f"{key}, family", f"{known} AND family IS NOT NULL"))
            made.append(_first(key, known, f"count(*) > 1 AND count(DISTINCT family) <= {FAMILIES_OF_A_DWELLING}"))
        else:
            made.append(_first(key, known))
    return made


def _reaches(columns: frozenset[str]) -> list[str]:
    return [_first(one, f"{one} IS NOT NULL") for one in ("phone", "email") if one in columns]


def _homeless(columns: frozenset[str]) -> list[str]:
    if "place" not in columns:
        return ["SELECT person AS a, rid AS b FROM persons_arrived WHERE person <> rid"]
    homes = (
        "WITH homes AS (SELECT person, min(rid) AS home FROM people JOIN persons_arrived USING (rid) "
        "WHERE place IS NOT NULL GROUP BY person) "
        "SELECT coalesce(home, person) AS a, rid AS b FROM people JOIN persons_arrived USING (rid) "
        "LEFT JOIN homes USING (person) WHERE place IS NULL AND rid <> coalesce(home, person)"
    )
    return [homes]
