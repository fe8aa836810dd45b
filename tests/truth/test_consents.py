"""Consents: nothing is taken for granted, no wins where names disagree, and each keeps its own."""

from contextlib import suppress
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noline.channels import tcf
from noline.kernel.errors import NotReadable
from noline.kernel.events import Context, Identifier
from noline.truth.consents.model import ANY, METHODS, PURPOSES, ConsentUnreadable, State, Statement, decide, purpose_of
from noline.truth.consents.service import Consents

ANNA, COOKIE, MAIL = "user_id:anna", "anonymous_id:c-1", "email:anna@example.com"
BANNER_ALL = "CQAAAAAQAAAAAAfABBENAEEgAP_AAAAAAAAAAAAAAAAAAAA"
NEVER = 0


class People:
    """The consents room on a store, which hears of people by their names."""

    def __init__(self, listening, digest, fact_of):
        self.listening = listening(Consents(digest, tcf.said))
        self.digest, self.fact_of = digest, fact_of

    def fact(
        self,
        kind="Consent Changed",
        *,
        of=(ANNA,),
        minute,
        id=None,  # noqa: A002
        trusted=True,
        consent=None,
        traits=None,
        **said,
    ):
        """A fact about names, filed under the first of them that its source may file under."""
        own = [name for name in of if trusted or not name.startswith("email")]
        fact = self.fact_of(
            kind, said, id=id or f"m-{minute}", at=self.listening.minute(minute), about=own[0] if own else "message:x"
        )
        names = tuple(Identifier(*name.split(":", 1)) for name in of)
        return msgspec.structs.replace(
            fact, identifiers=names, trusted=trusted, traits=traits or {}, context=Context(consent=consent)
        )

    def hear(self, *args, **kwargs):
        self.listening.take([self.fact(*args, **kwargs)])

    def yes(self, purpose, channel=None, **kwargs):
        self.hear(purpose=purpose, channel=channel, granted=True, **kwargs)

    def no(self, purpose, channel=None, **kwargs):
        self.hear(purpose=purpose, channel=channel, granted=False, **kwargs)

    def allowed(self, purpose, channel=None, *, of=(ANNA,), joined=0):
        return self.decision(purpose, channel, of=of, joined=joined).allowed

    def decision(self, purpose, channel=None, *, of=(ANNA,), joined=0):
        return self.listening.says("allows", [self.digest(name) for name in of], self.at(joined), purpose, channel)

    def overview(self, *of, joined=0):
        return self.listening.says("of", [self.digest(name) for name in of or (ANNA,)], self.at(joined))

    def history(self, *of, joined=0):
        return self.listening.says("history", [self.digest(name) for name in of or (ANNA,)], self.at(joined))

    def at(self, minute):
        return self.listening.minute(minute) if minute else NEVER


@pytest.fixture
def people(listening, digest, fact_of):
    return People(listening, digest, fact_of)


# --- Nothing is taken for granted -----------------------------------------------------------------------------------


def test_what_nobody_was_told_of_is_unknown_and_not_granted(people):
    found = people.decision("marketing", "email")
    assert (found.allowed, found.state, found.evidence) == (False, State.UNKNOWN, None)
    assert found.why == "nobody was told of a consent to marketing by email, and none is assumed"
    assert people.overview() == {}


def test_a_yes_counts_for_its_purpose_and_channel_alone(people):
    people.yes("marketing", "email", minute=1)
    assert people.allowed("marketing", "email")
    assert not people.allowed("marketing", "sms")
    assert not people.allowed("marketing")
    assert not people.allowed("advertising", "email")


def test_a_yes_without_a_channel_is_a_yes_by_every_channel(people):
    people.yes("marketing", minute=1)
    assert people.allowed("marketing")
    assert people.allowed("marketing", "email")


def test_the_latest_word_of_a_subject_decides_whatever_was_heard_first(people):
    people.no("marketing", "email", minute=5)
    people.yes("marketing", "email", minute=3)
    assert not people.allowed("marketing", "email")
    people.yes("marketing", "email", minute=6)
    assert people.allowed("marketing", "email")


def test_a_no_without_a_channel_withdraws_every_channel(people):
    people.yes("marketing", "email", minute=1)
    people.no("marketing", minute=2)
    assert not people.allowed("marketing", "email")
    people.yes("marketing", "sms", minute=3)
    assert people.allowed("marketing", "sms")
    assert not people.allowed("marketing", "email")


def test_a_yes_to_everything_does_not_lift_a_no_to_one_channel(people):
    people.no("marketing", "phone", minute=1)
    people.yes("marketing", minute=2)
    assert people.allowed("marketing", "email")
    assert not people.allowed("marketing", "phone")


