"""Accounts: which names are one business, who acts for it, on which terms it buys, and for whom an order is."""

from contextlib import suppress
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.kernel.clock import MINUTE, parse_instant
from noline.kernel.errors import NotFound, NotReadable
from noline.kernel.events import Identifier
from noline.truth.accounts.model import AccountUnreadable, Membership, Terms, Value
from noline.truth.accounts.names import is_gln, spelled
from noline.truth.accounts.service import Accounts

OPENING = parse_instant("2026-03-02T09:00:00Z")
GLN = "4012345000009"


def minute(number):
    return OPENING + number * MINUTE


class Office:
    """The accounts room, told by people who are known by one name each."""

    def __init__(self, listening, digest, fact_of):
        self.room = Accounts(digest)
        self.listening = listening(self.room)
        self.digest = digest
        self._fact_of = fact_of

    def fact(
        self, kind, at, *, who="anna", traits=None, trusted=True, known_as=None, source=None, message=None, **said
    ):
        names = known_as or (Identifier("user_id", who),)
        about = f"{names[0].namespace}:{names[0].value}"
        source = source or ("erp" if trusted else "shop")
        plain = self._fact_of(kind, said, id=message or f"m-{at}", at=minute(at), about=about, source=source)
        return msgspec.structs.replace(plain, identifiers=names, traits=traits or {}, trusted=trusted)

    def hears(self, kind, at, **told):
        self.listening.take([self.fact(kind, at, **told)])

    def group(self, at, group, *, who="anna", trusted=True, source=None, message=None, **traits):
        told = {**({"groupId": group} if group else {}), **traits}
        self.hears("group", at, who=who, traits=told, trusted=trusted, source=source, message=message)

    def account(self, kind, value):
        found = [one for one in self.says("find", value) if (kind, value) in self.names(one)]
        assert len(found) == 1, f"{kind} {value} is known as {found}"
        return found[0]

    def names(self, account):
        return {tuple(name) for name, _ in self.says("get", account).names}

    def roles(self, account):
        return [(one.subject, one.role) for one in self.says("members", account)]

    def subject(self, who):
        return self.digest(f"user_id:{who}")

    def id_of(self, kind, value):
        return "a_" + self.digest(f"business:{kind}:{value}").hex()[:16]

    def says(self, question, *args):
        return self.listening.says(question, *args)


@pytest.fixture
def office(listening, digest, fact_of):
    return Office(listening, digest, fact_of)


def test_a_buying_centre_has_three_people_each_in_their_role(office):
    office.group(1, "acme", who="anna", role="buyer", name="Acme SA", industry="hotels")
    office.group(2, "acme", who="bruno", role="Approver")
    office.group(3, "acme", who="carla", roles=["payer", "user"])
    acme = office.account("account_id", "acme")
    assert office.roles(acme) == [
        (office.subject("anna"), "buyer"),
        (office.subject("bruno"), "approver"),
        (office.subject("carla"), "payer"),
        (office.subject("carla"), "user"),
    ]
    assert office.says("get", acme).name == "Acme SA"


def test_a_membership_lasts_from_when_it_was_first_told_to_when_it_was_last(office):
    office.group(5, "acme", role="buyer", source="erp")
    office.group(2, "acme", role="buyer", source="crm")
    office.group(3, "acme", role="buyer", source="shop", trusted=False)
    acme = office.account("account_id", "acme")
    assert office.says("of_subjects", [office.subject("anna")]) == [
        Membership(acme, office.subject("anna"), "buyer", ("crm", "erp", "shop"), True, minute(2), minute(5))
    ]


def test_one_person_who_buys_privately_and_for_a_firm_stays_one_and_the_orders_know(office):
    office.hears("Order Completed", 1, order_id="private-1", total=20)
    office.hears("Order Completed", 2, order_id="firm-1", account_id="acme", total=900)
    office.hears("Order Placed", 3, order_id="firm-2", account_id="acme", role="approver")
    acme = office.account("account_id", "acme")
    assert office.says("of_orders", ["private-1", "firm-1", "firm-2"]) == {"firm-1": acme, "firm-2": acme}
    assert office.says("orders", acme) == ["firm-1", "firm-2"]
    assert office.roles(acme) == [(office.subject("anna"), "buyer"), (office.subject("anna"), "approver")]


