-- The first and the last moment that history tells of; NULL where it tells nothing.
SELECT min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM touchpoints