def test_the_evidence_is_told_with_the_answer(people):
    people.hear(
        purpose="marketing", channel="email", granted=True, method="form", source="newsletter page",
        description="Yes, write to me", version="2026-01", by="Lea", minute=1,
    )  # fmt: skip
    found = people.decision("marketing", "email")
    evidence = found.evidence
    assert (evidence.source, evidence.method, evidence.policy, evidence.taken_by, evidence.message_id) == (
        "newsletter page", "form", "2026-01", "Lea", "m-1",
    )  # fmt: skip
    assert found.why == (
        "marketing by email was granted on 2026-03-02T09:01:00.000Z through newsletter page "
        "(the person filled in a form)"
    )
    told = people.overview()["marketing"]
    assert (told.granted, told.state) == (False, State.UNKNOWN)
    email = told.segments["email"]
    assert (email.granted, email.told_at, email.description) == (True, people.at(1), "Yes, write to me")


def test_purposes_of_others_are_kept_as_told_and_ours_in_one_spelling(people):
    people.yes("Personalization", minute=1)
    people.yes("Coffee-Club News", minute=2)
    assert set(people.overview()) == {"personalisation", "Coffee-Club News"}
    assert people.allowed("PERSONALISATION")
    assert people.allowed("Coffee-Club News", "e-mail")
    assert purpose_of("Sale_of_data") == "sale"


# --- What others' messages say --------------------------------------------------------------------------------------


def test_categories_of_a_banner_are_read_on_every_message(people):
    preferences = {"categoryPreferences": {"Advertising": True, "Analytics": False, "Coffee": True}}
    people.hear("Product Viewed", sku="a", consent=preferences, trusted=False, of=(COOKIE,), minute=1)
    assert {purpose: one.granted for purpose, one in people.overview(COOKIE).items()} == {
        "advertising": True,
        "analytics": False,
        "Coffee": True,
    }
    assert people.overview(COOKIE)["advertising"].method == "cmp"


def test_what_every_message_repeats_is_kept_as_the_first_time_and_the_latest_message(people):
    for minute in (4, 2, 9, 3):
        people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": True}}, minute=minute)
    ((one, first_at, stands),) = people.history()
    assert (one.told_at, first_at, one.message_id, stands) == (people.at(9), people.at(2), "m-9", True)
    assert len(people.listening.rows()["consent_signals"]) == 1


@pytest.mark.parametrize("messages", ["ab", "ba"])
def test_of_two_messages_of_one_instant_the_later_id_is_the_evidence(people, messages):
    for message in messages:
        people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": True}}, minute=1, id=message)
    assert people.decision("analytics").evidence.message_id == "b"


def test_a_carried_yes_lifts_no_no_that_was_told_on_purpose(people):
    people.no("analytics", minute=2)
    people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": True}}, minute=3)
    assert not people.allowed("analytics")
    people.hear("Segment Consent Preference Updated", consent={"categoryPreferences": {"analytics": True}}, minute=4)
    assert people.allowed("analytics")
    people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": False}}, minute=5)
    assert not people.allowed("analytics")


def test_a_carried_yes_lifts_a_carried_no(people):
    for minute, agreed in enumerate([False, True], 1):
        people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": agreed}}, minute=minute)
    assert people.allowed("analytics")


def test_traits_tell_consent_by_purpose_and_segment(people):
    people.hear(
        "identify",
        traits={
            "consents": {
                "marketing": {
                    "granted": False, "source": "crm", "description": "double opt-in", "segments": {"email": True},
                },
                "analytics": True,
            }
        },
        minute=1,
    )  # fmt: skip
    marketing = people.overview()["marketing"]
    assert (marketing.granted, marketing.source) == (False, "crm")
    assert {channel: one.granted for channel, one in marketing.segments.items()} == {"email": True}
    assert people.allowed("analytics")


@pytest.mark.parametrize("told", [True, "yes", {}, None, ["marketing"]])
def test_a_trait_of_that_name_in_another_shape_says_nothing(people, told):
    people.hear("identify", traits={"consent": told}, minute=1)
    assert people.overview() == {}


@pytest.mark.parametrize("place", ["properties", "tcf", "tc_string"])
def test_a_tcf_string_is_read_into_our_purposes(people, place):
    text = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAA"
    if place == "properties":
        people.hear("Page Viewed", tc_string=text, minute=1)
    else:
        people.hear("Page Viewed", consent={place: text}, minute=1)
    one = people.overview()["advertising"]
    assert (one.granted, one.state, one.method, one.policy) == (False, State.WITHDRAWN, "tcf", "TCF 2")
    assert one.description == "TCF purposes agreed to: 1, 2, 3; consent platform 27"


