"""What the pages about customers say, and what their buttons do to who is who."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from litestar.testing import TestClient

from console.people_story import FAMILY, Story, tell
from console.preview_people import CATHERINE, CHANGES, JEAN, PAIR, QUALITY, SAME, WHOLE, WHY
from console.test_render import Page
from noline.doors.answers import people
from noline.doors.console import views
from noline.doors.console.golden import facts_of
from noline.doors.console.permissions import permissions_of
from noline.doors.console.render import render
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.hub import Hub
from noline.kernel.events import Identifier
from noline.stores.access import Role


def words_of(page: str, view: Any, **shell: Any) -> str:
    return Page(render(page, view=view, shell=views.Shell(**{"role": "manager", **shell}))).words


# --- Words, from data -----------------------------------------------------------------------------------------------


def test_an_address_stands_in_one_line_and_opens_to_who_told_which_part():
    (address,) = [fact for fact in facts_of(WHOLE["attributes"]) if fact.label == "Address"]
    assert address.value == "12 rue Cler, 75007 Paris"
    assert [(one.value, one.seq) for one in address.tellings] == [("12 rue Cler, Paris", 2), ("75007", None)]


def test_what_helps_most_comes_first_and_an_unknown_attribute_reads_as_words():
    assert [fact.label for fact in facts_of(WHOLE["attributes"])] == ["Name", "E-mail", "Address", "Favourite roast"]


def test_a_value_that_does_not_stand_is_kept_beside_the_one_that_does():
    (name,) = [fact for fact in facts_of(WHOLE["attributes"]) if fact.label == "Name"]
    assert (name.value, name.others) == ("Catherine Lambert", 1)
    assert [(one.value, one.stands, one.trust, one.source) for one in name.tellings] == [
        ("Catherine Lambert", True, "told by one of our systems", "web-shop"),
        ("Cathy L.", False, "typed in by somebody, not checked", "browser"),
    ]


def test_first_and_last_name_make_one_line():
    rows = [
        {"name": name, "value": value, "source": "crm", "trust": "verified", "told_at": "2026-03-04", "lineage": [
            {"value": value, "source": "crm", "trust": "verified", "first_at": "2026-03-04", "last_at": "2026-03-04"}
        ], "others": []}
        for name, value in (("firstName", "Ada"), ("lastName", "Lovelace"))
    ]  # fmt: skip
    assert [(fact.label, fact.value) for fact in facts_of(rows)] == [("Name", "Ada Lovelace")]


def test_consent_says_yes_no_or_unknown_since_when_and_on_what_evidence():
    told = permissions_of(WHOLE["consent"])
    marketing = told.purposes[0]
    assert marketing.title == "Offers"
    assert [(one.answer, one.channel, one.since, one.seq) for one in marketing.answers] == [
        ("yes", "e-mail", "8\u00a0Mar\u00a02026", 8), ("no", "telephone", "9\u00a0Mar\u00a02026", 9)
    ]  # fmt: skip
    assert told.silent == ("personal advice", "counting", "advertising elsewhere", "selling data", "service")


def test_a_purpose_nobody_declared_is_shown_as_it_was_told():
    profiling = permissions_of(WHOLE["consent"]).purposes[1]
    assert [profiling.title, *((one.answer, one.channel) for one in profiling.answers)] == [
        "Profiling", ("yes", "every channel")
    ]  # fmt: skip


def test_without_a_word_nothing_is_allowed():
    words = words_of("customer", views.customer(row={"person": "1"}, counted={}))
    assert "Nothing was ever asked, so nothing is allowed: offers, personal advice" in words


def test_a_customer_page_tells_household_business_and_shared_names():
    words = words_of("customer", views.customer(row=WHOLE, counted={}))
    assert "Household of 2" in words
    assert "Café Cler, buyer since 16 Mar 2026" in words
    assert "shared E-mail lambert@example.com also of Jean Lambert, Customer 2f4daa97 and 7 more" in words
    assert "Probably the same person as C. Lambert 93 %" in words


def test_an_associate_may_put_people_right_and_not_erase_them():
    view = views.customer(row=WHOLE, counted={})
    shown = Page(render("customer", view=view, shell=views.Shell(role="associate", sees_all=False, mends=False)))
    addresses = [link.get("href") for link in shown.all("a")]
    assert f"/customers/{CATHERINE}/merge" in addresses
    assert f"/customers/{CATHERINE}/erase" not in addresses
    assert [link for link in addresses if str(link).startswith("/records/")] == []


def test_what_was_just_decided_can_be_undone_at_once():
    page = Page(render("customer", view=views.customer(row=WHOLE, counted={}, done=SAME)))
    assert "/decisions/decision-1/undo" in [form.get("action") for form in page.all("form")]
    assert "One person: decided by manager at the console, 20 Mar 2026, 10:00." in page.words


def test_why_tells_the_links_in_the_order_in_which_they_came():
    assert [(one.by, one.one, one.other, one.sure) for one in views.why(row=WHY).held] == [
        ("evidence", "catherine", "catherine@example.com", "certain"),
        ("decision", "MR-4711", "catherine", ""),
        ("model", "catherine", "cookie-1", ""),
    ]


def test_why_tells_what_joins_nobody_in_the_words_of_a_shop():
    words = words_of("customer_why", views.why(row=WHY))
    assert "E-mail lambert@example.com is shared by several people: it may find them and glues nobody." in words
    assert "Said who they are, web, 4 Mar 2026, 09:00 · #2 web-shop" in words


def test_two_people_stand_side_by_side_with_their_differences_marked():
    side = views.compared(row=PAIR).side
    assert [(line.label, line.state) for line in side.lines] == [
        ("Name", "same"), ("Birthday", "different"), ("Telephone", "same"), ("City", "alone")
    ]  # fmt: skip


def test_a_telephone_with_and_without_its_country_is_the_same_and_first_and_last_name_are_one():
    left = {"firstName": "Emil", "lastName": "Wagner", "phone": "+4915120000050"}
    right = {"name": "Emil Wagner", "phone": "0151 20000050"}
    side = views.compared(row={**PAIR, "left": left, "right": right}).side
    assert [(line.label, line.state) for line in side.lines] == [("Name", "same"), ("Telephone", "same")]


@pytest.mark.parametrize(("told", "shown"), [(0.9996, "over 99 %"), (0.724, "72 %"), (0.0004, "under 1 %")])
def test_a_model_is_never_quite_sure(told: float, shown: str):
    side = views.compared(row={**PAIR, "probability": told}).side
    assert side.chance.replace("\u00a0", " ") == shown


def test_the_weightiest_reason_comes_first_and_fills_its_half():
    bars = views.review(rows=[PAIR]).side.bars
    assert [(bar.label, bar.width, bar.against, bar.strength) for bar in bars] == [
        ("Family name", 100.0, False, "strongly"),
        ("Birth date", 50.0, True, "clearly"),
        ("Given name", 18.75, False, "a little"),
    ]


def test_the_queue_stays_within_itself():
    assert [views.review(rows=[PAIR, PAIR], at=at).at for at in (0, 1, 7)] == [0, 1, 1]
    first, last = views.review(rows=[PAIR, PAIR]), views.review(rows=[PAIR, PAIR], at=1)
    assert (first.before, first.after, last.before, last.after) == (None, 1, 0, None)


def quality_page(**more: Any) -> Any:
    return views.quality(row=QUALITY, decisions=[], names={JEAN: "Jean Lambert"}, **more)


def test_precision_is_told_as_a_sentence_and_all_only_when_it_is_all():
    assert [(one.kind, one.words.replace("\u00a0", " ")) for one in quality_page().precision] == [
        ("Loyalty card", "Of 200,000 seen with an account, 99.9 % belong to one account only."),
        ("E-mail", "Of 1,200 seen with an account, 97.1 % belong to one account only."),
        ("Telephone", "Of 885 seen with an account, all belong to one account only."),
    ]


def test_people_are_counted_by_how_many_names_they_have():
    assert [(one.label, one.people) for one in quality_page().columns] == [
        ("1", 2582), ("2", 211), ("3 – 4", 853), ("5 – 8", 600), ("9 – 16", 71), ("17 – 64", 0), ("65 or more", 1)
    ]  # fmt: skip


def test_refused_links_of_one_reason_are_counted_together():
    assert [(one.words, one.number) for one in quality_page().refused] == [
        ("Somebody decided that they are two people", 4),
        ("One person would have had too many names of the kind “account”", 2),
    ]


def test_rules_that_wait_say_what_they_would_change_and_who_may_apply_them():
    view = quality_page(rules=CHANGES)
    said = "3 people would be joined with others and 1 person would be split; 5 names and 120 events would move."
    manager, admin = (words_of("quality", view, mends=mends) for mends in (False, True))
    assert said in manager
    assert "Applying them takes a key of role admin." in manager
    assert "Apply the rules" in admin


# --- The buttons, on a hub ------------------------------------------------------------------------------------------


@dataclass
class Desk:
    """Somebody at a browser of the given role."""

    hub: Hub
    story: Story
    client: TestClient[Any]
    key: str

    def get(self, path: str, status: int = 200) -> Page:
        answer = self._ask("GET", path)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def data(self, path: str) -> Any:
        return self._ask("GET", path).json()

    def press(self, path: str, status: int = 200, **fields: Any) -> Page:
        """Send a form, and follow where it leads."""
        answer = self._ask("POST", path, data=fields)
        assert answer.status_code == status, answer.text
        return Page(answer.text)

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"authorization": f"Bearer {self.key}", "accept": "text/html"}
        return self.client.request(method, path, headers=headers, follow_redirects=True, **more)

    def person(self, user: str) -> str:
        return self.story.person("user_id", user)

    def decisions(self) -> list[tuple[str, bool]]:
        """What was decided, the oldest first, and whether it stands."""
        return [(one.kind, one.undone_at is None) for one in reversed(self.hub.identity.decision_log())]


@pytest.fixture
def desk(hub: Hub) -> Iterator[Desk]:
    """A manager at the hub in which Catherine's story was told."""
    story = tell(hub)
    writer = Writer(hub.accept_groups)
    with TestClient(api(hub, writer)) as client:
        yield Desk(hub, story, client, hub.access.add_key(Role.MANAGER)[1])
    writer.stop()


