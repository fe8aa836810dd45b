-- Every border as a whole.
parts AS (
    SELECT *, NULL AS dimension, NULL AS value, NULL AS month FROM chosen
)
