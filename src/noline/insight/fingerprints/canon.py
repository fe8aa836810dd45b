"""The words that fingerprints of different companies share: eight channels, seven stages, and what came next."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from noline.kernel.words import Stage

CHANNELS = ("web", "app", "store", "call", "mail", "b2b", "marketplace", "reviews")
"""Every company's channels are told as these."""

OTHER = "other"
"""A channel that is none of them."""

END = "end"
"""No further visit within the gap of a journey."""

NEXT = (*CHANNELS, OTHER, END)
"""What can come after a visit."""

STAGES = tuple(stage.value for stage in Stage)

_KNOWN: Mapping[str, str] = MappingProxyType(
    {
        name: channel
        for channel, names in {
            "web": "online, website, site, webshop, web shop, ecommerce, e-commerce, eshop, desktop, browser, internet",
            "app": "mobile, mobile app, ios, android, iphone, tablet",
            "store": "shop, stores, pos, till, retail, branch, boutique, outlet, in-store, instore, physical, counter",
            "call": "phone, telephone, calls, hotline, call centre, call center, callcenter, contact centre, "
            "contact center, service desk, voice",
            # A printed catalogue is answered by post: it is mail order.
            "mail": "email, e-mail, newsletter, mailing, direct mail, letter, post, catalogue, catalog, mail order",
            "b2b": "wholesale, business, trade, partner, partners, dealer, reseller, distributor",
            "marketplace": "marketplaces, amazon, ebay, zalando, market",
            "reviews": "review, feedback, ratings, survey, nps",
        }.items()
        for name in (channel, *names.split(", "))
    }
)


class Mapped(NamedTuple):
    """Channels by their canonical names. unmapped: those that have none; they count as `other`."""

    names: tuple[str, ...]
    unmapped: tuple[str, ...]


def channel_of(name: str, own: Mapping[str, str] = MappingProxyType({})) -> str:
    """The canonical channel of a name, `other` when it has none. own: what the company itself says a name is."""
    if name in own:
        return own[name]
    plain = " ".join(name.lower().replace("_", " ").split())
    return _KNOWN.get(plain) or _KNOWN.get(plain.replace(" ", "-")) or OTHER


def mapped(names: Iterable[str], own: Mapping[str, str] = MappingProxyType({})) -> Mapped:
    """Each of the names as a canonical channel."""
    told = tuple(names)
    canonical = tuple(channel_of(name, own) for name in told)
    return Mapped(canonical, tuple(name for name, one in zip(told, canonical, strict=True) if one == OTHER))
