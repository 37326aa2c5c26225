SELECT CAST(date_trunc('day', event_time AT TIME ZONE 'UTC' AT TIME ZONE 'Europe/Berlin') AS TIMESTAMP) AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC' AS window_start,
  count(*) AS events, count(DISTINCT type) AS types
FROM events GROUP BY ALL
