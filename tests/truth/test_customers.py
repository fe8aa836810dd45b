"""Who is one person: names that glue, names that only find, and names that are nobody's."""

from contextlib import contextmanager
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.channels import segment
from noline.kernel.events import Context, Fact, Identifier, Message, route_of
from noline.kernel.words import word_for
from noline.truth.customers import derivation
from noline.truth.customers.decisions import decided_in, model_links_in, model_properties, properties_of
from noline.truth.customers.identifiers import identifiers_of, namespace, normalised
from noline.truth.customers.model import (
    CLAIMED,
    Decision,
    Evidence,
    Known,
    Link,
    alone,
    is_shared,
    number_of,
    people,
    person_of,
)
from noline.truth.customers.service import Customers, _trust
from shop import Day, identify, track


@pytest.fixture
def shop(hub):
    """A hub with a till that is believed and a web page that anybody can write to."""
    hub.access.add_source("till", "store")
    hub.access.add_source("page", "web", trust="browser")
    hub.day = Day()
    return hub


def visits(shop, source="page", **message):
    """Somebody looks at something; the message carries these names."""
    at = shop.day.next()
    told = {
        "type": "track",
        "event": "Product Viewed",
        "messageId": f"v-{at}",
        "timestamp": at,
        "properties": {"sku": "a"},
    }
    (receipt,) = shop.accept(source, [told | message])
    assert receipt.status == "accepted"


def who(shop, *names):
    """The people these names belong to, numbered in the order in which they are first met; None for nobody."""
    with shop.store.reading() as reader:
        found = [shop.customers.person_of(reader, shop.customers.subject(Identifier(*name))) for name in names]
    met = dict.fromkeys(person for person in found if person)
    return [list(met).index(person) + 1 if person else None for person in found]


def user(name):
    return ("user_id", name)


def cookie(name):
    return ("anonymous_id", name)


# Names


@pytest.mark.parametrize(
    ("name", "told", "spelled"),
    [
        ("email", " Anna.Petit+shop@GMail.com ", "annapetit@gmail.com"),
        ("email", "anna.petit@googlemail.com", "annapetit@gmail.com"),
        ("email", "Anna.Petit+news@example.com", "anna.petit@example.com"),
        ("email", "anna", None),
        ("email", "anna@localhost", None),
        ("phone", "+33 6 12 34 56 78", "+33612345678"),
        ("phone", "0033612345678", "0033612345678"),
        ("user_id", 42, "42"),
        ("user_id", True, None),
        ("user_id", ["42"], None),
        ("user_id", "\uff55-\uff11", "u-1"),
        ("user_id", "x" * 512, "x" * 512),
        ("user_id", "x" * 513, None),
    ],
)
def test_a_name_has_one_spelling(name, told, spelled):
    assert normalised(name, told) == spelled


@pytest.mark.parametrize("told", ["0000000000", "111111111", "123456789", "+33 0 00 00 00 00", "12345", "n/a", "-", ""])
def test_a_phone_number_that_cashiers_type_names_nobody(told):
    assert normalised("phone", told) is None


@pytest.mark.parametrize(
    "told", ["null", "NULL", "undefined", "anonymous", "0", "00000000-0000-0000-0000-000000000000"]
)
def test_a_placeholder_names_nobody(told):
    assert identifiers_of(Message(type="track", userId=told, anonymousId=told)) == ()


def test_names_come_strongest_first_and_once():
    message = Message(
        type="track",
        userId="u-1",
        anonymousId="w-1",
        traits={"email": "Anna@Example.com"},
        context=Context(
            externalIds=[{"type": "loyalty", "id": "L-7"}, {"type": "email", "value": "anna@example.com"}, {"id": "x"}]
        ),
    )
    assert identifiers_of(message) == (
        ("user_id", "u-1"), ("loyalty_id", "L-7"), ("email", "anna@example.com"), ("anonymous_id", "w-1"),
        ("external_id", "x"),
    )  # fmt: skip


def test_a_name_too_long_is_no_name_and_the_others_stay():
    assert identifiers_of(Message(type="track", userId="x" * 4_000, anonymousId="w-1")) == (("anonymous_id", "w-1"),)


