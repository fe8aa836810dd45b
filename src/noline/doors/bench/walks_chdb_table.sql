CREATE DATABASE walks ENGINE = Atomic;
CREATE TABLE walks.events (
    person Int64, time Int64, channel LowCardinality(String), action LowCardinality(String)
) ENGINE = MergeTree ORDER BY (person, time);
INSERT INTO walks.events {source};
OPTIMIZE TABLE walks.events FINAL
