-- The declared hand-offs of one border, by the group that the sender named: each declaration is an instance.
persons AS (
    SELECT
        handoff_group,
        person,
        count(*) AS attempts,
        count(arrived_at) AS arrived,
        count(*) FILTER (ending = 'lost before') AS lost_before_arrival,
        count(*) FILTER (ending = 'lost after') AS lost_after_arrival,
        count(*) FILTER (ending = 'undecided') AS undecided,
        count(*) FILTER (ending = 'undecided' AND arrived_at IS NOT NULL) AS undecided_after_arrival,
        count(*) FILTER (ending IN ('lost before', 'lost after')) AS lost,
        count(*) FILTER (ending <> 'undecided' AND arrived_at IS NOT NULL) AS came,
        count(*) FILTER (ending <> 'undecided') AS decided
    FROM chosen
    WHERE declared AND sender = $sender AND receiver = $receiver
    GROUP BY handoff_group, person
)
SELECT
    handoff_group,
    CAST(sum(attempts) AS BIGINT) AS attempts,
    count(*) AS persons,
    CAST(sum(arrived) AS BIGINT) AS arrived,
    CAST(sum(lost_before_arrival) AS BIGINT) AS lost_before_arrival,
    CAST(sum(lost_after_arrival) AS BIGINT) AS lost_after_arrival,
    CAST(sum(undecided) AS BIGINT) AS undecided,
    CAST(sum(undecided_after_arrival) AS BIGINT) AS undecided_after_arrival,
    -- How unevenly the cases lie on people, for the intervals of the shares.
    CAST(sum(came * came) AS BIGINT) AS came_squares,
    CAST(sum(came * decided) AS BIGINT) AS came_products,
    count(*) FILTER (decided > 0) AS persons_decided,
    CAST(sum(lost * lost) AS BIGINT) AS lost_squares,
    CAST(sum(lost * decided) AS BIGINT) AS lost_products,
    CAST(sum(decided * decided) AS BIGINT) AS decided_squares
FROM persons
GROUP BY handoff_group
ORDER BY handoff_group NULLS LAST
