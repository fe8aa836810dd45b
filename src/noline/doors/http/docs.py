"""The API described: OpenAPI at `/docs/openapi.json`, and `/docs` as a page that asks nothing of other sites."""

from typing import Any

from litestar import Litestar, Request
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import (
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    PathItem,
    RequestBody,
    Schema,
    SecurityScheme,
)  # fmt: skip

from noline.channels.segment import ROUTES
from noline.doors.console import views
from noline.doors.console.render import render

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


def describe_intake(application: Litestar) -> None:
    """Add the intake's routes, which bypass the framework, and the security schemes to the description."""
    schema = application.openapi_schema
    schema.paths = {**(schema.paths or {})}
    for name in [*ROUTES, "events"]:
        schema.paths[f"/v1/{name}"] = PathItem(post=_operation(name))
    schema.components.security_schemes = dict(SECURITY)


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