def test_an_alias_of_oneself_is_ignored():
    assert identifiers_of(Message(type="alias", userId="u-1", previousId="u-1")) == (("user_id", "u-1"),)


def test_the_traits_of_a_group_are_not_those_of_who_joins_it():
    message = Message(type="group", userId="u-1", groupId="office", traits={"email": "desk@office.example"})
    assert identifiers_of(message) == (("user_id", "u-1"),)


# People


def test_a_cookie_belongs_to_who_signs_in_with_it(shop):
    visits(shop, anonymousId="w-1")
    assert who(shop, cookie("w-1")) == [1]
    visits(shop, anonymousId="w-1", userId="u-1")
    visits(shop, anonymousId="w-2", userId="u-1")
    assert who(shop, user("u-1"), cookie("w-1"), cookie("w-2")) == [1, 1, 1]


def test_a_person_is_called_after_the_strongest_then_oldest_name(shop):
    visits(
        shop, "till", context={"externalIds": [{"type": "loyalty", "id": "L-2"}], "traits": {"email": "a@b.example"}}
    )
    visits(
        shop, "till", context={"externalIds": [{"type": "loyalty", "id": "L-1"}], "traits": {"email": "a@b.example"}}
    )
    with shop.store.reading() as reader:
        (person,) = {shop.customers.person_of(reader, shop.customers.subject(Identifier("email", "a@b.example")))}
    # Two cards of one address: a family, so the address glues nobody and stands alone.
    assert person_of(number_of(person)) == person
    assert who(shop, ("loyalty_id", "L-2"), ("loyalty_id", "L-1"), ("email", "a@b.example")) == [1, 2, 3]


def test_a_shared_tablet_does_not_make_its_users_one(shop):
    for name in ("anna", "bruno", "chloe"):
        visits(shop, "till", anonymousId="tablet", userId=name)
    assert who(shop, user("anna"), user("bruno"), user("chloe"), cookie("tablet")) == [1, 2, 3, 4]


def test_a_tablet_that_becomes_shared_gives_back_who_it_had_glued(shop):
    visits(shop, "till", anonymousId="tablet", userId="anna")
    assert who(shop, user("anna"), cookie("tablet")) == [1, 1]
    visits(shop, "till", anonymousId="tablet", userId="bruno")
    visits(shop, "till", anonymousId="tablet", userId="chloe")
    visits(shop, "till", anonymousId="phone", userId="anna")
    assert who(shop, user("anna"), cookie("phone"), cookie("tablet"), user("bruno")) == [1, 1, 2, 3]


def test_two_user_ids_are_never_one_person(shop):
    visits(shop, "till", anonymousId="w-1", userId="anna")
    visits(shop, "till", anonymousId="w-1", userId="bruno")
    assert who(shop, user("anna"), cookie("w-1"), user("bruno")) == [1, 1, 2]


@pytest.mark.parametrize("claim", [{"traits": {"email": "boss@example.com"}}, {"traits": {"phone": "+33612345678"}}])
def test_what_a_browser_claims_never_glues(shop, claim):
    visits(shop, "till", userId="boss", context={"traits": {"email": "boss@example.com", "phone": "+33612345678"}})
    visits(shop, "page", anonymousId="stranger", userId="stranger", context=claim)
    boss = [user("boss"), ("email", "boss@example.com"), ("phone", "+33612345678")]
    assert who(shop, *boss, user("stranger"), cookie("stranger")) == [1, 1, 1, 2, 2]


def told_by(source, stamp, name, **names):
    """Somebody tells a name, and an address with it."""
    traits = {"email": "anna@example.com", "name": name}
    return (source, {"type": "identify", "messageId": stamp, "timestamp": stamp, "traits": traits} | names)


def test_what_a_browser_tells_beside_a_claimed_address_is_not_told_of_its_owner(shop):
    till = told_by("till", "2026-01-01T00:00:00Z", "Anna")
    stranger = told_by("page", "2026-02-01T00:00:00Z", "Mallory", anonymousId="stranger")
    nobody = told_by("page", "2026-03-01T00:00:00Z", "Nobody")
    for source, message in (till, stranger, nobody):
        assert [receipt.status for receipt in shop.accept(source, [message])] == ["accepted"]
    assert [found.name for found in shop.find_customers("anna@example.com")] == ["Anna"]
    with shop.store.reading() as reader:
        person = shop.customers.person_of(reader, shop.customers.subject(Identifier(*cookie("stranger"))))
    assert shop.customer(person).name == "Mallory"


