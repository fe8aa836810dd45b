"""The pages about customers in every state worth looking at, with the people of a made-up shop."""

from typing import Any

from noline.doors.console import views
from noline.doors.console.leaving import left

Json = dict[str, Any]
Pages = dict[str, tuple[str, str, Any]]

CATHERINE, JEAN, SON = "p_0c7e1d5a9b3f2468", "p_1f7bbeb4e0ffdb29", "p_2f4daa97885f3638"
MAIL = {"namespace": "email", "value": "catherine@example.com"}
FAMILY = {"namespace": "email", "value": "lambert@example.com"}
ACCOUNT = {"namespace": "user_id", "value": "catherine"}
CARD = {"namespace": "loyalty_id", "value": "MR-4711"}
COOKIE = {"namespace": "anonymous_id", "value": "cookie-1"}


def _told(value: str, source: str, trust: str, day: int, seq: int | None = None) -> Json:
    at = f"2026-03-{day:02}T09:00:00Z"
    return {"value": value, "source": source, "trust": trust, "first_at": at, "last_at": at, "told_of": ACCOUNT,
            "seq": seq}  # fmt: skip


def _attribute(name: str, *tellings: Json) -> Json:
    best, *others = tellings
    return {"name": name, "value": best["value"], "source": best["source"], "trust": best["trust"],
            "told_at": best["last_at"], "lineage": [best], "others": others}  # fmt: skip


def _said(purpose: str, channel: str, *, granted: bool, day: int, stands: bool = True, **more: Any) -> Json:
    return {"purpose": purpose, "channel": channel, "granted": granted, "told_at": f"2026-03-{day:02}T09:00:00Z",
            "source": "tills", "method": "form", "description": None, "by": None, "seq": day, "stands": stands,
            **more}  # fmt: skip


def _stands(state: str, day: int | None, **segments: Json) -> Json:
    at = None if day is None else f"2026-03-{day:02}T09:00:00Z"
    return {"granted": state == "granted", "state": state, "source": "tills", "told_at": at, "description": None,
            "method": "form" if day else None, "policy": None, "segments": segments}  # fmt: skip


WHOLE: Json = {
    "person": CATHERINE,
    "name": "Catherine Lambert",
    "since": "2026-03-03T09:00:00Z",
    "identifiers": [
        {**MAIL, "first_seen": "2026-03-04", "trust": "verified", "shared": False},
        {**ACCOUNT, "first_seen": "2026-03-04", "trust": "authenticated", "shared": False},
        {**CARD, "first_seen": "2026-03-05", "trust": "verified", "shared": False},
        {**COOKIE, "first_seen": "2026-03-03", "trust": None, "shared": True},
    ],
    "attributes": [
        _attribute("name", _told("Catherine Lambert", "web-shop", "verified", 4, 2),
                   _told("Cathy L.", "browser", "claimed", 7, 5)),
        _attribute("email", _told("catherine@example.com", "web-shop", "verified", 4, 2)),
        _attribute("address.street", _told("12 rue Cler", "web-shop", "verified", 4, 2)),
        _attribute("address.postalCode", _told("75007", "web-shop", "verified", 4)),
        _attribute("address.city", _told("Paris", "web-shop", "verified", 4, 2)),
        _attribute("favouriteRoast", _told("dark", "tills", "confirmed", 6, 4)),
    ],
    "shared": [
        {**FAMILY, "people": [{"person": JEAN, "name": "Jean Lambert"}, {"person": SON, "name": None}], "others": 9},
    ],
    "perhaps": [{"person": SON, "name": "C. Lambert", "probability": 0.93, "reasons": []}],
    "consent": {
        "purposes": {
            "marketing": _stands("unknown", None, email=_stands("granted", 8), phone=_stands("withdrawn", 9)),
            "profiling": _stands("granted", 9),
        },
        "history": [
            _said("marketing", "phone", granted=False, day=9, method="counter", by="Ana"),
            _said("marketing", "email", granted=True, day=8, description="Yes, write me"),
            _said("marketing", "email", granted=False, day=3, stands=False),
            _said("profiling", "any", granted=True, day=9, method=None, seq=None),
        ],
    },
    "household": {
        "members": [
            {"person": CATHERINE, "name": "Catherine Lambert", "evidence": ["same address and surname"]},
            {"person": JEAN, "name": "Jean Lambert", "evidence": ["shared e-mail lambert@example.com"]},
        ],
        "passed_over": [],
    },
    "accounts": [{"account": "a_1", "name": "Café Cler", "role": "buyer", "first_at": "2026-03-16", "verified": True},
                 {"account": "a_2", "name": None, "role": "", "first_at": "2026-03-17", "verified": False}],
}  # fmt: skip

