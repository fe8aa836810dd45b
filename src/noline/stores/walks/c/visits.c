/* Visits, and the hand-offs between them. */
#include "visits.h"

#define BIN_BITS 4
#define EACH_DOUBLING (1 << BIN_BITS)
#define LONGEST_GAP ((INT64_C(1) << 53) - 1)
#define BINS ((53 - BIN_BITS + 1) * EACH_DOUBLING)

/* pauses: the longest within a visit for each channel there is, then that of a journey. */
int hold_pauses(Held *held, PyObject *object, Pauses *pauses) {
    Py_ssize_t size = 0;
    const int64_t *rows = hold(held, object, 8, &size, 0);
    if (held->failed) return 0;
    if (size < 1 || size > MOST_CHANNELS + 1) {
        PyErr_SetString(PyExc_ValueError, "pauses of more channels than there can be");
        held->failed = 1;
        return 0;
    }
    for (Py_ssize_t channel = 0; channel < size - 1; channel++) {
        int64_t pause = rows[channel];
        pauses->within[channel] = pause > NO_LIMIT ? NO_LIMIT : pause;
    }
    pauses->journey = rows[size - 1] > NO_LIMIT ? NO_LIMIT : rows[size - 1];
    pauses->channels = size - 1;
    return 1;
}

/* Whether each event's channel is one that there is a pause for. */
int narrow_channels(Held *held, const Range *range, const Pauses *pauses) {
    if (held->failed) return 0;
    if (range->channels.width == 1) {
        const uint8_t *codes = range->channels.codes;
        int64_t low = range->offsets[range->first], high = range->offsets[range->last];
        uint8_t largest = 0;
        for (int64_t place = low; place < high; place++) largest = codes[place] > largest ? codes[place] : largest;
        if (low == high || largest < pauses->channels) return 1;
    }
    PyErr_SetString(PyExc_ValueError, "channels of one byte are needed, and a pause for each");
    held->failed = 1;
    return 0;
}

/* visit_counts(range, pauses, counts i64 in and out by channel). */
PyObject *visit_counts(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *into;
    if (!PyArg_ParseTuple(args, "OOO", &where, &paused, &into)) return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Py_ssize_t size = 0;
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    int64_t *counts = hold(&held, into, 8, &size, 1);
    if (!narrow_channels(&held, &range, &pauses) || size != pauses.channels) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "no count for each channel");
        return NULL;
    }
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    const uint8_t *channels = range.channels.codes;
    int64_t latest[MOST_CHANNELS];
    for (int64_t person = range.first; person < range.last; person++) {
        int64_t low = range.offsets[person], high = range.offsets[person + 1];
        if (!is_sound(&range, low, high)) {
            outcome = NOT_OURS;
            break;
        }
        for (int64_t channel = 0; channel < pauses.channels; channel++) latest[channel] = NEVER;
        for (int64_t place = low; place < high; place++) {
            uint32_t channel = channels[place];
            int64_t now = range.times[place];
            counts[channel] += begins(&pauses, channel, latest[channel], now);
            latest[channel] = now;
        }
    }
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}

/* visits(range, pauses, first i64 out, last i64 out, channels i64 out, persons i64 out, opens u8 out) -> how many.
 *
 * There is room for as many as were counted before.
 */
PyObject *visits(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *firsts, *lasts, *codes, *numbers, *begin;
    if (!PyArg_ParseTuple(args, "OOOOOOO", &where, &paused, &firsts, &lasts, &codes, &numbers, &begin)) return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Py_ssize_t room[5] = {0};
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    int64_t *first = hold(&held, firsts, 8, &room[0], 1), *last = hold(&held, lasts, 8, &room[1], 1);
    int64_t *channel = hold(&held, codes, 8, &room[2], 1), *person_of = hold(&held, numbers, 8, &room[3], 1);
    uint8_t *opening = hold(&held, begin, 1, &room[4], 1);
    if (!narrow_channels(&held, &range, &pauses)) {
        release(&held);
        return NULL;
    }
    Outcome outcome = DONE;
    int64_t count = 0, most = room[0];
    for (int one = 1; one < 5; one++) most = room[one] < most ? room[one] : most;
    Py_BEGIN_ALLOW_THREADS;
    Visiting visiting = {.range = &range, .pauses = &pauses};
    for (int64_t person = range.first; person < range.last && outcome == DONE; person++) {
        outcome = visit(&visiting, person);
        if (outcome == DONE && count + visiting.count > most) outcome = NOT_OURS;
        int64_t ended = NEVER;
        for (int64_t one = 0; one < visiting.count && outcome == DONE; one++, count++) {
            const Visit *found = &visiting.visits[one];
            first[count] = found->first;
            last[count] = found->last;
            channel[count] = found->channel;
            person_of[count] = person;
            opening[count] = (uint8_t)opens(&visiting, found, &ended);
        }
    }
    end_visiting(&visiting);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}

