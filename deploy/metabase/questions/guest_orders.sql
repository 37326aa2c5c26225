-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Guest orders: Orders whose sender named no customer.
SELECT date_trunc('month', "event_time") AS "month",
  coalesce(count(DISTINCT "order_id") FILTER (WHERE "kind" = 'sale' AND "guest" = true), 0) AS "Guest orders"
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
