"""A table that is too small to learn from is judged by what is usual everywhere."""

import random

import pyarrow as pa
import pytest

from noline.insight.matching import usual
from noline.insight.matching.comparing import comparisons
from noline.insight.matching.scorer import Scorer
from noline.insight.matching.service import Matched, match

_COLUMNS = ("record_id", "first_name", "last_name", "birth_date", "passport_number", "phone", "address", "e_mail")
_EVERYTHING = frozenset(
    """given given_root given_sound given_letters middle family family_first family_last family_sound suffix org birth
    birth_year birth_swapped age sex phone phone2 email email2 email_local place street number lines postcode city
    region strong_0 trait_0""".split()
)


def _matched(*rows: tuple[str | None, ...]) -> Matched:
    """These records beside forty strangers, each of another house."""
    rng = random.Random(5)

    def word(least: int) -> str:
        return "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(least, 5)))

    strangers = [
        (f"s{at}", word(2), word(3), f"{rng.randint(1940, 2005)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
         f"{rng.randrange(10**8, 10**9)}", f"0{rng.randrange(10**8, 10**9)}",
         f"{rng.randint(1, 300)} {word(4)} street, {rng.randint(10_000, 99_999)} {word(3)}", f"{word(4)}@example.com")
        for at in range(40)
    ]  # fmt: skip
    table = pa.table(dict(zip(_COLUMNS, map(list, zip(*rows, *strangers, strict=True)), strict=True)))
    return match(table, id_column="record_id")


def _people(matched: Matched, *records: str) -> list[str]:
    found = {row["record_id"]: row["person_id"] for row in matched.people.to_pylist()}
    return [found[record] for record in records]


def test_every_level_has_its_usual_shares():
    for one in usual.known(comparisons(_EVERYTHING)):
        telling = [level for level in one.levels if not level.neutral]
        assert all(0 < level.m < 1 and 0 < level.u <= 1 and 0 < level.h <= 1 for level in telling)
        assert sum(level.m for level in telling) == pytest.approx(1, abs=0.08), one.name


def test_one_number_of_an_authority_joins_a_short_name_with_the_whole_one():
    found = _matched(
        ("a", "Robert", "Vandermeer", None, "X4471902", None, None, None),
        ("b", "Bob", "Vandermeer", None, "X4471902", None, None, None),
    )
    one, other = _people(found, "a", "b")
    assert one == other
    assert found.explain("a", "b")["probability"] > 0.99


def test_two_numbers_of_an_authority_part_two_people_of_one_name():
    found = _matched(
        ("a", "Patricia", "Vandermeer", None, "X4471902", None, "7 Elm Street, 90210 Ely", None),
        ("b", "Pat", "Vandermeer", None, "K9930117", None, "7 Elm Street, 90210 Ely", None),
    )
    one, other = _people(found, "a", "b")
    assert one != other


def test_a_name_alone_joins_nobody():
    found = _matched(
        ("a", "Robert", "Vandermeer", None, None, None, None, "rob@example.org"),
        ("b", "Robert", "Vandermeer", "1971-04-30", None, None, None, None),
    )
    one, other = _people(found, "a", "b")
    assert one != other
    assert found.explain("a", "b")["probability"] == pytest.approx(1 / 3)


def test_a_namesake_of_two_who_were_born_on_different_days_is_neither():
    home = "7 Elm Street, 90210 Ely"
    found = _matched(
        ("a", "John", "Vandermeer", "1970-10-10", "X4471902", None, home, None),
        ("b", "John", "Vandermeer", "1990-03-15", "K9930117", None, home, None),
        ("c", "John", "Vandermeer", None, None, None, home, None),
    )
    assert len(set(_people(found, "a", "b", "c"))) == 3


def test_an_initial_may_be_that_of_a_short_name():
    found = _matched(
        ("a", "Robert", "Vandermeer", "1978-11-12", None, None, None, None),
        ("b", "B", "Vandermeer", "1978-11-12", None, None, None, None),
        ("c", "Z", "Vandermeer", "1978-11-12", None, None, None, None),
    )
    levels = {one: found.explain("a", one)["reasons"][1]["words"] for one in ("b", "c")}
    assert levels == {"b": "only its initial", "c": "another"}


def test_one_name_in_two_alphabets_is_one_person_where_all_else_agrees():
    home = "4 Hill Road, 54000 Lahore"
    found = _matched(
        ("a", "Faisal", "Siddiqui", None, None, "042 7925774", home, None),
        ("b", "فيصل", "صديقي", None, None, "+92 42 7925774", home, None),
    )
    one, other = _people(found, "a", "b")
    assert one == other


def test_the_live_scorer_reads_the_model_and_keeps_its_rule_of_names():
    found = _matched(
        ("a", "Robert", "Vandermeer", None, None, None, None, None),
        ("b", "Robert", "Vandermeer", None, None, None, None, None),
    )
    data = found.model.as_data()
    scorer = Scorer.from_model(data)
    rows = {row["record_id"]: scorer.prepare(row) for row in found.records.to_pylist()}
    assert scorer.score(rows["a"], rows["b"]).probability == pytest.approx(1 / 3)
    free = Scorer.from_model({name: value for name, value in data.items() if name != "corroborated"})
    assert free.score(rows["a"], rows["b"]).probability > 1 / 3
