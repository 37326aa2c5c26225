-- What analysts ask of a shop. Each query begins with its name; a second text is ClickHouse's,
-- where its dialect differs. END is the newest event's time.

-- events_by_type
SELECT type, count(*) AS n FROM events GROUP BY type ORDER BY n DESC, type

-- revenue_by_month
SELECT date_trunc('month', event_time) AS month, sum(amount_base) AS revenue, count(*) AS orders
FROM events WHERE type = 'order_completed' GROUP BY 1 ORDER BY 1
-- clickhouse
SELECT toStartOfMonth(event_time) AS month, sum(amount_base) AS revenue, count(*) AS orders
FROM events WHERE type = 'order_completed' GROUP BY 1 ORDER BY 1

-- revenue_moving_average
SELECT day, revenue, avg(revenue) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week
FROM (SELECT event_time::DATE AS day, sum(amount_base)::DOUBLE AS revenue FROM events
  WHERE type = 'order_completed' AND event_time >= TIMESTAMP 'END' - INTERVAL 90 DAY GROUP BY 1) ORDER BY day
-- clickhouse
SELECT day, revenue, avg(revenue) OVER (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week
FROM (SELECT toDate(event_time) AS day, toFloat64(sum(amount_base)) AS revenue FROM events
  WHERE type = 'order_completed' AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 90 DAY GROUP BY 1) ORDER BY day

-- revenue_by_country_and_channel
SELECT country, channel, sum(amount_base) AS revenue, count(*) AS orders, sum(amount_base)::DOUBLE / count(*) AS aov
FROM events WHERE type = 'order_completed' GROUP BY country, channel ORDER BY revenue DESC, country, channel
-- clickhouse
SELECT country, channel, sum(amount_base) AS revenue, count(*) AS orders, toFloat64(sum(amount_base)) / count(*) AS aov
FROM events WHERE type = 'order_completed' GROUP BY country, channel ORDER BY revenue DESC, country, channel

-- top_products_of_a_quarter
SELECT product_id, any_value(product_name) IS NOT NULL AS named, sum(quantity) AS units, sum(amount) AS revenue
FROM order_lines WHERE kind = 'sale' AND event_time >= TIMESTAMP 'END' - INTERVAL 90 DAY
GROUP BY product_id ORDER BY revenue DESC, product_id LIMIT 20
-- clickhouse
SELECT product_id, any(product_name) IS NOT NULL AS named, sum(quantity) AS units, sum(amount) AS revenue
FROM order_lines WHERE kind = 'sale' AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 90 DAY
GROUP BY product_id ORDER BY revenue DESC, product_id LIMIT 20

-- category_share_by_quarter
SELECT date_trunc('quarter', event_time) AS quarter, category, sum(amount) AS revenue,
  sum(amount)::DOUBLE / sum(sum(amount)::DOUBLE) OVER (PARTITION BY date_trunc('quarter', event_time)) AS share
FROM order_lines WHERE kind = 'sale' GROUP BY 1, 2 ORDER BY 1, 2
-- clickhouse
SELECT quarter, category, revenue, toFloat64(revenue) / sum(toFloat64(revenue)) OVER (PARTITION BY quarter) AS share
FROM (SELECT toStartOfQuarter(event_time) AS quarter, category, sum(amount) AS revenue FROM order_lines WHERE kind = 'sale' GROUP BY 1, 2) ORDER BY 1, 2

-- funnel_of_a_month
SELECT count(DISTINCT session_id) FILTER (type = 'product_viewed') AS viewed, count(DISTINCT session_id) FILTER (type = 'product_added') AS added,
  count(DISTINCT session_id) FILTER (type = 'checkout_started') AS started, count(DISTINCT session_id) FILTER (type = 'order_completed') AS ordered
FROM events WHERE event_time >= TIMESTAMP 'END' - INTERVAL 30 DAY
-- clickhouse
SELECT uniqExactIf(session_id, type = 'product_viewed'), uniqExactIf(session_id, type = 'product_added'),
  uniqExactIf(session_id, type = 'checkout_started'), uniqExactIf(session_id, type = 'order_completed')
FROM events WHERE event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 30 DAY

-- conversion_by_channel_and_week
SELECT date_trunc('week', event_time) AS week, channel,
  count(DISTINCT session_id) FILTER (type = 'order_completed') / count(DISTINCT session_id) AS conversion
FROM events WHERE session_id IS NOT NULL AND event_time >= TIMESTAMP 'END' - INTERVAL 84 DAY GROUP BY 1, 2 ORDER BY 1, 2
-- clickhouse
SELECT toStartOfWeek(event_time, 1) AS week, channel, uniqExactIf(session_id, type = 'order_completed') / uniqExact(session_id) AS conversion
FROM events WHERE session_id IS NOT NULL AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 84 DAY GROUP BY 1, 2 ORDER BY 1, 2

-- visitors_by_day
SELECT event_time::DATE AS day, count(DISTINCT anonymous_id) AS visitors
FROM events WHERE event_time >= TIMESTAMP 'END' - INTERVAL 90 DAY GROUP BY 1 ORDER BY 1
-- clickhouse
SELECT toDate(event_time) AS day, uniqExact(anonymous_id) AS visitors
FROM events WHERE event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 90 DAY GROUP BY 1 ORDER BY 1

-- active_customers_by_month
SELECT date_trunc('month', event_time) AS month, count(DISTINCT customer_id) AS customers FROM events GROUP BY 1 ORDER BY 1
-- clickhouse
SELECT toStartOfMonth(event_time) AS month, uniqExact(customer_id) AS customers FROM events GROUP BY 1 ORDER BY 1

-- new_and_returning_buyers
WITH first AS (SELECT customer_id, min(event_time) AS at FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL GROUP BY 1)
SELECT date_trunc('month', e.event_time) AS month, count(DISTINCT e.customer_id) FILTER (date_trunc('month', f.at) = date_trunc('month', e.event_time)) AS new,
  count(DISTINCT e.customer_id) AS buyers
FROM events e JOIN first f ON f.customer_id = e.customer_id WHERE e.type = 'order_completed' GROUP BY 1 ORDER BY 1
-- clickhouse
WITH first AS (SELECT customer_id, min(event_time) AS at FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL GROUP BY 1)
SELECT toStartOfMonth(e.event_time) AS month, uniqExactIf(e.customer_id, toStartOfMonth(f.at) = toStartOfMonth(e.event_time)) AS new,
  uniqExact(e.customer_id) AS buyers
FROM events e JOIN first f ON f.customer_id = e.customer_id WHERE e.type = 'order_completed' GROUP BY 1 ORDER BY 1

-- cohorts
WITH orders AS (SELECT customer_id, date_trunc('month', event_time) AS month FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL),
  first AS (SELECT customer_id, min(month) AS cohort FROM orders GROUP BY 1)
SELECT cohort, date_diff('month', cohort, month) AS age, count(DISTINCT orders.customer_id) AS customers
FROM orders JOIN first ON first.customer_id = orders.customer_id GROUP BY 1, 2 ORDER BY 1, 2
-- clickhouse
WITH orders AS (SELECT customer_id, toStartOfMonth(event_time) AS month FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL),
  first AS (SELECT customer_id, min(month) AS cohort FROM orders GROUP BY 1)
SELECT cohort, dateDiff('month', cohort, month) AS age, uniqExact(orders.customer_id) AS customers
FROM orders JOIN first ON first.customer_id = orders.customer_id GROUP BY 1, 2 ORDER BY 1, 2

-- days_to_the_second_order
SELECT count(*) AS customers, quantile_cont(gap, 0.5) AS median FROM (
  SELECT date_diff('second', lag(event_time) OVER o, event_time) / 86400 AS gap, row_number() OVER o AS n
  FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL WINDOW o AS (PARTITION BY customer_id ORDER BY event_time, event_id)) WHERE n = 2
-- clickhouse
SELECT count(*) AS customers, quantileExactInclusive(0.5)(gap) AS median FROM (
  SELECT dateDiff('second', lagInFrame(event_time) OVER o, event_time) / 86400 AS gap, row_number() OVER o AS n
  FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL
  WINDOW o AS (PARTITION BY customer_id ORDER BY event_time, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) WHERE n = 2

-- order_value_percentiles
SELECT country, quantile_cont(amount_base::DOUBLE, 0.5) AS p50, quantile_cont(amount_base::DOUBLE, 0.9) AS p90, quantile_cont(amount_base::DOUBLE, 0.99) AS p99
FROM events WHERE type = 'order_completed' GROUP BY country ORDER BY country
-- clickhouse
SELECT country, quantileExactInclusive(0.5)(toFloat64(amount_base)) AS p50, quantileExactInclusive(0.9)(toFloat64(amount_base)) AS p90,
  quantileExactInclusive(0.99)(toFloat64(amount_base)) AS p99
FROM events WHERE type = 'order_completed' GROUP BY country ORDER BY country

-- orders_by_weekday_and_hour
SELECT isodow(event_time) AS weekday, hour(event_time) AS hour, count(*) AS orders FROM events WHERE type = 'order_completed' GROUP BY 1, 2 ORDER BY 1, 2
-- clickhouse
SELECT toDayOfWeek(event_time) AS weekday, toHour(event_time) AS hour, count(*) AS orders FROM events WHERE type = 'order_completed' GROUP BY 1, 2 ORDER BY 1, 2

-- searches_without_results
SELECT properties ->> '$.query' AS term, count(*) AS searches, count(*) FILTER ((properties ->> '$.results')::INT = 0) AS without
FROM events WHERE type = 'products_searched' AND event_time >= TIMESTAMP 'END' - INTERVAL 30 DAY GROUP BY 1 ORDER BY searches DESC, term LIMIT 50
-- clickhouse
SELECT JSONExtractString(properties, 'query') AS term, count(*) AS searches, countIf(JSONExtractInt(properties, 'results') = 0) AS without
FROM events WHERE type = 'products_searched' AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 30 DAY GROUP BY 1 ORDER BY searches DESC, term LIMIT 50

-- declined_payments
SELECT properties ->> '$.decline_reason' AS reason, properties ->> '$.card_country' AS card, count(*) AS n, sum(amount_base) AS value
FROM events WHERE type = 'payment_declined' GROUP BY 1, 2 ORDER BY n DESC, reason, card
-- clickhouse
SELECT JSONExtractString(properties, 'decline_reason') AS reason, JSONExtractString(properties, 'card_country') AS card, count(*) AS n, sum(amount_base) AS value
FROM events WHERE type = 'payment_declined' GROUP BY 1, 2 ORDER BY n DESC, reason, card

-- bought_together
SELECT a.product_id AS one, b.product_id AS other, count(*) AS together
FROM order_lines a JOIN order_lines b ON a.order_id = b.order_id AND a.product_id < b.product_id
WHERE a.kind = 'sale' AND b.kind = 'sale' AND a.event_time >= TIMESTAMP 'END' - INTERVAL 60 DAY AND b.event_time >= TIMESTAMP 'END' - INTERVAL 60 DAY
GROUP BY 1, 2 ORDER BY together DESC, one, other LIMIT 20
-- clickhouse
SELECT a.product_id AS one, b.product_id AS other, count(*) AS together
FROM (SELECT order_id, product_id FROM order_lines WHERE kind = 'sale' AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 60 DAY) a
JOIN (SELECT order_id, product_id FROM order_lines WHERE kind = 'sale' AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 60 DAY) b ON a.order_id = b.order_id
WHERE a.product_id < b.product_id GROUP BY 1, 2 ORDER BY together DESC, one, other LIMIT 20

-- refunds_by_category
SELECT category, -sum(amount) FILTER (kind = 'cancellation') AS refunded, sum(amount) FILTER (kind = 'sale') AS sold
FROM order_lines WHERE kind IN ('sale', 'cancellation') GROUP BY category ORDER BY category
-- clickhouse
SELECT category, -sumIf(amount, kind = 'cancellation') AS refunded, sumIf(amount, kind = 'sale') AS sold
FROM order_lines WHERE kind IN ('sale', 'cancellation') GROUP BY category ORDER BY category

-- length_of_sessions
SELECT quantile_cont(length, 0.5) AS p50, quantile_cont(length, 0.95) AS p95, avg(n) AS events FROM (
  SELECT session_id, date_diff('second', min(event_time), max(event_time)) AS length, count(*) AS n
  FROM events WHERE session_id IS NOT NULL AND event_time >= TIMESTAMP 'END' - INTERVAL 7 DAY GROUP BY session_id)
-- clickhouse
SELECT quantileExactInclusive(0.5)(length) AS p50, quantileExactInclusive(0.95)(length) AS p95, avg(n) AS events FROM (
  SELECT session_id, dateDiff('second', min(event_time), max(event_time)) AS length, count(*) AS n
  FROM events WHERE session_id IS NOT NULL AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 7 DAY GROUP BY session_id)

-- carts_left_behind
SELECT first AS day, count(*) AS carts, count(*) FILTER (NOT ordered) AS abandoned FROM (
  SELECT session_id, min(event_time)::DATE AS first, bool_or(type = 'order_completed') AS ordered, bool_or(type = 'product_added') AS cart
  FROM events WHERE type IN ('product_added', 'order_completed') AND event_time >= TIMESTAMP 'END' - INTERVAL 60 DAY GROUP BY session_id) WHERE cart GROUP BY 1 ORDER BY 1
-- clickhouse
SELECT first AS day, count(*) AS carts, countIf(NOT ordered) AS abandoned FROM (
  SELECT session_id, toDate(min(event_time)) AS first, max(type = 'order_completed') AS ordered, max(type = 'product_added') AS cart
  FROM events WHERE type IN ('product_added', 'order_completed') AND event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 60 DAY GROUP BY session_id) WHERE cart GROUP BY 1 ORDER BY 1

-- best_customers
SELECT customer_id, count(*) AS orders, sum(amount_base) AS value, max(event_time) AS last
FROM events WHERE type = 'order_completed' AND customer_id IS NOT NULL GROUP BY 1 ORDER BY value DESC, customer_id LIMIT 100

-- one_customer
SELECT event_time, type, order_id, amount FROM events WHERE customer_id = 'c122835' ORDER BY event_time, event_id

-- one_day_by_hour
SELECT hour(event_time) AS hour, type, count(*) AS n FROM events
WHERE event_time >= TIMESTAMP 'END' - INTERVAL 200 DAY AND event_time < TIMESTAMP 'END' - INTERVAL 199 DAY GROUP BY 1, 2 ORDER BY 1, 2
-- clickhouse
SELECT toHour(event_time) AS hour, type, count(*) AS n FROM events
WHERE event_time >= toDateTime64('END', 6, 'UTC') - INTERVAL 200 DAY AND event_time < toDateTime64('END', 6, 'UTC') - INTERVAL 199 DAY GROUP BY 1, 2 ORDER BY 1, 2

-- time_from_checkout_to_order
SELECT date_trunc('month', o.event_time) AS month, avg(date_diff('second', c.event_time, o.event_time)) AS seconds
FROM events c JOIN events o ON o.order_id = c.order_id
WHERE c.type = 'checkout_started' AND o.type = 'order_completed' GROUP BY 1 ORDER BY 1
-- clickhouse
SELECT toStartOfMonth(o.event_time) AS month, avg(dateDiff('second', c.event_time, o.event_time)) AS seconds
FROM (SELECT order_id, event_time FROM events WHERE type = 'checkout_started') c
JOIN (SELECT order_id, event_time FROM events WHERE type = 'order_completed') o ON o.order_id = c.order_id GROUP BY 1 ORDER BY 1
