-- Chains up to a further step: for each event that may be it, the latest begin of one that it can end.
,
reach_{step} AS (
    SELECT *, {reach}
    FROM {line}
),
begun_{step} AS (
    SELECT
        *,
        CASE WHEN list_contains($step_{step}, kind) THEN greatest({begins}) END AS begun_us_{step},
        greatest({places}) AS begun_n_{step}
    FROM reach_{step}
    WHERE {asks}
),
chains_{step} AS (
    SELECT
        *,
        CASE
            WHEN begun_us_{step} > $never AND at_us - begun_us_{step} <= $window
                AND (banned_us IS NULL OR banned_us <= begun_us_{step} + $tolerance)
                THEN begun_us_{step}
        END AS began_{step}
    FROM begun_{step}
)
