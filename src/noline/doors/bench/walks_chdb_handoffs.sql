WITH
opened AS (
    SELECT person, channel, time, time - lagInFrame(time) OVER (
        PARTITION BY person, channel ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    ) > {pause} AS opens
    FROM {events}
),
numbered AS (
    SELECT person, channel, time, sum(opens) OVER (
        PARTITION BY person, channel ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS visit
    FROM opened
),
visits AS (
    SELECT person, channel, min(time) AS began, max(time) AS ended FROM numbered GROUP BY person, channel, visit
),
walked AS (
    SELECT
        person, channel, began,
        lagInFrame(channel) OVER (PARTITION BY person ORDER BY began ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before,
        lagInFrame(ended) OVER (PARTITION BY person ORDER BY began ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS left_at,
        max(ended) OVER (PARTITION BY person ORDER BY began ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest
    FROM visits
)
SELECT before, channel, count(), uniqExact(person), quantilesTDigest(0.1, 0.5, 0.9)(greatest(began - left_at, 0))
FROM walked
WHERE before <> '' AND before <> channel AND began - latest <= {journey}
GROUP BY before, channel
