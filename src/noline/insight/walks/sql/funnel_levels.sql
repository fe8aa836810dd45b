-- The persons who reached each step.
SELECT part, {levels}
FROM chains_{last}
GROUP BY part
ORDER BY part
