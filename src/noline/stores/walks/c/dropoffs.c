/* What became of visits with an intent, and which visits led to those that were lost. */
#include "visits.h"

#define LONGEST 5
#define FACTS 8

enum { VISITS, KEPT, ELSEWHERE, LOST, UNDECIDED, PERSONS, PERSONS_DROPPED, PERSONS_LOST };

/* For each channel how far its visits have looked: their first intents follow each other in time. */
typedef struct {
    int64_t anywhere[MOST_CHANNELS], here[MOST_CHANNELS];
} Looked;

typedef struct {
    const Range *range;
    const Meanings *meanings; /* first bit: intent; second: goal */
    const Pauses *pauses;
    int64_t horizon, observed, actions, base;
    int64_t *facts;     /* FACTS for each channel, then those of all of them together */
    uint64_t *sequences; /* out: one for each lost visit */
    int64_t count, most;
    Room visits, goals;
    Open open;
    Looked looked;
    uint8_t became[MOST_CHANNELS + 1];
} Walk;

/* What became of a visit: a goal from its first intent on counts, until the horizon after its last.
 *
 * Time alone decides: a goal that came early tells no sooner than one that never comes.
 */
static int ending(Walk *walk, const Visit *visit, const Goal *goals, int64_t count) {
    int64_t until = visit->last_wanted + walk->horizon;
    if (until > walk->observed) return UNDECIDED;
    int64_t *any = &walk->looked.anywhere[visit->channel], *here = &walk->looked.here[visit->channel];
    while (*any < count && goals[*any].at < visit->wanted) ++*any;
    while (*here < count && (goals[*here].channel != visit->channel || goals[*here].at < visit->wanted)) ++*here;
    if (*here < count && goals[*here].at <= until) return KEPT;
    if (*any < count && goals[*any].at <= until) return ELSEWHERE;
    return LOST;
}

/* The last visits of a journey up to this one, each as its channel and last action, in one number. */
static uint64_t packed(const Walk *walk, const Visit *visits, int64_t number) {
    int64_t first = number;
    while (!visits[first].opens && number - first < LONGEST - 1) first--;
    uint64_t found = 0;
    for (int64_t one = first; one <= number; one++) {
        uint64_t kind = visits[one].channel * (uint64_t)walk->actions + code_at(walk->range->actions, visits[one].last);
        found = found * (uint64_t)walk->base + kind + 1;
    }
    return found;
}

static void add_person(Walk *walk, int64_t row) {
    int64_t *facts = walk->facts + row * FACTS;
    uint8_t became = walk->became[row];
    facts[PERSONS] += became != 0;
    facts[PERSONS_DROPPED] += (became & (1 << LOST | 1 << ELSEWHERE)) != 0;
    facts[PERSONS_LOST] += (became & 1 << LOST) != 0;
    walk->became[row] = 0;
}

static Outcome walk_person(Walk *walk, int64_t low, int64_t high) {
    Visit *visits = room_for(&walk->visits, sizeof(Visit) * (size_t)(high - low + 1));
    Goal *goals = room_for(&walk->goals, sizeof(Goal) * (size_t)(high - low + 1));
    if (!visits || !goals) return NO_MEMORY;
    int64_t channels = walk->pauses->channels;
    Sought sought = {walk->meanings, goals, 0, 0};
    int64_t count = visits_of(walk->range, low, high, walk->pauses, &walk->open, &sought, visits);
    if (!sought.intent_count) return DONE;
    memset(walk->looked.anywhere, 0, sizeof(int64_t) * (size_t)channels);
    memset(walk->looked.here, 0, sizeof(int64_t) * (size_t)channels);
    for (int64_t number = 0; number < count; number++) {
        const Visit *visit = &visits[number];
        if (visit->wanted == NEVER) continue;
        int became = ending(walk, visit, goals, sought.goal_count);
        const int64_t rows[2] = {visit->channel, channels};
        for (int one = 0; one < 2; one++) {
            walk->facts[rows[one] * FACTS + VISITS]++;
            walk->facts[rows[one] * FACTS + became]++;
            walk->became[rows[one]] |= (uint8_t)(1 << became);
        }
        if (became != LOST) continue;
        if (walk->count == walk->most) return NOT_OURS;
        walk->sequences[walk->count++] = packed(walk, visits, number);
    }
    for (int64_t row = 0; row <= channels; row++) add_person(walk, row);
    return DONE;
}

