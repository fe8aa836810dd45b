"""A deed on the command line that is done once under `--key`, however often the command is run."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from noline.kernel.errors import Refused

if TYPE_CHECKING:
    from noline.hub import Hub

_CALLER = "command line"
_DONE = 200

key_option = click.option("--key", help="The same key is the same deed, however often it is sent.")


class _NotDoneError(Exception):
    """Carries a refusal past what keeps answers: on a command line what was refused may be tried again."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def once(hub: "Hub", key: str | None, asked: Sequence[object], do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a deed answers; under a key that was used before its first answer, as a `duplicate`, and nothing is done.

    asked: the command and its arguments. Raises IdempotencyKeyReused, IdempotencyKeyUnreadable and what `do` raises.
    """
    if key is None:
        return do()
    done: list[dict[str, Any]] = []

    def first() -> tuple[int, bytes]:
        try:
            done.append(do())
        except Refused as refusal:
            raise _NotDoneError(refusal) from refusal
        return _DONE, msgspec.json.encode(done[0])

    try:
        _, kept = hub.once.do(hub.once.asked(_CALLER, key, msgspec.json.encode(asked)), first)
    except _NotDoneError as cause:
        raise cause.refusal from None
    return done[0] if done else {**msgspec.json.decode(kept), "status": "duplicate"}
