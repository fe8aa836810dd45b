/* Persons of each step, whatever a funnel asks, and the events that got them there.
 *
 * For each step a person reached: the first event that got there, and the latest begin of a chain that ends with it.
 */
#include "kernels.h"

#define MOST_STEPS 30
#define NOWHERE (-1)

enum { ORDERED, STRICT, ANY };

/* What is asked, as 64-bit numbers: seven of these, then for each step least, most (-1: none) and optional. */
typedef struct {
    int64_t mode, steps, window, tolerance, overlapping, ends_person, wanted;
    const int64_t *least, *most, *optional;
} Plan;

typedef struct {
    int64_t at, place;
    uint32_t bits;
} Event;

typedef struct {
    int64_t event, begin; /* its last event's number among the person's; the place of its first */
} Link;

typedef struct {
    const Range *range;
    const Meanings *meanings;
    Codes filter;
    Plan plan;
    int64_t *counts;
    int64_t *rows; /* [step][person, began, ended][capacity], or none are wanted */
    int64_t capacity;
    Room events, banned, links;
    int64_t event_count, banned_count, bit_count;
} Walk;

static void reach(Walk *walk, int64_t step, int64_t person, int64_t began, int64_t ended) {
    int64_t row = walk->counts[step]++;
    if (!walk->rows) return;
    int64_t *base = walk->rows + step * 3 * walk->capacity + row;
    base[0] = person;
    base[walk->capacity] = began;
    base[2 * walk->capacity] = ended;
}

static inline int64_t time_at(const Walk *walk, int64_t place) { return walk->range->times[place]; }

/* The steps that an event counts for. */
static inline uint32_t steps_at(const Walk *walk, int64_t place) {
    uint32_t bits = meaning_at(walk->range, walk->meanings, place) & ((UINT32_C(1) << walk->plan.steps) - 1);
    if (bits && walk->filter.width && code_at(walk->filter, place) != (uint64_t)walk->plan.wanted) return 0;
    return bits;
}

static Outcome collect(Walk *walk, int64_t low, int64_t high) {
    uint32_t ban = UINT32_C(1) << walk->plan.steps;
    Event *events = room_for(&walk->events, sizeof(Event) * (size_t)(high - low));
    int64_t *banned = room_for(&walk->banned, sizeof(int64_t) * (size_t)(high - low));
    if (!events || !banned) return NO_MEMORY;
    walk->event_count = walk->banned_count = walk->bit_count = 0;
    for (int64_t place = low; place < high; place++) {
        uint32_t bits = meaning_at(walk->range, walk->meanings, place);
        if (!bits) continue;
        if (bits & ban) banned[walk->banned_count++] = time_at(walk, place);
        bits = steps_at(walk, place);
        if (!bits) continue;
        events[walk->event_count++] = (Event){time_at(walk, place), place, bits};
        for (; bits; bits &= bits - 1) walk->bit_count++;
    }
    return DONE;
}

/* Links of one step; links of a later step stand behind them. */
typedef struct {
    Link *links;
    int64_t count;
} Step;

/* How far each event of a step may look back: over links that ended by a limit that only rises. */
static inline int may_follow(const Walk *walk, const Event *events, int64_t before, int64_t event, int64_t step) {
    const Plan *plan = &walk->plan;
    if (plan->least[step] > 0) return events[before].at <= events[event].at - plan->least[step];
    if (plan->overlapping) return before < event;
    return events[before].at <= events[event].at + plan->tolerance;
}

static Outcome ordered(Walk *walk, int64_t person) {
    const Plan *plan = &walk->plan;
    const Event *events = walk->events.at;
    const int64_t *banned = walk->banned.at;
    Step found[MOST_STEPS];
    Link *free_links = room_for(&walk->links, sizeof(Link) * (size_t)(walk->bit_count + 1));
    if (!free_links) return NO_MEMORY;
    for (int64_t step = 0; step < plan->steps; step++) {
        Step *mine = &found[step];
        *mine = (Step){free_links, 0};
        int64_t reach_of[MOST_STEPS] = {0};
        int64_t bans = 0;
        int64_t earliest = step - 1;
        while (earliest > 0 && plan->optional[earliest]) earliest--;
        for (int64_t event = 0; event < walk->event_count; event++) {
            if (!(events[event].bits >> step & 1)) continue;
            int64_t begin = step ? NOWHERE : events[event].place;
            for (int64_t before = step - 1; before >= 0 && before >= earliest; before--) {
                const Step *theirs = &found[before];
                int64_t *within = &reach_of[before];
                while (*within < theirs->count && may_follow(walk, events, theirs->links[*within].event, event, step))
                    ++*within;
                if (!*within) continue;
                Link last = theirs->links[*within - 1];
                if (plan->most[step] >= 0 && events[last.event].at < events[event].at - plan->most[step]) continue;
                if (last.begin > begin) begin = last.begin;
            }
            if (begin == NOWHERE) continue;
            if (step) {
                int64_t began_at = time_at(walk, begin);
                if (events[event].at - began_at > plan->window) continue;
                while (bans < walk->banned_count && banned[bans] < events[event].at - plan->tolerance) bans++;
                if (bans && banned[bans - 1] > began_at + plan->tolerance) continue;
            }
            mine->links[mine->count++] = (Link){event, begin};
        }
        free_links += mine->count;
        if (mine->count) reach(walk, step, person, mine->links[0].begin, events[mine->links[0].event].place);
    }
    return DONE;
}

