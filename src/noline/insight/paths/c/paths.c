/* Loops over paths: sets of channels, moves between states, and one step of a chain. Each says what its twin in NumPy
 * says, to the last byte; they run without the interpreter's lock, so that threads may take parts of the paths.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What kernels.py asks for; it grows with every change of what a loop takes or gives. */
#define EDITION 1

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

/* Buffers of Python objects, given back together. */
typedef struct {
    Py_buffer views[8];
    int count;
    int failed;
} Held;

static void *hold(Held *held, PyObject *object, Py_ssize_t item, Py_ssize_t *length, int writable) {
    if (held->failed) return NULL;
    Py_buffer *view = &held->views[held->count];
    if (PyObject_GetBuffer(object, view, writable ? PyBUF_WRITABLE : PyBUF_SIMPLE) < 0) {
        held->failed = 1;
        return NULL;
    }
    held->count++;
    *length = view->len / item;
    return view->buf;
}

static void release(Held *held) {
    while (held->count) PyBuffer_Release(&held->views[--held->count]);
}

static void refuse(Held *held, const char *why) {
    if (!held->failed) PyErr_SetString(PyExc_ValueError, why);
    held->failed = 1;
}

/* Paths from `first` to before `last`. Codes have 1 or 2 bytes. */
typedef struct {
    const int64_t *offsets;
    const void *codes;
    int wide;
    int64_t first, last, touches, paths;
} Part;

static inline int64_t code_at(const Part *part, int64_t place) {
    return part->wide ? ((const uint16_t *)part->codes)[place] : ((const uint8_t *)part->codes)[place];
}

static int hold_part(Held *held, PyObject *offsets, PyObject *codes, long long first, long long last, int64_t names,
                     Part *part) {
    Py_ssize_t bounds = 0;
    part->offsets = hold(held, offsets, 8, &bounds, 0);
    if (held->failed) return 0;
    Py_buffer *view = &held->views[held->count];
    if (PyObject_GetBuffer(codes, view, PyBUF_ND) < 0) {
        held->failed = 1;
        return 0;
    }
    held->count++;
    part->codes = view->buf;
    part->wide = view->itemsize == 2;
    part->touches = view->len / view->itemsize;
    part->paths = bounds - 1;
    part->first = first;
    part->last = last;
    if ((view->itemsize != 1 && view->itemsize != 2) || first < 0 || last < first || last >= bounds) {
        refuse(held, "codes of another width, or paths that there are not");
        return 0;
    }
    for (long long path = first; path < last; path++)
        if (part->offsets[path] < 0 || part->offsets[path] > part->offsets[path + 1] ||
            part->offsets[path + 1] > part->touches) {
            refuse(held, "paths that lie outside of the touches");
            return 0;
        }
    if (first < last)
        for (int64_t place = part->offsets[first]; place < part->offsets[last]; place++)
            if (code_at(part, place) >= names) {
                refuse(held, "a code without a name");
                return 0;
            }
    return 1;
}

/* sets(offsets i64, codes, amounts i64[columns][paths], columns, names, ranks, by_place, first, last, table i64).
 *
 * table[column][channel][different - 1], by_place: [column][channel][different - 1][place], gets the amounts of the
 * paths with so many different channels, of which the channel is one (and the place-th to appear).
 */
typedef struct {
    const int64_t *amounts;
    int64_t columns, names, ranks, by_place;
    int64_t *table, *seen, *found;
} Sets;

static int count_sets(const Part *part, const Sets *sets) {
    int64_t places = sets->by_place ? sets->ranks : 1, row = sets->ranks * places;
    for (int64_t path = part->first; path < part->last; path++) {
        int64_t different = 0;
        for (int64_t place = part->offsets[path]; place < part->offsets[path + 1]; place++) {
            int64_t code = code_at(part, place);
            if (sets->seen[code] == path) continue;
            if (different == sets->ranks) return 0;
            sets->seen[code] = path;
            sets->found[different++] = code;
        }
        for (int64_t column = 0; column < sets->columns; column++) {
            int64_t amount = sets->amounts[column * part->paths + path];
            if (!amount) continue;
            int64_t *table = sets->table + column * sets->names * row + (different - 1) * places;
            for (int64_t rank = 0; rank < different; rank++)
                table[sets->found[rank] * row + (sets->by_place ? rank : 0)] += amount;
        }
    }
    return 1;
}

