/* Chains by lanes, where no event is of two steps and no step asks how long after the one before: the most frequent
 * funnels of every mode. Moments are read of those events only that may take a chain further.
 *
 * Lane n is step n; behind the steps follow what must not happen, and what a chain goes on with.
 */
#include "chains.h"

#define LINE 8 /* moments that come from memory together */

static inline int ban_lane(const Plan *plan) { return (int)plan->steps; }
static inline int going_lane(const Plan *plan) { return (int)plan->steps + 1; }

/* Events that a chain goes on with: of any step; in order, of any but the first. */
static inline uint32_t with_going(const Plan *plan, uint32_t bits) {
    uint32_t going = (ban_of(plan) - 1) ^ (plan->mode == ORDERED);
    return bits | (uint32_t)((bits & going) != 0) << going_lane(plan);
}

static int asks_waits(const Plan *plan) {
    for (int64_t step = 0; step < plan->steps; step++)
        if (plan->least[step] > 0 || plan->most[step] >= 0) return 1;
    return 0;
}

/* Whether the code of an action tells what an event means. */
static inline int by_action(const Walk *walk) { return walk->meanings->narrow && !walk->filter.width; }

void ready_lanes(Walk *walk) {
    const Plan *plan = &walk->plan;
    walk->by_lanes = !plan->overlapping && !plan->tolerance && !asks_waits(plan);
    walk->groups = going_lane(plan) / BYTE + 1;
    for (int group = 0; group < walk->groups; group++)
        for (uint32_t code = 0; code < 256; code++) {
            uint32_t bits = by_action(walk) ? with_going(plan, walk->meanings->of_byte[code]) >> (BYTE * group) : code;
            walk->spreads[group].of_code[code] = spread_of(bits & 255);
        }
}

/* The meanings of so many events from a place on, eight of them as a byte for each. */
static const uint8_t *codes_of(Walk *walk, int group, int64_t low, int64_t events) {
    if (by_action(walk)) return (const uint8_t *)walk->range->actions.codes + low;
    uint8_t *codes = room_for(&walk->codes, (size_t)events + 1);
    for (int64_t event = 0; codes && event < events; event++)
        codes[event] = (uint8_t)(with_going(&walk->plan, told_at(walk, low + event)) >> (BYTE * group));
    return codes;
}

static Outcome mark_stretch(Walk *walk, int64_t person) {
    int lanes = going_lane(&walk->plan) + 1;
    if (lay(&walk->lanes, lanes, walk->range, person) != DONE) return NO_MEMORY;
    int64_t low = walk->lanes.from, events = walk->range->offsets[walk->lanes.until] - low;
    for (int group = 0; group < walk->groups; group++) {
        const uint8_t *codes = codes_of(walk, group, low, events);
        if (!codes) return NO_MEMORY;
        int first = group * BYTE;
        mark(&walk->lanes, first, lanes - first < BYTE ? lanes - first : BYTE, &walk->spreads[group], codes, events);
    }
    for (int64_t place = low; place < low + events; place += LINE) SOON(walk->range->times + place);
    return DONE;
}

/* Events of one person, and the lanes of a stretch that has all of them. */
typedef struct {
    const Walk *walk;
    const Lanes *lanes;
    const Plan *plan;
    const int64_t *times;
    int64_t low, high;
    Reached *reached;
} Chains;

/* Whether something that must not happen lies between the moments of two events. */
static int is_broken(const Chains *chains, int64_t began, int64_t ended) {
    const int64_t *times = chains->times;
    int ban = ban_lane(chains->plan);
    int64_t place = next_of(chains->lanes, ban, began, ended);
    while (place < ended && times[place] == times[began]) place = next_of(chains->lanes, ban, place + 1, ended);
    return place < ended && times[place] < times[ended];
}

/* The first event that may be the second of a chain. */
static int64_t second_of(const Chains *chains, int64_t first) {
    const Plan *plan = chains->plan;
    int64_t second = chains->high;
    for (int step = 1; step < plan->steps; step++) {
        second = next_of(chains->lanes, step, first, second);
        if (!plan->optional[step]) break;
    }
    return second;
}

/* An event of a step behind the first: a chain goes on with it that began latest. begins: of chains by their last step.
 * after: the place behind the events of this moment, which may all have happened before.
 */
static void go_on(const Chains *chains, int64_t *begins, int step, int64_t place, int64_t after) {
    const Plan *plan = chains->plan;
    begins[0] = last_of(chains->lanes, 0, chains->low, after);
    int before = step - 1;
    int64_t begin = begins[before];
    while (before > 0 && plan->optional[before]) {
        before--;
        if (begins[before] > begin) begin = begins[before];
    }
    if (begin < chains->low || chains->times[place] - chains->times[begin] > plan->window) return;
    if (is_broken(chains, begin, place)) return;
    begins[step] = begin;
    if (!(chains->reached->steps >> step & 1)) reach(chains->reached, step, begin, place);
}

/* The first event of a moment. */
static int64_t moment_of(const Chains *chains, int64_t place) {
    while (place > chains->low && chains->times[place - 1] == chains->times[place]) place--;
    return place;
}