def test_of_two_firms_told_of_one_order_the_one_counts_that_a_server_told(office):
    office.hears("Order Placed", 1, order_id="o-1", account_id="acme")
    office.hears("Order Placed", 2, order_id="o-1", account_id="bistro", trusted=False)
    acme, bistro = office.account("account_id", "acme"), office.account("account_id", "bistro")
    assert office.says("of_orders", ["o-1"]) == {"o-1": acme}
    assert (office.says("orders", acme), office.says("orders", bistro)) == (["o-1"], [])


def test_two_firms_with_one_vat_id_are_one_and_old_ids_lead_to_it(office):
    office.group(2, "erp-7")
    office.group(1, "shop-12")
    old, new = office.account("account_id", "erp-7"), office.account("account_id", "shop-12")
    assert old != new
    office.group(3, "erp-7", vat_id="fr 40 303 265 045")
    office.group(4, "shop-12", vatId="FR40303265045")
    assert office.names(new) == {("account_id", "erp-7"), ("account_id", "shop-12"), ("vat_id", "FR40303265045")}
    assert office.says("account_of", old) == new == office.id_of("account_id", "shop-12")
    assert office.says("get", old) == office.says("get", new)
    assert office.says("account_of", office.id_of("vat_id", "FR40303265045")) == new


def test_a_firm_has_one_vat_id_and_a_second_one_is_disputed(office):
    office.group(1, "acme", vat_id="DE136695976")
    office.group(2, "acme", vat_id="FR40303265045")
    acme, french = office.account("account_id", "acme"), office.account("vat_id", "FR40303265045")
    assert office.names(acme) == {("account_id", "acme"), ("vat_id", "DE136695976")}
    assert office.says("get", acme).disputed == ((Identifier("vat_id", "FR40303265045"), french),)
    assert office.says("get", french).disputed == ((Identifier("account_id", "acme"), acme),)


def test_a_place_joins_no_two_firms_that_are_taxed_apart(office):
    office.group(1, "acme", vat_id="DE136695976", gln=GLN)
    office.group(2, "bistro", vat_id="FR40303265045", gln=GLN)
    acme, bistro = office.account("account_id", "acme"), office.account("account_id", "bistro")
    assert acme != bistro
    assert ("gln", GLN) in office.names(acme)
    assert office.says("get", bistro).disputed == ((Identifier("gln", GLN), acme),)


def test_what_was_told_before_and_after_the_group_call_belongs_to_the_business(office):
    office.hears("Order Completed", 1, order_id="o-1", account_id="acme")
    office.hears(
        "identify", 2, who="bruno", known_as=(Identifier("user_id", "bruno"), Identifier("account_id", "acme")),
        traits={"role": "payer"},
    )  # fmt: skip
    before = office.account("account_id", "acme")
    office.group(3, "acme", who="carla", role="approver", name="Acme SA", duns="15-048-3782")
    office.hears("Order Completed", 4, order_id="o-2", account_id="acme", who="carla")
    assert office.account("duns", "150483782") == before
    assert office.says("orders", before) == ["o-1", "o-2"]
    assert office.roles(before) == [
        (office.subject("anna"), "buyer"),
        (office.subject("bruno"), "payer"),
        (office.subject("carla"), "approver"),
        (office.subject("carla"), "buyer"),
    ]


def test_a_consultant_of_two_firms_does_not_make_them_one(office):
    names = (Identifier("user_id", "dora"), Identifier("account_id", "acme"), Identifier("account_id", "bistro"))
    office.hears("identify", 1, who="dora", known_as=names)
    assert office.account("account_id", "acme") != office.account("account_id", "bistro")
    assert [one.role for one in office.says("of_subjects", [office.subject("dora")])] == ["member", "member"]


def test_the_company_of_an_identify_is_the_business_of_the_person(office):
    company = {"id": "acme", "name": "Acme SA", "employee_count": 12, "plan": "gold"}
    office.hears("identify", 1, traits={"company": company, "role": "buyer", "name": "Anna"})
    acme = office.says("get", office.account("account_id", "acme"))
    assert {name: one.value for name, one in acme.attributes.items()} == {
        "account_id": "acme", "employee_count": "12", "name": "Acme SA", "plan": "gold",
    }  # fmt: skip
    assert office.roles(acme.account) == [(office.subject("anna"), "buyer")]


