/* The module: buffers in, numbers out. */
#include "kernels.h"

void *hold(Held *held, PyObject *object, Py_ssize_t item, Py_ssize_t *length, int writable) {
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
    if (length) *length = view->len / item;
    return view->buf;
}

Codes hold_codes(Held *held, PyObject *object, Py_ssize_t *length) {
    Codes none = {NULL, 0};
    *length = 0;
    if (held->failed || object == Py_None) return none;
    Py_buffer *view = &held->views[held->count];
    if (PyObject_GetBuffer(object, view, PyBUF_ND) < 0) {
        held->failed = 1;
        return none;
    }
    held->count++;
    if (view->itemsize != 1 && view->itemsize != 2 && view->itemsize != 4) {
        PyErr_Format(PyExc_ValueError, "codes have 1, 2 or 4 bytes, not %zd", view->itemsize);
        held->failed = 1;
        return none;
    }
    Codes found = {view->buf, (int)view->itemsize};
    *length = view->len / view->itemsize;
    return found;
}

void release(Held *held) {
    while (held->count) PyBuffer_Release(&held->views[--held->count]);
}

/* A range as Python tells it: (times, channels, actions, offsets, first, last). */
int hold_range(Held *held, PyObject *tuple, Range *range) {
    PyObject *times, *channels, *actions, *offsets;
    long long first, last;
    Py_ssize_t events, coded, acted, bounds;
    if (!PyArg_ParseTuple(tuple, "OOOOLL", &times, &channels, &actions, &offsets, &first, &last)) {
        held->failed = 1;
        return 0;
    }
    range->times = hold(held, times, 8, &events, 0);
    range->channels = hold_codes(held, channels, &coded);
    range->actions = hold_codes(held, actions, &acted);
    range->offsets = hold(held, offsets, 8, &bounds, 0);
    if (held->failed) return 0;
    if ((range->channels.width && coded != events) || (range->actions.width && acted != events) || first < 0 ||
        last < first || last + 1 > bounds) {
        PyErr_SetString(PyExc_ValueError, "columns of different lengths, or persons that there are not");
        held->failed = 1;
        return 0;
    }
    int64_t before = 0;
    for (long long person = first; person <= last; before = range->offsets[person++])
        if (range->offsets[person] < before || range->offsets[person] > events) {
            PyErr_SetString(PyExc_ValueError, "persons whose events lie outside of the columns");
            held->failed = 1;
            return 0;
        }
    range->events = events;
    range->first = first;
    range->last = last;
    return 1;
}

int hold_meanings(Held *held, PyObject *object, Py_ssize_t actions, const Range *range, Meanings *table) {
    Py_ssize_t size = 0;
    table->bits = hold(held, object, 4, &size, 0);
    table->size = size;
    table->actions = actions;
    table->one_row = size <= actions;
    if (held->failed) return 0;
    table->narrow = table->one_row && range->actions.width == 1;
    for (int code = 0; code < 256; code++) table->of_byte[code] = code < size ? table->bits[code] : 0;
    return 1;
}

PyObject *told(Outcome outcome) {
    if (outcome == NO_MEMORY) return PyErr_NoMemory();
    if (outcome == NOT_OURS) {
        PyErr_SetString(PyExc_OverflowError, "moments or places beyond what these loops hold");
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"number", number, METH_VARARGS, "A number for each different value, in the order of their appearance."},
    {"scatter", scatter, METH_VARARGS, "Where each event goes when persons lie side by side."},
    {"settle", settle, METH_VARARGS, "Order each person's events by time, equal moments as they stand."},
    {"gather", gather, METH_VARARGS, "A column in another order."},
    {"funnel_counts", funnel_counts, METH_VARARGS, "Persons of each step, of plain steps in order."},
    {"funnel_reached", funnel_reached, METH_VARARGS, "Persons of each step, and the events that got them there."},
    {"visit_counts", visit_counts, METH_VARARGS, "Visits of each channel."},
    {"visits", visits, METH_VARARGS, "Every visit."},
    {"handoffs", handoffs, METH_VARARGS, "Visits, journeys and borders."},
    {"drop_offs", drop_offs, METH_VARARGS, "What became of visits with an intent."},
    {"together", together, METH_O, "Different numbers of several parts, and how often each was counted."},
    {NULL, NULL, 0, NULL},
};

/* What kernels.py asks for; it grows with every change of what a loop takes or gives. */
#define EDITION 6

static int add_edition(PyObject *module) { return PyModule_AddIntConstant(module, "EDITION", EDITION); }

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_edition},
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_kernels", "The walks as loops; see kernels.py.", 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__kernels(void) { return PyModuleDef_Init(&definition); }
