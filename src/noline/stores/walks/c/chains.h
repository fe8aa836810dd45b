/* Chains of one person: what is asked of them, and how far they got. */
#ifndef NOLINE_CHAINS_H
#define NOLINE_CHAINS_H

#include "kernels.h"
#include "lanes.h"

#define MOST_STEPS 30
#define NOWHERE (-1)

enum { ORDERED, STRICT, ANY };

/* What is asked, as 64-bit numbers: seven of these, then for each step least, most (-1: none) and optional. */
typedef struct {
    int64_t mode, steps, window, tolerance, overlapping, ends_person, wanted;
    const int64_t *least, *most, *optional;
} Plan;

/* The steps that a person reached, a bit for each; of those the place of the first event that got there, and the latest
 * begin of a chain that ends with it.
 */
typedef struct {
    uint32_t steps;
    int64_t began[MOST_STEPS], ended[MOST_STEPS];
} Reached;

typedef struct {
    const Range *range;
    const Meanings *meanings;
    Codes filter;
    Plan plan;
    Reached reached; /* by the person who is walked */
    int by_lanes;    /* whether the plan is one that lanes tell */
    int groups;      /* of eight lanes */
    Lanes lanes;
    Spread spreads[MOST_LANES / BYTE];
    Room events, banned, links, numbers, codes;
    int64_t event_count, banned_count, bit_count;
} Walk;

static inline void reach(Reached *reached, int64_t step, int64_t began, int64_t ended) {
    reached->steps |= UINT32_C(1) << step;
    reached->began[step] = began;
    reached->ended[step] = ended;
}

static inline int64_t time_at(const Walk *walk, int64_t place) { return walk->range->times[place]; }

/* The bit of what must not happen. */
static inline uint32_t ban_of(const Plan *plan) { return UINT32_C(1) << plan->steps; }

/* What an event means, of the steps only where it counts for them. */
static inline uint32_t told_at(const Walk *walk, int64_t place) {
    uint32_t bits = meaning_at(walk->range, walk->meanings, place);
    if (walk->filter.width && code_at(walk->filter, place) != (uint64_t)walk->plan.wanted) bits &= ban_of(&walk->plan);
    return bits;
}

/* The steps that an event counts for. */
static inline uint32_t steps_at(const Walk *walk, int64_t place) {
    return told_at(walk, place) & (ban_of(&walk->plan) - 1);
}

/* Few numbers, in order. */
static inline void sort(int64_t *numbers, int64_t count) {
    for (int64_t next = 1; next < count; next++) {
        int64_t moved = numbers[next], hole = next;
        for (; hole > 0 && numbers[hole - 1] > moved; hole--) numbers[hole] = numbers[hole - 1];
        numbers[hole] = moved;
    }
}

/* How far a person got, who has events from one place to before another: whatever is asked, one event after the other. */
Outcome walk_events(Walk *walk, int64_t low, int64_t high);

/* The same of plans that lanes tell. Persons are walked in their order. */
void ready_lanes(Walk *walk);
Outcome walk_lanes(Walk *walk, int64_t person);

#endif