def test_what_a_till_says_of_an_address_glues(shop):
    visits(shop, "till", userId="u-1", context={"traits": {"email": "anna@example.com"}})
    assert who(shop, user("u-1"), ("email", "anna@example.com")) == [1, 1]


def test_a_claim_that_a_till_confirms_later_glues(shop):
    visits(shop, "page", userId="u-1", traits={"email": "anna@example.com"})
    assert who(shop, user("u-1"), ("email", "anna@example.com")) == [1, 2]
    visits(shop, "till", userId="u-1", traits={"email": "anna@example.com"})
    assert who(shop, user("u-1"), ("email", "anna@example.com")) == [1, 1]


def test_an_alias_joins_the_earlier_cookie(shop):
    visits(shop, anonymousId="w-1")
    shop.accept(
        "page",
        [{"type": "alias", "messageId": "m-1", "userId": "u-1", "previousId": "w-1", "timestamp": shop.day.next()}],
    )
    assert who(shop, user("u-1"), cookie("w-1")) == [1, 1]


def test_the_context_of_the_envelope_names_who_the_items_are_about(shop):
    body = b"""{"batch": [
        {"type": "track", "event": "Product Viewed", "messageId": "m-1", "anonymousId": "w-1"},
        {"type": "track", "event": "Product Viewed", "messageId": "m-2", "anonymousId": "w-2",
         "context": {"channel": "app"}}
    ], "context": {"externalIds": [{"type": "loyalty", "id": "L-7"}]}}"""
    group = shop.intake.group(shop.access.source("till"), segment.read_request(body, "batch"), "batch")
    shop.accept_groups([group])
    assert who(shop, ("loyalty_id", "L-7"), cookie("w-1"), cookie("w-2")) == [1, 1, 2]


def test_what_was_told_of_a_person_is_what_was_told_last(shop):
    at = [shop.day.next() for _ in range(3)]
    shop.accept("till", [identify(id="m-3", at=at[2], user="u-1", name="Anna Petit", visits=3, member=True)])
    shop.accept("till", [identify(id="m-1", at=at[0], user="u-1", name="Anna Grand", city="Lyon")])
    shop.accept(
        "till",
        [{"type": "group", "messageId": "g-1", "timestamp": at[1], "userId": "u-1", "traits": {"name": "Office"}}],
    )
    (anna,) = shop.find_customers("u-1")
    assert anna.name == "Anna Petit"
    assert anna.traits == {"name": "Anna Petit", "address.city": "Lyon", "visits": "3", "member": "true"}


def test_two_buyers_of_one_business_are_two_people(shop):
    for number, mail in enumerate(("anna@x.example", "bruno@x.example")):
        named = {"externalIds": [{"type": "account_id", "id": "A-1"}], "traits": {"email": mail}}
        visits(shop, "till", context=named, messageId=f"buyer-{number}")
    assert who(shop, ("email", "anna@x.example"), ("email", "bruno@x.example"), ("account_id", "A-1")) == [1, 2, None]


def test_goods_are_about_nobody_whoever_sends_them(shop):
    shop.accept(
        "till", [track("Stock Counted", id="m-1", at=shop.day.next(), user="clerk", sku="a", location="p", units=3)]
    )
    assert who(shop, user("clerk")) == [None]


# Any order

NAMES = [
    *(Identifier("user_id", name) for name in ("u1", "u2", "u3")),
    *(Identifier("crm_id", name) for name in ("c1", "c2")),
    *(Identifier("loyalty_id", name) for name in ("l1", "l2", "l3")),
    Identifier("card_token", "k1"),
    *(Identifier("email", name) for name in ("a@b.c", "d@e.f")),
    *(Identifier("anonymous_id", name) for name in ("w1", "w2", "w3", "w4")),
    Identifier("badge", "b1"),
]
MEETINGS = st.tuples(
    st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True).map(
        lambda names: tuple(sorted(names, key=lambda one: namespace(one.namespace).rank))
    ),
    st.integers(1, 5),
    st.booleans(),
    st.one_of(st.just({}), st.fixed_dictionaries({"name": st.sampled_from(["Anna", "Bruno"])})),
)


