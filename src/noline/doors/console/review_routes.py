"""The addresses of the review queue and of the page about the quality of people."""

from typing import Annotated, Any

from litestar import post
from litestar.datastructures import State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import identity, people
from noline.doors.console import views
from noline.doors.console.people_routes import decide_about, who
from noline.doors.console.render import render
from noline.doors.console.serving import ADMIN, MANAGER, Asking, Form, Page, html, page, page_at, shell_of
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound

At = Annotated[int, Parameter(ge=0, le=10_000)]

_WAITING_ON_A_PAGE = 50
_DECISIONS_ON_A_PAGE = 50
_MOST_COUNTED = 10_000


@page_at("/customers/review", "/customers/review.json", "/customers/review.csv", guards=MANAGER)
def review(request: Asking, state: State, at: At = 0) -> Page:
    """Pairs in doubt, one after the other."""
    rows = people.waiting(state.hub, _WAITING_ON_A_PAGE)
    return page(
        request, "review", rows, rows, lambda: views.review(rows=rows, at=at, most=_WAITING_ON_A_PAGE), query=""
    )


@post("/customers/review", guards=MANAGER, include_in_schema=False, status_code=200)
@in_thread
def decide_next(request: Asking, state: State, data: Form) -> Page:
    """Decide about the pair that is shown, or take the last decision back, and show the next one."""
    hub: Hub = state.hub
    choice, at = data.get("choice", ""), data.get("at", "0")
    told: dict[str, Any] = {}
    try:
        told = _decided(hub, choice, data, who(request))
    except NoLineError as refusal:
        told = {"refused": str(refusal)}
    rows = people.waiting(hub, _WAITING_ON_A_PAGE)
    place = int(at) if at.isascii() and at.isdecimal() else 0
    view = views.review(rows=rows, at=place, most=_WAITING_ON_A_PAGE, **told)
    return html(render("review", view=view, shell=shell_of(request)))


def _decided(hub: Hub, choice: str, data: dict[str, str], by: str) -> dict[str, Any]:
    """Do what was chosen; answers what the page says about it."""
    if choice == "undo":
        decision = data.get("decision", "")
        hub.identity.undo(decision, by=by)
        return {"last": people.decided(hub, decision)}
    one, other = data.get("one", ""), data.get("other", "")
    if choice == "later":
        hub.matching.later(one, other)
        return {"later": True}
    change = decide_about(hub.identity, choice, one, other, by, "decided in the review queue")
    return {"last": people.decided(hub, change.decision)}


@page_at("/customers/quality", "/customers/quality.json", "/customers/quality.csv", guards=MANAGER)
def quality(request: Asking, state: State, done: Annotated[str, Parameter(max_length=100)] = "") -> Page:
    """How good the people are, and what was decided about them."""
    hub: Hub = state.hub
    told = identity.quality(hub)
    decisions = people.decision_log(hub, _DECISIONS_ON_A_PAGE)
    data = {**told, "decision_log": decisions}

    def view() -> Any:
        mentioned = [one["person"] for one in (*told["largest"][:10], *told["bridges"])]
        return views.quality(
            row=told,
            decisions=decisions,
            names=people.names_of(hub, mentioned),
            rules=identity.preview(hub.identity.preview_rules()) if told["rules_wait"] else None,
            plan=_plan(hub, told),
            waiting=people.count_waiting(hub, _MOST_COUNTED),
            done=_done(hub, done),
        )

    return page(request, "quality", data, decisions, view, query="")


@post("/customers/quality/rules", guards=ADMIN, include_in_schema=False, status_code=303)
@in_thread
def apply_rules(state: State, data: Form) -> Page:  # noqa: ARG001  the form's token
    """Put the rules of noline.toml in force."""
    state.hub.identity.apply_rules()
    return Redirect("/customers/quality?done=rules", status_code=303)


@post("/customers/quality/match", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def apply_match(request: Asking, state: State, data: Form) -> Page:
    """Apply the latest run of the model, unless another one was made since the page was read."""
    hub: Hub = state.hub
    planned = hub.matching.planned()
    if planned is not None and planned.run == data.get("run", ""):
        hub.matching.apply(by=who(request))
    return Redirect("/customers/quality", status_code=303)


def _plan(hub: Hub, told: dict[str, Any]) -> dict[str, Any] | None:
    """The latest run of the model, if there is one that was not applied and would change something."""
    planned = hub.matching.planned()
    if planned is None or not planned.sure or any(one["batch"] == planned.run for one in told["batches"]):
        return None
    return {
        "run": planned.run,
        "sure": planned.sure,
        "preview": plain(identity.preview(planned.preview)),
    }


def _done(hub: Hub, name: str) -> str:
    """What was just done, in a sentence; empty when the address tells nothing that is known."""
    if name == "rules":
        return "The rules of noline.toml are in force."
    if not name:
        return ""
    if any(batch["batch"] == name and batch["undone_at"] for batch in identity.quality(hub)["batches"]):
        return "The batch was undone: everybody is as if it had never been."
    try:
        return "The decision was undone." if people.decided(hub, name)["undone_at"] else ""
    except NotFound:
        return ""


REVIEW_ROUTES = [*review, decide_next, *quality, apply_rules, apply_match]
