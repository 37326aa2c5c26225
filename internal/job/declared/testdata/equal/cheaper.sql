WITH v AS (
  SELECT coalesce(anonymous_id, e.customer_id) AS visitor, channel, l.event_time, unit_price, category,
    lag(unit_price) OVER w AS before, lag(category) OVER w AS other, lag(l.event_time) OVER w AS since
  FROM order_lines l JOIN events e USING (event_id) WHERE e.type = 'product_viewed'
  WINDOW w AS (PARTITION BY coalesce(anonymous_id, e.customer_id), channel ORDER BY l.event_time, l.partition, l."offset")
)
SELECT visitor, channel, since AS started_at, event_time AS ended_at, before AS price_before, unit_price AS price,
  CAST(unit_price AS DOUBLE) / CAST(before AS DOUBLE) AS share
FROM v WHERE unit_price < before AND category = other AND event_time - since < INTERVAL 10 MINUTE
