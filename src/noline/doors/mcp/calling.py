"""Calling a tool: arguments are read, it does its work once, and the call is noted whatever became of it.

Each call is one row that `noline mcp audit` lists, and one line of the server's log. Looking at a customer is a deed as
well (`Customer Viewed`), so that the customer can be told who looked, and so that it goes when the customer is erased.
What is decided stands in one transaction with its note: there is never one without the other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import msgspec
import structlog

from noline.doors.mcp.model import Asks, Caller, Json, Resource, ResourceUnknown, Scope, Tool, ToolUnknown
from noline.doors.plain import plain
from noline.hub import Hub
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import KeyMissing, NoLineError, RoleTooSmall
from noline.stores import calls
from noline.stores.access import Role
from noline.stores.calls import Call
from noline.stores.commands import IdempotencyKeyReused
from noline.stores.log import last_seq

_log = structlog.get_logger("noline.mcp")

DONE = "done"
_FAILED = "internal"
_OK = 200
_encode = msgspec.json.Encoder(decimal_format="string").encode


class Answer(NamedTuple):
    """What a call is answered: data, or the error as every door shows it."""

    data: Json
    refused: bool = False


class Calling:
    """The tools of one scope of a hub."""

    def __init__(self, hub: Hub, scope: Scope, tools: Sequence[Tool], resources: Sequence[Resource]) -> None:
        """Wire the tools of a scope."""
        self.hub = hub
        self.scope = scope
        self.tools: Mapping[str, Tool] = {one.name: one for one in tools}
        self.resources = resources

    def caller(self, key: str | None) -> Caller:
        """Who has this key. Raises KeyMissing, KeyUnknown and RoleTooSmall."""
        if not key:
            raise KeyMissing
        found = self.hub.access.key_of(key)
        role = Role(found.role)
        if not role.includes(self.scope.role):
            raise RoleTooSmall(role=role, needs=self.scope.role)
        return Caller(found.name, role)

    def call(self, caller: Caller, name: str, arguments: Json) -> Answer:
        """Do what a tool does. A refusal is an answer; what is our fault is noted and raised."""
        return self._noted(caller, name, lambda: self._do(caller, self._tool(name), arguments))

    def read(self, caller: Caller, uri: str) -> Answer:
        """Read a resource; as calling the tool behind it."""
        found = self._resource(uri)
        if found is None:
            return self._noted(caller, "read_resource", lambda: self._refuse(uri))
        tool, arguments = found
        return self._noted(caller, tool.name, lambda: self._do(caller, tool, arguments))

    def _noted(self, caller: Caller, name: str, do: Callable[[], Answer]) -> Answer:
        try:
            return do()
        except NoLineError as refusal:
            self._note(caller, name, refusal.code)
            return Answer(refusal.as_dict(), refused=True)
        except Exception:
            self._note(caller, name, _FAILED)
            _log.exception("call failed", tool=name, caller=caller.name, scope=str(self.scope))
            raise

    def _do(self, caller: Caller, tool: Tool, arguments: Json) -> Answer:
        asked = tool.read(arguments)
        if tool.writes:
            with self.hub.store.transaction():
                answer = self._once(caller, tool, asked)
                self._note(caller, tool.name, answer.data["code"] if answer.refused else DONE)
            return answer
        found = plain(tool.do(self.hub, caller, asked))
        if tool.views is not None and (person := getattr(asked, "person", None)) is not None:
            self._viewed(caller, tool, person, getattr(asked, "store", None))
        self._note(caller, tool.name, DONE)
        return Answer(found)

    def _once(self, caller: Caller, tool: Tool, asked: Asks) -> Answer:
        """What a command answers; under the same key the same answer, a refusal as well, and nothing is done again."""
        key, once = getattr(asked, "idempotency_key", None), self.hub.once
        what = tool.name.encode() + b" " + _encode(asked)
        # An assistant makes up its keys, perhaps from what it was told of a customer: they are kept unreadable.
        kept = None if key is None else self.hub.vault.digest(f"mcp-key:{key}").hex()
        known = None if kept is None else once.asked(f"mcp:{caller.name}", kept, what)
        try:
            status, body = once.do(known, lambda: (_OK, _encode(plain(tool.do(self.hub, caller, asked)))))
        except IdempotencyKeyReused:
            raise IdempotencyKeyReused(key=key) from None
        return Answer(msgspec.json.decode(body), refused=status != _OK)

    def _viewed(self, caller: Caller, tool: Tool, person: str, store: str | None) -> None:
        with self.hub.store.transaction() as tx:
            self.hub.clienteling.viewed(
                tx, self.hub.customers.whom(tx, person), by=caller.by, store=store, purpose=tool.views or "", facts=()
            )  # fmt: skip

    def _note(self, caller: Caller, name: str, outcome: str) -> None:
        """Keep that somebody called; of a name that is no tool nothing is kept that somebody wrote."""
        tool = name if name in self.tools or name == "read_resource" else "unknown"
        now = self.hub.clock.now()
        with self.hub.store.transaction() as tx:
            one = Call(self._id(), now, caller.name, str(self.scope), tool, outcome, last_seq(tx))
            calls.note(tx, one)
        _log.info("called", tool=tool, caller=caller.name, scope=str(self.scope), outcome=outcome)

    def _id(self) -> str:
        return self.hub.clock.random_bytes(8).hex()

    def _tool(self, name: str) -> Tool:
        if name not in self.tools:
            raise ToolUnknown(scope=self.scope, tool=name)
        return self.tools[name]

    def _refuse(self, uri: str) -> Answer:
        raise ResourceUnknown(scope=self.scope, uri=uri)

    def _resource(self, uri: str) -> tuple[Tool, Json] | None:
        """The tool behind a URI, and its arguments; None when none is."""
        for one in self.resources:
            if one.arg is None:
                if uri == one.uri:
                    return one.tool, {}
                continue
            before, after = one.uri.split("{" + one.arg + "}")
            named = uri[len(before) : len(uri) - len(after)]
            if uri.startswith(before) and uri.endswith(after) and named and "/" not in named:
                text = unquote(named)
                return one.tool, {one.arg: [text] if one.several else text}
        return None


def audit(hub: Hub, limit: int, until: Micros = calls.LAST) -> list[Json]:
    """The latest calls of tools, the last first."""
    with hub.store.reading() as reader:
        found = calls.latest(reader, limit, until)
    return [{**one._asdict(), "at": as_text(one.at)} for one in found]
