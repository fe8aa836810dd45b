/* The visits of one person. */
#include "visits.h"

#define WORD 64
#define HALF (WORD / 2)
#define STRETCH 2048  /* events that are marked together, or as many as one person has */
#define AHEAD 512     /* so many events before they are marked, memory is asked for them; beyond the last it says nothing */
#define LINE 8        /* moments that come from memory together */
#define SAME_PAIR 257 /* a channel beside itself is, as a pair, the channel so many times */

/* The end of a word of the events from one place to before another. */
static inline int64_t end_of(int64_t low, int64_t high) { return high - low > WORD ? low + WORD : high; }

/* Two channels as they lie side by side. Which of them comes first in the number depends on the machine; where both are
 * the same, it does not matter.
 */
static inline uint32_t pair_at(const uint8_t *channels, int64_t place) {
    uint16_t pair;
    memcpy(&pair, channels + place, sizeof(pair));
    return pair;
}

/* After how long a pause a run begins, by pairs: between different channels after none. */
static Outcome set_limits(Visiting *visiting) {
    const Pauses *pauses = visiting->pauses;
    size_t size = sizeof(uint64_t) * (size_t)(SAME_PAIR * pauses->channels);
    uint64_t *limits = room_for(&visiting->room_of_limits, size);
    if (!limits) return NO_MEMORY;
    memset(limits, 0, size);
    for (int64_t channel = 0; channel < pauses->channels; channel++)
        limits[SAME_PAIR * channel] = pauses->within[channel] < 0 ? 0 : (uint64_t)pauses->within[channel] + 1;
    visiting->limits = limits;
    return DONE;
}

/* The latest event first, so that the first is the lowest bit in the end. Nothing is said of the event at `low`. */
static void mark_runs(const Visiting *visiting, int64_t low, int64_t high, uint64_t *runs) {
    const uint8_t *channels = visiting->range->channels.codes;
    const uint64_t *times = (const uint64_t *)visiting->range->times, *limits = visiting->limits;
    for (int64_t word = low; word < high; word += WORD) {
        for (int64_t line = 0; line < WORD; line += LINE) SOON(times + word + AHEAD + line);
        SOON(channels + word + AHEAD);
        int64_t after = word == low ? low : word - 1;
        uint64_t same = 0;
        for (int64_t before = end_of(word, high) - 2; before >= after; before--)
            same += same + (times[before + 1] - times[before] < limits[pair_at(channels, before)]);
        *runs++ = ~(word == low ? same << 1 : same);
    }
}

/* Up to HALF events: intents are the lower half of what is found, goals the upper. */
static inline uint64_t meanings_of(const Range *range, const Meanings *meanings, int64_t low, int64_t high) {
    const uint8_t *actions = range->actions.codes;
    uint64_t found = 0;
    if (meanings->narrow)
        for (int64_t place = high - 1; place >= low; place--) found = found << 1 | meanings->halves[actions[place]];
    else
        for (int64_t place = high - 1; place >= low; place--)
            found = found << 1 | in_halves(meaning_at(range, meanings, place));
    return found;
}

static void mark_meanings(const Range *range, const Meanings *meanings, int64_t low, int64_t high, uint64_t *intents,
                          uint64_t *goals) {
    for (int64_t word = low; word < high; word += WORD) {
        SOON((const uint8_t *)range->actions.codes + word + AHEAD);
        int64_t end = end_of(word, high), middle = end - word > HALF ? word + HALF : end;
        uint64_t one = meanings_of(range, meanings, word, middle), other = meanings_of(range, meanings, middle, end);
        *intents++ = (one & UINT32_MAX) | other << HALF;
        *goals++ = one >> HALF | other >> HALF << HALF;
    }
}

/* Mark the events from a person on, whatever their moments are. */
static Outcome mark(Visiting *visiting, int64_t person) {
    const Range *range = visiting->range;
    Bits *bits = &visiting->bits;
    if (!visiting->limits && set_limits(visiting) != DONE) return NO_MEMORY;
    int64_t low = range->offsets[person], until = person + 1;
    while (until < range->last && range->offsets[until + 1] - low <= STRETCH) until++;
    int64_t high = range->offsets[until];
    /* One word more than there are events: it is read with the one before, and nothing of it kept. */
    size_t words = (size_t)((high - low) / WORD + 2);
    uint64_t *room = room_for(&visiting->room_of_bits, sizeof(uint64_t) * 3 * words);
    if (!room) return NO_MEMORY;
    *bits = (Bits){room, room + words, room + 2 * words, low, until};
    mark_runs(visiting, low, high, bits->runs);
    if (visiting->meanings) mark_meanings(range, visiting->meanings, low, high, bits->intents, bits->goals);
    return DONE;
}

