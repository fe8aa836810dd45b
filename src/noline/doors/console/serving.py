"""How the console's handlers answer: a page or its data, with the frame around it, to whoever may see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from litestar import MediaType, Request, Response, get
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from noline.doors.answers.counts import shown_only
from noline.doors.console import views
from noline.doors.console.render import render
from noline.doors.http.auth import needs
from noline.doors.http.seeing import sees_people, told_to
from noline.doors.http.threads import in_thread
from noline.doors.plain import as_csv, plain
from noline.hub import Hub
from noline.stores.access import Role

Json = dict[str, Any]
Asking = Request[Any, Any, Any]
Page = Response[Any]
Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]

ASSOCIATE = [needs(Role.ASSOCIATE)]
MANAGER = [needs(Role.MANAGER)]
ADMIN = [needs(Role.ADMIN)]


def page_at(*paths: str, guards: list[Any]) -> Callable[[Callable[..., Page]], list[HTTPRouteHandler]]:
    """One handler for each address of a page."""

    def handlers(answer: Callable[..., Page]) -> list[HTTPRouteHandler]:
        return [get(path, guards=guards, include_in_schema=False)(in_thread(answer)) for path in paths]

    return handlers


def page(
    request: Asking,
    name: str,
    told: Any,
    rows: Sequence[Mapping[str, Any]] | None,
    view: Callable[[], Any],
    *,
    path: str | None = None,
    query: str | None = None,
) -> Page:
    """A page, or its data, by the ending of the path asked for.

    path, query: where the data of the page lie, when not where it was asked for.
    """
    if request.url.path.endswith(".json"):
        return Response(plain(told_to(request, told)), media_type=MediaType.JSON)
    if request.url.path.endswith(".csv"):
        return Response(as_csv(plain(told_to(request, rows)) or []), media_type="text/csv")
    shell = shell_of(request)
    shell = replace(shell, path=shell.path if path is None else path, query=shell.query if query is None else query)
    return html(render(name, view=view(), shell=shell))


def is_data(request: Asking) -> bool:
    """Whether the data of a page are asked for, not the page."""
    return request.url.path.endswith((".json", ".csv"))


def seen(request: Asking, told: Any) -> Any:
    """What a page draws, as whoever asks may see it: an analyst's has no row of few people; the data say which went."""
    if sees_people(request):
        return told
    return told_to(request, told) if is_data(request) else shown_only(told_to(request, told))


def bare(part: str) -> str:
    """The last part of an address without `.json` and `.csv`."""
    return part.removesuffix(".json").removesuffix(".csv")


def html(text: str, status: int = 200) -> Page:
    """A page that is written already."""
    return Response(text, status_code=status, media_type=MediaType.HTML)


def shell_of(request: Asking, *, counting: bool = True) -> views.Shell:
    """What stands around a page for whoever asks. counting: ask the hub what came in, and what could not be taken."""
    hub: Hub = request.app.state.hub
    role: Role | None = getattr(request.state, "role", None)
    letters = hub.dead_letter_counts() if counting and role is not None else {}
    open_letters = sum(count for (_, state), count in letters.items() if state == "open")
    return views.Shell(
        hub_name=hub.settings.company,
        path=request.url.path,
        query=request.url.query,
        role=role or "",
        signed_in=role is not None,
        sees_all=role is not None and role.includes(Role.MANAGER),
        sees_numbers=role is not None and role.includes(Role.ANALYST),
        sees_people=role is not Role.ANALYST,
        mends=role is Role.ADMIN,
        open_dead_letters=open_letters,
        empty=counting and role is not None and not letters and hub.last_seq() == 0,
        base_url=str(request.base_url).rstrip("/"),
    )
