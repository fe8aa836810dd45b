"""The pages about stock, orders and the day of a store in every state worth looking at, with made-up goods."""

from itertools import count
from typing import Any

from noline.doors.answers import shop, shop_orders
from noline.doors.console import orders, stock, stock_moves, today

Json = dict[str, Any]
Pages = dict[str, tuple[str, str, Any]]

SKU, NAME = "ristretto-50", "Ristretto, 50 capsules"
DAY = "2026-03-03T09:30:00Z"

ITEM: Json = {"sku": SKU, "name": NAME, "brand": "Maison Ristretto", "category": "coffee", "gtin": "4006381333931"}
TOTALS: Json = {
    "available": 42, "on_hand": 51, "held": 8, "allocated": 2, "incoming": 20, "unsellable": 1, "waiting": 3,
    "places_with_some": 2, "places_overpromised": 1,
}  # fmt: skip


def _shelf(place: str, available: int, on_hand: int, **more: int | str | None) -> Json:
    told: Json = {
        "location": place.lower(), "place": place, "available": available, "on_hand": on_hand, "held": 0,
        "allocated": 0, "too_many": 0, "incoming": 0, "next_due_at": None, "unsellable": 0, "safety": 1,
        "counted_at": None,
    }  # fmt: skip
    return told | more


def _policy(channel: str, oversell: str, **more: int | str | None) -> Json:
    told: Json = {"channel": channel, "of_this_item": True, "oversell": oversell, "beyond": 20, "until_at": None,
                  "buffer": 2, "safety": 1, "available": 40}  # fmt: skip
    return told | more


WHOLE: Json = {
    **ITEM,
    **TOTALS,
    "locations": [
        _shelf("Lyon", 0, 2, held=5, too_many=3, counted_at=DAY),
        _shelf("Strasbourg", 37, 40, allocated=2, incoming=20, next_due_at=DAY),
        _shelf("Opéra", 5, 9, held=3, unsellable=1),
    ],
    "supplies": [
        {"location": "depot", "place": "Strasbourg", "document": "po-77", "units": 20, "due_at": DAY},
        {"location": "lyon", "place": "Lyon", "document": "", "units": 5, "due_at": None},
    ],
    "policies": [
        _policy("", "strict"), _policy("web", "backorder", until_at=DAY), _policy("b2b", "unlimited"),
        _policy("app", "threshold", of_this_item=False),
    ],
}  # fmt: skip


def _move(reason: str, source: str, target: str, on_hand: int, promised: int, **more: Any) -> Json:
    (from_location, from_bucket), (to_location, to_bucket) = (one.split(".") for one in (source, target))
    told: Json = {
        "at": DAY, "reason": reason, "units": 5, "from_location": from_location, "from_bucket": from_bucket,
        "from_place": from_location.title(), "to_location": to_location, "to_bucket": to_bucket,
        "to_place": to_location.title(), "on_hand_change": on_hand, "on_hand_after": 9, "promised_change": promised,
        "promised_after": 5, "document": "", "about": "", "order": None, "by": "Ana", "seq": 4711,
    }  # fmt: skip
    return told | more


CELL: Json = {
    **ITEM,
    **_shelf("Lyon", 0, 2, held=5, too_many=3, counted_at=DAY),
    "moves": [
        _move("counted", "lyon.on_hand", "count.on_hand", -3, 0),
        _move("sold", "lyon.on_hand", "customer.on_hand", -1, 0, about="o-1", order="o-1"),
        _move("held", "demand.on_hand", "lyon.held", 0, 5, about="cart-7"),
        _move("water damage", "lyon.on_hand", "lyon.unsellable", -5, 0),
    ],
    "moves_in_all": 812,
}

LOOK: Json = {**ITEM, "location": "lyon", "place": "Lyon", "on_hand": 2, "held": 5, "allocated": 0, "too_many": 3}

IN_SHORT: Json = {
    "order_id": "w-1", "state": "placed", "channel": "web", "store_id": None, "placed_at": DAY, "total_minor": 7350,
    "currency": "EUR", "place": None, "person": "p_0c7e1d5a9b3f2468", "customer": "Catherine Lambert",
}  # fmt: skip
NOBODY: Json = {**IN_SHORT, "order_id": "w-2", "person": None, "customer": None}
BECAME = {"waiting": 1, "allocated": 0, "picked": 1, "gone": 1, "cancelled": 0}


