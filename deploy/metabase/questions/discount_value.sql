-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Discounts: What customers did not pay of list prices; below zero when they paid more.
SELECT date_trunc('month', "event_time") AS "month",
  CASE WHEN min("currency") IS NOT DISTINCT FROM max("currency") THEN coalesce(sum("discount") FILTER (WHERE "list_amount" IS NOT NULL), 0) END AS "Discounts"
FROM (
SELECT "event_time",
  "kind",
  "product_id",
  "product_name",
  "category",
  "country",
  "currency",
  "source",
  "quantity",
  "amount",
  "list_amount",
  "discount",
  "cost",
  "margin",
  extract('hour' FROM event_time) AS "hour_of_day",
  extract('isodow' FROM event_time) AS "day_of_week"
FROM (WITH prices AS (SELECT properties ->> '$.product_id' AS product_id, event_time AS since, max(currency) AS currency, max(TRY_CAST(properties ->> '$.list_price' AS DECIMAL(18,6))) AS list_price,
    max(TRY_CAST(properties ->> '$.cost' AS DECIMAL(18,6))) AS cost FROM events WHERE type = 'price_changed' AND true GROUP BY 1, 2),
  lines AS (SELECT l.*, f.since AS first_since FROM (SELECT * FROM order_lines WHERE kind IN ('sale', 'cancellation') AND true) AS l
    LEFT JOIN (SELECT product_id, min(since) AS since FROM prices GROUP BY 1) AS f USING (product_id))
  SELECT l.event_time, l.kind, l.product_id, l.product_name, l.category, l.country, l.currency, l.source, l.quantity, l.amount,
    (l.quantity * p.list_price)::DECIMAL(18,6) AS list_amount, (l.quantity * p.cost)::DECIMAL(18,6) AS cost,
    (l.quantity * p.list_price)::DECIMAL(18,6) - l.amount AS discount, l.amount - (l.quantity * p.cost)::DECIMAL(18,6) AS margin
  FROM lines AS l ASOF LEFT JOIN prices AS p ON p.product_id = l.product_id AND p.currency = l.currency AND p.since <= greatest(l.event_time, l.first_since)) AS order_margins
) AS order_margins
WHERE "event_time" IS NOT NULL
  [[AND "event_time" >= {{from}}]]
  [[AND "event_time" < {{to}}]]
  [[AND "currency" = {{currency}}]]
GROUP BY 1
ORDER BY 1
