"""What a shop's web page sends: calls of analytics.js about people the hub knows, each with an id of its own.

The same seed gives the same bytes but for the time of day, which is the present.
"""

from collections.abc import Iterator, Sequence
from random import Random

from noline.kernel.clock import Micros, as_text

_CONTEXT = (
    '"context":{"page":{"url":"https://shop.example/fr/capsules/%(sku)s"},"locale":"fr-FR",'
    '"userAgent":"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5)"}'
)
_WHO = '"messageId":"ajs-next-%(number)012d-%(salt)08x","userId":"u-%(person)06d","anonymousId":"%(device)s"'
_WHEN = '"timestamp":"%(at)s"'
_PRODUCT = (
    '"product_id":"%(sku)s","sku":"%(sku)s","name":"Ristretto Intenso","category":"Capsules",'
    '"price":%(price)s,"currency":"EUR"'
)
_BASKET = '%(price)s,"currency":"EUR","products":[{' + _PRODUCT + ',"quantity":1}]'


def _track(name: str, properties: str) -> str:
    return f'{{"type":"track","event":"{name}",{_WHO},{_WHEN},"properties":{{{properties}}},{_CONTEXT}}}'


_PROPERTIES = {
    "Product Viewed": _PRODUCT,
    "Product List Viewed": '"list_id":"capsules-intense","category":"Capsules","sort":"price","filter":"intensity 9"',
    "Product Added": '"cart_id":"c-%(number)d",' + _PRODUCT + ',"quantity":%(units)d',
    "Checkout Started": '"checkout_id":"c-%(number)d","value":' + _BASKET,
    "Order Completed": '"order_id":"o-%(number)d","total":' + _BASKET,
}
_MIX = dict(zip(_PROPERTIES, (60, 20, 12, 5, 3), strict=True))
"""Calls of each event in a hundred: the funnel of a shop where three views in a hundred end in an order."""

_TEMPLATES = {name: _track(name, inside) for name, inside in _PROPERTIES.items()}
_IDENTIFY = (
    f'{{"type":"identify",{_WHO},{_WHEN},"traits":{{"email":"u%(person)06d@example.com","firstName":"Camille",'
    f'"lastName":"Martin %(person)06d"}},{_CONTEXT}}}'
)
_PRICES = ("4.90", "24.50", "39.00", "129.00")
_SKUS = 400


def tracks(count: int, *, first: int, people: int, seed: int, at: Micros) -> Iterator[bytes]:
    """Track calls numbered from `first`, of people drawn evenly: no cache is helped by favourites."""
    chance = Random(f"{seed}:{first}")  # noqa: S311  seeded, and no secret
    names = chance.choices(list(_MIX), list(_MIX.values()), k=count)
    for position, name in enumerate(names):
        yield _message(_TEMPLATES[name], first + position, chance.randrange(people), chance, at)


def identifies(count: int, *, first: int, people: int, seed: int, at: Micros) -> Iterator[bytes]:
    """The call with which each person becomes known, in turn, by id, device and e-mail."""
    chance = Random(f"{seed}:{first}")  # noqa: S311  seeded, and no secret
    return (_message(_IDENTIFY, first + one, (first + one) % people, chance, at) for one in range(count))


def batch(messages: Sequence[bytes], at: Micros) -> bytes:
    """Messages as a server's SDK posts them."""
    return b'{"batch":[%b],"sentAt":"%b"}' % (b",".join(messages), as_text(at).encode())


def request(path: str, key: str, body: bytes) -> bytes:
    """A whole HTTP request."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nx-write-key: {key}\r\ncontent-type: application/json\r\n"
        f"accept: */*\r\nuser-agent: noline-bench\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _message(template: str, number: int, person: int, chance: Random, at: Micros) -> bytes:
    sku = f"capsule-{chance.randrange(_SKUS):04d}"
    salt = chance.getrandbits(32)
    return (
        template
        % {
            "number": number,
            "salt": salt,
            "person": person,
            "device": f"{person * 2_654_435_761 & 0xFFFFFFFF:08x}-3f1c-4b6e-9a41-{person:012x}",
            "at": as_text(at),
            "sku": sku,
            "price": _PRICES[salt & 3],
            "units": 1 + (salt & 1),
        }
    ).encode()
