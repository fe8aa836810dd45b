"""A hub with goods, a customer and an order, and assistant programs that ask it in this process."""

import json
from typing import Any

import anyio
from mcp.client.client import Client
from mcp.shared.exceptions import MCPError

from noline.doors.mcp.calling import Calling, audit
from noline.doors.mcp.model import Scope
from noline.doors.mcp.scopes import calling
from noline.doors.mcp.server import server
from noline.hub import Hub
from noline.stores.access import Role
from shop import Day, identify, track

COFFEE = {
    "sku": "ristretto-50",
    "name": "Ristretto, 50 capsules",
    "category": "coffee",
    "attributes": {"intensity": 10},
}


def filled(hub: Hub) -> str:
    """A hub that sells Ristretto in Paris, and Anna, who bought it there; answers her id."""
    day = Day()
    hub.access.ensure_source("till", "store")
    line = {"product_id": "ristretto-50", "sku": "ristretto-50", "quantity": 2, "price": 22.5}
    sold = {"order_id": "o-1", "total": 45, "currency": "EUR", "products": [line]}
    receipts = hub.accept("till", [
        track("Location Opened", id="l-1", at=day.next(), location="paris-1", country="FR", name="Opéra"),
        track("Product Described", id="d-1", at=day.next(), **COFFEE),
        track("Stock Counted", id="s-1", at=day.next(), sku="ristretto-50", quantity=11, location="paris-1"),
        identify(id="i-1", at=day.next(), user="anna", firstName="Anna", lastName="Arabica", city="Paris",
                 email="anna@example.com", household_size=3),
        track("Order Completed", id="o-1", at=day.next(), user="anna", context_store_id="paris-1", **sold),
        track("Return Accepted", id="r-1", at=day.next(), user="anna", order_id="o-1", return_id="back-1",
              products=[line | {"quantity": 1}]),
    ])  # fmt: skip
    assert {one.status for one in receipts} == {"accepted"}
    (anna,) = (one.person for one in hub.find_customers("anna"))
    return anna


class Assistant:
    """A program with a key of a hub, which asks the tools of one scope."""

    def __init__(self, hub: Hub, scope: Scope, role: Role | None = None) -> None:
        self.hub = hub
        self.name, self.key = hub.access.add_key(role or scope.role)
        self.calling: Calling = calling(hub, scope)
        self._server = server(self.calling, lambda _: self.calling.caller(self.key))

    def tools(self) -> dict[str, Any]:
        return {one.name: one for one in self._ask(lambda client: client.list_tools()).tools}

    def call(self, tool: str, **arguments: Any) -> Any:
        """What a tool answers; its words and its data must say the same."""
        answer = self._ask(lambda client: client.call_tool(tool, arguments))
        assert json.loads(answer.content[0].text) == answer.structured_content
        assert not answer.is_error, answer.structured_content
        return answer.structured_content

    def refused(self, tool: str, **arguments: Any) -> dict[str, Any]:
        answer = self._ask(lambda client: client.call_tool(tool, arguments))
        assert answer.is_error
        return answer.structured_content

    def read(self, uri: str) -> Any:
        (content,) = self._ask(lambda client: client.read_resource(uri)).contents
        assert content.mime_type == "application/json"
        return json.loads(content.text)

    def resources(self) -> tuple[list[str], list[str]]:
        plain = self._ask(lambda client: client.list_resources()).resources
        templates = self._ask(lambda client: client.list_resource_templates()).resource_templates
        return [one.uri for one in plain], [one.uri_template for one in templates]

    def calls(self) -> list[tuple[str, str]]:
        """Its calls and how they ended, the first first."""
        return [(one["tool"], one["outcome"]) for one in reversed(audit(self.hub, 100)) if one["caller"] == self.name]

    def _ask(self, what: Any) -> Any:
        async def asking() -> Any:
            # An error leaves the client as it came only when it is raised outside of it.
            async with Client(self._server) as client:
                try:
                    return await what(client)
                except MCPError as refusal:
                    return refusal

        found = anyio.run(asking)
        if isinstance(found, MCPError):
            raise found
        return found
