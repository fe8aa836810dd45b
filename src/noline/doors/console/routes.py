"""The console's addresses: each page also as `.json` and `.csv`; forms come back to the page they were sent from."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import get, post
from litestar.datastructures import Cookie, State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors import answers
from noline.doors.console import views
from noline.doors.console.channels_routes import CHANNELS_ROUTES
from noline.doors.console.counter_routes import COUNTER_ROUTES
from noline.doors.console.credit_routes import CREDIT_ROUTES
from noline.doors.console.journeys_routes import JOURNEYS_ROUTES
from noline.doors.console.orders_routes import ORDERS_ROUTES
from noline.doors.console.people_routes import PEOPLE_ROUTES
from noline.doors.console.render import render
from noline.doors.console.review_routes import REVIEW_ROUTES
from noline.doors.console.scorecard_routes import SCORECARD_ROUTES
from noline.doors.console.serving import (
    ADMIN,
    MANAGER,
    Asking,
    Form,
    Json,
    Page,
    bare,
    html,
    page,
    page_at,
    shell_of,
)
from noline.doors.console.stock_routes import STOCK_ROUTES
from noline.doors.console.today_routes import TODAY_ROUTES
from noline.doors.http.auth import COOKIE, own_form
from noline.doors.http.seeing import ASSOCIATE_OR_ANALYST
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.hub import Hub
from noline.kernel.errors import KeyUnknown, NoLineError, NotFound
from noline.stores.access import SESSION_LENGTH, Role

_LETTERS_ON_A_PAGE = 200
_MOST_DIGITS = 15
_FIRST_PAGE = {Role.ASSOCIATE: "/customers"}


def wants_page(request: Asking) -> bool:
    """Whether a person's browser asks for one of the console's pages."""
    path = request.url.path
    is_data = path.startswith(("/v1/", "/docs")) or path.endswith((".json", ".csv"))
    return not is_data and "text/html" in request.headers.get("accept", "")


def error_page(request: Asking, status: int, told: Json) -> Page:
    """An error as a page; whoever is not logged in is asked to."""
    if status == 401:
        query = f"?{request.url.query}" if request.url.query else ""
        asked_for = request.url.path + query if request.method == "GET" else "/"
        return Redirect(f"/login?next={quote(asked_for)}")
    shell = shell_of(request, counting=False)
    return html(render("error", view=views.problem(status, told), shell=shell), status)


@page_at("/records/{seq:str}", guards=MANAGER)
def record(request: Asking, state: State, seq: str) -> Page:
    """One record of the log: the evidence behind a number."""
    told = answers.record(state.hub, _number(seq, "record"))
    return page(request, "record", told, [told], lambda: views.record(row=told))


@page_at("/sources", "/sources.json", "/sources.csv", guards=MANAGER)
def sources(request: Asking, state: State) -> Page:
    """Where events come from."""
    rows = answers.sources(state.hub)
    hours = plain(state.hub.books_by_hour())
    base_url = str(request.base_url).rstrip("/")
    return page(
        request, "sources", rows, rows,
        lambda: views.sources(rows=rows, hours=hours, base_url=base_url, counted=answers.COUNTED_BY_BOOKS),
    )  # fmt: skip


@page_at("/dead-letters", "/dead-letters.json", "/dead-letters.csv", guards=MANAGER)
def dead_letters(
    request: Asking, state: State, source: str = "", after: Annotated[int, Parameter(ge=0, le=2**53)] = 0
) -> Page:
    """What could not be taken."""
    found = [answers.dead_letter(one) for one in state.hub.dead_letters("open", after, _LETTERS_ON_A_PAGE)]
    rows = [row for row in found if source in ("", row["source"])]
    total = sum(count for (_, letters_in), count in state.hub.dead_letter_counts().items() if letters_in == "open")
    return page(
        request, "dead_letters", rows, rows,
        lambda: views.dead_letters(rows=rows, counted=answers.COUNTED_BY_BOOKS, total=None if source else total),
    )  # fmt: skip


@page_at("/dead-letters/{number:str}", guards=MANAGER)
def dead_letter(request: Asking, state: State, number: str) -> Page:
    """One dead letter."""
    return _letter_page(request, state.hub, _number(number, "dead letter"))


@post("/dead-letters/{number:int}/dry-run", guards=MANAGER, include_in_schema=False,
      status_code=200)  # fmt: skip
@in_thread
def dry_run(request: Asking, state: State, number: int, data: Form) -> Page:
    """Say what would happen with this value in its place; change nothing."""
    pointer, value = data.get("pointer", ""), data.get("value", "")

    def attempt() -> views.Outcome:
        change = (pointer, _json(value)) if value else None
        receipt = state.hub.intake.dry_run(number, change)
        if receipt.status == "parked":
            return views.Outcome(False, "It would be parked again.", f"{receipt.code} at {receipt.path or 'the whole'}")
        return views.Outcome(True, "It would be taken in.")

    return _letter_page(request, state.hub, number, _tried(attempt), pointer, value)


@post("/dead-letters/{number:int}/patch", guards=ADMIN, include_in_schema=False, status_code=200)
@in_thread
def patch(request: Asking, state: State, number: int, data: Form) -> Page:
    """Put the value in its place."""
    pointer, value = data.get("pointer", ""), data.get("value", "")

    def attempt() -> views.Outcome:
        state.hub.intake.patch(number, pointer, _json(value))
        return views.Outcome(True, "Saved. Replay takes it in.")

    return _letter_page(request, state.hub, number, _tried(attempt), pointer, value)


@post("/dead-letters/{number:int}/replay", guards=ADMIN, include_in_schema=False, status_code=200)
@in_thread
def replay(request: Asking, state: State, number: int, data: Form) -> Page:  # noqa: ARG001  the form's token
    """Take it in."""

    def attempt() -> views.Outcome:
        seqs = tuple(receipt.seq for receipt in state.hub.intake.replay(number) if receipt.seq is not None)
        return views.Outcome(True, "It is in the log now.", seqs=seqs)

    return _letter_page(request, state.hub, number, _tried(attempt))


@post("/dead-letters/{number:int}/ignore", guards=ADMIN, include_in_schema=False, status_code=200)
@in_thread
def ignore(request: Asking, state: State, number: int, data: Form) -> Page:  # noqa: ARG001  the form's token
    """Close it."""

    def attempt() -> views.Outcome:
        state.hub.intake.ignore(number)
        return views.Outcome(True, "Ignored. It stays in the books.")

    return _letter_page(request, state.hub, number, _tried(attempt))


@get("/login", include_in_schema=False)
@in_thread
def login(
    request: Asking, state: State, token: str = "", next_path: Annotated[str, Parameter(query="next")] = "/"
) -> Page:
    """The door: a one-time link opens it, or a key does."""
    refused = ""
    if token:
        try:
            session = state.hub.access.session_of_link(token)
            return _enter(request, session, state.hub.access.role_of_session(session), next_path)
        except KeyUnknown:
            refused = "This link was used already or is too old. `noline login` prints a new one."
    view = views.Login(refused=refused, next_path=_inside(next_path))
    return html(render("login", view=view, shell=shell_of(request)), 401 if refused else 200)


@post("/login", include_in_schema=False, status_code=200, guards=[own_form])
@in_thread
def login_with_key(request: Asking, state: State, data: Form) -> Page:
    """Log in with a key."""
    access = state.hub.access
    next_path = _inside(data.get("next", "/"))
    try:
        role = access.role_of_key(data.get("key", "").strip())
    except KeyUnknown:
        view = views.Login(refused="This key is not known here.", next_path=next_path)
        return html(render("login", view=view, shell=shell_of(request)), 401)
    return _enter(request, access.new_session(role), role, next_path)


@post("/logout", include_in_schema=False, status_code=303, guards=ASSOCIATE_OR_ANALYST)
@in_thread
def logout(request: Asking, state: State) -> Page:
    """Log out."""
    state.hub.access.end_session(request.cookies.get(COOKIE, ""))
    answer = Redirect("/login", status_code=303)
    answer.delete_cookie(COOKIE)
    answer.headers["clear-site-data"] = '"storage"'  # the client book that the counter keeps on the device
    return answer


def _letter_page(
    request: Asking, hub: Hub, number: int, outcome: views.Outcome | None = None, pointer: str | None = None,
    value: str = "",
) -> Page:  # fmt: skip
    row = answers.dead_letter(hub.dead_letter(number))
    view = views.dead_letter(row=row, outcome=outcome, pointer=pointer, value=value)
    return page(request, "dead_letter", row, [row], lambda: view, path=f"/dead-letters/{number}")


def _tried(attempt: Callable[[], views.Outcome]) -> views.Outcome:
    try:
        return attempt()
    except NoLineError as error:
        return views.Outcome(False, str(error), error.hint)


def _json(text: str) -> Any:
    """A value as typed: JSON, or else the text itself. Half a character, which JSON can write, is none of JSON here."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text


def _number(part: str, what: str) -> int:
    text = bare(part)
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise NotFound(what=what, name=part)
    return int(text)


def _inside(path: str) -> str:
    """Only paths of this console: a login never leads elsewhere, whatever a browser makes of odd characters."""
    own = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if own else "/"


def _enter(request: Asking, session: str, role: Role, next_path: str) -> Page:
    secure = request.url.scheme == "https"
    cookie = Cookie(
        key=COOKIE, value=session, max_age=SESSION_LENGTH // 1_000_000, httponly=True, samesite="lax", secure=secure
    )
    path = _inside(next_path)
    return Redirect(_FIRST_PAGE.get(role, "/") if path == "/" else path, status_code=303, cookies=[cookie])


CONSOLE_ROUTES = [
    *JOURNEYS_ROUTES, *record, *PEOPLE_ROUTES, *REVIEW_ROUTES, *ORDERS_ROUTES, *STOCK_ROUTES, *TODAY_ROUTES,
    *COUNTER_ROUTES, *CREDIT_ROUTES, *CHANNELS_ROUTES, *SCORECARD_ROUTES,
    *sources, *dead_letters, *dead_letter, dry_run, patch, replay, ignore, login, login_with_key, logout,
]  # fmt: skip
