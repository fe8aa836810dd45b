-- Reviews and feedback: answered, and closed, before the same person said something again and in time.
WITH said AS (
    SELECT coalesce(people.person, t.subject) AS person, t.occurred_at, t.seq, t.action
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    WHERE t.subject IS NOT NULL
        AND t.action IN ('Review Posted', 'Product Reviewed', 'Feedback Given', 'Feedback Answered', 'Feedback Closed')
),
opened AS (
    SELECT person, occurred_at, lead(occurred_at) OVER (PARTITION BY person ORDER BY occurred_at, seq) AS again_at
    FROM said
    WHERE action NOT IN ('Feedback Answered', 'Feedback Closed')
),
loops AS (
    SELECT
        opened.person, opened.occurred_at,
        coalesce(bool_or(said.action = 'Feedback Answered'), false) AS is_answered,
        coalesce(bool_or(said.action = 'Feedback Closed'), false) AS is_closed
    FROM opened
    LEFT JOIN said
        ON said.person = opened.person AND said.action IN ('Feedback Answered', 'Feedback Closed')
        AND said.occurred_at >= opened.occurred_at
        AND (opened.again_at IS NULL OR said.occurred_at < opened.again_at)
        AND said.occurred_at <= opened.occurred_at + $loop_within
    GROUP BY opened.person, opened.occurred_at, opened.again_at
)
SELECT
    count(*)::BIGINT AS opened,
    count(*) FILTER (WHERE is_answered OR is_closed)::BIGINT AS answered_ever,
    count(*) FILTER (WHERE occurred_at + $loop_within <= $observed)::BIGINT AS decided,
    count(*) FILTER (WHERE occurred_at + $loop_within <= $observed AND is_answered)::BIGINT AS answered,
    count(*) FILTER (WHERE occurred_at + $loop_within <= $observed AND is_closed)::BIGINT AS closed
FROM loops