def meeting(digest, number, told):
    names, at, trusted, traits = told
    kind = "identify" if traits else "Product Viewed"
    subject = digest(f"{names[0].namespace}:{names[0].value}")
    return Fact(
        number, kind, word_for(kind), route_of(subject), subject, f"m-{number}", at, at, "shop", "web", names, {},
        traits, Context(), trusted,
    )  # fmt: skip


SIDES = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
DEEDS = st.one_of(
    st.tuples(st.just("Identity Decided"), st.sampled_from(["same", "same", "different"]), SIDES, SIDES),
    st.tuples(st.just("Customers Matched"), st.sampled_from(["match-1", "match-2"]), SIDES, st.integers(1, 3)),
    st.tuples(st.just("Decision Undone"), st.integers(1, 14)),
    st.tuples(st.just("Match Undone"), st.just("match-1")),
)


def deed(digest, number, told):
    """What somebody decided, as a fact of the log."""
    kind, *said = told

    def subjects(names):
        return [digest(f"{name.namespace}:{name.value}") for name in names]

    if kind == "Identity Decided":
        decision, one, other = said
        other = [name for name in other if name not in one]
        properties = properties_of(decision, subjects(one), subjects(other), "they say so")
    elif kind == "Customers Matched":
        batch, names, weight = said
        near, *far = subjects(names)
        properties = model_properties(batch, near, [(one, weight) for one in far])
    else:
        properties = {"decision": f"m-{said[0]}" if kind == "Decision Undone" else said[0]}
    subject = digest(f"deed:{number}")
    return Fact(
        number, kind, word_for(kind), route_of(subject), subject, f"m-{number}", number, number, "noline", "noline",
        (), {**properties, "by": "Clara"}, {}, Context(), True,
    )  # fmt: skip


def told_fact(digest, number, told):
    return deed(digest, number, told) if isinstance(told[0], str) else meeting(digest, number, told)


class Undone(Exception):
    """Takes a transaction back."""


@contextmanager
def undone(store):
    """A transaction of which nothing stays."""
    try:
        with store.transaction() as tx:
            yield tx
            raise Undone  # noqa: TRY301  only a raise takes a transaction back
    except Undone:
        pass


def rows_after(store, digest, batches, rows_of, forgetful):
    """Every row after these batches, folded by a room that forgets its caches where it is told to."""
    room = Customers(digest)
    with undone(store) as tx:
        for batch, forgets in zip(batches, forgetful, strict=True):
            room.take(tx, batch)
            if forgets:
                room.forget()
        return rows_of(tx, room)


def people_by_definition(digest, facts):
    """The person of every name, from the whole evidence at once."""
    known, links = {}, {}
    decided = decided_by_definition(facts)
    for fact in facts:
        if not fact.identifiers:
            continue
        subjects = [digest(f"{name}:{value}") for name, value in fact.identifiers]
        for identifier, subject in zip(fact.identifiers, subjects, strict=True):
            earlier = known.get(subject, Known(identifier.namespace, fact.occurred_at))
            known[subject] = Known(identifier.namespace, min(earlier.first_at, fact.occurred_at))
        for identifier, subject in zip(fact.identifiers[1:], subjects[1:], strict=True):
            key = (*sorted((subjects[0], subject)), _trust(fact, fact.identifiers[0], identifier))
            links[key] = min(links.get(key, fact.occurred_at), fact.occurred_at)
    gluing = {key: at for key, at in links.items() if key[2] > CLAIMED}
    around = {subject: set() for subject in known}
    for one, other, _ in gluing:
        around[one].add(other)
        around[other].add(one)
    shared = {one for one in known if is_shared(known[one].namespace, (known[far].namespace for far in around[one]))}
    best = {(one, other): max(key[2] for key in gluing if key[:2] == (one, other)) for one, other, _ in gluing}
    strongest = frozenset(Link(*key, at) for key, at in gluing.items() if best[key[:2]] == key[2])
    return people(Evidence(known, strongest, *decided), frozenset(shared))


