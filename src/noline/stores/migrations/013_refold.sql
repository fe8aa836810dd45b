-- Rooms that a hub with a past must fold again, because this version keeps more of it.
CREATE TABLE refold (
    room TEXT PRIMARY KEY
);
INSERT INTO refold (room)
SELECT rooms.room FROM (
    SELECT 'customers' AS room UNION ALL SELECT 'profiles' UNION ALL SELECT 'consents'
    UNION ALL SELECT 'accounts' UNION ALL SELECT 'addresses'
) AS rooms WHERE EXISTS (SELECT 1 FROM log);
