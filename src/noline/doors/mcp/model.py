"""What a tool is, who may call it, and what is refused before it does anything."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

import msgspec

from noline.hub import Hub
from noline.kernel.errors import NotFound, NotReadable
from noline.stores.access import Role

Json = dict[str, Any]

_NUL = b"\\u0000"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"\S")]
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000, pattern=r"\S")]
Units = Annotated[int, msgspec.Meta(ge=1, le=10**9)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=100)]
Once = (
    Annotated[
        str,
        msgspec.Meta(
            min_length=1, max_length=200,
            description="The same key does it once, however often it is sent; use a new UUID for each thing to do.",
        ),
    ]
    | None
)  # fmt: skip


class Scope(StrEnum):
    """For whom a set of tools is made."""

    STAFF = "staff"
    MANAGER = "manager"
    PARTNER = "partner"

    @property
    def role(self) -> Role:
        """The least role of a key that may use it."""
        return Role(self) if self is not Scope.STAFF else Role.ASSOCIATE


class ToolUnknown(NotFound):
    """A tool that does not exist, or not in this scope."""

    code = "mcp.tool_unknown"
    sentence = "The scope {scope} has no tool {tool!r}."
    hint = "List the tools; another scope is another server, `noline mcp --scope SCOPE`."


class ResourceUnknown(NotFound):
    """A resource that does not exist, or not in this scope."""

    code = "mcp.resource_unknown"
    sentence = "The scope {scope} has no resource {uri!r}."
    hint = "List the resources and their templates; names in a URI are percent-encoded."


class ArgumentsUnreadable(NotReadable):
    """Arguments that do not fit the schema of the tool."""

    code = "mcp.arguments_unreadable"
    sentence = "{tool} cannot read its arguments: {why}."
    hint = "Send what the tool's input schema describes, and nothing else."


class Caller(NamedTuple):
    """Who calls. name: of the key, which stands in the log beside what is decided."""

    name: str
    role: Role

    @property
    def by(self) -> str:
        """How deeds name who decided."""
        return f"{self.name} (assistant)"


class Asks(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The arguments of a tool."""


class Nothing(Asks, frozen=True):
    """No arguments."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A service as a tool: a verb and a noun of the shop.

    writes: something is decided; it and its note among the calls stand in one transaction, and `idempotency_key`, where
    it takes one, does it once. views: for which purpose a customer's data are looked at, the argument `person` saying
    whose; None where they are not, or where the service notes it itself. do: gives the JSON of the answer.
    """

    name: str
    says: str
    asks: type[Asks]
    do: Callable[[Hub, Caller, Any], Json]
    writes: bool = False
    views: str | None = None

    def read(self, arguments: Json) -> Asks:
        """The arguments as the tool takes them. Raises ArgumentsUnreadable."""
        try:
            told = msgspec.json.encode(arguments)
        except UnicodeEncodeError:
            raise ArgumentsUnreadable(tool=self.name, why="they hold half of a character") from None
        if _NUL in told:
            raise ArgumentsUnreadable(tool=self.name, why="they hold the character NUL")
        try:
            return msgspec.convert(arguments, self.asks)
        except msgspec.ValidationError as cause:
            raise ArgumentsUnreadable(tool=self.name, why=str(cause)) from None

    def schema(self) -> Json:
        """The JSON Schema of its arguments."""
        (_,), parts = msgspec.json.schema_components([self.asks], ref_template="#/$defs/{name}")
        whole = parts.pop(self.asks.__name__)
        told = {"type": "object", "properties": whole["properties"], "additionalProperties": False}
        if whole.get("required"):
            told["required"] = whole["required"]
        if parts:
            told["$defs"] = parts
        return told


@dataclass(frozen=True, slots=True)
class Resource:
    """Something to read: a tool that only asks, under a URI.

    arg: the argument that stands in the URI, as `{arg}`; None without one. several: the tool takes a list of it.
    """

    uri: str
    tool: Tool
    arg: str | None = None
    several: bool = False