/* Bits of the events from one place to before another, of which there are no more than a word holds. */
static inline uint64_t bits_at(const uint64_t *bits, int64_t from, int64_t low, int64_t high) {
    int64_t word = (low - from) / WORD, shift = (low - from) % WORD;
    uint64_t found = bits[word] >> shift | bits[word + 1] << 1 << (WORD - 1 - shift);
    return found & ~UINT64_C(0) >> (WORD - (high - low));
}

static int has_intents(const Bits *bits, int64_t low, int64_t high) {
    uint64_t found = 0;
    for (int64_t word = low; word < high; word += WORD)
        found |= bits_at(bits->intents, bits->from, word, end_of(word, high));
    return found != 0;
}

static void add_goals(Visiting *visiting, int64_t low, int64_t high) {
    const Range *range = visiting->range;
    const Bits *bits = &visiting->bits;
    for (int64_t word = low; word < high; word += WORD)
        for (uint64_t goals = bits_at(bits->goals, bits->from, word, end_of(word, high)); goals; goals &= goals - 1) {
            int64_t place = word + lowest(goals);
            Goal goal = {range->times[place], ((const uint8_t *)range->channels.codes)[place]};
            visiting->goals[visiting->goal_count++] = goal;
        }
}

/* The visit that a run of events belongs to, made where there is none that goes on. */
static inline Visit *visit_of(Visiting *visiting, uint32_t channel, int64_t place) {
    Open *open = &visiting->open;
    int64_t now = visiting->range->times[place];
    if (begins(visiting->pauses, channel, open->last[channel], now)) {
        visiting->visits[visiting->count] = (Visit){place, place, now, now, NEVER, NEVER, channel};
        open->visit[channel] = visiting->count++;
    }
    return &visiting->visits[open->visit[channel]];
}

/* The run of events from one to another of those from `low` on, and the intents among them as bits.
 *
 * Half of the runs have an intent, and nobody can guess which: moments are read for all, and kept for those that have.
 */
static inline void add_run(Visiting *visiting, int64_t low, int from, int to, uint64_t intents) {
    const int64_t *times = visiting->range->times + low;
    uint32_t channel = ((const uint8_t *)visiting->range->channels.codes)[low + from];
    Visit *visit = visit_of(visiting, channel, low + from);
    visit->last = low + to;
    visit->ended = visiting->open.last[channel] = times[to];
    int64_t one = times[lowest(intents | UINT64_C(1) << to)], other = times[highest(intents | UINT64_C(1) << from)];
    int64_t has = -(int64_t)(intents != 0), first = has & -(int64_t)(visit->wanted == NEVER);
    visiting->wanting[visiting->wanting_count] = visiting->open.visit[channel];
    visiting->wanting_count -= first;
    visit->wanted = (one & first) | (visit->wanted & ~first);
    visit->last_wanted = (other & has) | (visit->last_wanted & ~has);
}

/* Up to a word of a person's events. The first of them may go on with a visit: that has one run more. */
static void add_word(Visiting *visiting, int64_t low, int64_t high) {
    const Bits *bits = &visiting->bits;
    uint64_t runs = bits_at(bits->runs, bits->from, low, high) | 1;
    uint64_t intents = visiting->meanings ? bits_at(bits->intents, bits->from, low, high) : 0;
    while (runs) {
        int from = lowest(runs);
        runs &= runs - 1;
        int to = runs ? lowest(runs) - 1 : (int)(high - low) - 1;
        add_run(visiting, low, from, to, intents & bits_between(from, to));
    }
}

Outcome visit(Visiting *visiting, int64_t person) {
    const Range *range = visiting->range;
    int64_t low = range->offsets[person], high = range->offsets[person + 1];
    visiting->count = visiting->goal_count = visiting->wanting_count = 0;
    if (low == high) return DONE;
    if (person >= visiting->bits.until && mark(visiting, person) != DONE) return NO_MEMORY;
    if (!is_sound(range, low, high)) return NOT_OURS;
    if (visiting->meanings && !has_intents(&visiting->bits, low, high)) return DONE;
    visiting->visits = room_for(&visiting->room_of_visits, sizeof(Visit) * (size_t)(high - low));
    visiting->goals = room_for(&visiting->room_of_goals, sizeof(Goal) * (size_t)(high - low));
    visiting->wanting = room_for(&visiting->room_of_wanting, sizeof(int64_t) * (size_t)(high - low + 1));
    if (!visiting->visits || !visiting->goals || !visiting->wanting) return NO_MEMORY;
    for (int64_t channel = 0; channel < visiting->pauses->channels; channel++) visiting->open.last[channel] = NEVER;
    for (int64_t word = low; word < high; word += WORD) add_word(visiting, word, end_of(word, high));
    if (visiting->meanings) add_goals(visiting, low, high);
    return DONE;
}

void end_visiting(Visiting *visiting) {
    free(visiting->room_of_limits.at);
    free(visiting->room_of_bits.at);
    free(visiting->room_of_visits.at);
    free(visiting->room_of_goals.at);
    free(visiting->room_of_wanting.at);
}
