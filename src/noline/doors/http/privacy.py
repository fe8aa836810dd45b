"""Export and erasure of a person over HTTP."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.connection import Request
from litestar.datastructures import State

from noline.doors.answers import privacy as answers
from noline.doors.http.auth import needs
from noline.doors.http.threads import in_thread
from noline.stores.access import Role

_MANAGER = [needs(Role.MANAGER)]

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]
Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"^[^\x00]*$")]


class Erasure(msgspec.Struct):
    """Why a person is erased, and who decides; the role of the key when nobody is named."""

    reason: Reason
    by: Text | None = None


@get("/v1/customers/{person:str}/export", guards=_MANAGER, tags=["customers"])
@in_thread
def export_customer(state: State, person: str) -> dict[str, Any]:
    """All that is held about one person, with every message as it was sent."""
    return answers.exported(state.hub, person)


@post("/v1/customers/{person:str}/erase", guards=_MANAGER, tags=["customers"], status_code=200)
@in_thread
def erase_customer(state: State, request: Request[Any, Any, Any], person: str, data: Erasure) -> dict[str, Any]:
    """Erase a person for good; asked again it answers the same receipt."""
    by = data.by or f"a key of role {request.state.role}"
    return answers.erased(state.hub, person, by=by, reason=data.reason)


@get("/v1/erasures/{receipt:str}", guards=_MANAGER, tags=["customers"])
@in_thread
def get_erasure(state: State, receipt: str) -> dict[str, Any]:
    """The receipt of an erasure."""
    return answers.erasure(state.hub, receipt)


PRIVACY_ROUTES = [export_customer, erase_customer, get_erasure]
