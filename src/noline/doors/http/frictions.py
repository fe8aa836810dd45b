"""Frictions over HTTP: what to fix first, what each costs, who met it, who cares for it, and where it stands out."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, put
from litestar.datastructures import State
from litestar.params import Parameter

from noline.doors.answers import frictions
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.seeing import MANAGER_OR_ANALYST, told_to
from noline.doors.http.threads import in_thread
from noline.doors.plain import plain
from noline.stores.access import Role
from noline.truth.agenda.model import LONGEST_NAME, LONGEST_NOTE

_MANAGER = [needs(Role.MANAGER)]
_NO_NUL = r"^[^\x00]*$"

Limit = Annotated[int, Parameter(ge=1, le=1000)]
Offset = Annotated[int, Parameter(ge=0, le=2**53)]
Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE, pattern=_NO_NUL)]


class CareSaid(msgspec.Struct, forbid_unknown_fields=True):
    """Who cares for a friction and how far it is; what is left out stays as it was.

    owner: a free short text, such as the address of a colleague. accepted: the company lives with it.
    proof: what would show that it is fixed. by: who says so; else the role of the key.
    """

    owner: Annotated[str, msgspec.Meta(max_length=LONGEST_NAME, pattern=_NO_NUL)] | None = None
    state: Literal["open", "in work", "fixed", "accepted"] | None = None
    note: Note | None = None
    proof: Note | None = None
    by: Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=_NO_NUL)] | None = None


@get("/v1/frictions", guards=MANAGER_OR_ANALYST, tags=["frictions"])
@in_thread
def list_frictions(state: State, request: Asking) -> list[dict[str, Any]]:
    """Every friction, the one to fix first at the top: how many met it, what it costs, who cares for it."""
    return told_to(request, plain(frictions.ranked(state.hub)))


@get("/v1/frictions/{friction:str}", guards=MANAGER_OR_ANALYST, tags=["frictions"])
@in_thread
def get_friction(state: State, request: Asking, friction: str) -> dict[str, Any]:
    """One friction: how many, what it costs, who cares for it, and how it is counted."""
    return told_to(request, plain(frictions.one(state.hub, friction)))


@get("/v1/frictions/{friction:str}/cases", guards=_MANAGER, tags=["frictions"])
@in_thread
def list_cases(state: State, friction: str, limit: Limit = 50, offset: Offset = 0) -> list[dict[str, Any]]:
    """Who met a friction, with the evidence."""
    return plain(frictions.cases(state.hub, friction, limit, offset))


@put("/v1/frictions/{friction:str}/care", guards=_MANAGER, tags=["frictions"])
@in_thread
def care_for(state: State, request: Asking, friction: str, data: CareSaid) -> Response[dict[str, Any]]:
    """Note who cares for a friction, how far it is, and what would prove the fix; said twice it is said once."""
    return once(request, data, lambda: frictions.cared(state.hub, friction, by=who(request, data.by), **_told(data)))


@get("/v1/causes", guards=MANAGER_OR_ANALYST, tags=["frictions"])
@in_thread
def list_causes(
    state: State,
    request: Asking,
    friction: Annotated[str | None, Parameter(min_length=1, max_length=LONGEST_NAME)] = None,
    sender: Annotated[str | None, Parameter(query="from", min_length=1, max_length=LONGEST_NAME)] = None,
    receiver: Annotated[str | None, Parameter(query="to", min_length=1, max_length=LONGEST_NAME)] = None,
) -> dict[str, Any]:
    """Where a friction, or the loss on a border (`from` and `to`), stands out: stores, months, countries and both."""
    return told_to(request, plain(frictions.causes(state.hub, friction, sender, receiver)))


def _told(data: CareSaid) -> dict[str, Any]:
    return {"owner": data.owner, "state": data.state, "note": data.note, "proof": data.proof}


FRICTION_ROUTES = [list_frictions, get_friction, list_cases, care_for, list_causes]
