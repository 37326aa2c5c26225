CREATE TABLE orders (
    id          bigint PRIMARY KEY,
    customer_id text NOT NULL,
    status      text NOT NULL,
    currency    text NOT NULL,
    total       numeric(12, 2) NOT NULL,
    ordered_at  timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE stock (sku text PRIMARY KEY, level int NOT NULL);

INSERT INTO orders VALUES (1, 'c1', 'paid', 'EUR', 28.50), (2, 'c2', 'paid', 'EUR', 12.00);
INSERT INTO stock VALUES ('p1', 10);
