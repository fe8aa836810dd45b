"""The tools of a scope as a server of the Model Context Protocol, over stdio or streamable HTTP.

Over stdio the key is checked when the server starts and again at every call; over HTTP each request brings its own as
`Authorization: Bearer`. No session is kept: any number of servers answer behind one address.
"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

import anyio
import anyio.to_thread
import mcp_types as types
import msgspec
import structlog
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from noline import __version__
from noline.doors.http.intake import Receive, Send
from noline.doors.http.intake import Scope as Connection
from noline.doors.mcp.calling import Answer, Calling
from noline.doors.mcp.model import Caller, Json, Resource, Scope, Tool
from noline.kernel.errors import NoLineError

Context = ServerRequestContext[Any, Any]
WhoCalls = Callable[[Context], Caller]

_log = structlog.get_logger("noline.mcp")
_JSON = "application/json"
_CALLER = "noline.caller"
_NOT_FOUND = -32002
"""The error of the protocol for a resource that is not there (specification 2025-11-25, resources, error handling)."""

_SAYS = {
    Scope.STAFF: "The counter of a retailer: find a customer, open their card, see what can be had where, and act. "
    "Tell the customer only what the card has under `greeting` and `say`; the rest is for the associate's eyes.",
    Scope.MANAGER: "The numbers of a retailer across its channels. They only ask. Give a number with its count or its "
    "interval, as it is answered.",
    Scope.PARTNER: "What another company may ask a retailer: what can be had where, holding it, how far an order is.",
}


def server(calling: Calling, who: WhoCalls) -> Server[Any]:
    """A server of these tools. who: says who calls, from the request; raises what refuses them."""

    async def list_tools(_: Context, __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(one) for one in calling.tools.values()])

    async def call_tool(context: Context, asked: types.CallToolRequestParams) -> types.CallToolResult:
        answer = await _in_thread(calling, context, who, lambda by: calling.call(by, asked.name, asked.arguments or {}))
        if asked.name not in calling.tools and answer.refused:
            raise MCPError(types.INVALID_PARAMS, answer.data["message"], answer.data)
        text = types.TextContent(text=_text(answer.data))
        return types.CallToolResult(content=[text], structured_content=answer.data, is_error=answer.refused)

    async def list_resources(_: Context, __: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        return types.ListResourcesResult(
            resources=[
                types.Resource(uri=one.uri, name=one.tool.name, description=one.tool.says, mime_type=_JSON)
                for one in calling.resources
                if one.arg is None
            ]
        )

    async def list_templates(_: Context, __: types.PaginatedRequestParams | None) -> types.ListResourceTemplatesResult:
        return types.ListResourceTemplatesResult(
            resource_templates=[_template(one) for one in calling.resources if one.arg is not None]
        )

    async def read_resource(context: Context, asked: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        answer = await _in_thread(calling, context, who, lambda by: calling.read(by, asked.uri))
        if answer.refused:
            code = _NOT_FOUND if "not_found" in answer.data["code"] or "unknown" in answer.data["code"] else None
            raise MCPError(code or types.INVALID_PARAMS, answer.data["message"], answer.data)
        content = types.TextResourceContents(uri=asked.uri, mime_type=_JSON, text=_text(answer.data))
        return types.ReadResourceResult(contents=[content])

    return Server(
        f"noline-{calling.scope}", version=__version__, title=f"NoLine for {calling.scope}",
        instructions=_SAYS[calling.scope], on_list_tools=list_tools, on_call_tool=call_tool,
        on_list_resources=list_resources, on_list_resource_templates=list_templates, on_read_resource=read_resource,
    )  # fmt: skip


async def over_stdio(calling: Calling, key: str | None) -> None:
    """Serve one program over stdin and stdout until it closes them. key: of the program that started it."""
    # Asked again at each call: a key that was removed is nobody's from then on.
    one = server(calling, lambda _: calling.caller(key))
    async with stdio_server() as (read, write):
        await one.run(read, write, one.create_initialization_options())


class HttpDoor:
    """The ASGI application of a scope: one route `/mcp`, open to who has a key."""

    def __init__(self, calling: Calling, host: str) -> None:
        """host: where it listens; on this machine alone, names of other machines are refused."""
        self._calling = calling
        self._app = server(calling, _of_request).streamable_http_app(
            json_response=True, stateless_http=True, host=host
        )  # fmt: skip

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Let a request in when its key is good, and remember whose it is."""
        if scope["type"] == "http":
            try:
                caller = await anyio.to_thread.run_sync(self._calling.caller, _bearer(scope))
            except NoLineError as refusal:
                _log.warning("refused", scope=str(self._calling.scope), outcome=refusal.code)
                await _refuse(send, refusal)
                return
            scope[_CALLER] = caller
        await self._app(scope, receive, send)


def _of_request(context: Context) -> Caller:
    assert context.request is not None  # noqa: S101  every request over HTTP has one
    return context.request.scope[_CALLER]


async def _in_thread(calling: Calling, context: Context, who: WhoCalls, do: Callable[[Caller], Answer]) -> Answer:
    """What a call answers, worked out beside the event loop. A refused key is a refusal of the protocol."""

    def work() -> Answer:
        return do(who(context))

    try:
        return await anyio.to_thread.run_sync(work)
    except NoLineError as refusal:
        _log.warning("refused", scope=str(calling.scope), outcome=refusal.code)
        raise MCPError(types.INVALID_REQUEST, str(refusal), refusal.as_dict()) from None


def _tool(one: Tool) -> types.Tool:
    marks = types.ToolAnnotations(
        read_only_hint=not one.writes, destructive_hint=False, idempotent_hint=not one.writes, open_world_hint=False
    )
    return types.Tool(name=one.name, description=one.says, input_schema=one.schema(), annotations=marks)


def _template(one: Resource) -> types.ResourceTemplate:
    return types.ResourceTemplate(
        uri_template=one.uri, name=one.tool.name, description=one.tool.says, mime_type=_JSON
    )  # fmt: skip


def _text(data: Json) -> str:
    return msgspec.json.encode(data).decode()


def _bearer(scope: Connection) -> str | None:
    told = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), "")
    kind, _, key = told.partition(" ")
    return unquote(key.strip()) if kind.lower() == "bearer" else None


async def _refuse(send: Callable[[dict[str, Any]], Awaitable[None]], refusal: NoLineError) -> None:
    body = msgspec.json.encode(refusal.as_dict())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
