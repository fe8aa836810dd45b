"""Every refusal of NoLine: a noun with facts and a next step.

Each error has a `code`, the HTTP `status` it becomes, public facts as attributes, a `hint` that says what to do next,
and `retryable`: whether the same call may succeed later without a change.
"""

from typing import ClassVar


class NoLineError(Exception):
    """The root of the tree; never raised itself."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False
    sentence: ClassVar[str] = "Something went wrong."
    hint: ClassVar[str] = "Look at the server's log for the cause."

    def __init__(self, **facts: object) -> None:
        """Keep the facts as attributes and put them into the sentence."""
        self.facts = facts
        for name, value in facts.items():
            setattr(self, name, value)
        super().__init__(self.sentence.format(**facts))

    def as_dict(self) -> dict[str, object]:
        """The error as data, as every door shows it."""
        facts = {
            name: value if isinstance(value, (int, float, bool, list, dict)) else str(value)
            for name, value in self.facts.items()
        }
        return {
            "code": self.code,
            "message": str(self),
            "hint": self.hint,
            "retryable": self.retryable,
            "facts": facts,
        }


class Refused(NoLineError):
    """A rule says no; nothing was changed."""

    status = 409


class NotReadable(Refused):
    """A value that was sent cannot be understood."""

    status = 400


class UnreadableMoney(NotReadable):
    """An amount that is no finite number, too large, or in another currency."""

    code = "value.not_money"
    sentence = "{value!r} is not an amount of {currency}."
    hint = "Send a finite number in major units, or whole minor units in a property that ends with _minor."


class UnreadableUnits(NotReadable):
    """A quantity that is not a whole number."""

    code = "value.not_units"
    sentence = "{value!r} is not a whole number of units."
    hint = "Send an integer in the smallest unit sold."


class UnreadableInstant(NotReadable):
    """A time that is not ISO 8601."""

    code = "value.not_instant"
    sentence = "{value!r} is not a time."
    hint = "Send ISO 8601 such as 2026-03-01T09:30:00Z."


class NotFound(Refused):
    """Nothing is known under that name."""

    code = "not_found"
    status = 404
    sentence = "No {what} is known as {name!r}."
    hint = "Check the spelling, or list what is there."


class SettingUnknown(NotReadable):
    """A key in noline.toml that nothing reads."""

    code = "settings.unknown_key"
    sentence = "{key!r} in {where} is not a setting. The nearest setting is {nearest!r}."
    hint = "Correct or remove the key; `noline doctor` lists the settings."


class SettingWrong(NotReadable):
    """A setting whose value cannot be used."""

    code = "settings.wrong_value"
    sentence = "{key!r} cannot be {value!r}: {why}."
    hint = "Correct the value in noline.toml or in the environment."


class HubMissing(NotFound):
    """The folder is not a hub."""

    code = "hub.missing"
    sentence = "{path} is not a NoLine hub."
    hint = "Make one with `noline init DIR`, or name another with --hub or NOLINE_HUB."


class HubExists(Refused):
    """A hub is there already."""

    code = "hub.exists"
    sentence = "{path} is a NoLine hub already."
    hint = "Use it as it is, or choose another folder."


class HubBusy(Refused):
    """Another server holds this hub."""

    code = "hub.busy"
    retryable = True
    sentence = "Another server (process {pid}) serves {path}."
    hint = "Stop it first; one server serves one hub."


class SchemaTooNew(Refused):
    """The store was written by a newer NoLine."""

    code = "store.schema_too_new"
    sentence = "The store has schema {found}, this version knows {known}."
    hint = "Install the newer NoLine that wrote it."


class StoreUnreachable(NoLineError):
    """The database does not answer."""

    code = "store.unreachable"
    status = 503
    retryable = True
    sentence = "The store does not answer: {why}."
    hint = "Check that the database runs and that its address in noline.toml is right."


class KeyMissing(Refused):
    """No key came with the call."""

    code = "auth.key_missing"
    status = 401
    sentence = "This needs a key."
    hint = (
        "Send `Authorization: Bearer KEY`; `noline key add --role ROLE` makes one, `noline source add` one that sends "
        "events."
    )


class KeyUnknown(Refused):
    """The key is not one of this hub."""

    code = "auth.key_unknown"
    status = 401
    sentence = "The key is not known here."
    hint = "Check the key; sources are listed by `noline source list`, keys by `noline key list`."


class RoleTooSmall(Refused):
    """The key is good, the right is missing."""

    code = "auth.role_too_small"
    status = 403
    sentence = "A key of role {role} may not do this; it needs {needs}."
    hint = "Use a key with that role."


class RequestTooLarge(Refused):
    """More bytes than one request may bring."""

    code = "intake.too_large"
    status = 413
    sentence = "The request has more than {limit_bytes} bytes."
    hint = "Send smaller batches; bulk goes to /v1/import."


class MethodWrong(NotReadable):
    """A route that takes another method."""

    code = "http.method"
    status = 405
    sentence = "This route takes {allowed}, not {method}."
    hint = "Send the request with that method."


class UnreadableRequest(NotReadable):
    """A request body that is not even JSON; its bytes are kept as a dead letter."""

    code = "intake.unreadable"
    sentence = "The body is not JSON: {reason}. It is kept as a dead letter."
    hint = "Send UTF-8 JSON as the tracking specification has it; docs/sdks.md names clients that do."


class TooManyRequests(Refused):
    """More waits than can be held; nothing of this request was taken."""

    code = "intake.too_busy"
    status = 429
    retryable = True
    sentence = "{waiting} requests are waiting already."
    hint = "Send again after the seconds in Retry-After."


class DeadLetterClosed(Refused):
    """A dead letter that was already fixed or ignored."""

    code = "dead_letter.closed"
    sentence = "Dead letter {letter} is {state} already."
    hint = "Only open letters can be patched, replayed or ignored."


class DeadLetterStillWrong(Refused):
    """A replay that would be parked again."""

    code = "dead_letter.still_wrong"
    status = 422
    sentence = "Dead letter {letter} would be parked again: {reason} at {pointer}."
    hint = "Patch it first: `noline dead-letters patch ID --set POINTER=VALUE`."


class NameTaken(Refused):
    """A thing of that name exists."""

    code = "name.taken"
    sentence = "There is a {what} called {name!r} already."
    hint = "Choose another name, or use the one that is there."


class BackupBroken(Refused):
    """A backup that does not hold what it should."""

    code = "backup.broken"
    sentence = "The backup {path} is not whole: {why}."
    hint = "Use another backup."


class MoveNotEqual(NoLineError):
    """After a copy the two stores differ."""

    code = "move.not_equal"
    sentence = "Table {table} differs after the copy: {source_rows} rows here, {target_rows} there, or other content."
    hint = "The old store is untouched and still in use; empty the target and move again."


class TargetNotEmpty(Refused):
    """A copy would mix with what is there."""

    code = "move.target_not_empty"
    sentence = "The target store already holds {rows} records."
    hint = "Name an empty database."


class FileNotUnderstood(NotReadable):
    """A file whose shape cannot be read."""

    code = "import.not_understood"
    sentence = "{path} cannot be imported: {why}."
    hint = "Give a mapping with --mapping mapping.toml; `noline import FILE --plan` shows what was guessed."


class PackageMissing(Refused):
    """An optional package that this call needs."""

    code = "package.missing"
    sentence = "{feature} needs the package {package}."
    hint = "Install it beside noline, or ask for the extra that brings it."
