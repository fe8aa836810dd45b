-- When the latest order of a known person was placed.
SELECT max(placed_at) AS placed_at FROM orders WHERE state = 'placed' AND person IS NOT NULL
