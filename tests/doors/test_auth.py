"""Nobody comes in without a key, no key opens more than it should, and no other site acts with somebody's session."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from api_routes import routes
from clients.serving import Answer, ServedHub, call
from fixed_clock import FixedClock
from noline.doors.http.auth import COOKIE
from noline.kernel.clock import MINUTE, as_text
from noline.stores.access import LINK_LENGTH, SESSION_LENGTH, Access, Role

DOCUMENTED = Path(__file__).parents[2] / "docs" / "http.md"
OPEN = {"GET /healthz", "GET /readyz", "GET /docs", "GET /login", "POST /login", "POST /v1/shopify/{source}"}
"""A webhook of Shopify has no key: it is signed, and refused when it is not (tests/doors/test_shopify.py)."""

FORM = "application/x-www-form-urlencoded"
PAGE = {"accept": "text/html,application/xhtml+xml"}
ROLES = [Role.PARTNER, Role.ANALYST, Role.ASSOCIATE, Role.MANAGER, Role.ADMIN]


class Door:
    """The served hub, and one key for each role."""

    def __init__(self, hub: ServedHub) -> None:
        self.hub = hub
        self.keys = {role: hub.hub.access.add_key(role)[1] for role in ROLES}

    def ask(self, route: str, *, key: str = "", form: dict[str, str] | None = None, **headers: str) -> Answer:
        """Call `GET /path` with headers whose underscores are dashes; a form is sent as browsers send it."""
        method, path = route.split(" ")
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["authorization"] = f"Bearer {key}"
        body = None
        if form is not None:
            body, sent["content-type"] = urlencode(form).encode(), FORM
        return call(self.hub.port, method, path, body, sent)

    def session(self, role: Role) -> str:
        """A cookie of somebody who has logged in."""
        return f"{COOKIE}={self.hub.hub.access.new_session(role)}"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    hub = ServedHub(tmp_path_factory.mktemp("auth")).start()
    yield Door(hub)
    hub.stop()


def documented() -> dict[str, list[Role]]:
    """The roles of which the documentation says that a route needs one."""
    row = r"^\| `((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)` \| ((?:associate|manager|admin)(?: or analyst)?) \|"
    rows = re.findall(row, DOCUMENTED.read_text(), re.MULTILINE)
    return {route: [Role(role) for role in roles.split(" or ")] for route, roles in rows}


def filled(route: str) -> str:
    """A route with something in the place of each parameter."""
    return re.sub(r"{(number|seq)}", "999", route).replace("{question}", "handoffs").replace("{", "").replace("}", "")


ROUTES = [route for route in routes() if not route.startswith("GET /docs/")]
GUARDED = [route for route in ROUTES if route not in OPEN]


def test_the_open_routes_are_these_and_no_others():
    assert {route for route in ROUTES if route not in documented()} == OPEN


@pytest.mark.parametrize("route", GUARDED)
def test_nothing_is_open_without_a_key(door: Door, route: str):
    answer = door.ask(filled(route))
    assert answer.status == 401
    assert answer.json["code"] == "auth.key_missing"


@pytest.mark.parametrize("route", GUARDED)
def test_a_source_may_only_send(door: Door, route: str):
    write_key = door.hub.hub.access.add_source(f"only-sends-{GUARDED.index(route)}", "web")
    assert door.ask(filled(route), key=write_key).json["code"] == "auth.key_unknown"


@pytest.mark.parametrize("route", GUARDED)
def test_each_role_may_do_what_the_documentation_says_and_no_more(door: Door, route: str):
    needed = documented()[route]
    for role in ROLES:
        # A body that is none: whoever is let in is told so, and nothing is changed.
        answer = door.ask(filled(route), key=door.keys[role])
        refused = answer.status == 403 and answer.json["code"] == "auth.role_too_small"
        assert refused != any(role.includes(one) for one in needed), f"{role}: {answer.status} {answer.body[:200]!r}"


def test_an_associate_sees_customers_and_not_where_the_company_loses_them(door: Door):
    seen = {route: door.ask(route, key=door.keys[Role.ASSOCIATE]).status for route in (
        "GET /v1/customers?q=ada", "GET /customers.json", "GET /v1/stock/x", "GET /home.json", "GET /sources.json",
        "GET /v1/journeys/handoffs", "GET /v1/records/1", "GET /metrics",
    )}  # fmt: skip
    assert list(seen.values()) == [200, 200, 200, 403, 403, 403, 403, 403]


def test_a_manager_sees_everything_but_keys_and_what_goes_out(door: Door):
    seen = {route: door.ask(route, key=door.keys[Role.MANAGER]).status for route in (
        "GET /home.json", "GET /v1/sources", "GET /v1/dead-letters", "GET /metrics", "GET /v1/keys", "GET /v1/webhooks",
        "GET /v1/changes",
    )}  # fmt: skip
    assert list(seen.values()) == [200, 200, 200, 200, 403, 403, 403]


def test_a_removed_key_opens_nothing_from_then_on(door: Door):
    name, key = door.hub.hub.access.add_key(Role.ADMIN, "to-be-removed")
    assert door.ask("GET /v1/keys", key=key).status == 200
    assert door.ask(f"DELETE /v1/keys/{name}", key=key).status == 204
    assert door.ask("GET /v1/keys", key=key).status == 401


def test_keys_are_told_once_and_kept_as_digests(door: Door):
    listed = door.ask("GET /v1/keys", key=door.keys[Role.ADMIN])
    assert not [key for key in door.keys.values() if key.encode() in listed.body]
    files = [file.read_bytes() for file in door.hub.directory.glob("noline.sqlite*")]
    assert files
    assert not [key for key in door.keys.values() if any(key.encode() in file for file in files)]


# --- The console ----------------------------------------------------------------------------------------------------


def test_a_page_asks_whoever_is_not_logged_in_and_leads_back_afterwards(door: Door):
    answer = door.ask("GET /borders/web/store?offset=50", **PAGE)
    assert (answer.status, answer.headers["location"]) == (302, "/login?next=/borders/web/store%3Foffset%3D50")


def test_a_link_opens_one_session_once(door: Door):
    link = door.hub.hub.login_link(Role.MANAGER)
    first = door.ask(f"GET /login?token={link}")
    second = door.ask(f"GET /login?token={link}", **PAGE)
    assert (first.status, first.headers["location"]) == (303, "/")
    assert second.status == 401
    assert b"This link was used already or is too old." in second.body
    assert "set-cookie" not in second.headers


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_of_other_sites(door: Door):
    answer = door.ask(f"GET /login?token={door.hub.hub.login_link()}")
    parts = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", f"max-age={SESSION_LENGTH // 1_000_000}"} == parts


def test_behind_a_proxy_that_speaks_tls_the_cookie_travels_only_there(door: Door):
    answer = door.ask(f"GET /login?token={door.hub.hub.login_link()}", x_forwarded_proto="https")
    assert "secure" in answer.headers["set-cookie"].lower()


def test_links_and_sessions_end(door: Door):
    hub = door.hub.hub
    clock = FixedClock(as_text(hub.clock.now()))
    access = Access(hub.store, hub.vault.digest, clock)
    link, session = access.new_link(Role.ADMIN), access.new_session(Role.ADMIN)
    clock.go_on(-SESSION_LENGTH - MINUTE)
    old_session = access.new_session(Role.ADMIN)
    clock.go_on(SESSION_LENGTH - LINK_LENGTH)
    old_link = access.new_link(Role.ADMIN)
    assert door.ask("GET /home.json", cookie=f"{COOKIE}={session}").status == 200
    assert door.ask("GET /home.json", cookie=f"{COOKIE}={old_session}").status == 401
    assert door.ask(f"GET /login?token={old_link}").status == 401
    assert door.ask(f"GET /login?token={session}").status == 401
    assert door.ask("GET /home.json", cookie=f"{COOKIE}={link}").status == 401


def test_a_session_can_do_what_its_role_can(door: Door):
    associate = door.session(Role.ASSOCIATE)
    assert door.ask("GET /customers.json", cookie=associate).status == 200
    refused = door.ask("GET /", cookie=associate, **PAGE)
    assert refused.status == 403
    assert b"A key of role associate may not do this; it needs manager or analyst." in refused.body


def test_a_key_logs_in_and_a_wrong_one_does_not(door: Door):
    wrong = door.ask("POST /login", form={"key": "nk_wrong"})
    right = door.ask("POST /login", form={"key": f" {door.keys[Role.MANAGER]} ", "next": "/sources"})
    assert wrong.status == 401
    assert b"This key is not known here." in wrong.body
    assert "set-cookie" not in wrong.headers
    assert (right.status, right.headers["location"]) == (303, "/sources")


def test_an_associate_begins_where_an_associate_may_be(door: Door):
    assert door.ask("POST /login", form={"key": door.keys[Role.ASSOCIATE]}).headers["location"] == "/customers"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/\n//evil.example", "javascript:alert(1)", "evil.example", "", "/%0d%0aset-cookie: a=b\r\nx: y",
    ],
)  # fmt: skip
def test_a_login_never_leads_to_another_site(door: Door, elsewhere: str):
    for answer in (
        door.ask("POST /login", form={"key": door.keys[Role.MANAGER], "next": elsewhere}),
        door.ask(f"GET /login?{urlencode({'token': door.hub.hub.login_link(), 'next': elsewhere})}"),
    ):
        assert answer.status == 303
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "from_elsewhere",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "null"},
    ],
)
@pytest.mark.parametrize("route", ["POST /logout", "POST /dead-letters/1/ignore", "POST /v1/keys", "POST /login"])
def test_a_form_of_another_site_is_refused(door: Door, route: str, from_elsewhere: dict[str, str]):
    before = len(door.hub.hub.access.keys())
    session = door.session(Role.ADMIN)
    form = {"role": "admin", "key": door.keys[Role.ADMIN]}
    answer = door.ask(route, form=form, cookie=session, **from_elsewhere)
    assert (answer.status, answer.json["code"]) == (403, "auth.foreign_form")
    assert "set-cookie" not in answer.headers
    assert len(door.hub.hub.access.keys()) == before
    assert door.ask("GET /home.json", cookie=session).status == 200


def test_a_form_of_our_own_page_is_taken(door: Door):
    own = {"origin": door.hub.origin, "sec_fetch_site": "same-origin"}
    assert door.ask("POST /logout", form={}, cookie=door.session(Role.ADMIN), **own).status == 303


def test_who_logs_out_is_out(door: Door):
    session = door.session(Role.ADMIN)
    answer = door.ask("POST /logout", form={}, cookie=session)
    assert (answer.status, answer.headers["location"]) == (303, "/login")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert door.ask("GET /home.json", cookie=session).status == 401


@pytest.mark.parametrize(
    "route", ["GET /", "GET /login", "GET /docs", "GET /docs/openapi.json", "GET /v1/books", "GET /nothing",
              "GET /static/noline.css", "GET /home.csv"],
)  # fmt: skip
def test_every_answer_tells_browsers_to_be_careful(door: Door, route: str):
    headers = door.ask(route, cookie=door.session(Role.ADMIN), **PAGE).headers
    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert (headers.get("cache-control") == "no-store") == (not route.startswith("GET /static/"))


def test_no_other_site_may_read_an_answer(door: Door):
    answer = door.ask("GET /v1/books", key=door.keys[Role.MANAGER], origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers
