"""Somebody at the counter says part of what they are known by: who it is, probably, and why."""

import json

import pytest
from litestar.testing import TestClient

from noline.doors.cli.main import run
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.flows.identity import DecidedOtherwise, NothingToDecide
from noline.flows.judging import Judge
from noline.flows.recognise import Birthday, Recognition, Said, TooLittleSaid, _birthday
from noline.kernel.clock import MINUTE
from noline.kernel.errors import NotFound
from noline.kernel.events import Identifier
from noline.stores.access import Role
from shop import Day, identify, track


@pytest.fixture
def shop(hub):
    """A hub that knows some people, from the shop's own system."""
    hub.access.add_source("crm", "office")
    hub.access.add_source("page", "web", trust="browser")
    day = Day()
    hub.accept(
        "crm",
        [
            identify(id="a", at=day.next(), user="anna", name="Anna Petit", email="anna@example.com",
                     phone="+33612345678", birthday="1984-03-07", address={"city": "Lyon", "postalCode": "69001"}),
            identify(id="b", at=day.next(), user="bruno", name="Bruno Petit", email="petit@example.com",
                     phone="+33698765432", birthday="1980-01-01", address={"city": "Lyon"}),
            identify(id="c", at=day.next(), user="clara", firstName="Clara", lastName="Meyer", loyalty_id="MR-00417",
                     email="petit@example.com", address={"city": "Paris"}),
            track("Order Completed", id="o", at=day.next(), user="anna", order_id="o-77", total=3),
        ],
    )  # fmt: skip
    hub.day = day
    return hub


def person(hub, user):
    with hub.store.reading() as reader:
        return hub.customers.person_of(reader, hub.customers.subject(Identifier("user_id", user)))


def asked(hub, **said):
    """Whom the hub takes the speaker for: (user, probably?) of each candidate, the likeliest first."""
    users = {person(hub, user): user for user in ("anna", "bruno", "clara", "new")}
    answer = hub.recognition.recognise(Said(**said))
    assert answer.judged_by == "evidence"
    return [(users.get(one.person), one.probably) for one in answer.candidates]


# Who it probably is


@pytest.mark.parametrize(
    ("said", "who"),
    [
        ({"name": "Anna Petit", "phone": "5678"}, [("anna", True), ("bruno", False)]),
        ({"name": "anna petit", "birthday": "7.3.1984"}, [("anna", True)]),
        ({"name": "Anna Petit", "birthday": "03-07"}, [("anna", True)]),
        ({"name": "Anna Petit", "email": "ANNA@example.com"}, [("anna", True)]),
        ({"name": "Maier", "number": "0417"}, [("clara", True)]),
        ({"phone": "06 12 34 56 78"}, [("anna", False)]),
        ({"name": "petit", "city": "lyon"}, [("anna", False), ("bruno", False)]),
        ({"email": "anna@example.com"}, [("anna", False)]),
        ({"name": "Zoe Unknown"}, []),
    ],
)
def test_a_whole_name_and_something_rare_beside_it_is_probably_the_person(shop, said, who):
    found = asked(shop, **said)
    assert set(who) <= set(found)
    assert [one for one in found if one[1]] == [one for one in who if one[1]]


def test_another_birthday_speaks_against(shop):
    best, *_ = shop.recognition.recognise(Said(name="Anna Petit", phone="5678", birthday="1990-12-31")).candidates
    assert (best.person, best.probably) == (person(shop, "anna"), False)
    assert best.against == ("was born on 1984-03-07, not on 1990-12-31",)


def test_the_reasons_are_told_in_words(shop):
    best, *_ = shop.recognition.recognise(Said(name="Anna", phone="5678", birthday="1984-03-07")).candidates
    assert set(best.reasons) == {"is called anna", "has a phone that ends with 5678", "was born on 1984-03-07"}
    assert (best.name, best.words, best.probability) == ("Anna Petit", "probably the same person", None)


