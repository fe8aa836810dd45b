"""The next best action over HTTP: what became of an offer, which programmes there are, and what each changed."""

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, get, post
from litestar.datastructures import State

from noline.doors.answers import actions as answers
from noline.doors.http.auth import needs
from noline.doors.http.commands import Asking, once, who
from noline.doors.http.threads import in_thread
from noline.stores.access import Role
from noline.truth.offers.model import LONGEST_REASON

_ASSOCIATE = [needs(Role.ASSOCIATE)]
_MANAGER = [needs(Role.MANAGER)]

Reason = Annotated[str, msgspec.Meta(max_length=LONGEST_REASON, pattern=r"^[^\x00]*$")]
Who = Annotated[str, msgspec.Meta(min_length=1, max_length=512, pattern=r"^[^\x00]*$")]


class OfferAnswered(msgspec.Struct, forbid_unknown_fields=True):
    """What became of an offer. reason: needed when the associate overruled it. by: who; else the role of the key."""

    answer: Literal["accepted", "declined", "overruled"]
    reason: Reason = ""
    by: Who | None = None


@post("/v1/customers/{person:str}/actions/{programme:str}", guards=_ASSOCIATE, tags=["counter"], status_code=200)
@in_thread
def answer_offer(
    state: State,
    request: Asking,
    person: str,
    programme: str,
    data: OfferAnswered,
) -> Response[dict[str, Any]]:
    """Take down what became of an offer; the same `Idempotency-Key` is the same answer."""
    hub, by = state.hub, who(request, data.by)
    return once(
        request, data, lambda: answers.answered(hub, person, programme, data.answer, data.reason, by=by)
    )  # fmt: skip


@get("/v1/programmes", guards=_MANAGER, tags=["counter"])
@in_thread
def get_programmes(state: State) -> list[dict[str, Any]]:
    """Every programme of the next best action, with how often it was shown and what was answered."""
    return answers.programmes(state.hub)


@get("/v1/programmes/{programme:str}", guards=_MANAGER, tags=["counter"])
@in_thread
def get_programme(state: State, programme: str) -> dict[str, Any]:
    """What a programme changed: everybody shown it against everybody held out, bought or not."""
    return answers.programme(state.hub, programme)


ACTION_ROUTES = [answer_offer, get_programmes, get_programme]
