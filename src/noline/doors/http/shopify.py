"""Webhooks of Shopify come in here: signed by the shop, kept like the messages of every other channel."""

import asyncio
from contextlib import suppress
from typing import Any

from litestar import Request, Response, post

from noline.channels import shopify
from noline.doors.http.intake import IMPORT_LIMIT_BYTES, Answer, is_broken
from noline.hub import Hub
from noline.kernel.errors import NameTaken, NotFound, UnreadableRequest
from noline.stores.access import Source


# Not described: its shape is Shopify's, and what proves the sender is a header over the very bytes.
@post("/v1/shopify/{source:str}", status_code=200, request_max_body_size=IMPORT_LIMIT_BYTES, include_in_schema=False)
async def take_webhook(request: Request[Any, Any, Any], source: str) -> Response[Any]:
    """Take a webhook of the shop that noline.toml names so; its signature is the key."""
    hub: Hub = request.app.state.hub
    shop = hub.shops.get(source)
    if shop is None:
        raise NotFound(what="Shopify shop", name=source)
    body = await request.body()
    told = request.headers
    shopify.verify(body, told.get("x-shopify-hmac-sha256", ""), told.get("x-shopify-shop-domain", ""), source, shop)
    delivery = shopify.Delivery(
        told.get("x-shopify-topic", ""),
        told.get("x-shopify-event-id") or told.get("x-shopify-webhook-id", ""),
        told.get("x-shopify-triggered-at", ""),
    )
    envelope = shopify.read_webhook(body, delivery, shop)
    origin = await asyncio.to_thread(_source_of, hub, source, shop)
    # Filed under the route of bulk messages, so that a letter that is one message can be mended and replayed.
    receipts = await request.app.state.writer.accept(hub.intake.group(origin, envelope, "import"))
    if is_broken(envelope):
        refused = UnreadableRequest(reason=receipts[0].code)
        return Response({**refused.as_dict(), "success": False, "results": receipts}, status_code=refused.status)
    return Response(Answer(success=True, results=receipts))


def _source_of(hub: Hub, name: str, shop: shopify.Shop) -> Source:
    """The source of a shop, made by its first webhook."""
    with suppress(NameTaken):  # two first webhooks at once: the other one made it
        hub.access.ensure_source(name, shop.channel)
    return hub.access.source(name)


SHOPIFY_ROUTES = [take_webhook]
