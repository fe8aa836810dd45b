-- Visits with an intent, and what became of them: in the channel's own view and in all channels, by channel and whole.
,
ended AS (
    SELECT
        person,
        channel,
        CASE
            WHEN wanted_us + $horizon > $until THEN 'undecided'
            WHEN own_goal_us <= wanted_us + $horizon THEN 'kept'
            WHEN goal_us <= wanted_us + $horizon THEN 'elsewhere'
            ELSE 'lost'
        END AS ending
    FROM walked
    WHERE wanted_us IS NOT NULL
),
viewed AS (
    SELECT 1 AS one_channel, channel, person, ending FROM ended
    UNION ALL
    SELECT 0 AS one_channel, '' AS channel, person, ending FROM ended
)
SELECT
    one_channel,
    channel,
    CAST(count(*) AS BIGINT) AS visits,
    CAST(count(CASE WHEN ending = 'kept' THEN 1 END) AS BIGINT) AS kept,
    CAST(count(CASE WHEN ending = 'elsewhere' THEN 1 END) AS BIGINT) AS elsewhere,
    CAST(count(CASE WHEN ending = 'lost' THEN 1 END) AS BIGINT) AS lost,
    CAST(count(CASE WHEN ending = 'undecided' THEN 1 END) AS BIGINT) AS undecided,
    CAST(count(DISTINCT person) AS BIGINT) AS persons,
    CAST(count(DISTINCT CASE WHEN ending IN ('elsewhere', 'lost') THEN person END) AS BIGINT) AS persons_dropped,
    CAST(count(DISTINCT CASE WHEN ending = 'lost' THEN person END) AS BIGINT) AS persons_lost
FROM viewed
GROUP BY one_channel, channel
ORDER BY one_channel, channel
