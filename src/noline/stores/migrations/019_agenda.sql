-- Saved questions, the alerts that they raised, and who cares for which friction, as their latest deeds said.
CREATE TABLE agenda_questions (
    route_key BIGINT NOT NULL,
    question TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('saved', 'dropped')),
    changed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, question)
);

CREATE TABLE agenda_alerts (
    route_key BIGINT NOT NULL,
    question TEXT NOT NULL,
    alert TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('raised', 'ended')),
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, question, seq)
);
CREATE INDEX agenda_alerts_latest ON agenda_alerts (seq);

CREATE TABLE agenda_cares (
    route_key BIGINT NOT NULL,
    friction TEXT NOT NULL,
    state TEXT NOT NULL,
    owner TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, friction)
);
