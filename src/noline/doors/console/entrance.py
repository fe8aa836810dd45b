"""The pages before and instead of the others: the login, and an error."""

from dataclasses import dataclass

from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Login:
    """The page before anything is shown. refused: the last key was not known."""

    refused: str = ""
    next_path: str = "/"


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that could not be shown: the error as every door tells it."""

    status: int
    code: str
    message: str
    hint: str
    retryable: bool = False


def problem(status: int, error: Row) -> Problem:
    """The error page from `NoLineError.as_dict()`."""
    return Problem(
        status=status,
        code=error.get("code", "internal"),
        message=error.get("message", "Something went wrong."),
        hint=error.get("hint", ""),
        retryable=bool(error.get("retryable")),
    )
