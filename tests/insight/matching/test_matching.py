"""Whole tables: who is whom, who lives together, and what never changes the answer."""

import numpy as np
import pyarrow as pa
import pytest

from insight.matching.crowd import Crowd, pair_scores
from noline.insight.matching.clusters import ToldBoth
from noline.insight.matching.columns import ColumnsNotUnderstood
from noline.insight.matching.service import IdsRepeat, match
from noline.kernel.errors import NotFound


def people_of(matched):
    return matched.people["person_id"].to_pylist()


def test_people_in_families_are_found_without_labels(crowd, matched):
    precision, recall = pair_scores(people_of(matched), crowd.truth("person"))
    assert precision > 0.98
    assert recall > 0.95
    assert matched.plan.household_head


def test_families_are_found(crowd, matched):
    precision, recall = pair_scores(matched.people["household_id"].to_pylist(), crowd.truth("home"))
    assert precision > 0.97
    assert recall > 0.9


def test_what_is_expected_of_the_result_is_what_it_is(crowd, matched):
    precision, recall = pair_scores(people_of(matched), crowd.truth("person"))
    assert abs(matched.plan.expected_precision - precision) < 0.03
    assert abs(matched.plan.expected_recall - recall) < 0.04


def test_every_record_comes_back_once_in_its_order(crowd, matched):
    assert matched.people["record_id"].to_pylist() == [row["row"] for row in crowd.rows]
    assert matched.plan.rows == len(crowd.rows)
    assert matched.plan.people == len(set(people_of(matched)))
    assert all(0 <= score <= 1 for score in matched.people["score"].to_pylist())


def test_the_order_of_rows_changes_nothing(crowd, matched):
    table = crowd.table()
    again = match(table.take(pa.array(range(table.num_rows - 1, -1, -1))), id_column="row")
    assert again.people.take(pa.array(range(table.num_rows - 1, -1, -1))) == matched.people
    assert again.model == matched.model


def test_columns_that_may_hold_the_answer_change_nothing(crowd, matched):
    table = crowd.table()
    for name in ("cluster_id", "entity_id", "household_id", "simulant_id", "class"):
        table = table.append_column(name, pa.array(crowd.truth("person")))
    again = match(table, id_column="row")
    assert again.people == matched.people
    assert again.plan.unread == ("cluster_id", "entity_id", "household_id", "simulant_id", "class")


def test_known_pairs_hold_whatever_the_odds_say(crowd, matched):
    ids, people = matched.people["record_id"].to_pylist(), people_of(matched)
    first = people.index(next(one for one in people if people.count(one) > 1))
    second = people.index(people[first], first + 1)
    stranger = next(at for at, one in enumerate(people) if one != people[first])
    again = match(
        crowd.table(), id_column="row", cannot=[(ids[first], ids[second])], must=[(ids[first], ids[stranger])]
    )
    told = people_of(again)
    assert told[first] != told[second]
    assert told[first] == told[stranger]


def test_known_pairs_that_contradict_each_other_are_refused(crowd):
    a, b = (row["row"] for row in crowd.rows[:2])
    with pytest.raises(ToldBoth):
        match(crowd.table(), id_column="row", must=[(a, b)], cannot=[(b, a)])


def test_a_known_pair_of_an_unknown_record_is_refused(crowd):
    with pytest.raises(NotFound) as refusal:
        match(crowd.table(), id_column="row", must=[("nobody", crowd.rows[0]["row"])])
    assert refusal.value.name == "nobody"


def test_a_high_threshold_joins_fewer(crowd, matched):
    assert match(crowd.table(), id_column="row", threshold=0.999).plan.people > matched.plan.people


def test_ids_must_tell_rows_apart():
    table = pa.table({"id": ["a", "a"], "first_name": ["Ann", "Bob"], "last_name": ["Lee", "Ray"]})
    with pytest.raises(IdsRepeat) as refusal:
        match(table, id_column="id")
    assert refusal.value.repeated == 1


def test_a_table_without_people_is_refused():
    with pytest.raises(ColumnsNotUnderstood):
        match(pa.table({"id": [1, 2], "price": [3.5, 4.0]}), id_column="id")


