WITH opened AS (
    SELECT channel, coalesce(time - lag(time) OVER (PARTITION BY person, channel ORDER BY time) > $pause, true) AS opens
    FROM events
)
SELECT channel, CAST(sum(opens) AS BIGINT) FROM opened GROUP BY channel
