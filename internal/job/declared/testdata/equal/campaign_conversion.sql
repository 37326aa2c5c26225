WITH e AS (
  SELECT *, coalesce(anonymous_id, customer_id, order_id) AS visitor, json_extract_string(context, '$.campaign.name') AS name,
    CAST(json_extract_string(properties, '$.amount_base') AS DECIMAL(18, 6)) AS base
  FROM events WHERE channel IN ('web', 'app') AND coalesce(anonymous_id, customer_id, order_id) IS NOT NULL
), gaps AS (
  SELECT *, event_time - lag(event_time) OVER (PARTITION BY visitor ORDER BY event_time) < INTERVAL 30 MINUTE AS goes_on FROM e
), numbered AS (
  SELECT *, count(*) FILTER (goes_on IS NOT TRUE) OVER (PARTITION BY visitor ORDER BY event_time, partition, "offset") AS visit FROM gaps
), visits AS (
  SELECT first(name ORDER BY event_time, partition, "offset") FILTER (name IS NOT NULL) AS campaign, max(event_time) AS ended,
    count(*) FILTER (type = 'order_completed') AS orders, coalesce(sum(base) FILTER (type = 'order_completed'), 0) AS revenue
  FROM numbered GROUP BY visitor, visit
)
SELECT coalesce(campaign, 'none') AS campaign, time_bucket(INTERVAL 1 HOUR, ended + INTERVAL 30 MINUTE - INTERVAL 1 MICROSECOND) AS window_start,
  count(*) AS visits, count(*) FILTER (orders > 0) AS buyers, CAST(count(*) FILTER (orders > 0) AS DOUBLE) / count(*) AS conversion,
  CAST(sum(orders) AS BIGINT) AS orders, sum(revenue) AS revenue
FROM visits GROUP BY ALL
