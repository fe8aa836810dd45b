"""Where else the card of a customer may be shown: pages of other tools, named by their origins in the settings."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from noline.kernel.errors import SettingWrong

KEY = "origins"
"""How `[counter]` calls them."""


def origins_of(told: Mapping[str, Any]) -> frozenset[str]:
    """The origins that `[counter]` names, such as `https://crm.example`; none unless it does. Raises SettingWrong."""
    origins = told.get(KEY, [])
    if not isinstance(origins, list) or not all(_is_origin(one) for one in origins):
        why = "it takes a list of origins such as https://crm.example, without a path, and each in full"
        raise SettingWrong(key=f"[counter] {KEY}", value=origins, why=why)
    return frozenset(origins)


def _is_origin(told: object) -> bool:
    """Whether a browser would call a page's origin so: a scheme, a host in small letters, perhaps a port."""
    if not isinstance(told, str):
        return False
    try:
        parts = urlsplit(told)
        usual = {"http": 80, "https": 443}.get(parts.scheme)
        named = bool(parts.hostname) and parts.port != usual and "@" not in parts.netloc and "*" not in told
    except ValueError:
        return False
    return usual is not None and named and told == f"{parts.scheme}://{parts.netloc.lower()}"
