"""The hub's services as tools: which there are for whom, what they answer, what they refuse, and that each is noted."""

import pytest
from mcp.shared.exceptions import MCPError

from doors.mcp_shop import Assistant, filled
from noline.doors.mcp.calling import audit
from noline.doors.mcp.model import Caller, Scope
from noline.doors.mcp.scopes import RESOURCES, TOOLS
from noline.hub import Hub
from noline.kernel.errors import KeyMissing, KeyUnknown, RoleTooSmall
from noline.stores.access import Role
from shop import identify


@pytest.fixture
def anna(hub: Hub) -> str:
    return filled(hub)


def test_each_scope_lists_its_tools_with_schemas_and_marks(hub):
    listed = {scope: Assistant(hub, scope).tools() for scope in Scope}
    assert sorted(listed[Scope.STAFF]) == [
        "check_availability", "find_customers", "get_card", "get_order", "get_recipe", "get_return", "list_recipes",
        "open_case", "put_recipe_in_cart", "recommend_items", "release_stock", "reserve_stock", "resolve_case",
        "write_note",
    ]  # fmt: skip
    assert sorted(listed[Scope.MANAGER]) == [
        "get_programme", "get_scorecard", "list_credit_units", "list_frictions", "list_handoffs", "list_loops",
        "list_programmes",
    ]  # fmt: skip
    assert sorted(listed[Scope.PARTNER]) == ["check_availability", "get_order_status", "reserve_stock"]
    assert all(one.annotations.read_only_hint for one in listed[Scope.MANAGER].values())
    reserve = listed[Scope.STAFF]["reserve_stock"]
    assert not reserve.annotations.read_only_hint
    assert reserve.input_schema["required"] == ["lines"]
    assert reserve.input_schema["additionalProperties"] is False
    assert reserve.input_schema["$defs"]["HoldLine"]["required"] == ["sku"]


def test_no_tool_of_managers_and_partners_takes_or_writes_a_person():
    for scope in (Scope.MANAGER, Scope.PARTNER):
        assert not [one.name for one in TOOLS[scope] if "person" in one.asks.__struct_fields__ or one.views]
    assert not [one.name for one in TOOLS[Scope.MANAGER] if one.writes]


def test_a_customer_is_found_by_what_tells_one_from_the_other_only(hub, anna):
    found = Assistant(hub, Scope.STAFF).call("find_customers", text="anna@example.com")
    assert found == {"customers": [{"person": anna, "name": "Anna Arabica", "city": "Paris"}]}


