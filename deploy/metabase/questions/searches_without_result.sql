-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Searches without result: Searches that found no product.
SELECT date_trunc('month', "event_time") AS "month",
  coalesce(count(*) FILTER (WHERE "type" = 'products_searched' AND "search_results" = 0), 0) AS "Searches without result"
FROM (
SELECT "event_time",
  "type",
  "source",
  "channel",
  "country",
  "device",
  "browser",
  "os",
  (bot IS NOT NULL) AS "bot",
  "campaign_source",
  "campaign_medium",
  "campaign_name",
  "segment",
  "customer_id",
  "session_id",
  "order_id",
  coalesce(anonymous_id, customer_id) AS "visitor",
  "amount_base",
  coalesce(amount_base, TRY_CAST(properties ->> '$.amount_base' AS DECIMAL(18,6))) AS "amount_known",
  (properties ->> '$.payment_id') AS "payment_id",
  (properties ->> '$.method') AS "method",
  (properties ->> '$.decline_reason') AS "decline_reason",
  (properties ->> '$.reason') AS "reason",
  (properties ->> '$.cart_id') AS "cart_id",
  (properties ->> '$.query') AS "query",
  (properties ->> '$.location_id') AS "location_id",
  (properties ->> '$.card_country') AS "card_country",
  TRY_CAST(properties ->> '$.results' AS BIGINT) AS "search_results",
  TRY_CAST(properties ->> '$.attempt' AS BIGINT) AS "attempt",
  "late",
  "corrected",
  "recovered",
  extract('hour' FROM event_time) AS "hour_of_day",
  extract('isodow' FROM event_time) AS "day_of_week"
FROM events
) AS events
WHERE "event_time" IS NOT NULL
  [[AND "event_time" >= {{from}}]]
  [[AND "event_time" < {{to}}]]
GROUP BY 1
ORDER BY 1
