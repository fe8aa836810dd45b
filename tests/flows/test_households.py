"""Households: who lives together, from what they share and what somebody decided; and the doors that tell it."""

import hashlib
import json
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from noline.doors.cli.main import run
from noline.flows.households import (
    ADDRESS,
    DECIDED,
    SHARED,
    HouseholdRules,
    Households,
    Pair,
    Tie,
    together_in,
)
from noline.kernel.clock import MINUTE, parse_instant
from noline.kernel.errors import NotFound
from noline.kernel.events import Context, Fact, Identifier, route_of
from noline.kernel.words import word_for
from noline.stores.access import Role
from noline.truth.customers.identifiers import normalised
from noline.truth.customers.service import Customers
from noline.truth.profiles.addresses import Addresses, one_spelling
from noline.truth.profiles.service import Profiles
from shop import OPENING, identify

BERLIN = {"street": "Hauptstraße 5", "postalCode": "10115", "city": "Berlin"}
LYON = {"street": "12 rue Mercière", "postalCode": "69002", "city": "Lyon"}
FAMILY, LANDLINE = "family@example.com", "+49 30 901820"


class Town:
    """A hub that a server tells of people."""

    def __init__(self, hub):
        self.hub = hub
        hub.access.add_source("crm", "call")

    def hears(self, minute, who, **traits):
        at = (OPENING + timedelta(minutes=minute)).isoformat()
        said = identify(id=f"m-{minute}-{who}", at=at, user=who, **traits)
        assert [one.status for one in self.hub.accept("crm", [said])] == ["accepted"]

    def person(self, who):
        subject = self.hub.customers.subject(Identifier("user_id", who))
        with self.hub.store.reading() as reader:
            return self.hub.customers.person_of(reader, subject)

    def household(self, who):
        return self.hub.households.household(self.person(who))

    def together(self, who):
        """The people of a household, the oldest first."""
        return [one.person for one in self.household(who).members]

    def people(self, *names):
        return [self.person(one) for one in names]

    def evidence(self, who):
        return {one.person: one.evidence for one in self.household(who).members}


@pytest.fixture
def town(hub):
    return Town(hub)


def test_a_family_shares_an_e_mail_and_a_landline_and_stays_three_people(town):
    town.hears(2, "anna", name="Anna Keller", email=FAMILY)
    town.hears(1, "bernd", name="Bernd Keller", email=FAMILY, phone=LANDLINE)
    town.hears(3, "clara", name="Clara Roth", phone=LANDLINE)
    assert town.people("bernd", "anna", "clara") == town.together("anna") == town.together("clara")
    assert len(set(town.together("anna"))) == 3
    assert town.household("anna").household == "h_" + town.person("bernd").removeprefix("p_")
    assert town.evidence("anna") == {
        town.person("anna"): ("shared e-mail family@example.com",),
        town.person("bernd"): ("shared e-mail family@example.com", "shared phone +4930901820"),
        town.person("clara"): ("shared phone +4930901820",),
    }
    assert [one.name for one in town.household("clara").members] == ["Bernd Keller", "Anna Keller", "Clara Roth"]


def test_one_address_and_surname_are_a_household_however_they_are_written(town):
    town.hears(1, "anna", firstName="Anna", lastName="Müller", address=BERLIN)
    town.hears(2, "bernd", name="Bernd von Muller-Roth", address={"line1": "haupt str. 5", "zip": "10115"})
    town.hears(3, "clara", name="Weiß, Clara", address=BERLIN)
    assert town.together("anna") == town.people("anna", "bernd")
    assert town.evidence("bernd") == dict.fromkeys(town.people("anna", "bernd"), ("same address and surname",))
    assert town.together("clara") == town.people("clara")


def test_a_flat_is_an_address_of_its_own(town):
    town.hears(1, "anna", name="Anna Müller", address={**BERLIN, "unit": "3a"})
    town.hears(2, "bernd", name="Bernd Müller", address={**BERLIN, "unit": "4b"})
    town.hears(3, "clara", name="Clara Müller", address={**BERLIN, "line2": "3 A"})
    assert town.together("anna") == town.people("anna", "clara")
    assert town.together("bernd") == town.people("bernd")