@pytest.mark.parametrize(
    ("told", "granted"),
    [(1, True), (1.0, True), ("Opt_In", True), ("granted", True), (0, False), (0.0, False), ("opt-out", False)],
)
def test_a_yes_or_no_is_read_as_programs_write_it(people, told, granted):
    people.hear(purpose="marketing", granted=told, minute=1)
    people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": told}}, minute=2)
    assert [one.granted for one in people.overview().values()] == [granted, granted]


def test_a_message_that_says_both_says_no(people):
    people.hear(
        purposes={"Personalization": True, "personalisation": False}, minute=1,
    )  # fmt: skip
    assert not people.allowed("personalisation")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"purpose": "marketing"},
        {"purpose": "marketing", "granted": "perhaps"},
        {"purpose": "marketing", "granted": 0.5},
        {"purpose": "", "granted": True},
        {"purpose": "x" * 101, "granted": True},
        {"purpose": "marketing", "granted": True, "channel": {"email": True}},
        {"purposes": {"marketing": {"segments": {"email": "perhaps"}}}},
        {"purposes": {"marketing": {}}},
        {"purpose": "marketing", "granted": True, "description": "x" * 2001},
        {"tc_string": "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA"},
    ],
)
def test_what_cannot_be_read_grants_nothing_and_is_refused(people, said):
    with pytest.raises(NotReadable):
        people.hear(minute=1, **said)
    assert people.listening.rows() == {"consent_statements": [], "consent_signals": []}


def test_a_change_that_names_nobody_is_refused(people):
    with pytest.raises(ConsentUnreadable) as refusal:
        people.hear(of=(), purpose="marketing", granted=False, minute=1)
    assert refusal.value.why == "it names nobody"


def test_what_an_erasure_left_of_an_update_says_nothing(people):
    people.hear("Segment Consent Preference Updated", of=(), minute=1)
    assert people.listening.rows() == {"consent_statements": [], "consent_signals": []}


# --- Browsers -------------------------------------------------------------------------------------------------------


def test_a_browser_says_yes_only_for_its_own_names(people):
    people.yes("marketing", "email", of=(COOKIE, MAIL), trusted=False, minute=1)
    assert people.allowed("marketing", "email", of=(COOKIE,))
    assert not people.allowed("marketing", "email", of=(MAIL,))


def test_a_yes_of_a_browser_that_names_only_an_address_is_nobodys(people):
    people.yes("marketing", of=(MAIL,), trusted=False, minute=1)
    assert people.listening.rows()["consent_statements"] == []


def test_a_browser_says_no_also_for_an_address_it_names(people):
    people.yes("marketing", "email", of=(MAIL,), minute=1)
    people.no("marketing", "email", of=(MAIL,), trusted=False, minute=2)
    assert not people.allowed("marketing", "email", of=(MAIL,))


def test_what_a_browser_carries_along_says_nothing_of_an_address_it_names(people):
    people.yes("marketing", of=(MAIL,), minute=1)
    people.hear(
        "Page Viewed", consent={"categoryPreferences": {"marketing": False}}, of=(COOKIE, MAIL), trusted=False, minute=2
    )
    assert people.allowed("marketing", of=(MAIL,))
    assert not people.allowed("marketing", of=(COOKIE,))


def test_a_browser_cannot_name_another_source(people):
    people.yes("marketing", source="notary", trusted=False, minute=1)
    assert people.decision("marketing").evidence.source == "shop"


# --- One person of several names ------------------------------------------------------------------------------------