def test_without_families_the_household_head_is_off():
    crowd = Crowd(families=300, seed=5, most_members=1)
    found = match(crowd.table(), id_column="row")
    assert not found.plan.household_head
    precision, recall = pair_scores(people_of(found), crowd.truth("person"))
    assert precision > 0.99
    assert recall > 0.97


def test_a_placeholder_glues_nobody():
    crowd = Crowd(families=250, seed=7, most_members=1)
    for row in crowd.rows[::2]:
        row["phone"], row["email"] = "0123456789", "shop@till.example"
    found = match(crowd.table(), id_column="row")
    assert pair_scores(people_of(found), crowd.truth("person"))[0] > 0.98


def test_two_sources_that_name_each_person_once_are_linked_one_to_one():
    crowd = Crowd(families=160, seed=9, most_members=2)
    seen: set[tuple[int, str]] = set()
    rows = []
    for number, row in enumerate(crowd.rows):
        source = "till" if (row["person"], "web") in seen else "web"
        if (row["person"], source) not in seen:
            seen.add((row["person"], source))
            rows.append({**row, "source": source, "row": f"{number}"})
    names = ("row", "source", "given_name", "family_name", "birth_date", "street", "postcode", "city")
    found = match(pa.table({name: [row[name] for row in rows] for name in names}), id_column="row")
    assert found.plan.sources_alone == ("till", "web")
    of_source = [(one, row["source"]) for one, row in zip(people_of(found), rows, strict=True)]
    assert len(of_source) == len(set(of_source))
    precision, recall = pair_scores(people_of(found), [row["person"] for row in rows])
    assert precision > 0.98
    assert recall > 0.95


def test_a_tiny_table_is_matched():
    rows = [("1", "Ann", "Lee", "ann@lee.example"), ("2", "Anne", "Lee", "ann@lee.example"), ("3", "Bob", "Ray", None)]
    columns = zip(*rows, strict=True)
    table = pa.table(dict(zip(("id", "first_name", "last_name", "email"), map(list, columns), strict=True)))
    assert match(table, id_column="id").plan.rows == 3


def test_one_row_is_one_person():
    found = match(pa.table({"id": ["x"], "name": ["Ann Lee"], "email": ["ann@lee.example"]}), id_column="id")
    assert found.people.to_pylist() == [{"record_id": "x", "person_id": "x", "household_id": "x", "score": 1.0}]


GIVEN = "anna bob carl dora emil fritz gina hans ida jan karl lena".split()
FAMILY = "lee smith jones brown miller davis wilson moore taylor clark".split()


def _told_twice(births):
    """The people of 300 records, and of ten of them told again; `births`: record -> what its columns of births say."""
    chance = np.random.default_rng(4)
    people = [
        {"first_name": str(chance.choice(GIVEN)), "last_name": str(chance.choice(FAMILY)), **births(chance)}
        for _ in range(300)
    ]
    rows = [{"id": at, "zip": 10_000 + 37 * (at % 300), **row} for at, row in enumerate([*people, *people[:10]])]
    found = people_of(match(pa.Table.from_pylist(rows), id_column="id"))
    return found[:10], found[300:], len(set(found))


@pytest.mark.parametrize(
    "births",
    [
        pytest.param(lambda chance: {"birth_year": int(chance.integers(1940, 1990))}, id="years alone"),
        pytest.param(
            lambda chance: {"dob": f"1999-{chance.integers(1, 13):02}-{chance.integers(1, 29):02}"},
            id="days of one year",
        ),
    ],
)
def test_births_of_which_only_a_part_tells_people_apart_are_compared_by_that(births):
    first, again, people = _told_twice(births)
    assert (again, people) == (first, 300)


def test_two_forms_of_one_name_are_enough_for_a_table():
    table = pa.table(
        {"id": ["1", "2"], "first_name": ["Bob", "Robert"], "email": ["info@a.example.com", "info@b.example.com"]}
    )
    assert len(set(match(table, id_column="id").people["person_id"].to_pylist())) == 2
