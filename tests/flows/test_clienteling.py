"""Looking after customers: what is noted stands, is told to the customer, and is in no file once she is erased."""

import pytest

from fixed_clock import FixedClock
from noline.flows.clienteling import AppointmentOver, ClientKeyReused, Done, ServiceWithdrawn
from noline.flows.deeds import Deed
from noline.flows.local_time import midnight_before, offset_at
from noline.hub import Hub
from noline.kernel.clock import DAY, as_text, parse_instant
from noline.kernel.errors import NotFound
from noline.stores.log import records_after
from noline.truth.cases.model import State
from noline.truth.clients.model import VIEWED, Adviser, ClientUnreadable, Standing
from noline.truth.offers.model import DRAWN, drawn
from shop import OPENING, Day, identify, track

CANARY = "canary7q"
NOON = parse_instant("2026-03-02T12:00:00Z")


@pytest.fixture
def shop(hub):
    """Anna with a card and an address, and Boris."""
    day = Day()
    hub.access.add_source("crm", "crm")
    anna = identify(id="c-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica")
    anna["context"] = {"externalIds": [{"type": "loyalty_id", "id": "4711"}]}
    hub.accept("crm", [
        anna, identify(id="c-2", at=day.next(), user="boris", email="boris@example.com", name="Boris Robusta"),
        track("Location Opened", id="c-3", at=day.next(), location="paris-1", name="Opéra", channel="store"),
    ])  # fmt: skip
    return hub


def person(hub, name="anna"):
    (found,) = hub.find_customers(f"{name}@example.com")
    return found.person


def words_of(hub):
    """The events of the log, in order."""
    with hub.store.reading() as reader:
        return [kind for (kind,) in reader.rows("SELECT kind FROM log ORDER BY seq")][3:]


