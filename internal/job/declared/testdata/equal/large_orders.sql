SELECT order_id, event_time AS ordered_at, customer_id, CAST(json_extract_string(properties, '$.amount_base') AS DECIMAL(18, 6)) AS amount, country
FROM events WHERE type = 'order_completed' AND CAST(json_extract_string(properties, '$.amount_base') AS DECIMAL(18, 6)) > 500
