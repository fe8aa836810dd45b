-- Visits: maximal runs of one person in one channel without a longer pause. Journeys: visits without a longer gap.
,
followed AS (
    SELECT
        *,
        lag(at_us) OVER (PARTITION BY person, channel ORDER BY n) AS before_us,
        -- Less than 0: a visit there is a day (UTC).
        list_extract($pauses, list_position($channels, channel)) AS pause,
        -- When a goal is reached from here on: in this channel, and in any.
        min(CASE WHEN list_contains($goals, kind) THEN at_us END) OVER (
            PARTITION BY person, channel ORDER BY at_us RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS own_goal_us,
        min(CASE WHEN list_contains($goals, kind) THEN at_us END) OVER (
            PARTITION BY person ORDER BY at_us RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) AS goal_us
    FROM told
),
opened AS (
    SELECT
        *,
        CASE
            WHEN before_us IS NULL THEN 1
            WHEN pause >= 0 THEN CASE WHEN at_us - before_us > pause THEN 1 ELSE 0 END
            WHEN at_us - (at_us % $day + $day) % $day > before_us THEN 1
            ELSE 0
        END AS opens
    FROM followed
),
numbered AS (
    SELECT
        *,
        sum(opens) OVER (PARTITION BY person, channel ORDER BY n ROWS UNBOUNDED PRECEDING) AS visit,
        list_contains($intents, kind) AS intent
    FROM opened
),
visits AS (
    SELECT
        person,
        channel,
        visit,
        min(n) AS first_n,
        min(at_us) AS began_us,
        max(at_us) AS ended_us,
        arg_max(action, n) AS last_action,
        max(CASE WHEN intent THEN at_us END) AS wanted_us,
        -- Goals rise with the moments they follow: the least is that after the first intent.
        min(CASE WHEN intent THEN own_goal_us END) AS own_goal_us,
        min(CASE WHEN intent THEN goal_us END) AS goal_us
    FROM numbered
    GROUP BY person, channel, visit
),
ordered AS (
    SELECT
        *,
        lag(channel) OVER (PARTITION BY person ORDER BY first_n) AS last_channel,
        lag(ended_us) OVER (PARTITION BY person ORDER BY first_n) AS last_ended_us,
        max(ended_us) OVER (
            PARTITION BY person ORDER BY first_n ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS away_since_us
    FROM visits
),
walked AS (
    SELECT
        *,
        CASE WHEN away_since_us IS NULL OR began_us - away_since_us > $journey THEN 1 ELSE 0 END AS opens_journey
    FROM ordered
)
