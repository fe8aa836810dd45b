/* What became of visits with an intent, and which visits led to those that were lost. */
#include "visits.h"

#define LONGEST 5
#define MOST_BITS (64 / LONGEST)
#define FACTS 8
#define MOST_ENDINGS (1 << 4)

enum { VISITS, KEPT, ELSEWHERE, LOST, UNDECIDED, PERSONS, PERSONS_DROPPED, PERSONS_LOST };

typedef struct {
    Visiting visiting;
    int64_t horizon, observed, actions;
    int bits;       /* of a visit in a sequence */
    uint64_t whole; /* all bits of a sequence */
    Room paths;     /* for each visit of a person the sequence that ends with it */
    Tally *sequences; /* of lost visits */
    int64_t here[MOST_CHANNELS]; /* by channel, the goal in it that was found last: places only grow, person by person */
    /* By channel; the row after the last channel is of all of them together. */
    uint8_t became[MOST_CHANNELS + 1];                /* endings of this person's visits, a bit for each */
    int64_t persons[MOST_CHANNELS + 1][MOST_ENDINGS]; /* by those bits */
    int64_t visits[MOST_CHANNELS][UNDECIDED + 1];     /* by ending */
} Walk;

static inline int bit_of(int ending) { return 1 << (ending - KEPT); }

/* What became of a visit: a goal from the moment of its first intent on counts, until the horizon after its last.
 *
 * Time alone decides: a goal that came early tells no sooner than one that never comes.
 */
static int ending(Walk *walk, const Visit *visit, int64_t low, int64_t high) {
    const Lanes *lanes = &walk->visiting.lanes;
    const int64_t *times = walk->visiting.range->times;
    const uint8_t *channels = walk->visiting.range->channels.codes;
    int64_t since = next_of(lanes, INTENTS, visit->first, high), last = last_of(lanes, INTENTS, low, visit->last + 1);
    while (channels[since] != visit->channel) since = next_of(lanes, INTENTS, since + 1, high);
    while (channels[last] != visit->channel) last = last_of(lanes, INTENTS, low, last);
    int64_t until = times[last] + walk->horizon;
    if (until > walk->observed) return UNDECIDED;
    while (since > low && times[since - 1] == times[since]) since--;
    int64_t anywhere = next_of(lanes, GOALS, since, high), *here = &walk->here[visit->channel];
    if (anywhere == high || times[anywhere] > until) return LOST;
    if (*here < anywhere) *here = anywhere;
    while (*here < high && channels[*here] != visit->channel) *here = next_of(lanes, GOALS, *here + 1, high);
    return *here < high && times[*here] <= until ? KEPT : ELSEWHERE;
}

/* For each visit the sequence that ends with it: a journey's last visits as one number, each in so many bits. */
static Outcome follow(Walk *walk) {
    const Visiting *visiting = &walk->visiting;
    const Range *range = visiting->range;
    uint64_t *paths = room_for(&walk->paths, sizeof(uint64_t) * (size_t)visiting->count), path = 0;
    if (!paths) return NO_MEMORY;
    int64_t ended = NEVER;
    for (int64_t number = 0; number < visiting->count; number++) {
        const Visit *visit = &visiting->visits[number];
        uint64_t kind = visit->channel * (uint64_t)walk->actions + code_at(range->actions, visit->last) + 1;
        path &= (uint64_t)opens(visiting, visit, &ended) - 1;
        path = (path << walk->bits | kind) & walk->whole;
        paths[number] = path;
    }
    return DONE;
}

static Outcome walk_person(Walk *walk, int64_t person) {
    Visiting *visiting = &walk->visiting;
    Outcome outcome = visit(visiting, person);
    if (outcome != DONE || !visiting->count) return outcome;
    if (follow(walk) != DONE) return NO_MEMORY;
    int64_t channels = visiting->pauses->channels;
    int64_t low = visiting->range->offsets[person], high = visiting->range->offsets[person + 1];
    const uint64_t *paths = walk->paths.at;
    for (int64_t one = 0; one < visiting->wanting_count; one++) {
        int64_t number = visiting->wanting[one];
        const Visit *visit = &visiting->visits[number];
        int became = ending(walk, visit, low, high);
        walk->visits[visit->channel][became]++;
        walk->became[visit->channel] |= bit_of(became);
        walk->became[channels] |= bit_of(became);
        if (became == LOST && add_to(walk->sequences, paths[number], 1) != DONE) return NO_MEMORY;
    }
    for (int64_t row = 0; row <= channels; row++) {
        walk->persons[row][walk->became[row]]++;
        walk->became[row] = 0;
    }
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

/* drop_offs(range, pauses, meanings u32, actions, bits, horizon, observed, facts i64 in and out) -> the sequences of
 * lost visits, for `together`: of each visit so many bits, the last visit in the lowest.
 */
PyObject *drop_offs(PyObject *module, PyObject *args) {
    (void)module;
    PyObject *where, *paused, *table, *into;
    Py_ssize_t actions, bits, size = 0;
    long long horizon, observed;
    if (!PyArg_ParseTuple(args, "OOOnnLLO", &where, &paused, &table, &actions, &bits, &horizon, &observed, &into)) return NULL;
    Held held = {.count = 0};
    Range range;
    Pauses pauses;
    Meanings meanings;
    hold_range(&held, where, &range);
    hold_pauses(&held, paused, &pauses);
    hold_meanings(&held, table, actions, &range, &meanings);
    int64_t *facts = hold(&held, into, 8, &size, 1);
    Walk *walk = calloc(1, sizeof(Walk));
    Tally *sequences = calloc(1, sizeof(Tally));
    if (!walk || !sequences) {
        PyErr_NoMemory();
        held.failed = 1;
    }
    int fits = narrow_channels(&held, &range, &pauses) && size == (pauses.channels + 1) * FACTS;
    if (!fits || bits < 1 || bits > MOST_BITS || (pauses.channels * actions) >> bits) {
        free(walk);
        free(sequences);
        release(&held);
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_ValueError, "tables or bits that do not fit the channels");
        return NULL;
    }
    walk->visiting = (Visiting){.range = &range, .pauses = &pauses, .meanings = &meanings};
    walk->sequences = sequences;
    walk->actions = actions;
    walk->bits = (int)bits;
    walk->whole = ~UINT64_C(0) >> (64 - LONGEST * bits);
    walk->horizon = horizon > NO_LIMIT ? NO_LIMIT : horizon;
    walk->observed = observed;
    Outcome outcome = DONE;
    Py_BEGIN_ALLOW_THREADS;
    for (int64_t person = range.first; person < range.last && outcome == DONE; person++)
        outcome = walk_person(walk, person);
    add_facts(walk, pauses.channels, facts);
    end_visiting(&walk->visiting);
    free(walk->paths.at);
    Py_END_ALLOW_THREADS;
    release(&held);
    free(walk);
    return capsule_of(sequences, outcome);
}
