/* The visits of one person. */
#include "visits.h"

#define WORD 64
#define STRETCH 2048 /* events that are marked together, or as many as one person has */

/* The end of a word of the events from one place to before another. */
static inline int64_t end_of(int64_t low, int64_t high) { return high - low > WORD ? low + WORD : high; }

static void mark_runs(const Range *range, const Pauses *pauses, int64_t low, int64_t high, uint64_t *runs) {
    const uint8_t *channels = range->channels.codes;
    uint64_t before = (uint64_t)range->times[low];
    uint32_t same = channels[low];
    for (int64_t word = low; word < high; word += WORD) {
        int64_t end = end_of(word, high);
        uint64_t found = 0;
        for (int64_t place = word; place < end; place++) {
            uint32_t channel = channels[place];
            uint64_t now = (uint64_t)range->times[place];
            int other = (channel != same) | ((int64_t)(now - before) > pauses->within[channel]);
            found = found >> 1 | (uint64_t)other << 63;
            same = channel;
            before = now;
        }
        *runs++ = found >> (WORD - (end - word));
    }
}

static void mark_meanings(const Range *range, const Meanings *meanings, int64_t low, int64_t high, uint64_t *intents,
                          uint64_t *goals) {
    for (int64_t word = low; word < high; word += WORD) {
        int64_t end = end_of(word, high);
        uint64_t wanted = 0, reached = 0;
        for (int64_t place = word; place < end; place++) {
            uint64_t meaning = meaning_at(range, meanings, place);
            wanted = wanted >> 1 | meaning << 63;
            reached = reached >> 1 | meaning >> 1 << 63;
        }
        *intents++ = wanted >> (WORD - (end - word));
        *goals++ = reached >> (WORD - (end - word));
    }
}

/* Mark the events from a person on, whatever their moments are. */
static Outcome mark(Visiting *visiting, int64_t person) {
    const Range *range = visiting->range;
    Bits *bits = &visiting->bits;
    int64_t low = range->offsets[person], until = person + 1;
    while (until < range->last && range->offsets[until + 1] - low <= STRETCH) until++;
    int64_t high = range->offsets[until];
    /* One word more than there are events: it is read with the one before, and nothing of it kept. */
    size_t words = (size_t)((high - low) / WORD + 2);
    uint64_t *room = room_for(&visiting->room_of_bits, sizeof(uint64_t) * 3 * words);
    if (!room) return NO_MEMORY;
    *bits = (Bits){room, room + words, room + 2 * words, low, until};
    mark_runs(range, visiting->pauses, low, high, bits->runs);
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

/* A run of events, and the intents among them as bits of the events from `low` on. */
static inline void add_run(Visiting *visiting, int64_t first, int64_t last, int64_t low, uint64_t intents) {
    const int64_t *times = visiting->range->times;
    Open *open = &visiting->open;
    uint32_t channel = ((const uint8_t *)visiting->range->channels.codes)[first];
    if (begins(visiting->pauses, channel, open->last[channel], times[first])) {
        visiting->visits[visiting->count] = (Visit){first, last, times[first], times[last], NEVER, NEVER, channel};
        open->visit[channel] = visiting->count++;
    }
    Visit *visit = &visiting->visits[open->visit[channel]];
    visit->last = last;
    visit->ended = open->last[channel] = times[last];
    if (!intents) return;
    if (visit->wanted == NEVER) visit->wanted = times[low + lowest(intents)];
    visit->last_wanted = times[low + highest(intents)];
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
        add_run(visiting, low + from, low + to, low, intents & bits_between(from, to));
    }
}

Outcome visit(Visiting *visiting, int64_t person) {
    const Range *range = visiting->range;
    int64_t low = range->offsets[person], high = range->offsets[person + 1];
    visiting->count = visiting->goal_count = 0;
    if (low == high) return DONE;
    if (person >= visiting->bits.until && mark(visiting, person) != DONE) return NO_MEMORY;
    if (!is_sound(range, low, high)) return NOT_OURS;
    if (visiting->meanings && !has_intents(&visiting->bits, low, high)) return DONE;
    visiting->visits = room_for(&visiting->room_of_visits, sizeof(Visit) * (size_t)(high - low));
    visiting->goals = room_for(&visiting->room_of_goals, sizeof(Goal) * (size_t)(high - low));
    if (!visiting->visits || !visiting->goals) return NO_MEMORY;
    for (int64_t channel = 0; channel < visiting->pauses->channels; channel++) visiting->open.last[channel] = NEVER;
    for (int64_t word = low; word < high; word += WORD) add_word(visiting, word, end_of(word, high));
    if (visiting->meanings) add_goals(visiting, low, high);
    return DONE;
}

void end_visiting(Visiting *visiting) {
    free(visiting->room_of_bits.at);
    free(visiting->room_of_visits.at);
    free(visiting->room_of_goals.at);
}