def test_staff_open_a_card_and_the_customer_can_be_told_who_looked(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    card = staff.call("get_card", person=anna, store="paris-1", language="fr")
    assert (card["customer"], card["language"]) == (anna, "fr")
    assert [one.by for one in hub.clienteling.views(anna)] == [f"{staff.name} (assistant)"]
    assert staff.call("get_card", person=anna, presence="passive")["who"] is None
    assert staff.calls() == [("get_card", "done"), ("get_card", "done")]


def test_staff_see_what_is_here_hold_it_once_and_give_it_back(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    (item,) = staff.call("check_availability", items=["ristretto-50"])["items"]
    assert (item["available"], item["locations"][0]["on_hand"]) == (9, 9)
    asked = {"lines": [{"sku": "ristretto-50", "units": 2, "location": "paris-1"}], "idempotency_key": "k-1"}
    held = staff.call("reserve_stock", **asked)
    assert staff.call("reserve_stock", **asked) == held
    assert hub.available("ristretto-50") == [("paris-1", 7)]
    assert staff.refused("reserve_stock", **{**asked, "ttl_s": 60})["code"] == "idempotency.key_reused"
    assert staff.call("release_stock", hold=held["id"])["state"] == "released"
    assert hub.available("ristretto-50") == [("paris-1", 9)]


def test_what_is_not_there_is_not_held_and_says_what_is(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    asked = {"lines": [{"sku": "ristretto-50", "units": 10}], "idempotency_key": "k-1"}
    refusal = staff.refused("reserve_stock", **asked)
    assert (refusal["code"], refusal["retryable"]) == ("stock.not_enough", False)
    assert refusal["hint"]
    assert hub.available("ristretto-50") == [("paris-1", 9)]
    assert staff.refused("reserve_stock", **asked) == refusal
    assert staff.calls() == [("reserve_stock", "stock.not_enough")] * 2


def test_notes_and_cases_say_who_wrote_them(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    assert staff.call("write_note", person=anna, text="Prefers the quiet table.")["status"] == "accepted"
    case = staff.call("open_case", person=anna, topic="machine leaks", order="o-1")["id"]
    client, cases = hub.clienteling.of(anna)
    assert [(one.text, one.by) for one in client.notes] == [("Prefers the quiet table.", f"{staff.name} (assistant)")]
    assert [one.case_id for one in cases] == [case]
    staff.call("resolve_case", case=case, outcome="repaired")
    assert hub.clienteling.case(case).state == "closed"


def test_a_recipe_goes_into_the_cart_for_the_declared_household(hub, anna):
    hub.consent.change(anna, "personalisation", "any", granted=True, by="Lea")
    staff = Assistant(hub, Scope.STAFF)
    assert staff.call("list_recipes")["recipes"][0]["id"] == "affogato"
    assert staff.call("get_recipe", recipe="affogato", person=anna)["servings"] == 3
    assert [(one.by, one.purpose) for one in hub.clienteling.views(anna)] == [(f"{staff.name} (assistant)", "recipe")]
    put = staff.call("put_recipe_in_cart", recipe="affogato", person=anna, store="paris-1", idempotency_key="k-1")
    assert [one["sku"] for one in put["cart"]["lines"]] == ["ristretto-50"]
    assert hub.carting.of(anna)[0].cart_id == put["cart"]["cart"]


def test_orders_and_returns_are_told_to_staff(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    assert staff.call("get_order", order="o-1")["customer"] == "Anna Arabica"
    assert staff.refused("get_return", back="nobodys")["code"] == "not_found"


def test_a_partner_sees_units_and_states_and_nobody(hub, anna):
    partner = Assistant(hub, Scope.PARTNER)
    assert partner.call("check_availability", items=["ristretto-50"]) == {
        "items": [
            {"sku": "ristretto-50", "available": 9, "locations": [{"location": "paris-1", "available": 9}]},
        ]
    }
    told = partner.call("get_order_status", order="o-1")
    assert set(told) == {"order_id", "state", "channel", "placed_at", "lines", "fulfilments"}
    assert [(one["sku"], one["units"]) for one in told["lines"]] == [("ristretto-50", 2)]
    assert "anna" not in str(told).lower()
    assert anna not in str(told)
    held = partner.call("reserve_stock", lines=[{"sku": "ristretto-50"}], ttl_s=60)
    assert hub.promising.find(held["id"]).lines == (("ristretto-50", "paris-1", 1),)
    with pytest.raises(MCPError, match="The scope partner has no tool 'get_card'"):
        partner.call("get_card", person=anna)
    assert partner.calls()[-1] == ("unknown", "mcp.tool_unknown")


def test_a_manager_gets_numbers_with_their_counts(hub, anna):
    manager = Assistant(hub, Scope.MANAGER)
    assert manager.call("list_handoffs")["handoffs"] == []
    assert {"id", "rank", "care"} <= set(manager.call("list_frictions")["frictions"][0])
    (section,) = manager.call("list_credit_units")["currency_sections"]
    assert section["currency"] == "EUR"
    card = manager.call("get_scorecard", by="channel", period="all", metrics=["revenue"])
    assert card["by"] == ["channel"]
    assert manager.call("list_loops") == {"open": 0, "oldest_days": 0, "by_place": []}
    programmes = manager.call("list_programmes")["programmes"]
    assert manager.call("get_programme", programme=programmes[0]["id"])["id"] == programmes[0]["id"]
    assert manager.refused("get_programme", programme="nothing")["code"] == "not_found"
    assert {outcome for _, outcome in manager.calls()[:-1]} == {"done"}


def test_recommendations_need_a_yes(hub, anna):
    found = Assistant(hub, Scope.STAFF).call("recommend_items", person=anna, k=3)
    assert found["items"] == []
    assert found["why_none"]


UNFIT = [
    ("find_customers", {}, "missing required field `text`"),
    ("find_customers", {"text": "a", "limit": 0}, ">= 1"),
    ("find_customers", {"text": "a", "sql": "x"}, "unknown field `sql`"),
    ("find_customers", {"text": " "}, "matching regex"),
    ("find_customers", {"text": "a\x00b"}, "character NUL"),
    ("check_availability", {"items": []}, "length >= 1"),
    ("get_card", {"person": 7}, "Expected `str`"),
    ("get_card", {"person": "p", "presence": "ghost"}, "Invalid enum value"),
]


def test_arguments_that_do_not_fit_are_told_where(hub):
    staff = Assistant(hub, Scope.STAFF)
    for tool, arguments, why in UNFIT:
        refusal = staff.refused(tool, **arguments)
        assert refusal["code"] == "mcp.arguments_unreadable"
        assert why in refusal["message"]
    assert staff.calls() == [(tool, "mcp.arguments_unreadable") for tool, _, _ in UNFIT]


def test_an_unknown_customer_is_told_with_a_next_step_and_nobody_was_looked_at(hub):
    staff = Assistant(hub, Scope.STAFF)
    refusal = staff.refused("get_card", person="p_nobody")
    assert (refusal["code"], refusal["hint"]) == ("not_found", "Check the spelling, or list what is there.")
    for tool, more in (
        ("write_note", {"text": "x"}),
        ("open_case", {"topic": "x"}),
        ("get_recipe", {"recipe": "affogato"}),
    ):
        assert staff.refused(tool, person="p_nobody", **more)["code"] == "not_found"
    assert "Customer Viewed" not in {one.kind for one in _deeds(hub)}


def _deeds(hub: Hub):
    from noline.stores.log import records_after

    with hub.store.reading() as reader:
        return [one for one in records_after(reader, 0, 1_000) if one.source == "noline"]


def test_resources_are_the_tools_that_only_ask_under_a_name(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    plain, templates = staff.resources()
    assert plain == ["noline://recipes"]
    assert "noline://customers/{person}/card" in templates
    assert staff.read("noline://recipes") == staff.call("list_recipes")
    assert staff.read("noline://orders/o-1")["order_id"] == "o-1"
    assert staff.read(f"noline://customers/{anna}/card")["customer"] == anna
    partner = Assistant(hub, Scope.PARTNER)
    assert partner.read("noline://availability/ristretto%2D50")["items"][0]["available"] == 9
    for uri in ("noline://customers/x/card", "noline://orders/o-1", "noline://availability/", "file:///etc/passwd"):
        with pytest.raises(MCPError, match="has no resource"):
            partner.read(uri)
    with pytest.raises(MCPError, match="No order is known"):
        staff.read("noline://orders/none")
    assert partner.calls() == [("check_availability", "done"), *[("read_resource", "mcp.resource_unknown")] * 4]
    assert all(not one.tool.writes for ones in RESOURCES.values() for one in ones)


def test_a_key_opens_the_scopes_of_its_role_and_smaller_ones(hub):
    assert Assistant(hub, Scope.STAFF, Role.ADMIN).call("list_recipes")
    assert Assistant(hub, Scope.PARTNER, Role.ASSOCIATE).tools()
    with pytest.raises(MCPError, match="needs manager"):
        Assistant(hub, Scope.MANAGER, Role.ASSOCIATE).call("list_loops")
    partner = Assistant(hub, Scope.STAFF, Role.PARTNER)
    with pytest.raises(RoleTooSmall):
        partner.calling.caller(partner.key)
    with pytest.raises(KeyUnknown):
        partner.calling.caller("nk_nobodys")
    with pytest.raises(KeyMissing):
        partner.calling.caller(None)


def test_a_key_that_is_removed_is_nobodys_from_then_on(hub):
    staff = Assistant(hub, Scope.STAFF)
    staff.call("list_recipes")
    hub.access.remove_key(staff.name)
    with pytest.raises(MCPError, match="not known here"):
        staff.call("list_recipes")


def test_each_call_is_one_row_that_names_no_customer(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    staff.call("find_customers", text="anna@example.com")
    staff.call("write_note", person=anna, text="Anna likes it strong.")
    rows = audit(hub, 10)
    assert [(one["tool"], one["scope"], one["caller"]) for one in rows] == [
        ("write_note", "staff", staff.name), ("find_customers", "staff", staff.name),
    ]  # fmt: skip
    assert rows[0]["log_seq"] == hub.last_seq() > rows[1]["log_seq"]
    assert not [word for word in ("anna", anna, "strong", "example") if word in str(rows).lower()]
    assert len(audit(hub, 1)) == 1


def test_an_idempotency_key_is_kept_unreadable_and_does_it_once_also_after_a_merge(hub, anna):
    staff = Assistant(hub, Scope.STAFF)
    hub.accept("till", [identify(id="i-9", at="2026-03-02T09:00:00Z", user="a-ben", email="ben@example.com")])
    said = {"person": anna, "text": "likes it strong", "idempotency_key": "anna@example.com-k"}
    first = staff.call("write_note", **said)
    hub.identity.merge(anna, hub.find_customers("ben@example.com")[0].person, by="lea", reason="the same")
    assert staff.call("write_note", **said) == first
    refused = staff.refused("write_note", **said | {"text": "mild"})
    assert (refused["code"], refused["facts"]["key"]) == ("idempotency.key_reused", "anna@example.com-k")
    with hub.store.reading() as reader:
        kept = reader.rows("SELECT idempotency_key FROM command_results")
    assert len(kept) == 1
    assert "anna" not in repr(kept)


def test_half_of_a_character_is_refused(hub, anna):
    answer = Assistant(hub, Scope.STAFF).calling
    told = answer.call(Caller("lea", Role.ASSOCIATE), "write_note", {"person": anna, "text": "\ud800"})
    assert (told.refused, told.data["code"]) == (True, "mcp.arguments_unreadable")
