/* Building a store: numbers for persons, a stable counting sort on them, and columns in that order.
 *
 * An order is of 32 bits: stores of four thousand million events are left to NumPy.
 */
#include "kernels.h"

#define AHEAD 16
#define NOBODY UINT32_MAX

static inline uint64_t spread(int64_t value) {
    uint64_t number = (uint64_t)value * UINT64_C(0x9E3779B97F4A7C15);
    return number ^ number >> 32;
}

/* Open addresses of persons by their own names. */
typedef struct {
    int64_t value;
    uint32_t number;
} Person;

static Person *people_of(uint64_t size) {
    Person *people = malloc(sizeof(Person) * size);
    for (uint64_t at = 0; people && at < size; at++) people[at].number = NOBODY;
    return people;
}

static inline uint64_t place_of(const Person *people, uint64_t size, int64_t value) {
    uint64_t at = spread(value) & (size - 1);
    while (people[at].number != NOBODY && people[at].value != value) at = (at + 1) & (size - 1);
    return at;
}

static Person *more_people(Person *people, uint64_t *size) {
    Person *found = people_of(*size * 4);
    if (found) {
        for (uint64_t at = 0; at < *size; at++)
            if (people[at].number != NOBODY) found[place_of(found, *size * 4, people[at].value)] = people[at];
        *size *= 4;
    }
    free(people);
    return found;
}

/* number(values i64, numbers u32 out, different i64 out) -> how many are different.
 *
 * Each value's number is how many others appeared before it; `different` has room for as many as there are values.
 */
PyObject *number(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *source, *into, *others;
    if (!PyArg_ParseTuple(args, "OOO", &source, &into, &others)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, room = 0, more = 0;
    const int64_t *values = hold(&held, source, 8, &rows, 0);
    uint32_t *numbers = hold(&held, into, 4, &room, 1);
    int64_t *different = hold(&held, others, 8, &more, 1);
    if (held.failed || room != rows || more < rows || rows >= NOBODY) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "buffers of different lengths");
        return NULL;
    }
    uint32_t count = 0;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    uint64_t size = 1 << 12;
    Person *people = people_of(size);
    for (Py_ssize_t row = 0; people && row < rows; row++) {
        if (row + AHEAD < rows) SOON(&people[spread(values[row + AHEAD]) & (size - 1)]);
        uint64_t at = place_of(people, size, values[row]);
        if (people[at].number == NOBODY) {
            people[at] = (Person){values[row], count};
            different[count] = values[row];
            numbers[row] = count++;
            if ((uint64_t)count * 2 > size) people = more_people(people, &size);
        } else {
            numbers[row] = people[at].number;
        }
    }
    if (!people) outcome = NO_MEMORY;
    free(people);
    Py_END_ALLOW_THREADS;
    release(&held);
    return outcome == DONE ? PyLong_FromUnsignedLong(count) : told(outcome);
}

/* scatter(persons u32, offsets i64 out, order u32 out): offsets of persons 0 to len(offsets) - 2. */
PyObject *scatter(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *numbers, *bounds, *into;
    if (!PyArg_ParseTuple(args, "OOO", &numbers, &bounds, &into)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t events, ends, places;
    const uint32_t *persons = hold(&held, numbers, 4, &events, 0);
    int64_t *offsets = hold(&held, bounds, 8, &ends, 1);
    uint32_t *order = hold(&held, into, 4, &places, 1);
    if (held.failed || ends < 1 || places != events || events >= UINT32_MAX) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "buffers of different lengths");
        return NULL;
    }
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    int64_t people = ends - 1;
    int64_t *next = malloc(sizeof(int64_t) * (size_t)(people + 1));
    if (!next) outcome = NO_MEMORY;
    if (outcome == DONE) {
        memset(offsets, 0, sizeof(int64_t) * (size_t)ends);
        for (int64_t place = 0; place < events; place++) {
            if (persons[place] >= people) {
                outcome = NOT_OURS;
                break;
            }
            offsets[persons[place] + 1]++;
        }
    }
    if (outcome == DONE) {
        for (int64_t person = 0; person < people; person++) {
            next[person] = offsets[person];
            offsets[person + 1] += offsets[person];
        }
        for (int64_t place = 0; place < events; place++) order[next[persons[place]]++] = (uint32_t)place;
    }
    free(next);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}

typedef struct {
    int64_t at;
    int64_t place;
} Moment;

