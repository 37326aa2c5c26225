WITH p AS (
  SELECT json_extract_string(properties, '$.device_id') AS device, event_time, type, amount, lead(type) OVER w AS next_type,
    lead(amount) OVER w AS next_amount, lead(event_time) OVER w AS next_time
  FROM events WHERE type IN ('payment_declined', 'payment_authorized')
  WINDOW w AS (PARTITION BY json_extract_string(properties, '$.device_id') ORDER BY event_time, partition, "offset")
)
SELECT device, event_time AS started_at, next_time AS ended_at, amount AS before, next_amount AS after, 2 AS tries, next_type = 'payment_authorized' AS paid
FROM p WHERE type = 'payment_declined' AND next_amount >= amount AND next_time - event_time < INTERVAL 2 HOUR
