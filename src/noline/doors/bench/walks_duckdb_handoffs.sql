WITH opened AS (
    SELECT *, coalesce(time - lag(time) OVER (PARTITION BY person, channel ORDER BY time) > $pause, true) AS opens
    FROM events
),
numbered AS (
    SELECT *, sum(opens) OVER (PARTITION BY person, channel ORDER BY time) AS visit FROM opened
),
visits AS (
    SELECT person, channel, min(time) AS began, max(time) AS ended FROM numbered GROUP BY person, channel, visit
),
walked AS (
    SELECT
        person, channel, began,
        lag(channel) OVER w AS before,
        lag(ended) OVER w AS left_at,
        max(ended) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
    FROM visits
    WINDOW w AS (PARTITION BY person ORDER BY began)
)
SELECT
    before, channel, count(*), count(DISTINCT person),
    approx_quantile(greatest(began - left_at, 0), [0.1, 0.5, 0.9])
FROM walked
WHERE before <> channel AND began - latest <= $journey
GROUP BY before, channel
