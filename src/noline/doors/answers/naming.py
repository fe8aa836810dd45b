"""Names that callers give for whoever acts."""

import unicodedata

from noline.truth.clients.model import is_seen

_UNREADABLE = frozenset(("Cc", "Cs", "Co", "Zl", "Zp"))
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change in which direction others are written, and so can make a name look like another one."""


def called(named: str | None) -> str:
    """A name without spaces around it; empty where none was given, or one that controls how it is written."""
    name = (named or "").strip()
    is_plain = not any(letter in _TURNING or unicodedata.category(letter) in _UNREADABLE for letter in name)
    return name if is_plain and is_seen(name) else ""
