/* Persons of each step when all that is asked is an order and a window: the plainest funnel, and the most frequent.
 *
 * latest[k] is the latest moment at which a chain of steps 0 to k - 1 can have begun; where none is done, now. Whether the
 * window has closed since is asked only when a step is reached: a begin that has expired is later than the one it
 * replaces, which has expired as well. The first step is one like the others, and an event of no step is one of a step
 * behind the last, so that no branch has to be guessed.
 */
#include "kernels.h"

#define MOST_STEPS 30

typedef struct {
    const uint8_t *of_action;
    int64_t window;
    int count;
    Codes filter;
    uint32_t wanted;
} Steps;

/* Whether the step is reached now, as its bit. */
static inline uint32_t advance(int64_t *latest, int step, int64_t now, int64_t window) {
    latest[0] = now;
    int64_t before = latest[step];
    latest[step + 1] = before;
    return (uint32_t)(now - before <= window) << step;
}

static inline int step_at(const Range *range, const Steps *steps, int64_t place, int wide, int filtered) {
    const void *actions = range->actions.codes;
    int step = steps->of_action[wide ? ((const uint16_t *)actions)[place] : ((const uint8_t *)actions)[place]];
    return filtered && code_at(steps->filter, place) != steps->wanted ? steps->count : step;
}

/* Equal moments count either way: what happened at this one, in the order of the steps. */
static uint32_t advance_all(int64_t *latest, uint32_t tied, int64_t now, const Steps *steps) {
    uint32_t reached = 0;
    for (int step = 0; step < steps->count; step++)
        if (tied >> step & 1) reached |= advance(latest, step, now, steps->window);
    return reached;
}

static inline Outcome count_plain(const Range *range, const Steps *asked, int64_t *counts, uint32_t *levels, int wide,
                                  int filtered) {
    const int64_t *times = range->times;
    const Steps steps = *asked;
    int64_t latest[MOST_STEPS + 3];
    for (int64_t person = range->first; person < range->last; person++) {
        int64_t low = range->offsets[person], high = range->offsets[person + 1];
        if (!is_sound(range, low, high)) return NOT_OURS;
        for (int step = 0; step < steps.count; step++) latest[step + 1] = NEVER;
        int64_t before = NEVER, tied_at = -1;
        uint32_t tied = 0, reached = 0;
        for (int64_t place = low; place < high; place++) {
            int64_t now = times[place];
            int step = step_at(range, &steps, place, wide, filtered);
            if (now == before) {
                if (tied_at != place - 1) tied = UINT32_C(1) << step_at(range, &steps, place - 1, wide, filtered);
                tied |= UINT32_C(1) << step;
                tied_at = place;
                reached |= advance_all(latest, tied, now, &steps);
            } else {
                reached |= advance(latest, step, now, steps.window);
            }
            before = now;
        }
        for (int step = 0; step < steps.count; step++) counts[step] += reached >> step & 1;
        if (levels) levels[person - range->first] = reached & ((UINT32_C(1) << steps.count) - 1);
    }
    return DONE;
}

static Outcome count_funnel(const Range *range, const Steps *steps, int64_t *counts, uint32_t *levels) {
    int filtered = steps->filter.width != 0;
    if (range->actions.width == 2)
        return filtered ? count_plain(range, steps, counts, levels, 1, 1) : count_plain(range, steps, counts, levels, 1, 0);
    return filtered ? count_plain(range, steps, counts, levels, 0, 1) : count_plain(range, steps, counts, levels, 0, 0);
}

/* funnel_counts(range, step of each action u8, steps, window, filter codes or None, wanted, counts i64 in and out,
 * levels u32 out or None).
 *
 * An action of no step has the number of steps; the table holds every code there may be (256 or 65,536). filter: only
 * events whose code is `wanted` count. levels: for each person of the range the steps reached, a bit for each.
 */
PyObject *funnel_counts(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *table, *filter, *into, *listed;
    int count;
    unsigned int wanted;
    long long window;
    if (!PyArg_ParseTuple(args, "OOiLOIOO", &where, &table, &count, &window, &filter, &wanted, &into, &listed)) return NULL;
    Held held = {.count = 0};
    Range range;
    Py_ssize_t size = 0, rows = 0, filtered = 0, people = 0;
    hold_range(&held, where, &range);
    const uint8_t *numbers = hold(&held, table, 1, &size, 0);
    Codes codes = hold_codes(&held, filter, &filtered);
    int64_t *counts = hold(&held, into, 8, &rows, 1);
    uint32_t *levels = listed == Py_None ? NULL : hold(&held, listed, 4, &people, 1);
    int width = held.failed ? 0 : range.actions.width;
    int whole = (width == 1 && size == 256) || (width == 2 && size == 65536);
    whole = whole && (!codes.width || filtered == range.events);
    whole = whole && (!levels || people == range.last - range.first);
    if (!held.failed && (!whole || count < 1 || count > MOST_STEPS || rows != count)) {
        PyErr_SetString(PyExc_ValueError, "the steps are not those of the actions");
        held.failed = 1;
    }
    for (Py_ssize_t code = 0; !held.failed && code < size; code++)
        if (numbers[code] > count) {
            PyErr_SetString(PyExc_ValueError, "an action of a step that there is not");
            held.failed = 1;
        }
    if (held.failed) {
        release(&held);
        return NULL;
    }
    Steps steps = {numbers, window < 0 || window > NO_LIMIT ? NO_LIMIT : window, count, codes, wanted};
    Outcome outcome;
    Py_BEGIN_ALLOW_THREADS;
    outcome = count_funnel(&range, &steps, counts, levels);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}