def _in_list(short: Json, how_far: list[str]) -> Json:
    return {**short, "method": "pickup", "how_far": how_far, "goods": [{"sku": SKU, "name": NAME, "units": 3}],
            "places": ["Opéra", "Lyon"], "promised_at": DAY}  # fmt: skip


def _parcel(number: int, state: str, method: str, **more: Any) -> Json:
    line = {"sku": SKU, "name": NAME, "asked": 3, "picked": 2, "not_found": 1, "cancelled": 0}
    told: Json = {"id": f"w-1-{number}", "location": "opera", "place": "Opéra", "method": method, "destination": None,
                  "state": state, "possible": [], "promised_at": DAY, "changed_at": DAY, "lines": [line]}  # fmt: skip
    return told | more


def _happened(what: str, **more: Any) -> Json:
    told: Json = {"at": DAY, "what": what, "channel": None, "by": "Ana", "seq": 12, "place": "Opéra"}
    return told | more


ORDER: Json = {
    **IN_SHORT,
    "runs_here": True,
    "method": "pickup",
    "collected_at": "Opéra",
    "wanted_by": DAY,
    "exchange_of": "w-0",
    "how_far": ["waiting", "ready"],
    "can_be_cancelled": True,
    "lines": [
        {"sku": SKU, "name": NAME, "units": 3, "price_minor": 2450, "currency": "EUR", "returned": 1, "became": BECAME,
         "promised_at": DAY},
    ],
    "fulfilments": [
        _parcel(1, "ready", "pickup"), _parcel(2, "rejected", "pickup"), _parcel(3, "handed_over", "counter"),
        _parcel(4, "shipped", "ship_to_store", destination="Lyon"),
    ],
    "why": [
        {
            "at": DAY,
            "why": "placed",
            "sentences": [f"Opéra sends 1 of {NAME}.", "That weighs 5.00 EUR.", "Lyon would weigh the same.", "More."],
            "candidates": [
                {"location": "opera", "place": "Opéra", "alone": 5 * 10**8, "left_out": None, "sends": 1,
                 "available": 9, "distance_km": 0.0, "pick_success": 0.95},
                {"location": "lyon", "place": "Lyon", "alone": None, "left_out": "closed", "sends": 0, "available": 2,
                 "distance_km": 391.6, "pick_success": None},
            ],
        },
        {"at": DAY, "why": "stock came", "sentences": ["No location has it yet; it waits."], "candidates": []},
    ],
    "history": [
        _happened("Fulfilment Changed", to="rejected", reason="flooded"),
        _happened("Order Sourced", opened=True, why="placed", given=[{"place": "Opéra", "units": 3}]),
        _happened("Return Accepted", seq=None, by=None),
    ],
}  # fmt: skip
TOLD: Json = {
    **NOBODY, "state": "partly_returned", "runs_here": False, "method": None, "fulfilments": [], "why": [],
    "history": [_happened("Order Completed", channel="store", seq=None, by=None)],
    "lines": [{"sku": SKU, "name": NAME, "units": 2, "price_minor": None, "currency": None, "returned": 1,
               "became": None, "promised_at": None}],
}  # fmt: skip


def _task(number: int, state: str, method: str, *possible: str, **more: Any) -> Json:
    told: Json = {
        "id": f"w-{number}-1", "order_id": f"w-{number}", "method": method, "state": state, "from_place": "Opéra",
        "destination": None, "promised_at": DAY, "made_at": DAY, "person": "p_1", "customer": "Marie Petit",
        "possible": list(possible), "lines": [{"sku": SKU, "name": NAME, "units": 2, "on_hand": 9}],
    }  # fmt: skip
    return told | more


