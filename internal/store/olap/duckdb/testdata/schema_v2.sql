CREATE SCHEMA _millrace;
CREATE TABLE _millrace.state (version BIGINT, positions VARCHAR);
INSERT INTO _millrace.state VALUES (2, '{}');
CREATE TABLE "_millrace"."event_dim" ("id" INTEGER, "source" VARCHAR, "type" VARCHAR, "channel" VARCHAR, "country" VARCHAR, "currency" VARCHAR, "late" BOOLEAN, "corrected" BOOLEAN, "warned" BOOLEAN, "versions" VARCHAR, "stream" VARCHAR);
CREATE TABLE "_millrace"."item_dim" ("id" INTEGER, "product_id" VARCHAR, "product_name" VARCHAR, "category" VARCHAR, "kind" VARCHAR);
CREATE TABLE "_millrace"."fact" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "order_id" VARCHAR, "amount" DECIMAL(18,6), "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6));
CREATE TABLE "_millrace"."fact_visit" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "event_dim" INTEGER, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "order_id" VARCHAR, "session_id" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "item_dim" INTEGER, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6));
CREATE TABLE "_millrace"."fact_text" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "source" VARCHAR, "type" VARCHAR, "customer_id" VARCHAR, "anonymous_id" VARCHAR, "order_id" VARCHAR, "session_id" VARCHAR, "channel" VARCHAR, "country" VARCHAR, "currency" VARCHAR, "amount" DECIMAL(18,6), "properties" VARCHAR, "context" VARCHAR, "late" BOOLEAN, "corrected" BOOLEAN, "warned" BOOLEAN, "versions" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT, "line_no" INTEGER, "product_id" VARCHAR, "product_name" VARCHAR, "category" VARCHAR, "kind" VARCHAR, "quantity" BIGINT, "unit_price" DECIMAL(18,6), "item_amount" DECIMAL(18,6));
CREATE TABLE "main"."quarantine" ("event_id" UUID, "event_time" TIMESTAMP, "received_at" TIMESTAMP, "source" VARCHAR, "type" VARCHAR, "rule" VARCHAR, "category" VARCHAR, "field" VARCHAR, "value" VARCHAR, "message" VARCHAR, "order_id" VARCHAR, "customer_id" VARCHAR, "amount" DECIMAL(18,6), "payload" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "main"."duplicates" ("event_id" UUID, "received_at" TIMESTAMP, "source" VARCHAR, "stream" VARCHAR, "line" BIGINT, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "main"."rejections" ("received_at" TIMESTAMP, "source" VARCHAR, "stream" VARCHAR, "line" BIGINT, "reason" VARCHAR, "sample" VARCHAR, "partition" INTEGER, "offset" BIGINT);
CREATE TABLE "main"."corrections" ("event_id" UUID, "rule" VARCHAR, "field" VARCHAR, "before" VARCHAR, "after" VARCHAR, "partition" INTEGER, "offset" BIGINT);
CREATE VIEW main."events" AS
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", NULL::VARCHAR AS "anonymous_id", f."order_id" AS "order_id", NULL::VARCHAR AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", NULL::VARCHAR AS "properties", NULL::VARCHAR AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", d0."source" AS "source", d0."type" AS "type", f."customer_id" AS "customer_id", f."anonymous_id" AS "anonymous_id", f."order_id" AS "order_id", f."session_id" AS "session_id", d0."channel" AS "channel", d0."country" AS "country", d0."currency" AS "currency", f."amount" AS "amount", f."properties" AS "properties", f."context" AS "context", d0."late" AS "late", d0."corrected" AS "corrected", d0."warned" AS "warned", d0."versions" AS "versions", d0."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_visit" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
WHERE f."line" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."event_time" AS "event_time", f."received_at" AS "received_at", f."source" AS "source", f."type" AS "type", f."customer_id" AS "customer_id", f."anonymous_id" AS "anonymous_id", f."order_id" AS "order_id", f."session_id" AS "session_id", f."channel" AS "channel", f."country" AS "country", f."currency" AS "currency", f."amount" AS "amount", f."properties" AS "properties", f."context" AS "context", f."late" AS "late", f."corrected" AS "corrected", f."warned" AS "warned", f."versions" AS "versions", f."stream" AS "stream", f."line" AS "line", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_text" f
WHERE f."line" IS NOT NULL;
CREATE VIEW main."order_lines" AS
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", d0."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", d1."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", d0."currency" AS "currency", d0."country" AS "country", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", d0."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", d1."product_id" AS "product_id", d1."product_name" AS "product_name", d1."category" AS "category", d1."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", d0."currency" AS "currency", d0."country" AS "country", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_visit" f
JOIN "_millrace"."event_dim" d0 ON d0.id = f.event_dim
JOIN "_millrace"."item_dim" d1 ON d1.id = f.item_dim
WHERE f."line_no" IS NOT NULL
UNION ALL
SELECT f."event_id" AS "event_id", f."line_no" AS "line_no", f."event_time" AS "event_time", f."source" AS "source", f."order_id" AS "order_id", f."customer_id" AS "customer_id", f."product_id" AS "product_id", f."product_name" AS "product_name", f."category" AS "category", f."kind" AS "kind", f."quantity" AS "quantity", f."unit_price" AS "unit_price", f."item_amount" AS "amount", f."currency" AS "currency", f."country" AS "country", f."partition" AS "partition", f."offset" AS "offset"
FROM "_millrace"."fact_text" f
WHERE f."line_no" IS NOT NULL;
COMMENT ON VIEW main."events" IS 'Accepted events, one row each';
COMMENT ON COLUMN main."events"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."events"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."events"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."events"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."events"."type" IS 'Kind of event, such as order_line';
COMMENT ON COLUMN main."events"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."events"."anonymous_id" IS 'Device or browser of an unknown visitor';
COMMENT ON COLUMN main."events"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."events"."session_id" IS 'Visit';
COMMENT ON COLUMN main."events"."channel" IS 'Way of the sale, such as web';
COMMENT ON COLUMN main."events"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."events"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."events"."amount" IS 'Value of the event, in currency';
COMMENT ON COLUMN main."events"."properties" IS 'Other fields of the event, JSON';
COMMENT ON COLUMN main."events"."context" IS 'Circumstances of the event, JSON';
COMMENT ON COLUMN main."events"."late" IS 'It came behind its source''s watermark';
COMMENT ON COLUMN main."events"."corrected" IS 'A rule changed a field; see corrections';
COMMENT ON COLUMN main."events"."warned" IS 'It broke a rule of severity warn';
COMMENT ON COLUMN main."events"."versions" IS 'Adapter and rules that made the row, as name@version';
COMMENT ON COLUMN main."events"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."events"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."events"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."events"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON VIEW main."order_lines" IS 'Items of accepted events, one row each; revenue is sum(amount)';
COMMENT ON COLUMN main."order_lines"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."order_lines"."line_no" IS 'Number of the item in its event, from 1';
COMMENT ON COLUMN main."order_lines"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."order_lines"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."order_lines"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."order_lines"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."order_lines"."product_id" IS 'Product, or code of a fee';
COMMENT ON COLUMN main."order_lines"."product_name" IS 'Name as sent with the event';
COMMENT ON COLUMN main."order_lines"."category" IS 'Category of the product';
COMMENT ON COLUMN main."order_lines"."kind" IS 'sale, cancellation, adjustment, or fee (product_id is no product)';
COMMENT ON COLUMN main."order_lines"."quantity" IS 'Pieces; negative when cancelled';
COMMENT ON COLUMN main."order_lines"."unit_price" IS 'Price of one piece';
COMMENT ON COLUMN main."order_lines"."amount" IS 'quantity × unit_price';
COMMENT ON COLUMN main."order_lines"."currency" IS 'ISO 4217';
COMMENT ON COLUMN main."order_lines"."country" IS 'ISO 3166-1 alpha-2';
COMMENT ON COLUMN main."order_lines"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."order_lines"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."quarantine" IS 'Events that broke a rule and wait for repair, one row each';
COMMENT ON COLUMN main."quarantine"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."quarantine"."event_time" IS 'When it happened, UTC';
COMMENT ON COLUMN main."quarantine"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."quarantine"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."quarantine"."type" IS 'Kind of event, such as order_line';
COMMENT ON COLUMN main."quarantine"."rule" IS 'First rule that it broke';
COMMENT ON COLUMN main."quarantine"."category" IS 'missing, format, out_of_range, schema, business, duplicate_conflict, decode or too_large';
COMMENT ON COLUMN main."quarantine"."field" IS 'Field that the first rule is about';
COMMENT ON COLUMN main."quarantine"."value" IS 'Value of that field as received, at most 256 bytes';
COMMENT ON COLUMN main."quarantine"."message" IS 'What is wrong, of all rules that it broke';
COMMENT ON COLUMN main."quarantine"."order_id" IS 'Order or invoice';
COMMENT ON COLUMN main."quarantine"."customer_id" IS 'Customer, or guest:<order> where the sender named none';
COMMENT ON COLUMN main."quarantine"."amount" IS 'Value of the event, in currency';
COMMENT ON COLUMN main."quarantine"."payload" IS 'The event as received; bytes that are not UTF-8 are written \xNN';
COMMENT ON COLUMN main."quarantine"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."quarantine"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."quarantine"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."quarantine"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."duplicates" IS 'Deliveries of an event that had been received before, one row each';
COMMENT ON COLUMN main."duplicates"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."duplicates"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."duplicates"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."duplicates"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."duplicates"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."duplicates"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."duplicates"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."rejections" IS 'Records refused at the door, one row each';
COMMENT ON COLUMN main."rejections"."received_at" IS 'When the log took it, UTC';
COMMENT ON COLUMN main."rejections"."source" IS 'Name of the configured source';
COMMENT ON COLUMN main."rejections"."stream" IS 'File name, or door such as http';
COMMENT ON COLUMN main."rejections"."line" IS 'Line in the file (the header is line 1), or index in the request (from 0)';
COMMENT ON COLUMN main."rejections"."reason" IS 'Why it was refused';
COMMENT ON COLUMN main."rejections"."sample" IS 'Start of the record; bytes that are not UTF-8 are written \xNN';
COMMENT ON COLUMN main."rejections"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."rejections"."offset" IS 'Offset in the partition; quote the name in SQL';
COMMENT ON TABLE main."corrections" IS 'Fields of accepted and quarantined events that a rule changed, one row each';
COMMENT ON COLUMN main."corrections"."event_id" IS 'Identity of the event, derived from its content';
COMMENT ON COLUMN main."corrections"."rule" IS 'Rule that changed it';
COMMENT ON COLUMN main."corrections"."field" IS 'Field that was changed';
COMMENT ON COLUMN main."corrections"."before" IS 'Value as received; NULL when it was missing';
COMMENT ON COLUMN main."corrections"."after" IS 'Value as stored';
COMMENT ON COLUMN main."corrections"."partition" IS 'Partition of the raw topic';
COMMENT ON COLUMN main."corrections"."offset" IS 'Offset in the partition; quote the name in SQL';
