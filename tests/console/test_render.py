"""What the pages of the console say, and what they must never do."""

import gzip
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from console.preview import (
    BREAKDOWNS,
    COUNTED,
    CUSTOMER,
    DEAD_LETTERS,
    EMPTY,
    FULL,
    HANDOFFS,
    LOST_PEOPLE,
    every_page,
    shell_for,
)  # fmt: skip
from noline.doors.console import views, wording
from noline.doors.console.letters import code_words
from noline.doors.console.render import PAGES, STATIC, render
from noline.doors.console.timeline import draw
from noline.kernel.events import REFUSAL_CODES

SPACE = wording.SPACE
VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())


class Page(HTMLParser):
    """A page as tags, ids and visible words; complains about tags that do not close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in {"td", "th", "dt", "dd"}:
            self.text.append(" ")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "script":
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join("".join(self.text).replace(SPACE, " ").split())

    def ids(self) -> list[str]:
        return [held for _, attributes in self.tags if (held := attributes.get("id"))]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(name: str) -> str:
    page, path, view = every_page()[name]
    return render(page, view=view, shell=shell_for(page, path))


def page_of(name: str) -> Page:
    return Page(html_of(name))


every_state = pytest.mark.parametrize("name", sorted(every_page()))


# --- What every page keeps ------------------------------------------------------------------------------------------


def test_every_page_is_shown_in_the_preview():
    assert {page for page, _, _ in every_page().values()} == set(PAGES)


@every_state
def test_a_page_is_whole_html_with_one_heading_and_one_main(name):
    page = page_of(name)
    assert page.open == []
    assert len(page.all("h1")) == 1
    assert [main["id"] for main in page.all("main")] == ["main"]
    assert page.all("a")[0] == {"class": "skip", "href": "#main"}


@every_state
def test_a_page_has_no_inline_code_and_asks_nobody_else(name):
    page = page_of(name)
    for tag, attributes in page.tags:
        assert not [key for key in attributes if key == "style" or key.startswith(("on", "hx-on"))], tag
        assert not str(attributes.get("src") or "").startswith(("http", "//"))
        if tag in {"link", "a", "form"}:
            target = str(attributes.get("href") or attributes.get("action") or "/")
            assert target.startswith(("/", "#")), target
    assert all(one.get("src") or one.get("type") == "application/json" for one in page.all("script"))
    assert page.all("style") == []


@every_state
def test_ids_are_unique_and_every_reference_leads_somewhere(name):
    page = page_of(name)
    ids = page.ids()
    assert len(ids) == len(set(ids))
    references = ("aria-labelledby", "aria-describedby", "for", "popovertarget")
    for _, attributes in page.tags:
        for reference in references:
            for target in (attributes.get(reference) or "").split():
                assert target in ids, f"{reference}={target}"
        if (attributes.get("href") or "").startswith("#"):
            assert attributes["href"][1:] in ids


@every_state
def test_every_table_has_a_caption_and_its_headings_have_a_scope(name):
    page = page_of(name)
    assert len(page.all("table")) == len(page.all("caption"))
    assert all(heading.get("scope") in {"row", "col"} for heading in page.all("th"))


@every_state
def test_a_page_shows_no_word_of_the_machinery(name):
    assert not re.search(r"\bNone\b|Undefined|dataclass|Decimal\(", page_of(name).words)


@pytest.mark.parametrize(("path", "address"), [("/", "/home.json"), ("/borders/web/store", "/borders/web/store.json")])
def test_a_page_links_to_its_own_data(path, address):
    assert views.Shell(path=path).data("json") == address
    assert views.Shell(path=path, query="since=2026").data("csv") == address.replace("json", "csv") + "?since=2026"


def test_only_the_page_with_a_sankey_loads_echarts():
    loading = {name for name in every_page() if "echarts" in html_of(name)}
    assert loading == {"home", "home-alarm"}


def test_stylesheet_and_scripts_without_echarts_stay_small():
    files = [file for file in STATIC.rglob("*") if file.suffix in {".css", ".js"} and "echarts" not in file.name]
    assert len(files) == 16
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < 60_000


def test_static_files_name_no_other_host_in_what_they_load():
    for name in ("noline.css", "noline.js", "sankey.js", "review.js", "explore.js"):
        assert "//" not in re.sub(r"^\s*//.*$", "", (STATIC / name).read_text(), flags=re.MULTILINE), name


# --- Words ----------------------------------------------------------------------------------------------------------


def test_numbers_read_as_people_write_them():
    assert wording.count(8412) == "8,412"
    assert wording.count(None) == "–"
    assert wording.plural(1, "person", "people") == f"1{SPACE}person"
    assert wording.percent(0.1431) == f"14{SPACE}%"
    assert wording.percent(0.0345) == f"3.5{SPACE}%"
    assert wording.percent(0.03) == f"3{SPACE}%"
    assert wording.percent(0) == f"0{SPACE}%"
    assert wording.percent(1) == f"100{SPACE}%"
    assert wording.interval(0.1357, 0.1506) == f"14{SPACE}–{SPACE}15{SPACE}%"


def test_money_keeps_to_the_minor_unit_of_its_currency():
    assert wording.money(4_103_850, "EUR") == f"41,039{SPACE}EUR"
    assert wording.exact_money(1250, "EUR") == f"12.50{SPACE}EUR"
    assert wording.exact_money(1250, "JPY") == f"1,250{SPACE}JPY"
    assert wording.exact_money(-1250, "KWD") == f"-1.250{SPACE}KWD"
    assert wording.about_money(4_103_800, "EUR") == f"41,000{SPACE}EUR"
    assert wording.about_money(995_000, "EUR") == f"10,000{SPACE}EUR"
    assert wording.about_money(87_650, "JPY") == f"88,000{SPACE}JPY"
    assert wording.about_money(15_781_390, "EUR") == f"158,000{SPACE}EUR"
    assert wording.about_money(4250, "EUR") == f"43{SPACE}EUR"


def test_currencies_are_never_added_to_each_other():
    rows = [
        {"value_minor": 100, "currency": "EUR"},
        {"values": [{"value_minor": 50, "currency": "EUR"}, {"value_minor": 900, "currency": "JPY"}]},
        {"value_minor": None, "currency": None},
    ]
    assert wording.summed(rows) == {"EUR": 150, "JPY": 900}
    assert wording.sentence_of_money({"JPY": 90_000, "EUR": 4_100_000}) == f"41,000{SPACE}EUR and 90,000{SPACE}JPY"


def test_times_are_read_from_text_and_from_microseconds():
    assert wording.minute(wording.instant("2026-03-03T10:30:00+01:00")) == f"3{SPACE}Mar{SPACE}2026, 09:30"
    assert wording.minute(wording.instant(1_772_530_200_000_000)) == f"3{SPACE}Mar{SPACE}2026, 09:30"
    assert wording.minute(wording.instant(None)) == "–"


# --- Home -----------------------------------------------------------------------------------------------------------


def test_the_first_sentence_tells_the_worst_border():
    assert (
        "Of 8,412 people who set out from web to store, 1,204 (14 %) were lost: about 41,000 EUR left with them."
    ) in page_of("home").words


def test_a_border_with_too_few_people_is_never_called_the_worst():
    few = {**HANDOFFS[-1], "persons": 9014, "lost": 9000, "value_minor": 10**9}
    view = views.home(**{**FULL, "handoffs": [few, HANDOFFS[0]]})
    assert view.worst is not None
    assert (view.worst.from_channel, view.worst.to_channel) == ("web", "store")
    assert [border.too_few for border in view.borders] == [False, True]


def test_a_share_of_too_few_is_not_shown():
    page = Page(render("home", view=views.home(**{**FULL, "handoffs": [HANDOFFS[-1]]})))
    assert "Too few people have crossed" in page.words
    assert "Business sales → store 14 13 2 1 too few 330 EUR" in page.words


def test_nobody_lost_is_said_so():
    well = {**HANDOFFS[0], "lost": 0, "lost_before_arrival": 0, "lost_after_arrival": 0, "share_lost": 0.0}
    assert (
        "Nobody was lost between channels."
        in Page(render("home", view=views.home(**{**FULL, "handoffs": [well]}))).words
    )


def test_the_sankey_keeps_every_person_of_every_border():
    chart = views.home(**FULL).chart
    assert sum(link["value"] for link in chart["links"]) == sum(row["persons"] for row in HANDOFFS)
    people = {node["name"]: node["people"] for node in chart["nodes"]}
    assert people["end:lost"] == sum(row["lost"] for row in HANDOFFS)
    assert people["end:open"] == sum(row["undecided"] for row in HANDOFFS)
    assert people["from:web"] == 8634 + 1840
    assert people["to:store"] == sum(row["succeeded"] for row in HANDOFFS if row["to"] == "store")
    assert all(link["value"] > 0 for link in chart["links"])


def test_the_data_of_the_sankey_cannot_leave_their_script():
    hostile = {**HANDOFFS[0], "from": "</script><script>alert(1)</script>"}
    html = render("home", view=views.home(**{**FULL, "handoffs": [hostile]}))
    assert "<script>alert" not in html
    block = re.search(r'<script type="application/json" id="sankey-data">(.*?)</script>', html)
    assert block is not None
    assert json.loads(block[1])["links"][0]["source"] == f"from:{hostile['from']}"


def test_a_channel_with_a_slash_still_has_one_address():
    assert views.border_path("web/shop", "store?") == "/borders/web%2Fshop/store%3F"


def test_sales_of_a_channel_stand_together_and_currencies_beside_each_other():
    rows = [
        {"channel": "store", "orders": 30, "revenue_minor": 1_500_000, "currency": "EUR", "average_minor": 50_000},
        {"channel": "store", "orders": 10, "revenue_minor": 500_000, "currency": "JPY", "average_minor": 50_000},
        {"channel": "web", "orders": 4, "revenue_minor": 60_000, "currency": "CHF", "average_minor": 15_000},
    ]
    together = {
        "currency": "EUR",
        "rates": {"JPY": "0.006"},
        "left_out": ["CHF"],
        "channels": [
            {"channel": "store", "total_minor": 1_800_000, "share": 1.0},
            {"channel": "web", "total_minor": 0, "share": 0.0},
        ],
    }
    words = Page(render("home", view=views.home(**{**FULL, "sales": rows, "sales_together": together}))).words
    assert "Store 40 500.00 EUR 50,000 JPY 15,000 EUR 500,000 JPY 100 %" in words
    assert "Shares are of the sum in EUR at the hub's rates: 1 JPY = 0.006 EUR." in words
    assert "Without a rate, and so in no share: CHF." in words


def test_borders_where_nobody_was_lost_stand_apart():
    quiet = {**HANDOFFS[1], "lost": 0, "lost_before_arrival": 0, "lost_after_arrival": 0, "share_lost": 0.0}
    view = views.home(**{**FULL, "handoffs": [HANDOFFS[0], quiet]})
    assert ([one.from_channel for one in view.borders], [one.from_channel for one in view.quiet]) == (["web"], ["mail"])
    assert "1 border where nobody was lost" in Page(render("home", view=view)).words


def test_drop_offs_that_bought_elsewhere_are_good_news():
    assert (
        "2,511 of 8,102 people who dropped off were not lost: they bought in another channel." in page_of("home").words
    )


def test_bars_of_drop_offs_fill_what_was_dropped():
    first = views.home(**FULL).dropoffs[0]
    assert first.false_width + first.lost_width + first.rest_width == pytest.approx(100, abs=0.02)


def test_books_that_balance_get_a_tick_and_others_an_alarm():
    assert "The books balance" in page_of("home").words
    assert "The books do not balance: 3 missing" in page_of("home-alarm").words


def test_books_are_added_up_again_whatever_they_claim():
    assert not views.books_of({"received": 3, "accepted": 1, "parked": 1, "balanced": True}).balanced
    assert views.books_of({"received": 3, "accepted": 1, "parked": 1, "duplicate": 1}).balanced


def test_a_new_hub_is_told_its_two_next_steps():
    page = page_of("home-empty")
    assert "Nothing has come in yet." in page.words
    assert "noline source add web-shop --channel web" in page.words
    assert len(page.all("li")) == 2
    assert page.all("table") == []


def test_every_number_explained_opens_its_words_sql_and_parameters():
    page = page_of("home")
    opened = {button["popovertarget"] for button in page.all("button") if button.get("popovertarget")}
    assert opened == {f"counted-{name}" for name in (*COUNTED, "frictions")}
    for one in COUNTED.values():
        assert " ".join(one["sql"].split()) in page.words
    assert "identity_version 88214" in page.words


def test_a_number_without_an_explanation_is_plain():
    page = Page(render("home", view=views.home(**{**FULL, "counted": {}})))
    assert [button for button in page.all("button") if button.get("popovertarget")] == []


# --- One border -----------------------------------------------------------------------------------------------------


def test_a_border_shows_its_groups_with_shares_of_their_own():
    words = page_of("border").words
    assert "A 3,647 747 2,900 143 0 85 % 83 – 86 %" in words
    assert "C 574 64 510 30 0 95 % 93 – 96 %" in words
    assert "no group named 12 9 3 0 0 too few" in words


def test_lost_people_are_named_only_to_those_who_may_see_them():
    shown, hidden = page_of("border"), page_of("border-no-persons")
    assert LOST_PEOPLE[0]["name"] in shown.words
    assert "/customers/4711" in [link.get("href") for link in shown.all("a")]
    assert "Your role sees numbers, not persons." in hidden.words
    assert not [link for link in hidden.all("a") if str(link.get("href")).startswith("/customers/")]


def test_names_are_words_and_never_tags():
    assert "Jürgen <b>Weiß</b>" in page_of("border").words
    assert page_of("border").all("b") == []


def test_a_border_shows_where_and_when_most_are_lost():
    words = page_of("border").words
    assert "Paris Opéra, Feb 2026: 203 of 400 people lost before arriving." in words
    assert "Paris Opéra stands out 910 640 240 61 4 33 % 30 – 36 % 9,100 EUR Lyon Bellecour 410 391 12 5 2" in words
    assert "Jan 2026 500 470 20 11 0 6.2 % 4.4 – 8.7 % Feb 2026 stands out 820" in words


def test_a_border_with_one_place_has_no_table_of_places():
    one = {"store": BREAKDOWNS["store"][:1], "month": BREAKDOWNS["month"][:1]}
    page = Page(render("border", view=views.border(row=HANDOFFS[1], counted={}, breakdowns=one)))
    assert page.all("table") == []


def test_lost_people_are_turned_over_in_portions():
    row = {**HANDOFFS[0], "lost": 7}
    view = views.border(row=row, lost_people=LOST_PEOPLE, counted={}, offset=3)
    page = Page(render("border", view=view))
    assert "4 to 6 of 7, the latest first" in page.words
    pages = [link["href"] for link in page.all("a") if link.get("rel") in {"prev", "next"}]
    assert pages == ["/borders/web/store#people-heading", "/borders/web/store?offset=6#people-heading"]


# --- Evidence -------------------------------------------------------------------------------------------------------


def test_evidence_leads_to_the_record_for_those_who_may_see_it():
    view = views.customer(row=CUSTOMER, counted={})
    manager = Page(render("customer", view=view, shell=views.Shell(role="manager")))
    associate = Page(render("customer", view=view, shell=views.Shell(role="associate", sees_all=False, mends=False)))
    assert "/records/918204" in [link.get("href") for link in manager.all("a")]
    assert [link for link in associate.all("a") if str(link.get("href")).startswith("/records/")] == []
    assert "#918204 web-shop" in associate.words


def test_a_record_shows_when_whence_about_whom_and_what_was_sent():
    words = page_of("record").words
    assert "Happened, UTC 25 Feb 2026, 14:00:00 Received, UTC 25 Feb 2026, 17:00:00 3 hours later" in words
    assert "Written as segment, sealed" in words
    assert "E-mail catherine@example.com" in words
    assert '"sku": "</code><b>",' in words
    assert page_of("record").all("b") == []


def test_an_erased_record_says_that_it_was():
    assert "Erased: the customer asked to be forgotten." in page_of("record-erased").words


def test_pages_of_an_associate_offer_nothing_an_associate_may_not_do():
    shell = views.Shell(path="/customers", role="associate", sees_all=False, sees_numbers=False, mends=False)
    page = Page(render("customers", view=views.search(), shell=shell))
    assert [link["href"] for link in page.all("a") if str(link["href"]).startswith("/")] == [
        "/customers", "/counter", "/customers", "/orders", "/stock", "/today", "/customers.json", "/customers.csv"
    ]  # fmt: skip


def test_a_manager_may_try_a_letter_and_is_told_who_mends_it():
    view = views.dead_letter(row=DEAD_LETTERS[0])
    page = Page(render("dead_letter", view=view, shell=views.Shell(role="manager", mends=False)))
    assert [form["action"] for form in page.all("form")] == ["/logout", "/dead-letters/31/dry-run"]
    assert "saving and replaying take a key of role admin" in page.words


# --- A customer -----------------------------------------------------------------------------------------------------


def test_a_timeline_has_one_lane_per_channel_and_every_event_once():
    line = draw(CUSTOMER["timeline"])
    assert [(lane.channel, lane.events) for lane in line.lanes] == [
        ("store", 9), ("mail", 2), ("web", 11), ("app", 3), ("call", 2)
    ]  # fmt: skip
    drawn = [event.seq for lane in line.lanes for mark in lane.marks for event in mark.events]
    assert sorted(drawn) == sorted(row["seq"] for row in CUSTOMER["timeline"])


def test_a_timeline_does_not_depend_on_the_order_it_is_given_in():
    assert draw(CUSTOMER["timeline"]) == draw(list(reversed(CUSTOMER["timeline"])))


def test_long_pauses_are_folded_and_named():
    assert [part.quiet_days for part in draw(CUSTOMER["timeline"]).stretches] == [None, 66, 60, 102]


def test_marks_of_one_lane_do_not_touch_and_stay_in_the_picture():
    for lane in draw(CUSTOMER["timeline"]).lanes:
        places = [mark.x for mark in lane.marks]
        assert all(0 <= x <= 100 for x in places)
        assert all(later - earlier >= 1.7 for earlier, later in pairwise(places))


def test_a_mark_of_several_events_weighs_as_its_heaviest():
    store = draw(CUSTOMER["timeline"]).lanes[0].marks[0]
    assert [event.action for event in store.events] == ["Store Visited", "Product Tried", "Order Completed"]
    assert store.weightiest.action == "Order Completed"
    assert store.weight == "goal"


def test_a_thousand_events_of_one_second_are_one_mark():
    rows = [{**CUSTOMER["timeline"][0], "seq": seq} for seq in range(1000)]
    line = draw(rows)
    assert [len(mark.events) for mark in line.lanes[0].marks] == [1000]
    assert len(line.events) == 1000


def test_a_customer_without_events_has_a_page():
    page = Page(render("customer", view=views.customer(row={"person": "1", "name": None}, counted={})))
    assert "Customer 1" in page.words
    assert "No event of this customer is in the log." in page.words


def test_a_page_that_shows_only_the_latest_events_says_so():
    view = views.customer(row={**CUSTOMER, "events": 900}, counted={})
    assert "900 events, 27 of them here, in 5 channels" in Page(render("customer", view=view)).words


def test_a_column_nobody_can_fill_is_left_out():
    names = [{"namespace": "email", "value": "c@example.com", "first_seen": "2026-03-01"}]
    words = Page(render("customer", view=views.customer(row={**CUSTOMER, "identifiers": names}, counted={}))).words
    assert "First seen" in words
    assert "Last seen" not in words


def test_every_event_is_also_in_the_table_with_its_evidence():
    words = page_of("customer").words
    assert "25 Feb 2026, 14:00 web Product Reserved res-71 buy 84.00 EUR – #918204 web-shop" in words
    rows = [row for row in page_of("customer").all("tr") if str(row.get("id", "")).startswith("event-")]
    assert len(rows) == len(CUSTOMER["timeline"])


# --- Sources and dead letters ---------------------------------------------------------------------------------------


def test_snippets_carry_the_address_of_this_hub():
    for snippet in views.snippets("https://hub.example.com"):
        assert "hub.example.com" in snippet.code
        assert "WRITE_KEY" in snippet.code


def test_an_hour_that_does_not_balance_raises_an_alarm():
    hour = {"source": "till", "hour": "2026-03-09T13:00:00Z", "received": 10, "accepted": 9}
    view = views.sources(rows=[], hours=[hour], base_url="http://127.0.0.1:1", counted={})
    assert view.unbalanced == 1
    assert "The books of 1 hour does not balance." in Page(render("sources", view=view)).words


def test_a_dead_letter_shows_what_stands_where_it_hurts():
    view = views.dead_letter(row=DEAD_LETTERS[0])
    assert (view.letter.stands, view.pointer, view.value) == ('"12,50"', "/properties/total", '"12,50"')
    assert Page(render("dead_letter", view=view)).words.count('"12,50"') == 4


def test_what_somebody_typed_stays_in_the_form():
    view = views.dead_letter(row=DEAD_LETTERS[0], pointer="/event", value='"Order Placed"')
    assert (view.pointer, view.value) == ("/event", '"Order Placed"')


def test_a_pointer_is_read_as_the_standard_says():
    body = {"a/b": {"m~n": [10, {"x": None}]}}
    assert views.at_pointer(body, "/a~1b/m~0n/0") == "10"
    assert views.at_pointer(body, "/a~1b/m~0n/1/x") == "null"
    assert views.at_pointer(body, "/a~1b/m~0n/7") == ""
    assert views.at_pointer(body, "nowhere") == ""


@pytest.mark.parametrize("raw", ['{"a":"\\ud800"}', "\ud800", "[" * 100_000, "9" * 10_000, "\x00", '{"a":1e999}', ""])
def test_hostile_bytes_are_shown_and_can_be_sent(raw):
    html = render("dead_letter", view=views.dead_letter(row={**DEAD_LETTERS[0], "raw": raw, "pointer": "/a"}))
    assert html.encode("utf-8")
    assert len(Page(html).all("h1")) == 1


def test_every_code_of_the_closed_list_has_plain_words():
    assert {code for code in REFUSAL_CODES if code_words(code) == code.replace("_", " ")} == set()


def test_a_closed_letter_has_no_form():
    page = page_of("dead-letter-fixed")
    assert [form["action"] for form in page.all("form")] == ["/logout"]
    assert page.all("textarea") == []


def test_forms_carry_the_token_of_the_session():
    page = Page(render("dead_letter", view=views.dead_letter(row=DEAD_LETTERS[0]), shell=views.Shell(form_token="t-1")))
    tokens = [field["value"] for field in page.all("input") if field.get("name") == "form_token"]
    assert tokens == ["t-1"] * 3


# --- The door -------------------------------------------------------------------------------------------------------


def test_the_login_page_shows_nothing_of_the_hub():
    page = page_of("login")
    assert page.all("nav") == []
    assert [form["action"] for form in page.all("form")] == ["/login"]


def test_a_refused_key_is_said_beside_the_field():
    field = next(field for field in page_of("login-refused").all("input") if field.get("name") == "key")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "refused")


def test_an_error_page_tells_the_next_step():
    words = page_of("error").words
    assert "A key of role associate may not do this; it needs manager or analyst." in words
    assert "Use a key with that role." in words


def test_an_empty_answer_of_the_hub_makes_a_page():
    books = {"received": 1, "accepted": 1}
    assert (
        "Nobody has crossed from one channel to another yet."
        in Page(render("home", view=views.home(**{**EMPTY, "books": books}))).words
    )