def test_every_value_is_kept_and_the_latest_that_a_server_told_counts(office):
    office.group(1, "acme", name="Acme", source="crm")
    office.group(2, "acme", name="Acme SA", source="erp")
    office.group(3, "acme", name="ACME!!", trusted=False)
    office.group(4, "acme", name="Acme", source="shop-2", trusted=False, who="bruno")
    name = office.says("get", office.account("account_id", "acme")).attributes["name"]
    assert (name.value, name.source, name.verified, name.told_at) == ("Acme SA", "erp", True, minute(2))
    assert name.others == (
        Value("Acme", "crm", True, minute(1), minute(1), "m-1", 1),
        Value("Acme", "shop-2", False, minute(4), minute(4), "m-4", 1),
        Value("ACME!!", "shop", False, minute(3), minute(3), "m-3", 1),
    )


def test_of_values_told_at_the_same_time_the_one_that_most_say_counts(office):
    office.group(1, "acme", plan="silver", source="a", message="m-a")
    office.group(1, "acme", plan="gold", source="b", message="m-b")
    office.group(1, "acme", plan="gold", source="c", message="m-c", who="bruno")
    assert office.says("get", office.account("account_id", "acme")).attributes["plan"].value == "gold"


def test_terms_are_known_by_the_ids_of_the_companys_own_systems(office):
    office.group(
        1, "acme", terms_id="T-30", paymentTerms="30 days net", price_list="horeca-2", credit_limit="12500.50",
        creditLimitMinor=1250050, currency="EUR", address={"city": "Lyon", "postalCode": "69001"},
    )  # fmt: skip
    acme = office.says("get", office.account("account_id", "acme"))
    assert acme.terms == Terms("T-30", "30 days net", "horeca-2", "12500.50", 1250050, "EUR")
    assert (acme.attributes["address.city"].value, acme.attributes["address.postal_code"].value) == ("Lyon", "69001")


@pytest.mark.parametrize(
    ("trait", "value", "why"),
    [
        ("credit_limit", "a lot", "its credit_limit 'a lot' is no amount"),
        ("credit_limit", "-5", "its credit_limit '-5' is no amount"),
        ("credit_limit", "Infinity", "its credit_limit 'Infinity' is no amount"),
        ("credit_limit_minor", 10.5, "its credit_limit_minor '10.5' is no whole number of minor units"),
    ],
)
def test_an_odd_credit_limit_is_refused_and_nothing_moves(office, trait, value, why):
    with pytest.raises(AccountUnreadable, match="group cannot be taken into the accounts") as refusal:
        office.group(1, "acme", **{trait: value})
    assert refusal.value.facts["why"] == why
    assert office.listening.rows() == {table: [] for table in office.room.tables}


def test_a_page_can_claim_a_firm_but_joins_none(office):
    office.group(1, "acme", vat_id="DE136695976", name="Acme SA")
    office.group(2, "thief", vat_id="DE136695976", name="Acme SA", who="eve", trusted=False)
    acme, thief = office.account("account_id", "acme"), office.account("account_id", "thief")
    assert acme != thief
    assert office.names(thief) == {("account_id", "thief")}
    assert [one.verified for one in office.says("members", thief)] == [False]


def test_nobody_is_made_a_member_by_an_address_that_a_page_claims(office, digest):
    fact = office.fact(
        "group", 1, trusted=False, traits={"groupId": "acme"}, known_as=(Identifier("email", "anna@example.com"),)
    )
    fact.subject = digest("message:m-1")
    office.listening.take([fact])
    assert office.roles(office.account("account_id", "acme")) == []


def test_a_record_that_is_filed_under_the_business_is_about_the_person_beside_it(office, digest):
    names = (Identifier("account_id", "acme"), Identifier("email", "anna@example.com"))
    office.hears("identify", 1, known_as=names, traits={"role": "buyer"})
    assert office.roles(office.account("account_id", "acme")) == [(digest("email:anna@example.com"), "buyer")]


