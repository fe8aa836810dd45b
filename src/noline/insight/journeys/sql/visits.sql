-- The visits of known persons and the goals they reached.
-- The log observes up to here; what would be seen only later is undecided, never lost.
observed AS (
    SELECT coalesce($observed_until, max(occurred_at)) AS until FROM touchpoints
),
opened AS (
    SELECT
        *,
        lag(at_us) OVER visitor AS before
    FROM known
    WHERE NOT exposure
    WINDOW visitor AS (PARTITION BY person, channel ORDER BY at_us)
),
stepped AS (
    SELECT
        *,
        max(
            CASE
                WHEN before IS NULL THEN at_us
                WHEN list_contains($business_day_channels, channel)
                    THEN CASE WHEN at_us // $day <> before // $day THEN at_us END
                WHEN at_us - before > CASE WHEN list_contains($slow_channels, channel) THEN $slow_gap ELSE $quick_gap END
                    THEN at_us
            END
        ) OVER (PARTITION BY person, channel ORDER BY at_us) AS visit_began
    FROM opened
),
-- A visit: a maximal run of one person in one channel.
visits AS MATERIALIZED (
    SELECT
        person,
        channel,
        visit_began AS began,
        max(at_us) AS ended,
        min(at_us) FILTER (intent OR research) AS wanted_at,
        min(at_us) FILTER (intent) AS intended_at,
        max(at_us) FILTER (intent) AS last_intended_at,
        -- The basket value or product price last seen; what was bought is not exposed any more.
        max({'at_us': at_us, 'minor': value_minor, 'currency': currency})
            FILTER (value_minor IS NOT NULL AND NOT goal) AS seen
    FROM stepped
    GROUP BY person, channel, visit_began
),
goals AS MATERIALIZED (
    SELECT DISTINCT person, channel, at_us FROM known WHERE goal AND NOT exposure
)
