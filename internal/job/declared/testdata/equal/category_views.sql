SELECT category, time_bucket(INTERVAL 1 MINUTE, event_time) AS window_start, count(*) AS views,
  count(DISTINCT coalesce(anonymous_id, customer_id, order_id)) AS visitors,
  CAST(count(*) AS DOUBLE) / count(DISTINCT coalesce(anonymous_id, customer_id, order_id)) AS views_per_visitor, max(unit_price) AS dearest
FROM order_lines JOIN (SELECT event_id, anonymous_id FROM events WHERE type = 'product_viewed') USING (event_id)
WHERE category IS NOT NULL GROUP BY ALL
