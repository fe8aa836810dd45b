SELECT CAST(day AS DATE) AS date_day
FROM generate_series(DATE '2000-01-01', DATE '2100-12-31', INTERVAL 1 DAY) AS days(day)
