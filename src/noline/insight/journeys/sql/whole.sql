-- Every border as a whole.
,
parts AS (
    SELECT *, NULL AS value FROM attempts
)
