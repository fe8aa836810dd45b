/* One person's visits, in the order in which they began. */
#ifndef NOLINE_VISITS_H
#define NOLINE_VISITS_H

#include "kernels.h"
#include "lanes.h"

#define MOST_CHANNELS 256

/* The longest pause within a visit, by channel; below 0 a visit is a day (UTC). journey: between its visits. */
typedef struct {
    int64_t within[MOST_CHANNELS];
    int64_t journey;
    int64_t channels;
} Pauses;

typedef struct {
    int64_t first, last; /* places */
    int64_t began, ended;
    uint32_t channel;
    int32_t wants; /* whether an event of it is an intent */
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
    /* Nobody can guess whether there was one before: never is so long ago that it needs no question of its own. */
    if (pause >= 0) return now - last > pause;
    return now - last >= DAY_US || day_of(now) != day_of(last);
}

/* Lanes of visits.
 *
 * A run: events that follow each other in one channel without too long a pause, so that no visit ends within. A visit
 * is a run, or several; where it lasts a day, each event is a run. Runs, intents and goals are found as bits first,
 * for nobody can guess them; after that only runs are walked.
 */
enum { INTENTS, GOALS, RUNS /* where one begins; a person's first event does, whatever is told here */, LANES };

/* Persons one after the other, and the visits of the one that was asked for. */
typedef struct {
    const Range *range;
    const Pauses *pauses;
    const Meanings *meanings; /* first bit: intent; second: goal. NULL: neither is looked for */
    const uint64_t *limits;   /* by two channels that follow each other: a pause this long begins a run */
    Visit *visits;
    int64_t *wanting; /* numbers of the visits with an intent, as they came up */
    int64_t count, wanting_count;
    Lanes lanes;
    Spread spread;
    Open open;
    Room room_of_limits, room_of_codes, room_of_visits, room_of_wanting;
} Visiting;

/* The visits of a person; none where an intent is looked for and there is none. Persons are asked in their order. */
Outcome visit(Visiting *visiting, int64_t person);
void end_visiting(Visiting *visiting);

/* Whether a visit is the first of a journey. ended: the latest end of those before it, in and out; at first NEVER. */
static inline int opens(const Visiting *visiting, const Visit *visit, int64_t *ended) {
    int found = visit->began - *ended > visiting->pauses->journey;
    *ended = visit->ended > *ended ? visit->ended : *ended;
    return found;
}

#endif