def test_where_two_are_as_likely_neither_is_probably_the_one(shop):
    shop.accept("crm", [identify(id="n", at=shop.day.next(), user="new", name="Anna Petit", phone="+4917655555678")])
    assert asked(shop, name="Anna Petit", phone="5678")[:2] in (
        [("anna", False), ("new", False)],
        [("new", False), ("anna", False)],
    )
    assert asked(shop, name="Anna Petit", phone="345678")[0] == ("anna", True)


@pytest.mark.parametrize("said", [{}, {"birthday": "1984-03-07"}, {"name": "  "}, {"phone": "123"}])
def test_what_finds_nobody_by_itself_is_refused(shop, said):
    with pytest.raises(TooLittleSaid):
        shop.recognition.recognise(Said(**said))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1984-03-07", Birthday(1984, 3, 7)),
        ("1984-03-07T00:00:00Z", Birthday(1984, 3, 7)),
        ("7.3.1984", Birthday(1984, 3, 7)),
        ("07/03/1984", Birthday(1984, 3, 7)),
        ("7.3.", Birthday(0, 3, 7)),
        ("03-07", Birthday(0, 3, 7)),
        ("31.13.1984", None),
        ("in spring", None),
    ],
)
def test_a_birthday_is_read_as_it_is_written(text, day):
    assert _birthday(text) == day


# People who are probably one


def test_two_records_of_one_person_look_alike_until_somebody_decides(shop):
    shop.accept("crm", [identify(id="n", at=shop.day.next(), user="new", name="Petit Anna", birthday="1984-03-07")])
    new, anna = person(shop, "new"), person(shop, "anna")
    best, *_ = shop.recognition.lookalikes(new).candidates
    assert (best.person, best.probably) == (anna, True)
    assert person(shop, "anna") != person(shop, "new")

    shop.recognition.reject(new, anna, by="paris-1")
    assert anna not in [one.person for one in shop.recognition.lookalikes(new).candidates]
    assert new not in [one.person for one in shop.recognition.lookalikes(anna).candidates]
    with pytest.raises(DecidedOtherwise):
        shop.recognition.confirm(new, anna, by="paris-1")


def test_a_confirmed_pair_is_one_person_and_a_decision(shop):
    shop.accept("crm", [identify(id="n", at=shop.day.next(), user="new", name="Anna Petit", birthday="1984-03-07")])
    done = shop.recognition.confirm(person(shop, "new"), person(shop, "anna"), by="paris-1")
    assert (done.people_before, done.people_after) == (2, 1)
    assert person(shop, "new") == person(shop, "anna")
    (decided,) = shop.identity.decision_log()
    assert (decided.id, decided.by) == (done.decision, "paris-1")
    shop.identity.undo(done.decision, by="paris-1")
    assert person(shop, "new") != person(shop, "anna")


def test_one_person_cannot_be_confirmed_to_be_itself(shop):
    with pytest.raises(NothingToDecide):
        shop.recognition.confirm(person(shop, "anna"), person(shop, "anna"), by="paris-1")


def test_nobody_looks_like_somebody_who_is_not_known(shop):
    with pytest.raises(NotFound):
        shop.recognition.lookalikes("p_0000000000000000")


# By a model


class _Still:
    """A clock that stands where it is put."""

    def __init__(self):
        self.at = 0

    def now(self):
        return self.at


def test_without_a_match_there_is_nothing_to_judge_by(shop):
    assert Judge(lambda: None, _Still()).judge({"name": "Anna Petit"}, [{"name": "Anna Petit"}]) is None


@pytest.fixture(scope="module")
def learned():
    """What a match has learned of 240 people of whom every third is there twice."""
    pytest.importorskip("splink")
    import pyarrow as pa

    from noline.insight.matching.service import match

    columns = {"given": "firstName", "family": "lastName", "birth_date": "birthday", "phone": "phone", "city": "city"}
    table = pa.Table.from_pylist([{"record_id": str(number), **one} for number, one in enumerate(_crowd())])
    found = match(table, id_column="record_id", mapping={meaning: [name] for meaning, name in columns.items()})
    return found.model.as_data()