/* Merge sort of runs that double, the first of them by insertion; equal moments keep their order. */
static Moment *sorted(Moment *rows, Moment *spare, int64_t count) {
    const int64_t run = 16;
    for (int64_t low = 0; low < count; low += run) {
        int64_t high = low + run < count ? low + run : count;
        for (int64_t next = low + 1; next < high; next++) {
            Moment moved = rows[next];
            int64_t hole = next;
            while (hole > low && rows[hole - 1].at > moved.at) {
                rows[hole] = rows[hole - 1];
                hole--;
            }
            rows[hole] = moved;
        }
    }
    for (int64_t width = run; width < count; width *= 2) {
        for (int64_t low = 0; low < count; low += 2 * width) {
            int64_t middle = low + width < count ? low + width : count;
            int64_t high = low + 2 * width < count ? low + 2 * width : count;
            int64_t left = low, right = middle;
            for (int64_t into = low; into < high; into++) {
                int from_left = left < middle && (right >= high || rows[left].at <= rows[right].at);
                spare[into] = from_left ? rows[left++] : rows[right++];
            }
        }
        Moment *other = rows;
        rows = spare;
        spare = other;
    }
    return rows;
}

/* settle(times i64, offsets i64, order u32 in and out, moments i64 out, first, last).
 *
 * times: as they were told, not yet in order. moments: in order.
 */
PyObject *settle(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *told_times, *bounds, *into, *ordered;
    long long first, last;
    if (!PyArg_ParseTuple(args, "OOOOLL", &told_times, &bounds, &into, &ordered, &first, &last)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t events, ends, places, room;
    const int64_t *times = hold(&held, told_times, 8, &events, 0);
    const int64_t *offsets = hold(&held, bounds, 8, &ends, 0);
    uint32_t *order = hold(&held, into, 4, &places, 1);
    int64_t *moments = hold(&held, ordered, 8, &room, 1);
    if (held.failed || places != events || room != events || first < 0 || last < first || last + 1 > ends) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "buffers of different lengths");
        return NULL;
    }
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    Room scratch = {NULL, 0};
    int64_t end = offsets[last];
    for (int64_t person = first; person < last && outcome == DONE; person++) {
        int64_t low = offsets[person], count = offsets[person + 1] - low;
        int late = 0;
        for (int64_t row = 0; row < count; row++) {
            SOON(&times[order[low + row + AHEAD < end ? low + row + AHEAD : low]]);
            moments[low + row] = times[order[low + row]];
            late |= row && moments[low + row] < moments[low + row - 1];
        }
        if (!late) continue;
        Moment *rows = room_for(&scratch, sizeof(Moment) * 2 * (size_t)count);
        if (!rows) {
            outcome = NO_MEMORY;
            break;
        }
        for (int64_t row = 0; row < count; row++) rows[row] = (Moment){moments[low + row], order[low + row]};
        rows = sorted(rows, rows + count, count);
        for (int64_t row = 0; row < count; row++) {
            order[low + row] = (uint32_t)rows[row].place;
            moments[low + row] = rows[row].at;
        }
    }
    free(scratch.at);
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}

#define GATHER(kind)                                                                                     \
    for (int64_t row = low; row < high; row++) {                                                         \
        if (order[row] >= (uint64_t)count) {                                                             \
            outcome = NOT_OURS;                                                                          \
            break;                                                                                       \
        }                                                                                                \
        ((kind *)to)[row] = ((const kind *)from)[order[row]];                                            \
    }

/* gather(from, order u32, to out, item, low, high): to[row] = from[order[row]], items of 1, 2, 4 or 8 bytes. */
PyObject *gather(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *source, *ordered, *into;
    long long low, high;
    Py_ssize_t item;
    if (!PyArg_ParseTuple(args, "OOOnLL", &source, &ordered, &into, &item, &low, &high)) return NULL;
    if (item != 1 && item != 2 && item != 4 && item != 8) {
        PyErr_Format(PyExc_ValueError, "items have 1, 2, 4 or 8 bytes, not %zd", item);
        return NULL;
    }
    Held held = {.count = 0};
    Py_ssize_t count, rows, room;
    const void *from = hold(&held, source, item, &count, 0);
    const uint32_t *order = hold(&held, ordered, 4, &rows, 0);
    void *to = hold(&held, into, item, &room, 1);
    if (held.failed || room != rows || low < 0 || high < low || high > rows) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "buffers of different lengths");
        return NULL;
    }
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    switch (item) {
    case 1: GATHER(uint8_t) break;
    case 2: GATHER(uint16_t) break;
    case 4: GATHER(uint32_t) break;
    default: GATHER(uint64_t)
    }
    Py_END_ALLOW_THREADS;
    release(&held);
    return told(outcome);
}
