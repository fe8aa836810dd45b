-- The persons who reached each step, by the part of one event of the chain to the furthest step that each reached.
,
reached AS (
    SELECT person, {firsts}
    FROM chains_{last}
    GROUP BY person
    HAVING min(CASE WHEN began_0 IS NOT NULL THEN n END) IS NOT NULL
),
furthest AS (
    SELECT *, coalesce({furthest}) AS ended_n FROM reached
),
credited AS (
    SELECT furthest.*, {credited} AS credited_n
    FROM furthest
    JOIN chains_{last} AS chains ON chains.person = furthest.person AND chains.n = furthest.ended_n
)
SELECT told.part, {levels}
FROM credited
JOIN told ON told.person = credited.person AND told.n = credited.credited_n
GROUP BY told.part
ORDER BY told.part
