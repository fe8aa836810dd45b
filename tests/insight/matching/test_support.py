"""In a small table nobody is joined by what strangers, relatives and colleagues share."""

import random
from functools import cache

import pyarrow as pa
import pytest

from noline.insight.matching.scorer import Scorer
from noline.insight.matching.service import Matched, match
from noline.insight.matching.support import Says, standing

_COLUMNS = ("first_name", "last_name", "birth_date", "phone", "e_mail", "street", "city", "company", "age")
_HOME = {"street": "1 Elm street", "city": "Oakland"}
_PHONE, _OTHER_PHONE = "0511 837264", "0622 918375"


def _matched(*records: dict[str, str]) -> Matched:
    """These records, called r0, r1, ..., beside forty strangers."""
    rng = random.Random(5)

    def word(least: int) -> str:
        return "".join(rng.choice("bcdfghjklmnprstvwz") + rng.choice("aeiou") for _ in range(rng.randint(least, 5)))

    def stranger() -> tuple[str, ...]:
        birth = f"{rng.randint(1940, 2005)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
        city = rng.choice(["Oakland", "Fresno", "Austin", "Dallas", "Boston"])
        return (
            word(2), word(3), birth, f"0{rng.randrange(10**8, 10**9)}", f"{word(4)}@example.com",
            f"{rng.randint(1, 300)} {word(4)} street", city, f"{word(4)} GmbH", str(rng.randint(18, 90)),
        )  # fmt: skip

    rows = [tuple(one.get(name) for name in _COLUMNS) for one in records] + [stranger() for _ in range(40)]
    ids = [f"r{at}" if at < len(records) else f"s{at}" for at in range(len(rows))]
    columns = dict(zip(_COLUMNS, map(list, zip(*rows, strict=True)), strict=True))
    return match(pa.table({"record_id": ids, **columns}), id_column="record_id")


def _called(given: str | None, family: str = "Sommer", **told: str) -> dict[str, str]:
    return {"last_name": family, **({"first_name": given} if given else {}), **told}


def _people(found: Matched, count: int) -> list[str]:
    person = {row["record_id"]: row["person_id"] for row in found.people.to_pylist()}
    return [person[f"r{at}"] for at in range(count)]


_BORN = {"birth_date": "2001-03-04"}
_INFO = {"company": "Acme GmbH", "phone": _PHONE, "e_mail": "info@acme.de"}
_TWO = {
    "namesakes of one town": (_called("Maria", city="Oakland"), _called("Maria", city="Oakland")),
    "namesakes of one town who are reached otherwise": (
        _called("Maria", city="Oakland", phone=_PHONE, e_mail="a@x.org"),
        _called("Maria", city="Oakland", phone=_OTHER_PHONE, e_mail="b@y.org"),
    ),
    "namesakes of one age": (_called("Maria", age="44"), _called("Maria", age="44")),
    "namesakes of one age, town and employer": (
        _called("Maria", age="44", city="Oakland", company="Acme GmbH"),
        _called("Maria", age="44", city="Oakland", company="Acme GmbH"),
    ),
    "an initial in one town": (_called("M", city="Oakland"), _called("Maria", city="Oakland")),
    "an initial of one telephone": (_called("M", phone=_PHONE), _called("Maria", phone=_PHONE)),
    "father and son of one name": (_called("John", **_HOME), _called("John", **_HOME)),
    "father and son of one name, with their birthdays": (
        _called("John", birth_date="1950-01-02", phone=_PHONE, **_HOME),
        _called("John", birth_date="1981-11-23", phone=_PHONE, **_HOME),
    ),
    "the twins Tim and Tom": (_called("Tim", **_BORN, **_HOME), _called("Tom", **_BORN, **_HOME)),
    "the twins Jan and Jana": (_called("Jan", **_BORN, phone=_PHONE), _called("Jana", **_BORN, phone=_PHONE)),
    "the sisters Anna and Hanna": (
        _called("Anna", phone=_PHONE, **_HOME), _called("Hanna", phone=_PHONE, **_HOME),
    ),
    "brother and sister, two years apart": (
        _called("Jan", birth_date="2001-03-04", **_HOME), _called("Jana", birth_date="2003-03-14", **_HOME),
    ),
    "a couple": (_called("Maria", phone=_PHONE, **_HOME), _called("Peter", phone=_PHONE, **_HOME)),
    "colleagues on info@": (_called("Maria", **_INFO), _called("Mario", "Krug", **_INFO)),
    "somebody of an office and a colleague without a given name": (_called("Maria", **_INFO), _called(None, **_INFO)),
}  # fmt: skip
_ONE = {
    "a name and a telephone": (_called("Maria", phone=_PHONE), _called("Maria", phone=_PHONE, city="Oakland")),
    "a name and a personal e-mail": (_called("Maria", e_mail="ms@x.org"), _called("Maria", e_mail="ms@x.org")),
    "a name and a birthday": (_called("Maria", **_BORN, city="Oakland"), _called("Maria", **_BORN, city="Fresno")),
    "a short name, a birthday and a home": (_called("Bob", **_BORN, **_HOME), _called("Robert", **_BORN, **_HOME)),
    "a slip in the name and a personal e-mail": (
        _called("Jonh", e_mail="js@x.org"), _called("John", e_mail="js@x.org"),
    ),
}  # fmt: skip


