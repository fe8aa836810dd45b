# ruff: noqa: S608  names of our own tables and columns stand in statements, values of records never do
"""The database work of matching: placeholders, keys, pairs and their comparison, in DuckDB."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from noline.insight.matching.checks import as_sql, columns_of
from noline.insight.matching.comparing import RARE, RECORDS_OF_A_RARE_VALUE, has_rare
from noline.insight.matching.model import Comparison

if TYPE_CHECKING:
    import pyarrow as pa

FAMILIES_OF_A_PLACEHOLDER = 8
"""A phone, e-mail or number of more than eight families is a switchboard or what a cashier types: no evidence."""

PAIRS_A_RECORD = 8
"""Pairs compared for each record of a large table: two cores compare those of a million records in half a minute."""

PAIRS_AT_LEAST = 2_000_000
"""Small tables may be compared as widely as this costs: seconds."""


_WORTH_ANOTHER_RULE = 20
"""Further rules are tried while a twentieth of the budget is left; with less they would find what comes first."""


_MOST_FOUND_AGAIN = 2
"""Less than half of the budget in pairs says that most of them were found again and again."""


class Rule(NamedTuple):
    """Records are compared that agree in all these columns; blocks of more than `largest` records are left out."""

    columns: tuple[str, ...]
    pairs: int
    largest: int

    def __str__(self) -> str:
        """As the plan shows it."""
        return " + ".join(self.columns) or "nothing: every pair"


@dataclass(frozen=True)
class Pairs:
    """Compared pairs, column by column (numpy): rows of both records, packed levels, frequencies of equal values."""

    left: Any
    right: Any
    code: Any
    frequency: Mapping[str, Any]


_SOUND = "sound_"
_KEYS = {
    "name_key": ("given", "family"),
    "given_letter": ("given_root",),
    "family_letters": ("family",),
    "birth_month": ("birth",),
    "birth_md": ("birth",),
    "phone_end": ("phone",),
    "street_letters": ("street",),
    "org_word": ("org",),
    "org_letters": ("org",),
}
_KEY_SQL = {
    "name_key": "least(given_root, family) || ' ' || greatest(given_root, family)",
    "given_letter": "left(given_root, 1)",
    "family_letters": "left(family, 4)",
    "birth_month": "left(birth, 6)",
    "birth_md": "least(substr(birth, 5, 2), substr(birth, 7, 2)) || greatest(substr(birth, 5, 2), substr(birth, 7, 2))",
    "phone_end": "right(phone, 7)",
    "street_letters": "left(street, 5)",
    "org_word": "list_max(list_transform(string_split(org, ' '), lambda x: lpad(length(x)::VARCHAR, 2, '0') || x))",
    "org_letters": "left(org, 5)",
}

_RULES = """
phone
email
name_key birth
name_key place
family birth
given_root birth
name_key postcode
place given_letter
name_key
birth place
birth postcode
birth sound_family
birth sound_given
birth given_letter
birth
org
org_word city
org_word
org_letters
place
sound_family sound_given birth_year
sound_family sound_given postcode
sound_family sound_given street_letters
sound_family sound_given city
sound_family given_letter birth_md
email_local
phone_end
postcode sound_family given_letter
postcode given_root
number sound_family
number given_root
family given_letter birth_year
family birth_month
given_root birth_month
given_root birth_md
family birth_md
family_letters birth_md
family age
given_root street
street given_letter
sound_given sound_family
family given_letter
family_letters given_letter birth_year
birth_year birth_md
family city
family birth_year
given_root birth_year
family postcode
family
street
postcode
given_root
"""
"""From the most to the least telling. Each gets the pairs of its smallest blocks that the budget allows."""


class Engine:
    """One matching run in a DuckDB connection of its own."""

    def __init__(self, threads: int, memory: str = "2GB") -> None:
        """Open a database in memory."""
        import tempfile

        import duckdb

        self._spilled = tempfile.TemporaryDirectory(prefix="noline-match-")
        self.db: duckdb.DuckDBPyConnection = duckdb.connect()
        self.db.execute(f"SET threads = {int(threads)}")
        self.db.execute(f"SET memory_limit = '{memory}'")
        self.db.execute(f"SET temp_directory = '{self._spilled.name}'")

    def close(self) -> None:
        """Give the memory back."""
        self.db.close()
        self._spilled.cleanup()

    def load(self, records: "pa.Table") -> tuple[str, ...]:
        """Take prepared records with their `rid` (0, 1, ...) in; answers the columns that hold something.

        Values that cannot belong to one person or family are taken out here, once, for every later step.
        """
        self.db.register("arrived", records)
        filled = self._filled(records.column_names)
        self.db.execute(f"CREATE TABLE people AS SELECT {', '.join(['rid', 'source', *filled])} FROM arrived")
        self.db.unregister("arrived")
        for column in filled:
            if column in ("phone", "phone2", "email", "email2") or column.startswith("strong_"):
                self._forget_placeholders(column, filled)
        self._forget_frequent_births(filled)
        self._tell_rare(filled)
        return filled

    def _tell_rare(self, filled: Sequence[str]) -> None:
        told = [one for one in filled if has_rare(one)]
        rare = "".join(f", CASE WHEN c_{one}.value IS NULL THEN {one} END AS {RARE}{one}" for one in told)
        common = " ".join(
            f"LEFT JOIN (SELECT {one} AS value FROM people WHERE {one} IS NOT NULL GROUP BY {one} "
            f"HAVING count(*) > {RECORDS_OF_A_RARE_VALUE}) c_{one} ON people.{one} = c_{one}.value"
            for one in told
        )
        self.db.execute(f"CREATE OR REPLACE TABLE people AS SELECT people.*{rare} FROM people {common} ORDER BY rid")

    def _filled(self, names: Sequence[str]) -> tuple[str, ...]:
        asked = [name for name in names if name not in ("rid", "source")]
        if not asked:
            return ()
        counts = self.db.execute(
            f"SELECT {', '.join(f'count(DISTINCT {one})' for one in asked)} FROM arrived"
        ).fetchall()[0]
        # A value that all records share tells nobody apart.
        return tuple(name for name, count in zip(asked, counts, strict=True) if count > 1)

    def _forget_placeholders(self, column: str, filled: Sequence[str]) -> None:
        who = "left(family, 3)" if "family" in filled else "left(org, 3)" if "org" in filled else "rid"
        self.db.execute(
            f"UPDATE people SET {column} = NULL WHERE {column} IN ("
            f"SELECT {column} FROM people WHERE {column} IS NOT NULL GROUP BY {column} "
            f"HAVING count(DISTINCT {who}) > {FAMILIES_OF_A_PLACEHOLDER})"
        )

    def _forget_frequent_births(self, filled: Sequence[str]) -> None:
        """A first of January with twenty times the births of its neighbours is what was typed when nobody knew."""
        if "birth" not in filled:
            return
        told = [one for one in ("birth", "birth_swapped", "birth_year") if one in filled]
        self.db.execute(
            f"UPDATE people SET {', '.join(f'{one} = NULL' for one in told)} WHERE birth IN ("
            "SELECT birth FROM people WHERE birth LIKE '____0101' GROUP BY birth HAVING count(*) > "
            "20 + 20 * (SELECT count(birth) / (1 + count(DISTINCT birth)) FROM people))"
        )

    def frequencies(self, column: str) -> str:
        """A table with the share of each value of a column among its values."""
        name = f"share_of_{column}"
        self.db.execute(
            f"CREATE TABLE IF NOT EXISTS {name} AS SELECT {column} AS value, "
            f"count(*) / sum(count(*)) OVER () AS share FROM people WHERE {column} IS NOT NULL GROUP BY {column}"
        )
        return name

    def with_frequencies(self, comparisons: Sequence[Comparison]) -> None:
        """Put each value's share beside it, as `tf_<column>`, where a comparison asks for it."""
        wanted = sorted({level.frequency for one in comparisons for level in one.levels if level.frequency})
        joins = " ".join(f"LEFT JOIN {self.frequencies(one)} f_{one} ON people.{one} = f_{one}.value" for one in wanted)
        shares = "".join(f", cast(f_{one}.share AS FLOAT) AS tf_{one}" for one in wanted)
        self.db.execute(f"CREATE TABLE weighed AS SELECT people.*{shares} FROM people {joins} ORDER BY rid")

    def keys(self, filled: Sequence[str]) -> set[str]:
        """Add the columns that only find pairs; answers all that rules may name."""
        from noline.insight.matching.cleaning import sound_of

        made = [name for name, needs in _KEYS.items() if set(needs) <= set(filled)]
        sql = "".join(f", {_KEY_SQL[name]} AS {name}" for name in made)
        joins = ""
        for column in ("family", "given"):
            if column not in filled:
                continue
            values = self.db.execute(f"SELECT DISTINCT {column} FROM people WHERE {column} IS NOT NULL").fetchall()
            self._values(f"sounds_of_{column}", [one for (one,) in values], [sound_of(one) for (one,) in values])
            joins += f" LEFT JOIN sounds_of_{column} ON people.{column} = sounds_of_{column}.value"
            sql += f", sounds_of_{column}.sound AS {_SOUND}{column}"
            made.append(_SOUND + column)
        self.db.execute(f"CREATE TABLE keyed AS SELECT people.*{sql} FROM people {joins}")
        return {*filled, *made}

    def _values(self, name: str, values: list[str], sounds: list[str | None]) -> None:
        import pyarrow as pa

        self.db.register("arrived", pa.table({"value": values, "sound": pa.array(sounds, pa.string())}))
        self.db.execute(f"CREATE TABLE {name} AS SELECT * FROM arrived")
        self.db.unregister("arrived")

    def block(self, keys: set[str], rows: int) -> list[Rule]:
        """Choose the rules and write the pairs they find, each once, to `pairs`."""
        whole = rows * (rows - 1) // 2
        if whole <= PAIRS_AT_LEAST:
            self.db.execute(
                "CREATE TABLE pairs AS SELECT l.rid AS a, r.rid AS b FROM people l JOIN people r ON l.rid < r.rid"
            )
            return [Rule((), whole, rows)]
        budget = max(PAIRS_AT_LEAST, PAIRS_A_RECORD * rows)
        named: list[tuple[str, ...]] = [tuple(line.split()) for line in _RULES.strip().splitlines()]
        named = [(one,) for one in sorted(keys) if one.startswith("strong_")] + named
        waiting = deque(columns for columns in named if set(columns) <= keys)
        rules: list[Rule] = []
        self.db.execute("CREATE TABLE pairs (a INTEGER, b INTEGER)")
        left = budget
        least = budget // _WORTH_ANOTHER_RULE
        while waiting and left > least:
            rules += self._afforded(waiting, left, least)
            found = self.db.execute("SELECT count(*) FROM pairs").fetchall()[0][0]
            # Where people have many records, rules find the same pairs again and again; others get what that cost.
            left = budget - found if found < budget // _MOST_FOUND_AGAIN else 0
        self.db.execute("DROP TABLE keyed")
        return rules

    def _afforded(self, waiting: deque[tuple[str, ...]], left: int, least: int) -> list[Rule]:
        """Take rules until no more than `least` of the budget is left, and add the pairs that they find."""
        rules: list[Rule] = []
        self.db.execute("CREATE TABLE blocks (rule INTEGER, key UBIGINT, rid INTEGER)")
        while waiting and left > least:
            rule = self._rule(waiting.popleft(), min(left, max(left // 4, PAIRS_AT_LEAST // 8)))
            if rule is not None:
                self._fill_blocks(len(rules), rule)
                rules.append(rule)
                left -= rule.pairs
        self.db.execute(
            "INSERT INTO pairs SELECT DISTINCT l.rid AS a, r.rid AS b FROM blocks l JOIN blocks r "
            "ON l.rule = r.rule AND l.key = r.key AND l.rid < r.rid ANTI JOIN pairs p ON l.rid = p.a AND r.rid = p.b"
        )
        self.db.execute("DROP TABLE blocks")
        return rules

    def _rule(self, columns: Sequence[str], budget: int) -> Rule | None:
        known = " AND ".join(f"{one} IS NOT NULL" for one in columns)
        sizes = self.db.execute(
            f"SELECT n, count(*) * n * (n - 1) // 2 FROM (SELECT count(*) AS n FROM keyed WHERE {known} "
            f"GROUP BY {', '.join(columns)} HAVING count(*) > 1) GROUP BY n ORDER BY n"
        ).fetchall()
        pairs, largest = 0, 0
        for size, more in sizes:
            if pairs + more > budget:
                break
            pairs, largest = pairs + int(more), int(size)
        return Rule(tuple(columns), pairs, largest) if pairs else None

    def _fill_blocks(self, number: int, rule: Rule) -> None:
        """Keys of one rule; a rule of phones or e-mails looks at both columns."""
        whole = ", ".join(rule.columns)
        known = " AND ".join(f"{one} IS NOT NULL" for one in rule.columns)
        self.db.execute(
            f"INSERT INTO blocks SELECT {number}, hash({whole}), rid FROM keyed WHERE {known} "
            f"QUALIFY count(*) OVER (PARTITION BY {whole}) BETWEEN 2 AND {rule.largest}"
        )

    def common(self, comparisons: Sequence[Comparison]) -> dict[str, dict[str, float]]:
        """For each column whose frequencies count, the shares of its common values; `""` is that of all others."""
        found: dict[str, dict[str, float]] = {}
        for column in sorted({level.frequency for one in comparisons for level in one.levels if level.frequency}):
            least = RECORDS_OF_A_RARE_VALUE if has_rare(column) else 1
            rows = self.db.execute(
                f"SELECT value, share FROM {self.frequencies(column)}, (SELECT count({column}) AS n FROM people) "
                f"WHERE share * n > {least} + 0.5 ORDER BY value"
            ).fetchall()
            known = self.db.execute(f"SELECT count({column}) FROM people").fetchall()[0][0]
            found[column] = {"": 1 / max(known, 1), **dict(rows)}
        return found

    def compare(self, comparisons: Sequence[Comparison], pairs: str = "pairs") -> Pairs:
        """Compare every pair: its levels packed into one number (mixed radix, first comparison lowest)."""
        import numpy as np

        levels = "".join(f", {level_sql(one)} AS g{at}" for at, one in enumerate(comparisons))
        radix: list[str] = []
        place = 1
        for at, one in enumerate(comparisons):
            radix.append(f"cast(g{at} AS BIGINT) * {place}")
            place *= len(one.levels)
        tf = "".join(f", {_frequency_sql(at, one)} AS f{at}" for at, one in enumerate(comparisons) if _weighed(one))
        needed = {name for one in comparisons for level in one.levels for name in _needs(level)}
        names = sorted(needed)
        sides = "".join(f", l.{one} AS {one}_l, r.{one} AS {one}_r" for one in names)
        found = self.db.execute(
            f"WITH sides AS (SELECT p.a, p.b{sides} FROM {pairs} p "
            "JOIN weighed l ON p.a = l.rid JOIN weighed r ON p.b = r.rid), "
            f"levels AS (SELECT *{levels} FROM sides) "
            f"SELECT a, b, {' + '.join(['0::BIGINT', *radix])} AS code{tf} FROM levels"
        ).fetchnumpy()
        # Threads find pairs in any order; sums over them shall not depend on it.
        order = np.argsort(np.asarray(found["a"], np.int64) * 2**31 + np.asarray(found["b"], np.int64))
        frequency = {one.name: found[f"f{at}"][order] for at, one in enumerate(comparisons) if _weighed(one)}
        return Pairs(found["a"][order], found["b"][order], found["code"][order], frequency)


def _weighed(comparison: Comparison) -> bool:
    return any(level.frequency for level in comparison.levels)


def _needs(level: Any) -> set[str]:
    return columns_of(level.check) | ({level.frequency, f"tf_{level.frequency}"} if level.frequency else set())


def level_sql(comparison: Comparison) -> str:
    """The number of the level that a pair is on, counted from 0."""
    cases = [f"WHEN {as_sql(level.check)} THEN {at}" for at, level in enumerate(comparison.levels[:-1])]
    return f"cast(CASE {' '.join(cases)} ELSE {len(comparison.levels) - 1} END AS UTINYINT)"


def _frequency_sql(at: int, comparison: Comparison) -> str:
    cases = [
        f"WHEN {number} THEN greatest(tf_{level.frequency}_l, tf_{level.frequency}_r)"
        for number, level in enumerate(comparison.levels)
        if level.frequency
    ]
    return f"cast(CASE g{at} {' '.join(cases)} ELSE 0 END AS FLOAT)"
