/* The loops of credit over whole columns. Each says what its NumPy twin in splitting.py says, to the last byte; the
 * twins are the definition, and the tests hold both against each other. They run without the interpreter's lock.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 Wide;

#define MOST_HELD 16
#define FEW 64 /* members whose remainders lie on the stack */
#define SMALL ((Wide)1 << 50)

/* Buffers of Python objects, given back together. */
typedef struct {
    Py_buffer views[MOST_HELD];
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
    if (view->len % item) {
        PyErr_Format(PyExc_ValueError, "a buffer of %zd bytes holds no items of %zd", view->len, item);
        held->failed = 1;
        return NULL;
    }
    *length = view->len / item;
    return view->buf;
}

/* What a loop answers once its buffers are given back: None, or an error with this sentence. */
static PyObject *answered(Held *held, const char *wrong) {
    while (held->count) PyBuffer_Release(&held->views[--held->count]);
    if (PyErr_Occurred()) return NULL;
    if (wrong) {
        PyErr_SetString(PyExc_ValueError, wrong);
        return NULL;
    }
    Py_RETURN_NONE;
}

static int rises(const int64_t *offsets, Py_ssize_t ends, int64_t last) {
    if (ends < 1 || offsets[0] != 0 || offsets[ends - 1] != last) return 0;
    for (Py_ssize_t place = 1; place < ends; place++)
        if (offsets[place] < offsets[place - 1]) return 0;
    return 1;
}

/* turns(offsets i32, letters, turns i64 out): a number from the letters of each text, 0 or more. */
static PyObject *turns(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *bounds, *text, *into;
    if (!PyArg_ParseTuple(args, "OOO", &bounds, &text, &into)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t ends = 0, size = 0, rows = 0;
    const int32_t *offsets = hold(&held, bounds, 4, &ends, 0);
    const uint8_t *letters = hold(&held, text, 1, &size, 0);
    int64_t *found = hold(&held, into, 8, &rows, 1);
    const char *wrong = !held.failed && ends == rows + 1 && offsets[0] >= 0 ? NULL : "buffers of different lengths";
    if (!wrong) {
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t row = 0; row < rows; row++) {
            if (offsets[row + 1] < offsets[row] || offsets[row + 1] > size) {
                wrong = "texts that lie outside of their letters";
                break;
            }
            uint64_t number = UINT64_C(0xCBF29CE484222325);
            for (int32_t at = offsets[row]; at < offsets[row + 1]; at++)
                number = (number ^ letters[at]) * UINT64_C(0x100000001B3);
            number = (number ^ number >> 32) * UINT64_C(0x9E3779B97F4A7C15);
            found[row] = (int64_t)((number ^ number >> 29) >> 2);
        }
        Py_END_ALLOW_THREADS;
    }
    return answered(&held, wrong);
}

/* One unit of money more to `left` of those whose remainder is `edge`, beginning at the turn. */
static void give_edge(int64_t *shares, const int64_t *rest, int64_t members, int64_t edge, int64_t left, int64_t turn) {
    int64_t alike = 0;
    for (int64_t one = 0; one < members; one++) alike += rest[one] == edge;
    int64_t from = turn % alike, number = 0;
    for (int64_t one = 0; one < members; one++) {
        if (rest[one] != edge) continue;
        int64_t place = number++ - from;
        shares[one] += (place < 0 ? place + alike : place) < left;
    }
}

static int falling(const void *one, const void *other) {
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a < b) - (a > b);
}

/* The largest remainder that not everybody gets a unit of money for; -1: no memory. */
static int64_t edge_of(const int64_t *rest, int64_t members, int64_t left) {
    if (members <= 16) {
        int64_t edge = INT64_MAX;
        for (int64_t reached = 0; reached < left;) {
            int64_t next = -1, alike = 0;
            for (int64_t one = 0; one < members; one++) next = rest[one] < edge && rest[one] > next ? rest[one] : next;
            for (int64_t one = 0; one < members; one++) alike += rest[one] == next;
            edge = next;
            reached += alike;
        }
        return edge;
    }
    int64_t few[FEW], *sorted = members > FEW ? malloc(sizeof(int64_t) * (size_t)members) : few;
    if (!sorted) return -1;
    memcpy(sorted, rest, sizeof(int64_t) * (size_t)members);
    qsort(sorted, (size_t)members, sizeof(int64_t), falling);
    int64_t edge = sorted[left - 1];
    if (sorted != few) free(sorted);
    return edge;
}

