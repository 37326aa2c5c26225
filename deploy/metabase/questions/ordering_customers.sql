-- Generated from internal/warehouse/semantic by "make generate". Do not edit.
-- Customers with an account who ordered: Known customers with an order in the bucket.
SELECT date_trunc('month', "ordered_at") AS "month",
  coalesce(count(DISTINCT "customer_id"), 0) AS "Customers with an account who ordered"
FROM (
SELECT "ordered_at",
  "country",
  "currency",
  "customer_id",
  "order_id",
  "order_number",
  strftime(first_ordered_at, '%Y-%m') AS "first_month",
  datediff('month', first_ordered_at, ordered_at) AS "months_since_first",
  datediff('day', previous_ordered_at, ordered_at) AS "days_since_previous",
  "amount",
  "pieces",
  extract('hour' FROM ordered_at) AS "hour_of_day",
  extract('isodow' FROM ordered_at) AS "day_of_week"
FROM (SELECT *, row_number() OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id, currency) AS order_number,
    min(ordered_at) OVER (PARTITION BY customer_id) AS first_ordered_at,
    lag(ordered_at) OVER (PARTITION BY customer_id ORDER BY ordered_at, order_id, currency) AS previous_ordered_at
  FROM (SELECT customer_id, order_id, currency, min(country) AS country, min(event_time) AS ordered_at, sum(amount) AS amount, sum(quantity)::BIGINT AS pieces
    FROM order_lines WHERE kind = 'sale' AND order_id IS NOT NULL AND NOT starts_with(customer_id, 'guest:') AND true
    GROUP BY customer_id, order_id, currency)) AS customer_orders
) AS customer_orders
WHERE "ordered_at" IS NOT NULL
  [[AND "ordered_at" >= {{from}}]]
  [[AND "ordered_at" < {{to}}]]
  [[AND "currency" = {{currency}}]]
GROUP BY 1
ORDER BY 1
