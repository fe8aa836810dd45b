"""The API described: OpenAPI at `/docs/openapi.json`, and `/docs` as a page that asks nothing of other sites."""

from typing import Any

from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    PathItem,
    Reference,
    RequestBody,
    Schema,
    SecurityScheme,
)  # fmt: skip
from litestar.openapi.spec import Parameter as OpenAPIParameter
from litestar.routes import HTTPRoute

from noline.channels.segment import ROUTES
from noline.doors.console import views
from noline.doors.console.render import render
from noline.doors.http.auth import NEEDED

_SUMMARIES = {
    "batch": "Many items of the tracking contract at once",
    "import": "NDJSON in bulk: one item a line",
    "events": "CloudEvents 1.0 from tills, ERP and warehouses",
}
_TEXT = Schema(type=OpenAPIType.STRING)
_ITEM = Schema(
    type=OpenAPIType.OBJECT,
    description="A call of Segment's HTTP tracking specification.",
    properties={
        "type": Schema(type=OpenAPIType.STRING, enum=["track", "identify", "page", "screen", "group", "alias"]),
        "event": _TEXT,
        "messageId": _TEXT,
        "userId": _TEXT,
        "anonymousId": _TEXT,
        "timestamp": Schema(type=OpenAPIType.STRING, description="ISO 8601"),
        "properties": Schema(type=OpenAPIType.OBJECT),
        "traits": Schema(type=OpenAPIType.OBJECT),
        "context": Schema(type=OpenAPIType.OBJECT),
    },
)
_RECEIPT = Schema(
    type=OpenAPIType.OBJECT,
    required=["status"],
    properties={
        "status": Schema(type=OpenAPIType.STRING, enum=["accepted", "duplicate", "conflict", "parked"]),
        "seq": Schema(type=OpenAPIType.INTEGER),
        "id": Schema(type=OpenAPIType.INTEGER, description="Of the dead letter."),
        "code": _TEXT,
        "path": Schema(type=OpenAPIType.STRING, description="JSON pointer to what is wrong."),
    },
)
_ANSWER = Schema(
    type=OpenAPIType.OBJECT,
    required=["success", "results"],
    properties={"success": Schema(type=OpenAPIType.BOOLEAN), "results": Schema(type=OpenAPIType.ARRAY, items=_RECEIPT)},
)
_ERROR = Schema(
    type=OpenAPIType.OBJECT,
    required=["code", "message", "hint", "retryable", "facts"],
    properties={
        "code": _TEXT,
        "message": _TEXT,
        "hint": _TEXT,
        "retryable": Schema(type=OpenAPIType.BOOLEAN),
        "facts": Schema(type=OpenAPIType.OBJECT),
    },
)
_REFUSALS = {
    "400": "A parameter or the body cannot be read; `facts` says which.",
    "401": "No key, or one that is not known.",
    "403": "The key's role may not do this.",
    "404": "Nothing is known under that name.",
    "409": "A rule says no; nothing was changed.",
    "413": "More bytes than one request may bring.",
    "422": "It would be wrong again; nothing was changed.",
    "500": "Our fault; the server's log has the cause.",
    "503": "The store does not answer; the same may work in a moment.",
}
SECURITY = {
    "writeKey": SecurityScheme(type="http", scheme="basic", description="The write key of a source as user."),
    "key": SecurityScheme(type="http", scheme="bearer", description="A key made by `noline key add`."),
}
"""How callers show who they are."""


class ApiPage(OpenAPIRenderPlugin):
    """`/docs`: every operation on one quiet page."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page as HTML."""
        shell = views.Shell(hub_name=request.app.state.hub.settings.company, path="/docs", signed_in=False)
        return render("api", view=views.api(openapi_schema), shell=shell).encode()


