SELECT customer_id AS customer, event_time - INTERVAL 20 MINUTE + INTERVAL 1 MICROSECOND AS window_start, event_time + INTERVAL 1 MICROSECOND AS window_end,
  count(*) OVER w AS payments, sum(amount) OVER w AS amount,
  CAST(epoch_us(event_time) - epoch_us(min(event_time) OVER w) AS BIGINT) * 1000 AS spell
FROM events WHERE type = 'payment_attempted' AND customer_id IS NOT NULL
WINDOW w AS (PARTITION BY customer_id ORDER BY event_time RANGE BETWEEN INTERVAL '1199.999999 seconds' PRECEDING AND CURRENT ROW)
