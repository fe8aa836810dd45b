-- What the latest run of the model proposes; not folded from the log, made anew by each run.
CREATE TABLE match_runs (
    run TEXT PRIMARY KEY,
    planned_at BIGINT NOT NULL,
    summary TEXT NOT NULL,
    model TEXT NOT NULL
);

CREATE TABLE suggestions (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    other_route BIGINT NOT NULL,
    other BYTEA NOT NULL,
    run TEXT NOT NULL,
    weight_thousandths BIGINT NOT NULL,
    probability_millionths BIGINT NOT NULL,
    household_millionths BIGINT NOT NULL,
    sure BIGINT NOT NULL CHECK (sure IN (0, 1)),
    put_off_at BIGINT NOT NULL,
    reasons TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, other)
);
CREATE INDEX suggestions_waiting ON suggestions (sure, put_off_at, probability_millionths);
CREATE INDEX suggestions_other ON suggestions (other_route);
