-- What each channel is meant for, what should be reached by when, and what was looked at on the way.
CREATE TABLE aims_charters (
    route_key BIGINT NOT NULL,
    channel TEXT NOT NULL,
    main TEXT NOT NULL,
    owner TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, channel)
);

CREATE TABLE aims_goals (
    route_key BIGINT NOT NULL,
    goal TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('set', 'dropped')),
    due TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, goal)
);

CREATE TABLE aims_check_ins (
    route_key BIGINT NOT NULL,
    goal TEXT NOT NULL,
    check_in TEXT NOT NULL,
    status TEXT NOT NULL,
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, goal, seq)
);
