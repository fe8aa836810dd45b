"""The SQL of the aims."""

_CHARTER = "channel, main, owner, changed_at, seq, said"
_GOAL = "goal, state, due, changed_at, seq, said"
_CHECK_IN = "goal, check_in, status, at, seq, said"

KEEP_CHARTER = f"""
INSERT INTO aims_charters (route_key, {_CHARTER}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, channel) DO UPDATE SET
    main = excluded.main, owner = excluded.owner, changed_at = excluded.changed_at, seq = excluded.seq,
    said = excluded.said
WHERE aims_charters.seq <= excluded.seq
"""

KEEP_GOAL = f"""
INSERT INTO aims_goals (route_key, {_GOAL}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, goal) DO UPDATE SET
    state = excluded.state, due = excluded.due, changed_at = excluded.changed_at, seq = excluded.seq,
    said = excluded.said
WHERE aims_goals.seq <= excluded.seq
"""

KEEP_CHECK_IN = f"""
INSERT INTO aims_check_ins (route_key, {_CHECK_IN}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, goal, seq) DO UPDATE SET said = excluded.said
"""

CHARTER = "SELECT said FROM aims_charters WHERE route_key = ? AND channel = ?"

CHARTERS = "SELECT said FROM aims_charters ORDER BY channel"

GOAL = "SELECT state, said FROM aims_goals WHERE route_key = ? AND goal = ?"

GOALS = "SELECT said FROM aims_goals WHERE state = 'set' ORDER BY due, goal"

CHECK_INS = """
SELECT said, at FROM aims_check_ins WHERE route_key = ? AND goal = ? ORDER BY seq DESC LIMIT ? OFFSET ?
"""

CHECK_INS_SINCE = """
SELECT said, at FROM aims_check_ins WHERE route_key = ? AND goal = ? AND at >= ? ORDER BY seq
"""

KNOWN_CHARTERS = "SELECT channel FROM aims_charters ORDER BY channel"

KNOWN_GOALS = "SELECT goal FROM aims_goals ORDER BY goal"

TABLES = {
    "aims_charters": ("route_key", *_CHARTER.split(", ")),
    "aims_goals": ("route_key", *_GOAL.split(", ")),
    "aims_check_ins": ("route_key", *_CHECK_IN.split(", ")),
}
"""Every table of this room, with all its columns."""
