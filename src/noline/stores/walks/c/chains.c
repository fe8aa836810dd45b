/* Chains of one person by any plan, one event after the other: the latest begin of those that end with each event. */
#include "chains.h"

typedef struct {
    int64_t at, place;
    uint32_t bits;
} Event;

typedef struct {
    int64_t event, begin; /* its last event's number among the person's; the place of its first */
} Link;

static Outcome collect(Walk *walk, int64_t low, int64_t high) {
    uint32_t ban = ban_of(&walk->plan);
    Event *events = room_for(&walk->events, sizeof(Event) * (size_t)(high - low));
    int64_t *banned = room_for(&walk->banned, sizeof(int64_t) * (size_t)(high - low));
    if (!events || !banned) return NO_MEMORY;
    walk->event_count = walk->banned_count = walk->bit_count = 0;
    /* What is written down counts only if the next does not take its place: nobody can guess what an event is. */
    for (int64_t place = low; place < high; place++) {
        uint32_t bits = told_at(walk, place);
        banned[walk->banned_count] = time_at(walk, place);
        walk->banned_count += (bits & ban) != 0;
        bits &= ban - 1;
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

static Outcome ordered(Walk *walk) {
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
        if (mine->count) reach(&walk->reached, step, mine->links[0].begin, events[mine->links[0].event].place);
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
    int64_t begin[MOST_STEPS + 1];
    uint32_t open; /* which of them there are, a bit for each */
    Reached *reached;
} Chains;

static inline void get(Chains *chains, int64_t step, int64_t began, int64_t ended) {
    if (!(chains->reached->steps >> step & 1)) reach(chains->reached, step, began, ended);
}

/* A moment of one event. The latest steps first: each goes on from the one before as it was. */
static inline void go_on_alone(const Walk *walk, Chains *chains, int64_t place, uint32_t bits, int64_t waited) {
    uint32_t open = 0;
    while (bits) {
        int step = highest(bits);
        bits ^= UINT32_C(1) << step;
        int64_t begin = step ? chains->begin[step] : place;
        int there = !step || (chains->open >> step & 1);
        if (!there || (step && !goes_on(walk, begin, time_at(walk, place), waited, step))) continue;
        chains->begin[step + 1] = begin;
        open |= UINT32_C(2) << step;
        get(chains, step, begin, place);
    }
    chains->open = open;
}

/* A moment of several events, in whatever order: some of the steps one after the other. A chain goes through it only
 * when these are all that happened. bits: of all of its events. first: the last of them that may begin a chain.
 */
static void go_on_together(const Walk *walk, Chains *chains, int64_t place, int64_t after, uint32_t bits,
                           int64_t first_at, int64_t waited) {
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
        if (begin == NOWHERE || chains->reached->steps >> (last - 1) & 1) continue;
        int64_t ended = first_of(walk, place, after, last - 1);
        get(chains, last - 1, last == 1 ? ended : begin, ended);
    }
}

/* Chains run through moments that follow each other; one in the middle holds nothing but steps of the chain. */
static void strict(Walk *walk, int64_t low, int64_t high) {
    uint32_t all = ban_of(&walk->plan) - 1;
    Chains chains = {.reached = &walk->reached};
    for (int64_t place = low, after; place < high && walk->reached.steps != all; place = after) {
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

/* From each event on: how many steps are done before the window closes. */
static Outcome any_order(Walk *walk) {
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
        for (; most < done; most++) reach(&walk->reached, most, events[start].place, events[found[most]].place);
    }
    return DONE;
}

Outcome walk_events(Walk *walk, int64_t low, int64_t high) {
    if (walk->plan.mode == STRICT) {
        strict(walk, low, high);
        return DONE;
    }
    if (collect(walk, low, high) != DONE) return NO_MEMORY;
    return walk->plan.mode == ORDERED ? ordered(walk) : any_order(walk);
}