def test_who_moves_out_leaves_the_household_even_when_the_old_address_is_told_late(town):
    town.hears(1, "anna", name="Anna Müller", address=BERLIN)
    town.hears(2, "bernd", name="Bernd Müller", address=BERLIN)
    town.hears(9, "bernd", address=LYON)
    town.hears(10, "clara", name="Clara Müller", address=LYON)
    town.hears(5, "bernd", address=BERLIN)
    assert town.together("anna") == town.people("anna")
    assert town.together("bernd") == town.people("bernd", "clara")


def test_a_hotel_is_no_household(town):
    for number in range(30):
        surname = "Müller" if number < 2 else f"Guest{chr(97 + number)}"
        town.hears(number, f"u-{number}", name=f"Ada {surname}", address=LYON)
    found = town.household("u-0")
    assert [one.person for one in found.members] == town.people("u-0")
    assert found.passed_over == ("the address is told of more than 24 people",)


def test_at_an_address_of_as_many_people_as_may_be_a_family_is_still_found(town):
    for number in range(24):
        surname = "Müller" if number < 2 else f"Guest{chr(97 + number)}"
        town.hears(number, f"u-{number}", name=f"Ada {surname}", address=LYON)
    assert town.together("u-0") == town.people("u-0", "u-1")


def test_an_e_mail_of_too_many_people_is_no_household(town):
    for number in range(8):
        town.hears(number, f"u-{number}", email="till@example.com")
    assert town.together("u-0") == town.people(*(f"u-{number}" for number in range(8)))
    town.hears(8, "u-8", email="till@example.com")
    found = town.household("u-0")
    assert [one.person for one in found.members] == town.people("u-0")
    assert found.passed_over == ("the e-mail till@example.com is shared by 9 people",)


def test_the_desk_of_an_office_is_no_household(town):
    town.hears(1, "anna", email="info@acme.example")
    town.hears(2, "bernd", email="info@acme.example")
    assert town.together("anna") == town.people("anna")
    assert town.household("anna").passed_over == ("the e-mail info@acme.example is an office's",)


def test_a_passed_on_tablet_is_no_household(town):
    for number, who in enumerate(("anna", "bernd", "clara")):
        at = (OPENING + timedelta(minutes=number)).isoformat()
        said = {**identify(id=f"t-{number}", at=at, user=who), "anonymousId": "tablet-1"}
        town.hub.accept("crm", [said])
    with town.hub.store.reading() as reader:
        shared = town.hub.customers.shared_with(reader, town.person("anna"))
    assert shared == [(Identifier("anonymous_id", "tablet-1"), sorted(town.people("bernd", "clara")))]
    assert town.together("anna") == town.people("anna")


def test_what_somebody_decides_stands_above_what_is_shared_until_it_is_undone(town):
    town.hears(1, "anna", email=FAMILY)
    town.hears(2, "bernd", email=FAMILY)
    town.hears(3, "clara")
    anna, bernd, clara = town.people("anna", "bernd", "clara")
    apart = town.hub.identity.different_household(anna, bernd, by="Maria", reason="they told me")
    town.hub.identity.same_household(anna, clara, by="Jo", reason="flatmates")
    assert town.together("anna") == [anna, clara]
    assert town.evidence("anna") == {anna: ("decided by Jo",), clara: ("decided by Jo",)}
    assert town.household("anna").passed_over == (f"decided apart from {bernd} by Maria",)
    assert town.together("bernd") == [bernd]
    town.hub.identity.undo(apart.decision, by="Maria")
    assert town.together("bernd") == [anna, bernd, clara]


def test_of_two_decisions_about_the_same_two_the_later_holds(town):
    town.hears(1, "anna")
    town.hears(2, "bernd")
    anna, bernd = town.people("anna", "bernd")
    town.hub.identity.different_household(anna, bernd, by="Maria")
    town.hub.identity.same_household(bernd, anna, by="Jo")
    assert town.together("anna") == [anna, bernd]
    town.hub.identity.different_household(bernd, anna, by="Maria")
    assert town.together("anna") == [anna]


