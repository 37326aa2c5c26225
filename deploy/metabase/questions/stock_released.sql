-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Promises given back: Pieces whose promise was given back, such as of orders that were not paid.
SELECT date_trunc('month', "event_time") AS "month",
  coalesce(sum("quantity") FILTER (WHERE "type" = 'stock_released'), 0) AS "Promises given back"
FROM (
SELECT "event_time",
  "type",
  "source",
  "channel",
  "country",
  "device",
  "product_id",
  "product_name",
  "category",
  "location_id",
  "reason",
  "quantity",
  (CASE WHEN type IN ('stock_received', 'stock_released', 'stock_adjusted') THEN quantity WHEN type = 'stock_reserved' THEN -quantity
    WHEN type = 'stock_sold' AND reason = 'till' THEN -quantity ELSE 0 END) AS "stock_change",
  extract('hour' FROM event_time) AS "hour_of_day",
  extract('isodow' FROM event_time) AS "day_of_week"
FROM product_events
) AS product_events
WHERE "event_time" IS NOT NULL
  [[AND "event_time" >= {{from}}]]
  [[AND "event_time" < {{to}}]]
GROUP BY 1
ORDER BY 1
