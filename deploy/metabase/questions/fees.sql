-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Fees: Lines whose product is none, such as postage and commission.
SELECT date_trunc('month', "event_time") AS "month",
  CASE WHEN min("currency") IS NOT DISTINCT FROM max("currency") THEN coalesce(sum("amount") FILTER (WHERE "kind" = 'fee'), 0) END AS "Fees"
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
