-- How many people were seen at each stage, in each channel.
SELECT t.channel, t.stage, count(*) AS touchpoints, count(DISTINCT coalesce(people.person, t.subject)) AS persons
FROM touchpoints AS t
LEFT JOIN people ON people.subject = t.subject
WHERE NOT t.exposure AND t.subject IS NOT NULL AND t.occurred_at BETWEEN $since AND $until
GROUP BY t.channel, t.stage
ORDER BY t.channel, t.stage