/* Whether steps from one to before another may happen at one moment. */
static inline int without_wait(const Plan *plan, int64_t from, int64_t to) {
    for (int64_t step = from; step < to; step++)
        if (plan->least[step] > 0) return 0;
    return 1;
}

static inline int goes_on(const Walk *walk, int64_t began, int64_t now, int64_t waited, int64_t step) {
    const Plan *plan = &walk->plan;
    if (began == NOWHERE || now - time_at(walk, began) > plan->window) return 0;
    if (plan->least[step] >= 0 && waited < plan->least[step]) return 0;
    return plan->most[step] < 0 || waited <= plan->most[step];
}

static int64_t first_of(const Walk *walk, int64_t from, int64_t to, int64_t step) {
    for (int64_t place = from; place < to; place++)
        if (steps_at(walk, place) >> step & 1) return place;
    return NOWHERE;
}

/* Chains run through moments that follow each other; one in the middle holds nothing but steps of the chain. */
static void strict(Walk *walk, int64_t person, int64_t low, int64_t high) {
    const Plan *plan = &walk->plan;
    int64_t steps = plan->steps;
    int64_t entering[MOST_STEPS + 1], going_on[MOST_STEPS + 1];
    uint32_t got = 0;
    for (int64_t step = 0; step <= steps; step++) entering[step] = going_on[step] = NOWHERE;
    for (int64_t place = low, after; place < high; place = after) {
        int64_t now = time_at(walk, place), begins_here = NOWHERE;
        uint32_t bits = 0;
        for (after = place; after < high && time_at(walk, after) == now; after++) {
            if (after > place && plan->overlapping) break;
            uint32_t here = steps_at(walk, after);
            if (here & 1) begins_here = after;
            bits |= here;
        }
        int64_t size = after - place, waited = place > low ? now - time_at(walk, place - 1) : 0;
        for (int64_t last = 1; last <= steps; last++) {
            int64_t begin = NOWHERE;
            going_on[last] = NOWHERE;
            for (int64_t first = 0; bits && first < last; first++) {
                uint32_t run = ((UINT32_C(1) << (last - first)) - 1) << first;
                if ((bits & run) != run || (plan->overlapping && last - first > 1)) continue;
                if (first == 0) {
                    if (without_wait(plan, 1, last)) begin = going_on[last] = begins_here;
                    continue;
                }
                if (!without_wait(plan, first + 1, last) || !goes_on(walk, entering[first], now, waited, first))
                    continue;
                if (entering[first] > begin) begin = entering[first];
                if (size == last - first && entering[first] > going_on[last]) going_on[last] = entering[first];
            }
            if (begin == NOWHERE || got >> last & 1) continue;
            got |= UINT32_C(1) << last;
            int64_t ended = first_of(walk, place, after, last - 1);
            reach(walk, last - 1, person, last == 1 ? ended : begin, ended);
        }
        memcpy(entering, going_on, sizeof(entering));
    }
}

