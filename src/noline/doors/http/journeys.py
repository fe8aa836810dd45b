"""Journeys that somebody asks for, over HTTP: funnels, times from one event to another, saved questions, alerts."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, delete, get, post
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import agenda, journeys
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.seeing import MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.stores.access import Role
from noline.truth.agenda.model import LONGEST_NAME, MOST_STEPS, Asked

_MANAGER = [needs(Role.MANAGER)]
_NO_NUL = r"^[^\x00]*$"

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Step = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=_NO_NUL)]
Span = Annotated[str, msgspec.Meta(min_length=1, max_length=50, pattern=_NO_NUL)]
AskedStep = Annotated[str, Parameter(min_length=1, max_length=LONGEST_NAME)]
Who = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=_NO_NUL)]
Few = int | msgspec.UnsetType


class FunnelAsked(msgspec.Struct, forbid_unknown_fields=True):
    """A funnel. steps: actions, CHANNEL/ACTION or CHANNEL/*; `?` behind one marks it as optional.

    window: the longest time from the first step to any other, such as 7d; none: no limit. mode: others between them
    allowed (ordered), not allowed (strict), or any order. tolerance: moments this near count either way.
    between: by step, the time from the step before, as 1m..2h. without: what must not happen; ends: what that ends.
    by: also by channel or another column. credit: whose value a person counts under.
    """

    steps: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=MOST_STEPS)]
    window: Span = "7d"
    mode: Literal["ordered", "strict", "any"] = "ordered"
    tolerance: Span = "0s"
    between: Annotated[dict[Step, Span], msgspec.Meta(max_length=MOST_STEPS)] = msgspec.field(default_factory=dict)
    without: Annotated[list[Step], msgspec.Meta(max_length=MOST_STEPS)] = msgspec.field(default_factory=list)
    ends: Literal["chain", "person"] = "chain"
    by: Step | None = None
    credit: Literal["first", "last", "all"] = "first"


class PersonsAsked(FunnelAsked, kw_only=True, forbid_unknown_fields=True):
    """A funnel, and the step whose people are asked for, counted from 1. stopped: only who reached no later one."""

    step: Annotated[int, msgspec.Meta(ge=1, le=MOST_STEPS)]
    stopped: bool = False
    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50
    offset: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0


class QuestionSaved(FunnelAsked, kw_only=True, forbid_unknown_fields=True):
    """A funnel to be kept under a name. alert: tell when its share moves. by: who; else the role of the key."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00]*\S[^\x00]*$")]
    alert: bool = False
    by: Annotated[Step | None, msgspec.Meta(description="A column to part people by.")] = None
    saved_by: Who | None = None


class LevelTold(msgspec.Struct):
    """How many people reached a step, of the first step and of the last required one before it, with 95 % intervals.

    fewer_than: to an analyst, of how many people at least a cell tells; those that are null count fewer.
    """

    step: str
    persons: int | None
    share_of_first: float | None
    share_of_first_low: float | None
    share_of_first_high: float | None
    share_of_before: float | None
    share_of_before_low: float | None
    share_of_before_high: float | None
    too_few: bool | None
    hidden: bool
    fewer_than: Few = msgspec.UNSET


class FunnelTold(msgspec.Struct):
    """A funnel's answer. parts: the levels by value, when it was asked by a column. counted: how it was counted.

    still_open: of the people who did not reach the last step, those whose window, from their latest beginning, is not
    over; null where fewer than 10 are not to be shown.
    """

    levels: list[LevelTold]
    counted: dict[str, Any]
    still_open: int | None
    parts: dict[str, list[LevelTold]] | None = None
    fewer_than: Few = msgspec.UNSET


class PersonTold(msgspec.Struct):
    """Somebody behind a step, from the first event of their chain to the one that first reached it."""

    person: str
    name: str | None
    began_at: str
    reached_at: str


@post("/v1/journeys/funnel", guards=MANAGER_OR_ANALYST, tags=["journeys"], status_code=200)
@in_thread
def ask_funnel(state: State, request: Asking, data: FunnelAsked) -> FunnelTold:
    """How many people went which steps, one after the other, within a time."""
    return msgspec.convert(told_to(request, journeys.funnel(state.hub, asked_of(data))), FunnelTold)


@post("/v1/journeys/funnel/persons", guards=_MANAGER, tags=["journeys"], status_code=200)
@in_thread
def ask_funnel_persons(state: State, data: PersonsAsked) -> list[PersonTold]:
    """The people behind a step of a funnel."""
    found = journeys.funnel_persons(
        state.hub, asked_of(data), data.step - 1, stopped=data.stopped, limit=data.limit, offset=data.offset
    )
    return msgspec.convert(found, list[PersonTold])


@get("/v1/journeys/names", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_names(state: State, request: Asking) -> dict[str, Any]:
    """What a funnel can be made of: channels and actions with how many events each has, and columns to part by."""
    return told_to(request, journeys.names(state.hub))


@get("/v1/journeys/matrix", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def get_matrix(state: State, request: Asking) -> dict[str, Any]:
    """Each pair of channels in which visits followed each other: how often, how many people, how long it took."""
    return told_to(request, journeys.matrix(state.hub))


@get("/v1/journeys/time-to", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def get_time_to(
    state: State,
    request: Asking,
    begin: Annotated[str, Parameter(query="from", min_length=1, max_length=LONGEST_NAME)],
    to: AskedStep,
    competing: Annotated[list[AskedStep] | None, Parameter(max_items=journeys.MOST_COMPETING)] = None,
    at: Annotated[list[str] | None, Parameter(max_items=journeys.MOST_MOMENTS)] = None,
) -> dict[str, Any]:
    """How many had come from one event to another after some time, with other ends in their way."""
    return told_to(request, journeys.time_to(state.hub, begin, to, competing or (), at or journeys.AFTER))


@get("/v1/journeys/questions", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_questions(state: State, request: Asking) -> list[dict[str, Any]]:
    """Saved questions, the one saved last first, each with its baseline and the last alert."""
    return told_to(request, agenda.questions(state.hub))


@post("/v1/journeys/questions", guards=_MANAGER, tags=["journeys"], status_code=200)
@in_thread
def save_question(state: State, request: Asking, data: QuestionSaved) -> Response[dict[str, Any]]:
    """Keep a funnel under a name; asked under the same name and in the same words it goes on as it is."""

    def command() -> Any:
        by = who(request, data.saved_by)
        return agenda.told_question(state.hub.agenda.save(data.name, asked_of(data), by=by, alert=data.alert))

    return once(request, data, command)


@delete("/v1/journeys/questions/{question:str}", guards=_MANAGER, tags=["journeys"], status_code=200)
@in_thread
def drop_question(state: State, request: Asking, question: str) -> dict[str, Any]:
    """Forget a saved question; `dropped` is false when it was forgotten before."""
    return {"id": question, "dropped": state.hub.agenda.drop(question, by=who(request))}


@get("/v1/journeys/alerts", guards=MANAGER_OR_ANALYST, tags=["journeys"])
@in_thread
def list_alerts(state: State, request: Asking, limit: Limit = 100, offset: Offset = 0) -> list[dict[str, Any]]:
    """Alerts raised and ended by saved questions, the last one first."""
    return told_to(request, agenda.alerts(state.hub, limit, offset))


def asked_of(data: FunnelAsked) -> Asked:
    """The funnel that a body asks for."""
    between: Mapping[str, str] = data.between
    return Asked(
        tuple(data.steps), data.window, data.mode, data.tolerance, between, tuple(data.without), data.ends, data.by,
        data.credit,
    )  # fmt: skip


JOURNEY_ROUTES = [
    ask_funnel, ask_funnel_persons, list_names, get_matrix, get_time_to, list_questions, save_question, drop_question,
    list_alerts,
]  # fmt: skip
