-- Who looks after a customer and what was agreed with them; open cases. All of it goes with the customer.
CREATE TABLE client_notes (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    note TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('kept', 'withdrawn')),
    at BIGINT NOT NULL,
    written_by TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, note)
);

CREATE TABLE client_advisers (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    adviser TEXT NOT NULL,
    since BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject)
);

CREATE TABLE client_follow_ups (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    follow_up TEXT NOT NULL,
    planned_at BIGINT,
    due BIGINT,
    text TEXT NOT NULL,
    planned_by TEXT NOT NULL,
    assigned_to TEXT NOT NULL,
    store_id TEXT,
    closed_at BIGINT,
    closed_seq BIGINT,
    closed_by TEXT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, follow_up)
);
CREATE INDEX client_follow_ups_open ON client_follow_ups (due) WHERE closed_at IS NULL;
CREATE INDEX client_follow_ups_named ON client_follow_ups (follow_up);

CREATE TABLE client_views (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    seen_by TEXT NOT NULL,
    store_id TEXT,
    purpose TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, at, message_id)
);

CREATE TABLE appointment_facts (
    route_key BIGINT NOT NULL,
    appointment TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    teller BYTEA NOT NULL,
    trusted BIGINT NOT NULL CHECK (trusted IN (0, 1)),
    channel TEXT NOT NULL,
    store_id TEXT,
    topic TEXT,
    starts_at BIGINT,
    PRIMARY KEY (route_key, appointment, fact_route, message_id)
);
CREATE INDEX appointment_facts_told_by ON appointment_facts (teller);

CREATE TABLE appointments (
    route_key BIGINT NOT NULL,
    appointment TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('booked', 'missed', 'withdrawn', 'kept')),
    subject BYTEA NOT NULL,
    channel TEXT NOT NULL,
    store_id TEXT,
    topic TEXT,
    starts_at BIGINT,
    told_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, appointment)
);
CREATE INDEX appointments_of ON appointments (subject);
CREATE INDEX appointments_at ON appointments (store_id, starts_at);

CREATE TABLE case_facts (
    route_key BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    teller BYTEA NOT NULL,
    trusted BIGINT NOT NULL CHECK (trusted IN (0, 1)),
    numbered BIGINT NOT NULL CHECK (numbered IN (0, 1)),
    channel TEXT NOT NULL,
    store_id TEXT,
    topic TEXT,
    order_id TEXT,
    text TEXT,
    PRIMARY KEY (route_key, case_id, fact_route, message_id)
);
CREATE INDEX case_facts_told_by ON case_facts (teller);

CREATE TABLE cases (
    route_key BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('complaint', 'callback', 'unanswered')),
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    subject BYTEA NOT NULL,
    numbered BIGINT NOT NULL CHECK (numbered IN (0, 1)),
    channel TEXT NOT NULL,
    store_id TEXT,
    topic TEXT,
    order_id TEXT,
    text TEXT,
    opened_at BIGINT,
    missed BIGINT NOT NULL,
    ended_at BIGINT,
    PRIMARY KEY (route_key, case_id),
    CHECK (state <> 'open' OR opened_at IS NOT NULL)
);
CREATE INDEX cases_of ON cases (subject);
CREATE INDEX cases_open_at ON cases (store_id, opened_at) WHERE state = 'open';

-- What a customer said of us and nobody answered, when the customer stands at a counter.
CREATE INDEX feedback_loops_of ON feedback_loops (subject);
CREATE INDEX feedback_loops_open_at ON feedback_loops (store_id, opened_at) WHERE state = 'open';

-- A hub with a past finds the appointments and the cases of it.
INSERT INTO refold (room) SELECT 'clients' WHERE EXISTS (SELECT 1 FROM log);
INSERT INTO refold (room) SELECT 'cases' WHERE EXISTS (SELECT 1 FROM log);