def decided_by_definition(facts):
    """What stands decided after all of these."""
    undone = {fact.properties["decision"] for fact in facts if fact.kind in {"Decision Undone", "Match Undone"}}
    said = [decided_in(fact) for fact in facts if fact.kind == "Identity Decided" and fact.message_id not in undone]
    found = [link for fact in facts if fact.kind == "Customers Matched" for link in model_links_in(fact)]
    return (
        frozenset(Decision(one.id, one.kind, one.at, frozenset(one.one), frozenset(one.other)) for one in said),
        frozenset(link for link in found if link.batch not in undone),
    )


@pytest.mark.parametrize("many", [500, 0])
def test_any_order_any_batches_any_repeats_give_the_same_people(store, digest, rows_of, monkeypatch, many):
    monkeypatch.setattr(derivation, "_MANY_LINKS", many)

    @settings(max_examples=4 * settings.default.max_examples)
    @given(told=st.lists(st.one_of(MEETINGS, MEETINGS, DEEDS), min_size=1, max_size=14), data=st.data())
    def gives_the_same_people(told, data):
        facts = [told_fact(digest, number, one) for number, one in enumerate(told, start=1)]
        one_by_one = rows_after(store, digest, [[fact] for fact in facts], rows_of, [False] * len(facts))
        expected = people_by_definition(digest, facts)
        assert {row[1]: row[5] for row in one_by_one["identifiers"]} == expected

        repeats = data.draw(st.lists(st.sampled_from(facts), max_size=3))
        again = data.draw(st.permutations(facts + repeats))
        cuts = sorted(data.draw(st.lists(st.integers(0, len(again)), max_size=4)))
        edges = [0, *cuts, len(again)]
        batches = [again[start:end] for start, end in pairwise(edges)]
        forgetful = data.draw(st.lists(st.booleans(), min_size=len(batches), max_size=len(batches)))
        assert rows_after(store, digest, batches, rows_of, forgetful) == one_by_one

    gives_the_same_people()


def test_a_cookie_seen_with_a_shared_phone_is_somebody_even_when_another_card_comes_with_it(store, digest, rows_of):
    phone = Identifier("phone", "+33612345678")
    cards = [Identifier("loyalty_id", name) for name in ("l1", "l2", "l3")]
    facts = [
        *(meeting(digest, number, ((card, phone), number, True, {})) for number, card in enumerate(cards, 1)),
        meeting(digest, 4, ((phone, Identifier("anonymous_id", "w1")), 4, True, {})),
    ]
    rows = rows_after(store, digest, [facts[:2], facts[2:]], rows_of, [False, False])
    assert {row[1]: row[5] for row in rows["identifiers"]} == people_by_definition(digest, facts)


def test_the_older_of_two_equal_names_may_be_found_out_late(store, digest, rows_of):
    cards = (Identifier("loyalty_id", "l1"), Identifier("loyalty_id", "l2"))
    facts = [meeting(digest, 1, (cards, 5, True, {})), meeting(digest, 2, (cards[1:], 1, True, {}))]
    rows = rows_after(store, digest, [facts[:1], facts[1:]], rows_of, [False, False])
    assert {row[1]: row[5] for row in rows["identifiers"]} == people_by_definition(digest, facts)
    assert {row[5] for row in rows["identifiers"]} == {alone(digest("loyalty_id:l2"))}


class CountingRows:
    """A transaction that counts the rows it answers."""

    def __init__(self, tx):
        self._tx = tx
        self.answered = 0

    def __getattr__(self, name):
        return getattr(self._tx, name)

    def rows(self, sql, params=()):
        found = self._tx.rows(sql, params)
        self.answered += len(found)
        return found


def test_the_next_cookie_of_a_user_costs_the_same_however_many_there_were(store, digest):
    room = Customers(digest)
    costs = []
    with undone(store) as tx:
        for number in range(1, 201):
            counting = CountingRows(tx)
            names = (Identifier("user_id", "u1"), Identifier("anonymous_id", f"w{number}"))
            room.take(counting, [meeting(digest, number, (names, number, False, {}))])
            costs.append(counting.answered)
        assert room.count(tx) == 1
    assert costs[3] == costs[-1]


