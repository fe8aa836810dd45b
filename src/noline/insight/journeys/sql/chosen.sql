-- The hand-offs that began in the time that is asked for.
chosen AS (
    SELECT * FROM attempts WHERE handed_at BETWEEN $since AND $until
)
