"""Namesakes are not taken for one person where a table holds nobody twice, or hardly anybody."""

import random

import pyarrow as pa
import pytest

from noline.insight.matching.service import match

FIRST = ("Rajesh", "Sunita", "Amit", "Priya", "Anil", "Kavita", "Suresh", "Meena", "Vijay", "Asha")
LAST = ("Kumar", "Sharma", "Singh", "Patel", "Gupta", "Mehta", "Rao", "Das", "Nair", "Joshi")
TWO_NAMES = (("Rajesh", "Kumar"), ("Sunita", "Sharma"))


def person(chance: random.Random, name: tuple[str, str]) -> dict[str, str]:
    """Somebody with a telephone and an e-mail that nobody else has."""
    return {
        "first_name": name[0],
        "last_name": name[1],
        "city": chance.choice(("Delhi", "Pune", "Agra")),
        "phone": f"+9198{chance.randrange(10**8):08d}",
        "email": f"m{chance.randrange(10**9)}@example.in",
    }


def table(people: list[dict[str, str]]) -> pa.Table:
    return pa.Table.from_pylist([{"unique_id": f"r{at}", **one} for at, one in enumerate(people)])


@pytest.mark.parametrize("records", [200, 400, 600])
@pytest.mark.parametrize("left_out", [(), ("city",), ("phone",), ("city", "email")])
def test_a_table_of_two_names_in_all_is_as_many_people_as_records(records, left_out):
    chance = random.Random(records)
    found = match(
        table([person(chance, TWO_NAMES[at % 2]) for at in range(records)]).drop_columns(list(left_out)),
        id_column="unique_id",
    )
    assert len(set(found.people["person_id"].to_pylist())) == records


@pytest.mark.parametrize("others", [100, 800])
def test_two_hundred_of_one_name_stay_apart_among_others(others):
    chance = random.Random(others)
    names = [TWO_NAMES[0]] * 200 + [(chance.choice(FIRST), chance.choice(LAST)) for _ in range(others)]
    found = match(table([person(chance, name) for name in names]), id_column="unique_id")
    assert len(set(found.people["person_id"].to_pylist())) == len(names)
    assert found.plan.expected_recall == 0


def test_who_is_told_twice_is_found_among_namesakes():
    chance = random.Random(3)
    once = [person(chance, TWO_NAMES[at % 2]) for at in range(400)]
    found = match(table([*once, *({**one, "city": "Pune"} for one in once[:100])]), id_column="unique_id")
    people = dict(zip(found.people["record_id"].to_pylist(), found.people["person_id"].to_pylist(), strict=True))
    assert len(set(people.values())) == 400
    assert all(people[f"r{at}"] == people[f"r{400 + at}"] for at in range(100))
