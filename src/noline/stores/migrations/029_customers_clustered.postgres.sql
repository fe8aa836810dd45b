-- A heap has no order of a key: what is gained in SQLite by clustered tables is not to be had here.

SELECT 1;