/* The units of money that whole parts leave over, to the largest remainders. 0: no memory. */
static int give_left(int64_t *shares, const int64_t *rest, int64_t members, int64_t left, int64_t turn) {
    const int64_t edge = edge_of(rest, members, left);
    if (edge < 0) return 0;
    int64_t alike = 0;
    for (int64_t one = 0; one < members; one++) {
        shares[one] += rest[one] > edge;
        left -= rest[one] > edge;
        alike += rest[one] == edge;
    }
    if (alike == left) {
        for (int64_t one = 0; one < members; one++) shares[one] += rest[one] == edge;
    } else {
        give_edge(shares, rest, members, edge, left, turn);
    }
    return 1;
}

static void split_equally(int64_t *shares, int64_t members, int64_t amount, int64_t turn) {
    int64_t each = amount / members, left = amount % members, from = left ? turn % members : 0;
    for (int64_t one = 0; one < members; one++) {
        int64_t place = one - from;
        shares[one] = each + ((place < 0 ? place + members : place) < left);
    }
}

/* Weights of 0 and 1: equally among those of 1. */
static void split_chosen(int64_t *shares, const int64_t *weights, int64_t members, int64_t sum, int64_t amount,
                         int64_t turn) {
    int64_t each = amount / sum, left = amount % sum;
    for (int64_t one = 0; one < members; one++) shares[one] = weights[one] ? each : 0;
    if (left) give_edge(shares, weights, members, 1, left, turn);
}

/* Quotient and remainder of a product by a sum. A product below 2^50 is divided by way of its reciprocal, which is off
 * by one at most and put right.
 */
static inline void divide(Wide product, int64_t sum, double by, int64_t *share, int64_t *rest) {
    if (product < SMALL) {
        int64_t whole = (int64_t)product, found = (int64_t)((double)whole * by), left = whole - found * sum;
        int64_t step = (left >= sum) - (left < 0);
        *share = found + step;
        *rest = left - step * sum;
    } else if (!(product >> 64)) {
        *share = (int64_t)((uint64_t)product / (uint64_t)sum);
        *rest = (int64_t)((uint64_t)product % (uint64_t)sum);
    } else {
        *share = (int64_t)(product / (uint64_t)sum);
        *rest = (int64_t)(product % (uint64_t)sum);
    }
}

/* 0: no memory. */
static int split_weighted(int64_t *shares, const int64_t *weights, int64_t members, int64_t sum, int64_t amount,
                          int64_t turn) {
    int64_t few[FEW], *rest = members > FEW ? malloc(sizeof(int64_t) * (size_t)members) : few;
    if (!rest) return 0;
    int64_t left = amount;
    const double by = 1.0 / (double)sum;
    for (int64_t one = 0; one < members; one++) {
        divide((Wide)(uint64_t)amount * (uint64_t)weights[one], sum, by, &shares[one], &rest[one]);
        left -= shares[one];
    }
    int done = left ? give_left(shares, rest, members, left, turn) : 1;
    if (rest != few) free(rest);
    return done;
}

static const char *split_one(int64_t *shares, const int64_t *weights, int64_t members, int64_t amount, int64_t turn) {
    if (amount < 0 || turn < 0) return "an amount or a turn below 0";
    if (!amount) {
        memset(shares, 0, sizeof(int64_t) * (size_t)members);
        return NULL;
    }
    if (!members) return "an amount with nobody to share it";
    if (!weights) {
        split_equally(shares, members, amount, turn);
        return NULL;
    }
    int64_t sum = 0, most = 0;
    for (int64_t one = 0; one < members; one++) {
        sum += weights[one];
        if (weights[one] > most) most = weights[one];
    }
    if (!sum) return "an amount of which nobody has a part";
    if (most == 1) {
        split_chosen(shares, weights, members, sum, amount, turn);
        return NULL;
    }
    return split_weighted(shares, weights, members, sum, amount, turn) ? NULL : "no memory for so many members";
}

/* split(amounts i64, offsets i64, weights i64 or None, turns i64, shares i64 out).
 *
 * Weights are 0 or more, and their sum in an amount is less than 2^63; the caller has looked.
 */