@pytest.fixture
def associate(desk: Desk) -> Desk:
    """The same desk with an associate at it."""
    return Desk(desk.hub, desk.story, desk.client, desk.hub.access.add_key(Role.ASSOCIATE)[1])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("lambert paris", ["Catherine Lambert", "Jean Lambert", "Jean Lambert"]),
        ("4711", ["Catherine Lambert"]),
        ("o-1", ["Catherine Lambert"]),
        (FAMILY, ["Jean Lambert", "Jean Lambert"]),
        ("petit lyon", ["M. Petit", "Marie Petit"]),
        ("nobody here", []),
    ],
)
def test_whatever_a_customer_can_tell_finds_them(associate: Desk, text: str, found: list[str]):
    rows = associate.data(f"/customers.json?q={text}")
    assert sorted(row["name"] for row in rows) == found


def test_an_answer_says_why_it_was_found_where_they_live_and_who_may_be_the_same(desk: Desk):
    words = desk.get("/customers?q=jean lambert").words
    assert "Paris household of 3" in words
    assert "Is called jean, is called lambert" in words
    assert "Probably the same person as Jean Lambert 72 %" in words


def test_the_page_of_a_customer_tells_every_value_its_record(desk: Desk):
    whole = people.whole(desk.hub, desk.person("catherine"))
    values = {row["name"]: (row["value"], [one["seq"] for one in row["lineage"]]) for row in whole["attributes"]}
    assert values["name"] == ("Catherine Lambert", [2])
    assert values["birthday"] == ("1984-05-09", [4])
    (cathy,) = next(row["others"] for row in whole["attributes"] if row["name"] == "name")
    assert (cathy["value"], cathy["trust"], cathy["seq"]) == ("Cathy L.", "claimed", 5)