def test_no_wins_where_joined_names_disagree(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", of=(ANNA,), minute=2)
    found = people.decision("marketing", of=(ANNA, MAIL), joined=3)
    assert (found.allowed, found.state, found.evidence.told_at) == (False, State.WITHDRAWN, people.at(1))
    assert found.why.endswith(
        "; other names of this person say yes, and the most restrictive counts until somebody confirms it"
    )


def test_no_to_everything_of_one_name_wins_over_yes_to_a_channel_of_another(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", "email", of=(ANNA,), minute=2)
    assert not people.allowed("marketing", "email", of=(ANNA, MAIL), joined=3)


def test_what_is_told_after_they_were_joined_confirms_for_all_names(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", of=(ANNA,), minute=4)
    assert people.allowed("marketing", of=(ANNA, MAIL), joined=3)
    assert not people.allowed("marketing", of=(ANNA, MAIL), joined=4)


def test_after_they_were_joined_a_no_of_one_name_is_a_no_of_all(people):
    people.yes("marketing", of=(ANNA,), minute=4)
    people.no("marketing", of=(MAIL,), minute=5)
    assert not people.allowed("marketing", of=(ANNA, MAIL), joined=3)


def test_a_browser_or_a_repeated_yes_confirms_nothing_for_other_names(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", of=(COOKIE,), trusted=False, minute=4)
    people.hear("Page Viewed", consent={"categoryPreferences": {"marketing": True}}, minute=5)
    assert not people.allowed("marketing", of=(ANNA, MAIL, COOKIE), joined=3)


def test_each_side_keeps_its_own_at_a_split(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", of=(ANNA,), minute=4)
    assert people.allowed("marketing", of=(ANNA, MAIL), joined=3)
    assert people.allowed("marketing", of=(ANNA,))
    assert not people.allowed("marketing", of=(MAIL,))


def test_the_history_says_what_stands(people):
    people.no("marketing", of=(MAIL,), minute=1)
    people.yes("marketing", of=(ANNA,), minute=4)
    people.yes("analytics", of=(COOKIE,), minute=2)
    heard = people.history(ANNA, MAIL, COOKIE, joined=3)
    assert [(one.statement.purpose, one.statement.granted, one.stands) for one in heard] == [
        ("marketing", True, True),
        ("analytics", True, True),
        ("marketing", False, False),
    ]


def test_erasing_names_leaves_nothing_of_them_nor_of_what_their_browser_said_of_others(people, digest):
    people.yes("marketing", of=(ANNA,), minute=1)
    people.no("marketing", of=(COOKIE, MAIL), trusted=False, minute=2)
    people.hear("Page Viewed", consent={"categoryPreferences": {"analytics": True}}, of=(COOKIE,), minute=3)
    people.yes("analytics", of=(MAIL,), minute=4)
    with people.listening.store.transaction() as tx:
        assert people.listening.room.erase(tx, [digest(COOKIE)]) == 3
    assert people.overview(COOKIE) == {}
    assert list(people.overview(MAIL)) == ["analytics"]
    assert list(people.overview(ANNA)) == ["marketing"]


def test_ten_thousand_names_of_one_person_are_decided_from_few_looks():
    many = [_statement(subject=number.to_bytes(16), at=number % 50, granted=True) for number in range(10_000)]
    many.append(_statement(subject=b"the last", at=7, granted=False))
    assert not decide(many, 100, "marketing").allowed
    many.append(_statement(subject=b"the word", at=200, granted=True))
    assert decide(many, 100, "marketing").allowed


def test_the_vocabulary_has_every_purpose_of_the_consent_string():
    assert set(tcf.OURS) < set(PURPOSES)
    assert {"form", "counter", "gpc", "tcf", "cmp", "import"} == set(METHODS)


# --- Always true ----------------------------------------------------------------------------------------------------

NAMES = [ANNA, COOKIE, MAIL]
CHANNELS = st.sampled_from([None, "email", "sms"])
SUBJECTS = st.sampled_from([b"a", b"b", b"c"])


def _statement(*, subject, at, granted, channel=ANY, message="m", trusted=True, carried=False):
    return Statement(
        subject,
        subject,
        "marketing",
        channel,
        granted,
        at,
        message,
        trusted,
        carried,
        "shop",
        None,
        None,
        None,
        None,
        0,
    )


STATEMENTS = st.lists(
    st.builds(
        _statement,
        subject=SUBJECTS,
        at=st.integers(1, 6),
        granted=st.booleans(),
        channel=st.sampled_from([ANY, "email", "sms"]),
        message=st.sampled_from(["1", "2", "3"]),
        trusted=st.booleans(),
        carried=st.booleans(),
    ),
    max_size=8,
)
ASKED = st.sampled_from([ANY, "email", "post"])


def _covers(later, earlier, joined_at):
    """The rule as the room's page says it, pair by pair."""
    if later.subject == earlier.subject:
        if _order(later) <= _order(earlier):
            return False
    elif not (later.trusted and later.told_at > joined_at and later.told_at > earlier.told_at) or later.repeats:
        return False
    if later.granted and later.channel == ANY and earlier.channel != ANY:
        return False
    return not (later.repeats and not earlier.granted and not earlier.carried)


def _order(one):
    return (one.told_at, one.message_id, one.channel != ANY, not one.granted)


@given(told=STATEMENTS, joined_at=st.integers(0, 7), channel=ASKED)
def test_what_stands_is_what_no_later_statement_covers(told, joined_at, channel):
    told = list({(one.subject, one.message_id, one.channel, one.told_at): one for one in told}.values())
    relevant = [one for one in told if one.channel in (ANY, channel)]
    stand = [one for one in relevant if not any(_covers(other, one, joined_at) for other in relevant)]
    found = decide(told, joined_at, "marketing", channel)
    assert found.allowed == (bool(stand) and all(one.granted for one in stand))
    assert (found.state is State.UNKNOWN) == (not relevant)


@given(told=STATEMENTS, joined_at=st.integers(0, 7), channel=ASKED, data=st.data())
def test_most_restrictive_wins_at_a_merge_until_it_is_confirmed(told, joined_at, channel, data):
    told = list({(one.subject, one.message_id, one.channel, one.told_at): one for one in told}.values())
    sides = [[one for one in told if one.subject == subject] for subject in (b"a", b"b", b"c")]
    alone = [decide(side, 0, "marketing", channel) for side in sides]
    before = [one for one in told if one.told_at <= joined_at]
    withdrawn = any(decide(side, 0, "marketing", channel).state is State.WITHDRAWN for side in sides)
    if before == told:
        assert (decide(told, joined_at, "marketing", channel).state is State.WITHDRAWN) == withdrawn
    after = max((one.told_at for one in told), default=0) + joined_at + 1
    for granted in (True, False):
        word = _statement(subject=data.draw(SUBJECTS), at=after, granted=granted, channel=channel)
        assert decide([*told, word], joined_at, "marketing", channel).allowed == granted
    assert [decide(side, 0, "marketing", channel) for side in sides] == alone


SAID = st.one_of(
    st.fixed_dictionaries(
        {"purpose": st.sampled_from(["marketing", "analytics"]), "granted": st.sampled_from([True, False, "perhaps"])},
        optional={"channel": st.sampled_from(["email", "sms"]), "method": st.just("form")},
    ),
    st.fixed_dictionaries({"purposes": st.just({"marketing": {"granted": True, "segments": {"email": False}}})}),
)
PREFERENCES = st.dictionaries(st.sampled_from(["marketing", "analytics"]), st.booleans(), min_size=1)


@st.composite
def tellings(draw):
    """Facts of a few names and instants, and the same again in another order and cut, some twice."""
    told = draw(
        st.lists(
            st.tuples(
                st.sampled_from(["Consent Changed", "Page Viewed", "Segment Consent Preference Updated"]),
                SAID,
                PREFERENCES,
                st.integers(1, 3),
                st.sampled_from(["a", "é", "Z", "10", "9"]),
                st.sampled_from([(ANNA,), (COOKIE, MAIL), (ANNA, COOKIE), (MAIL,)]),
                st.booleans(),
            ),
            min_size=2,
            max_size=7,
            unique_by=lambda one: (one[4], one[5][0]),
        )
    )
    numbers = list(range(len(told)))
    again = draw(st.permutations(numbers + draw(st.lists(st.sampled_from(numbers), max_size=3))))
    edges = [0, *sorted(draw(st.lists(st.integers(0, len(again)), max_size=3))), len(again)]
    return told, [again[start:end] for start, end in pairwise(edges)]


class Undone(Exception):
    """Takes back what was folded."""


def test_any_order_any_batches_any_repeats_give_the_same_rows(people, rows_of):
    room, store = people.listening.room, people.listening.store

    @settings(max_examples=settings.default.max_examples * (3 if store.dialect == "sqlite" else 1))
    @given(telling=tellings())
    def gives_the_same_rows(telling):
        told, batches = telling
        facts = [
            people.fact(
                kind, of=of, minute=minute, id=message, trusted=trusted,
                consent=None if kind == "Consent Changed" else {"categoryPreferences": preferences},
                **(said if kind == "Consent Changed" else {}),
            )
            for kind, said, preferences, minute, message, of, trusted in told
        ]  # fmt: skip
        expected = _rows_after(store, room, [[fact] for fact in facts], rows_of)
        assert _rows_after(store, room, [[facts[number] for number in one] for one in batches], rows_of) == expected

    gives_the_same_rows()


def _rows_after(store, room, batches, rows_of):
    with store.transaction() as tx, suppress(Undone), tx.savepoint():
        for batch in batches:
            _fold(tx, room, batch)
        found = rows_of(tx, room)
        raise Undone
    return found


def _fold(tx, room, facts):
    """As the log does: a fact that the room cannot read is left out, the others are taken."""
    try:
        with tx.savepoint():
            room.take(tx, facts)
    except NotReadable:
        if len(facts) > 1:
            for fact in facts:
                _fold(tx, room, [fact])