SAME: Json = {
    "decision": "decision-1", "kind": "same", "at": "2026-03-20T10:00:00Z", "by": "manager at the console",
    "reason": "she showed both cards", "undone_at": None, "undone_by": None, "one": [ACCOUNT, CARD, MAIL],
    "other": [COOKIE], "people": [{"person": CATHERINE, "name": "Catherine Lambert"}],
}  # fmt: skip
UNDONE: Json = {
    **SAME, "decision": "decision-2", "kind": "different", "undone_at": "2026-03-21T10:00:00Z", "undone_by": "admin",
    "reason": "", "people": [{"person": JEAN, "name": "Jean Lambert"}, {"person": SON, "name": None}],
}  # fmt: skip

WHY: Json = {
    "person": CATHERINE,
    "name": "Catherine Lambert",
    "identifiers": [ACCOUNT, MAIL, CARD, COOKIE],
    "held_by": [
        {"one": CARD, "other": ACCOUNT, "by": "decision", "trust": None, "first_at": "2026-03-20T10:00:00Z",
         "words": "", "decision": "decision-1"},
        {"one": ACCOUNT, "other": MAIL, "by": "evidence", "trust": "authenticated", "first_at": "2026-03-04T09:00:00Z",
         "words": "", "decision": None,
         "seen_in": [{"seq": 2, "at": "2026-03-04T09:00:00Z", "kind": "identify", "source": "web-shop",
                      "channel": "web"}]},
        {"one": ACCOUNT, "other": COOKIE, "by": "model", "trust": None, "first_at": "2026-03-22T09:00:00Z",
         "words": "", "decision": "match-1"},
    ],
    "not_gluing": [
        {"one": FAMILY, "other": ACCOUNT, "by": "evidence", "trust": "verified", "first_at": "2026-03-10T09:00:00Z",
         "words": "email lambert@example.com is shared by several people: it may find them and glues nobody.",
         "decision": None},
    ],
    "decisions": [SAME],
}  # fmt: skip

PAIR: Json = {
    "one": {"person": JEAN, "name": "Jean Lambert"},
    "other": {"person": SON, "name": "Jean Lambert"},
    "probability": 0.72,
    "household": 0.21,
    "reasons": [
        {"field": "given name", "words": "the same", "bits": 1.5},
        {"field": "family name", "words": "the same, and rare", "bits": 8.0},
        {"field": "birth date", "words": "another", "bits": -4.0},
    ],
    "left": {"name": "Jean Lambert", "birthday": "1955-02-01", "phone": "+33 6 12 34 00 01"},
    "right": {"name": "jean  lambert", "birthday": "1986-11-23", "phone": "+33612340001", "address.city": "Paris"},
}
COMPARED: Json = {**{key: PAIR[key] for key in ("one", "other", "left", "right")}, "shared": [FAMILY]}

