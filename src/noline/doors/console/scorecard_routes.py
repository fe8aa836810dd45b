"""The addresses of the scorecard: the card itself, a goal that is set, and a look at one."""

from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

import msgspec
from litestar import post
from litestar.datastructures import State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import aims
from noline.doors.answers import scorecard as answers
from noline.doors.console import scorecard
from noline.doors.console.goals import MOST_CHECK_INS
from noline.doors.console.people_routes import who
from noline.doors.console.periods import ALL, Period, period_of, periods
from noline.doors.console.render import render
from noline.doors.console.scorecard import BY, WORDS, Looking
from noline.doors.console.serving import MANAGER, Asking, Form, Json, Page, html, page, page_at, seen, shell_of
from noline.doors.http.seeing import MANAGER_OR_ANALYST, sees_people
from noline.doors.http.threads import in_thread
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound
from noline.truth.aims.model import Aim, GoalWrong

Text = Annotated[str, Parameter(max_length=60)]

_SAID = {"set": "The goal is set.", "kept": "Kept, with the numbers as they are today."}


@page_at("/scorecard", "/scorecard.json", "/scorecard.csv", guards=MANAGER_OR_ANALYST)
def show(
    request: Asking, state: State, period: Text = "", by: Text = "", words: Text = "", currency: Text = "",
    done: Text = "",
) -> Page:  # fmt: skip
    """The scorecard; without a period the last month that is over."""
    hub: Hub = state.hub
    months = _months(hub)
    looking = _looking(period or _last_over(months), by, words, currency)
    card = seen(request, _card(hub, looking, of_many=not sees_people(request)))
    return page(
        request, "scorecard", card, card["rows"],
        lambda: _view(request, card, looking, months, said=_SAID.get(done, "")),
        query=looking.path().partition("?")[2],
    )  # fmt: skip


@post("/scorecard/goals", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def set_goal(request: Asking, state: State, data: Form) -> Page:
    """Set what should be reached."""
    where = {name: data[field].strip() for name, field in (("channel", "channel"), ("unit", "place"))
             if data.get(field, "").strip()}  # fmt: skip
    told = {name: data.get(name, "").strip() for name in ("metric", "target", "unit", "direction", "due", "begins")}

    def deed() -> None:
        aim = _aim({**told, "where": where})
        aims.set_goal(state.hub, data.get("name", ""), aim, by=who(request), owner=data.get("owner", ""))

    return _done(request, state.hub, data, deed, "set")


@post("/scorecard/goals/{goal:str}/check-in", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def check_in(request: Asking, state: State, goal: str, data: Form) -> Page:
    """Look at a goal: its number is kept as it is now, beside what was decided."""

    def deed() -> None:
        told = {"status": data.get("status", ""), "decided": data.get("decided", "")}
        aims.check_in(state.hub, goal, by=who(request), **told)

    return _done(request, state.hub, data, deed, "kept")


def _aim(told: Json) -> Aim:
    """An aim as a form tells it. Raises GoalWrong."""
    try:
        return msgspec.convert(told, Aim)
    except msgspec.ValidationError as error:
        raise GoalWrong(why=str(error)) from None


def _done(request: Asking, hub: Hub, data: Form, deed: Callable[[], object], done: str) -> Page:
    """Do it and go back to the card as it was chosen; or show the card with why not."""
    looking = _looking_back(hub, data.get("back", ""))
    try:
        deed()
    except NotFound:
        raise
    except NoLineError as refusal:
        view = _view(request, _card(hub, looking), looking, _months(hub), refused=str(refusal), hint=refusal.hint)
        return html(render("scorecard", view=view, shell=shell_of(request)), refusal.status)
    return Redirect(f"{looking.path(done=done)}#goals-heading", status_code=303)


def _view(request: Asking, card: Json, looking: Looking, months: list[Json], **more: str) -> scorecard.ScorecardPage:
    hub: Hub = request.app.state.hub
    goals = seen(request, aims.goals(hub, now=True))
    return scorecard.scorecard(
        card=card,
        metrics=answers.metrics(),
        goals=goals,
        check_ins={one["id"]: seen(request, aims.check_ins(hub, one["id"], MOST_CHECK_INS)) for one in goals},
        months=_offered(months),
        currencies=[hub.settings.currency] if hub.settings.rates else [],
        looking=looking,
        **more,
    )


def _card(hub: Hub, looking: Looking, *, of_many: bool = False) -> Json:
    """The card of one period: a month is held against the month before, a quarter against as many days before."""
    period = looking.period
    is_month = period.name != ALL and "q" not in period.name
    card = answers.card_of_many if of_many else answers.card
    return card(
        hub, by=looking.by, period="month" if is_month else "all", since=period.since, until=period.until,
        currency=looking.currency or None,
    )  # fmt: skip


def _months(hub: Hub) -> list[Json]:
    """The months in which something was ordered."""
    rows: list[Json] = answers.card(hub, by="company", period="month", metrics=["orders"])["rows"]
    return rows


def _offered(months: list[Json]) -> tuple[Period, ...]:
    return periods(row["period"] for row in months)


def _last_over(months: list[Json]) -> str:
    return next((row["period"] for row in reversed(months) if row["is_over"]), ALL)


def _looking(period: str, by: str, words: str, currency: str) -> Looking:
    if by and by not in BY:
        raise NotFound(what="way to lay the scorecard out", name=by)
    if words and words not in WORDS:
        raise NotFound(what="set of words", name=words)
    return Looking(period_of(period), by or "channel", words or "store", currency)


def _looking_back(hub: Hub, back: str) -> Looking:
    """What the form was sent from; the usual where it does not say."""
    told = dict(parse_qsl(urlsplit(back).query))
    period = told.get("period") or _last_over(_months(hub))
    return _looking(period, told.get("by", ""), told.get("words", ""), told.get("currency", ""))


SCORECARD_ROUTES = [*show, set_goal, check_in]