def test_an_id_of_before_leads_to_who_it_is_today(desk: Desk):
    marie, other = desk.person("marie"), desk.person("m-petit")
    desk.hub.identity.merge(marie, other, by="a test")
    now = desk.person("marie")
    (old,) = {marie, other} - {now}
    answer = desk.client.get(f"/customers/{old}.json?before=9", headers={"authorization": f"Bearer {desk.key}"},
                             follow_redirects=False)  # fmt: skip
    assert (answer.status_code, answer.headers["location"]) == (307, f"/customers/{now}.json?before=9")
    assert desk.get(f"/customers/{old}").words == desk.get(f"/customers/{now}").words


def _said(desk: Desk, person: str) -> list[tuple[str, str, bool, str, str]]:
    history = desk.hub.consent.of(person).history
    told = [one.statement for one in history]
    return [(one.purpose, one.channel, one.granted, one.method or "", one.taken_by or "") for one in told]


def _form(**fields: str) -> dict[str, str]:
    return {"after": "0", "answer": "yes", "purpose": "marketing", "channel": "email", "method": "counter",
            "by": "Ana", "description": ""} | fields  # fmt: skip


def test_a_yes_is_taken_down_with_who_how_and_in_which_words_and_a_no_takes_it_back(associate: Desk):
    marie = associate.person("marie")
    page = associate.press(f"/customers/{marie}/consent", **_form(description="Letters about coffee"))
    assert "Offers to write, call or send offers Yes by e-mail since" in page.words
    assert "said it to one of us, taken down by Ana, associate at the console" in page.words
    assert "“Letters about coffee”" in page.words
    assert associate.hub.consent.allows(marie, "marketing", "email").allowed
    page = associate.press(f"/customers/{marie}/consent", **_form(after="1", answer="no", method="letter"))
    assert "No by e-mail since" in page.words
    assert not associate.hub.consent.allows(marie, "marketing", "email").allowed
    by = "Ana, associate at the console"
    assert sorted(_said(associate, marie)) == [
        ("marketing", "email", False, "letter", by), ("marketing", "email", True, "counter", by),
    ]  # fmt: skip


