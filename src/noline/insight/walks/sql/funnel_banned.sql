-- Chains of one step, and when before each event something that must not happen was last done. It lies before an event
-- when it is earlier by more than the tolerance: so it is put that much later, into the line of the others.
,
lined_up AS (
    SELECT *, at_us AS by_us, CAST(NULL AS BIGINT) AS done_us, 1 AS asks FROM told
    UNION ALL
    SELECT *, at_us + $tolerance + 1 AS by_us, at_us AS done_us, 0 AS asks FROM told
    WHERE list_contains($without, kind)
),
seen AS (
    SELECT *, max(done_us) OVER (PARTITION BY person ORDER BY by_us) AS banned_us FROM lined_up
),
chains_0 AS (
    SELECT *, CASE WHEN list_contains($step_0, kind) THEN at_us END AS began_0, n AS begun_n_0 FROM seen WHERE asks = 1
)
