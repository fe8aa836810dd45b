SELECT channel, sum(opens)
FROM (
    SELECT channel, time - lagInFrame(time) OVER (
        PARTITION BY person, channel ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
    ) > {pause} AS opens
    FROM {events}
)
GROUP BY channel