def test_a_business_is_found_by_number_by_old_id_and_by_part_of_its_name(office):
    office.group(1, "acme", name="Hôtel Müller & Söhne", website="mueller.example", gln=GLN, vat_id="DE136695976")
    office.group(2, "bistro", name="Hotel Mullerhof garni")
    acme, bistro = office.account("account_id", "acme"), office.account("account_id", "bistro")
    assert office.says("find", "hotel muller") == [acme, bistro]
    assert office.says("find", "hotel muller", 1) == [acme]
    for text in ("acme", "40 12345 00000 9", "de 136 695 976", "mueller.EX", acme, office.id_of("gln", GLN)):
        assert office.says("find", text) == [acme], text
    assert office.says("find", "100%") == []
    assert office.says("find", "_") == []


def test_an_account_that_nobody_knows_is_not_found(office):
    for account in ("a_0000000000000000", "acme", "p_0000000000000000", ""):
        with pytest.raises(NotFound):
            office.says("get", account)


def test_a_group_call_that_names_no_business_leaves_no_row(office):
    office.group(1, None, name="Acme")
    office.group(2, "null", name="Acme")
    office.group(3, "0000", name="Acme")
    assert office.listening.rows() == {table: [] for table in office.room.tables}


def test_numbers_that_name_nobody_are_kept_as_they_were_told(office):
    office.group(1, "acme", gln="4012345000008", vat_id="DE123456789", duns="000000000")
    acme = office.says("get", office.account("account_id", "acme"))
    assert [name for name, _ in acme.names] == [Identifier("account_id", "acme")]
    told = {name: one.value for name, one in acme.attributes.items()}
    assert told == {"account_id": "acme", "duns": "000000000", "gln": "4012345000008", "vat_id": "DE123456789"}


@pytest.mark.parametrize(
    ("kind", "told", "kept"),
    [
        ("vat_id", " fr 40.303-265/045 ", "FR40303265045"),
        ("vat_id", "CHE-116.281.710 MWST", "CHE116281710"),
        ("vat_id", "NL004495445B01", "NL004495445B01"),
        ("vat_id", "136695976", None),
        ("vat_id", "DE999999999", None),
        ("gln", "40-12345-00000-9", GLN),
        ("gln", "4012345000000", None),
        ("gln", "401234500000", None),
        ("duns", "15-048-3782", "150483782"),
        ("duns", "123456789", None),
        ("duns", 150483782, "150483782"),
        ("account_id", " Acme-１ ", "Acme-1"),  # noqa: RUF001  a full-width digit
        ("account_id", 42, "42"),
        ("account_id", True, None),
        ("account_id", ["acme"], None),
        ("account_id", "x" * 257, None),
    ],
)
def test_a_name_has_one_spelling(kind, told, kept):
    assert spelled(kind, told) == (None if kept is None else Identifier(kind, kept))


def test_one_wrong_digit_is_no_gln():
    wrong = [GLN[:place] + str((int(GLN[place]) + 1) % 10) + GLN[place + 1 :] for place in range(13)]
    assert is_gln(GLN)
    assert [text for text in wrong if is_gln(text)] == []


def test_erasing_a_person_takes_their_membership_and_what_only_they_told(office):
    office.group(1, "acme", who="anna", vat_id="DE136695976", name="Acme SA", role="buyer")
    office.group(2, "bistro", who="bruno", vat_id="DE136695976", name="Bistro", role="payer")
    office.group(3, "acme", who="bruno", role="approver")
    one = office.account("account_id", "acme")
    assert office.account("account_id", "bistro") == one
    with office.listening.store.transaction() as tx:
        # Four tellings (two names, both ends of their link), three values, a membership.
        assert office.room.erase(tx, [office.subject("anna")]) == 4 + 3 + 1
    acme, bistro = office.account("account_id", "acme"), office.account("account_id", "bistro")
    assert acme != bistro
    assert office.names(bistro) == {("account_id", "bistro"), ("vat_id", "DE136695976")}
    assert office.says("of_subjects", [office.subject("anna")]) == []
    assert office.roles(acme) == [(office.subject("bruno"), "approver")]


