"""Plain values that every floor speaks: money, units, ids, time, words, errors. Imports nothing of ours."""
