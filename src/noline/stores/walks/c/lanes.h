/* What the events of a stretch of persons mean, as bits that lie side by side: a lane for each meaning.
 *
 * Nobody can guess what an event is, so a loop that asks each of them waits at every second one. In a lane the next
 * event of a meaning is found at once, and the moments of all others need not be read.
 */
#ifndef NOLINE_LANES_H
#define NOLINE_LANES_H

#include "kernels.h"

#define BYTE 8
#define WORD 64
#define MOST_LANES 32
#define SEEN (WORD - BYTE + 1) /* so many bits a word that begins at any byte tells from any of its first bits on */

/* Eight meanings of an event, a byte for each with its lowest bit, by the code of one byte that tells them. */
typedef struct {
    uint64_t of_code[256];
} Spread;

typedef struct {
    uint8_t *lane[MOST_LANES]; /* of the stretch; before and behind it there is a word that says nothing */
    int64_t from;              /* the place of the first event */
    int64_t until;             /* the person after the last */
    Room room;
} Lanes;

/* A byte as the lowest bits of eight. */
static inline uint64_t spread_of(uint32_t byte) {
    uint64_t found = 0;
    for (int bit = 0; bit < BYTE; bit++) found |= (uint64_t)(byte >> bit & 1) << (BYTE * bit);
    return found;
}

/* Eight bytes as a number, the first of them lowest on every machine. */
static inline uint64_t word_at(const uint8_t *bytes) {
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
           (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* Bits of the events from a place on, SEEN of them or more. */
static inline uint64_t bits_from(const Lanes *lanes, int lane, int64_t place) {
    int64_t bit = place - lanes->from;
    return word_at(lanes->lane[lane] + bit / BYTE) >> bit % BYTE;
}

/* The first event with a meaning from one place to before another; that other where there is none. */
static inline int64_t next_of(const Lanes *lanes, int lane, int64_t low, int64_t high) {
    for (int64_t place = low; place < high; place += SEEN) {
        uint64_t bits = bits_from(lanes, lane, place);
        if (!bits) continue;
        int64_t found = place + lowest(bits);
        return found < high ? found : high;
    }
    return high;
}

/* The last event with a meaning from one place to before another; the place before the first where there is none. */
static inline int64_t last_of(const Lanes *lanes, int lane, int64_t low, int64_t high) {
    for (int64_t place = high - 1; place >= low; place -= SEEN) {
        int64_t bit = place - lanes->from;
        uint64_t bits = word_at(lanes->lane[lane] + bit / BYTE - (BYTE - 1)) << (BYTE - 1 - bit % BYTE);
        if (!bits) continue;
        int64_t found = place - (WORD - 1 - highest(bits));
        return found < low ? low - 1 : found;
    }
    return low - 1;
}

/* Room for the lanes of a person's events, and of as many persons after as a stretch holds. */
Outcome lay(Lanes *lanes, int count, const Range *range, int64_t person);

/* Fill up to eight lanes from the first on, for so many events from the first of the stretch on. codes: what tells the
 * meanings of each event.
 */
void mark(Lanes *lanes, int first, int count, const Spread *spread, const uint8_t *codes, int64_t events);

#endif
