-- Hand-offs by border and by how long they waited, in the bins of histogram.py; visits by channel; journeys.
,
crossings AS (
    SELECT person, last_channel AS sender, channel AS receiver, greatest(began_us - last_ended_us, 0) AS waited_us
    FROM walked
    WHERE opens_journey = 0 AND last_channel <> channel
),
roughly AS (
    SELECT
        *,
        least(waited_us, $longest) AS held_us,
        -- A logarithm of floats may miss the power of two by one; the next step puts it right.
        CAST(floor(log2(greatest(least(waited_us, $longest), 1))) AS BIGINT) AS rough
    FROM crossings
),
powers AS (
    SELECT
        *,
        CASE
            WHEN held_us < list_extract($powers, rough + 1) THEN rough - 1
            WHEN held_us >= list_extract($powers, rough + 2) THEN rough + 1
            ELSE rough
        END AS power
    FROM roughly
),
binned AS (
    SELECT
        sender,
        receiver,
        person,
        CASE
            WHEN held_us < 16 THEN held_us
            ELSE (power - 4) * 16 + held_us // list_extract($powers, power - 3)
        END AS bin
    FROM powers
)
SELECT 'gap' AS what, sender, receiver, CAST(bin AS BIGINT) AS bin, CAST(count(*) AS BIGINT) AS counted
FROM binned GROUP BY sender, receiver, bin
UNION ALL
SELECT 'persons', sender, receiver, 0, CAST(count(DISTINCT person) AS BIGINT) FROM crossings GROUP BY sender, receiver
UNION ALL
SELECT 'visits', channel, '', 0, CAST(count(*) AS BIGINT) FROM visits GROUP BY channel
UNION ALL
SELECT 'journeys', '', '', 0, CAST(sum(opens_journey) AS BIGINT) FROM walked HAVING count(*) > 0
UNION ALL
SELECT 'everybody', '', '', 0, CAST(count(DISTINCT person) AS BIGINT) FROM told