def test_a_household_holds_people_not_names_and_old_ids_lead_to_it(town):
    town.hears(1, "anna", name="Anna Müller", address=BERLIN)
    town.hears(2, "bernd", name="Bernd Müller", address=BERLIN)
    town.hears(3, "bernd-2", email="bernd@example.com")
    old = town.person("bernd-2")
    town.hub.identity.merge(town.person("bernd"), old, by="Maria")
    assert town.hub.households.household(old).members == town.household("anna").members
    assert town.together("anna") == town.people("anna", "bernd")


def test_a_household_e_mail_is_nobodys_own(town):
    town.hears(1, "anna", email=FAMILY, phone="+49 171 5550123")
    town.hears(2, "bernd", email=FAMILY)
    with town.hub.store.reading() as reader:
        anna = town.person("anna")
        shared = town.hub.households.shared_names(reader, anna)
        record = town.hub.profiles.record(reader, town.hub.customers.subjects(reader, anna), shared)
    assert shared == {Identifier("email", FAMILY)}
    assert set(record.attributes) == {"phone"}


def test_a_shared_name_is_nobody_of_the_household(town):
    town.hears(1, "anna", email=FAMILY)
    town.hears(2, "bernd", email=FAMILY)
    subject = town.hub.customers.subject(Identifier("email", FAMILY))
    with town.hub.store.reading() as reader:
        name = town.hub.customers.person_of(reader, subject)
    assert name not in town.people("anna", "bernd")
    assert town.together("anna") == town.people("anna", "bernd")
    found = town.hub.households.household(name)
    assert [one.person for one in found.members] == [name]
    assert found.passed_over == ("only a name is known that several people share: ask for one of them",)


def test_somebody_nobody_knows_has_no_household(town):
    with pytest.raises(NotFound):
        town.hub.households.household("p_0000000000000000")


def test_the_hub_verifies_with_addresses_and_forgets_those_of_the_erased(town):
    town.hears(1, "anna", name="Anna Müller", address=BERLIN)
    town.hears(2, "bernd", name="Bernd Müller", address=BERLIN)
    assert town.hub.verify().trouble == ()
    subject = town.hub.customers.subject(Identifier("user_id", "bernd"))
    with town.hub.store.transaction() as tx:
        assert town.hub.addresses.erase(tx, [subject]) == 1
        assert town.hub.addresses.erase(tx, [subject]) == 0
    assert town.together("anna") == town.people("anna")


def test_who_is_erased_is_of_no_household_and_no_account_and_the_hub_still_verifies(town):
    town.hears(1, "anna", name="Anna Müller", address=BERLIN, company={"id": "acme", "vat_id": "DE136695976"})
    town.hears(2, "bernd", name="Bernd Müller", address=BERLIN, company={"id": "acme"})
    assert town.together("bernd") == town.people("anna", "bernd")
    town.hub.erase(town.person("anna"), by="Maria", reason="asked to")
    assert town.together("bernd") == town.people("bernd")
    with town.hub.store.reading() as reader:
        assert town.hub.accounts.find(reader, "DE136695976") == []
        (acme,) = town.hub.accounts.find(reader, "acme")
        members = [one.subject for one in town.hub.accounts.members(reader, acme)]
    assert members == [town.hub.customers.subject(Identifier("user_id", "bernd"))]
    assert town.hub.verify().trouble == ()


# Spelling


@pytest.mark.parametrize(
    ("told", "spelled"),
    [
        ({"address": BERLIN}, "hauptstrasse5||10115"),
        ({"address": {"street": "Haupt-Str.", "houseNumber": "5", "zip": "10 115"}}, "hauptstrasse5||10115"),
        ({"address": {"street": "7 Elm Rd", "city": "Oxford", "unit": "Apt 2"}}, "7elmroad|apartment2|oxford"),
        ({"address": {"street": "7 Elm Road"}}, None),
        ({"address": {"city": "Oxford", "postalCode": "OX1 2AB"}}, None),
        ({"street": "7 Elm Rd", "zip": "ox1 2ab"}, "7elmroad||ox12ab"),
        ({"name": "Anna"}, None),
    ],
)
def test_an_address_has_one_spelling(told, spelled):
    assert one_spelling(told) == spelled


