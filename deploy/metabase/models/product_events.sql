-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Items of events that are no order: views, carts, movements of stock, prices
-- A model of Metabase, by the name product_events; event time is event_time, UTC.
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