/* From each event on: how many steps are done before the window closes. */
static Outcome any_order(Walk *walk, int64_t person) {
    const Plan *plan = &walk->plan;
    const Event *events = walk->events.at;
    int64_t next[MOST_STEPS] = {0}, again[MOST_STEPS], listed[MOST_STEPS], sizes[MOST_STEPS], place_of[MOST_STEPS];
    int64_t *places = room_for(&walk->links, sizeof(int64_t) * (size_t)(walk->bit_count + 1));
    if (!places) return NO_MEMORY;
    int64_t used = 0, most = 0;
    for (int64_t step = 0; step < plan->steps; step++) {
        listed[step] = used;
        for (int64_t event = 0; event < walk->event_count; event++)
            if (events[event].bits >> step & 1) places[used++] = events[event].place;
        sizes[step] = used - listed[step];
        /* Steps that share an event are the same step, asked for again. */
        again[step] = 0;
        for (int64_t other = 0; other < step; other++)
            again[step] += sizes[step] && sizes[other] && places[listed[other]] == places[listed[step]];
    }
    for (int64_t event = 0; event < walk->event_count && most < plan->steps; event++) {
        int64_t start = events[event].place, done = 0;
        for (int64_t step = 0; step < plan->steps; step++) {
            const int64_t *mine = places + listed[step];
            while (next[step] < sizes[step] && mine[next[step]] < start) next[step]++;
            int64_t number = next[step] + again[step];
            if (number >= sizes[step] || time_at(walk, mine[number]) - events[event].at > plan->window) continue;
            int64_t hole = done++;
            for (; hole > 0 && place_of[hole - 1] > mine[number]; hole--) place_of[hole] = place_of[hole - 1];
            place_of[hole] = mine[number];
        }
        for (; most < done; most++) reach(walk, most, person, start, place_of[most]);
    }
    return DONE;
}

static Outcome walk_all(Walk *walk) {
    const Range *range = walk->range;
    for (int64_t person = range->first; person < range->last; person++) {
        int64_t low = range->offsets[person], high = range->offsets[person + 1];
        if (!is_sound(range, low, high)) return NOT_OURS;
        if (low == high) continue;
        Outcome outcome = collect(walk, low, high);
        if (outcome != DONE) return outcome;
        if (!walk->event_count || (walk->plan.ends_person && walk->banned_count)) continue;
        if (walk->plan.mode == ORDERED) outcome = ordered(walk, person);
        if (walk->plan.mode == STRICT) strict(walk, person, low, high);
        if (walk->plan.mode == ANY) outcome = any_order(walk, person);
        if (outcome != DONE) return outcome;
    }
    return DONE;
}

static int read_plan(const int64_t *told_, Py_ssize_t size, Plan *plan) {
    if (size < 7) return 0;
    *plan = (Plan){told_[0], told_[1], told_[2], told_[3], told_[4], told_[5], told_[6], NULL, NULL, NULL};
    if (plan->steps < 1 || plan->steps > MOST_STEPS || size != 7 + 3 * plan->steps) return 0;
    plan->least = told_ + 7;
    plan->most = plan->least + plan->steps;
    plan->optional = plan->most + plan->steps;
    if (plan->window < 0 || plan->window > NO_LIMIT) plan->window = NO_LIMIT;
    return plan->mode >= ORDERED && plan->mode <= ANY;
}

/* funnel_reached(range, meanings u32, actions, filter codes or None, plan i64, counts i64 in and out, rows i64 or None).
 *
 * Bit n of a meaning is step n, the bit after the last step is what must not happen. filter: only events whose code is
 * `wanted` count as steps.
 */
PyObject *funnel_reached(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *table, *filter, *asked, *into, *listed;
    Py_ssize_t actions, filtered = 0, size = 0, rows = 0, room = 0;
    if (!PyArg_ParseTuple(args, "OOnOOOO", &where, &table, &actions, &filter, &asked, &into, &listed)) return NULL;
    Held held = {.count = 0};
    Range range;
    Meanings meanings;
    Walk walk = {.range = &range, .meanings = &meanings};
    hold_range(&held, where, &range);
    hold_meanings(&held, table, actions, &range, &meanings);
    walk.filter = hold_codes(&held, filter, &filtered);
    const int64_t *plan = hold(&held, asked, 8, &size, 0);
    walk.counts = hold(&held, into, 8, &rows, 1);
    if (listed != Py_None) walk.rows = hold(&held, listed, 8, &room, 1);
    if (!held.failed) {
        int fits = read_plan(plan, size, &walk.plan) && rows == walk.plan.steps;
        fits = fits && (!walk.filter.width || filtered == range.events);
        walk.capacity = range.last - range.first;
        fits = fits && (!walk.rows || room == walk.capacity * 3 * walk.plan.steps);
        if (!fits) {
            PyErr_SetString(PyExc_ValueError, "a plan, or room, that does not fit the steps");
            held.failed = 1;
        }
    }
    if (held.failed) {
        release(&held);
        return NULL;
    }
    Outcome outcome;
    Py_BEGIN_ALLOW_THREADS;
    outcome = walk_all(&walk);
    free(walk.events.at);
    free(walk.banned.at);
    free(walk.links.at);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}
