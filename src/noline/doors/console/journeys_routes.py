"""The addresses of the pages about journeys: where people are lost, what to fix first, and what somebody asks."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote

from litestar import post
from litestar.datastructures import FormMultiDict, State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors import answers
from noline.doors.answers import agenda, frictions, journeys, together
from noline.doors.answers.seen import place_names
from noline.doors.console import asking, views
from noline.doors.console.asking import Looking
from noline.doors.console.crossing import MOMENTS, competing
from noline.doors.console.glimpse import AFTER
from noline.doors.console.render import render
from noline.doors.console.serving import (
    MANAGER,
    Asking,
    Form,
    Json,
    Page,
    bare,
    html,
    is_data,
    page,
    page_at,
    seen,
    shell_of,
)
from noline.doors.http.seeing import MANAGER_OR_ANALYST, sees_people, told_to
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.hub import Hub
from noline.kernel.clock import parse_instant
from noline.kernel.errors import NoLineError, NotFound
from noline.truth.agenda.model import LONGEST_NAME, Asked

Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Name = Annotated[str, Parameter(max_length=LONGEST_NAME)]

_LOST_ON_A_PAGE = 50
_LOST_AS_DATA = 10_000
_CASES_ON_A_PAGE = 8
_CASES_AS_DATA = 10_000
_WALKERS_ON_A_PAGE = 20
_AROUND = 60
"""So many of somebody's events, up to two weeks after a case, are looked at for its picture."""

COUNTED_FIX: Json = {
    "words": "Each friction is a rule over what people did: a first step that puts them at risk, what followed or did "
    "not follow, in which time. A person counts once, however often it happened. Whoever the log cannot tell of yet "
    "is not counted.\n\n"
    "What it costs: people who met it are compared with people who took the same first step in the same channel and "
    "month, with the same past, and did not meet it. The difference in how many reached a goal, times what was at "
    "stake, is the amount; its interval comes from drawing the people again and again. That is an association: "
    "something else may differ too.\n\n"
    "At most: all that was at stake, as if nobody would have left without it. The list is in the order of what each "
    "costs; where that rests on too few people, it stands at the end. The page of each friction has its rule and "
    "its SQL.",
    "sql": "",
    "parameters": {},
}
"""How the list of frictions is counted."""


@page_at("/", "/home.json", "/home.csv", guards=MANAGER_OR_ANALYST)
def home(request: Asking, state: State) -> Page:
    """Where do we lose people, and what to fix first?"""
    told = answers.home(state.hub)
    told["together"] = together.together(state.hub)
    told["counted"]["together"] = together.COUNTED
    told["frictions"] = frictions.ranked(state.hub)
    told["questions"] = agenda.questions(state.hub)
    told["counted"]["frictions"] = COUNTED_FIX
    told = seen(request, told)
    return page(request, "home", told, told["handoffs"], lambda: views.home(**told))


@page_at("/borders/{sender:str}/{receiver:str}", guards=MANAGER_OR_ANALYST)
def border(request: Asking, state: State, sender: str, receiver: str, offset: Offset = 0) -> Page:
    """One pair of channels; the data hold everybody who was lost, the page a portion."""
    limit = _LOST_AS_DATA if is_data(request) else _LOST_ON_A_PAGE
    to = bare(receiver)
    told = answers.border(state.hub, sender, to, limit, offset, in_parts=True)
    told["time_to"] = _time_to(state.hub, sender, to)
    told["frictions"] = frictions.ranked(state.hub)
    told["counted"]["frictions"] = COUNTED_FIX
    if told["time_to"]:
        told["counted"]["time_to"] = _counted_time_to(told["time_to"])
    if not sees_people(request):
        told = _without_people(told)
    told = seen(request, told)
    return page(
        request, "border", told, told["lost_people"] or [], lambda: views.border(**told, offset=offset), query=""
    )


def _without_people(told: Json) -> Json:
    """A border without who was lost, and without its parts by place and month at once, which come down to a few."""
    return {**told, "lost_people": None, "breakdowns": {**told["breakdowns"], "store_and_month": []}}


def _time_to(hub: Hub, sender: str, receiver: str) -> Json | None:
    """The time from one channel to the other; None where one of them was merely named and nobody was seen in it."""
    names = journeys.names(hub)
    if not {sender, receiver} <= {row["name"] for row in names["channels"]}:
        return None
    others = competing(names, sender, receiver)
    return journeys.time_to(hub, f"{sender}/*", f"{receiver}/*", others, MOMENTS)


def _counted_time_to(told: Mapping[str, Any]) -> Json:
    ends = ", ".join([told["to"], *told["competing"]])
    return {"words": told["counted"]["words"], "parameters": {"from": told["from"], "whichever came first": ends}}


@page_at("/frictions", "/frictions.json", "/frictions.csv", guards=MANAGER_OR_ANALYST)
def fix_first(request: Asking, state: State) -> Page:
    """What to fix first."""
    rows = seen(request, frictions.ranked(state.hub))
    return page(request, "frictions", rows, rows, lambda: views.fix_list(rows, {"frictions": COUNTED_FIX}))


