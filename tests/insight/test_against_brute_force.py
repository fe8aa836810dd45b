"""The SQL of hand-offs and drop-offs against the definitions written out in plain loops, on random small logs."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from insight.handwritten import NOTHING, at
from noline.insight.journeys.service import DIMENSIONS
from noline.kernel.clock import DAY, HOUR, MINUTE, as_text
from noline.kernel.words import word_for

JOURNEY, SETTLING, HORIZON, HANDOFF = 30 * DAY, 7 * DAY, 14 * DAY, 30 * DAY
ACTIONS = (
    "Page Viewed",
    "Product Viewed",
    "Product Added",
    "Order Completed",
    "Product Reserved",
    "Callback Requested",
    "Store Visited",
    "Coupon Applied",
    "Mailing Sent",
)
CHANNELS = ("web", "store", "call", "mail")
ENDS = (("web", "store"), ("store", "web"), ("mail", "store"), ("store", "call"))
COUNTS = (
    "attempts declared attempts_lost attempts_undecided persons arrived lost lost_before_arrival lost_after_arrival "
    "arrived_decided undecided undecided_succeeded succeeded value_minor"
).split()


@st.composite
def touchpoint(draw: st.DrawFn) -> dict:
    """Something that happened, on a coarse grid so that ties and exact limits are common."""
    action = draw(st.sampled_from(ACTIONS))
    word = word_for(action)
    grain = draw(st.sampled_from((0, 1, 10 * MINUTE, 30 * MINUTE, 30 * MINUTE + 1, 12 * HOUR)))
    when = at(draw(st.sampled_from((0, 1, 2, 3, 7, 8, 14, 15, 16, 30, 31, 45, 60)))) + grain
    declares = draw(st.sampled_from((None, None, None, "store", "web", "call")))
    value = draw(st.sampled_from((None, None, 0, 100, 250)))
    return {
        **NOTHING,
        "subject": draw(st.sampled_from((1, 1, 2, 3, 4, 5, None))),
        "occurred_at": when,
        "channel": draw(st.sampled_from(CHANNELS)),
        "action": action,
        "stage": word.stage.value,
        "source": "source",
        "sku": draw(st.sampled_from((None, "machine"))),
        "object_id": draw(st.sampled_from((None, None, "x", "y"))),
        "value_minor": value,
        "currency": None if value is None else "EUR",
        "handoff_to": declares or word.hands_over_to,
        "handoff_object": draw(st.sampled_from((None, None, "x", "y"))),
        "handoff_until": draw(st.sampled_from((None, None, when - 1, when, when + DAY, when + 20 * DAY))),
        "exposure": word.exposure,
        "handoff_group": draw(st.sampled_from((None, "A", "B"))),
        "store_id": draw(st.sampled_from((None, "lyon", "paris"))),
        "country": draw(st.sampled_from((None, "DE", "FR"))),
    }


@dataclass
class Visit:
    """Touchpoints of one person in one channel, in time order."""

    channel: str
    steps: list[dict]

    @property
    def began(self) -> int:
        return self.steps[0]["occurred_at"]

    @property
    def ended(self) -> int:
        return self.steps[-1]["occurred_at"]

    def first(self, tells) -> int | None:
        return next((step["occurred_at"] for step in self.steps if tells(step)), None)

    def value_seen(self) -> int | None:
        seen = [
            (step["occurred_at"], step["value_minor"])
            for step in self.steps
            if step["value_minor"] is not None and not is_goal(step)
        ]
        return max(seen)[1] if seen else None


@dataclass
class Attempt:
    """One hand-off of one person."""

    ends: tuple[str, str]
    declared: bool
    handed_at: int
    arrived_at: int | None
    wanted_at: int | None
    value: int | None
    until: int = 0
    own: dict | None = None
    sending: Visit | None = None


def is_goal(step: dict) -> bool:
    return word_for(step["action"]).goal


def is_intent(step: dict) -> bool:
    return word_for(step["action"]).intent


def is_want(step: dict) -> bool:
    return is_intent(step) or (step["stage"] == "consider" and step["sku"] is not None)


def lives(rows: list[dict], people: dict[int, int]) -> dict[int, list[dict]]:
    """The rows of each known person, in time order."""
    found = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["occurred_at"]):
        if row["subject"] is not None:
            found[people.get(row["subject"], row["subject"])].append(row)
    return found


def same_visit(channel: str, before: int, now: int) -> bool:
    if channel == "store":
        return before // DAY == now // DAY
    return now - before <= (DAY if channel == "mail" else 30 * MINUTE)


def visits_of(life: list[dict]) -> list[Visit]:
    visits = []
    for channel in CHANNELS:
        open_visit = None
        for step in life:
            if step["channel"] != channel or step["exposure"]:
                continue
            if open_visit is None or not same_visit(channel, open_visit.ended, step["occurred_at"]):
                open_visit = Visit(channel, [])
                visits.append(open_visit)
            open_visit.steps.append(step)
    return sorted(visits, key=lambda visit: (visit.began, visit.channel))


def same_journey(earlier: list[Visit], visit: Visit, goals: list[int]) -> bool:
    if visit.began - max(before.ended for before in earlier) > JOURNEY:
        return False
    return not any(earlier[-1].began <= goal + SETTLING < visit.began for goal in goals)


def declared_in(life: list[dict], visits: list[Visit]) -> Iterable[tuple[Attempt, dict]]:
    for step in life:
        receiver = step["handoff_to"]
        if receiver is None or receiver == step["channel"]:
            continue
        until = step["handoff_until"] if step["handoff_until"] is not None else step["occurred_at"] + HANDOFF
        arrivals = [
            other["occurred_at"]
            for other in life
            if not other["exposure"]
            and other["channel"] == receiver
            and step["occurred_at"] <= other["occurred_at"] <= until
            and step["handoff_object"] in {None, other["object_id"], other["handoff_object"]}
        ]
        sending = None if step["exposure"] else next(v for v in visits if any(s is step for s in v.steps))
        arrived_at = min(arrivals, default=None)
        wanted = sending.first(is_want) if sending else None
        if wanted is not None and wanted > (step["occurred_at"] if arrived_at is None else arrived_at):
            wanted = None
        value = step["value_minor"]
        if value is None and sending:
            value = sending.value_seen()
        yield (
            Attempt(
                (step["channel"], receiver), True, step["occurred_at"], arrived_at, wanted, value, until, step, sending
            ),
            step,
        )


def attempts_of(life: list[dict]) -> list[Attempt]:
    visits = visits_of(life)
    goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
    attempts = [attempt for attempt, _ in declared_in(life, visits)]
    declared = list(attempts)
    for number in range(1, len(visits)):
        sender, receiver = visits[number - 1], visits[number]
        ends = (sender.channel, receiver.channel)
        if sender.channel == receiver.channel or not same_journey(visits[:number], receiver, goals):
            continue
        if any(
            other.ends == ends and other.arrived_at is not None and receiver.began <= other.arrived_at <= receiver.ended
            for other in declared
        ):
            continue
        wanted = sender.first(is_want)
        wanted = wanted if wanted is not None and wanted <= receiver.began else None
        handed_at = min(sender.ended, receiver.began)
        value = sender.value_seen()
        attempts.append(Attempt(ends, False, handed_at, receiver.began, wanted, value, sending=sender))
    return attempts


def ending(attempt: Attempt, goals: list[int], observed: int) -> str:
    if observed < (attempt.until if attempt.declared else attempt.arrived_at) + HORIZON:
        return "undecided"
    if attempt.arrived_at is None:
        return "before"
    if reached(attempt, goals):
        return "succeeded"
    return "passed" if attempt.wanted_at is None else "after"


def reached(attempt: Attempt, goals: list[int]) -> bool:
    if attempt.arrived_at is None:
        return False
    since = attempt.arrived_at if attempt.wanted_at is None else attempt.wanted_at
    return any(since <= goal <= attempt.arrived_at + HORIZON for goal in goals)


def expected_handoffs(rows: list[dict], people: dict[int, int]) -> dict[tuple[str, str], dict[str, int]]:
    borders: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    observed = max((row["occurred_at"] for row in rows), default=0)
    for life in lives(rows, people).values():
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        mine = defaultdict(list)
        for attempt in attempts_of(life):
            mine[attempt.ends].append((attempt, ending(attempt, goals, observed)))
        for ends, attempts in mine.items():
            count_person(borders[ends], attempts, goals)
    return dict(borders)


def count_person(border: dict[str, int], attempts: list[tuple[Attempt, str]], goals: list[int]) -> None:
    endings = [how for _, how in attempts]
    losses = [
        (attempt.handed_at, -1 if attempt.value is None else attempt.value, how)
        for attempt, how in attempts
        if how in {"before", "after"}
    ]
    border["attempts"] += len(attempts)
    border["declared"] += sum(attempt.declared for attempt, _ in attempts)
    border["attempts_lost"] += len(losses)
    border["attempts_undecided"] += endings.count("undecided")
    border["persons"] += 1
    border["arrived"] += any(attempt.arrived_at is not None for attempt, _ in attempts)
    border["arrived_decided"] += any(attempt.arrived_at is not None and how != "undecided" for attempt, how in attempts)
    waiting = all(how == "undecided" for how in endings)
    border["undecided"] += waiting
    border["undecided_succeeded"] += waiting and any(reached(attempt, goals) for attempt, _ in attempts)
    border["succeeded"] += not losses and "succeeded" in endings
    if losses:
        _, value, how = max(losses, key=lambda loss: (loss[0], loss[1], loss[2] == "before"))
        border["lost"] += 1
        border[f"lost_{how}_arrival"] += 1
        border["value_minor"] += max(value, 0)


COLUMNS = {"store": "store_id", "country": "country", "sku": "sku"}


def month_of(attempt: Attempt) -> str:
    return as_text(attempt.handed_at)[:7]


def value_of(attempt: Attempt, by: str, life: list[dict]) -> str | None:
    """What a hand-off was about: at its arrival, else as declared, else as named last in the sending visit."""
    if by == "group":
        return attempt.own and attempt.own["handoff_group"]
    if by == "month":
        return month_of(attempt)
    name = COLUMNS[by]
    arrival = [
        step[name]
        for step in life
        if (step["channel"], step["occurred_at"]) == (attempt.ends[1], attempt.arrived_at) and not step["exposure"]
    ]
    sent = [
        (step["occurred_at"], step[name])
        for step in (attempt.sending.steps if attempt.sending else ())
        if step["occurred_at"] <= attempt.handed_at and step[name] is not None
    ]
    named = [
        None if by == "sku" else max(filter(None, arrival), default=None),
        attempt.own and attempt.own[name],
        max(sent)[1] if sent else None,
    ]
    return next((value for value in named if value is not None), None)


def expected_parts(rows: list[dict], people: dict[int, int], ends: tuple[str, str], by: str, *, monthly: bool):
    """The counts of each part of a border, by value and month."""
    parts: dict[tuple, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    observed = max((row["occurred_at"] for row in rows), default=0)
    for life in lives(rows, people).values():
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        mine = defaultdict(list)
        for attempt in attempts_of(life):
            if attempt.ends == ends:
                part = value_of(attempt, by, life), month_of(attempt) if monthly and by != "month" else None
                mine[part].append((attempt, ending(attempt, goals, observed)))
        for part, attempts in mine.items():
            count_person(parts[part], attempts, goals)
    return dict(parts)


def expected_groups(rows: list[dict], people: dict[int, int], ends: tuple[str, str]) -> dict[str | None, Counter]:
    """By group: declarations, people, and how the declarations ended."""
    groups: dict[str | None, Counter] = defaultdict(Counter)
    observed = max((row["occurred_at"] for row in rows), default=0)
    for person, life in lives(rows, people).items():
        goals = [step["occurred_at"] for step in life if is_goal(step) and not step["exposure"]]
        for attempt in attempts_of(life):
            if attempt.ends == ends and attempt.own:
                how = ending(attempt, goals, observed)
                came = attempt.arrived_at is not None
                group = groups[attempt.own["handoff_group"]]
                group.update({"attempts": 1, "arrived": came, f"person {person}": 1})
                group.update({"lost_before_arrival": how == "before", "lost_after_arrival": how == "after"})
                waiting = how == "undecided"
                group.update({"undecided": waiting, "undecided_after_arrival": waiting and came})
                if not waiting:
                    group.update({"came": came, "lost": how in {"before", "after"}, "decided": 1})
    return groups


def expected_carried(rows: list[dict], people: dict[int, int], sender: str, receiver: str) -> dict[str | None, list]:
    """By store: people who left without a goal, people carried over, their orders and the revenue."""
    stores: dict[str | None, list] = defaultdict(lambda: [set(), set(), 0, 0])
    observed = max((row["occurred_at"] for row in rows), default=0)
    for person, life in lives(rows, people).items():
        goals = [(s["occurred_at"], s["channel"]) for s in life if is_goal(s) and not s["exposure"]]
        credited: dict[int, str | None] = {}
        for visit in visits_of(life):
            wanted = visit.first(is_want)
            if visit.channel != sender or wanted is None:
                continue
            limit = visit.ended + 7 * DAY
            reached_at = min((at for at, _ in goals if wanted <= at <= limit), default=None)
            where = {channel for at, channel in goals if at == reached_at}
            if sender in where or (reached_at is None and observed < limit):
                continue
            until = visit.ended if reached_at is None else min(visit.ended, reached_at)
            places = [
                (step["occurred_at"], step["store_id"])
                for step in visit.steps
                if step["store_id"] is not None and step["occurred_at"] <= until
            ]
            store = max(places)[1] if places else None
            stores[store][0].add(person)
            if receiver in where:
                credited[reached_at] = store
        for reached_at, store in credited.items():
            paid = [amount for first, amount in orders_in(life) if first == (reached_at, receiver)]
            stores[store][1].add(person)
            stores[store][2] += len(paid)
            stores[store][3] += sum(paid)
    return stores


def orders_in(life: list[dict]) -> Iterable[tuple[tuple[int, str], int]]:
    """Where each order was told first, and the amount told last."""
    told = defaultdict(list)
    for step in life:
        if is_goal(step) and step["stage"] == "buy" and not step["exposure"]:
            told[step["object_id"] or step["occurred_at"]].append(step)
    for steps in told.values():
        amounts = [(step["occurred_at"], step["value_minor"]) for step in steps if step["value_minor"] is not None]
        yield min((step["occurred_at"], step["channel"]) for step in steps), max(amounts)[1] if amounts else 0


def expected_drop_offs(rows: list[dict], people: dict[int, int]) -> dict[str, tuple[int, ...]]:
    """By channel: intents, persons, lost, false drop-offs, undecided."""
    channels: dict[str, list[int]] = defaultdict(lambda: [0] * 5)
    observed = max((row["occurred_at"] for row in rows), default=0)
    for life in lives(rows, people).values():
        mine = defaultdict(list)
        goals = [(step["occurred_at"], step["channel"]) for step in life if is_goal(step) and not step["exposure"]]
        for visit in visits_of(life):
            intents = [step["occurred_at"] for step in visit.steps if is_intent(step)]
            if intents:
                until = intents[-1] + HORIZON
                where = {channel for goal, channel in goals if intents[0] <= goal <= until}
                mine[visit.channel].append(
                    "undecided" if observed < until
                    else "kept" if visit.channel in where
                    else "elsewhere" if where
                    else "lost"
                )  # fmt: skip
        for channel, endings in mine.items():
            lost, elsewhere = "lost" in endings, "elsewhere" in endings
            undecided = all(how == "undecided" for how in endings)
            for place, more in enumerate((len(endings), 1, lost, elsewhere and not lost, undecided)):
                channels[channel][place] += more
    return {channel: tuple(counts) for channel, counts in channels.items()}


LOGS = st.lists(touchpoint(), max_size=60)
# A few people who want and buy in few channels within days: ties, second visits and second orders are common.
BUSY = st.lists(
    st.builds(
        lambda row, action, subject, channel, day, grain: {
            **row,
            "subject": subject,
            "occurred_at": at(day) + grain,
            "channel": channel,
            "action": action,
            "stage": word_for(action).stage.value,
            "exposure": False,
        },
        touchpoint(),
        st.sampled_from(("Product Added", "Product Added", "Product Viewed", "Order Completed", "Call Resolved")),
        st.sampled_from((1, 2, 3)),
        st.sampled_from(("store", "store", "web", "call")),
        st.sampled_from((0, 1, 7, 8, 30)),
        st.sampled_from((0, 1, 10 * MINUTE, 12 * HOUR)),
    ),
    min_size=4,
    max_size=30,
)
PEOPLE = st.sampled_from(({}, {1: 7}, {1: 7, 2: 7}, {2: 3}))


@settings(max_examples=settings.default.max_examples // 2)
@given(rows=LOGS, people=PEOPLE)
def test_hand_offs_and_drop_offs_are_what_their_definitions_say(log, rows, people):
    numbered = [{**row, "seq": number} for number, row in enumerate(rows, start=1)]
    log.rewrite(numbered, [(version, *pair) for version, pair in enumerate(people.items(), start=1)])
    journeys = log.journeys()
    found = {
        (border.from_channel, border.to_channel): {name: getattr(border, name) for name in COUNTS}
        for border in journeys.handoffs()
    }
    assert found == expected_handoffs(numbered, people)
    assert {
        drop.channel: (drop.intents, drop.persons, drop.lost, drop.false_drop_offs, drop.undecided)
        for drop in journeys.drop_offs()
    } == expected_drop_offs(numbered, people)
    for border in journeys.handoffs()[:1]:
        lost = journeys.lost_people(border.from_channel, border.to_channel, limit=100)
        assert len({person.person for person in lost}) == len(lost) == border.lost


@settings(max_examples=settings.default.max_examples // 10)
@given(rows=LOGS, order=st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrived_changes_nothing(log, rows, order):
    answers = []
    for _ in range(2):
        log.rewrite([{**row, "seq": number} for number, row in enumerate(rows, start=1)], [])
        answers.append((log.journeys().handoffs(), log.journeys().drop_offs()))
        order.shuffle(rows)
    assert answers[0] == answers[1]


@settings(max_examples=settings.default.max_examples // 4)
@given(rows=LOGS | BUSY, people=PEOPLE, ends=st.sampled_from(ENDS), monthly=st.booleans())
def test_the_parts_and_groups_of_a_border_are_what_their_definitions_say(log, rows, people, ends, monthly):
    numbered = [{**row, "seq": number} for number, row in enumerate(rows, start=1)]
    log.rewrite(numbered, [(version, *pair) for version, pair in enumerate(people.items(), start=1)])
    journeys, (sender, receiver) = log.journeys(), ends
    of_the_whole = {"declared", "attempts_undecided", "arrived_decided", "undecided_succeeded", "succeeded"}
    counts = [name for name in COUNTS if name not in of_the_whole]
    for by in DIMENSIONS:
        found = journeys.handoff_breakdown(sender, receiver, by, monthly=monthly)
        expected = expected_parts(numbered, people, (sender, receiver), by, monthly=monthly)
        assert {(part.value, part.month): [getattr(part, name) for name in counts] for part in found} == {
            part: [counted[name] for name in counts] for part, counted in expected.items()
        }
    groups = expected_groups(numbered, people, (sender, receiver))
    names = "attempts arrived lost_before_arrival lost_after_arrival undecided undecided_after_arrival".split()
    assert {
        group.group: (group.persons, group.share_arrived, group.share_lost, *(getattr(group, name) for name in names))
        for group in journeys.handoff_groups(sender, receiver)
    } == {
        group: (
            sum(name.startswith("person ") for name in told),
            *(told[name] / told["decided"] if told["decided"] else None for name in ("came", "lost")),
            *(told[name] for name in names),
        )
        for group, told in groups.items()
    }


@settings(max_examples=settings.default.max_examples // 2)
@given(rows=BUSY, people=PEOPLE, ends=st.sampled_from(ENDS))
def test_what_is_carried_over_is_what_its_definition_says(log, rows, people, ends):
    numbered = [{**row, "seq": number} for number, row in enumerate(rows, start=1)]
    log.rewrite(numbered, [(version, *pair) for version, pair in enumerate(people.items(), start=1)])
    found = log.journeys().carried_over(*ends)
    assert {p.store_id: (p.persons_left, p.persons, p.orders, p.revenue_minor) for p in found} == {
        store: (len(left), len(carried), *sums)
        for store, (left, carried, *sums) in expected_carried(numbered, people, *ends).items()
    }
