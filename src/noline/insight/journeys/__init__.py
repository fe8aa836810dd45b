"""Where customers cross between channels, and where they are lost."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from noline.stores.walks.store import WalkStore

__all__ = ["WalkStore"]


def __getattr__(name: str) -> Any:
    """`WalkStore`, events clustered by person; loaded when it is asked for, because it needs NumPy."""
    if name != "WalkStore":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from noline.stores.walks.store import WalkStore

    return WalkStore