@page_at("/frictions/{friction:str}", guards=MANAGER_OR_ANALYST)
def friction(
    request: Asking,
    state: State,
    friction: str,
    offset: Offset = 0,
    noted: Annotated[str, Parameter(max_length=9)] = "",
) -> Page:
    """One friction; the data hold every case, the page a portion with pictures."""
    hub: Hub = state.hub
    people_shown = sees_people(request)
    name = bare(friction)
    row = seen(request, frictions.one(hub, name))
    limit = _CASES_AS_DATA if is_data(request) else _CASES_ON_A_PAGE
    cases = frictions.cases(hub, name, limit, offset) if people_shown else []
    causes = seen(request, frictions.causes(hub, name))
    told = {"friction": row, "cases": cases, "causes": causes}

    def view() -> Any:
        drawn = [{**case, "events": _around(hub, case)} for case in cases]
        counted = {"friction": row["counted"], "causes": causes["counted"]["where"]}
        counted["effect"] = causes["counted"]["effect"]
        return views.friction(
            row=row, cases=drawn, causes=causes, counted=counted, offset=offset, people_shown=people_shown,
            saved=bool(noted),
        )  # fmt: skip

    return page(request, "friction", told, cases, view, query="")


def _places(hub: Hub) -> dict[str, str]:
    """What the catalogue calls each place."""
    with hub.store.reading() as reader:
        return place_names(hub, reader)


def _around(hub: Hub, case: Mapping[str, Any]) -> list[Json]:
    """What somebody did around a case; nothing where the role may not see who it was."""
    if case["person"] is None:
        return []
    until = parse_instant(case["ended_at"]) + int(AFTER.total_seconds() * 1_000_000)
    rows = plain(hub.timeline(case["person"], before=until, limit=_AROUND).events)
    return list(rows)


@post("/frictions/{friction:str}/care", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def care(request: Asking, state: State, friction: str, data: Form) -> Page:
    """Note who cares for a friction and how far it is."""
    told = {name: data[name] for name in ("owner", "state", "note") if name in data}
    frictions.cared(state.hub, friction, by=_who(request), **told)
    return Redirect(f"{views.friction_path(friction)}?noted=yes#care-heading", status_code=303)


def _who(request: Asking) -> str:
    """Who notes and saves, as the log names them: the console knows roles, not people."""
    return f"{request.state.role} at the console"


# --- The explorer ---------------------------------------------------------------------------------------------------


@page_at("/explore", "/explore.json", "/explore.csv", guards=MANAGER_OR_ANALYST)
def explore(
    request: Asking,
    state: State,
    channel: Name = "",
    who: Annotated[int, Parameter(ge=0, le=100)] = 0,
    stopped: Annotated[str, Parameter(max_length=9)] = "",
    offset: Offset = 0,
    saved: Name = "",
) -> Page:
    """A funnel that somebody builds; the question stands in the address."""
    asked = asking.asked_of(request.query_params.multi_items())
    looking = Looking(channel, who, bool(stopped), offset, saved)
    told, refused, hint = _explored(request, state.hub, asked, looking)
    rows = told["answer"]["levels"] if told["answer"] else []
    return page(
        request, "explore", told, rows,
        lambda: views.explorer(
            asked=asked, looking=looking, refused=refused, hint=hint, people_shown=sees_people(request),
            portion=_WALKERS_ON_A_PAGE, **told,
        ),
    )  # fmt: skip


def _explored(request: Asking, hub: Hub, asked: Asked | None, looking: Looking) -> tuple[Json, str, str]:
    """The answer to a question, or why there is none and what to do; data are refused as the API refuses them."""
    told: Json = {"names": journeys.names(hub), "answer": None, "people": None, "questions": agenda.questions(hub)}
    told["places"] = _places(hub) if asked and asked.by == "store_id" else {}
    told["questions"] = seen(request, told["questions"])
    if asked is None:
        return told, "", ""
    try:
        told["answer"] = told_to(request, journeys.funnel(hub, asked))
        if looking.who and sees_people(request):
            told["people"] = journeys.funnel_persons(
                hub, asked, looking.who - 1, stopped=looking.stopped, limit=_WALKERS_ON_A_PAGE + 1,
                offset=looking.offset,
            )  # fmt: skip
    except NoLineError as refusal:
        if is_data(request) or isinstance(refusal, NotFound):
            raise
        return told, str(refusal), refusal.hint
    return told, "", ""


@post("/explore/save", guards=MANAGER, include_in_schema=False, status_code=303)
async def save(request: Asking, state: State) -> Page:
    """Keep a question under a name."""
    form = await request.form()
    return await _save(request, state.hub, form)


@in_thread
def _save(request: Asking, hub: Hub, form: FormMultiDict) -> Page:
    told = [(name, str(value)) for name, value in form.multi_items()]
    asked = asking.asked_of(told)
    if asked is None:
        raise NotFound(what="question", name="without steps")
    try:
        saved = hub.agenda.save(str(form.get("name", "")), asked, by=_who(request), alert=form.get("alert") == "yes")
    except NoLineError as refusal:
        told_again, _, _ = _explored(request, hub, asked, Looking())
        view = views.explorer(asked=asked, refused=str(refusal), hint=refusal.hint, **told_again)
        return html(render("explore", view=view, shell=shell_of(request)), refusal.status)
    return Redirect(asking.path_of(asked, saved=saved.id) + "#saved-heading", status_code=303)


@post("/explore/watch", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def watch(request: Asking, state: State, data: Form) -> Page:
    """Turn the alert of a saved question on or off."""
    hub: Hub = state.hub
    question = hub.agenda.question(data.get("question", ""))
    hub.agenda.save(question.name, question.asked, by=_who(request), alert=data.get("alert") == "yes")
    return Redirect(asking.path_of(question.asked, saved=quote(question.id)) + "#saved-heading", status_code=303)


@post("/explore/drop", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def drop(request: Asking, state: State, data: Form) -> Page:
    """Forget a saved question."""
    state.hub.agenda.drop(data.get("question", ""), by=_who(request))
    return Redirect(asking.PATH + "#saved-heading", status_code=303)


JOURNEYS_ROUTES = [*home, *border, *fix_first, *friction, care, *explore, save, watch, drop]