def test_the_same_form_sent_twice_is_one_statement(associate: Desk):
    marie = associate.person("marie")
    for _ in range(2):
        associate.press(f"/customers/{marie}/consent", **_form())
    assert len(_said(associate, marie)) == 1


@pytest.mark.parametrize(
    "wrong", [{"answer": "perhaps"}, {"purpose": "mischief"}, {"channel": "pigeon"}, {"method": ""}]
)
def test_what_the_form_does_not_offer_is_not_taken_down(associate: Desk, wrong: dict[str, str]):
    marie = associate.person("marie")
    associate.press(f"/customers/{marie}/consent", 404, **_form(**wrong))
    assert _said(associate, marie) == []


@pytest.mark.parametrize(("wrong", "why"), [
    ({"by": " "}, "by has 1 to 200 characters"), ({"by": "A\0na"}, "by holds the character NUL"),
    ({"description": "a\0b"}, "words holds the character NUL"),
])  # fmt: skip
def test_words_that_cannot_be_kept_are_refused_in_a_sentence(associate: Desk, wrong: dict[str, str], why: str):
    marie = associate.person("marie")
    page = associate.press(f"/customers/{marie}/consent", 400, **_form(**wrong))
    assert why in page.words
    assert _said(associate, marie) == []


def test_a_page_that_was_left_open_takes_a_yes_a_no_and_a_yes_again(associate: Desk):
    marie = associate.person("marie")
    for answer in ("yes", "no", "no", "yes", "yes"):
        associate.press(f"/customers/{marie}/consent", **_form(answer=answer))
    assert len(_said(associate, marie)) == 3
    assert associate.hub.consent.allows(marie, "marketing", "email").allowed


def test_two_are_found_compared_made_one_and_undone(associate: Desk):
    marie, other = associate.person("marie"), associate.person("m-petit")
    choice = associate.get(f"/customers/{marie}/merge?q=petit")
    assert f"/customers/{marie}/compare/{other}" in [link.get("href") for link in choice.all("a")]
    assert "City Lyon Lyon same" in associate.get(f"/customers/{marie}/compare/{other}").words
    page = associate.press(f"/customers/{marie}/compare/{other}", choice="same", reason="both cards")
    assert "One person: decided by associate at the console" in page.words
    assert associate.person("marie") == associate.person("m-petit")
    (undo,) = [str(form["action"]) for form in page.all("form") if str(form.get("action", "")).endswith("/undo")]
    assert "Taken back: “one person” was undone" in associate.press(undo).words
    assert (associate.person("marie"), associate.person("m-petit")) == (marie, other)
    assert associate.decisions() == [("same", False)]


def test_what_somebody_decided_before_is_told_with_the_way_to_undo_it(desk: Desk):
    marie, other = desk.person("marie"), desk.person("m-petit")
    decision = desk.hub.identity.part(marie, other, by="Ana").decision
    page = desk.press(f"/customers/{marie}/compare/{other}", 409, choice="same")
    assert "were decided to be different people by Ana" in page.words
    assert f"/decisions/{decision}/undo" in [form.get("action") for form in page.all("form")]
    assert desk.decisions() == [("different", True)]


def test_ticked_names_become_somebody_else(associate: Desk):
    catherine = associate.person("catherine")
    form = {"name": ["anonymous_id:cookie-1", "loyalty_id:MR-4711"], "reason": "his tablet"}
    page = associate.press(f"/customers/{catherine}/split", **form)
    assert "Two people: decided by associate at the console" in page.words
    assert associate.story.person("anonymous_id", "cookie-1") != associate.person("catherine")
    assert associate.story.person("loyalty_id", "MR-4711") != associate.person("catherine")


def test_a_split_of_nothing_changes_nothing(associate: Desk):
    page = associate.press(f"/customers/{associate.person('catherine')}/split", 409, reason="")
    assert "A split leaves at least one name on either side." in page.words
    assert associate.decisions() == []