# Which ties hold


RULES = HouseholdRules(most_members=3)


def tie(one, other, strength=SHARED):
    return Tie(strength, min(one, other), max(one, other), "because")


def households(ties, apart=(), rules=RULES):
    people = {name: number for number, name in enumerate("abcdef")}
    found = together_in(people, ties, [Pair(*pair) for pair in apart], rules)
    return sorted("".join(sorted(one)) for one in found if len(one) > 1)


def test_a_third_person_does_not_bring_two_together_who_are_decided_apart():
    assert households([tie("a", "b"), tie("b", "c")], apart=["ac"]) == ["ab"]
    assert households([tie("a", "b"), tie("b", "c", ADDRESS)], apart=["ac"]) == ["bc"]


def test_a_chain_ends_where_the_household_is_too_large_unless_somebody_decided():
    chain = [tie("a", "b"), tie("b", "c"), tie("c", "d")]
    assert households(chain) == ["abc"]
    assert households([*chain, tie("d", "e", DECIDED), tie("c", "d", DECIDED), tie("b", "c", DECIDED)]) == ["bcde"]
    assert households(chain, rules=HouseholdRules()) == ["abcd"]


def test_ties_that_lead_to_very_many_people_say_nothing(town):
    for number in range(4):
        town.hears(number, f"u-{number}", email=f"e{number}@example.com", phone=f"+49 30 90182{number // 2}")
    for number in range(3):
        town.hears(10 + number, f"u-{number + 1}", email=f"e{number}@example.com")
    rules = HouseholdRules(most_explored=3)
    small = Households(town.hub.store, town.hub.customers, town.hub.profiles, town.hub.addresses, rules)
    found = small.household(town.person("u-0"))
    assert [one.person for one in found.members] == town.people("u-0")
    assert "its ties lead to more than 3 people: that is no household" in found.passed_over
    assert town.together("u-0") == town.people("u-0", "u-1", "u-2", "u-3")


# In any order


class Undone(Exception):
    """Takes back what was folded."""


TOLD = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from([FAMILY, "anna@example.com"]),
        "phone": st.just(LANDLINE),
        "lastName": st.sampled_from(["Müller", "Roth"]),
        "address": st.sampled_from([BERLIN, LYON]),
    },
)
SAID = st.tuples(st.sampled_from(["anna", "bernd", "clara"]), st.integers(1, 3), TOLD)


@st.composite
def retellings(draw):
    """Facts, and the same ones again in another order, some of them twice, cut into two batches."""
    told = draw(st.lists(SAID, min_size=2, max_size=7))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=3))))
    cut = draw(st.integers(0, len(again)))
    return told, [again[:cut], again[cut:]]


def digest(text):
    """A keyed hash as a hub has one."""
    return hashlib.blake2b(text.encode(), digest_size=16, key=b"a key of the tests").digest()


