-- Where a step may come only some time after the one before it, or a little earlier than it: what a chain offers is put
-- that much later or earlier, into the line of the events that ask for it.
,
line_{step} AS (
    SELECT *, at_us AS by_us_{step}, 1 AS asks_{step}, {nothing}
    FROM chains_{before}
    UNION ALL
    SELECT *, at_us + {shift} AS by_us_{step}, 0 AS asks_{step}, {offers}
    FROM chains_{before}
)
