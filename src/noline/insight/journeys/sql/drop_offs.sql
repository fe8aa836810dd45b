-- Visits that showed an intent: what the channel alone would call a drop-off, and what became of it in all channels.
intents AS (
    SELECT person, channel, intended_at, last_intended_at + $horizon AS until, seen
    FROM visits
    WHERE intended_at IS NOT NULL AND last_intended_at BETWEEN $since AND $until
),
kept AS (
    SELECT intents.*, coalesce(goals.at_us <= intents.until, false) AS kept
    FROM intents
    ASOF LEFT JOIN goals
        ON goals.person = intents.person AND goals.channel = intents.channel AND goals.at_us >= intents.intended_at
),
ended AS (
    SELECT
        kept.person, kept.channel, kept.until, kept.seen,
        -- Time alone decides: a goal that came early tells no sooner than one that never comes.
        CASE
            WHEN kept.until > observed.until THEN 'undecided'
            WHEN kept.kept THEN 'kept'
            WHEN goals.at_us <= kept.until THEN 'elsewhere'
            ELSE 'lost'
        END AS ending
    FROM kept
    CROSS JOIN observed
    ASOF LEFT JOIN goals
        ON goals.person = kept.person AND goals.at_us >= kept.intended_at
),
persons AS (
    SELECT
        channel, person,
        count(*) AS intents,
        bool_or(ending = 'elsewhere') AS elsewhere,
        bool_and(ending = 'undecided') AS undecided,
        max({'until': until, 'minor': coalesce(seen.minor, -1), 'currency': coalesce(seen.currency, '')})
            FILTER (ending = 'lost') AS loss
    FROM ended
    GROUP BY channel, person
)
SELECT
    channel,
    nullif(loss.currency, '') AS currency,
    CAST(sum(intents) AS BIGINT) AS intents,
    count(*) AS persons,
    count(loss) AS lost,
    count(*) FILTER (loss IS NULL AND elsewhere) AS false_drop_offs,
    count(*) FILTER (undecided) AS undecided,
    CAST(coalesce(sum(loss.minor) FILTER (loss.minor >= 0), 0) AS BIGINT) AS value_minor
FROM persons
GROUP BY ALL
ORDER BY ALL