def cookies_of(digest, user, count):
    """Visits of a user, each with another cookie."""
    return [
        meeting(
            digest,
            number,
            ((Identifier("user_id", user), Identifier("anonymous_id", f"{user}-{number}")), number, False, {}),
        )
        for number in range(1, count + 1)
    ]


def test_a_merge_and_its_undoing_cost_the_same_however_many_cookies_somebody_has(store, digest, monkeypatch):
    monkeypatch.setattr(derivation, "_MANY_LINKS", 20)
    costs = []
    for count in (30, 300):
        room = Customers(digest)
        same = ("Identity Decided", "same", [Identifier("user_id", "u1")], [Identifier("user_id", "u2")])
        with undone(store) as tx:
            room.take(tx, [*cookies_of(digest, "u1", count), *cookies_of(digest, "u2", 3)])
            counting = CountingRows(tx)
            room.take(counting, [deed(digest, 1_000, same)])
            assert room.count(tx) == 1
            room.take(counting, [deed(digest, 1_001, ("Decision Undone", 1_000))])
            assert room.count(tx) == 2
            assert len(room.subjects(tx, alone(digest("user_id:u1")))) == count + 1
        costs.append(counting.answered)
    assert costs[0] == costs[1]


def test_cookies_follow_a_user_of_many_to_another_name_and_back(store, digest, monkeypatch):
    monkeypatch.setattr(derivation, "_MANY_LINKS", 20)
    room = Customers(digest)
    first, many = Identifier("user_id", "u2"), Identifier("user_id", "u1")
    with undone(store) as tx:
        room.take(tx, [meeting(digest, 1, ((first,), 0, False, {})), *cookies_of(digest, "u1", 30)])
        room.take(tx, [deed(digest, 1_000, ("Identity Decided", "same", [first], [many]))])
        assert len(room.subjects(tx, alone(digest("user_id:u2")))) == 32
        room.take(tx, [deed(digest, 1_001, ("Decision Undone", 1_000))])
        assert len(room.subjects(tx, alone(digest("user_id:u1")))) == 31


def test_a_late_visit_of_a_known_cookie_reads_no_other_cookie(store, digest):
    room = Customers(digest)
    with undone(store) as tx:
        for number in range(100, 150):
            names = (Identifier("user_id", "u1"), Identifier("anonymous_id", f"w{number}"))
            room.take(tx, [meeting(digest, number, (names, number, False, {}))])
        room.forget()
        counting = CountingRows(tx)
        room.take(counting, [meeting(digest, 1_000, ((Identifier("anonymous_id", "w120"),), 1, False, {}))])
        assert room.count(tx) == 1
    assert counting.answered < 10


def test_many_new_people_are_written_with_few_questions(store, digest):
    room = Customers(digest)
    facts = [
        meeting(
            digest,
            number,
            ((Identifier("user_id", f"u{number}"), Identifier("anonymous_id", f"w{number}")), 1, True, {}),
        )
        for number in range(1, 513)
    ]
    with undone(store) as tx:
        counting = CountingRows(tx)
        room.take(counting, facts)
        assert counting.answered == 0
        assert room.count(tx) == 512
        room.take(counting, facts)
        assert counting.answered == 0


def test_changes_of_people_are_told_by_position(store, digest):
    room = Customers(digest)
    names = (Identifier("user_id", "u1"), Identifier("anonymous_id", "w1"))
    with undone(store) as tx:
        room.take(tx, [meeting(digest, 3, (names[1:], 1, False, {}))])
        room.take(tx, [meeting(digest, 7, (names, 2, False, {}))])
        room.take(tx, [meeting(digest, 9, (names, 3, False, {}))])
        subjects = {room.subject(name): name.value for name in names}
        routes = {route_of(subject): value for subject, value in subjects.items()}
        changes = [(version, routes[route]) for version, route, _ in room.changed_since(tx, 3)]
    assert sorted(changes) == [(7, "u1"), (7, "w1")]
