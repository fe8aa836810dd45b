-- The last five visits of a journey that led to a loss, each as channel/last action, and how often.
,
journeys AS (
    SELECT
        *,
        concat(channel, '/', last_action) AS seen,
        sum(opens_journey) OVER (PARTITION BY person ORDER BY first_n ROWS UNBOUNDED PRECEDING) AS journey
    FROM walked
),
led AS (
    SELECT
        *,
        lag(seen, 4) OVER (PARTITION BY person, journey ORDER BY first_n) AS seen_4,
        lag(seen, 3) OVER (PARTITION BY person, journey ORDER BY first_n) AS seen_3,
        lag(seen, 2) OVER (PARTITION BY person, journey ORDER BY first_n) AS seen_2,
        lag(seen, 1) OVER (PARTITION BY person, journey ORDER BY first_n) AS seen_1
    FROM journeys
)
SELECT seen_4, seen_3, seen_2, seen_1, seen, CAST(count(*) AS BIGINT) AS lost
FROM led
WHERE
    wanted_us + $horizon <= $until
    AND (goal_us IS NULL OR goal_us > wanted_us + $horizon)
GROUP BY seen_4, seen_3, seen_2, seen_1, seen
