"""The walk: funnels, hand-offs and time to hand-off over any table of events."""