static PyObject *sets(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *offsets, *codes, *amounts, *into;
    long long columns, names, ranks, by_place, first, last;
    if (!PyArg_ParseTuple(args, "OOOLLLLLLO", &offsets, &codes, &amounts, &columns, &names, &ranks, &by_place, &first,
                          &last, &into))
        return NULL;
    Held held = {.count = 0};
    Part part;
    Py_ssize_t told = 0, room = 0;
    hold_part(&held, offsets, codes, first, last, names, &part);
    Sets work = {.columns = columns, .names = names, .ranks = ranks, .by_place = by_place};
    work.amounts = hold(&held, amounts, 8, &told, 0);
    work.table = hold(&held, into, 8, &room, 1);
    if (!held.failed && (told != columns * part.paths || room != columns * names * ranks * (by_place ? ranks : 1)))
        refuse(&held, "amounts, or a table, of another size");
    int fits = 1;
    if (!held.failed) {
        work.seen = malloc(sizeof(int64_t) * (size_t)(names + 1));
        work.found = malloc(sizeof(int64_t) * (size_t)(ranks + 1));
        if (!work.seen || !work.found) {
            PyErr_NoMemory();
            held.failed = 1;
        } else {
            for (long long name = 0; name < names; name++) work.seen[name] = -1;
            Py_BEGIN_ALLOW_THREADS;
            fits = count_sets(&part, &work);
            Py_END_ALLOW_THREADS;
        }
        free(work.seen);
        free(work.found);
    }
    if (!fits) refuse(&held, "more different channels in a path than there are ranks");
    release(&held);
    if (held.failed) return NULL;
    Py_RETURN_NONE;
}

/* moves(offsets i64, codes, happened i64, base, states, first, last, table i64, ends i64).
 *
 * A state is the last touches as digits of `base`, code + 1 each, 0 where there was none; `states` is base to the power
 * of the order. table[state * base + code + 1] gets how often a path went on from there by this touch; ends[path] is
 * the state that it ended in.
 */
static PyObject *moves(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *offsets, *codes, *counts, *into, *last_states;
    long long base, states, first, last;
    if (!PyArg_ParseTuple(args, "OOOLLLLOO", &offsets, &codes, &counts, &base, &states, &first, &last, &into,
                          &last_states))
        return NULL;
    Held held = {.count = 0};
    Part part;
    Py_ssize_t told = 0, room = 0, kept = 0;
    hold_part(&held, offsets, codes, first, last, base - 1, &part);
    const int64_t *happened = hold(&held, counts, 8, &told, 0);
    int64_t *table = hold(&held, into, 8, &room, 1);
    int64_t *ends = hold(&held, last_states, 8, &kept, 1);
    if (!held.failed && (told != part.paths || kept != part.paths || states < 1 || room != states * base))
        refuse(&held, "counts, or a table, of another size");
    if (!held.failed) {
        Py_BEGIN_ALLOW_THREADS;
        for (int64_t path = part.first; path < part.last; path++) {
            int64_t state = 0, weight = happened[path];
            for (int64_t place = part.offsets[path]; place < part.offsets[path + 1]; place++) {
                int64_t key = state * base + code_at(&part, place) + 1;
                table[key] += weight;
                state = key % states;
            }
            ends[path] = state;
        }
        Py_END_ALLOW_THREADS;
    }
    release(&held);
    if (held.failed) return NULL;
    Py_RETURN_NONE;
}

/* Open addresses of moves that are too many for a table. */
typedef struct {
    int64_t *keys, *counts;
    uint64_t size, used;
} Tally;

static inline uint64_t address(const Tally *tally, int64_t key) {
    uint64_t at = (uint64_t)key * UINT64_C(0x9E3779B97F4A7C15);
    at = (at ^ at >> 32) & (tally->size - 1);
    while (tally->keys[at] >= 0 && tally->keys[at] != key) at = (at + 1) & (tally->size - 1);
    return at;
}

static int open_tally(Tally *tally, uint64_t size) {
    tally->keys = malloc(sizeof(int64_t) * size);
    tally->counts = calloc(size, sizeof(int64_t));
    tally->size = size;
    tally->used = 0;
    if (!tally->keys || !tally->counts) return 0;
    memset(tally->keys, 0xFF, sizeof(int64_t) * size);
    return 1;
}

static void close_tally(Tally *tally) {
    free(tally->keys);
    free(tally->counts);
    tally->keys = tally->counts = NULL;
}

static int grow(Tally *tally) {
    Tally larger;
    int fits = open_tally(&larger, tally->size * 4);
    for (uint64_t at = 0; fits && at < tally->size; at++) {
        if (tally->keys[at] < 0) continue;
        uint64_t to = address(&larger, tally->keys[at]);
        larger.keys[to] = tally->keys[at];
        larger.counts[to] = tally->counts[at];
    }
    larger.used = tally->used;
    close_tally(tally);
    *tally = larger;
    return fits;
}

