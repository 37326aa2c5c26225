-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Average order value: Revenue per order. Cancellations lower it, because they lower revenue.
SELECT date_trunc('month', "event_time") AS "month",
  CASE WHEN min("currency") IS NOT DISTINCT FROM max("currency") THEN (coalesce(sum("amount") FILTER (WHERE "kind" IN ('sale', 'cancellation', 'adjustment', 'fee')), 0)::DOUBLE / nullif(coalesce(count(DISTINCT "order_id") FILTER (WHERE "kind" = 'sale'), 0)::DOUBLE, 0)) END AS "Average order value"
FROM (
SELECT "event_time",
  "kind",
  "product_id",
  "product_name",
  "category",
  "country",
  "currency",
  "source",
  "customer_id",
  "order_id",
  starts_with(customer_id, 'guest:') AS "guest",
  "event_id",
  "quantity",
  "unit_price",
  "amount",
  extract('hour' FROM event_time) AS "hour_of_day",
  extract('isodow' FROM event_time) AS "day_of_week"
FROM order_lines
) AS order_lines
WHERE "event_time" IS NOT NULL
  [[AND "event_time" >= {{from}}]]
  [[AND "event_time" < {{to}}]]
  [[AND "currency" = {{currency}}]]
GROUP BY 1
ORDER BY 1
