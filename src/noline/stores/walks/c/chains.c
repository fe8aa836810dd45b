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
    Room events, banned, links, numbers;
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
    if (walk->filter.width && code_at(walk->filter, place) != (uint64_t)walk->plan.wanted) return 0;
    return bits;
}

static Outcome collect(Walk *walk, int64_t low, int64_t high) {
    uint32_t ban = UINT32_C(1) << walk->plan.steps;
    Event *events = room_for(&walk->events, sizeof(Event) * (size_t)(high - low));
    int64_t *banned = room_for(&walk->banned, sizeof(int64_t) * (size_t)(high - low));
    if (!events || !banned) return NO_MEMORY;
    walk->event_count = walk->banned_count = walk->bit_count = 0;
    /* What is written down counts only if the next does not take its place: nobody can guess what an event is. */
    for (int64_t place = low; place < high; place++) {
        uint32_t bits = steps_at(walk, place);
        banned[walk->banned_count] = time_at(walk, place);
        walk->banned_count += (meaning_at(walk->range, walk->meanings, place) & ban) != 0;
        events[walk->event_count] = (Event){time_at(walk, place), place, bits};
        walk->event_count += bits != 0;
        for (bits &= bits - 1; bits; bits &= bits - 1) walk->bit_count++;
    }
    walk->bit_count += walk->event_count;
    return DONE;
}