def describe(application: Litestar) -> None:
    """Complete the description: the intake's routes, which bypass the framework, who may call, and every refusal."""
    schema = application.openapi_schema
    paths = {**(schema.paths or {})}
    schema.components.schemas["Error"] = _ERROR
    for route in application.routes:
        if isinstance(route, HTTPRoute):
            for handler in route.route_handlers:
                for method in handler.http_methods:
                    told = getattr(paths.get(route.path_format), method.lower(), None)
                    if told is not None:
                        _complete(told, handler, writes=method != "GET")
    for name in [*ROUTES, "events"]:
        paths[f"/v1/{name}"] = PathItem(post=_operation(name))
    schema.paths = paths
    schema.components.security_schemes = dict(SECURITY)


def _complete(operation: Operation, handler: HTTPRouteHandler, *, writes: bool) -> None:
    """What holds for every route: its first sentence, the role it needs, and how it refuses."""
    role = next((NEEDED[guard] for guard in handler.guards or () if guard in NEEDED), None)
    words = (operation.description or "").strip()
    operation.summary = words.partition("\n")[0].rstrip(".")
    operation.description = f"{words} Needs a key of role {role}." if role else words
    operation.security = [{"key": []}] if role else []
    responses = {status: one for status, one in (operation.responses or {}).items() if status < "400"}
    operation.responses = {
        **responses,
        **{status: _refusal(status) for status in _refusals(operation, role, writes=writes)},
    }


def _refusals(operation: Operation, role: str | None, *, writes: bool) -> list[str]:
    """The statuses with which an operation may refuse."""
    places = {one.param_in for one in operation.parameters or () if isinstance(one, OpenAPIParameter)}
    return [
        *(["400", "401", "403"] if role else []),
        # A name may stand in the path, in the query or in the body.
        *(["404"] if {"path", "query"} & places or operation.request_body else []),
        *(["409"] if writes else []),
        *(["413"] if operation.request_body else []),
        *(["422"] if writes and "path" in places else []),
        "500",
        "503",
    ]


def _refusal(status: str) -> OpenAPIResponse:
    content = {"application/json": OpenAPIMediaType(schema=Reference(ref="#/components/schemas/Error"))}
    return OpenAPIResponse(description=_REFUSALS[status], content=content)


def _operation(name: str) -> Operation:
    kind = ROUTES.get(name)
    return Operation(
        tags=["intake"],
        operation_id=f"Intake_{name}",
        summary=_SUMMARIES.get(name) or (f"One {kind} call" if kind else "The same as /v1/batch"),
        security=[{"writeKey": []}],
        request_body=RequestBody(required=True, content=_content(name)),
        responses={
            "200": _response("A receipt for each item, in order; all of them are durable.", _ANSWER),
            "400": _response("Not JSON at all; the bytes are parked as a dead letter.", _ANSWER),
            "401": _response("No key, or one that is not known.", _ERROR),
            "405": _response("Only POST.", Schema(type=OpenAPIType.OBJECT)),
            "413": _response("More bytes than one request may bring.", _ERROR),
            "429": _response("Too much waits already; nothing was taken. See Retry-After.", _ERROR),
        },
    )


def _content(name: str) -> dict[str, OpenAPIMediaType]:
    if name == "import":
        return {"application/x-ndjson": OpenAPIMediaType(schema=_TEXT)}
    if name == "events":
        return {"application/cloudevents+json": OpenAPIMediaType(schema=Schema(type=OpenAPIType.OBJECT))}
    if ROUTES[name] is None:
        batch = Schema(
            type=OpenAPIType.OBJECT,
            required=["batch"],
            properties={"batch": Schema(type=OpenAPIType.ARRAY, items=_ITEM)},
        )
        return {"application/json": OpenAPIMediaType(schema=batch)}
    return {"application/json": OpenAPIMediaType(schema=_ITEM)}


def _response(words: str, schema: Schema) -> OpenAPIResponse:
    return OpenAPIResponse(description=words, content={"application/json": OpenAPIMediaType(schema=schema)})
