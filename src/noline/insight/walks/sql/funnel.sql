-- Chains of one step.
,
chains_0 AS (
    SELECT
        *,
        CASE WHEN list_contains($step_0, kind) THEN at_us END AS began_0,
        n AS begun_n_0,
        CAST(NULL AS BIGINT) AS banned_us
    FROM told
)
