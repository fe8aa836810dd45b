-- A fact at its own grain, then the periods and dimensions that were asked for, each person once, then the sums.
WITH fact AS (
/*fact*/
),
dated AS (
    SELECT
        *,
        CASE $period
            WHEN 'day' THEN happened_at // 86400000000
            WHEN 'week' THEN (happened_at // 86400000000 + 3) // 7
            WHEN 'month' THEN
                12 * date_part('year', make_timestamp(happened_at)) + date_part('month', make_timestamp(happened_at)) - 1
            ELSE CAST(happened_at >= $since AS BIGINT)
        END AS period
    FROM fact
    WHERE happened_at >= $from_before AND happened_at < $until
),
kept AS (
    SELECT /*dimensions*/, period, person, alone, /*columns*/
    FROM dated
    WHERE true /*filters*/
)
