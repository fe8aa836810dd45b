/* The visits of one person. */
#include "visits.h"

#define AHEAD 512 /* so many events before they are marked, memory is asked for them; beyond the last it says nothing */
#define SAME_PAIR 257 /* a channel beside itself is, as a pair, the channel so many times */

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

/* Up to eight events that go on with the run of the one before, a bit for each, the first of them lowest. */
static inline uint32_t going_on(const int64_t *times, const uint8_t *channels, const uint64_t *limits, int64_t events) {
    const uint64_t *moments = (const uint64_t *)times;
    uint32_t found = 0;
    for (int64_t event = events - 1; event >= 0; event--)
        found += found + (moments[event] - moments[event - 1] < limits[pair_at(channels, event - 1)]);
    return found;
}

static void mark_runs(const Visiting *visiting, int64_t low, int64_t high) {
    const int64_t *times = visiting->range->times;
    const uint8_t *channels = visiting->range->channels.codes;
    const uint64_t *limits = visiting->limits;
    uint8_t *runs = visiting->lanes.lane[RUNS];
    int64_t place = low + BYTE < high ? low + BYTE : high;
    /* Nobody stands before the first. */
    if (low < high) *runs++ = (uint8_t)~(going_on(times + low + 1, channels + low + 1, limits, place - low - 1) << 1);
    for (; place + BYTE <= high; place += BYTE) {
        SOON(times + place + AHEAD);
        *runs++ = (uint8_t)~going_on(times + place, channels + place, limits, BYTE);
    }
    if (place < high) *runs = (uint8_t)~going_on(times + place, channels + place, limits, high - place);
}

/* Intents and goals as the lowest bits of a byte, for each of so many events from a place on. */
static const uint8_t *codes_of(Visiting *visiting, int64_t low, int64_t events) {
    const Range *range = visiting->range;
    if (visiting->meanings->narrow) return (const uint8_t *)range->actions.codes + low;
    uint8_t *codes = room_for(&visiting->room_of_codes, (size_t)events + 1);
    for (int64_t event = 0; codes && event < events; event++)
        codes[event] = (uint8_t)meaning_at(range, visiting->meanings, low + event);
    return codes;
}

static Outcome set_up(Visiting *visiting) {
    const Meanings *meanings = visiting->meanings;
    if (set_limits(visiting) != DONE) return NO_MEMORY;
    for (uint32_t code = 0; meanings && code < 256; code++)
        visiting->spread.of_code[code] = spread_of(meanings->narrow ? meanings->of_byte[code] : code);
    return DONE;
}

/* Mark the events from a person on, whatever their moments are. */
static Outcome mark_stretch(Visiting *visiting, int64_t person) {
    if (!visiting->limits && set_up(visiting) != DONE) return NO_MEMORY;
    if (lay(&visiting->lanes, LANES, visiting->range, person) != DONE) return NO_MEMORY;
    int64_t low = visiting->lanes.from, high = visiting->range->offsets[visiting->lanes.until];
    mark_runs(visiting, low, high);
    if (!visiting->meanings) return DONE;
    const uint8_t *codes = codes_of(visiting, low, high - low);
    if (!codes) return NO_MEMORY;
    mark(&visiting->lanes, INTENTS, GOALS - INTENTS + 1, &visiting->spread, codes, high - low);
    return DONE;
}

/* The end of so many events from one place to before another as are looked at together. */
static inline int64_t end_of(int64_t low, int64_t high) { return high - low > SEEN ? low + SEEN : high; }

/* Bits of the events from one place to before another, of which there are no more than are looked at together. */
static inline uint64_t bits_of(const Visiting *visiting, int lane, int64_t low, int64_t high) {
    return bits_from(&visiting->lanes, lane, low) & ~UINT64_C(0) >> (WORD - (high - low));
}

/* The visit that a run of events belongs to, made where there is none that goes on. */
static inline Visit *visit_of(Visiting *visiting, uint32_t channel, int64_t place) {
    Open *open = &visiting->open;
    int64_t now = visiting->range->times[place];
    if (begins(visiting->pauses, channel, open->last[channel], now)) {
        visiting->visits[visiting->count] = (Visit){place, place, now, now, channel, 0};
        open->visit[channel] = visiting->count++;
    }
    return &visiting->visits[open->visit[channel]];
}

/* The run of events from one place to another.
 *
 * Half of the runs have an intent, and nobody can guess which: each is written down, and kept if it is the first of its
 * visit that has.
 */
static inline void add_run(Visiting *visiting, int64_t first, int64_t last, int wants) {
    uint32_t channel = ((const uint8_t *)visiting->range->channels.codes)[first];
    Visit *visit = visit_of(visiting, channel, first);
    visit->last = last;
    visit->ended = visiting->open.last[channel] = visiting->range->times[last];
    visiting->wanting[visiting->wanting_count] = visiting->open.visit[channel];
    visiting->wanting_count += wants & ~visit->wants;
    visit->wants |= wants;
}

/* As many of a person's events as are looked at together. The first of them may go on with a visit: that has one run
 * more.
 */
static void add_runs(Visiting *visiting, int64_t low, int64_t high) {
    uint64_t runs = bits_of(visiting, RUNS, low, high) | 1;
    uint64_t intents = visiting->meanings ? bits_of(visiting, INTENTS, low, high) : 0;
    for (uint64_t rest; runs; runs = rest) {
        rest = runs & (runs - 1);
        uint64_t mine = (rest & -rest) - (runs & -runs); /* the bits up to the next run */
        int64_t first = low + lowest(runs), last = rest ? low + lowest(rest) - 1 : high - 1;
        add_run(visiting, first, last, (intents & mine) != 0);
    }
}

Outcome visit(Visiting *visiting, int64_t person) {
    const Range *range = visiting->range;
    int64_t low = range->offsets[person], high = range->offsets[person + 1];
    visiting->count = visiting->wanting_count = 0;
    if (low == high) return DONE;
    if (person >= visiting->lanes.until && mark_stretch(visiting, person) != DONE) return NO_MEMORY;
    if (!is_sound(range, low, high)) return NOT_OURS;
    if (visiting->meanings && next_of(&visiting->lanes, INTENTS, low, high) == high) return DONE;
    visiting->visits = room_for(&visiting->room_of_visits, sizeof(Visit) * (size_t)(high - low));
    visiting->wanting = room_for(&visiting->room_of_wanting, sizeof(int64_t) * (size_t)(high - low + 1));
    if (!visiting->visits || !visiting->wanting) return NO_MEMORY;
    for (int64_t channel = 0; channel < visiting->pauses->channels; channel++) visiting->open.last[channel] = NEVER;
    for (int64_t word = low; word < high; word += SEEN) add_runs(visiting, word, end_of(word, high));
    return DONE;
}

void end_visiting(Visiting *visiting) {
    free(visiting->room_of_limits.at);
    free(visiting->lanes.room.at);
    free(visiting->room_of_codes.at);
    free(visiting->room_of_visits.at);
    free(visiting->room_of_wanting.at);
}
