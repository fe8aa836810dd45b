SELECT
    assumeNotNull(person) AS person,
    assumeNotNull(time) AS time,
    assumeNotNull(channel) AS channel,
    assumeNotNull(action) AS action
FROM file('{file}', Parquet)