static void in_order(const Chains *chains) {
    const Walk *walk = chains->walk;
    const int64_t *times = chains->times, low = chains->low, high = chains->high;
    int64_t begins[MOST_STEPS], first = next_of(chains->lanes, 0, low, high), place, after;
    if (first == high) return;
    reach(chains->reached, 0, first, first);
    place = second_of(chains, moment_of(chains, first));
    if (place == high) return;
    for (int step = 0; step < chains->plan->steps; step++) begins[step] = NOWHERE;
    int going = going_lane(chains->plan);
    for (place = moment_of(chains, place); place < high; place = next_of(chains->lanes, going, after, high)) {
        uint32_t bits = steps_at(walk, place);
        for (after = place + 1; after < high && times[after] == times[place]; after++) bits |= steps_at(walk, after);
        for (bits &= ~UINT32_C(1); bits; bits &= bits - 1) {
            int step = lowest(bits);
            go_on(chains, begins, step, next_of(chains->lanes, step, place, after), after);
        }
        if (chains->reached->steps + 1 == ban_of(chains->plan)) return;
    }
}

/* Steps done between two places that are looked at together: no event is of two steps, so the bits of the first event
 * of each tell them in order. most: how many steps were done within any window, in and out.
 */
static void do_at_once(const Chains *chains, int64_t start, int64_t end, int *most) {
    uint64_t window = ~UINT64_C(0) >> (WORD - (end - start)), firsts = 0;
    for (int step = 0; step < chains->plan->steps; step++) {
        uint64_t bits = bits_from(chains->lanes, step, start) & window;
        firsts |= bits & (~bits + 1);
    }
    for (int done = 0; done < *most; done++) firsts &= firsts - 1;
    for (; firsts; firsts &= firsts - 1) reach(chains->reached, (*most)++, start, start + lowest(firsts));
}

/* The same of a window that is too long for that. */
static void do_one_by_one(const Chains *chains, int64_t start, int64_t end, int *most) {
    int64_t found[MOST_STEPS];
    int done = 0;
    for (int step = 0; step < chains->plan->steps; step++) {
        found[done] = next_of(chains->lanes, step, start, end);
        done += found[done] < end;
    }
    if (done <= *most) return;
    sort(found, done);
    for (; *most < done; ++*most) reach(chains->reached, *most, start, found[*most]);
}

/* From events on: how many steps are done before the window closes. Only where it closes later than that of an event
 * before, there may be more of them.
 */
static void in_any_order(const Chains *chains) {
    const Plan *plan = chains->plan;
    const int64_t *times = chains->times;
    int going = going_lane(plan), most = 0, possible = 0;
    for (int step = 0; step < plan->steps; step++)
        possible += next_of(chains->lanes, step, chains->low, chains->high) < chains->high;
    for (int64_t start = chains->low, end = start; end < chains->high && most < possible; start++) {
        while (times[end] - times[start] > plan->window) start++;
        start = next_of(chains->lanes, going, start, chains->high);
        if (start == chains->high) return;
        while (end < chains->high && times[end] - times[start] <= plan->window) end++;
        if (end - start <= SEEN)
            do_at_once(chains, start, end, &most);
        else
            do_one_by_one(chains, start, end, &most);
    }
}

static int has_ties(const int64_t *times, int64_t low, int64_t high) {
    int tied = 0;
    for (int64_t place = low + 1; place < high; place++) tied |= times[place] == times[place - 1];
    return tied;
}

/* The chains of steps that follow each other, up to one that is reached in time. */
static int follows(const Chains *chains, int step, int64_t place, uint64_t ends) {
    for (; ends; ends &= ends - 1) {
        int64_t ended = place + lowest(ends), began = ended - step;
        if (ended >= chains->high) return 0;
        if (chains->times[ended] - chains->times[began] > chains->plan->window) continue;
        reach(chains->reached, step, began, ended);
        return 1;
    }
    return 0;
}

/* No two moments are equal: each event of a chain lies beside the one before. Words overlap by as much as a chain takes. */
static void in_a_row(const Chains *chains) {
    int steps = (int)chains->plan->steps;
    for (int64_t place = chains->low; place < chains->high; place += SEEN - steps + 1) {
        uint64_t ends = bits_from(chains->lanes, 0, place);
        for (int step = 1; step < steps && ends; step++) {
            ends = ends << 1 & bits_from(chains->lanes, step, place);
            if (!(chains->reached->steps >> step & 1)) follows(chains, step, place, ends);
        }
    }
}

Outcome walk_lanes(Walk *walk, int64_t person) {
    int64_t low = walk->range->offsets[person], high = walk->range->offsets[person + 1];
    if (person >= walk->lanes.until && mark_stretch(walk, person) != DONE) return NO_MEMORY;
    Chains chains = {walk, &walk->lanes, &walk->plan, walk->range->times, low, high, &walk->reached};
    if (walk->plan.ends_person && next_of(&walk->lanes, ban_lane(&walk->plan), low, high) < high) return DONE;
    if (walk->plan.mode == ORDERED) in_order(&chains);
    if (walk->plan.mode == ANY) in_any_order(&chains);
    if (walk->plan.mode != STRICT) return DONE;
    int64_t first = next_of(&walk->lanes, 0, low, high);
    if (first == high) return DONE;
    int goes_on = walk->plan.steps > 1 && next_of(&walk->lanes, 1, low, high) < high;
    if (goes_on && has_ties(walk->range->times, low, high)) return walk_events(walk, low, high);
    reach(&walk->reached, 0, first, first);
    if (goes_on) in_a_row(&chains);
    return DONE;
}
