-- The results of the jobs stock and price_errors as plain SQL over the items of all events, for
-- TestBooksAreThoseOfABatch. What stands above the first table is a part of every statement.
WITH movements AS (
  SELECT product_id, properties ->> '$.location_id' AS location_id, time, partition, "offset",
    line, type, coalesce(properties ->> '$.reason', '') AS reason, coalesce(order_id, '') AS order_id,
    CASE type
      WHEN 'stock_reserved' THEN -quantity
      WHEN 'stock_sold' THEN CASE reason WHEN 'shipment' THEN 0 ELSE -quantity END
      ELSE quantity
    END AS available_change,
    CASE type WHEN 'stock_reserved' THEN 0 WHEN 'stock_released' THEN 0 WHEN 'stock_sold' THEN -quantity ELSE quantity END AS on_hand_change
  FROM items
  WHERE type IN ('stock_received', 'stock_reserved', 'stock_released', 'stock_sold', 'stock_adjusted') AND quantity <> 0
), books AS (
  SELECT *, sum(available_change) OVER w AS available, sum(on_hand_change) OVER w AS on_hand,
    coalesce(sum(available_change) OVER (w ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
  FROM movements WINDOW w AS (PARTITION BY product_id, location_id ORDER BY time, partition, "offset", line)
), watched AS (
  SELECT *, count(*) FILTER (before > bound AND available <= bound) OVER w AS alert
  FROM books, (VALUES ('low', 5), ('oversold', -1)) AS bounds(kind, bound)
  WINDOW w AS (PARTITION BY product_id, location_id, kind ORDER BY time, partition, "offset", line)
), prices AS (
  SELECT product_id, time, partition, "offset", price,
    CAST(properties ->> '$.band_low' AS DECIMAL(18, 6)) AS low, CAST(properties ->> '$.band_high' AS DECIMAL(18, 6)) AS high,
    CAST(properties ->> '$.list_price' AS DECIMAL(18, 6)) AS expected, price NOT BETWEEN low AND high AS wrong
  FROM items WHERE type = 'price_changed'
), changes AS (
  SELECT *, wrong AND (lag(wrong) OVER w IS NOT TRUE OR lag(price) OVER w <> price) AS begins
  FROM prices WINDOW w AS (PARTITION BY product_id ORDER BY time, partition, "offset")
), runs AS (
  SELECT *, count(*) FILTER (begins) OVER (PARTITION BY product_id ORDER BY time, partition, "offset") AS run FROM changes
), errors AS (
  SELECT product_id, run, min(time) AS since,
    coalesce(min(time) FILTER (NOT wrong), lead(min(time)) OVER (PARTITION BY product_id ORDER BY run)) AS until,
    first(price ORDER BY time) AS price, first(low ORDER BY time) AS low, first(high ORDER BY time) AS high,
    first(expected ORDER BY time) AS expected, CASE WHEN first(price ORDER BY time) < first(low ORDER BY time) THEN 'too_low' ELSE 'too_high' END AS direction
  FROM runs WHERE run > 0 GROUP BY product_id, run
), sold AS (
  SELECT product_id, order_id, line, time, quantity AS pieces,
    CAST(floor(CAST(items.price AS DOUBLE) / CAST(coalesce(properties ->> '$.fx_rate', '1') AS DOUBLE) * 100 + 0.5) / 100 AS DECIMAL(18, 6)) AS price
  FROM items
  WHERE type = 'order_completed' AND kind = 'sale' AND quantity > 0 AND order_id IS NOT NULL
), sales AS (
  SELECT s.*, since, expected, (expected - s.price) * pieces AS value_lost
  FROM sold s ASOF JOIN errors ON s.product_id = errors.product_id AND s.time >= errors.since
  WHERE (until IS NULL OR s.time <= until + INTERVAL 1 HOUR)
    AND CASE direction WHEN 'too_low' THEN s.price < low ELSE s.price > high END
)
-- table stock_changes: product_id, location_id, partition, offset, line
SELECT product_id, location_id, time, partition, "offset", line, type, reason, order_id, available_change, on_hand_change, available, on_hand FROM books
-- table stock: product_id, location_id
SELECT product_id, location_id, time, available, on_hand FROM books
QUALIFY row_number() OVER (PARTITION BY product_id, location_id ORDER BY time DESC, partition DESC, "offset" DESC, line DESC) = 1
-- table stock_alerts: product_id, location_id, kind, since
SELECT product_id, location_id, kind, min(time) AS since, min(time) FILTER (available > bound) AS until,
  first(order_id ORDER BY time, partition, "offset", line) AS order_id, min(available) FILTER (available <= bound) AS lowest
FROM watched WHERE alert > 0 GROUP BY product_id, location_id, kind, alert
-- table price_errors: product_id, since
SELECT product_id, since, until, direction, e.price, low AS band_low, high AS band_high, e.expected AS expected_price, 'band' AS basis,
  count(DISTINCT order_id) AS orders, coalesce(sum(pieces), 0) AS pieces, coalesce(sum(value_lost), 0) AS value_lost
FROM errors e LEFT JOIN sales USING (product_id, since) GROUP BY ALL
-- table price_error_sales: order_id, line, product_id
SELECT product_id, order_id, line, since, time, price, expected AS expected_price, pieces, value_lost FROM sales
