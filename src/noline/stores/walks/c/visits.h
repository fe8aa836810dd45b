/* One person's visits, in the order in which they began. */
#ifndef NOLINE_VISITS_H
#define NOLINE_VISITS_H

#include "kernels.h"

#define MOST_CHANNELS 256

/* The longest pause within a visit, by channel; below 0 a visit is a day (UTC). journey: between visits of a journey. */
typedef struct {
    int64_t within[MOST_CHANNELS];
    int64_t journey;
    int64_t channels;
} Pauses;

typedef struct {
    int64_t first, last; /* places */
    int64_t began, ended;
    int64_t wanted, last_wanted; /* moments of its first and last intent; NEVER: it has none */
    uint32_t channel;
    int opens; /* a journey */
} Visit;

typedef struct {
    int64_t last[MOST_CHANNELS]; /* the moment of a channel's latest event; NEVER: it has none */
    int64_t visit[MOST_CHANNELS];
} Open;

int hold_pauses(Held *held, PyObject *object, Pauses *pauses);
int narrow_channels(Held *held, const Range *range, const Pauses *pauses);

static inline int64_t day_of(int64_t at) {
    int64_t day = at / DAY_US;
    return at % DAY_US < 0 ? day - 1 : day;
}

/* Whether an event begins another visit to its channel. */
static inline int begins(const Pauses *pauses, uint32_t channel, int64_t last, int64_t now) {
    int64_t pause = pauses->within[channel];
    if (last == NEVER || pause >= 0) return now - last > pause;
    return now - last >= DAY_US || day_of(now) != day_of(last);
}

static inline void nothing_open(Open *open, const Pauses *pauses) {
    for (int64_t channel = 0; channel < pauses->channels; channel++) {
        open->last[channel] = NEVER;
        open->visit[channel] = 0;
    }
}

/* One of two numbers without a branch, for choices that nobody can guess. */
static inline int64_t pick(int chosen, int64_t one, int64_t other) {
    int64_t mask = -(int64_t)chosen;
    return (one & mask) | (other & ~mask);
}

/* A goal that was reached, or room for one. */
typedef struct {
    int64_t at;
    uint32_t channel;
} Goal;

/* What is looked for in the events besides visits; intents are the first bit of their meaning, goals the second. */
typedef struct {
    const Meanings *meanings;
    Goal *goals; /* room for as many as there are events */
    int64_t goal_count, intent_count;
} Sought;

/* The visits of a person's events. sought: may be nothing. visits: room for one more than there are events. */
static inline int64_t visits_of(const Range *range, int64_t low, int64_t high, const Pauses *pauses, Open *open,
                                Sought *sought, Visit *visits) {
    const uint8_t *channels = range->channels.codes;
    int64_t count = 0, goals = 0, intents = 0;
    nothing_open(open, pauses);
    for (int64_t place = low; place < high; place++) {
        uint32_t channel = channels[place];
        int64_t now = range->times[place];
        /* The next visit is written down before it is known to be one. */
        Visit *next = &visits[count];
        next->first = place;
        next->began = now;
        next->channel = channel;
        next->wanted = next->last_wanted = NEVER;
        int another = begins(pauses, channel, open->last[channel], now);
        int64_t number = pick(another, count, open->visit[channel]);
        count += another;
        open->visit[channel] = number;
        open->last[channel] = now;
        Visit *visit = &visits[number];
        visit->last = place;
        visit->ended = now;
        if (!sought) continue;
        uint32_t meaning = meaning_at(range, sought->meanings, place), intent = meaning & 1;
        visit->wanted = pick(intent & (visit->wanted == NEVER), now, visit->wanted);
        visit->last_wanted = pick(intent, now, visit->last_wanted);
        sought->goals[goals] = (Goal){now, channel};
        goals += meaning >> 1 & 1;
        intents += intent;
    }
    if (sought) {
        sought->goal_count = goals;
        sought->intent_count = intents;
    }
    int64_t ended = NEVER;
    for (int64_t number = 0; number < count; number++) {
        visits[number].opens = visits[number].began - ended > pauses->journey;
        if (visits[number].ended > ended) ended = visits[number].ended;
    }
    return count;
}

#endif
