WITH e AS (
  SELECT *, upper(country) AS land, type = 'order_refunded' AS refund, CAST(json_extract_string(properties, '$.amount_base') AS DECIMAL(18, 6)) AS base,
    json_extract_string(properties, '$.till_id') AS till,
    (SELECT count(*) FROM order_lines l WHERE l.event_id = events.event_id) AS items
  FROM events WHERE type IN ('order_completed', 'order_refunded') AND amount > -500
), w AS (
  SELECT e.*, time_bucket(INTERVAL 15 MINUTE, event_time) - INTERVAL 15 MINUTE * n AS window_start FROM e, range(4) r(n)
)
SELECT land AS country, channel, refund, window_start, window_start + INTERVAL 1 HOUR AS window_end,
  count(*) AS orders, count(till) AS tills, count(*) FILTER (base >= 100) AS large, count(DISTINCT customer_id) AS customers,
  sum(amount) AS revenue, coalesce(sum(base), 0) AS base, min(amount) AS least, coalesce(max(base), 0) AS greatest, min(order_id) AS alphabetic,
  first(order_id ORDER BY event_time, partition, "offset") AS earliest, max(event_time) AS latest,
  CAST(sum(items) AS DOUBLE) / count(*) AS mean_items, CAST(count(*) FILTER (base >= 100) AS DOUBLE) / count(*) AS share
FROM w GROUP BY ALL
