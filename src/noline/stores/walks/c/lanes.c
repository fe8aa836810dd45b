/* Lanes: room for them, and the bits in them. */
#include "lanes.h"

#define STRETCH 2048 /* events that are marked together, or as many as one person has */

Outcome lay(Lanes *lanes, int count, const Range *range, int64_t person) {
    int64_t low = range->offsets[person], until = person + 1;
    while (until < range->last && range->offsets[until + 1] - low <= STRETCH) until++;
    size_t size = (size_t)((range->offsets[until] - low + BYTE - 1) / BYTE) + sizeof(uint64_t);
    uint8_t *room = room_for(&lanes->room, size * (size_t)count + sizeof(uint64_t));
    if (!room) return NO_MEMORY;
    for (int lane = 0; lane < count; lane++) lanes->lane[lane] = room + size * (size_t)lane + sizeof(uint64_t);
    lanes->from = low;
    lanes->until = until;
    return DONE;
}

void mark(Lanes *lanes, int first, int count, const Spread *spread, const uint8_t *codes, int64_t events) {
    for (int64_t at = 0; at < events; at += BYTE) {
        uint64_t found = 0;
        if (events - at >= BYTE)
            for (int event = 0; event < BYTE; event++) found |= spread->of_code[codes[at + event]] << event;
        else
            for (int event = 0; event < events - at; event++) found |= spread->of_code[codes[at + event]] << event;
        for (int lane = 0; lane < count; lane++) lanes->lane[first + lane][at / BYTE] = (uint8_t)(found >> (BYTE * lane));
    }
}