/* drop_offs(range, pauses, meanings u32, actions, horizon, observed, facts i64 in and out, sequences u64 out) -> count.
 *
 * There is room for as many sequences as there may be lost visits.
 */
PyObject *drop_offs(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *table, *into, *listed;
    Py_ssize_t actions, size = 0, room = 0;
    long long horizon, observed;
    if (!PyArg_ParseTuple(args, "OOOnLLOO", &where, &paused, &table, &actions, &horizon, &observed, &into, &listed))
        return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Meanings meanings;
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    hold_meanings(&held, table, actions, &range, &meanings);
    Walk walk = {.range = &range, .meanings = &meanings, .pauses = &pauses, .actions = actions};
    walk.facts = hold(&held, into, 8, &size, 1);
    walk.sequences = hold(&held, listed, 8, &room, 1);
    walk.most = room;
    if (!narrow_channels(&held, &range, &pauses) || size != (pauses.channels + 1) * FACTS) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "tables that do not fit the channels");
        return NULL;
    }
    walk.base = pauses.channels * actions + 1;
    walk.horizon = horizon > NO_LIMIT ? NO_LIMIT : horizon;
    walk.observed = observed;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    for (int64_t person = range.first; person < range.last && outcome == DONE; person++) {
        int64_t low = range.offsets[person], high = range.offsets[person + 1];
        outcome = is_sound(&range, low, high) ? (low < high ? walk_person(&walk, low, high) : DONE) : NOT_OURS;
    }
    free(walk.visits.at);
    free(walk.goals.at);
    Py_END_ALLOW_THREADS;
    release(&held);
    return outcome == DONE ? PyLong_FromLongLong(walk.count) : told(outcome);
}

/* A table of numbers and how often each was seen, with open addresses. */
typedef struct {
    uint64_t number;
    int64_t count;
} Cell;

static inline uint64_t scrambled(uint64_t number) {
    number ^= number >> 32;
    number *= UINT64_C(0x9E3779B97F4A7C15);
    return number ^ number >> 29;
}

static Cell *grown(Cell *cells, uint64_t *size, uint64_t larger) {
    Cell *found = calloc(larger, sizeof(Cell));
    if (found) {
        for (uint64_t one = 0; one < *size; one++) {
            if (!cells[one].count) continue;
            uint64_t at = scrambled(cells[one].number) & (larger - 1);
            while (found[at].count) at = (at + 1) & (larger - 1);
            found[at] = cells[one];
        }
        *size = larger;
    }
    free(cells);
    return found;
}

/* tally(numbers u64, found u64 out, counts i64 out) -> how many there are; in no order. */
PyObject *tally(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *source, *into, *often;
    if (!PyArg_ParseTuple(args, "OOO", &source, &into, &often)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, room = 0, other = 0;
    const uint64_t *numbers = hold(&held, source, 8, &rows, 0);
    uint64_t *found = hold(&held, into, 8, &room, 1);
    int64_t *counts = hold(&held, often, 8, &other, 1);
    if (held.failed || room < rows || other < rows) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "there is not room for all");
        return NULL;
    }
    int64_t different = 0;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    uint64_t size = 0;
    Cell *cells = grown(NULL, &size, 1 << 12);
    for (Py_ssize_t row = 0; cells && row < rows; row++) {
        uint64_t at = scrambled(numbers[row]) & (size - 1);
        while (cells[at].count && cells[at].number != numbers[row]) at = (at + 1) & (size - 1);
        different += !cells[at].count;
        cells[at].number = numbers[row];
        cells[at].count++;
        if ((uint64_t)different * 4 > size * 3) cells = grown(cells, &size, size * 4);
    }
    if (!cells) outcome = NO_MEMORY;
    different = 0;
    for (uint64_t one = 0; cells && one < size; one++) {
        if (!cells[one].count) continue;
        found[different] = cells[one].number;
        counts[different++] = cells[one].count;
    }
    free(cells);
    Py_END_ALLOW_THREADS;
    release(&held);
    return outcome == DONE ? PyLong_FromLongLong(different) : told(outcome);
}
