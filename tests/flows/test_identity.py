"""Who is who: what people decide holds, can be taken back to the last byte, and can be explained."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from noline.flows.identity import DecidedOtherwise, NothingToDecide
from noline.hub import Hub
from noline.kernel.errors import NotFound, SettingWrong
from noline.kernel.events import Identifier
from noline.truth.customers.identifiers import normalised
from noline.truth.customers.model import number_of
from noline.truth.customers.rules import Rules
from shop import Day, identify, message_ids, track


@pytest.fixture
def shop(hub):
    """A hub with a web shop, a page anybody can read, and a till."""
    hub.day = Day()
    hub.ids = message_ids()
    for name, channel, trust in (("page", "web", "browser"), ("till", "store", "server"), ("web", "web", "server")):
        hub.access.ensure_source(name, channel, trust=trust)
    return hub


def says(shop, source, **message):
    """One message about somebody."""
    shop.accept(source, [{"type": "identify", "messageId": next(shop.ids), "timestamp": shop.day.next(), **message}])


def person(shop, namespace, value):
    with shop.store.reading() as reader:
        return shop.customers.person_of(reader, shop.customers.subject(Identifier(namespace, value)))


def partition(shop):
    """Every identifier with its person."""
    with shop.store.reading() as reader:
        return reader.rows("SELECT subject, person, shared FROM identifiers ORDER BY subject")


def anna_and_anne(shop):
    """Two accounts of one woman, who once signed in at the till with her card."""
    says(shop, "web", userId="u-1", traits={"email": "anna@x.fr", "firstName": "Anna"})
    says(shop, "web", userId="u-2", traits={"email": "anne@y.fr", "firstName": "Anne"})
    return person(shop, "user_id", "u-1"), person(shop, "user_id", "u-2")


def test_two_accounts_are_one_person_when_somebody_says_so(shop):
    anna, anne = anna_and_anne(shop)
    change = shop.identity.merge(anna, anne, by="Clara", reason="she said so at the till")
    assert (change.people_before, change.people_after) == (2, 1)
    assert {person(shop, "email", "anna@x.fr"), person(shop, "email", "anne@y.fr")} == {anna}
    assert shop.customer(anne).person == anna
    assert shop.verify().trouble == ()


def test_a_merge_taken_back_leaves_no_trace_in_who_is_who(shop):
    anna, anne = anna_and_anne(shop)
    before = partition(shop)
    change = shop.identity.merge(anna, anne, by="Clara")
    assert partition(shop) != before
    shop.identity.undo(change.decision, by="Clara")
    assert partition(shop) == before
    assert shop.verify().trouble == ()
    (logged,) = shop.identity.decision_log()
    assert (logged.kind, logged.by, logged.undone_by) == ("same", "Clara", "Clara")


def test_what_was_taken_back_cannot_be_taken_back_again(shop):
    change = shop.identity.merge(*anna_and_anne(shop), by="Clara")
    shop.identity.undo(change.decision, by="Clara")
    with pytest.raises(NothingToDecide):
        shop.identity.undo(change.decision, by="Clara")


def test_somebody_who_is_one_person_already_is_not_merged(shop):
    anna, anne = anna_and_anne(shop)
    shop.identity.merge(anna, anne, by="Clara")
    before = partition(shop)
    with pytest.raises(NothingToDecide):
        shop.identity.merge(anna, anne, by="Dora")
    assert partition(shop) == before


def test_two_people_who_were_parted_stay_two_whatever_is_seen_later(shop):
    says(shop, "till", traits={"email": "jo@x.fr", "loyalty_id": "L-1"})
    says(shop, "till", traits={"email": "jo2@x.fr", "loyalty_id": "L-2"})
    father, son = person(shop, "loyalty_id", "L-1"), person(shop, "loyalty_id", "L-2")
    shop.identity.part(father, son, by="Clara", reason="father and son")
    says(shop, "till", traits={"email": "jo@x.fr", "phone": "+33612345678"})
    says(shop, "till", traits={"email": "jo2@x.fr", "phone": "+33612345678"})
    assert person(shop, "loyalty_id", "L-1") != person(shop, "loyalty_id", "L-2")
    assert person(shop, "phone", "+33612345678") == father
    why = shop.identity.why(son)
    (refused,) = [one for one in why.not_gluing if "somebody decided otherwise" in one.words]
    assert {refused.one, refused.other} == {
        Identifier("email", "jo2@x.fr"), Identifier("phone", "+33612345678")
    }  # fmt: skip
    assert shop.verify().trouble == ()


def test_who_was_decided_to_be_two_is_not_merged_before_that_is_undone(shop):
    anna, anne = anna_and_anne(shop)
    parted = shop.identity.part(anna, anne, by="Clara")
    with pytest.raises(DecidedOtherwise) as refusal:
        shop.identity.merge(anna, anne, by="Dora")
    assert refusal.value.facts["decision"] == parted.decision
    assert refusal.value.facts["by"] == "Clara"
    shop.identity.undo(parted.decision, by="Dora")
    shop.identity.merge(anna, anne, by="Dora")
    assert person(shop, "user_id", "u-2") == anna


def test_names_that_are_somebody_elses_are_split_off_and_come_back(shop):
    says(shop, "till", userId="u-1", traits={"email": "anna@x.fr", "loyalty_id": "L-1", "phone": "+33612345678"})
    anna = person(shop, "user_id", "u-1")
    before = partition(shop)
    names = [Identifier("loyalty_id", "L-1"), Identifier("phone", "+33 6 12 34 56 78")]
    change = shop.identity.split(anna, names, by="Clara")
    assert change.people_before == 1
    assert person(shop, "email", "anna@x.fr") == anna
    assert anna not in {person(shop, "loyalty_id", "L-1"), person(shop, "phone", "+33612345678")}
    shop.identity.undo(change.decision, by="Clara")
    assert partition(shop) == before


def test_a_split_names_what_the_person_does_not_have(shop):
    anna, anne = anna_and_anne(shop)
    with pytest.raises(NotFound) as refusal:
        shop.identity.split(anna, [Identifier("email", "anne@y.fr")], by="Clara")
    assert "anne@y.fr" in str(refusal.value)
    assert person(shop, "user_id", "u-2") == anne


def test_why_a_person_is_one_tells_what_holds_her_names_together(shop):
    says(shop, "web", userId="u-1", traits={"email": "anna@x.fr"})
    says(shop, "till", userId="u-1", traits={"loyalty_id": "L-1"})
    says(shop, "page", anonymousId="w-1", traits={"email": "anna@x.fr"})
    why = shop.identity.why(person(shop, "user_id", "u-1"))
    held = {(frozenset((one.one.namespace, one.other.namespace)), one.trust) for one in why.held_by}
    assert held == {(frozenset(("user_id", other)), "verified") for other in ("email", "loyalty_id")}
    (claimed,) = why.not_gluing
    assert (claimed.trust, claimed.glues) == ("claimed", False)
    assert "only claimed" in claimed.words


def test_why_a_link_holds_shows_the_records_it_stands_in(shop):
    says(shop, "web", userId="u-1", traits={"email": "anna@x.fr"})
    says(shop, "till", userId="u-1", traits={"email": "Anna@X.fr"})
    says(shop, "web", userId="u-1", traits={"email": "other@x.fr"})
    links, seen = shop.identity.why_link(Identifier("user_id", "u-1"), Identifier("email", "ANNA@x.fr"))
    assert [link.trust for link in links] == [1]
    assert [(one.seq, one.source) for one in seen] == [(1, "web"), (2, "till")]


def test_what_a_model_found_is_looked_at_applied_and_taken_back(shop):
    anna, anne = anna_and_anne(shop)
    says(shop, "till", traits={"email": "anna@z.fr", "loyalty_id": "L-9"})
    subject = shop.customers.subject
    from noline.truth.customers.model import ModelLink

    one, other = sorted((subject(Identifier("user_id", "u-1")), subject(Identifier("loyalty_id", "L-9"))))
    against = sorted((subject(Identifier("user_id", "u-1")), subject(Identifier("user_id", "u-2"))))
    links = [ModelLink(one, other, 9_000, "match-1", 0), ModelLink(*against, 8_000, "match-1", 0)]
    before = partition(shop)
    preview = shop.identity.preview(links)
    assert (preview.people_before, preview.people_after, preview.merged, preview.split) == (3, 2, 1, 0)
    assert (preview.identifiers_moved, preview.events_moved) == (2, 1)
    assert partition(shop) == before
    shop.identity.apply("match-1", links, by="Clara")
    shop.identity.apply("match-1", links, by="Clara")
    assert person(shop, "loyalty_id", "L-9") == anna
    assert person(shop, "user_id", "u-2") == anne
    assert shop.verify().trouble == ()
    shop.identity.undo("match-1", by="Clara")
    assert partition(shop) == before
    assert shop.verify().trouble == ()


def test_other_rules_show_what_they_would_change_before_they_are_applied(shop):
    says(shop, "till", userId="u-1", traits={"loyalty_id": "L-1"})
    says(shop, "till", userId="u-1", traits={"loyalty_id": "L-2"})
    says(shop, "page", anonymousId="tablet", userId="u-1", traits={})
    before = partition(shop)
    told = {"namespaces": {"loyalty_id": {"limit": 1}, "anonymous_id": {"blocked": ["tablet"]}}}
    rules = Rules.from_settings(told, normalised)
    preview = shop.identity.preview_rules(rules)
    assert (preview.people_before, preview.people_after, preview.split) == (1, 3, 2)
    assert partition(shop) == before
    assert shop.identity.apply_rules(rules) == preview
    assert len({row[1] for row in partition(shop)}) == 3
    assert shop.identity.preview_rules(rules).identifiers_moved == 0
    shop.identity.apply_rules(Rules())
    assert partition(shop) == before


def test_history_follows_a_merge_its_undoing_and_other_rules(shop):
    anna, anne = anna_and_anne(shop)

    def people():
        shop.refresh()
        with shop.store.reading() as reader:
            rows = reader.rows("SELECT route_key, person FROM identifiers")
        expected = {(route, number_of(person)) for route, person in rows}
        found = shop.analytics.ask("SELECT subject, person FROM people").to_pylist()
        return {(row["subject"], row["person"]) for row in found}, expected

    assert len(people()[0]) == 4
    change = shop.identity.merge(anna, anne, by="Clara")
    found, expected = people()
    assert found == expected
    shop.identity.undo(change.decision, by="Clara")
    found, expected = people()
    assert found == expected
    shop.identity.apply_rules(Rules.from_settings({"namespaces": {"email": {"blocked": ["anna@x.fr"]}}}, normalised))
    found, expected = people()
    assert found == expected


def test_rules_that_wait_change_nothing_at_the_next_start(shop):
    says(shop, "till", userId="u-1", traits={"email": "anna@x.fr"})
    with (shop.folder / "noline.toml").open("a") as file:
        file.write('\n[identity.namespaces.email]\nblocked = ["anna@x.fr"]\n')
    with Hub.open(shop.folder) as again:
        assert again.identity.rules_wait()
        assert again.verify().trouble == ()
        assert len(again.identity.why(person(again, "user_id", "u-1")).held_by) == 1


def test_a_rule_that_nobody_understands_is_named():
    with pytest.raises(SettingWrong) as refusal:
        Rules.from_settings({"namespaces": {"email": {"limit": "many"}}}, normalised)
    assert refusal.value.facts["key"] == "identity.namespaces.email.limit"


def test_an_old_id_leads_to_who_it_is_today(shop):
    says(shop, "page", anonymousId="w-1", traits={})
    visitor = person(shop, "anonymous_id", "w-1")
    says(shop, "page", anonymousId="w-1", userId="u-1", traits={})
    known = person(shop, "user_id", "u-1")
    assert known != visitor
    assert shop.customer(visitor).person == known
    with pytest.raises(NotFound):
        shop.customer("p_0000000000000000")


def test_a_family_address_finds_everybody_who_has_it_and_nobody_else(shop):
    for user in ("u-1", "u-2"):
        says(shop, "web", userId=user, traits={"email": "family@x.fr", "firstName": user})
    found = shop.find_customers("family@x.fr")
    assert [one.name for one in found] in (["u-1", "u-2"], ["u-2", "u-1"])
    assert all("email" not in one.attributes for one in found)


# Any history of decisions

USERS = st.sampled_from(["u-1", "u-2", "u-3"])
NAMES = st.fixed_dictionaries(
    {},
    optional={
        "email": st.sampled_from(["a@x.fr", "b@x.fr"]),
        "loyalty_id": st.sampled_from(["L-1", "L-2"]),
        "phone": st.sampled_from(["+33612345678", "+33698765432"]),
    },
)


def machine(shop):  # noqa: C901  one machine is one story
    """People told, merged, parted, split and undone in any order."""

    class Deciding(RuleBasedStateMachine):
        def __init__(self):
            super().__init__()
            self.standing = []

        @initialize()
        def empty(self):
            with shop.store.transaction() as tx:
                for table in ("log", "books", *shop.customers.tables, *shop.profiles.tables):
                    tx.run(f"DELETE FROM {table}")
            shop.log.forget()

        @rule(user=st.one_of(st.none(), USERS), names=NAMES, source=st.sampled_from(["till", "web", "page"]))
        def tell(self, user, names, source):
            about = {"userId": user} if user else {"anonymousId": "w-1"}
            says(shop, source, **about, traits=names)

        def some_two(self, data):
            people = sorted({row[1] for row in partition(shop)})
            if len(people) < 2:
                return None
            return data.draw(st.lists(st.sampled_from(people), min_size=2, max_size=2, unique=True))

        @rule(data=st.data(), deed=st.sampled_from(["merge", "part", "same_household"]))
        def decide(self, data, deed):
            two = self.some_two(data)
            if two is None:
                return
            before = partition(shop)
            try:
                change = getattr(shop.identity, deed)(*two, by="Clara")
            except DecidedOtherwise:
                assert partition(shop) == before
                return
            now = {row[0]: row[1] for row in partition(shop)}
            ends = [{now[row[0]] for row in before if row[1] == one} for one in two]
            if deed == "merge":
                self.standing.append((change.decision, True, two))
            elif deed == "part":
                assert not ends[0] & ends[1]
            shop.identity.undo(change.decision, by="Clara")
            assert partition(shop) == before
            change = getattr(shop.identity, deed)(*two, by="Clara")
            self.standing.append(change.decision)

        @rule(data=st.data())
        def undo(self, data):
            open_ones = [one.id for one in shop.identity.decision_log(1_000) if one.undone_at is None]
            if open_ones:
                shop.identity.undo(data.draw(st.sampled_from(open_ones)), by="Dora")

        @invariant()
        def everybody_is_as_the_whole_evidence_says(self):
            with shop.store.reading() as reader:
                before, derived = shop.customers.under(reader, Rules())
            assert before == derived.people

        def teardown(self):
            assert shop.verify().trouble == ()

    return Deciding


def test_after_any_history_of_decisions_people_are_as_the_evidence_says(shop):
    long = settings.default.max_examples > 500
    steps = settings(parent=settings.default, max_examples=60 if long else 12, stateful_step_count=30 if long else 12)
    run_state_machine_as_test(machine(shop), settings=steps)


def test_a_track_about_nobody_decides_nothing(shop):
    shop.accept("till", [track("Identity Decided", id="m-1", at=shop.day.next(), user="u-1", decision="same")])
    (letter,) = shop.dead_letters()
    assert letter.code == "schema_violation"
    assert "decided through a door" in letter.message


def test_told_names_are_kept_apart_from_what_was_decided(shop):
    shop.accept("web", [identify(id="m-1", at=shop.day.next(), user="u-1", email="anna@x.fr")])
    assert shop.identity.why(person(shop, "user_id", "u-1")).decisions == ()
