"""The SQL of the agenda."""

_QUESTION = "question, state, changed_at, seq, said"
_ALERT = "question, alert, state, at, seq, said"
_CARE = "friction, state, owner, changed_at, seq, said"

KEEP_QUESTION = f"""
INSERT INTO agenda_questions (route_key, {_QUESTION}) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, question) DO UPDATE SET
    state = excluded.state, changed_at = excluded.changed_at, seq = excluded.seq, said = excluded.said
WHERE agenda_questions.seq <= excluded.seq
"""

KEEP_ALERT = f"""
INSERT INTO agenda_alerts (route_key, {_ALERT}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, question, seq) DO UPDATE SET said = excluded.said
"""

KEEP_CARE = f"""
INSERT INTO agenda_cares (route_key, {_CARE}) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, friction) DO UPDATE SET
    state = excluded.state, owner = excluded.owner, changed_at = excluded.changed_at, seq = excluded.seq,
    said = excluded.said
WHERE agenda_cares.seq <= excluded.seq
"""

QUESTION = "SELECT state, said FROM agenda_questions WHERE route_key = ? AND question = ?"

QUESTIONS = "SELECT said FROM agenda_questions WHERE state = 'saved' ORDER BY seq DESC"

ALERTS = "SELECT said, at FROM agenda_alerts ORDER BY seq DESC LIMIT ? OFFSET ?"

LAST_ALERT = "SELECT said, at FROM agenda_alerts WHERE route_key = ? AND question = ? ORDER BY seq DESC LIMIT 1"

CARE = "SELECT said FROM agenda_cares WHERE route_key = ? AND friction = ?"

KNOWN_QUESTIONS = "SELECT question FROM agenda_questions ORDER BY question"

KNOWN_FRICTIONS = "SELECT friction FROM agenda_cares ORDER BY friction"

CARES = "SELECT said FROM agenda_cares ORDER BY friction"

TABLES = {
    "agenda_questions": ("route_key", *_QUESTION.split(", ")),
    "agenda_alerts": ("route_key", *_ALERT.split(", ")),
    "agenda_cares": ("route_key", *_CARE.split(", ")),
}
"""Every table of this room, with all its columns."""
