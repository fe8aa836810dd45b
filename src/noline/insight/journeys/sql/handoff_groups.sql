-- The declared hand-offs of one border, by the group that the sender named: each declaration is an instance.
SELECT
    handoff_group,
    count(*) AS attempts,
    count(DISTINCT person) AS persons,
    count(arrived_at) AS arrived,
    count(*) FILTER (ending = 'lost before') AS lost,
    count(*) FILTER (arrived_at IS NULL AND ending = 'undecided') AS undecided
FROM attempts
WHERE declared AND sender = $sender AND receiver = $receiver
GROUP BY handoff_group
ORDER BY handoff_group NULLS LAST