/* The bin of a length of time, as histogram.py parts them. */
static inline int64_t bin_of(int64_t gap) {
    if (gap < EACH_DOUBLING) return gap < 0 ? 0 : gap;
    if (gap > LONGEST_GAP) gap = LONGEST_GAP;
    double exact = (double)gap;
    uint64_t bits;
    memcpy(&bits, &exact, sizeof(bits));
    int64_t above = (int64_t)(bits >> 52) - 1023 - BIN_BITS;
    return above * EACH_DOUBLING + (gap >> above);
}

typedef struct {
    int64_t *visits, *borders, *persons, *gaps, *seen;
    int64_t journeys;
} Matrix;

static void count_borders(Matrix *matrix, const Visiting *visiting, int64_t person) {
    int64_t ended = NEVER;
    for (int64_t number = 0; number < visiting->count; number++) {
        const Visit *visit = &visiting->visits[number];
        int first = opens(visiting, visit, &ended);
        matrix->visits[visit->channel]++;
        matrix->journeys += first;
        if (first || visit[-1].channel == visit->channel) continue;
        int64_t border = visit[-1].channel * visiting->pauses->channels + visit->channel;
        matrix->borders[border]++;
        matrix->gaps[border * BINS + bin_of(visit->began - visit[-1].ended)]++;
        matrix->persons[border] += matrix->seen[border] != person;
        matrix->seen[border] = person;
    }
}

static Outcome all_borders(const Range *range, const Pauses *pauses, Matrix *matrix) {
    int64_t borders = pauses->channels * pauses->channels;
    matrix->seen = malloc(sizeof(int64_t) * (size_t)(borders + 1));
    if (!matrix->seen) return NO_MEMORY;
    for (int64_t border = 0; border < borders; border++) matrix->seen[border] = -1;
    Visiting visiting = {.range = range, .pauses = pauses};
    Outcome outcome = DONE;
    for (int64_t person = range->first; person < range->last && outcome == DONE; person++) {
        outcome = visit(&visiting, person);
        if (outcome == DONE) count_borders(matrix, &visiting, person);
    }
    end_visiting(&visiting);
    free(matrix->seen);
    return outcome;
}

/* handoffs(range, pauses, visits i64, borders i64, persons i64, gaps i64, journeys i64), all but the first two in and
 * out: by channel, by border (sender * channels + receiver), by border * BINS + bin, and one number.
 */
PyObject *handoffs(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *visited, *handed, *people, *waited, *began;
    if (!PyArg_ParseTuple(args, "OOOOOOO", &where, &paused, &visited, &handed, &people, &waited, &began)) return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Matrix matrix = {.journeys = 0};
    Py_ssize_t size[5] = {0};
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    matrix.visits = hold(&held, visited, 8, &size[0], 1);
    matrix.borders = hold(&held, handed, 8, &size[1], 1);
    matrix.persons = hold(&held, people, 8, &size[2], 1);
    matrix.gaps = hold(&held, waited, 8, &size[3], 1);
    int64_t *journeys = hold(&held, began, 8, &size[4], 1);
    narrow_channels(&held, &range, &pauses);
    Py_ssize_t borders = held.failed ? 0 : (Py_ssize_t)(pauses.channels * pauses.channels);
    int fits = !held.failed && size[0] == pauses.channels && size[1] == borders && size[2] == borders;
    if (!fits || size[3] != borders * BINS || size[4] != 1) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "tables that do not fit the channels");
        return NULL;
    }
    Outcome outcome;
    Py_BEGIN_ALLOW_THREADS;
    outcome = all_borders(&range, &pauses, &matrix);
    *journeys += matrix.journeys;
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}