def wide(text):
    """The same in the full width of East Asian type."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in text)


def look(hub, whom, **said):
    said = {"by": "lea", "store": "paris-1", "purpose": "service", "facts": ("f1", "f2"), **said}
    with hub.store.transaction() as tx:
        return hub.clienteling.viewed(tx, hub.customers.whom(tx, whom), **said)


def test_a_note_stands_once_however_often_it_is_sent_and_goes_when_it_is_withdrawn(shop):
    anna, desk = person(shop), shop.clienteling
    made = desk.note(anna, "  likes it strong ", by="lea", key="k-1")
    again = desk.note(anna, "  likes it strong ", by="lea", key="k-1")
    assert (made.status, again) == ("accepted", Done(made.id, "duplicate", made.seq))
    with pytest.raises(ClientKeyReused):
        desk.note(anna, "likes it mild", by="lea", key="k-1")
    (note,) = desk.of(anna)[0].notes
    assert (note.id, note.by, note.text) == (made.id, "lea", "likes it strong")
    assert desk.withdraw_note(anna, made.id, by="lea").status == "accepted"
    assert desk.withdraw_note(anna, made.id, by="mia") == Done(made.id, "duplicate")
    assert desk.of(anna)[0].notes == []
    assert words_of(shop) == ["Note Written", "Note Withdrawn"]
    with pytest.raises(NotFound):
        desk.withdraw_note(person(shop, "boris"), made.id, by="lea")
    assert shop.verify().trouble == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (" ", "text has 1 to 2000 characters"),
        ("a\0b", "text holds the character NUL"),
        ("x" * 2001, "text has 1 to 2000 characters"),
        ("\u200b\u3164 \u2060", "text has 1 to 2000 characters"),
        ("half \ud800", "text holds half of a character"),
        ("her husband is boris@example.com", "it holds the e-mail address or the phone number of another customer"),
    ],
)
def test_what_cannot_be_noted_leaves_nothing(shop, text, why):
    anna, before = person(shop), shop.last_seq()
    desk = shop.clienteling
    for note in (
        desk.note,
        lambda *said, by: desk.plan_follow_up(*said, NOON, by=by),
        lambda whom, said, by: desk.open_case(whom, "machine", text=said, by=by),
    ):
        with pytest.raises(ClientUnreadable) as refused:
            note(anna, text, by="lea")
        assert str(refused.value) == f"This cannot be noted about a customer: {why}."
    assert shop.last_seq() == before
    assert shop.clienteling.note(anna, "write to anna@example.com", by="lea").status == "accepted"


@pytest.mark.parametrize(
    "text",
    [
        "boris@example.com", wide("boris@example.com"), "bo\u200bris@example.com", "call 00 33 6 12 34 56 78",
        "call 06 12 34 56 78", "call +33 612\u2013345\u2013678", f"call {wide('0612345678')}", "ID",
    ],
)  # fmt: skip
def test_nobody_else_is_named_in_any_words_about_a_customer(shop, text):
    shop.accept("crm", [identify(id="c-9", at=OPENING.isoformat(), user="boris", phone="+33612345678")])
    anna, boris, desk = person(shop), person(shop, "boris"), shop.clienteling
    said = f"see {boris.upper()}" if text == "ID" else text
    planned = desk.plan_follow_up(anna, "call her", NOON, by="lea")
    case = desk.open_case(anna, "machine", by="lea")
    before = shop.last_seq()
    for deed in (
        lambda: desk.note(anna, said, by="lea"),
        lambda: desk.note(anna, "fine", by=said),
        lambda: desk.name_adviser(anna, said, by="lea"),
        lambda: desk.book(anna, "paris-1", NOON, said, by="lea"),
        lambda: desk.plan_follow_up(anna, "call", NOON, by="lea", assigned_to=said),
        lambda: desk.close_follow_up(planned.id, said, by="lea"),
        lambda: desk.open_case(anna, said, by="lea"),
        lambda: desk.open_case(anna, "machine", order_id=said, by="lea"),
        lambda: desk.resolve_case(case.id, said, by="lea"),
    ):
        with pytest.raises(ClientUnreadable):
            deed()
    assert shop.last_seq() == before


def test_the_number_of_an_order_holds_no_address_not_even_her_own(shop):
    desk, anna = shop.clienteling, person(shop)
    with pytest.raises(ClientUnreadable) as refused:
        desk.open_case(anna, "machine", order_id="anna@example.com", by="lea")
    assert "the number of an order holds no e-mail address" in str(refused.value)
    assert desk.open_case(anna, "machine", order_id="100-2003004005", by="lea").status == "accepted"


def test_the_same_look_is_noted_once_whatever_it_shows_also_after_a_merge(shop):
    anna, boris = person(shop), person(shop, "boris")
    assert look(shop, anna, once="book:1").status == "accepted"
    assert look(shop, anna, once="book:1", facts=("f3",)).status == "duplicate"
    assert [look(shop, boris, once="book:1").status, look(shop, anna, once="book:2").status] == ["accepted"] * 2
    shop.identity.merge(anna, boris, by="lea", reason="the same")
    assert look(shop, boris, once="book:2").status == "duplicate"
    assert (len(shop.clienteling.views(anna)), shop.dead_letter_counts()) == (3, {})


def test_what_comes_of_a_look_is_done_with_it_in_the_same_write_also_when_the_look_is_no_new_one(shop):
    anna = person(shop)
    with shop.store.reading() as reader:
        head = shop.customers.whom(reader, anna).head
    told = [(Deed(DRAWN, head, drawn("tea", "shown", 30), f"draw-{number}"), "noline") for number in (1, 2)]
    first = look(shop, anna, once="book:1", beside=told[:1])
    assert words_of(shop)[-2:] == [DRAWN, VIEWED]
    assert (first.status, first.seq) == ("accepted", shop.last_seq())
    assert look(shop, anna, once="book:1", beside=told[1:]).status == "duplicate"
    assert words_of(shop)[-3:] == [DRAWN, VIEWED, DRAWN]
    with shop.store.reading() as reader:
        assert [(one.programme, one.arm) for one in shop.offers.of(reader, [head]).draws] == [("tea", "shown")] * 2


def test_the_adviser_is_the_one_named_last_and_nobody_is_possible(shop):
    anna, desk = person(shop), shop.clienteling
    desk.name_adviser(anna, "lea", by="lea")
    desk.name_adviser(anna, "mia", by="lea", key="k-1")
    adviser = desk.of(anna)[0].adviser
    assert adviser == Adviser("mia", adviser.since)
    desk.name_adviser(anna, "", by="mia")
    assert desk.of(anna)[0].adviser is None


def test_an_appointment_is_told_as_a_message_of_the_store_and_comes_as_far_as_it_can(shop):
    anna, desk = person(shop), shop.clienteling
    made = desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-1")
    assert desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-1").id == made.id
    with pytest.raises(ClientKeyReused):
        desk.book(anna, "paris-1", NOON + 1_000, "tasting", by="lea", key="k-1")
    one = desk.appointment(made.id)
    assert (one.state, one.channel, one.store, one.topic, one.at) == (
        Standing.BOOKED, "store", "paris-1", "tasting", NOON,
    )  # fmt: skip
    assert desk.miss(made.id, by="lea").status == "accepted"
    assert desk.withdraw(made.id, by="lea").status == "accepted"
    with pytest.raises(AppointmentOver):
        desk.miss(made.id, by="lea")
    assert desk.keep(made.id, by="lea").status == "accepted"
    assert desk.keep(made.id, by="lea") == Done(made.id, "duplicate")
    assert desk.of(anna)[0].appointments[0].state is Standing.KEPT
    assert words_of(shop) == ["Appointment Booked", "Appointment Missed", "Appointment Withdrawn", "Appointment Kept"]
    assert {moment.channel for moment in shop.timeline(anna).events if "Appointment" in moment.action} == {"store"}
    with pytest.raises(NotFound):
        desk.keep("nothing", by="lea")


def test_a_follow_up_is_closed_once(shop):
    anna, desk = person(shop), shop.clienteling
    made = desk.plan_follow_up(anna, "call her", NOON, by="lea", assigned_to="mia", store="paris-1", key="k-1")
    (one,) = desk.of(anna)[0].follow_ups
    assert (one.id, one.due, one.text, one.assigned_to, one.store) == (made.id, NOON, "call her", "mia", "paris-1")
    assert desk.close_follow_up(made.id, "she comes", by="mia").status == "accepted"
    assert desk.close_follow_up(made.id, "again", by="lea") == Done(made.id, "duplicate")
    assert desk.of(anna)[0].follow_ups == []
    assert (desk.follow_up(made.id).outcome, shop.verify().trouble) == ("she comes", ())


def test_a_case_is_opened_at_the_counter_and_resolved_there_even_one_without_a_number(shop):
    anna, desk = person(shop), shop.clienteling
    made = desk.open_case(anna, "machine", by="lea", text="it leaks", store="paris-1", key="k-1")
    assert desk.open_case(anna, "machine", by="lea", text="it leaks", store="paris-1", key="k-1").id == made.id
    shop.accept("crm", [track("Callback Requested", id="m-1", at=OPENING.isoformat(), user="anna")])
    waiting = desk.of(anna)[1]
    assert [(str(one.kind), one.topic, one.text) for one in waiting] == [
        ("callback", None, None), ("complaint", "machine", "it leaks"),
    ]  # fmt: skip
    for one in waiting:
        assert desk.resolve_case(one.case_id, "done", by="mia").status == "accepted"
        assert desk.resolve_case(one.case_id, "done", by="mia") == Done(one.case_id, "duplicate")
    assert desk.of(anna)[1] == []
    assert desk.case(made.id).state is State.CLOSED
    assert shop.verify().trouble == ()


def test_a_case_that_was_told_with_a_number_ends_under_every_name(shop):
    by_card = {"externalIds": [{"type": "loyalty_id", "id": "4711"}]}
    opened = track("Case Opened", id="m-1", at=OPENING.isoformat(), case_id="s-1", topic="parcel") | {
        "context": by_card
    }
    shop.accept("crm", [opened])
    assert [one.case_id for one in shop.clienteling.of(person(shop))[1]] == ["s-1"]
    shop.accept("crm", [track("Call Resolved", id="m-2", at=OPENING.isoformat(), user="anna", case_id="s-1")])
    assert shop.clienteling.of(person(shop))[1] == []


def test_every_look_is_kept_and_follows_the_person_through_a_merge(shop):
    anna, boris = person(shop), person(shop, "boris")
    assert look(shop, anna).status == "accepted"
    look(shop, boris, by="mia", store=None, facts=())
    shop.identity.merge(anna, boris, by="lea", reason="the same")
    seen = shop.clienteling.views(anna)
    assert seen == shop.clienteling.views(boris)
    assert [(one.by, one.store, one.purpose, one.facts) for one in seen] == [
        ("mia", None, "service", ()), ("lea", "paris-1", "service", ("f1", "f2")),
    ]  # fmt: skip
    assert [one.by for one in shop.clienteling.views(anna, 1)] == ["mia"]


def all_about(hub):
    """Everything that can be written about Anna, with the canary in it."""
    anna, desk = person(hub), hub.clienteling
    kept = desk.note(anna, f"{CANARY} likes it strong", by="lea")
    desk.withdraw_note(anna, desk.note(anna, f"{CANARY} withdrawn", by="lea").id, by="lea")
    desk.name_adviser(anna, f"{CANARY} lea", by="lea")
    desk.keep(desk.book(anna, "paris-1", NOON, f"{CANARY} tasting", by="lea").id, by="lea")
    planned = desk.plan_follow_up(anna, f"{CANARY} call", NOON, by="lea")
    desk.close_follow_up(planned.id, f"{CANARY} done", by="lea")
    case = desk.open_case(anna, f"{CANARY} machine", by="lea", text=f"{CANARY} leaks")
    desk.resolve_case(case.id, f"{CANARY} fixed", by="lea")
    look(hub, anna, by=f"{CANARY} lea")
    return kept


def test_the_customer_is_told_all_of_it(shop):
    kept = all_about(shop)
    told = shop.export_person(person(shop))
    assert [(one["id"], one["by"], one["text"]) for one in told["notes"]] == [
        (kept.id, "lea", f"{CANARY} likes it strong")
    ]
    assert told["adviser"]["by"] == f"{CANARY} lea"
    assert [(one["state"], one["topic"], one["at"]) for one in told["appointments"]] == [
        ("kept", f"{CANARY} tasting", as_text(NOON))
    ]
    assert [(one["text"], one["outcome"]) for one in told["follow_ups"]] == [(f"{CANARY} call", f"{CANARY} done")]
    assert [(one["by"], one["facts"]) for one in told["viewed"]] == [(f"{CANARY} lea", ["f1", "f2"])]
    assert [(one["state"], one["text"]) for one in told["cases"]] == [("closed", f"{CANARY} leaks")]


def readable(hub):
    """Tables and bodies of the log, opened with every key there is, in which the canary stands."""
    found = set()
    with hub.store.reading() as reader:
        for table in hub.store.table_names():
            found |= {table for row in reader.rows(f"SELECT * FROM {table}") if CANARY in _text(row)}
        for record, body in hub.log.opened(reader, records_after(reader, 0, 10_000)):
            found |= {f"a {record.kind}"} if CANARY in (body or b"").decode() else set()
    return sorted(found)


def _text(row):
    return " ".join(one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in row)


def test_nothing_of_it_is_left_when_she_is_erased(shop):
    all_about(shop)
    shop.clienteling.note(person(shop, "boris"), "Boris stays", by="lea")
    assert {"client_notes", "client_advisers", "client_follow_ups", "client_views", "appointments", "cases"} <= set(
        readable(shop)
    )
    shop.erase(person(shop), by="dpo", reason="asked by letter")
    assert readable(shop) == []
    assert [one.text for one in shop.clienteling.of(person(shop, "boris"))[0].notes] == ["Boris stays"]
    with shop.store.reading() as reader:
        tables = [*shop.clients.tables, *shop.cases.tables]
        assert {name: count for name in tables if (count := len(reader.rows(f"SELECT * FROM {name}")))} == {
            "client_notes": 1
        }
    assert shop.verify().trouble == ()


def test_what_others_told_of_a_case_of_hers_stays_and_nothing_comes_back(shop):
    shop.access.add_source("desk", "call")
    at = OPENING.isoformat()
    shop.accept("desk", [
        track("Case Opened", id="m-1", at=at, user="anna", case_id="s-1", topic=CANARY),
        track("Appointment Booked", id="m-2", at=at, user="anna", appointment_id="t-1", topic=CANARY, store_id="x"),
        track("Callback Missed", id="m-3", at=at, user="boris", case_id="s-1"),
        track("Appointment Kept", id="m-4", at=at, user="boris", appointment_id="t-1"),
        track("Call Resolved", id="m-5", at=at, case_id="s-1", topic=CANARY),
        track("Callback Requested", id="m-6", at=at, user="anna", topic=CANARY),
    ])  # fmt: skip
    shop.erase(person(shop), by="dpo", reason="asked by letter")
    assert readable(shop) == []
    client, waiting = shop.clienteling.of(person(shop, "boris"))
    assert [(one.id, one.state, one.store) for one in client.appointments] == [("t-1", Standing.KEPT, None)]
    assert [(one.case_id, one.missed) for one in waiting] == [("s-1", 1)]
    with shop.store.reading() as reader:
        assert {name: len(reader.rows(f"SELECT * FROM {name}")) for name in ("cases", "appointments")} == {
            "cases": 1, "appointments": 1,
        }  # fmt: skip
    assert shop.verify().trouble == ()


def test_no_file_holds_a_word_of_it_after_the_hub_was_compacted(tmp_path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("crm", "crm")
        hub.accept("crm", [identify(id="c-1", at=OPENING.isoformat(), user="anna", email="anna@example.com")])
        all_about(hub)
        assert in_files(tmp_path)
        hub.erase(person(hub), by="dpo", reason="asked by letter")
        hub.compact()
        assert in_files(tmp_path) == []


def in_files(folder):
    return [file.name for file in folder.rglob("*") if file.is_file() and CANARY.encode() in file.read_bytes()]


# The day of a store


def test_a_day_at_a_store_names_who_is_expected_what_is_open_and_what_is_due(tmp_path):
    with Hub.init(tmp_path / "shop.noline", clock=FixedClock("2026-03-02T10:00:00+00:00")) as hub:
        hub.access.add_source("crm", "crm")
        day = Day()
        hub.accept("crm", [
            identify(id="c-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica"),
            track("Location Opened", id="c-2", at=day.next(), location="paris-1", name="Opéra", channel="store"),
            track("Case Opened", id="c-3", at=day.next(), user="ben", case_id="s-1", store_id="paris-1", topic="till"),
            track("Case Opened", id="c-4", at=day.next(), user="anna", case_id="s-2", topic="parcel", order_id="o-1"),
            track("Case Opened", id="c-5", at=day.next(), user="carla", case_id="s-3", topic="not here"),
            track("Feedback Given", id="c-6", at=day.next(), user="anna", feedback_id="v-1", rating=2),
            track("Feedback Given", id="c-7", at=day.next(), user="dana", feedback_id="v-2", store_id="paris-1"),
            identify(id="c-8", at=day.next(), user="emil", name="Emil Espresso"),
            track("Feedback Given", id="c-9", at=day.next(), user="emil", feedback_id="v-3", store_id="paris-1"),
        ])  # fmt: skip
        anna = person(hub)
        booked = hub.clienteling.book(anna, "paris-1", NOON, "tasting", by="lea")
        hub.clienteling.book(anna, "paris-1", NOON + DAY, "another day", by="lea")
        planned = hub.clienteling.plan_follow_up(anna, "call her", NOON, by="lea")
        found = hub.shop_days.today("paris-1")
    assert (found.place, as_text(found.begins), found.ends - found.begins) == ("Opéra", "2026-03-02T00:00:00.000Z", DAY)
    assert [(one.id, whom) for one, whom in found.appointments] == [(booked.id, (anna, "Anna Arabica"))]
    assert [(one.id, whom.name) for one, whom in found.follow_ups] == [(planned.id, "Anna Arabica")]
    assert [(one.id, one.kind, one.text, one.order, whom.name) for one, whom in found.loops] == [
        ("s-1", "complaint", "till", None, None), ("s-2", "complaint", "parcel", "o-1", "Anna Arabica"),
        ("v-1", "complaint", "a review, 2 of 5 stars", None, "Anna Arabica"),
        ("v-3", "unanswered", "", None, "Emil Espresso"),
    ]  # fmt: skip
    assert found.pickups == []


def test_a_day_tells_no_special_category_and_nothing_of_who_refuses_to_be_served(tmp_path):
    with Hub.init(tmp_path / "shop.noline", clock=FixedClock("2026-03-02T10:00:00+00:00")) as hub:
        hub.access.add_source("crm", "crm")
        day = Day()
        hub.accept("crm", [
            identify(id="c-1", at=day.next(), user="anna", email="anna@example.com", name="Anna Arabica"),
            identify(id="c-2", at=day.next(), user="boris", email="boris@example.com", name="Boris Robusta"),
        ])  # fmt: skip
        anna, boris, desk = person(hub), person(hub, "boris"), hub.clienteling
        for topic in ("pregnancy test", "tasting"):
            desk.book(anna, "paris-1", NOON, topic, by="lea")
            desk.open_case(anna, topic, by="lea", store="paris-1")
            desk.plan_follow_up(anna, topic, NOON, by="lea")
        desk.book(boris, "paris-1", NOON, "machine", by="lea")
        hub.consent.change(boris, "service", None, granted=False)
        desk.open_case(boris, "machine", by="lea", store="paris-1")
        found = hub.shop_days.today("paris-1")
    assert sorted((one.topic or "", whom.name or "") for one, whom in found.appointments) == [
        ("", ""), ("", "Anna Arabica"), ("tasting", "Anna Arabica"),
    ]  # fmt: skip
    assert sorted((one.kind, one.text, whom.name or "") for one, whom in found.loops) == [
        ("complaint", "", ""), ("complaint", "", "Anna Arabica"), ("complaint", "tasting", "Anna Arabica"),
    ]  # fmt: skip
    assert sorted(one.text for one, _ in found.follow_ups) == ["", "tasting"]


@pytest.mark.parametrize(
    ("country", "zone", "midnight"),
    [(None, "", "2026-03-02T00:00Z"), ("FR", "", "2026-03-01T23:00Z"), ("JP", "", "2026-03-01T15:00Z"),
     ("US", "America/New_York", "2026-03-01T05:00Z")],
)  # fmt: skip
def test_a_day_begins_at_midnight_where_the_store_is(country, zone, midnight):
    begins, half_past = parse_instant(midnight), parse_instant("2026-03-02T00:30Z")
    ahead = offset_at(country, half_past, zone)
    assert [midnight_before(one, ahead) for one in (half_past, begins, begins - 1)] == [begins, begins, begins - DAY]


def test_a_store_in_a_country_has_the_day_of_that_country(tmp_path):
    with Hub.init(tmp_path / "shop.noline", clock=FixedClock("2026-03-02T16:00:00+00:00")) as hub:
        hub.access.add_source("erp", "erp")
        said = {"location": "tokyo-1", "channel": "store", "country": "JP"}
        hub.accept("erp", [track("Location Opened", id="l-1", at=OPENING.isoformat(), **said)])
        found = hub.shop_days.today("tokyo-1")
    assert (found.place, as_text(found.begins)) == ("tokyo-1", "2026-03-02T15:00:00.000Z")


def test_nothing_is_booked_for_who_withdrew_service(shop):
    anna, desk = person(shop), shop.clienteling
    booked = desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-1")
    shop.consent.change(anna, "service", None, granted=False)
    before = words_of(shop)
    with pytest.raises(ServiceWithdrawn):
        desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-2")
    assert (words_of(shop), [one.id for one in desk.of(anna)[0].appointments]) == (before, [booked.id])
    assert desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-1")[:2] == (booked.id, "duplicate")
    shop.consent.change(anna, "service", None, granted=True)
    assert desk.book(anna, "paris-1", NOON, "tasting", by="lea", key="k-2").status == "accepted"


def test_who_never_said_anything_of_service_or_withdrew_something_else_is_booked(shop):
    anna, desk = person(shop), shop.clienteling
    shop.consent.change(anna, "marketing", None, granted=False)
    assert desk.book(anna, "paris-1", NOON, "tasting", by="lea").status == "accepted"
