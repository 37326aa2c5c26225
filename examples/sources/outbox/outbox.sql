CREATE TABLE payments (order_id text PRIMARY KEY, amount numeric(12, 2) NOT NULL);
CREATE TABLE outbox (
    id             uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    aggregate_type text NOT NULL,
    aggregate_id   text NOT NULL,
    type           text NOT NULL,
    payload        json NOT NULL
);

-- What the service does, in one transaction. The message may go at once: what is taken is its insert.
BEGIN;
INSERT INTO payments VALUES ('4711', 28.50);
INSERT INTO outbox (aggregate_type, aggregate_id, type, payload)
    VALUES ('order', '4711', 'OrderPaid', '{"customer": "c1", "currency": "EUR", "amount": "28.50", "paid_at": "2026-11-21T10:06:07Z"}');
COMMIT;
