"""Members of a family share nearly everything but their given name, and stay as many people as they are."""

import random
from collections import defaultdict
from itertools import count

import pyarrow as pa
import pytest

from noline.insight.matching.service import match

GIVEN = (
    "Anna Bruno Clara Denis Elsa Franck Greta Hugo Ines Jules Karin Louis Maud Nils Odile Paul Rosa Serge Tilda Ugo"
).split()
FAMILY = "Petit Grand Moreau Laurent Simon Michel Garcia Roux Vincent Fournier".split()
TOWNS = {"Lyon": "69002", "Paris": "75003", "Nantes": "44000"}
STREETS = "rue du Four, rue Pasteur, place Bellecour, quai Perrache, avenue Foch, rue des Lilas".split(", ")


def families(homes, seed=5):
    """Records of families: one e-mail and telephone for all, cards numbered one after the other, two tills each."""
    chance = random.Random(seed)
    numbers = count(1)
    rows, truth = [], {}
    for home in range(homes):
        name, (town, code) = chance.choice(FAMILY), chance.choice(list(TOWNS.items()))
        shared = {
            "family_name": name, "email": f"{name.lower()}{home}@example.com", "phone": f"06{10_000_000 + home * 7}",
            "street": f"{home + 1} {chance.choice(STREETS)}", "postcode": code, "city": town,
        }  # fmt: skip
        for given in chance.sample(GIVEN, chance.choice((1, 1, 2, 3))):
            card = f"L{next(numbers):08}"
            for till in range(chance.choice((1, 2))):
                record = f"{card}-{till}"
                rows.append({"record_id": record, "given_name": given, "loyalty_id": card if till else None, **shared})
                truth[record] = (card, home)
    chance.shuffle(rows)
    return pa.Table.from_pylist(rows), truth


@pytest.fixture(scope="module")
def matched():
    table, truth = families(350)
    return match(table, id_column="record_id").people.to_pylist(), truth


def clusters(rows, key):
    found = defaultdict(set)
    for row in rows:
        found[row[key]].add(row["record_id"])
    return {frozenset(records) for records in found.values()}


def test_members_of_a_family_stay_as_many_people_as_they_are(matched):
    people, truth = matched
    mixed = [one for one in clusters(people, "person_id") if len({truth[record][0] for record in one}) > 1]
    assert mixed == []


def test_two_records_of_one_member_are_one_person(matched):
    people, truth = matched
    expected = defaultdict(set)
    for record, (card, _) in truth.items():
        expected[card].add(record)
    found = clusters(people, "person_id")
    together = [one for one in map(frozenset, expected.values()) if one in found]
    assert len(together) >= 0.97 * len(expected)


def test_a_family_is_one_household(matched):
    people, truth = matched
    expected = defaultdict(set)
    for record, (_, home) in truth.items():
        expected[home].add(record)
    found = clusters(people, "household_id")
    together = [one for one in map(frozenset, expected.values()) if one in found]
    assert len(together) >= 0.97 * len(expected)
