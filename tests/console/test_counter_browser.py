"""The counter in a real browser: greeted, served, and nothing lost when the network goes."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from console.preview_counter import CATHERINE, Counter, card, consent, fact, served
from console.test_browser import violations, words

pytestmark = pytest.mark.browser

PATIENCE_MS = 15_000
SIZES = {"a tablet": (1180, 820), "a tablet upright": (820, 1180), "a phone": (390, 844)}
PAGES = (
    "/counter", "/counter?q=a", "/counter/customers/p_catherine", "/counter/customers/p_jeanne",
    "/counter/customers/p_yuki", "/counter/customers/p_passive",
)  # fmt: skip

_SMALL = """() => [...document.querySelectorAll('main button, main input, main summary, main a.button, main a.touch')]
  .filter((one) => one.checkVisibility()).map((one) => [one.textContent || one.id, one.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 43.5).map(([name]) => name)"""
_KEPT = """async () => {
  const kept = await import('/static/counter-kept.js');
  const files = (await caches.keys()).length;
  return {cards: (await kept.cardsOfToday()).length, taps: (await kept.taps()).length, files};
}"""
_YESTERDAY = """() => new Promise((resolve) => {
  const request = indexedDB.open('noline-counter', 1);
  request.onsuccess = () => {
    const store = request.result.transaction('about', 'readwrite').objectStore('about');
    store.get('book').onsuccess = (event) => {
      store.put({...event.target.result, day: 'Sun Jan 01 2023'}).onsuccess = resolve;
    };
  };
})"""


@dataclass
class Associate:
    """Somebody with a tablet behind the counter. complaints: what a developer would see in red."""

    desk: Counter
    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, said: Any) -> None:
        # What a browser says of a server that is gone or refuses is no fault of the page.
        if said.type in ("error", "warning") and "Failed to load resource" not in said.text:
            self.complaints.append(said.text)

    def go(self, path: str = "/counter", *, ready: str = "kept") -> Page:
        self.page.goto(self.desk.origin + path)
        self.page.wait_for_selector(f"html[data-counter={ready}]")
        return self.page

    def keeps(self) -> Page:
        """Open the day, and wait until it is there without a network too."""
        self.go()
        self.page.wait_for_selector("html[data-offline=ready]")
        return self.page

    def greets(self, customer: str) -> Page:
        return self.go(f"/counter/customers/{customer}")

    @property
    def blocks(self) -> list[str]:
        """The headings of the middle, from above."""
        found = self.page.locator(".counter-middle h2").all()
        return [words(one.inner_text()) for one in found]

    @property
    def state(self) -> str:
        return words(self.page.locator("#counter-state").inner_text())

    def waits_for(self, has_come_true: Callable[[], object]) -> None:
        """Go on once something is true outside the page."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not has_come_true() and time.monotonic() < deadline:
            self.page.wait_for_timeout(20)

    def sees_sent(self, count: int) -> None:
        expect(self.page.locator(".outbox .is-sent")).to_have_count(count)


@pytest.fixture
def associate(browser: Browser) -> Iterator[Associate]:
    """An associate at a counter of her own, who must leave nothing red behind."""
    with served() as desk:
        context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
        at = Associate(desk, context.new_page())
        yield at
        context.close()
        assert at.complaints == []


# --- A customer walks in --------------------------------------------------------------------------------------------


def test_a_scanner_types_into_the_field_that_waits_and_sends_enter(associate: Associate):
    page = associate.go()
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("cath")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Catherine Laurent").click()
    expect(page.locator(".who-name")).to_have_text("Catherine Laurent")


def test_today_says_who_is_expected_and_leads_to_the_card(associate: Associate):
    page = associate.go()
    assert [words(one.inner_text()) for one in page.locator("#counter h2").all()] == [
        "Expected 2", "Ready to collect 1", "Open matters 1", "Follow-ups 1"
    ]  # fmt: skip
    page.locator(".day-appointments").get_by_role("link", name="Catherine Laurent").click()
    page.wait_for_url("**/counter/customers/p_catherine?presence=appointment")


def test_she_is_greeted_in_french_and_in_japanese(associate: Associate):
    page = associate.greets("p_catherine")
    greeting = page.locator(".is-greeting p")
    expect(greeting).to_have_text("Bonjour Madame Laurent, ravie de vous revoir à l’Opéra.")
    page.get_by_role("button", name="日本語").click()
    expect(greeting).to_have_text("ローラン様、いらっしゃいませ。")
    assert page.locator(".say").get_attribute("lang") == "ja"
    assert "lang=ja" in page.url


def test_what_is_open_comes_first_with_an_apology_and_nothing_is_offered(associate: Associate):
    associate.greets("p_jeanne")
    assert associate.blocks == [
        "Open complaint", "Late order", "Say, and apologise first", "Ready to collect here"
    ]  # fmt: skip
    expect(associate.page.locator(".suppressed")).to_have_text("Nothing is offered: an open complaint comes first.")


def test_what_is_not_to_be_spoken_is_marked_and_why_is_a_tap_away(associate: Associate):
    page = associate.greets("p_catherine")
    expect(page.locator("#see-heading")).to_have_text("See not spoken")
    page.locator(".say > li").nth(2).get_by_text("why").click()
    evidence = page.locator(".say > li").nth(2).locator(".evidence-list")
    expect(evidence).to_contain_text("Preference intensity: 10 of 13")
    expect(evidence).to_contain_text("From purchases, 2 Nov")
    expect(evidence).to_contain_text("and 8 more. 14 purchases, and they agree.")
    assert evidence.get_by_role("link", name="order o-2041").get_attribute("href") == "/orders/o-2041"


def test_sections_that_the_card_does_not_have_are_not_there(associate: Associate):
    told = {name: value for name, value in CATHERINE.items() if name not in ("notes", "viewed", "consent", "actions")}
    associate.desk.cards["p_catherine"] = told
    page = associate.greets("p_catherine")
    for name in ("notes", "viewed", "consent", "actions"):
        assert page.locator(f"#{name}-heading").count() == 0, name


def test_whoever_is_only_sensed_stays_nobody(associate: Associate):
    page = associate.greets("p_passive")
    expect(page.locator(".who-name")).to_have_text("A customer is here")
    assert page.locator(".say, .chips, .consent, .year").count() == 0


def test_names_and_notes_are_words_and_never_tags(associate: Associate):
    hostile = '<img src=x onerror="document.title=1">'
    associate.desk.cards["p_x"] = card(
        customer="p_x", who={"name": hostile, "address_as": hostile, "identified_by": hostile, "city": hostile},
        notes=[{"id": "n", "by": hostile, "at": "2026-11-01T10:00:00Z", "text": "</script>" + hostile}],
        greeting={"text": hostile, "facts": ["f1"], "by": "model", "apology": False},
        facts={"f1": fact(hostile, hostile)},
    )  # fmt: skip
    page = associate.greets("p_x")
    expect(page.locator(".who-name")).to_have_text(hostile)
    assert page.locator("main img").count() == 0


# --- What is tapped -------------------------------------------------------------------------------------------------


def test_what_this_store_lacks_is_reserved_elsewhere(associate: Associate):
    page = associate.greets("p_catherine")
    page.get_by_role("button", name="Reserve there: Kazaar, 50 capsules, Marais").click()
    associate.sees_sent(1)
    ((path, key, body),) = associate.desk.sent
    assert path == "/v1/orders"
    assert body.pop("order_id").startswith("counter-tap-")
    assert key.startswith("tap-")
    assert body == {
        "channel": "store", "store_id": "paris-opera", "customer": {"person": "p_catherine"},
        "deliver": {"method": "pickup", "location": "paris-marais"}, "lines": [{"sku": "kazaar-50", "units": 1}],
        "unpriced": True,
    }  # fmt: skip


def test_a_button_that_is_hit_twice_fast_orders_one(associate: Associate):
    page = associate.greets("p_catherine")
    page.locator("button[aria-label^='Reserve there: Kazaar']").first.evaluate("one => { one.click(); one.click(); }")
    associate.sees_sent(1)
    expect(page.locator(".elsewhere").first).to_contain_text("reserved")
    page.get_by_role("button", name="Declined: Descaling is due").dblclick()
    associate.sees_sent(2)
    assert [path for path, _ in sent_by(associate)] == ["/v1/orders", "/v1/customers/p_catherine/actions/descale"]


def test_what_is_open_beyond_the_gravest_is_closed_on_the_card(associate: Associate):
    told = waiting("complaint", "A/17", "case:A/17")
    seen = associate.desk.cards["p_jeanne"]
    seen["other_loops"], seen["facts"]["f9"] = told["loops"], told["facts"]["f9"]
    page = associate.greets("p_jeanne")
    page.locator(".more-loops > summary").click()
    more = page.locator(".more-loops")
    more.get_by_text("Close it …").click()
    more.get_by_label("What was done?").fill("called")
    page.evaluate("document.activeElement.blur()")
    more.locator("form").evaluate("one => one.requestSubmit()")
    associate.sees_sent(1)
    assert sent_by(associate) == [("/v1/cases/-/resolve?id=A%2F17", {"outcome": "called"})]


def test_a_review_is_called_one_and_an_appointment_elsewhere_tells_place_and_time_there(associate: Associate):
    told = waiting("complaint", "r-1", "review:r-1")
    told["loops"][0]["stars"] = 2
    agreed = {"id": "a-9", "at": "2026-12-02T01:00:00Z", "store": "tokyo", "topic": "tasting", "state": "booked",
              "place": "Tokyo Ginza", "local_at": "2026-12-02T10:00"}  # fmt: skip
    associate.desk.cards["p_jeanne"] |= {**told, "more_loops": 0, "appointments": [agreed]}
    page = associate.greets("p_jeanne")
    expect(page.locator(".loop h2")).to_have_text("Open review, ★★☆☆☆")
    expect(page.locator(".block-appointments li")).to_contain_text("Wed 2 Dec, 10:00 at Tokyo Ginza (time there)")


def test_a_complaint_is_closed_with_what_was_done(associate: Associate):
    page = associate.greets("p_jeanne")
    page.get_by_text("Close it …").click()
    page.get_by_label("What was done?").fill("two boxes handed out")
    associate.desk.cards["p_jeanne"]["loops"].pop(0)
    page.get_by_role("button", name="Close it").click()
    associate.sees_sent(1)
    assert [(path, body) for path, _, body in associate.desk.sent] == [
        ("/v1/cases/case-7/resolve", {"outcome": "two boxes handed out"})
    ]
    expect(page.locator(".loop")).to_have_count(1)


def test_an_action_is_overruled_with_a_reason(associate: Associate):
    page = associate.greets("p_catherine")
    action = page.locator(".action", has_text="Descaling is due")
    action.get_by_text("Overrule …").click()
    action.get_by_label("Why is this wrong").fill("she did it yesterday")
    action.get_by_role("button", name="Overrule").click()
    associate.sees_sent(1)
    assert [(path, body) for path, _, body in associate.desk.sent] == [
        ("/v1/customers/p_catherine/actions/descale", {"answer": "overruled", "reason": "she did it yesterday"})
    ]


def test_consent_that_is_withdrawn_empties_the_card_before_the_hub_has_heard(associate: Associate):
    page = associate.greets("p_catherine")
    associate.desk.cut = True
    page.get_by_role("button", name="Withdraw: Personal advice").click()
    expect(page.locator(".block-preferences, .block-actions")).to_have_count(0)
    expect(page.locator(".say")).not_to_contain_text("cafés forts")
    expect(page.locator(".say")).to_contain_text("Votre dernier achat")
    expect(page.locator(".consent li", has_text="Personal advice")).to_contain_text("withdrawn waiting")
    assert associate.desk.sent == []


def test_a_refusal_is_shown_with_its_reason_and_put_away(associate: Associate):
    path = "/v1/orders"
    associate.desk.refuses[path] = {"message": "Marais has 0 of kazaar-50, 1 was asked."}
    page = associate.greets("p_catherine")
    page.get_by_role("button", name="Reserve there: Kazaar, 50 capsules, Marais").click()
    expect(page.locator(".outbox .is-refused")).to_contain_text("Marais has 0 of kazaar-50, 1 was asked.")
    expect(page.get_by_role("button", name="Reserve there: Kazaar, 50 capsules, Marais")).to_be_visible()
    page.get_by_role("button", name="Put away").click()
    expect(page.locator(".outbox")).to_have_count(0)


def test_what_is_typed_survives_that_the_page_is_drawn_anew(associate: Associate):
    page = associate.greets("p_catherine")
    page.get_by_text("Write a note").click()
    page.locator("#note-text").fill("half a sentence")
    page.get_by_role("button", name="Accepted: Descaling is due").click()
    associate.sees_sent(1)
    expect(page.locator("#note-text")).to_have_value("half a sentence")


def sent_by(associate: Associate) -> list[tuple[str, Any]]:
    """What was sent, without its keys, which are all different."""
    assert len({key for _, key, _ in associate.desk.sent}) == len(associate.desk.sent)
    return [(path, body) for path, _, body in associate.desk.sent]


def waiting(kind: str, name: str, evidence: str) -> dict[str, Any]:
    """What of a card makes one open matter: the matter, and the fact it rests on."""
    loop = {"id": name, "kind": kind, "text": f"{kind} of {name}", "since": None, "order": None, "facts": ["f9"]}
    return {"loops": [loop], "facts": {"f9": fact(f"open_loop.{kind}", name, "service", evidence=[evidence])}}


def test_an_appointment_is_booked_by_the_clock_of_the_store(associate: Associate):
    page = associate.greets("p_catherine")
    page.get_by_text("Book one …").click()
    assert page.get_by_label("In which store?").input_value() == "paris-opera"
    page.get_by_label("Which day?").fill("2030-01-05")
    page.get_by_label("At what time?").fill("15:30")
    page.get_by_label("In which store?").select_option("Marais")
    page.get_by_label("What about?").fill("tasting")
    page.get_by_label("With whom?").fill("Mia")
    page.get_by_role("button", name="Book it").click()
    associate.sees_sent(1)
    assert sent_by(associate) == [
        ("/v1/customers/p_catherine/appointments",
         {"store": "paris-marais", "at": "2030-01-05T15:30", "topic": "tasting (Mia)"}),
    ]  # fmt: skip


def test_an_appointment_is_today_unless_another_day_is_said(associate: Associate):
    page = associate.greets("p_catherine")
    page.get_by_text("Book one …").click()
    today = page.evaluate("new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString().slice(0, 10)")
    assert page.get_by_label("Which day?").input_value() == today
    assert page.get_by_label("With whom?").input_value() == "lea"


@pytest.mark.parametrize(
    ("button", "verb", "state"),
    [("Came", "keep", "kept"), ("Did not come", "miss", "missed"), ("Cancel", "withdraw", "withdrawn")],
)
def test_what_became_of_an_appointment_is_said_also_without_a_network(
    associate: Associate, button: str, verb: str, state: str
):
    associate.keeps()
    page = associate.greets("p_jeanne")
    associate.desk.cut = True
    page.locator(".block-appointments").get_by_role("button", name=button).click()
    expect(page.locator(".block-appointments li")).to_contain_text(f"{state} waiting")
    expect(page.locator(".block-appointments li button")).to_have_count(0)
    page.reload()
    expect(page.locator(".outbox .is-waiting")).to_contain_text(f"{button}: ")
    associate.desk.cut = False
    page.evaluate("dispatchEvent(new Event('online'))")
    associate.waits_for(lambda: associate.desk.sent)
    assert sent_by(associate) == [(f"/v1/appointments/a-1/{verb}", {})]


def test_a_question_is_taken_down_and_nothing_is_offered_as_long_as_it_waits(associate: Associate):
    page = associate.greets("p_catherine")
    associate.desk.cut = True
    page.get_by_text("Complaint or question …").click()
    page.get_by_label("What is it?").select_option("A question")
    page.get_by_label("What is it about?").fill("the frother")
    page.get_by_label("In the customer’s words").fill("does it fit the old machine?")
    page.get_by_label("Of which order?").select_option("Order o-2041")
    page.get_by_role("button", name="Take it down").click()
    expect(page.locator(".loop")).to_contain_text("does it fit the old machine?")
    expect(page.locator(".loop h2")).to_have_text("Waits for an answer")
    expect(page.locator(".loop")).to_contain_text("waiting taken down here")
    expect(page.locator(".block-actions")).to_have_count(0)
    expect(page.locator(".suppressed")).to_have_text("Nothing is offered: what is open comes first.")
    associate.desk.cut = False
    page.evaluate("dispatchEvent(new Event('online'))")
    associate.waits_for(lambda: associate.desk.sent)
    assert sent_by(associate) == [
        ("/v1/customers/p_catherine/cases",
         {"kind": "unanswered", "topic": "the frother", "text": "does it fit the old machine?", "order": "o-2041",
          "store": "paris-opera"}),
    ]  # fmt: skip


def test_a_review_is_answered(associate: Associate):
    associate.desk.cards["p_jeanne"] |= waiting("complaint", "r-4", "review:r-4")
    page = associate.greets("p_jeanne")
    page.get_by_text("Answered …").click()
    page.get_by_label("What was the customer told?").fill("we called her")
    associate.desk.cards["p_jeanne"]["loops"] = []
    page.get_by_role("button", name="It is answered").click()
    associate.sees_sent(1)
    assert sent_by(associate) == [("/v1/reviews/r-4/answer", {"outcome": "we called her"})]
    expect(page.locator(".loop")).to_have_count(0)


def test_who_was_told_of_a_late_order_is_looked_after_again(associate: Associate):
    page = associate.greets("p_jeanne")
    late = page.locator(".loop", has_text="Late order")
    late.get_by_text("Customer was told …").click()
    late.get_by_label("What was the customer told?").fill("it comes on Friday")
    late.get_by_label("When to look again?").fill("2030-01-04")
    text = "Order o-2003 is late, the customer was told: it comes on Friday"
    associate.desk.cards["p_jeanne"]["follow_ups"] = [
        {"id": "u-9", "due": "2030-01-04T22:59:00Z", "text": text, "by": "lea"}
    ]
    late.get_by_role("button", name="Note it").click()
    associate.sees_sent(1)
    ((path, body),) = sent_by(associate)
    assert (path, body["text"]) == ("/v1/customers/p_jeanne/follow-ups", text)
    assert body["due"] == page.evaluate("new Date('2030-01-04T23:59').toISOString()")
    expect(late.locator(".told")).to_contain_text("told look again")
    expect(late.get_by_text("Told again …")).to_be_visible()


def test_what_a_channel_keeps_ready_is_handed_over_there(associate: Associate):
    associate.desk.cards["p_jeanne"]["pickups"][0]["fulfilment"] = ""
    page = associate.greets("p_jeanne")
    ready = page.locator(".block-pickups")
    expect(ready).to_contain_text("Handed over in the channel that it came from.")
    assert ready.get_by_role("link", name="Hand it over").count() == 0


def test_where_no_store_is_known_one_is_chosen_before_an_appointment_is_booked(associate: Associate):
    associate.desk.cards["p_catherine"]["store"] = None
    page = associate.greets("p_catherine")
    page.get_by_text("Book one …").click()
    store = page.get_by_label("In which store?")
    assert store.input_value() == ""
    assert [words(one.inner_text()) for one in store.locator("option").all()] == ["Choose a store", "Opéra", "Marais"]
    assert store.evaluate("(one) => one.required && !one.checkValidity()")


def test_a_return_under_way_leads_to_the_returns_of_the_store(associate: Associate):
    associate.desk.cards["p_jeanne"] |= waiting("pending_return", "o-7", "order:o-7")
    page = associate.greets("p_jeanne")
    assert page.get_by_role("link", name="Returns here").get_attribute("href") == "/today#returns"
    assert page.locator(".loop details.why").count() == 1
    assert page.locator(".loop form").count() == 0


# --- Without a network ----------------------------------------------------------------------------------------------


def test_offline_nothing_is_lost_and_back_online_all_is_sent_once_in_order(associate: Associate):
    page = associate.keeps()
    associate.desk.cut = True
    page.goto(associate.desk.origin + "/counter/customers/p_jeanne")
    expect(page.locator(".who-name")).to_have_text("Jeanne Moreau")
    assert associate.state.startswith("Offline, data of ")
    page.get_by_text("Write a note").click()
    page.locator("#note-text").fill("wants a new box")
    page.get_by_role("button", name="Keep it").click()
    page.get_by_text("Close it …").click()
    page.get_by_label("What was done?").fill("a new box is sent")
    page.get_by_role("button", name="Close it").click()
    expect(page.locator(".outbox .is-waiting")).to_have_count(2)
    page.reload()
    expect(page.locator(".outbox .is-waiting")).to_have_count(2)
    expect(page.locator(".block-notes")).to_contain_text("wants a new box waiting")
    associate.desk.cut = False
    page.evaluate("dispatchEvent(new Event('online'))")
    associate.waits_for(lambda: len(associate.desk.sent) == 2)
    expect(page.locator(".offline-note")).to_have_count(0)
    assert [(path, body) for path, _, body in associate.desk.sent] == [
        ("/v1/customers/p_jeanne/notes", {"text": "wants a new box"}),
        ("/v1/cases/case-7/resolve", {"outcome": "a new box is sent"}),
    ]
    assert len({key for _, key, _ in associate.desk.sent}) == 2


def test_an_answer_that_got_lost_is_asked_for_again_with_the_same_key(associate: Associate):
    page = associate.greets("p_catherine")
    associate.desk.loses_answers = 1
    page.get_by_role("button", name="Done: Call when the Christmas box is here").click()
    expect(page.locator(".outbox .is-waiting")).to_have_count(1)
    page.evaluate("dispatchEvent(new Event('online'))")
    associate.sees_sent(1)
    assert len(associate.desk.sent) == 2
    assert len({key for _, key, _ in associate.desk.sent}) == 1


def test_today_and_a_search_work_without_a_network(associate: Associate):
    page = associate.keeps()
    associate.desk.cut = True
    page.goto(associate.desk.origin + "/counter")
    expect(page.locator("#day-appointments")).to_have_text("Expected 2")
    page.get_by_role("searchbox").fill("moreau")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Jeanne Moreau").click()
    expect(page.locator(".who-name")).to_have_text("Jeanne Moreau")
    page.goto(associate.desk.origin + "/counter/customers/p_yuki")
    expect(page.locator("#counter .note")).to_have_text(
        "There is no network, and this customer is not in today’s book."
    )


def test_logging_out_leaves_nothing_on_the_device(associate: Associate):
    page = associate.go()
    assert page.evaluate(_KEPT) == {"cards": 2, "taps": 0, "files": 1}
    with page.expect_navigation(url="**/logout"):
        page.get_by_role("button", name="Log out").click()
    page.goto(associate.desk.origin + "/static/noline.svg")
    left = page.evaluate(_KEPT)
    assert left == {"cards": 0, "taps": 0, "files": 0}


def test_who_logs_out_is_told_what_was_not_sent(associate: Associate):
    page = associate.greets("p_catherine")
    associate.desk.cut = True
    page.get_by_role("button", name="Agree: Marketing").click()
    expect(page.locator(".outbox .is-waiting")).to_have_count(1)
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.get_by_role("button", name="Log out").click()
    associate.waits_for(lambda: asked)
    expect(page.locator(".outbox .is-waiting")).to_have_count(1)
    assert words(asked[0]) == "1 thing was not sent yet and will be lost. Log out?"


def test_a_session_that_ended_drops_the_book_and_keeps_what_waits(associate: Associate):
    page = associate.greets("p_catherine")
    associate.desk.logged_in = False
    page.get_by_role("button", name="Agree: Marketing").click()
    expect(page.locator("#counter-state")).to_contain_text("You are logged out. Log in to go on; 1")
    page.evaluate("dispatchEvent(new Event('online'))")
    assert page.evaluate(_KEPT)["taps"] == 1


def test_the_book_of_yesterday_is_dropped(associate: Associate):
    page = associate.keeps()
    page.evaluate(_YESTERDAY)
    associate.desk.cut = True
    page.goto(associate.desk.origin + "/counter/customers/p_jeanne")
    expect(page.locator("#counter .note")).to_have_text(
        "There is no network, and nothing of today is kept on this device."
    )
    assert page.evaluate(_KEPT)["cards"] == 0


def test_who_was_erased_leaves_the_page_and_the_book(associate: Associate):
    page = associate.go()
    page = associate.greets("p_catherine")
    del associate.desk.cards["p_catherine"]
    page.get_by_role("button", name="Deutsch").click()
    expect(page.locator("#counter .note")).to_have_text("This customer is not known here any more.")
    assert page.evaluate(_KEPT)["cards"] == 1


# --- How it is made -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
def test_everything_is_in_reach_of_a_thumb_and_nothing_scrolls_sideways(associate: Associate, size: tuple[int, int]):
    associate.page.set_viewport_size({"width": size[0], "height": size[1]})
    for path in PAGES:
        page = associate.go(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        assert page.evaluate(_SMALL) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0], path


def test_on_a_tablet_the_words_to_say_are_seen_without_scrolling(associate: Associate):
    page = associate.greets("p_jeanne")
    box = page.locator(".is-greeting").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < SIZES["a tablet"][1]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_counter_keeps_the_rules_of_accessibility(associate: Associate, axe: str, scheme: Any):
    associate.page.emulate_media(color_scheme=scheme)
    broken = {}
    for path in PAGES:
        page = associate.go(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        if told := violations(page, axe):
            broken[path] = told
    assert broken == {}


# --- The card in another tool ---------------------------------------------------------------------------------------


def test_another_tool_shows_the_card_with_a_key_of_its_own(associate: Associate):
    page = associate.page
    page.goto(associate.desk.origin + "/static/noline-card.html")
    page.get_by_role("textbox", name="Customer").fill("p_jeanne")
    page.get_by_label("Key of role associate").fill("nk_key")
    page.get_by_role("button", name="Show").click()
    shown = page.locator("noline-card")
    expect(shown.get_by_role("heading", level=2)).to_have_text("Jeanne Moreau")
    expect(shown.locator(".loop").first).to_contain_text("two boxes are missing")
    expect(shown).to_contain_text("Nothing is offered: An open complaint comes first")
    assert associate.desk.shown_keys == ["Bearer nk_key"]
    page.get_by_role("textbox", name="Customer").fill("p_nobody")
    page.get_by_role("button", name="Show").click()
    expect(shown).to_have_text("There is nothing at this address.")
    expect(shown.get_by_role("heading")).to_have_count(0)


def test_the_element_takes_its_key_from_a_function_and_tells_what_it_shows(associate: Associate):
    page = associate.page
    page.goto(associate.desk.origin + "/static/noline-card.html")
    told = page.evaluate("""() => new Promise((resolve) => {
      const card = document.createElement('noline-card');
      card.addEventListener('noline-card', ({ detail }) => resolve(detail.customer));
      card.token = async () => 'nk_later';
      card.setAttribute('customer', 'p_yuki');
      card.setAttribute('src', '/');
      document.body.append(card);
    })""")
    assert told == "p_yuki"
    assert associate.desk.shown_keys == ["Bearer nk_later"]


def test_the_card_without_a_purpose_hides_all_that_rests_on_it(associate: Associate):
    """Whatever a card tells: no part stays that rests on a fact of a purpose that was withdrawn."""
    page = associate.go()
    told = {**CATHERINE, "consent": consent(personalisation="granted")}
    left = page.evaluate(
        "async (card) => (await import('/static/counter-local.js')).withoutPurpose(card, 'personalisation')", told
    )
    gone = {name for name, one in CATHERINE["facts"].items() if one["purpose"] == "personalisation"}
    assert gone == {"f3", "f8"}
    assert not gone & set(left["facts"])
    assert all(f'"{name}"' not in json.dumps(left) for name in gone)