def _crowd():
    firsts = "Alma Boris Carla David Elena Felix Greta Hugo Irma Jonas Karin Leon Mara Nils Olga Peter".split()
    lasts = "Abel Brandt Conrad Dietz Ebert Fuchs Graf Hahn Ilg Jost Kraus Lenz Maurer Nagel Otto Pohl Quandt".split()
    for number in range(240):
        one = {
            "firstName": firsts[number % 16],
            "lastName": lasts[number * 7 % 17],
            "birthday": f"{1950 + number % 50}-{1 + number % 12:02}-11",
            "phone": f"+49176{1_000_000 + number * 7919}",
            "city": ("Wien", "Graz", "Linz")[number % 3],
        }
        yield one
        if number % 3 == 0:
            yield one | {"phone": f"+43660{1_000_000 + number * 7919}"}


def test_a_model_that_has_learned_judges_instead(shop, learned):
    rooms = (shop.customers, shop.profiles, shop.orders, shop.identity)
    recognition = Recognition(shop.store, *rooms, Judge(lambda: learned, _Still()))
    answer = recognition.recognise(Said(name="Anna Petit", phone="+33 6 12 34 56 78", birthday="1984-03-07"))
    chances = {one.name: one.probability or 0 for one in answer.candidates}
    assert answer.judged_by == "model"
    assert chances["Anna Petit"] > 0.9
    assert chances["Bruno Petit"] < 0.5
    assert [one.name for one in answer.candidates if one.probably] == ["Anna Petit"]


def test_the_end_of_a_phone_adds_to_what_a_model_sees(shop, learned):
    rooms = (shop.customers, shop.profiles, shop.orders, shop.identity)
    recognition = Recognition(shop.store, *rooms, Judge(lambda: learned, _Still()))
    (less, *_), (more, *_) = (
        recognition.recognise(Said(name="Anna Petit", phone=phone)).candidates for phone in ("", "5678")
    )
    assert less.name == more.name == "Anna Petit"
    assert 0 < (less.probability or 0) < (more.probability or 0)


def test_a_new_match_is_heard_within_a_minute(learned):
    clock, known = _Still(), []
    judge = Judge(lambda: known[-1] if known else None, clock)
    anna = {"name": "Anna Petit"}
    assert judge.judge(anna, [anna]) is None
    known.append(learned)
    assert judge.judge(anna, [anna]) is None
    clock.at = MINUTE
    (same,) = judge.judge(anna, [anna]) or ()
    assert 1 > same.probability(20) > same.probability() > 0


# Whom a text finds


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("anna@example.com", ["anna"]),
        ("o-77", ["anna"]),
        ("anna", ["anna"]),
        ("petit lyon", ["anna", "bruno"]),
        ("MR-00417", ["clara"]),
        ("0417", ["clara"]),
        ("petit@example.com", ["bruno", "clara"]),
        ("nobody at all", []),
    ],
)
def test_a_text_finds_people(shop, text, users):
    with shop.store.reading() as reader:
        found = shop.recognition.find(reader, text)
    assert sorted(found) == sorted(person(shop, user) for user in users)


def test_an_id_finds_its_person(shop):
    anna = person(shop, "anna")
    with shop.store.reading() as reader:
        assert shop.recognition.found(reader, anna) == {anna: ("has this id",)}


def test_what_was_told_under_several_names_of_a_person_counts_together(shop):
    shop.accept("crm", [
        {"type": "identify", "messageId": "x", "timestamp": shop.day.next(), "traits": {"city": "Metz"},
         "context": {"externalIds": [{"type": "loyalty", "id": "MR-9001"}]}},
        {"type": "identify", "messageId": "y", "timestamp": shop.day.next(), "userId": "dora",
         "traits": {"lastName": "Quiniou"}, "context": {"externalIds": [{"type": "loyalty", "id": "MR-9001"}]}},
    ])  # fmt: skip
    with shop.store.reading() as reader:
        found = shop.recognition.found(reader, "quiniou metz")
    assert list(found.values()) == [("is called quiniou", "lives in metz")]


