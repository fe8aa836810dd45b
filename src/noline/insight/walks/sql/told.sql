-- The events of each person in their order; equal moments as they were told. `events` is the table that is asked:
-- person, at_us (microseconds since 1970 UTC), channel, action, place (which of equal moments was told first).
WITH
told AS (
    SELECT
        person, at_us, place, channel, action, {part} AS part,
        concat(channel, $between, action) AS kind,
        CAST(row_number() OVER (PARTITION BY person ORDER BY at_us, place) AS BIGINT) AS n
    FROM events
)