static PyObject *split(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *sums, *bounds, *parts, *order, *into;
    if (!PyArg_ParseTuple(args, "OOOOO", &sums, &bounds, &parts, &order, &into)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, ends = 0, weighted = 0, turned = 0, members = 0;
    const int64_t *amounts = hold(&held, sums, 8, &rows, 0);
    const int64_t *offsets = hold(&held, bounds, 8, &ends, 0);
    const int64_t *weights = parts == Py_None ? NULL : hold(&held, parts, 8, &weighted, 0);
    const int64_t *turn = hold(&held, order, 8, &turned, 0);
    int64_t *shares = hold(&held, into, 8, &members, 1);
    const char *wrong = "columns of different lengths";
    if (!held.failed && ends == rows + 1 && turned == rows && (!weights || weighted == members) &&
        rises(offsets, ends, members)) {
        wrong = NULL;
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t row = 0; row < rows && !wrong; row++) {
            int64_t from = offsets[row];
            wrong = split_one(shares + from, weights ? weights + from : NULL, offsets[row + 1] - from, amounts[row],
                              turn[row]);
        }
        Py_END_ALLOW_THREADS;
    }
    return answered(&held, wrong);
}

/* earned(amounts i64, offsets i64, weights i64 or None, turns i64, keys i64, sums i64 in and out).
 *
 * What split gives, added up by the keys of the members; no share is kept.
 */