def test_the_queue_shows_the_likeliest_pair_and_each_button_leads_to_the_next(desk: Desk):
    assert "1 of 2, the likeliest first" in desk.get("/customers/review").words
    senior, junior = desk.person("jean-senior"), desk.person("jean-junior")
    page = desk.press("/customers/review", choice="household", one=senior, other=junior, at="0")
    assert "One household, two people: Jean Lambert, Jean Lambert." in page.words
    assert "1 of 1, the likeliest first" in page.words
    marie, other = desk.person("marie"), desk.person("m-petit")
    assert "No pair waits." in desk.press("/customers/review", choice="same", one=marie, other=other, at="0").words
    assert desk.decisions() == [("same_household", True), ("same", True)]


def test_the_last_decision_of_the_queue_is_taken_back_there(desk: Desk):
    marie, other = desk.person("marie"), desk.person("m-petit")
    desk.press("/customers/review", choice="different", one=marie, other=other, at="1")
    (decision,) = [one.id for one in desk.hub.identity.decision_log()]
    page = desk.press("/customers/review", choice="undo", decision=decision, at="1")
    assert "Taken back: Marie Petit, M. Petit." in page.words.replace("M. Petit, Marie Petit", "Marie Petit, M. Petit")
    assert "of 2, the likeliest first" in page.words
    assert desk.decisions() == [("different", False)]


def test_later_puts_a_pair_behind_the_others(desk: Desk):
    senior, junior = desk.person("jean-senior"), desk.person("jean-junior")
    page = desk.press("/customers/review", choice="later", one=senior, other=junior, at="0")
    assert "Put behind the others." in page.words
    assert {pair.one for pair in desk.hub.matching.queue()[:1]} <= {desk.person("marie"), desk.person("m-petit")}
    assert desk.decisions() == []


def test_an_associate_has_no_queue(associate: Desk):
    associate.get("/customers/review", 403)
    associate.get("/customers/quality", 403)
    associate.press("/customers/review", 403, choice="same", one="p_1", other="p_2")
    assert associate.decisions() == []


def test_an_unknown_button_decides_nothing(desk: Desk):
    marie, other = desk.person("marie"), desk.person("m-petit")
    desk.press(f"/customers/{marie}/compare/{other}", 404, choice="marry")
    assert desk.decisions() == []


def test_why_names_the_record_that_shows_each_link_and_what_joins_nobody(desk: Desk):
    told = people.why(desk.hub, desk.person("jean-junior"))
    assert [(one["other"]["value"], [record["seq"] for record in one["seen_in"]]) for one in told["not_gluing"]] in (
        [("jean-junior", [11])], [(FAMILY, [11])]
    )  # fmt: skip
    words = desk.get(f"/customers/{desk.person('jean-junior')}/why").words
    assert f"E-mail {FAMILY} is shared by several people" in words


def test_the_quality_page_undoes_a_decision_and_stays(desk: Desk):
    marie, other = desk.person("marie"), desk.person("m-petit")
    decision = desk.hub.identity.merge(marie, other, by="Ana", reason="both cards").decision
    assert "One person both cards" in desk.get("/customers/quality").words
    page = desk.press(f"/decisions/{decision}/undo", back="/customers/quality")
    assert "The decision was undone." in page.words
    assert desk.decisions() == [("same", False)]


def test_erasing_asks_twice_and_names_what_will_go(desk: Desk):
    catherine = desk.person("catherine")
    words = desk.get(f"/customers/{catherine}/erase").words
    assert "Erase Catherine Lambert for good?" in words
    assert "5 names by which they are found" in words
    assert "What was sold in 1 order, under a made-up name" in words
    for unsure in ({}, {"sure": "yes"}, {"reason": "asked"}):
        assert "Say why, and tick" in desk.press(f"/customers/{catherine}/erase", 400, **unsure).words
    assert desk.person("catherine") == catherine


def test_who_is_erased_is_gone_and_the_receipt_names_nobody(desk: Desk):
    catherine = desk.person("catherine")
    page = desk.press(f"/customers/{catherine}/erase", sure="yes", reason="asked by e-mail")
    assert "Keep it: it names nobody." in page.words
    assert "Names 5" in page.words
    assert "Catherine" not in page.words
    desk.get(f"/customers/{catherine}", 404)
    assert desk.data("/customers.json?q=catherine@example.com") == []
    with desk.hub.store.reading() as reader:
        subject = desk.hub.customers.subject(Identifier("user_id", "catherine"))
        assert desk.hub.customers.person_of(reader, subject) is None


def test_an_associate_may_not_erase(associate: Desk):
    catherine = associate.person("catherine")
    associate.get(f"/customers/{catherine}/erase", 403)
    associate.press(f"/customers/{catherine}/erase", 403, sure="yes", reason="asked")
    assert associate.person("catherine") == catherine
