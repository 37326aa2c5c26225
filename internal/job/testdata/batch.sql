-- The jobs' results as plain SQL over all events, for TestResultsAreThoseOfABatch.
-- What stands above the first table is a part of every statement.
WITH lines AS (
  SELECT event_id,
    count(*) FILTER (kind = 'sale') AS sales, count(*) FILTER (kind = 'cancellation') AS cancellations,
    coalesce(sum(quantity) FILTER (kind IN ('sale', 'cancellation')), 0) AS units
  FROM order_lines GROUP BY event_id
), e AS (
  SELECT events.*, coalesce(sales, 0) AS sales, coalesce(cancellations, 0) AS cancellations, coalesce(units, 0) AS units,
    coalesce(CAST(json_extract_string(properties, '$.amount_base') AS DECIMAL(18, 6)), amount) AS base,
    CASE channel WHEN 'web' THEN 'browser' WHEN 'app' THEN 'app' WHEN 'store' THEN 'till' ELSE 'unknown' END AS kind_of_device,
    coalesce(anonymous_id, customer_id, order_id) AS visitor,
    coalesce(json_extract_string(properties, '$.cart_id'), anonymous_id, customer_id, order_id) AS cart
  FROM events LEFT JOIN lines USING (event_id)
), cart_events AS (
  SELECT *, type = 'order_completed' AS ordered,
    CASE type WHEN 'product_added' THEN 1 WHEN 'product_removed' THEN -1 ELSE 0 END AS sign
  FROM e
  WHERE type IN ('product_added', 'product_removed', 'cart_viewed', 'checkout_started', 'checkout_step_completed',
    'payment_info_entered', 'order_completed')
), cart_lives AS (
  SELECT c.*, coalesce(count(*) FILTER (ordered) OVER before, 0) AS life, lead(event_time) OVER w AS next,
    lag(event_time) OVER w AS previous
  FROM cart_events c
  WINDOW w AS (PARTITION BY cart ORDER BY event_time, partition, "offset"),
    before AS (PARTITION BY cart ORDER BY event_time, partition, "offset" ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), cart_states AS (
  SELECT c.*, sum(sign * coalesce(pieces, 0)) OVER (PARTITION BY cart, life ORDER BY event_time, partition, "offset") AS held
  FROM cart_lives c LEFT JOIN (SELECT event_id, sum(quantity) AS pieces FROM order_lines GROUP BY event_id) USING (event_id)
), hits AS (
  SELECT *, CASE WHEN type IN ('page', 'screen') THEN coalesce(json_extract_string(properties, '$.path'), json_extract_string(properties, '$.name')) END AS path,
    json_extract_string(context, '$.campaign.name') AS campaign,
    CASE
      WHEN type = 'order_completed' THEN 5
      WHEN type = 'payment_info_entered' OR type LIKE 'payment\_%' ESCAPE '\' THEN 4
      WHEN type LIKE 'checkout\_%' ESCAPE '\' THEN 3
      WHEN type IN ('product_added', 'product_removed', 'cart_viewed') THEN 2
      WHEN type = 'product_viewed' THEN 1
      ELSE 0
    END AS step,
    event_time - lag(event_time) OVER (PARTITION BY visitor ORDER BY event_time, partition, "offset") < INTERVAL 30 MINUTE AS goes_on
  FROM e
  WHERE visitor IS NOT NULL AND channel IS DISTINCT FROM 'store' AND type NOT LIKE 'stock\_%' ESCAPE '\'
    AND type NOT IN ('order_line', 'order_refunded', 'price_changed')
), numbered AS (
  SELECT *, count(*) FILTER (goes_on IS NOT TRUE) OVER (PARTITION BY visitor ORDER BY event_time, partition, "offset") AS visit FROM hits
), visits AS (
  SELECT visitor, min(event_time) AS started_at, max(event_time) AS ended_at,
    last(customer_id ORDER BY event_time, partition, "offset") FILTER (customer_id IS NOT NULL) AS customer_id,
    first(coalesce(path, type) ORDER BY event_time, partition, "offset") AS entry_page,
    last(coalesce(path, type) ORDER BY event_time, partition, "offset") AS exit_page,
    first(campaign ORDER BY event_time, partition, "offset") FILTER (campaign IS NOT NULL) AS campaign,
    first(channel ORDER BY event_time, partition, "offset") FILTER (channel IS NOT NULL) AS channel,
    first(country ORDER BY event_time, partition, "offset") FILTER (country IS NOT NULL) AS country,
    count(*) AS events, count(*) = 1 AS bounce, max(step) AS step_no,
    count(*) FILTER (type = 'order_completed') AS orders, coalesce(sum(base) FILTER (type = 'order_completed'), 0) AS order_value
  FROM numbered GROUP BY visitor, visit
), uses AS (
  SELECT product_id, event_time AS happened, CAST(type = 'product_viewed' AS BIGINT) AS view, CAST(type = 'product_added' AS BIGINT) AS addition,
    CAST(kind = 'sale' AS BIGINT) AS purchase
  FROM order_lines JOIN (SELECT event_id, type FROM events) USING (event_id)
  WHERE type IN ('product_viewed', 'product_added') OR type IN ('order_completed', 'order_line') AND kind = 'sale'
)

-- table kpis: dimension, member, minute
, facts AS (
  SELECT time_bucket(INTERVAL 1 MINUTE, event_time) AS minute, channel, country, kind_of_device,
    CASE WHEN type <> 'product_viewed' THEN base END AS revenue,
    CASE WHEN type <> 'product_viewed' THEN units END AS units,
    CASE WHEN type = 'order_completed' OR type <> 'product_viewed' AND sales > 0 THEN order_id END AS sold,
    CASE WHEN type = 'order_refunded' OR cancellations > 0 THEN order_id END AS cancelled,
    CASE WHEN (type = 'order_refunded' OR cancellations > 0) AND sales = 0 THEN base END AS cancelled_amount,
    CASE WHEN type = 'product_viewed' THEN coalesce(session_id, visitor) END AS session, 0 AS carts
  FROM e WHERE type IN ('order_line', 'order_completed', 'order_refunded', 'product_viewed')
  UNION ALL
  SELECT time_bucket(INTERVAL 1 MINUTE, happened), channel, country, kind_of_device, NULL, NULL, NULL, NULL, NULL, NULL, change
  FROM (
    -- A cart is open behind an event that leaves something in it, until the next one, or for an hour.
    SELECT event_time AS happened, channel, country, kind_of_device,
      CAST(NOT ordered AND held > 0 AS INTEGER)
        - CAST(coalesce(lag(NOT ordered AND held > 0) OVER w AND event_time - previous < INTERVAL 1 HOUR, false) AS INTEGER) AS change
    FROM cart_states WINDOW w AS (PARTITION BY cart ORDER BY event_time, partition, "offset")
    UNION ALL
    SELECT event_time + INTERVAL 1 HOUR, channel, country, kind_of_device, -1
    FROM cart_states
    WHERE NOT ordered AND held > 0 AND event_time + INTERVAL 1 HOUR <= least(:until, coalesce(next, :until))
  ) WHERE change <> 0
), groups AS (
  SELECT * FROM facts, (VALUES ('total'), ('channel'), ('country'), ('device')) AS d (dimension)
), members AS (
  SELECT *, CASE dimension WHEN 'total' THEN 'all' WHEN 'device' THEN kind_of_device ELSE coalesce(CASE dimension WHEN 'channel' THEN channel ELSE country END, 'unknown') END AS member
  FROM groups
), sums AS (
  SELECT dimension, member, minute, coalesce(sum(revenue), 0) AS revenue, count(DISTINCT sold) AS orders, coalesce(sum(units), 0) AS units,
    count(DISTINCT session) AS sessions_with_view, count(DISTINCT cancelled) AS cancellations,
    coalesce(sum(cancelled_amount), 0) AS cancelled_amount, sum(carts) AS carts
  FROM members GROUP BY ALL
  HAVING sum(revenue) <> 0 OR count(sold) > 0 OR sum(units) <> 0 OR count(session) > 0 OR count(cancelled) > 0 OR sum(carts) <> 0
)
SELECT * EXCLUDE (carts), sum(carts) OVER (PARTITION BY dimension, member ORDER BY minute) AS open_carts,
  CASE WHEN orders > 0 THEN CAST(CAST(revenue * 1000000 AS BIGINT) // orders AS DECIMAL(18, 0)) / 1000000.0 ELSE 0 END AS average_order_value,
  CASE WHEN sessions_with_view > 0 THEN orders / sessions_with_view ELSE 0 END AS conversion
FROM sums

-- table popularity: product_id
, windows AS (SELECT time_bucket(INTERVAL 1 MINUTE, :until) AS now, now - INTERVAL 1 HOUR AS start)
SELECT product_id, coalesce(sum(view) FILTER (happened >= start), 0) AS views, coalesce(sum(addition) FILTER (happened >= start), 0) AS additions,
  coalesce(sum(purchase) FILTER (happened >= start), 0) AS purchases, views + 3 * additions + 10 * purchases AS score,
  coalesce(sum(view + 3 * addition + 10 * purchase) FILTER (happened < start), 0) AS score_before, score - score_before AS trend
FROM uses, windows WHERE happened >= start - INTERVAL 1 HOUR AND happened < now
GROUP BY product_id

-- table popularity_top: rank
SELECT row_number() OVER (ORDER BY score DESC, product_id) AS rank, *
FROM (
  SELECT product_id, sum(view + 3 * addition + 10 * purchase) AS score FROM uses
  WHERE happened >= time_bucket(INTERVAL 1 MINUTE, :until) - INTERVAL 1 HOUR AND happened < time_bucket(INTERVAL 1 MINUTE, :until)
  GROUP BY product_id
) QUALIFY rank <= 20

-- table visits: visitor, started_at
SELECT *, ['visit', 'view', 'cart', 'checkout', 'payment', 'order'][step_no + 1] AS step FROM visits

-- table funnel: hour, step_no
SELECT time_bucket(INTERVAL 1 HOUR, started_at) AS hour, n AS step_no, ['visit', 'view', 'cart', 'checkout', 'payment', 'order'][n + 1] AS step,
  count(*) AS visits
FROM visits, range(6) AS r (n) WHERE visits.step_no >= n GROUP BY ALL

-- table abandoned_carts: cart_id, opened_at
, abandoned AS (
  SELECT cart, life, max(event_time) AS last_event_at, count(*) AS times
  FROM cart_states
  WHERE NOT ordered AND held > 0 AND event_time + INTERVAL 1 HOUR <= least(:until, coalesce(next, :until))
  GROUP BY ALL
), opened AS (
  SELECT cart, life, min(event_time) AS opened_at, first(channel ORDER BY event_time) AS channel, first(country ORDER BY event_time) AS country,
    first(currency ORDER BY event_time) AS currency
  FROM cart_states WHERE held > 0 GROUP BY ALL
), ordered AS (
  SELECT cart, life, min(event_time) AS recovered_at, first(order_id) AS order_id FROM cart_states WHERE ordered GROUP BY ALL
), contents AS (
  SELECT cart, life, product_id, sum(sign * quantity) AS pieces, sum(sign * order_lines.amount) AS value
  FROM cart_states c JOIN abandoned a USING (cart, life) JOIN order_lines USING (event_id)
  WHERE sign <> 0 AND c.event_time <= last_event_at
  GROUP BY ALL HAVING sum(sign * quantity) > 0
)
SELECT cart AS cart_id, opened_at, last_event_at, last_event_at + INTERVAL 1 HOUR AS abandoned_at, times, channel, country, currency,
  sum(value) AS value, sum(pieces) AS pieces, list(product_id ORDER BY product_id) AS product_ids,
  recovered_at IS NOT NULL AS recovered, recovered_at, any_value(o.order_id) AS order_id
FROM abandoned JOIN opened USING (cart, life) JOIN contents USING (cart, life) LEFT JOIN ordered o USING (cart, life)
GROUP BY ALL

-- table customer_profiles: customer_id
, purchases AS (
  SELECT * FROM e WHERE type IN ('order_completed', 'order_line', 'order_refunded') AND customer_id NOT LIKE 'guest:%'
), liked AS (
  SELECT customer_id, list(category ORDER BY n DESC, category)[1:3] AS favourites
  FROM (
    SELECT p.customer_id, category, count(*) AS n FROM purchases p JOIN order_lines l USING (event_id)
    WHERE kind = 'sale' AND category IS NOT NULL GROUP BY ALL
  ) GROUP BY customer_id
), customers AS (
  SELECT customer_id, min(event_time) FILTER (type = 'order_completed' OR sales > 0) AS first_order_at,
    max(event_time) FILTER (type = 'order_completed' OR sales > 0) AS last_order_at,
    count(DISTINCT order_id) FILTER (type = 'order_completed' OR sales > 0) AS orders,
    sum(base) AS value, sum(units) AS units,
    coalesce(sum(base) FILTER ((type = 'order_refunded' OR cancellations > 0) AND NOT (type = 'order_completed' OR sales > 0)), 0) AS cancelled
  FROM purchases GROUP BY customer_id
), scored AS (
  SELECT *, 5 - len(list_filter([30, 60, 90, 180], lambda d: :until - last_order_at > to_days(CAST(d AS INTEGER)))) AS recency_score,
    1 + len(list_filter([2, 3, 5, 10], lambda n: orders >= n)) AS frequency_score,
    1 + len(list_filter([50, 200, 500, 1500], lambda v: value >= v)) AS value_score
  FROM customers WHERE orders > 0
)
SELECT scored.*, coalesce(favourites, []) AS favourite_categories,
  CASE
    WHEN recency_score >= 4 AND frequency_score >= 4 AND value_score >= 4 THEN 'champion'
    WHEN recency_score >= 3 AND frequency_score >= 4 THEN 'loyal'
    WHEN recency_score >= 4 AND frequency_score = 1 THEN 'new'
    WHEN recency_score >= 4 THEN 'promising'
    WHEN recency_score = 3 THEN 'needs_attention'
    WHEN frequency_score >= 3 AND value_score >= 4 THEN 'cannot_lose'
    WHEN frequency_score >= 3 THEN 'at_risk'
    WHEN recency_score = 2 THEN 'hibernating'
    ELSE 'lost'
  END AS segment
FROM scored LEFT JOIN liked USING (customer_id)