WORK: Json = {
    "location": "paris-opera",
    "place": "Opéra",
    "looked_for": "",
    "to_pick": [
        _task(1, "assigned", "pickup", "accepted", "rejected"), _task(2, "accepted", "curbside", "picking", "rejected"),
        _task(3, "picking", "pickup", "ready"), _task(4, "packed", "ship", "shipped", person=None, customer=None),
        _task(5, "assigned", "ship_to_store", "accepted", "rejected", destination="Lyon"),
        _task(6, "assigned", "counter", "handed_over"),
    ],
    "coming": [_task(7, "shipped", "ship_to_store", "ready", destination="Opéra")],
    "ready": [_task(8, "ready", "pickup", "handed_over", "no_show")],
    "ready_in_all": 3,
    "returns": [
        {"id": "return-1", "order_id": "w-0", "lines": [{"sku": SKU, "name": NAME, "units": 1, "condition": "open"}]},
        {"id": "return-2", "order_id": "", "lines": [{"sku": SKU, "name": NAME, "units": 1, "condition": ""}]},
    ],
    "transfers": [
        {"id": "transfer-1", "from_place": "Strasbourg", "due_at": DAY,
         "lines": [{"sku": SKU, "lot": "L-7", "owner": "", "name": NAME, "units": 5}]},
    ],
    "counts": [{"id": "task-1", "sku": SKU, "name": NAME, "units": 1, "on_hand": 9, "promised": None}],
    "conflicts": [{"id": "task-2", "sku": SKU, "name": NAME, "units": 3, "on_hand": 2, "promised": 5}],
    "depots": [{"location": "depot", "place": "Strasbourg", "is_depot": True}],
}  # fmt: skip
IDLE: Json = {**WORK, **{name: [] for name, told in WORK.items() if isinstance(told, list)}, "ready_in_all": 0}


def _today(row: Json, **more: Any) -> today.Today:
    numbers = count(1)
    return today.today(row=row, key=lambda: f"tap-{next(numbers)}", **more)


def shop_pages() -> Pages:
    """File name -> (page, path, view)."""
    counts = {"waiting": 3, "pick": 100, "ready": 0, "way": 1}
    refused = today.Said(good=False, words="w-1-1 is picking; that cannot become accepted now.", hint="Look again.")
    listed = {"counts": counts, "most": 100, "counted": {"orders": shop_orders.COUNTED["orders"]}}
    units = {"units": shop_orders.COUNTED["units"]}
    found = [{**ITEM, **TOTALS}, {**ITEM, **TOTALS, "available": 0, "places_with_some": 0, "places_overpromised": 0}]
    return {
        "stock": ("stock", "/stock", stock.search(looks=[LOOK], counted=shop.counted("overpromised"))),
        "stock-good": ("stock", "/stock", stock.search(counted=shop.counted("overpromised"))),
        "stock-found": ("stock", "/stock", stock.search(query="ristretto", rows=found, most=2)),
        "stock-none": ("stock", "/stock", stock.search(query="nothing", rows=[])),
        "stock-item": ("stock_item", "/stock/item", stock.item(row=WHOLE, counted=shop.counted("stock", sku=SKU))),
        "stock-item-nowhere": (
            "stock_item", "/stock/item",
            stock.item(row={**ITEM, **dict.fromkeys(TOTALS, 0), "locations": [], "supplies": [], "policies": []},
                       counted={}),
        ),
        "stock-moves": ("stock_moves", "/stock/moves", stock_moves.cell(row=CELL, counted=shop.counted("moves"))),
        "orders": (
            "orders", "/orders",
            orders.orders(chosen="pick", rows=[_in_list(IN_SHORT, ["pick"]), _in_list(NOBODY, ["pick", "way"])],
                          **listed),
        ),
        "orders-none": (
            "orders", "/orders", orders.orders(chosen="ready", rows=[], query="w-77", unknown=True, **listed)
        ),
        "order": ("order", "/orders/w-1", orders.order(row=ORDER, counted=units)),
        "order-told": ("order", "/orders/w-2", orders.order(row=TOLD, counted={})),
        "order-refused": (
            "order", "/orders/w-1", orders.order(row=ORDER, counted=units, refused="It has left.", hint="Look again.")
        ),
        "today-choose": (
            "today", "/today", today.choose(stores=[{"location": "paris-opera", "name": "Opéra", "city": "Paris"}])
        ),
        "today-no-store": ("today", "/today", today.choose(stores=[])),
        "today": ("today", "/today", _today(WORK, said=today.Said(good=True, words="Order w-9 is picked."))),
        "today-refused": ("today", "/today", _today({**WORK, "looked_for": "petit", "ready": []}, said=refused)),
        "today-idle": ("today", "/today", _today(IDLE)),
    }  # fmt: skip