static PyObject *earned(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *totals, *bounds, *parts, *order, *names, *into;
    if (!PyArg_ParseTuple(args, "OOOOOO", &totals, &bounds, &parts, &order, &names, &into)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, ends = 0, weighted = 0, turned = 0, members = 0, places = 0;
    const int64_t *amounts = hold(&held, totals, 8, &rows, 0);
    const int64_t *offsets = hold(&held, bounds, 8, &ends, 0);
    const int64_t *weights = parts == Py_None ? NULL : hold(&held, parts, 8, &weighted, 0);
    const int64_t *turn = hold(&held, order, 8, &turned, 0);
    const int64_t *keys = hold(&held, names, 8, &members, 0);
    int64_t *found = hold(&held, into, 8, &places, 1);
    const char *wrong = "columns of different lengths";
    if (!held.failed && ends == rows + 1 && turned == rows && (!weights || weighted == members) &&
        rises(offsets, ends, members)) {
        wrong = NULL;
        int64_t most = FEW, few[FEW];
        for (Py_ssize_t row = 0; row < rows; row++)
            if (offsets[row + 1] - offsets[row] > most) most = offsets[row + 1] - offsets[row];
        Py_BEGIN_ALLOW_THREADS;
        int64_t *shares = most > FEW ? malloc(sizeof(int64_t) * (size_t)most) : few;
        if (!shares) wrong = "no memory for so many members";
        for (Py_ssize_t row = 0; row < rows && !wrong; row++) {
            const int64_t from = offsets[row], count = offsets[row + 1] - from;
            wrong = split_one(shares, weights ? weights + from : NULL, count, amounts[row], turn[row]);
            for (int64_t one = 0; one < count && !wrong; one++) {
                const int64_t key = keys[from + one];
                if (key < 0 || key >= places)
                    wrong = "a key that has no place";
                else
                    found[key] += shares[one];
            }
        }
        if (shares != few) free(shares);
        Py_END_ALLOW_THREADS;
    }
    return answered(&held, wrong);
}

/* sums(keys i64, values i64, sums i64 in and out): values added up by their keys, which are places of sums. */
static PyObject *sums(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *names, *numbers, *into;
    if (!PyArg_ParseTuple(args, "OOO", &names, &numbers, &into)) return NULL;
    Held held = {.count = 0};
    Py_ssize_t rows = 0, told = 0, places = 0;
    const int64_t *keys = hold(&held, names, 8, &rows, 0);
    const int64_t *values = hold(&held, numbers, 8, &told, 0);
    int64_t *found = hold(&held, into, 8, &places, 1);
    const char *wrong = !held.failed && rows == told ? NULL : "columns of different lengths";
    if (!wrong) {
        Py_BEGIN_ALLOW_THREADS;
        for (Py_ssize_t row = 0; row < rows; row++) {
            if (keys[row] < 0 || keys[row] >= places) {
                wrong = "a key that has no place";
                break;
            }
            found[keys[row]] += values[row];
        }
        Py_END_ALLOW_THREADS;
    }
    return answered(&held, wrong);
}

/* Where a unit has its seat among those from `low` to before `high`, which rise; it gets one if it has none. */
static int64_t seat_of(int64_t *units, int64_t *const columns[3], int64_t low, int64_t *high, int64_t unit) {
    int64_t at = *high;
    while (at > low && units[at - 1] > unit) at--;
    if (at > low && units[at - 1] == unit) return at - 1;
    for (int64_t other = *high; other > at; other--) {
        units[other] = units[other - 1];
        for (int column = 0; column < 3; column++) columns[column][other] = columns[column][other - 1];
    }
    units[at] = unit;
    for (int column = 0; column < 3; column++) columns[column][at] = 0;
    (*high)++;
    return at;
}

/* seats(order, unit, minutes, cost of the work; captor, owner, baseline of the orders; number of units;
 *       offsets, units, acts, minutes, spent, row of the captor, row of the owner out), all i64.
 *
 * Work lies by order. There is room for a seat of each act and three more of each order.
 */
static PyObject *seats(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *in[7], *out[7];
    long long count;
    if (!PyArg_ParseTuple(args, "OOOOOOOLOOOOOOO", &in[0], &in[1], &in[2], &in[3], &in[4], &in[5], &in[6], &count,
                          &out[0], &out[1], &out[2], &out[3], &out[4], &out[5], &out[6]))
        return NULL;
    Held held = {.count = 0};
    Py_ssize_t sizes[7] = {0}, rooms[7] = {0};
    const int64_t *told[7];
    int64_t *found[7];
    for (int one = 0; one < 7; one++) told[one] = hold(&held, in[one], 8, &sizes[one], 0);
    for (int one = 0; one < 7; one++) found[one] = hold(&held, out[one], 8, &rooms[one], 1);
    const Py_ssize_t acts = sizes[0], orders = sizes[4];
    const char *wrong = held.failed ? "columns" : NULL;
    for (int one = 1; one < 4; one++)
        if (sizes[one] != acts) wrong = "work of different lengths";
    if (sizes[5] != orders || sizes[6] != orders || rooms[0] != orders + 1 || rooms[5] != orders || rooms[6] != orders)
        wrong = "orders of different lengths";
    for (int one = 1; one < 5; one++)
        if (rooms[one] < acts + 3 * orders) wrong = "too little room for seats";
    if (!wrong) {
        Py_BEGIN_ALLOW_THREADS;
        int64_t *const units = found[1], *const columns[3] = {found[2], found[3], found[4]};
        int64_t high = 0, act = 0;
        found[0][0] = 0;
        for (int64_t order = 0; order < orders && !wrong; order++) {
            const int64_t low = high, captor = told[4][order], owner = told[5][order];
            for (; act < acts && told[0][act] == order && !wrong; act++) {
                if (told[1][act] < 0 || told[1][act] >= count) {
                    wrong = "work of a unit that there is not";
                    break;
                }
                int64_t seat = seat_of(units, columns, low, &high, told[1][act]);
                columns[0][seat]++;
                columns[1][seat] += told[2][act];
                columns[2][seat] += told[3][act];
            }
            if (captor < 0 || captor >= count || owner < 0 || owner >= count) wrong = "an order of no unit";
            if (wrong) break;
            seat_of(units, columns, low, &high, captor);
            seat_of(units, columns, low, &high, owner);
            if (told[6][order] > 0) seat_of(units, columns, low, &high, count);
            found[5][order] = seat_of(units, columns, low, &high, captor);
            found[6][order] = seat_of(units, columns, low, &high, owner);
            found[0][order + 1] = high;
        }
        if (!wrong && act < acts) wrong = "work that does not lie by order, or of no order";
        Py_END_ALLOW_THREADS;
    }
    return answered(&held, wrong);
}

static PyMethodDef methods[] = {
    {"turns", turns, METH_VARARGS, "A number from the letters of each text."},
    {"split", split, METH_VARARGS, "Amounts over members by whole weights."},
    {"earned", earned, METH_VARARGS, "Amounts over members by whole weights, added up by keys."},
    {"sums", sums, METH_VARARGS, "Values added up by their keys."},
    {"seats", seats, METH_VARARGS, "The units of each order, with their work."},
    {NULL, NULL, 0, NULL},
};

/* What splitting.py asks for; it grows with every change of what a loop takes or gives. */
#define EDITION 1

static int add_edition(PyObject *module) { return PyModule_AddIntConstant(module, "EDITION", EDITION); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_edition},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernels", "Credit as loops; see splitting.py.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&definition); }
