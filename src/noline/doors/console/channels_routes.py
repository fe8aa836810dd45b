"""The addresses of the page of the channels, and the form that states what one is meant for."""

from typing import Annotated, Any

from litestar import post
from litestar.datastructures import State
from litestar.params import Parameter
from litestar.response import Redirect

from noline.doors.answers import aims
from noline.doors.answers import roles as answers
from noline.doors.console import channels
from noline.doors.console.channel_charters import ROLES
from noline.doors.console.channels import anchor
from noline.doors.console.people_routes import who
from noline.doors.console.render import render
from noline.doors.console.serving import MANAGER, Asking, Form, Json, Page, html, page, page_at, seen, shell_of
from noline.doors.http.seeing import MANAGER_OR_ANALYST, sees_people
from noline.doors.http.threads import in_thread
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound

_SAID = {"stated": "Stated."}


@page_at("/channels", "/channels.json", "/channels.csv", guards=MANAGER_OR_ANALYST)
def show(
    request: Asking,
    state: State,
    k: Annotated[int, Parameter(ge=2, le=5)] = 2,
    done: Annotated[str, Parameter(max_length=20)] = "",
) -> Page:
    """What each channel is for: stated beside measured."""
    told = _told(state.hub, k)
    if not sees_people(request):
        # Each business is told with what its few buyers did.
        told["partners"].update(accounts=list[Json]())
    told = seen(request, told)
    return page(
        request, "channels", told, told["roles"]["channels"],
        lambda: channels.channels(**told, said=_SAID.get(done, "")), query=f"k={k}",
    )  # fmt: skip


@post("/channels/charter", guards=MANAGER, include_in_schema=False, status_code=303)
@in_thread
def state_charter(request: Asking, state: State, data: Form) -> Page:
    """State what a channel or a place is meant for."""
    channel = data.get("channel", "").strip()
    try:
        aims.state_charter(state.hub, channel, by=who(request), **_stated(data))
    except NotFound:
        raise
    except NoLineError as refusal:
        view = channels.channels(**_told(state.hub, 2), refused=str(refusal), hint=refusal.hint)
        return html(render("channels", view=view, shell=shell_of(request)), refusal.status)
    return Redirect(f"/channels?done=stated#channel-{anchor(channel)}", status_code=303)


def _stated(data: Form) -> dict[str, Any]:
    """What a form states; the short form leaves reasons, experience and other roles as they were."""
    told: dict[str, Any] = {"main": data.get("main", ""), "owner": data.get("owner", "")}
    if "reasons" in data:
        told["reasons"] = [line.strip() for line in data["reasons"].splitlines() if line.strip()]
        told["others"] = [role for role in ROLES if data.get(f"other-{role}")]
        told["experience"] = data.get("experience", "")
    return told


def _told(hub: Hub, k: int) -> Json:
    """Everything the page says."""
    parts = {
        "roles": answers.roles(hub),
        "migration": answers.migration(hub, k),
        "customers": answers.customers(hub),
        "index": answers.index(hub),
        "partners": answers.partners(hub),
    }
    return {**parts, "charters": aims.charters(hub), "counted": {name: one["counted"] for name, one in parts.items()}}


CHANNELS_ROUTES = [*show, state_charter]