def test_any_order_any_batches_any_repeats_give_the_same_households(store):
    def fact(number, said):
        who, minute, traits = said
        named = [(name, normalised(name, traits.get(name))) for name in ("email", "phone")]
        names = (Identifier("user_id", who), *(Identifier(name, one) for name, one in named if one))
        subject = digest(f"user_id:{who}")
        at = parse_instant(OPENING.isoformat()) + minute * MINUTE
        return Fact(
            number + 1, "identify", word_for("identify"), route_of(subject), subject, f"m-{number}", at, at, "crm",
            "call", names, {}, traits, Context(), trusted=True,
        )  # fmt: skip

    def after(batches):
        rooms = Customers(digest), Profiles(digest, normalised), Addresses(digest)
        customers, _, addresses = rooms
        told = Households(store, *rooms)
        with store.transaction() as tx, suppress(Undone), tx.savepoint():
            for batch in batches:
                for room in rooms:
                    if batch:
                        room.take(tx, batch)
            people = sorted({person for (person,) in tx.rows("SELECT person FROM identifiers")})
            found = (
                {person: told.of(tx, person) for person in people},
                sorted(map(repr, tx.rows(f"SELECT {', '.join(addresses.tables['addresses'])} FROM addresses"))),
                {person: customers.shared_with(tx, person) for person in people},
            )
            raise Undone
        return found

    @settings(max_examples=settings.default.max_examples * (2 if store.dialect == "sqlite" else 1) // 2)
    @given(retelling=retellings())
    def gives_the_same(retelling):
        told, batches = retelling
        facts = [fact(number, said) for number, said in enumerate(told)]
        in_order = after([[one] for one in facts])
        assert after([[facts[number] for number in batch] for batch in batches]) == in_order
        for person, household in in_order[0].items():
            for member in household.members:
                assert in_order[0][member.person].members == household.members, (person, member)

    gives_the_same()


# Doors


def test_every_door_tells_of_a_household_and_of_accounts(tmp_path, capsys):
    from noline.doors.http.api import api
    from noline.doors.http.writer import Writer
    from noline.hub import Hub

    folder = tmp_path / "shop.noline"
    with Hub.init(folder) as hub:
        town = Town(hub)
        company = {"id": "acme", "name": "Acme SA", "vat_id": "DE136695976", "price_list": "horeca-2"}
        town.hears(1, "anna", name="Anna Keller", email=FAMILY, company=company, role="buyer")
        town.hears(2, "bernd", name="Bernd Keller", email=FAMILY)
        at = (OPENING + timedelta(minutes=3)).isoformat()
        order = {"order_id": "o-1", "account_id": "acme", "total": 10, "role": "approver"}
        said = {"type": "track", "event": "Order Completed", "messageId": "o", "timestamp": at, "userId": "bernd"}
        hub.accept("crm", [{**said, "properties": order}])
        anna, bernd = town.people("anna", "bernd")
        assert hub.verify().trouble == ()
        key = hub.access.add_key(Role.ASSOCIATE)[1]
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer)) as client:

            def ask(path, status=200):
                answer = client.get(path, headers={"authorization": f"Bearer {key}"})
                assert answer.status_code == status, answer.text
                return answer.json()

            living = ask(f"/v1/customers/{anna}/household")
            (found,) = ask("/v1/accounts?q=acme%20s")
            whole = ask(f"/v1/accounts/{found['account']}")
            of_anna = ask(f"/v1/customers/{anna}/accounts")
            assert ask("/v1/accounts/a_0000000000000000", 404)["code"] == "not_found"
            assert ask("/v1/customers/p_0000000000000000/household", 404)["code"] == "not_found"
        writer.stop()
    words = ["shared e-mail family@example.com"]
    assert living == {
        "household": "h_" + anna.removeprefix("p_"),
        "members": [
            {"person": anna, "name": "Anna Keller", "evidence": words},
            {"person": bernd, "name": "Bernd Keller", "evidence": words},
        ],
        "passed_over": [],
    }
    assert [(one["person"], one["role"], one["verified"]) for one in whole["members"]] == [
        (anna, "buyer", True),
        (bernd, "approver", True),
    ]
    assert (whole["name"], whole["orders"], whole["terms"]["price_list"]) == ("Acme SA", ["o-1"], "horeca-2")
    assert [(one["account"], one["name"], one["role"]) for one in of_anna] == [(found["account"], "Acme SA", "buyer")]

    def command(*words):
        assert run([*words, "--hub", str(folder), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert command("customers", "household", anna) == living
    assert command("customers", "account", found["account"]) == whole
    assert command("customers", "account", anna) == of_anna
    assert command("accounts", "find", "DE 136 695 976") == [found]
    assert run(["customers", "account", found["account"], "--hub", str(folder)]) == 0
    shown = capsys.readouterr()
    assert "price_list: horeca-2" in shown.err
    assert "Anna Keller" in shown.out
    assert run(["customers", "household", "p_0000000000000000", "--hub", str(folder)]) == 3