static int count_tally(const Part *part, const int64_t *happened, int64_t base, int64_t states, int64_t *ends,
                       Tally *tally) {
    if (!open_tally(tally, 1 << 16)) return 0;
    for (int64_t path = part->first; path < part->last; path++) {
        int64_t state = 0;
        for (int64_t place = part->offsets[path]; place < part->offsets[path + 1]; place++) {
            int64_t key = state * base + code_at(part, place) + 1;
            uint64_t at = address(tally, key);
            state = key % states;
            if (tally->keys[at] < 0) {
                if (tally->used * 2 >= tally->size) {
                    if (!grow(tally)) return 0;
                    at = address(tally, key);
                }
                tally->keys[at] = key;
                tally->used++;
            }
            tally->counts[at] += happened[path];
        }
        ends[path] = state;
    }
    uint64_t row = 0;
    for (uint64_t at = 0; at < tally->size; at++) {
        if (tally->keys[at] < 0) continue;
        tally->keys[row] = tally->keys[at];
        tally->counts[row++] = tally->counts[at];
    }
    return 1;
}

/* tally(offsets i64, codes, happened i64, base, states, first, last, ends i64) -> (keys, counts), bytes of i64.
 *
 * As moves, but gives only the keys that occur, in no order.
 */
static PyObject *tally(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *offsets, *codes, *counts, *last_states, *found = NULL;
    long long base, states, first, last;
    if (!PyArg_ParseTuple(args, "OOOLLLLO", &offsets, &codes, &counts, &base, &states, &first, &last, &last_states))
        return NULL;
    Held held = {.count = 0};
    Part part;
    Py_ssize_t told = 0, kept = 0;
    hold_part(&held, offsets, codes, first, last, base - 1, &part);
    const int64_t *happened = hold(&held, counts, 8, &told, 0);
    int64_t *ends = hold(&held, last_states, 8, &kept, 1);
    if (!held.failed && (told != part.paths || kept != part.paths || states < 1))
        refuse(&held, "counts of another size");
    if (!held.failed) {
        Tally work = {NULL, NULL, 0, 0};
        int fits;
        Py_BEGIN_ALLOW_THREADS;
        fits = count_tally(&part, happened, base, states, ends, &work);
        Py_END_ALLOW_THREADS;
        if (fits) {
            Py_ssize_t bytes = (Py_ssize_t)(work.used * sizeof(int64_t));
            PyObject *keys = PyBytes_FromStringAndSize((const char *)work.keys, bytes);
            PyObject *often = PyBytes_FromStringAndSize((const char *)work.counts, bytes);
            if (keys && often) found = PyTuple_Pack(2, keys, often);
            Py_XDECREF(keys);
            Py_XDECREF(often);
        } else {
            PyErr_NoMemory();
        }
        close_tally(&work);
    }
    release(&held);
    return found;
}

/* step(source i64, target i64, chances f64, before f64, after f64): after[target] += before[source] * chance, in the
 * order of the moves.
 */
static PyObject *step(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *from, *to, *how, *one, *other;
    if (!PyArg_ParseTuple(args, "OOOOO", &from, &to, &how, &one, &other)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t size = 0, targets = 0, told = 0, states = 0, room = 0;
    const int64_t *source = hold(&held, from, 8, &size, 0);
    const int64_t *target = hold(&held, to, 8, &targets, 0);
    const double *chances = hold(&held, how, 8, &told, 0);
    const double *before = hold(&held, one, 8, &states, 0);
    double *after = hold(&held, other, 8, &room, 1);
    if (!held.failed && (size != targets || size != told || states != room))
        refuse(&held, "moves, or states, of different lengths");
    int fits = 1;
    if (!held.failed) {
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t move = 0; move < size; move++) {
            if ((uint64_t)source[move] >= (uint64_t)states || (uint64_t)target[move] >= (uint64_t)states) {
                fits = 0;
                break;
            }
            double part = before[source[move]] * chances[move];
            after[target[move]] += part;
        }
        Py_END_ALLOW_THREADS;
    }
    if (!fits) refuse(&held, "a move between states that there are not");
    release(&held);
    if (held.failed) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"sets", sets, METH_VARARGS, "Amounts by channel and by how many different channels their paths have."},
    {"moves", moves, METH_VARARGS, "How often paths went on from each state, as a table."},
    {"tally", tally, METH_VARARGS, "How often paths went on from each state, of those that occur."},
    {"step", step, METH_VARARGS, "One step of a chain."},
    {NULL, NULL, 0, NULL},
};

static int add_edition(PyObject *module) { return PyModule_AddIntConstant(module, "EDITION", EDITION); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_edition},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernels", "Loops over paths; see kernels.py.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&definition); }