# What stands of a person


def test_an_email_of_several_people_is_not_a_persons_own(shop):
    with shop.store.reading() as reader:
        bruno = shop.recognition.profile(reader, person(shop, "bruno"))
        values = shop.recognition.values(reader, person(shop, "bruno"))
    assert "email" not in bruno.attributes
    assert bruno.attributes["phone"].value == "+33698765432"
    assert "petit@example.com" in [one.value for one in values]


def test_verify_rebuilds_every_value_and_clue(shop):
    found = shop.verify()
    checked = {check.table: (check.rows, check.equal) for check in found.tables}
    assert [checked[table][1] for table in ("attributes", "postings", "sounds")] == [True, True, True]
    assert checked["attributes"][0] == 16
    assert found.trouble == ()


# Through the doors


def test_the_command_line_tells_every_value_and_who_it_may_be(shop, capsys):
    def said(*words):
        assert run([*words, "--hub", str(shop.folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    told = said("customers", "values", person(shop, "bruno"))
    attributes = {one["name"]: one for one in told["attributes"]}
    assert (attributes["phone"]["value"], attributes["phone"]["own"], attributes["phone"]["trust"]) == (
        "+33698765432", True, "verified",
    )  # fmt: skip
    assert (attributes["email"]["value"], attributes["email"]["own"]) == (None, False)
    (mail,) = attributes["email"]["others"]
    assert (mail["value"], mail["source"], mail["first_message"], mail["told_of"]) == (
        "petit@example.com", "crm", "b", "user_id:bruno",
    )  # fmt: skip

    answer = said("customers", "recognise", "--name", "Anna Petit", "--phone", "5678")
    assert answer["judged_by"] == "evidence"
    assert [one["person"] for one in answer["candidates"] if one["probably"]] == [person(shop, "anna")]
    (alike,) = said("customers", "lookalikes", person(shop, "anna"))["candidates"]
    assert (alike["person"], alike["probably"], alike["reasons"]) == (
        person(shop, "bruno"), False, ["is called petit", "lives in lyon"],
    )  # fmt: skip


def test_the_command_line_refuses_what_says_too_little(shop, capsys):
    assert run(["customers", "recognise", "--phone", "12", "--hub", str(shop.folder)]) == 3
    assert capsys.readouterr().err.startswith("customers.too_little_said: ")


def test_an_associate_looks_up_over_http(shop):
    writer = Writer(shop.accept_groups)
    headers = {"authorization": f"Bearer {shop.access.add_key(Role.ASSOCIATE)[1]}"}
    with TestClient(api(shop, writer), raise_server_exceptions=False) as client:
        found = client.get("/v1/customers", params={"q": "meier 0417"}, headers=headers).json()
        assert [(one["person"], one["name"], one["found_by"]) for one in found] == [
            (
                person(shop, "clara"),
                "Clara Meyer",
                ["has a number that ends with 0417", "is called meyer, which sounds like meier"],
            )
        ]
        said = {"name": "Anna Petit", "birthday": "1984-03-07"}
        answer = client.post("/v1/customers/recognise", json=said, headers=headers)
        assert (answer.status_code, answer.json()["candidates"][0]["person"]) == (200, person(shop, "anna"))
        assert client.post("/v1/customers/recognise", json={}, headers=headers).status_code == 400
        assert client.post("/v1/customers/recognise", json=said).status_code == 401
        values = client.get(f"/v1/customers/{person(shop, 'anna')}/values", headers=headers).json()
        assert (values["name"], len(values["attributes"])) == ("Anna Petit", 6)
        alike = client.get(f"/v1/customers/{person(shop, 'anna')}/lookalikes", headers=headers).json()
        assert [one["person"] for one in alike["candidates"]] == [person(shop, "bruno")]
        assert client.get("/v1/customers/p_0000000000000000/values", headers=headers).status_code == 404
    writer.stop()
