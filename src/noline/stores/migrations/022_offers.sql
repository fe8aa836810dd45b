-- Which customers got which arm of which programme and what they answered, and how many of each there are.
CREATE TABLE offers_told (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    message_id TEXT NOT NULL,
    programme TEXT NOT NULL,
    told TEXT NOT NULL CHECK (told IN ('shown', 'held', 'accepted', 'declined', 'overruled')),
    at BIGINT NOT NULL,
    until_at BIGINT,
    reason TEXT NOT NULL,
    by_name TEXT NOT NULL,
    PRIMARY KEY (route_key, message_id)
);
CREATE INDEX offers_told_programme ON offers_told (programme, at);

CREATE TABLE offers_counts (
    route_key BIGINT NOT NULL,
    programme TEXT NOT NULL,
    told TEXT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (route_key, programme, told)
);
