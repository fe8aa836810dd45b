/* Persons of each step, whatever a funnel asks, the events that got them there, and their parts.
 *
 * For each step a person reached: the first event that got there, and the latest begin of a chain that ends with it.
 */
#include "chains.h"

/* Where persons are written down. */
typedef struct {
    int64_t *counts;
    int64_t *rows;   /* [step][person, began, ended][capacity], or none are wanted */
    int64_t capacity;
    Codes values;    /* of the column that persons are parted by, or there is none */
    int of_last;     /* whether a person's part is that of the last event of the chain to the furthest step */
    int64_t *parts;  /* [step][value] */
    int64_t different;
} Places;

static Outcome write_down(const Places *into, int64_t person, const Reached *reached) {
    if (!reached->steps) return DONE;
    int furthest = highest(reached->steps);
    uint32_t value = code_at(into->values, into->of_last ? reached->ended[furthest] : reached->began[furthest]);
    if (into->parts && value >= into->different) return NOT_OURS;
    for (uint32_t steps = reached->steps; steps; steps &= steps - 1) {
        int step = lowest(steps);
        int64_t row = into->counts[step]++;
        if (into->parts) into->parts[step * into->different + value]++;
        if (!into->rows) continue;
        int64_t *base = into->rows + step * 3 * into->capacity + row;
        base[0] = person;
        base[into->capacity] = reached->began[step];
        base[2 * into->capacity] = reached->ended[step];
    }
    return DONE;
}

static int has_banned(const Walk *walk, int64_t low, int64_t high) {
    uint32_t found = 0;
    for (int64_t place = low; place < high; place++) found |= meaning_at(walk->range, walk->meanings, place);
    return (found & ban_of(&walk->plan)) != 0;
}

static Outcome walk_person(Walk *walk, int64_t person) {
    int64_t low = walk->range->offsets[person], high = walk->range->offsets[person + 1];
    walk->reached.steps = 0;
    if (!is_sound(walk->range, low, high)) return NOT_OURS;
    if (low == high) return DONE;
    if (walk->by_lanes) return walk_lanes(walk, person);
    if (walk->plan.ends_person && has_banned(walk, low, high)) return DONE;
    return walk_events(walk, low, high);
}

static Outcome walk_all(Walk *walk, const Places *into) {
    Outcome outcome = DONE;
    ready_lanes(walk);
    for (int64_t person = walk->range->first; person < walk->range->last && outcome == DONE; person++) {
        outcome = walk_person(walk, person);
        if (outcome == DONE) outcome = write_down(into, person, &walk->reached);
    }
    free(walk->events.at);
    free(walk->banned.at);
    free(walk->links.at);
    free(walk->numbers.at);
    free(walk->codes.at);
    free(walk->lanes.room.at);
    return outcome;
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

/* funnel_reached(range, meanings u32, actions, filter codes or None, plan i64, counts i64 in and out, rows i64 or None,
 * values codes or None, of_last, parts i64 in and out or None).
 *
 * Bit n of a meaning is step n, the bit after the last step is what must not happen. filter: only events whose code is
 * `wanted` count as steps. parts: by step and value, persons by the value of one event of the chain to the furthest step
 * that each reached: the last where `of_last`, else the first.
 */
PyObject *funnel_reached(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *table, *filter, *asked, *into, *listed, *column, *parted;
    Py_ssize_t actions, filtered = 0, size = 0, rows = 0, room = 0, valued = 0, cells = 0;
    Places places = {.rows = NULL};
    if (!PyArg_ParseTuple(args, "OOnOOOOOpO", &where, &table, &actions, &filter, &asked, &into, &listed, &column,
                          &places.of_last, &parted))
        return NULL;
    Held held = {.count = 0};
    Range range;
    Meanings meanings;
    Walk *walk = calloc(1, sizeof(Walk));
    if (!walk) return PyErr_NoMemory();
    walk->range = &range;
    walk->meanings = &meanings;
    hold_range(&held, where, &range);
    hold_meanings(&held, table, actions, &range, &meanings);
    walk->filter = hold_codes(&held, filter, &filtered);
    const int64_t *plan = hold(&held, asked, 8, &size, 0);
    places.counts = hold(&held, into, 8, &rows, 1);
    if (listed != Py_None) places.rows = hold(&held, listed, 8, &room, 1);
    places.values = hold_codes(&held, column, &valued);
    if (parted != Py_None) places.parts = hold(&held, parted, 8, &cells, 1);
    if (!held.failed) {
        int fits = read_plan(plan, size, &walk->plan) && rows == walk->plan.steps;
        fits = fits && (!walk->filter.width || filtered == range.events);
        places.capacity = range.last - range.first;
        fits = fits && (!places.rows || room == places.capacity * 3 * walk->plan.steps);
        places.different = fits ? cells / walk->plan.steps : 0;
        fits = fits && (!places.parts || (valued == range.events && cells == places.different * walk->plan.steps));
        if (!fits) {
            PyErr_SetString(PyExc_ValueError, "a plan, or room, that does not fit the steps");
            held.failed = 1;
        }
    }
    Outcome outcome = DONE;
    if (!held.failed) {
        Py_BEGIN_ALLOW_THREADS;
        outcome = walk_all(walk, &places);
        Py_END_ALLOW_THREADS;
    }
    free(walk);
    int failed = held.failed;
    release(&held);
    return failed ? NULL : told(outcome);
}
