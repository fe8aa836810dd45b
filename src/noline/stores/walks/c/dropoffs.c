/* What became of visits with an intent, and which visits led to those that were lost. */
#include "visits.h"

#define LONGEST 5
#define FACTS 8
#define MOST_ENDINGS (1 << 4)

enum { VISITS, KEPT, ELSEWHERE, LOST, UNDECIDED, PERSONS, PERSONS_DROPPED, PERSONS_LOST };

/* For each channel how far its visits have looked: their first intents follow each other in time. */
typedef struct {
    int64_t anywhere[MOST_CHANNELS], here[MOST_CHANNELS];
} Looked;

typedef struct {
    Visiting visiting;
    int64_t horizon, observed, actions;
    uint64_t base;
    Tally sequences; /* of lost visits */
    Looked looked;
    /* By channel; the row after the last channel is of all of them together. */
    uint8_t became[MOST_CHANNELS + 1];                /* endings of this person's visits, a bit for each */
    int64_t persons[MOST_CHANNELS + 1][MOST_ENDINGS]; /* by those bits */
    int64_t visits[MOST_CHANNELS][UNDECIDED + 1];     /* by ending */
} Walk;

static inline int bit_of(int ending) { return 1 << (ending - KEPT); }

/* What became of a visit: a goal from its first intent on counts, until the horizon after its last.
 *
 * Time alone decides: a goal that came early tells no sooner than one that never comes.
 */
static int ending(Walk *walk, const Visit *visit) {
    const Goal *goals = walk->visiting.goals;
    int64_t until = visit->last_wanted + walk->horizon, count = walk->visiting.goal_count;
    if (until > walk->observed) return UNDECIDED;
    if (!count) return LOST;
    int64_t *any = &walk->looked.anywhere[visit->channel], *here = &walk->looked.here[visit->channel];
    while (*any < count && goals[*any].at < visit->wanted) ++*any;
    while (*here < count && (goals[*here].channel != visit->channel || goals[*here].at < visit->wanted)) ++*here;
    if (*here < count && goals[*here].at <= until) return KEPT;
    if (*any < count && goals[*any].at <= until) return ELSEWHERE;
    return LOST;
}

/* The last visits of a journey, the latest first, each as its channel and last action; 0 before its first visit. */
typedef struct {
    uint64_t kinds[LONGEST];
} Path;

static inline void follow(Path *path, uint64_t kind, int opens) {
    uint64_t kept = opens ? 0 : ~UINT64_C(0);
    for (int one = LONGEST - 1; one > 0; one--) path->kinds[one] = path->kinds[one - 1] & kept;
    path->kinds[0] = kind;
}

static inline uint64_t packed(const Path *path, uint64_t base) {
    uint64_t found = 0;
    for (int one = LONGEST - 1; one >= 0; one--) found = found * base + path->kinds[one];
    return found;
}

/* What was known of the person before. */
static inline void forget(Walk *walk, int64_t channels) {
    for (int64_t channel = 0; channel < channels; channel++)
        walk->looked.anywhere[channel] = walk->looked.here[channel] = 0;
    for (int64_t row = 0; row <= channels; row++) walk->became[row] = 0;
}

static Outcome walk_person(Walk *walk, int64_t person) {
    Visiting *visiting = &walk->visiting;
    Outcome outcome = visit(visiting, person);
    if (outcome != DONE || !visiting->count) return outcome;
    int64_t channels = visiting->pauses->channels, ended = NEVER;
    Path path = {{0}};
    forget(walk, channels);
    for (int64_t number = 0; number < visiting->count; number++) {
        const Visit *visit = &visiting->visits[number];
        uint64_t action = code_at(visiting->range->actions, visit->last);
        follow(&path, visit->channel * (uint64_t)walk->actions + action + 1, opens(visiting, visit, &ended));
        if (visit->wanted == NEVER) continue;
        int became = ending(walk, visit);
        walk->visits[visit->channel][became]++;
        walk->became[visit->channel] |= bit_of(became);
        walk->became[channels] |= bit_of(became);
        if (became == LOST && add_to(&walk->sequences, packed(&path, walk->base), 1) != DONE) return NO_MEMORY;
    }
    for (int64_t row = 0; row <= channels; row++) walk->persons[row][walk->became[row]]++;
    return DONE;
}

static void add_facts(const Walk *walk, int64_t channels, int64_t *facts) {
    for (int64_t row = 0; row <= channels; row++)
        for (int endings = 1; endings < MOST_ENDINGS; endings++) {
            int64_t *mine = facts + row * FACTS, people = walk->persons[row][endings];
            mine[PERSONS] += people;
            if (endings & (bit_of(LOST) | bit_of(ELSEWHERE))) mine[PERSONS_DROPPED] += people;
            if (endings & bit_of(LOST)) mine[PERSONS_LOST] += people;
        }
    for (int64_t channel = 0; channel < channels; channel++)
        for (int became = KEPT; became <= UNDECIDED; became++)
            for (int whole = 0; whole < 2; whole++) {
                int64_t *mine = facts + (whole ? channels : channel) * FACTS;
                mine[VISITS] += walk->visits[channel][became];
                mine[became] += walk->visits[channel][became];
            }
}

/* drop_offs(range, pauses, meanings u32, actions, horizon, observed, facts i64 in and out) -> the sequences of lost
 * visits as `tally` tells them.
 */
PyObject *drop_offs(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *table, *into;
    Py_ssize_t actions, size = 0;
    long long horizon, observed;
    if (!PyArg_ParseTuple(args, "OOOnLLO", &where, &paused, &table, &actions, &horizon, &observed, &into)) return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Meanings meanings;
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    hold_meanings(&held, table, actions, &range, &meanings);
    int64_t *facts = hold(&held, into, 8, &size, 1);
    Walk *walk = calloc(1, sizeof(Walk));
    if (!walk) {
        PyErr_NoMemory();
        held.failed = 1;
    }
    if (!narrow_channels(&held, &range, &pauses) || size != (pauses.channels + 1) * FACTS) {
        free(walk);
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "tables that do not fit the channels");
        return NULL;
    }
    walk->visiting = (Visiting){.range = &range, .pauses = &pauses, .meanings = &meanings};
    walk->actions = actions;
    walk->base = (uint64_t)(pauses.channels * actions + 1);
    walk->horizon = horizon > NO_LIMIT ? NO_LIMIT : horizon;
    walk->observed = observed;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    for (int64_t person = range.first; person < range.last && outcome == DONE; person++)
        outcome = walk_person(walk, person);
    add_facts(walk, pauses.channels, facts);
    end_visiting(&walk->visiting);
    Py_END_ALLOW_THREADS;
    release(&held);
    PyObject *sequences = counts_of(&walk->sequences, outcome);
    free(walk);
    return sequences;
}
