-- How long each person waited from the first event that begins to the first that ends, and which one that was.
,
began AS (
    SELECT person, min(n) AS began_n, min(at_us) AS began_us
    FROM told
    WHERE list_contains($begin, kind)
    GROUP BY person
),
ended AS (
    SELECT told.person, min(told.n) AS ended_n
    FROM told
    JOIN began ON began.person = told.person
    WHERE told.n > began.began_n AND list_contains($ends, told.kind)
    GROUP BY told.person
),
waited AS (
    SELECT
        greatest(coalesce(over.at_us, $until) - began.began_us, 0) AS waited_us,
        coalesce(over.kind, '') AS kind
    FROM began
    LEFT JOIN ended ON ended.person = began.person
    LEFT JOIN told AS over ON over.person = ended.person AND over.n = ended.ended_n
)
SELECT waited_us, kind, CAST(count(*) AS BIGINT) AS persons
FROM waited
GROUP BY waited_us, kind
