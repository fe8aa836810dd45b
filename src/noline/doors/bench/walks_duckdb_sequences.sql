WITH opened AS (
    SELECT *, coalesce(time - lag(time) OVER (PARTITION BY person, channel ORDER BY time) > $pause, true) AS opens
    FROM events
),
numbered AS (
    SELECT *, sum(opens) OVER (PARTITION BY person, channel ORDER BY time) AS visit FROM opened
),
visits AS (
    SELECT
        person, min(time) AS began, max(time) AS ended, channel || '/' || arg_max(action, time) AS kind,
        min(time) FILTER (action IN ('cart', 'checkout')) AS wanted,
        max(time) FILTER (action IN ('cart', 'checkout')) AS last_wanted
    FROM numbered
    GROUP BY person, channel, visit
),
gapped AS (
    SELECT *, max(ended) OVER (PARTITION BY person ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
    FROM visits
),
journeys AS (
    SELECT *, sum(CAST(coalesce(began - latest > $journey, true) AS INTEGER)) OVER (PARTITION BY person ORDER BY began) AS journey
    FROM gapped
),
walked AS (
    SELECT
        *, list(kind) OVER (
            PARTITION BY person, journey ORDER BY began ROWS BETWEEN 4 PRECEDING AND CURRENT ROW
        ) AS kinds
    FROM journeys
),
goals AS (SELECT DISTINCT person, time FROM events WHERE action = 'purchase'),
ended AS (
    SELECT walked.kinds, last_wanted + $horizon AS until, goals.time AS reached
    FROM walked ASOF LEFT JOIN goals ON goals.person = walked.person AND goals.time >= walked.wanted
    WHERE wanted IS NOT NULL
)
SELECT kinds, count(*) AS lost
FROM ended
WHERE until <= (SELECT max(time) FROM events) AND NOT coalesce(reached <= until, false)
GROUP BY kinds
ORDER BY lost DESC, kinds
LIMIT 20
