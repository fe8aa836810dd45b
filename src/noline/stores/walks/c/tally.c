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

static void give_back(Tally *tally) {
    free(tally->cells);
    free(tally);
}

static void end_capsule(PyObject *capsule) { give_back(PyCapsule_GetPointer(capsule, TALLY)); }

PyObject *capsule_of(Tally *tally, Outcome outcome) {
    if (outcome == DONE) outcome = settle_tally(tally);
    PyObject *found = outcome == DONE ? PyCapsule_New(tally, TALLY, end_capsule) : told(outcome);
    if (!found) give_back(tally);
    return found;
}

/* Add what one has counted to another. */
static Outcome add_all(Tally *tally, const Tally *other) {
    Outcome outcome = DONE;
    for (uint64_t one = 0; one < other->size && outcome == DONE; one++)
        if (other->cells[one].count) outcome = add_to(tally, other->cells[one].number, other->cells[one].count);
    return outcome == DONE ? settle_tally(tally) : outcome;
}

/* (numbers u64, counts i64) as bytes, in no order. */
static PyObject *counts_of(const Tally *tally) {
    Py_ssize_t size = (Py_ssize_t)(tally->different * 8);
    PyObject *numbers = PyBytes_FromStringAndSize(NULL, size), *found = NULL;
    PyObject *counts = PyBytes_FromStringAndSize(NULL, size);
    if (numbers && counts) {
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
    return found;
}

/* What tallies of a list have counted, which have counted nothing from now on. */
static Tally *take(PyObject *list, Py_ssize_t *count) {
    *count = PyList_Size(list);
    if (*count < 0) return NULL;
    for (Py_ssize_t one = 0; one < *count; one++)
        if (!PyCapsule_IsValid(PyList_GetItem(list, one), TALLY)) *count = 0;
    if (!*count) {
        PyErr_SetString(PyExc_ValueError, "no tallies, or something else among them");
        return NULL;
    }
    Tally *taken = malloc(sizeof(Tally) * (size_t)*count);
    if (!taken) return (Tally *)PyErr_NoMemory();
    for (Py_ssize_t one = 0; one < *count; one++) {
        Tally *tally = PyCapsule_GetPointer(PyList_GetItem(list, one), TALLY);
        taken[one] = *tally;
        *tally = (Tally){.cells = NULL};
    }
    return taken;
}

/* together(tallies) -> (numbers u64, counts i64) as bytes, in no order: what was counted in several parts, each number
 * once. The tallies are empty then.
 *
 * The others are added to the one that has most.
 */
PyObject *together(PyObject *module, PyObject *list) {
    (void)module;
    Py_ssize_t count = 0, most = 0;
    Tally *tallies = take(list, &count);
    if (!tallies) return NULL;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    for (Py_ssize_t one = 1; one < count; one++)
        if (tallies[one].different > tallies[most].different) most = one;
    for (Py_ssize_t one = 0; one < count && outcome == DONE; one++)
        if (one != most) outcome = add_all(&tallies[most], &tallies[one]);
    Py_END_ALLOW_THREADS;
    PyObject *found = outcome == DONE ? counts_of(&tallies[most]) : told(outcome);
    for (Py_ssize_t one = 0; one < count; one++) free(tallies[one].cells);
    free(tallies);
    return found;
}