/* The numbers of a step's events among the person's. numbers: room for one more than there are. */
static inline int64_t events_of(const Walk *walk, int64_t step, int64_t *numbers) {
    const Event *events = walk->events.at;
    int64_t count = 0;
    for (int64_t event = 0; event < walk->event_count; event++) {
        numbers[count] = event;
        count += events[event].bits >> step & 1;
    }
    return count;
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
    int64_t *numbers = room_for(&walk->numbers, sizeof(int64_t) * (size_t)(walk->event_count + 1));
    if (!free_links || !numbers) return NO_MEMORY;
    for (int64_t step = 0; step < plan->steps; step++) {
        Step *mine = &found[step];
        *mine = (Step){free_links, 0};
        int64_t reach_of[MOST_STEPS] = {0};
        int64_t bans = 0;
        int64_t earliest = step - 1;
        while (earliest > 0 && plan->optional[earliest]) earliest--;
        int64_t count = events_of(walk, step, numbers);
        for (int64_t number = 0; number < count; number++) {
            int64_t event = numbers[number];
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
        /* Nobody goes past a step that is never reached and must not be left out. */
        if (!mine->count && !plan->optional[step]) break;
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

/* Chains of one person that may go on with the next moment: by steps done, the latest begin. */
typedef struct {
    int64_t person;
    int64_t begin[MOST_STEPS + 1];
    uint32_t open; /* which of them there are, a bit for each */
    uint32_t got;  /* steps that were reached before */
} Chains;

static inline void get(Walk *walk, Chains *chains, int64_t step, int64_t began, int64_t ended) {
    if (chains->got >> step & 1) return;
    chains->got |= UINT32_C(1) << step;
    reach(walk, step, chains->person, began, ended);
}

/* A moment of one event. The latest steps first: each goes on from the one before as it was. */
static inline void go_on_alone(Walk *walk, Chains *chains, int64_t place, uint32_t bits, int64_t waited) {
    uint32_t open = 0;
    while (bits) {
        int step = highest(bits);
        bits ^= UINT32_C(1) << step;
        int64_t begin = step ? chains->begin[step] : place;
        int there = !step || (chains->open >> step & 1);
        if (!there || (step && !goes_on(walk, begin, time_at(walk, place), waited, step))) continue;
        chains->begin[step + 1] = begin;
        open |= UINT32_C(2) << step;
        get(walk, chains, step, begin, place);
    }
    chains->open = open;
}

/* A moment of several events, in whatever order: some of the steps one after the other. A chain goes through it only
 * when these are all that happened. bits: of all of its events. first: the last of them that may begin a chain.
 */
static void go_on_together(Walk *walk, Chains *chains, int64_t place, int64_t after, uint32_t bits, int64_t first_at,
                           int64_t waited) {
    const Plan *plan = &walk->plan;
    int64_t now = time_at(walk, place);
    Chains before = *chains;
    chains->open = 0;
    for (int64_t last = 1; last <= plan->steps; last++) {
        int64_t begin = NOWHERE, through = NOWHERE;
        for (int64_t first = 0; bits && first < last; first++) {
            uint32_t run = ((UINT32_C(1) << (last - first)) - 1) << first;
            if ((bits & run) != run) continue;
            if (first == 0) {
                if (without_wait(plan, 1, last)) begin = through = first_at;
                continue;
            }
            int64_t began = before.open >> first & 1 ? before.begin[first] : NOWHERE;
            if (!without_wait(plan, first + 1, last) || !goes_on(walk, began, now, waited, first)) continue;
            if (began > begin) begin = began;
            if (after - place == last - first && began > through) through = began;
        }
        chains->begin[last] = through;
        chains->open |= (uint32_t)(through != NOWHERE) << last;
        if (begin == NOWHERE || chains->got >> (last - 1) & 1) continue;
        int64_t ended = first_of(walk, place, after, last - 1);
        get(walk, chains, last - 1, last == 1 ? ended : begin, ended);
    }
}

/* Chains run through moments that follow each other; one in the middle holds nothing but steps of the chain. */
static void strict(Walk *walk, int64_t person, int64_t low, int64_t high) {
    uint32_t all = (UINT32_C(1) << walk->plan.steps) - 1;
    Chains chains = {.person = person};
    for (int64_t place = low, after; place < high && chains.got != all; place = after) {
        int64_t now = time_at(walk, place), waited = place > low ? now - time_at(walk, place - 1) : 0, begins_at = place;
        uint32_t bits = steps_at(walk, place);
        after = place + 1;
        if (walk->plan.overlapping || after == high || time_at(walk, after) != now) {
            go_on_alone(walk, &chains, place, bits, waited);
            continue;
        }
        for (; after < high && time_at(walk, after) == now; after++) {
            uint32_t here = steps_at(walk, after);
            if (here & 1) begins_at = after;
            bits |= here;
        }
        go_on_together(walk, &chains, place, after, bits, begins_at, waited);
    }
}

static void sort(int64_t *numbers, int64_t count) {
    for (int64_t next = 1; next < count; next++) {
        int64_t moved = numbers[next], hole = next;
        for (; hole > 0 && numbers[hole - 1] > moved; hole--) numbers[hole] = numbers[hole - 1];
        numbers[hole] = moved;
    }
}

/* From each event on: how many steps are done before the window closes. */
static Outcome any_order(Walk *walk, int64_t person) {
    const Plan *plan = &walk->plan;
    const Event *events = walk->events.at;
    int64_t next[MOST_STEPS] = {0}, again[MOST_STEPS], sizes[MOST_STEPS], found[MOST_STEPS];
    const int64_t *listed[MOST_STEPS];
    int64_t *free_numbers = room_for(&walk->numbers, sizeof(int64_t) * (size_t)(walk->bit_count + 1));
    if (!free_numbers) return NO_MEMORY;
    int64_t most = 0, possible = 0;
    for (int64_t step = 0; step < plan->steps; step++) {
        listed[step] = free_numbers;
        sizes[step] = events_of(walk, step, free_numbers);
        free_numbers += sizes[step];
        /* Steps that share an event are the same step, asked for again. */
        again[step] = 0;
        for (int64_t other = 0; other < step; other++)
            again[step] += sizes[step] && sizes[other] && *listed[other] == *listed[step];
        possible += sizes[step] > again[step];
    }
    for (int64_t start = 0; start < walk->event_count && most < possible; start++) {
        int64_t done = 0;
        for (int64_t step = 0; step < plan->steps; step++) {
            const int64_t *mine = listed[step];
            while (next[step] < sizes[step] && mine[next[step]] < start) next[step]++;
            int64_t number = next[step] + again[step];
            if (number >= sizes[step] || events[mine[number]].at - events[start].at > plan->window) continue;
            found[done++] = mine[number];
        }
        if (done <= most) continue;
        sort(found, done);
        for (; most < done; most++) reach(walk, most, person, events[start].place, events[found[most]].place);
    }
    return DONE;
}

static int has_banned(const Walk *walk, int64_t low, int64_t high) {
    uint32_t ban = UINT32_C(1) << walk->plan.steps, found = 0;
    for (int64_t place = low; place < high; place++) found |= meaning_at(walk->range, walk->meanings, place) & ban;
    return found != 0;
}

static Outcome walk_all(Walk *walk) {
    const Range *range = walk->range;
    for (int64_t person = range->first; person < range->last; person++) {
        int64_t low = range->offsets[person], high = range->offsets[person + 1];
        if (!is_sound(range, low, high)) return NOT_OURS;
        if (low == high) continue;
        if (walk->plan.ends_person && has_banned(walk, low, high)) continue;
        Outcome outcome = DONE;
        if (walk->plan.mode == STRICT)
            strict(walk, person, low, high);
        else
            outcome = collect(walk, low, high);
        if (outcome != DONE) return outcome;
        if (walk->plan.mode == ORDERED) outcome = ordered(walk, person);
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
    free(walk.numbers.at);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}
