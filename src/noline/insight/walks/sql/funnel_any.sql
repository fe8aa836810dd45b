-- From each event of a step on, whichever it is: how many of the steps are done before the window closes. A step that
-- is asked for twice takes two events.
,
repeated AS (
    SELECT *, {repeated}
    FROM told
    WHERE
        list_contains($any_step, kind)
        AND (NOT $whole_person OR person NOT IN (SELECT person FROM told WHERE list_contains($without, kind)))
),
ahead AS (
    SELECT *, {ahead}
    FROM repeated
    WINDOW ahead AS (PARTITION BY {of} ORDER BY at_us RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)
),
chains_0 AS (
    SELECT *, {done} AS done FROM ahead
)
