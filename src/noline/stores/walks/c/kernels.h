/* Loops over the buffers of a walk store. Each says what its NumPy twin says, to the last byte; the twins are the
 * definition, and the tests hold both against each other.
 *
 * Every function takes a range of persons, touches nothing else, and runs without the interpreter's lock, so that
 * threads may walk ranges side by side.
 */
#ifndef NOLINE_KERNELS_H
#define NOLINE_KERNELS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define NEVER (-((int64_t)1 << 62))
#define FURTHEST ((int64_t)1 << 60) /* moments beyond this, 36,000 years from 1970, are left to NumPy */
#define NO_LIMIT ((int64_t)1 << 61)
#define DAY_US INT64_C(86400000000)

typedef enum { DONE = 0, NO_MEMORY = 1, NOT_OURS = 2 } Outcome;

/* Codes of a column, in the width that it has. */
typedef struct {
    const void *codes;
    int width; /* bytes; 0: there is no such column */
} Codes;

static inline uint32_t code_at(Codes column, int64_t place) {
    switch (column.width) {
    case 1: return ((const uint8_t *)column.codes)[place];
    case 2: return ((const uint16_t *)column.codes)[place];
    case 4: return ((const uint32_t *)column.codes)[place];
    default: return 0;
    }
}

/* The events of a range of persons. Times rise within a person; person p has the places offsets[p] to offsets[p+1]. */
typedef struct {
    const int64_t *times;
    Codes channels;
    Codes actions;
    const int64_t *offsets;
    int64_t events;
    int64_t first; /* person */
    int64_t last;  /* the person after the last */
} Range;

/* What an event means: a bit for each question, by channel * actions + action; by action alone when one_row. */
typedef struct {
    const uint32_t *bits;
    int64_t size;
    int64_t actions;
    int one_row;
    int narrow; /* one row, of codes of one byte: of_byte says it at once */
    uint32_t of_byte[256];
} Meanings;

static inline uint32_t meaning_at(const Range *range, const Meanings *table, int64_t place) {
    if (table->narrow) return table->of_byte[((const uint8_t *)range->actions.codes)[place]];
    int64_t number = code_at(range->actions, place);
    if (!table->one_row) number += (int64_t)code_at(range->channels, place) * table->actions;
    return number < table->size ? table->bits[number] : 0;
}

/* Whether a person's moments are such that sums of them cannot run over. */
static inline int is_sound(const Range *range, int64_t low, int64_t high) {
    return low == high || (range->times[low] > -FURTHEST && range->times[high - 1] < FURTHEST);
}

/* Room that grows; what it held is not kept. */
typedef struct {
    void *at;
    size_t size;
} Room;

static inline void *room_for(Room *room, size_t size) {
    if (size > room->size) {
        free(room->at);
        room->size = size + size / 2;
        room->at = malloc(room->size);
        if (!room->at) room->size = 0;
    }
    return room->at;
}

/* Bits of a word. lowest, highest: which is the first and the last that is set; one must be. */
#if defined(__GNUC__)
static inline int lowest(uint64_t bits) { return __builtin_ctzll(bits); }
static inline int highest(uint64_t bits) { return 63 - __builtin_clzll(bits); }
#else
static inline int highest(uint64_t bits) {
    int found = 0;
    while (bits >>= 1) found++;
    return found;
}
static inline int lowest(uint64_t bits) { return highest(bits & (~bits + 1)); }
#endif

/* Buffers of Python objects, given back together. */
#define MOST_HELD 12
typedef struct {
    Py_buffer views[MOST_HELD];
    int count;
    int failed;
} Held;

void *hold(Held *held, PyObject *object, Py_ssize_t item, Py_ssize_t *length, int writable);
Codes hold_codes(Held *held, PyObject *object, Py_ssize_t *length);
void release(Held *held);
int hold_range(Held *held, PyObject *tuple, Range *range);
int hold_meanings(Held *held, PyObject *object, Py_ssize_t actions, const Range *range, Meanings *table);
PyObject *told(Outcome outcome);

#if defined(__GNUC__)
#define SOON(place) __builtin_prefetch(place)
#else
#define SOON(place) ((void)(place))
#endif

/* Numbers and how often each was seen, with open addresses. A cell without a count is free.
 *
 * Numbers wait for each other, so that their cells come from memory together.
 */
typedef struct {
    uint64_t number;
    int64_t count;
} Cell;

#define MOST_WAITING 64
typedef struct {
    Cell *cells;
    uint64_t size, different;
    Cell waiting[MOST_WAITING];
    int waiting_count;
} Tally;

#define TALLY "noline.tally"

Outcome settle_tally(Tally *tally);

/* A tally that malloc gave, for `together`; what the outcome says where it is not done. */
PyObject *capsule_of(Tally *tally, Outcome outcome);

static inline uint64_t scrambled(uint64_t number) {
    number ^= number >> 32;
    number *= UINT64_C(0x9E3779B97F4A7C15);
    return number ^ number >> 29;
}

/* count: above 0. */
static inline Outcome add_to(Tally *tally, uint64_t number, int64_t count) {
    if (tally->waiting_count == MOST_WAITING && settle_tally(tally) != DONE) return NO_MEMORY;
    if (tally->size) SOON(&tally->cells[scrambled(number) & (tally->size - 1)]);
    tally->waiting[tally->waiting_count++] = (Cell){number, count};
    return DONE;
}

PyObject *number(PyObject *module, PyObject *args);
PyObject *scatter(PyObject *module, PyObject *args);
PyObject *settle(PyObject *module, PyObject *args);
PyObject *gather(PyObject *module, PyObject *args);
PyObject *funnel_counts(PyObject *module, PyObject *args);
PyObject *funnel_reached(PyObject *module, PyObject *args);
PyObject *visit_counts(PyObject *module, PyObject *args);
PyObject *visits(PyObject *module, PyObject *args);
PyObject *handoffs(PyObject *module, PyObject *args);
PyObject *drop_offs(PyObject *module, PyObject *args);
PyObject *together(PyObject *module, PyObject *list);

#endif
