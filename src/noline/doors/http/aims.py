"""Aims over HTTP: what each channel is meant for, what should be reached by when, and the looks at it."""

from typing import Annotated, Any

import msgspec
from litestar import Response, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import aims
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.seeing import MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.stores.access import Role as Right
from noline.truth.aims.model import LONGEST_NAME, LONGEST_TEXT, MOST_REASONS, Aim, Direction, Role, Status

_MANAGER = [needs(Right.MANAGER)]
_NO_NUL = r"^[^\x00]*$"

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00]*\S[^\x00]*$")]
Text = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, pattern=_NO_NUL)]
Owner = Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=_NO_NUL)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Who = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=_NO_NUL)]


class CharterSaid(msgspec.Struct, forbid_unknown_fields=True):
    """What a channel or unit is meant for; what is left out stays as it was, and `main` is needed the first time.

    main: the one role it is there for; others: roles beside it. reasons: why a customer buys here. experience: what it
    promises. by: who says so; else the role of the key.
    """

    main: Role | None = None
    others: list[Role] | None = None
    reasons: Annotated[list[Word], msgspec.Meta(max_length=MOST_REASONS)] | None = None
    experience: Text | None = None
    owner: Owner | None = None
    by: Who | None = None


class GoalSaid(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What should be reached, by when; under a name that is set already it is set anew.

    metric: the id of a number. where: its `unit`, `channel` and `country`; left out: the whole company.
    target: a decimal number in `unit`: count, share, %, minutes, ratio, or a currency (then in its major unit).
    due, begins: days that are counted in; begins left out: as before, or today. by: who; else the role of the key.
    """

    name: Word
    metric: Word
    target: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    unit: Annotated[str, msgspec.Meta(min_length=1, max_length=20)]
    direction: Direction
    due: Day
    begins: Day | None = None
    where: dict[str, Word] = msgspec.field(default_factory=dict)
    owner: Owner | None = None
    by: Who | None = None


class CheckInSaid(msgspec.Struct, forbid_unknown_fields=True):
    """How a goal stands, as somebody says, and what was decided; the numbers are the hub's own. by: who."""

    status: Status
    decided: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*\S[^\x00]*$")]
    by: Who | None = None


@get("/v1/charters", guards=MANAGER_OR_ANALYST, tags=["aims"])
@in_thread
def list_charters(state: State, request: Asking) -> dict[str, Any]:
    """What each channel and unit is meant for, and those that nobody stated anything about."""
    return told_to(request, aims.charters(state.hub))


@put("/v1/charters/{channel:str}", guards=_MANAGER, tags=["aims"])
@in_thread
def state_charter(state: State, request: Asking, channel: str, data: CharterSaid) -> Response[dict[str, Any]]:
    """State what a channel or unit is meant for; said twice it is said once."""

    def command() -> Any:
        told = {name: getattr(data, name) for name in ("main", "others", "reasons", "experience", "owner")}
        return aims.state_charter(state.hub, channel, by=who(request, data.by), **told)

    return once(request, data, command)


@get("/v1/goals", guards=MANAGER_OR_ANALYST, tags=["aims"])
@in_thread
def list_goals(state: State, request: Asking, *, now: bool = False) -> list[dict[str, Any]]:
    """Goals, the one that is due first at the top, each with the last look; `now`: and what its number says now."""
    return told_to(request, aims.goals(state.hub, now=now))


@post("/v1/goals", guards=_MANAGER, tags=["aims"], status_code=200)
@in_thread
def set_goal(state: State, request: Asking, data: GoalSaid) -> Response[dict[str, Any]]:
    """Set what should be reached under a name; in the words that stand already it goes on as it is."""
    aim = Aim(data.metric, data.target, data.unit, data.direction, data.due, data.begins or "", data.where)

    def command() -> Any:
        return aims.set_goal(state.hub, data.name, aim, by=who(request, data.by), owner=data.owner)

    return once(request, data, command)


@delete("/v1/goals/{goal:str}", guards=_MANAGER, tags=["aims"], status_code=200)
@in_thread
def drop_goal(state: State, request: Asking, goal: str) -> dict[str, Any]:
    """Give a goal up; `dropped` is false when it was given up before. What was looked at stays."""
    return aims.drop_goal(state.hub, goal, by=who(request))


@get("/v1/goals/{goal:str}/check-ins", guards=MANAGER_OR_ANALYST, tags=["aims"])
@in_thread
def list_check_ins(
    state: State, request: Asking, goal: str, limit: Limit = 100, offset: Offset = 0
) -> list[dict[str, Any]]:
    """The looks at a goal, the last one first, with the numbers as they were then; of dropped goals too."""
    return told_to(request, aims.check_ins(state.hub, goal, limit, offset))


@post("/v1/goals/{goal:str}/check-ins", guards=_MANAGER, tags=["aims"], status_code=200)
@in_thread
def check_in(state: State, request: Asking, goal: str, data: CheckInSaid) -> Response[dict[str, Any]]:
    """Look at a goal now: keep what its number says at this moment, how it stands, and what was decided."""

    def command() -> Any:
        by = who(request, data.by)
        return aims.check_in(state.hub, goal, status=data.status, decided=data.decided, by=by)

    return once(request, data, command)


AIMS_ROUTES = [list_charters, state_charter, list_goals, set_goal, drop_goal, list_check_ins, check_in]