def test_what_is_left_after_an_erasure_is_what_the_others_told(office, digest, rows_of):
    told = [
        office.fact("group", 1, who="anna", traits={"groupId": "acme", "vat_id": "DE136695976", "role": "buyer"}),
        office.fact("group", 2, who="bruno", traits={"groupId": "acme", "gln": GLN, "name": "Acme"}),
        office.fact("Order Placed", 3, who="anna", order_id="o-1", account_id="acme"),
        office.fact("group", 4, who="bruno", traits={"groupId": "bistro", "vat_id": "DE136695976", "gln": GLN}),
    ]
    office.listening.take(told)
    with office.listening.store.transaction() as tx:
        office.room.erase(tx, [office.subject("anna")])
        left = rows_of(tx, office.room)
        with suppress(Undone), tx.savepoint():
            for table in office.room.tables:
                tx.run(f"DELETE FROM {table}")
            office.room.take(tx, [fact for fact in told if fact.subject != office.subject("anna")])
            assert rows_of(tx, office.room) == left
            raise Undone


class Undone(Exception):
    """Takes back what was folded."""


NAMES = {
    "groupId": st.sampled_from(["acme", "bistro", "casa"]),
    "vat_id": st.sampled_from(["DE136695976", "FR40303265045"]),
    "gln": st.just(GLN),
}
SENTENCES = st.one_of(
    st.tuples(
        st.just("group"),
        st.fixed_dictionaries(
            {},
            optional={
                **NAMES,
                "name": st.sampled_from(["Acme", "Äcme"]),
                "role": st.sampled_from(["buyer", "payer"]),
                "credit_limit": st.sampled_from(["10", "odd"]),
            },
        ),
    ),
    st.tuples(
        st.just("Order Placed"),
        st.fixed_dictionaries({"order_id": st.sampled_from(["o-1", "o-2"])}, optional={"account_id": NAMES["groupId"]}),
    ),
    st.tuples(
        st.just("identify"),
        st.fixed_dictionaries({"company": st.fixed_dictionaries({"id": NAMES["groupId"]})}),
    ),
)


@st.composite
def retellings(draw):
    """Facts, and the same ones again in another order, some of them twice, cut into batches."""
    said = st.tuples(SENTENCES, st.integers(1, 3), st.sampled_from(["anna", "bruno"]), st.booleans())
    told = draw(st.lists(said, min_size=2, max_size=8))
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=3))))
    cut = draw(st.integers(0, len(again)))
    return told, [again[:cut], again[cut:]]


def fold(tx, room, facts):
    """As the log does: a fact that the room cannot read is left out, the others are taken."""
    try:
        with tx.savepoint():
            room.take(tx, facts)
    except NotReadable:
        if len(facts) > 1:
            for fact in facts:
                fold(tx, room, [fact])


def test_any_order_any_batches_any_repeats_give_the_same_rows_and_businesses(
    store, digest, fact_of, rows_of, listening
):
    office = Office(listening, digest, fact_of)

    def made(number, said):
        (kind, properties), at, who, trusted = said
        traits = {} if kind == "Order Placed" else properties
        rest = properties if kind == "Order Placed" else {}
        return office.fact(kind, at, who=who, traits=traits, trusted=trusted, message=f"m-{number}", **rest)

    def after(batches):
        with store.transaction() as tx, suppress(Undone), tx.savepoint():
            for batch in batches:
                fold(tx, office.room, batch)
            rows = rows_of(tx, office.room)
            accounts = sorted({row[-1] for row in rows["account_names"]})
            found = rows, [(office.room.get(tx, one), office.room.members(tx, one)) for one in accounts]
            raise Undone
        return found

    @settings(max_examples=settings.default.max_examples * (3 if store.dialect == "sqlite" else 1))
    @given(retelling=retellings())
    def gives_the_same(retelling):
        told, batches = retelling
        facts = [made(number, said) for number, said in enumerate(told)]
        assert after([[facts[number] for number in batch] for batch in batches]) == after([[fact] for fact in facts])

    gives_the_same()


def test_three_calls_in_every_order_make_the_same_businesses(office, rows_of):
    told = [
        office.fact("group", 1, traits={"groupId": "acme", "vat_id": "DE136695976"}),
        office.fact("group", 2, traits={"groupId": "bistro", "vat_id": "FR40303265045"}),
        office.fact("group", 3, traits={"groupId": "acme", "account_id": "bistro"}),
    ]
    found = set()
    for order in permutations(told):
        with office.listening.store.transaction() as tx, suppress(Undone), tx.savepoint():
            for fact in order:
                office.room.take(tx, [fact])
            found.add(repr(rows_of(tx, office.room)))
            raise Undone
    assert len(found) == 1
