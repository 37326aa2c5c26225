-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Items of accepted events
-- A model of Metabase, by the name order_lines; event time is event_time, UTC.
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
