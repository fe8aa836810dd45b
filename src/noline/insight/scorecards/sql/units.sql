-- Every unit that history names, and the channel that it belongs to.
SELECT DISTINCT
    CASE WHEN channel = 'store' AND store_id IS NOT NULL THEN store_id ELSE channel END AS unit,
    channel
FROM touchpoints
ORDER BY unit, channel