QUALITY: Json = {
    "people": 4318,
    "identifiers": 9765,
    "sizes": {1: 2582, 2: 211, 3: 593, 4: 260, 5: 600, 10: 71, 70: 1},
    "largest": [{"person": CATHERINE, "identifiers": 70}, {"person": JEAN, "identifiers": 9}],
    "bridges": [{"person": JEAN, "one": ACCOUNT, "other": CARD, "smaller_side": 4}],
    "refused": {"limit:user_id": 2, "decision:decision-1": 1, "decision:decision-2": 3},
    "shared": {"anonymous_id": 12, "email": 44},
    "decisions": 1,
    "precision": {"email": 0.9708, "phone": 1.0, "loyalty_id": 0.99999},
    "precision_of": {"email": 1200, "phone": 885, "loyalty_id": 200_000},
    "batches": [
        {"batch": "match-2", "at": "2026-03-22T09:00:00Z", "links": 14, "undone_at": None, "undone_by": None},
        {"batch": "match-1", "at": "2026-03-21T09:00:00Z", "links": 9, "undone_at": "2026-03-21T10:00:00Z",
         "undone_by": "admin"},
    ],
    "rules_wait": True,
}  # fmt: skip
CHANGES: Json = {
    "people_before": 40, "people_after": 38, "merged": 3, "split": 1, "identifiers_moved": 5, "events_moved": 120,
    "sizes_before": {}, "sizes_after": {},
    "sample": [
        {"kind": "merged", "before": [JEAN, SON], "after": [JEAN], "identifiers": [ACCOUNT, CARD]},
        {"kind": "split", "before": [CATHERINE], "after": [CATHERINE, SON], "identifiers": [MAIL] * 8},
    ],
}  # fmt: skip
EMPTY_QUALITY: Json = {
    "people": 0, "identifiers": 0, "sizes": {}, "largest": [], "bridges": [], "refused": {}, "shared": {},
    "decisions": 0, "precision": {}, "precision_of": {}, "batches": [], "rules_wait": False,
}  # fmt: skip
FOUND: Json = {
    "person": JEAN, "name": "Jean Lambert", "city": "Paris", "matched": ["is called lambert", "lives in paris"],
    "household": 3, "identifiers": [{**ACCOUNT, "first_seen": "2026-03-12"}],
    "perhaps": [{"person": SON, "name": "Jean Lambert", "probability": 0.72}],
}  # fmt: skip


def people_pages() -> Pages:
    """File name -> (page, path, view)."""
    here = f"/customers/{CATHERINE}"
    other = {"person": CATHERINE, "name": "Catherine Lambert"}
    found = [FOUND, {"person": CATHERINE, "name": None, "household": 1}]
    names = {CATHERINE: "Catherine Lambert"}
    return {
        "customers-cards": ("customers", "/customers", views.search(query="lambert paris", results=found, most=2)),
        "customer-whole": ("customer", here, views.customer(row=WHOLE, counted={}, done=SAME)),
        "customer-undone": ("customer", here, views.customer(row={**WHOLE, "perhaps": []}, counted={}, done=UNDONE)),
        "customer-why": ("customer_why", f"{here}/why", views.why(row=WHY)),
        "customer-why-one-name": (
            "customer_why", f"{here}/why", views.why(row={"person": CATHERINE, "identifiers": [MAIL]}),
        ),
        "customer-merge": ("customer_merge", f"{here}/merge", views.search(other=other)),
        "customer-merge-found": ("customer_merge", f"{here}/merge",
                                 views.search(query="lambert", results=found, most=20, other=other)),
        "customer-compare": ("customer_compare", f"{here}/compare/{JEAN}", views.compared(row=COMPARED)),
        "customer-compare-refused": (
            "customer_compare", f"{here}/compare/{JEAN}",
            views.compared(row={**COMPARED, "left": {}, "right": {}}, refused="No.", hint="Look again.",
                           undo="decision-2"),
        ),
        "customer-erase": ("customer_erase", f"{here}/erase", views.leaving(row=WHOLE, refused="Say why.")),
        "customer-erased": ("customer_erase", f"{here}/erase",
                            left(number="erasure-1", at=1_772_000_000_000_000, counts={"identifiers": 4})),
        "review": ("review", "/customers/review", views.review(rows=[PAIR, PAIR, PAIR], at=1, most=3, last=SAME)),
        "review-later": ("review", "/customers/review", views.review(rows=[PAIR], later=True)),
        "review-undone": ("review", "/customers/review", views.review(rows=[PAIR], last=UNDONE)),
        "review-empty": ("review", "/customers/review", views.review(rows=[], refused="No suggestion is known.")),
        "quality": (
            "quality", "/customers/quality",
            views.quality(row=QUALITY, decisions=[SAME, UNDONE], names=names, rules=CHANGES,
                          plan={"run": "match-3", "sure": 14, "preview": CHANGES}, waiting=3, done="Done."),
        ),
        "quality-empty": ("quality", "/customers/quality",
                          views.quality(row=EMPTY_QUALITY, decisions=[], names={})),
    }  # fmt: skip
