"""What was told of people: every value stays, the best one stands, and part of it is enough to be found."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.events import Context, Identifier, route_of
from noline.truth.customers.identifiers import normalised
from noline.truth.profiles.clues import folded, sound, terms, words
from noline.truth.profiles.model import CLAIMED, CONFIRMED, VERIFIED, Told, canonical, flattened, golden
from noline.truth.profiles.service import Profiles

ANNA = Identifier("user_id", "anna")


@pytest.fixture
def room(listening, digest):
    """The room on a fresh store, which hears what is told of people."""
    return listening(Profiles(digest, normalised))


@pytest.fixture
def told_of(fact_of, digest):
    """A fact that tells these traits of somebody. about: the names in it, the first is filed under."""

    def told(*about, id="m-1", at=1, source="crm", trusted=True, kind="identify", context=None, filed=None, **traits):  # noqa: A002
        fact = fact_of(kind, id=id, at=at, source=source)
        names = about or (ANNA,)
        fact.subject = subject(digest, filed or names[0])
        fact.route_key = route_of(fact.subject)
        fact.identifiers, fact.traits, fact.trusted = tuple(names), traits, trusted
        fact.context = context or Context()
        return fact

    return told


def subject(digest, identifier):
    return digest(f"{identifier.namespace}:{identifier.value}")


def user(name):
    return Identifier("user_id", name)


def standing(profile):
    return {name: one.value for name, one in profile.attributes.items()}


# Names


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("firstName", "firstName"),
        ("first_name", "firstName"),
        ("FIRST NAME", "firstName"),
        ("lastname", "lastName"),
        ("city", "address.city"),
        ("zip", "address.postalCode"),
        ("address.postal_code", "address.postalCode"),
        ("date_of_birth", "birthday"),
        ("nameKana", "nameKana"),
        ("loyalty_tier", "loyalty_tier"),
    ],
)
def test_an_attribute_has_one_name_however_it_is_written(told, name):
    assert canonical(told) == name


def test_what_is_inside_an_address_is_an_attribute_of_its_own():
    traits = {"address": {"street": " 3 Rue Oberkampf ", "city": "Paris", "geo": {"lat": 48.8}}, "age": 41}
    assert flattened(traits) == [
        ("address.street", "3 Rue Oberkampf"),
        ("address.city", "Paris"),
        ("address.geo.lat", "48.8"),
        ("age", "41"),
    ]


def test_empty_values_say_nothing_and_lists_and_yes_or_no_are_kept_as_json():
    traits = {"name": "  ", "phone": None, "tags": ["b", "a"], "none": [], "address": {}, "member": True, "visits": 0}
    assert flattened(traits) == [("tags", '["b","a"]'), ("member", "true"), ("visits", "0")]


def test_a_name_longer_than_any_attribute_has_is_left_out():
    assert flattened({"x" * 64: 1, "x" * 65: 1}) == [("x" * 64, "1")]


# Who is told of


def test_a_value_stays_with_its_first_and_last_telling(room, told_of, digest):
    for at, message in ((5, "m-5"), (2, "m-2"), (9, "m-9"), (5, "m-5")):
        room.take([told_of(id=message, at=at, first_name="Anna")])
    anna = subject(digest, ANNA)
    expected = Told(anna, "firstName", "Anna", "crm", VERIFIED, 2, b"m-2", 9, b"m-9")
    assert room.says("values", [anna]) == [expected]


def test_a_new_value_leaves_the_old_one_where_it_was(room, told_of, digest):
    room.take([told_of(id="m-1", at=1, lastName="Petit"), told_of(id="m-2", at=2, lastName="Durand")])
    values = room.says("values", [subject(digest, ANNA)])
    assert [(one.value, one.last_at) for one in values] == [("Durand", 2), ("Petit", 1)]


def test_an_address_that_is_only_claimed_is_told_nothing(room, told_of):
    mail = Identifier("email", "anna@example.com")
    room.take([told_of(mail, filed=Identifier("message", "m-1"), trusted=False, name="Somebody Else")])
    assert room.rows() == {"attributes": [], "postings": [], "sounds": []}


def test_what_a_browser_says_is_a_claim_and_what_a_door_of_the_hub_says_is_confirmed(room, told_of, digest):
    room.take([
        told_of(id="m-1", source="page", trusted=False, name="Ann"),
        told_of(id="m-2", source="crm", name="Anne"),
        told_of(id="m-3", source="noline", name="Anna"),
    ])  # fmt: skip
    values = room.says("values", [subject(digest, ANNA)])
    assert {one.value: one.trust for one in values} == {"Ann": CLAIMED, "Anne": VERIFIED, "Anna": CONFIRMED}


def test_the_traits_of_a_group_call_are_those_of_the_group(room, told_of, digest):
    room.take([told_of(kind="group", name="Café Central", context=Context(traits={"name": "Anna"}))])
    assert [one.value for one in room.says("values", [subject(digest, ANNA)])] == ["Anna"]


def test_any_event_may_tell_of_a_person(room, told_of, digest):
    room.take([told_of(kind="Order Completed", address={"city": "Lyon"})])
    assert standing(room.says("record", [subject(digest, ANNA)])) == {"address.city": "Lyon"}


# What stands


def a_value(value, *, source="crm", trust=VERIFIED, at=1, about=b"anna"):
    return Told(about, "city", value, source, trust, at, b"m", at, b"m")


@pytest.mark.parametrize(
    ("better", "worse", "why"),
    [
        (a_value("A", source="erp", trust=CLAIMED), a_value("B", trust=CONFIRMED, at=9), "the source ranks higher"),
        (a_value("A"), a_value("B", trust=CLAIMED, at=9), "it is verified"),
        (a_value("A", trust=CONFIRMED), a_value("B", at=9), "somebody confirmed it"),
        (a_value("A", at=2), a_value("B", at=1), "it is newer"),
    ],
)
def test_of_two_values_the_better_one_stands(better, worse, why):
    for order in ([better, worse], [worse, better]):
        stands = golden(order, {"erp": 1})["city"]
        assert (stands.value, stands.told_at, stands.others) == ("A", better.last_at, (worse,)), why


def test_among_equals_the_value_that_more_tell_stands():
    more = [a_value("Lyon"), a_value("Lyon", source="erp")]
    stands = golden([a_value("Paris", about=b"other"), *more])["city"]
    assert (stands.value, len(stands.lineage)) == ("Lyon", 2)


def test_everybody_who_tells_a_value_is_in_its_lineage():
    values = [a_value("Lyon", source="erp", at=3), a_value("Lyon", at=5), a_value("Paris", at=4)]
    stands = golden(values)["city"]
    assert stands.lineage == (values[1], values[0])
    assert stands.others == (values[2],)


def test_a_household_phone_is_nobodys_own(room, told_of, digest):
    phone = Identifier("phone", "+33612345678")
    room.take([
        told_of(ANNA, phone, id="m-1", phone="+33 6 12 34 56 78", email="anna@example.com"),
        told_of(ANNA, id="m-2", phone="+33 6 99 99 99 99"),
    ])  # fmt: skip
    anna = [subject(digest, ANNA)]
    assert room.says("record", anna).attributes["phone"].value in {"+33 6 12 34 56 78", "+33 6 99 99 99 99"}
    own = room.says("record", anna, frozenset([phone]))
    assert standing(own) == {"email": "anna@example.com", "phone": "+33 6 99 99 99 99"}
    assert own.attributes["phone"].others == ()


def test_somebody_is_called_by_the_name_or_by_its_parts(room, told_of, digest):
    room.take([told_of(firstName="Anna", lastName="Petit")])
    anna = [subject(digest, ANNA)]
    assert room.says("record", anna).name == "Anna Petit"
    room.take([told_of(id="m-2", source="page", trusted=False, name="annapetit")])
    assert room.says("record", anna).name == "Anna Petit"
    room.take([told_of(id="m-3", name="Dr. Anna Petit")])
    assert room.says("record", anna).name == "Dr. Anna Petit"


def test_of_somebody_of_whom_nothing_is_told_nothing_stands(room, digest):
    nobody = room.says("record", [subject(digest, ANNA)])
    assert (nobody.name, nobody.attributes) == (None, {})


def test_a_record_is_made_of_all_names_of_a_person(room, told_of, digest):
    card = Identifier("loyalty_id", "MR-00417")
    room.take([told_of(ANNA, id="m-1", firstName="Anna"), told_of(card, id="m-2", lastName="Petit")])
    assert room.says("record", [subject(digest, ANNA), subject(digest, card)]).name == "Anna Petit"


# What is typed


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Anna Petit", ["anna", "petit"]),
        ("O'Brien-Müller", ["o", "brien", "muller"]),
        ("06 12 34 56 78", ["0612345678"]),
        ("+33 6 12 34 56 78 petit", ["33612345678", "petit"]),
        ("+33 (6) 1234.5678", ["33612345678"]),
        ("petit 75011 5678", ["petit", "75011", "5678"]),
        ("MR-00417", ["mr", "00417"]),
        ("  ", []),
        ("anna Anna", ["anna"]),
    ],
)
def test_what_is_typed_is_read_term_by_term(typed, read):
    assert [term.typed for term in terms(typed)] == read


def test_words_are_folded():
    assert words("Łukasz Sørensen-Straße") == ["lukasz", "sorensen", "strasse"]
    assert folded("サトウ") == folded("さとう")
    assert words("ガトー 花子") == [folded("がとー"), "花子"]


@pytest.mark.parametrize(
    "alike",
    [
        ("meyer", "maier", "mayr", "meier"),
        ("schmidt", "schmitt", "shmid"),
        ("philippe", "filip", "philip"),
        ("thomas", "tomas"),
        ("muller", "mueller"),
        ("catherine", "katherine", "katrin"),
        ("hambourg", "hamburg"),
    ],
)
def test_names_that_sound_alike_have_one_sound(alike):
    assert len({sound(name) for name in alike}) == 1
    assert sound(alike[0]) is not None


def test_names_that_sound_otherwise_do_not():
    names = ["martin", "petit", "garcia", "rossi", "weber", "meyer", "schmidt", "maria", "anna"]
    assert len({sound(name) for name in names}) == len(names)
    assert [sound("li"), sound("佐藤"), sound("a1b")] == [None, None, None]


# Who is found


@pytest.fixture
def town(room, told_of):
    """Some people of whom some names are common."""
    people = [
        ("anna", "Anna", "Petit", "Lyon", "69001", "+33612345678", "MR-00417"),
        ("bruno", "Bruno", "Petit", "Paris", "75011", "+33698765432", "MR-00418"),
        ("clara", "Clara", "Müller", "Paris", "75011", "+4915123456789", "MR-10417"),
        ("dora", "Annabel", "Meyer", "Wien", "1010", "+43660555123", None),
        ("emi", "花子", "佐藤", "東京", "100-0001", "+81312345670", None),
    ]
    for number, (name, first, last, city, code, phone, card) in enumerate(people):
        names = [user(name), Identifier("phone", phone), *([Identifier("loyalty_id", card)] if card else [])]
        address = {"city": city, "postalCode": code}
        room.take([told_of(*names, id=f"m-{number}", firstName=first, lastName=last, phone=phone, address=address)])
    return room


@pytest.fixture
def found(town, digest):
    """Whom a text finds, best first."""
    names = {subject(digest, user(name)): name for name in ("anna", "bruno", "clara", "dora", "emi")}
    return lambda text, limit=20: [names[one.subject] for one in town.says("search", text, limit)]


@pytest.mark.parametrize(
    ("typed", "who"),
    [
        ("petit lyon", ["anna", "bruno"]),
        ("Petit Paris", ["bruno", "anna", "clara"]),
        ("anna", ["anna", "dora"]),
        ("ann", ["anna", "dora"]),
        ("5678", ["anna"]),
        ("345678", ["anna"]),
        ("06 12 34 56 78", ["anna"]),
        ("+33 6 12 34 56 78", ["anna"]),
        ("0417", ["anna", "clara"]),
        ("MR-00418", ["bruno"]),
        ("mueller", ["clara"]),
        ("MULLER", ["clara"]),
        ("maier wien", ["dora"]),
        ("75011", ["bruno", "clara"]),
        ("750", ["bruno", "clara"]),
        ("佐", ["emi"]),
        ("花子 佐藤", ["emi"]),
        ("東京", ["emi"]),
        ("zzz", []),
        ("", []),
        ("x", []),
    ],
)
def test_part_of_what_is_known_finds_people(found, typed, who):
    got = found(typed)
    assert sorted(got) == sorted(who)
    assert got[:1] == who[:1] or typed.isdecimal()


def test_an_answer_is_as_long_as_asked_for(found):
    assert len(found("petit paris", 2)) == 2


def test_a_search_says_why(town):
    best, *_ = town.says("search", "petit 5678")
    assert [reason.words for reason in best.why] == ["is called petit", "has a phone that ends with 5678"]
    assert best.score == pytest.approx(sum(reason.worth for reason in best.why))


def test_what_few_have_counts_more_than_what_many_have(room, told_of, digest):
    room.take([told_of(user(f"u-{n}"), id=f"m-{n}", lastName="Martin", address={"city": "Metz"}) for n in range(400)])
    room.take([told_of(user("rare"), id="m-r", lastName="Quiniou", address={"city": "Brest"})])
    best, *others = room.says("search", "martin brest", 5)
    assert best.subject == subject(digest, user("rare"))
    assert [one.why[0].typed for one in others] == ["martin"] * 4


def test_a_name_that_only_sounds_alike_comes_behind_the_one_that_was_typed_however_rare_it_is(room, told_of, digest):
    room.take([told_of(user(f"u-{n}"), id=f"m-{n}", lastName="Meyer") for n in range(500)])
    room.take([told_of(user("rare"), id="m-r", lastName="Mayr")])
    found = room.says("search", "meyer", 200)
    assert {one.why[0].words for one in found} == {"is called meyer"}
    assert [one.why[0].words for one in room.says("search", "mayr", 2)] == [
        "is called mayr",
        "is called meyer, which sounds like mayr",
    ]


def test_two_names_that_many_have_find_those_who_have_both(room, told_of, digest):
    firsts, lasts = ["Maria", "Jean"], ["Martin", "Garcia"]
    room.take([
        told_of(user(f"u-{n}"), id=f"m-{n}", firstName=firsts[n % 2], lastName=lasts[n // 2 % 2], city="Lyon")
        for n in range(1400)
    ])  # fmt: skip
    room.take([told_of(user("one"), id="m-x", firstName="Jean", lastName="Garcia", city="Metz")])
    found = room.says("search", "garcia jean", 400)
    assert {len(one.why) for one in found} == {2}
    assert len(found) == 100
    assert room.says("search", "jean garcia metz", 1)[0].subject == subject(digest, user("one"))


def test_a_card_that_is_shown_with_an_order_finds_its_owner(room, told_of, digest):
    card = Identifier("loyalty_id", "MR-00417")
    for number in range(3):
        room.take([told_of(ANNA, card, kind="Order Completed", id=f"m-{number}", at=number)])
    assert [one.subject for one in room.says("search", "0417")] == [subject(digest, ANNA)]


# Erasing


def test_who_is_erased_leaves_no_value_and_is_found_no_more(town, digest):
    with town.store.transaction() as tx:
        gone = town.room.erase(tx, [subject(digest, user("anna"))])
    # firstName, lastName, phone, city, postcode; two words, city, postcode, phone, card; Petit is still a name.
    assert gone == 5 + 6 + 1
    assert [one.subject for one in town.says("search", "petit 5678")] == [subject(digest, user("bruno"))]
    assert town.says("values", [subject(digest, user("anna"))]) == []


def test_a_name_that_nobody_has_any_more_is_not_kept_as_a_sound(town, digest):
    def sounds():
        return {word.decode() for _, _, word in town.rows()["sounds"]}

    assert {"clara", "petit"} < sounds()
    with town.store.transaction() as tx:
        town.room.erase(tx, [subject(digest, user("clara")), subject(digest, user("bruno"))])
    assert sounds() == {"anna", "petit", "annabel", "meyer"}


def test_who_was_erased_and_comes_back_is_found_again(town, told_of, digest):
    anna = [subject(digest, user("anna"))]
    before = town.rows()
    with town.store.transaction() as tx:
        town.room.erase(tx, anna)
    names = [user("anna"), Identifier("phone", "+33612345678"), Identifier("loyalty_id", "MR-00417")]
    address = {"city": "Lyon", "postalCode": "69001"}
    town.take([told_of(*names, id="m-0", firstName="Anna", lastName="Petit", phone="+33612345678", address=address)])
    assert town.rows() == before


# Any order

PEOPLE = st.sampled_from([(user("anna"),), (user("anna"), Identifier("phone", "+33612345678")), (user("bruno"),)])
TRAITS = st.fixed_dictionaries(
    {},
    optional={
        "firstName": st.sampled_from(["Anna", "Anne", "É"]),
        "first_name": st.sampled_from(["Anna", "Ann"]),
        "address": st.sampled_from([{"city": "Lyon"}, {"city": "Paris", "zip": 75011}]),
        "phone": st.sampled_from(["+33612345678", ""]),
    },
)
FACTS = st.tuples(PEOPLE, TRAITS, st.integers(1, 3), st.sampled_from(["a", "é", "Z", "10", "9"]),
                  st.sampled_from(["crm", "page", "noline"]))  # fmt: skip


@st.composite
def retellings(draw):
    """Facts, and the same ones again in another order, some of them twice, cut into batches."""
    told = draw(st.lists(FACTS, min_size=2, max_size=8, unique_by=lambda one: (one[2], one[3], one[0][0])))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=3))))
    edges = [0, *sorted(draw(st.lists(st.integers(0, len(again)), max_size=4))), len(again)]
    return told, [again[start:end] for start, end in pairwise(edges)]


class Undone(Exception):
    """Takes back what was folded."""


def after(store, room, batches, rows_of, people):
    """Every row and the golden records after these batches; the store is left as it was."""
    room.forget()
    with store.transaction() as tx, suppress(Undone), tx.savepoint():
        for batch in batches:
            room.take(tx, batch)
        found = rows_of(tx, room), [room.record(tx, [one]) for one in people], room.search(tx, "anna 5678 lyon")
        raise Undone
    return found


def test_any_order_any_batches_any_repeats_give_the_same_rows_and_records(store, digest, told_of, rows_of):
    room = Profiles(digest, normalised, {"page": 1})
    people = [subject(digest, user("anna")), subject(digest, user("bruno"))]

    @given(retelling=retellings())
    @settings(max_examples=settings.default.max_examples)
    def gives_the_same(retelling):
        told, batches = retelling
        facts = [
            told_of(*who, id=message, at=at, source=source, trusted=source != "page", **traits)
            for who, traits, at, message, source in told
        ]
        expected = after(store, room, [[fact] for fact in facts], rows_of, people)
        assert after(store, room, [[facts[n] for n in batch] for batch in batches], rows_of, people) == expected

    gives_the_same()