@cache
def _known(who: str) -> Matched:
    """Two records that several tests look at, matched once."""
    return _matched(*{**_TWO, **_ONE}[who])


@pytest.mark.parametrize("who", _TWO)
def test_undecided_stay_two(who):
    found = _known(who)
    one, other = _people(found, 2)
    assert one != other
    assert found.explain("r0", "r1")["probability"] < 0.34


@pytest.mark.parametrize("who", _ONE)
def test_what_people_do_not_share_joins(who):
    found = _known(who)
    one, other = _people(found, 2)
    assert one == other


def test_no_third_record_joins_twins():
    home = {**_BORN, **_HOME}
    found = _matched(_called("Tim", **home, phone=_PHONE), _called("Tom", **home), _called("T", **home, phone=_PHONE))
    tim, tom, _ = _people(found, 3)
    assert tim != tom


def test_whoever_knows_may_say_that_two_who_seem_twins_are_one():
    rows = [_called("Tim", **_BORN, **_HOME), _called("Tom", **_BORN, **_HOME)]
    table = pa.table({
        "record_id": ["r0", "r1"],
        **{name: [one.get(name, "") for one in rows] for name in _COLUMNS},
    })  # fmt: skip
    found = match(table, id_column="record_id", must=[("r0", "r1")])
    one, other = _people(found, 2)
    assert one == other


@pytest.mark.parametrize("who", ["the twins Tim and Tom", "father and son of one name", *_ONE])
def test_the_live_scorer_says_the_same(who):
    found = _known(who)
    scorer = Scorer.from_model(found.model.as_data())
    rows = {row["record_id"]: scorer.prepare(row) for row in found.records.to_pylist()}
    told = [row for row in found.pairs.to_pylist() if {row["record_id_a"], row["record_id_b"]} == {"r0", "r1"}]
    assert scorer.score(rows["r0"], rows["r1"]).probability == pytest.approx(told[0]["probability"], abs=1e-6)


def test_years_between_birthdays_weigh_more_than_an_e_mail_that_a_family_may_share():
    assert standing(Says.NAMED | Says.MAIL).supported
    assert not standing(Says.NAMED | Says.MAIL | Says.YEARS).supported
    assert standing(Says.NAMED | Says.NUMBER | Says.YEARS).supported


def test_a_company_is_found_where_it_is():
    assert standing(Says.FIRM | Says.PLACE).supported
    assert not standing(Says.FIRM | Says.PLACE | Says.PERSON).supported
