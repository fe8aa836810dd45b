"""What the buttons of "Store today" do; each once, however often it is pressed."""

from collections.abc import Callable, Mapping

import msgspec

from noline.doors.console.serving import Asking
from noline.doors.console.today import Said
from noline.doors.http.commands import once_under
from noline.flows.counting import Told
from noline.hub import Hub
from noline.kernel.errors import NoLineError, NotFound, NotReadable
from noline.truth.goods.model import Batch, Outcome
from noline.truth.orders.fulfilments import Step

Fields = Mapping[str, str]
Do = Callable[[Hub, Fields, str], str]
"""Does something with the fields of a form, for somebody; answers what it came to, in a sentence."""

_LONGEST_REASON = 500
_MOST_DIGITS = 9


class UnitsUnreadable(NotReadable):
    """A number of units that is none."""

    code = "console.units_unreadable"
    sentence = "{told!r} is no number of units."
    hint = "Type a whole number such as 3; nothing was changed."


class FieldMissing(NotReadable):
    """A form without something that its button needs."""

    code = "console.field_missing"
    sentence = "The form has no field {field!r}."
    hint = "Load the page again and press the button there; nothing was changed."


def act(request: Asking, fields: Fields, by: str) -> Said:
    """Do what a button says, or tell what came of it when it was pressed before; a refusal is told, not raised.

    Raises FieldMissing without the store, of which there is no page to tell it on.
    """
    hub: Hub = request.app.state.hub
    _named(fields, "location")
    try:
        do = _DEEDS.get(fields.get("do", ""))
        if do is None:
            raise NotFound(what="button", name=fields.get("do", ""))
        return _once(request, fields, lambda: do(hub, fields, by))
    except NoLineError as refusal:
        return Said(good=False, words=str(refusal), hint=refusal.hint)


def _once(request: Asking, fields: Fields, do: Callable[[], str]) -> Said:
    asked = {name: value for name, value in sorted(fields.items()) if name not in ("key", "form_token")}
    what = b"today " + msgspec.json.encode(asked)
    key = fields.get("key") or None
    status, body = once_under(key, request, what, lambda: (200, msgspec.json.encode({"words": do()})))
    told = msgspec.json.decode(body)
    if status == 200:
        return Said(good=True, words=told["words"])
    return Said(good=False, words=told["message"], hint=told["hint"])


# -- orders


def _accept(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.accept(_named(fields, "id"), by=by)
    return f"Order {done.order_id} is yours to pick."


def _reject(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.reject(_named(fields, "id"), by=by, reason=_reason(fields))
    return f"Order {done.order_id} was given back; another location is asked."


def _pick(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.pick(_named(fields, "id"), by=by)
    return f"Order {done.order_id} is picked."


def _short(hub: Hub, fields: Fields, by: str) -> str:
    found = {name.removeprefix("found:"): _units(told) for name, told in fields.items() if name.startswith("found:")}
    done = hub.fulfilling.pick(_named(fields, "id"), found, by=by)
    missing = sum(line.rejected for line in done.lines)
    rest = f" {missing} not found: another location is asked, and the shelf is to be counted." if missing else ""
    picked = "is picked" if done.state is not Step.REJECTED else "was given back"
    return f"Order {done.order_id} {picked}.{rest}"


def _ready(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.ready(_named(fields, "id"), by=by)
    told = "is ready to be collected" if done.state is Step.READY else "is packed"
    return f"Order {done.order_id} {told}."


def _ship(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.ship(_named(fields, "id"), by=by)
    return f"Order {done.order_id} is on its way."


def _hand_over(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.hand_over(_named(fields, "id"), by=by)
    return f"Order {done.order_id} was handed over."


def _no_show(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.fulfilling.no_show(_named(fields, "id"), by=by)
    return f"Nobody came for order {done.order_id}: put it back on the shelf, it can be sold again."


# -- goods


def _judge(outcome: Outcome, words: str) -> Do:
    def do(hub: Hub, fields: Fields, by: str) -> str:
        depot = fields.get("depot") if outcome == "send_back" else None
        hub.returning.inspect(_named(fields, "id"), by=by, others=outcome, depot=depot or None)
        return words

    return do


def _receive(hub: Hub, fields: Fields, by: str) -> str:
    done = hub.handling.receive_transfer(_named(fields, "id"), by=by)
    return f"Received: {_counted(sum(line.received or 0 for line in done.lines))}."


def _receive_some(hub: Hub, fields: Fields, by: str) -> str:
    lines = [line for line in hub.handling.transfer(_named(fields, "id")).lines if line.picked]
    came = [
        Batch(line.sku, _units(fields.get(f"found:{number}", "0")), line.lot, line.owner)
        for number, line in enumerate(lines)
    ]
    done = hub.handling.receive_transfer(_named(fields, "id"), came, by=by)
    units, sent = (sum(getattr(one, name) or 0 for one in done.lines) for name in ("received", "picked"))
    difference = f", {_counted(sent - units)} fewer than sent" if sent > units else ""
    return f"Received: {_counted(units)}{difference}."


def _count(hub: Hub, fields: Fields, by: str) -> str:
    sku, units = _named(fields, "id"), _units(fields.get("units", ""))
    done = hub.counting.at_once(_named(fields, "location"), [Told(Batch(sku, units))], by=by)
    (line,) = done.lines
    variance = line.variance or 0
    told = f"{_counted(abs(variance))} {'more' if variance > 0 else 'fewer'} than the books said" if variance else ""
    return f"Counted {_counted(units)} of {sku}: {told or 'as the books said'}."


def _close(hub: Hub, fields: Fields, by: str) -> str:
    hub.tasks.close(_named(fields, "id"), _reason(fields), by=by)
    return "Closed; it comes back if it changes."


def _counted(units: int) -> str:
    return f"{units:,} {'unit' if units == 1 else 'units'}"


def _named(fields: Fields, field: str) -> str:
    """A field that a button cannot do without. Raises FieldMissing."""
    told = fields.get(field)
    if told is None:
        raise FieldMissing(field=field)
    return told


def _units(told: str) -> int:
    """A whole number of units as somebody types it. Raises UnitsUnreadable."""
    text = told.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise UnitsUnreadable(told=told[:20])
    return int(text)


def _reason(fields: Fields) -> str:
    return fields.get("reason", "")[:_LONGEST_REASON].strip()


_DEEDS: dict[str, Do] = {
    "accept": _accept,
    "reject": _reject,
    "pick": _pick,
    "short": _short,
    "ready": _ready,
    "ship": _ship,
    "hand-over": _hand_over,
    "no-show": _no_show,
    "restock": _judge("restock", "It is back on the shelf and can be sold."),
    "unsellable": _judge("unsellable", "It stays aside and cannot be sold."),
    "send-back": _judge("send_back", "A transfer to the depot is drafted; send it with the next lorry."),
    "receive": _receive,
    "receive-some": _receive_some,
    "count": _count,
    "close": _close,
}
"""What each button does."""
