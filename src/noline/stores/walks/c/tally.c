/* Different numbers, and how often each was seen. */
#include "kernels.h"

#define LEAST_CELLS (1 << 12)

static Cell *cell_of(const Tally *tally, uint64_t number) {
    uint64_t at = scrambled(number) & (tally->size - 1);
    while (tally->cells[at].count && tally->cells[at].number != number) at = (at + 1) & (tally->size - 1);
    return &tally->cells[at];
}

static Outcome grow(Tally *tally) {
    Cell *cells = tally->cells;
    uint64_t size = tally->size;
    tally->size = size ? size * 4 : LEAST_CELLS;
    tally->cells = calloc(tally->size, sizeof(Cell));
    if (tally->cells)
        for (uint64_t one = 0; one < size; one++)
            if (cells[one].count) *cell_of(tally, cells[one].number) = cells[one];
    free(cells);
    return tally->cells ? DONE : NO_MEMORY;
}

/* Count what waits. */
Outcome settle_tally(Tally *tally) {
    if ((tally->different + MOST_WAITING) * 4 > tally->size * 3 && grow(tally) != DONE) return NO_MEMORY;
    for (int one = 0; one < tally->waiting_count; one++) {
        Cell *cell = cell_of(tally, tally->waiting[one].number);
        tally->different += !cell->count;
        cell->number = tally->waiting[one].number;
        cell->count += tally->waiting[one].count;
    }
    tally->waiting_count = 0;
    return DONE;
}

/* (numbers u64, counts i64) as bytes, in no order; the cells are given back. */
PyObject *counts_of(Tally *tally, Outcome outcome) {
    PyObject *found = NULL;
    if (outcome == DONE) outcome = settle_tally(tally);
    Py_ssize_t size = (Py_ssize_t)(tally->different * 8);
    PyObject *numbers = outcome == DONE ? PyBytes_FromStringAndSize(NULL, size) : NULL;
    PyObject *counts = numbers ? PyBytes_FromStringAndSize(NULL, size) : NULL;
    if (counts) {
        uint64_t *number = (uint64_t *)PyBytes_AsString(numbers);
        int64_t *count = (int64_t *)PyBytes_AsString(counts);
        for (uint64_t one = 0; one < tally->size; one++) {
            if (!tally->cells[one].count) continue;
            *number++ = tally->cells[one].number;
            *count++ = tally->cells[one].count;
        }
        found = PyTuple_Pack(2, numbers, counts);
    }
    Py_XDECREF(numbers);
    Py_XDECREF(counts);
    free(tally->cells);
    return outcome == DONE ? found : told(outcome);
}

/* tally(numbers u64, counts i64) -> (numbers, counts) as bytes: each number once, with the sum of its counts, all of
 * which are above 0.
 */
PyObject *tally(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *source, *often;
    if (!PyArg_ParseTuple(args, "OO", &source, &often)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, other = 0;
    const uint64_t *numbers = hold(&held, source, 8, &rows, 0);
    const int64_t *counts = hold(&held, often, 8, &other, 0);
    if (held.failed || other != rows) {
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "not a count for each number");
        return NULL;
    }
    Tally found = {.cells = NULL};
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t row = 0; row < rows && outcome == DONE; row++)
        outcome = counts[row] > 0 ? add_to(&found, numbers[row], counts[row]) : NOT_OURS;
    Py_END_ALLOW_THREADS;
    release(&held);
    return counts_of(&found, outcome);
}
